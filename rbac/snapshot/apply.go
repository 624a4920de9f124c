package snapshot

import (
	"fmt"
	"hash/maphash"
)

// Apply applies a change of an organization, or of the site if it names none. It ignores a change to a revision that the state
// already has, and a change of a document that it does not hold. reload says that the document must be fetched, because the
// change does not fit what is held; until then the old state decides. An error means that the event itself is malformed; then
// the document must be fetched too.
func (s *State) Apply(c Change) (reload bool, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	var id ID
	if c.Organization != "" {
		if id, err = ParseID(c.Organization); err != nil {
			return true, fmt.Errorf("%w: %q", errID, c.Organization)
		}
	}
	s.Named(id, c.To)
	t := s.site
	if id != (ID{}) {
		t = s.orgs[id]
	}
	switch {
	case t == nil || c.To <= t.revision:
		return false, nil
	case c.From != t.revision:
		return true, nil
	}
	moves, err := movesOf(&c, id == ID{})
	if err != nil {
		return true, err
	}
	next, err := t.turned(&c)
	if next == nil || err != nil {
		return true, err
	}
	return s.put(id, next, moves, c.To)
}

// turned returns the table with the roles of a change: t itself if there are none, nil if there is no room for them.
func (t *table) turned(c *Change) (*table, error) {
	if len(c.Roles)+len(c.RolesGone) == 0 {
		return t, nil
	}
	for i := range c.Roles {
		if !c.Roles[i].sound() {
			return nil, fmt.Errorf("%w: role %q", ErrFormat, c.Roles[i].Name)
		}
	}
	next, err := t.withRoles(c.Roles, c.RolesGone)
	if err != nil {
		return nil, nil //nolint:nilerr // there is no room for more roles: the new document has them all
	}
	return next, nil
}

// move is what an account holds from now on.
type move struct {
	id    ID
	roles []Holding
	gone  bool
}

// movesOf returns the accounts of a change with what they hold. On the site, an account that holds nothing is removed.
func movesOf(c *Change, onSite bool) ([]move, error) {
	moves := make([]move, 0, len(c.Set)+len(c.Gone))
	for user, roles := range c.Set {
		id, err := ParseID(user)
		if err != nil {
			return nil, err
		}
		moves = append(moves, move{id, roles, onSite && len(roles) == 0})
	}
	for _, user := range c.Gone {
		id, err := ParseID(user)
		if err != nil {
			return nil, err
		}
		if _, twice := c.Set[user]; twice {
			return nil, fmt.Errorf("%w: %s is set and gone", ErrFormat, user)
		}
		moves = append(moves, move{id: id, gone: true})
	}
	return moves, nil
}

// put puts a table and its moves in force at once.
func (s *State) put(id ID, t *table, moves []move, revision int64) (reload bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !t.move(s.seed, moves) {
		return true, nil
	}
	t.revision = revision
	s.had[id] = revision
	if id == (ID{}) {
		s.site = t
	} else {
		s.orgs[id] = t
	}
	return false, nil
}

// move sets what accounts hold from now on. It reports false, and changes no account, if a role is unknown or there is no room.
func (t *table) move(seed maphash.Seed, moves []move) bool {
	sets := make([]uint32, len(moves))
	for i, m := range moves {
		if m.gone {
			sets[i] = noSet
			continue
		}
		set, known, err := t.numberOf(m.roles)
		if err != nil || !known {
			return false
		}
		sets[i] = set
	}
	for i, m := range moves {
		t.put(seed, m.id, sets[i])
	}
	return true
}
