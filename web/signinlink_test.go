package web_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"rolecall.example/web/oidc"
	"rolecall.example/web/webtest"
)

// TestForgedLink: whoever has a session can make up the cookie of a link, and so that alone links nothing to an old session.
func TestForgedLink(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", nil)
	w.at[0].SignIn(verified("eve-1", "eve@example.com"))
	account := w.Get(t, webtest.Member, "/users/me").Value().(map[string]any)["id"].(string)
	b := w.browser(t)
	b.jar["rolecall"] = strings.TrimPrefix(w.Cookie(t, webtest.Member), "rolecall=")
	age := func(d time.Duration) { w.Exec(t, "UPDATE sessions SET created_at = "+ago(w.Site, t, d)) }
	forged := func(confirmation string) *webtest.Response {
		return b.get(b.authorize(b.forge(oidc.ModeLink(account, confirmation))))
	}
	linked := func() int { return len(w.Query(t, "SELECT subject FROM user_identities")) }

	age(time.Hour)
	for _, confirmation := range []string{"", "1", time.Now().Format("20060102") + ".x"} {
		if res := forged(confirmation); res.StatusCode != http.StatusBadRequest || !strings.Contains(res.Text(), "Start again.") || linked() != 0 {
			t.Errorf("confirmed by %q: got %d, %d are linked", confirmation, res.StatusCode, linked())
		}
	}
	// The password is asked for at the start, and counts when the browser comes back, in that session.
	begin := func() (callback string) {
		page := b.send(webtest.Request{Path: "/users/me/identities/okta/link", Form: url.Values{"password": {webtest.Password}}})
		return b.authorize(page.Document().Find("a.btn.pri").AttrOr("href", ""))
	}
	callback, session := begin(), b.jar["rolecall"]
	b.jar["rolecall"] = strings.TrimPrefix(w.Cookie(t, webtest.Member), "rolecall=")
	age(time.Hour)
	if res := b.get(callback); res.StatusCode != http.StatusBadRequest || linked() != 0 {
		t.Errorf("in another session of the account: got %d", res.StatusCode)
	}
	b.jar["rolecall"] = session
	if res := b.get(begin()); res.StatusCode != http.StatusSeeOther || linked() != 1 {
		t.Errorf("with the password: got %d\n%s", res.StatusCode, res.Text())
	}
	w.Exec(t, "DELETE FROM user_identities")
	age(0) // so the cookies above fail for what they lack, and not for how they are made
	if res := forged(""); res.StatusCode != http.StatusSeeOther || linked() != 1 {
		t.Errorf("soon after a sign-in: got %d\n%s", res.StatusCode, res.Text())
	}
}

// forge begins a sign-in, makes another one of it in the jar, and returns where that goes at the provider.
func (b *browser) forge(mode oidc.Mode) (where string) {
	b.t.Helper()
	before := map[string]string{}
	for name, value := range b.jar {
		before[name] = value
	}
	u, err := url.Parse(b.get("/login/oidc/okta").Header.Get("Location"))
	if err != nil {
		b.t.Fatal(err)
	}
	b64, raw := base64.RawURLEncoding, ""
	for name, value := range b.jar {
		if strings.HasPrefix(name, "rolecall-oidc-") && before[name] != value {
			parts := strings.Split(value, ".")
			parts[3] = b64.EncodeToString([]byte(mode))
			raw = strings.Join(parts, ".")
			b.jar[name] = raw
		}
	}
	derived := func(purpose string) string {
		sum := sha256.Sum256([]byte(purpose + "\x00" + raw))
		return b64.EncodeToString(sum[:])
	}
	challenge := sha256.Sum256([]byte(derived("verifier")))
	q := u.Query()
	q.Set("state", derived("state"))
	q.Set("nonce", derived("nonce"))
	q.Set("code_challenge", b64.EncodeToString(challenge[:]))
	u.RawQuery = q.Encode()
	return u.String()
}
