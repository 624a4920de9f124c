package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"maps"
	"slices"

	"rolecall.example/rbac"
	"rolecall.example/rbac/snapshot"
)

// next moves the revision of a place, and returns the change that goes with it.
func (g *generator) next(p *place) snapshot.Change {
	c := snapshot.Change{From: p.revision, Set: map[string][]snapshot.Holding{}}
	// Revisions are times: they grow by any step, and a reader must not expect the next number.
	p.revision += int64(1 + g.rnd.IntN(1000))
	g.position += 7
	c.To = p.revision
	if p != g.site {
		c.Organization = snapshot.FormatID(p.id)
	}
	return c
}

// tells reports whether changes of a place are sent: the last organization is never held.
func (g *generator) tells(p *place) bool { return p != g.orgs[len(g.orgs)-1] }

// event sends an event, and now and then twice: it sets final state, so the second time changes nothing.
func (g *generator) event(p *place, c snapshot.Change, expect string) error {
	if !g.tells(p) {
		return nil
	}
	data, err := json.Marshal(c)
	s := step{Step: "apply", Event: snapshot.EventChange, Data: data, Expect: expect}
	if p == g.site {
		s.Event = snapshot.EventSite
	}
	if err == nil {
		err = g.write(s)
	}
	if err == nil && expect == "ok" && g.rnd.IntN(3) == 0 {
		s.Expect = "dropped"
		err = g.write(s)
	}
	return err
}

// outside sends the document of the site if what a person holds in organizations counts outside them: no event says that,
// and the revision of the site stays.
func (g *generator) outside(before []snapshot.Holding, who *person) error {
	if slices.Equal(before, g.everywhere(who)) {
		return nil
	}
	return g.loadSite()
}

// someone returns any person, including suspended ones: what they hold changes, too.
func (g *generator) someone() *person { return g.people[g.rnd.IntN(len(g.people))] }

// someOrganization may return the one that is never held: what happens there counts only on the site.
func (g *generator) someOrganization() *place { return g.orgs[g.rnd.IntN(len(g.orgs))] }

// tell adds to a change what a person holds in an organization now.
func (g *generator) tell(c *snapshot.Change, who *person, p *place) {
	s, member := who.holds[p.id]
	if !member || who.suspended {
		c.Gone = append(c.Gone, snapshot.FormatID(who.id))
		return
	}
	held := append([]snapshot.Holding{}, s.roles...)
	if s.until != snapshot.Endless {
		held = append(held, snapshot.Holding{Role: g.catalog.ImpliedOrganization().Name, Until: s.until})
	}
	c.Set[snapshot.FormatID(who.id)] = held
}

// moveMember gives a person other roles in an organization, or begins or ends the membership.
func (g *generator) moveMember() error {
	who, p := g.someone(), g.someOrganization()
	before := g.everywhere(who)
	if g.rnd.IntN(4) == 0 {
		delete(who.holds, p.id)
	} else {
		who.holds[p.id] = g.someStay(p)
	}
	c := g.next(p)
	g.tell(&c, who, p)
	if err := g.event(p, c, "ok"); err != nil {
		return err
	}
	return g.outside(before, who)
}

// rewrite changes, creates or deletes a custom role of a place.
func (g *generator) rewrite(p *place) snapshot.Change {
	c := g.next(p)
	switch i := g.rnd.IntN(len(p.roles) + 1); {
	case i == len(p.roles) || len(p.roles) < 2:
		c.Roles = []snapshot.Role{snapshot.RoleOf(g.addRole(p))}
	case g.rnd.IntN(3) == 0:
		name := p.roles[i].Name
		p.roles = slices.Delete(p.roles, i, i+1)
		c.RolesGone = []string{name}
		for _, who := range g.people {
			held := who.holds[p.id]
			named := func(h snapshot.Holding) bool { return h.Role == name }
			if slices.ContainsFunc(held.roles, named) {
				who.holds[p.id] = stay{slices.DeleteFunc(slices.Clone(held.roles), named), held.until}
				g.tellAnywhere(&c, who, p)
			}
		}
	default:
		r := rbac.Role{Name: p.roles[i].Name}
		g.fill(&r, p)
		p.roles[i] = g.catalog.Compile(r)
		c.Roles = []snapshot.Role{snapshot.RoleOf(p.roles[i])}
	}
	return c
}

// tellAnywhere is tell for an organization or the site.
func (g *generator) tellAnywhere(c *snapshot.Change, who *person, p *place) {
	switch {
	case p != g.site:
		g.tell(c, who, p)
	case who.suspended:
		c.Gone = append(c.Gone, snapshot.FormatID(who.id))
	default:
		c.Set[snapshot.FormatID(who.id)] = append([]snapshot.Holding{}, g.everywhere(who)...)
	}
}

// changeRole changes what a role of an organization means to all who hold it, in one event.
func (g *generator) changeRole() error {
	p := g.someOrganization()
	return g.event(p, g.rewrite(p), "ok")
}

// changeSiteRole does the same on the site, whose document matters to every question.
func (g *generator) changeSiteRole() error { return g.event(g.site, g.rewrite(g.site), "ok") }

// moveOnSite gives a person other site roles.
func (g *generator) moveOnSite() error {
	who := g.someone() // who may be suspended: then the event says that it is gone, and not what it holds
	who.holds[snapshot.ID{}] = g.someStay(g.site)
	c := g.next(g.site)
	g.tellAnywhere(&c, who, g.site)
	return g.event(g.site, c, "ok")
}

