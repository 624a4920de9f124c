package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"rolecall.example/db/dbtest"
	"rolecall.example/web/webtest"
)

const loopback = "127.0.0.1:50000"

func first(token string) map[string]string {
	return map[string]string{
		"email": "fiona@example.com", "username": "fiona", "password": webtest.Password, "setup_token": token,
	}
}

func firstForm(token string) url.Values {
	form := url.Values{}
	for name, value := range first(token) {
		form.Set(name, value)
	}
	return form
}

func TestSetupPages(t *testing.T) {
	t.Parallel()
	s := webtest.NewEmpty(t)
	for _, path := range []string{"/", "/login", members} {
		res := s.Send(t, webtest.Page, webtest.Request{Path: path})
		if res.StatusCode != 303 || res.Header.Get("Location") != "/setup" {
			t.Errorf("%s: got %d to %q", path, res.StatusCode, res.Header.Get("Location"))
		}
	}
	if res := s.Get(t, "", "/users/first"); res.StatusCode != 404 || res.Header.Get("X-Coder-Build-Version") == "" {
		t.Errorf("GET /users/first: got %d", res.StatusCode)
	}
	for path, token := range map[string]string{"/setup": "", "/setup?setup_token=" + webtest.SetupToken: webtest.SetupToken} {
		form := s.Send(t, webtest.Page, webtest.Request{Path: path, Remote: loopback, Header: http.Header{"Host": {"localhost:8080"}}})
		if form.StatusCode != 200 || form.Document().Find("input[name=setup_token]").AttrOr("value", "") != token ||
			form.Header.Get("Cache-Control") != "no-store" || form.Header.Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%s: got %d %v\n%.800s", path, form.StatusCode, form.Header, form.Body)
		}
	}
	weak := firstForm(webtest.SetupToken)
	weak.Set("password", "short")
	again := s.Send(t, webtest.Page, webtest.Request{Path: "/setup", Form: weak})
	if got := again.Document().Find("input[name=setup_token]").AttrOr("value", ""); again.StatusCode != 400 || got != webtest.SetupToken {
		t.Errorf("with a weak password: got %d, and %q in the field of the token", again.StatusCode, got)
	}
	wrong := s.Send(t, webtest.Page, webtest.Request{Path: "/setup", Form: firstForm("guess")})
	if wrong.StatusCode != 403 || wrong.Document().Find("input[name=username]").AttrOr("value", "") != "fiona" {
		t.Errorf("with a wrong token: got %d\n%.800s", wrong.StatusCode, wrong.Body)
	}
	weak.Set("organization", strings.Repeat("x", 65))
	long := s.Send(t, webtest.Page, webtest.Request{Path: "/setup", Form: weak})
	if n := long.Document().Find("#organization-error, #password-error").Length(); long.StatusCode != 400 || n != 2 {
		t.Errorf("with a long name too: got %d, with %d errors", long.StatusCode, n)
	}
	form := firstForm("the-setup-token")
	form.Set("organization", "Acme Robotics")
	done := s.Send(t, webtest.Page, webtest.Request{Path: "/setup", Form: form})
	if done.StatusCode != 303 || done.Header.Get("Location") != "/organizations/default/overview" || done.CookieNamed("rolecall") == nil {
		t.Fatalf("got %d to %q\n%s", done.StatusCode, done.Header.Get("Location"), done.Body)
	}
	session := http.Header{"Cookie": {"rolecall=" + done.CookieNamed("rolecall").Value}}
	res := s.Send(t, webtest.Page, webtest.Request{Path: "/organizations/default/overview", Header: session})
	if got := res.Document().Find("h1").Text(); res.StatusCode != 200 || got != "Acme Robotics" {
		t.Errorf("signed in: got %d, %q", res.StatusCode, got)
	}
	for _, r := range []webtest.Request{{Path: "/setup"}, {Path: "/setup", Form: firstForm("the-setup-token")}} {
		if res := s.Send(t, webtest.Page, r); res.StatusCode != 404 {
			t.Errorf("setup again: got %d", res.StatusCode)
		}
	}
	if res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/users/first", JSON: first("")}); res.StatusCode != 409 {
		t.Errorf("POST /users/first again: got %d", res.StatusCode)
	}
	if res := s.Get(t, "", "/users/first"); res.StatusCode != 200 {
		t.Errorf("GET /users/first again: got %d", res.StatusCode)
	}
}

// TestSetupToken: no one does without the token, wherever the request comes from.
func TestSetupToken(t *testing.T) {
	t.Parallel()
	here := http.Header{"Host": {"127.0.0.1:8080"}}
	for name, tt := range map[string]struct {
		remote string
		header http.Header
		token  string
		status int
	}{
		"loopback":                {loopback, here, "", 403},
		"loopback by name":        {loopback, http.Header{"Host": {"localhost"}}, "", 403},
		"loopback by IPv6":        {"[::1]:50000", http.Header{"Host": {"[::1]:8080"}}, "", 403},
		"loopback with a guess":   {loopback, here, "the-setup-tokem", 403},
		"loopback with the token": {loopback, here, webtest.SetupToken, 201},
		"afar with the token":     {"192.0.2.7:1", nil, webtest.SetupToken, 201},
		"afar":                    {"192.0.2.7:1", nil, "", 403},
		"afar with a guess":       {"192.0.2.7:1", nil, "the-setup-tokem", 403},
		"behind a proxy here":     {loopback, http.Header{"Host": {"roles.example.com"}, "X-Forwarded-For": {"127.0.0.1"}}, "", 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := webtest.NewEmpty(t)
			res := s.Do(t, webtest.Request{
				Method: http.MethodPost, Path: "/api/v2/users/first", JSON: first(tt.token), Remote: tt.remote, Header: tt.header,
			})
			if res.StatusCode != tt.status {
				t.Errorf("got %d, want %d\n%s", res.StatusCode, tt.status, res.Body)
			}
		})
	}
	none := webtest.NewEmpty(t)
	if _, err := dbtest.SQL(t, none.Place()).ExecContext(t.Context(), "DELETE FROM setup_tokens"); err != nil {
		t.Fatal(err)
	}
	if res := none.Do(t, webtest.Request{Method: http.MethodPost, Path: "/users/first", JSON: first("")}); res.StatusCode != 403 {
		t.Errorf("without any token: got %d", res.StatusCode)
	}
}

// TestSetupRace: of many who ask at once, one becomes the owner.
func TestSetupRace(t *testing.T) {
	t.Parallel()
	s := webtest.NewEmpty(t)
	var wg sync.WaitGroup
	statuses := make([]int, 8)
	for i := range statuses {
		wg.Go(func() {
			statuses[i] = s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/users/first", JSON: first("the-setup-token")}).StatusCode
		})
	}
	wg.Wait()
	made := 0
	for _, status := range statuses {
		switch status {
		case 201:
			made++
		case 409:
		default:
			t.Errorf("got %d", status)
		}
	}
	if made != 1 {
		t.Errorf("%d were made owner", made)
	}
}
