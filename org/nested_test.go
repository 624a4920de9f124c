package org_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
	"rolecall.example/org"
)

// A use case that is called inside a write would wait for the write that waits for it. It is refused at once instead.
func TestNoUseCaseInsideAWrite(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const password = "correct horse battery"
	if err := s.SetPassword(t.Context(), s.as(t, "o"), "m", given(org.PasswordInput{Password: password}), nil); err != nil {
		t.Fatal(err)
	}
	o := s.as(t, "o")
	for name, nested := range map[string]func(ctx context.Context) error{
		"a change": func(ctx context.Context) error { return drop(s.AddMember(ctx, o, "default", "x")) },
		"a login": func(ctx context.Context) error {
			return drop(s.Login(ctx, org.Request{}, "m@example.com", password, nil))
		},
		"a session": func(ctx context.Context) error { return s.StoreSetupToken(ctx, "token") },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			begin := func(ctx context.Context, _ uuid.UUID) (org.NewSession, error) { return org.NewSession{}, nested(ctx) }
			if _, err := s.Login(ctx, org.Request{}, "m@example.com", password, begin); !errors.Is(err, db.ErrNested) {
				t.Errorf("got %v, want %v", err, db.ErrNested)
			}
		})
	}
	if s.isMember(t, home, "x") {
		t.Error("what was refused was written")
	}
}

// What is in use is noted an hour later at the latest, also when noting it has failed once.
func TestLastUsedIsNotedLater(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	secret, _, err := s.CreateToken(t.Context(), s.as(t, "m"), "me", given(org.TokenInput{}))
	if err != nil {
		t.Fatal(err)
	}
	rename := func(from, to string) {
		t.Helper()
		if _, err := s.raw.ExecContext(t.Context(), "ALTER TABLE users RENAME COLUMN "+from+" TO "+to); err != nil {
			t.Fatal(err)
		}
	}
	s.as(t, "m") // known from now on: the accounts need not be read
	if _, err := s.TokenSubject(t.Context(), org.Request{}, secret[:11]+strings.Repeat("0", 22)); err == nil {
		t.Fatal("a wrong secret was let in")
	}
	const noted = "SELECT count(*) FROM users WHERE username = 'm' AND last_seen_at IS NOT NULL"
	for want, prepare := range []func(){
		func() { rename("last_seen_at", "elsewhere") },
		func() { rename("elsewhere", "last_seen_at") },
	} {
		prepare()
		if _, err := s.TokenSubject(t.Context(), org.Request{}, secret); err != nil {
			t.Fatal(err)
		}
		if want == 1 && s.number(t, noted) != 1 {
			t.Error("the next use did not note it")
		}
	}
}

// A restore reads the versions of the role as its transaction has them. On SQLite that is one with the writes before it
// that were committed with it.
func TestRestoreSeesTheWriteBeforeIt(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "writes of several requests are committed together there")
	s := newSite(t)
	o, ctx := s.as(t, "o"), t.Context()
	var restored error
	done := make(chan struct{})
	restore := sync.OnceFunc(func() {
		go func() {
			defer close(done)
			_, restored = s.RestoreRole(ctx, o, org.In("default"), "viewer", given(org.RestoreRole{Version: 2}))
		}()
		for s.db.Waiting() < 2 {
			runtime.Gosched()
		}
	})
	s.clock.onLook(func() {
		if s.db.Waiting() > 0 { // the put looks at it again when its transaction has begun
			restore()
		}
	})
	_, err := s.PutRole(ctx, o, org.In("default"), given(org.RoleInput{Name: "viewer", Organization: perms("template:update")}))
	if <-done; err != nil || restored != nil {
		t.Errorf("put: %v, restored to what was put: %v", err, restored)
	}
}
