package org_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// TestAuthCheckOfAnotherUser: who may be asked about, what names whom and what, and what is told of a question that has no
// answer. It never depends on whether there is an account that the caller may not read.
func TestAuthCheckOfAnotherUser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	strict, lax := true, false
	read := org.AuthCheck{Action: "read", ResourceType: "template", OrganizationID: home.String()}
	in := func(organization string) org.AuthCheck {
		c := read
		c.OrganizationID = organization
		return c
	}
	own := func(owner string) org.AuthCheck {
		return org.AuthCheck{Action: "read", ResourceType: "organization_member", OrganizationID: home.String(), OwnerID: owner}
	}
	user := func(action, resource string) org.AuthCheck {
		return org.AuthCheck{Action: action, ResourceType: "user", ResourceID: resource}
	}
	unknown := func(pair string) org.CheckProblem {
		resourceType, action, _ := strings.Cut(pair, ":")
		return org.CheckUnknownPermission(rbac.Default(), rbac.Permission{ResourceType: resourceType, Action: action}, 0)
	}
	for _, tt := range []struct {
		by, about string
		strict    *bool
		check     org.AuthCheck
		want      bool
		problem   org.CheckProblem
	}{
		{"dealer", "viewer", nil, read, true, org.CheckProblem{}},
		{"dealer", "VIEWER", nil, in("default"), true, org.CheckProblem{}},
		{"dealer", "viewer@EXAMPLE.com", nil, in("Default"), true, org.CheckProblem{}},
		{"dealer", id("viewer").String(), nil, in(strings.ToUpper(home.String())), true, org.CheckProblem{}},
		{"dealer", "m", nil, read, false, org.CheckProblem{}},
		{"dealer", "Dora", nil, read, false, org.CheckProblem{}},
		{"dealer", "Sue", nil, read, false, org.CheckSuspended},
		{"dealer", "Sue", &lax, read, false, org.CheckSuspended},
		{"dealer", "dealer", nil, read, true, org.CheckProblem{}},
		{"dealer", "me", nil, read, true, org.CheckProblem{}},
		{"dealer", "me", nil, org.AuthCheck{Action: "read", ResourceType: "template", AnyOrg: true}, true, org.CheckProblem{}},
		{"dealer", "pm", nil, read, false, org.CheckNotFound}, // no member here, and the caller may not read accounts
		{"dealer", "pm", &lax, read, false, org.CheckNotFound},
		{"dealer", "nobody", nil, read, false, org.CheckNotFound},
		{"dealer", "nobody@example.com", nil, read, false, org.CheckNotFound},
		{"dealer", id("nobody").String(), nil, read, false, org.CheckNotFound},
		{"dealer", "viewer", nil, in("beta"), false, org.CheckNotFound},
		{"dealer", "viewer", nil, in(beta.String()), false, org.CheckNotFound},
		{"dealer", "viewer", nil, in("no such"), false, org.CheckNotFound},
		{"dealer", "viewer", nil, in(""), false, org.CheckOrganizationNeeded},
		{"dealer", "viewer", &lax, in(""), false, org.CheckOrganizationNeeded},
		{"dealer", "nobody", nil, in(""), false, org.CheckOrganizationNeeded},
		{"dealer", "viewer", nil, org.AuthCheck{Action: "read", ResourceType: "template", OrganizationID: "default", AnyOrg: true}, false, org.CheckOrganizationNeeded},
		{"m", "viewer", nil, read, false, org.CheckNotFound}, // a plain member reads only its own membership
		{"m", "nobody", nil, read, false, org.CheckNotFound},
		{"m", "m", nil, read, false, org.CheckProblem{}},
		{"oa", "pm", nil, read, false, org.CheckProblem{}}, // decided like anybody: the caller may read every account
		{"oa", "ta", nil, read, true, org.CheckProblem{}},
		{"oa", "ta", nil, in(""), true, org.CheckProblem{}},
		{"oa", "viewer", nil, in(""), false, org.CheckProblem{}},
		{"oa", "viewer", nil, org.AuthCheck{Action: "read", ResourceType: "template", AnyOrg: true}, true, org.CheckProblem{}},
		{"oa", "pa", nil, in("beta"), false, org.CheckNotFound},
		{"o", "pa", nil, in("BETA"), true, org.CheckProblem{}},
		{"o", "pa", nil, in(id("organization nowhere").String()), false, org.CheckNotFound},
		{"o", "o", nil, in(id("organization nowhere").String()), false, org.CheckNotFound},
		{"o", "nobody", nil, in(""), false, org.CheckNotFound},
		{"o", "viewer", nil, org.AuthCheck{Action: "read", ResourceType: "templat", OrganizationID: "default"}, false, unknown("templat:read")},
		{"o", "viewer", nil, org.AuthCheck{Action: "fly", ResourceType: "template", OrganizationID: "default"}, false, unknown("template:fly")},
		{"o", "viewer", nil, org.AuthCheck{Action: "read", ResourceType: "*", OrganizationID: "default"}, false, unknown("*:read")},
		{"o", "viewer", nil, org.AuthCheck{Action: "read"}, false, unknown(":read")},
		{"o", "viewer", &lax, org.AuthCheck{Action: "read", ResourceType: "templat", OrganizationID: "default"}, false, org.CheckProblem{}},
		{"o", "ua", nil, org.AuthCheck{Action: "assign", ResourceType: "assign_role", OrganizationID: "default"}, false, org.CheckSiteType},
		{"o", "ua", nil, org.AuthCheck{Action: "assign", ResourceType: "assign_role"}, true, org.CheckProblem{}},
		{"oa", "m", nil, own("me"), true, org.CheckProblem{}},
		{"oa", "m", nil, own("M"), true, org.CheckProblem{}},
		{"oa", "m", nil, own("m@example.com"), true, org.CheckProblem{}},
		{"oa", "m", nil, own(id("m").String()), true, org.CheckProblem{}},
		{"oa", "m", nil, own("viewer"), false, org.CheckProblem{}},
		{"oa", "m", nil, own("nobody"), false, org.CheckNotFound},
		{"dealer", "m", nil, own("m"), true, org.CheckProblem{}},
		{"dealer", "m", nil, own("viewer"), false, org.CheckProblem{}}, // a member that the caller may read
		{"dealer", "m", nil, own("pm"), false, org.CheckNotFound},      // an account that it may not read
		{"dealer", "m", nil, own("ext:issuer|m"), false, org.CheckNotFound},
		{"o", "ext:issuer|m", nil, read, false, org.CheckNotFound},
		{"o", "ext:issuer|m@example.com", nil, read, false, org.CheckNotFound},
		{"o", "ua", nil, user("update", id("x").String()), true, org.CheckProblem{}},
		{"o", "m", nil, user("update", id("x").String()), false, org.CheckProblem{}},
		{"o", "ua", nil, user("update", id("nobody").String()), false, org.CheckNotFound},
		{"o", "ua", nil, user("update", "x"), false, org.CheckInvalidID(rbac.Default())},
		{"o", "ua", nil, org.AuthCheck{Action: "read", ResourceType: "organization", ResourceID: home.String()}, false, org.CheckInvalidID(rbac.Default())},

		// About the caller, with the answers of a strict question.
		{"viewer", "", &strict, in("default"), true, org.CheckProblem{}},
		{"viewer", "", &strict, in("beta"), false, org.CheckNotFound},
		{"viewer", "", &strict, org.AuthCheck{Action: "read", ResourceType: "templat"}, false, unknown("templat:read")},
		{"viewer", "", &lax, in("default"), true, org.CheckProblem{}},
		{"viewer", "", &lax, org.AuthCheck{Action: "read", ResourceType: "templat"}, false, org.CheckProblem{}},
	} {
		name := fmt.Sprintf("%s about %q, %+v", tt.by, tt.about, tt.check)
		q := org.AuthChecks{User: tt.about, Strict: tt.strict, Checks: map[string]org.AuthCheck{"it": tt.check, "other": read}}
		got, err := s.AuthCheck(t.Context(), s.as(t, tt.by), q)
		if err != nil || got.Allowed["it"] != tt.want || got.Problems["it"] != tt.problem || len(got.Allowed) != 2 {
			t.Errorf("%s: %+v, %v, want %v %+v", name, got, err, tt.want, tt.problem)
		}
		explained, err := s.ExplainChecks(t.Context(), s.as(t, tt.by), q)
		if err != nil || !maps.Equal(explained.Allowed, got.Allowed) || !maps.Equal(explained.Problems, got.Problems) {
			t.Errorf("%s: explained %+v, %v", name, explained, err)
		}
		e, there := explained.Explanations["it"]
		answered := tt.problem == org.CheckProblem{} || tt.problem == org.CheckSuspended
		if there != answered || there && (e.Allowed() != tt.want || e.Words.Verdict == "") {
			t.Errorf("%s: explained by %v %+v", name, there, e.Words)
		}
	}
}

// TestOwnAnswerIsTheAnswer: what somebody may do is the same, whoever asks.
func TestOwnAnswerIsTheAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	checks := map[string]org.AuthCheck{}
	for i, r := range effectiveRights {
		for _, action := range strings.Fields(r.actions) {
			for _, organization := range []string{"", home.String(), beta.String()} {
				for _, owner := range []string{"", "me"} {
					checks[fmt.Sprint(i, action, organization, owner)] = org.AuthCheck{Action: action, ResourceType: r.resource, OrganizationID: organization, OwnerID: owner}
				}
			}
		}
	}
	lax := false
	for _, p := range people {
		if p.status == "suspended" {
			continue
		}
		own, err := s.AuthCheck(t.Context(), s.as(t, p.name), org.AuthChecks{Checks: checks})
		if err != nil {
			t.Fatal(err)
		}
		told, err := s.AuthCheck(t.Context(), s.as(t, "o"), org.AuthChecks{User: p.name, Strict: &lax, Checks: checks})
		if err != nil || len(told.Problems) > 0 || !maps.Equal(own.Allowed, told.Allowed) {
			t.Errorf("%s: %v, %v %v", p.name, err, told.Problems, len(told.Allowed))
		}
	}
}
