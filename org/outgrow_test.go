package org_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rolecall.example/org/account"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// promotion is a way in which the account rising comes to be allowed more.
type promotion struct {
	name    string
	prepare func(t *testing.T, s *site) // before anything is made for it
	do      func(ctx context.Context, s *site, o *org.Actor) error
}

// promotions is every way. Each gives template:update or more, which desk does not hold.
var promotions = []promotion{
	{"member roles", nil, func(ctx context.Context, s *site, o *org.Actor) error {
		return drop(s.SetMemberRoles(ctx, o, "default", "rising", roles("curb", "organization-template-admin")))
	}},
	{"a deny taken away with a role", func(t *testing.T, s *site) { s.give(t, home, "rising", "broad") },
		func(ctx context.Context, s *site, o *org.Actor) error {
			return drop(s.SetMemberRoles(ctx, o, "default", "rising", roles("broad")))
		}},
	{"site roles", nil, func(ctx context.Context, s *site, o *org.Actor) error {
		return drop(s.SetUserRoles(ctx, o, "rising", roles("template-admin")))
	}},
	{"bulk", nil, func(ctx context.Context, s *site, o *org.Actor) error {
		return drop(s.BulkMembers(ctx, o, "default", given(org.Bulk{Action: org.BulkAddRole, Role: "organization-admin", Users: []string{"rising", "m"}})))
	}},
	{"undo", func(t *testing.T, s *site) {
		s.give(t, home, "rising", "organization-admin")
		if _, err := s.SetMemberRoles(t.Context(), s.as(t, "o"), "default", "rising", roles("curb")); err != nil {
			t.Fatal(err)
		}
	}, func(ctx context.Context, s *site, o *org.Actor) error {
		var entry string
		if err := s.raw.QueryRowContext(ctx, "SELECT id FROM audit_logs WHERE resource_id = ? AND changes LIKE '%organization-admin%'", id("rising").String()).Scan(&entry); err != nil {
			return err
		}
		return drop(s.Undo(ctx, o, entry))
	}},
	{"an edit of a role", func(t *testing.T, s *site) { s.give(t, home, "rising", "plain") },
		func(ctx context.Context, s *site, o *org.Actor) error {
			return drop(s.PutRole(ctx, o, org.In("default"), roleBody(org.RoleInput{Name: "plain", Organization: perms("template:delete")})))
		}},
	{"a deny taken out of a role", func(t *testing.T, s *site) { s.give(t, home, "rising", "broad") },
		func(ctx context.Context, s *site, o *org.Actor) error {
			return drop(s.PutRole(ctx, o, org.In("default"), roleBody(org.RoleInput{Name: "curb"})))
		}},
	{"an edit of a site role", func(t *testing.T, s *site) {
		s.exec(t, "INSERT INTO user_roles (user_id, role) VALUES (?, 'stats')", id("rising").String())
	}, func(ctx context.Context, s *site, o *org.Actor) error {
		return drop(s.PutRole(ctx, o, org.Site, roleBody(org.RoleInput{Name: "stats", Site: perms("deployment_stats:read", "template:read")})))
	}},
	{"deletion of a role that denies", func(t *testing.T, s *site) { s.give(t, home, "rising", "broad") },
		func(ctx context.Context, s *site, o *org.Actor) error {
			return drop(s.DeleteRole(ctx, o, org.In("default"), "curb", nil))
		}},
	{"deletion of a site role that denies", func(t *testing.T, s *site) {
		s.exec(t, "INSERT INTO user_roles (user_id, role) VALUES (?, 'site-reader'), (?, 'hush')", id("rising").String(), id("rising").String())
	}, func(ctx context.Context, s *site, o *org.Actor) error {
		return drop(s.DeleteRole(ctx, o, org.Site, "hush", nil))
	}},
	{"an undone removal", func(t *testing.T, s *site) {
		s.give(t, home, "rising", "organization-admin")
		if _, err := s.RemoveMember(t.Context(), s.as(t, "o"), "default", "rising", nil); err != nil {
			t.Fatal(err)
		}
	}, func(ctx context.Context, s *site, o *org.Actor) error {
		var entry string
		if err := s.raw.QueryRowContext(ctx, "SELECT id FROM audit_logs WHERE resource_id = ? AND action = 'delete'", id("rising").String()).Scan(&entry); err != nil {
			return err
		}
		return drop(s.Undo(ctx, o, entry))
	}},
}

