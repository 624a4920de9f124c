package org_test

import (
	"testing"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// TestTagsDoNotTellTheTime: a clock that steps back repeats a time, but no tag of an account or an organization.
func TestTagsDoNotTellTheTime(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx, o := t.Context(), s.as(t, "o")
	at := s.clock.at
	seen := map[string]bool{}
	for _, names := range [][]string{{"auditor"}, {}, {"auditor"}} {
		s.clock.at = at
		u, err := s.SetUserRoles(ctx, o, "m", roles(names...))
		if err != nil {
			t.Fatal(err)
		}
		if seen[u.Tag()] {
			t.Errorf("the tag %s came again", u.Tag())
		}
		seen[u.Tag()] = true
		s.clock.at = at
		changed, err := s.UpdateOrganization(ctx, o, "beta", given(org.OrganizationInput{DisplayName: "Beta " + u.Tag()}), nil)
		if err != nil {
			t.Fatal(err)
		}
		if seen[changed.Tag()] {
			t.Errorf("the tag %s came again", changed.Tag())
		}
		seen[changed.Tag()] = true
	}
}

// TestTags: nothing that takes the place of something else has one of its tags.
func TestTags(t *testing.T) {
	t.Parallel()
	r := org.Role{ID: uuid.MustParse("01920000-0000-7000-8000-0123456789ab"), Version: 7}
	if got := r.Tag(); got != "7-0123456789ab" {
		t.Errorf("tag %q", got)
	}
	if got := (&org.Role{Name: "organization-admin", BuiltIn: true}).Tag(); got != "" {
		t.Errorf("a built-in role has the tag %q", got)
	}
	m := org.Member{UserID: id("m"), CreatedAt: start, Version: 3, AccountVersion: 9}
	again := m
	again.CreatedAt = start.Add(1000)
	other := m
	other.UserID = id("x")
	if m.Tag() == again.Tag() || m.Tag() == other.Tag() || len(m.Tag()) != len("3-01234567") || m.TagWithAccount() != m.Tag()+".9" {
		t.Errorf("tags %q, %q, %q and %q", m.Tag(), again.Tag(), other.Tag(), m.TagWithAccount())
	}
}
