package web_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"rolecall.example/examples/catalogs"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// pdp is a policy decision point, as AuthZEN calls a server.
type pdp struct {
	*webtest.Site
	server *httptest.Server
}

// newPDP makes one with the fixture of the certification scenario of AuthZEN 1.0: alice holds the role writer and bob the role archivist, in the default organization.
func newPDP(t *testing.T) pdp {
	t.Helper()
	p := servePDP(t)
	text, err := catalogs.Files.ReadFile("authzen-fixture.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p.apply(t, string(text))
	for name, role := range map[string]string{"alice": "writer", "bob": "archivist"} {
		p.AddUser(t, name, webtest.Default)
		p.assign(t, webtest.Default, name, role)
	}
	return p
}

// servePDP serves a site over TLS.
func servePDP(t *testing.T) pdp {
	t.Helper()
	var handler http.Handler
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := pdp{webtest.New(t, func(o *web.Options) { o.AccessURL, o.Secure = at, true }), server}
	handler = p.Handler
	return p
}

// apply puts a catalog in force, and makes its samples roles of both organizations.
func (p pdp) apply(t *testing.T, text string) {
	t.Helper()
	tag := p.Get(t, webtest.Owner, "/catalog").Header.Get("ETag")
	done(t, p.Site, webtest.Request{
		Method: http.MethodPut, Path: "/api/v2/catalog?replace=1", JSON: text,
		Header: http.Header{"Content-Type": {"application/yaml"}, "If-Match": {tag}},
	})
	var c struct {
		Samples []struct {
			Name, Label  string
			Organization []string
		}
	}
	p.Get(t, webtest.Owner, "/catalog").Decode(&c)
	for _, s := range c.Samples {
		for _, in := range []string{webtest.Default, webtest.Other} {
			p.role(t, in, s.Name, s.Organization...)
		}
	}
}

// role makes a custom role of an organization.
func (p pdp) role(t *testing.T, in, name string, pairs ...string) {
	t.Helper()
	list := []map[string]any{}
	for _, pair := range pairs {
		rest, negate := strings.CutPrefix(pair, "!")
		resourceType, actions, _ := strings.Cut(rest, ":")
		for action := range strings.SplitSeq(actions, ",") {
			list = append(list, map[string]any{"resource_type": resourceType, "action": action, "negate": negate})
		}
	}
	done(t, p.Site, webtest.Request{
		Method: http.MethodPut, Path: "/organizations/" + in + "/members/roles",
		JSON: map[string]any{"name": name, "display_name": name, "organization_permissions": list},
	})
}

// assign gives somebody roles in an organization.
func (p pdp) assign(t *testing.T, in, user string, roles ...string) {
	t.Helper()
	done(t, p.Site, webtest.Request{Path: "/organizations/" + in + "/members/" + user + "/roles", JSON: map[string]any{"roles": roles}})
}

// answer is what came of a request.
type answer struct {
	*http.Response
	body []byte
}

// post sends a request over TLS as one of the people, "" is nobody, and holds the answer to the document.
func (p pdp) post(t *testing.T, as, path, body string, header http.Header) answer {
	t.Helper()
	return p.send(t, http.MethodPost, as, path, body, header)
}

func (p pdp) send(t *testing.T, method, as, path, body string, header http.Header) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, p.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if as != "" {
		req.Header.Set("Authorization", "Bearer "+p.Token(as))
	}
	for name, values := range header {
		if req.Header[name] = values; values == nil {
			req.Header.Del(name)
		}
	}
	res, err := p.server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	webtest.CheckContract(t, req, res, data)
	return answer{res, data}
}

// Entities of the scenario, as they are sent.
const (
	alice     = `"subject":{"type":"user","id":"alice"}`
	bob       = `"subject":{"type":"user","id":"bob"}`
	bobAdmin  = `"subject":{"type":"user","id":"bob","properties":{"role":"admin"}}`
	anyUser   = `"subject":{"type":"user"}`
	toRead    = `"action":{"name":"read"}`
	toWrite   = `"action":{"name":"write"}`
	record1   = `"resource":{"type":"record","id":"record-1"}`
	record2   = `"resource":{"type":"record","id":"record-2"}`
	archived2 = `"resource":{"type":"record","id":"record-2","properties":{"status":"archived"}}`
	active1   = `"resource":{"type":"record","id":"record-1","properties":{"status":"active"}}`
	anyRecord = `"resource":{"type":"record"}`
)

