// Package oidctest is a sign-in provider for tests, which answers what a test tells it to: right tokens and wrong ones. Only
// tests may import it.
package oidctest

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// ClientID and ClientSecret are those by which the provider knows the site.
const (
	ClientID     = "rolecall"
	ClientSecret = "canary-client-secret"
)

// Provider is a provider on this machine.
type Provider struct {
	*httptest.Server
	Now func() time.Time

	mu     sync.Mutex
	claims map[string]any
	change func(header, claims map[string]any)
	sign   func(input string) []byte // nil: by the key
	info   map[string]any
	extra  map[string]any // of the discovery document
	down   map[string]bool
	raw    string // the whole ID token, instead of one that is made
	codes  map[string]url.Values
	key    *rsa.PrivateKey
	kid    string
	asked  map[string]int
}

var keys = sync.OnceValue(func() (list [2]*rsa.PrivateKey) {
	for i := range list {
		list[i], _ = rsa.GenerateKey(rand.Reader, 2048)
	}
	return list
})

// New starts a provider, at which the person with these claims is signed in.
func New(t testing.TB, claims map[string]any) *Provider {
	t.Helper()
	p := Start(claims)
	t.Cleanup(p.Close)
	return p
}

// Start is New for who closes it themselves.
func Start(claims map[string]any) *Provider {
	p := &Provider{
		Now: time.Now, claims: claims, key: keys()[0], kid: "one", codes: map[string]url.Values{}, down: map[string]bool{}, asked: map[string]int{},
	}
	mux := http.NewServeMux()
	for path, h := range map[string]http.HandlerFunc{
		"/.well-known/openid-configuration": p.discovery, "/keys": p.showKeys, "/authorize": p.authorize, "/token": p.token, "/userinfo": p.userInfo,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			p.mu.Lock()
			p.asked[path]++
			down := p.down[path]
			p.mu.Unlock()
			if down {
				http.Error(w, "down", http.StatusBadGateway)
				return
			}
			h(w, r)
		})
	}
	p.Server = httptest.NewServer(mux)
	return p
}

// set changes the provider.
func (p *Provider) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// SignIn makes another person the one who is signed in there.
func (p *Provider) SignIn(claims map[string]any) { p.set(func() { p.claims = claims }) }

// Change has a test change the header and the claims of ID tokens before they are signed; nil ends that.
func (p *Provider) Change(change func(header, claims map[string]any)) {
	p.set(func() { p.change = change })
}

// SignBy makes tokens be signed otherwise than with the key; nil ends that.
func (p *Provider) SignBy(sign func(input string) []byte) { p.set(func() { p.sign = sign }) }

// Answer has the provider answer with this text as ID token; "" ends that.
func (p *Provider) Answer(raw string) { p.set(func() { p.raw = raw }) }

// UserInfo is what the provider says to who asks it; nil: the claims of the person.
func (p *Provider) UserInfo(claims map[string]any) { p.set(func() { p.info = claims }) }

// Discovery is what the provider says of itself besides the usual.
func (p *Provider) Discovery(extra map[string]any) { p.set(func() { p.extra = extra }) }

// Down makes a path fail, or work again.
func (p *Provider) Down(path string, down bool) { p.set(func() { p.down[path] = down }) }

// Asked is how often a path was asked for.
func (p *Provider) Asked(path string) (n int) {
	p.set(func() { n = p.asked[path] })
	return n
}

// Rotate makes the provider sign with another key, and forget the one before.
func (p *Provider) Rotate() {
	p.set(func() {
		p.kid += "+"
		p.key = keys()[len(p.kid)%2]
	})
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	d := map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"userinfo_endpoint": p.URL + "/userinfo", "end_session_endpoint": p.URL + "/logout",
		"id_token_signing_alg_values_supported": []string{"RS256"},
	}
	p.set(func() { maps.Copy(d, p.extra) })
	answer(w, d)
}

