package org_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/services"
)

// synced is a site with the rules of a sign-in provider.
type synced struct {
	*site
	p org.Provider
}

type claimsOf = map[string]any

func newSynced(t *testing.T) *synced {
	t.Helper()
	s := newSite(t)
	s.service = service{services.New(s.db, services.Options{Now: s.clock.now, HashCost: cheapHash, Providers: []string{"okta"}})}
	return &synced{s, org.Provider{
		ID: "okta", Name: "Okta", Issuer: "https://okta.test", UsernameClaim: "preferred_username", EmailClaim: "email", NameClaim: "name",
		FusePeople: org.DefaultFusePeople, FusePercent: org.DefaultFusePercent,
	}}
}

// rules stores a rule set past all rules.
func (s *synced) rules(t *testing.T, kind org.SyncKind, place uuid.UUID, field string, mapping map[string][]string) {
	t.Helper()
	text, err := json.Marshal(mapping)
	if err != nil {
		t.Fatal(err)
	}
	var in any
	if kind == org.SyncRoles {
		in = place.String()
		s.exec(t, "DELETE FROM sync_rules WHERE organization_id = ?", in)
	} else {
		s.exec(t, "DELETE FROM sync_rules WHERE kind = ?", string(kind))
	}
	s.exec(t, "INSERT INTO sync_rules (id, provider, kind, organization_id, field, mapping, assign_default, version, updated_at) VALUES (?, 'okta', ?, ?, ?, ?, ?, 1, ?)",
		uuid.NewString(), string(kind), in, field, string(text), false, start)
}

// known links accounts to the provider.
func (s *synced) known(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		s.exec(t, "INSERT INTO user_identities (issuer, subject, provider, user_id, email, created_at, claims) VALUES (?, ?, 'okta', ?, '', ?, '{}')",
			s.p.Issuer, name, id(name).String(), start)
	}
}

func (s *synced) signIn(t *testing.T, name string, claims claimsOf) error {
	t.Helper()
	_, err := s.SignIn.SignIn(t.Context(), org.Request{IP: "192.0.2.1"}, &s.p, org.Proof{Issuer: s.p.Issuer, Subject: name, Claims: claims}, nil)
	return err
}

// mustSignIn also wants that the records of the provider are these: place role<-ref.
func (s *synced) mustSignIn(t *testing.T, name string, claims claimsOf, want ...string) {
	t.Helper()
	if err := s.signIn(t, name, claims); err != nil {
		t.Fatalf("%s signs in: %v", name, err)
	}
	if diff := cmp.Diff(want, s.given(t, name)); diff != "" {
		t.Errorf("%s, with %v: (-want +got)\n%s", name, claims, diff)
	}
}

// given is what the provider gives somebody, as it is stored.
func (s *synced) given(t *testing.T, name string) (list []string) {
	t.Helper()
	for _, q := range []string{
		"SELECT CASE organization_id WHEN '" + home.String() + "' THEN 'home ' ELSE 'beta ' END || role || '<-' || source_ref FROM member_roles",
		"SELECT 'site ' || role || '<-' || source_ref FROM user_roles",
	} {
		for _, row := range s.dump(t, q+" WHERE source = 'oidc:okta' AND user_id = '"+id(name).String()+"' ORDER BY 1") {
			list = append(list, strings.Trim(row, "[]"))
		}
	}
	return list
}

func groups(list ...string) claimsOf {
	values := []any{}
	for _, v := range list {
		values = append(values, v)
	}
	return claimsOf{"groups": values}
}

var eng = map[string][]string{"eng": {"viewer"}, "glob:ops-*": {"organization-auditor", "gone"}}

