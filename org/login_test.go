package org_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rolecall.example/org/account"
	"rolecall.example/org/services"

	"github.com/google/uuid"
	"golang.org/x/crypto/argon2"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

const password = "correct horse battery"

// hashed is the stored form of password, made once.
var hashed = sync.OnceValue(func() string { return hashedAt(cheapHash) })

// hashedAt is the stored form of password at a cost, as another program would write it.
func hashedAt(c org.HashCost) string {
	salt := []byte("sixteen bytes ok")
	b64 := base64.RawStdEncoding.EncodeToString
	key := argon2.IDKey([]byte(password), salt, c.Time, c.Memory, c.Threads, 32)
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", c.Memory, c.Time, c.Threads, b64(salt), b64(key))
}

// withPasswords lets these people sign in with password.
func (s *site) withPasswords(tb testing.TB, names ...string) {
	tb.Helper()
	for _, name := range names {
		s.exec(tb, "UPDATE users SET password_hash = ? WHERE id = ?", hashed(), id(name).String())
	}
}

var (
	wrongLogin     = &org.Error{Kind: org.Unauthenticated, Message: "Incorrect email or password."}
	suspendedLogin = &org.Error{Kind: org.Unauthenticated, Message: "Your account is suspended. Contact an admin to reactivate your account."}
	suspendedToken = &org.Error{Kind: org.Unauthenticated, Message: `User is not active (status = "suspended"). Contact an admin to reactivate your account.`}
	tooManyLogins  = &org.Error{Kind: org.TooMany, Message: "Too many failed logins.", Detail: "Wait a few minutes before the next attempt."}
)

func signedOut(detail string) *org.Error {
	return &org.Error{Kind: org.Unauthenticated, Message: "You are signed out or your session has expired. Please sign in again to continue.", Detail: detail}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx, here := t.Context(), org.Request{IP: "192.0.2.1"}
	s.withPasswords(t, "m", "Sue", "Dora")
	for _, email := range []string{"m@example.com", "M@EXAMPLE.com"} {
		entries := s.entries(t)
		u, err := s.Login(ctx, here, email, password, nil)
		if err != nil || u.ID != id("m") || u.LastSeenAt.IsZero() {
			t.Errorf("%s: %v, %v", email, u.Username, err)
		}
		if rows := s.audit(t, entries); len(rows) != 1 || rows[0].Action != "login" || rows[0].Type != "api_key" || rows[0].Status != 201 || rows[0].Actor != "m" || rows[0].ID != id("m").String() {
			t.Errorf("recorded %+v", rows)
		}
	}
	// Every wrong login is answered alike, and recorded where there is an account.
	for _, c := range []struct {
		why, email, password string
		rows                 int
	}{
		{"wrong password", "m@example.com", "wrong horse battery", 1},
		{"no password", "m@example.com", "", 1},
		{"a longer one", "m@example.com", password + "x", 1},
		{"a shorter one", "m@example.com", password[:len(password)-1], 1},
		{"another case", "m@example.com", strings.ToUpper(password), 1},
		{"space after", "m@example.com", password + " ", 1},
		{"unknown address", "nobody@example.com", password, 0},
		{"a username", "m", password, 0},
		{"nothing", "", "", 0},
		{"without a password of its own", "o@example.com", password, 1},
		{"nobody's password", "x@example.com", "", 1},
		{"a service account", "bot@example.com", password, 1},
		{"suspended, wrong", "Sue@example.com", "wrong horse battery", 1},
		{"far too long", "ua@example.com", strings.Repeat("x", 5000), 1},
	} {
		t.Run(c.why, func(t *testing.T) {
			entries := s.entries(t)
			_, err := s.Login(ctx, here, c.email, c.password, nil)
			same(t, err, wrongLogin)
			rows := s.audit(t, entries)
			if len(rows) != c.rows || len(rows) == 1 && (rows[0].Status != 401 || rows[0].Action != "login") {
				t.Errorf("recorded %+v", rows)
			}
		})
	}
	// Suspended, with the right password.
	entries := s.entries(t)
	_, err := s.Login(ctx, here, "sue@example.com", password, nil)
	same(t, err, suspendedLogin)
	if rows := s.audit(t, entries); len(rows) != 1 || rows[0].Status != 401 || rows[0].Target != "Sue" {
		t.Errorf("recorded %+v", rows)
	}
	// Dormant becomes active, and the change can be read in the trail.
	entries = s.entries(t)
	u, err := s.Login(ctx, here, "dora@example.com", password, nil)
	if err != nil || u.Status != org.StatusActive || s.as(t, "Dora").User.Status != org.StatusActive {
		t.Errorf("%+v, %v", u, err)
	}
	if rows := s.audit(t, entries); len(rows) != 2 || rows[0].Changes["status"].New != "active" || rows[1].Action != "login" {
		t.Errorf("recorded %+v", rows)
	}
}

