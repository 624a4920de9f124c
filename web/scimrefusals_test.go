package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// TestSCIMRefusals: what is wrong is refused in the form of SCIM, and nothing of it is done.
func TestSCIMRefusals(t *testing.T) {
	t.Parallel()
	c := newDirectory(t, webtest.New(t), "acme")
	id := c.make("/Users", `{`+userSchema+`,"userName":"ada","externalId":"1"}`)
	g := c.make("/Groups", `{`+groupSchema+`,"displayName":"Guides","externalId":"2"}`)
	for _, tt := range []struct {
		status       int
		method, path string
		body, code   string
	}{
		{400, "POST", "/Users", `{"userName":`, "invalidSyntax"},
		{400, "POST", "/Users", `{` + userSchema + `}`, "invalidValue"},
		{400, "POST", "/Users", `{` + userSchema + `,"userName":"x","active":"yes"}`, "invalidValue"},
		{400, "POST", "/Groups", `{` + groupSchema + `,"displayName":"x","members":[{"value":"` + g + `"}]}`, "invalidValue"},
		{409, "POST", "/Users", `{` + userSchema + `,"userName":"bob","externalId":"1"}`, "uniqueness"},
		{409, "POST", "/Groups", `{` + groupSchema + `,"displayName":"GUIDES"}`, "uniqueness"},
		{409, "POST", "/Groups", `{` + groupSchema + `,"displayName":"Others","externalId":"2"}`, "uniqueness"},
		{400, "GET", "/Users?filter=userName", "", "invalidFilter"},
		{400, "GET", "/Users?count=x", "", "invalidValue"},
		{400, "GET", "/Users?filter=%zz", "", "invalidSyntax"},
		{400, "POST", "/Users/.search", `{"filter":"("}`, "invalidFilter"},
		{400, "PATCH", "/Users/" + id, `{` + patchSchema + `,"Operations":[{"op":"replace","path":"title","value":"x"},{"op":"replace","path":"nonsense","value":"x"}]}`, "invalidPath"},
		{400, "PATCH", "/Users/" + id, `{` + patchSchema + `,"Operations":[{"op":"Replace","path":"active","value":"maybe"}]}`, "invalidValue"},
		{400, "PATCH", "/Groups/" + g, `{` + patchSchema + `,"Operations":[{"op":"add","path":"members","value":[{"value":"` + g + `"}]}]}`, "invalidValue"},
		{400, "PATCH", "/Groups/" + g, `{}`, "invalidSyntax"},
		{404, "GET", "/Users/" + g, "", ""},
		{404, "GET", "/Users/nobody", "", ""},
		{404, "GET", "/Schemas/none", "", ""},
		{403, "GET", "/Schemas?filter=id%20pr", "", ""},
		{501, "POST", "/Bulk", `{}`, ""},
		{501, "GET", "/Me", "", ""},
		{501, "PATCH", "/Me", `{}`, ""},
	} {
		if e := c.want(tt.status, tt.method, tt.path, tt.body); tt.code != "" && e["scimType"] != tt.code {
			t.Errorf("%s %s %s: %v, want %s", tt.method, tt.path, tt.body, e, tt.code)
		}
	}
	if u := c.want(200, "GET", "/Users/"+id, ""); u["title"] != nil || u["active"] != true || at(u, "meta version") != `W/"1"` {
		t.Errorf("something was done: %v", u)
	}
	for _, tt := range []struct {
		status             int
		method, path, kind string
	}{
		{415, "POST", "/Users", "text/plain"}, {415, "PUT", "/Users/" + id, "application/x-www-form-urlencoded"}, {415, "POST", "/Users/.search", "application/xml"},
		{201, "POST", "/Users", "application/json"}, {405, "PUT", "/Users", "application/scim+json"}, {404, "GET", "/Nothing", ""},
	} {
		header := http.Header{"Authorization": {"Bearer " + c.token}, "Content-Type": {tt.kind}}
		res := c.site.Do(t, webtest.Request{Method: tt.method, Path: c.base + tt.path, JSON: `{"userName":"kind"}`, Header: header, Unchecked: true})
		if res.StatusCode != tt.status || res.Header.Get("Content-Type") != "application/scim+json" {
			t.Errorf("%s %s as %s: %d %s", tt.method, tt.path, tt.kind, res.StatusCode, res.Body)
		}
	}
	if e := c.want(413, "POST", "/Users", `{"userName":"`+strings.Repeat("x", 1<<20)+`"}`); e["status"] != "413" {
		t.Errorf("%v", e)
	}
}

// TestSCIMVersions: tags are weak, conditions hold, and a state that the client has is not sent again.
func TestSCIMVersions(t *testing.T) {
	t.Parallel()
	c := newDirectory(t, webtest.New(t), "acme")
	id := c.make("/Users", `{`+userSchema+`,"userName":"ada"}`)
	first := c.send("GET", "/Users/"+id, "").Header.Get("ETag")
	if !strings.HasPrefix(first, `W/"`) {
		t.Errorf("the tag is %s", first)
	}
	if res := c.send("GET", "/Users/"+id, "", "If-None-Match", first); res.StatusCode != http.StatusNotModified || len(res.Body) > 0 {
		t.Errorf("%d %s", res.StatusCode, res.Body)
	}
	c.want(412, "PUT", "/Users/"+id, `{"userName":"ada","title":"x"}`, "If-Match", `W/"999"`)
	res := c.send("PATCH", "/Users/"+id, `{"Operations":[{"op":"add","path":"title","value":"Dr"}]}`, "If-Match", first)
	second := res.Header.Get("ETag")
	if res.StatusCode != http.StatusNoContent || second == "" || second == first || len(res.Body) > 0 {
		t.Errorf("%d %s %s", res.StatusCode, second, res.Body)
	}
	c.want(412, "DELETE", "/Users/"+id, "", "If-Match", first)
	c.want(200, "GET", "/Users/"+id, "", "If-None-Match", first)
	c.want(200, "PUT", "/Users/"+id, `{"userName":"ada"}`, "If-Match", "*")
	c.want(204, "DELETE", "/Users/"+id, "")
}

