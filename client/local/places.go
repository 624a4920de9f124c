package local

import (
	"net/http"
	"sync/atomic"
	"time"

	"rolecall.example/client"
	"rolecall.example/rbac/snapshot"
)

// place is what an engine knows of one document: that of the site, or of an organization. Engine.mu guards it.
type place struct {
	id       snapshot.ID // zero: the site
	revision int64       // of what decides; 0: nothing does
	named    int64       // the newest that the server has named
	told     int64       // the newest that the stream has named: everything written with it has arrived too
	bytes    int64
	used     atomic.Int64 // when a check last needed it

	// behind: there is something newer, which is being fetched. What is here was current at since.
	behind bool
	since  time.Duration
	// asked counts how often the document had to be fetched again, even at the same revision; met is the count that the present
	// one meets, since one that was on its way may be from before. In doubt, its revision does not tell: the feed does.
	asked, met int
	doubt      bool

	loading bool
	pending []snapshot.Change // arrived while it was being loaded
	later   []snapshot.Change // arrived while the catalog was being changed
	absent  time.Duration     // it may not be read, and is not tried again until then. 0: it may
	lost    bool              // it could not be read for a while, so named may be out of date
}

// keptAtMost bounds the changes that wait for a document.
const keptAtMost = 4096

// at returns the place of an organization, or of the site.
func (e *Engine) at(id snapshot.ID) *place {
	if id == (snapshot.ID{}) {
		return &e.site
	}
	p := e.places[id]
	if p == nil {
		p = &place{id: id}
		e.places[id] = p
	}
	return p
}

// wanted reports whether a place is held even if no check is about it.
func (e *Engine) wanted(p *place) bool {
	return p == &e.site || e.options.Organizations.all() || e.list[p.id]
}

// name records that the server has a revision. An older one held here is as old as the last time that it was the newest.
func (e *Engine) name(p *place, revision int64) {
	p.named = max(p.named, revision)
	if p.revision < p.named && p.revision > 0 {
		e.falls(p)
	}
}

// hears records that the stream has named a revision. A document may be ahead of the stream, and what was written elsewhere
// together with it is not known until the stream has brought it.
func (e *Engine) hears(p *place, revision int64) {
	p.told = max(p.told, revision)
	e.stir()
}

// falls marks a place as behind: something newer is known to exist.
func (e *Engine) falls(p *place) {
	if !p.behind {
		p.behind, p.since = true, time.Duration(e.seen.Load())
	}
}

// rises marks a place as being at a revision now.
func (e *Engine) rises(p *place, revision int64) {
	p.revision = revision
	p.named = max(p.named, revision)
	if p.revision >= p.named && p.met == p.asked {
		p.behind = false
	}
	e.stir()
}

// stir wakes everything that waits for news.
func (e *Engine) stir() {
	close(e.news)
	e.news = make(chan struct{})
}

// change handles an event that changes a document.
func (e *Engine) change(c snapshot.Change) error {
	id, err := placeOf(c.Organization)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.at(id)
	defer e.hears(p, c.To)
	if p.loading {
		p.pending = keep(p.pending, c)
	}
	if e.switching {
		p.later = keep(p.later, c)
	}
	switch {
	case p.revision == 0:
		e.name(p, c.To)
		if e.wanted(p) {
			p.absent = 0 // it is named again, so it may be read again
			e.load(p)
		}
	case c.To <= p.revision: // it is known already
	case !e.apply(p, c):
		e.name(p, c.To)
		e.load(p)
	}
	return nil
}

// keep adds a change to a list. A list that gets too long starts over: the gap is noticed when the changes are applied.
func keep(list []snapshot.Change, c snapshot.Change) []snapshot.Change {
	if len(list) == keptAtMost {
		list = nil
	}
	return append(list, c)
}

// apply applies a change if it continues from the revision here, and reports whether it did.
func (e *Engine) apply(p *place, c snapshot.Change) bool {
	if c.From != p.revision {
		return false
	}
	if reload, err := e.state.Load().Apply(c); reload || err != nil {
		return false
	}
	e.rises(p, c.To)
	return true
}

// placeOf returns the id that an event names. "" is the site.
func placeOf(organization string) (snapshot.ID, error) {
	if organization == "" {
		return snapshot.ID{}, nil
	}
	return snapshot.ParseID(organization)
}

