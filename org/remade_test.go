package org_test

import (
	"testing"

	"github.com/google/uuid"

	"rolecall.example/db/dbtest"
	"rolecall.example/org"
)

// remake deletes a role of "default", and makes another one of its name.
func (s *site) remake(t *testing.T, name string) {
	t.Helper()
	if _, err := s.DeleteRole(t.Context(), s.as(t, "o"), org.In("default"), name, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutRole(t.Context(), s.as(t, "o"), org.In("default"), role(name, "template:read")); err != nil {
		t.Fatal(err)
	}
}

// TestUndoOfRemadeRole: an undo gives and takes the role that its entry tells of, and none that was made anew under its name (T19).
func TestUndoOfRemadeRole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	do := func(err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s.lastEntry(t, "organization_member", "m")
	}
	set := func(names ...string) string {
		t.Helper()
		return do(drop(s.SetMemberRoles(t.Context(), s.as(t, "o"), "default", "m", roles(names...))))
	}
	set("viewer", "dealer")
	taken := set("dealer")
	gave := set("curb", "dealer")
	s.remake(t, "viewer")
	if _, err := s.Undo(t.Context(), s.as(t, "o"), gave); err != nil {
		t.Errorf("of another role: %v", err)
	}
	kind(t, drop(s.Undo(t.Context(), s.as(t, "o"), taken)), org.Conflict)
	gave = set("dealer", "viewer")
	s.remake(t, "viewer")
	set("dealer", "viewer")
	kind(t, drop(s.Undo(t.Context(), s.as(t, "o"), gave)), org.Conflict)
	removed := do(drop(s.RemoveMember(t.Context(), s.as(t, "o"), "default", "m", nil)))
	s.remake(t, "dealer")
	kind(t, drop(s.Undo(t.Context(), s.as(t, "o"), removed)), org.Conflict)
	kind(t, drop(s.UndoBatch(t.Context(), s.as(t, "o"), removed)), org.Conflict)
	if s.isMember(t, home, "m") {
		t.Error("m is a member again")
	}
	// Roles of the site likewise.
	if err := drop(s.SetUserRoles(t.Context(), s.as(t, "o"), "reader", roles())); err != nil {
		t.Fatal(err)
	}
	entry := s.lastEntry(t, "user", "reader")
	if _, err := s.DeleteRole(t.Context(), s.as(t, "o"), org.Site, "site-reader", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutRole(t.Context(), s.as(t, "o"), org.Site, roleBody(org.RoleInput{Name: "site-reader", Site: perms("template:delete")})); err != nil {
		t.Fatal(err)
	}
	kind(t, drop(s.Undo(t.Context(), s.as(t, "o"), entry)), org.Conflict)
}

// TestRemadeRoleIsRuled: rules give whatever has the name that they have, so whoever makes a role of that name must be able to make
// the rules; the undo of a deletion is no other way.
func TestRemadeRoleIsRuled(t *testing.T) {
	t.Parallel()
	for what, rule := range map[string]func(s *site){
		"a directory": func(s *site) {
			if err := s.directory(t, "o", "default").rules("o", org.DirectoryRule{Match: org.RuleByDisplayName, Value: "eng", Role: "viewer"}); err != nil {
				t.Fatal(err)
			}
		},
		"a provider": func(s *site) { (&synced{site: s}).rules(t, org.SyncRoles, home, "groups", eng) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			rule(s)
			put := func(by, name string, list ...string) error {
				return drop(s.PutRole(t.Context(), s.as(t, by), org.In("default"), role(name, list...)))
			}
			if err := put("maker", "viewer", "template:read"); err != nil {
				t.Errorf("a role that is there: %v", err)
			}
			if _, err := s.DeleteRole(t.Context(), s.as(t, "maker"), org.In("default"), "viewer", nil); err != nil {
				t.Fatal(err)
			}
			deleted := s.text(t, "SELECT id FROM audit_logs WHERE resource_type = 'custom_role' AND action = 'delete'")
			kind(t, put("maker", "viewer", "template:read"), org.Forbidden)
			kind(t, drop(s.Undo(t.Context(), s.as(t, "maker"), deleted)), org.Forbidden)
			kind(t, put("oa", "viewer", "!template:read"), org.Forbidden) // by rules, denies are the owners' alone
			if err := put("maker", "another", "template:read"); err != nil {
				t.Errorf("under another name: %v", err)
			}
			if err := put("oa", "viewer", "template:read"); err != nil {
				t.Errorf("by who may give it: %v", err)
			}
		})
	}
	s := newSite(t)
	(&synced{site: s}).rules(t, org.SyncSiteRoles, uuid.Nil, "groups", map[string][]string{"eng": {"lost"}})
	if _, err := s.PutRole(t.Context(), s.as(t, "o"), org.Site, roleBody(org.RoleInput{Name: "lost", Site: perms("template:read")})); err != nil {
		t.Errorf("of the site: %v", err)
	}
}

// TestInvitationOfRemadeRole: an invitation gives the roles that it was made for, and none that has the name of one of them since.
func TestInvitationOfRemadeRole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	made := s.invite(t, "oa", "new@example.com", "viewer", "organization-auditor")
	s.remake(t, "viewer")
	if got := s.accepts(t, made.Secret, "new"); got != org.Conflict {
		t.Errorf("accepted: kind %d", got)
	}
	if _, err := s.Invite.Resend(t.Context(), s.as(t, "oa"), "default", made.ID.String(), false); org.KindOf(err) != org.Conflict || err == nil {
		t.Errorf("sent again: %v", err)
	}
	if got := s.accepts(t, s.invite(t, "oa", "other@example.com", "viewer").Secret, "other"); got != took {
		t.Errorf("one that was made since: kind %d", got)
	}
}

// TestUndoOfOldEntry: an entry of before there were records has the names of the roles alone, and is taken back by them.
func TestUndoOfOldEntry(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	dbtest.Unguard(t, s.place, "audit_logs")
	for _, names := range [][]string{{"viewer"}, {"viewer", "dealer"}, {}} {
		if err := drop(s.SetMemberRoles(t.Context(), s.as(t, "o"), "default", "m", roles(names...))); err != nil {
			t.Fatal(err)
		}
	}
	entry := s.lastEntry(t, "organization_member", "m")
	s.exec(t, `UPDATE audit_logs SET changes = '{"roles":{"old":["dealer","viewer"],"new":[]}}' WHERE id = ?`, entry)
	if err := drop(s.Undo(t.Context(), s.as(t, "o"), entry)); err != nil || s.memberRoles(t, home, "m") != "dealer viewer" {
		t.Errorf("m holds %q, %v", s.memberRoles(t, home, "m"), err)
	}
}
