package insight

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// SearchSubjects finds who may do something with a resource, by username: members of its organization first, then accounts
// outside it. It leaves out suspended accounts and those that the caller may not read. Invalid: the question cannot be asked.
func (s *Service) SearchSubjects(ctx context.Context, by *org.Actor, organization string, q org.AccessQuestion, p org.AccessPage) (found org.AccessFound, err error) {
	defer org.Wrap(&err, "search subjects")
	if q.Subject.Type != subjectType {
		return found, nil
	}
	err = s.units.Moment(ctx, by, func(src unit.Reader) error {
		m := newAccessMapper(src, by, organization)
		if err := m.lookUp(ctx, []org.AccessQuestion{q}); err != nil {
			return err
		}
		c, err := m.thing(ctx, &q)
		if err != nil || !c.ask {
			if err == nil && m.known(&q) {
				err = asError(c.problem)
			}
			return err
		}
		k, err := m.seeker(ctx, &c.check, p.Limit)
		if err == nil && k != nil {
			found, err = k.page(ctx, p.After)
		}
		return err
	})
	if err != nil {
		return org.AccessFound{}, err
	}
	return found, nil
}

// known reports whether the catalog has the type and the action of a question. A search for anything else finds nothing.
func (m *accessMapper) known(q *org.AccessQuestion) bool {
	t, ok := m.Catalog().PresentType(q.Resource.Type)
	if !ok {
		return false
	}
	for _, r := range m.Catalog().AuthZEN().Rewrite {
		if r.Type == t && r.Action == q.Action.Name {
			return true
		}
	}
	return m.Catalog().Valid(t, m.Catalog().Rewritten(t, q.Action.Name, func(string) (any, bool) { return nil, false }))
}

// seeker looks for people who may do something.
type seeker struct {
	*unit.Crowd
	by     *org.Actor
	action string
	object rbac.Object // as everybody but its owner sees it
	owner  uuid.UUID   // unit.Anyone: whoever is asked about; uuid.Nil: no owner
	known  map[seen]bool
	limit  int

	ids  []uuid.UUID // those who may, at most one more than the limit
	keys []string    // their places
}

// seen holds what decides about one account.
type seen struct {
	unit.Holding
	own bool
}

// seeker prepares the search for accounts that pass a check. It returns nil if the caller may not read the organization or the
// owner.
func (m *accessMapper) seeker(ctx context.Context, c *org.SubjectCheck, limit int) (*seeker, error) {
	k := &seeker{by: m.by, action: c.Action, object: rbac.Object{Type: c.ResourceType}, known: map[seen]bool{}, limit: limit}
	var err error
	if c.OrganizationID != "" {
		if k.object.Org, err = m.organizationID(ctx, c.OrganizationID); err != nil || k.object.Org == uuid.Nil {
			return nil, err
		}
	}
	switch c.OwnerID {
	case "":
	case "me":
		k.owner = unit.Anyone
	default:
		if k.owner, err = m.owner(ctx, c.OwnerID, k.object.Org); err != nil || k.owner == uuid.Nil {
			return nil, err
		}
		k.object.Owner = k.owner
	}
	k.Crowd, err = m.Crowd(ctx, k.object.Org)
	return k, err
}

// owner returns the account that a resource names as its owner, uuid.Nil if a name belongs to no account the caller may ask
// about. An id need not be that of an account.
func (m *accessMapper) owner(ctx context.Context, ref string, organization uuid.UUID) (uuid.UUID, error) {
	found, _, err := m.AccountsAt(ctx, []string{ref}, m.site())
	id := found[ref]
	if _, isID := uuid.Parse(ref); err != nil || id == uuid.Nil || isID == nil || id == m.by.ID() || m.mayKnow(id) {
		return id, err
	}
	if organization != uuid.Nil && m.mayKnowMember(organization, id) {
		err = m.belong(ctx, []uuid.UUID{id})
	}
	if err != nil || !m.memberships[[2]uuid.UUID{organization, id}] {
		return uuid.Nil, err
	}
	return id, nil
}

var errEnough = errors.New("the page is full")

// page returns those after a place. A caller who may not read all of a kind reads only itself.
func (k *seeker) page(ctx context.Context, after string) (org.AccessFound, error) {
	everybody := k.by.Can("read", org.UsersObject)
	members := everybody || k.object.Org != uuid.Nil && k.by.Can("read", org.MembersObject(k.object.Org))
	kind, key := placeOf(after)
	var err error
	if kind == amongMembers && k.object.Org != uuid.Nil {
		err = k.members(ctx, key, members)
		key = ""
	}
	if err == nil {
		err = k.others(ctx, key, everybody)
	}
	if err != nil && !errors.Is(err, errEnough) {
		return org.AccessFound{}, err
	}
	var found org.AccessFound
	if len(k.ids) > k.limit {
		k.ids, found.Next = k.ids[:k.limit], k.keys[k.limit-1]
	}
	found.Names, err = usernames(ctx, k.Q, k.ids)
	return found, err
}

