package org_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/org/directory"
	"rolecall.example/org/scim"
)

// sender is a directory that sends requests to a site.
type sender struct {
	*site
	t *testing.T
	c *directory.Caller
}

// directory sets one up for an organization, and lets it in.
func (s *site) directory(t *testing.T, by, organization string) *sender {
	t.Helper()
	token, err := s.Directory.CreateToken(t.Context(), s.as(t, by), organization, org.Given(org.NewDirectoryToken{}))
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Directory.Authenticate(t.Context(), organization, token.Secret, org.Request{ID: "r"})
	if err != nil {
		t.Fatal(err)
	}
	return &sender{s, t, c}
}

func (s *sender) document(text string) scim.Document {
	s.t.Helper()
	d, err := scim.ParseDocument([]byte(text))
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// user sends somebody whose userName is an address.
func (s *sender) user(name, more string) (scim.Resource, error) {
	s.t.Helper()
	return s.Directory.CreateUser(s.t.Context(), s.c, s.document(`{"userName":"`+name+`"`+more+`}`))
}

func (s *sender) mustUser(name, more string) scim.Resource {
	s.t.Helper()
	r, err := s.user(name, more)
	if err != nil {
		s.t.Fatalf("user %s: %v", name, err)
	}
	return r
}

func (s *sender) patch(id uuid.UUID, operations string) error {
	s.t.Helper()
	p, err := scim.ParsePatch(s.document(`{"Operations":[`+operations+`]}`), scim.Users)
	if err == nil {
		_, err = s.Directory.PatchUser(s.t.Context(), s.c, id.String(), nil, p)
	}
	return err
}

func (s *sender) patchGroup(id uuid.UUID, operations string) error {
	s.t.Helper()
	p, err := scim.ParsePatch(s.document(`{"Operations":[`+operations+`]}`), scim.Groups)
	if err == nil {
		_, err = s.Directory.PatchGroup(s.t.Context(), s.c, id.String(), nil, p)
	}
	return err
}

func (s *sender) group(name string, members ...scim.Resource) (scim.Resource, error) {
	s.t.Helper()
	var list []string
	for _, m := range members {
		list = append(list, `{"value":"`+m.ID.String()+`"}`)
	}
	return s.Directory.CreateGroup(s.t.Context(), s.c, s.document(`{"displayName":"`+name+`","members":[`+strings.Join(list, ",")+`]}`))
}

func (s *sender) rules(by string, rules ...org.DirectoryRule) error {
	_, err := s.Directory.SetRules(s.t.Context(), s.as(s.t, by), "default", org.Given(org.NewDirectoryRules{Rules: rules}))
	return err
}

// held is what an account holds in "default": a line for each record.
func (s *sender) held(email string) string {
	s.t.Helper()
	rows := dbtest.Rows(s.t, s.place, "SELECT r.role || ' ' || r.source FROM member_roles r JOIN users u ON u.id = r.user_id WHERE u.email_key = '"+email+
		"' AND r.organization_id = '"+home.String()+"' ORDER BY 1")
	var lines []string
	for _, r := range rows {
		lines = append(lines, fmt.Sprint(r[0]))
	}
	return strings.Join(lines, ", ")
}

func (s *sender) one(query string) string {
	s.t.Helper()
	rows := dbtest.Rows(s.t, s.place, query)
	if len(rows) != 1 {
		return fmt.Sprintf("%d rows", len(rows))
	}
	return strings.Join(rows[0], " ")
}

func (s *sender) status(email string) string {
	s.t.Helper()
	return s.one("SELECT status FROM users WHERE email_key = '" + email + "'")
}

// wantKind compares the kind of an error, and what it is called by the standard.
func wantKind(t *testing.T, what string, err error, kind org.Kind, code string) {
	t.Helper()
	e, ok := errors.AsType[*org.Error](err)
	if !ok || e.Kind != kind || e.Code != code {
		t.Errorf("%s: %v, want kind %d %s", what, err, kind, code)
	}
}

const off, on = `{"op":"Replace","path":"active","value":"False"}`, `{"op":"replace","value":{"active":true}}`

// TestDirectoryUsers: D1 to D8 of docs/spec/directories.md.
func TestDirectoryUsers(t *testing.T) {
	t.Parallel()
	s := newSite(t).directory(t, "o", "default")
	ada := s.mustUser("ada@corp.example", `,"externalId":"e1","displayName":"Ada L","name":{"givenName":"Ada"}`)
	if got := s.held("ada@corp.example"); got != "organization-member scim:default" {
		t.Errorf("D2: holds %s", got)
	}
	if got := s.one("SELECT username, name, status, login_type FROM users WHERE email_key = 'ada@corp.example'"); got != "ada Ada L active oidc" {
		t.Errorf("D2: the account is %s", got)
	}
	_, err := s.user("ADA@corp.example", "")
	wantKind(t, "D1: the same userName", err, org.Conflict, scim.Uniqueness)
	_, err = s.user("other", `,"externalId":"e1"`)
	wantKind(t, "D1: the same externalId", err, org.Conflict, scim.Uniqueness)
	_, err = s.user("other", `,"emails":[{"value":"ada@corp.example"}]`)
	wantKind(t, "D1: the same account", err, org.Conflict, scim.Uniqueness)

	// D3: somebody who was there before stays who it was.
	before := s.one("SELECT username, name, status, email, version FROM users WHERE email_key = 'x@example.com'")
	x := s.mustUser("x@example.com", `,"displayName":"Mallory"`)
	if err := s.patch(x.ID, `{"op":"replace","path":"displayName","value":"Eve"}`); err != nil {
		t.Error(err)
	}
	if after := s.one("SELECT username, name, status, email, version FROM users WHERE email_key = 'x@example.com'"); after != before {
		t.Errorf("D3: %s became %s", before, after)
	}
	// D5: of a managed one the name and the address follow.
	if err := s.patch(ada.ID, `{"op":"replace","path":"displayName","value":"Ada K"},{"op":"add","path":"emails","value":[{"value":"ada.k@corp.example","primary":true}]}`); err != nil {
		t.Fatal(err)
	}
	if got := s.one("SELECT name, email, version FROM users WHERE username = 'ada'"); got != "Ada K ada.k@corp.example 2" {
		t.Errorf("D5: the account is %s", got)
	}
	err = s.patch(ada.ID, `{"op":"replace","path":"emails","value":[{"value":"o@example.com","primary":true}]}`)
	wantKind(t, "D5: the address of another account", err, org.Conflict, scim.Uniqueness)

	// D6: with what others gave, and without its tokens.
	if _, err := s.SetMemberRoles(t.Context(), s.as(t, "o"), "default", "ada", org.Given(org.RolesInput{Roles: []string{"viewer"}})); err != nil {
		t.Fatal(err)
	}
	if err := s.patch(ada.ID, off); err != nil {
		t.Fatal(err)
	}
	if held, status := s.held("ada.k@corp.example"), s.status("ada.k@corp.example"); held != "" || status != "suspended" {
		t.Errorf("D6: holds %q, is %s", held, status)
	}
	if err := s.patch(x.ID, off); err != nil {
		t.Fatal(err)
	}
	if held, status := s.held("x@example.com"), s.status("x@example.com"); held != "" || status != "active" {
		t.Errorf("D6: the linked account holds %q, is %s", held, status)
	}
	// D7: back, with what the directory gives.
	if err := s.patch(ada.ID, on); err != nil {
		t.Fatal(err)
	}
	if held, status := s.held("ada.k@corp.example"), s.status("ada.k@corp.example"); held != "organization-member scim:default" || status != "active" {
		t.Errorf("D7: holds %q, is %s", held, status)
	}
	// D4: forgotten, and taken back.
	if err := s.Directory.DeleteUser(t.Context(), s.c, ada.ID.String(), nil); err != nil {
		t.Fatal(err)
	}
	_, err = s.Directory.GetUser(t.Context(), s.c, ada.ID.String(), scim.Projection{})
	wantKind(t, "a forgotten one", err, org.NotFound, "")
	if status := s.status("ada.k@corp.example"); status != "suspended" {
		t.Errorf("D6: deleted, the account is %s", status)
	}
	again := s.mustUser("ada.k@corp.example", "")
	if status := s.status("ada.k@corp.example"); status != "active" || again.ID == ada.ID {
		t.Errorf("D4: the account is %s, the id %s", status, again.ID)
	}
	_, err = s.user("sue@example.com", "")
	wantKind(t, "D4: suspended by a person", err, org.Conflict, "")
	if n := s.one("SELECT count(*) FROM scim_users WHERE user_name_key = 'sue@example.com'"); n != "0" {
		t.Errorf("D4: %s rows", n)
	}
	// D8: a person's word counts more.
	if err := s.patch(x.ID, on); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.SetStatus(t.Context(), s.as(t, "o"), "x", org.StatusSuspended, nil); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "D8", s.patch(x.ID, on), org.Conflict, "")
	if status := s.status("x@example.com"); status != "suspended" {
		t.Errorf("D8: the account is %s", status)
	}
	// What the directory writes nobody writes by hand.
	_, _, err = s.SetStatus(t.Context(), s.as(t, "o"), "ada", org.StatusSuspended, nil)
	if e, ok := errors.AsType[*org.Error](err); !ok || e.Kind != org.Invalid || !strings.Contains(e.Message, "managed by the directory") {
		t.Errorf("suspending a managed account: %v", err)
	}
	_, err = s.UpdateProfile(t.Context(), s.as(t, "o"), "ada", org.Given(org.Profile{Username: "ada", Name: "Other"}))
	if e, ok := errors.AsType[*org.Error](err); !ok || e.Kind != org.Invalid || !strings.Contains(e.Message, "managed by the directory") {
		t.Errorf("renaming a managed account: %v", err)
	}
	if n := s.one("SELECT count(*) FROM audit_logs WHERE actor = 'scim:default' AND actor_id IS NOT NULL"); n != "0" {
		t.Errorf("%s entries of the directory have an account", n)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel() // as it is once a request has been answered
	s.Directory.Note(gone, s.c, directory.Request{Method: "POST", Path: "/Users", Status: 201, Body: []byte(`{"userName":"ada","password":"hunter2"}`)})
	if err := s.Directory.WriteRequests(gone); err != nil {
		t.Error(err)
	}
	if log := s.one("SELECT body FROM scim_requests"); !strings.Contains(log, "ada") || strings.Contains(log, "hunter2") {
		t.Errorf("the log has %s", log)
	}
	if v, err := s.VerifyAudit(t.Context(), org.VerifyFilter{}); err != nil || v.Broken() != "" {
		t.Errorf("the trail: %s, %v", v.Broken(), err)
	}
}

// TestDirectoryRace: of equal requests at once one succeeds, and there is one account.
func TestDirectoryRace(t *testing.T) {
	t.Parallel()
	s := newSite(t).directory(t, "o", "default")
	var made atomic.Int64
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			_, err := s.Directory.CreateUser(t.Context(), s.c, scim.Document{"userName": "twin"}) // without an address to find the account by
			switch e, ok := errors.AsType[*org.Error](err); {
			case err == nil:
				made.Add(1)
			case !ok || e.Code != scim.Uniqueness:
				t.Errorf("a duplicate: %v", err)
			}
		})
	}
	all.Wait()
	if accounts := s.one("SELECT count(*) FROM users WHERE username_key LIKE 'twin%'"); made.Load() != 1 || accounts != "1" {
		t.Errorf("%d requests succeeded, %s accounts", made.Load(), accounts)
	}
}

