package org_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// trail makes a few entries, one an hour, and gives the time of the first: oa gives m a role, oa is refused, pa adds x
// to beta, o suspends viewer, ua is refused.
func (s *site) trail(t *testing.T) time.Time {
	t.Helper()
	s.clock.advance(12 * time.Hour) // to midnight
	first := s.clock.now()
	for i, do := range []func() error{
		func() error {
			return drop(s.SetMemberRoles(t.Context(), s.as(t, "oa"), "default", "m", roles("viewer")))
		},
		func() error {
			return drop(s.SetMemberRoles(t.Context(), s.as(t, "oa"), "default", "m", roles("nonsense")))
		},
		func() error { return drop(s.AddMember(t.Context(), s.as(t, "pa"), "beta", "x")) },
		func() error { return drop2(s.SetStatus(t.Context(), s.as(t, "o"), "viewer", org.StatusSuspended, nil)) },
		func() error { return drop2(s.SetStatus(t.Context(), s.as(t, "ua"), "o", org.StatusSuspended, nil)) },
	} {
		if err := do(); (err != nil) != (i == 1 || i == 4) {
			t.Fatal(err)
		}
		s.clock.advance(12 * time.Hour)
	}
	return first
}

func targets(list org.AuditList) string {
	var out []string
	for _, e := range list.Entries {
		out = append(out, e.Actor+">"+e.ResourceTarget)
	}
	return strings.Join(out, " ")
}

func TestWhoReadsTheAudit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.trail(t)
	const all, ofHome, ofBeta = "ua>o o>viewer pa>x oa>m oa>m", "oa>m oa>m", "pa>x"
	for by, want := range map[string]string{"o": all, "au": all, "oa": ofHome, "oau": ofHome, "pa": ofBeta} {
		list, err := s.Audit(t.Context(), s.as(t, by), org.AuditFilter{})
		if got := targets(list); err != nil || got != want || list.Count != len(strings.Fields(want)) {
			t.Errorf("%s reads %q (count %d, %v), want %q", by, got, list.Count, err, want)
		}
	}
	for _, by := range []string{"m", "x", "pm", "ua", "ta", "oua", "ota", "dealer", "maker"} {
		_, err := s.Audit(t.Context(), s.as(t, by), org.AuditFilter{})
		same(t, err, forbid)
	}
	// No question reaches entries of other organizations, or of none.
	for _, q := range []string{"organization:beta", "organization:" + beta.String(), "username:pa", "resource_type:user", "resource_id:" + id("x").String(), "resource_target:viewer", "x"} {
		list, err := s.Audit(t.Context(), s.as(t, "oa"), org.AuditFilter{Query: q})
		if list.Count != 0 || len(list.Entries) != 0 {
			t.Errorf("%s gives oa %q (%v)", q, targets(list), err)
		}
	}
	// Whoever has the right nowhere reads nothing, whatever else went wrong.
	lost := *s.as(t, "oau")
	lost.User.OrganizationIDs = nil
	if list, _ := s.Audit(t.Context(), &lost, org.AuditFilter{}); list.Count != 0 || len(list.Entries) != 0 {
		t.Errorf("without organizations it reads %q", targets(list))
	}
	// An organization taken away is taken away here as well.
	if _, err := s.SetMemberRoles(t.Context(), s.as(t, "oa"), "default", "oau", roles()); err != nil {
		t.Fatal(err)
	}
	_, err := s.Audit(t.Context(), s.as(t, "oau"), org.AuditFilter{})
	same(t, err, forbid)
}