// certified are the cases of the certification scenario of AuthZEN 1.0, by their sections. want are the decisions in their
// order; of a search what the results hold at least; "400" is that status; "structure" only asks for decisions.
var certified = []struct{ section, path, body, want string }{
	{"2.2.1", "evaluation", `{` + alice + `,` + toRead + `,` + record1 + `}`, "true"},
	{"2.2.2", "evaluation", `{` + bob + `,` + toWrite + `,` + record1 + `}`, "false"},
	{"2.2.3", "evaluation", `{` + alice + `,` + toRead + `,` + record1 + `,"context":{"time":"2025-06-27T18:03-07:00","ip":"192.168.1.1"}}`, "true"},
	{"2.2.4", "evaluation", `{` + alice + `,` + toWrite + `,` + archived2 + `}`, "false"},
	{"2.2.5", "evaluation", `{` + bobAdmin + `,` + toWrite + `,` + archived2 + `}`, "true"},
	{"2.2.6", "evaluation", `{` + alice + `,"action":{"name":"delete","properties":{"soft":true}},` + record1 + `}`, "true"},
	{"2.2.7", "evaluation", `{` + alice + `,"action":{"name":"delete","properties":{"soft":false}},` + record1 + `}`, "false"},
	{"2.2.8", "evaluation", `{"subject":{"type":"user","id":"alice","properties":{"department":"Sales","role":"manager"}},` +
		`"action":{"name":"read","properties":{"method":"GET"}},"resource":{"type":"record","id":"record-1","properties":{"status":"active","owner":"bob"}}}`, "true"},
	{"2.2.9", "evaluation", `{` + alice + `,` + toRead + `,` + record1 + `,"foo":"bar","futureField":{"nested":true}}`, "true"},
	{"2.4.1 subject", "evaluation", `{` + toRead + `,` + record1 + `}`, "400"},
	{"2.4.1 action", "evaluation", `{` + alice + `,` + record1 + `}`, "400"},
	{"2.4.1 resource", "evaluation", `{` + alice + `,` + toRead + `}`, "400"},
	{"2.4.2 subject type", "evaluation", `{"subject":{"id":"alice"},` + toRead + `,` + record1 + `}`, "400"},
	{"2.4.2 subject id", "evaluation", `{` + anyUser + `,` + toRead + `,` + record1 + `}`, "400"},
	{"2.4.2 action name", "evaluation", `{` + alice + `,"action":{},` + record1 + `}`, "400"},
	{"2.4.2 resource type", "evaluation", `{` + alice + `,` + toRead + `,"resource":{"id":"record-1"}}`, "400"},
	{"2.4.2 resource id", "evaluation", `{` + alice + `,` + toRead + `,` + anyRecord + `}`, "400"},
	{"2.4.4", "evaluation", `{"subject":`, "400"},
	{"2.4.5", "evaluation", ``, "400"},
	{"2.4.6 subject", "evaluation", `{"subject":"alice",` + toRead + `,` + record1 + `}`, "400"},
	{"2.4.6 action", "evaluation", `{` + alice + `,"action":{"name":123},` + record1 + `}`, "400"},

	{"3.2.1", "evaluations", `{` + alice + `,` + toRead + `,"evaluations":[{` + record1 + `},{` + record2 + `}]}`, "true true"},
	{"3.2.2", "evaluations", `{` + bob + `,` + record1 + `,"evaluations":[{` + toRead + `},{` + toWrite + `}]}`, "true false"},
	{"3.2.3", "evaluations", `{` + alice + `,` + toWrite + `,"evaluations":[{` + active1 + `},{` + archived2 + `}]}`, "true false"},
	{"3.2.4", "evaluations", `{` + toWrite + `,` + archived2 + `,"evaluations":[{` + alice + `},{` + bobAdmin + `}]}`, "false true"},
	{"3.2.5", "evaluations", `{"evaluations":[{` + alice + `,` + toRead + `,` + record1 + `},{` + bob + `,` + toWrite + `,` + record1 + `}]}`, "true false"},
	{"3.2.6", "evaluations", `{` + alice + `,` + toRead + `,"context":{"time":"2025-06-27T18:03-07:00"},"evaluations":[{` + record1 + `},{` + record2 +
		`,"context":{"time":"2025-06-27T19:00-07:00","source":"batch-override"}}]}`, "true true"},
	{"3.2.7", "evaluations", `{` + alice + `,` + toWrite + `,` + anyRecord + `,"evaluations":[{"resource":{"id":"record-1","properties":{"status":"active"}}},{` +
		archived2 + `}]}`, "true false"},
	{"3.4.1", "evaluations", `{` + alice + `,` + toRead + `,"evaluations":[{` + record1 + `},{}]}`, "true false"},
	{"3.4.2", "evaluations", `{` + alice + `,` + toRead + `,` + record1 + `}`, "true"},
	{"3.4.3", "evaluations", `{` + alice + `,` + toRead + `,` + record1 + `,"evaluations":[]}`, "true"},

	{"4.2.1", "search/subject", `{` + anyUser + `,` + toRead + `,` + record1 + `}`, "alice bob"},
	{"4.2.2", "search/subject", `{` + anyUser + `,` + toRead + `,` + record1 + `,"context":{"time":"now"}}`, "alice bob"},
	{"4.2.4", "search/subject", `{` + anyUser + `,` + toWrite + `,` + archived2 + `}`, "bob"},
	{"4.3.1", "search/resource", `{` + alice + `,` + toRead + `,` + anyRecord + `}`, "record-1"},
	{"4.3.3", "search/resource", `{` + bobAdmin + `,` + toWrite + `,` + anyRecord + `}`, "record-2"},
	{"4.4.1", "search/action", `{` + alice + `,` + record1 + `}`, "read write"},
	{"4.4.2", "search/action", `{` + alice + `,` + record1 + `,"context":{"time":"now"}}`, "read write"},
	{"4.4.3", "search/action", `{` + bobAdmin + `,` + archived2 + `}`, "write"},
	{"4.6.1", "search/action", `{"subject":{"type":"user","id":"nonexistent-user"},` + record1 + `}`, ""},
	{"4.6.2", "search/subject", `{"subject":{"type":"spaceship"},` + toRead + `,` + record1 + `}`, ""},
	{"4.7.1 action", "search/subject", `{` + anyUser + `,` + record1 + `}`, "400"},
	{"4.7.1 subject", "search/resource", `{` + toRead + `,` + anyRecord + `}`, "400"},
	{"4.7.1 resource", "search/action", `{` + alice + `}`, "400"},
	{"4.7.2 resource", "search/subject", `{` + anyUser + `,` + toRead + `,` + anyRecord + `}`, "400"},
	{"4.7.2 subject", "search/resource", `{` + anyUser + `,` + toRead + `,` + anyRecord + `}`, "400"},
}

