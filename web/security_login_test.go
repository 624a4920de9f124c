package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// A3, T42: a token works whole or not at all.
func TestA3_AlteredTokens(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	token := s.Token(webtest.Owner)
	flip := func(i int) string {
		c := token[i] ^ 0x20
		return token[:i] + string(c) + token[i+1:]
	}
	altered := []string{token + "x", " " + token + "x", token + "\x00", token + "=", "-" + token, token + "-", strings.ToUpper(token), strings.ToLower(token), token + token}
	for i := range token {
		altered = append(altered, token[:i], token[i:], flip(i))
	}
	for _, bad := range altered {
		if bad == token || strings.TrimSpace(bad) == token {
			continue
		}
		for name, value := range map[string]string{"Coder-Session-Token": bad, "Authorization": "Bearer " + bad} {
			res := s.Do(t, webtest.Request{Path: "/users/me", Header: http.Header{name: {value}}, Unchecked: true})
			if res.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s %q: got %d", name, value, res.StatusCode)
			}
			if strings.Contains(string(res.Body), token[11:]) {
				t.Errorf("%s %q: the answer has it", name, value)
			}
		}
	}
}

// access is the open access of an account: sessions of browsers and tokens of programs.
type access struct{ cookie, token, login string }

func (a access) statuses(t *testing.T, s *webtest.Site) (list [3]int) {
	t.Helper()
	for i, h := range []http.Header{{"Cookie": {a.cookie}}, {"Coder-Session-Token": {a.token}}, {"Authorization": {"Bearer " + a.login}}} {
		list[i] = s.Do(t, webtest.Request{Path: "/users/me", Header: h}).StatusCode
	}
	return list
}

// C13: of two tokens none counts. A proxy that looks at one and a server that looks at the other would let in two
// different people.
func TestC13_TwoTokens(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	mine, others := s.Token(webtest.Member), s.Token(webtest.Owner)
	const own, bearer = "Coder-Session-Token", "Authorization"
	for name, header := range map[string]http.Header{
		"own header twice":            {own: {mine, others}},
		"own header twice, the same":  {own: {mine, mine}},
		"own header, then an empty":   {own: {mine, ""}},
		"bearer twice":                {bearer: {"Bearer " + mine, "Bearer " + others}},
		"bearer beside basic":         {bearer: {"Bearer " + mine, "Basic x"}},
		"different ones in both":      {own: {mine}, bearer: {"Bearer " + others}},
		"a wrong one beside":          {own: {mine}, bearer: {"Bearer x"}},
		"two, and a session of one's": {own: {mine, others}, "Cookie": {s.Cookie(t, webtest.Member)}},
	} {
		for _, path := range []string{"/users/me", "/api/v2/users/me"} {
			res := s.Do(t, webtest.Request{Path: path, Header: header})
			if res.StatusCode != 401 || !strings.Contains(res.Error().Detail, "more than one token") {
				t.Errorf("%s: got %d %s", name, res.StatusCode, res.Body)
			}
		}
	}
	if res := s.Do(t, webtest.Request{Path: "/users/me", Header: http.Header{own: {mine}, bearer: {"Bearer " + mine}}}); res.StatusCode != 200 {
		t.Errorf("one token in both headers: got %d", res.StatusCode)
	}
}

// C13: a form that comes with a token means nothing: neither its _method nor its fields.
func TestC13_FormsWithTokens(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	do(t, s, put(webtest.Admin, role{"ci", "CI", nil}))
	before := s.State(t)
	for _, header := range []http.Header{
		{"Coder-Session-Token": {s.Token(webtest.Owner)}}, {"Authorization": {"Bearer " + s.Token(webtest.Owner)}},
		{"Coder-Session-Token": {s.Token(webtest.Owner)}, "Cookie": {s.Cookie(t, webtest.Owner)}},
	} {
		for path, want := range map[string]int{roles + "/ci": 405, members + "/member": 415, members + "/outsider": 415, "/users/member": 405} {
			h := header.Clone()
			h.Set("Content-Type", "application/x-www-form-urlencoded")
			res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: path, JSON: "_method=DELETE", Header: h, Unchecked: true})
			if res.StatusCode != want {
				t.Errorf("%s with %v: got %d, want %d", path, header, res.StatusCode, want)
			}
		}
	}
	if diff := cmp.Diff(before, s.State(t)); diff != "" {
		t.Errorf("stored (-before +after)\n%s", diff)
	}
}