// A password is not cut: its last byte matters, however long it is.
func TestLongPasswords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	for _, n := range []int{73, 1024} {
		long := strings.Repeat("ä", n/2) + strings.Repeat("x", n%2)
		if err := s.SetPassword(ctx, s.Operator(), "m", given(org.PasswordInput{Password: long}), nil); err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		for _, wrong := range []string{long[:n-1], long + "x"} {
			_, err := s.Login(ctx, org.Request{}, "m@example.com", wrong, nil)
			same(t, err, wrongLogin)
		}
		if _, err := s.Login(ctx, org.Request{}, "m@example.com", long, nil); err != nil {
			t.Error(err)
		}
	}
}

func TestPasswordRules(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.exec(t, "UPDATE users SET username = 'elisabeth', username_key = 'elisabeth' WHERE id = ?", id("m").String())
	for _, c := range []struct{ password, problem string }{
		{"", "must be >= 8 characters"},
		{"1234567", "must be >= 8 characters"},
		{"ääääääa", "must be >= 8 characters"},
		{"password", "is among the commonest passwords: choose another"},
		{"PassWord", "is among the commonest passwords: choose another"},
		{"12345678", "is among the commonest passwords: choose another"},
		{"ELISABETH", "must not be the username or the e-mail address"},
		{"m@example.com", "must not be the username or the e-mail address"},
		{strings.Repeat("x", 1025), "must be <= 1024 characters"},
	} {
		s.refused(t, &org.Error{Kind: org.Invalid, Message: "Password is invalid", Fields: []org.Field{{Field: "password", Detail: c.problem}}}, 1, func() error {
			return s.SetPassword(t.Context(), s.as(t, "ua"), "elisabeth", given(org.PasswordInput{Password: c.password}), nil)
		})
	}
	for _, fine := range []string{"ääääääab", "xqzvwkjp", "  two spaces before", "🐎🔋📎📎📎📎📎📎"} {
		if err := s.SetPassword(t.Context(), s.as(t, "ua"), "elisabeth", given(org.PasswordInput{Password: fine}), nil); err != nil {
			t.Errorf("%q: %v", fine, err)
		}
	}
	s.refused(t, &org.Error{Kind: org.Invalid, Message: "Users without password login type cannot change their password."}, 1, func() error {
		return s.SetPassword(t.Context(), s.as(t, "ua"), "bot", unread[org.PasswordInput](t), nil)
	})
}

// What the throttle counts are attempts, one by one, also when they come all at once.
func TestLoginThrottleOfAnAccount(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.withPasswords(t, "m", "viewer")
	attempt := func(i int, email, password string) error {
		return drop(s.Login(t.Context(), org.Request{IP: fmt.Sprintf("192.0.2.%d", i)}, email, password, nil))
	}
	spellings := []string{"m@example.com", "M@example.com", "m@EXAMPLE.com", "M@EXAMPLE.COM"}
	var wrong, throttled, other atomic.Int64
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			switch org.KindOf(attempt(i, spellings[i%4], "wrong horse battery")) {
			case org.Unauthenticated:
				wrong.Add(1)
			case org.TooMany:
				throttled.Add(1)
			default:
				other.Add(1)
			}
		})
	}
	all.Wait()
	if wrong.Load() != 10 || throttled.Load() != 90 {
		t.Errorf("of 100 attempts at once %d were answered, %d throttled, %d neither; want 10 answered", wrong.Load(), throttled.Load(), other.Load())
	}
	for _, email := range spellings {
		err := attempt(200, email, password) // not even the right one
		same(t, err, tooManyLogins)
		if e := kind(t, err, org.TooMany); e.RetryAfter <= 0 || e.RetryAfter > 15*time.Minute {
			t.Errorf("retry after %v", e.RetryAfter)
		}
	}
	// Nobody else is troubled, nor what m has open already.
	if err := attempt(1, "viewer@example.com", password); err != nil {
		t.Errorf("another account: %v", err)
	}
	if _, err := s.UserSubject(t.Context(), id("m")); err != nil {
		t.Errorf("its session: %v", err)
	}
	s.clock.advance(15 * time.Minute)
	if err := attempt(1, "m@example.com", password); err != nil {
		t.Errorf("after the window: %v", err)
	}
}