// TestAuthZENCertification runs the cases of the certification scenario of AuthZEN 1.0 over TLS, below both addresses.
func TestAuthZENCertification(t *testing.T) {
	t.Parallel()
	p := newPDP(t)
	for _, base := range []string{"", "/organizations/default"} {
		for _, tt := range certified {
			a := p.post(t, webtest.Owner, base+"/access/v1/"+tt.path, tt.body, nil)
			if tt.want == "400" {
				checkSentence(t, tt.section, a, 400)
				continue
			}
			if got := a.found(t, strings.HasPrefix(tt.path, "search")); a.StatusCode != 200 || a.Header.Get("Content-Type") != "application/json" ||
				got != tt.want && (!strings.HasPrefix(tt.path, "search") || tt.want == "" || !holds(got, tt.want)) {
				t.Errorf("%s%s: got %d %s, want %s", base, tt.section, a.StatusCode, a.body, tt.want)
			}
		}
		certifyHeaders(t, p, base)
		certifyPages(t, p, base)
	}
	certifyDiscovery(t, p)
}

// holds reports whether a list of words has all of another.
func holds(list, all string) bool {
	have := strings.Fields(list)
	return !slices.ContainsFunc(strings.Fields(all), func(word string) bool { return !slices.Contains(have, word) })
}

// checkSentence holds a failure to its form.
func checkSentence(t *testing.T, what string, a answer, status int) {
	t.Helper()
	text := string(a.body)
	if a.StatusCode != status || a.Header.Get("Content-Type") != "text/plain; charset=utf-8" || strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, ".\n") {
		t.Errorf("%s: got %d %s %q, want %d and a sentence", what, a.StatusCode, a.Header.Get("Content-Type"), text, status)
	}
}

