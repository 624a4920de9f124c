package org_test

import (
	"testing"

	"rolecall.example/org"
)

// What had a name before it was reserved keeps it and can be used; nothing new can have it.
func TestNamesFromBeforeTheyWereReserved(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx, o := t.Context(), s.as(t, "o")

	s.exec(t, "UPDATE users SET username = 'AuthMethods', username_key = 'authmethods' WHERE id = ?", id("m").String())
	user := id("m").String()
	if u, err := s.User(ctx, o, user); err != nil || u.Username != "AuthMethods" {
		t.Errorf("%+v, %v", u, err)
	}
	for _, keep := range []string{"", "AuthMethods"} {
		if u, err := s.UpdateProfile(ctx, o, user, given(org.Profile{Username: keep, Name: "Named" + keep})); err != nil || u.Username != "AuthMethods" {
			t.Errorf("%+v, %v", u, err)
		}
	}
	if _, err := s.SetUserRoles(ctx, o, user, roles("auditor")); err != nil {
		t.Error(err)
	}
	if _, err := s.SetMemberRoles(ctx, o, "default", user, roles("organization-auditor")); err != nil {
		t.Error(err)
	}

	secret, made, err := s.CreateToken(ctx, s.as(t, "m"), "me", given(org.TokenInput{Name: "old"}))
	if err != nil {
		t.Fatal(err)
	}
	s.exec(t, "UPDATE api_keys SET name = 'tokenconfig' WHERE id = ?", made.ID)
	by, err := s.TokenSubject(ctx, org.Request{}, secret)
	if err != nil || by.ID() != id("m") {
		t.Errorf("%v", err)
	}
	if k, err := s.Key(ctx, by, "me", made.ID); err != nil || k.Name != "tokenconfig" {
		t.Errorf("%+v, %v", k, err)
	}
	e := kind(t, drop2(s.CreateToken(ctx, s.as(t, "o"), "me", given(org.TokenInput{Name: "tokenconfig"}))), org.Invalid)
	if len(e.Fields) != 1 || e.Fields[0].Field != "token_name" {
		t.Errorf("%v", e)
	}
	if err := s.DeleteToken(ctx, by, "me", made.ID); err != nil {
		t.Error(err)
	}

	for _, name := range []string{"organization-workspace-access", "organization-service-account", "agents-access"} {
		if _, err := s.PutRole(ctx, o, org.In("default"), mustBeNew(role("old", "template:read"))); err != nil {
			t.Fatal(err)
		}
		s.exec(t, "UPDATE roles SET name = ? WHERE name = 'old'", name)
		if _, err := s.SetMemberRoles(ctx, o, "default", user, roles(name)); err != nil {
			t.Errorf("giving %s: %v", name, err)
		}
		if r, err := s.PutRole(ctx, o, org.In("default"), role(name, "template:read", "template:update")); err != nil || len(r.Organization) != 2 {
			t.Errorf("editing %s: %+v, %v", name, r, err)
		}
		if _, err := s.DeleteRole(ctx, o, org.In("default"), name, nil); err != nil {
			t.Errorf("deleting %s: %v", name, err)
		}
		e := kind(t, drop(s.SetMemberRoles(ctx, o, "default", user, roles(name))), org.Invalid)
		if want := `"` + name + ":" + home.String() + `" is not a supported role`; e.Message != want {
			t.Errorf("giving %s when it is gone: %v, want %s", name, e, want)
		}
		for _, spelled := range []string{name, "Organization-Workspace-Access", "AGENTS-access"} {
			if e := kind(t, drop(s.PutRole(ctx, o, org.In("default"), role(spelled, "template:read"))), org.Invalid); e.Message != "Reserved role name" {
				t.Errorf("%s: %v", spelled, e)
			}
		}
	}
}

func drop2[A, B any](_ A, _ B, err error) error { return err }
