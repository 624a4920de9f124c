package web

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNegotiate(t *testing.T) {
	t.Parallel()
	const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	htmx := http.Header{"Accept": {"text/html"}, "Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}}
	tests := []struct {
		name   string
		header http.Header
		query  string
		form   representation
		csv    bool
	}{
		{"nothing", nil, "", asJSON, false},
		{"empty", http.Header{"Accept": {""}}, "", asJSON, false},
		{"anything", http.Header{"Accept": {"*/*"}}, "", asJSON, false},
		{"json", http.Header{"Accept": {"application/json"}}, "", asJSON, false},
		{"html", http.Header{"Accept": {"text/html"}}, "", asPage, false},
		{"upper case", http.Header{"Accept": {"TEXT/HTML"}}, "", asPage, false},
		{"browser", http.Header{"Accept": {browser}}, "", asPage, false},
		{"both", http.Header{"Accept": {"text/html, application/json"}}, "", asJSON, false},
		{"json a little less", http.Header{"Accept": {"text/html, application/json;q=0.9"}}, "", asPage, false},
		{"html a little less", http.Header{"Accept": {"text/html;q=0.9, application/json"}}, "", asJSON, false},
		{"two headers", http.Header{"Accept": {"application/json;q=0.1", "text/html"}}, "", asPage, false},
		{"html refused", http.Header{"Accept": {"text/html;q=0, */*"}}, "", asJSON, false},
		{"json refused", http.Header{"Accept": {"application/json;q=0, */*;q=0.1"}}, "", asPage, false},
		{"all text", http.Header{"Accept": {"text/*"}}, "", asPage, false},
		{"neither", http.Header{"Accept": {"image/png"}}, "", asJSON, false},
		{"q is not a number", http.Header{"Accept": {"text/html;q=NaN, application/json;q=0.1"}}, "", asJSON, false},
		{"q too large", http.Header{"Accept": {"text/html;q=7, application/json;q=0.1"}}, "", asJSON, false},
		{"parameters", http.Header{"Accept": {"text/html;level=1;q=0.4, application/json;q=0.3"}}, "", asPage, false},
		{"csv", http.Header{"Accept": {"text/csv"}}, "", asJSON, true},
		{"csv first", http.Header{"Accept": {"text/csv, application/json;q=0.5"}}, "", asJSON, true},
		{"csv last", http.Header{"Accept": {"application/json, text/csv;q=0.5"}}, "", asJSON, false},
		{"csv in a URL", http.Header{"Accept": {browser}}, "?format=csv", asPage, true},
		{"format unknown", nil, "?format=xml", asJSON, false},
		{"fragment", htmx, "", asFragment, false},
		{"htmx wants a page", http.Header{"Accept": {"text/html"}, "Hx-Request": {"true"}, "Hx-Request-Type": {"full"}}, "", asPage, false},
		{"half of htmx", http.Header{"Accept": {"text/html"}, "Hx-Request-Type": {"partial"}}, "", asPage, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/"+tt.query, nil)
			if tt.header != nil {
				r.Header = tt.header
			}
			if f, csv := negotiate(r.Header, r.URL.Query()); f != tt.form || csv != tt.csv {
				t.Errorf("got form %d and csv %v, want %d and %v", f, csv, tt.form, tt.csv)
			}
		})
	}
}

func TestCurrentPage(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"https://console.example/organizations/acme/members?q=a": "/organizations/acme/members?q=a",
		"https://console.example":                                "/",
		"":                                                       "",
		"/members":                                               "",
		"https://console.example//evil.example/":                 "",
		"https://console.example/login?next=%2F":                 "",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("HX-Current-URL", header)
		if got := currentPage(r); got != want {
			t.Errorf("%q: got %q, want %q", header, got, want)
		}
	}
}

// TestHeadersOfHTMX: their names stand in one file.
func TestHeadersOfHTMX(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 20 {
		t.Fatalf("found %d files, %v", len(files), err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		has := bytes.Contains(source, []byte(`"HX-`))
		if want := file == "negotiate.go"; has != want && !strings.HasSuffix(file, "_test.go") {
			t.Errorf("%s names a header of htmx: %v", file, has)
		}
	}
}

func FuzzNegotiate(f *testing.F) {
	for _, seed := range []string{"", "*/*", "text/html;q=0.5,application/json;q=1", "text/csv", ";;;q=,", "a/b;q=1e400"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header = http.Header{"Accept": {accept}}
		got, _ := negotiate(r.Header, r.URL.Query())
		if got == asFragment {
			t.Errorf("Accept %q alone made a fragment", accept)
		}
		if got == asPage && !strings.Contains(strings.ToLower(accept), "text/") && !strings.Contains(accept, "*/*") {
			t.Errorf("Accept %q made a page", accept)
		}
		if q := quality(accept, "text/html"); !(q >= 0 && q <= 1) {
			t.Errorf("Accept %q has the quality %v", accept, q)
		}
	})
}
