package org_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/db/dbtest"
	"rolecall.example/org"
)

// keyedRequest is a request with an Idempotency-Key.
func keyedRequest(id, asks string) org.Request {
	return org.Request{Form: &org.Form{ID: "key " + id, Request: []byte(asks)}}
}

// TestRepeatedAfterDeath: a server that dies as soon as its change is committed, before it has answered, has told the others
// all that the answer takes. The same request, sent to another one, gets it and changes nothing.
func TestRepeatedAfterDeath(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	if err := drop(s.PutRole(ctx, s.as(t, "o"), org.In("default"), given(org.RoleInput{Name: "helper", Organization: perms("template:read")}))); err != nil {
		t.Fatal(err)
	}
	if err := drop(s.PutRole(ctx, s.as(t, "o"), org.In("default"), given(org.RoleInput{Name: "helper", DisplayName: "Helps"}))); err != nil {
		t.Fatal(err)
	}
	if err := drop(s.SetMemberRoles(ctx, s.as(t, "o"), "default", "viewer", roles())); err != nil {
		t.Fatal(err)
	}
	undone := s.lastEntry(t, "organization_member", "viewer")
	newcomer := org.NewUser{Username: "newcomer", Email: "newcomer@example.com", Password: password, OrganizationIDs: []uuid.UUID{home}}
	for name, change := range map[string]func(s *site, by *org.Actor) (any, error){
		"member": func(s *site, by *org.Actor) (any, error) { return s.AddMember(ctx, by, "Beta", "viewer") },
		"user":   func(s *site, by *org.Actor) (any, error) { return s.CreateUser(ctx, by, given(newcomer)) },
		"organization": func(s *site, by *org.Actor) (any, error) {
			return s.CreateOrganization(ctx, by, given(org.OrganizationInput{Name: "third"}))
		},
		"role": func(s *site, by *org.Actor) (any, error) {
			return s.PutRole(ctx, by, org.In("default"), given(org.RoleInput{Name: "fresh", Organization: perms("template:read", "!template:delete"), MustCreate: true}))
		},
		"restored role": func(s *site, by *org.Actor) (any, error) {
			return s.RestoreRole(ctx, by, org.In("default"), "helper", given(org.RestoreRole{Version: 1}))
		},
		"undo": func(s *site, by *org.Actor) (any, error) { return s.Undo(ctx, by, undone) },
		"bulk": func(s *site, by *org.Actor) (any, error) {
			return s.BulkMembers(ctx, by, "default", given(org.Bulk{Action: org.BulkAddRole, Role: "viewer", Users: []string{"m", "o", "curbed", "nobody"}}))
		},
		"additions": func(s *site, by *org.Actor) (any, error) {
			return s.AddMembers(ctx, by, "Beta", given(org.Additions{Users: []string{"m", "pm", "nobody"}}))
		},
	} {
		first, err := change(s, s.as(t, "o").WithRequest(keyedRequest(name, "it")))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		everything, entries := s.everything(t), s.entries(t)
		other := openSite(t, s.place)
		other.clock.advance(org.FormLife / 2)
		again, err := change(other, other.as(t, "o").WithRequest(keyedRequest(name, "it")))
		if diff := cmp.Diff(first, again); err != nil || diff != "" {
			t.Errorf("%s: error %v (-first +again)\n%s", name, err, diff)
		}
		_, err = change(other, other.as(t, "o").WithRequest(keyedRequest(name, "something else")))
		same(t, err, org.ErrReused)
		s.unchangedSince(t, name, everything, entries)
	}
	// What may hold a secret is not stored, and so not told again.
	token := func(s *site) error {
		return drop2(s.CreateToken(ctx, s.as(t, "o").WithRequest(keyedRequest("token", "it")), "me", given(org.TokenInput{Name: "ci"})))
	}
	if err := token(s); err != nil {
		t.Fatal(err)
	}
	same(t, token(openSite(t, s.place)), org.ErrSecretShown)
	if stored := s.text(t, "SELECT CAST(answer AS text) FROM sent_forms WHERE id = 'key token'"); !dbtest.OnServer() && stored != `{"secret":true}` {
		t.Errorf("of a token it stores %q", stored)
	}
	// Nor is it made up of what another version wrote in another form, or of nothing.
	for _, answer := range []any{[]byte(`{"out":{"Forename":"x"}}`), []byte(`{"status":201,"body":"{}"}`), []byte("{}"), nil} {
		s.exec(t, "UPDATE sent_forms SET answer = ? WHERE id = 'key organization'", answer)
		_, err := s.CreateOrganization(ctx, s.as(t, "o").WithRequest(keyedRequest("organization", "it")), given(org.OrganizationInput{Name: "third"}))
		same(t, err, org.ErrAnswerGone)
	}
}

// unchangedSince wants what was stored before, and no more entries.
func (s *site) unchangedSince(t *testing.T, name string, everything []string, entries int) {
	t.Helper()
	if diff := cmp.Diff(everything, s.everything(t)); diff != "" || s.entries(t) != entries {
		t.Errorf("%s: the repetition changed something, and left %d entries:\n%s", name, s.entries(t)-entries, diff)
	}
}

// TestAnswerIsStoredWithTheChange: if what the answer takes cannot be stored, the change is not made.
func TestAnswerIsStoredWithTheChange(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "a trigger of SQLite fails the statement")
	s := newSite(t)
	found := func() error {
		return drop(s.CreateOrganization(t.Context(), s.as(t, "o").WithRequest(keyedRequest("k", "it")), given(org.OrganizationInput{Name: "third"})))
	}
	s.exec(t, "CREATE TRIGGER breaks BEFORE INSERT ON sent_forms WHEN NEW.answer IS NOT NULL BEGIN SELECT RAISE(ABORT, 'the disk broke'); END")
	everything, entries := s.everything(t), s.entries(t)
	if err := found(); err == nil {
		t.Error("the change was made without what its answer takes")
	}
	s.unchangedSince(t, "failed", everything, entries)
	s.exec(t, "DROP TRIGGER breaks")
	if err := found(); err != nil {
		t.Error(err)
	}
}
