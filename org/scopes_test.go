package org_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// TestTokenScopes holds the table of scopes in docs/spec/tokens.md: what is taken is stored in one form, and what is not is
// refused by name, with nothing changed.
func TestTokenScopes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	by := s.as(t, "o")
	const unknown = `invalid or unsupported API key scope: "%s"`
	for i, tt := range []struct {
		scope  string
		scopes string
		allow  string
		want   string // scopes and allow list of the token, or the detail of the refusal
		legacy string
	}{
		{"", "", "", " | ", "all"},
		{"all", "", "*:*", " | ", "all"},
		{"", "coder:all", "", " | ", "all"},
		{"", "template:read all", "", " | ", "all"},
		{"", "template:update template:read template:read", "", "template:read template:update | ", ""},
		{"", "template:read template:*", "", "template:* | ", ""},
		{"all", "template:read", "", "template:read | ", ""},
		{"application_connect", "", "", "workspace:application_connect | ", "application_connect"},
		{"", "coder:application_connect", "", "workspace:application_connect | ", "application_connect"},
		{"", "coder:templates.build", "", "file:create file:read provisioner_jobs:read template:read | ", ""},
		{"", "coder:workspaces.access", "", "organization_member:read template:read workspace:application_connect workspace:read workspace:ssh | ", "application_connect"},
		{"rolecall:decide", "", "", "rolecall:decide | ", ""},
		{"", "", "template:*", "template:* | template:*", ""},
		{"", "", "template:* file:*", "file:* template:* | file:* template:*", ""},
		{"", "template:read file:read", "template:*", "template:read | template:*", ""},
		{"", "template:read", "template:* *:*", "template:read | ", ""},
		{"", "template:read", "file:*", "leaves nothing of the scopes", ""},
		{"", "template:gone", "", fmt.Sprintf(unknown, "template:gone"), ""},
		{"gone", "template:read", "", fmt.Sprintf(unknown, "gone"), ""},
		{"", "*:*", "", fmt.Sprintf(unknown, "*:*"), ""},
		{"", "*:read", "", fmt.Sprintf(unknown, "*:read"), ""},
		{"", "!template:read", "", fmt.Sprintf(unknown, "!template:read"), ""},
		{"", "coder:workspaces.fly", "", fmt.Sprintf(unknown, "coder:workspaces.fly"), ""},
		{"", "rolecall:decide template:read", "", `API key scope "rolecall:decide" stands alone`, ""},
		{"", "", "workspace:5c1b6a3e-0000-4000-8000-000000000000", `allow_list entries for single objects are not supported: "workspace:5c1b6a3e-0000-4000-8000-000000000000"`, ""},
		{"", "", "*:5c1b6a3e-0000-4000-8000-000000000000", `allow_list entries for single objects are not supported: "*:5c1b6a3e-0000-4000-8000-000000000000"`, ""},
		{"", "", "gone:*", `invalid or unsupported allow_list entry: "gone:*"`, ""},
	} {
		in := org.TokenInput{Name: fmt.Sprint("t", i), Scope: tt.scope, Scopes: strings.Fields(tt.scopes), AllowList: strings.Fields(tt.allow)}
		before := countTokens(t, s, by)
		_, made, err := s.CreateToken(t.Context(), by, "me", org.Given(in))
		if err != nil {
			e, ok := errors.AsType[*org.Error](err)
			if !ok || e.Message != "Failed to create API key." || e.Detail != tt.want || countTokens(t, s, by) != before {
				t.Errorf("%+v: %v", in, err)
			}
			continue
		}
		stored, err := s.TokenNamed(t.Context(), by, "me", in.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range []org.Token{made, stored} {
			if got := strings.Join(token.Scopes, " ") + " | " + strings.Join(token.AllowList, " "); got != tt.want || token.Scope != tt.legacy {
				t.Errorf("%+v: %q, legacy %q", in, got, token.Scope)
			}
		}
	}
}

// TestLimitedTokensMakeNoWiderOnes: with a token that has limits, tokens are made within them alone, and keys with the same.
func TestLimitedTokensMakeNoWiderOnes(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	by := withToken(t, s, org.TokenInput{Scopes: []string{"api_key:*", "user:read", "template:read", "template:update"}})
	for _, tt := range []struct {
		scopes string
		ok     bool
	}{
		{"template:read", true}, {"api_key:read api_key:create", true}, {"", false}, {"coder:all", false}, {"template:*", false},
		{"template:delete", false}, {"file:read template:read", false}, {"rolecall:decide", false}, {"user:*", false},
	} {
		_, _, err := s.CreateToken(t.Context(), by, "me", org.Given(org.TokenInput{Scopes: strings.Fields(tt.scopes)}))
		if (err == nil) != tt.ok || err != nil && org.KindOf(err) != org.Forbidden {
			t.Errorf("%q: %v", tt.scopes, err)
		}
	}
	secret, err := s.CreateKey(t.Context(), by, "me")
	if err != nil {
		t.Fatal(err)
	}
	key, err := s.TokenSubject(t.Context(), org.Request{}, secret)
	if err != nil || key.Can("delete", org.UserObject(key.ID())) || !key.Can("read", org.UserObject(key.ID())) || key.Owner() {
		t.Errorf("a key reaches %+v, %v", key.Limits(), err)
	}
	var most []string // what a new account may do with its own keys is left out
	for _, typ := range rbac.Default().Types() {
		if typ.Name != "api_key" {
			most = append(most, typ.Name+":*")
		}
	}
	_, err = s.CreateUser(t.Context(), withToken(t, s, org.TokenInput{Scopes: most}), org.Given(org.NewUser{
		Email: "new@example.com", Username: "newcomer", Password: "a password of length", OrganizationIDs: []uuid.UUID{home},
	}))
	if org.KindOf(err) != org.Forbidden || !strings.Contains(err.Error(), "does not reach") {
		t.Errorf("an account with a known password: %v", err)
	}
}

