package org_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// What has ended goes from the store when people have had time to see it. Until its end each login is listed, and can be
// ended.
func TestExpiredKeysGo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	s.withPasswords(t, "m", "o")
	signIn := func(user string) string {
		t.Helper()
		token, err := s.LoginToken(ctx, org.Request{}, user+"@example.com", password, "")
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	kept := func() string { return strings.Join(s.dump(t, "SELECT name FROM api_keys ORDER BY name"), " ") }
	first, second, others := signIn("m"), signIn("m"), signIn("o")
	if _, _, err := s.CreateToken(ctx, s.as(t, "m"), "me", given(org.TokenInput{Name: "named", Lifetime: time.Hour})); err != nil {
		t.Fatal(err)
	}
	by, err := s.TokenSubject(ctx, org.Request{}, second)
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.Sessions(ctx, by)
	if err != nil || len(list) != 2 || !list[0].Program || !list[0].Current || list[1].Current || list[1].ID != first[:10] {
		t.Errorf("%+v, %v", list, err)
	}
	kind(t, s.EndSession(ctx, by, others[:10]), org.NotFound)
	_, named, err := s.CreateToken(ctx, by, "me", given(org.TokenInput{Name: "other"}))
	if err != nil {
		t.Fatal(err)
	}
	kind(t, s.EndSession(ctx, by, named.ID), org.NotFound) // a token is not a session
	if err := s.EndSession(ctx, by, first[:10]); err != nil {
		t.Error(err)
	}
	if err := drop(s.TokenSubject(ctx, org.Request{}, first)); org.KindOf(err) != org.Unauthenticated {
		t.Errorf("the ended login: %v", err)
	}
	s.clock.advance(25 * time.Hour)
	if list, err := s.Sessions(ctx, s.as(t, "m")); err != nil || len(list) != 0 {
		t.Errorf("after their end: %+v, %v", list, err)
	}
	s.clock.advance(29 * 24 * time.Hour)
	last := signIn("o")
	logins := []string{"[login " + second[:10] + "]", "[login " + others[:10] + "]", "[login " + last[:10] + "]"}
	slices.Sort(logins)
	if got, want := kept(), strings.Join(logins, " ")+" [named] [other]"; got != want {
		t.Errorf("a month later %s are stored, want %s", got, want)
	}
	s.clock.advance(61 * 24 * time.Hour)
	if noted, err := s.NoteExpiredTokens(ctx); noted != 2 || err != nil { // what the trail does not tell of yet would stay
		t.Errorf("%d ends noted, %v", noted, err)
	}
	begin := func(context.Context, uuid.UUID) (org.NewSession, error) {
		return org.NewSession{Token: "session", Data: []byte("data")}, nil
	}
	if _, err := s.Login(ctx, org.Request{}, "m@example.com", password, begin); err != nil {
		t.Fatal(err)
	}
	if got, want := kept(), "[login "+last[:10]+"] [other]"; got != want {
		t.Errorf("three months later %s are stored, want %s", got, want)
	}
}