// A1, A7: what the database holds opens nothing. A8, T35, T37: what ends an account's access ends all of it, at once.
func TestA8_EndOfAccess(t *testing.T) {
	t.Parallel()
	const user = "/users/member"
	for name, tt := range map[string]struct {
		end  webtest.Request
		want [3]int // the session, the token, and the token of a login
	}{
		"password set by an owner": {webtest.Request{Method: "PUT", Path: user + "/password", As: webtest.Owner, JSON: `{"password":"correct horse battery stable"}`}, [3]int{401, 401, 401}},
		"suspended":                {webtest.Request{Method: "PUT", Path: user + "/status/suspend", As: webtest.Owner, JSON: "{}"}, [3]int{401, 401, 401}},
		"deleted":                  {webtest.Request{Method: "DELETE", Path: user, As: webtest.Owner}, [3]int{401, 401, 401}},
		"removed as a member":      {webtest.Request{Method: "DELETE", Path: members + "/member", As: webtest.Owner}, [3]int{200, 200, 200}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := webtest.New(t)
			var login struct {
				Token string `json:"session_token"`
			}
			s.Do(t, webtest.Request{Method: "POST", Path: "/users/login", JSON: map[string]string{"email": "member@example.com", "password": webtest.Password}}).Decode(&login)
			open := access{s.Cookie(t, webtest.Member), s.Token(webtest.Member), login.Token}
			if got := open.statuses(t, s); got != [3]int{200, 200, 200} {
				t.Fatalf("before: %v", got)
			}
			stored := fmt.Sprint(s.Query(t, "SELECT secret_hash, id, name FROM api_keys"), s.Query(t, "SELECT token, data FROM sessions"), s.Query(t, "SELECT password_hash FROM users"))
			for _, secret := range []string{strings.TrimPrefix(open.cookie, "rolecall="), open.token[11:], open.login[11:], webtest.Password} {
				if strings.Contains(stored, secret) {
					t.Errorf("the database holds %q", secret)
				}
			}
			if res := s.Do(t, tt.end); res.StatusCode >= 300 {
				t.Fatalf("%d %s", res.StatusCode, res.Body)
			}
			if got := open.statuses(t, s); got != tt.want {
				t.Errorf("afterwards: %v, want %v", got, tt.want)
			}
			if tt.end.Method != "DELETE" {
				s.Do(t, webtest.Request{Method: "PUT", Path: user + "/status/activate", As: webtest.Owner, JSON: "{}", Unchecked: true})
				if got := open.statuses(t, s); got[0] != tt.want[0] {
					t.Errorf("the session came back to life: %v", got)
				}
			}
		})
	}
}

