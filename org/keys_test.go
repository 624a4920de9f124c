package org_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// A key of a command line that somebody else made for an account ends with its promotion, as a token does; one that it
// made itself stays.
func TestPromotionEndsForeignKeys(t *testing.T) {
	t.Parallel()
	for maker, stays := range map[string]bool{"desk": false, "lead": true, "rising": true} {
		s := risingSite(t)
		key, err := s.CreateKey(t.Context(), s.as(t, maker), "rising")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.SetMemberRoles(t.Context(), s.as(t, "o"), "default", "rising", roles("organization-admin")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.TokenSubject(t.Context(), org.Request{}, key); (err == nil) != stays {
			t.Errorf("made by %s: %v", maker, err)
		}
	}
}

// Who may make a key of an account, end one, or read it; and what is recorded.
func TestWhoseKeys(t *testing.T) {
	t.Parallel()
	s := deskSite(t)
	ctx := t.Context()
	var key string
	row := s.accepted(t, entry{Actor: "m", Action: "create", Type: "api_key", Target: "m", Organization: uuid.Nil, Status: 201, Fields: []string{"expires_at"}}, func() (err error) {
		key, err = s.CreateKey(ctx, s.as(t, "m"), "me")
		return err
	})
	keyID := key[:10]
	if row.Changes["expires_at"].New == nil {
		t.Errorf("recorded %+v", row.Changes)
	}
	for by, want := range map[string]org.Kind{"oa": org.Forbidden, "au": org.Forbidden, "x": org.Invalid} {
		kind(t, drop(s.CreateKey(ctx, s.as(t, by), "o")), want)
	}
	for by, want := range map[string]org.Kind{"oa": org.NotFound, "x": org.Invalid} {
		kind(t, drop(s.Key(ctx, s.as(t, by), "m", keyID)), want)
		kind(t, s.ExpireKey(ctx, s.as(t, by), "m", keyID), want)
	}
	kind(t, s.ExpireKey(ctx, s.as(t, "o"), "me", keyID), org.NotFound)
	by, err := s.TokenSubject(ctx, org.Request{}, key)
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.Sessions(ctx, by)
	if err != nil || len(list) != 1 || !list[0].CLI || !list[0].Current {
		t.Errorf("the sessions are %+v, %v", list, err)
	}
	s.accepted(t, entry{Actor: "o", Action: "write", Type: "api_key", Target: "m", Organization: uuid.Nil, Status: 204, Fields: []string{"expires_at"}},
		func() error { return s.ExpireKey(ctx, s.as(t, "o"), "m", keyID) })
	s.unchanged(t, func() error { return s.ExpireKey(ctx, s.as(t, "o"), "m", keyID) })
	if _, err := s.TokenSubject(ctx, org.Request{}, key); org.KindOf(err) != org.Unauthenticated {
		t.Errorf("the ended key: %v", err)
	}
	// A request that was under way with it changes nothing either.
	kind(t, drop(s.CreateKey(context.WithoutCancel(ctx), by, "me")), org.Unauthenticated)
}

// Only API tokens that end within a week are counted: neither logins, nor what has ended.
func TestTokensEnding(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	for _, days := range []time.Duration{1, 7, 8, 30} {
		if _, _, err := s.CreateToken(ctx, s.as(t, "m"), "me", given(org.TokenInput{Lifetime: days * org.Day})); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.CreateKey(ctx, s.as(t, "m"), "me"); err != nil {
		t.Fatal(err)
	}
	before, err := s.CountTokensEnding(ctx)
	s.clock.advance(2 * org.Day)
	after, failed := s.CountTokensEnding(ctx)
	if err != nil || failed != nil || before != 2 || after != 2 {
		t.Errorf("%d, and two days later %d (%v, %v), want the one of a day replaced by that of eight", before, after, err, failed)
	}
}

// A token that one server ends is refused by another one that has just answered it.
func TestExpiryOnOtherReplicas(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other := openSite(t, s.place)
	ctx := t.Context()
	key, token, err := s.CreateToken(ctx, s.as(t, "m"), "me", given(org.TokenInput{}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.TokenSubject(ctx, org.Request{}, key); err != nil {
		t.Fatal(err)
	}
	if err := s.ExpireKey(ctx, s.as(t, "m"), "me", token.ID); err != nil {
		t.Fatal(err)
	}
	other.clock.advance(time.Second) // it stands still between two looks, and may be behind that of the server which ended it
	if _, err := other.TokenSubject(ctx, org.Request{}, key); org.KindOf(err) != org.Unauthenticated {
		t.Errorf("the other server says %v", err)
	}
}
