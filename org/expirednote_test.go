package org_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"rolecall.example/db"
	"rolecall.example/org"
)

// expiredOnes is the names of the tokens whose end the trail tells of.
func (s *site) expiredOnes(tb testing.TB) (names []string) {
	tb.Helper()
	for _, r := range s.audit(tb, 0) {
		if r.Action == org.ActionExpire {
			names = append(names, fmt.Sprint(r.Changes["token_name"].Old))
		}
	}
	return names
}

// TestExpiredTokensAreNoted: the end of a token has one entry, by nobody, in the chain of the site, and moves no revision.
// One that was ended or revoked, or whose account is gone, does not expire.
func TestExpiredTokensAreNoted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	secrets, ids := map[string]string{}, map[string]string{}
	for _, token := range []struct {
		of, name string
		lifetime time.Duration
	}{
		{"m", "first", time.Hour}, {"m", "ended", time.Hour}, {"m", "revoked", time.Hour}, {"m", "second", 2 * time.Hour},
		{"x", "of-gone", time.Hour}, {"Sue", "of-suspended", 3 * time.Hour}, {"m", "lives", 100 * time.Hour},
	} {
		secret, made, err := s.CreateToken(ctx, s.Operator(), token.of, given(org.TokenInput{Name: token.name, Lifetime: token.lifetime}))
		if err != nil {
			t.Fatal(err)
		}
		secrets[token.name], ids[token.name] = secret, made.ID
	}
	s.withPasswords(t, "m")
	if _, err := s.LoginToken(ctx, org.Request{}, "m@example.com", password, ""); err != nil {
		t.Fatal(err)
	}
	note := func(want ...string) {
		t.Helper()
		before, revision := s.expiredOnes(t), s.revision(t)
		for _, n := range []int{len(want), 0} {
			if noted, err := s.NoteExpiredTokens(ctx); noted != n || err != nil {
				t.Errorf("NoteExpiredTokens = %d, %v, want %d", noted, err, n)
			}
		}
		if diff := cmp.Diff(want, s.expiredOnes(t)[len(before):], cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if now := s.revision(t); now != revision {
			t.Errorf("the revision went from %d to %d", revision, now)
		}
	}
	if err := s.ExpireKey(ctx, s.as(t, "m"), "me", ids["ended"]); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteToken(ctx, s.as(t, "m"), "me", ids["revoked"]); err != nil {
		t.Fatal(err)
	}
	if err := drop(s.DeleteUser(ctx, s.as(t, "o"), "x", nil)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ended", "revoked", "of-gone"} {
		_ = drop(s.TokenSubject(ctx, org.Request{}, secrets[name]))
	}
	if got := s.expiredOnes(t); len(got) > 0 {
		t.Errorf("what ended otherwise is noted: %q", got)
	}
	note()
	s.clock.advance(61 * time.Minute)
	entries := s.entries(t)
	note("first")
	row := s.audit(t, entries)[0]
	want := entry{Action: "expire", Type: "api_key", Target: "m", Status: 200, Fields: []string{"expires_at", "token_id", "token_name"}}
	if diff := cmp.Diff(want, row.entry, cmp.AllowUnexported(entry{})); diff != "" || row.ID != id("m").String() {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// One that is used in vain is noted at once, and once. Whoever has no secret of it learns and causes nothing.
	s.clock.advance(2 * time.Hour)
	wrong := secrets["second"][:len(secrets["second"])-1] + "?"
	for range 2 {
		kind(t, drop(s.TokenSubject(ctx, org.Request{}, wrong)), org.Unauthenticated)
	}
	if got := s.expiredOnes(t); len(got) != 1 {
		t.Errorf("noted for a wrong secret: %q", got)
	}
	for range 2 {
		kind(t, drop(s.TokenSubject(ctx, org.Request{ID: "its request"}, secrets["second"])), org.Unauthenticated)
	}
	if got := s.expiredOnes(t); !slices.Equal(got, []string{"first", "second"}) {
		t.Errorf("after its use %q are noted", got)
	}
	note("of-suspended")
	if v, err := s.VerifyAudit(ctx, org.VerifyFilter{}); err != nil || v.Broken() != "" {
		t.Errorf("%+v, %v", v, err)
	}
	list, err := s.Audit(ctx, s.as(t, "o"), org.AuditFilter{Query: "action:expire", Limit: 10})
	if err != nil || len(list.Entries) != 3 || list.Entries[2].Description != "API key of {target} expired" || list.Entries[2].User != nil {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestExpiredTokenStaysUntilNoted: a server that was down for months notes what expired meanwhile before it is forgotten.
func TestExpiredTokenStaysUntilNoted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.withPasswords(t, "m")
	if err := drop2(s.CreateToken(t.Context(), s.as(t, "m"), "me", given(org.TokenInput{Name: "old", Lifetime: time.Hour}))); err != nil {
		t.Fatal(err)
	}
	s.clock.advance(200 * 24 * time.Hour)
	for _, left := range []int64{1, 0} {
		if _, err := s.LoginToken(t.Context(), org.Request{}, "m@example.com", password, ""); err != nil {
			t.Fatal(err)
		}
		if n := s.number(t, "SELECT count(*) FROM api_keys WHERE name = 'old'"); n != left {
			t.Errorf("%d are stored, want %d", n, left)
		}
		if _, err := s.NoteExpiredTokens(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.expiredOnes(t); !slices.Equal(got, []string{"old"}) {
		t.Errorf("noted: %q", got)
	}
}

// TestExpiredTokensOnTwoReplicas: two servers that note at once, and are asked with such tokens meanwhile, write one entry for
// each token, in transactions that are not long.
func TestExpiredTokensOnTwoReplicas(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	const many = 250 // more than two transactions note
	s.write(t, func(q *db.Queries) (err error) {
		for i := range many {
			name := fmt.Sprintf("t%03d", i)
			err = errors.Join(err, q.InsertAPIKey(ctx, db.InsertAPIKeyParams{ID: name, UserID: id("m"), SecretHash: []byte{1}, Name: name,
				LoginType: "token", Scope: "all", Now: start, ExpiresAt: start.Add(time.Duration(i) * time.Second)}))
		}
		return err
	})
	secret, _, err := s.CreateToken(ctx, s.Operator(), "m", given(org.TokenInput{Name: "used", Lifetime: time.Hour}))
	if err != nil {
		t.Fatal(err)
	}
	replicas := []*site{s, openSite(t, s.place)}
	sum, mu := 0, sync.Mutex{}
	var all sync.WaitGroup
	for _, r := range replicas {
		r.clock.advance(2 * time.Hour)
		for range 2 {
			all.Go(func() {
				noted, err := r.NoteExpiredTokens(context.WithoutCancel(ctx))
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				sum += noted
			})
			all.Go(func() { kind(t, drop(r.TokenSubject(ctx, org.Request{}, secret)), org.Unauthenticated) })
		}
	}
	all.Wait()
	got := s.expiredOnes(t)
	slices.Sort(got)
	if n := len(got); n != many+1 || len(slices.Compact(got)) != n || sum < many || sum > many+1 {
		t.Errorf("%d entries of %d tokens; %d were noted by those who look for them", n, many+1, sum)
	}
	if v, err := s.VerifyAudit(ctx, org.VerifyFilter{}); err != nil || v.Broken() != "" {
		t.Errorf("%+v, %v", v, err)
	}
}
