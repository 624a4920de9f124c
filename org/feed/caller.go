package feed

import (
	"context"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// caller is somebody who listens, on one stream or on many. h.mu guards it.
type caller struct {
	id      unit.Credential
	ends    time.Time // of its token
	who     *org.Actor
	streams map[*Subscription]struct{}
	allowed map[uuid.UUID]bool // what was asked already
	sure    bool               // its rights could be read when they were asked for last
}

// may says whether the caller may have the document of an organization, and so learn what changes in it.
func (c *caller) may(orgID uuid.UUID) bool {
	yes, known := c.allowed[orgID]
	if !known {
		yes = May(c.who, orgID)
		c.allowed[orgID] = yes
	}
	return yes
}

// May says whether somebody may have the document of an organization: its members with their roles, and what those say.
func May(by *org.Actor, orgID uuid.UUID) bool {
	return by.Can("read", org.OrgObject(orgID)) && by.Can("read", org.MembersObject(orgID)) && by.Can("read", org.OrgRolesObject(orgID))
}

// ask asks again what some callers may do. Who may not listen any more is cut off; of organizations that one may no longer
// read it is told to forget them.
func (h *Hub) ask(ctx context.Context, callers []*caller) {
	for _, c := range callers {
		h.mu.Lock()
		who := c.who
		h.mu.Unlock()
		ctx, cancel := context.WithTimeout(ctx, readTimeout)
		now, err := h.units.Still(ctx, who)
		cancel()
		h.mu.Lock()
		var regained map[uuid.UUID][]*Subscription
		switch kind := org.KindOf(err); {
		case err == nil:
			c.sure = true
			regained = h.turn(c, now)
		case kind == org.Unauthenticated || kind == org.Forbidden:
			for s := range c.streams {
				s.end(nil)
			}
		default: // it is not known, so nothing is told
			c.sure = false
		}
		h.mu.Unlock()
		for id, streams := range regained {
			h.regain(ctx, id, streams)
		}
	}
}

// turn notes what a caller may do now. It returns who may have what it could not have before. h.mu is held.
func (h *Hub) turn(c *caller, now *org.Actor) (regained map[uuid.UUID][]*Subscription) {
	before := *c
	c.who = now
	if now.Grants == before.who.Grants {
		return nil
	}
	// What was allowed before is asked of the copy, which still has what the caller could do then.
	c.allowed = map[uuid.UUID]bool{}
	regained = map[uuid.UUID][]*Subscription{}
	for s := range c.streams {
		s.each(func(id uuid.UUID) {
			switch was, is := before.may(id), c.may(id); {
			case was && !is:
				s.take(denied(id))
			case !was && is:
				regained[id] = append(regained[id], s)
			}
		})
	}
	return regained
}

// regain has streams fetch an organization.
func (h *Hub) regain(ctx context.Context, id uuid.UUID, streams []*Subscription) {
	r, err := h.units.DB.GetRevision(ctx, id)
	if err != nil { // there is none to fetch, or what is wrong cuts the streams off soon
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	e := reload(id, r.Value, 0)
	for _, s := range streams {
		s.take(e)
	}
}
