package org_test

import (
	"bytes"
	"strings"
	"testing"

	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/org/insight"
)

// TestTokensInTheTrail: what was done with a token names it, also where it was refused, and nobody can change that unnoticed.
func TestTokensInTheTrail(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	o := withToken(t, s, org.TokenInput{Name: "ci"})
	for _, do := range []func() error{
		func() error { return drop(s.SetMemberRoles(t.Context(), o, "default", "m", roles("viewer"))) },
		func() error { return drop(s.SetMemberRoles(t.Context(), o, "default", "m", roles("nonsense"))) },
		func() error {
			return drop(s.SetMemberRoles(t.Context(), s.as(t, "oa"), "default", "m", roles("maker")))
		},
	} {
		if err := do(); err != nil && org.KindOf(err) != org.Invalid {
			t.Fatal(err)
		}
	}
	d := s.directory(t, "oa", "default")
	d.mustUser("new@example.com", "")
	for token, want := range map[string]string{
		o.TokenID: "o>m o>m", d.c.TokenID.String(): "scim:default>new@example.com scim:default>new-2 scim:default>new-2",
		strings.ToUpper(o.TokenID) + "x": "",
	} {
		list, err := s.Audit(t.Context(), s.as(t, "o"), org.AuditFilter{Query: "token_id:" + token})
		if got := targets(list); err != nil || got != want {
			t.Errorf("with the token %s: %q, %v; want %q", token, got, err, want)
		}
		for _, e := range list.Entries {
			if e.TokenID != token {
				t.Errorf("%s names the token %q", e.ResourceTarget, e.TokenID)
			}
		}
	}
	made, err := s.Audit(t.Context(), s.as(t, "o"), org.AuditFilter{Query: "resource_type:api_key action:create"})
	if err != nil || len(made.Entries) != 1 || made.Entries[0].Diff["token_id"].New != o.TokenID || made.Entries[0].TokenID != "" {
		t.Errorf("the entry of the token itself: %+v, %v", made.Entries, err)
	}

	var file bytes.Buffer
	if _, err := s.ExportAudit(t.Context(), s.clock.now(), &file); err != nil {
		t.Fatal(err)
	}
	named := `"token_id":"` + o.TokenID + `",`
	for changed, broken := range map[string]bool{"": true, `"token_id":"abcdefghij",`: true, named: false} {
		_, problem, err := insight.VerifyExport(strings.NewReader(strings.Replace(file.String(), named, changed, 1)), "")
		if err != nil || (problem != "") != broken || !strings.Contains(file.String(), named) {
			t.Errorf("a file with %q: %q, %v", changed, problem, err)
		}
	}
	if v, err := s.VerifyAudit(t.Context(), org.VerifyFilter{}); err != nil || v.Broken() != "" {
		t.Errorf("%+v, %v", v, err)
	}
	dbtest.Unguard(t, s.place, "audit_logs")
	s.exec(t, "UPDATE audit_logs SET token_id = '' WHERE token_id = '"+o.TokenID+"'")
	if v, err := s.VerifyAudit(t.Context(), org.VerifyFilter{}); err != nil || !strings.Contains(v.Broken(), "was changed") {
		t.Errorf("a token taken out: %+v, %v", v, err)
	}
}
