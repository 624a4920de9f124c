package insight

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// outsideSize is how many accounts outside the organization are returned with the members.
// WhoCanPage asks for all of them, or for another page.
const outsideSize = 100

// WhoCan finds everybody who may do something in an organization, in one pass over what its members hold and one over the
// accounts outside it that hold anything beyond what everybody holds; equal holdings are decided once.
// NotFound: no such organization, or the caller may not read all its memberships. Invalid: no such pair of type and action.
func (s *Service) WhoCan(ctx context.Context, subject *org.Actor, organization string, q org.Question, p org.WhoCanPage) (_ org.WhoCan, err error) {
	defer org.Wrap(&err, "list who can in %q", organization)
	q = s.presentQuestion(subject, q)
	if err := askedPair(subject.Catalog, q); err != nil {
		return org.WhoCan{}, err
	}
	w := org.WhoCan{Question: q, Members: []org.WhoCanMember{}}
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		o, err := src.Organization(ctx, subject, organization)
		if err != nil {
			return err
		}
		// Half an answer would look like a whole one, so there is no partial answer.
		if !subject.Can("read", org.MembersObject(o.ID)) {
			return org.ErrNotFound()
		}
		w.Organization = unit.OrganizationOf(o)
		c, err := src.Crowd(ctx, o.ID)
		if err != nil {
			return err
		}
		// unit.Anyone stands for every holder, so that one decision is valid for all of them.
		f := finder{Crowd: c, question: q, object: objectAsked(src.Catalog(), q, o.ID, unit.Anyone), known: map[unit.Holding]*ruling{}}
		// Outside stays nil for a caller who may not read accounts: unknown is not the same as nobody.
		groups, err := f.members(ctx, subject, &w, p)
		if err != nil {
			return err
		}
		if subject.Can("read", org.UsersObject) {
			w.Outside = &org.Outside{Users: []org.WhoCanUser{}}
			if err := f.outside(ctx, w.Outside, p); err != nil {
				return err
			}
		}
		// Reasons are computed only if no one can: that explains a decision per holding and examines each role.
		if w.Count == 0 && (w.Outside == nil || w.Outside.Count == 0) {
			w.Prevented, err = f.prevented(ctx, subject, groups)
		}
		return err
	})
	if err != nil {
		return org.WhoCan{}, err
	}
	return w, nil
}

// finder asks one question about many people.
type finder struct {
	*unit.Crowd
	question org.Question
	object   rbac.Object
	known    map[unit.Holding]*ruling
	total    int // of the members
}

// ruling is the decision about everybody with one holding.
type ruling struct {
	able   bool
	answer *org.Answer // once it is in words
	by     *rbac.Subject
}

// decide returns the ruling about a holding, and makes it the first time the holding occurs.
func (f *finder) decide(ctx context.Context, h unit.Holding) (*ruling, error) {
	if d, ok := f.known[h]; ok {
		return d, nil
	}
	s, err := f.Subject(ctx, h)
	if err != nil {
		return nil, err
	}
	d := &ruling{able: s.Authorize(f.question.Action, f.object), by: s}
	f.known[h] = d
	return d, nil
}

// tellAble puts the decision into words, the same for everybody who may.
// It does so when the ruling is first shown: most rulings are only counted.
func (f *finder) tellAble(d *ruling) org.Answer {
	if d.answer == nil {
		t := d.by.Explain(f.question.Action, f.object)
		d.answer = &org.Answer{Trace: t, Words: tell(f.Catalog(), t, f.question, org.Member{})}
	}
	return *d.answer
}

// members decides about groups of members for the counts, and then reads only those of the page. It returns the groups.
func (f *finder) members(ctx context.Context, by *org.Actor, w *org.WhoCan, p org.WhoCanPage) ([]unit.Group, error) {
	groups, err := f.Groups(ctx)
	if err != nil {
		return nil, err
	}
	var able, suspended []unit.Group
	for i := range groups {
		g := &groups[i]
		f.total += int(g.Members)
		d, err := f.decide(ctx, g.Holding)
		switch {
		case err != nil:
			return nil, err
		case !d.able:
		// The roles allow it but the account is suspended: activating it would add one more.
		case g.Status == org.StatusSuspended:
			w.Suspended += int(g.Members)
			suspended = append(suspended, *g)
		default:
			w.Count += int(g.Members)
			able = append(able, *g)
		}
	}
	w.Total = f.total
	switch {
	case p.Suspended:
		w.Held, err = f.people(ctx, by, suspended, w.Suspended, window{limit: p.Limit, offset: p.Offset})
		return groups, err
	case p.Outside: // members are only counted
		return groups, nil
	}
	if w.Members, err = f.people(ctx, by, able, w.Count, window{limit: p.Limit, offset: p.Offset}); err == nil && p.AndSuspended > 0 {
		w.Held, err = f.people(ctx, by, suspended, w.Suspended, window{limit: p.AndSuspended})
	}
	return groups, err
}

