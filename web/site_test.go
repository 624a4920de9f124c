package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"rolecall.example/web/webtest"
)

// usernamesIn are the accounts that a list shows, by the links of its rows.
func usernamesIn(res *webtest.Response) []string {
	return res.Document().Find("tbody .nm a").Map(func(_ int, a *goquery.Selection) string {
		path, _, _ := strings.Cut(a.AttrOr("href", ""), "?")
		return strings.TrimPrefix(path, "/users/")
	})
}

func TestUsersPages(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	s.AddUser(t, "robot", webtest.Default)
	for _, tt := range []struct {
		name, as, query string
		want            []string
	}{
		{"all", webtest.Owner, "", []string{"admin", "member", "outsider", "owner", "rival", "robot"}},
		{"words", webtest.Owner, "?q=OUT", []string{"outsider"}},
		{"the search language", webtest.Owner, "?q=role:owner", []string{"owner"}},
		{"by site role", webtest.Owner, "?role=owner", []string{"owner"}},
		{"by sign-in", webtest.Owner, "?login_type=none", []string{"robot"}},
		{"by status and words", webtest.Owner, "?status=suspended&q=a", []string{}},
		{"second page", webtest.Owner, "?limit=2&offset=2", []string{"outsider", "owner"}},
		{"the other way round", webtest.Owner, "?sort=-username&limit=2", []string{"robot", "rival"}},
		{"a plain member sees itself", webtest.Member, "", []string{"member"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
				res := s.Send(t, way, webtest.Request{Path: "/users" + tt.query, As: tt.as})
				got := usernamesIn(res)
				if res.StatusCode != 200 || !cmp.Equal(tt.want, append([]string{}, got...)) {
					t.Errorf("%s: got %d, %v, want %v", way, res.StatusCode, got, tt.want)
				}
				if whole := res.Document().Find("nav.side").Length() > 0; whole != (way == webtest.Page) {
					t.Errorf("%s: a whole page is %v", way, whole)
				}
			}
		})
	}
	res := s.Send(t, webtest.Page, webtest.Request{Path: "/users?q=status:x", As: webtest.Owner})
	if res.StatusCode != http.StatusBadRequest || !strings.Contains(res.Text(), "Invalid user search query.") {
		t.Errorf("a bad query: got %d", res.StatusCode)
	}
}

// TestSitePages: every page of the site is there for an owner, and refuses who may not.
func TestSitePages(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, tt := range []struct {
		path, title, active string
		member              int // the status for a plain member
	}{
		{"/users", "People · rolecall", "People", 200},
		{"/users/new", "New user · rolecall", "People", 403},
		{"/users/admin", "admin · rolecall", "People", 400},
		{"/users/admin?confirm=delete", "admin · rolecall", "People", 400},
		{"/users/admin/roles", "Site roles of admin · rolecall", "People", 400},
		{"/users/admin/keys/tokens", "API tokens · rolecall", "People", 400},
		{"/users/me", "Account · rolecall", "Account", 200},
		{"/users/me?confirm=signout", "Account · rolecall", "Account", 200},
		{"/users/me/keys/tokens", "API tokens · rolecall", "API tokens", 200},
		{"/users/roles", "", "Site roles", 200},
		{"/users/roles/owner", "", "Site roles", 200},
		{"/users/roles/new", "", "Site roles", 403},
		{"/organizations", "Organizations · rolecall", "Organizations", 200},
		{"/organizations/new", "New organization · rolecall", "Organizations", 403},
		{"/organizations/default", "Settings · Default · rolecall", "Settings", 200},
		{"/search?q=a", "Search · rolecall", "", 200},
	} {
		res := s.Send(t, webtest.Page, webtest.Request{Path: tt.path, As: webtest.Owner})
		doc := res.Document()
		if res.StatusCode != 200 || doc.Find("h1").Length() != 1 {
			t.Errorf("%s: got %d", tt.path, res.StatusCode)
		}
		if got := doc.Find("title").Text(); tt.title != "" && got != tt.title {
			t.Errorf("%s: the title is %q, want %q", tt.path, got, tt.title)
		}
		if got := doc.Find(".nav a[aria-current=page]").Contents().Not("svg, span").Text(); strings.TrimSpace(got) != tt.active {
			t.Errorf("%s: the current item is %q, want %q", tt.path, got, tt.active)
		}
		if got := s.Send(t, webtest.Page, webtest.Request{Path: tt.path, As: webtest.Member}).StatusCode; got != tt.member {
			t.Errorf("%s as a member: got %d, want %d", tt.path, got, tt.member)
		}
		if got := s.Send(t, webtest.Page, webtest.Request{Path: tt.path}); got.StatusCode != 303 || !strings.HasPrefix(got.Header.Get("Location"), "/login?next=") {
			t.Errorf("%s as a stranger: got %d to %s", tt.path, got.StatusCode, got.Header.Get("Location"))
		}
	}
}

