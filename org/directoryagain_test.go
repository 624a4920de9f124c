package org_test

import (
	"testing"

	"rolecall.example/org"
	"rolecall.example/org/scim"
)

// TestDirectoryAgain: somebody whose request was cut off is found again by the directory's own id, if the account is the directory's,
// and else by the address alone. Who was sent inactive becomes active, and nobody takes the name of another.
func TestDirectoryAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t).directory(t, "o", "default")
	account := func(id string) string {
		return s.one("SELECT user_id FROM scim_users WHERE external_id = '" + id + "'")
	}
	s.mustUser("ada", `,"externalId":"e1","emails":[{"value":"ada@corp.example"}]`)
	s.mustUser("linked", `,"externalId":"e2","emails":[{"value":"viewer@example.com"}]`)
	s.exec(t, "UPDATE scim_users SET settled = false")
	made := account("e1")
	s.mustUser("ada", `,"externalId":"e1","emails":[{"value":"lovelace@corp.example"}]`)
	if got := account("e1"); got != made {
		t.Error("an account that the directory made is not found by its id")
	}
	s.mustUser("linked", `,"externalId":"e2","emails":[{"value":"eve@corp.example"}]`)
	if got := account("e2"); got == id("viewer").String() {
		t.Error("an account that it only found is given to who has another address")
	}
	late := s.mustUser("late@corp.example", `,"active":false`)
	if err := s.patch(late.ID, on); err != nil || s.status("late@corp.example") != "active" {
		t.Errorf("sent inactive, then active: %v, %s", err, s.status("late@corp.example"))
	}
	wantKind(t, "the name of another", s.patch(late.ID, `{"op":"replace","path":"userName","value":"ADA"}`), org.Conflict, scim.Uniqueness)
	wantKind(t, "the id of another", s.patch(late.ID, `{"op":"replace","path":"externalId","value":"e1"}`), org.Conflict, scim.Uniqueness)
}

// TestDirectoryWakes: an account that a directory wakes can act again, so what others made for it ends if it holds more than they do
// by now (R4).
func TestDirectoryWakes(t *testing.T) {
	t.Parallel()
	s := newSite(t).directory(t, "o", "default")
	ada := s.mustUser("ada@corp.example", "")
	if err := s.patch(ada.ID, off); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddMember(t.Context(), s.as(t, "o"), "beta", "ada"); err != nil {
		t.Fatal(err)
	}
	if err := drop(s.SetMemberRoles(t.Context(), s.as(t, "o"), "beta", "ada", roles("beta-only"))); err != nil {
		t.Fatal(err)
	}
	owner, user := s.as(t, "o"), s.one("SELECT id FROM users WHERE username = 'ada'")
	if _, _, err := s.CreateToken(t.Context(), owner, "ada", given(org.TokenInput{Name: "made"})); err != nil {
		t.Fatal(err)
	}
	s.exec(t, "UPDATE api_keys SET created_by = ? WHERE user_id = ?", id("x").String(), user)
	if err := s.patch(ada.ID, on); err != nil {
		t.Fatal(err)
	}
	if n := s.number(t, "SELECT count(*) FROM api_keys WHERE user_id = ?", user); n != 0 || s.status("ada@corp.example") != "active" {
		t.Errorf("%s, with %d tokens that somebody made who holds less", s.status("ada@corp.example"), n)
	}
}

// TestDirectoryRulesMatch: a rule by external id is about the group with just that id, and a rule is another one as soon as it has
// another match, value or role: then it takes the right to give its role.
func TestDirectoryRulesMatch(t *testing.T) {
	t.Parallel()
	s := newSite(t).directory(t, "o", "default")
	for _, p := range []string{"idpsync_settings:read", "idpsync_settings:update"} {
		s.store(t, "maker", "organization", p)
	}
	rule := org.DirectoryRule{Match: org.RuleByExternalID, Value: "g1", Role: "organization-auditor"}
	if err := s.rules("o", rule); err != nil {
		t.Fatal(err)
	}
	ada := s.mustUser("ada@corp.example", "")
	for _, more := range []string{`"displayName":"g1"`, `"displayName":"other","externalId":"G1"`} {
		d := s.document(`{` + more + `,"members":[{"value":"` + ada.ID.String() + `"}]}`)
		if _, err := s.Directory.CreateGroup(t.Context(), s.c, d); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.held("ada@corp.example"); got != "organization-member scim:default" {
		t.Errorf("by groups with another id: %s", got)
	}
	d := s.document(`{"displayName":"Auditors","externalId":"g1","members":[{"value":"` + ada.ID.String() + `"}]}`)
	if _, err := s.Directory.CreateGroup(t.Context(), s.c, d); err != nil {
		t.Fatal(err)
	}
	if got := s.held("ada@corp.example"); got != "organization-auditor scim:default, organization-member scim:default" {
		t.Errorf("by the group with the id: %s", got)
	}
	if err := s.rules("maker", rule); err != nil {
		t.Errorf("what is there already: %v", err)
	}
	for _, other := range []org.DirectoryRule{
		{Match: org.RuleByDisplayName, Value: rule.Value, Role: rule.Role},
		{Match: rule.Match, Value: "g2", Role: rule.Role},
		{Match: rule.Match, Value: rule.Value, Role: "organization-admin"},
	} {
		wantKind(t, "another rule", s.rules("maker", other), org.Forbidden, "")
	}
}
