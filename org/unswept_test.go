package org_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/org/services"
)

// With passwords for owners alone, who was an owner until now signs in with none any more, and keeps another way in.
func TestOwnerNoMoreHasNoPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.withPasswords(t, "m", "o")
	clock := &stopped{}
	clock.set(start.AddDate(0, 0, 1))
	server := service{services.New(dbtest.Reopen(t, s.place), services.Options{
		Now: clock.now, HashCost: cheapHash, Passwords: org.PasswordsForOwners, Providers: []string{"okta"},
	})}
	end := clock.now().Add(time.Hour)
	s.record(t, uuid.Nil, "m", "owner", org.SourceManual, end)
	s.record(t, uuid.Nil, "o", "owner", "oidc:okta", time.Time{}) // by two records, and one owner
	s.exec(t, "INSERT INTO user_identities (issuer, subject, user_id, provider, email, claims, created_at) VALUES ('https://id.example', 'm', ?, 'okta', '', '{}', ?)", id("m").String(), start)
	signIn := func() error {
		return drop(server.LoginToken(t.Context(), org.Request{}, "m@example.com", password, ""))
	}
	if err := signIn(); err != nil {
		t.Errorf("before the end: %v", err)
	}
	if n, err := server.SignIn.OwnersWithPassword(t.Context()); n != 1 || err != nil {
		t.Errorf("%d owners for good with a password, %v", n, err)
	}
	clock.set(end)
	if err := signIn(); org.KindOf(err) != org.Forbidden {
		t.Errorf("at the end: %v", err)
	}
	m, err := server.UserSubject(t.Context(), id("m"))
	if err != nil {
		t.Fatal(err)
	}
	if err := server.SignIn.Unlink(t.Context(), m, "okta"); org.KindOf(err) != org.Invalid {
		t.Errorf("the last way in went: %v", err)
	}
}

// Whose membership has ended is not able to manage the organization, whatever it holds on the site.
func TestFormerMemberManagesNothing(t *testing.T) {
	t.Parallel()
	for _, held := range [][]string{{"steward"}, {}} {
		s := stewardSite(t, person{name: "former", home: held, site: []string{"keeper"}})
		servers, clock := s.servers(t, 1)
		end := clock.now().Add(time.Hour)
		s.record(t, home, "former", "organization-member", org.SourceManual, end)
		robot, err := servers[0].UserSubject(t.Context(), id("robot"))
		if err != nil {
			t.Fatal(err)
		}
		preview := func() error { return drop(servers[0].PreviewRemoval(t.Context(), robot, "default", "st", nil)) }
		same(t, preview(), noManagerForGood("Acme"))
		clock.set(end)
		same(t, preview(), noManager("Acme"))
	}
}

// A bulk action is about who is a member at the moment, and gives a role anew that has ended.
func TestBulkAfterTheEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	servers, clock := s.servers(t, 1)
	end := clock.now().Add(time.Hour)
	s.record(t, home, "m", "viewer", org.SourceManual, end)
	s.record(t, home, "dealer", "organization-member", org.SourceManual, end)
	byRole := func() (n int) {
		t.Helper()
		r, _, err := servers[0].PreviewBulk(t.Context(), s.as(t, "o"), "default", given(org.Bulk{
			Action: org.BulkRemoveRole, Role: "viewer", Match: &org.MemberFilter{Roles: []string{"viewer"}},
		}))
		if err != nil {
			t.Fatal(err)
		}
		return len(r.Done) + len(r.Unchanged) + len(r.Refused)
	}
	held := byRole()
	clock.set(end)
	if now := byRole(); now != held-1 {
		t.Errorf("%d match by a role, and %d once that of one has ended", held, now)
	}
	r, err := servers[0].BulkMembers(t.Context(), s.as(t, "o"), "default", given(org.Bulk{
		Action: org.BulkAddRole, Role: "viewer", Match: &org.MemberFilter{Statuses: []org.Status{org.StatusActive}},
	}))
	if err != nil {
		t.Fatal(err)
	}
	var done []string
	for _, m := range r.Done {
		done = append(done, m.Username)
	}
	if !slices.Contains(done, "m") || slices.Contains(done, "dealer") {
		t.Errorf("given to %v", done)
	}
	if m, err := servers[0].Member(t.Context(), s.as(t, "o"), "default", "m"); err != nil || len(m.Roles) != 1 {
		t.Errorf("m holds %v, %v", m.Roles, err)
	}
}

// Ending the last record of a membership is a removal: the trail says so, and it can be undone.
func TestEndedMembershipIsARemoval(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.give(t, home, "m", "viewer")
	o := s.as(t, "o")
	if _, err := s.EndMemberRole(t.Context(), o, "default", "m", "organization-member", nil); err != nil {
		t.Fatal(err)
	}
	const last = "SELECT %s FROM audit_logs ORDER BY seq DESC LIMIT 1"
	if action := s.text(t, strings.Replace(last, "%s", "action", 1)); action != "delete" {
		t.Errorf("the entry says %s", action)
	}
	if _, err := s.Undo(t.Context(), o, s.text(t, strings.Replace(last, "%s", "id", 1))); err != nil || s.memberRoles(t, home, "m") != "viewer" {
		t.Errorf("holds %q again, %v", s.memberRoles(t, home, "m"), err)
	}
}

// A scope that can't be swept does not keep others from it, and is told of.
func TestSweepGoesOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	servers, clock := s.servers(t, 1)
	end := clock.now().Add(time.Hour)
	s.record(t, home, "m", "viewer", org.SourceManual, end)
	s.exec(t, "INSERT INTO revisions (organization_id, value, roles, audit_seq, audit_hash, catalog, next_end) VALUES (?, 1, 1, 0, ?, 1, ?)", id("nowhere").String(), []byte{}, end.Add(-time.Minute))
	clock.set(end)
	if n, err := servers[0].SweepEnded(t.Context()); n != 1 || err == nil {
		t.Errorf("%d swept, %v", n, err)
	}
}
