package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/org"
	"rolecall.example/org/services"
	"rolecall.example/web"
	"rolecall.example/web/oidc"
	"rolecall.example/web/oidc/oidctest"
	"rolecall.example/web/webtest"
)

type claims = map[string]any

// withProviders is a site with sign-in providers, one for each of these settings, called okta, google and so on.
type withProviders struct {
	*webtest.Site
	at []*oidctest.Provider
}

var providerNames = []string{"okta", "google"}

func newWithProviders(t *testing.T, policy org.PasswordPolicy, change func(*org.Provider), more ...func(*oidc.Settings)) *withProviders {
	t.Helper()
	w := &withProviders{}
	var list []oidc.Settings
	for i := range max(1, len(more)) {
		at := oidctest.New(t, claims{"sub": "sub-1"})
		w.at = append(w.at, at)
		s := oidc.Settings{
			Provider: org.Provider{ID: providerNames[i], Name: strings.ToUpper(providerNames[i][:1]) + providerNames[i][1:], Issuer: at.URL,
				UsernameClaim: "preferred_username", EmailClaim: "email", NameClaim: "name"},
			ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret, Scopes: []string{"openid"}, UserInfo: true,
			Algorithms: []string{"RS256"}, Logout: oidc.LogoutLink,
		}
		if change != nil {
			change(&s.Provider)
		}
		if i < len(more) && more[i] != nil {
			more[i](&s)
		}
		list = append(list, s)
	}
	access := &url.URL{Scheme: "http", Host: "rolecall.test"}
	providers, err := oidc.New(list, oidc.Options{AccessURL: access})
	if err != nil {
		t.Fatal(err)
	}
	if err := providers.Discover(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Site = webtest.NewWith(t, services.Options{Providers: providerNames[:len(list)], Passwords: policy}, func(o *web.Options) {
		o.AccessURL, o.Providers = access, providers
	})
	w.Exec(t, "UPDATE users SET password_by = NULL") // each chose its own, or nobody could link a sign-in
	return w
}

// browser is one without script: it keeps cookies and follows links when it is told to.
type browser struct {
	t    *testing.T
	site *withProviders
	jar  map[string]string
	ip   string
}

func (w *withProviders) browser(t *testing.T) *browser {
	return &browser{t: t, site: w, jar: map[string]string{}, ip: "192.0.2.1:1234"}
}

func (b *browser) send(r webtest.Request) *webtest.Response {
	b.t.Helper()
	var list []string
	for name, value := range b.jar {
		list = append(list, name+"="+value)
	}
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if r.Header["Cookie"] = []string{strings.Join(list, "; ")}; len(list) == 0 {
		r.Header.Del("Cookie")
	}
	r.Remote = b.ip
	res := b.site.Send(b.t, webtest.Page, r)
	for _, c := range res.Cookies() {
		if c.MaxAge < 0 || c.Value == "" {
			delete(b.jar, c.Name)
		} else {
			b.jar[c.Name] = c.Value
		}
	}
	return res
}

func (b *browser) get(path string) *webtest.Response {
	b.t.Helper()
	return b.send(webtest.Request{Path: path})
}

// begin begins a sign-in and returns the path that the provider sends the browser back to.
func (b *browser) begin(path string) (callback string) {
	b.t.Helper()
	res := b.get(path)
	if res.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("%s: got %d\n%.500s", path, res.StatusCode, res.Body)
	}
	return b.authorize(res.Header.Get("Location"))
}

// authorize goes to a provider and returns the path that it sends the browser back to.
func (b *browser) authorize(where string) string {
	b.t.Helper()
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Get(where)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	return strings.TrimPrefix(res.Header.Get("Location"), "http://rolecall.test")
}

func (b *browser) signIn(provider string) *webtest.Response {
	b.t.Helper()
	return b.get(b.begin("/login/oidc/" + provider))
}

// who is the username of the session, "" if there is none.
func (b *browser) who() string {
	b.t.Helper()
	res := b.send(webtest.Request{Path: "/users/me", Header: http.Header{"Accept": {"application/json"}}})
	if res.StatusCode != http.StatusOK {
		return ""
	}
	return res.Value().(map[string]any)["username"].(string)
}

