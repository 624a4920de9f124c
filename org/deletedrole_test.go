package org_test

import (
	"slices"
	"testing"
	"time"

	"rolecall.example/org"
)

// A deleted role comes back by the undo of its deletion: what it said, with another id, and no one has it. It is a creation like
// any other.
func TestUndoDeletedRole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner, in := s.as(t, "o"), org.In("default")
	about := "Reads templates."
	if _, err := s.PutRole(t.Context(), owner, in, roleBody(org.RoleInput{
		Name: "fresh", DisplayName: "Fresh", Description: &about, Organization: perms("template:read", "!workspace:ssh"),
	})); err != nil {
		t.Fatal(err)
	}
	if err := drop(s.SetMemberRoles(t.Context(), owner, "default", "m", roles("fresh"))); err != nil {
		t.Fatal(err)
	}
	was, err := s.DeleteRole(t.Context(), owner, in, "fresh", nil)
	if err != nil {
		t.Fatal(err)
	}
	gone := s.text(t, "SELECT id FROM audit_logs WHERE resource_type = 'custom_role' AND action = 'delete' ORDER BY seq DESC LIMIT 1")

	for by, deleter := range map[string]string{"oau": "o", "m": ""} { // who may not read members is not told who deleted it
		list, err := s.DeletedRoles(t.Context(), s.as(t, by), in)
		if err != nil || len(list.Roles) != 1 || list.CanCreate {
			t.Fatalf("by %s: %+v, error %v", by, list, err)
		}
		d := list.Roles[0]
		if d.Entry.String() != gone || d.DeletedBy != deleter || d.Role.Name != "fresh" || d.Role.DisplayName != "Fresh" ||
			d.Role.Description != about || !slices.Equal(d.Role.Organization, was.Organization) {
			t.Errorf("by %s: deleted is %+v", by, d)
		}
	}
	kind(t, drop(s.DeletedRoles(t.Context(), s.as(t, "x"), in)), org.NotFound)
	kind(t, drop(s.ReviewDeletedRole(t.Context(), owner, org.In("beta"), gone)), org.NotFound)

	for by, want := range map[string]org.Kind{"x": org.NotFound, "pm": org.NotFound, "m": org.Forbidden, "oau": org.Forbidden, "oa": org.Invalid} {
		if _, err := s.Undo(t.Context(), s.as(t, by), gone); org.KindOf(err) != want {
			t.Errorf("undone by %s: %v", by, err)
		}
	}
	review, err := s.ReviewDeletedRole(t.Context(), s.as(t, "oa"), in, gone)
	if org.KindOf(err) != org.Invalid || review.Deleted.Role.Name != "fresh" || !review.CanCreate {
		t.Errorf("reviewed by who may not store it: %+v, error %v", review, err)
	}
	review, err = s.ReviewDeletedRole(t.Context(), owner, in, gone)
	if err != nil || review.Impact.Members != 0 || review.Impact.Affected != 0 {
		t.Errorf("review: %+v, error %v", review.Impact, err)
	}
	if p, err := s.PreviewUndo(t.Context(), owner, gone); err != nil || p.Impact.Affected != 0 || p.Role == nil {
		t.Errorf("preview: %+v, error %v", p, err)
	}

	var back org.RoleHolder
	s.accepted(t, entry{
		Actor: "o", Action: "create", Type: "custom_role", Target: "fresh", Organization: home, Status: 200,
		Fields: []string{"description", "display_name", "name", "org_permissions"},
	}, func() error {
		back, err = s.Undo(t.Context(), owner, gone)
		return err
	})
	if back.Role == nil || back.Member != nil || back.User != nil || back.Role.ID == was.ID || back.Role.Version != 1 ||
		back.Role.Description != about || !slices.Equal(back.Role.Organization, was.Organization) {
		t.Fatalf("undone to %+v", back)
	}
	if got := s.text(t, "SELECT roles FROM organization_members WHERE user_id = ?", id("m").String()); got != "" {
		t.Errorf("it came back to a member: %s", got)
	}
	if list, err := s.DeletedRoles(t.Context(), owner, in); err != nil || len(list.Roles) != 0 {
		t.Errorf("a role that is there is listed as deleted: %+v, error %v", list.Roles, err)
	}
	kind(t, drop(s.Undo(t.Context(), owner, gone)), org.Conflict)
	kind(t, drop(s.ReviewDeletedRole(t.Context(), owner, in, gone)), org.Conflict)

	// Deleted twice it is listed once, and for 30 days; the trail knows it for longer.
	if _, err := s.DeleteRole(t.Context(), owner, in, "fresh", nil); err != nil {
		t.Fatal(err)
	}
	if list, err := s.DeletedRoles(t.Context(), owner, in); err != nil || len(list.Roles) != 1 || list.Roles[0].Entry.String() == gone {
		t.Errorf("deleted twice: %+v, error %v", list.Roles, err)
	}
	s.clock.advance(org.DeletedRolesFor + time.Hour)
	if list, err := s.DeletedRoles(t.Context(), s.as(t, "o"), in); err != nil || len(list.Roles) != 0 {
		t.Errorf("after 30 days: %+v, error %v", list.Roles, err)
	}
	if _, err := s.Undo(t.Context(), s.as(t, "o"), gone); err != nil {
		t.Errorf("after 30 days: %v", err)
	}
}

// Roles of the site come back through owners alone, and refusals and other entries about roles can't be undone.
func TestUndoDeletedSiteRole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if _, err := s.DeleteRole(t.Context(), s.as(t, "o"), org.Site, "site-reader", nil); err != nil {
		t.Fatal(err)
	}
	list, err := s.DeletedRoles(t.Context(), s.as(t, "m"), org.Site)
	if err != nil || len(list.Roles) != 1 || list.Roles[0].DeletedBy != "" || list.CanCreate {
		t.Fatalf("deleted: %+v, error %v", list, err)
	}
	entry := list.Roles[0].Entry.String()
	for _, by := range []string{"m", "ua", "au"} {
		kind(t, drop(s.Undo(t.Context(), s.as(t, by), entry)), org.Forbidden)
	}
	back, err := s.Undo(t.Context(), s.as(t, "o"), entry)
	if err != nil || back.Role == nil || !slices.Equal(back.Role.Site, perms("template:read")) || s.siteRoles(t, "reader") != "" {
		t.Errorf("undone to %+v, error %v", back.Role, err)
	}
	made := s.text(t, "SELECT id FROM audit_logs WHERE resource_type = 'custom_role' AND action = 'create' ORDER BY seq DESC LIMIT 1")
	kind(t, drop(s.Undo(t.Context(), s.as(t, "o"), made)), org.Invalid)

	_ = drop(s.DeleteRole(t.Context(), s.as(t, "m"), org.Site, "site-reader", nil))
	refused := s.text(t, "SELECT id FROM audit_logs WHERE resource_type = 'custom_role' AND action = 'delete' AND status_code = 403 ORDER BY seq DESC LIMIT 1")
	kind(t, drop(s.Undo(t.Context(), s.as(t, "o"), refused)), org.Invalid)
}
