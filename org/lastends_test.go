package org_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/org/services"
)

// ended is the wish for a record with an end, or for none.
func ended(at time.Time) org.Input[org.RecordInput] {
	in := org.RecordInput{KeepReason: true}
	if !at.IsZero() {
		in.Until = &at
	}
	return org.Given(in)
}

// TestRecordRules checks rows R1, R6 and R7 of docs/spec/assigning.md, of roles and of the membership: an earlier end is taking, and a later one, or none, is giving, with
// all rules of giving.
func TestRecordRules(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	server := service{services.New(s.db, services.Options{Now: s.clock.now, HashCost: cheapHash})}
	for name, list := range map[string]string{
		"giver": "assign_org_role:assign template:read", "taker": "assign_org_role:unassign template:read",
		"poor":  "assign_org_role:assign assign_org_role:unassign",
		"adder": "organization_member:create assign_org_role:assign template:read", "remover": "organization_member:delete",
		"bare": "organization_member:create assign_org_role:assign",
	} {
		s.exec(t, "INSERT INTO roles VALUES (?, ?, ?, '', 2, ?, ?, '', 1, '')", id("role "+name).String(), home.String(), name, start, start)
		for _, p := range append(strings.Fields(list), "organization_member:read") {
			s.store(t, name, "organization", p)
		}
		s.insert(t, person{name: name, home: []string{name}})
	}
	now := s.clock.still()
	week, month := now.AddDate(0, 0, 7), now.AddDate(0, 1, 0)
	end := time.Unix(0, 0) // the wish to end it
	const ok, forbidden, invalid = org.Kind(200), org.Forbidden, org.Invalid
	for _, c := range []struct {
		by, role string
		from, to time.Time // zero: no end
		want     org.Kind
	}{
		{"giver", "viewer", week, month, ok}, {"giver", "viewer", week, time.Time{}, ok},
		{"giver", "viewer", month, week, forbidden}, {"giver", "viewer", time.Time{}, week, forbidden}, {"giver", "viewer", week, end, forbidden},
		{"taker", "viewer", month, week, ok}, {"taker", "viewer", time.Time{}, week, ok}, {"taker", "viewer", week, end, ok},
		{"taker", "viewer", week, month, forbidden}, {"taker", "viewer", week, time.Time{}, forbidden},
		{"poor", "viewer", week, month, forbidden}, {"poor", "viewer", month, week, forbidden}, {"poor", "viewer", week, end, forbidden},
		{"giver", "organization-auditor", week, month, forbidden}, // a built-in role, which custom roles never hand out
		{"taker", "organization-auditor", month, week, forbidden},
		{"m", "viewer", week, month, invalid}, // its own
		{"ota", "viewer", week, month, forbidden},
		{"oa", "organization-auditor", week, time.Time{}, ok}, {"oa", "organization-auditor", time.Time{}, week, ok},

		{"adder", "organization-member", week, month, ok}, {"adder", "organization-member", week, time.Time{}, ok},
		{"adder", "organization-member", month, week, forbidden}, {"adder", "organization-member", week, end, forbidden},
		{"remover", "organization-member", month, week, ok}, {"remover", "organization-member", time.Time{}, week, ok},
		{"remover", "organization-member", week, end, ok}, {"remover", "organization-member", week, month, forbidden},
		{"bare", "organization-member", week, month, forbidden}, // it would hold viewer longer, too
		{"giver", "organization-member", week, month, forbidden}, {"taker", "organization-member", month, week, forbidden},
		{"m", "organization-member", week, month, invalid},
	} {
		t.Run(fmt.Sprintln(c.by, c.role, c.from, c.to), func(t *testing.T) {
			s.exec(t, "DELETE FROM organization_members WHERE user_id = ?", id("m").String())
			s.join(t, home, "m")
			if c.role == "organization-member" {
				s.give(t, home, "m", "viewer")
			}
			s.record(t, home, "m", c.role, org.SourceManual, c.from)
			s.exec(t, "UPDATE revisions SET value = value + 1")
			by := s.as(t, c.by)
			before := s.everything(t)
			var err error
			if c.to.Equal(end) {
				_, err = server.EndMemberRole(t.Context(), by, "default", "m", c.role, nil)
			} else {
				_, _, err = server.PutMemberRole(t.Context(), by, "default", "m", c.role, ended(c.to))
			}
			switch {
			case c.want == ok && err != nil, c.want != ok && (err == nil || org.KindOf(err) != c.want):
				t.Errorf("got %v", err)
			case c.want != ok && fmt.Sprint(before) != fmt.Sprint(s.everything(t)):
				t.Error("a refused change changed something")
			}
		})
	}
}