// trail is the newest rows of the trail, each as type, action, actor, target, status and diff.
func (w *withProviders) trail(t *testing.T, n int) (rows []string) {
	t.Helper()
	for _, r := range w.Query(t, "SELECT resource_type, action, actor, resource_target, status_code, changes FROM audit_logs ORDER BY time DESC, id DESC LIMIT "+fmt.Sprint(n)) {
		rows = append(rows, strings.Join(r, " "))
	}
	return rows
}

func linksByEmail(p *org.Provider) { p.LinkByEmail = true }

func signsUp(p *org.Provider) { p.Signup, p.EmailDomains = true, []string{"example.com"} }

func verified(sub, email string) claims {
	return claims{"sub": sub, "email": email, "email_verified": true, "name": "Mem Ber", "preferred_username": "mem@ber"}
}

// TestSignInByProvider walks through it as a person without script does.
func TestSignInByProvider(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", linksByEmail, nil, func(s *oidc.Settings) { s.LinkByEmail = false })
	b := w.browser(t)
	page := b.get("/login?next=/users/me")
	links := page.Document().Find("main .box > a.btn")
	if links.Length() != 2 || links.First().AttrOr("href", "") != "/login/oidc/okta?next=%2Fusers%2Fme" || !strings.Contains(links.Text(), "Continue with Google") ||
		page.Document().Find("#password").Length() != 1 {
		t.Errorf("the page to sign in:\n%s", page.Body)
	}
	w.at[0].SignIn(verified("m-1", "MEMBER@example.com"))
	res := b.get(b.begin("/login/oidc/okta?next=/users/me"))
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/users/me" || b.who() != webtest.Member {
		t.Fatalf("got %d to %q as %q\n%.800s", res.StatusCode, res.Header.Get("Location"), b.who(), res.Body)
	}
	if len(b.jar) != 3 { // the session, the provider that was used last, and whose forms are kept
		t.Errorf("the cookies are %v", b.jar)
	}
	if rows := w.trail(t, 3); !strings.HasPrefix(rows[0], "api_key login member member 201") || !strings.Contains(rows[0], `"provider":{"old":null,"new":"okta"`) ||
		!strings.HasPrefix(rows[1], "identity create member m-1 201") || !strings.HasPrefix(rows[2], "user write oidc:okta member 200") {
		t.Errorf("the trail is %s", strings.Join(rows, "\n"))
	}
	// The other provider is not opted in to addresses, though the same address is verified there.
	other := w.browser(t)
	w.at[1].SignIn(verified("m-1", "member@example.com"))
	if res := other.signIn("google"); res.StatusCode != http.StatusForbidden || other.who() != "" || !strings.Contains(res.Text(), "An account with this address exists: sign in with your password, then link.") {
		t.Errorf("got %d\n%s", res.StatusCode, res.Body)
	}
	// The next sign-in is by the subject, whatever the address.
	w.at[0].SignIn(verified("m-1", "someone@else.example"))
	again := w.browser(t)
	if again.signIn("okta"); again.who() != webtest.Member {
		t.Errorf("by the subject: signed in as %q", again.who())
	}
	if page := again.get("/users/me/identities"); page.StatusCode != 200 || !strings.Contains(page.Text(), "Not linked") || !strings.Contains(page.Text(), "someone@else.example") {
		t.Errorf("the sign-in methods: got %d\n%s", page.StatusCode, page.Body)
	}
	log := w.Log.String()
	for _, secret := range []string{oidctest.ClientSecret, "eyJ"} {
		if strings.Contains(log, secret) || strings.Contains(strings.Join(w.trail(t, 100), " "), secret) {
			t.Errorf("%q is in the log or the trail", secret)
		}
	}
}

