package static

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func get(t *testing.T, method, url, accept string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, url, nil)
	r.Header.Set("Accept-Encoding", accept)
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFilesAreServedInEveryEncoding(t *testing.T) {
	t.Parallel()
	for name, a := range all().byName {
		plain := get(t, http.MethodGet, URL(name), "")
		if plain.StatusCode != http.StatusOK || !bytes.Equal(body(t, plain.Body), a.plain) {
			t.Errorf("%s: not the file", name)
		}
		if got := plain.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
		if a.contentType == "" || plain.Header.Get("Content-Type") != a.contentType || plain.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: headers %v", name, plain.Header)
		}
		if strings.HasSuffix(name, ".woff2") {
			if got := get(t, http.MethodGet, URL(name), "br").Header.Get("Content-Encoding"); got != "" {
				t.Errorf("%s: a compressed font was compressed again: %s", name, got)
			}
			continue
		}
		br := get(t, http.MethodGet, URL(name), "gzip, deflate, br, zstd")
		if br.Header.Get("Content-Encoding") != "br" || !bytes.Equal(body(t, brotli.NewReader(br.Body)), a.plain) {
			t.Errorf("%s: not the file in br", name)
		}
		zs := get(t, http.MethodGet, URL(name), "gzip, zstd")
		unpack, err := zstd.NewReader(zs.Body)
		if err != nil || zs.Header.Get("Content-Encoding") != "zstd" || !bytes.Equal(body(t, unpack), a.plain) {
			t.Errorf("%s: not the file in zstd, %v", name, err)
		}
		gz := get(t, http.MethodGet, URL(name), "br;q=0, gzip;q=0.5")
		unzip, err := gzip.NewReader(gz.Body)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if gz.Header.Get("Content-Encoding") != "gzip" || !bytes.Equal(body(t, unzip), a.plain) {
			t.Errorf("%s: not the file in gzip", name)
		}
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	r := get(t, http.MethodHead, URL("app.css"), "br")
	if r.StatusCode != http.StatusOK || len(body(t, r.Body)) != 0 || r.Header.Get("Content-Length") == "0" {
		t.Errorf("HEAD: %d, length %s", r.StatusCode, r.Header.Get("Content-Length"))
	}
}

func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"/static/", "/static/app.css", "/static/app.000000000000.css", "/static/../static.go", "/static/static.go"} {
		if got := get(t, http.MethodGet, url, "").StatusCode; got != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", url, got)
		}
	}
	if got := get(t, http.MethodPost, URL("app.css"), "").StatusCode; got != http.StatusNotFound {
		t.Errorf("POST: %d, want 404", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("a name that does not exist has a URL")
		}
	}()
	URL("nothing.css")
}

func TestURLsCarryAHash(t *testing.T) {
	t.Parallel()
	for name := range all().byName {
		if !regexp.MustCompile(`^/static/[a-z/.]+\.[0-9a-f]{12}\.[a-z0-9]+$`).MatchString(strings.Replace(URL(name), "woff2", "woff", 1)) && name != "inter.woff2" {
			t.Errorf("%s is at %s", name, URL(name))
		}
	}
}

// The stylesheet must refer to the font by its hashed URL, and to nothing that the content security policy refuses.
func TestStylesheet(t *testing.T) {
	t.Parallel()
	css := string(all().byName["app.css"].plain)
	if !strings.Contains(css, `url("`+URL("inter.woff2")+`")`) {
		t.Error("the stylesheet does not name the font")
	}
	for _, m := range regexp.MustCompile(`url\("?([^")]+)`).FindAllStringSubmatch(css, -1) {
		if !strings.HasPrefix(m[1], Prefix) && !strings.HasPrefix(m[1], "data:image/svg+xml,") {
			t.Errorf("the stylesheet loads %s", m[1])
		}
	}
	if strings.Contains(css, "@import") {
		t.Error("the stylesheet imports")
	}
}

func TestSqueeze(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a { b: c; }":                          "a{b:c}",
		"a :is(b , c) > d { e: f g; /* h */ }": "a :is(b,c)>d{e:f g}",
		"/* a; { */\n@media (x: 1px) {\n  b { c: \"; {  }\"; d: 'e  /* f */'; }\n}\n": `@media (x:1px){b{c:"; {  }";d:'e  /* f */'}}`,
		"a { w: calc(1px + 2px); }": "a{w:calc(1px + 2px)}",
		"a { b: c /* open":          "a { b: c /* open",
	} {
		if got := string(squeeze([]byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// The files of a first visit have a budget in bytes, as sent with brotli.
func TestBudget(t *testing.T) {
	t.Parallel()
	for name, most := range map[string]int{"app.css": 16 << 10, "app.js": 10 << 10, "vendor/htmx.min.js": 13 << 10} {
		if n := len(all().byName[name].compressed["br"]()); n > most {
			t.Errorf("%s is %d bytes, at most %d", name, n, most)
		}
	}
}

// A missing file is an error for servers, and does not break other commands.
func TestMissingFile(t *testing.T) {
	t.Parallel()
	if _, err := load("missing.js"); err == nil {
		t.Error(`load("missing.js") gives no error`)
	}
}
