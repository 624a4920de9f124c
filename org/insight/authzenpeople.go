package insight

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// searchPeople finds accounts, or memberships of an organization, with which a subject may do something, by username. The
// decision about one of them holds for all except the subject's own.
func (s *Service) searchPeople(
	ctx context.Context, by *org.Actor, organization, resourceType string, q org.AccessQuestion, p org.AccessPage,
) (found org.AccessFound, err error) {
	if q.Subject.Type != subjectType || !namesAccount(q.Subject.ID) {
		return found, nil
	}
	src := s.units.Snapshot(by)
	m := newAccessMapper(src, by, organization)
	place, problem, err := m.organization(ctx, resourceType, "", properties{asked: q.Resource.Properties}, q.Context)
	if err != nil || problem != nil {
		if err == nil {
			err = asError(problem)
		}
		return found, err
	}
	w := things{Service: s, by: by, base: organization, q: q}
	if place != "" {
		if w.in, err = m.organizationID(ctx, place); err != nil || w.in == uuid.Nil {
			return found, err
		}
	}
	subjects, _, err := m.AccountsAt(ctx, []string{q.Subject.ID}, m.site())
	if w.subject = subjects[q.Subject.ID]; err != nil || w.subject == uuid.Nil {
		return found, err
	}
	return w.page(ctx, src, p)
}

// things walks accounts or memberships as the resources of a question.
type things struct {
	*Service
	by      *org.Actor
	base    string
	q       org.AccessQuestion
	in      uuid.UUID // the organization, uuid.Nil for accounts
	subject uuid.UUID

	others *bool // whether the subject may do it with those of others; nil: not decided yet
}

// may evaluates the question about one account.
func (w *things) may(ctx context.Context, id uuid.UUID) (bool, error) {
	if w.others != nil && id != w.subject {
		return *w.others, nil
	}
	q := w.q
	q.Resource.ID = id.String()
	list, err := w.EvaluateAccess(ctx, w.by, w.base, []org.AccessQuestion{q})
	if err != nil {
		return false, err
	}
	if p := list[0].Problem; p != nil {
		return false, asError(p)
	}
	if id != w.subject {
		w.others = &list[0].Allowed
	}
	return list[0].Allowed, nil
}

// page returns the accounts after a place.
func (w *things) page(ctx context.Context, src unit.Reader, p org.AccessPage) (org.AccessFound, error) {
	var found org.AccessFound
	ids := w.readable(src)
	after := p.After
	for {
		if w.others != nil && !*w.others { // only its own can be left
			ids = w.own(src.Q)
		}
		rows, err := ids(ctx, after)
		if err != nil || len(rows) == 0 {
			return found, err
		}
		for i := range rows {
			ok, err := w.may(ctx, rows[i].ID)
			if err != nil {
				return org.AccessFound{}, err
			}
			if !ok {
				continue
			}
			if len(found.Names) == p.Limit {
				found.Next = after
				return found, nil
			}
			found.Names, after = append(found.Names, rows[i].Username), org.FoldCase(rows[i].Username)
		}
		after = org.FoldCase(rows[len(rows)-1].Username)
	}
}

// pieces returns the next accounts after a username, and none at the end.
type pieces func(ctx context.Context, after string) ([]db.UserRow, error)

// own narrows pieces to the subject's own account.
func (w *things) own(q db.Reads) pieces {
	return func(ctx context.Context, after string) ([]db.UserRow, error) {
		rows, err := q.ListUsersByID(ctx, []uuid.UUID{w.subject})
		if err != nil || len(rows) == 0 || org.FoldCase(rows[0].Username) <= after {
			return nil, err
		}
		return rows, nil
	}
}

// readable returns the accounts that the caller may read: all of them, or the caller's own alone.
func (w *things) readable(src unit.Reader) pieces {
	all := w.by.Can("read", org.UsersObject)
	own := org.UserObject(w.by.ID())
	if w.in != uuid.Nil {
		all = w.by.Can("read", org.MembersObject(w.in))
		own = org.MemberObject(w.in, w.by.ID())
	}
	return func(ctx context.Context, after string) ([]db.UserRow, error) {
		ids, err := []uuid.UUID{w.by.ID()}, error(nil)
		switch {
		case !all && (after != "" || !w.by.Can("read", own)):
			return nil, nil
		case !all:
		case w.in != uuid.Nil:
			ids, err = membersAfter(ctx, src, w.in, after)
		default:
			ids, err = src.Q.ListUsers(ctx, db.ListUsersParams{AfterKey: after, MaxRows: unit.ChunkSize})
		}
		if err != nil {
			return nil, err
		}
		rows, err := src.Q.ListUsersByID(ctx, ids)
		unit.InOrder(rows, ids, func(r *db.UserRow) uuid.UUID { return r.ID })
		return rows, err
	}
}

// membersAfter returns the next members of an organization by username, as of now; none at the end.
func membersAfter(ctx context.Context, src unit.Reader, in uuid.UUID, after string) ([]uuid.UUID, error) {
	for {
		rows, err := src.Q.ListHoldings(ctx, db.ListHoldingsParams{OrganizationID: in, AfterKey: after, MaxRows: unit.ChunkSize})
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		after = rows[len(rows)-1].UsernameKey
		here, err := unit.HeldNow(ctx, src, rows, unit.HoldingStored(in))
		if err != nil || len(here) > 0 {
			ids := make([]uuid.UUID, len(here))
			for i := range here {
				ids[i] = here[i].UserID
			}
			return ids, err
		}
	}
}
