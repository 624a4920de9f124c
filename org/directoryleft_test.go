package org_test

import (
	"testing"

	"rolecall.example/org"
)

// TestDirectoryLeft: what a refused request has left of somebody keeps nobody out, and is never taken for somebody else.
func TestDirectoryLeft(t *testing.T) {
	t.Parallel()
	s := newSite(t).directory(t, "o", "default")
	refused := func(name string) {
		t.Helper()
		_, err := s.user(name, `,"externalId":"left","active":false,"emails":[{"value":"oa@example.com"}]`)
		wantKind(t, "the last organization-admin, who is gone", err, org.Forbidden, "")
	}
	refused("olga")
	// The directory names the same person otherwise.
	s.mustUser("olga.a", `,"emails":[{"value":"oa@example.com"}]`)
	if n := s.one("SELECT count(*) FROM scim_users WHERE organization_id = '" + home.String() + "'"); n != "1" {
		t.Errorf("%s people are in the directory", n)
	}
	s.exec(t, "DELETE FROM scim_users")
	refused("olga")
	// It gives the name to another person.
	s.mustUser("olga", `,"emails":[{"value":"bob@corp.example"}]`)
	if got := s.one("SELECT u.email FROM scim_users d JOIN users u ON u.id = d.user_id WHERE d.settled AND d.user_name_key = 'olga'"); got != "bob@corp.example" {
		t.Errorf("the name is that of %s", got)
	}
	if got := s.held("bob@corp.example"); got != "organization-member scim:default" {
		t.Errorf("the other person holds %s", got)
	}
}

// TestDirectoryTakes: who may not remove members makes no token by which a directory removes them.
func TestDirectoryTakes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.directory(t, "o", "default")
	for _, perms := range [][]string{nil, {"organization_member:delete"}} {
		for _, p := range perms {
			s.store(t, "dealer", "organization", p)
		}
		for _, p := range []string{"idpsync_settings:read", "idpsync_settings:update", "organization_member:create", "organization:read"} {
			if perms == nil {
				s.store(t, "dealer", "organization", p)
			}
		}
		_, err := s.Directory.CreateToken(t.Context(), s.as(t, "dealer"), "default", org.Given(org.NewDirectoryToken{}))
		if want := perms != nil; (err == nil) != want || err != nil && org.KindOf(err) != org.Forbidden {
			t.Errorf("with %v: %v", perms, err)
		}
		if d, err := s.Directory.Directory(t.Context(), s.as(t, "dealer"), "default"); err != nil || d.CanMint != (perms != nil) {
			t.Errorf("with %v the page offers a token: %v, %v", perms, d.CanMint, err)
		}
	}
}
