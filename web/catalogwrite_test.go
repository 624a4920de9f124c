package web_test

import (
	"net/http"
	"strings"
	"testing"

	"rolecall.example/web/webtest"
)

const paperCatalog = `format: rolecall/catalog/1
product: papers
label: Papers # with a comment
types:
  report:
    label: Report
    plural: Reports
    actions: {read: See a report}
`

// TestCatalogRefusals: who may not, what is wrong with a file by its line, and what has to be said.
func TestCatalogRefusals(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	put := func(as, query, body, contentType, ifMatch string) *webtest.Response {
		h := http.Header{"Content-Type": {contentType}}
		if ifMatch != "" {
			h.Set("If-Match", ifMatch)
		}
		return s.Do(t, webtest.Request{Method: http.MethodPut, Path: "/api/v2/catalog" + query, As: as, JSON: body, Header: h})
	}
	wrong := strings.Replace(paperCatalog, "plural: Reports", "plurl: Reports", 1)
	for _, tt := range []struct {
		as, query, body, contentType, ifMatch string
		status                                int
		message                               string
	}{
		{webtest.Member, "", wrong, "application/yaml", `"1"`, 403, "Only site owners may change the catalog."},
		{webtest.Member, "?dry_run=1", paperCatalog, "text/yaml", "", 403, "Only site owners may change the catalog."},
		{webtest.Owner, "", paperCatalog, "text/plain", `"1"`, 415, "A catalog must be YAML or JSON."},
		{webtest.Owner, "", paperCatalog, "application/yaml", "", 428, "Say which version this change begins from."},
		{webtest.Owner, "", paperCatalog, "application/yaml", `"7"`, 412, "Someone else changed the catalog."},
		{webtest.Owner, "", wrong, "application/yaml", `"1"`, 400, "The catalog is not valid."},
	} {
		res := put(tt.as, tt.query, tt.body, tt.contentType, tt.ifMatch)
		if e := res.Error(); res.StatusCode != tt.status || e.Message != tt.message {
			t.Errorf("%s %s %q: got %d %s, want %d %s", tt.as, tt.contentType, tt.ifMatch, res.StatusCode, res.Body, tt.status, tt.message)
		}
	}
	res := put(webtest.Owner, "?dry_run=1", wrong, "application/yaml", "")
	if e := res.Error(); len(e.Validations) == 0 || !strings.HasPrefix(e.Validations[0].Detail, "line 7: ") {
		t.Errorf("got %s, want the line of the mistake", res.Body)
	}
}

// TestCatalogFile: the file comes back, versions may be kept for ever, and the schema is for everybody.
func TestCatalogFile(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, r := range []webtest.Request{
		{Path: "/catalog", Header: http.Header{"Accept": {"application/yaml"}}},
		{Path: "/api/v2/catalog?format=yaml"},
		{Path: "/api/v2/catalog/versions/1?format=yaml"},
	} {
		r.As = webtest.Member
		res := s.Do(t, r)
		if res.StatusCode != 200 || res.Header.Get("Content-Type") != "application/yaml" || res.Header.Get("ETag") != `"1"` || !strings.Contains(res.Text(), "format: rolecall/catalog/1") {
			t.Errorf("%s: got %d %v %.200s", r.Path, res.StatusCode, res.Header, res.Body)
		}
	}
	res := s.Get(t, webtest.Member, "/api/v2/catalog/versions/1")
	if res.StatusCode != 200 || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("a version: got %d, Cache-Control %q", res.StatusCode, res.Header.Get("Cache-Control"))
	}
	for path, want := range map[string]int{"/api/v2/catalog/versions/2": 404, "/api/v2/catalog/versions/x": 404, "/api/v2/catalog/compare?from=1&to=9": 404} {
		if res := s.Get(t, webtest.Member, path); res.StatusCode != want {
			t.Errorf("%s: got %d, want %d", path, res.StatusCode, want)
		}
	}
	if res := s.Get(t, "", "/catalog.schema.json"); res.StatusCode != 200 || !strings.Contains(res.Text(), "2020-12") {
		t.Errorf("the schema: got %d %.200s", res.StatusCode, res.Body)
	}
}
