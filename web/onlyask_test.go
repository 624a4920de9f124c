package web_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"rolecall.example/org"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// askingToken makes a token of an account that may only ask, about some organizations or any.
func askingToken(t *testing.T, s *webtest.Site, user string, organizations ...string) http.Header {
	t.Helper()
	in := org.TokenInput{Name: strings.Join(append([]string{"asks"}, organizations...), "-"), Scopes: []string{org.ScopeDecide}, Organizations: organizations}
	secret, _, err := s.Service.CreateToken(t.Context(), s.Service.Operator(), user, org.Given(in))
	if err != nil {
		t.Fatal(err)
	}
	return http.Header{"Coder-Session-Token": {secret}}
}

// decisionPaths are the paths that a token with the scope rolecall:decide reaches.
var decisionPaths = regexp.MustCompile(`^(/authcheck|(/organizations/\{organization\})?/access/v1/.*|/catalog|(/organizations/\{organization\})?/snapshot|/snapshots|/changes` +
	`|/organizations/\{organization\}/members/\{user\}/rights|/organizations/\{organization\}/who-can|/users/\{user\}/organizations|/buildinfo)$`)

// TestOnlyAsking: of all routes that need a caller, a token that may only ask reaches those that decide, by whichever mount.
func TestOnlyAsking(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	token := askingToken(t, s, webtest.Owner)
	fill := strings.NewReplacer("{organization}", "default", "{user}", "owner", "{roleName}", "owner", "{id}", "none", "{name}", "none", "{version}", "1", "{invitation}", "none")
	reached := 0
	for _, r := range web.Routes() {
		reads := decisionPaths.MatchString(r.Path) && (r.Method == http.MethodGet || r.Path != "/catalog")
		if r.Offers(web.MayAsk) != reads {
			t.Errorf("%s %s: MayAsk is %v", r.Method, r.Path, r.Offers(web.MayAsk))
		}
		if r.Access != web.SignedIn || strings.HasSuffix(r.Path, "/changes") {
			continue // changes is a stream
		}
		mounts := []string{""}
		if r.Offers(web.API) {
			mounts = append(mounts, "/api/v2")
		}
		for _, mount := range mounts {
			res := s.Do(t, webtest.Request{Method: r.Method, Path: mount + fill.Replace(r.Path), Header: token, Unchecked: true})
			refused := res.StatusCode == 403 && strings.Contains(res.Text(), "This token may only ask.")
			if refused == reads {
				t.Errorf("%s %s%s: got %d %s", r.Method, mount, r.Path, res.StatusCode, res.Text())
			}
			if !refused {
				reached++
			}
		}
	}
	if reached < 6 {
		t.Errorf("it reached %d routes", reached)
	}
}