func (p *Provider) showKeys(w http.ResponseWriter, _ *http.Request) {
	var key *rsa.PrivateKey
	var kid string
	p.set(func() { key, kid = p.key, p.kid })
	answer(w, map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "alg": "RS256", "kid": kid, "n": b64.EncodeToString(key.N.Bytes()),
		"e": b64.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
	}}})
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// authorize lets the person in without a word, as a provider does that knows them.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" {
		http.Error(w, "no such client, or no S256", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.set(func() { p.codes[code] = q })
	back := url.Values{"code": {code}, "state": {q.Get("state")}}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound) //nolint:gosec // a test says where it goes back to
}

// token takes each code once, with the secret and the verifier that go with it.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	code := r.PostFormValue("code")
	var q url.Values
	p.set(func() {
		q = p.codes[code]
		delete(p.codes, code)
	})
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if id != ClientID || secret != ClientSecret || q == nil || q.Get("redirect_uri") != r.PostFormValue("redirect_uri") ||
		b64.EncodeToString(sum[:]) != q.Get("code_challenge") {
		w.WriteHeader(http.StatusBadRequest)
		answer(w, map[string]string{"error": "invalid_grant", "error_description": "the code " + code + " with " + secret})
		return
	}
	answer(w, map[string]any{
		"access_token": "access", "token_type": "Bearer", "expires_in": 300, "id_token": p.IDToken(map[string]any{"nonce": q.Get("nonce")}),
	})
}

func (p *Provider) userInfo(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer access" {
		http.Error(w, "no token", http.StatusUnauthorized)
		return
	}
	var info map[string]any
	p.set(func() {
		if info = p.info; info == nil {
			info = p.claims
		}
	})
	answer(w, info)
}

// IDToken is an ID token for the person, with more claims.
func (p *Provider) IDToken(more map[string]any) string {
	var raw string
	claims := map[string]any{}
	p.set(func() {
		raw = p.raw
		maps.Copy(claims, p.claims)
	})
	if raw != "" {
		return raw
	}
	maps.Copy(claims, map[string]any{"iss": p.URL, "aud": ClientID, "iat": p.Now().Unix(), "exp": p.Now().Add(5 * time.Minute).Unix()})
	maps.Copy(claims, more)
	return p.Sign(claims)
}

// LogoutToken is the notice that a session has ended.
func (p *Provider) LogoutToken(more map[string]any) string {
	claims := map[string]any{
		"iss": p.URL, "aud": ClientID, "iat": p.Now().Unix(), "exp": p.Now().Add(2 * time.Minute).Unix(), "jti": rand.Text(),
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
	}
	maps.Copy(claims, more)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return p.Sign(claims)
}

// Sign signs claims as the provider does now.
func (p *Provider) Sign(claims map[string]any) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	header := map[string]any{"alg": "RS256", "kid": p.kid}
	if p.change != nil {
		p.change(header, claims)
	}
	input := part(header) + "." + part(claims)
	if p.sign != nil {
		return input + "." + b64.EncodeToString(p.sign(input))
	}
	sum := sha256.Sum256([]byte(input))
	signature, _ := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	return input + "." + b64.EncodeToString(signature)
}

var b64 = base64.RawURLEncoding

func part(v any) string {
	data, _ := json.Marshal(v)
	return b64.EncodeToString(data)
}

// HMAC signs with a secret that both sides have.
func HMAC(secret string) func(input string) []byte {
	return func(input string) []byte {
		m := hmac.New(sha256.New, []byte(secret))
		m.Write([]byte(input))
		return m.Sum(nil)
	}
}

// NoSignature signs with nothing.
func NoSignature(string) []byte { return nil }

// Settings are those of a site for this provider, as JSON without the braces around.
func (p *Provider) Settings(id, more string) string {
	return `{"id":"` + id + `","name":"` + strings.ToUpper(id[:1]) + id[1:] + `","issuer":"` + p.URL + `","client_id":"` + ClientID +
		`","client_secret_env":"SECRET"` + more + `}`
}