// TestSyncAtSignIn: what rules give is held once the session begins, what they give no more is not, and other sources stay.
func TestSyncAtSignIn(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	s.known(t, "m")
	s.rules(t, org.SyncRoles, home, "groups", eng)
	s.mustSignIn(t, "m", groups("eng", "else"), "home viewer<-roles:eng")
	s.mustSignIn(t, "m", groups("ops-7", "eng"), "home organization-auditor<-roles:ops-7", "home viewer<-roles:eng")
	revision, rows := s.revision(t), s.number(t, "SELECT count(*) FROM audit_logs WHERE action <> 'login'")
	s.mustSignIn(t, "m", groups("ops-7", "eng"), "home organization-auditor<-roles:ops-7", "home viewer<-roles:eng")
	if s.revision(t) != revision || s.number(t, "SELECT count(*) FROM audit_logs WHERE action <> 'login'") != rows {
		t.Error("a sign-in that changes nothing writes")
	}
	// A claim that says nothing changes nothing.
	for _, silent := range []claimsOf{
		{}, {"groups": nil}, {"groups": []any{map[string]any{}}}, {"hasgroups": true}, {"_claim_names": map[string]any{"groups": "src1"}},
		{"groups": []any{}, "_claim_names": map[string]any{"groups": "src1"}},
	} {
		s.mustSignIn(t, "m", silent, "home organization-auditor<-roles:ops-7", "home viewer<-roles:eng")
	}
	s.give(t, home, "m", "viewer") // by hand too
	s.mustSignIn(t, "m", groups())
	if got := s.memberRoles(t, home, "m"); got != "viewer" {
		t.Errorf("beside the provider: %q", got)
	}
	if n := s.number(t, "SELECT count(*) FROM audit_logs WHERE resource_type = 'organization_member' AND (actor_id IS NOT NULL OR actor <> 'oidc:okta')"); n != 0 {
		t.Errorf("%d rows of the trail say that somebody else did it", n)
	}
}

// TestSyncOfMembers: roles are for members, by whatever source they are one, and all roles go with the membership.
func TestSyncOfMembers(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	s.known(t, "m", "x", "pm", "Sue")
	s.rules(t, org.SyncRoles, home, "groups", eng)
	s.mustSignIn(t, "x", groups("eng"))
	s.rules(t, org.SyncOrganizations, uuid.Nil, "orgs", map[string][]string{"b": {beta.String()}, "h": {home.String(), uuid.NewString()}})
	s.mustSignIn(t, "x", claimsOf{"groups": "eng", "orgs": "h"}, "home organization-member<-organization:h", "home viewer<-roles:eng")
	s.give(t, home, "x", "dealer")
	s.mustSignIn(t, "x", claimsOf{"groups": "eng", "orgs": map[string]any{"b": true}}, "beta organization-member<-organization:b")
	if got := s.memberRoles(t, home, "x"); got != "" || s.isMember(t, home, "x") {
		t.Errorf("out of the organization it keeps %q", got)
	}
	s.mustSignIn(t, "pm", claimsOf{"orgs": []any{}, "groups": "eng"}) // a member by hand
	if !s.isMember(t, beta, "pm") {
		t.Error("a membership by hand ended")
	}
	// The suspended stay as they are.
	if err := s.signIn(t, "Sue", groups("eng")); org.KindOf(err) != org.Unauthenticated || len(s.given(t, "Sue")) > 0 {
		t.Errorf("suspended: %v, %v", err, s.given(t, "Sue"))
	}
	s.rules(t, org.SyncSiteRoles, uuid.Nil, "groups", map[string][]string{"audit": {"auditor"}, "glob:*": {"owner"}})
	s.mustSignIn(t, "m", groups("audit"), "site auditor<-site-roles:audit")
	s.mustSignIn(t, "m", groups("x"))
}

// TestSyncLifetime: what a provider gives ends so long after the last sign-in.
func TestSyncLifetime(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	s.known(t, "m")
	s.p.SyncLifetime = 24 * time.Hour
	s.rules(t, org.SyncRoles, home, "groups", eng)
	s.mustSignIn(t, "m", groups("eng"), "home viewer<-roles:eng")
	s.clock.advance(23 * time.Hour)
	s.mustSignIn(t, "m", groups("eng"), "home viewer<-roles:eng")
	s.clock.advance(23 * time.Hour)
	if got := s.roleNames(t, "m"); !slices.Contains(got, "viewer") {
		t.Errorf("23 hours after the second sign-in: %v", got)
	}
	s.clock.advance(2 * time.Hour)
	if got := s.roleNames(t, "m"); slices.Contains(got, "viewer") {
		t.Errorf("25 hours after the second sign-in: %v", got)
	}
}

