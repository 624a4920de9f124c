package org_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// leftBehind is what an offboarding of an account says stays, as one person sees it, sorted.
func (s *site) leftBehind(t *testing.T, by, user string) string {
	t.Helper()
	v, err := s.OffboardView(t.Context(), s.as(t, by), user)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, l := range v.Left {
		list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s %s", l.Kind, l.Name, l.Organization.Name)))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// TestLeftBehind: what an account made is named while it is there, and to those who may read it.
func TestLeftBehind(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.join(t, home, "ua")
	s.give(t, home, "ua", "organization-admin")
	s.siteRole(t, "stopper", "site", "user:read", "user:update") // who may offboard, and read little else
	s.record(t, uuid.Nil, "x", "stopper", org.SourceManual, time.Time{})
	if got := s.leftBehind(t, "o", "ua"); got != "" {
		t.Errorf("before anything was made: %s", got)
	}
	ctx, ua := t.Context(), func() *org.Actor { return s.as(t, "ua") }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.PutRole(ctx, ua(), org.In("default"), given(org.RoleInput{Name: "made", DisplayName: "Made"}))
	must(err)
	_, err = s.PutRole(ctx, s.as(t, "oa"), org.In("default"), given(org.RoleInput{Name: "others", DisplayName: "Of another"}))
	must(err)
	_, err = s.CreateUser(ctx, ua(), given(org.NewUser{Username: "runner", Email: "runner@example.com", LoginType: org.LoginNone, OrganizationIDs: []uuid.UUID{home}}))
	must(err)
	_, err = s.CreateUser(ctx, ua(), given(org.NewUser{Username: "person", Email: "person@example.com", Password: "correct horse battery staple", OrganizationIDs: []uuid.UUID{home}}))
	must(err)
	_, _, err = s.CreateToken(ctx, s.as(t, "o"), "runner", given(org.TokenInput{Name: "of-another"}))
	must(err)
	_, err = s.CreatePasswordLink(ctx, ua(), "m")
	must(err)
	s.exec(t, "UPDATE users SET password_by = ?, must_change = false WHERE id = ?", id("ua").String(), id("viewer").String())
	s.exec(t, "INSERT INTO api_keys (id, user_id, secret_hash, name, login_type, scope, lifetime_seconds, created_at, updated_at, expires_at, created_by) "+
		"SELECT 'made-by-ua', ?, secret_hash, 'ci', login_type, scope, lifetime_seconds, created_at, updated_at, expires_at, ? FROM api_keys WHERE name = 'of-another'",
		id("m").String(), id("ua").String())
	s.invite(t, "ua", "new@example.com")
	s.directory(t, "ua", "default")
	whole := "directory Acme default, directory_token Acme default, invitation new@example.com default, password person, password viewer, password_link m, " +
		"role made default, service_account runner, token ci"
	if got := s.leftBehind(t, "o", "ua"); got != whole {
		t.Errorf("an owner is told of %s", got)
	}
	if own, got := s.leftBehind(t, "o", "oa"), s.leftBehind(t, "x", "oa"); own != "role others default" || got != "" {
		t.Errorf("an owner is told of %q, who may not read the organization of %q", own, got)
	}
	// What has ended or is gone does not stay.
	s.exec(t, "UPDATE api_keys SET expires_at = created_at WHERE id = 'made-by-ua'")
	_, err = s.DeleteRole(ctx, s.as(t, "o"), org.In("default"), "made", nil)
	must(err)
	if got := s.leftBehind(t, "o", "ua"); strings.Contains(got, "token ci") || strings.Contains(got, "role made") {
		t.Errorf("after it ended: %s", got)
	}
}