var linkPattern = regexp.MustCompile(`^http://rolecall\.test/password/[0-9A-Za-z]{10}-[0-9A-Za-z]{22}$`)

// TestFirstPassword goes from a new account to its sign-in with a password of its own, by pages alone.
func TestFirstPassword(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	form := url.Values{
		"email": {"nina@example.com"}, "username": {"nina"}, "access": {"password"}, "password": {"the first " + webtest.Password},
		"organization_ids": {s.Organizations[webtest.Default].ID.String()},
	}
	made := s.Send(t, webtest.Page, webtest.Request{Path: "/users", As: webtest.Owner, Form: form})
	if made.StatusCode != 303 || made.Header.Get("Location") != "/users/nina?created=1" {
		t.Fatalf("got %d to %s", made.StatusCode, made.Header.Get("Location"))
	}
	res := s.Send(t, webtest.Page, webtest.Request{Path: "/users/nina/password-link", As: webtest.Owner, Form: url.Values{}})
	link := res.Document().Find("#link").AttrOr("value", "")
	if res.StatusCode != 200 || res.Header.Get("Cache-Control") != "no-store" || !linkPattern.MatchString(link) {
		t.Fatalf("got %d with link %q, %s", res.StatusCode, link, res.Header.Get("Cache-Control"))
	}
	path := strings.TrimPrefix(link, "http://rolecall.test")
	again := s.Send(t, webtest.Page, webtest.Request{Path: "/users/nina", As: webtest.Owner})
	if strings.Contains(string(again.Body), path) || !strings.Contains(again.Text(), "Revoke link") {
		t.Error("the link is shown again, or not mentioned")
	}

	open := s.Send(t, webtest.Page, webtest.Request{Path: path})
	if open.StatusCode != 200 || !strings.Contains(open.Text(), "nina@example.com") {
		t.Fatalf("the link: got %d\n%s", open.StatusCode, open.Body)
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "strict-origin"} {
		if got := open.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
		weak := s.Send(t, way, webtest.Request{Path: path, Form: url.Values{"password": {"short"}}})
		if weak.StatusCode != 400 || weak.Document().Find("#password[aria-invalid=true]").Length() != 1 {
			t.Errorf("%s: a weak password: got %d\n%s", way, weak.StatusCode, weak.Body)
		}
	}
	set := s.Send(t, webtest.Page, webtest.Request{Path: path, Form: url.Values{"password": {webtest.Password}}})
	if set.StatusCode != 303 || set.Header.Get("Location") != "/login?password=set" {
		t.Fatalf("setting it: got %d to %s", set.StatusCode, set.Header.Get("Location"))
	}
	if login := s.Send(t, webtest.Page, webtest.Request{Path: "/login?password=set"}); !strings.Contains(login.Text(), "Your password is set.") {
		t.Error("the page to sign in does not say that it worked")
	}
	signedIn := s.Send(t, webtest.Page, webtest.Request{Path: "/login", Form: url.Values{"email": {"nina@example.com"}, "password": {webtest.Password}}})
	if signedIn.StatusCode != 303 {
		t.Errorf("signing in: got %d", signedIn.StatusCode)
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		r := webtest.Request{Method: method, Path: path}
		if method == http.MethodPost {
			r.Form = url.Values{"password": {webtest.Password}}
		}
		used := s.Send(t, webtest.Page, r)
		if used.StatusCode != 404 || !strings.Contains(used.Text(), "This link no longer works.") || used.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s, used: got %d", method, used.StatusCode)
		}
	}
	if _, secret, _ := strings.Cut(path, "-"); strings.Contains(s.Log.String(), secret) {
		t.Error("the log has the secret")
	}
}

