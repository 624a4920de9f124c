package org_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

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
		{"o", "m", org.Offboarding{Leave: true, HandOver: map[string]string{"default": "Sue"}}, org.Invalid},    // suspended
		{"o", "m", org.Offboarding{Leave: true, HandOver: map[string]string{"default": "Dora"}}, org.Invalid},   // has never signed in
		{"o", "m", org.Offboarding{Leave: true, HandOver: map[string]string{"default": "bot"}}, org.Invalid},    // can't sign in
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

// TestOffboardUndone: the removals of an offboarding are undone together, each with the roles of its own organization.
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
	if err != nil || len(result.Refused) != 0 {
		t.Errorf("undone: %+v, %v", result, err)
	}
	if here, there := s.memberRoles(t, home, "m"), s.memberRoles(t, beta, "m"); here != "viewer" || there != "organization-admin" {
		t.Errorf("holds %q, and in the other organization %q", here, there)
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

// TestOffboardParts: each part takes its own right, and does what it says and no more; who takes over counts before the last
// administrator goes.
func TestOffboardParts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.siteRole(t, "stopper", "site", "user:read", "user:update")
	for _, name := range []string{"oa", "dealer"} { // who look after one organization, and may stop accounts of the site
		s.record(t, uuid.Nil, name, "stopper", org.SourceManual, time.Time{})
	}
	s.join(t, beta, "m", "viewer")
	as := func(by, user string, o org.Offboarding) (org.Offboarded, error) {
		return s.Offboard(t.Context(), s.as(t, by), user, given(o))
	}
	_, token, err := s.CreateToken(t.Context(), s.as(t, "m"), "m", given(org.TokenInput{}))
	if err != nil {
		t.Fatal(err)
	}
	s.session(t, "m")
	left := func() string {
		return s.text(t, "SELECT (SELECT count(*) FROM sessions WHERE user_id = ?) || ' ' || (SELECT count(*) FROM api_keys WHERE id = ?)", id("m").String(), token.ID)
	}
	for what, o := range map[string]org.Offboarding{
		"tokens, without the right": {RevokeTokens: true}, "another version": {EndSessions: true, IfMatch: org.Versions{"7"}},
		"to oneself": {Leave: true, HandOver: map[string]string{"default": "m"}},
	} {
		_, err := as("oa", "m", o)
		want := map[bool]org.Kind{true: org.Forbidden}[o.RevokeTokens]
		if o.IfMatch != nil {
			want = org.Conflict
		} else if o.HandOver != nil {
			want = org.Invalid
		}
		if err == nil || org.KindOf(err) != want {
			t.Errorf("%s: %v, kind %d", what, err, org.KindOf(err))
		}
	}
	if _, err := as("oa", "m", org.Offboarding{EndSessions: true}); err != nil || left() != "0 1" || !s.isMember(t, home, "m") {
		t.Errorf("sessions alone: %s are left, %v", left(), err)
	}
	s.session(t, "m")
	if _, err := as("o", "m", org.Offboarding{RevokeTokens: true}); err != nil || left() != "0 0" {
		t.Errorf("tokens: %s are left, %v", left(), err)
	}
	// What the caller may not see stays unsaid, and what it may not take stays.
	done, err := as("oa", "m", org.Offboarding{Leave: true})
	if err != nil || len(done.Organizations) != 1 || len(done.Kept) != 0 || s.isMember(t, home, "m") || !s.isMember(t, beta, "m") {
		t.Errorf("one of two organizations: %+v, %v", done, err)
	}
	done, err = as("dealer", "viewer", org.Offboarding{Suspend: true, Leave: true})
	if err != nil || len(done.Organizations) != 0 || len(done.Kept) != 1 || !s.isMember(t, home, "viewer") || done.User.Status != org.StatusSuspended {
		t.Errorf("without the right to remove: %+v, %v", done, err)
	}
	// The last administrator for good, by one until tomorrow.
	s.insert(t, person{name: "last", home: []string{"organization-admin"}})
	s.exec(t, "DELETE FROM member_roles WHERE user_id = ? AND role = 'organization-admin'", id("oa").String())
	s.record(t, home, "oa", "organization-admin", org.SourceManual, s.clock.still().Add(24*time.Hour))
	s.exec(t, "UPDATE revisions SET value = value + 1")
	_, err = as("oa", "last", org.Offboarding{Leave: true})
	if fields := org.FieldsOf(err); org.KindOf(err) != org.Invalid || len(fields) != 1 || fields[0].Field != "hand_over" {
		t.Errorf("without an heir: %v", err)
	}
	if _, err := as("oa", "last", org.Offboarding{Leave: true, HandOver: map[string]string{"default": "curbed"}}); err != nil {
		t.Errorf("with an heir: %v", err)
	}
}

