package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"rolecall.example/rbac/snapshot"
)

const issuer = "https://rolecall.example"

// ask is how many questions follow each change.
const ask = 60

// generator writes the steps of one world after the other.
type generator struct {
	*world
	out    *json.Encoder
	signer snapshot.Signer
	left   int // questions
	loaded int // documents: first that of the site
}

// generate writes steps with n questions.
func generate(out io.Writer, n int, seed uint64) error {
	rnd := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // the same again from the same seed
	e := json.NewEncoder(out)
	if err := e.Encode(step{Step: "begin", Format: 2, Seed: seed, Count: n}); err != nil {
		return err
	}
	// A world after the other, each from the same numbers: one seed gives one file, on any machine.
	for left := n; left > 0; {
		// Each world has a key of its own, so that a reader that forgets to change keys is noticed.
		g := &generator{out: e, left: left}
		var key [ed25519.SeedSize]byte
		for i := 0; i < len(key); i += 8 {
			binary.LittleEndian.PutUint64(key[i:], rnd.Uint64())
		}
		g.signer = snapshot.Signer{ID: "k" + hex.EncodeToString(key[:4]), Key: ed25519.NewKeyFromSeed(key[:])}
		var err error
		if g.world, err = newWorld(rnd); err == nil {
			err = g.run(left == n)
		}
		if err != nil {
			return fmt.Errorf("seed %d: %w", seed, err)
		}
		left = g.left
	}
	return nil
}

// run is the life of a world.
func (g *generator) run(first bool) error {
	steps := []func() error{func() error {
		return g.write(step{Step: "new", Issuer: issuer, Keys: &snapshot.JWKS{Keys: []snapshot.JWK{snapshot.JWKOf(g.signer.ID, g.signer.Key.Public().(ed25519.PublicKey))}}})
	}, g.wait, g.ask, g.loadSite, g.ask}
	// Questions come while documents are missing, too: what can not be told must be said.
	for _, o := range g.orgs[:2] {
		steps = append(steps, func() error { return g.loadOrganization(o) }, g.ask)
	}
	steps = append(steps, g.refusals)
	if first {
		steps = append(steps, g.damage)
	}
	// Members move most often, since that is what most events are; the rest are the ways in which a copy can go wrong.
	// The same number of changes in each, so that worlds with many changes and with few are met alike.
	kinds := []func() error{g.moveMember, g.moveMember, g.moveMember, g.wait, g.wait, g.wait, g.changeRole, g.moveOnSite, g.changeSiteRole, g.suspend, g.gap, g.newCatalog, g.old}
	for range 30 {
		steps = append(steps, kinds[g.rnd.IntN(len(kinds))], g.ask)
	}
	for _, do := range steps {
		if err := do(); err != nil || g.left == 0 {
			return err
		}
	}
	return nil
}

// write writes a line. Whoever plays it stops at the first that comes out otherwise, so lines stand by themselves.
func (g *generator) write(s step) error { return g.out.Encode(s) }

// held are questions with the answers of now.
func (g *generator) asked(n int) (s step, err error) {
	s = step{Step: "ask", Questions: g.questions(n)}
	for _, q := range s.Questions {
		a, agrees := g.answer(q)
		if !agrees {
			return s, fmt.Errorf("the plain evaluator disagrees about %+v", q)
		}
		s.Answers += string(a)
	}
	return s, nil
}

// ask asks. Before anything is held, nothing can be told.
func (g *generator) ask() error {
	s, err := g.asked(min(ask, g.left))
	g.left -= len(s.Questions)
	switch {
	case err != nil:
		return err
	case g.loaded == 0:
		s.Answers = string(bytes.Repeat([]byte("?"), len(s.Questions)))
	case g.loaded < 3:
		return g.askLess(s)
	}
	return g.write(s)
}