func TestPasswordLinks(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	make := func(as, user string) *webtest.Response {
		return s.Send(t, webtest.Page, webtest.Request{Path: "/users/" + user + "/password-link", As: as, Form: url.Values{}})
	}
	first := make(webtest.Owner, "member").Document().Find("#link").AttrOr("value", "")
	second := make(webtest.Owner, "member").Document().Find("#link").AttrOr("value", "")
	at := func(link string) int {
		return s.Send(t, webtest.Page, webtest.Request{Path: strings.TrimPrefix(link, "http://rolecall.test")}).StatusCode
	}
	if at(first) != 404 || at(second) != 200 {
		t.Errorf("the first link answers %d, the second %d", at(first), at(second))
	}
	revoked := s.Send(t, webtest.Page, webtest.Request{Method: http.MethodDelete, Path: "/users/member/password-link", As: webtest.Owner, Form: url.Values{}})
	if revoked.StatusCode != 303 || at(second) != 404 {
		t.Errorf("revoking: got %d, and the link answers %d", revoked.StatusCode, at(second))
	}
	if got := make(webtest.Admin, "member"); got.StatusCode < 400 || got.Document().Find("#link").Length() != 0 {
		t.Errorf("who administers an organization only: got %d", got.StatusCode)
	}
	if got := make(webtest.Member, "owner"); got.StatusCode != 400 {
		t.Errorf("of an account that may not be read: got %d", got.StatusCode)
	}
	s.AddUser(t, "robot", webtest.Default)
	if got := make(webtest.Owner, "robot"); got.StatusCode != 400 || !strings.Contains(got.Text(), "A service account has no password.") {
		t.Errorf("of a service account: got %d", got.StatusCode)
	}
}

func TestCreateUserByForm(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	home := s.Organizations[webtest.Default].ID.String()
	for _, tt := range []struct {
		name   string
		as     string
		form   url.Values
		status int
		has    string
	}{
		{"with a password", webtest.Owner, url.Values{"email": {"a@example.com"}, "username": {"a"}, "access": {"password"}, "password": {webtest.Password}, "organization_ids": {home}}, 303, ""},
		{"a service account", webtest.Owner, url.Values{"email": {"b@example.com"}, "username": {"b"}, "access": {"service"}, "organization_ids": {home}}, 303, ""},
		{"without a password", webtest.Owner, url.Values{"email": {"c@example.com"}, "username": {"c"}, "access": {"password"}, "organization_ids": {home}}, 400, "Password"},
		{"nowhere", webtest.Owner, url.Values{"email": {"d@example.com"}, "username": {"d"}, "access": {"password"}, "password": {webtest.Password}}, 400, "Choose at least one organization."},
		{"taken", webtest.Owner, url.Values{"email": {"e@example.com"}, "username": {"member"}, "access": {"password"}, "password": {webtest.Password}, "organization_ids": {home}}, 409, "User already exists."},
		{"no access chosen", webtest.Owner, url.Values{"email": {"f@example.com"}, "username": {"f"}, "organization_ids": {home}}, 400, "must be chosen"},
		{"as a member", webtest.Member, url.Values{"email": {"g@example.com"}, "username": {"g"}, "access": {"password"}, "password": {webtest.Password}, "organization_ids": {home}}, 403, "not authorized"},
		{"invited nowhere", webtest.Owner, url.Values{"email": {"h@example.com"}, "username": {"h"}, "access": {"invite"}}, 400, "must name an organization"},
		{"invited by a member", webtest.Member, url.Values{"email": {"i@example.com"}, "username": {"i"}, "access": {"invite"}, "organization_ids": {home}}, 403, "organization_member:create"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			res := s.Send(t, webtest.Page, webtest.Request{Path: "/users", As: tt.as, Form: tt.form})
			if res.StatusCode != tt.status || !strings.Contains(res.Text(), tt.has) {
				t.Fatalf("got %d, want %d with %q\n%.2000s", res.StatusCode, tt.status, tt.has, res.Text())
			}
			name := tt.form.Get("username")
			if there := s.Get(t, webtest.Owner, "/users/"+name).StatusCode == 200; there != (tt.status == 303 || name == "member") {
				t.Errorf("the account is there: %v", there)
			}
			if tt.status >= 400 && tt.as == webtest.Owner && res.Document().Find("#username").AttrOr("value", "") != name {
				t.Error("the form is not filled again")
			}
		})
	}
}

