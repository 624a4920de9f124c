package org_test

import (
	"context"
	"math"
	"sync"
	"testing"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/snapshots"
	"rolecall.example/rbac/snapshot"
)

// order is a document of now.
var order = snapshots.Order{Issuer: "https://rolecall.example", AtLeast: math.MaxInt64, Aliases: []string{"username"}}

// keyring is the keys that sign.
func (s *site) keyring(tb testing.TB) snapshot.KeySet {
	tb.Helper()
	keys, err := s.Signing.Public(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	set := snapshot.KeySet{}
	for _, k := range keys {
		set[k.ID] = k.Public
	}
	return set
}

func (s *site) read(tb testing.TB, f *snapshots.File, err error) *snapshot.Document {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	d, err := snapshot.Read(f, s.keyring(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func (s *site) siteDocument(tb testing.TB, as string) *snapshot.Document {
	tb.Helper()
	o := order
	o.Organizations = true
	f, err := s.Snapshots.Site(tb.Context(), s.as(tb, as), o)
	return s.read(tb, f, err)
}

func (s *site) organizationDocument(tb testing.TB, as string, ref string) *snapshot.Document {
	tb.Helper()
	f, err := s.Snapshots.Organization(tb.Context(), s.as(tb, as), ref, order)
	return s.read(tb, f, err)
}

// agrees compares what the documents decide with what the server decides, for everybody, every pair and both organizations.
func (s *site) agrees(t *testing.T, when string) {
	t.Helper()
	s.agreesWith(t, s.loaded(t), when)
}

// loaded is a state with the documents of now.
func (s *site) loaded(t *testing.T) *snapshot.State {
	t.Helper()
	state := snapshot.NewState(order.Issuer, s.clock.still)
	for _, d := range []*snapshot.Document{s.siteDocument(t, "o"), s.organizationDocument(t, "o", "default"), s.organizationDocument(t, "o", beta.String())} {
		if err := state.Load(d); err != nil {
			t.Fatal(err)
		}
	}
	return state
}

// agreesWith is agrees with documents that were made before.
func (s *site) agreesWith(t *testing.T, state *snapshot.State, when string) {
	t.Helper()
	by := s.as(t, "o")
	type key struct {
		user, org uuid.UUID
		pair      int
		own       bool
	}
	var asked []key
	var questions []org.SubjectCheck
	c := state.Catalog()
	for _, p := range people {
		for _, o := range []uuid.UUID{home, beta, uuid.Nil} {
			for n := range c.Document().Numbers {
				pair, _ := c.Numbered(n)
				for _, own := range []bool{false, true} {
					q := org.SubjectCheck{Subject: id(p.name).String(), AuthCheck: org.AuthCheck{Action: pair.Action, ResourceType: pair.ResourceType}}
					if o != uuid.Nil {
						q.OrganizationID = o.String()
					}
					if own {
						q.OwnerID = "me"
					}
					asked, questions = append(asked, key{id(p.name), o, n, own}), append(questions, q)
				}
			}
		}
	}
	answers, err := s.Decide(t.Context(), by, questions, true)
	if err != nil {
		t.Fatal(err)
	}
	told, yes := 0, 0
	for i, k := range asked {
		allowed, ok := state.Allowed(k.user, k.org, k.pair, k.own)
		if !ok && k.org != uuid.Nil {
			t.Fatalf("%s: %+v can not be told", when, questions[i])
		}
		if ok && allowed != answers[i].Allowed {
			t.Fatalf("%s: the document says %v and the server %v (%v): %+v", when, allowed, answers[i].Allowed, answers[i].Problem, questions[i])
		}
		if ok {
			told++
		}
		if allowed {
			yes++
		}
	}
	if told < len(asked)/2 || yes < 100 {
		t.Errorf("%s: %d of %d told, %d of them yes", when, told, len(asked), yes)
	}
}

// TestSnapshotDecides: docs/spec/snapshots.md: the documents decide like the server, for members and others, with roles of
// the site, denies, roles of other organizations, and suspended people; also after each change, and after changes of the
// catalog.
func TestSnapshotDecides(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.agrees(t, "at first")
	s.putRole(t, "payer", "template:read", "!workspace:delete", "*:update")
	give := func(organization uuid.UUID, user string, names ...string) {
		t.Helper()
		if _, err := s.SetMemberRoles(t.Context(), s.as(t, "o"), organization.String(), user, roles(names...)); err != nil {
			t.Fatal(err)
		}
	}
	give(home, "m", "payer")
	give(beta, "pm", "organization-admin")
	s.agrees(t, "with a role more")
	s.apply(t, nil)
	s.putRole(t, "clerk", "invoice:read", "invoice:delete", "!invoice:pay")
	give(home, "oau", "clerk")
	s.agrees(t, "with invoices")
	version := s.apply(t, renamed)
	s.agrees(t, "with invoices archived")
	if _, err := s.RollbackCatalog(t.Context(), s.as(t, "o"), org.CatalogRollback{Version: version - 1}); err != nil {
		t.Fatal(err)
	}
	s.agrees(t, "with invoices deleted again")
}

// TestSnapshotTells: who gets a document, and who is in it.
func TestSnapshotTells(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, who := range []string{"m", "x", "pa"} {
		_, err := s.Snapshots.Organization(t.Context(), s.as(t, who), "default", order)
		same(t, err, org.ErrNotFound())
		_, err = s.Snapshots.Organization(t.Context(), s.as(t, who), "no-such", order)
		same(t, err, org.ErrNotFound())
		if who != "pa" { // the admin of another organization
			_, err = s.Snapshots.Site(t.Context(), s.as(t, who), order)
			same(t, err, org.ErrNotFound())
		}
	}
	if _, err := s.Snapshots.Find(t.Context(), s.as(t, "pa"), []string{beta.String(), "default"}, false); err == nil {
		t.Error("one of two that may not be read is found")
	}
	for _, who := range []string{"oau", "oa", "dealer"} {
		listed := map[snapshot.ID]bool{}
		d := s.organizationDocument(t, who, "default")
		for m := range d.Members() {
			listed[m] = true
		}
		for _, p := range people {
			if want := p.home != nil && p.status != "suspended"; listed[id(p.name)] != want {
				t.Errorf("%s: %s is listed: %v", who, p.name, !want)
			}
		}
	}
	counts := map[string]int{}
	for _, who := range []string{"o", "oau"} {
		d := s.siteDocument(t, who)
		for m := range d.Members() {
			counts[who]++
			if _, err := s.User(t.Context(), s.as(t, who), uuid.UUID(m).String()); err != nil && who != "oau" {
				t.Errorf("%s reads of %x in the document: %v", who, m, err)
			}
		}
		counts[who+" organizations"] = len(d.Organizations)
	}
	if counts["o"] <= counts["oau"] || counts["oau"] == 0 {
		t.Errorf("listed on the site: %v", counts)
	}
	if counts["o organizations"] < 2 || counts["oau organizations"] != 1 {
		t.Errorf("organizations: %v", counts)
	}
}

// TestSnapshotIsMadeOnce: all who want a document at once get the same one; so does who comes within a minute, unless it has
// to know of a later change.
func TestSnapshotIsMadeOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	by := s.as(t, "o")
	late := order
	late.AtLeast = 0
	get := func(o snapshots.Order) (tag string, revision int64) {
		f, err := s.Snapshots.Organization(context.WithoutCancel(t.Context()), by, "default", o)
		if err != nil {
			t.Error(err)
			return "", 0
		}
		defer f.Close()
		return f.Tag, f.Revision
	}
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() { get(late) })
	}
	wait.Wait()
	if builds, bytes := s.Snapshots.Stats(); builds != 1 || bytes == 0 {
		t.Errorf("%d builds, %d bytes", builds, bytes)
	}
	tag, revision := get(late)
	s.putRole(t, "later", "template:read")
	if again, _ := get(late); again != tag {
		t.Error("a minute has not passed, and there is another document")
	}
	if now, at := get(order); now == tag || at <= revision {
		t.Error("a document that must be of now is not")
	}
	s.Snapshots.Keep(1)
	s.putRole(t, "latest", "template:read")
	if now, _ := get(order); now == tag {
		t.Error("nothing is kept, and the document is an old one")
	}
	if _, bytes := s.Snapshots.Stats(); bytes != 0 {
		t.Errorf("%d bytes are kept", bytes)
	}
	if err := s.Snapshots.Close(); err != nil {
		t.Error(err)
	}
}

// TestSnapshotCarries: whoever gives somebody a role that counts outside of its organization changes the document of the site.
func TestSnapshotCarries(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	listed := func() bool {
		for m := range s.siteDocument(t, "o").Members() {
			if m == id("pm") {
				return true
			}
		}
		return false
	}
	if listed() {
		t.Fatal("it holds nothing that counts")
	}
	if _, err := s.SetMemberRoles(t.Context(), s.as(t, "o"), beta.String(), "pm", roles("organization-admin")); err != nil {
		t.Fatal(err)
	}
	if !listed() {
		t.Error("it is an administrator, and not listed")
	}
	if _, err := s.SetMemberRoles(t.Context(), s.as(t, "o"), beta.String(), "pm", roles()); err != nil {
		t.Fatal(err)
	}
	if listed() {
		t.Error("it is none any more, and listed")
	}
}
