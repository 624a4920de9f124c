package web_test

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"strings"
	"testing"
	"time"

	"rolecall.example/rbac/snapshot"
	"rolecall.example/web/webtest"
)

func documentOf(t *testing.T, s *webtest.Site, body []byte) *snapshot.Document {
	t.Helper()
	d, err := snapshot.Read(bytes.NewReader(body), keysOf(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestSnapshotsOverHTTP: docs/spec/snapshots.md, Endpoints.
func TestSnapshotsOverHTTP(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	const path = "/api/v2/organizations/default/snapshot"
	res := s.Get(t, webtest.Admin, path+"?aliases=username,email")
	d := documentOf(t, s, res.Body)
	tag := res.Header.Get("ETag")
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != snapshot.MediaType || tag == "" || strings.HasPrefix(tag, "W/") {
		t.Errorf("got %d with %v", res.StatusCode, res.Header)
	}
	if d.Header.Organization != s.Organizations[webtest.Default].ID.String() || d.Header.Counts.Members < 3 || d.Header.Position == 0 {
		t.Errorf("header %+v", d.Header)
	}
	if bytes.Contains(res.Body, []byte(webtest.Member+"@")) {
		t.Error("it has e-mail addresses")
	}
	state := snapshot.NewState(d.Header.Issuer, time.Now)
	for _, d := range []*snapshot.Document{documentOf(t, s, s.Get(t, webtest.Owner, "/snapshot").Body), d} {
		if err := state.Load(d); err != nil {
			t.Fatal(err)
		}
	}
	home := snapshot.ID(s.Organizations[webtest.Default].ID)
	for kind, value := range map[string]string{snapshot.AliasUsername: strings.ToUpper(webtest.Member), snapshot.AliasEmail: s.User(webtest.Member).Email} {
		if id, ok := state.Resolve(home, kind, value); !ok || id != snapshot.ID(s.User(webtest.Member).ID) {
			t.Errorf("%s %q is %x, %v", kind, value, id, ok)
		}
	}

	again := s.Do(t, webtest.Request{Path: path + "?aliases=email,username", As: webtest.Admin, Header: http.Header{"If-None-Match": {tag}}})
	if again.StatusCode != http.StatusNotModified || len(again.Body) != 0 || again.Header.Get("ETag") != tag {
		t.Errorf("the same again: %d, %d bytes, %v", again.StatusCode, len(again.Body), again.Header)
	}
	for _, bad := range []string{path + "?aliases=name", path + "?at_least=soon", "/snapshot?organizations=some"} {
		if res := s.Get(t, webtest.Owner, bad); res.StatusCode != 400 {
			t.Errorf("%s: got %d", bad, res.StatusCode)
		}
	}
	if s.Do(t, webtest.Request{Method: http.MethodDelete, Path: "/organizations/default/members/member", As: webtest.Owner}).StatusCode >= 300 {
		t.Fatal("nobody was removed")
	}
	if late := s.Get(t, webtest.Admin, path+"?aliases=username,email"); late.Header.Get("ETag") != tag {
		t.Error("within a minute there is another document")
	}
	now := s.Get(t, webtest.Admin, path+"?aliases=username,email&at_least="+d.Header.Organization+"@9000000000000000000")
	if documentOf(t, s, now.Body).Header.Counts.Members != d.Header.Counts.Members-1 || now.Header.Get("ETag") == tag {
		t.Error("the document of now is an old one")
	}
}

// TestSnapshotsOfStrangers: what may not be read looks as if it were not there, in every way to ask.
func TestSnapshotsOfStrangers(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	confined := askingToken(t, s, webtest.Owner, webtest.Default)
	other := s.Organizations[webtest.Other].ID.String()
	for who, r := range map[string]webtest.Request{
		"a member":         {As: webtest.Member},
		"an administrator": {As: webtest.Admin},
		"a bound token":    {Header: confined},
	} {
		get := func(organization string) string {
			r := r
			r.Path = "/organizations/" + organization + "/snapshot"
			res := s.Do(t, r)
			if res.StatusCode != 404 {
				t.Errorf("%s: %s: got %d", who, organization, res.StatusCode)
			}
			return string(res.Body)
		}
		post := func(organization string) string {
			r := r
			r.Method, r.Path, r.JSON = http.MethodPost, "/snapshots", map[string]any{"organizations": []string{"default", organization}}
			res := s.Do(t, r)
			if res.StatusCode != 404 {
				t.Errorf("%s: of two %s: got %d", who, organization, res.StatusCode)
			}
			return string(res.Body)
		}
		const none = "11111111-2222-4333-8444-555555555555"
		if get(other) != get(none) || get(webtest.Other) != get("no-such") || post(other) != post(none) {
			t.Errorf("%s can tell whether there is an organization", who)
		}
	}
	if res := s.Get(t, webtest.Member, "/organizations/default/snapshot"); res.StatusCode != 404 {
		t.Errorf("a plain member: got %d", res.StatusCode)
	}
	for who, r := range map[string]webtest.Request{"everything": {As: webtest.Owner}, "one organization": {Header: confined}} {
		r.Path = "/snapshot?organizations=all"
		d := documentOf(t, s, s.Do(t, r).Body)
		if wide := who == "everything"; (len(d.Organizations) > 1) != wide {
			t.Errorf("who may read %s: %d organizations", who, len(d.Organizations))
		}
		for m := range d.Members() {
			if who != "everything" && m == snapshot.ID(s.User("rival").ID) {
				t.Error("somebody of another organization is listed")
			}
		}
	}
}

// TestManySnapshots: the lengths lead from one document to the next, and to the end.
func TestManySnapshots(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for body, want := range map[string]int{
		`{"organizations":"all"}`: len(s.Organizations), `{"organizations":["default","DEFAULT"],"sections":["roles"]}`: 1,
		`{"organizations":["default","other"],"aliases":["email"]}`: 2, `{"organizations":[]}`: 0,
	} {
		res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/api/v2/snapshots", As: webtest.Owner, JSON: body})
		rest, n := res.Body, 0
		for ; len(rest) > 4 && binary.LittleEndian.Uint32(rest) > 0; n++ {
			length := binary.LittleEndian.Uint32(rest)
			d := documentOf(t, s, rest[4:4+length])
			if d.Whole() == strings.Contains(body, "sections") {
				t.Errorf("%s: whole is %v", body, d.Whole())
			}
			rest = rest[4+length:]
		}
		if res.StatusCode != 200 || n != want || !bytes.Equal(rest, make([]byte, 4)) {
			t.Errorf("%s: got %d, %d documents, %x at the end", body, res.StatusCode, n, rest[:min(len(rest), 8)])
		}
	}
	for _, bad := range []string{`{}`, `{"organizations":"some"}`, `{"organizations":["default"],"sections":["members"]}`, `{"organizations":["default"],"aliases":["email"],"sections":["roles"]}`} {
		if res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/snapshots", As: webtest.Owner, JSON: bad}); res.StatusCode != 400 {
			t.Errorf("%s: got %d", bad, res.StatusCode)
		}
	}
}