// risingSite has an account that is about to be promoted, a help desk that may act on it, and a lead who holds all that
// the promotions give.
func risingSite(t *testing.T) *site {
	t.Helper()
	s := deskSite(t)
	s.insert(t, person{name: "rising", home: []string{"curb"}}, person{name: "lead", site: []string{"owner"}})
	for name, list := range map[string][]string{"broad": {"template:update"}, "plain": nil} {
		s.exec(t, "INSERT INTO roles (id, organization_id, name, display_name, version, created_at, updated_at, updated_by) VALUES (?, ?, ?, '', 1, ?, ?, '')",
			id("role "+name).String(), home.String(), name, start, start)
		for _, p := range list {
			s.store(t, name, "organization", p)
		}
	}
	return s
}

// foreign is what somebody else can sign in to rising with.
type foreign struct{ link, token, tokenID string }

func (s *site) foreign(t *testing.T, maker *org.Actor) foreign {
	t.Helper()
	link, err := s.CreatePasswordLink(t.Context(), maker, "rising")
	if err != nil {
		t.Fatal(err)
	}
	key, token, err := s.CreateToken(t.Context(), maker, "rising", given(org.TokenInput{}))
	if err != nil {
		t.Fatal(err)
	}
	return foreign{link.Secret, key, token.ID}
}

// opens tells which of it still works.
func (s *site) opens(t *testing.T, f foreign) string {
	t.Helper()
	var works []string
	if _, err := s.OpenPasswordLink(t.Context(), f.link); err == nil {
		works = append(works, "link")
	} else {
		same(t, err, goneLink)
	}
	if _, err := s.TokenSubject(t.Context(), org.Request{}, f.token); err == nil {
		works = append(works, "token")
	}
	return strings.Join(works, " ")
}

var goneLink = &org.Error{Kind: org.NotFound, Message: "This link no longer works.",
	Detail: "It was used, replaced or revoked, or it is too old. Ask an administrator for a new one."}

// A link or a token that somebody else made for an account ends when the account comes to hold more than they do.
func TestPromotionEndsForeignAccess(t *testing.T) {
	t.Parallel()
	for _, p := range promotions {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			for _, m := range []struct {
				who, maker, end string
				stored, works   string
			}{
				{"not within", "desk", "", "", ""},
				{"within", "lead", "", "link token", "link token"},
				{"within, and suspended", "lead", "UPDATE users SET status = 'suspended' WHERE id = ?", "link token", "token"},
				{"not within, and suspended", "desk", "UPDATE users SET status = 'suspended' WHERE id = ?", "", ""},
				{"deleted", "lead", "DELETE FROM users WHERE id = ?", "", ""},
				{"the account itself", "rising", "", "link token", "link token"},
				{"the operator", "", "", "link token", "link token"},
			} {
				s := risingSite(t)
				if p.prepare != nil {
					p.prepare(t, s)
				}
				by := s.Operator()
				if m.maker != "" {
					by = s.as(t, m.maker)
				}
				f := s.foreign(t, by)
				if m.end != "" {
					s.exec(t, m.end, id(m.maker).String())
				}
				if err := p.do(t.Context(), s, dry(s.as(t, "o"))); err != nil { // a look at it ends nothing
					t.Fatalf("%s: dry: %v", m.who, err)
				}
				if n := s.number(t, "SELECT (SELECT count(*) FROM password_links) + (SELECT count(*) FROM api_keys)"); n != 2 {
					t.Fatalf("%s: a dry run leaves %d of 2", m.who, n)
				}
				entries := s.entries(t)
				if err := p.do(t.Context(), s, s.as(t, "o")); err != nil {
					t.Fatalf("%s: %v", m.who, err)
				}
				if got := s.opens(t, f); got != m.works {
					t.Errorf("%s: %q works, want %q", m.who, got, m.works)
				}
				if n := s.number(t, "SELECT (SELECT count(*) FROM password_links) + (SELECT count(*) FROM api_keys)"); n != int64(len(strings.Fields(m.stored))) {
					t.Errorf("%s: %d are stored, want %q", m.who, n, m.stored)
				}
				want := []string{"delete api_key rising token_id token_name", "write user rising revoked_password_link"}
				if m.stored != "" {
					want = nil
				}
				if diff := cmp.Diff(want, s.ends(t, entries)); diff != "" {
					t.Errorf("%s: recorded (-want +got)\n%s", m.who, diff)
				}
			}
		})
	}
}