// An unknown name is throttled like a known one.
func TestLoginThrottleOfNobody(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for i := range 12 {
		_, err := s.Login(t.Context(), org.Request{IP: fmt.Sprintf("192.0.2.%d", i)}, "nobody@example.com", password, nil)
		if want := []*org.Error{wrongLogin, tooManyLogins}[i/10]; true {
			same(t, err, want)
		}
	}
}

// A right login forgives the account, and no one else.
func TestLoginThrottleForgives(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.withPasswords(t, "m")
	for range 3 {
		for range 4 {
			same(t, drop(s.Login(t.Context(), org.Request{}, "m@example.com", "wrong horse battery", nil)), wrongLogin)
		}
		if _, err := s.Login(t.Context(), org.Request{}, "m@example.com", password, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLoginThrottleOfAnAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.withPasswords(t, "m")
	here, there := org.Request{IP: "192.0.2.1"}, org.Request{IP: "192.0.2.2"}
	s.exec(t, "INSERT INTO login_failures VALUES ('address 192.0.2.1', 58, ?)", s.clock.now().Format("2006-01-02 15:04:05.999999999-07:00"))
	same(t, drop(s.Login(t.Context(), here, "a@example.com", password, nil)), wrongLogin)
	if _, err := s.Login(t.Context(), here, "m@example.com", password, nil); err != nil { // a right one costs nothing
		t.Fatal(err)
	}
	same(t, drop(s.Login(t.Context(), here, "b@example.com", password, nil)), wrongLogin)
	same(t, drop(s.Login(t.Context(), here, "c@example.com", password, nil)), tooManyLogins)
	same(t, drop(s.Login(t.Context(), here, "m@example.com", password, nil)), tooManyLogins)
	if _, err := s.Login(t.Context(), there, "m@example.com", password, nil); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	if n := s.number(t, "SELECT count(*) FROM login_failures WHERE door LIKE 'account %'"); n != 2 {
		t.Errorf("%d accounts have failures, not a and b alone: an attempt that was not made counts", n)
	}
}

// While a password is being checked the account can change: what counts is how it stands when it is let in.
func TestAccountChangesDuringLogin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why, user, query string
		want             *org.Error
	}{
		{"suspended", "m", "UPDATE users SET status = 'suspended' WHERE id = ?", suspendedLogin},
		{"suspended while dormant", "Dora", "UPDATE users SET status = 'suspended' WHERE id = ?", suspendedLogin},
		{"deleted", "m", "DELETE FROM users WHERE id = ?", wrongLogin},
		{"another password", "m", "UPDATE users SET password_hash = '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' WHERE id = ?", wrongLogin},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.withPasswords(t, c.user)
			looks := 0
			s.clock.onLook(func() { // the first look counts the attempt, the second one comes after the hash
				if looks++; looks == 2 {
					s.exec(t, c.query, id(c.user).String())
				}
			})
			_, err := s.Login(t.Context(), org.Request{}, strings.ToLower(c.user)+"@example.com", password, nil)
			same(t, err, c.want)
			if looks < 2 {
				t.Fatal("nothing happened meanwhile")
			}
			if status := s.number(t, "SELECT count(*) FROM users WHERE id = ? AND status = 'active'", id(c.user).String()); status != 0 && c.want == suspendedLogin {
				t.Error("the login activated a suspended account")
			}
		})
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	var token string
	var info org.Token
	s.accepted(t, entry{Actor: "m", Action: "create", Type: "api_key", Target: "m", Status: 201, Fields: []string{"expires_at", "token_id", "token_name"}}, func() (err error) {
		token, info, err = s.CreateToken(ctx, s.as(t, "m"), "me", given(org.TokenInput{Name: "mine"}))
		return err
	})
	if len(token) != 33 || token[:10] != info.ID || token[10] != '-' || info.Lifetime != 30*24*time.Hour || !info.ExpiresAt.Equal(info.CreatedAt.Add(info.Lifetime)) || info.Scope != "all" {
		t.Errorf("%q, %+v", token, info)
	}
	if n := s.number(t, "SELECT length(secret_hash) FROM api_keys WHERE id = ?", info.ID); n != 32 {
		t.Errorf("the hash has %d bytes", n)
	}
	subject, err := s.TokenSubject(ctx, org.Request{}, token)
	if err != nil || subject.ID() != id("m") || subject.TokenID != info.ID {
		t.Fatalf("%v", err)
	}
	if list, err := s.Tokens(ctx, subject, "me", org.TokenFilter{}); err != nil || len(list) != 1 || list[0].LastUsed.IsZero() || list[0].Name != "mine" {
		t.Errorf("%+v, %v", list, err)
	}
	if seen, err := s.User(ctx, subject, "me"); err != nil || seen.LastSeenAt.IsZero() {
		t.Errorf("last seen %v (%v)", seen.LastSeenAt, err)
	}
	// No other text is the token.
	format := "Invalid API key format: "
	for bad, detail := range map[string]string{
		"": format + "expected two parts, got 1", "-": format + "the id must have 10 characters, it has 0", token[:10]: format + "expected two parts, got 1",
		token + "-": format + "expected two parts, got 3", token + "x": format + "the secret must have 22 characters, it has 23", token[1:]: format + "the id must have 10 characters, it has 9",
		" " + token: format + "the id must have 10 characters, it has 11",
	} {
		_, err := s.TokenSubject(ctx, org.Request{}, bad)
		same(t, err, signedOut(detail))
	}
	for n := range len(token) {
		kind(t, drop(s.TokenSubject(ctx, org.Request{}, token[:n])), org.Unauthenticated)
		for _, c := range []byte{'0', 'z', token[n] ^ 0x20} {
			if altered := token[:n] + string(c) + token[n+1:]; c != token[n] {
				if _, err := s.TokenSubject(ctx, org.Request{}, altered); org.KindOf(err) != org.Unauthenticated {
					t.Errorf("%q opens for %q: %v", altered, token, err)
				}
			}
		}
	}
	other := "0000000000" + token[10:]
	same(t, drop(s.TokenSubject(ctx, org.Request{}, other)), signedOut("API key is invalid."))
	same(t, drop(s.TokenSubject(ctx, org.Request{}, token[:11]+strings.Repeat("0", 22))), signedOut("API key secret is invalid."))
	// It ends on time, however often it is used.
	s.clock.advance(info.Lifetime - time.Minute)
	if _, err := s.TokenSubject(ctx, org.Request{}, token); err != nil {
		t.Error(err)
	}
	s.clock.advance(time.Minute)
	same(t, drop(s.TokenSubject(ctx, org.Request{}, token)), signedOut(fmt.Sprintf("API key expired at %q.", info.ExpiresAt.Format(time.RFC3339))))
}

