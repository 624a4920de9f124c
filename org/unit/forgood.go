package unit

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// Guard rails count what is held without an end (docs/spec/records.md): what ends by itself must not leave a place without
// anyone. What is held for good is what is still held when every end has passed.

// allEnded is a moment after every end.
var allEnded = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// forGood returns the same snapshot with what is held for good instead of what is held now, also after a change.
func (s Reader) forGood() Reader {
	s.When, s.good = allEnded, true
	return s
}

// forGood returns the same crowd by what is held for good.
func (c *Crowd) forGood() *Crowd {
	good := *c
	good.Reader = c.Reader.forGood()
	return &good
}

// lasting returns what an account would hold in a place for good after a change. h is what it would hold, had are the roles
// that it holds there for good before, and belongs says whether it is a member for good.
func (o *overlay) lasting(h held, user uuid.UUID, had string, belongs bool) held {
	i := slices.IndexFunc(o.holders, func(c org.HolderChange) bool { return c.Place == h.place && c.User == user })
	if i < 0 {
		return h
	}
	c := &o.holders[i]
	h.roles = strings.Join(c.ForGood(strings.Fields(had)), " ")
	if h.place != uuid.Nil {
		h.member = h.member && !c.Ends(org.RoleOrganizationUser) && (belongs || c.Joins || c.Touches(org.RoleOrganizationUser))
	}
	return h
}

// lendsTo reports whether a change sets an end to anything that an account holds afterwards.
func (o *overlay) lendsTo(user uuid.UUID) bool {
	return o != nil && slices.ContainsFunc(o.holders, func(c org.HolderChange) bool { return c.User == user && c.Lends() })
}

// lends reports whether anything ends that someone who was found holds, or would hold after a change.
func (o *overlay) lends(h *holder) bool { return h.ends || o.lendsTo(h.id) }