func TestAuditEntry(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx, request := t.Context(), org.Request{ID: "req-1", IP: "192.0.2.7", UserAgent: "curl\n{}"}
	if _, err := s.SetMemberRoles(ctx, s.as(t, "oa").WithRequest(request), "default", "viewer", roles("viewer", "curb")); err != nil {
		t.Fatal(err)
	}
	list, err := s.Audit(ctx, s.as(t, "o"), org.AuditFilter{})
	if err != nil || len(list.Entries) != 1 {
		t.Fatalf("%d entries, %v", len(list.Entries), err)
	}
	got := list.Entries[0]
	if got.RequestID != "req-1" || got.IP != "192.0.2.7" || got.UserAgent != "curl\n{}" || got.ResourceType != "organization_member" ||
		got.ResourceID != id("viewer").String() || got.ResourceTarget != "viewer" || got.Action != "write" || got.StatusCode != 200 ||
		got.OrganizationID != home || got.Organization == nil || got.Organization.Name != "default" || got.ActorID != id("oa") || got.Actor != "oa" ||
		got.User == nil || got.User.Username != "oa" || got.Deleted || got.Description != "{user} updated organization member {target}" || got.ID == uuid.Nil || got.Time.Before(start) {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff(map[string]org.AuditChange{
		"roles":       {Old: []any{"viewer"}, New: []any{"curb", "viewer"}},
		"assignments": {Old: []any{}, New: []any{map[string]any{"role": "curb", "source": "manual", "until": nil}}},
	}, got.Diff); diff != "" {
		t.Error(diff)
	}
	// Names stand as they were, whatever becomes of their bearers.
	for _, do := range []func() error{
		func() error {
			return drop(s.UpdateProfile(ctx, s.as(t, "o"), "oa", given(org.Profile{Username: "renamed"})))
		},
		func() error { return drop(s.DeleteUser(ctx, s.as(t, "o"), "viewer", nil)) },
		func() error { return drop(s.DeleteUser(ctx, s.as(t, "o"), "renamed", nil)) },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	list, err = s.Audit(ctx, s.as(t, "o"), org.AuditFilter{Query: "resource_target:viewer action:write"})
	if err != nil || len(list.Entries) != 1 {
		t.Fatalf("%d entries, %v", len(list.Entries), err)
	}
	if got := list.Entries[0]; got.Actor != "oa" || got.ActorID != id("oa") || got.User != nil || !got.Deleted || got.ResourceTarget != "viewer" {
		t.Errorf("%+v", got)
	}
	for _, q := range []string{"renamed", "resource_id:" + id("oa").String()} {
		if list, err := s.Audit(ctx, s.as(t, "o"), org.AuditFilter{Query: q}); err != nil || list.Count == 0 {
			t.Errorf("%s finds nothing (%v)", q, err)
		}
	}
}

func TestAuditQuery(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first := s.trail(t)
	day := func(n int) string { return first.AddDate(0, 0, n).Format(time.DateOnly) }
	for q, want := range map[string]string{
		"":                                     "ua>o o>viewer pa>x oa>m oa>m",
		"action:write":                         "ua>o o>viewer oa>m oa>m",
		"action:create":                        "pa>x",
		"action:nonsense":                      "",
		"resource_type:user":                   "ua>o o>viewer",
		"username:OA":                          "oa>m oa>m",
		"username:me":                          "o>viewer",
		"username:" + id("pa").String():        "pa>x",
		"email:PA@example.com":                 "pa>x",
		"organization:default":                 "oa>m oa>m",
		"organization:BETA":                    "pa>x",
		"organization:" + beta.String():        "pa>x",
		"resource_id:" + id("viewer").String(): "o>viewer",
		"resource_target:VIEWER":               "o>viewer",
		"resource_target:view":                 "",
		"view":                                 "o>viewer",
		"search:pa":                            "pa>x",
		`"oa"`:                                 "oa>m oa>m",
		"date_from:" + day(1):                  "ua>o o>viewer pa>x",
		"date_to:" + day(0):                    "oa>m oa>m",
		"date_from:" + day(1) + " date_to:" + day(1): "o>viewer pa>x",
		"date_from:" + day(9):                        "",
		"username:oa action:create":                  "",
		"request_id:abc":                             "",
		"%":                                          "",
		"username:nobody":                            "!username",
		"email:nobody@example.com":                   "!email",
		"organization:gamma":                         "!organization",
		"resource_id:7":                              "!resource_id",
		"date_from:yesterday":                        "!date_from",
		"date_to:2026-13-01":                         "!date_to",
		"colour:red":                                 "!colour",
		"a b":                                        "!search",
		"action:":                                    "!q",
		":write":                                     "!q",
		"action:a:b":                                 "!q",
		"action:write action:create":                 "!action",
	} {
		list, err := s.Audit(t.Context(), s.as(t, "o"), org.AuditFilter{Query: q})
		if field, bad := strings.CutPrefix(want, "!"); bad {
			if e := kind(t, err, org.Invalid); e.Message != "Invalid audit search query." || len(e.Fields) != 1 || e.Fields[0].Field != field {
				t.Errorf("%q: %v", q, e)
			}
			continue
		}
		if got := targets(list); err != nil || got != want || list.Count != len(strings.Fields(want)) || list.Entries == nil {
			t.Errorf("%q finds %q (count %d, %v), want %q", q, got, list.Count, err, want)
		}
	}
	_, err := s.Audit(t.Context(), s.as(t, "o"), org.AuditFilter{Query: "colour:red date_to:x username:nobody"})
	if e := kind(t, err, org.Invalid); len(e.Fields) != 3 {
		t.Errorf("all problems at once: %v", e)
	}
	for _, c := range []struct {
		limit, offset int
		want          string
	}{{2, 0, "ua>o o>viewer"}, {2, 2, "pa>x oa>m"}, {2, 4, "oa>m"}, {0, 5, ""}, {5, 99, ""}} {
		list, err := s.Audit(t.Context(), s.as(t, "o"), org.AuditFilter{Limit: c.limit, Offset: c.offset})
		if err != nil || targets(list) != c.want || list.Count != 5 {
			t.Errorf("%+v: %q, count %d, %v", c, targets(list), list.Count, err)
		}
	}
	for i := range 100 {
		_ = drop(s.SetMemberRoles(t.Context(), s.as(t, "oa"), "default", "m", roles([]string{"viewer", "curb"}[i%2])))
	}
	list, err := s.Audit(t.Context(), s.as(t, "o"), org.AuditFilter{})
	if err != nil || len(list.Entries) != 100 || list.Count <= 100 {
		t.Errorf("%d entries of %d (%v), want a page of 100", len(list.Entries), list.Count, err)
	}
}

func TestAuditIsAppendOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.trail(t)
	before := s.audit(t, 0)
	harms := []string{
		"UPDATE audit_logs SET actor = 'somebody'", "UPDATE audit_logs SET changes = '{}' WHERE seq = 1", "DELETE FROM audit_logs", "DELETE FROM audit_logs WHERE seq = 1",
	}
	if db.IsServer(s.place) {
		harms = append(harms, "TRUNCATE audit_logs", "INSERT INTO audit_logs SELECT * FROM audit_logs WHERE seq = 1 ON CONFLICT (seq) DO UPDATE SET actor = 'somebody'")
	} else {
		harms = append(harms, "REPLACE INTO audit_logs SELECT * FROM audit_logs WHERE seq = 1")
	}
	for _, query := range harms {
		if _, err := s.raw.ExecContext(t.Context(), query); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", query, err)
		}
	}
	if diff := cmp.Diff(before, s.audit(t, 0), cmp.AllowUnexported(auditRow{}, entry{})); diff != "" {
		t.Error(diff)
	}
	if v, err := s.VerifyAudit(t.Context(), org.VerifyFilter{}); err != nil || v.Broken() != "" || v.Entries != 5 {
		t.Errorf("%+v, %v", v, err)
	}
}