// TestUndoBatchRights: of what one request did everybody takes back what they could change themselves, is told of what they may read
// of the rest, and learns nothing of what they may not.
func TestUndoBatchRights(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.give(t, home, "m", "viewer")
	s.join(t, beta, "m")
	s.give(t, beta, "m", "beta-only")
	if _, err := s.Offboard(t.Context(), s.as(t, "o"), "m", given(org.Offboarding{Leave: true, Suspend: true})); err != nil {
		t.Fatal(err)
	}
	of := func(place uuid.UUID) string {
		return s.text(t, "SELECT id FROM audit_logs WHERE resource_type = 'organization_member' AND action = 'delete' AND organization_id = ?", place.String())
	}
	site := s.lastEntry(t, "user", "m")
	for by, entry := range map[string]string{"x": site, "pm": of(beta), "oa": of(beta), "pa": of(home)} {
		if _, err := s.UndoBatch(t.Context(), s.as(t, by), entry); org.KindOf(err) != org.NotFound || err == nil {
			t.Errorf("undone by %s: %v", by, err)
		}
	}
	result, err := s.UndoBatch(t.Context(), s.as(t, "pa"), of(beta))
	if err != nil || len(result.Done) != 1 || len(result.Users) != 0 || s.memberRoles(t, beta, "m") != "beta-only" || s.isMember(t, home, "m") {
		t.Errorf("by the admin of one organization: %+v, %v", result, err)
	}
	for _, r := range result.Refused {
		if r.Who != "m" || r.Member != nil { // the account alone
			t.Errorf("told of %+v", r)
		}
	}
	if status := s.text(t, "SELECT status FROM users WHERE username = 'm'"); status != "suspended" {
		t.Errorf("the account is %s", status)
	}
	if _, err := s.UndoBatch(t.Context(), s.as(t, "pa"), of(beta)); err == nil {
		t.Error("undone twice")
	}
	result, err = s.UndoBatch(t.Context(), s.as(t, "o"), of(beta))
	if err != nil || len(result.Done) != 1 || len(result.Users) != 1 || len(result.Refused) != 1 || s.memberRoles(t, home, "m") != "viewer" ||
		s.text(t, "SELECT status FROM users WHERE username = 'm'") != "active" {
		t.Errorf("the rest, by an owner: %+v, %v", result, err)
	}
}

// TestOffboardingUndoneByAdmin: what a handover gave goes with the rest where an offboarding is taken back, also by somebody who is no
// site owner: who left is the administrator again by then. Where it can't be one, the organization keeps whom it was handed over to,
// whoever asks.
func TestOffboardingUndoneByAdmin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.siteRole(t, "stopper", "site", "user:read", "user:update")
	s.record(t, uuid.Nil, "oa", "stopper", org.SourceManual, time.Time{})
	s.insert(t, person{name: "last", home: []string{"organization-admin"}})
	s.exec(t, "DELETE FROM member_roles WHERE user_id = ? AND role = 'organization-admin'", id("oa").String())
	s.record(t, home, "oa", "organization-admin", org.SourceManual, s.clock.still().Add(24*time.Hour)) // so it is not one for good
	s.exec(t, "UPDATE revisions SET value = value + 1")
	offboarded := func(o org.Offboarding) string {
		o.HandOver = map[string]string{"default": "viewer"}
		if _, err := s.Offboard(t.Context(), s.as(t, "oa"), "last", given(o)); err != nil {
			t.Fatal(err)
		}
		if has := s.memberRoles(t, home, "viewer"); has != "organization-admin viewer" {
			t.Fatalf("who takes over has %s", has)
		}
		return s.lastEntry(t, "organization_member", "viewer")
	}
	for what, o := range map[string]org.Offboarding{"suspended": {Suspend: true}, "left": {Leave: true}, "both": {Suspend: true, Leave: true}} {
		entry, from := offboarded(o), home
		if o.Suspend { // any of the entries will do, also the one of the account
			entry, from = s.lastEntry(t, "user", "last"), uuid.Nil
		}
		result, err := s.UndoBatch(t.Context(), s.as(t, "oa"), entry)
		if err != nil || len(result.Refused) > 0 || result.Organization.ID != from {
			t.Errorf("%s: %+v, %v", what, result, err)
		}
		if heir, back := s.memberRoles(t, home, "viewer"), s.memberRoles(t, home, "last"); heir != "viewer" || back != "organization-admin" {
			t.Errorf("%s: the heir has %q, who left %q", what, heir, back)
		}
	}
	// Its account is gone: nobody comes back, so nobody steps down.
	s.exec(t, "DELETE FROM member_roles WHERE user_id = ? AND role = 'organization-admin'", id("oa").String())
	s.exec(t, "UPDATE revisions SET value = value + 1")
	s.give(t, home, "oa", "organization-admin")
	entry := offboarded(org.Offboarding{Suspend: true, Leave: true})
	s.exec(t, "DELETE FROM member_roles WHERE user_id = ? AND role = 'organization-admin'", id("oa").String())
	s.exec(t, "UPDATE revisions SET value = value + 1")
	if _, err := s.DeleteUser(t.Context(), s.as(t, "o"), "last", nil); err != nil {
		t.Fatal(err)
	}
	_, err := s.UndoBatch(t.Context(), s.as(t, "o"), entry)
	kind(t, err, org.Conflict)
	if heir := s.memberRoles(t, home, "viewer"); heir != "organization-admin viewer" {
		t.Errorf("nobody is back, and the heir has %q", heir)
	}
}
