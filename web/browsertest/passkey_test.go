package browsertest

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"

	"rolecall.example/org/factor"
	"rolecall.example/org/services"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// TestPasskeys adds a passkey, signs in with it alone and after a password, and removes it. Passkeys belong to a name, so the site is
// at localhost.
func TestPasskeys(t *testing.T) {
	t.Parallel()
	base := atLocalhost(t)
	tb := open(t, base, true)
	// What the email field offers is picked at once here, before a button can be clicked.
	tb.do(call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `if (window.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => false`,
	}))
	tb.do(call(webauthn.Enable, webauthn.EnableParams{}))
	tb.do(call(webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}}))

	out := until(`!location.pathname.startsWith('/login') && document.querySelector('form[action="/logout"]')`)
	password := func() {
		t.Helper()
		tb.visit("/login")
		tb.do(fill("#email", webtest.Owner+"@example.com"), fill("#password", webtest.Password), press("#password", "\r"))
	}
	signOut := func() {
		t.Helper()
		eval[bool](tb, `document.querySelector('form[action="/logout"]').requestSubmit() ?? true`)
		tb.do(tb.at("/login"))
	}

	password()
	tb.do(out)
	tb.visit(securityPage)
	tb.do(see("#passkey-name"), fill("#passkey-name", "Laptop"), click(byPasskey), see("#codes"))
	if got := tb.text("#passkeys li"); !strings.Contains(got, "Laptop") || !strings.Contains(got, "never used") {
		t.Errorf("the new passkey is listed as %q", got)
	}

	signOut()
	tb.do(click(byPasskey), out)

	signOut()
	password()
	tb.do(see("#otp"))
	tb.do(click(byPasskey), out)

	tb.visit(securityPage)
	if got := tb.text("#passkeys li"); strings.Contains(got, "never used") {
		t.Errorf("a passkey that let in is listed as %q", got)
	}
	tb.do(click("#passkeys li button"), until(`document.querySelector('#passkeys') && !document.querySelector('#passkeys li')`))

	signOut()
	tb.do(see(byPasskey), call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	tb.visit("/login")
	if !eval[bool](tb, `document.querySelector('form[data-passkey]').checkVisibility() === false`) {
		t.Error("without script there is a button for what needs script")
	}
}

// byPasskey is what asks the browser for a passkey.
const byPasskey = "form[data-passkey] button"

const securityPage = "/users/me/mfa"

// atLocalhost serves a site that knows itself by a name.
func atLocalhost(t *testing.T) string {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	base := "http://localhost:" + port
	at, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := factor.NewPasskeys(at)
	if err != nil {
		t.Fatal(err)
	}
	s := webtest.NewWith(t, services.Options{Passkeys: keys}, func(o *web.Options) { o.AccessURL = at })
	server.Config.Handler = s.Handler
	server.Start()
	t.Cleanup(server.Close)
	return base
}
