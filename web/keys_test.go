package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/client"
	"rolecall.example/web/webtest"
)

// asToken sends a request with a token of its own.
func asToken(t *testing.T, s *webtest.Site, token, method, path string) *webtest.Response {
	t.Helper()
	return s.Do(t, webtest.Request{Method: method, Path: path, Header: http.Header{"Coder-Session-Token": {token}}})
}

// keyOf makes a key or a token and returns it with its id.
func keyOf(t *testing.T, s *webtest.Site, as, path string, body any) (key, id string) {
	t.Helper()
	var made client.CreateTokenResponse
	res := s.Do(t, webtest.Request{Method: "POST", Path: path, As: as, JSON: body})
	if res.StatusCode != 201 || len(res.Cookies()) > 0 || res.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%s: got %d, %v\n%s", path, res.StatusCode, res.Header, res.Body)
	}
	res.Decode(&made)
	id, _, _ = strings.Cut(made.Key, "-")
	return made.Key, id
}

// TestKeys: a key of a command line works like a token, stands in no list of tokens, and is found by its id below its own
// account alone.
func TestKeys(t *testing.T) {
	t.Parallel()
	bothMounts(t, func(t *testing.T, s *webtest.Site, mount string) {
		key, id := keyOf(t, s, webtest.Member, mount+"/users/me/keys", nil)
		var is client.Token
		asToken(t, s, key, "GET", mount+"/users/me/keys/"+id).Decode(&is)
		if is.LoginType != "password" || is.Name != "" || is.LifetimeSeconds != 7*24*3600 || is.ExpiresAt.Sub(is.CreatedAt) != 7*24*time.Hour || is.Scope != "all" || is.CreatedBy != webtest.Owner { // who made the token that asked
			t.Errorf("the key is %+v", is)
		}
		if list := s.Get(t, webtest.Member, mount+"/users/me/keys/tokens"); strings.Contains(list.Text(), id) {
			t.Errorf("it is a token: %s", list.Body)
		}
		gone := s.Get(t, webtest.Owner, mount+"/users/member/keys/0123456789")
		for as, path := range map[string]string{
			webtest.Owner: mount + "/users/me/keys/" + id, webtest.Admin: mount + "/users/member/keys/" + id, webtest.Member: mount + "/users/me/keys/tokens/cli%20" + id,
		} {
			if res := s.Get(t, as, path); res.StatusCode != 404 || res.Text() != gone.Text() {
				t.Errorf("%s as %s: got %d %s", path, as, res.StatusCode, res.Body)
			}
		}
		if res := s.Get(t, webtest.Owner, mount+"/users/member/keys/"+id); res.StatusCode != 200 {
			t.Errorf("for an owner: got %d %s", res.StatusCode, res.Body)
		}
		for _, as := range []string{webtest.Admin, webtest.Outsider} {
			if res := s.Do(t, webtest.Request{Method: "POST", Path: mount + "/users/owner/keys", As: as}); res.StatusCode < 400 {
				t.Errorf("%s makes a key of the owner: got %d", as, res.StatusCode)
			}
		}
		page := s.Send(t, webtest.Page, webtest.Request{Path: "/users/me", As: webtest.Member})
		if got := page.Document().Find("#sessions").Text(); !strings.Contains(got, "Coder CLI") {
			t.Errorf("the sessions are %q", got)
		}
		ended := s.Do(t, webtest.Request{Method: "DELETE", Path: mount + "/users/me/keys/" + id, As: webtest.Member})
		if res := asToken(t, s, key, "GET", mount+"/users/me"); ended.StatusCode != 204 || res.StatusCode != 401 {
			t.Errorf("deleted: got %d, and then %d", ended.StatusCode, res.StatusCode)
		}
	})
}

