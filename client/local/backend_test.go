package local_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"rolecall.example/client"
	"rolecall.example/client/local"
	"rolecall.example/org"
	"rolecall.example/web/webtest"
)

// backend is a server with a line before it, which tests can cut.
type backend struct {
	*webtest.Site
	line   *line
	owner  *client.Client // past the line
	token  string         // of the engines
	caller string         // whose that is
}

// serve starts a server on the network.
func serve(t testing.TB, s *webtest.Site) *backend {
	t.Helper()
	server := httptest.NewServer(s.Handler)
	t.Cleanup(server.Close)
	t.Cleanup(s.Service.Feed.Close) // before the server, which waits for streams to end
	b := &backend{Site: s, line: lineTo(t, strings.TrimPrefix(server.URL, "http://")), token: s.Token(webtest.Owner), caller: webtest.Owner}
	b.owner = &client.Client{BaseURL: server.URL, Token: s.Token(webtest.Owner)}
	return b
}

// engine opens an engine over the line.
func (b *backend) engine(t testing.TB, o local.Options) *local.Engine {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	transport := &http.Transport{}
	c := &client.Client{BaseURL: "http://" + b.line.address(), Token: b.token, HTTPClient: &http.Client{Transport: transport}}
	e, err := local.Open(ctx, c, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close(); transport.CloseIdleConnections() })
	return e
}

// place returns the id of an organization.
func (b *backend) place(name string) string { return b.Organizations[name].ID.String() }

// give sets the roles of a member, and returns the X-Rolecall-Revision.
func (b *backend) give(t testing.TB, organization, user string, roles ...string) string {
	t.Helper()
	return b.write(t, http.MethodPut, "organizations/"+organization+"/members/"+user+"/roles", fmt.Sprintf(`{"roles":%s}`, quoted(roles)))
}

func quoted(names []string) string {
	if len(names) == 0 {
		return "[]"
	}
	return `["` + strings.Join(names, `","`) + `"]`
}

// write makes a change that must succeed.
func (b *backend) write(t testing.TB, method, path, body string) string {
	t.Helper()
	res, err := b.owner.Raw(t.Context(), method, path, nil, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		t.Fatalf("%s %s: %v", method, path, client.Refusal(res))
	}
	return res.Header.Get("X-Rolecall-Revision")
}

// truth returns what the server decides for the caller.
func (b *backend) truth(t testing.TB, qs []org.SubjectCheck) []org.Decision {
	t.Helper()
	list, err := b.Service.Decide(t.Context(), b.Subject(t, b.caller), qs, true)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// agree reports whether an engine's decision is that of the server. About a person whom the caller knows only from one
// organization, the server says nothing in another one. An engine does not know where from, so it may give the true answer.
func (b *backend) agree(t testing.TB, q org.SubjectCheck, d local.Decision, want org.Decision) bool {
	t.Helper()
	if d.Allowed && !want.Allowed && want.Problem != nil && want.Problem.Code == org.CheckNotFound.Code {
		list, err := b.Service.Decide(t.Context(), b.Subject(t, webtest.Owner), []org.SubjectCheck{q}, true)
		if err != nil {
			t.Fatal(err)
		}
		want = list[0]
	}
	return d.Allowed == want.Allowed
}

// farReplica is another server of a database, with a line between the two.
func farReplica(t testing.TB, s *webtest.Site) (*webtest.Site, *line) {
	t.Helper()
	u, err := url.Parse(s.Place())
	if err != nil {
		t.Fatal(err)
	}
	l := lineTo(t, u.Host)
	u.Host = l.address()
	return s.ReplicaAt(t, u.String()), l
}