// A8: a password that is changed during a sign-in ends that session too.
func TestA8_PasswordChangeDuringSignIn(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		site   func(testing.TB, ...webtest.Option) *webtest.Site
		user   string
		signIn func(*webtest.Site, org.BeginSession) error
	}{
		"login": {webtest.New, "member", func(s *webtest.Site, begin org.BeginSession) error {
			_, err := s.Service.Login(t.Context(), org.Request{}, "member@example.com", webtest.Password, begin)
			return err
		}},
		"setup": {webtest.NewEmpty, "fiona", func(s *webtest.Site, begin org.BeginSession) error {
			first := org.FirstUser{Email: "fiona@example.com", Username: "fiona", Password: webtest.Password}
			_, _, err := s.Service.CreateFirstUser(t.Context(), org.Request{}, org.Given(first), begin)
			return err
		}},
		"own password": {webtest.New, "member", func(s *webtest.Site, begin org.BeginSession) error {
			in := org.PasswordInput{OldPassword: webtest.Password, Password: "correct horse battery stable"}
			return s.Service.SetPassword(t.Context(), s.Subject(t, "member"), "me", org.Given(in), begin)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tt.site(t)
			changed := make(chan error, 1)
			var cookie string
			err := tt.signIn(s, func(_ context.Context, user uuid.UUID) (n org.NewSession, _ error) {
				go func() {
					changed <- s.Service.SetPassword(context.Background(), s.Service.Operator(), tt.user, org.Given(org.PasswordInput{Password: "another horse battery"}), nil)
				}()
				select {
				case err := <-changed: // it could come before the session is stored, which must end all the same
					changed <- err
				case <-time.After(time.Second): // it waits for what is under way
				}
				cookie, n = s.NewSession(t, user)
				return n, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := <-changed; err != nil {
				t.Fatal(err)
			}
			if got := s.Do(t, webtest.Request{Path: "/users/me", Header: http.Header{"Cookie": {cookie}}}).StatusCode; got != http.StatusUnauthorized {
				t.Errorf("the session outlives the password that opened it: got %d", got)
			}
		})
	}
}

// A6, T34: a session gets a name of its own at sign-in, and the server ends it, not the browser.
func TestA6_SessionFixation(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	planted := s.Cookie(t, webtest.Outsider)
	form := url.Values{"email": {"member@example.com"}, "password": {webtest.Password}}
	res := s.Send(t, webtest.Page, webtest.Request{Path: "/login", Form: form, Header: http.Header{"Cookie": {planted}}})
	cookie := res.CookieNamed("rolecall")
	if res.StatusCode != http.StatusSeeOther || cookie == nil || "rolecall="+cookie.Value == planted || len(cookie.Value) < 40 {
		t.Fatalf("got %d and %v", res.StatusCode, cookie)
	}
	as := func(value string) int {
		return s.Do(t, webtest.Request{Path: "/users/me", Header: http.Header{"Cookie": {value}}}).StatusCode
	}
	if got := as(planted); got != http.StatusUnauthorized {
		t.Errorf("the planted session: got %d", got)
	}
	mine := "rolecall=" + cookie.Value
	if got := as(mine); got != http.StatusOK {
		t.Errorf("the new session: got %d", got)
	}
	s.Send(t, webtest.Page, webtest.Request{Method: "POST", Path: "/logout", Form: url.Values{}, Header: http.Header{"Cookie": {mine}}})
	if got := as(mine); got != http.StatusUnauthorized {
		t.Errorf("the session after its end: got %d", got)
	}
}

// A9, D7, T30, T41: headers that a client can make up change neither who it is nor where it counts as coming from.
func TestD7_ForgedHeaders(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	forged := func(i int) http.Header {
		h := http.Header{}
		for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "Cf-Connecting-Ip", "True-Client-Ip", "X-Client-Ip", "X-Forwarded-Host", "Via"} {
			h.Set(name, fmt.Sprintf("198.51.100.%d", i))
		}
		for _, name := range []string{"X-Forwarded-User", "X-Webauth-User", "Remote-User", "X-Remote-User", "X-Auth-Request-Email", "X_Forwarded_User"} {
			h.Set(name, webtest.Owner)
		}
		return h
	}
	if res := s.Do(t, webtest.Request{Path: "/users/me", Header: forged(1)}); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a name in a header: got %d", res.StatusCode)
	}
	for i := range 3 {
		s.Do(t, webtest.Request{Method: "POST", Path: "/users/login", JSON: `{"email":"member@example.com","password":"wrong horse battery"}`, Header: forged(i)})
	}
	if doors := s.Query(t, "SELECT door FROM login_failures WHERE door LIKE 'address%'"); len(doors) != 1 || doors[0][0] != "address 192.0.2.1" {
		t.Errorf("counted at %v", doors)
	}
	if ips := s.Query(t, "SELECT DISTINCT ip FROM audit_logs WHERE action = 'login'"); len(ips) != 1 || ips[0][0] != "192.0.2.1" {
		t.Errorf("recorded from %v", ips)
	}
}

