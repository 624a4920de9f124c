package org_test

import (
	"testing"

	"rolecall/org"
)

// What somebody makes with a token that they made for another account is theirs: it ends as the token does. So it does
// for the account of the token itself, where it would else look like the account's own, and for a third one, which the
// account may outgrow together with the maker.
func TestMadeWithAForeignToken(t *testing.T) {
	t.Parallel()
	for _, of := range []string{"rising", "third"} {
		t.Run(of, func(t *testing.T) {
			t.Parallel()
			s := risingSite(t)
			s.insert(t, person{name: "third", home: []string{"curb"}})
			s.exec(t, "INSERT INTO user_roles (user_id, role) VALUES (?, 'desk')", id("rising").String())
			first, _, err := s.CreateToken(t.Context(), s.as(t, "desk"), "rising", given(org.TokenInput{}))
			if err != nil {
				t.Fatal(err)
			}
			by, err := s.TokenSubject(t.Context(), first)
			if err != nil {
				t.Fatal(err)
			}
			second, token, err := s.CreateToken(t.Context(), by, of, given(org.TokenInput{}))
			if err != nil || token.Maker != "desk" {
				t.Fatalf("made by %q: %v", token.Maker, err)
			}
			for _, user := range []string{"rising", "third"} {
				if _, err := s.SetMemberRoles(t.Context(), s.as(t, "lead"), "default", user, roles("organization-template-admin")); err != nil {
					t.Fatal(err)
				}
			}
			for name, text := range map[string]string{"first": first, "second": second} {
				if _, err := s.TokenSubject(t.Context(), text); err == nil {
					t.Errorf("the %s token still works", name)
				}
			}
		})
	}
}