func TestTokenInput(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	create := func(by, user string, in org.TokenInput) (org.Token, error) {
		_, token, err := s.CreateToken(ctx, s.as(t, by), user, given(in))
		return token, err
	}
	for _, c := range []struct {
		in    org.TokenInput
		field string
	}{
		{org.TokenInput{Lifetime: -1}, "lifetime"}, {org.TokenInput{Lifetime: time.Second - 1}, "lifetime"}, {org.TokenInput{Lifetime: 365*24*time.Hour + 1}, "lifetime"},
		{org.TokenInput{Name: "a b"}, "token_name"}, {org.TokenInput{Name: strings.Repeat("a", 33)}, "token_name"},
	} {
		_, err := create("m", "me", c.in)
		if e := kind(t, err, org.Invalid); len(e.Fields) != 1 || e.Fields[0].Field != c.field || e.Message != "Failed to validate create API key request." {
			t.Errorf("%+v: %v", c.in, e)
		}
	}
	if _, err := create("m", "me", org.TokenInput{Lifetime: -1, Scope: "x", Name: "_"}); len(kind(t, err, org.Invalid).Fields) != 3 {
		t.Errorf("all at once: %v", err)
	}
	for _, in := range []org.TokenInput{{}, {}, {Name: "named", Lifetime: 365 * 24 * time.Hour, Scope: "all"}, {Lifetime: time.Second}} {
		if token, err := create("m", "me", in); err != nil || token.Name == "" {
			t.Errorf("%+v: %v", in, err)
		}
	}
	_, err := create("m", "me", org.TokenInput{Name: "named"})
	same(t, err, &org.Error{Kind: org.Conflict, Message: `A token with name "named" already exists.`, Fields: []org.Field{{Field: "name", Detail: "This value is already in use and should be unique."}}})
	if _, err := create("x", "me", org.TokenInput{Name: "named"}); err != nil {
		t.Errorf("another account's name: %v", err)
	}
	// A server may allow less.
	short := services.New(s.db, services.Options{Now: s.clock.now, MaxTokenLifetime: time.Hour})
	_, token, err := short.CreateToken(ctx, s.as(t, "m"), "me", given(org.TokenInput{}))
	if err != nil || token.Lifetime != time.Hour {
		t.Errorf("%v, %v", token.Lifetime, err)
	}
	_, _, err = short.CreateToken(ctx, s.as(t, "m"), "me", given(org.TokenInput{Lifetime: time.Hour + 1}))
	same(t, err, &org.Error{Kind: org.Invalid, Message: "Failed to validate create API key request.", Fields: []org.Field{{Field: "lifetime", Detail: "must be at most 1h0m0s"}}})
	if key, err := short.CreateKey(ctx, s.as(t, "m"), "me"); err != nil || short.KeyLifetime() != time.Hour || len(key) != 33 {
		t.Errorf("a key of a command line lives %v (%v)", short.KeyLifetime(), err)
	}
}

func TestWhoseTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	token, mine, err := s.CreateToken(ctx, s.as(t, "m"), "me", given(org.TokenInput{Name: "mine"}))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.CreateToken(ctx, s.as(t, "o"), "x", given(org.TokenInput{Name: "by-o"})); err != nil {
		t.Fatal(err)
	}
	for by, want := range map[string]*org.Error{"ua": notFound, "ta": notFound, "oa": notFound, "x": badUser("m")} {
		same(t, drop(s.Tokens(ctx, s.as(t, by), "m", org.TokenFilter{})), want)
	}
	for _, by := range []string{"m", "ua", "oa"} {
		same(t, drop(s.allTokens(ctx, s.as(t, by), "me")), notFound)
	}
	if list, err := s.Tokens(ctx, s.as(t, "o"), "m", org.TokenFilter{}); err != nil || len(list) != 1 || list[0].Username != "m" {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err := s.allTokens(ctx, s.as(t, "o"), "me"); err != nil || len(list) != 2 {
		t.Errorf("%d of all, %v", len(list), err)
	}
	for _, c := range []struct {
		by, user, token string
		want            *org.Error
	}{
		{"x", "me", mine.ID, notFound}, {"x", "m", mine.ID, badUser("m")}, {"o", "x", mine.ID, notFound}, {"o", "m", "0123456789", notFound},
		{"ua", "m", mine.ID, notFound}, {"oa", "m", mine.ID, notFound},
	} {
		s.refused(t, c.want, 0, func() error { return s.DeleteToken(ctx, s.as(t, c.by), c.user, c.token) })
	}
	s.accepted(t, entry{Actor: "o", Action: "delete", Type: "api_key", Target: "m", Status: 204, Fields: []string{"token_id", "token_name"}}, func() error {
		return s.DeleteToken(ctx, s.as(t, "o"), "m", mine.ID)
	})
	same(t, drop(s.TokenSubject(ctx, org.Request{}, token)), signedOut("API key is invalid."))
}

