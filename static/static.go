// Package static holds the files that pages load: stylesheet, script, font, icon and the vendored htmx. They are part of
// the binary, are minified, carry a hash of their content in their URL so that browsers keep them for good, and are compressed
// once.
// It knows nothing of pages.
package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/js"
)

//go:embed app.css app.js favicon.svg inter.woff2 vendor/htmx.min.js
var files embed.FS

// Prefix is what the URLs of all files begin with.
const Prefix = "/static/"

// contentTypes are given here and not asked of the system, whose tables differ from machine to machine.
var contentTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

type asset struct {
	url, contentType string
	plain            []byte
	compressed       map[string]func() []byte // by coding; made when first asked for, nil when it would not be smaller
}

// assets are all files, by name and by URL.
type assets struct{ byName, byURL map[string]*asset }

// loaded are the files, prepared when they are first needed: most commands serve none. The stylesheet names the font, so
// it comes after it.
var loaded = sync.OnceValues(func() (*assets, error) {
	return load("inter.woff2", "favicon.svg", "app.css", "app.js", "vendor/htmx.min.js")
})

// Load prepares the files. An error is a fault of the build: a file that is missing, or one with a syntax error. URL and
// Handler must be used only after Load has succeeded.
func Load() error {
	_, err := loaded()
	return err
}

func load(names ...string) (*assets, error) {
	byName, byURL := map[string]*asset{}, map[string]*asset{}
	for _, name := range names {
		body, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("static: %w", err)
		}
		ext := path.Ext(name)
		if ext == ".css" {
			body = link(body, byName)
		}
		if !strings.HasPrefix(name, "vendor/") { // somebody else's files go out as they came
			if body, err = smallerSource(contentTypes[ext], body); err != nil {
				return nil, fmt.Errorf("static: %s: %w", name, err)
			}
		}
		sum := sha256.Sum256(body)
		a := &asset{
			url:         Prefix + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext,
			contentType: contentTypes[ext],
			plain:       body,
			compressed:  map[string]func() []byte{},
		}
		for _, e := range encoders {
			if ext != ".woff2" { // compressed already
				a.compressed[e.coding] = sync.OnceValue(func() []byte { return smaller(body, e.coding) })
			}
		}
		byName[name], byURL[a.url] = a, a
	}
	return &assets{byName, byURL}, nil
}

// smallerSource takes comments, blanks and long names out of scripts and stylesheets: they are written to be read, which
// costs a quarter of the bytes. It is done here and not by a build step, so that what is edited is what is served.
func smallerSource(contentType string, body []byte) ([]byte, error) {
	media, _, _ := strings.Cut(contentType, ";")
	small, err := minifier().Bytes(media, body)
	if errors.Is(err, minify.ErrNotExist) {
		return body, nil
	}
	return small, err
}

var minifier = sync.OnceValue(func() *minify.M {
	m := minify.New()
	m.AddFunc("text/css", css.Minify)
	m.AddFunc("text/javascript", js.Minify)
	return m
})

// link puts the hashed URLs of other assets where a stylesheet names them.
func link(css []byte, known map[string]*asset) []byte {
	for name, a := range known {
		css = bytes.ReplaceAll(css, []byte(`url("`+name+`")`), []byte(`url("`+a.url+`")`))
	}
	return css
}

// all are the files. That they cannot be had was told by Load.
func all() *assets {
	a, err := loaded()
	if err != nil {
		panic(err)
	}
	return a
}

// URL is where the file with that name is served. A name that does not exist is a fault of ours and panics.
func URL(name string) string {
	a, ok := all().byName[name]
	if !ok {
		panic(fmt.Sprintf("static: no file %q", name))
	}
	return a.url
}

// Handler serves the files under Prefix, for GET and HEAD; anything else there does not exist.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := all().byURL[r.URL.Path]
		if !ok || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.contentType)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Add("Vary", "Accept-Encoding")
		body, encoding := a.encoded(r.Header.Get("Accept-Encoding"))
		if encoding != "" {
			h.Set("Content-Encoding", encoding)
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(body) // the peer is gone: nobody is left to tell
		}
	})
}

// encoded picks the smallest form that the client accepts.
func (a *asset) encoded(accept string) (body []byte, encoding string) {
	encoding = Negotiate(accept)
	if compressed, ok := a.compressed[encoding]; ok {
		if b := compressed(); b != nil {
			return b, encoding
		}
	}
	return a.plain, ""
}

// smaller compresses a file, and returns nil if that does not make it smaller.
func smaller(plain []byte, coding string) []byte {
	if compressed := Compress(plain, coding, Best); len(compressed) < len(plain) {
		return compressed
	}
	return nil
}
