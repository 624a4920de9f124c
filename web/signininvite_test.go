package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"rolecall.example/org"
	"rolecall.example/web/oidc"
	"rolecall.example/web/webtest"
)

// inviteTo makes an invitation into the other organization, and returns the path of its link.
func (w *withProviders) inviteTo(t *testing.T, email string) string {
	t.Helper()
	var made struct{ Invitations []struct{ Link string } }
	w.Do(t, webtest.Request{Method: http.MethodPost, Path: "/organizations/other/invitations", As: webtest.Rival, JSON: map[string]any{"emails": []string{email}, "roles": []string{"organization-auditor"}}}).Decode(&made)
	if len(made.Invitations) != 1 {
		t.Fatalf("%s is not invited", email)
	}
	return strings.TrimPrefix(made.Invitations[0].Link, "http://rolecall.test")
}

// accept goes from the page of an invitation to the provider and back.
func (b *browser) accept(link string) *webtest.Response {
	b.t.Helper()
	page := b.get(link)
	action := page.Document().Find(`form[action$="/with/okta"]`).AttrOr("action", "")
	if action == "" {
		b.t.Fatalf("no button of the provider:\n%s", page.Text())
	}
	leaving := b.send(webtest.Request{Path: action, Form: url.Values{}})
	return b.get(b.authorize(leaving.Document().Find("a.btn.pri").AttrOr("href", "")))
}

func (w *withProviders) openInvitations(t *testing.T, email string) int {
	return len(w.Query(t, "SELECT id FROM invitations WHERE state = 'open' AND email = '"+email+"'"))
}

// TestInvitationWithProvider: the word of a provider for the address accepts an invitation, and makes an account that belongs to
// nothing else. Nobody else's word does.
func TestInvitationWithProvider(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", nil)
	as := func(c claims, link string) (*browser, *webtest.Response) {
		t.Helper()
		b := w.browser(t)
		w.at[0].SignIn(c)
		return b, b.accept(link)
	}
	b, res := as(verified("new-1", "New@example.com"), w.inviteTo(t, "new@example.com"))
	if res.StatusCode != http.StatusSeeOther || !strings.Contains(res.Header.Get("Location"), "/organizations/other/members") || b.who() == "" {
		t.Fatalf("the right address: %d to %s\n%s", res.StatusCode, res.Header.Get("Location"), res.Text())
	}
	got := fmt.Sprint(w.Query(t, "SELECT o.name, m.roles, u.login_type, u.email_verified FROM users u JOIN organization_members m ON m.user_id = u.id JOIN organizations o ON o.id = m.organization_id WHERE u.email_key = 'new@example.com'"))
	if !strings.Contains(got, "other organization-auditor oidc") || strings.Contains(got, "default") {
		t.Errorf("the account: %s", got)
	}
	if n := len(w.Query(t, "SELECT subject FROM user_identities WHERE subject = 'new-1'")); n != 1 || w.openInvitations(t, "new@example.com") != 0 {
		t.Errorf("%d identities, %d open invitations", n, w.openInvitations(t, "new@example.com"))
	}
	link := w.inviteTo(t, "second@example.com")
	for name, c := range map[string]claims{
		"another address":         verified("eve-1", "eve@example.com"),
		"an address not verified": {"sub": "eve-2", "email": "second@example.com", "email_verified": false},
		"verified as a text":      {"sub": "eve-3", "email": "second@example.com", "email_verified": "true"},
		"no address":              {"sub": "eve-4"},
	} {
		b, res := as(c, link)
		if res.StatusCode != http.StatusForbidden || b.who() != "" || w.openInvitations(t, "second@example.com") != 1 || strings.Contains(res.Text(), "second@example.com") {
			t.Errorf("%s: %d as %q\n%s", name, res.StatusCode, b.who(), res.Text())
		}
	}
	// The identity is known: the invitation is for its account, though the provider has another address for it by now.
	b, res = as(verified("new-1", "second@example.com"), link)
	if res.StatusCode != http.StatusSeeOther && res.StatusCode != http.StatusServiceUnavailable || w.openInvitations(t, "second@example.com") != 0 {
		t.Errorf("known: %d as %q\n%s", res.StatusCode, b.who(), res.Text())
	}
	// The account of the invitation, though the provider vouches for nothing by now.
	link = w.inviteTo(t, "fourth@example.com")
	w.Exec(t, "UPDATE users SET email = 'fourth@example.com', email_key = 'fourth@example.com' WHERE email_key = 'second@example.com'")
	b, res = as(claims{"sub": "new-1", "email": "other@example.com", "email_verified": false}, link)
	if b.who() == "" || w.openInvitations(t, "fourth@example.com") != 0 {
		t.Errorf("known by its account: %d as %q\n%s", res.StatusCode, b.who(), res.Text())
	}
	b, res = as(verified("new-1", "member@example.com"), w.inviteTo(t, "member@example.com"))
	if res.StatusCode != http.StatusForbidden || b.who() != "" || !strings.Contains(res.Text(), "Another account here has this address.") {
		t.Errorf("known, with the address of another account: %d as %q\n%s", res.StatusCode, b.who(), res.Text())
	}
	w.Exec(t, "UPDATE invitations SET state = 'revoked' WHERE state = 'open'")
	if _, res = as(verified("m-1", "member@example.com"), w.inviteTo(t, "member@example.com")); res.StatusCode != http.StatusForbidden || !strings.Contains(res.Text(), "An account with this address exists.") {
		t.Errorf("an account of that address: %d\n%s", res.StatusCode, res.Text())
	}
	suspended := w.inviteTo(t, "third@example.com")
	w.Exec(t, "UPDATE users SET status = 'suspended' WHERE email_key LIKE '%@example.com' AND login_type = 'oidc'")
	if b, res = as(verified("new-1", "third@example.com"), suspended); res.StatusCode != http.StatusUnauthorized || b.who() != "" || w.openInvitations(t, "third@example.com") != 1 {
		t.Errorf("suspended: %d as %q", res.StatusCode, b.who())
	}
}

