package web_test

import (
	"encoding/base32"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/org/factor"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// ownPassword is what the forms of second factors ask for.
var ownPassword = url.Values{"password": {webtest.Password}}

// An app is set up, asked for at the next sign-in, and removed, in a browser without script.
func TestTwoSteps(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	const mfa = "/users/me/mfa"
	page := func(cookie, path string, form url.Values) *webtest.Response {
		r := webtest.Request{Path: path, Form: form, Header: http.Header{"Cookie": {cookie}}}
		return s.Send(t, webtest.Page, r)
	}
	cookie := s.Cookie(t, webtest.Admin)
	if res := page(cookie, mfa, nil); res.StatusCode != 303 || res.Header.Get("Location") != "/users/me/security" {
		t.Errorf("the address from before: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	if res := page(cookie, "/users/me/security", nil); res.StatusCode != 200 || !strings.Contains(res.Text(), "Off") {
		t.Fatalf("before: %d\n%s", res.StatusCode, res.Text())
	}
	wrong := url.Values{"password": {"not the password"}}
	if res := page(cookie, mfa+"/app", wrong); res.StatusCode != 400 || res.Document().Find("#enrol-password[aria-invalid=true]").Length() != 1 {
		t.Errorf("a wrong password: %d\n%s", res.StatusCode, res.Body)
	}
	shown := page(cookie, mfa+"/app", ownPassword)
	secret := shown.Document().Find("code.trunc").Text()
	seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil || shown.StatusCode != 200 || shown.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(shown.Document().Find("img").AttrOr("src", ""), "data:image/png") {
		t.Fatalf("set up: %d, %q\n%s", shown.StatusCode, secret, shown.Body)
	}
	if res := page(cookie, mfa+"/app/confirm", url.Values{"code": {"000000"}}); res.StatusCode != 400 || !strings.Contains(res.Text(), "The code is wrong.") {
		t.Errorf("a wrong code: %d\n%s", res.StatusCode, res.Text())
	}
	code := func(at time.Time) string {
		text, err := factor.Code(seed, at)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	done := page(cookie, mfa+"/app/confirm", url.Values{"code": {code(time.Now())}})
	if n := done.Document().Find("#codes code").Length(); done.StatusCode != 200 || n != 10 || done.CookieNamed("rolecall") == nil {
		t.Fatalf("confirmed: %d\n%s", done.StatusCode, done.Text())
	}

	// The password leads to a second page, and lets nobody in.
	res := s.Send(t, webtest.Page, webtest.Request{Path: "/login", Form: loginForm(members)})
	challenge := res.Document().Find("input[name=challenge]").AttrOr("value", "")
	if res.StatusCode != 200 || challenge == "" || len(res.Cookies()) != 0 {
		t.Fatalf("the password: %d, cookies %v\n%s", res.StatusCode, res.Cookies(), res.Body)
	}
	again := s.Send(t, webtest.Page, webtest.Request{Path: "/login/code", Form: url.Values{"challenge": {challenge}, "otp": {"000000"}, "next": {members}}})
	if again.StatusCode != 401 || again.Document().Find("input[name=challenge]").AttrOr("value", "") != challenge || again.Document().Find("input[name=next]").AttrOr("value", "") != members {
		t.Errorf("a wrong code: %d\n%s", again.StatusCode, again.Body)
	}
	in := s.Send(t, webtest.Page, webtest.Request{Path: "/login/code", Form: url.Values{
		"challenge": {challenge}, "otp": {code(time.Now().Add(30 * time.Second))}, "next": {members},
	}})
	if in.StatusCode != 303 || in.Header.Get("Location") != members || in.CookieNamed("rolecall") == nil {
		t.Fatalf("the code: %d to %s\n%s", in.StatusCode, in.Header.Get("Location"), in.Body)
	}
	var refused client.Error
	s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/users/login", JSON: map[string]string{"email": "admin@example.com", "password": webtest.Password}}).Decode(&refused)
	if refused.Message != "A one-time code is needed." || len(refused.Validations) != 1 || refused.Validations[0].Field != "otp" {
		t.Errorf("a program: %+v", refused)
	}
	if res := page("rolecall="+in.CookieNamed("rolecall").Value, mfa+"/app/remove", ownPassword); res.StatusCode != 303 {
		t.Errorf("removed: %d\n%s", res.StatusCode, res.Body)
	}
	if res := s.Send(t, webtest.Page, webtest.Request{Path: "/login", Form: loginForm(members)}); res.StatusCode != 303 {
		t.Errorf("the password alone, afterwards: %d", res.StatusCode)
	}
}

// Where the policy asks for a second factor, a session without one reaches its own page alone, and tokens are not asked.
func TestRequiredFactor(t *testing.T) {
	t.Parallel()
	for policy, held := range map[org.FactorPolicy]map[string]bool{
		org.FactorsForNone:   {},
		org.FactorsForOwners: {webtest.Owner: true},
		org.FactorsForAll:    {webtest.Owner: true, webtest.Admin: true, webtest.Member: true},
	} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			s := webtest.New(t, func(o *web.Options) { o.Factors = policy })
			for _, name := range []string{webtest.Owner, webtest.Admin, webtest.Member} {
				cookie := http.Header{"Cookie": {s.Cookie(t, name)}}
				res := s.Send(t, webtest.Page, webtest.Request{Path: members, Header: cookie})
				if away := res.StatusCode == 303 && res.Header.Get("Location") == "/users/me/security"; away != held[name] {
					t.Errorf("%s: page %d to %q", name, res.StatusCode, res.Header.Get("Location"))
				}
				if res := s.Do(t, webtest.Request{Path: "/users/me", Header: cookie}); (res.StatusCode == 401) != held[name] {
					t.Errorf("%s: JSON with the session: %d", name, res.StatusCode)
				}
				if res := s.Get(t, name, "/users/me"); res.StatusCode != 200 {
					t.Errorf("%s: with a token: %d", name, res.StatusCode)
				}
				if res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/invitations/none", Header: cookie}); (res.StatusCode == 401) != held[name] {
					t.Errorf("%s: accepting an invitation: %d", name, res.StatusCode)
				}
				var f client.Factors
				s.Do(t, webtest.Request{Path: "/users/me/mfa", Header: cookie}).Decode(&f)
				if f.Required != held[name] || f.App {
					t.Errorf("%s: %+v", name, f)
				}
				// Nor does it change the factors that the account has, or come in by a path that strangers use.
				for _, path := range []string{"/users/me/mfa/app/remove", "/users/me/mfa/recovery-codes"} {
					res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: path, JSON: map[string]string{"password": webtest.Password}, Header: cookie})
					if res.StatusCode != 404 && !held[name] || res.StatusCode != 401 && held[name] {
						t.Errorf("%s: %s: %d", name, path, res.StatusCode)
					}
				}
				if res := s.Do(t, webtest.Request{Path: "/invitations/nothing", Header: cookie}); (res.StatusCode == 401) != held[name] {
					t.Errorf("%s: an invitation: %d", name, res.StatusCode)
				}
				if res := s.Send(t, webtest.Page, webtest.Request{Path: "/logout", Form: url.Values{}, Header: cookie}); res.StatusCode != 303 || res.Header.Get("Location") != "/login" {
					t.Errorf("%s: signing out: %d", name, res.StatusCode)
				}
			}
		})
	}
}

// setUpApp sets up an authenticator app for somebody, and gives its seed.
func setUpApp(t *testing.T, s *webtest.Site, name string) (seed []byte) {
	t.Helper()
	var told client.Enrolment
	do(t, s, send(name, http.MethodPost, "/users/me/mfa/app", map[string]any{"password": webtest.Password})).Decode(&told)
	seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(told.Secret)
	if err != nil {
		t.Fatal(err)
	}
	code, err := factor.Code(seed, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	do(t, s, send(name, http.MethodPost, "/users/me/mfa/app/confirm", map[string]any{"code": code}))
	return seed
}