func TestSetUserRolesInEveryWay(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		as     string
		json   any
		form   url.Values
		status int
		want   []string
	}{
		{"give", webtest.Owner, map[string]any{"roles": []string{"auditor"}}, url.Values{"roles": {"1"}, "role": {"auditor"}}, 200, []string{"auditor"}},
		{"none", webtest.Owner, map[string]any{"roles": []string{}}, url.Values{"roles": {"1"}}, 200, []string{}},
		{"unknown", webtest.Owner, map[string]any{"roles": []string{"gone"}}, url.Values{"roles": {"1"}, "role": {"gone"}}, 400, []string{}},
		{"not seen", webtest.Outsider, map[string]any{"roles": []string{"owner"}}, url.Values{"roles": {"1"}, "role": {"owner"}}, 400, []string{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := webtest.Request{Method: http.MethodPut, Path: "/users/member/roles", As: tt.as, JSON: tt.json, Form: tt.form}
			webtest.InEveryWay(t, r, tt.status, nil, func(t *testing.T, way webtest.Way, s *webtest.Site, res *webtest.Response) {
				var names struct {
					Roles []string `json:"roles"`
				}
				s.Get(t, webtest.Owner, "/users/member/roles").Decode(&names)
				if !cmp.Equal(tt.want, names.Roles) {
					t.Errorf("stored %v, want %v", names.Roles, tt.want)
				}
				if way == webtest.Fragment && tt.status == 200 && res.Document().Find("tr#u-"+s.ID("member")).Length() != 1 {
					t.Errorf("the fragment is not the row\n%s", res.Body)
				}
			})
		})
	}
}

// TestUserRolesConflict: a form that was opened before another save is refused and shown again.
func TestUserRolesConflict(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	form := s.Send(t, webtest.Fragment, webtest.Request{Path: "/users/member/roles", As: webtest.Owner}).Document()
	version := form.Find("input[name=version]").AttrOr("value", "")
	save := func(role string) *webtest.Response {
		return s.Send(t, webtest.Fragment, webtest.Request{Method: http.MethodPut, Path: "/users/member/roles", As: webtest.Owner, Form: url.Values{"roles": {"1"}, "role": {role}, "version": {version}}})
	}
	if res := save("auditor"); res.StatusCode != 200 {
		t.Fatalf("the first save: got %d\n%s", res.StatusCode, res.Body)
	}
	res := save("user-admin")
	if res.StatusCode != 409 || res.Document().Find("input[value=user-admin][checked]").Length() != 1 {
		t.Errorf("the second save: got %d\n%s", res.StatusCode, res.Body)
	}
}