// roleNames are the roles that a member of the default organization holds now.
func (s *synced) roleNames(t *testing.T, name string) (roles []string) {
	t.Helper()
	m, err := s.Member(t.Context(), s.as(t, "o"), "default", name)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range m.Roles {
		roles = append(roles, r.Name)
	}
	return roles
}

// TestSyncKeepsTheLast: the last owner and the last admin keep what no rule gives any more. The trail says so once.
func TestSyncKeepsTheLast(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	s.known(t, "m", "o")
	s.rules(t, org.SyncSiteRoles, uuid.Nil, "groups", map[string][]string{"own": {"owner"}})
	s.rules(t, org.SyncRoles, home, "groups", map[string][]string{"adm": {"organization-admin"}})
	s.mustSignIn(t, "m", groups("own", "adm"), "home organization-admin<-roles:adm", "site owner<-site-roles:own")
	s.exec(t, "DELETE FROM user_roles WHERE user_id = ?", id("o").String())
	s.exec(t, "DELETE FROM member_roles WHERE user_id = ? AND role = 'organization-admin'", id("oa").String())
	refused := "SELECT count(*) FROM audit_logs WHERE status_code = 409 AND actor = 'oidc:okta'"
	for range 2 {
		s.mustSignIn(t, "m", groups(), "home organization-admin<-roles:adm", "site owner<-site-roles:own")
		if n := s.number(t, refused); n != 2 {
			t.Fatalf("%d rows of the trail tell of it, not 2", n)
		}
		if n := s.number(t, "SELECT count(*) FROM sync_notices"); n != 2 {
			t.Fatalf("%d notices, not 2", n)
		}
	}
	s.p.SyncLifetime = time.Hour // an end would take them away, too
	s.mustSignIn(t, "m", groups("own", "adm"), "home organization-admin<-roles:adm", "site owner<-site-roles:own")
	if n := s.number(t, "SELECT count(*) FROM member_roles WHERE source = 'oidc:okta' AND ends_at IS NOT NULL"); n != 0 {
		t.Error("the last admin got an end")
	}
	s.p.SyncLifetime = 0
	s.give(t, home, "oa", "organization-admin")
	s.record(t, uuid.Nil, "o", "owner", org.SourceManual, time.Time{})
	s.mustSignIn(t, "m", groups())
	if n := s.number(t, "SELECT count(*) FROM sync_notices"); n != 0 {
		t.Errorf("%d notices are left", n)
	}
}