// TestAddressesThatDoNotLink: an address links only if it is said to be verified by the truth value, and is the one.
func TestAddressesThatDoNotLink(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", linksByEmail)
	for i, c := range []claims{
		{"email": "member@example.com"},
		{"email": "member@example.com", "email_verified": false},
		{"email": "member@example.com", "email_verified": "true"},
		{"email": "member@example.com", "email_verified": "1"},
		{"email": "member@example.com", "email_verified": 1},
		{"email": "member@example.com", "email_verified": nil},
		{"email": "member@example.com", "email_verified": []any{true}},
		{"email": "member@example.com", "email_verified": claims{"value": true}},
		{"email": "member@example.com", "Email_Verified": true},
		{"EMAIL": "member@example.com", "email_verified": true},
		{"email": []any{"member@example.com"}, "email_verified": true},
		{"email": "Mem <member@example.com>", "email_verified": true},
		{"email": "ro\u212aen@example.com", "email_verified": true}, // a letter that folds to k
		{"upn": "member@example.com", "email_verified": true},
	} {
		if i == 12 {
			w.AddUser(t, "roken", webtest.Default)
		}
		c["sub"] = fmt.Sprint("eve-", i)
		w.at[0].SignIn(c)
		b := w.browser(t)
		res := b.signIn("okta")
		if res.StatusCode != http.StatusForbidden || b.who() != "" || !strings.Contains(res.Text(), "No account here belongs to this sign-in.") || strings.Contains(res.Text(), "An account with this address") {
			t.Errorf("%v: got %d\n%s", c, res.StatusCode, res.Text())
		}
		if rows := w.trail(t, 1); !strings.HasPrefix(rows[0], "identity login oidc:okta "+c["sub"].(string)+" 403") || !strings.Contains(rows[0], `"cause"`) {
			t.Errorf("%v: the trail says %s", c, rows[0])
		}
	}
	if n := len(w.Query(t, "SELECT * FROM user_identities")); n != 0 {
		t.Errorf("%d identities", n)
	}
}

// TestAccountsThatDoNotLink: by an address nobody gets at an account of power, of a machine, or at one that is suspended.
func TestAccountsThatDoNotLink(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", linksByEmail)
	w.AddUser(t, "robot", webtest.Default)
	w.Exec(t, "UPDATE users SET status = 'suspended' WHERE username = 'admin'")
	for _, name := range []string{webtest.Owner, webtest.Admin, "robot"} {
		w.at[0].SignIn(verified("eve-"+name, name+"@example.com"))
		b := w.browser(t)
		if res := b.signIn("okta"); res.StatusCode != http.StatusForbidden || b.who() != "" {
			t.Errorf("%s: got %d as %q", name, res.StatusCode, b.who())
		}
	}
	// An account has one sign-in at a provider.
	for i, want := range []int{http.StatusSeeOther, http.StatusForbidden} {
		w.at[0].SignIn(verified(fmt.Sprint("m-", i), "member@example.com"))
		if res := w.browser(t).signIn("okta"); res.StatusCode != want {
			t.Errorf("subject %d: got %d", i, res.StatusCode)
		}
	}
}

// TestPlantedAccount: what somebody made an account with, whose address they never proved, opens nothing once the person links.
func TestPlantedAccount(t *testing.T) {
	t.Parallel()
	for _, proved := range []bool{false, true} {
		w := newWithProviders(t, "", linksByEmail)
		if proved {
			w.Exec(t, "UPDATE users SET email_verified = true WHERE username = 'member'")
		}
		w.Exec(t, "INSERT INTO recovery_codes (user_id, hash) SELECT user_id, secret_hash FROM api_keys WHERE user_id = (SELECT id FROM users WHERE username = 'member')")
		planted := w.browser(t)
		planted.send(webtest.Request{Path: "/login", Form: url.Values{"email": {"member@example.com"}, "password": {webtest.Password}}})
		if planted.who() != webtest.Member {
			t.Fatal("the password does not work before")
		}
		w.at[0].SignIn(verified("m-1", "member@example.com"))
		person := w.browser(t)
		if person.signIn("okta"); person.who() != webtest.Member {
			t.Fatalf("the person is %q", person.who())
		}
		stands := planted.who() != ""
		token := w.Get(t, webtest.Member, "/users/me").StatusCode == http.StatusOK
		if left := len(w.Query(t, "SELECT hash FROM recovery_codes")) > 0; left != proved {
			t.Errorf("proved %v: second factors are left %v", proved, left)
		}
		again := w.browser(t)
		again.send(webtest.Request{Path: "/login", Form: url.Values{"email": {"member@example.com"}, "password": {webtest.Password}}})
		if works := again.who() != ""; stands != proved || token != proved || works != proved {
			t.Errorf("proved %v: session %v, token %v, password %v", proved, stands, token, works)
		}
	}
}

