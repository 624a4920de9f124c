package org_test

import (
	"testing"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// Who acts for nobody, or for somebody who is not there, leaves an organization someone who can manage it as well (R3).

// TestDirectoryDeniesNoLastManager: a group that gives a role which denies is refused where it would leave no one able, and an admin
// until some day is no reason to refuse anything else.
func TestDirectoryDeniesNoLastManager(t *testing.T) {
	t.Parallel()
	s := stewardSite(t).directory(t, "o", "default")
	if err := s.rules("o", org.DirectoryRule{Match: org.RuleByDisplayName, Value: "locked", Role: "lock"},
		org.DirectoryRule{Match: org.RuleByDisplayName, Value: "plain", Role: "viewer"}); err != nil {
		t.Fatal(err)
	}
	st := s.mustUser("st@example.com", "")
	_, err := s.group("locked", st)
	wantKind(t, "the last who can manage it", err, org.Forbidden, "")
	if got := s.able(t, home); len(got) != 1 || got[0] != "st" {
		t.Errorf("able are %v", got)
	}
	if _, err := s.group("locked", s.mustUser("m@example.com", "")); err != nil {
		t.Errorf("another one: %v", err)
	}
	s.record(t, home, "m", "organization-admin", org.SourceManual, s.clock.still().Add(org.Day))
	if _, err := s.group("plain", s.mustUser("m2@example.com", ""), st); err != nil {
		t.Errorf("a role that denies nothing: %v", err)
	}
	s.exec(t, "DELETE FROM member_roles WHERE role = 'lock'")
	m := s.one("SELECT u.id FROM scim_users u JOIN users a ON a.id = u.user_id WHERE a.username = 'm'")
	if err := s.patchGroup(uuid.MustParse(s.one("SELECT id FROM scim_groups WHERE display_name = 'plain'")), `{"op":"add","path":"members","value":[{"value":"`+m+`"}]}`); err != nil {
		t.Errorf("to one who is an admin until tomorrow: %v", err)
	}
}

// TestInvitationDeniesNoLastManager: by the time that it is accepted, an invitation may deny something to the last who can manage the
// organization. Then it is not given, unless a site owner made it.
func TestInvitationDeniesNoLastManager(t *testing.T) {
	t.Parallel()
	for by, want := range map[string]string{"robot": "steward", "o": "lock steward"} {
		s := stewardSite(t, person{name: "late"})
		i := s.invite(t, by, "late@example.com", "lock")
		s.exec(t, "DELETE FROM member_roles WHERE role = 'steward'")
		s.join(t, home, "late")
		s.give(t, home, "late", "steward")
		if _, _, err := s.Invite.Accept(t.Context(), s.as(t, "late"), i.Secret); err != nil {
			t.Fatal(err)
		}
		if got := s.memberRoles(t, home, "late"); got != want {
			t.Errorf("made by %s: holds %q", by, got)
		}
		if left := s.number(t, "SELECT count(*) FROM invitation_grants WHERE applied_at IS NULL"); left != 0 {
			t.Errorf("made by %s: %d are tried again", by, left)
		}
	}
}

// TestSyncKeepsSomeoneAble: a provider does not take the last one who is able to manage an organization, by whatever role, now or for
// good, and not by a role that denies. A site owner is no such person, also one who becomes that with the same sign-in.
func TestSyncKeepsSomeoneAble(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	s.known(t, "m", "viewer")
	for _, p := range toManage {
		s.store(t, "viewer", "organization", p)
	}
	s.exec(t, "INSERT INTO roles VALUES (?, ?, 'lock', '', 2, ?, ?, '', 1, '')", id("role lock").String(), home.String(), start, start)
	s.store(t, "lock", "organization", "!organization:read")
	s.rules(t, org.SyncRoles, home, "groups", map[string][]string{"lead": {"viewer"}, "locked": {"lock"}, "else": {"dealer"}})
	s.rules(t, org.SyncSiteRoles, uuid.Nil, "groups", map[string][]string{"own": {"owner"}})
	s.mustSignIn(t, "m", groups("lead"), "home viewer<-roles:lead")
	s.mustSignIn(t, "m", groups(), []string(nil)...) // others can
	s.mustSignIn(t, "m", groups("lead"), "home viewer<-roles:lead")
	for _, name := range []string{"oa", "viewer"} {
		s.exec(t, "DELETE FROM member_roles WHERE user_id = ? AND role <> 'organization-member'", id(name).String())
	}
	s.mustSignIn(t, "m", groups(), "home viewer<-roles:lead")
	s.mustSignIn(t, "m", groups("lead", "locked"), "home viewer<-roles:lead")
	s.mustSignIn(t, "m", groups("else"), "home viewer<-roles:lead") // no single role stands for it
	if n := s.number(t, "SELECT count(*) FROM audit_logs WHERE status_code = 409"); n != 1 {
		t.Errorf("the trail tells of it %d times", n)
	}
	s.p.SyncLifetime = org.Day
	s.mustSignIn(t, "m", groups("lead"), "home viewer<-roles:lead")
	if n := s.number(t, "SELECT count(*) FROM member_roles WHERE source = 'oidc:okta' AND ends_at IS NOT NULL"); n != 0 {
		t.Error("what must stay for good got an end")
	}
	s.p.SyncLifetime = 0
	s.mustSignIn(t, "m", groups("own", "else"), "home dealer<-roles:else", "site owner<-site-roles:own")
}

// TestDirectoryRenamesNoOthers: once an account that a directory made is in another organization too, the directory does not decide
// who signs in to it: its address stays, and no external id links a sign-in. People may change the address then.
func TestDirectoryRenamesNoOthers(t *testing.T) {
	t.Parallel()
	y := newSynced(t)
	s := y.directory(t, "o", "default")
	y.p.LinkByExternalID = "oid"
	ada := s.mustUser("ada@corp.example", `,"externalId":"e1"`)
	send := func(address string) string {
		t.Helper()
		d := s.document(`{"userName":"ada","externalId":"e1","emails":[{"value":"` + address + `"}],"name":{"givenName":"Ada"}}`)
		if _, err := s.Directory.ReplaceUser(t.Context(), s.c, ada.ID.String(), nil, d); err != nil {
			t.Fatal(err)
		}
		return s.one("SELECT email FROM users WHERE username = 'ada'")
	}
	write := func(address string) error {
		return drop(s.UpdateProfile(t.Context(), s.as(t, "o"), "ada", given(org.Profile{Name: "Ada", Email: &address})))
	}
	if got := send("ada@new.example"); got != "ada@new.example" {
		t.Errorf("alone there: %s", got)
	}
	kind(t, write("ada@hand.example"), org.Invalid)
	if _, err := s.AddMember(t.Context(), s.as(t, "o"), "beta", "ada"); err != nil {
		t.Fatal(err)
	}
	if got := send("mallory@new.example"); got != "ada@new.example" {
		t.Errorf("in another organization: %s", got)
	}
	kind(t, y.signIn(t, "mallory", claimsOf{"oid": "e1"}), org.Forbidden)
	if err := write("ada@hand.example"); err != nil {
		t.Errorf("by hand: %v", err)
	}
	if err := drop(s.RemoveMember(t.Context(), s.as(t, "o"), "beta", "ada", nil)); err != nil {
		t.Fatal(err)
	}
	if err := y.signIn(t, "ada", claimsOf{"oid": "e1"}); err != nil {
		t.Errorf("alone there again: %v", err)
	}
}
