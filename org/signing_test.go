package org_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/org/services"
	"rolecall.example/org/signing"
)

// replicas are servers of one database, with one clock.
func replicas(t *testing.T, n int) (list []*services.Service, now *time.Time) {
	t.Helper()
	place := dbtest.Place(t)
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for range n {
		d, err := db.Open(t.Context(), place)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		list = append(list, services.New(d, services.Options{Now: func() time.Time { return at }}))
	}
	return list, &at
}

// TestSigningKeyIsMadeOnce: whoever is first, all servers sign with one key, and publish it.
func TestSigningKeyIsMadeOnce(t *testing.T) {
	t.Parallel()
	list, _ := replicas(t, 3)
	kids := make([]string, 12)
	var all sync.WaitGroup
	for i := range kids {
		all.Go(func() {
			kid, key, err := list[i%len(list)].Signing.Current(t.Context())
			if err != nil || kid != signing.Thumbprint(key.Public().(ed25519.PublicKey)) {
				t.Errorf("Current = %s, %v", kid, err)
			}
			kids[i] = kid
		})
	}
	all.Wait()
	for _, s := range list {
		keys, err := s.Signing.Public(t.Context())
		if err != nil || len(keys) != 1 || keys[0].ID != kids[0] || keys[0].State(s.Signing.Now()) != signing.Signing {
			t.Fatalf("Public = %+v, %v; Current gave %v", keys, err, kids)
		}
	}
	for _, kid := range kids {
		if kid != kids[0] {
			t.Errorf("two keys: %v", kids)
		}
	}
}

// TestSigningKeyRotates: the new key is published at once and signs after 10 minutes on every server, the old one is accepted
// for 24 hours more; the trail tells, and nobody but the operator may.
func TestSigningKeyRotates(t *testing.T) {
	t.Parallel()
	list, now := replicas(t, 2)
	ctx := t.Context()
	current := func(i int) string {
		kid, _, err := list[i].Signing.Current(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return kid
	}
	states := func() map[string]signing.State {
		found := map[string]signing.State{}
		for _, s := range list {
			keys, err := s.Signing.Public(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range keys {
				if state := k.State(s.Signing.Now()); found[k.ID] != "" && found[k.ID] != state {
					t.Errorf("servers say of %s that it is %s and %s", k.ID, found[k.ID], state)
				} else {
					found[k.ID] = state
				}
			}
		}
		return found
	}
	old := current(0)
	if current(1) != old {
		t.Fatal("two keys")
	}
	owner, _, err := list[0].CreateFirstUser(ctx, org.Request{}, org.Given(org.FirstUser{Email: "ada@example.com", Username: "ada", Password: "correct horse battery staple"}), nil)
	if err != nil {
		t.Fatal(err)
	}
	ada, err := list[0].UserSubject(ctx, owner.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := list[0].Signing.Rotate(ctx, ada); org.KindOf(err) != org.Forbidden {
		t.Errorf("an owner rotates: %v", err)
	}
	next, err := list[1].Signing.Rotate(ctx, list[1].Operator())
	if err != nil {
		t.Fatal(err)
	}
	if got := states(); got[old] != signing.Signing || got[next.ID] != signing.Announced || len(got) != 2 {
		t.Errorf("at once: %v", got)
	}
	*now = now.Add(signing.Notice - time.Second)
	if current(0) != old || current(1) != old {
		t.Error("it signs too early")
	}
	*now = now.Add(time.Second)
	if current(0) != next.ID || current(1) != next.ID {
		t.Error("it does not sign after its notice")
	}
	*now = now.Add(signing.Grace - time.Second)
	if got := states(); got[old] != signing.Accepted || got[next.ID] != signing.Signing {
		t.Errorf("within a day: %v", got)
	}
	*now = now.Add(2 * time.Second)
	if got := states(); len(got) != 1 || got[next.ID] != signing.Signing {
		t.Errorf("after a day: %v", got)
	}
	trail, err := list[0].Audit(ctx, ada, org.AuditFilter{Query: "resource_type:signing_key action:create"})
	if err != nil || len(trail.Entries) != 2 {
		t.Fatalf("the trail: %+v, %v", trail, err)
	}
	if e := trail.Entries[0]; e.Actor != "operator" || e.Diff["key"].Old != old || e.Diff["key"].New != next.ID || len(e.Diff) != 2 {
		t.Errorf("the entry: %+v", e)
	}
}

// TestSigningKeyFile: the first key of a file signs, all are published, and the database gets none.
func TestSigningKeyFile(t *testing.T) {
	t.Parallel()
	list, _ := replicas(t, 1)
	_, private, _ := ed25519.GenerateKey(nil)
	public, _, _ := ed25519.GenerateKey(nil)
	encode := func(kind string, der []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	first, err := x509.MarshalPKCS8PrivateKey(private)
	one := encode("PRIVATE KEY", first, err)
	second, err := x509.MarshalPKIXPublicKey(public)
	two := encode("PUBLIC KEY", second, err)
	file := filepath.Join(t.TempDir(), "keys.pem")
	read := func(text []byte) ([]signing.Key, error) {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return signing.ReadFile(file)
	}
	for name, bad := range map[string][]byte{"nothing": nil, "no private key first": two, "another kind": encode("RSA PRIVATE KEY", first, nil), "damaged": encode("PRIVATE KEY", first[1:], nil)} {
		if _, err := read(bad); err == nil {
			t.Errorf("%s is read", name)
		}
	}
	keys, err := read(append(one, two...))
	if err != nil {
		t.Fatal(err)
	}
	s := list[0].Signing
	s.UseFile(keys)
	kid, key, err := s.Current(t.Context())
	if err != nil || !key.Equal(private) || kid != signing.Thumbprint(private.Public().(ed25519.PublicKey)) {
		t.Errorf("Current = %s, %v", kid, err)
	}
	if all, err := s.Public(t.Context()); err != nil || len(all) != 2 || !all[1].Public.Equal(public) {
		t.Errorf("Public = %+v, %v", all, err)
	}
	if _, err := s.Rotate(t.Context(), list[0].Operator()); org.KindOf(err) != org.Conflict {
		t.Errorf("Rotate: %v", err)
	}
}
