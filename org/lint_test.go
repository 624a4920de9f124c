package org_test

import (
	"slices"
	"testing"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// A role that does nothing for somebody does so for one of three reasons, and the check tells which.
func TestLintSaysWhyARoleDoesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := s.as(t, "o")
	for name, list := range map[string][]string{
		"small": {"group:create"}, "large": {"group:create", "group:update"}, "frozen": {"!group:create", "!group:update"}, "idle": {"!organization_member:create"},
	} {
		if _, err := s.PutRole(t.Context(), owner, org.In("default"), role(name, list...)); err != nil {
			t.Fatal(err)
		}
	}
	s.insert(t,
		person{name: "paula", site: []string{"owner"}, home: []string{"frozen"}},
		person{name: "max", home: []string{"small", "large"}},
		person{name: "mia", home: []string{"small", "large"}},
		person{name: "nora", home: []string{"idle"}},
		person{name: "ivan", home: []string{"small", "frozen"}}) // the denies win: small does nothing, frozen does
	_, found, err := s.Lint(t.Context(), owner, "default")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range found {
		if f.Rule == org.LintRedundant && slices.Contains([]string{"paula", "max", "mia", "nora", "ivan"}, f.Member.Username) {
			got[f.Member.Username+" "+f.Role.Name] = f.Message + " / " + f.Cause
		}
	}
	want := map[string]string{
		"paula frozen": "Name of paula's site role Owner overrides the denies of frozen. / Their site role Owner overrides the denies of frozen.",
		"max small":    "Name of max's other roles already include everything in small. / Their other roles already include everything in small.",
		"mia small":    "Name of mia's other roles already include everything in small. / Their other roles already include everything in small.",
		"nora idle":    "idle has no effect for Name of nora. / idle has no effect for them.",
		"ivan small":   "small has no effect for Name of ivan. / small has no effect for them.",
		"ivan frozen":  "",
	}
	for key, text := range want {
		if got[key] != text {
			t.Errorf("%s: %q, want %q", key, got[key], text)
		}
		delete(got, key)
	}
	if len(got) > 0 {
		t.Errorf("told besides: %q", got)
	}
}

// A role that has a deprecated permission, allowed or denied, is told what to use instead.
func TestLintTellsOfDeprecated(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.apply(t, func(d *rbac.Document) {
		invoiceOf(d).Actions[1].Deprecated = &rbac.Deprecated{Use: "pay", Note: "Goes away in 2027."}
		invoiceOf(d).Actions[2].Deprecated = &rbac.Deprecated{}
	})
	s.putRole(t, "payer", "!invoice:delete", "invoice:pay", "invoice:read")
	_, found, err := s.Lint(t.Context(), s.as(t, "o"), "default")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		if f.Rule == org.LintDeprecated {
			got = append(got, f.Role.Name+" "+f.Permission.String()+": "+f.Message+" "+f.Fix)
		}
	}
	want := []string{
		"payer !invoice:delete: This permission is deprecated. Goes away in 2027. Use pay (invoice:pay) instead.",
		"payer invoice:pay: This permission is deprecated. Remove it before it goes away.",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
