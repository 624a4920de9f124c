package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"rolecall.example/rbac/snapshot"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// TestEndedOnOtherReplicas: a notice that one server takes has another refuse the session on its next request, and end the
// stream that the session listens to. A session that is nobody's business of the provider listens on.
func TestEndedOnOtherReplicas(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", linksByEmail)
	replica := w.Replica(t, func(o *web.Options) { o.AccessURL = &url.URL{Scheme: "http", Host: "rolecall.test"} })
	w.at[0].SignIn(verified("a-1", "admin@example.com"))
	b := w.browser(t)
	if b.signIn("okta"); b.who() != webtest.Admin {
		t.Fatalf("signed in as %q", b.who())
	}
	theirs := "rolecall=" + b.jar["rolecall"]
	ours := w.Cookie(t, webtest.Admin)
	there := func(cookie string) int {
		return replica.Send(t, webtest.JSON, webtest.Request{Path: "/users/me", Header: http.Header{"Cookie": {cookie}}}).StatusCode
	}
	if there(theirs) != http.StatusOK {
		t.Fatal("the session does not count on the other server")
	}
	at := network(t, replica)
	streams := map[string]*listener{theirs: nil, ours: nil}
	for cookie := range streams {
		streams[cookie] = listenAs(t, at, http.Header{"Cookie": {cookie}}, "organizations=default", 0)
		streams[cookie].want(snapshot.EventHello, nil)
	}
	notice := w.Send(t, webtest.Page, webtest.Request{
		Path: "/login/oidc/okta/logout", Form: url.Values{"logout_token": {w.at[0].LogoutToken(claims{"sub": "a-1"})}}, Header: http.Header{"Sec-Fetch-Site": {""}},
	})
	if notice.StatusCode != http.StatusOK {
		t.Fatalf("the notice: got %d %s", notice.StatusCode, notice.Body)
	}
	if got := there(theirs); got != http.StatusUnauthorized {
		t.Errorf("the next request at the other server: got %d", got)
	}
	if e := streams[theirs].next(); e.Event != "" {
		t.Errorf("the stream goes on with %s %s", e.Event, e.Data)
	}
	if got := there(ours); got != http.StatusOK {
		t.Errorf("the session with a password: got %d", got)
	}
	if e := streams[ours].any(); e.Event != snapshot.EventHeartbeat {
		t.Errorf("the stream of the session with a password: got %s %s", e.Event, e.Data)
	}
}