// TestDirectoryGuards: the last organization-admin stays, and so do too many at once (D9, D10).
func TestDirectoryGuards(t *testing.T) {
	t.Parallel()
	s := newSite(t).directory(t, "o", "default")
	admin := s.mustUser("oa@example.com", "")
	wantKind(t, "D9: the last organization-admin", s.patch(admin.ID, off), org.Forbidden, "")
	wantKind(t, "D9: deleted", s.Directory.DeleteUser(t.Context(), s.c, admin.ID.String(), nil), org.Forbidden, "")
	if got := s.held("oa@example.com"); got != "organization-admin manual, organization-member manual, organization-member scim:default" {
		t.Errorf("D9: holds %s", got)
	}
	owner := s.mustUser("o@example.com", "")
	if err := s.patch(owner.ID, off); err != nil {
		t.Fatal(err)
	}
	if status := s.status("o@example.com"); status != "active" {
		t.Errorf("a site owner is %s", status)
	}
	one, few := int64(2), int64(0)
	set := org.DirectorySettings{FusePeople: &one, FusePercent: &few}
	if _, err := s.Directory.Update(t.Context(), s.as(t, "oa"), "default", org.Given(set)); err != nil {
		t.Fatal(err)
	}
	var people []scim.Resource
	for i := range 4 {
		people = append(people, s.mustUser(fmt.Sprintf("p%d@corp.example", i), ""))
	}
	if err := s.patch(people[0].ID, off); err != nil { // the second, with the owner
		t.Fatal(err)
	}
	for range 2 {
		wantKind(t, "D10", s.patch(people[1].ID, off), org.Unavailable, "")
		wantKind(t, "D10: deleted", s.Directory.DeleteUser(t.Context(), s.c, people[2].ID.String(), nil), org.Unavailable, "")
	}
	d, err := s.Directory.Directory(t.Context(), s.as(t, "oa"), "default")
	if err != nil || d.State != org.DirectoryHeld || s.held("p1@corp.example") == "" {
		t.Errorf("D10: %s, %v", d.State, err)
	}
	s.mustUser("added@corp.example", "") // additions go on
	if _, err := s.Directory.Update(t.Context(), s.as(t, "oa"), "default", org.Given(org.DirectorySettings{Held: new(bool)})); err != nil {
		t.Fatal(err)
	}
	if err := s.patch(people[1].ID, off); err != nil {
		t.Errorf("D10: released, %v", err)
	}
}