// T62, T64: requests of several people at once never see each other's state.
func TestT62_RequestsStayApart(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	var wg sync.WaitGroup
	for _, who := range []string{webtest.Owner, webtest.Admin, webtest.Member, webtest.Rival, webtest.Outsider} {
		cookie := s.Cookie(t, who)
		wg.Go(func() {
			for i := range 60 {
				r := webtest.Request{Path: "/users/me", As: who}
				if i%2 == 0 {
					r.As, r.Header = "", http.Header{"Cookie": {cookie}}
				}
				var me struct{ Username string }
				s.Do(t, r).Decode(&me)
				if me.Username != who {
					t.Errorf("%s was taken for %q", who, me.Username)
				}
			}
		})
	}
	wg.Wait()
}

// The rate limit counts each account alone, wherever it comes from, and strangers by network.
func TestC12_RateLimit(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := webtest.New(t, limited(20), func(o *web.Options) { o.Now = func() time.Time { return now } })
	statuses := func(n int, r webtest.Request) (list map[int]int) {
		list = map[int]int{}
		for i := range n {
			r.Remote = strings.ReplaceAll(r.Remote, "%d", fmt.Sprint(i))
			res := s.Do(t, r)
			list[res.StatusCode]++
			if res.StatusCode == 429 && res.Header.Get("Retry-After") == "" {
				t.Error("refused without Retry-After")
			}
		}
		return list
	}
	if got := statuses(30, webtest.Request{Path: "/users/me", As: webtest.Member, Remote: "198.51.100.%d:1"}); got[200] != 20 || got[429] != 10 {
		t.Errorf("one account: %v", got)
	}
	if got := statuses(5, webtest.Request{Path: "/users/me", As: webtest.Admin}); got[200] != 5 {
		t.Errorf("another account: %v", got)
	}
	if got := statuses(30, webtest.Request{Path: "/users/me", Remote: "[2001:db8::1]:1"}); got[401] != 20 || got[429] != 10 {
		t.Errorf("strangers of one network: %v", got)
	}
	if got := statuses(5, webtest.Request{Path: "/users/me", Remote: "[2001:db8:0:0:ffff::2]:1"}); got[429] != 5 {
		t.Errorf("their neighbours: %v", got)
	}
	login := webtest.Request{Method: "POST", Path: "/users/login", JSON: `{"email":"x","password":"x"}`, Remote: "198.51.100.200:1"}
	if got := statuses(4, login); got[401] != 2 || got[429] != 2 {
		t.Errorf("logins: %v", got)
	}
	if got := statuses(50, webtest.Request{Path: "/healthz"}); got[200] != 50 {
		t.Errorf("probes: %v", got)
	}
	now = now.Add(6 * time.Second)
	if got := statuses(3, webtest.Request{Path: "/users/me", As: webtest.Member}); got[200] != 2 || got[429] != 1 {
		t.Errorf("a tenth of a minute later: %v", got)
	}
}

