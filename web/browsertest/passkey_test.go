package browsertest

import (
	"encoding/base32"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"

	"rolecall.example/org/factor"
	"rolecall.example/org/services"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// TestPasskeys adds a passkey, signs in with it by button, by what the email field offers, and after a password, where a code of an
// app does as well, and removes it. Passkeys belong to a name, so the site is at localhost.
func TestPasskeys(t *testing.T) {
	t.Parallel()
	base := atLocalhost(t)
	tb := open(t, base, true)
	// What the email field offers is picked at once here, before a button can be clicked: it waits until it is wanted.
	tb.do(call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `if (window.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => sessionStorage.getItem('autofill') === 'on'`,
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
	secret := tb.app()
	signOut()
	password()
	code, err := factor.Code(secret, time.Now().Add(30*time.Second)) // the one of now has confirmed the app
	if err != nil {
		t.Fatal(err)
	}
	tb.do(see(byPasskey), see("#otp"), fill("#otp", code), press("#otp", "\r"), out)

	signOut()
	eval[bool](tb, `sessionStorage.setItem('autofill', 'on') ?? true`)
	tb.visit("/login")
	tb.do(out)
	eval[bool](tb, `sessionStorage.removeItem('autofill') ?? true`)

	tb.visit(securityPage)
	tb.do(click("#passkeys li button"), until(`document.querySelector('#passkeys') && !document.querySelector('#passkeys li')`))

	signOut()
	tb.do(see(byPasskey), call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	tb.visit("/login")
	if !eval[bool](tb, `document.querySelector('form[data-passkey]').checkVisibility() === false`) {
		t.Error("without script there is a button for what needs script")
	}
}

// app sets up an authenticator app for who is signed in, and returns its seed.
func (tb *tab) app() []byte {
	tb.t.Helper()
	tb.visit(securityPage)
	tb.do(fill("#enrol-password", webtest.Password), press("#enrol-password", "\r"), see("#code"))
	seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(tb.text("code.trunc"))
	if err != nil {
		tb.t.Fatal(err)
	}
	code, err := factor.Code(seed, time.Now())
	if err != nil {
		tb.t.Fatal(err)
	}
	tb.do(fill("#code", code), press("#code", "\r"), see("#codes"))
	return seed
}

// byPasskey is what asks the browser for a passkey.
const byPasskey = "form[data-passkey] button"

const securityPage = "/users/me/security"

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
	vault := factor.NewVault(filepath.Join(t.TempDir(), "key"), true)
	s := webtest.NewWith(t, services.Options{Passkeys: keys, Vault: vault}, func(o *web.Options) { o.AccessURL = at })
	server.Config.Handler = s.Handler
	server.Start()
	t.Cleanup(server.Close)
	return base
}
