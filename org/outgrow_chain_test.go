package org_test

import (
	"testing"

	"rolecall.example/org"
)

// What somebody makes for an account with a token that they made for it counts as theirs, and not as the account's own:
// the second token ends with the first.
func TestMadeWithAForeignToken(t *testing.T) {
	t.Parallel()
	s := risingSite(t)
	s.exec(t, "INSERT INTO user_roles (user_id, role) VALUES (?, 'desk')", id("rising").String())
	first, _, err := s.CreateToken(t.Context(), s.as(t, "desk"), "rising", given(org.TokenInput{}))
	if err != nil {
		t.Fatal(err)
	}
	by, err := s.TokenSubject(t.Context(), org.Request{}, first)
	if err != nil {
		t.Fatal(err)
	}
	second, token, err := s.CreateToken(t.Context(), by, "rising", given(org.TokenInput{}))
	if err != nil || token.Maker != "desk" {
		t.Fatalf("made by %q: %v", token.Maker, err)
	}
	if _, err := s.SetMemberRoles(t.Context(), s.as(t, "lead"), "default", "rising", roles("organization-template-admin")); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"first": first, "second": second} {
		if _, err := s.TokenSubject(t.Context(), org.Request{}, text); err == nil {
			t.Errorf("the %s token still works", name)
		}
	}
}

// What an account makes for a third one is its own, also with a token that an owner made for it: the owner holds
// everything, and what a program made would never end.
func TestMadeForAThirdAccount(t *testing.T) {
	t.Parallel()
	s := risingSite(t)
	secret, _, err := s.CreateToken(t.Context(), s.as(t, "o"), "desk", given(org.TokenInput{}))
	if err != nil {
		t.Fatal(err)
	}
	by, err := s.TokenSubject(t.Context(), org.Request{}, secret)
	if err != nil {
		t.Fatal(err)
	}
	made, token, err := s.CreateToken(t.Context(), by, "rising", given(org.TokenInput{}))
	if err != nil || token.Maker != "desk" {
		t.Fatalf("made by %q: %v", token.Maker, err)
	}
	if _, err := s.SetMemberRoles(t.Context(), s.as(t, "lead"), "default", "rising", roles("organization-template-admin")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.TokenSubject(t.Context(), org.Request{}, made); err == nil {
		t.Error("the token outlived the promotion")
	}
}
