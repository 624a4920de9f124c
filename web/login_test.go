package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

func loginForm(next string) url.Values {
	return url.Values{"email": {"admin@example.com"}, "password": {webtest.Password}, "next": {next}}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	planted := "planted-by-somebody-else"
	res := s.Send(t, webtest.Page, webtest.Request{
		Path: "/login", Form: loginForm(members + "?q=a"), Header: http.Header{"Cookie": {"rolecall=" + planted}},
	})
	if res.StatusCode != 303 || res.Header.Get("Location") != members+"?q=a" {
		t.Fatalf("got %d to %s\n%s", res.StatusCode, res.Header.Get("Location"), res.Body)
	}
	if n := len(res.Header.Values("Set-Cookie")); n != 2 { // that of the session, and whose it is
		t.Errorf("%d cookies were set", n)
	}
	if got := res.Header.Values("Cache-Control"); !cmp.Equal(got, []string{"no-store"}) {
		t.Errorf("Cache-Control is %q", got)
	}
	c := res.CookieNamed("rolecall")
	if c == nil || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Secure || c.Value == planted || len(c.Value) < 40 {
		t.Fatalf("the cookie is %v", c)
	}
	session := http.Header{"Cookie": {"rolecall=" + c.Value}}
	if res := s.Send(t, webtest.Page, webtest.Request{Path: members, Header: session}); res.StatusCode != 200 || res.CookieNamed("rolecall") != nil {
		t.Errorf("with the session: got %d and cookies %v", res.StatusCode, res.Cookies())
	}
	if res := s.Do(t, webtest.Request{Path: "/users/me", Header: http.Header{"Cookie": {"rolecall=" + planted}}}); res.StatusCode != 401 {
		t.Errorf("with the planted cookie: got %d", res.StatusCode)
	}
	if res := s.Send(t, webtest.Page, webtest.Request{Path: "/login?next=" + url.QueryEscape(roles), Header: session}); res.Header.Get("Location") != roles {
		t.Errorf("the page to sign in, signed in: got %d to %s", res.StatusCode, res.Header.Get("Location"))
	}
	out := s.Send(t, webtest.Page, webtest.Request{Path: "/logout", Form: url.Values{}, Header: session})
	if gone := out.CookieNamed("rolecall"); out.StatusCode != 303 || gone == nil || gone.MaxAge >= 0 {
		t.Errorf("logout: got %d and %v", out.StatusCode, gone)
	}
	if res := s.Do(t, webtest.Request{Path: "/users/me", Header: session}); res.StatusCode != 401 {
		t.Errorf("after logout: got %d", res.StatusCode)
	}
}

func TestLoginOverTLS(t *testing.T) {
	t.Parallel()
	s := webtest.New(t, func(o *web.Options) { o.Secure = true })
	res := s.Send(t, webtest.Page, webtest.Request{Path: "/login", Form: loginForm("")})
	c := res.CookieNamed("__Host-rolecall")
	if c == nil || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" {
		t.Errorf("the cookie is %v", c)
	}
}

func TestLoginRefused(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	wrong := loginForm("/x")
	wrong.Set("password", "not the password")
	res := s.Send(t, webtest.Page, webtest.Request{Path: "/login", Form: wrong})
	doc := res.Document()
	if res.StatusCode != 401 || !strings.Contains(doc.Text(), "Incorrect email or password.") || len(res.Cookies()) != 0 {
		t.Errorf("got %d and cookies %v\n%s", res.StatusCode, res.Cookies(), res.Body)
	}
	if doc.Find(`input[name=email]`).AttrOr("value", "") != "admin@example.com" || doc.Find(`input[name=next]`).AttrOr("value", "") != "/x" {
		t.Errorf("the form lost what was entered\n%s", res.Body)
	}
	if strings.Contains(string(res.Body), "not the password") {
		t.Error("the password is shown")
	}
	for _, next := range []string{"//e.x", `/\e.x`, "https:e.x", "javascript:1", "/login?next=/x"} {
		if res := s.Send(t, webtest.Page, webtest.Request{Path: "/login", Form: loginForm(next)}); res.Header.Get("Location") != "/" {
			t.Errorf("next=%s leads to %q", next, res.Header.Get("Location"))
		}
	}
}

// TestLoginToken: a program gets a token and no cookie, and forms do not count.
func TestLoginToken(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	in := map[string]string{"email": "admin@example.com", "password": webtest.Password}
	res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/api/v2/users/login", JSON: in})
	var got struct {
		Token string `json:"session_token"`
	}
	res.Decode(&got)
	if res.StatusCode != 201 || len(res.Cookies()) != 0 || res.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %d, cookies %v, Cache-Control %q", res.StatusCode, res.Cookies(), res.Header.Get("Cache-Control"))
	}
	token := http.Header{"Coder-Session-Token": {got.Token}}
	if res := s.Do(t, webtest.Request{Path: "/users/me", Header: token}); res.StatusCode != 200 {
		t.Errorf("with the token: got %d", res.StatusCode)
	}
	if res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/users/logout", Header: token}); res.StatusCode != 200 {
		t.Errorf("logout: got %d", res.StatusCode)
	}
	if res := s.Do(t, webtest.Request{Path: "/users/me", Header: token}); res.StatusCode != 401 {
		t.Errorf("after logout: got %d", res.StatusCode)
	}
	form := webtest.Request{Method: http.MethodPost, Path: "/users/login", Form: loginForm("")}
	if res := s.Send(t, webtest.Page, form); res.StatusCode != 415 {
		t.Errorf("as a form: got %d", res.StatusCode)
	}
	in["password"] = "not the password"
	if res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/users/login", JSON: in}); res.StatusCode != 401 {
		t.Errorf("wrong password: got %d", res.StatusCode)
	}
}

