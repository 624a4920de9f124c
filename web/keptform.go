package web

import (
	"bytes"
	"cmp"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/views"
)

// A form that comes after its session has ended is not lost: what was entered is sealed and passed through the sign-in
// pages. A person who signs in with the account of that session gets the page with the form, filled in again. The form
// is never sent automatically. With script the browser keeps the input itself (drafts in app.js).

const (
	fieldKept   = "kept"
	maxKeptForm = 256 << 10
	keptFor     = 15 * time.Minute
	accountFor  = 24 * time.Hour // how long after a session a browser still remembers its account
)

// secrets are fields that are not kept. Fields that begin with "_" are not kept either.
var secrets = []string{"password", "old_password", "secret", "setup_token", "otp", "challenge", "credential", fieldKept, fieldForm}

// keptForm is a form that was not carried out.
type keptForm struct {
	Account uuid.UUID
	At      time.Time
	Page    string // that the form is on
	Action  string // where the form is sent
	Values  url.Values
}

// signedIn is the session that a request has begun.
type signedIn struct {
	account uuid.UUID
	token   string
}

// accountCookie returns the name of the cookie that remembers the account of the browser's last session.
func (s *Server) accountCookie() string { return cookieName("account", s.Secure) }

// keepForm seals the form of a request without a session; it returns "" if there is nothing to keep, or no account to
// keep it for.
func (s *Server) keepForm(c *call, page string) string {
	account, err := uuid.Parse(c.cookie(s.accountCookie()))
	if err != nil || page == "" || c.as != asPage || c.safe() || c.scripted() {
		return ""
	}
	if mediaType(c.request().Header.Values("Content-Type")) != typeForm {
		return ""
	}
	values, err := c.receive().values()
	if err != nil || c.body.tooLarge || len(values) == 0 {
		return ""
	}
	k := keptForm{account, s.Now(), page, c.here(), url.Values{}}
	for name, of := range values {
		if !slices.Contains(secrets, name) && !strings.HasPrefix(name, "_") {
			k.Values[name] = of
		}
	}
	plain, err := json.Marshal(k)
	if err != nil || len(plain) > maxKeptForm {
		return ""
	}
	seal := s.keptSeal()
	nonce := make([]byte, seal.NonceSize())
	_, _ = rand.Read(nonce) // it never fails
	return base64.RawURLEncoding.EncodeToString(seal.Seal(nonce, nonce, plain, nil))
}

// openKept opens a form that was sealed for an account; ok is false if it is invalid, too old, or for another account.
func (s *Server) openKept(sealed string, account uuid.UUID) (k keptForm, ok bool) {
	text, err := base64.RawURLEncoding.DecodeString(sealed)
	seal := s.keptSeal()
	if n := seal.NonceSize(); err == nil && len(text) > n {
		var plain []byte
		if plain, err = seal.Open(nil, text[:n], text[n:], nil); err == nil {
			err = json.Unmarshal(plain, &k)
			ok = err == nil && k.Account == account && s.Now().Sub(k.At) < keptFor
		}
	}
	return k, ok
}

// keptSeal returns the cipher, whose key is the same on all servers of a database.
func (s *Server) keptSeal() cipher.AEAD {
	mac := hmac.New(sha256.New, s.TagKey)
	mac.Write([]byte("kept forms"))
	block, err := aes.NewCipher(mac.Sum(nil))
	if err != nil {
		panic(err) // the key has the right length
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return seal
}

// welcomeBack leads a person who has just signed in to the next page, or shows the page with the form that was kept.
func (s *Server) welcomeBack(c *call, next, sealed string) reply {
	r := reply{next: to(next, ""), noStore: true}
	if sealed == "" || c.as != asPage || c.began == nil {
		return r
	}
	k, ok := s.openKept(sealed, c.began.account)
	if !ok {
		r.next.message = "What you entered before is not kept: it was for another account, or too long ago."
		return r
	}
	page := s.fetchPage(c, localPath(k.Page, views.HomeURL))
	filled, found := k.fill(page.body.Bytes(), c.rendering())
	if page.status != http.StatusOK || !found {
		r.next.message = "What you entered before could not be shown: the page has no such form now."
		return r
	}
	for _, cookie := range page.header.Values("Set-Cookie") {
		c.response().Header().Add("Set-Cookie", cookie)
	}
	return reply{noStore: true, live: func() error { return c.send(http.StatusOK, typeHTML, filled) }}
}

// fetchPage asks this server for a page, as the person who has just signed in.
func (s *Server) fetchPage(c *call, path string) *fetched {
	f := &fetched{header: http.Header{}}
	r, err := http.NewRequestWithContext(context.WithoutCancel(c.ctx), http.MethodGet, path, http.NoBody)
	if err != nil {
		return f
	}
	from := c.request()
	r.Host, r.RemoteAddr, r.TLS, r.RequestURI = from.Host, from.RemoteAddr, from.TLS, path
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "User-Agent"} {
		r.Header[name] = from.Header[name]
	}
	r.Header.Set("Accept", "text/html")
	for _, cookie := range from.Cookies() {
		if cookie.Name != s.sessions.Cookie.Name {
			r.AddCookie(cookie)
		}
	}
	r.AddCookie(&http.Cookie{Name: s.sessions.Cookie.Name, Value: c.began.token}) //nolint:gosec // it does not leave this process
	s.handler.ServeHTTP(f, r)
	f.status = cmp.Or(f.status, http.StatusOK)
	return f
}

// fetched is an answer of this server to its own request.
type fetched struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (f *fetched) Header() http.Header { return f.header }

// WriteHeader implements http.ResponseWriter.
func (f *fetched) WriteHeader(status int) { f.status = cmp.Or(f.status, status) }

// Write implements http.ResponseWriter.
func (f *fetched) Write(p []byte) (int, error) { return f.body.Write(p) }