// TestDirectoryGroups: groups give by rules, and take what they gave alone.
func TestDirectoryGroups(t *testing.T) {
	t.Parallel()
	s := newSite(t).directory(t, "o", "default")
	ada, bob := s.mustUser("ada@corp.example", ""), s.mustUser("bob@corp.example", "")
	eng, err := s.group("Eng", ada)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.group("ENG")
	wantKind(t, "the same name", err, org.Conflict, scim.Uniqueness)
	_, err = s.group("none", scim.Resource{ID: uuid.New()})
	wantKind(t, "a stranger in it", err, org.Invalid, scim.InvalidValue)
	const member = "organization-member scim:default"
	steps := []struct {
		what     string
		do       func() error
		ada, bob string
	}{
		{"no rule", func() error { return nil }, member, member},
		{"a rule", func() error {
			return s.rules("oa", org.DirectoryRule{Match: org.RuleByDisplayName, Value: "eng", Role: "viewer"})
		}, member + ", viewer scim:default", member},
		{"bob comes", func() error {
			return s.patchGroup(eng.ID, `{"op":"add","path":"members","value":[{"value":"`+bob.ID.String()+`"}]}`)
		}, member + ", viewer scim:default", member + ", viewer scim:default"},
		{"one goes, as Entra says it", func() error {
			return s.patchGroup(eng.ID, `{"op":"Remove","path":"members","value":[{"value":"`+ada.ID.String()+`"}]}`)
		}, member, member + ", viewer scim:default"},
		{"inactive", func() error { return s.patch(bob.ID, off) }, member, ""},
		{"active again", func() error { return s.patch(bob.ID, on) }, member, member + ", viewer scim:default"},
		{"given by hand too", func() error {
			_, _, err := s.PutMemberRole(t.Context(), s.as(t, "oa"), "default", "bob", "viewer", org.Given(org.RecordInput{}))
			return err
		}, member, member + ", viewer manual, viewer scim:default"},
		{"renamed", func() error {
			return s.patchGroup(eng.ID, `{"op":"replace","value":{"id":"`+eng.ID.String()+`","displayName":"Ops"}}`)
		}, member, member + ", viewer manual"},
		{"another rule", func() error {
			return s.rules("oa", org.DirectoryRule{Match: org.RuleByDisplayName, Value: "Ops", Role: "organization-auditor"})
		}, member, "organization-auditor scim:default, " + member + ", viewer manual"},
		{"the group goes", func() error { return s.Directory.DeleteGroup(t.Context(), s.c, eng.ID.String(), nil) }, member, member + ", viewer manual"},
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			t.Errorf("%s: %v", step.what, err)
		}
		if got := s.held("ada@corp.example"); got != step.ada {
			t.Errorf("%s: ada holds %s, want %s", step.what, got, step.ada)
		}
		if got := s.held("bob@corp.example"); got != step.bob {
			t.Errorf("%s: bob holds %s, want %s", step.what, got, step.bob)
		}
	}
	// What a directory gives is what people may do.
	if err := s.rules("oa"); err != nil {
		t.Error(err)
	}
}