// TestSuspendedStays: a sign-in neither lets in nor changes an account that is suspended.
func TestSuspendedStays(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", linksByEmail)
	w.at[0].SignIn(verified("m-1", "member@example.com"))
	b := w.browser(t)
	b.signIn("okta")
	if res := w.Do(t, webtest.Request{Method: http.MethodPut, Path: "/users/member/status/suspend", As: webtest.Owner}); res.StatusCode != http.StatusOK {
		t.Fatal(res.StatusCode)
	}
	before := w.State(t)
	res := b.signIn("okta")
	if res.StatusCode != http.StatusUnauthorized || !strings.Contains(res.Text(), "Your account is suspended.") || b.who() != "" {
		t.Errorf("got %d\n%s", res.StatusCode, res.Text())
	}
	if diff := cmp.Diff(before, w.State(t)); diff != "" {
		t.Errorf("it changed %s", diff)
	}
	if rows := w.trail(t, 1); !strings.HasPrefix(rows[0], "api_key login member member 401") || !strings.Contains(rows[0], "okta") {
		t.Errorf("the trail says %s", rows[0])
	}
}

// TestStrangers: an account is made only for whom the settings name, with a name that is free, and follows the provider.
func TestNewPeople(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", signsUp)
	for _, c := range []claims{
		{"email": "new@evil.example", "email_verified": true},
		{"email": "new@example.com", "email_verified": false},
		{"email": "new@sub.example.com", "email_verified": true},
		{"email": `"new@example.com"@evil.example`, "email_verified": true},
		{},
	} {
		c["sub"] = "eve"
		w.at[0].SignIn(c)
		if res := w.browser(t).signIn("okta"); res.StatusCode != http.StatusForbidden || !strings.Contains(res.Text(), "Your account at Okta may not use this site.") {
			t.Errorf("%v: got %d\n%s", c, res.StatusCode, res.Text())
		}
	}
	person := claims{"sub": "new", "email": "new@example.com", "email_verified": true, "name": "New\x00 Person", "preferred_username": "member"}
	w.at[0].SignIn(person)
	b := w.browser(t)
	if b.signIn("okta"); b.who() != "member-2" {
		t.Fatalf("the account is %q: %s", b.who(), strings.Join(w.trail(t, 3), "\n"))
	}
	if rows := w.trail(t, 3); !strings.HasPrefix(rows[1], "identity create member-2 new 201") || !strings.HasPrefix(rows[2], "user create oidc:okta member-2 201") {
		t.Errorf("the trail is %s", strings.Join(rows, "\n"))
	}
	user := w.Get(t, webtest.Owner, "/users/member-2").Value().(map[string]any)
	if user["login_type"] != "oidc" || user["email"] != "new@example.com" || user["name"] != "New Person" || len(user["organization_ids"].([]any)) != 1 || len(user["roles"].([]any)) != 0 {
		t.Errorf("the account is %v", user)
	}
	// The name and a free address follow; one that another account has does not.
	person["name"], person["preferred_username"] = "Newer Person", "newer"
	for _, address := range []string{"newer@example.com", "member@example.com"} {
		person["email"] = address
		w.at[0].SignIn(person)
		if b.signIn("okta"); b.who() != "member-2" {
			t.Fatalf("the account is %q", b.who())
		}
		user = w.Get(t, webtest.Owner, "/users/member-2").Value().(map[string]any)
		if user["name"] != "Newer Person" || user["email"] != "newer@example.com" {
			t.Errorf("the account is %v", user)
		}
	}
}

