package web_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rolecall.example/db/dbtest"
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
	return listenAs(t, url, http.Header{"Coder-Session-Token": {token}}, query, last)
}

func listenAs(t *testing.T, url string, who http.Header, query string, last int64) *listener {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), tooLong)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/changes?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = who.Clone()
	req.Header.Set("Accept", "text/event-stream")
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
	if c.Organization != home || c.From != hello.Organizations[home] || c.To <= c.From || !slices.Equal(c.Set[s.ID(webtest.Member)], snapshot.Lasting("organization-auditor")) || len(c.Set) != 1 {
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
	if !slices.Equal(c.Set[s.ID(webtest.Member)], snapshot.Lasting("organization-auditor")) || c.From <= before.To {
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

// TestChangesEndWithTheRight: who may no longer listen is told, or cut off.
func TestChangesEndWithTheRight(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	url := network(t, s)
	home, marked := s.Organizations[webtest.Default].ID.String(), false
	for name, c := range map[string]struct {
		who    string
		lose   func()
		denied bool // and not cut off
	}{
		"role taken": {webtest.Admin, func() {
			done(t, s, webtest.Request{Method: http.MethodPut, Path: members + "/admin/roles", JSON: `{"roles":[]}`})
		}, true},
		"suspended":   {"eve", func() { done(t, s, webtest.Request{Method: http.MethodPut, Path: "/users/eve/status/suspend"}) }, false},
		"deleted":     {"fay", func() { s.Do(t, webtest.Request{Method: http.MethodDelete, Path: "/users/fay", As: webtest.Owner}) }, false},
		"token ended": {"gus", func() { s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/users/logout", As: "gus"}) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			if c.who != webtest.Admin {
				s.AddUser(t, c.who, webtest.Default)
				done(t, s, webtest.Request{Method: http.MethodPut, Path: members + "/" + c.who + "/roles", JSON: `{"roles":["organization-admin"]}`})
			}
			l := listen(t, url, s.Token(c.who), "organizations="+home, 0)
			l.want(snapshot.EventHello, nil)
			// What was done before may be told after the hello: it has been, once this is.
			marked = !marked
			mark := map[bool]string{true: `{"roles":["organization-auditor"]}`, false: `{"roles":[]}`}[marked]
			done(t, s, webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", JSON: mark})
			for e := l.next(); !strings.Contains(string(e.Data), s.ID(webtest.Member)) || strings.Contains(string(e.Data), "organization-auditor") != marked; e = l.next() {
				if e.Event == "" {
					t.Fatal("it ended before anything was lost")
				}
			}
			c.lose()
			for e := l.next(); ; e = l.next() {
				if c.denied && e.Event == snapshot.EventDenied || !c.denied && e.Event == "" {
					break
				}
				if e.Event == "" || e.Event == snapshot.EventChange {
					t.Fatalf("got %q %s", e.Event, e.Data)
				}
			}
		})
	}
}

// TestChangesOfStrangers: an organization that may not be read looks like one that is not there.
func TestChangesOfStrangers(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	ask := func(organizations string) string {
		return s.Do(t, webtest.Request{Path: "/changes?organizations=" + organizations, As: webtest.Member}).Text()
	}
	absent := ask("7c60d51f-b44e-4682-87d6-449835ea4de6")
	for _, other := range []string{s.Organizations[webtest.Other].ID.String(), webtest.Other, "default", "nothing"} {
		if got := ask(other); got != absent {
			t.Errorf("%s: %s, want %s", other, got, absent)
		}
	}
	for query, status := range map[string]int{
		"": http.StatusBadRequest, "organizations=": http.StatusBadRequest, "organizations=all&after=x": http.StatusBadRequest,
		"organizations=all&wait=61": http.StatusBadRequest, "organizations=all": http.StatusNotFound,
	} {
		if got := s.Get(t, webtest.Member, "/changes?"+query).StatusCode; got != status {
			t.Errorf("%q: %d, want %d", query, got, status)
		}
	}
}

// TestSlowTransactionIsNotSkipped: a change that began early and is committed late reaches who was there, and who goes on
// from a position that it was given in between.
func TestSlowTransactionIsNotSkipped(t *testing.T) {
	t.Parallel()
	dbtest.ServerOnly(t)
	s := webtest.New(t)
	url := network(t, s)
	other := s.Organizations[webtest.Other].ID.String()
	l := listen(t, url, s.Token(webtest.Owner), "organizations=all", 0)
	l.want(snapshot.EventHello, nil)

	raw, err := sql.Open("pgx", s.Place())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	slow, err := raw.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Rollback() }()
	if _, err := slow.ExecContext(t.Context(), `INSERT INTO changes (organization_id, kind, revision_from, revision_to, payload, created_at)
		SELECT organization_id, 'change', value, value + 1, '{"gone":["slow"]}', now() FROM revisions WHERE organization_id = $1`, other); err != nil {
		t.Fatal(err)
	}
	done(t, s, webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", JSON: `{"roles":["organization-auditor"]}`})
	fast := l.want(snapshot.EventChange, nil)
	if fast.ID == 0 {
		t.Fatal("the change moves no position")
	}
	if err := slow.Commit(); err != nil {
		t.Fatal(err)
	}
	if e := l.want(snapshot.EventChange, nil); !strings.Contains(string(e.Data), `"slow"`) {
		t.Errorf("who was there got %s", e.Data)
	}
	again := listen(t, url, s.Token(webtest.Owner), "organizations=all", fast.ID)
	again.want(snapshot.EventHello, nil)
	for e := again.want(snapshot.EventChange, nil); !strings.Contains(string(e.Data), `"slow"`); {
		e = again.want(snapshot.EventChange, nil)
	}
}