// TestInvitationWithProviderGone: what is revoked between leaving and coming back is not accepted, and a cookie that a browser
// makes up for an invitation takes the same address.
func TestInvitationWithProviderGone(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", func(p *org.Provider) { p.LinkByEmail = true })
	link := w.inviteTo(t, "new@example.com")
	id := strings.TrimPrefix(link[:strings.LastIndexByte(link, '-')], "/invitations/")
	w.at[0].SignIn(verified("eve-1", "eve@example.com"))
	b := w.browser(t)
	if res := b.get(b.authorize(b.forge(oidc.ModeInvite(id)))); res.StatusCode != http.StatusForbidden || b.who() != "" {
		t.Errorf("a forged cookie: %d as %q", res.StatusCode, b.who())
	}
	w.at[0].SignIn(verified("m-1", "member@example.com"))
	if res := b.accept(w.inviteTo(t, "member@example.com")); res.StatusCode != http.StatusSeeOther || b.who() != webtest.Member {
		t.Errorf("an account that may be linked: %d as %q\n%s", res.StatusCode, b.who(), res.Text())
	}
	w.at[0].SignIn(verified("new-1", "new@example.com"))
	b = w.browser(t)
	where := b.forge(oidc.ModeInvite(id))
	w.Exec(t, "UPDATE invitations SET state = 'revoked'")
	if res := b.get(b.authorize(where)); res.StatusCode != http.StatusNotFound || b.who() != "" {
		t.Errorf("revoked meanwhile: %d as %q", res.StatusCode, b.who())
	}
	if res := w.browser(t).send(webtest.Request{Path: link + "/with/okta", Form: url.Values{}}); res.StatusCode != http.StatusNotFound {
		t.Errorf("its button: %d", res.StatusCode)
	}
}
