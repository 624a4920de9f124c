package org

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/rbac"
)

// WhoCan is everybody on the site who may do something in an organization, one page of them. Suspended accounts may
// nothing.
type WhoCan struct {
	Organization Organization
	Question     Question
	Members      []Able
	Count        int      // of all members who may
	Suspended    int      // members who might but for their suspension
	Total        int      // members looked at
	Outside      *Outside // nil: the caller may not read accounts
}

// Able is a member who may do what was asked, and by which permissions.
type Able struct {
	Member Member
	Answer
}

// Outside is the accounts that may do something in an organization without belonging to it.
type Outside struct {
	Users []AbleUser
	Count int // of all of them
}

// AbleUser is one of them.
type AbleUser struct {
	User User
	Answer
}

// Answer is a decision and how it came about.
type Answer struct {
	Trace rbac.Trace
	Words Words
}

// WhoCanPage is the part of the answer that is wanted: of the members, or of the accounts outside the organization. Of
// the latter the first 100 come with the members; no members come with them.
type WhoCanPage struct {
	Limit, Offset int // Limit 0 is all
	Outside       bool
}

// outsideSize is how many accounts outside the organization come with the members.
const outsideSize = 100

// WhoCan finds everybody who may do something in an organization, in one pass over its members and one over the accounts
// outside it that hold anything beyond what everybody holds; equal holdings are decided once.
// NotFound: no such organization, or its memberships may not all be read. Invalid: no such pair of type and action.
func (s *Service) WhoCan(ctx context.Context, subject *Subject, organization string, q Question, p WhoCanPage) (WhoCan, error) {
	if q.ResourceType == rbac.Wildcard || !s.catalog.Valid(q.ResourceType, q.Action) {
		return WhoCan{}, problems{{"action", fmt.Sprintf("there is no action %q on %q", q.Action, q.ResourceType)}}.err("Unknown permission.")
	}
	w := WhoCan{Question: q, Members: []Able{}}
	err := s.db.Read(ctx, func(queries *db.Queries) error {
		src := source{Service: s, q: queries, revision: subject.revision}
		org, err := src.organization(ctx, subject, organization)
		if err != nil {
			return err
		}
		if !subject.Can("read", membersObject(org.ID)) {
			return errNotFound()
		}
		w.Organization = organizationOf(org)
		c, err := src.crowd(ctx, org.ID)
		if err != nil {
			return err
		}
		f := finder{crowd: c, question: q, object: s.asked(q, org.ID, anyone), known: map[holding]*ruling{}}
		if err := f.members(ctx, subject, &w, p); err != nil || !subject.Can("read", usersObject) {
			return err
		}
		w.Outside = &Outside{Users: []AbleUser{}}
		return f.outside(ctx, w.Outside, p)
	})
	if err != nil {
		return WhoCan{}, err
	}
	return w, nil
}

// finder asks one question about many people.
type finder struct {
	*crowd
	question Question
	object   rbac.Object
	known    map[holding]*ruling
}

// ruling is the decision about everybody with one holding.
type ruling struct {
	able   bool
	answer *Answer // if it was told
	by     *rbac.Subject
}

func (f *finder) decide(ctx context.Context, h holding) (*ruling, error) {
	if d, ok := f.known[h]; ok {
		return d, nil
	}
	s, err := f.subject(ctx, h)
	if err != nil {
		return nil, err
	}
	d := &ruling{able: s.Authorize(f.question.Action, f.object), by: s}
	f.known[h] = d
	return d, nil
}

// tellAble tells the decision. That somebody may is told of everybody in the same words.
func (f *finder) tellAble(d *ruling) Answer {
	if d.answer == nil {
		t := d.by.Explain(f.question.Action, f.object)
		d.answer = &Answer{Trace: t, Words: f.tell(t, f.question, Member{})}
	}
	return *d.answer
}

// window keeps the people of one page of a list, and counts all of them.
type window struct {
	limit, offset, count int // limit 0 is all, less than 0 none
	ids                  []uuid.UUID
	rulings              []*ruling
}

func (w *window) add(id uuid.UUID, d *ruling) {
	if w.count >= w.offset && (w.limit == 0 || len(w.ids) < w.limit) {
		w.ids, w.rulings = append(w.ids, id), append(w.rulings, d)
	}
	w.count++
}