// ends is the audit rows of ends of access, apart from that of the change that caused them, which is the last one.
func (s *site) ends(t *testing.T, after int) (list []string) {
	t.Helper()
	for _, r := range s.audit(t, after) {
		line := strings.Join([]string{r.Action, r.Type, r.Target, strings.Join(r.Fields, " ")}, " ")
		if slices.Contains([]string{"token_id token_name", "revoked_password_link", "must_change"}, strings.Join(r.Fields, " ")) {
			if r.Actor != "o" || r.Target != "rising" || r.ID != id("rising").String() || r.Status >= 400 {
				t.Errorf("recorded %+v", r)
			}
			list = append(list, line)
		}
	}
	return list
}

// The change itself can still be undone right after it: what it ended is recorded before it.
func TestPromotionIsTheLastChange(t *testing.T) {
	t.Parallel()
	s := risingSite(t)
	s.foreign(t, s.as(t, "desk"))
	ctx, o := t.Context(), s.as(t, "o").WithRequest(org.Request{ID: "one"})
	_, done, err := s.Service.SetUserRoles(ctx, o, "rising", roles("template-admin"))
	if err != nil || done.Entry == uuid.Nil || done.Entry.String() != s.lastEntry(t, "user", "rising") {
		t.Fatal(done, err)
	}
	if _, err := s.Undo(t.Context(), s.as(t, "o"), done.Entry.String()); err != nil {
		t.Error(err)
	}
}

