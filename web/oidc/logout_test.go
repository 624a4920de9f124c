package oidc_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"rolecall.example/org"
	"rolecall.example/web/oidc/oidctest"
)

const ended = "http://schemas.openid.net/event/backchannel-logout"

// TestNotices: one row for each thing that a notice of an ended session must be.
func TestNotices(t *testing.T) {
	t.Parallel()
	p := newParty(t, "")
	got, err := p.Ended(t.Context(), "okta", p.at.LogoutToken(claims{"sub": "ada-1", "sid": "s1"}))
	if err != nil || got.Subject != "ada-1" || got.SID != "s1" || got.Issuer != p.at.URL || !got.Until.After(p.clock.now()) {
		t.Fatalf("got %+v, %v", got, err)
	}
	for name, tt := range map[string]struct {
		claims claims
		change func(header, c claims)
		sign   func(string) []byte
	}{
		"no event":           {claims: claims{"sub": "a", "events": nil}},
		"other event":        {claims: claims{"sub": "a", "events": claims{"x": claims{}}}},
		"event no object":    {claims: claims{"sub": "a", "events": claims{ended: "yes"}}},
		"event in capitals":  {claims: claims{"sub": "a", "events": nil, "EVENTS": claims{ended: claims{}}}},
		"nonce":              {claims: claims{"sub": "a", "nonce": "n"}},
		"neither sub or sid": {claims: claims{}},
		"no jti":             {claims: claims{"sub": "a", "jti": nil}},
		"jti in capitals":    {claims: claims{"sub": "a", "jti": nil, "JTI": "x"}},
		"other audience":     {claims: claims{"sub": "a", "aud": "other"}},
		"other issuer":       {claims: claims{"sub": "a", "iss": "https://evil.example"}},
		"expired":            {claims: claims{"sub": "a", "exp": p.clock.now().Add(-time.Minute).Unix()}},
		"old":                {claims: claims{"sub": "a", "iat": p.clock.now().Add(-11 * time.Minute).Unix()}},
		"long sid":           {claims: claims{"sid": strings.Repeat("x", 256)}},
		"another type":       {claims: claims{"sub": "a"}, change: func(h, _ claims) { h["typ"] = "at+jwt" }},
		"alg none":           {claims: claims{"sub": "a"}, change: func(h, _ claims) { h["alg"] = "none" }, sign: oidctest.NoSignature},
		"alg HS256":          {claims: claims{"sub": "a"}, change: func(h, _ claims) { h["alg"] = "HS256" }, sign: oidctest.HMAC(oidctest.ClientSecret)},
	} {
		p.clock.pass(time.Second)
		p.at.Change(tt.change)
		p.at.SignBy(tt.sign)
		if _, err := p.Ended(t.Context(), "okta", p.at.LogoutToken(tt.claims)); org.KindOf(err) != org.Invalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
	p.at.Change(nil)
	p.at.SignBy(nil)
	if _, err := p.Ended(t.Context(), "okta", p.at.IDToken(claims{"nonce": "n"})); org.KindOf(err) != org.Invalid {
		t.Errorf("an ID token: got %v", err)
	}
	if _, err := p.Ended(t.Context(), "okta", "nonsense"); org.KindOf(err) != org.Invalid {
		t.Errorf("nonsense: got %v", err)
	}
	if _, err := p.Ended(t.Context(), "other", p.at.LogoutToken(claims{"sub": "a"})); org.KindOf(err) != org.NotFound {
		t.Errorf("no such provider: got %v", err)
	}
}

// TestLeaving: a browser goes on to the provider by itself only with the hint of this server.
func TestLeaving(t *testing.T) {
	t.Parallel()
	for logout, wants := range map[string]struct{ link, auto bool }{"link": {true, false}, "auto": {true, true}, "off": {false, false}} {
		p := newParty(t, `,"logout":"`+logout+`"`)
		r := httptest.NewRequest(http.MethodGet, "/login/signed-out?provider=okta", nil)
		l, err := p.Leaving(r, "okta")
		if err != nil || l.Auto || (l.URL != "") != wants.link || strings.Contains(l.URL, "id_token_hint") {
			t.Errorf("%s, without a hint: got %+v, %v", logout, l, err)
		}
		hint := p.Hint("okta", "the-token")
		if (hint != nil) != wants.link {
			t.Fatalf("%s: the hint is %v", logout, hint)
		}
		if hint == nil {
			continue
		}
		r.AddCookie(hint)
		if l, err = p.Leaving(r, "okta"); err != nil || l.Auto != wants.auto || l.Taken == nil {
			t.Errorf("%s: got %+v, %v", logout, l, err)
		}
		u, _ := url.Parse(l.URL)
		if q := u.Query(); !strings.HasPrefix(l.URL, p.at.URL+"/logout?") || q.Get("id_token_hint") != "the-token" || q.Get("client_id") != oidctest.ClientID ||
			q.Get("post_logout_redirect_uri") != "https://roles.example.com/login/signed-out" || q.Get("state") == "" {
			t.Errorf("%s: leads to %s", logout, l.URL)
		}
		if long := p.Hint("okta", strings.Repeat("x", 5000)); len(long.Value) > 100 {
			t.Errorf("a hint of %d bytes", len(long.Value))
		}
	}
}