// TestAskingTokenInput: the scope stands alone, whatever would widen it is refused, and the token lives a year.
func TestAskingTokenInput(t *testing.T) {
	t.Parallel()
	for i, tt := range []struct {
		json   string
		status int
		says   string
	}{
		{`{"scopes":["rolecall:decide"]}`, 201, ""},
		{`{"scope":"rolecall:decide"}`, 201, ""},
		{`{"scopes":["rolecall:decide"],"organizations":["default","OTHER","default"]}`, 201, ""},
		{`{"scopes":["rolecall:decide"],"organizations":[],"allow_list":["*:*"]}`, 201, ""},
		{`{"scopes":["rolecall:decide","coder:all"]}`, 400, `API key scope "rolecall:decide" stands alone`},
		{`{"scope":"all","scopes":["rolecall:decide"]}`, 400, `API key scope "rolecall:decide" stands alone`},
		{`{"scopes":["rolecall:decide"],"allow_list":["template:*"]}`, 400, `API key scope "rolecall:decide" stands alone`},
		{`{"scopes":["rolecall:decide"],"organizations":["gone"]}`, 400, `there is no organization "gone", or you may not see it`},
		{`{"scopes":["rolecall:decide"],"scope":"all"}`, 400, "stands alone"},
		{`{"scopes":["rolecall:decid"]}`, 400, `invalid or unsupported API key scope: "rolecall:decid"`},
	} {
		s := webtest.New(t)
		res := s.Do(t, webtest.Request{Method: "POST", Path: "/users/me/keys/tokens", As: webtest.Owner, JSON: tt.json})
		if res.StatusCode != tt.status || !strings.Contains(strings.ReplaceAll(res.Text(), `\"`, `"`), tt.says) {
			t.Errorf("%d: %s: got %d %s", i, tt.json, res.StatusCode, res.Text())
		}
		if res.StatusCode != 201 {
			continue
		}
		var list []struct {
			Name          string `json:"token_name"`
			Scope         string
			Scopes        []string
			Organizations []string
			ExpiresAt     time.Time `json:"expires_at"`
		}
		s.Get(t, webtest.Owner, "/users/me/keys/tokens").Decode(&list)
		made := list[len(list)-1]
		if made.Scope != "" || fmt.Sprint(made.Scopes) != "[rolecall:decide]" || time.Until(made.ExpiresAt) < 364*org.Day {
			t.Errorf("%s: made %+v", tt.json, made)
		}
		if want := 2 * strings.Count(tt.json, "OTHER"); len(made.Organizations) != want {
			t.Errorf("%s: it is for %v", tt.json, made.Organizations)
		}
		if list[0].Scope != "all" || fmt.Sprint(list[0].Scopes) != "[coder:all]" {
			t.Errorf("another token: %+v", list[0])
		}
	}
}

// TestConfinedToken: organizations that a token is not for look to it as if they did not exist, however much its account may.
func TestConfinedToken(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	free, confined := askingToken(t, s, webtest.Owner), askingToken(t, s, webtest.Owner, webtest.Default)
	ask := func(as http.Header, body string) string {
		res := s.Do(t, webtest.Request{Method: "POST", Path: "/authcheck", Header: as, JSON: body})
		return fmt.Sprint(res.StatusCode, " ", res.Text())
	}
	const check = `{%s"checks":{"k":{"action":"read","object":{"resource_type":"organization_member","organization_id":"%s"}}}}`
	other := s.Organizations[webtest.Other].ID.String()
	for _, tt := range []struct {
		about, organization string
		free, confined      string
	}{
		{"", s.Organizations[webtest.Default].ID.String(), "true", "true"},
		{"", other, "true", "false"},
		{`"user":"rival",`, webtest.Other, "true", "not_found"},
		{`"user":"rival",`, webtest.Default, `"k":false`, "not_found"}, // by the account alone it would be read
		{`"user":"admin",`, webtest.Default, `"k":true`, `"k":true`},
	} {
		body := fmt.Sprintf(check, tt.about, tt.organization)
		if got := ask(free, body); !strings.Contains(got, tt.free) {
			t.Errorf("%s: without bounds %s", body, got)
		}
		if got := ask(confined, body); !strings.Contains(got, tt.confined) {
			t.Errorf("%s: confined %s", body, got)
		}
	}
	if a, b := ask(confined, fmt.Sprintf(check, `"user":"rival",`, webtest.Other)), ask(confined, fmt.Sprintf(check, `"user":"rival",`, "gone")); a != b {
		t.Errorf("an organization out of reach: %s; none: %s", a, b)
	}
	if got := ask(confined, `{"checks":{"k":{"action":"create","object":{"resource_type":"user"}}}}`); !strings.Contains(got, "false") {
		t.Errorf("a right of the site: %s", got)
	}
	whoCan := func(as http.Header, name string) string {
		res := s.Do(t, webtest.Request{Path: "/organizations/" + name + "/who-can?action=read&resource_type=organization_member", Header: as})
		return fmt.Sprint(res.StatusCode, " ", strings.ReplaceAll(string(res.Body), name, ""))
	}
	if got := whoCan(confined, "default"); !strings.HasPrefix(got, "200") {
		t.Errorf("who can: %s", got)
	}
	if got := whoCan(free, "other"); !strings.HasPrefix(got, "200") {
		t.Errorf("who can, without bounds: %s", got)
	}
	if a, b := whoCan(confined, "other"), whoCan(confined, "gone"); a != b || !strings.HasPrefix(a, "404") {
		t.Errorf("who can: %s, and of none %s", a, b)
	}
	for as, want := range map[string]string{"rival": "400", "owner": "200"} { // of strangers it sees nothing
		res := s.Do(t, webtest.Request{Path: "/users/" + as + "/organizations", Header: confined})
		if fmt.Sprint(res.StatusCode) != want || strings.Contains(string(res.Body), `"name":"other"`) {
			t.Errorf("organizations of %s: %d %s", as, res.StatusCode, res.Body)
		}
	}
	if res := s.Do(t, webtest.Request{Path: "/catalog", Header: confined}); res.StatusCode != 200 {
		t.Errorf("the catalog: %d", res.StatusCode)
	}
}