func TestRequire(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", func(p *org.Provider) {
		p.LinkByEmail, p.Separator, p.Require = true, ",", &org.Requirement{Claim: "realm.groups", Values: []string{"staff"}}
	})
	for i, tt := range []struct {
		groups any
		in     bool
	}{
		{nil, false}, {[]any{}, false}, {"students", false}, {"staffing", false}, {[]any{"x", "staff"}, true}, {"x, staff", true}, {claims{"staff": 1}, true}, {"Staff", false},
	} {
		c := verified("m-1", "member@example.com")
		c["realm"] = claims{"groups": tt.groups}
		w.at[0].SignIn(c)
		if res := w.browser(t).signIn("okta"); (res.StatusCode == http.StatusSeeOther) != tt.in {
			t.Errorf("row %d: got %d", i, res.StatusCode)
		}
	}
}

// TestForcedSignIn: neither a session nor a link can be pushed on a browser that did not ask for it.
func TestForcedSignIn(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", linksByEmail)
	w.at[0].SignIn(verified("eve-1", "outsider@example.com"))
	attacker, victim := w.browser(t), w.browser(t)
	if res := victim.get(attacker.begin("/login/oidc/okta")); res.StatusCode != http.StatusBadRequest || victim.who() != "" {
		t.Errorf("an answer for another browser: got %d as %q", res.StatusCode, victim.who())
	}
	if rows := w.trail(t, 1); !strings.HasPrefix(rows[0], "identity login oidc:okta  400") {
		t.Errorf("the trail says %s", rows[0])
	}
	// Linking begins with a form of this site, in the session of the account.
	victim.jar["rolecall"] = strings.TrimPrefix(w.Cookie(t, webtest.Member), "rolecall=")
	forged := victim.send(webtest.Request{Path: "/users/me/identities/okta/link", Form: url.Values{"password": {""}}, Header: http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}}})
	if forged.StatusCode != http.StatusForbidden {
		t.Errorf("a form of another site: got %d", forged.StatusCode)
	}
	if res := victim.get("/users/me/identities/okta/link"); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a link to link: got %d", res.StatusCode)
	}
	page := victim.send(webtest.Request{Path: "/users/me/identities/okta/link", Form: url.Values{"password": {""}}})
	where := page.Document().Find("a.btn.pri").AttrOr("href", "")
	if page.StatusCode != http.StatusOK || !strings.HasPrefix(where, w.at[0].URL+"/authorize?") {
		t.Fatalf("got %d, leads to %q\n%.1000s", page.StatusCode, where, page.Body)
	}
	callback := victim.authorize(where)
	session := victim.jar["rolecall"]
	victim.jar["rolecall"] = strings.TrimPrefix(w.Cookie(t, webtest.Admin), "rolecall=") // somebody else signed in meanwhile
	if res := victim.get(callback); res.StatusCode != http.StatusBadRequest {
		t.Errorf("in the session of another account: got %d", res.StatusCode)
	}
	victim.jar["rolecall"] = session
	if len(w.Query(t, "SELECT * FROM user_identities")) != 0 {
		t.Error("something was linked")
	}
	page = victim.send(webtest.Request{Path: "/users/me/identities/okta/link", Form: url.Values{"password": {""}}})
	if res := victim.get(victim.authorize(page.Document().Find("a.btn.pri").AttrOr("href", ""))); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/users/me/identities" {
		t.Errorf("a link as it should be: got %d\n%s", res.StatusCode, res.Text())
	}
	if list := victim.send(webtest.Request{Path: "/users/me/identities", Header: http.Header{"Accept": {"application/json"}}}); !strings.Contains(string(list.Body), `"subject":"eve-1"`) {
		t.Errorf("the identities are %s", list.Body)
	}
	// It belongs to one account.
	other := w.browser(t)
	other.jar["rolecall"] = strings.TrimPrefix(w.Cookie(t, webtest.Admin), "rolecall=")
	page = other.send(webtest.Request{Path: "/users/me/identities/okta/link", Form: url.Values{"password": {""}}})
	if res := other.get(other.authorize(page.Document().Find("a.btn.pri").AttrOr("href", ""))); res.StatusCode != http.StatusConflict {
		t.Errorf("a sign-in of another account: got %d", res.StatusCode)
	}
	if res := victim.send(webtest.Request{Method: http.MethodDelete, Path: "/users/me/identities/okta", Form: url.Values{}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("unlinking: got %d\n%s", res.StatusCode, res.Text())
	}
}