// TestUserForms goes through what the page of an account offers.
func TestUserForms(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, step := range []struct {
		name, as, method, path string
		form                   url.Values
		status                 int
		next, has              string
	}{
		{"profile", webtest.Owner, "PUT", "/users/member/profile", url.Values{"username": {"mia"}, "name": {"Mia"}}, 303, "/users/mia", ""},
		{"bad profile", webtest.Owner, "PUT", "/users/mia/profile", url.Values{"username": {"new"}}, 400, "", "cannot use"},
		{"password", webtest.Owner, "PUT", "/users/mia/password", url.Values{"password": {"another " + webtest.Password}}, 303, "/users/mia", ""},
		{"weak password", webtest.Owner, "PUT", "/users/mia/password", url.Values{"password": {"x"}}, 400, "", "Password is invalid"},
		{"suspend", webtest.Owner, "PUT", "/users/mia/status/suspend", url.Values{}, 303, "/users/mia", ""},
		{"activate", webtest.Owner, "PUT", "/users/mia/status/activate", url.Values{}, 303, "/users/mia", ""},
		{"suspend oneself", webtest.Owner, "PUT", "/users/owner/status/suspend", url.Values{}, 400, "", "You cannot suspend yourself."},
		{"delete oneself", webtest.Owner, "DELETE", "/users/owner", url.Values{}, 403, "", "You cannot delete yourself!"},
		{"delete", webtest.Owner, "DELETE", "/users/mia", url.Values{}, 303, "/users", ""},
		{"delete again", webtest.Owner, "DELETE", "/users/mia", url.Values{}, 400, "", "must be an existing uuid or username"},
		{"own profile", webtest.Owner, "PUT", "/users/me/profile", url.Values{"username": {"owner"}, "name": {"O"}}, 303, "/users/me", ""},
		{"own bad profile", webtest.Owner, "PUT", "/users/me/profile", url.Values{"username": {"admin"}, "name": {"O"}}, 409, "", "already in use"},
	} {
		res := s.Send(t, webtest.Page, webtest.Request{Method: step.method, Path: step.path, As: step.as, Form: step.form})
		if res.StatusCode != step.status || res.Header.Get("Location") != step.next || !strings.Contains(res.Text(), step.has) {
			t.Errorf("%s: got %d to %q, want %d to %q with %q\n%.2000s", step.name, res.StatusCode, res.Header.Get("Location"), step.status, step.next, step.has, res.Text())
		}
	}
}

func TestTokenPages(t *testing.T) {
	t.Parallel()
	const tokens = "/users/me/keys/tokens"
	for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
		s := webtest.New(t)
		res := s.Send(t, way, webtest.Request{Path: tokens, As: webtest.Member, Form: url.Values{"token_name": {"ci"}, "days": {"7"}}})
		secret := res.Document().Find("#secret").AttrOr("value", "")
		if res.StatusCode != 200 || res.Header.Get("Cache-Control") != "no-store" || secret == "" {
			t.Fatalf("%s: got %d, %s, %q", way, res.StatusCode, res.Header.Get("Cache-Control"), secret)
		}
		me := s.Do(t, webtest.Request{Path: "/users/me", Header: http.Header{"Coder-Session-Token": {secret}}})
		if me.StatusCode != 200 || !strings.Contains(string(me.Body), `"username":"member"`) {
			t.Errorf("%s: the token opens %d", way, me.StatusCode)
		}
		list := s.Send(t, way, webtest.Request{Path: tokens, As: webtest.Member})
		if strings.Contains(string(list.Body), secret) || !strings.Contains(list.Text(), "in 7 d") {
			t.Errorf("%s: the list shows the secret, or not how long it lives\n%s", way, list.Text())
		}
		id, _, _ := strings.Cut(secret, "-")
		for _, bad := range []url.Values{{"token_name": {"ci"}, "days": {"7"}}, {"token_name": {"c d"}}, {"days": {"9999"}}} {
			refused := s.Send(t, way, webtest.Request{Path: tokens, As: webtest.Member, Form: bad})
			if refused.StatusCode < 400 || refused.Document().Find("#errors").Length() != 1 || refused.Document().Find("#token_name").AttrOr("value", "") != bad.Get("token_name") {
				t.Errorf("%s: %v: got %d", way, bad, refused.StatusCode)
			}
		}
		if ask := s.Send(t, way, webtest.Request{Path: tokens + "?revoke=" + id, As: webtest.Member}); ask.Document().Find(".confirm form").AttrOr("action", "") != "/users/me/keys/"+id {
			t.Errorf("%s: nothing asks whether to revoke", way)
		}
		gone := s.Send(t, way, webtest.Request{Method: http.MethodDelete, Path: "/users/me/keys/" + id, As: webtest.Member, Form: url.Values{}})
		if next := gone.Header.Get("Location") + gone.Header.Get("HX-Redirect"); next != tokens {
			t.Errorf("%s: revoking: got %d to %q", way, gone.StatusCode, next)
		}
		if me := s.Do(t, webtest.Request{Path: "/users/me", Header: http.Header{"Coder-Session-Token": {secret}}}); me.StatusCode != 401 {
			t.Errorf("%s: the revoked token opens %d", way, me.StatusCode)
		}
	}
}

