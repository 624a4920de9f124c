package web_test

import (
	"net/http"
	"net/url"
	"sync"
	"testing"

	"rolecall/db/dbtest"
	"rolecall/web/webtest"
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
	remote := s.Send(t, webtest.Page, webtest.Request{Path: "/setup"})
	if remote.StatusCode != 200 || remote.Document().Find("input[name=setup_token]").Length() != 1 {
		t.Errorf("from afar: got %d\n%.800s", remote.StatusCode, remote.Body)
	}
	local := s.Send(t, webtest.Page, webtest.Request{Path: "/setup", Remote: loopback, Header: http.Header{"Host": {"localhost:8080"}}})
	if local.StatusCode != 200 || local.Document().Find("input[name=setup_token]").Length() != 0 {
		t.Errorf("from here: got %d\n%.800s", local.StatusCode, local.Body)
	}
	wrong := s.Send(t, webtest.Page, webtest.Request{Path: "/setup", Form: firstForm("guess")})
	if wrong.StatusCode != 403 || wrong.Document().Find("input[name=username]").AttrOr("value", "") != "fiona" {
		t.Errorf("with a wrong token: got %d\n%.800s", wrong.StatusCode, wrong.Body)
	}
	done := s.Send(t, webtest.Page, webtest.Request{Path: "/setup", Form: firstForm("the-setup-token")})
	if done.StatusCode != 303 || done.Header.Get("Location") != "/" || done.CookieNamed("rolecall") == nil {
		t.Fatalf("got %d to %q\n%s", done.StatusCode, done.Header.Get("Location"), done.Body)
	}
	session := http.Header{"Cookie": {"rolecall=" + done.CookieNamed("rolecall").Value}}
	if res := s.Send(t, webtest.Page, webtest.Request{Path: members, Header: session}); res.StatusCode != 200 {
		t.Errorf("signed in: got %d", res.StatusCode)
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

// TestSetupToken: only who sits at the machine, and is not behind a proxy there, does without the token.
func TestSetupToken(t *testing.T) {
	t.Parallel()
	here := http.Header{"Host": {"127.0.0.1:8080"}}
	with := func(name, value string) http.Header { h := here.Clone(); h.Set(name, value); return h }
	for name, tt := range map[string]struct {
		remote string
		header http.Header
		token  string
		status int
	}{
		"loopback":            {loopback, here, "", 201},
		"loopback by IPv6":    {"[::1]:50000", http.Header{"Host": {"[::1]:8080"}}, "", 201},
		"afar with the token": {"192.0.2.7:1", nil, "the-setup-token", 201},
		"afar":                {"192.0.2.7:1", nil, "", 403},
		"afar with a guess":   {"192.0.2.7:1", nil, "the-setup-tokem", 403},
		"afar by our name":    {"192.0.2.7:1", here, "", 403},
		"rebound name":        {loopback, http.Header{"Host": {"evil.example"}}, "", 403},
		"X-Forwarded-For":     {loopback, with("X-Forwarded-For", "127.0.0.1"), "", 403},
		"X-Forwarded-Host":    {loopback, with("X-Forwarded-Host", "localhost"), "", 403},
		"Forwarded":           {loopback, with("Forwarded", "for=127.0.0.1"), "", 403},
		"X-Real-Ip":           {loopback, with("X-Real-Ip", "127.0.0.1"), "", 403},
		"Via":                 {loopback, with("Via", "1.1 proxy"), "", 403},
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
