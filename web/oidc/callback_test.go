package oidc_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"rolecall.example/org"
	"rolecall.example/web/oidc"
	"rolecall.example/web/oidc/oidctest"
)

type claims = map[string]any

// ada is the person who is signed in at the provider.
func ada() claims {
	return claims{"sub": "ada-1", "email": "ada@example.com", "email_verified": true, "name": "Ada", "preferred_username": "ada"}
}

// clock is the time of a test.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// party is a site with a provider.
type party struct {
	*oidc.Providers
	at    *oidctest.Provider
	clock *clock
}

func newParty(t *testing.T, more string) *party {
	t.Helper()
	p := &party{at: oidctest.New(t, ada()), clock: &clock{at: time.Now()}}
	p.at.Now = p.clock.now
	p.open(t, `{"providers":[`+p.at.Settings("okta", more)+`]}`)
	return p
}

func (p *party) open(t *testing.T, settings string) {
	t.Helper()
	list, err := read(t, settings)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		list[i].ClientSecret = oidctest.ClientSecret
	}
	access, _ := url.Parse("https://roles.example.com")
	p.Providers, err = oidc.New(list, oidc.Options{AccessURL: access, Now: p.clock.now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Discover(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// begin starts a sign-in and has the provider answer it.
func (p *party) begin(t *testing.T, mode oidc.Mode) (cookie *http.Cookie, back url.Values) {
	t.Helper()
	where, cookie, err := p.Begin(httptest.NewRequest(http.MethodGet, "/", nil), "okta", mode, "/users", false)
	if err != nil {
		t.Fatal(err)
	}
	return cookie, follow(t, where)
}

func follow(t *testing.T, where string) url.Values {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(where)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	u, err := res.Location()
	if err != nil {
		t.Fatalf("%d from %s", res.StatusCode, where)
	}
	return u.Query()
}

func (p *party) finish(t *testing.T, id string, cookie *http.Cookie, back url.Values) (oidc.Outcome, error) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/login/oidc/"+id+"/callback?"+back.Encode(), nil)
	if cookie != nil {
		r.AddCookie(cookie)
	}
	return p.Finish(t.Context(), r, id, false)
}

func (p *party) signIn(t *testing.T) (oidc.Outcome, error) {
	t.Helper()
	cookie, back := p.begin(t, oidc.ModeLogin)
	return p.finish(t, "okta", cookie, back)
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	p := newParty(t, "")
	cookie, back := p.begin(t, oidc.ModeLink("7", "1.x:y"))
	if !strings.HasPrefix(cookie.Name, "__Host-rolecall-oidc-") || !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteLaxMode || cookie.MaxAge != 600 {
		t.Errorf("the cookie is %v", cookie)
	}
	o, err := p.finish(t, "okta", cookie, back)
	if err != nil {
		t.Fatal(err)
	}
	if o.Proof.Subject != "ada-1" || o.Proof.Issuer != p.at.URL || o.Next != "/users" || o.Mode != oidc.ModeLink("7", "1.x:y") || o.Proof.Claims["email_verified"] != true || o.Taken.MaxAge >= 0 {
		t.Errorf("got %+v", o)
	}
	if account, confirmation := o.Mode.Link(); account != "7" || confirmation != "1.x:y" {
		t.Errorf("it links %q, confirmed by %q", account, confirmation)
	}
	// The code is used up, even for who kept the cookie.
	if _, err := p.finish(t, "okta", cookie, back); org.KindOf(err) != org.Unauthenticated {
		t.Errorf("a code that was used: got %v", err)
	}
	if strings.Contains(err2(p.finish(t, "okta", cookie, back)), oidctest.ClientSecret) {
		t.Error("the refusal repeats the secret")
	}
}

func err2(_ oidc.Outcome, err error) string { return err.Error() }

// TestWrongTokens: one row for each thing that an ID token must be.
func TestWrongTokens(t *testing.T) {
	t.Parallel()
	p := newParty(t, `,"userinfo":false`)
	set := func(name string, v any) func(h, c claims) { return func(_, c claims) { c[name] = v } }
	in := func(name string, minutes time.Duration) func(h, c claims) { // the clock goes on between the rows
		return func(_, c claims) { c[name] = p.clock.now().Add(minutes * time.Minute).Unix() }
	}
	for name, tt := range map[string]struct {
		change func(header, c claims)
		sign   func(string) []byte
	}{
		"alg none":              {func(h, _ claims) { h["alg"] = "none" }, oidctest.NoSignature},
		"alg HS256":             {func(h, _ claims) { h["alg"] = "HS256" }, oidctest.HMAC(oidctest.ClientSecret)},
		"no signature":          {nil, oidctest.NoSignature},
		"other key":             {func(h, _ claims) { h["kid"] = "unknown" }, nil},
		"other audience":        {set("aud", "other"), nil},
		"no audience":           {set("aud", nil), nil},
		"many, no azp":          {set("aud", []string{oidctest.ClientID, "other"}), nil},
		"many, other azp":       {func(_, c claims) { c["aud"], c["azp"] = []string{oidctest.ClientID, "other"}, "other" }, nil},
		"one, other azp":        {set("azp", "other"), nil},
		"other issuer":          {set("iss", "https://evil.example"), nil},
		"issuer with a slash":   {set("iss", p.at.URL+"/"), nil},
		"expired":               {in("exp", -1), nil},
		"no end":                {set("exp", nil), nil},
		"old":                   {in("iat", -11), nil},
		"from the future":       {in("iat", 11), nil},
		"no nonce":              {set("nonce", nil), nil},
		"other nonce":           {set("nonce", "x"), nil},
		"no subject":            {set("sub", ""), nil},
		"a number as subject":   {set("sub", 5), nil},
		"long subject":          {set("sub", strings.Repeat("x", 256)), nil},
		"subject in capitals":   {func(_, c claims) { delete(c, "sub"); c["SUB"] = "ada-1" }, nil},
		"logout token by event": {set("events", claims{"http://schemas.openid.net/event/backchannel-logout": claims{}}), nil},
		"events of another":     {set("events", nil), nil},
		"logout token by type":  {func(h, _ claims) { h["typ"] = "logout+jwt" }, nil},
		"long sid":              {set("sid", strings.Repeat("x", 256)), nil},
	} {
		p.clock.pass(2 * time.Minute) // so that the keys may be asked for again
		p.at.Change(tt.change)
		p.at.SignBy(tt.sign)
		o, err := p.signIn(t)
		e, _ := errors.AsType[*org.Error](err)
		if e == nil || e.Kind != org.Unauthenticated || e.Message != "The answer of Okta could not be verified." || e.Detail != "" || o.Proof.Claims != nil {
			t.Errorf("%s: got %+v, %v", name, o.Proof, err)
		}
	}
	p.at.Change(func(_, c claims) { c["aud"], c["azp"] = []string{oidctest.ClientID, "other"}, oidctest.ClientID })
	p.at.SignBy(nil)
	if _, err := p.signIn(t); err != nil {
		t.Errorf("many audiences and the right azp: got %v", err)
	}
}

// TestElsewhere: an answer counts only in the browser that asked for it, once, for a while, at the provider that was asked.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	p := newParty(t, "")
	other := oidctest.New(t, ada())
	p.open(t, `{"providers":[`+p.at.Settings("okta", "")+","+other.Settings("other", "")+`]}`)
	cookie, back := p.begin(t, oidc.ModeLogin)
	changed := func(from, to string) *http.Cookie {
		c := *cookie
		c.Value = strings.Replace(c.Value, from, to, 1)
		return &c
	}
	with := func(name string, values ...string) url.Values {
		v := url.Values{"code": back["code"], "state": back["state"]}
		if v[name] = values; len(values) == 0 {
			delete(v, name)
		}
		return v
	}
	_, foreign := p.begin(t, oidc.ModeLogin)
	for name, tt := range map[string]struct {
		id     string
		cookie *http.Cookie
		back   url.Values
	}{
		"no cookie":        {"okta", nil, back},
		"no state":         {"okta", cookie, with("state")},
		"other state":      {"okta", cookie, with("state", "x")},
		"another's answer": {"okta", cookie, foreign},
		"other provider":   {"other", cookie, back},
		"provider changed": {"other", changed(".okta.", ".other."), back},
		"time changed":     {"okta", changed("."+strconv.FormatInt(p.clock.now().Unix(), 10)+".", ".99999999999."), back},
		"no flow":          {"okta", changed(".", "!"), back},
	} {
		if _, err := p.finish(t, tt.id, tt.cookie, tt.back); err == nil || org.KindOf(err) != org.Invalid || !strings.HasPrefix(err.Error(), "This sign-in was started in another window") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := p.finish(t, "okta", cookie, with("iss", other.URL)); org.KindOf(err) != org.Unauthenticated {
		t.Errorf("the answer of another issuer: got %v", err)
	}
	p.clock.pass(11 * time.Minute)
	if _, err := p.finish(t, "okta", cookie, back); org.KindOf(err) != org.Invalid {
		t.Errorf("after 11 minutes: got %v", err)
	}
	// A provider that says that it names itself must do so.
	p.at.Discovery(claims{"authorization_response_iss_parameter_supported": true})
	if err := p.Discover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.signIn(t); org.KindOf(err) != org.Unauthenticated {
		t.Errorf("an answer without iss: got %v", err)
	}
}

// TestFiveAtOnce: of more sign-ins in one browser the oldest is forgotten.
func TestFiveAtOnce(t *testing.T) {
	t.Parallel()
	p := newParty(t, "")
	jar := map[string]*http.Cookie{}
	var answers []url.Values
	request := func() *http.Request {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		for _, c := range jar {
			r.AddCookie(c)
		}
		return r
	}
	for range 6 {
		where, cookie, err := p.Begin(request(), "okta", oidc.ModeLogin, "", false)
		if err != nil {
			t.Fatal(err)
		}
		jar[cookie.Name] = cookie
		answers = append(answers, follow(t, where))
		p.clock.pass(time.Second)
	}
	if len(jar) != 5 {
		t.Errorf("%d cookies", len(jar))
	}
	for i, back := range answers {
		r := request()
		r.URL.RawQuery = back.Encode()
		if _, err := p.Finish(t.Context(), r, "okta", false); (err == nil) != (i > 0) {
			t.Errorf("sign-in %d: got %v", i, err)
		}
	}
}

func TestProviderRefuses(t *testing.T) {
	t.Parallel()
	p := newParty(t, "")
	cookie, back := p.begin(t, oidc.ModeLogin)
	back.Del("code")
	back.Set("error", "access_denied")
	back.Set("error_description", "<script>no</script>\x00"+strings.Repeat("x", 1000))
	_, err := p.finish(t, "okta", cookie, back)
	e, _ := errors.AsType[*org.Error](err)
	if e == nil || e.Kind != org.Unauthenticated || e.Message != "Okta did not let you in." || len(e.Detail) > 310 || strings.Contains(e.Detail, "\x00") {
		t.Errorf("got %v", err)
	}
}

// TestUserInfo: what is signed wins, the subject must be the same, and an address and whether it was verified come together.
func TestUserInfo(t *testing.T) {
	t.Parallel()
	p := newParty(t, "")
	for name, tt := range map[string]struct {
		token, info claims
		fails       bool
		email       any
		verified    any
	}{
		"another person":         {info: claims{"sub": "eve"}, fails: true},
		"nobody":                 {info: claims{}, fails: true},
		"signed wins":            {claims{"email": "ada@example.com", "email_verified": false}, claims{"sub": "ada-1", "email": "x@example.com", "email_verified": true}, false, "ada@example.com", false},
		"verified of another":    {claims{"email": "ada@example.com"}, claims{"sub": "ada-1", "email": "x@example.com", "email_verified": true}, false, "ada@example.com", nil},
		"verified without":       {claims{"email_verified": true}, claims{"sub": "ada-1", "email": "x@example.com"}, false, "x@example.com", nil},
		"all of it by asking":    {claims{}, claims{"sub": "ada-1", "email": "x@example.com", "email_verified": true}, false, "x@example.com", true},
		"claims of the protocol": {claims{}, claims{"sub": "ada-1", "sid": "s", "amr": "x", "email": "x@example.com"}, false, "x@example.com", nil},
	} {
		tt.token = mergeSub(tt.token)
		p.at.SignIn(tt.token)
		p.at.UserInfo(tt.info)
		o, err := p.signIn(t)
		if tt.fails {
			if org.KindOf(err) != org.Unauthenticated {
				t.Errorf("%s: got %v", name, err)
			}
			continue
		}
		if c := o.Proof.Claims; err != nil || c["email"] != tt.email || c["email_verified"] != tt.verified || c["sid"] != nil {
			t.Errorf("%s: got %v, %v", name, c, err)
		}
	}
}

func mergeSub(c claims) claims {
	with := claims{"sub": "ada-1"}
	for k, v := range c {
		with[k] = v
	}
	return with
}