// TestSuspendedSession: a session ends with the account, and the page to sign in does not lead in circles.
func TestSuspendedSession(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	session := http.Header{"Cookie": {s.Cookie(t, webtest.Member)}}
	if res := s.Do(t, webtest.Request{Method: http.MethodPut, Path: "/users/member/status/suspend", As: webtest.Owner}); res.StatusCode != 200 {
		t.Fatalf("suspend: got %d\n%s", res.StatusCode, res.Body)
	}
	if res := s.Do(t, webtest.Request{Path: "/users/me", Header: session}); res.StatusCode != 401 {
		t.Errorf("API: got %d", res.StatusCode)
	}
	if res := s.Send(t, webtest.Page, webtest.Request{Path: members, Header: session}); res.StatusCode != 303 {
		t.Errorf("page: got %d", res.StatusCode)
	}
	if res := s.Send(t, webtest.Page, webtest.Request{Path: "/login", Header: session}); res.StatusCode != 200 {
		t.Errorf("page to sign in: got %d", res.StatusCode)
	}
	if res := s.Get(t, webtest.Member, "/users/me"); res.StatusCode != 401 {
		t.Errorf("token: got %d", res.StatusCode)
	}
}

// TestFlash: what was done is said once, on the next page, as text.
func TestFlash(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	session := s.Cookie(t, webtest.Admin)
	done := s.Send(t, webtest.Page, webtest.Request{
		Method: http.MethodDelete, Path: members + "/member", Form: url.Values{}, Header: http.Header{"Cookie": {session}},
	})
	flash := done.CookieNamed("flash")
	if done.Header.Get("Location") != members || flash == nil || !flash.HttpOnly {
		t.Fatalf("got %d to %s, flash %v", done.StatusCode, done.Header.Get("Location"), flash)
	}
	with := http.Header{"Cookie": {session + "; flash=" + flash.Value}}
	page := s.Send(t, webtest.Page, webtest.Request{Path: members, Header: with})
	if !strings.Contains(page.Document().Find("#toast").Text(), "was removed.") {
		t.Errorf("the page does not say it: %s", page.Document().Find("#toast").Text())
	}
	if gone := page.CookieNamed("flash"); gone == nil || gone.MaxAge >= 0 {
		t.Errorf("the message stays: %v", gone)
	}
	for _, value := range []string{"!!!", "PHNjcmlwdD4"} { // not base64; <script>
		with := http.Header{"Cookie": {session + "; flash=" + value}}
		page := s.Send(t, webtest.Page, webtest.Request{Path: members, Header: with})
		if page.StatusCode != 200 || page.Document().Find("#toast script").Length() != 0 {
			t.Errorf("flash %q: got %d", value, page.StatusCode)
		}
	}
}

func TestTheme(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for theme, life := range map[string]bool{"dark": true, "light": true, "": false} {
		res := s.Send(t, webtest.Page, webtest.Request{Path: "/theme", Form: url.Values{"theme": {theme}, "back": {members + "?q=a"}}})
		c := res.CookieNamed("theme")
		if res.StatusCode != 303 || res.Header.Get("Location") != members+"?q=a" || c == nil || c.Value != theme || (c.MaxAge > 0) != life {
			t.Errorf("%q: got %d to %s, %v", theme, res.StatusCode, res.Header.Get("Location"), c)
		}
	}
	for back, want := range map[string]string{"//e.x": "/", "/login": "/login", "": "/"} {
		res := s.Send(t, webtest.Page, webtest.Request{Path: "/theme", Form: url.Values{"theme": {"dark"}, "back": {back}}})
		if got := res.Header.Get("Location"); got != want {
			t.Errorf("back to %q leads to %q", back, got)
		}
	}
	if res := s.Send(t, webtest.Page, webtest.Request{Path: "/theme", Form: url.Values{"theme": {"pink"}}}); res.StatusCode != 400 {
		t.Errorf("an unknown theme: got %d", res.StatusCode)
	}
	dark := webtest.Request{Path: members, Header: http.Header{"Cookie": {s.Cookie(t, webtest.Admin) + "; theme=dark"}}}
	if got := s.Send(t, webtest.Page, dark).Document().Find("html").AttrOr("data-theme", ""); got != "dark" {
		t.Errorf("the page is %q", got)
	}
}

func TestHome(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for as, want := range map[string]string{webtest.Member: members + "/me", webtest.Owner: "/organizations/default/overview"} {
		for _, from := range []string{"/", "/organizations/default/overview"} {
			res := s.Send(t, webtest.Page, webtest.Request{Path: from, As: as})
			if led := res.Header.Get("Location"); from != want && (res.StatusCode != 303 || led != want) {
				t.Errorf("%s at %s: got %d to %s, want %s", as, from, res.StatusCode, led, want)
			}
		}
	}
	if res := s.Send(t, webtest.Page, webtest.Request{Path: "/", As: webtest.Outsider}); res.StatusCode != 200 {
		t.Errorf("a member of nothing: got %d\n%s", res.StatusCode, res.Body)
	}
}