// TestLinkAsksWho: an old session is not enough to add a way in, and the last way in stays.
func TestLinkAsksWho(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", signsUp)
	b := w.browser(t)
	b.jar["rolecall"] = strings.TrimPrefix(w.Cookie(t, webtest.Member), "rolecall=")
	w.Exec(t, "UPDATE sessions SET created_at = "+ago(w.Site, t, time.Hour))
	for password, want := range map[string]int{"": 400, "wrong": 400, webtest.Password: 200} {
		res := b.send(webtest.Request{Path: "/users/me/identities/okta/link", Form: url.Values{"password": {password}}})
		if res.StatusCode != want {
			t.Errorf("with %q: got %d\n%s", password, res.StatusCode, res.Text())
		}
	}
	if res := w.Do(t, webtest.Request{Method: http.MethodPost, Path: "/users/me/identities/okta/link", As: webtest.Member, Unchecked: true}); res.StatusCode != http.StatusBadRequest {
		t.Errorf("with a token: got %d", res.StatusCode)
	}
	w.at[0].SignIn(verified("new", "new@example.com"))
	only := w.browser(t)
	only.signIn("okta")
	if res := only.send(webtest.Request{Method: http.MethodDelete, Path: "/users/me/identities/okta", Form: url.Values{}}); res.StatusCode != http.StatusBadRequest || !strings.Contains(res.Text(), "This is your last way in.") {
		t.Errorf("the last way in: got %d\n%s", res.StatusCode, res.Text())
	}
	if res := only.send(webtest.Request{Method: http.MethodDelete, Path: "/users/me/identities/google", Form: url.Values{}}); res.StatusCode != http.StatusNotFound {
		t.Errorf("one that there is not: got %d", res.StatusCode)
	}
}

// ago is a time of the past as the database of a site writes it.
func ago(s *webtest.Site, t *testing.T, d time.Duration) string {
	t.Helper()
	if strings.HasPrefix(s.Place(), "postgres") {
		return fmt.Sprintf("now() - interval '%d seconds'", int(d.Seconds()))
	}
	return fmt.Sprint(time.Now().Add(-d).UnixMicro())
}

// TestPasswordPolicy: only a right password learns that it is not enough.
func TestPasswordPolicy(t *testing.T) {
	t.Parallel()
	for policy, wants := range map[org.PasswordPolicy][2]int{"all": {201, 201}, "owners": {201, 403}, "off": {403, 403}} {
		w := newWithProviders(t, policy, nil)
		for i, name := range []string{webtest.Owner, webtest.Member} {
			login := func(password string) *webtest.Response {
				return w.Do(t, webtest.Request{Method: http.MethodPost, Path: "/users/login", JSON: claims{"email": name + "@example.com", "password": password}})
			}
			if res := login(webtest.Password); res.StatusCode != wants[i] || wants[i] == 403 && res.Error().Message != "Sign in with your organization's provider." {
				t.Errorf("%s, %s: got %d %s", policy, name, res.StatusCode, res.Body)
			}
			if res := login("wrong"); res.StatusCode != http.StatusUnauthorized || res.Error().Message != "Incorrect email or password." {
				t.Errorf("%s, %s, wrong: got %d %s", policy, name, res.StatusCode, res.Body)
			}
		}
		form := w.browser(t).get("/login").Document().Find("#password").Length() == 1
		methods := w.Get(t, "", "/users/authmethods").Value().(map[string]any)
		if on := methods["password"].(map[string]any)["enabled"]; form != (policy != "off") || on != form || methods["oidc"].(map[string]any)["signInText"] != "Continue with Okta" {
			t.Errorf("%s: the form is there %v, the methods are %v", policy, form, methods)
		}
	}
}