// TestExpireKey: what is ended is refused at once, stays on record, and ends but once.
func TestExpireKey(t *testing.T) {
	t.Parallel()
	bothMounts(t, func(t *testing.T, s *webtest.Site, mount string) {
		name := "e" + strings.Trim(strings.ReplaceAll(mount, "/", ""), "/")
		token, id := keyOf(t, s, webtest.Member, mount+"/users/me/keys/tokens", map[string]any{"token_name": name})
		if res := asToken(t, s, token, "GET", mount+"/users/me"); res.StatusCode != 200 {
			t.Fatalf("before: got %d", res.StatusCode)
		}
		for as, want := range map[string]int{webtest.Outsider: 400, webtest.Admin: 404} {
			if res := s.Do(t, webtest.Request{Method: "PUT", Path: mount + "/users/member/keys/" + id + "/expire", As: as}); res.StatusCode != want {
				t.Errorf("%s: got %d %s", as, res.StatusCode, res.Body)
			}
		}
		end := webtest.Request{Method: "PUT", Path: mount + "/users/member/keys/" + id + "/expire", As: webtest.Owner}
		if res := s.Do(t, end); res.StatusCode != 204 {
			t.Fatalf("got %d %s", res.StatusCode, res.Body)
		}
		if e := asToken(t, s, token, "GET", mount+"/users/me").Error(); !strings.HasPrefix(e.Detail, "API key expired at ") {
			t.Errorf("after: %+v", e)
		}
		before := s.State(t)
		if res := s.Do(t, end); res.StatusCode != 204 || cmp.Diff(before, s.State(t)) != "" {
			t.Errorf("again: got %d", res.StatusCode)
		}
		var is client.Token
		s.Get(t, webtest.Member, mount+"/users/me/keys/tokens/"+name).Decode(&is)
		if is.ID != id || is.ExpiresAt.After(time.Now()) {
			t.Errorf("by its name it is %+v", is)
		}
		for _, other := range []string{strings.ToUpper(name), name + "x", "tokenconfigs"} {
			if res := s.Get(t, webtest.Member, mount+"/users/me/keys/tokens/"+other); res.StatusCode != 404 {
				t.Errorf("%s: got %d %s", other, res.StatusCode, res.Body)
			}
		}
		unknown := webtest.Request{Method: "PUT", Path: mount + "/users/me/keys/" + id + "/expire", As: webtest.Owner}
		if res := s.Do(t, unknown); res.StatusCode != 404 {
			t.Errorf("below another account: got %d %s", res.StatusCode, res.Body)
		}
	})
}

// TestTokenEndsSoon: in its last month a token is told of its end, with answers from memory too.
func TestTokenEndsSoon(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for days, soon := range map[int]bool{1: true, 29: true, 31: false} {
		token, _ := keyOf(t, s, webtest.Member, "/users/me/keys/tokens", map[string]any{"lifetime": time.Duration(days) * 24 * time.Hour})
		for range 2 {
			got := asToken(t, s, token, "GET", members).Header.Get("X-Rolecall-Token-Expires")
			at, err := time.Parse(time.RFC3339, got)
			if soon != (err == nil) || soon && (time.Until(at) > time.Duration(days)*24*time.Hour || time.Until(at) < time.Duration(days)*24*time.Hour-time.Hour) {
				t.Errorf("%d days: %q", days, got)
			}
		}
	}
}

// TestCLIAuth: the page makes no key before a person asks for it, and shows it once; a stranger signs in first.
func TestCLIAuth(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	if res := s.Send(t, webtest.Page, webtest.Request{Path: "/cli-auth"}); res.StatusCode != 303 || res.Header.Get("Location") != "/login?next="+url.QueryEscape("/cli-auth") {
		t.Errorf("a stranger: got %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	before := s.State(t)
	asked := s.Send(t, webtest.Page, webtest.Request{Path: "/cli-auth", As: webtest.Member})
	if asked.StatusCode != 200 || !strings.Contains(asked.Text(), "Give the Coder CLI access?") || cmp.Diff(before, s.State(t)) != "" {
		t.Errorf("got %d\n%s", asked.StatusCode, asked.Text())
	}
	foreign := http.Header{"Sec-Fetch-Site": {"cross-site"}}
	if res := s.Send(t, webtest.Page, webtest.Request{Method: "POST", Path: "/cli-auth", As: webtest.Member, Form: url.Values{}, Header: foreign}); res.StatusCode != 403 {
		t.Errorf("from another site: got %d", res.StatusCode)
	}
	given := s.Send(t, webtest.Page, webtest.Request{Path: "/cli-auth", As: webtest.Member, Form: url.Values{}})
	key := given.Document().Find("#secret").AttrOr("value", "")
	if given.StatusCode != 200 || given.Header.Get("Cache-Control") != "no-store" || len(key) != 33 {
		t.Fatalf("got %d, %v, %q", given.StatusCode, given.Header, key)
	}
	if res := asToken(t, s, key, "GET", "/api/v2/users/me"); res.StatusCode != 200 || !strings.Contains(res.Text(), `"username":"member"`) {
		t.Errorf("the key: got %d %s", res.StatusCode, res.Body)
	}
}
