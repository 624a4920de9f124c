package web_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"rolecall.example/db/dbtest"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// decoded undoes the coding of an answer.
func decoded(t *testing.T, res *webtest.Response) []byte {
	t.Helper()
	var r io.Reader = bytes.NewReader(res.Body)
	var err error
	switch coding := res.Header.Get("Content-Encoding"); coding {
	case "br":
		r = brotli.NewReader(r)
	case "gzip":
		r, err = gzip.NewReader(r)
	case "zstd":
		r, err = zstd.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// TestListsCompressed: a list is the same in every coding, in one buffer or in many, from the database or from memory.
func TestListsCompressed(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "compression comes after the data")
	for _, wire := range []web.Wire{web.Documented, web.SDK} {
		s := webtest.New(t, webtest.Wire(wire))
		for i := range 200 {
			s.AddUser(t, fmt.Sprintf("person-%d", i), webtest.Default)
		}
		for path, least := range map[string]int{
			members: 40_000, members + "?format=csv": 20_000, "/organizations/default/paginated-members?limit=7": 2000, "/audit?format=jsonl": 40_000,
			"/audit?format=csv": 40_000, "/users/roles": 2000,
		} {
			ask := func(accept string) *webtest.Response {
				t.Helper()
				r := webtest.Request{Path: path, As: webtest.Owner, Unchecked: accept != ""}
				if accept != "" {
					r.Header = http.Header{"Accept-Encoding": {accept}}
				}
				return s.Do(t, r)
			}
			plain := ask("")
			if len(plain.Body) < least || plain.Header.Get("Content-Encoding") != "" {
				t.Fatalf("%s: %d bytes, %q", path, len(plain.Body), plain.Header.Get("Content-Encoding"))
			}
			for accept, want := range map[string]string{
				"gzip": "gzip", "br": "br", "zstd": "zstd", "gzip, deflate, br, zstd": "zstd", "gzip, deflate, br": "gzip", "zstd;q=0, br": "br", "deflate": "", "gzip;q=0": "",
			} {
				first := ask(accept)
				for _, res := range []*webtest.Response{first, ask(accept)} {
					if got := res.Header.Get("Content-Encoding"); got != want || !bytes.Equal(decoded(t, res), plain.Body) {
						t.Errorf("%s in %q: coding %q, want %q, %d bytes, want %d", path, accept, got, want, len(decoded(t, res)), len(plain.Body))
					}
					if !slices.Contains(res.Header.Values("Vary"), "Accept-Encoding") {
						t.Errorf("%s in %q: Vary %q", path, accept, res.Header.Values("Vary"))
					}
					if want != "" && len(res.Body) > len(plain.Body)*2/3 {
						t.Errorf("%s in %q: %d of %d bytes", path, accept, len(res.Body), len(plain.Body))
					}
				}
			}
		}
		short := s.Do(t, webtest.Request{Path: "/organizations/other/members", As: webtest.Rival, Header: http.Header{"Accept-Encoding": {"gzip"}}})
		if short.Header.Get("Content-Encoding") != "" || slices.Contains(short.Header.Values("Vary"), "Accept-Encoding") {
			t.Errorf("a list of %d bytes is compressed", len(short.Body))
		}
	}
}