// TestSessions: one sees one's sessions, can end another one, and can sign out everywhere.
func TestSessions(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	here, there := http.Header{"Cookie": {s.Cookie(t, webtest.Member)}}, http.Header{"Cookie": {s.Cookie(t, webtest.Member)}}
	opens := func(h http.Header) bool {
		return s.Send(t, webtest.Page, webtest.Request{Path: "/users/me", Header: h}).StatusCode == 200
	}
	rows := s.Send(t, webtest.Page, webtest.Request{Path: "/users/me", Header: here}).Document().Find("#sessions li")
	current := rows.FilterFunction(func(_ int, r *goquery.Selection) bool { return strings.Contains(r.Text(), "This one") })
	if rows.Length() != 2 || current.Length() != 1 {
		t.Fatalf("%d sessions, of which %d are this one", rows.Length(), current.Length())
	}
	action := rows.NotSelection(current).Find("form").AttrOr("action", "")
	ended := s.Send(t, webtest.Page, webtest.Request{Method: http.MethodDelete, Path: action, Header: here, Form: url.Values{}})
	if ended.StatusCode != 303 || opens(there) || !opens(here) {
		t.Errorf("ending the other: got %d; it opens %v, this one %v", ended.StatusCode, opens(there), opens(here))
	}
	if again := s.Send(t, webtest.Page, webtest.Request{Method: http.MethodDelete, Path: action, Header: here, Form: url.Values{}}); again.StatusCode != 404 {
		t.Errorf("ending it again: got %d", again.StatusCode)
	}
	own := s.Send(t, webtest.Page, webtest.Request{Path: "/users/me", As: webtest.Owner}).Document().Find("#sessions form").AttrOr("action", "")
	if foreign := s.Send(t, webtest.Page, webtest.Request{Method: http.MethodDelete, Path: own, Header: here, Form: url.Values{}}); foreign.StatusCode != 404 {
		t.Errorf("ending another account's: got %d", foreign.StatusCode)
	}
	out := s.Send(t, webtest.Page, webtest.Request{Method: http.MethodDelete, Path: "/users/me/sessions", Header: here, Form: url.Values{}})
	if gone := out.CookieNamed("rolecall"); out.StatusCode != 303 || out.Header.Get("Location") != "/login" || gone == nil || gone.MaxAge >= 0 || opens(here) {
		t.Errorf("signing out everywhere: got %d to %s with %v", out.StatusCode, out.Header.Get("Location"), gone)
	}
	if res := s.Get(t, webtest.Member, "/users/me"); res.StatusCode != 401 {
		t.Errorf("the API token still opens: got %d", res.StatusCode)
	}
}