// Whatever secret goes in, none comes to rest in the trail, nor anywhere else in the file in the clear.
func TestNoSecretIsKept(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	const old, fresh, wrong = "canary-old-password", "canary-new-password", "canary-wrong-password"
	if err := s.SetPassword(ctx, s.Operator(), "m", given(org.PasswordInput{Password: old}), nil); err != nil {
		t.Fatal(err)
	}
	token, _, err := s.CreateToken(ctx, s.as(t, "m"), "me", given(org.TokenInput{Name: "mine"}))
	if err != nil {
		t.Fatal(err)
	}
	link, err := s.CreatePasswordLink(ctx, s.as(t, "ua"), "m")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Login(ctx, org.Request{}, "m@example.com", wrong, nil)
	kind(t, err, org.Unauthenticated)
	login, err := s.LoginToken(ctx, org.Request{}, "m@example.com", old, "")
	if err != nil {
		t.Fatal(err)
	}
	kind(t, s.SetPassword(ctx, s.as(t, "m"), "me", given(org.PasswordInput{Password: fresh, OldPassword: wrong}), nil), org.Invalid)
	if err := s.SetPassword(ctx, s.as(t, "m"), "me", given(org.PasswordInput{Password: fresh, OldPassword: old}), nil); err != nil {
		t.Fatal(err)
	}
	secrets := []string{old, fresh, wrong, token, login, link.Secret}
	for _, key := range []string{token, login, link.Secret} {
		secrets = append(secrets, key[strings.Index(key, "-")+1:])
	}
	var file []string
	for _, query := range []string{"SELECT * FROM audit_logs", "SELECT * FROM api_keys", "SELECT * FROM password_links", "SELECT * FROM users", "SELECT * FROM login_failures"} {
		file = append(file, s.dump(t, query)...)
	}
	all := strings.Join(file, "\n")
	for _, secret := range secrets {
		if strings.Contains(all, secret) {
			t.Errorf("%q is stored in the clear", secret)
		}
	}
	if n := s.number(t, "SELECT count(*) FROM audit_logs WHERE changes LIKE '%argon2%'"); n != 0 {
		t.Error("a password hash stands in the trail")
	}
	for _, r := range s.audit(t, 0) {
		if c, ok := r.Changes["hashed_password"]; ok && (!c.Secret || c.Old != nil || c.New != nil) {
			t.Errorf("recorded %+v", c)
		}
	}
}

// A backup that was put in the place of the data leaves an entry, and nothing that was computed before counts any more.
func TestRestoreIsRecorded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.accepted(t, entry{Actor: "operator", Action: "restore", Type: "system", Target: "database", Status: 200}, func() error {
		return s.RecordRestore(t.Context(), org.Request{}, 0)
	})
}