// TestSCIMLists: pages, projections and searches, and the documents that describe the server.
func TestSCIMLists(t *testing.T) {
	t.Parallel()
	c := newDirectory(t, webtest.New(t), "acme")
	for i := range 5 {
		c.make("/Users", fmt.Sprintf(`{`+userSchema+`,"userName":"u%d","title":"t"}`, i))
	}
	for query, want := range map[string]string{
		"": "u0 u1 u2 u3 u4", "?count=2": "u0 u1", "?startIndex=4&count=2": "u3 u4", "?startIndex=0&count=1": "u0", "?count=0": "", "?count=-1": "", "?startIndex=9": "",
		"?filter=" + escape(`userName ne "u1" and title eq "T"`) + "&startIndex=2&count=2": "u2 u3",
	} {
		l := c.want(200, "GET", "/Users"+query, "")
		var names []string
		list, _ := l["Resources"].([]any)
		for _, r := range list {
			names = append(names, fmt.Sprint(at(r, "userName")))
		}
		total := 5.0
		if strings.Contains(query, "filter") {
			total = 4
		}
		if strings.Join(names, " ") != want || l["totalResults"] != total || l["itemsPerPage"] != float64(len(names)) {
			t.Errorf("%s: %v", query, l)
		}
	}
	l := c.want(200, "POST", "/Users/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"attributes":["userName"],"filter":"userName eq \"u3\"","startIndex":1,"count":10}`)
	if l["totalResults"] != 1.0 || at(l, "Resources 0 userName") != "u3" || at(l, "Resources 0 title") != nil || at(l, "Resources 0 id") == nil {
		t.Errorf("%v", l)
	}
	if l := c.want(200, "POST", "/Groups/.search", `{}`); l["totalResults"] != 0.0 {
		t.Errorf("%v", l)
	}
	for path, want := range map[string]string{
		"/ServiceProviderConfig": "patch supported", "/serviceConfiguration": "filter maxResults", "/ResourceTypes": "Resources 1 endpoint", "/ResourceTypes/User": "schemaExtensions 0 schema",
		"/Schemas": "Resources 2 id", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group": "attributes 1 subAttributes 0 name", "/Users/": "totalResults",
	} {
		if d := c.want(200, "GET", path, ""); at(d, want) == nil {
			t.Errorf("%s: %v", path, d)
		}
	}
}

// TestSCIMCallers: a directory is known by a token of its own. That opens nothing else, and nothing else opens it.
func TestSCIMCallers(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := webtest.New(t, func(o *web.Options) { o.Now = func() time.Time { return now } })
	c, other := newDirectory(t, s, "acme"), newDirectory(t, s, "rival")
	bearer := func(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }
	for name, header := range map[string]http.Header{
		"nothing": {}, "an API token": bearer(s.Token(webtest.Owner)), "an API token in its own header": {"Coder-Session-Token": {s.Token(webtest.Owner)}},
		"a cookie": {"Cookie": {s.Cookie(t, webtest.Owner)}}, "another directory": bearer(other.token), "nonsense": bearer("scim_x-y"), "part of it": bearer(c.token[:len(c.token)-1]),
		"more than it": bearer(c.token + "x"), "two": {"Authorization": {"Bearer " + c.token}, "Coder-Session-Token": {other.token}},
	} {
		for _, path := range []string{"/Users", "/ServiceProviderConfig", "/Me"} {
			res := s.Do(t, webtest.Request{Method: http.MethodGet, Path: c.base + path, Header: header})
			if res.StatusCode != http.StatusUnauthorized || res.Header.Get("WWW-Authenticate") != "Bearer" || !strings.Contains(res.Text(), `"status":"401"`) {
				t.Errorf("%s with %s: %d %s", path, name, res.StatusCode, res.Body)
			}
		}
	}
	for _, r := range web.Routes() {
		if r.Access != web.SignedIn {
			continue
		}
		path := strings.NewReplacer("{organization}", "acme", "{user}", "owner", "{roleName}", "owner", "{id}", "none", "{version}", "1", "{invitation}", "none", "{provider}", "none").Replace(r.Path)
		for _, header := range []http.Header{bearer(c.token), {"Coder-Session-Token": {c.token}}} {
			if res := s.Do(t, webtest.Request{Method: r.Method, Path: path, Header: header, Unchecked: true}); res.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s %s with the token of a directory: %d", r.Method, path, res.StatusCode)
			}
		}
	}
	if res := s.Do(t, webtest.Request{Method: http.MethodGet, Path: "/organizations/nowhere/scim/v2/Users", Header: bearer(c.token)}); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("an organization that is not there: %d", res.StatusCode)
	}
	// Each request of a token counts for that token alone, wherever it comes from.
	left := func(c *scimClient) (n int) {
		res := c.send("GET", "/ResourceTypes/User", "")
		if _, err := fmt.Sscan(res.Header.Get("RateLimit-Remaining"), &n); err != nil || res.Header.Get("RateLimit-Limit") != "3000" {
			t.Errorf("%v: %v", err, res.Header)
		}
		return n
	}
	if first, second, others := left(c), left(c), left(other); first != 2999 || second != 2998 || others != 2999 {
		t.Errorf("%d and then %d are left, and %d of the other token", first, second, others)
	}
}
