package org_test

import (
	"errors"
	"testing"

	"rolecall.example/org"
)

// TestPlantedIdentity: whoever typed the password of an account cannot leave a sign-in of their own in it, which would outlive
// the password once the account holds more than they do (R4 in docs/spec/roles.md).
func TestPlantedIdentity(t *testing.T) {
	t.Parallel()
	s := newSynced(t)
	subject := *s.as(t, "m")
	subject.Session = s.session(t, "m")
	begin := func() error {
		_, err := s.SignIn.MayLink(t.Context(), &subject, "")
		return err
	}
	link := func() error {
		return s.SignIn.Link(t.Context(), &subject, &s.p, org.Proof{Issuer: s.p.Issuer, Subject: "of ua", Claims: claimsOf{}}, "")
	}
	s.exec(t, "UPDATE users SET password_by = ? WHERE id = ?", id("ua").String(), id("m").String())
	kind(t, begin(), org.Invalid)
	kind(t, link(), org.Invalid)
	if n := s.number(t, "SELECT count(*) FROM user_identities"); n != 0 {
		t.Errorf("%d are linked", n)
	}
	s.exec(t, "UPDATE users SET password_by = NULL WHERE id = ?", id("m").String())
	if err := errors.Join(begin(), link()); err != nil {
		t.Error(err)
	}
}