// TestProviderDown: who has a password signs in with it, and the rest are told why not.
func TestProviderDown(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", linksByEmail)
	w.at[0].SignIn(verified("m-1", "member@example.com"))
	for _, path := range []string{"/token", "/userinfo"} {
		w.at[0].Down(path, true)
		b := w.browser(t)
		res := b.signIn("okta")
		if res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(res.Text(), "Okta can’t") && !strings.Contains(res.Text(), "Okta can't be reached") || b.who() != "" {
			t.Errorf("without %s: got %d\n%s", path, res.StatusCode, res.Text())
		}
		if page := b.get("/login"); !strings.Contains(page.Text(), "Okta can’t be reached at the moment. First noticed just now.") {
			t.Errorf("without %s the page says nothing", path)
		}
		b.send(webtest.Request{Path: "/login", Form: url.Values{"email": {"member@example.com"}, "password": {webtest.Password}}})
		if b.who() != webtest.Member {
			t.Errorf("without %s the password does not work", path)
		}
		w.at[0].Down(path, false)
	}
}

// TestSignOutAtProvider: the session ends here first, and the provider is left to by a link of a page.
func TestSignOutAtProvider(t *testing.T) {
	t.Parallel()
	for logout, auto := range map[string]bool{oidc.LogoutLink: false, oidc.LogoutAuto: true} {
		w := newWithProviders(t, "", linksByEmail, func(s *oidc.Settings) { s.Logout = logout })
		w.at[0].SignIn(verified("m-1", "member@example.com"))
		b := w.browser(t)
		b.signIn("okta")
		res := b.send(webtest.Request{Path: "/logout", Form: url.Values{}})
		if res.Header.Get("Location") != "/login/signed-out?provider=okta" || b.who() != "" {
			t.Fatalf("got %d to %q as %q", res.StatusCode, res.Header.Get("Location"), b.who())
		}
		page := b.get("/login/signed-out?provider=okta")
		link := page.Document().Find("main a.btn.pri").AttrOr("href", "")
		if refresh := page.Header.Get("Refresh"); !strings.HasPrefix(link, w.at[0].URL+"/logout?") || !strings.Contains(link, "id_token_hint=eyJ") || (refresh == "0; url="+link) != auto {
			t.Errorf("%s: leads to %q, refresh %q", logout, link, refresh)
		}
		if again := b.get("/login/signed-out?provider=okta"); strings.Contains(string(again.Body), "id_token_hint") || again.Header.Get("Refresh") != "" {
			t.Errorf("%s: a second time it leaves by itself, or tells the token", logout)
		}
		if b.get("/login/signed-out").StatusCode != 200 || b.get("/login/signed-out?provider=none").StatusCode != 404 {
			t.Error("the page without a provider, or with one that there is not")
		}
	}
}