// What ends, and what stays, at each change of an account.
func TestEndOfSessionsAndTokens(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, c := range []struct {
		why            string
		do             func(s *site) error
		session, token bool // whether it lives on
		refusal        *org.Error
	}{
		{"password set by an administrator", func(s *site) error {
			return s.SetPassword(ctx, s.as(t, "ua"), "m", given(org.PasswordInput{Password: "another horse battery"}), nil)
		}, false, false, signedOut("API key is invalid.")},
		{"own password changed", func(s *site) error {
			return s.SetPassword(ctx, s.as(t, "m"), "me", given(org.PasswordInput{Password: "another horse battery", OldPassword: password}), nil)
		}, false, false, signedOut("API key is invalid.")},
		{"own password not changed", func(s *site) error {
			kind(t, s.SetPassword(ctx, s.as(t, "m"), "me", given(org.PasswordInput{Password: "another horse battery", OldPassword: "wrong"}), nil), org.Invalid)
			return nil
		}, true, true, nil},
		{"suspended", func(s *site) error { return drop2(s.SetStatus(ctx, s.as(t, "ua"), "m", org.StatusSuspended, nil)) }, false, false, suspendedToken},
		{"suspended and activated", func(s *site) error {
			return errors.Join(drop2(s.SetStatus(ctx, s.as(t, "ua"), "m", org.StatusSuspended, nil)), drop2(s.SetStatus(ctx, s.as(t, "ua"), "m", org.StatusActive, nil)))
		}, false, true, nil},
		{"deleted", func(s *site) error { return drop(s.DeleteUser(ctx, s.as(t, "ua"), "m", nil)) }, false, false, signedOut("API key is invalid.")},
		{"renamed", func(s *site) error {
			return drop(s.UpdateProfile(ctx, s.as(t, "ua"), "m", given(org.Profile{Username: "other"})))
		}, true, true, nil},
		{"removed from its organization", func(s *site) error { return drop(s.RemoveMember(ctx, s.as(t, "oa"), "default", "m", nil)) }, true, true, nil},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.withPasswords(t, "m")
			token, _, err := s.CreateToken(t.Context(), s.as(t, "m"), "me", given(org.TokenInput{}))
			if err != nil {
				t.Fatal(err)
			}
			login, err := s.LoginToken(t.Context(), org.Request{}, "m@example.com", password, "")
			if err != nil {
				t.Fatal(err)
			}
			store := account.NewSessionStore(s.db, s.clock.now)
			for _, owner := range []string{"m", "x"} {
				s.session(t, owner)
			}
			if err := c.do(s); err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{token, login} {
				_, err := s.TokenSubject(t.Context(), org.Request{}, key)
				if c.refusal != nil {
					same(t, err, c.refusal)
				} else if err != nil {
					t.Errorf("its token: %v", err)
				}
			}
			if _, found, err := store.FindCtx(t.Context(), "session of m"); found != c.session || err != nil {
				t.Errorf("its session lives on: %v (%v)", found, err)
			}
			if _, found, err := store.FindCtx(t.Context(), "session of x"); !found || err != nil {
				t.Errorf("somebody else's session ended (%v)", err)
			}
		})
	}
}

func TestSetOwnPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.withPasswords(t, "m")
	ctx := t.Context()
	s.refused(t, &org.Error{Kind: org.Invalid, Message: "Old password is incorrect.", Fields: []org.Field{{Field: "old_password", Detail: "is not your current password"}}}, 1, func() error {
		return s.SetPassword(ctx, s.as(t, "m"), "me", given(org.PasswordInput{Password: "another horse battery"}), nil)
	})
	row := s.accepted(t, entry{Actor: "m", Action: "write", Type: "user", Target: "m", Status: 200, Fields: []string{"hashed_password"}}, func() error {
		return s.SetPassword(ctx, s.as(t, "m"), "M", given(org.PasswordInput{Password: "another horse battery", OldPassword: password}), nil)
	})
	if c := row.Changes["hashed_password"]; !c.Secret || c.Old != nil || c.New != nil {
		t.Errorf("recorded %+v", c)
	}
	same(t, drop(s.Login(ctx, org.Request{}, "m@example.com", password, nil)), wrongLogin)
	if _, err := s.Login(ctx, org.Request{}, "m@example.com", "another horse battery", nil); err != nil {
		t.Error(err)
	}
}

