package web_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/web/webtest"
)

// newEachTime is what is new in a page each time: in its forms, and in what is printed with it.
var newEachTime = regexp.MustCompile(`name="form_id" value="[A-Z0-9]+"|datetime="[^"]*" data-exact>[^<]*`)

// TestPagesAgain: a page that is requested again is the same page, in every coding, for no other caller, and not after a
// change; the message of the page before is shown once.
func TestPagesAgain(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	const path = "/organizations/default/members"
	page := func(way webtest.Way, as string, header http.Header) *webtest.Response {
		t.Helper()
		res := s.Send(t, way, webtest.Request{As: as, Path: path, Header: header})
		if res.StatusCode != http.StatusOK {
			t.Fatalf("got %d", res.StatusCode)
		}
		return res
	}
	text := func(body []byte) string { return newEachTime.ReplaceAllString(string(body), "") }
	first := page(webtest.Page, webtest.Admin, nil)
	if again := page(webtest.Page, webtest.Admin, nil); text(first.Body) != text(again.Body) {
		t.Error("the page differs when it is asked for again")
	}
	zipped := http.Header{"Accept-Encoding": {"gzip"}}
	for range 2 {
		res := page(webtest.Page, webtest.Admin, zipped)
		r, err := gzip.NewReader(bytes.NewReader(res.Body))
		if err != nil || res.Header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("Content-Encoding %q: %v", res.Header.Get("Content-Encoding"), err)
		}
		if body, err := io.ReadAll(r); err != nil || text(body) != text(first.Body) {
			t.Errorf("the compressed page is another one: %v", err)
		}
		if vary := strings.Join(res.Header.Values("Vary"), ","); !strings.Contains(vary, "Accept-Encoding") {
			t.Errorf("Vary: %s", vary)
		}
	}
	if fragment := page(webtest.Fragment, webtest.Admin, nil); text(fragment.Body) == text(first.Body) || !bytes.Contains(fragment.Body, []byte("<table")) {
		t.Error("the fragment is no fragment")
	}
	for _, as := range []string{webtest.Owner, webtest.Member} {
		if other := page(webtest.Page, as, nil); text(other.Body) == text(first.Body) {
			t.Errorf("%s sees the page of the administrator", as)
		}
	}
	session := s.Cookie(t, webtest.Admin)
	dark := page(webtest.Page, webtest.Admin, http.Header{"Cookie": {session + "; theme=dark"}})
	if text(dark.Body) == text(first.Body) || !bytes.Contains(dark.Body, []byte(`data-theme="dark"`)) {
		t.Error("the theme is not the one asked for")
	}
	flash := http.Header{"Cookie": {session + "; flash=SGVsbG8gdGhlcmU"}}
	for range 2 {
		if res := page(webtest.Page, webtest.Admin, flash); !bytes.Contains(res.Body, []byte("Hello there")) {
			t.Error("the message was not shown")
		}
	}
	if res := page(webtest.Page, webtest.Admin, nil); bytes.Contains(res.Body, []byte("Hello there")) {
		t.Error("the message is shown to another caller")
	}
	s.AddUser(t, "newcomer", webtest.Default)
	for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
		if res := page(way, webtest.Admin, nil); !bytes.Contains(res.Body, []byte("newcomer")) {
			t.Error("a change is not shown")
		}
	}
}

// steadyPages are the pages of the lists that are kept as JSON.
var steadyPages = []string{members, "/organizations/default/paginated-members", roles, "/users/roles", "/organizations"}

// TestHalfPagesAreNotKept: what a page lacked because of a fault is there as soon as the fault has passed.
func TestHalfPagesAreNotKept(t *testing.T) {
	t.Parallel()
	for _, path := range steadyPages {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			s := webtest.New(t)
			session := http.Header{"Cookie": {s.Cookie(t, webtest.Owner)}} // from before the fault: to begin one writes
			framed := func() bool {
				t.Helper()
				res := s.Send(t, webtest.Page, webtest.Request{Path: path, Header: session})
				if res.StatusCode != http.StatusOK {
					t.Fatalf("got %d", res.StatusCode)
				}
				return res.Document().Find("nav#side").Length() == 1
			}
			s.Query(t, "ALTER TABLE api_keys RENAME TO api_keys_away")
			if framed() {
				t.Fatal("the frame does not read API tokens any more: break something else")
			}
			s.Query(t, "ALTER TABLE api_keys_away RENAME TO api_keys")
			if !framed() {
				t.Error("the page still lacks its frame")
			}
		})
	}
}

// TestPagesSetTheirCookie: the organization that is on the screen is the one that is remembered, however often its pages
// were asked for.
func TestPagesSetTheirCookie(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	session := s.Cookie(t, webtest.Owner)
	remembered := webtest.Default
	for i, name := range []string{webtest.Other, webtest.Default, webtest.Other, webtest.Default, webtest.Other} {
		header := http.Header{"Cookie": {session + "; organization=" + remembered}}
		for _, cookie := range s.Send(t, webtest.Page, webtest.Request{Path: "/organizations/" + name + "/members", Header: header}).Cookies() {
			if cookie.Name == "organization" {
				remembered = cookie.Value
			}
		}
		if remembered != name {
			t.Errorf("visit %d: %s is on the screen and %s is remembered", i, name, remembered)
		}
	}
}

// TestKeptLists: a list that is given from memory is the list, in every coding and with its headers.
func TestKeptLists(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, coding := range []string{"", "gzip"} {
		header := http.Header{}
		if coding != "" {
			header.Set("Accept-Encoding", coding)
		}
		ask := func() *webtest.Response {
			return s.Do(t, webtest.Request{As: webtest.Owner, Path: "/users/roles", Header: header, Unchecked: coding != ""})
		}
		first, again := ask(), ask()
		first.Header.Del("X-Request-Id")
		again.Header.Del("X-Request-Id")
		if diff := cmp.Diff(first.Header, again.Header); diff != "" || !bytes.Equal(first.Body, again.Body) {
			t.Errorf("%q: the same list again differs\n%s", coding, diff)
		}
		if first.Header.Get("Content-Encoding") != coding || first.Header.Get("ETag") == "" {
			t.Errorf("%q: got %v", coding, first.Header)
		}
	}
}

// TestC11_TagsTellNoTime: the tag of a list names an answer, and nothing in it can be put in an order: how often and when
// something is written on the site must not leak.
func TestC11_TagsTellNoTime(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	tag := func() string {
		t.Helper()
		res := s.Get(t, webtest.Outsider, "/organizations")
		if again := s.Do(t, webtest.Request{Path: "/organizations", As: webtest.Outsider, Header: http.Header{"If-None-Match": res.Header["Etag"]}}); again.StatusCode != http.StatusNotModified {
			t.Fatalf("asked again: got %d", again.StatusCode)
		}
		return res.Header.Get("ETag")
	}
	var tags []string
	for i := range 20 {
		do(t, s, send(webtest.Owner, http.MethodPut, "/users/member/profile", map[string]any{"username": "member", "name": strings.Repeat("x", i+1)}))
		tags = append(tags, strings.Trim(tag(), `"`))
	}
	up := 0
	for i := range tags[1:] {
		switch {
		case tags[i] < tags[i+1]:
			up++
		case tags[i] == tags[i+1]:
			t.Errorf("a write did not change the tag %s", tags[i])
		}
	}
	if up < 2 || up > 17 || strings.HasPrefix(tags[1], tags[0][:4]) && strings.HasPrefix(tags[2], tags[0][:4]) {
		t.Errorf("the tags follow the time: %v", tags)
	}
}