// TestEndedThere: a provider ends its sessions on every replica, by sid or by subject, and nothing else.
func TestEndedThere(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", linksByEmail)
	start := func(sid string) *browser {
		c := verified("m-1", "member@example.com")
		w.at[0].SignIn(c)
		w.at[0].Change(func(_, c claims) { c["sid"] = sid })
		b := w.browser(t)
		if b.signIn("okta"); b.who() != webtest.Member {
			t.Fatal("not signed in")
		}
		w.at[0].Change(nil)
		return b
	}
	w.Exec(t, "UPDATE users SET email_verified = true WHERE username = 'member'") // or the token of the test ends
	one, two, three, unnamed := start("s1"), start("s2"), start("s3"), start("")
	local := w.browser(t)
	local.jar["rolecall"] = strings.TrimPrefix(w.Cookie(t, webtest.Member), "rolecall=")
	tell := func(token string, want int) {
		t.Helper()
		res := w.Send(t, webtest.Page, webtest.Request{Path: "/login/oidc/okta/logout", Form: url.Values{"logout_token": {token}}, Header: http.Header{"Sec-Fetch-Site": {""}}})
		if res.StatusCode != want || res.Header.Get("Cache-Control") != "no-store" || want == 400 && strings.TrimSpace(string(res.Body)) != `{"error":"invalid_request"}` {
			t.Errorf("got %d %s, want %d: %.300s", res.StatusCode, res.Body, want, w.Log.String()[max(0, w.Log.Len()-600):])
		}
	}
	signedIn := func() (list []bool) {
		for _, b := range []*browser{one, two, three, unnamed, local} {
			list = append(list, b.who() != "")
		}
		return append(list, w.Get(t, webtest.Member, "/users/me").StatusCode == 200)
	}
	tell("nonsense", 400)
	tell(w.at[0].IDToken(nil), 400)
	tell(w.at[0].LogoutToken(claims{"sub": "another"}), 200)
	tell(w.at[0].LogoutToken(claims{"sub": "another", "sid": "s1"}), 200)
	if got := signedIn(); !slices.Equal(got, []bool{true, true, true, true, true, true}) {
		t.Errorf("after notices of others: %v", got)
	}
	notice := w.at[0].LogoutToken(claims{"sid": "s1"})
	tell(notice, 200)
	tell(notice, 400) // it counts once
	if got := signedIn(); !slices.Equal(got, []bool{false, true, true, true, true, true}) {
		t.Errorf("after the sid: %v", got)
	}
	if rows := w.trail(t, 1); !strings.HasPrefix(rows[0], "api_key logout oidc:okta member 200") {
		t.Errorf("the trail says %s", rows[0])
	}
	tell(w.at[0].LogoutToken(claims{"sub": "m-1", "sid": "s2"}), 200)
	if got := signedIn(); !slices.Equal(got, []bool{false, false, true, false, true, true}) {
		t.Errorf("after both: %v", got)
	}
	tell(w.at[0].LogoutToken(claims{"sub": "m-1"}), 200)
	if got := signedIn(); !slices.Equal(got, []bool{false, false, false, false, true, true}) {
		t.Errorf("after the subject: %v", got)
	}
}

// TestCoderCallback: the address that Coder's clients have registered begins and ends a sign-in.
func TestCoderCallback(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", linksByEmail, func(s *oidc.Settings) { s.CoderCallback = true })
	w.at[0].SignIn(verified("m-1", "member@example.com"))
	b := w.browser(t)
	callback := b.begin("/api/v2/users/oidc/callback")
	if !strings.HasPrefix(callback, "/api/v2/users/oidc/callback?code=") {
		t.Fatalf("it comes back to %s", callback)
	}
	if other := strings.Replace(callback, "/api/v2/users/oidc/callback", "/login/oidc/okta/callback", 1); w.browser(t).get(other).StatusCode != http.StatusBadRequest {
		t.Error("it comes back elsewhere")
	}
	if b.get(callback); b.who() != webtest.Member {
		t.Errorf("signed in as %q", b.who())
	}
	plain := newWithProviders(t, "", nil)
	if res := plain.browser(t).get("/api/v2/users/oidc/callback"); res.StatusCode != http.StatusNotFound {
		t.Errorf("without the setting: got %d", res.StatusCode)
	}
}

// TestHEADDoesNothing: who looks at a link uses nothing up.
func TestHEADDoesNothing(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", linksByEmail)
	w.at[0].SignIn(verified("m-1", "member@example.com"))
	b := w.browser(t)
	if res := b.send(webtest.Request{Method: http.MethodHead, Path: "/login/oidc/okta", Unchecked: true}); len(res.Cookies()) != 0 {
		t.Error("HEAD begins a sign-in")
	}
	callback := b.begin("/login/oidc/okta")
	if res := b.send(webtest.Request{Method: http.MethodHead, Path: callback, Unchecked: true}); res.StatusCode != http.StatusBadRequest || len(res.Cookies()) != 0 {
		t.Errorf("HEAD: got %d", res.StatusCode)
	}
	if b.get(callback); b.who() != webtest.Member {
		t.Error("the answer was used up")
	}
}
