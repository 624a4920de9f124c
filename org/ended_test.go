package org_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

func noManagerForGood(of string) *org.Error {
	return &org.Error{Kind: org.Invalid, Message: "Someone must still be able to manage this organization.",
		Detail: "After this change every active member of " + of + " who could read it and manage its roles would lose that on a set date. Ask a site owner."}
}

// Guard rail R3 counts what is held for good: beside those who are able until tomorrow, the one who is able for good stays so.
func TestSomebodyStaysAbleForGood(t *testing.T) {
	t.Parallel()
	s := stewardSite(t, person{name: "brief", home: []string{"steward"}}, person{name: "guest", home: []string{"steward"}},
		person{name: "loan", home: none, site: []string{"keeper"}})
	tomorrow := s.clock.still().Add(24 * time.Hour)
	undo := s.undoable(t)
	s.record(t, home, "brief", "steward", org.SourceManual, tomorrow)
	s.record(t, home, "guest", "organization-member", org.SourceManual, tomorrow)
	s.record(t, uuid.Nil, "loan", "keeper", org.SourceManual, tomorrow)
	s.exec(t, "UPDATE revisions SET value = value + 1")
	put := func(role string) func(*org.Actor) error {
		return func(by *org.Actor) error {
			return drop2(s.PutMemberRole(t.Context(), by, "default", "st", role, ended(tomorrow)))
		}
	}
	writes := stewardWrites(t, s, undo)
	for name, w := range writes {
		if strings.HasPrefix(name, "deny ") || strings.HasPrefix(name, "without ") || strings.HasPrefix(name, "role ") {
			continue // loan does not hold that role, and stays able until tomorrow
		}
		t.Run(name, func(t *testing.T) {
			s.refused(t, noManagerForGood("Acme"), 1, func() error { return w.do(s.as(t, w.by)) })
		})
	}
	for _, name := range []string{"without assign_org_role:update", "deny organization:read", "role delete", "role restore"} {
		t.Run(name, func(t *testing.T) {
			s.refused(t, noManagerForGood("Acme"), 1, func() error { return writes[name].do(s.as(t, writes[name].by)) })
		})
	}
	t.Run("an end of the role", func(t *testing.T) {
		s.refused(t, noManagerForGood("Acme"), 1, func() error { return put("steward")(s.as(t, "robot")) })
	})
	t.Run("an end of the membership", func(t *testing.T) {
		s.refused(t, noManagerForGood("Acme"), 1, func() error { return put("organization-member")(s.as(t, "robot")) })
	})
	robot := s.as(t, "robot")
	if m, err := s.Member(t.Context(), robot, "default", "st"); err != nil || !strings.Contains(m.RemoveRefusal, "The only one who can manage Acme") {
		t.Errorf("told %q, %v", m.RemoveRefusal, err)
	}
	// Nobody is kept from what leaves it as it was.
	remove := func(name string) error { return drop(s.RemoveMember(t.Context(), dry(robot), "default", name, nil)) }
	for _, name := range []string{"brief", "guest", "loan", "m"} {
		if err := remove(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	by, impact := dryRun(s.as(t, "o"))
	if err := drop(s.RemoveMember(t.Context(), by, "default", "st", nil)); err != nil || !strings.Contains(impact.Warning, "on a set date") {
		t.Errorf("an owner is warned with %q, %v", impact.Warning, err)
	}
	// Where nobody is able for good already, anything goes that leaves somebody able.
	s.record(t, home, "st", "steward", org.SourceManual, tomorrow)
	s.exec(t, "UPDATE revisions SET value = value + 1")
	robot = s.as(t, "robot")
	if err := remove("st"); err != nil {
		t.Errorf("one of those until tomorrow: %v", err)
	}
	if err := put("steward")(dry(robot)); err != nil {
		t.Errorf("the same end: %v", err)
	}
	s.exec(t, "DELETE FROM member_roles WHERE role = 'steward' AND user_id <> ?", id("st").String())
	s.exec(t, "DELETE FROM user_roles WHERE role = 'keeper'")
	robot = s.as(t, "robot")
	same(t, remove("st"), noManager("Acme"))
}

// until is how an end is shown in a test: in hours from the beginning.
func until(at, from time.Time) string {
	if at.IsZero() {
		return "for good"
	}
	return fmt.Sprint(at.Sub(from).Hours())
}

// Explanations and lists of who can say until when: the first end after which the engine would say otherwise.
func TestAnswersSayUntilWhen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	servers, clock := s.servers(t, 1)
	now := clock.now()
	in := func(hours int) time.Time { return now.Add(time.Duration(hours) * time.Hour) }
	owner, err := servers[0].UserSubject(t.Context(), id("o"))
	if err != nil {
		t.Fatal(err)
	}
	q := org.Question{Action: "read", ResourceType: "template"}
	ask := func() string {
		t.Helper()
		e, err := servers[0].Explain(t.Context(), owner, "default", "m", q)
		if err != nil {
			t.Fatal(err)
		}
		told := fmt.Sprint(e.Allowed(), " ", until(e.Until, now))
		w, err := servers[0].WhoCan(t.Context(), owner, "default", q, org.WhoCanPage{})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range w.Members {
			if m.Member.Username == "m" {
				told += " row " + until(m.Until, now)
			}
		}
		err = servers[0].EachWhoCan(t.Context(), owner, "default", org.Everybody{Question: q}, func(p *org.AblePerson) error {
			if p.Username == "m" {
				told += " stream " + until(p.Until, now)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return told
	}
	s.store(t, "curb", "organization", "!template:read")
	for _, c := range []struct {
		place uuid.UUID
		role  string
		end   int // 0: none
		want  string
	}{
		{home, "viewer", 5, "true 5 row 5 stream 5"},
		{home, "dealer", 3, "true 5 row 5 stream 5"}, // which allows it too
		{home, "dealer", 9, "true 9 row 9 stream 9"},
		{home, "organization-member", 7, "true 7 row 7 stream 7"},
		{home, "curb", 2, "false 2"},
		{home, "curb", 7, "false for good"},
		{uuid.Nil, "site-reader", 4, "true 4 row 4 stream 4"},
		{uuid.Nil, "site-reader", 0, "true for good row for good stream for good"},
	} {
		end := time.Time{}
		if c.end > 0 {
			end = in(c.end)
		}
		s.record(t, c.place, "m", c.role, org.SourceManual, end)
		if got := ask(); got != c.want {
			t.Errorf("with %s until %d: %s, want %s", c.role, c.end, got, c.want)
		}
	}
	e, err := servers[0].Explain(t.Context(), owner, "default", "m", q)
	if err != nil || !e.Ends[org.HeldRole{Place: home, Role: "viewer"}].Equal(in(5)) || !e.Ends[org.HeldRole{Place: home, Role: "dealer"}].Equal(in(7)) {
		t.Errorf("the roles end %v, %v", e.Ends, err)
	}
	// Somebody outside, by a role of the site.
	s.record(t, uuid.Nil, "x", "site-reader", org.SourceManual, in(6))
	w, err := servers[0].WhoCan(t.Context(), owner, "default", q, org.WhoCanPage{})
	found := slices.IndexFunc(w.Outside.Users, func(u org.WhoCanUser) bool { return u.User.Username == "x" })
	if err != nil || found < 0 || !w.Outside.Users[found].Until.Equal(in(6)) {
		t.Errorf("outside: %+v, %v", w.Outside, err)
	}
}

// Whose membership has ended may be added again, and belongs there no more, swept or not.
func TestEndedMembershipIsNone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	servers, clock := s.servers(t, 1)
	end := clock.now().Add(time.Hour)
	s.record(t, home, "dealer", "organization-member", org.SourceManual, end)
	owner, err := servers[0].UserSubject(t.Context(), id("o"))
	if err != nil {
		t.Fatal(err)
	}
	look := func() (told []string) {
		t.Helper()
		for _, query := range []string{"", "deal"} {
			_, users, err := servers[0].Candidates(t.Context(), owner, "default", query)
			told = append(told, fmt.Sprint(err, slices.ContainsFunc(users, func(u org.User) bool { return u.Username == "dealer" })))
		}
		list, err := servers[0].Users(t.Context(), owner, org.UserFilter{})
		for _, u := range list.Users {
			if u.Username == "dealer" || u.Username == "m" {
				told = append(told, fmt.Sprint(err, len(u.OrganizationIDs)))
			}
		}
		u, err := servers[0].User(t.Context(), owner, "dealer")
		told = append(told, fmt.Sprint(err, len(u.OrganizationIDs)))
		orgs, err := servers[0].UserOrganizations(t.Context(), owner, "dealer")
		told = append(told, fmt.Sprint(err, len(orgs)))
		names, err := servers[0].UserRoles(t.Context(), owner, "dealer")
		return append(told, fmt.Sprint(err, len(names.Organizations)))
	}
	const n = "<nil>"
	if got, want := fmt.Sprint(look()), fmt.Sprint([]string{n + "false", n + "false", n + " 1", n + " 1", n + " 1", n + " 1", n + " 1"}); strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
		t.Errorf("before the end: %s, want %s", got, want)
	}
	clock.set(end)
	if got, want := fmt.Sprint(look()), fmt.Sprint([]string{n + "true", n + "true", n + " 0", n + " 1", n + " 0", n + " 0", n + " 0"}); strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
		t.Errorf("at the end: %s, want %s", got, want)
	}
}

// allTokens is the tokens of all accounts.
func (s *site) allTokens(ctx context.Context, by *org.Actor, user string) (list []org.Token, err error) {
	err = s.EachToken(ctx, by, user, org.TokenFilter{}, func(t *org.Token) error {
		list = append(list, *t)
		return nil
	})
	return list, err
}

// The tokens of all accounts come in pieces, each token once, those that end first before the others.
func TestAllTokensInPieces(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const many = 1203
	s.write(t, func(q *db.Queries) (err error) {
		for i := range many {
			name := fmt.Sprintf("t%09d", i)
			err = errors.Join(err, q.InsertAPIKey(t.Context(), db.InsertAPIKeyParams{ID: name, UserID: id("m"), SecretHash: []byte{1}, Name: name,
				LoginType: "token", Scope: "all", Now: start, ExpiresAt: start.AddDate(0, 1, i%7)})) // many of them at one time
		}
		return err
	})
	list, err := s.allTokens(t.Context(), s.as(t, "o"), "me")
	if err != nil || len(list) != many {
		t.Fatalf("%d tokens, %v", len(list), err)
	}
	if !slices.IsSortedFunc(list, func(a, b org.Token) int {
		if c := a.ExpiresAt.Compare(b.ExpiresAt); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	}) {
		t.Error("not in order")
	}
	seen := map[string]bool{}
	for _, token := range list {
		seen[token.ID] = true
	}
	if len(seen) != many {
		t.Errorf("%d different tokens", len(seen))
	}
}

// A dry run names what ends by itself of that which the change gives.
func TestImpactNamesEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	end := s.clock.still().AddDate(0, 0, 7).Truncate(time.Second)
	s.give(t, home, "curbed", "viewer")
	o := s.as(t, "o")
	told := func(i org.Impact, err error) string {
		if err != nil {
			return err.Error()
		}
		var list []string
		for _, e := range i.Ends {
			list = append(list, fmt.Sprint(e.Role.Label(), " ", e.Until.Equal(end), " ", e.Members))
		}
		return strings.Join(list, ", ")
	}
	for name, c := range map[string][2]string{
		"roles":      {told(s.PreviewMemberRoles(t.Context(), o, "default", "m", org.Given(org.RolesInput{Roles: []string{"viewer", "curb"}, Terms: org.Terms{Until: &end}}))), "CURB true 1, VIEWER true 1"},
		"one":        {told(s.PreviewMemberRole(t.Context(), o, "default", "viewer", "viewer", ended(end))), "VIEWER true 1"},
		"membership": {told(s.PreviewMemberRole(t.Context(), o, "default", "m", "organization-member", ended(end))), "Membership true 1"},
		"site":       {told(s.PreviewUserRole(t.Context(), o, "m", "auditor", ended(end))), "Auditor true 1"},
		"for good":   {told(s.PreviewMemberRoles(t.Context(), o, "default", "m", roles("viewer"))), ""},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: told %q, want %q", name, c[0], c[1])
		}
	}
	_, impact, err := s.PreviewBulk(t.Context(), o, "default", given(org.Bulk{Action: org.BulkAddRole, Role: "viewer", Users: []string{"m", "curbed", "dealer"}, Terms: org.Terms{Until: &end}}))
	if got := told(impact, err); got != "VIEWER true 2" { // curbed has it for good
		t.Errorf("of many: told %q", got)
	}
}