// TestDirectoryRights: nobody has a directory give what they could not give, by a rule or by a token for rules that are there.
func TestDirectoryRights(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	d := s.directory(t, "o", "default")
	rule := func(role string) org.DirectoryRule {
		return org.DirectoryRule{Match: org.RuleByDisplayName, Value: "eng", Role: role}
	}
	for _, c := range []struct {
		by, role string
		kind     org.Kind
	}{
		{"oa", "viewer", 255}, {"oa", "curb", org.Forbidden}, {"o", "curb", 255}, {"m", "viewer", org.Forbidden}, {"oua", "viewer", org.Forbidden},
		{"x", "viewer", org.NotFound}, {"pa", "viewer", org.NotFound}, {"oa", "no-such", org.Invalid}, {"oa", "organization-member", org.Invalid},
	} {
		err := d.rules(c.by, rule(c.role))
		kind := org.KindOf(err)
		if err == nil {
			kind = 255
		}
		if kind != c.kind {
			t.Errorf("%s maps %s: %v", c.by, c.role, err)
		}
	}
	if err := d.rules("o", rule("curb")); err != nil {
		t.Fatal(err)
	}
	for by, kind := range map[string]org.Kind{"oa": org.Forbidden, "m": org.Forbidden, "x": org.NotFound} {
		_, err := s.Directory.CreateToken(t.Context(), s.as(t, by), "default", org.Given(org.NewDirectoryToken{}))
		if org.KindOf(err) != kind || err == nil {
			t.Errorf("%s makes a token: %v", by, err)
		}
	}
}

