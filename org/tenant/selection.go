package tenant

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// EachSelected calls each for the members that a bulk action would be about, in order: those named, or all that match except
// some. Names of no member are left out. NotFound: no such organization. Invalid: a bad filter, an exception that does not
// match, or more than 10,000 members.
func (s *Service) EachSelected(ctx context.Context, subject *org.Actor, organization string, input org.Input[org.Bulk], each func(*org.Member) error) (err error) {
	defer org.Wrap(&err, "list selected members of %q", organization)
	return s.units.Moment(ctx, subject, func(src unit.Reader) error {
		o, err := src.Organization(ctx, subject, organization)
		if err != nil {
			return err
		}
		in, err := input.Read()
		if err != nil {
			return err
		}
		rows, err := bulkRows(ctx, src, subject, o, in, &org.BulkResult{})
		if err != nil {
			return err
		}
		ids := make([]uuid.UUID, len(rows))
		for i := range rows {
			ids[i] = rows[i].UserID
		}
		return src.EachByID(ctx, subject, o.ID, ids, each)
	})
}

// meant is a person whom a bulk action is about.
type meant struct {
	id            uuid.UUID
	username, key string
}

func memberMeant(r *db.MemberRow) meant { return meant{r.UserID, r.Username, r.UsernameKey} }

func userMeant(r *db.UserRow) meant { return meant{r.ID, r.Username, r.UsernameKey} }

// asSeen refuses a change of other people than those that the caller agreed to. readable reports whether the caller may be told
// the name of someone who is no longer in the list. Conflict: who came and who went, by name.
func asSeen[T any](ctx context.Context, a *unit.Attempt, seen []uuid.UUID, rows []T, of func(*T) meant, readable func(uuid.UUID) bool) error {
	if seen == nil {
		return nil
	}
	before := make(map[uuid.UUID]bool, len(seen))
	for _, id := range seen {
		before[id] = true
	}
	var came, went []string
	for i := range rows {
		now := of(&rows[i])
		if !before[now.id] {
			came = append(came, now.username)
		}
		delete(before, now.id)
	}
	if len(came)+len(before) == 0 {
		return nil
	}
	missing := slices.DeleteFunc(slices.Clone(seen), func(id uuid.UUID) bool { return !before[id] })
	for _, id := range missing[:min(maxNamed, len(missing))] {
		// People who are gone from the list are named only to callers who may read their accounts.
		row, err := a.Q.GetUser(ctx, id)
		if err != nil && !db.IsNotFound(err) {
			return err
		}
		if err == nil && readable(id) {
			went = append(went, row.Username)
		} else {
			went = append(went, "someone who is gone")
		}
	}
	return &org.Error{Kind: org.Conflict, Message: "The list has changed.",
		Detail: fmt.Sprintf("%sNothing was changed.", someOf("Came in: ", came, len(came))+someOf("No longer in it: ", went, len(missing)))}
}

// asExpected refuses a change of another number of people than the caller expects. Conflict.
func asExpected(expect *int, n int, noun string) error {
	if expect == nil || *expect == n {
		return nil
	}
	return &org.Error{Kind: org.Conflict, Message: "The list has changed.",
		Detail: fmt.Sprintf("It was about %d %s, and now it would be %d. Nothing was changed.", *expect, noun, n)}
}

// maxNamed is the most people that a message names.
const maxNamed = 10

// someOf returns a sentence with the first few names, "" if there are none. all is how many there are in total.
func someOf(about string, names []string, all int) string {
	if all == 0 {
		return ""
	}
	names = names[:min(maxNamed, len(names))]
	if more := all - len(names); more > 0 {
		return fmt.Sprintf("%s%s and %d more. ", about, strings.Join(names, ", "), more)
	}
	return about + strings.Join(names, ", ") + ". "
}
