package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rolecall.example/rbac/snapshot"
	"rolecall.example/web/webtest"
)

// listener is a program that listens to changes over a network.
type listener struct {
	t      *testing.T
	res    *http.Response
	lines  *bufio.Reader
	cancel context.CancelFunc
}

// tooLong is when a test gives up waiting: it has failed then, however busy the machine is.
const tooLong = 30 * time.Second

// network puts a site on a network.
func network(t *testing.T, s *webtest.Site) string {
	t.Helper()
	server := httptest.NewServer(s.Handler)
	t.Cleanup(server.Close)
	t.Cleanup(s.Handler.Drain)
	return server.URL
}

func listen(t *testing.T, url, token, query string, last int64) *listener {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), tooLong)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/changes?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	req.Header.Set("Coder-Session-Token", token)
	if last > 0 {
		req.Header.Set("Last-Event-ID", strconv.FormatInt(last, 10))
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return &listener{t, res, bufio.NewReader(res.Body), cancel}
}

// next is the next event, but for heartbeats. It is empty when the stream has ended.
func (l *listener) next() (e snapshot.Event) {
	l.t.Helper()
	for {
		if e = l.any(); e.Event != snapshot.EventHeartbeat {
			return e
		}
	}
}

func (l *listener) any() (e snapshot.Event) {
	l.t.Helper()
	for {
		line, err := l.lines.ReadString('\n')
		if err == io.EOF {
			return snapshot.Event{}
		}
		if err != nil {
			l.t.Fatalf("the stream: %v", err)
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "event":
			e.Event = value
		case "id":
			e.ID, _ = strconv.ParseInt(value, 10, 64)
		case "data":
			e.Data = json.RawMessage(value)
		case "":
			return e
		}
	}
}

// want waits for an event of a kind, past those of the site that say nothing, and reads its data.
func (l *listener) want(name string, into any) snapshot.Event {
	l.t.Helper()
	e := l.next()
	for e.Event == snapshot.EventSite && name != snapshot.EventSite {
		e = l.next()
	}
	if e.Event != name {
		l.t.Fatalf("got %s %s, want %s", e.Event, e.Data, name)
	}
	if into != nil {
		if err := json.Unmarshal(e.Data, into); err != nil {
			l.t.Fatal(err)
		}
	}
	return e
}

// TestChanges: who listens is told what it holds and each change of that, and goes on where it was when it comes again.
func TestChanges(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	url := network(t, s)
	home := s.Organizations[webtest.Default].ID.String()
	l := listen(t, url, s.Token(webtest.Admin), "organizations=default", 0)
	for name, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"} {
		if got := l.res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	var hello snapshot.Hello
	l.want(snapshot.EventHello, &hello)
	if len(hello.Organizations) != 1 || hello.Organizations[home] == 0 || hello.Site == 0 || hello.Catalog != 1 || hello.Position == 0 {
		t.Errorf("hello: %+v", hello)
	}
	res := s.Do(t, webtest.Request{Method: http.MethodPut, As: webtest.Admin, Path: members + "/member/roles", JSON: `{"roles":["organization-auditor"]}`, Unchecked: true})
	var c snapshot.Change
	e := l.want(snapshot.EventChange, &c)
	if c.Organization != home || c.From != hello.Organizations[home] || c.To <= c.From || !slices.Equal(c.Set[s.ID(webtest.Member)], []string{"organization-auditor"}) || len(c.Set) != 1 {
		t.Errorf("the change: %s", e.Data)
	}
	if got, want := res.Header.Get("X-Rolecall-Revision"), home+"@"+strconv.FormatInt(c.To, 10); got != want {
		t.Errorf("X-Rolecall-Revision: %q, want %q", got, want)
	}
	// What changes elsewhere is not told.
	s.Do(t, webtest.Request{Method: http.MethodDelete, As: webtest.Rival, Path: "/organizations/other/members/none", Unchecked: true})
	// Suspended, deleted and activated accounts are no members, and members again.
	suspend := func(how string) {
		done(t, s, webtest.Request{Method: http.MethodPut, Path: "/users/member/status/" + how})
	}
	suspend("suspend")
	before := c
	l.want(snapshot.EventChange, &c)
	c = snapshot.Change{}
	suspend("activate")
	l.want(snapshot.EventReload, nil) // of the site: who is active
	e = l.want(snapshot.EventChange, &c)
	if !slices.Equal(c.Set[s.ID(webtest.Member)], []string{"organization-auditor"}) || c.From <= before.To {
		t.Errorf("activated: %s", e.Data)
	}
	l.want(snapshot.EventReload, nil)
	// Who comes again goes on where it was.
	again := listen(t, url, s.Token(webtest.Admin), "organizations="+home, hello.Position)
	again.want(snapshot.EventHello, nil)
	for _, want := range []string{snapshot.EventChange, snapshot.EventChange, snapshot.EventReload, snapshot.EventChange, snapshot.EventReload} {
		again.want(want, nil)
	}
	s.Handler.Drain()
	for _, l := range []*listener{l, again} {
		l.want(snapshot.EventBye, nil)
		if e := l.any(); e.Event != "" {
			t.Errorf("after the end: %+v", e)
		}
	}
	if res := listen(t, url, s.Token(webtest.Admin), "organizations=default", 0).res; res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("of a server that stops: %d", res.StatusCode)
	}
}
