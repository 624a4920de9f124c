package org_test

import "testing"

// TestUnsecuredPower: of those with power, members or not, the overview counts whom a password alone lets in, for those who could
// take a second factor away.
func TestUnsecuredPower(t *testing.T) {
	t.Parallel()
	s := withPasskeys(t, newSite(t))
	s.withPasswords(t, "oa")
	unsecured := func(by string) (n int, named map[string]bool) {
		t.Helper()
		o, err := s.Overview(t.Context(), s.as(t, by), "default")
		if err != nil {
			t.Fatal(err)
		}
		named = map[string]bool{}
		for _, p := range o.Power.People {
			named[p.Member.Username] = p.Unsecured
		}
		return o.Power.Unsecured, named
	}
	before, named := unsecured("o")
	if before < 4 || !named["oa"] {
		t.Fatalf("%d, %v", before, named)
	}
	s.passkey(t, "oa")
	if after, named := unsecured("o"); after != before-1 || named["oa"] || !named["dealer"] {
		t.Errorf("with a passkey of one: %d after %d, %v", after, before, named)
	}
	s.exec(t, "UPDATE users SET login_type = 'oidc' WHERE username = 'dealer'")
	if after, named := unsecured("o"); after != before-2 || named["dealer"] {
		t.Errorf("of a provider: %d after %d, %v", after, before, named)
	}
	s.exec(t, "UPDATE users SET login_type = 'none' WHERE username = 'ua'") // of the site, and no member
	if after, _ := unsecured("o"); after != before-3 {
		t.Errorf("outside: %d after %d", after, before)
	}
	if n, named := unsecured("oa"); n != 0 || named["dealer"] {
		t.Errorf("to an admin of the organization: %d, %v", n, named)
	}
}