// TestRateLimitHeaders: each answer that counts says what is left, in both spellings, and a refused one when to come again.
func TestRateLimitHeaders(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, wire := range []web.Wire{web.Documented, web.SDK} {
		s := webtest.New(t, webtest.Wire(wire), limited(20), func(o *web.Options) {
			o.CheckRateLimit, o.Now = 60, func() time.Time { return now }
		})
		check := func(n int) webtest.Request {
			checks := map[string]any{}
			for i := range n {
				checks[fmt.Sprint(i)] = map[string]any{"action": "read", "object": map[string]any{"resource_type": "template"}}
			}
			return webtest.Request{Method: "POST", Path: "/authcheck", As: webtest.Member, JSON: map[string]any{"checks": checks}}
		}
		me := webtest.Request{Path: "/users/me", As: webtest.Member}
		login := webtest.Request{Method: "POST", Path: "/users/login", JSON: `{"email":"x","password":"x"}`}
		explained := check(1)
		explained.Path += "?explain=1"
		for i, tt := range []struct {
			webtest.Request
			status, limit, left, full, retry int
		}{
			{me, 200, 20, 19, 3, 0},
			{me, 200, 20, 18, 6, 0},
			{webtest.Request{Path: "/users/member", As: webtest.Member}, 200, 20, 17, 9, 0},
			{webtest.Request{Path: members, As: webtest.Member}, 200, 20, 16, 12, 0},
			{webtest.Request{Path: members, As: webtest.Member}, 200, 20, 15, 15, 0}, // from memory
			{webtest.Request{Path: "/organizations/gone", As: webtest.Member}, 404, 20, 14, 18, 0},
			{check(10), 200, 60, 50, 10, 0},
			{check(0), 200, 60, 49, 11, 0},
			{explained, 200, 60, 29, 31, 0},
			{check(40), 429, 60, 28, 32, 11},
			{me, 200, 20, 13, 21, 0},
			{login, 401, 2, 1, 30, 0},
			{login, 401, 2, 0, 60, 0},
			{login, 429, 2, 0, 60, 30},
			{webtest.Request{Path: "/users/me"}, 401, 20, 16, 12, 0}, // a stranger of the same network
		} {
			res := s.Do(t, tt.Request)
			want := map[string]string{"Limit": fmt.Sprint(tt.limit), "Remaining": fmt.Sprint(tt.left), "Reset": fmt.Sprint(tt.full)}
			for name, value := range want {
				if got := res.Header.Get("RateLimit-" + name); got != value {
					t.Errorf("%d: %s %s: RateLimit-%s is %q, want %s", i, tt.Method, tt.Path, name, got, value)
				}
				if name == "Reset" {
					value = fmt.Sprint(now.Unix() + int64(tt.full))
				}
				if got := res.Header.Get("X-RateLimit-" + name); got != value {
					t.Errorf("%d: %s %s: X-RateLimit-%s is %q, want %s", i, tt.Method, tt.Path, name, got, value)
				}
			}
			if got := res.Header.Get("Retry-After"); res.StatusCode != tt.status || got != fmt.Sprint(tt.retry) && (got != "" || tt.retry != 0) {
				t.Errorf("%d: %s %s: got %d, Retry-After %q", i, tt.Method, tt.Path, res.StatusCode, got)
			}
		}
		if res := s.Do(t, check(40)); !strings.Contains(res.Text(), "Too many decisions.") {
			t.Errorf("got %s", res.Text())
		}
		if res := s.Do(t, webtest.Request{Path: "/healthz"}); res.Header.Get("X-RateLimit-Limit") != "" {
			t.Error("a probe is limited")
		}
	}
}

// TestChecksHaveTheirOwnLimit: an application that asks 10,000 times in a row, on the settings of a new server, is never
// refused, and its other requests are not fewer for it.
func TestChecksHaveTheirOwnLimit(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := webtest.New(t, limited(600), func(o *web.Options) { o.CheckRateLimit, o.Now = 60_000, func() time.Time { return now } })
	body := `{"checks":{"k":{"action":"read","object":{"resource_type":"template"}}}}`
	for i := range 10_000 {
		res := s.Do(t, webtest.Request{Method: "POST", Path: "/authcheck", As: webtest.Member, JSON: body, Unchecked: true})
		if res.StatusCode != 200 {
			t.Fatalf("check %d: got %d %s", i+1, res.StatusCode, res.Body)
		}
	}
	if left := s.Get(t, webtest.Member, "/users/me").Header.Get("RateLimit-Remaining"); left != "599" {
		t.Errorf("%s requests are left", left)
	}
}