// askLess is ask while organizations are missing.
func (g *generator) askLess(s step) error {
	answers := []byte(s.Answers)
	for i, q := range s.Questions {
		for _, o := range g.orgs[g.loaded-1:] {
			if q.org == o.id {
				answers[i] = '?'
			}
		}
	}
	s.Answers = string(answers)
	return g.write(s)
}

// header is that of a document of now. Its time comes from the position: a clock would make every file another one.
func (g *generator) header(p *place) snapshot.Header {
	hash := g.catalog.Hash()
	h := snapshot.Header{
		Kind: snapshot.KindSite, Issuer: issuer, Revision: p.revision, SiteRevision: g.site.revision, Position: g.position,
		Catalog:  snapshot.HeaderCatalog{Version: g.catalog.Version(), Hash: hex.EncodeToString(hash[:])},
		IssuedAt: time.UnixMicro(1_764_412_800_000_000 + g.position).UTC(),
	}
	if p != g.site {
		h.Kind, h.Organization = snapshot.KindOrganization, snapshot.FormatID(p.id)
	}
	return h
}

// document is that of a place; without members it has roles alone.
func (g *generator) document(p *place, members bool, by snapshot.Signer, more ...snapshot.Section) ([]byte, error) {
	h := g.header(p)
	// The same functions make the roles of documents on the server: what they leave out would be missing there, too, and the
	// answers, which come from the engine, would tell.
	roles := snapshot.OrganizationRoles(g.catalog, p.roles)
	var sections []snapshot.Section
	if p == g.site {
		roles = snapshot.SiteRoles(g.catalog, p.roles)
		sections = append(sections, snapshot.CatalogSection(g.catalog.Document().Bytes()))
	}
	section, err := snapshot.RolesSection(roles)
	if err != nil {
		return nil, err
	}
	sections = append(sections, section)
	if members {
		list, err := g.members(p, roles, &h)
		if err != nil {
			return nil, err
		}
		sections = append(sections, list...)
	}
	var out bytes.Buffer
	err = snapshot.Write(&out, h, append(sections, more...), by)
	return out.Bytes(), err
}

// members are those of a place as its document has them: suspended people are left out, and on the site whoever holds
// nothing that counts there.
func (g *generator) members(p *place, roles []snapshot.Role, h *snapshot.Header) ([]snapshot.Section, error) {
	numbers := map[string]uint16{}
	for i, r := range roles {
		numbers[r.Name] = uint16(i)
	}
	b := snapshot.NewBuilder(len(g.people))
	for _, who := range g.people {
		s, listed := who.holds[p.id]
		if p == g.site {
			s = stay{roles: g.everywhere(who)}
			listed = len(s.roles) > 0
			for _, h := range s.roles {
				s.until = max(s.until, h.Until)
			}
		}
		if !listed || who.suspended {
			continue
		}
		var set []snapshot.Until
		for _, h := range s.roles {
			set = append(set, snapshot.Until{Role: numbers[h.Role], End: h.Until})
		}
		b.Add(who.id, b.Held(set, s.until))
		// The end of an id, so that now and then two people share a name and neither is found by it.
		if p != g.site {
			b.Alias(snapshot.AliasID(issuer, snapshot.AliasUsername, "user-"+snapshot.FormatID(who.id)[30:]))
		}
	}
	h.Counts.Roles = len(roles)
	h.Counts.Members, h.Counts.Sets = b.Counts()
	return b.Sections()
}

// load sends a document that must be taken.
func (g *generator) load(p *place, members bool) error {
	data, err := g.document(p, members, g.signer)
	if err != nil {
		return err
	}
	return g.write(step{Step: "load", Document: data, Expect: "ok"})
}

// loadSite sends the document of the site, which must come before any of an organization can be asked about.
func (g *generator) loadSite() error {
	g.loaded = max(g.loaded, 1)
	return g.load(g.site, true)
}

// loadOrganization sends that of one more organization, which counts as held from then on.
func (g *generator) loadOrganization(p *place) error {
	g.loaded++
	return g.load(p, true)
}
