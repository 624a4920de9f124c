package org_test

import (
	"testing"
	"time"

	"rolecall.example/org"
	"rolecall.example/org/directory"
)

// TestDirectoryReaders: the settings of a directory, its log and its rules are for those who may read or change them.
func TestDirectoryReaders(t *testing.T) {
	t.Parallel()
	s := newSite(t).directory(t, "o", "default")
	token := s.one("SELECT id FROM scim_tokens")
	name := "Okta"
	for what, do := range map[string]func(by *org.Actor) error{
		"read":  func(by *org.Actor) error { return drop(s.Directory.Directory(t.Context(), by, "default")) },
		"page":  func(by *org.Actor) error { return drop(s.Directory.Page(t.Context(), by, "default")) },
		"log":   func(by *org.Actor) error { return drop(s.Directory.Requests(t.Context(), by, "default")) },
		"rules": func(by *org.Actor) error { return drop(s.Directory.Rules(t.Context(), by, "default")) },
		"change": func(by *org.Actor) error {
			return drop(s.Directory.Update(t.Context(), by, "default", org.Given(org.DirectorySettings{Name: &name})))
		},
		"revoke": func(by *org.Actor) error { return s.Directory.RevokeToken(t.Context(), by, "default", token) },
	} {
		for by, want := range map[string]org.Kind{"m": org.Forbidden, "dealer": org.Forbidden, "x": org.NotFound, "pa": org.NotFound} {
			if err := do(s.as(t, by)); err == nil || org.KindOf(err) != want {
				t.Errorf("%s, %s: %v", what, by, err)
			}
		}
	}
	if err := s.Directory.RevokeToken(t.Context(), s.as(t, "pa"), "beta", token); org.KindOf(err) != org.NotFound {
		t.Errorf("a token of another organization: %v", err)
	}
	if got := s.one("SELECT name, (SELECT count(*) FROM scim_tokens) FROM scim_directories"); got != "Acme 1" {
		t.Errorf("the directory is %s", got)
	}
}

// TestDirectoryVersions: what began from another version is refused: settings, rules, people and groups.
func TestDirectoryVersions(t *testing.T) {
	t.Parallel()
	s := newSite(t).directory(t, "o", "default")
	ada := s.mustUser("ada@corp.example", "")
	eng, err := s.group("Eng", ada)
	if err != nil {
		t.Fatal(err)
	}
	old, slug, name := org.Versions{"77"}, "else", "Okta"
	stale := func(what string, err error) {
		t.Helper()
		if kind := org.KindOf(err); err == nil || kind != org.Conflict && kind != org.Stale {
			t.Errorf("%s: %v", what, err)
		}
	}
	stale("settings", drop(s.Directory.Update(t.Context(), s.as(t, "oa"), "default", org.Given(org.DirectorySettings{Name: &name, IfMatch: old}))))
	stale("rules", drop(s.Directory.SetRules(t.Context(), s.as(t, "oa"), "default", org.Given(org.NewDirectoryRules{IfMatch: old}))))
	stale("a person", s.Directory.DeleteUser(t.Context(), s.c, ada.ID.String(), old))
	stale("a group", s.Directory.DeleteGroup(t.Context(), s.c, eng.ID.String(), old))
	// Its slug stands in records, and stays.
	kind(t, drop(s.Directory.Update(t.Context(), s.as(t, "oa"), "default", org.Given(org.DirectorySettings{Slug: &slug}))), org.Invalid)
	if got := s.one("SELECT d.slug, d.name, (SELECT count(*) FROM scim_groups), (SELECT count(*) FROM scim_users) FROM scim_directories d"); got != "default Acme 1 1" {
		t.Errorf("there is %s", got)
	}
}

// TestDirectoryHolds: one that is held stays so until a person releases it; who has left gets nothing by a group, though a person has
// made them a member again; and a password that a change sets by its path is not in the log.
func TestDirectoryHolds(t *testing.T) {
	t.Parallel()
	s := newSite(t).directory(t, "o", "default")
	one, few := int64(1), int64(0)
	if _, err := s.Directory.Update(t.Context(), s.as(t, "oa"), "default", org.Given(org.DirectorySettings{FusePeople: &one, FusePercent: &few})); err != nil {
		t.Fatal(err)
	}
	ada, bob := s.mustUser("ada@corp.example", ""), s.mustUser("bob@corp.example", "")
	if err := s.patch(ada.ID, off); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "the second within an hour", s.patch(bob.ID, off), org.Unavailable, "")
	s.clock.advance(2 * time.Hour)
	wantKind(t, "later", s.patch(bob.ID, off), org.Unavailable, "")

	if err := s.rules("oa", org.DirectoryRule{Match: org.RuleByDisplayName, Value: "eng", Role: "viewer"}); err != nil {
		t.Fatal(err)
	}
	s.exec(t, "UPDATE users SET status = 'active' WHERE username = 'ada'")
	if _, err := s.AddMember(t.Context(), s.as(t, "o"), "default", "ada"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.group("Eng", ada, bob); err != nil {
		t.Fatal(err)
	}
	if got := s.held("ada@corp.example"); got != "organization-member manual" {
		t.Errorf("who has left holds %s", got)
	}
	if got := s.held("bob@corp.example"); got != "organization-member scim:default, viewer scim:default" {
		t.Errorf("who is there holds %s", got)
	}

	s.Directory.Note(t.Context(), s.c, directory.Request{Method: "PATCH", Path: "/Users/1", Status: 204,
		Body: []byte(`{"Operations":[{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:password","value":"hunter2"}]}`)})
	if err := s.Directory.WriteRequests(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := s.one("SELECT count(*) FROM scim_requests WHERE body LIKE '%hunter2%' OR body NOT LIKE '%replace%'"); n != "0" {
		t.Error("the log has a password, or not the rest")
	}
}