// TestFirstOwnPassword: an account that has lost its password gets another one from its owner alone, not from whoever finds the
// session open or holds a token.
func TestFirstOwnPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.exec(t, "UPDATE users SET login_type = 'password', password_hash = '' WHERE username = 'm'")
	err := s.SetPassword(t.Context(), s.as(t, "m"), "me", given(org.PasswordInput{Password: "another horse battery"}), nil)
	same(t, err, org.ErrInvalid("Sign in again first.", "You signed in more than 10 minutes ago, and this account has no password to ask for."))
	if err := s.SetPassword(t.Context(), s.as(t, "o"), "m", given(org.PasswordInput{Password: "another horse battery"}), nil); err != nil {
		t.Error(err)
	}
}

// A dormant account wakes at its first sign of life, whichever door it comes in by.
func TestDormantWakes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token, _, err := s.CreateToken(t.Context(), s.as(t, "o"), "Dora", given(org.TokenInput{}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.TokenSubject(t.Context(), org.Request{}, token); err != nil {
		t.Fatal(err)
	}
	subject, err := s.TokenSubject(t.Context(), org.Request{}, token)
	if err != nil || subject.User.Status != org.StatusActive || s.text(t, "SELECT status FROM users WHERE id = ?", id("Dora").String()) != "active" {
		t.Errorf("still %s (%v)", subject.User.Status, err)
	}
	rows := s.audit(t, 0)
	if last := rows[len(rows)-1]; last.Actor != "Dora" || last.Type != "user" || last.Changes["status"].Old != "dormant" || last.Changes["status"].New != "active" {
		t.Errorf("recorded %+v", last)
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.withPasswords(t, "m")
	ctx := t.Context()
	token, err := s.LoginToken(ctx, org.Request{}, "m@example.com", password, "")
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.LoginToken(ctx, org.Request{}, "m@example.com", password, "")
	if err != nil {
		t.Fatal(err)
	}
	subject, err := s.TokenSubject(ctx, org.Request{}, token)
	if err != nil {
		t.Fatal(err)
	}
	entries := s.entries(t)
	if err := s.Logout(ctx, subject); err != nil {
		t.Fatal(err)
	}
	if rows := s.audit(t, entries); len(rows) != 1 || rows[0].Action != "logout" || rows[0].Actor != "m" || rows[0].Status != 200 {
		t.Errorf("recorded %+v", rows)
	}
	same(t, drop(s.TokenSubject(ctx, org.Request{}, token)), signedOut("API key is invalid."))
	if _, err := s.TokenSubject(ctx, org.Request{}, other); err != nil {
		t.Errorf("another token ended, too: %v", err)
	}
	// A token of a login lives a day, is not listed, and can not be used after it is gone, not even by a request under way.
	if list, err := s.Tokens(ctx, s.as(t, "m"), "me", org.TokenFilter{}); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	s.exec(t, "SELECT 1")
	same(t, drop(s.UpdateProfile(ctx, subject, "me", given(org.Profile{Name: "late"}))), signedOut("API key is invalid."))
	s.clock.advance(24 * time.Hour)
	kind(t, drop(s.TokenSubject(ctx, org.Request{}, other)), org.Unauthenticated)
}

func TestSessionStore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.withPasswords(t, "m")
	store := account.NewSessionStore(s.db, s.clock.now)
	now := s.clock.now()
	begins := func(n org.NewSession) {
		t.Helper()
		begin := func(context.Context, uuid.UUID) (org.NewSession, error) { return n, nil }
		if _, err := s.Login(t.Context(), org.Request{}, "m@example.com", password, begin); err != nil {
			t.Fatal(err)
		}
	}
	begins(org.NewSession{Token: "short", Data: []byte("short"), ExpiresAt: now.Add(time.Minute)})
	begins(org.NewSession{Token: "other", Data: []byte("other"), ExpiresAt: now.Add(time.Hour)})
	begins(org.NewSession{Token: "long", Data: []byte("long"), ExpiresAt: now.Add(time.Hour), Replaces: "other"})
	if err := store.Commit("long", []byte("changed"), now.Add(time.Hour)); err == nil {
		t.Error("a session was stored without its account")
	}
	if data, found, err := store.Find("long"); err != nil || !found || string(data) != "long" {
		t.Errorf("%q, %v, %v", data, found, err)
	}
	if _, found, err := store.Find("other"); found || err != nil {
		t.Errorf("found after it was replaced (%v)", err)
	}
	if owner := s.text(t, "SELECT user_id FROM sessions WHERE token = 'long'"); owner != id("m").String() {
		t.Errorf("it belongs to %q", owner)
	}
	s.clock.advance(time.Minute)
	if _, found, err := store.Find("short"); found || err != nil {
		t.Errorf("found after its end (%v)", err)
	}
	begins(org.NewSession{Token: "new", Data: []byte{}, ExpiresAt: now.Add(time.Hour)})
	if n := s.number(t, "SELECT count(*) FROM sessions"); n != 2 {
		t.Errorf("those that are over stay: %d are stored", n)
	}
}

func TestFirstUser(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	ctx := t.Context()
	first := func(name string) org.Input[org.FirstUser] {
		return given(org.FirstUser{Username: name, Email: name + "@example.com", Name: "First", Password: password})
	}
	if done, err := s.HasUsers(ctx); done || err != nil {
		t.Errorf("%v, %v", done, err)
	}
	for _, in := range []org.FirstUser{
		{Username: "me", Email: "a@example.com", Password: password}, {Username: "fine", Email: "a", Password: password}, {Username: "fine", Email: "a@example.com", Password: "short"},
	} {
		_, _, err := s.CreateFirstUser(ctx, org.Request{}, given(in), nil)
		kind(t, err, org.Invalid)
	}
	if n := s.number(t, "SELECT count(*) FROM users") + s.number(t, "SELECT count(*) FROM organizations") + int64(s.entries(t)); n != 0 {
		t.Error("a refused setup left something behind")
	}
	var made atomic.Int64
	var kinds sync.Map
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			_, _, err := s.CreateFirstUser(ctx, org.Request{}, first(fmt.Sprintf("first%d", i)), nil)
			if err == nil {
				made.Add(1)
				return
			}
			kinds.Store(org.KindOf(err), true)
			same(t, err, &org.Error{Kind: org.Conflict, Message: "The initial user has already been created."})
		})
	}
	all.Wait()
	if made.Load() != 1 || s.number(t, "SELECT count(*) FROM users") != 1 || s.number(t, "SELECT count(*) FROM organizations") != 1 {
		t.Fatalf("%d setups, %d users", made.Load(), s.number(t, "SELECT count(*) FROM users"))
	}
	name := s.text(t, "SELECT username FROM users")
	rows := s.audit(t, 0)
	if len(rows) != 1 || rows[0].Actor != name || rows[0].Action != "create" || rows[0].Status != 201 ||
		!slices.Equal(rows[0].Fields, []string{"email", "hashed_password", "login_type", "name", "organization_ids", "rbac_roles", "status", "username"}) {
		t.Errorf("recorded %+v", rows)
	}
	u, err := s.Login(ctx, org.Request{}, name+"@example.com", password, nil)
	if err != nil || u.Status != org.StatusActive || len(u.OrganizationIDs) != 1 || refNames(u.Roles)[0] != "owner" {
		t.Errorf("%+v, %v", u, err)
	}
	owner, err := s.UserSubject(ctx, u.ID)
	if err != nil || !owner.Can("create", rbac.Object{Type: "user"}) {
		t.Error(err)
	}
	if o, err := s.Organization(ctx, owner, "default"); err != nil || !o.IsDefault || o.MemberCount != 1 || o.ID == uuid.Nil {
		t.Errorf("%+v, %v", o, err)
	}
}

// Under the policy for owners a password lets in who is one at the moment, be the record that ended swept or not.
func TestPasswordOfOwnerUntil(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.withPasswords(t, "o")
	s.lend(t, uuid.Nil, "o", "owner", s.clock.now().Add(time.Hour))
	strict := service{services.New(s.db, services.Options{Now: s.clock.now, HashCost: cheapHash, Passwords: org.PasswordsForOwners})}
	if err := drop(strict.Login(t.Context(), org.Request{}, "o@example.com", password, nil)); err != nil {
		t.Errorf("before the end: %v", err)
	}
	s.clock.advance(time.Hour + time.Second)
	kind(t, drop(strict.Login(t.Context(), org.Request{}, "o@example.com", password, nil)), org.Forbidden)
}