// Nothing ends that nobody outgrew.
func TestLittleEndsNothing(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(ctx context.Context, s *site, o *org.Actor) error{
		"a role of no account to speak of": func(ctx context.Context, s *site, o *org.Actor) error {
			return drop(s.SetUserRoles(ctx, o, "rising", roles("stats"))) // desk holds it
		},
		"a membership": func(ctx context.Context, s *site, o *org.Actor) error {
			return drop(s.AddMember(ctx, o, "beta", "rising"))
		},
		"somebody else's promotion": func(ctx context.Context, s *site, o *org.Actor) error {
			return drop(s.SetUserRoles(ctx, o, "m", roles("owner")))
		},
		"a narrower role": func(ctx context.Context, s *site, o *org.Actor) error {
			return drop(s.PutRole(ctx, o, org.In("default"), roleBody(org.RoleInput{Name: "curb", Organization: perms("!template:update", "!template:read")})))
		},
	} {
		s := risingSite(t)
		f := s.foreign(t, s.as(t, "desk"))
		if err := do(t.Context(), s, s.as(t, "o")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := s.opens(t, f); got != "link token" {
			t.Errorf("%s: %q is left", name, got)
		}
	}
}

// Activating gives power back, so it is a widening as well.
func TestActivationEndsForeignAccess(t *testing.T) {
	t.Parallel()
	s := risingSite(t)
	f := s.foreign(t, s.as(t, "desk"))
	s.give(t, home, "rising", "organization-admin") // past all rules
	if _, _, err := s.SetStatus(t.Context(), s.as(t, "o"), "rising", org.StatusSuspended, nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.SetStatus(t.Context(), s.as(t, "o"), "rising", org.StatusActive, nil); err != nil {
		t.Fatal(err)
	}
	if got := s.opens(t, f); got != "" {
		t.Errorf("%q works", got)
	}
}

// A link works only as long as whoever made it could make it.
func TestLinkOfMaker(t *testing.T) {
	t.Parallel()
	for name, query := range map[string]string{
		"deleted":              "DELETE FROM users WHERE username = 'desk'",
		"suspended":            "UPDATE users SET status = 'suspended' WHERE username = 'desk'",
		"without the right":    "DELETE FROM role_permissions WHERE action = 'update_personal'",
		"not within":           "INSERT INTO role_permissions (role_id, level, resource_type, action, negate) SELECT id, 'organization', 'template', 'delete', false FROM roles WHERE name = 'curb'",
		"under a deny himself": "INSERT INTO role_permissions (role_id, level, resource_type, action, negate) SELECT id, 'site', 'workspace', 'read', true FROM roles WHERE name = 'desk'",
	} {
		s := risingSite(t)
		f := s.foreign(t, s.as(t, "desk"))
		s.exec(t, query)
		if got := s.opens(t, f); got != "token" {
			t.Errorf("%s: %q works, want the token alone", name, got)
		}
		same(t, s.UsePasswordLink(t.Context(), org.Request{}, f.link, unread[org.PasswordInput](t)), goneLink)
	}
	// Also when it comes between reading the form and storing the password.
	s := risingSite(t)
	f := s.foreign(t, s.as(t, "desk"))
	suspend := sync.OnceFunc(func() { s.exec(t, "UPDATE users SET status = 'suspended' WHERE username = 'desk'") })
	s.clock.onLook(suspend) // the first look is that of the read before the hash
	same(t, s.UsePasswordLink(t.Context(), org.Request{}, f.link, given(org.PasswordInput{Password: password})), goneLink)
	if n := s.number(t, "SELECT count(*) FROM users WHERE password_hash NOT IN ('', '"+unknownPassword+"')"); n != 0 {
		t.Error("the password was set")
	}
}

// typedSite is a risingSite where desk has typed the password of rising, and everything was made that it opens.
func typedSite(t *testing.T, maker string) (*site, map[string]func() bool) {
	t.Helper()
	s := risingSite(t)
	ctx := t.Context()
	by := s.as(t, maker)
	if err := s.SetPassword(ctx, by, "rising", given(org.PasswordInput{Password: password}), nil); err != nil {
		t.Fatal(err)
	}
	session := s.session(t, "rising")
	login, err := s.LoginToken(ctx, org.Request{}, "rising@example.com", password, "")
	if err != nil {
		t.Fatal(err)
	}
	own, _, err := s.CreateToken(ctx, s.as(t, "rising"), "me", given(org.TokenInput{Name: "own"}))
	if err != nil {
		t.Fatal(err)
	}
	link, err := s.CreatePasswordLink(ctx, s.as(t, "rising"), "me")
	if err != nil {
		t.Fatal(err)
	}
	kept, _, err := s.CreateToken(ctx, s.as(t, "lead"), "rising", given(org.TokenInput{Name: "kept"}))
	if err != nil {
		t.Fatal(err)
	}
	token := func(key string) func() bool {
		return func() bool { return drop(s.TokenSubject(ctx, org.Request{}, key)) == nil }
	}
	store := account.NewSessionStore(s.db, s.clock.now)
	return s, map[string]func() bool{
		"session": func() bool {
			_, found, err := store.FindCtx(ctx, session)
			return found && err == nil
		},
		"login": token(login), "own token": token(own), "token of somebody who holds it all": token(kept),
		"own link":  func() bool { return drop(s.OpenPasswordLink(ctx, link.Secret)) == nil },
		"password":  func() bool { return drop(s.LoginToken(ctx, org.Request{}, "rising@example.com", password, "")) == nil },
		"to change": func() bool { return s.number(t, "SELECT count(*) FROM users WHERE must_change") == 1 },
	}
}

func working(what map[string]func() bool) (list []string) {
	for name, works := range what {
		if works() {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// A password that somebody typed for an account opens it no more when the account comes to hold more than they do: it
// leads to the choice of another one.
func TestTypedPasswordAfterPromotion(t *testing.T) {
	t.Parallel()
	all := []string{"login", "own link", "own token", "password", "session", "token of somebody who holds it all"}
	for _, p := range promotions[:4] {
		s, what := typedSite(t, "desk")
		if diff := cmp.Diff(all, working(what)); diff != "" {
			t.Fatal(diff)
		}
		if err := p.do(t.Context(), s, dry(s.as(t, "o"))); p.prepare == nil && (err != nil || len(working(what)) != len(all)) {
			t.Errorf("%s: a look at it leaves %q, %v", p.name, working(what), err)
		}
		if p.prepare != nil {
			p.prepare(t, s)
		}
		entries := s.entries(t)
		if err := p.do(t.Context(), s, s.as(t, "o")); err != nil {
			t.Fatalf("%s: %v", p.name, err)
		}
		want := []string{"delete api_key rising token_id token_name", "write user rising revoked_password_link", "write user rising must_change"}
		if diff := cmp.Diff(want, s.ends(t, entries)); diff != "" {
			t.Errorf("%s: recorded (-want +got)\n%s", p.name, diff)
		}
		if diff := cmp.Diff([]string{"to change", "token of somebody who holds it all"}, working(what)); diff != "" {
			t.Errorf("%s: what is left (-want +got)\n%s", p.name, diff)
		}
		s.chooses(t)
		if err := p.do(t.Context(), s, s.as(t, "o")); err != nil && org.KindOf(err) == org.Internal {
			t.Errorf("%s again: %v", p.name, err)
		}
	}
	// Of somebody who holds all of it nothing ends, and what others made earlier ended with the password before.
	s, what := typedSite(t, "lead")
	if err := promotions[2].do(t.Context(), s, s.as(t, "o")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all, working(what)); diff != "" {
		t.Error(diff)
	}
}

// chooses signs rising in with the typed password, which leads to a choice, and with the chosen one, which lets it in.
func (s *site) chooses(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	refusal := &org.Error{Kind: org.Forbidden, Message: "Choose your own password first.", Detail: "Someone else set it."}
	same(t, drop(s.LoginToken(ctx, org.Request{}, "rising@example.com", "wrong horse battery", "")), wrongLogin)
	same(t, drop(s.LoginToken(ctx, org.Request{}, "rising@example.com", password, "")), refusal)
	if n := s.number(t, "SELECT count(*) FROM password_links"); n != 0 {
		t.Errorf("a program got a link: %d", n)
	}
	entries := s.entries(t)
	began := false
	begin := func(context.Context, uuid.UUID) (org.NewSession, error) { began = true; return org.NewSession{}, nil }
	err := drop(s.Login(ctx, org.Request{}, "rising@example.com", password, begin))
	same(t, err, refusal)
	choose, ok := errors.AsType[*org.ChoosePasswordError](err)
	if !ok || began {
		t.Fatalf("%v; a session began: %v", err, began)
	}
	if rows := s.audit(t, entries); len(rows) != 2 || rows[0].Fields[0] != "password_link" || rows[1].Action != "login" || rows[1].Status != 403 {
		t.Errorf("recorded %+v", rows)
	}
	link, err := s.OpenPasswordLink(ctx, choose.Secret)
	if err != nil || !link.MustSet || link.ExpiresAt.Sub(link.CreatedAt) != 15*time.Minute || link.User.Username != "rising" {
		t.Errorf("%+v, %v", link, err)
	}
	// A promotion meanwhile does not take the way out.
	if _, err := s.SetUserRoles(ctx, s.as(t, "o"), "rising", roles("owner")); err != nil {
		t.Fatal(err)
	}
	if err := s.UsePasswordLink(ctx, org.Request{}, choose.Secret, given(org.PasswordInput{Password: "my very own horse"})); err != nil {
		t.Fatal(err)
	}
	if n := s.number(t, "SELECT count(*) FROM users WHERE must_change OR id = ? AND password_by IS NOT NULL", id("rising").String()); n != 0 {
		t.Error("the own password counts as typed")
	}
	same(t, drop(s.LoginToken(ctx, org.Request{}, "rising@example.com", password, "")), wrongLogin)
	if _, err := s.LoginToken(ctx, org.Request{}, "rising@example.com", "my very own horse", ""); err != nil {
		t.Error(err)
	}
}

// An account that somebody makes with a password has one that was typed.
func TestTypedPasswordOfNewUser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	for by, want := range map[string]string{"ua": id("ua").String(), "": ""} {
		subject := s.Operator()
		if by != "" {
			subject = s.as(t, by)
		}
		name := "fresh" + by
		if _, err := s.CreateUser(ctx, subject, given(org.NewUser{Username: name, Email: name + "@example.com", Password: password, OrganizationIDs: []uuid.UUID{home}})); err != nil {
			t.Fatal(err)
		}
		if got := s.text(t, "SELECT CAST(password_by AS text) FROM users WHERE username = ?", name); got != want {
			t.Errorf("made by %q: typed by %q", by, got)
		}
	}
	if _, err := s.SetMemberRoles(ctx, s.as(t, "oa"), "default", "freshua", roles("organization-admin")); err != nil {
		t.Fatal(err)
	}
	kind(t, drop(s.LoginToken(ctx, org.Request{}, "freshua@example.com", password, "")), org.Forbidden)
	// Who types another one for it holds all of it: the account may sign in again.
	if err := s.SetPassword(ctx, s.as(t, "o"), "freshua", given(org.PasswordInput{Password: "another horse battery"}), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.LoginToken(ctx, org.Request{}, "freshua@example.com", "another horse battery", ""); err != nil {
		t.Error(err)
	}
}

// However many hold a role that changes, only those are looked at whom somebody else can sign in to, and accounts that
// may do the same are judged once.
func TestOutgrownInNumbers(t *testing.T) {
	t.Parallel()
	s := risingSite(t)
	ctx := t.Context()
	var crowd []person
	for i := range 1200 {
		crowd = append(crowd, person{name: "bot" + uuid.NewSHA1(uuid.Nil, []byte{byte(i), byte(i >> 8)}).String()[:8], home: []string{"plain"}, login: "none"})
	}
	s.insert(t, crowd...)
	s.write(t, func(q *db.Queries) (err error) {
		for i, p := range crowd {
			if i%2 == 0 { // the others have no token
				err = errors.Join(err, q.InsertAPIKey(ctx, db.InsertAPIKeyParams{
					ID: p.name[3:] + "00", UserID: id(p.name), SecretHash: []byte("0"), Name: "n", LoginType: "token", Scope: "all",
					Now: start, ExpiresAt: start.AddDate(1, 0, 0), CreatedBy: uuid.NullUUID{UUID: id("desk"), Valid: true},
				}))
			}
		}
		return err
	})
	entries := s.entries(t)
	if _, err := s.PutRole(ctx, s.as(t, "oa"), org.In("default"), roleBody(org.RoleInput{Name: "plain", Organization: perms("template:delete")})); err != nil {
		t.Fatal(err)
	}
	if n := s.number(t, "SELECT count(*) FROM api_keys"); n != 0 {
		t.Errorf("%d tokens are left", n)
	}
	if n := s.entries(t) - entries; n != 601 {
		t.Errorf("%d audit rows", n)
	}
}