// TestConfinedTokenKeepsItsBounds: neither a new name nor the end of its organization makes a token wider, nor a new catalog.
func TestConfinedTokenKeepsItsBounds(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	token := askingToken(t, s, webtest.Owner, webtest.Other)
	organizations := func() string {
		return string(s.Do(t, webtest.Request{Path: "/users/me/organizations", Header: token}).Body)
	}
	if res := s.Do(t, webtest.Request{Method: "POST", Path: "/organizations/other/members/owner", As: webtest.Owner}); res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, res.Text())
	}
	if got := organizations(); !strings.Contains(got, `"name":"other"`) || strings.Contains(got, `"name":"default"`) {
		t.Errorf("it sees %s", got)
	}
	if res := s.Do(t, webtest.Request{Method: "PATCH", Path: "/organizations/other", As: webtest.Owner, JSON: `{"name":"renamed"}`}); res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, res.Text())
	}
	if got := organizations(); !strings.Contains(got, `"name":"renamed"`) || strings.Contains(got, `"name":"default"`) {
		t.Errorf("after a new name it sees %s", got)
	}
	if res := s.Do(t, webtest.Request{Method: "DELETE", Path: "/organizations/renamed/members/rival", As: webtest.Owner}); res.StatusCode >= 300 {
		t.Fatalf("%d %s", res.StatusCode, res.Text())
	}
	if res := s.Do(t, webtest.Request{Method: "DELETE", Path: "/organizations/renamed", As: webtest.Owner}); res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, res.Text())
	}
	if got := organizations(); got != "[]\n" && got != "[]" {
		t.Errorf("after the end it sees %s", got)
	}
	page := s.Send(t, webtest.Page, webtest.Request{Path: "/users/owner/keys/tokens", As: webtest.Owner})
	if !strings.Contains(page.Document().Find("table.tokens").Text(), "may only ask in "+s.Organizations[webtest.Other].ID.String()) {
		t.Errorf("the page says %s", page.Document().Find("table.tokens").Text())
	}
}