// offer decides about one account, and keeps it if it may.
func (k *seeker) offer(ctx context.Context, id uuid.UUID, place string, h unit.Holding) error {
	of := seen{h, k.owner == unit.Anyone || k.owner == id}
	able, decided := k.known[of]
	if !decided {
		s, err := k.Subject(ctx, h)
		if err != nil {
			return err
		}
		o := k.object
		if of.own {
			o.Owner = unit.Anyone // the id that all subjects of a crowd have
		}
		able = s.Authorize(k.action, o)
		k.known[of] = able
	}
	if able {
		k.ids, k.keys = append(k.ids, id), append(k.keys, place)
	}
	if len(k.ids) > k.limit {
		return errEnough
	}
	return nil
}

// members searches the members after a place.
func (k *seeker) members(ctx context.Context, key string, all bool) error {
	if !all {
		return k.self(key, true)
	}
	return k.EachAfter(ctx, key, func(r *db.ListHoldingsRow, h unit.Holding) error {
		if org.Status(r.Status) == org.StatusSuspended {
			return nil
		}
		return k.offer(ctx, r.UserID, amongMembers+r.UsernameKey, h)
	})
}

// others searches the accounts outside the organization after a place.
func (k *seeker) others(ctx context.Context, key string, all bool) error {
	if !all {
		return k.self(key, false)
	}
	bare, err := k.Subject(ctx, unit.Holding{Outside: true})
	if err != nil {
		return err
	}
	// If an account without roles may do it, all accounts are walked. Otherwise those that hold something are enough.
	own := k.object
	if k.owner != uuid.Nil {
		own.Owner = unit.Anyone
	}
	if !bare.Authorize(k.action, k.object) && !bare.Authorize(k.action, own) {
		list, few, err := holdersOutside(ctx, k.Crowd)
		if err != nil {
			return err
		}
		if few {
			return k.offerAll(ctx, list, key)
		}
	}
	p := db.ListOutsidersParams{OrganizationID: k.object.Org, Now: unit.NullTime(k.When), MaxRows: unit.WalkPiece, AfterKey: key}
	for {
		rows, err := outsidersAfter(ctx, k.Crowd, p)
		if err != nil {
			return err
		}
		if err := k.offerAll(ctx, rows, p.AfterKey); err != nil || len(rows) < unit.WalkPiece {
			return err
		}
		p.AfterKey = rows[len(rows)-1].UsernameKey
	}
}

// offerAll decides about accounts outside the organization.
func (k *seeker) offerAll(ctx context.Context, rows []db.ListOutsidersRow, after string) error {
	for i := range rows {
		r := &rows[i]
		if r.UsernameKey <= after {
			continue
		}
		h := unit.Holding{SiteRoles: unit.SortNames(r.Roles), Elsewhere: k.Elsewhere[r.ID], Outside: true}
		if err := k.offer(ctx, r.ID, amongOthers+r.UsernameKey, h); err != nil {
			return err
		}
	}
	return nil
}

// self looks only at the caller, who may always ask about itself: as a member, or as an account outside.
func (k *seeker) self(key string, member bool) error {
	kind, o, me := amongOthers, k.object, k.by.ID()
	if member {
		kind = amongMembers
	}
	if k.owner == unit.Anyone {
		o.Owner = me
	}
	place := org.FoldCase(k.by.User.Username)
	if place <= key || me == uuid.Nil || k.by.Grants.InOrg(k.object.Org) != member || !k.by.Can(k.action, o) {
		return nil
	}
	k.ids, k.keys = append(k.ids, me), append(k.keys, kind+place)
	if len(k.ids) > k.limit {
		return errEnough
	}
	return nil
}

// usernames returns the names of accounts in the order of their ids.
func usernames(ctx context.Context, q db.Reads, ids []uuid.UUID) ([]string, error) {
	list := make([]string, 0, len(ids))
	for at := 0; at < len(ids); at += unit.ChunkSize {
		piece := ids[at:min(at+unit.ChunkSize, len(ids))]
		rows, err := q.ListUsersByID(ctx, piece)
		if err != nil {
			return nil, err
		}
		unit.InOrder(rows, piece, func(r *db.UserRow) uuid.UUID { return r.ID })
		for i := range rows {
			list = append(list, rows[i].Username)
		}
	}
	return list, nil
}
