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

// EachSelected gives the members that a bulk action would be about, in order: those that are named, or all that match but
// some. A name that is no member’s is left out. NotFound: no such organization. Invalid: a bad filter, an exception that
// does not match, or more than 10,000 members.
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

// asSeen refuses a change of others than those that somebody has agreed to. Conflict: who came and who went, by name.
func asSeen(ctx context.Context, a *unit.Attempt, o db.Organization, seen []uuid.UUID, rows []db.MemberRow) error {
	if seen == nil {
		return nil
	}
	before := make(map[uuid.UUID]bool, len(seen))
	for _, id := range seen {
		before[id] = true
	}
	var came, went []string
	for i := range rows {
		if !before[rows[i].UserID] {
			came = append(came, rows[i].Username)
		}
		delete(before, rows[i].UserID)
	}
	if len(came)+len(before) == 0 {
		return nil
	}
	missing := slices.DeleteFunc(slices.Clone(seen), func(id uuid.UUID) bool { return !before[id] })
	for _, id := range missing[:min(maxNamed, len(missing))] {
		// Whoever left the organization is told by name only to those who may read the account.
		row, err := a.Q.GetUser(ctx, id)
		if err != nil && !db.IsNotFound(err) {
			return err
		}
		member := a.Actor.Can("read", org.MemberObject(o.ID, id))
		if err == nil && (member || a.Actor.Can("read", org.UserObject(id))) {
			went = append(went, row.Username)
		} else {
			went = append(went, "someone who is gone")
		}
	}
	return &org.Error{Kind: org.Conflict, Message: "The list has changed.",
		Detail: fmt.Sprintf("%sNothing was changed.", someOf("Came in: ", came, len(came))+someOf("No longer in it: ", went, len(missing)))}
}

// maxNamed is how many people a message names.
const maxNamed = 10

// someOf is a sentence with the first of some names, "" without any. all is how many there are.
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
