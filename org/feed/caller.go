package feed

import (
	"context"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// caller is a caller that listens, on one stream or on many. h.mu guards it.
type caller struct {
	id      unit.Credential
	ends    time.Time // when its token ends
	who     *org.Actor
	streams map[*Subscription]struct{}
	allowed map[uuid.UUID]bool // what was checked already
	sure    bool               // its rights could be read the last time
}

// may reports whether the caller may have the document of an organization, and so learn what changes in it.
func (c *caller) may(orgID uuid.UUID) bool {
	yes, known := c.allowed[orgID]
	if !known {
		yes = c.who.MayFollow(orgID)
		c.allowed[orgID] = yes
	}
	return yes
}

// ask checks again what some callers may do. Callers that may no longer listen are disconnected; others are told to forget
// the organizations that they may no longer read.
func (h *Hub) ask(ctx context.Context, callers []*caller) {
	for _, c := range callers {
		h.mu.Lock()
		who := c.who
		h.mu.Unlock()
		reading, cancel := context.WithTimeout(ctx, readTimeout)
		now, err := h.units.Still(reading, who)
		cancel()
		h.mu.Lock()
		var moved map[uuid.UUID][]*Subscription
		switch kind := org.KindOf(err); {
		case err == nil:
			c.sure = true
			moved = h.turn(c, now)
		case kind == org.Unauthenticated || kind == org.Forbidden:
			for s := range c.streams {
				s.end(nil)
			}
		default: // unknown, so nothing is sent
			c.sure = false
		}
		h.mu.Unlock()
		h.fetch(ctx, moved)
	}
}

// turn records what a caller may do now. It returns who has to fetch what: organizations that the caller could not have before
// and, whenever one is added or lost, the site, whose document lists the members that the caller may read. h.mu is held.
func (h *Hub) turn(c *caller, now *org.Actor) (moved map[uuid.UUID][]*Subscription) {
	before := *c
	c.who = now
	if now.Grants == before.who.Grants {
		return nil
	}
	// What was allowed before is taken from the copy, which still has the previous rights.
	c.allowed = map[uuid.UUID]bool{}
	moved = map[uuid.UUID][]*Subscription{}
	for s := range c.streams {
		changed := false
		s.each(func(id uuid.UUID) {
			was, is := before.may(id), c.may(id)
			changed = changed || was != is
			switch {
			case was && !is:
				s.take(denied(id))
			case !was && is:
				moved[id] = append(moved[id], s)
			}
		})
		if changed {
			moved[uuid.Nil] = append(moved[uuid.Nil], s)
		}
	}
	return moved
}

// fetch tells streams to fetch organizations and the site. If it is not known what there is to fetch, they end: a client that
// continues from its position is told again.
func (h *Hub) fetch(ctx context.Context, moved map[uuid.UUID][]*Subscription) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	revisions, failed := map[uuid.UUID]int64{}, false
	for id := range moved {
		r, err := h.units.DB.GetRevision(ctx, id)
		if err == nil {
			revisions[id] = r.Value
		}
		failed = failed || err != nil && !db.IsNotFound(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	// The site first, in the order of ids: its document is then made after these revisions, and has all that changed with them.
	for _, id := range unit.SortedIDs(moved) {
		to, known := revisions[id]
		for _, s := range moved[id] {
			switch {
			case failed:
				s.end(nil)
			case known:
				s.take(reload(id, to, 0))
			}
		}
	}
}
