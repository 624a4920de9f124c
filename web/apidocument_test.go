package web_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	gocmp "github.com/google/go-cmp/cmp"

	"rolecall.example/db/dbtest"
	"rolecall.example/rbac"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// apiDocument gets the document for programs from a site, and checks that it and all its examples are valid.
func apiDocument(t *testing.T, s *webtest.Site) *openapi3.T {
	t.Helper()
	res := s.Get(t, "", "/api/v2/openapi.json")
	if res.StatusCode != http.StatusOK {
		t.Fatalf("got %d: %s", res.StatusCode, res.Body)
	}
	doc, err := openapi3.NewLoader().LoadFromData(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Fatal(err)
	}
	return doc
}

// TestAPIDocument: the document for programs has every route of the API and no other, in JSON alone, with all that a
// reader needs.
func TestAPIDocument(t *testing.T) {
	t.Parallel()
	bothStyles(t, func(t *testing.T, style web.Wire) {
		doc := apiDocument(t, webtest.New(t, webtest.Wire(style)))
		if !strings.HasPrefix(doc.OpenAPI, "3.0.") || len(doc.Servers) != 1 || doc.Servers[0].URL != "/api/v2" {
			t.Errorf("OpenAPI %s at %v", doc.OpenAPI, doc.Servers)
		}
		known := map[string]bool{}
		for _, r := range web.Routes() {
			if !r.Offers(web.API) {
				continue
			}
			known[r.Method+" "+r.Path] = true
			if item := doc.Paths.Value(r.Path); item == nil || item.GetOperation(r.Method) == nil {
				t.Errorf("%s %s is missing", r.Method, r.Path)
			}
		}
		for path, item := range doc.Paths.Map() {
			for method, o := range item.Operations() {
				name := method + " " + path
				if !known[name] {
					t.Errorf("%s is no route of the API", name)
				}
				checkOperation(t, name, o)
			}
		}
	})
}

func checkOperation(t *testing.T, name string, o *openapi3.Operation) {
	t.Helper()
	if !strings.Contains(o.Description, "**Who may:** ") {
		t.Errorf("%s does not say what it does and who may: %q", name, o.Description)
	}
	if o.RequestBody != nil {
		checkContent(t, name+": the body", o.RequestBody.Value.Content)
	}
	for status, r := range o.Responses.Map() {
		checkContent(t, name+": "+status, r.Value.Content)
		for header := range r.Value.Headers {
			if strings.HasPrefix(header, "HX-") {
				t.Errorf("%s: %s has the header %s, which is one of pages", name, status, header)
			}
		}
	}
	for _, failure := range []int{http.StatusMethodNotAllowed, http.StatusTooManyRequests} {
		if o.Responses.Status(failure) == nil {
			t.Errorf("%s has no %d", name, failure)
		}
	}
}

func checkContent(t *testing.T, name string, content openapi3.Content) {
	t.Helper()
	for kind, media := range content {
		if kind != "application/json" || media.Example == nil {
			t.Errorf("%s: %s with the example %v", name, kind, media.Example)
		}
	}
}

// TestAPIDocumentStyles: each style has its own shape, and the answers have that one.
func TestAPIDocumentStyles(t *testing.T) {
	t.Parallel()
	bothStyles(t, func(t *testing.T, style web.Wire) {
		s := webtest.New(t, webtest.Wire(style))
		doc := apiDocument(t, s)
		const role = `{"name":"fresh","organization_permissions":[{"resource_type":"template","action":"read"}]}`
		for _, r := range []webtest.Request{
			{Path: "/organizations/default/members"},
			{Path: "/organizations/default/paginated-members?limit=1"},
			{Path: "/organizations/default/members/member?explain=1&action=read&resource_type=workspace"},
			{Method: "POST", Path: "/organizations/default/members/roles?dry_run=1", JSON: role},
			{Method: "POST", Path: "/organizations/default/members/roles", JSON: role},
			{Path: "/organizations/default/members/roles"},
			{Method: "DELETE", Path: "/organizations/default/members/roles/fresh?dry_run=1"},
			{Method: "DELETE", Path: "/organizations/default/members/roles/fresh"},
			{Method: "POST", Path: "/authcheck?explain=1", JSON: `{"checks":{"a":{"action":"read","object":{"resource_type":"user"}}}}`},
			{Path: "/organizations/default/who-can?action=read&resource_type=workspace"},
			{Path: "/users"},
			{Path: "/users/member/keys/tokens"},
			{Path: "/organizations/gone"},
		} {
			r.As, r.Path = webtest.Owner, "/api/v2"+r.Path
			res := s.Do(t, r)
			path, _, _ := strings.Cut(r.Path, "?")
			route := webtest.Operation(doc, cmp.Or(r.Method, http.MethodGet), path)
			answer := route.Operation.Responses.Status(res.StatusCode)
			if answer == nil {
				t.Errorf("%s: %d is not in the document", r.Path, res.StatusCode)
				continue
			}
			if len(answer.Value.Content) == 0 {
				continue
			}
			if err := answer.Value.Content["application/json"].Schema.Value.VisitJSON(res.Value()); err != nil {
				t.Errorf("%s: %v", r.Path, err)
			}
		}
	})
}

