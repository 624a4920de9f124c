package main

import (
	"math/rand/v2"
	"slices"

	"rolecall.example/rbac"
	"rolecall.example/rbac/snapshot"
)

// world is what a server knows. All of it is drawn from one source of random numbers, so nothing may depend on the order of a
// map.
type world struct {
	rnd      *rand.Rand
	kinds    []kind
	versions []rbac.Version
	catalog  *rbac.Catalog
	site     *place
	orgs     []*place
	people   []*person
	position int64 // of the feed
	now      int64 // the time, in microseconds
}

// place is the site or an organization. Each has its own revision, and starts anywhere: revisions tell nothing of each other.
type place struct {
	id       snapshot.ID
	revision int64
	roles    []*rbac.Role // custom ones
	named    int          // how many names were given
}

type person struct {
	id        snapshot.ID
	suspended bool
	holds     map[snapshot.ID]stay // in each organization of which it is a member; on the site for the zero ID
}

// stay is what somebody holds in a place, ended or not, and until when it belongs there.
type stay struct {
	roles []snapshot.Holding
	until int64
}

// id is one like those that the server gives: all of a time begin alike, which an index must not mind.
func (w *world) id() (id snapshot.ID) {
	copy(id[:], "\x01\x90\x00\x00\x00\x00\x70\x00\x80")
	for i := 9; i < len(id); i++ {
		id[i] = byte(w.rnd.IntN(256))
	}
	return id
}

// newWorld draws people and places. Some people are members nowhere, some hold nothing, some are suspended.
func newWorld(rnd *rand.Rand) (*world, error) {
	w := &world{rnd: rnd, now: 1_764_412_800_000_000, site: &place{revision: 1000}}
	if err := w.succeed(); err != nil {
		return nil, err
	}
	for range 3 {
		w.orgs = append(w.orgs, &place{id: w.id(), revision: int64(1000 + rnd.IntN(1000))})
	}
	for _, p := range append(slices.Clone(w.orgs), w.site) {
		for range 2 {
			w.addRole(p)
		}
	}
	for range 8 {
		p := &person{id: w.id(), suspended: rnd.IntN(8) == 0, holds: map[snapshot.ID]stay{{}: {until: snapshot.Endless}}}
		if rnd.IntN(2) == 0 {
			p.holds[snapshot.ID{}] = w.someStay(w.site)
		}
		for _, o := range w.orgs {
			if rnd.IntN(2) == 0 {
				p.holds[o.id] = w.someStay(o)
			}
		}
		w.people = append(w.people, p)
	}
	return w, nil
}

// addRole makes a custom role. A name comes back after a while: who held the one before must not hold this one.
func (w *world) addRole(p *place) *rbac.Role {
	p.named++
	r := rbac.Role{Name: "role-" + string(rune('a'+p.named%26))}
	w.fill(&r, p)
	p.roles = append(p.roles, w.catalog.Compile(r))
	return p.roles[len(p.roles)-1]
}

// fill draws what a custom role says. Those of organizations say nothing outside of theirs, as on the server.
func (w *world) fill(r *rbac.Role, p *place) {
	r.Site, r.Organization, r.User = nil, nil, nil
	if p == w.site {
		r.Site, r.User = permissions(w.rnd, w.kinds, true, false), permissions(w.rnd, w.kinds, true, true)
		return
	}
	r.Organization = permissions(w.rnd, w.kinds, true, false)
}

// names are the roles that can be given in a place.
func (w *world) names(p *place) (names []string) {
	list := w.catalog.BuiltInOrganizationRoles()
	if p == w.site {
		list = w.catalog.BuiltInSiteRoles()
	}
	for _, r := range append(slices.Clone(list), p.roles...) {
		names = append(names, r.Name)
	}
	return names
}

// someStay draws what somebody holds in a place. An owner may everything, which would leave little to ask.
func (w *world) someStay(p *place) stay {
	s := stay{until: snapshot.Endless}
	if p != w.site {
		s.until = w.someEnd()
	}
	for _, name := range w.names(p) {
		if name != "owner" && w.rnd.IntN(4) == 0 {
			s.roles = append(s.roles, snapshot.Holding{Role: name, Until: w.someEnd()})
		}
	}
	return s
}

// spanAtMost is how far ends are ahead, in microseconds. The clock goes on by about a quarter of that.
const spanAtMost = 4000

// someEnd draws an end: most have none.
func (w *world) someEnd() int64 {
	if w.rnd.IntN(3) > 0 {
		return snapshot.Endless
	}
	return w.now + 1 + w.rnd.Int64N(spanAtMost)
}

// counts is what of somebody counts at the time, by place.
func (w *world) counts(p *person) map[snapshot.ID][]string {
	now := map[snapshot.ID][]string{}
	for id, s := range p.holds {
		if s.until <= w.now {
			continue
		}
		now[id] = []string{}
		for _, h := range s.roles {
			if h.Until > w.now {
				now[id] = append(now[id], h.Role)
			}
		}
	}
	return now
}

// role is a role by its name in a place.
func (w *world) role(p *place, name string) *rbac.Role {
	for _, r := range p.roles {
		if r.Name == name {
			return r
		}
	}
	r, _ := w.catalog.BuiltIn(name)
	return r
}

// place is an organization by its id, or the site for the zero one.
func (w *world) place(id snapshot.ID) *place {
	for _, o := range w.orgs {
		if o.id == id {
			return o
		}
	}
	return w.site
}