// TestTokenEndsAreTold: once 30, 7 and 1 days before the end, of tokens that were made to live longer than that.
func TestTokenEndsAreTold(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	by, now := s.as(t, "o"), s.clock.now()
	for name, days := range map[string]int{"year": 365, "month": 30, "day": 1} {
		if _, _, err := s.CreateToken(t.Context(), by, "me", org.Given(org.TokenInput{Name: name, Lifetime: time.Duration(days) * org.Day})); err != nil {
			t.Fatal(err)
		}
	}
	want := map[int]int{0: 0, 23: 1, 24: 0, 29: 1, 335: 1, 336: 0, 358: 1, 364: 1, 366: 0}
	for _, day := range slices.Sorted(maps.Keys(want)) {
		s.clock.advance(now.Add(time.Duration(day)*org.Day + time.Minute).Sub(s.clock.now()))
		if told, err := s.TellEndingTokens(t.Context()); told != want[day] || err != nil {
			t.Errorf("on day %d it is told of %d, %v; want %d", day, told, err, want[day])
		}
	}
}

// withToken is the owner with a token that has limits.
func withToken(t *testing.T, s *site, in org.TokenInput) *org.Actor {
	t.Helper()
	secret, _, err := s.CreateToken(t.Context(), s.as(t, "o"), "me", org.Given(in))
	if err != nil {
		t.Fatal(err)
	}
	by, err := s.TokenSubject(t.Context(), org.Request{}, secret)
	if err != nil {
		t.Fatal(err)
	}
	return by
}

func countTokens(t *testing.T, s *site, by *org.Actor) int {
	t.Helper()
	list, err := s.Tokens(t.Context(), by, "me", org.TokenFilter{})
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// TestTokenScopesFollowTheCatalog: a pair of a token keeps its meaning under another name, as that of a role does; one that is
// gone leaves nothing, and what comes under its name later is another one.
func TestTokenScopesFollowTheCatalog(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.apply(t, nil)
	secrets := map[string]string{}
	for _, scope := range []string{"invoice:delete", "invoice:*", "invoice:pay"} {
		secret, _, err := s.CreateToken(t.Context(), s.as(t, "o"), "me", org.Given(org.TokenInput{Name: strings.NewReplacer(":", "-", "*", "all").Replace(scope), Scopes: []string{scope}}))
		if err != nil {
			t.Fatal(err)
		}
		secrets[scope] = secret
	}
	reaches := func(scope string) string {
		by, err := s.TokenSubject(t.Context(), org.Request{}, secrets[scope])
		if err != nil {
			t.Fatal(err)
		}
		var can []string
		for _, a := range by.Catalog.Types() {
			if a.Name != "invoice" {
				continue
			}
			for _, action := range a.Actions {
				if by.Can(action.Name, rbac.Object{Type: "invoice", Org: home}) {
					can = append(can, action.Name)
				}
			}
		}
		if by.Can("read", rbac.Object{Type: "template", Org: home}) {
			can = append(can, "template:read")
		}
		return strings.Join(can, " ")
	}
	all := reaches("invoice:*")
	for _, tt := range []struct {
		change func(*rbac.Document)
		want   [3]string // delete, *, pay
	}{
		{nil, [3]string{"delete", all, "pay"}},
		{renamed, [3]string{"archive", strings.Replace(all, "delete", "archive", 1), "pay"}},
	} {
		if tt.change != nil {
			s.apply(t, tt.change)
		}
		if got := [3]string{reaches("invoice:delete"), reaches("invoice:*"), reaches("invoice:pay")}; got != tt.want {
			t.Errorf("tokens reach %q, want %q", got, tt.want)
		}
	}
	shown, err := s.TokenNamed(t.Context(), s.as(t, "o"), "me", "invoice-delete")
	if err != nil || fmt.Sprint(shown.Scopes) != "[invoice:archive]" {
		t.Errorf("it is shown as %v, %v", shown.Scopes, err)
	}
	s.apply(t, unpaid)
	if got := reaches("invoice:pay"); got != "" {
		t.Errorf("a pair that is gone leaves %q", got)
	}
	s.apply(t, nil) // pay comes back, as another pair
	if got := reaches("invoice:pay"); got != "" {
		t.Errorf("what has its name now is reached: %q", got)
	}
}
