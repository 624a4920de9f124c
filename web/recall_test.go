package web_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"rolecall/web/webtest"
)

// TestRecalledPages: a page that is given from memory is the page, in every coding, for nobody else, and not after a
// change; the message of the page before is shown once.
func TestRecalledPages(t *testing.T) {
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
	first := page(webtest.Page, webtest.Admin, nil)
	if again := page(webtest.Page, webtest.Admin, nil); !bytes.Equal(first.Body, again.Body) {
		t.Error("the page differs when it is asked for again")
	}
	zipped := http.Header{"Accept-Encoding": {"gzip"}}
	for range 2 {
		res := page(webtest.Page, webtest.Admin, zipped)
		r, err := gzip.NewReader(bytes.NewReader(res.Body))
		if err != nil || res.Header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("Content-Encoding %q: %v", res.Header.Get("Content-Encoding"), err)
		}
		if body, err := io.ReadAll(r); err != nil || !bytes.Equal(body, first.Body) {
			t.Errorf("the compressed page is another one: %v", err)
		}
		if vary := strings.Join(res.Header.Values("Vary"), ","); !strings.Contains(vary, "Accept-Encoding") {
			t.Errorf("Vary: %s", vary)
		}
	}
	if fragment := page(webtest.Fragment, webtest.Admin, nil); bytes.Equal(fragment.Body, first.Body) || !bytes.Contains(fragment.Body, []byte("<table")) {
		t.Error("the fragment is no fragment")
	}
	for _, as := range []string{webtest.Owner, webtest.Member} {
		if other := page(webtest.Page, as, nil); bytes.Equal(other.Body, first.Body) {
			t.Errorf("%s sees the page of the administrator", as)
		}
	}
	session := s.Cookie(t, webtest.Admin)
	dark := page(webtest.Page, webtest.Admin, http.Header{"Cookie": {session + "; theme=dark"}})
	if bytes.Equal(dark.Body, first.Body) || !bytes.Contains(dark.Body, []byte(`data-theme="dark"`)) {
		t.Error("the theme is not the one asked for")
	}
	flash := http.Header{"Cookie": {session + "; flash=SGVsbG8gdGhlcmU"}}
	for range 2 {
		if res := page(webtest.Page, webtest.Admin, flash); !bytes.Contains(res.Body, []byte("Hello there")) {
			t.Error("the message was not shown")
		}
	}
	if res := page(webtest.Page, webtest.Admin, nil); bytes.Contains(res.Body, []byte("Hello there")) {
		t.Error("the message is shown to somebody who was not sent it")
	}
	s.AddUser(t, "newcomer", webtest.Default)
	for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
		if res := page(way, webtest.Admin, nil); !bytes.Contains(res.Body, []byte("newcomer")) {
			t.Error("a change is not shown")
		}
	}
}
