// Package static has the files that pages load: stylesheet, script, font, icon and the vendored htmx. They are embedded in
// the binary and compressed once. Their URLs contain a hash of the content, so that browsers cache them forever. The package
// also chooses and makes the compressed forms of other answers.
package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed app.css reference.css app.js editor.js passkey.js favicon.svg inter.woff2 vendor/htmx.min.js
var files embed.FS

// Prefix is the prefix of the URLs of all files.
const Prefix = "/static/"

// contentTypes are fixed because the tables of systems differ.
var contentTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

type asset struct {
	url, contentType string
	plain            []byte
	compressed       map[string]func() []byte // by coding; made on first use, nil if not smaller
}

// assets holds all files, by name and by URL.
type assets struct{ byName, byURL map[string]*asset }

// loaded prepares the files on first use, because most commands serve none. The stylesheet refers to the font, so it comes
// later.
var loaded = sync.OnceValues(func() (*assets, error) {
	return load("inter.woff2", "favicon.svg", "app.css", "reference.css", "app.js", "editor.js", "passkey.js", "vendor/htmx.min.js")
})

// Load prepares the files. An error is a defect of the build: a missing file. URL and Handler must be used only after Load has
// succeeded.
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
			body = squeeze(link(body, byName))
		}
		sum := sha256.Sum256(body)
		a := &asset{
			url:         Prefix + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext,
			contentType: contentTypes[ext],
			plain:       body,
			compressed:  map[string]func() []byte{},
		}
		for _, e := range encoders[Best] {
			if ext != ".woff2" { // compressed already
				a.compressed[e.coding] = sync.OnceValue(func() []byte { return smaller(body, e.coding) })
			}
		}
		byName[name], byURL[a.url] = a, a
	}
	return &assets{byName, byURL}, nil
}

// link replaces the names of assets in a stylesheet by their hashed URLs.
func link(css []byte, known map[string]*asset) []byte {
	for name, a := range known {
		css = bytes.ReplaceAll(css, []byte(`url("`+name+`")`), []byte(`url("`+a.url+`")`))
	}
	return css
}

// all returns the files. Load has reported errors.
func all() *assets {
	a, err := loaded()
	if err != nil {
		panic(err)
	}
	return a
}

// URL returns the URL of the file with that name. It panics if there is no such file.
func URL(name string) string {
	a, ok := all().byName[name]
	if !ok {
		panic(fmt.Sprintf("static: no file %q", name))
	}
	return a.url
}

// Handler serves the files under Prefix for GET and HEAD. Other paths and methods are 404.
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
			_, _ = w.Write(body) //nolint:gosec // a file of the program; an error means that the client has disconnected
		}
	})
}

// encoded returns the smallest form that the client accepts.
func (a *asset) encoded(accept string) (body []byte, encoding string) {
	encoding = Negotiate(accept, Best)
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
