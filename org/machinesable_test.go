package org_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/scim"
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

// TestDirectoryKeepsAnAdminForGood: the last admin for good does not become one until some day because a directory takes its part, also
// where somebody else can manage the organization; and a role that another group gives as well is held by that one from then on.
func TestDirectoryKeepsAnAdminForGood(t *testing.T) {
	t.Parallel()
	s := stewardSite(t).directory(t, "o", "default")
	if err := s.rules("o", org.DirectoryRule{Match: org.RuleByDisplayName, Value: "admins", Role: "organization-admin"},
		org.DirectoryRule{Match: org.RuleByDisplayName, Value: "more", Role: "organization-admin"}); err != nil {
		t.Fatal(err)
	}
	m := s.mustUser("m@example.com", "")
	list := map[string]scim.Resource{}
	for _, name := range []string{"admins", "more"} {
		g, err := s.group(name, m)
		if err != nil {
			t.Fatal(err)
		}
		list[name] = g
	}
	by := func() string {
		return s.one("SELECT source_ref FROM member_roles WHERE role = 'organization-admin' AND source = 'scim:default'")
	}
	leave := `{"op":"remove","path":"members[value eq \"` + m.ID.String() + `\"]"}`
	if first := by(); first != list["admins"].ID.String() {
		t.Errorf("given by %s", first)
	}
	if err := s.patchGroup(list["admins"].ID, leave); err != nil || by() != list["more"].ID.String() {
		t.Errorf("given by %s, %v", by(), err)
	}
	s.record(t, home, "m", "organization-admin", org.SourceManual, s.clock.still().Add(org.Day))
	wantKind(t, "until tomorrow alone", s.patchGroup(list["more"].ID, leave), org.Forbidden, "")
	s.give(t, home, "viewer", "organization-admin")
	if err := s.patchGroup(list["more"].ID, leave); err != nil {
		t.Errorf("beside another one: %v", err)
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
	// Foreseen too, though the site is as it was.
	f, err := s.Sync.Test(t.Context(), s.Operator(), org.SyncPlace{Kind: org.SyncOrganizations}, org.Given(org.SyncTest{Provider: &s.p, Claims: groups("own", "else"), User: "m"}))
	if err != nil {
		t.Fatal(err)
	}
	s.mustSignIn(t, "m", groups("own", "else"), predicted(f)...)
	s.mustSignIn(t, "m", groups("own", "else"), "home dealer<-roles:else", "site owner<-site-roles:own")
	// Where nothing but the deny is held back, it is told of as well.
	s.exec(t, "DELETE FROM user_roles WHERE source = 'oidc:okta'")
	s.give(t, home, "viewer", "viewer")
	s.mustSignIn(t, "viewer", groups("locked"))
	if n := s.number(t, "SELECT count(*) FROM audit_logs WHERE status_code = 409"); n != 2 {
		t.Errorf("the trail tells of it %d times", n)
	}
}

// TestSyncTakesAnOwner: an owner by a provider is one no more once no rule gives that, if another owner stays; and everybody who
// signs in is a member of the default organization where rules say so.
func TestSyncTakesAnOwner(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	s.known(t, "m", "x")
	s.rules(t, org.SyncSiteRoles, uuid.Nil, "groups", map[string][]string{"own": {"owner", "auditor"}})
	s.mustSignIn(t, "m", groups("own"), "site auditor<-site-roles:own", "site owner<-site-roles:own")
	s.mustSignIn(t, "m", groups())
	s.rules(t, org.SyncOrganizations, uuid.Nil, "groups", map[string][]string{"b": {beta.String()}})
	s.exec(t, "UPDATE sync_rules SET assign_default = true WHERE kind = 'organization'")
	s.mustSignIn(t, "x", groups("b"), "beta organization-member<-organization:b", "home organization-member<-organization:")
	s.mustSignIn(t, "x", groups(), "home organization-member<-organization:")
	// The membership that an account was made with stays while no rule is about memberships.
	s.exec(t, "DELETE FROM sync_rules WHERE kind = 'organization'")
	s.record(t, home, "m", "organization-member", "oidc:okta", time.Time{})
	s.mustSignIn(t, "m", groups(), "home organization-member<-")
	s.rules(t, org.SyncOrganizations, uuid.Nil, "groups", nil)
	s.mustSignIn(t, "m", groups())
	// The last owner gets no end.
	s.mustSignIn(t, "m", groups("own"), "site auditor<-site-roles:own", "site owner<-site-roles:own")
	s.exec(t, "DELETE FROM user_roles WHERE role = 'owner' AND source <> 'oidc:okta'")
	s.p.SyncLifetime = org.Day
	s.mustSignIn(t, "m", groups("own"), "site auditor<-site-roles:own", "site owner<-site-roles:own")
	if n := s.number(t, "SELECT count(*) FROM user_roles WHERE source = 'oidc:okta' AND role = 'owner' AND ends_at IS NULL"); n != 1 {
		t.Error("the last owner got an end")
	}
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