// Nobody gives the last owner, or the last admin of an organization, an end: neither of the role nor of the membership, nor by
// taking the record beside one of a provider that ends.
func TestNoEndForTheLast(t *testing.T) {
	t.Parallel()
	for _, source := range []org.Source{org.SourceManual, org.SourceInvite} {
		s := newSite(t)
		s.insert(t, person{name: "oa2", home: []string{"organization-admin"}, login: "none"}, person{name: "robot", site: []string{"owner"}, login: "none"})
		s.exec(t, "UPDATE member_roles SET source = ? WHERE user_id = ?", string(source), id("oa").String())
		s.exec(t, "UPDATE user_roles SET source = ? WHERE user_id = ?", string(source), id("o").String())
		tomorrow := s.clock.still().Add(24 * time.Hour)
		s.record(t, home, "oa", "organization-admin", "oidc:okta", tomorrow)
		s.record(t, home, "oa", "organization-member", "oidc:okta", tomorrow)
		s.record(t, uuid.Nil, "o", "owner", "oidc:okta", tomorrow)
		s.exec(t, "UPDATE revisions SET value = value + 1")
		admins := map[string]func() error{}
		for _, role := range []string{"organization-admin", "organization-member"} {
			admins["put "+role] = func() error {
				_, _, err := s.PutMemberRole(t.Context(), s.as(t, "oa2"), "default", "oa", role, ended(tomorrow))
				return err
			}
			admins["end "+role] = func() error {
				_, err := s.EndMemberRole(t.Context(), s.as(t, "oa2"), "default", "oa", role, nil)
				return err
			}
		}
		for name, do := range admins {
			t.Run(name, func(t *testing.T) { s.refused(t, lastAdmin, 1, do) })
		}
		owners := map[string]func() error{
			"put owner": func() error {
				_, _, err := s.PutUserRole(t.Context(), s.as(t, "robot"), "o", "owner", ended(tomorrow))
				return err
			},
			"end owner": func() error {
				_, err := s.EndUserRole(t.Context(), s.as(t, "robot"), "o", "owner", nil)
				return err
			},
		}
		for name, do := range owners {
			t.Run(name, func(t *testing.T) { s.refused(t, lastOwner, 1, do) })
		}
		// With another one for good each of them goes.
		s.insert(t, person{name: "oa3", home: []string{"organization-admin"}}, person{name: "o2", site: []string{"owner"}})
		s.exec(t, "UPDATE revisions SET value = value + 1")
		for _, name := range []string{"put organization-admin", "put organization-member"} {
			if err := admins[name](); err != nil {
				t.Errorf("%s beside another admin: %v", name, err)
			}
		}
		if err := owners["put owner"](); err != nil {
			t.Errorf("beside another owner: %v", err)
		}
	}
}

// B12: two give each other an end at the same moment. One of them stays for good.
func TestB12_EndRaces(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.insert(t, person{name: "oa2"}, person{name: "o2"})
	other := openSite(t, s.place)
	for range rounds(100) {
		s.exec(t, "DELETE FROM organization_members WHERE user_id IN (?, ?)", id("oa").String(), id("oa2").String())
		for _, name := range []string{"oa", "oa2"} {
			s.join(t, home, name)
			s.give(t, home, name, "organization-admin")
		}
		for _, name := range []string{"o", "o2"} {
			s.record(t, uuid.Nil, name, "owner", org.SourceManual, time.Time{})
		}
		s.exec(t, "UPDATE revisions SET value = value + 1")
		until := s.clock.still().Add(24 * time.Hour)
		a, b, o, o2 := s.as(t, "oa"), other.as(t, "oa2"), s.as(t, "o"), other.as(t, "o2")
		if won := race(
			func() error {
				_, _, err := s.PutMemberRole(t.Context(), a, "default", "oa2", "organization-admin", ended(until))
				return err
			},
			func() error {
				_, _, err := other.PutMemberRole(t.Context(), b, "default", "oa", "organization-member", ended(until))
				return err
			}); won != 1 {
			t.Fatalf("%d admins got an end", won)
		}
		if won := race(
			func() error { _, _, err := s.PutUserRole(t.Context(), o, "o2", "owner", ended(until)); return err },
			func() error { _, _, err := other.PutUserRole(t.Context(), o2, "o", "owner", ended(until)); return err }); won != 1 {
			t.Fatalf("%d owners got an end", won)
		}
	}
}