// TestDirectoryTokens: a token opens one directory until it ends, and there are two at most.
func TestDirectoryTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	make := func(lifetime time.Duration) (org.DirectoryToken, error) {
		return s.Directory.CreateToken(t.Context(), s.as(t, "oa"), "default", org.Given(org.NewDirectoryToken{Lifetime: lifetime}))
	}
	_, err := make(3 * 365 * org.Day)
	if org.KindOf(err) != org.Invalid {
		t.Errorf("for three years: %v", err)
	}
	one, err := make(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	two, err := make(0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := make(0); org.KindOf(err) != org.Conflict {
		t.Errorf("a third: %v", err)
	}
	opens := func(organization, token string) bool {
		_, err := s.Directory.Authenticate(t.Context(), organization, token, org.Request{})
		if err != nil && org.KindOf(err) != org.Unauthenticated {
			t.Errorf("%s: %v", token, err)
		}
		return err == nil
	}
	for _, c := range []struct {
		organization, token string
		opens               bool
	}{
		{"default", one.Secret, true}, {"", one.Secret, true}, {home.String(), two.Secret, true}, {"beta", one.Secret, false}, {"none", one.Secret, false},
		{"default", one.Secret + "x", false}, {"default", strings.TrimPrefix(one.Secret, "scim_"), false}, {"default", "", false}, {"default", "scim_", false},
		{"default", strings.ToLower(one.Secret), false}, {"default", "scim_" + one.ID.String() + "-", false},
	} {
		if opens(c.organization, c.token) != c.opens {
			t.Errorf("%q opens %s: %v", c.token, c.organization, !c.opens)
		}
	}
	if rows := dbtest.Rows(t, s.place, "SELECT * FROM scim_tokens WHERE last_used IS NULL"); len(rows) != 0 {
		t.Errorf("not used: %v", rows)
	}
	if err := s.Directory.RevokeToken(t.Context(), s.as(t, "oa"), "default", two.ID.String()); err != nil || opens("default", two.Secret) {
		t.Errorf("a revoked one: %v", err)
	}
	s.clock.mu.Lock()
	s.clock.at = s.clock.at.Add(2 * time.Hour)
	s.clock.mu.Unlock()
	if opens("default", one.Secret) {
		t.Error("one that has ended opens")
	}
	if all := fmt.Sprint(dbtest.Rows(t, s.place, "SELECT changes FROM audit_logs"), dbtest.Rows(t, s.place, "SELECT * FROM scim_tokens")); strings.Contains(all, one.Secret[41:]) {
		t.Error("a secret is stored")
	}
}

// TestDirectoryLists: the index, the filter and the pages tell the same, whoever is in the directory.
func TestDirectoryLists(t *testing.T) {
	t.Parallel()
	s := newSite(t).directory(t, "o", "default")
	n := 60
	if deep {
		n = 1200
	}
	for i := range n {
		s.mustUser(fmt.Sprintf("u%d@corp.example", i), fmt.Sprintf(`,"externalId":"x%d","displayName":"D %d","emails":[{"value":"U%d@corp.example","type":"work"}]`, i, i%7, i))
	}
	list := func(filter string, start, count int) scim.List {
		t.Helper()
		q := scim.Query{Start: start, Count: count}
		if filter != "" {
			f, err := scim.ParseFilter(filter, scim.Users)
			if err != nil {
				t.Fatal(err)
			}
			q.Filter = f
		}
		l, err := s.Directory.ListUsers(t.Context(), s.c, q)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, c := range []struct {
		filter string
		want   int
	}{
		{"", n}, {`userName eq "U3@CORP.example"`, 1}, {`externalId eq "x4"`, 1}, {`externalId eq "X4"`, 0}, {`emails.value eq "u5@corp.example"`, 1},
		{`displayName eq "d 0"`, (n + 6) / 7}, {`displayName eq "d 0" and not (externalId eq "x0")`, (n+6)/7 - 1}, {`userName sw "u1"`, 0}, {`active eq true`, n},
		{`userName eq "u3@corp.example" and externalId eq "x4"`, 0},
	} {
		if c.filter == `userName sw "u1"` {
			for i := range n {
				if strings.HasPrefix(fmt.Sprint(i), "1") {
					c.want++
				}
			}
		}
		seen := map[uuid.UUID]bool{}
		for start := 1; start <= n; start += 13 {
			l := list(c.filter, start, 13)
			if l.Total != c.want {
				t.Errorf("%s: %d in all, want %d", c.filter, l.Total, c.want)
				break
			}
			for i := range l.Resources {
				seen[l.Resources[i].ID] = true
			}
		}
		if len(seen) != c.want {
			t.Errorf("%s: %d on the pages, want %d", c.filter, len(seen), c.want)
		}
	}
	if l := list("", 1, 0); l.Total != n || len(l.Resources) != 0 {
		t.Errorf("none: %d of %d", len(l.Resources), l.Total)
	}
}