// outside finds the accounts outside the organization, as members finds those in it.
func (f *finder) outside(ctx context.Context, o *org.Outside, p org.WhoCanPage) error {
	page := window{limit: outsideSize}
	if p.Outside {
		page = window{limit: p.Limit, offset: p.Offset}
	}
	// If an account without roles may do it, all accounts are walked. Otherwise those that hold something are enough.
	anybody, err := f.decide(ctx, unit.Holding{Outside: true})
	if err != nil {
		return err
	}
	err = outsiders(ctx, f.Crowd, anybody.able, func(id uuid.UUID, h unit.Holding) error {
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
	for at := 0; at < len(page.ids); at += unit.ChunkSize {
		piece := page.ids[at:min(at+unit.ChunkSize, len(page.ids))]
		rows, err := f.Q.ListUsersByID(ctx, piece)
		if err != nil {
			return err
		}
		unit.InOrder(rows, piece, func(r *db.UserRow) uuid.UUID { return r.ID })
		users, err := f.Users(ctx, rows)
		if err != nil {
			return err
		}
		for i := range users {
			o.Users = append(o.Users, org.WhoCanUser{User: users[i], Answer: f.tellAble(page.rulings[at+i])})
		}
	}
	return f.outsidersUntil(ctx, o.Users)
}

// outsiders walks the accounts outside the organization that are not suspended, by username: all of them, or
// at least those that hold roles that count there.
func outsiders(ctx context.Context, c *unit.Crowd, all bool, fn func(id uuid.UUID, h unit.Holding) error) error {
	if !all {
		list, few, err := holdersOutside(ctx, c)
		if err != nil {
			return err
		}
		if few {
			return eachOutsider(c, list, fn)
		}
	}
	p := db.ListOutsidersParams{OrganizationID: c.Org, Now: unit.NullTime(c.When), MaxRows: unit.WalkPiece}
	for {
		rows, err := outsidersAfter(ctx, c, p)
		if err != nil {
			return err
		}
		if err := eachOutsider(c, rows, fn); err != nil {
			return err
		}
		if len(rows) < unit.WalkPiece {
			return nil
		}
		p.AfterKey = rows[len(rows)-1].UsernameKey
	}
}

// outsidersAfter reads a batch of the accounts outside the organization, with what they hold now.
func outsidersAfter(ctx context.Context, c *unit.Crowd, p db.ListOutsidersParams) ([]db.ListOutsidersRow, error) {
	rows, err := c.Q.ListOutsiders(ctx, p)
	if err != nil {
		return nil, err
	}
	return unit.HeldNow(ctx, c.Reader, rows, outsiderStored)
}

func outsiderStored(r *db.ListOutsidersRow) unit.Stored {
	return unit.Stored{User: r.ID, Roles: &r.Roles, NextEnd: r.NextEnd}
}

// eachOutsider calls fn with what each of these accounts holds.
func eachOutsider(c *unit.Crowd, rows []db.ListOutsidersRow, fn func(id uuid.UUID, h unit.Holding) error) error {
	for i := range rows {
		r := &rows[i]
		if err := fn(r.ID, unit.Holding{SiteRoles: unit.SortNames(r.Roles), Elsewhere: c.Elsewhere[r.ID], Outside: true}); err != nil {
			return err
		}
	}
	return nil
}

// manyHolders is the largest number of accounts that are collected and sorted. For more, walking all accounts in order takes
// less memory, and hardly more time.
const manyHolders = 10_000

// holdersOutside returns the outsiders who hold roles of the site, or roles elsewhere with rights outside their
// organization, by username. few is false if there are too many to collect.
func holdersOutside(ctx context.Context, c *unit.Crowd) (list []db.ListOutsidersRow, few bool, err error) {
	// A row more than can be collected shows that there are too many.
	rows, err := c.Q.ListHoldersOutside(ctx, db.ListHoldersOutsideParams{OrganizationID: c.Org, Now: unit.NullTime(c.When), MaxRows: manyHolders + 1})
	if err != nil {
		return nil, false, err
	}
	if len(rows)+len(c.Elsewhere) > manyHolders {
		return nil, false, nil
	}
	found := make(map[uuid.UUID]bool, len(rows))
	for _, r := range rows {
		list, found[r.ID] = append(list, db.ListOutsidersRow(r)), true
	}
	for piece := range slices.Chunk(unit.SortedIDs(c.Elsewhere), unit.ChunkSize) {
		rows, err := c.Q.ListOutsidersByID(ctx, db.ListOutsidersByIDParams{OrganizationID: c.Org, Now: unit.NullTime(c.When), Ids: piece})
		if err != nil {
			return nil, false, err
		}
		for _, r := range rows {
			if !found[r.ID] {
				list = append(list, db.ListOutsidersRow(r))
			}
		}
	}
	slices.SortFunc(list, func(a, b db.ListOutsidersRow) int { return strings.Compare(a.UsernameKey, b.UsernameKey) })
	list, err = unit.HeldNow(ctx, c.Reader, list, outsiderStored)
	return list, true, err
}