// TestFuse: the eleventh person who would lose something within an hour does not, nor does anybody else until the source is
// released. What is added is added.
func TestFuse(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	s.rules(t, org.SyncRoles, home, "groups", eng)
	var names []string
	for i := range 14 {
		names = append(names, fmt.Sprint("p", i))
		s.insert(t, person{name: names[i], home: none})
	}
	s.known(t, names...)
	for _, name := range names {
		s.mustSignIn(t, name, groups("eng"), "home viewer<-roles:eng")
	}
	for _, name := range names[:10] {
		s.mustSignIn(t, name, groups())
	}
	s.mustSignIn(t, names[0], groups("eng"), "home viewer<-roles:eng")
	s.mustSignIn(t, names[0], groups()) // counted already
	held := "SELECT count(*) FROM sync_sources WHERE source = 'oidc:okta'"
	if s.number(t, held) != 0 {
		t.Fatal("ten are held")
	}
	s.mustSignIn(t, names[10], groups(), "home viewer<-roles:eng")
	if s.number(t, held) != 1 || s.number(t, "SELECT count(*) FROM audit_logs WHERE resource_type = 'idp_sync_source' AND status_code = 409") != 1 {
		t.Error("the eleventh does not hold the source")
	}
	s.mustSignIn(t, names[11], groups("ops-1"), "home organization-auditor<-roles:ops-1", "home viewer<-roles:eng")
	s.clock.advance(2 * time.Hour)
	s.mustSignIn(t, names[12], groups(), "home viewer<-roles:eng")

	if _, err := s.Sync.Release(t.Context(), s.as(t, "m"), "oidc:okta", org.Given("")); org.KindOf(err) != org.Forbidden {
		t.Errorf("released by a member: %v", err)
	}
	if _, err := s.Sync.Release(t.Context(), s.as(t, "o"), "oidc:okta", org.Given("")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sync.Release(t.Context(), s.as(t, "o"), "oidc:okta", org.Given("")); org.KindOf(err) != org.NotFound {
		t.Errorf("released twice: %v", err)
	}
	s.mustSignIn(t, names[12], groups())
	s.mustSignIn(t, names[11], groups("ops-1"), "home organization-auditor<-roles:ops-1")
	s.p.FusePeople, s.p.FusePercent = 1, 50
	s.mustSignIn(t, names[13], groups(), "home viewer<-roles:eng") // a third of five, two of whom are gone
	s.p.FusePeople = 0
	s.p.FusePercent = 0 // which does not release what is held
	s.mustSignIn(t, names[13], groups(), "home viewer<-roles:eng")
}

// TestGivenUp: what a provider gave that has left the settings becomes local, or ends, but for the last owner and admin.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	give := func() {
		for _, name := range []string{"m", "dealer"} {
			s.record(t, home, name, "viewer", "oidc:gone", time.Time{})
		}
		s.record(t, home, "dealer", "organization-admin", "oidc:gone", time.Time{})
		s.record(t, uuid.Nil, "ua", "auditor", "oidc:gone", time.Time{})
	}
	left := func() int64 {
		return s.number(t, "SELECT (SELECT count(*) FROM member_roles WHERE source = 'oidc:gone') + (SELECT count(*) FROM user_roles WHERE source = 'oidc:gone')")
	}
	give()
	for action, want := range map[string]org.Kind{"keep it": org.Invalid, "": org.NotFound} {
		if _, err := s.Sync.Release(t.Context(), s.as(t, "o"), "oidc:gone", org.Given(action)); org.KindOf(err) != want {
			t.Errorf("%q: %v", action, err)
		}
	}
	if _, err := s.Sync.Release(t.Context(), s.as(t, "o"), "oidc:okta", org.Given("keep")); org.KindOf(err) != org.Invalid {
		t.Errorf("of a provider of the settings: %v", err)
	}
	status, err := s.Sync.Status(t.Context(), s.as(t, "o"))
	if err != nil || len(status.Gone) != 1 || status.Gone[0].People != 3 || status.Gone[0].Records != 4 {
		t.Errorf("status %+v, %v", status, err)
	}
	done, err := s.Sync.Release(t.Context(), s.as(t, "o"), "oidc:gone", org.Given("keep"))
	if err != nil || left() != 0 || s.memberRoles(t, home, "m") != "viewer" || s.siteRoles(t, "ua") != "auditor user-admin" {
		t.Errorf("kept: %+v, %v; %d left, m %q", done, err, left(), s.memberRoles(t, home, "m"))
	}
	give()
	s.exec(t, "DELETE FROM member_roles WHERE source = 'manual' AND role = 'organization-admin'")
	s.exec(t, "DELETE FROM member_roles WHERE source = 'manual' AND role = 'viewer' AND user_id = ?", id("m").String())
	done, err = s.Sync.Release(t.Context(), s.as(t, "o"), "oidc:gone", org.Given("end"))
	if err != nil || left() != 0 || done.Kept != 1 || s.memberRoles(t, home, "m") != "" || !strings.Contains(s.memberRoles(t, home, "dealer"), "organization-admin") {
		t.Errorf("ended: %+v, %v; %d left, m %q, dealer %q", done, err, left(), s.memberRoles(t, home, "m"), s.memberRoles(t, home, "dealer"))
	}
}
