package org_test

import (
	"fmt"
	"strings"
	"testing"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// Whatever a suspended account holds, every answer about it is no, and the levels still tell what its roles give.
func TestSuspendedMayNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.give(t, home, "Sue", "viewer")
	s.give(t, home, "Dora", "viewer")
	for _, tt := range []struct {
		name                      string
		decision, allowed, levels bool
		verdict, because          string
	}{
		{"Sue", false, false, true, "No. The account is suspended.", "Without the suspension: Yes. Allowed at the organization level. VIEWER allows template:read in the organization."},
		{"Dora", true, true, true, "Yes. Allowed at the organization level.", "VIEWER allows template:read in the organization."},
	} {
		for _, by := range []string{"o", "oa"} {
			caller := s.as(t, by)
			checks := map[string]org.AuthCheck{}
			for i, a := range []string{"read", "delete"} {
				checks[fmt.Sprint(i, a)] = org.AuthCheck{Action: a, ResourceType: "template", OrganizationID: home.String()}
				checks[fmt.Sprint(i, a, " own")] = org.AuthCheck{Action: a, ResourceType: "template", OrganizationID: home.String(), OwnerID: "me"}
			}
			found, err := s.AuthCheck(t.Context(), caller, org.AuthChecks{User: strings.ToUpper(tt.name), Checks: checks})
			answers := found.Allowed
			if err != nil || answers["0read"] != tt.decision || answers["1delete own"] != tt.decision || answers["1delete"] {
				t.Errorf("%s about %s: %v, %v", by, tt.name, answers, err)
			}
			explained, err := s.ExplainChecks(t.Context(), caller, org.AuthChecks{User: tt.name, Checks: checks})
			if err != nil {
				t.Fatal(err)
			}
			page, err := s.Explain(t.Context(), caller, "default", tt.name, org.Question{Action: "read", ResourceType: "template"})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range []org.Explanation{explained.Explanations["0read"], page} {
				if e.Allowed() != tt.allowed || e.Trace.Allowed != tt.levels || !e.Trace.Levels[rbac.LevelOrganization].Decides ||
					e.Words.Verdict != tt.verdict || e.Words.Because != tt.because {
					t.Errorf("%s about %s: %v, %+v", by, tt.name, e.Allowed(), e.Words)
				}
				if tt.name == "Sue" && len(e.Changes) > 0 {
					t.Errorf("%s is told that a role turns it: %+v", by, e.Changes)
				}
			}
		}
	}
}

// Many checks about another user cost hardly more than one: its rights are read once. What would change an answer is
// looked for only when it is asked for, for few checks at once.
func TestAuthCheckCost(t *testing.T) {
	s := newSite(t)
	for i := range 60 {
		if _, err := s.PutRole(t.Context(), s.as(t, "o"), org.In("default"), role(fmt.Sprint("more-", i), "template:read")); err != nil {
			t.Fatal(err)
		}
	}
	checks := func(n int) map[string]org.AuthCheck {
		out := make(map[string]org.AuthCheck, n)
		for i := range n {
			out[fmt.Sprint(i)] = org.AuthCheck{Action: "delete", ResourceType: "template", OrganizationID: home.String()}
		}
		return out
	}
	caller := s.as(t, "oa")
	hundred := map[string]float64{}
	for _, user := range []string{"", "m"} {
		allocations := func(n int) float64 {
			many := checks(n)
			return testing.AllocsPerRun(3, func() {
				if got, err := s.AuthCheck(t.Context(), caller, org.AuthChecks{User: user, Checks: many}); err != nil || len(got.Allowed) != n {
					t.Fatalf("%d answers, %v", len(got.Allowed), err)
				}
			})
		}
		if one, many := allocations(1), allocations(1000); many > one+1000 {
			t.Errorf("about %q: %v allocations for one check, %v for 1000", user, one, many)
		}
		hundred[user] = allocations(100)
	}
	if own, other := hundred[""], hundred["m"]; other > 2*own+250 { // PostgreSQL is asked once what the account holds
		t.Errorf("100 checks about the caller take %v allocations, about another account %v", own, other)
	}
	if got, err := s.ExplainChecks(t.Context(), caller, org.AuthChecks{User: "m", Checks: checks(20)}); err != nil || len(got.Explanations) != 20 || len(got.Explanations["7"].Changes) > 0 {
		t.Errorf("%d explained, %v", len(got.Explanations), err)
	}
	if got, err := s.ExplainChecks(t.Context(), caller, org.AuthChecks{User: "m", Checks: checks(1)}); err != nil || len(got.Explanations["0"].Changes) == 0 {
		t.Errorf("one explained without a change that would help: %v", err)
	}
	for _, user := range []string{"", "m"} {
		_, err := s.ExplainChecks(t.Context(), caller, org.AuthChecks{User: user, Checks: checks(1000)})
		e := kind(t, err, org.Invalid)
		if len(e.Fields) != 1 || e.Fields[0] != (org.Field{Field: "checks", Detail: "may hold at most 20 checks with explain, found 1000"}) {
			t.Errorf("%+v", e)
		}
	}
}
