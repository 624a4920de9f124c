package insight

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// Answers say until when they hold, as far as the records behind them have an end (docs/spec/records.md): the first end
// after which the engine would decide differently. A right that two roles give lasts as long as either of them.

// until returns until when a holding allows what is asked; the zero time: it does not end, or no end is known.
func (f *finder) until(ctx context.Context, t *unit.TermsOf, h unit.Holding) (time.Time, error) {
	if t == nil {
		return time.Time{}, nil
	}
	for _, at := range t.Moments(f.When) {
		if d, err := f.decide(ctx, t.Left(h, f.Org, at)); err != nil || !d.able {
			return at, err
		}
	}
	return time.Time{}, nil
}

// joinedNames returns the names of roles as a holding writes them.
func joinedNames(roles []org.RoleRef) string {
	return unit.SortNames(strings.Join(unit.RoleNames(roles), " "))
}

// membersUntil fills in until when members may do it. It queries the database only if something ends.
func (f *finder) membersUntil(ctx context.Context, list []org.WhoCanMember) error {
	var ids []uuid.UUID
	for i := range list {
		if m := &list[i].Member; !m.NextEnd.IsZero() || !m.SiteNextEnd.IsZero() || f.Elsewhere[m.UserID] != "" {
			ids = append(ids, m.UserID)
		}
	}
	terms, err := f.Terms(ctx, ids)
	if err != nil {
		return err
	}
	for i := range list {
		m := &list[i].Member
		h := unit.Holding{Roles: joinedNames(m.Roles), SiteRoles: joinedNames(m.SiteRoles), Elsewhere: f.Elsewhere[m.UserID]}
		if list[i].Until, err = f.until(ctx, terms[m.UserID], h); err != nil {
			return err
		}
	}
	return nil
}

// outsidersUntil is membersUntil for accounts outside the organization.
func (f *finder) outsidersUntil(ctx context.Context, list []org.WhoCanUser) error {
	var ids []uuid.UUID
	for i := range list {
		if u := &list[i].User; !u.NextEnd.IsZero() || f.Elsewhere[u.ID] != "" {
			ids = append(ids, u.ID)
		}
	}
	terms, err := f.Terms(ctx, ids)
	if err != nil {
		return err
	}
	for i := range list {
		u := &list[i].User
		h := unit.Holding{SiteRoles: joinedNames(u.Roles), Elsewhere: f.Elsewhere[u.ID], Outside: true}
		if list[i].Until, err = f.until(ctx, terms[u.ID], h); err != nil {
			return err
		}
	}
	return nil
}

// termsOf reads the terms of those people in some rows who hold something that ends.
func (w *everybody) termsOf(ctx context.Context, rows []db.ListPeopleRow) (map[uuid.UUID]*unit.TermsOf, error) {
	var ids []uuid.UUID
	for i := range rows {
		if r := &rows[i]; r.NextEnd.Valid || r.SiteNextEnd.Valid || w.Elsewhere[r.UserID] != "" {
			ids = append(ids, r.UserID)
		}
	}
	return w.Terms(ctx, ids)
}

// tellEnds fills in until when an explanation holds, and when the roles that it names end.
func tellEnds(ctx context.Context, s unit.Reader, o rbac.Object, target *org.Actor, e *org.Explanation) error {
	if target.Basis.NextEnd().IsZero() {
		return nil
	}
	terms, err := s.Terms(ctx, []uuid.UUID{target.ID()})
	if err != nil {
		return err
	}
	t := terms[target.ID()]
	e.Ends = map[org.HeldRole]time.Time{}
	for i := range e.Trace.Levels {
		for _, m := range e.Trace.Levels[i].Matches {
			if end := t.End(m.Org, m.Role.Name); !end.IsZero() && !org.Elsewhere(m) {
				e.Ends[org.HeldRole{Place: m.Org, Role: m.Role.Name}] = end
			}
		}
	}
	decide := func(at time.Time) bool {
		var orgs []rbac.ID
		left := t.Grants(target.Grants.Grants(), at)
		for _, g := range left {
			if g.Org != (rbac.ID{}) {
				orgs = append(orgs, g.Org)
			}
		}
		return s.Catalog().NewSubject(target.ID(), orgs, left).Authorize(e.Question.Action, o)
	}
	verdict := target.Grants.Authorize(e.Question.Action, o)
	if decide(s.When) != verdict { // the limits of a token decide, and end only with the token
		return nil
	}
	for _, at := range t.Moments(s.When) {
		if decide(at) != verdict {
			e.Until = at
			return nil
		}
	}
	return nil
}