// TestAPIDocumentCatalog: the document names the types and actions of the catalog in force.
func TestAPIDocumentCatalog(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	doc := apiDocument(t, s)
	var types []any
	for _, r := range rbac.Default().Types() {
		types = append(types, r.Name)
	}
	want := map[string][]any{"ResourceType": types, "GrantedType": append([]any{rbac.Wildcard}, types...)}
	for _, a := range rbac.Default().Actions() {
		want["Action"] = append(want["Action"], a)
	}
	for name, values := range want {
		if diff := gocmp.Diff(values, doc.Components.Schemas[name].Value.Enum); diff != "" || len(values) == 0 {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// TestBounds: the lengths in the document are those that the server holds to. A value at its bound is not refused, and one
// above it is.
func TestBounds(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "lengths are looked at before the engine")
	providers := webtest.Providers("okta")
	s := webtest.New(t, providers)
	doc := apiDocument(t, s)
	tried := 0
	for name, asked := range asksFor {
		method, path, _ := strings.Cut(name, " ")
		body := webtest.Operation(doc, method, path).Operation.RequestBody.Value.Content["application/json"]
		example := body.Example.(map[string]any)
		for field, schema := range body.Schema.Value.Properties {
			at, above := atBound(schema.Value, example[field])
			if at == nil {
				continue
			}
			tried++
			if problem := refusalOf(t, s, method, path, asked.body, field, above); problem == "" {
				t.Errorf("%s: %s may have more than the document says", name, field)
			}
			// What is at its bound may be done, and then the next one meets another site.
			if problem := refusalOf(t, webtest.New(t, providers), method, path, asked.body, field, at); strings.Contains(problem, "must be") || strings.Contains(problem, "at most") {
				t.Errorf("%s: %s may not have as much as the document says: %s", name, field, problem)
			}
		}
	}
	if tried < 15 {
		t.Errorf("only %d bounds were tried", tried)
	}
}

// atBound makes an example as long as its schema allows, and one that is longer; nil if there is no bound.
func atBound(schema *openapi3.Schema, example any) (at, above any) {
	switch example := example.(type) {
	case string:
		if schema.MaxLength == nil {
			return nil, nil
		}
		text := example + strings.Repeat("a", int(*schema.MaxLength)-len(example))
		return text, text + "a"
	case []any:
		if schema.MaxItems == nil || *schema.MaxItems == 0 {
			return nil, nil
		}
		list := slices.Repeat(example[:1], int(*schema.MaxItems)+1)
		return list[1:], list
	}
	return nil, nil
}

// refusalOf sends a body with a field replaced, and returns what the answer says of that field, "" for nothing.
func refusalOf(t *testing.T, s *webtest.Site, method, path, body, field string, value any) string {
	t.Helper()
	as := webtest.Owner
	if path == "/users/first" {
		s, as = webtest.NewEmpty(t), ""
	}
	fields := map[string]any{}
	if err := json.Unmarshal([]byte(strings.ReplaceAll(body, "DEFAULT", s.Organizations[webtest.Default].ID.String())), &fields); err != nil {
		t.Fatal(err)
	}
	fields[field] = value
	if path == "/organizations/{organization}" {
		path = "/organizations/other" // the default one keeps its name
	}
	res := s.Do(t, webtest.Request{As: as, Method: method, Path: fill(path), JSON: fields})
	if res.StatusCode < http.StatusBadRequest {
		return ""
	}
	for _, v := range res.Error().Validations {
		if v.Field == field || strings.HasPrefix(v.Field, field+"[") {
			return v.Detail
		}
	}
	return ""
}

// TestOperationIDs: clients that are made from the document are called by its operationIds, so none may change. A new
// operation is added to the list by hand.
func TestOperationIDs(t *testing.T) {
	t.Parallel()
	doc := apiDocument(t, webtest.New(t))
	var got []string
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			got = append(got, fmt.Sprintf("%s %s %s", o.OperationID, method, path))
		}
	}
	slices.Sort(got)
	want, err := os.ReadFile("testdata/operations.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), strings.Join(got, "\n")+"\n"); diff != "" {
		t.Errorf("web/testdata/operations.txt (-want +got)\n%s", diff)
	}
}