// found is what an answer says: its decisions, or the names of its results.
func (a answer) found(t *testing.T, search bool) string {
	t.Helper()
	type decision struct{ Decision *bool }
	var v struct {
		decision
		Evaluations []decision
		Results     []struct{ Type, ID, Name string }
		Page        struct {
			Token *string `json:"next_token"`
		}
	}
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Errorf("%v\n%s", err, a.body)
		return ""
	}
	if search && (v.Results == nil || v.Page.Token == nil) {
		t.Errorf("no results: %s", a.body)
	}
	var words []string
	for _, r := range v.Results {
		words = append(words, r.ID+r.Name)
	}
	if !search && v.Evaluations == nil {
		v.Evaluations = []decision{v.decision}
	}
	for _, e := range v.Evaluations {
		word := "none"
		if e.Decision != nil {
			word = map[bool]string{true: "true", false: "false"}[*e.Decision]
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// certifyHeaders: sections 2.3, 2.4.3, 2.5 and 2.6.
func certifyHeaders(t *testing.T, p pdp, base string) {
	t.Helper()
	path, body := base+"/access/v1/evaluation", certified[0].body
	for _, media := range [][]string{{"text/plain"}, {"application/xml"}, nil, {"application/json; charset=latin1"}, {"application/json", "application/json"}} {
		checkSentence(t, "2.4.3", p.post(t, webtest.Owner, path, body, http.Header{"Content-Type": media}), 400)
	}
	for _, media := range []string{"application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON", "application/json; v=1"} {
		if a := p.post(t, webtest.Owner, path, body, http.Header{"Content-Type": {media}}); a.found(t, false) != "true" {
			t.Errorf("%s: %s", media, a.body)
		}
	}
	for id, echoed := range map[string]bool{"bfe9eb29-ab87-4ca3-be83-a1d5d8305716": true, "a+b/c=~!": true, strings.Repeat("x", 128): true, strings.Repeat("x", 129): false, "a b": false, "é": false} {
		a := p.post(t, webtest.Owner, path, body, http.Header{"X-Request-Id": {id}})
		if got := a.Header.Get("X-Request-Id"); (got == id) != echoed || got == "" || a.StatusCode != 200 {
			t.Errorf("2.5.1: got the request id %q for %q", got, id)
		}
		if a = p.post(t, "", path, body, http.Header{"X-Request-Id": {id}}); (a.Header.Get("X-Request-Id") == id) != echoed {
			t.Errorf("of a failure: got the request id %q for %q", a.Header.Get("X-Request-Id"), id)
		}
	}
	for range 5 {
		if a := p.post(t, webtest.Owner, path, body, nil); a.found(t, false) != "true" || a.Header.Get("X-Request-Id") == "" {
			t.Errorf("2.6: got %s", a.body)
		}
	}
}

// certifyPages: section 4.5. The pages together are the whole list.
func certifyPages(t *testing.T, p pdp, base string) {
	t.Helper()
	path := base + "/access/v1/search/subject"
	query := anyUser + `,` + toRead + `,` + record1
	whole := p.post(t, webtest.Owner, path, `{`+query+`}`, nil).found(t, true)
	var got []string
	token := ""
	for {
		a := p.post(t, webtest.Owner, path, `{`+query+`,"page":{"limit":1,"token":"`+token+`"}}`, nil)
		got = append(got, a.found(t, true))
		if token = a.token(t); token == "" || len(got) > 20 {
			break
		}
	}
	if strings.Join(got, " ") != whole || len(got) < 2 {
		t.Errorf("4.5: got %q, want %s", got, whole)
	}
}

// token is the token of the next page.
func (a answer) token(t *testing.T) string {
	t.Helper()
	var v struct {
		Page struct {
			Token string `json:"next_token"`
		}
	}
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%v\n%s", err, a.body)
	}
	return v.Page.Token
}

// certifyDiscovery: section 6.
func certifyDiscovery(t *testing.T, p pdp) {
	t.Helper()
	for _, in := range []string{"", "/organizations/default", "/organizations/no-such"} {
		a := p.send(t, http.MethodGet, "", "/.well-known/authzen-configuration"+in, "", nil)
		var v map[string]string
		if err := json.Unmarshal(a.body, &v); err != nil || a.StatusCode != 200 || a.Header.Get("Content-Type") != "application/json" {
			t.Fatalf("6: got %d %s", a.StatusCode, a.body)
		}
		base := p.server.URL + in
		for key, path := range map[string]string{
			"policy_decision_point": "", "access_evaluation_endpoint": "/access/v1/evaluation", "access_evaluations_endpoint": "/access/v1/evaluations",
			"search_subject_endpoint": "/access/v1/search/subject", "search_resource_endpoint": "/access/v1/search/resource",
			"search_action_endpoint": "/access/v1/search/action",
		} {
			if v[key] != base+path {
				t.Errorf("6: %s is %q, want %q", key, v[key], base+path)
			}
		}
	}
}