// TestChangeOwnPassword: who knows the old one stays signed in here, and nowhere else.
func TestChangeOwnPassword(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	here, there := http.Header{"Cookie": {s.Cookie(t, webtest.Member)}}, http.Header{"Cookie": {s.Cookie(t, webtest.Member)}}
	change := func(old string) *webtest.Response {
		return s.Send(t, webtest.Page, webtest.Request{
			Method: http.MethodPut, Path: "/users/me/password", Header: here,
			Form: url.Values{"old_password": {old}, "password": {"another " + webtest.Password}},
		})
	}
	if wrong := change("nonsense"); wrong.StatusCode != 400 || wrong.Document().Find("#old_password[aria-invalid=true]").Length() != 1 {
		t.Errorf("a wrong old password: got %d", wrong.StatusCode)
	}
	res := change(webtest.Password)
	c := res.CookieNamed("rolecall")
	if res.StatusCode != 303 || res.Header.Get("Location") != "/users/me" || c == nil {
		t.Fatalf("got %d to %s with %v\n%s", res.StatusCode, res.Header.Get("Location"), c, res.Body)
	}
	for name, tt := range map[string]struct {
		h    http.Header
		want int
	}{"the new session": {http.Header{"Cookie": {"rolecall=" + c.Value}}, 200}, "the old one": {here, 303}, "another one": {there, 303}} {
		if got := s.Send(t, webtest.Page, webtest.Request{Path: "/users/me", Header: tt.h}).StatusCode; got != tt.want {
			t.Errorf("%s: got %d, want %d", name, got, tt.want)
		}
	}
}

func TestOrganizationForms(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, step := range []struct {
		name, as, method, path string
		form                   url.Values
		status                 int
		next, has              string
	}{
		{"create", webtest.Owner, "POST", "/organizations", url.Values{"name": {"labs"}, "display_name": {"Labs"}}, 303, "/organizations/labs/members", ""},
		{"create again", webtest.Owner, "POST", "/organizations", url.Values{"name": {"Labs"}}, 409, "", "already exists"},
		{"create badly", webtest.Owner, "POST", "/organizations", url.Values{"name": {"a b"}}, 400, "", "Use letters, digits and single hyphens."},
		{"create as a member", webtest.Member, "POST", "/organizations", url.Values{"name": {"mine"}}, 403, "", "Forbidden"},
		{"change", webtest.Owner, "PATCH", "/organizations/labs", url.Values{"name": {"lab"}, "display_name": {"Lab"}, "description": {"What"}, "icon": {""}}, 303, "/organizations/lab", ""},
		{"change badly", webtest.Owner, "PATCH", "/organizations/lab", url.Values{"name": {"lab"}, "display_name": {" x"}}, 400, "", "must not start or end with a space"},
		{"change as a member", webtest.Member, "PATCH", "/organizations/default", url.Values{"display_name": {"x"}}, 403, "", "Forbidden"},
		{"delete the default", webtest.Owner, "DELETE", "/organizations/default", url.Values{}, 400, "", "cannot be deleted"},
		{"delete one with members", webtest.Owner, "DELETE", "/organizations/other", url.Values{}, 400, "", "is not empty"},
		{"delete", webtest.Owner, "DELETE", "/organizations/lab", url.Values{"confirm": {"lab"}}, 303, "/organizations", ""},
		{"show", webtest.Owner, "GET", "/organizations/lab", nil, 404, "", "not found"},
	} {
		res := s.Send(t, webtest.Page, webtest.Request{Method: step.method, Path: step.path, As: step.as, Form: step.form})
		if res.StatusCode != step.status || res.Header.Get("Location") != step.next || !strings.Contains(res.Text(), step.has) {
			t.Errorf("%s: got %d to %q, want %d to %q with %q\n%.1500s", step.name, res.StatusCode, res.Header.Get("Location"), step.status, step.next, step.has, res.Text())
		}
	}
	page := s.Send(t, webtest.Page, webtest.Request{Path: "/organizations?q=OTH", As: webtest.Owner})
	if got := page.Document().Find("tbody .nm a").Map(func(_ int, a *goquery.Selection) string { return a.AttrOr("href", "") }); !cmp.Equal(got, []string{"/organizations/other/members"}) {
		t.Errorf("the list shows %v", got)
	}
	if other := s.Send(t, webtest.Page, webtest.Request{Path: "/organizations", As: webtest.Member}); strings.Contains(other.Text(), "other") {
		t.Error("a member sees an organization that it is not in")
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	links := func(as, query string, way webtest.Way) []string {
		res := s.Send(t, way, webtest.Request{Path: "/search?" + query, As: as})
		if res.StatusCode != 200 {
			t.Fatalf("got %d\n%s", res.StatusCode, res.Body)
		}
		return res.Document().Find("#results .hit, body > .hits .hit").Map(func(_ int, a *goquery.Selection) string { return a.AttrOr("href", "") })
	}
	for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
		want := []string{"/organizations/other/members/rival", "/users/rival"}
		if diff := cmp.Diff(want, links(webtest.Owner, "q=RIVAL&organization=other", way)); diff != "" {
			t.Errorf("%s: an owner finds (-want +got)\n%s", way, diff)
		}
		if got := links(webtest.Member, "q=rival&organization=other", way); len(got) != 0 {
			t.Errorf("%s: a stranger to the organization finds %v", way, got)
		}
		if got := links(webtest.Member, "q=tok", way); !cmp.Equal(got, []string{"/users/me/keys/tokens"}) {
			t.Errorf("%s: pages: %v", way, got)
		}
	}
	if res := s.Send(t, webtest.Page, webtest.Request{Path: "/search?q=a&q=b", As: webtest.Member}); res.StatusCode != 400 {
		t.Errorf("two queries: got %d", res.StatusCode)
	}
}