// Only who can sign in keeps a site or an organization: with a password that there is and that the policy lets in, or at a
// provider of the settings.
func TestWaysIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		login, password, provider string
		policy                    org.PasswordPolicy
		owner, admin, manager     bool // whether it counts as one
	}{
		{"password", unknownPassword, "", "", true, true, true},
		{"password", "", "", "", false, false, false},
		{"password", unknownPassword, "", org.PasswordsForOwners, true, false, false},
		{"password", unknownPassword, "", org.PasswordsForNobody, false, false, false},
		{"password", "", "okta", org.PasswordsForNobody, true, true, true},
		{"password", unknownPassword, "gone", org.PasswordsForNobody, false, false, false},
		{"oidc", "", "okta", org.PasswordsForNobody, true, true, true},
		{"oidc", "", "gone", "", false, false, false},
		{"oidc", "", "", "", false, false, false},
		{"none", "", "okta", "", false, false, false},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			s := stewardSite(t, person{name: "a", home: []string{"organization-admin"}}, person{name: "b", home: []string{"organization-admin"}},
				person{name: "o2", site: []string{"owner"}}, person{name: "st2", home: []string{"steward"}})
			for _, name := range []string{"b", "o2", "st2"} {
				s.exec(t, "UPDATE users SET login_type = ?, password_hash = ? WHERE id = ?", c.login, c.password, id(name).String())
				if c.provider != "" {
					s.exec(t, "INSERT INTO user_identities (issuer, subject, user_id, provider, email, claims, created_at) VALUES ('https://id.example', ?, ?, ?, '', '{}', ?)",
						name, id(name).String(), c.provider, start)
				}
			}
			// Who goes could sign in until then, whatever the policy.
			for _, name := range []string{"a", "o", "st"} {
				s.exec(t, "INSERT INTO user_identities (issuer, subject, user_id, provider, email, claims, created_at) VALUES ('https://id.example', ?, ?, 'okta', '', '{}', ?)",
					name, id(name).String(), start)
			}
			server := service{services.New(s.db, services.Options{Now: s.clock.now, HashCost: cheapHash, Providers: []string{"okta"}, Passwords: c.policy})}
			stays := func(what, words string, err error, want bool) {
				t.Helper()
				if counts := err == nil; counts != want || err != nil && !strings.Contains(err.Error(), words) {
					t.Errorf("%s: it counts %v: %v", what, counts, err)
				}
			}
			stays("owner", lastOwner.Message, drop(server.SetUserRoles(t.Context(), s.Operator(), "o", roles())), c.owner)
			stays("admin", lastAdmin.Message, drop(server.SetMemberRoles(t.Context(), s.as(t, "b"), "default", "a", roles("viewer"))), c.admin)
			s.exec(t, "DELETE FROM member_roles WHERE role = 'organization-admin'")
			stays("manager", "Someone must still be able", drop(server.SetMemberRoles(t.Context(), s.as(t, "robot"), "default", "st", roles())), c.manager)
		})
	}
}

// An owner until tomorrow whom the operator recovers is one for good.
func TestRecoverOwnerWithAnEnd(t *testing.T) {
	t.Parallel()
	for _, source := range []org.Source{org.SourceManual, org.SourceOperator, "oidc:okta"} {
		for _, end := range []time.Duration{-time.Hour, time.Hour} { // the first is stored still
			s := newSite(t)
			s.exec(t, "DELETE FROM user_roles WHERE role = 'owner'")
			s.record(t, uuid.Nil, "m", "owner", source, s.clock.still().Add(end))
			s.exec(t, "UPDATE revisions SET value = value + 1")
			if _, err := s.RecoverOwner(t.Context(), org.Request{}, org.OwnerRecovery{Username: "m", Password: "back in at last"}); err != nil {
				t.Fatal(err)
			}
			if found, err := s.CheckIntegrity(t.Context()); err != nil || len(found) > 0 {
				t.Errorf("%s %v: found %v, %v", source, end, found, err)
			}
		}
	}
}

// What machines made is not undone here, and an undo keeps the ends that are still ahead.
func TestUndoOfEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	servers, clock := s.servers(t, 1)
	server := servers[0]
	o := s.as(t, "o")
	last := func() string { return s.text(t, "SELECT id FROM audit_logs ORDER BY seq DESC LIMIT 1") }
	week, month := clock.now().AddDate(0, 0, 7), clock.now().AddDate(0, 1, 0)
	put := func(at time.Time) {
		t.Helper()
		if _, _, err := server.PutMemberRole(t.Context(), o, "default", "m", "viewer", ended(at)); err != nil {
			t.Fatal(err)
		}
	}
	ends := func() string {
		var list []string
		for _, r := range dbtest.Rows(t, s.place, "SELECT source, coalesce(CAST(ends_at AS text), 'for good') FROM member_roles WHERE username_key = 'm' AND role = 'viewer'") {
			list = append(list, strings.Join(r, " "))
		}
		return strings.Join(list, ", ")
	}
	put(month)
	atMonth := ends()
	put(week)
	atWeek := ends()
	shortened := last()
	if _, err := server.Undo(t.Context(), s.as(t, "ota"), shortened); err == nil {
		t.Error("whoever may not give made it longer")
	}
	if _, err := server.Undo(t.Context(), o, shortened); err != nil || ends() != atMonth {
		t.Errorf("undone: %v, %s, want %s", err, ends(), atMonth)
	}
	if _, err := server.Undo(t.Context(), o, last()); err != nil || ends() != atWeek {
		t.Errorf("and again: %v, %s, want %s", err, ends(), atWeek)
	}
	if _, err := server.EndMemberRole(t.Context(), o, "default", "m", "viewer", nil); err != nil {
		t.Fatal(err)
	}
	taken := last()
	clock.set(week)
	if _, err := server.Undo(t.Context(), o, taken); org.KindOf(err) != org.Conflict || ends() != "" {
		t.Errorf("what would be over came back: %v, %s", err, ends())
	}
	put(month)
	clock.set(month)
	if n, err := server.SweepEnded(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := server.Undo(t.Context(), o, last()); org.KindOf(err) != org.Invalid || !strings.Contains(fmt.Sprint(err), "system:expiry") && !strings.Contains(fmt.Sprint(err), "can't be undone here") {
		t.Errorf("what the sweeper did was undone: %v", err)
	}
}
