package org_test

import (
	"database/sql"
	"slices"
	"strings"
	"testing"
	"time"

	"rolecall.example/org"
)

// TestReplaceRole: one role instead of another is what taking the one and giving the other would be, for each member, and
// what would have ended still ends then.
func TestReplaceRole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	end, later := s.clock.still().Add(org.Day).Truncate(time.Second), s.clock.still().Add(2*org.Day).Truncate(time.Second)
	s.record(t, home, "m", "viewer", org.SourceManual, end)
	s.record(t, home, "maker", "viewer", "oidc:okta", time.Time{})
	s.record(t, home, "reader", "viewer", org.SourceManual, end)
	s.record(t, home, "reader", "organization-auditor", org.SourceManual, later)
	s.record(t, home, "o", "viewer", org.SourceManual, time.Time{})
	before := s.records(t)

	in := org.Bulk{Action: org.BulkReplaceRole, Role: "viewer", With: "organization-auditor", Match: &org.MemberFilter{}}
	r, impact, err := s.PreviewBulk(t.Context(), s.as(t, "o"), "default", given(in))
	if err != nil || len(r.Done) != 3 || len(r.Refused) != 2 || impact.Members != 3 {
		t.Fatalf("foreseen: %d of %d, %v; %v", len(r.Done), impact.Members, r.Refused, err)
	}
	if s.records(t) != before {
		t.Fatal("a preview changed something")
	}
	r, err = s.BulkMembers(t.Context(), s.as(t, "o"), "default", given(in))
	if err != nil {
		t.Fatal(err)
	}
	var refused []string
	for _, f := range r.Refused {
		refused = append(refused, f.Who+": "+f.Reason)
	}
	if want := []string{`maker: "viewer" comes from oidc:okta`, "o: Another user with the appropriate permissions must change your roles."}; !slices.Equal(refused, want) {
		t.Errorf("refused %q, want %q", refused, want)
	}
	want := sorted(strings.NewReplacer(
		"m viewer manual "+stamp(end), "m organization-auditor manual "+stamp(end),
		"reader viewer manual "+stamp(end)+"\n", "",
		"viewer viewer manual -", "viewer organization-auditor manual -",
	).Replace(before + "\n"))
	if got := s.records(t); got != want {
		t.Errorf("stored\n%s\nwant\n%s", got, want)
	}
	if _, err := s.UndoBatch(t.Context(), s.as(t, "o"), r.Entry.String()); err != nil {
		t.Fatal(err)
	}
	if got := s.records(t); got != before {
		t.Errorf("after the undo\n%s\nwant\n%s", got, before)
	}

	in = org.Bulk{Action: org.BulkReplaceRole, Role: "viewer", With: "curb", Users: []string{"m"}, Terms: org.Terms{Until: &later}}
	if _, err := s.BulkMembers(t.Context(), s.as(t, "o"), "default", given(in)); err != nil {
		t.Fatal(err)
	}
	if line := "m curb manual " + stamp(later); !strings.Contains(s.records(t), line) {
		t.Errorf("no %q in\n%s", line, s.records(t))
	}
}

// TestReplaceRoleRefused: whoever may only give, or only take, may not do both at once, and bad roles are told of together.
func TestReplaceRoleRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before := s.records(t)
	for _, tt := range []struct {
		as, role, with string
		want           string
	}{
		{"o", "viewer", "viewer", "with must be another role"},
		{"o", "nothing", "none", `role "nothing" is not a role of Acme; with "none" is not a role of Acme`},
		{"o", "viewer", "", `with "" is not a role of Acme`},
		{"dealer", "viewer", "organization-auditor", `not authorized to assign role "organization-auditor"`},
		{"dealer", "organization-auditor", "viewer", `not authorized to assign role "organization-auditor"`},
		{"m", "viewer", "curb", "Forbidden."},
	} {
		in := org.Bulk{Action: org.BulkReplaceRole, Role: tt.role, With: tt.with, Users: []string{"viewer"}}
		_, err := s.BulkMembers(t.Context(), s.as(t, tt.as), "default", given(in))
		var got []string
		for _, f := range org.FieldsOf(err) {
			got = append(got, f.Field+" "+f.Detail)
		}
		if text := strings.Join(got, "; "); err == nil || text != tt.want && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s replaces %s with %s: %v (%s), want %s", tt.as, tt.role, tt.with, err, text, tt.want)
		}
	}
	if s.records(t) != before {
		t.Error("something was changed")
	}
}

// records is everything that members have in organizations, a line each: who, what, from where, until when.
func (s *site) records(t *testing.T) string {
	t.Helper()
	rows, err := s.raw.QueryContext(t.Context(), "SELECT username_key, role, source, ends_at FROM member_roles")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var who, role, source string
		var ends sql.NullTime
		if err := rows.Scan(&who, &role, &source, &ends); err != nil {
			t.Fatal(err)
		}
		until := "-"
		if ends.Valid {
			until = stamp(ends.Time)
		}
		lines = append(lines, strings.Join([]string{who, role, source, until}, " "))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// stamp is a moment as a line has it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func sorted(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