// everywhere is what somebody is listed with in the document of the site, as far as it has not ended.
func (w *world) everywhere(p *person) []snapshot.Holding {
	list := slices.Clone(p.holds[snapshot.ID{}].roles)
	// Once, in however many organizations: what it gives outside is the same, and the last one to end counts.
	for _, r := range snapshot.CarriedRoles(w.catalog) {
		last := snapshot.Holding{Role: r.Name}
		for id, s := range p.holds {
			for _, h := range append(slices.Clone(s.roles), snapshot.Holding{Role: w.catalog.ImpliedOrganization().Name, Until: snapshot.Endless}) {
				if id != (snapshot.ID{}) && h.Role == r.Name {
					last.Until = max(last.Until, min(s.until, h.Until))
				}
			}
		}
		list = append(list, last)
	}
	return slices.DeleteFunc(list, func(h snapshot.Holding) bool { return h.Until <= w.now })
}

// subject is somebody as the engine of the server sees them.
func (w *world) subject(p *person) *rbac.Subject {
	var orgs []rbac.ID
	var grants []rbac.Grant
	for id, held := range w.counts(p) {
		if id != (snapshot.ID{}) {
			orgs = append(orgs, id)
		}
		for _, name := range held {
			grants = append(grants, rbac.Grant{Role: w.role(w.place(id), name), Org: id})
		}
	}
	return w.catalog.NewSubject(p.id, orgs, grants)
}

// plain decides once more, without the engine: by the permissions as they are written.
func (w *world) plain(p *person, pair rbac.Permission, org snapshot.ID, own bool) bool {
	// Nothing here is shared with the engine or with documents: neither bits nor numbers, and no order of levels but this one.
	holds := w.counts(p)
	_, member := holds[org]
	if own = own && member; org == (snapshot.ID{}) { // everybody is a member of the site
		member = false
	}
	var votes [3]int
	for id, held := range holds {
		implied := w.catalog.ImpliedOrganization()
		if id == (snapshot.ID{}) {
			implied = w.catalog.ImpliedSite()
		}
		for _, name := range append([]string{implied.Name}, held...) {
			r := w.role(w.place(id), name)
			for level, list := range [][]rbac.Permission{r.Site, r.Organization, r.User} {
				counts := level == 0 || level == 1 && member && id == org || level == 2 && own && w.catalog.Owned(pair.ResourceType)
				for _, q := range list {
					meant := (q.ResourceType == "*" || q.ResourceType == pair.ResourceType) && (q.Action == "*" || q.Action == pair.Action)
					switch {
					case counts && meant && q.Negate:
						votes[level] = -1
					case counts && meant && votes[level] == 0:
						votes[level] = 1
					}
				}
			}
		}
	}
	for _, v := range votes {
		if v != 0 {
			return v > 0
		}
	}
	return false
}

// answer is what must come of a question when the first two organizations are held.
func (w *world) answer(q question) (byte, bool) {
	pair, known := w.catalog.Numbered(q.pair)
	onSite := q.org == (snapshot.ID{})
	at := slices.IndexFunc(w.people, func(p *person) bool { return p.id == q.user })
	held := slices.ContainsFunc(w.orgs[:2], func(o *place) bool { return o.id == q.org })
	// The order is that of the README: what can not be told comes before what is refused.
	switch {
	case !onSite && !held:
		return '?', true
	case !known, q.own && !w.catalog.Owned(pair.ResourceType), !onSite && w.catalog.SiteOnly(pair.ResourceType):
		return '0', true
	case onSite && !w.catalog.SiteOnly(pair.ResourceType):
		return '?', true
	}
	nobody := byte('0')
	if onSite {
		nobody = '?'
	}
	if at < 0 || w.people[at].suspended {
		return nobody, true
	}
	p := w.people[at]
	if _, member := w.counts(p)[q.org]; len(w.everywhere(p)) == 0 && (onSite || !member) {
		return nobody, true
	}
	o := rbac.Object{Type: pair.ResourceType, Org: q.org}
	if q.own {
		o.Owner = p.id
	}
	allowed := w.subject(p).Authorize(pair.Action, o)
	agrees := w.plain(p, pair, q.org, q.own) == allowed
	if allowed {
		return '1', agrees
	}
	return '0', agrees
}

// questions draws some, with people and organizations that there are not among them. Most are about what the roles of this
// world tell apart: an even choice would ask about accounts and keys, which every catalog has.
func (w *world) questions(n int) (list []question) {
	for range n {
		q := question{user: w.people[w.rnd.IntN(len(w.people))].id, own: w.rnd.IntN(2) == 0, pair: w.rnd.IntN(w.catalog.Document().Numbers + 1)}
		if w.rnd.IntN(12) == 0 {
			q.user = w.id()
		}
		if w.rnd.IntN(5) > 0 { // what the catalog brings of itself is nothing that the roles tell apart
			k := w.kinds[w.rnd.IntN(len(w.kinds))]
			q.pair, _ = w.catalog.Number(rbac.Permission{ResourceType: k.name, Action: k.actions[w.rnd.IntN(len(k.actions))]})
		}
		pair, _ := w.catalog.Numbered(q.pair)
		if onSite := w.catalog.SiteOnly(pair.ResourceType); onSite == (w.rnd.IntN(8) == 0) {
			q.org = w.orgs[w.rnd.IntN(9)*2/8].id // the last one, which is never held, is rare
		}
		list = append(list, q)
	}
	return list
}