func (f *finder) members(ctx context.Context, by *Subject, w *WhoCan, p WhoCanPage) error {
	page := window{limit: p.Limit, offset: p.Offset}
	if p.Outside {
		page = window{limit: -1}
	}
	err := f.each(ctx, func(r *db.ListHoldingsRow, h holding) error {
		w.Total++
		d, err := f.decide(ctx, h)
		switch {
		case err != nil || !d.able:
			return err
		case Status(r.Status) == StatusSuspended:
			w.Suspended++
		default:
			page.add(r.UserID, d)
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.Count = page.count
	at := 0
	return f.eachByID(ctx, by, f.org, page.ids, func(m *Member) error { // in the order of the ids, all of which are there
		w.Members = append(w.Members, Able{Member: *m, Answer: f.tellAble(page.rulings[at])})
		at++
		return nil
	})
}

func (f *finder) outside(ctx context.Context, o *Outside, p WhoCanPage) error {
	page := window{limit: outsideSize}
	if p.Outside {
		page = window{limit: p.Limit, offset: p.Offset}
	}
	anybody, err := f.decide(ctx, holding{outside: true})
	if err != nil {
		return err
	}
	err = f.outsiders(ctx, anybody.able, func(id uuid.UUID, h holding) error {
		d, err := f.decide(ctx, h)
		if err == nil && d.able {
			page.add(id, d)
		}
		return err
	})
	if err != nil {
		return err
	}
	o.Count = page.count
	for at := 0; at < len(page.ids); at += chunk {
		piece := page.ids[at:min(at+chunk, len(page.ids))]
		rows, err := f.q.ListUsersByID(ctx, piece)
		if err != nil {
			return err
		}
		inOrder(rows, piece, func(r *db.UserRow) uuid.UUID { return r.ID })
		for i, r := range rows {
			u, err := f.user(ctx, r)
			if err != nil {
				return err
			}
			o.Users = append(o.Users, AbleUser{User: u, Answer: f.tellAble(page.rulings[at+i])})
		}
	}
	return nil
}

// outsiders walks the accounts that do not belong to the organization and are not suspended, by username: all of them, or
// at least those that hold roles which count there.
func (c *crowd) outsiders(ctx context.Context, all bool, fn func(id uuid.UUID, h holding) error) error {
	if !all {
		list, few, err := c.holdersOutside(ctx)
		if err != nil {
			return err
		}
		if few {
			return c.eachOutsider(list, fn)
		}
	}
	p := db.ListOutsidersParams{OrganizationID: c.org, MaxRows: walkPiece}
	for {
		rows, err := c.q.ListOutsiders(ctx, p)
		if err != nil {
			return err
		}
		if err := c.eachOutsider(rows, fn); err != nil {
			return err
		}
		if len(rows) < walkPiece {
			return nil
		}
		p.AfterKey = rows[len(rows)-1].UsernameKey
	}
}

func (c *crowd) eachOutsider(rows []db.ListOutsidersRow, fn func(id uuid.UUID, h holding) error) error {
	for i := range rows {
		r := &rows[i]
		if err := fn(r.ID, holding{siteRoles: sorted(r.Roles), elsewhere: c.elsewhere[r.ID], outside: true}); err != nil {
			return err
		}
	}
	return nil
}

// manyHolders is up to how many accounts are collected to be put in order. Of more, walking all accounts in order takes
// less memory, and hardly more time.
const manyHolders = 10_000

// holdersOutside is the outsiders who hold roles of the site, or roles elsewhere that carry rights outside their
// organization, by username. few is false if there are too many to collect.
func (c *crowd) holdersOutside(ctx context.Context) (list []db.ListOutsidersRow, few bool, err error) {
	ids, err := c.q.ListHoldersOfAnySiteRole(ctx, manyHolders+1)
	if err != nil {
		return nil, false, err
	}
	if len(ids)+len(c.elsewhere) > manyHolders {
		return nil, false, nil
	}
	for id := range c.elsewhere {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	for piece := range slices.Chunk(slices.Compact(ids), chunk) {
		rows, err := c.q.ListOutsidersByID(ctx, db.ListOutsidersByIDParams{OrganizationID: c.org, Ids: piece})
		if err != nil {
			return nil, false, err
		}
		for _, r := range rows {
			list = append(list, db.ListOutsidersRow(r))
		}
	}
	slices.SortFunc(list, func(a, b db.ListOutsidersRow) int { return strings.Compare(a.UsernameKey, b.UsernameKey) })
	return list, true, nil
}