// reload handles the news that a document has to be fetched.
func (e *Engine) reload(r snapshot.Reload) error {
	id, err := placeOf(r.Organization)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.at(id)
	if p == &e.site {
		p.asked++
		p.doubt = p.doubt || r.To <= p.named
		e.falls(p)
	}
	p.absent = 0
	e.name(p, r.To)
	e.hears(p, r.To)
	if p.revision > 0 || e.wanted(p) {
		e.load(p)
	}
	return nil
}

// denied handles the news that an organization may no longer be read.
func (e *Engine) denied(d snapshot.Denied) error {
	id, err := snapshot.ParseID(d.Organization)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.forget(e.at(id))
	return nil
}

// forget drops what is known of an organization that may not be read.
func (e *Engine) forget(p *place) {
	e.drop(p)
	p.absent, p.lost = e.clock.now()+absence, true
}

// absence is how long the engine waits before it asks again for an organization that may not be read.
const absence = 30 * time.Second

// drop drops the document of a place.
func (e *Engine) drop(p *place) {
	if p.revision > 0 {
		e.state.Load().Forget(p.id)
		e.bytes -= p.bytes
	}
	p.revision, p.bytes, p.behind, p.pending, p.later = 0, 0, false, nil, nil
	e.stir()
}

// hello handles what the server has at the beginning of a stream. What has changed since the last stream follows it.
func (e *Engine) hello(s *stream, h snapshot.Hello) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	s.hello, e.refused, e.broken, e.connected = true, nil, nil, true
	e.name(&e.site, h.Site)
	s.until, s.named = h.Position, map[snapshot.ID]int64{{}: h.Site}
	e.catalogAt(h.Catalog)
	if h.Organizations == nil { // there are too many to list, or none
		if len(e.places) > 0 || e.options.Organizations.all() {
			e.unsure = true
			e.load(&e.site)
		}
	} else {
		list := make([]snapshot.OrganizationRevision, 0, len(h.Organizations))
		for text, revision := range h.Organizations {
			id, err := snapshot.ParseID(text)
			if err != nil {
				return err
			}
			list = append(list, snapshot.OrganizationRevision{ID: id, Revision: revision})
			s.named[id] = revision
		}
		e.readable(list)
	}
	e.confirmed(s.opened)
	e.come(s, s.after)
	return nil
}

// arrives records that a stream has reached a position.
func (e *Engine) arrives(s *stream, at int64) {
	if s.named != nil {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.come(s, at)
	}
}

// come is arrives with the lock held.
func (e *Engine) come(s *stream, at int64) {
	if at < s.until {
		return
	}
	for id, revision := range s.named {
		e.hears(e.at(id), revision)
	}
	s.named = nil
}

// readable records the organizations that may be read, with their revisions, and forgets all others.
func (e *Engine) readable(list []snapshot.OrganizationRevision) {
	there := make(map[snapshot.ID]bool, len(list))
	var missing []*place
	for _, o := range list {
		there[o.ID] = true
		p := e.at(o.ID)
		p.absent, p.lost = 0, false
		e.name(p, o.Revision)
		if p.revision == 0 && !p.loading && e.wanted(p) {
			missing = append(missing, p)
		}
	}
	for id, p := range e.places {
		if !there[id] && p.revision > 0 {
			e.forget(p)
		}
	}
	e.unsure = false
	e.loadAll(missing)
	e.stir()
}

// sweep begins to load everything that should be here and current but is not.
func (e *Engine) sweep() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.site.behind || e.unsure {
		e.load(&e.site)
	}
	now := e.clock.now()
	for _, p := range e.places {
		// An organization of a list that could not be read is tried again. With All, the next stream names what may be read.
		if missing := p.revision == 0 && e.wanted(p); p.behind || missing && (p.absent == 0 || e.list[p.id] && now >= p.absent) {
			e.load(p)
		}
	}
}

// confirm records that the server knew the current state at a time, and has told all of it.
func (e *Engine) confirm(at time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.confirmed(at)
}

func (e *Engine) confirmed(at time.Duration) {
	if !e.unsure && int64(at) > e.seen.Load() {
		e.seen.Store(int64(at))
		e.stir()
	}
}

// reached records the position of the feed, and returns where to continue after a stream has ended.
func (e *Engine) reached(position int64) int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.position = max(e.position, position)
	return e.position
}

// refuse denies everything if an error says that the server does not accept the token. It ends the stream: the next one shows
// whether that has changed.
func (e *Engine) refuse(err error) {
	if s := client.StatusOf(err); s != http.StatusUnauthorized && s != http.StatusForbidden {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.refused = err
	if e.hangUp != nil {
		e.hangUp(err)
	}
	e.stir()
}
