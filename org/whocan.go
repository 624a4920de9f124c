package org

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"rolecall/db"
	"rolecall/rbac"
)

// Able is a member who may do what was asked, and by which permissions.
type Able struct {
	Member Member
	Trace  rbac.Trace
	Words  Words
}

// WhoCan is one page of the members who may do something.
type WhoCan struct {
	Organization Organization
	Question     Question
	Members      []Able
	Count        int // of all who may
	Total        int // members looked at
}

// WhoCan finds who of an organization may do something, in one pass over its members; equal holdings are decided once.
// Suspended members are among them, by what they hold: their status says that they can't use it now. limit 0 is all.
// NotFound: no such organization, or its memberships may not all be read. Invalid: no such pair of type and action.
func (s *Service) WhoCan(ctx context.Context, subject *Subject, organization string, q Question, limit, offset int) (WhoCan, error) {
	if q.ResourceType == rbac.Wildcard || !s.catalog.Valid(q.ResourceType, q.Action) {
		return WhoCan{}, problems{{"action", fmt.Sprintf("there is no action %q on %q", q.Action, q.ResourceType)}}.err("Unknown permission.")
	}
	org, err := s.snapshot(subject).organization(ctx, subject, organization)
	if err != nil {
		return WhoCan{}, err
	}
	if !subject.Can("read", membersObject(org.ID)) {
		return WhoCan{}, errNotFound()
	}
	w := WhoCan{Organization: organizationOf(org), Question: q, Members: []Able{}}
	err = s.db.Read(ctx, func(queries *db.Queries) error {
		src := source{Service: s, q: queries, revision: subject.revision}
		c, err := src.crowd(ctx, org.ID)
		if err != nil {
			return err
		}
		return c.whoCan(ctx, subject, &w, limit, offset)
	})
	return w, err
}

func (c *crowd) whoCan(ctx context.Context, by *Subject, w *WhoCan, limit, offset int) error {
	object := c.asked(w.Question, c.org, anyone)
	able := map[holding]bool{}
	var page []uuid.UUID
	held := map[uuid.UUID]holding{}
	err := c.each(ctx, func(id uuid.UUID, h holding) error {
		w.Total++
		yes, decided := able[h]
		if !decided {
			s, err := c.subject(ctx, h)
			if err != nil {
				return err
			}
			yes = s.Authorize(w.Question.Action, object)
			able[h] = yes
		}
		if !yes {
			return nil
		}
		if w.Count >= offset && (limit == 0 || len(page) < limit) {
			page = append(page, id)
			held[id] = h
		}
		w.Count++
		return nil
	})
	if err != nil {
		return err
	}
	traces := map[holding]rbac.Trace{}
	return c.eachByID(ctx, by, c.org, page, func(m *Member) error {
		h := held[m.UserID]
		t, ok := traces[h]
		if !ok {
			s, err := c.subject(ctx, h)
			if err != nil {
				return err
			}
			t = s.Explain(w.Question.Action, object)
			traces[h] = t
		}
		w.Members = append(w.Members, Able{Member: *m, Trace: t, Words: c.tell(t, w.Question, *m)})
		return nil
	})
}