// TestAskingTokenOnPage: the page makes one, without script as with it, and never a wider one than was asked for.
func TestAskingTokenOnPage(t *testing.T) {
	t.Parallel()
	form := map[string][]string{"token_name": {"billing"}, "days": {"365"}, "limit": {"decide"}, "organizations": {"default, other"}}
	r := webtest.Request{Method: "POST", Path: "/users/owner/keys/tokens", As: webtest.Owner, Form: form}
	for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
		s := webtest.New(t)
		if res := s.Send(t, way, r); res.StatusCode >= 400 {
			t.Errorf("%s: %d %s", way, res.StatusCode, res.Text())
		}
		page := s.Send(t, webtest.Page, webtest.Request{Path: "/users/owner/keys/tokens", As: webtest.Owner})
		if got := page.Document().Find("table.tokens").Text(); !strings.Contains(got, "may only ask in default, other") && !strings.Contains(got, "may only ask in other, default") {
			t.Errorf("%s: the page says %s", way, got)
		}
		trail := string(s.Get(t, webtest.Owner, "/audit?q=resource_type:api_key&limit=1").Body)
		for _, want := range []string{"rolecall:decide", `"default"`, `"other"`, s.Organizations[webtest.Other].ID.String()} {
			if !strings.Contains(trail, want) {
				t.Errorf("%s: the trail does not tell of %s: %s", way, want, trail)
			}
		}
		wider := r
		wider.Form = map[string][]string{"token_name": {"wide"}, "days": {"7"}, "limit": {"scopes"}, "organizations": {"default"}}
		if res := s.Send(t, way, wider); !strings.Contains(res.Document().Text(), "tick what it may do") || res.Document().Find("#organizations").AttrOr("value", "") != "default" {
			t.Errorf("%s: no permission is ticked: %d %s", way, res.StatusCode, res.Text())
		}
		wider.Form["scopes"] = []string{"template:read", "template:gone"}
		if res := s.Send(t, way, wider); !strings.Contains(res.Document().Text(), `unsupported API key scope: "template:gone"`) || res.Document().Find("[value='template:read'][checked]").Length() != 1 {
			t.Errorf("%s: a permission that there is not: %d %s", way, res.StatusCode, res.Text())
		}
	}
}

// TestDecisionBuckets: a service account, and a token that may only ask, have the larger bucket of decisions, each account its
// own; persons have the other, and requests of neither are fewer for it.
func TestDecisionBuckets(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := webtest.New(t, limited(600), func(o *web.Options) {
		o.CheckRateLimit, o.ServiceLimit, o.Now = 60, 600, func() time.Time { return now }
	})
	robot := org.NewUser{Email: "robot@example.com", Username: "robot", LoginType: org.LoginNone, Status: org.StatusActive, OrganizationIDs: nil}
	robot.OrganizationIDs = append(robot.OrganizationIDs, s.Organizations[webtest.Default].ID)
	if _, err := s.Service.CreateUser(t.Context(), s.Service.Operator(), org.Given(robot)); err != nil {
		t.Fatal(err)
	}
	secret, _, err := s.Service.CreateToken(t.Context(), s.Service.Operator(), "robot", org.Given(org.TokenInput{Name: "all"}))
	if err != nil {
		t.Fatal(err)
	}
	checks := make([]string, 30)
	for i := range checks {
		checks[i] = fmt.Sprintf(`"%d":{"action":"read","object":{"resource_type":"template"}}`, i)
	}
	body := `{"checks":{` + strings.Join(checks, ",") + `}}`
	for name, tt := range map[string]struct {
		as   webtest.Request
		want string
	}{
		"person":          {webtest.Request{As: webtest.Member}, "60 30"},
		"service account": {webtest.Request{Header: http.Header{"Coder-Session-Token": {secret}}}, "600 570"},
		"asking token":    {webtest.Request{Header: askingToken(t, s, webtest.Admin)}, "600 570"},
	} {
		r := tt.as
		r.Method, r.Path, r.JSON = "POST", "/authcheck", body
		res := s.Do(t, r)
		if got := res.Header.Get("RateLimit-Limit") + " " + res.Header.Get("RateLimit-Remaining"); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
		passed := 1
		for ; res.StatusCode == 200 && passed < 100; passed++ {
			res = s.Do(t, r)
		}
		if want := 3 + map[bool]int{true: 0, false: 18}[name == "person"]; res.StatusCode != 429 || passed != want || !strings.Contains(res.Text(), "Too many decisions.") || res.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d after %d requests, want %d: %s", name, res.StatusCode, passed, want, res.Text())
		}
	}
	if left := s.Get(t, webtest.Member, "/users/me").Header.Get("RateLimit-Remaining"); left != "599" {
		t.Errorf("%s requests are left", left)
	}
}