// TestLastOrganization: pages of the site keep the part of the navigation of the organization that was looked at last.
func TestLastOrganization(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	session := s.Cookie(t, webtest.Owner)
	seen := s.Send(t, webtest.Page, webtest.Request{Path: "/organizations/other/members", Header: http.Header{"Cookie": {session}}})
	c := seen.CookieNamed("organization")
	if c == nil || c.Value != "other" || !c.HttpOnly {
		t.Fatalf("the cookie is %v", c)
	}
	with := func(name string) http.Header { return http.Header{"Cookie": {session + "; organization=" + name}} }
	current := func(h http.Header) string {
		return s.Send(t, webtest.Page, webtest.Request{Path: "/users", Header: h}).Document().Find(".nav a[data-go=M]").AttrOr("href", "")
	}
	for name, want := range map[string]string{"other": "/organizations/other/members", "gone": "", "": ""} {
		if got := current(with(name)); got != want {
			t.Errorf("after %q the navigation leads to %q", name, got)
		}
	}
	if home := s.Send(t, webtest.Page, webtest.Request{Path: "/", Header: with("other")}); home.Header.Get("Location") != "/organizations/other/overview" {
		t.Errorf("the start page leads to %s", home.Header.Get("Location"))
	}
	if again := s.Send(t, webtest.Page, webtest.Request{Path: "/organizations/other/members", Header: with("other")}); again.CookieNamed("organization") != nil {
		t.Error("the cookie is set on every page")
	}
	forged := s.Send(t, webtest.Page, webtest.Request{Path: "/users", Header: http.Header{"Cookie": {s.Cookie(t, webtest.Member) + "; organization=other"}}})
	if strings.Contains(forged.Text(), "Other") || forged.Document().Find("a[href^='/organizations/other']").Length() != 0 {
		t.Error("a forged cookie shows an organization that may not be read")
	}
}
