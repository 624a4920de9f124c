package org_test

import (
	"slices"
	"testing"

	"rolecall.example/org"
)

// Offboarding is all or nothing, refuses what its parts refuse, and hands over in the same step.
func TestOffboard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	everything := org.Offboarding{Suspend: true, EndSessions: true, RevokeTokens: true, Leave: true, Reason: "left"}
	as := func(by, user string, o org.Offboarding) (org.Offboarded, error) {
		return s.Offboard(t.Context(), s.as(t, by), user, given(o))
	}
	for _, tt := range []struct {
		by, user string
		wanted   org.Offboarding
		want     org.Kind
	}{
		{"o", "o", everything, org.Invalid},        // oneself
		{"ua", "o", everything, org.Forbidden},     // holds more
		{"m", "viewer", everything, org.Invalid},   // may not read the account
		{"o", "m", org.Offboarding{}, org.Invalid}, // nothing to do
		{"o", "m", org.Offboarding{Leave: true, HandOver: map[string]string{"default": "nobody"}}, org.Invalid},
		{"o", "m", org.Offboarding{Leave: true, HandOver: map[string]string{"nowhere": "viewer"}}, org.Invalid}, // understood of nobody
	} {
		_, err := as(tt.by, tt.user, tt.wanted)
		kind(t, err, tt.want)
	}
	// Nothing of a refused one is stored.
	if m, err := s.Member(t.Context(), s.as(t, "o"), "default", "m"); err != nil || m.Status == org.StatusSuspended {
		t.Fatalf("after refusals: %+v, %v", m.Status, err)
	}
	would, err := s.PreviewOffboard(t.Context(), s.as(t, "o"), "m", given(everything))
	if err != nil || len(would.Organizations) == 0 || would.User.Status != org.StatusSuspended {
		t.Fatalf("preview: %+v, %v", would, err)
	}
	heir := everything
	heir.HandOver = map[string]string{"default": "viewer"}
	done, err := as("o", "m", heir)
	if err != nil || done.User.Status != org.StatusSuspended || !slices.ContainsFunc(done.Organizations, func(o org.Organization) bool { return o.Name == "default" }) {
		t.Fatalf("offboarded: %+v, %v", done, err)
	}
	_, err = s.Member(t.Context(), s.as(t, "o"), "default", "m")
	kind(t, err, org.NotFound)
	v, err := s.Member(t.Context(), s.as(t, "o"), "default", "viewer")
	if err != nil || !slices.ContainsFunc(v.Roles, func(r org.RoleRef) bool { return r.Name == org.RoleOrganizationAdmin }) {
		t.Errorf("who takes over has %v, %v", v.Roles, err)
	}
	view, err := s.OffboardView(t.Context(), s.as(t, "o"), "m")
	if err != nil || !view.Nothing() {
		t.Errorf("left to do: %+v, %v", view, err)
	}
	// Who is gone already leaves nothing to record.
	if done, err := as("o", "m", org.Offboarding{Leave: true}); err != nil || len(done.Organizations) > 0 {
		t.Errorf("again: %+v, %v", done, err)
	}
	// Each change has an entry, and the removal can be undone.
	trail, err := s.Audit(t.Context(), s.as(t, "o"), org.AuditFilter{Query: "resource_target:m"})
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(trail.Entries, func(e org.AuditEntry) bool { return org.OfMember(e.ResourceType) && e.Action == "delete" })
	if at < 0 || !slices.ContainsFunc(trail.Entries, func(e org.AuditEntry) bool { return e.ResourceType == "user" && e.Diff["reason"].New == "left" }) {
		t.Fatalf("the trail has %+v", trail.Entries)
	}
	if _, err := s.Undo(t.Context(), s.as(t, "o"), trail.Entries[at].ID.String()); err != nil {
		t.Error(err)
	}
}

// TestOffboardUndone: the removals of an offboarding are undone one organization at a time, each with its own roles.
func TestOffboardUndone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.give(t, home, "m", "viewer")
	s.join(t, beta, "m")
	s.give(t, beta, "m", "organization-admin")
	if _, err := s.Offboard(t.Context(), s.as(t, "o"), "m", given(org.Offboarding{Leave: true})); err != nil {
		t.Fatal(err)
	}
	entry := s.text(t, "SELECT id FROM audit_logs WHERE resource_type = 'organization_member' AND action = 'delete' AND organization_id = ?", home.String())
	result, err := s.UndoBatch(t.Context(), s.as(t, "o"), entry)
	if err != nil || len(result.Done) != 1 || len(result.Refused) != 0 {
		t.Errorf("undone: %+v, %v", result, err)
	}
	if got := s.memberRoles(t, home, "m"); got != "viewer" || s.isMember(t, beta, "m") {
		t.Errorf("holds %q, and is in the other organization: %v", got, s.isMember(t, beta, "m"))
	}
}

// TestUndoOfWaking: what would change nothing is not said to be undone.
func TestUndoOfWaking(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if _, _, err := s.SetStatus(t.Context(), s.as(t, "o"), "Dora", org.StatusActive, nil); err != nil {
		t.Fatal(err)
	}
	entry := s.lastEntry(t, "user", "Dora")
	_, err := s.Undo(t.Context(), s.as(t, "o"), entry)
	kind(t, err, org.Invalid)
}
