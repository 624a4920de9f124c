package browsertest

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"rolecall.example/org"
	"rolecall.example/org/services"
	"rolecall.example/web"
	"rolecall.example/web/oidc"
	"rolecall.example/web/webtest"
)

// TestProvider signs in with a provider that others have written, oidc-provider of npm: an account is made and another one is
// linked, a group gives a role, and sessions end on both sides. `.ci/run clients` installs the provider and names its script.
func TestProvider(t *testing.T) {
	t.Parallel()
	script := os.Getenv("ROLECALL_TEST_PROVIDER")
	if script == "" {
		t.Skip("ROLECALL_TEST_PROVIDER names no sign-in provider; .ci/run clients does")
	}
	site := httptest.NewUnstartedServer(nil)
	base := "http://" + site.Listener.Addr().String()
	issuer := startProvider(t, script, base, map[string]any{
		"sub-ada":    map[string]any{"preferred_username": "ada", "name": "Ada L", "email": "ada@example.com", "email_verified": true, "groups": []string{"auditors"}},
		"sub-member": map[string]any{"preferred_username": "m", "email": "member@example.com", "email_verified": true, "groups": []string{}},
		"sub-liar":   map[string]any{"preferred_username": "liar", "email": "rival@example.com", "email_verified": "true"},
	})
	s := withProvider(t, base, issuer)
	site.Config.Handler = s.Handler
	site.Start()
	t.Cleanup(site.Close)
	s.Do(t, webtest.Request{As: webtest.Owner, Method: http.MethodPatch, Path: "/organizations/default/settings/idpsync/roles", JSON: map[string]any{
		"field": "groups", "mapping": map[string]any{"auditors": []string{"organization-auditor"}},
	}})

	tb := open(t, base, true)
	tb.also = issuer
	enter := func(sub, then string) {
		t.Helper()
		tb.visit("/login?next=/users/me")
		tb.do(click(`a[href^="/login/oidc/panva"]`), see(`input[name=sub]`), fill(`input[name=sub]`, sub), click(`button`), tb.at(then))
	}
	who := func() (me struct{ Username, Email, Name, LoginType string }) {
		t.Helper()
		text := eval[string](tb, `fetch('/api/v2/users/me').then(r => r.text())`)
		if err := json.Unmarshal([]byte(text), &me); err != nil {
			t.Fatal(err, text)
		}
		return me
	}
	// Nobody is signed in any more once the provider knows that: neither side asks again.
	leave := chromedp.Steps(see(`button[name=logout]`), click(`button[name=logout]`))

	enter("sub-ada", "/users/me")
	if me := who(); me.Username != "ada" || me.Email != "ada@example.com" || me.Name != "Ada L" {
		t.Errorf("the account that was made is %+v", me)
	}
	if diff := cmp.Diff([]string{"organization-auditor"}, rolesOf(t, s, "ada")); diff != "" {
		t.Errorf("the roles that the group gives (-want +got)\n%s", diff)
	}
	// Signed out here, then there, and back.
	eval[bool](tb, `document.querySelector('form[action="/logout"]').requestSubmit() ?? true`)
	tb.do(tb.at("/login/signed-out"), click(`main a[href^="`+issuer+`"]`), leave, tb.at("/login/signed-out"))

	enter("sub-member", "/users/me")
	if me := who(); me.Username != webtest.Member {
		t.Errorf("linked by the address: signed in as %+v", me)
	}
	if got := rolesOf(t, s, webtest.Member); len(got) != 0 {
		t.Errorf("an empty claim gives %v", got)
	}
	// Signed out there alone: the provider says so to the server, before it answers the browser.
	began := time.Now()
	tb.do(chromedp.Navigate(issuer+"/session/end"), leave, until(`document.title === 'Signed out there'`))
	tb.visitAnyway("/users/me")
	tb.do(tb.at("/login"))
	t.Logf("signed out there, and so here, within %v", time.Since(began))

	enter("sub-liar", "/login/oidc/panva/callback")
	if text := tb.text("main"); !strings.Contains(text, "may not use this site") {
		t.Errorf("an address that the provider does not vouch for: %q", text)
	}
}

// startProvider runs the provider for a site, and returns its issuer.
func startProvider(t *testing.T, script, site string, people map[string]any) (issuer string) {
	t.Helper()
	claims, err := json.Marshal(people)
	if err != nil {
		t.Fatal(err)
	}
	node := exec.Command("node", script)
	node.Env = append(os.Environ(), "SITE="+site, "PEOPLE="+string(claims))
	node.Stderr = t.Output()
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err == nil {
		err = node.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // which ends it
		_ = node.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// withProvider is a site with the provider, which makes accounts for strangers of a domain and links by address.
func withProvider(t *testing.T, base, issuer string) *webtest.Site {
	t.Helper()
	settings := oidc.Settings{
		Provider: org.Provider{
			ID: "panva", Name: "Panva", Issuer: issuer, UsernameClaim: "preferred_username", EmailClaim: "email", NameClaim: "name",
			Signup: true, LinkByEmail: true, EmailDomains: []string{"example.com"},
		},
		ClientID: "rolecall", ClientSecret: "the secret of a test", Scopes: []string{"openid", "profile", "email"}, UserInfo: true,
		Algorithms: []string{"RS256"}, Logout: oidc.LogoutLink,
	}
	at, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	providers, err := oidc.New([]oidc.Settings{settings}, oidc.Options{AccessURL: at})
	if err == nil {
		err = providers.Discover(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return webtest.NewWith(t, services.Options{Providers: []string{"panva"}}, func(o *web.Options) { o.AccessURL, o.Providers = at, providers })
}