// suspend suspends a person or ends that. The site comes first: between the events a suspended person may still be a member,
// and nothing is asked there.
func (g *generator) suspend() error {
	who := g.someone()
	who.suspended = !who.suspended
	c := g.next(g.site)
	g.tellAnywhere(&c, who, g.site)
	if err := g.event(g.site, c, "ok"); err != nil {
		return err
	}
	// Each organization of the account has a change of its own: its document is the only one that lists its members.
	for _, p := range g.orgs {
		if _, member := who.holds[p.id]; !member {
			continue
		}
		c := g.next(p)
		g.tell(&c, who, p)
		if err := g.event(p, c, "ok"); err != nil {
			return err
		}
	}
	return nil
}

// gap loses an event. The next one changes nothing, and a document brings the rest. Questions in between get the previous
// answers: half of a change must never decide.
func (g *generator) gap() error {
	p := g.orgs[0]
	before, err := g.asked(10)
	if err != nil {
		return err
	}
	g.rewrite(p)
	if err := g.event(p, g.rewrite(p), "reload"); err != nil {
		return err
	}
	// Roles alone can not fill it.
	roles, err := g.document(p, false, g.signer)
	if err != nil {
		return err
	}
	for _, s := range []step{before, {Step: "load", Document: roles, Expect: "behind"}, before} {
		if err := g.write(s); err != nil {
			return err
		}
	}
	return g.load(p, true)
}

// newCatalog puts another version in force: first the document of the site, then the roles of each organization.
func (g *generator) newCatalog() error {
	if err := g.succeed(); err != nil {
		return err
	}
	// Nothing is asked between these documents: a reader may turn to the version at once, or one by one.
	g.next(g.site)
	if err := g.loadSite(); err != nil {
		return err
	}
	for _, p := range g.orgs[:2] {
		if err := g.load(p, false); err != nil {
			return err
		}
	}
	return nil
}

// wait lets time pass: what has ended is gone, without an event. Often it stops exactly at an end, or just before.
func (g *generator) wait() error {
	until := g.now + 1 + g.rnd.Int64N(spanAtMost/2)
	for _, h := range g.someone().holds[g.orgs[g.rnd.IntN(2)].id].roles {
		if h.Until > g.now+1 && h.Until != snapshot.Endless {
			until = h.Until - g.rnd.Int64N(2)
			break
		}
	}
	g.now = until
	return g.write(step{Step: "clock", Now: g.now})
}

// old replays a document from before a change.
func (g *generator) old() error {
	p := g.orgs[1] // signed by the right key: its age alone is against it
	data, err := g.document(p, true, g.signer)
	if err != nil {
		return err
	}
	if err := g.event(p, g.rewrite(p), "ok"); err != nil {
		return err
	}
	return g.write(step{Step: "load", Document: data, Expect: "old"})
}

// refusals sends documents that must be refused, and one that has an alias for everybody.
func (g *generator) refusals() error {
	p := g.orgs[0]
	seed := slices.Repeat([]byte{1}, ed25519.SeedSize)
	other := snapshot.Signer{ID: g.signer.ID, Key: ed25519.NewKeyFromSeed(seed)}
	unknown := snapshot.Signer{ID: "unknown", Key: g.signer.Key}
	later := func(critical bool) snapshot.Section {
		return snapshot.Section{Name: "later", Critical: critical, Write: func(w io.Writer) error {
			_, err := io.WriteString(w, "later")
			return err
		}}
	}
	for _, tt := range []struct {
		by     snapshot.Signer
		more   []snapshot.Section
		expect string
	}{
		{other, nil, "refused"}, {unknown, nil, "refused"},
		{g.signer, []snapshot.Section{later(true)}, "refused"}, {g.signer, []snapshot.Section{later(false)}, "ok"},
	} {
		data, err := g.document(p, true, tt.by, tt.more...)
		if err == nil {
			err = g.write(step{Step: "load", Document: data, Expect: tt.expect})
		}
		if err != nil {
			return err
		}
	}
	if err := g.foreign(p); err != nil {
		return err
	}
	return g.resolve(p)
}

// foreign sends a document of another server that has the same key.
func (g *generator) foreign(p *place) error {
	h := g.header(p)
	h.Issuer = "https://elsewhere.example"
	section, err := snapshot.RolesSection(snapshot.OrganizationRoles(g.catalog, p.roles))
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := snapshot.Write(&out, h, []snapshot.Section{section}, g.signer); err != nil {
		return err
	}
	return g.write(step{Step: "load", Document: out.Bytes(), Expect: "issuer"})
}

// resolve asks for aliases in another case than they were made with. One that two people would have names neither.
func (g *generator) resolve(p *place) error {
	count := map[string]int{}
	for _, who := range g.people {
		count[snapshot.FormatID(who.id)[30:]]++
	}
	for _, who := range g.people[:2] {
		id := snapshot.FormatID(who.id)
		s := step{Step: "resolve", Organization: snapshot.FormatID(p.id), Kind: snapshot.AliasUsername, Value: "USER-" + id[30:]}
		if _, member := g.counts(who)[p.id]; member && !who.suspended && count[id[30:]] == 1 {
			s.ID = id
		}
		if err := g.write(s); err != nil {
			return err
		}
	}
	return nil
}

// damage writes a small document, all damages of which must be noticed. It is small because they are tried byte by byte.
func (g *generator) damage() error {
	p, people := g.orgs[2], g.people
	defer func() { g.people = people }()
	g.people = people[:2] // one of whom is made a member, so that no section is empty
	saved := maps.Clone(g.people[0].holds)
	defer func() { g.people[0].holds = saved }()
	g.people[0].holds = maps.Clone(saved)
	g.people[0].holds[p.id] = stay{until: g.now + 1}
	data, err := g.document(p, true, g.signer)
	if err != nil {
		return err
	}
	return g.write(step{Step: "damage", Document: data})
}
