package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

func TestOpenAPIDocument(t *testing.T) {
	t.Parallel()
	doc, err := webtest.Document()
	if err != nil {
		t.Fatal(err)
	}
	if doc.Paths.Len() < 30 {
		t.Fatalf("the document has only %d paths", doc.Paths.Len())
	}
	ids := map[string]string{}
	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			name := method + " " + path
			if other, ok := ids[operation.OperationID]; ok || operation.OperationID == "" {
				t.Errorf("%s has the operationId %q, and so has %q", name, operation.OperationID, other)
			}
			ids[operation.OperationID] = name
			if operation.Summary == "" || operation.Description == "" || len(operation.Tags) != 1 {
				t.Errorf("%s needs a summary, a description and one tag", name)
			}
			public := operation.Security != nil && len(*operation.Security) == 0
			if made := operation.Responses.Status(http.StatusCreated); made != nil && made.Value.Headers["Location"] == nil {
				t.Errorf("%s does not say where what it made is", name)
			}
			if !public && operation.Responses.Status(http.StatusUnauthorized) == nil {
				t.Errorf("%s needs a signed-in caller, but has no answer for a stranger", name)
			}
		}
	}
}

// TestRoutesAreDocumented compares the table of routes with the document, both ways.
func TestRoutesAreDocumented(t *testing.T) {
	t.Parallel()
	doc, err := webtest.Document()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, r := range web.Routes() {
		path := strings.Replace(r.Path, "*", "{file}", 1)
		known[r.Method+" "+path] = true
		item := doc.Paths.Value(path)
		if item == nil || item.GetOperation(r.Method) == nil {
			t.Errorf("%s %s is not in openapi.json", r.Method, r.Path)
			continue
		}
		operation := item.GetOperation(r.Method)
		public := operation.Security != nil && len(*operation.Security) == 0
		says := []struct {
			what            string
			route, document bool
		}{
			{"answers below /api/v2", r.Offers(web.API), len(item.Servers) == 0},
			{"answers strangers", r.Access == web.Public, public},
			{"has a page", r.Offers(web.Page), answers(operation, "text/html") || operation.Responses.Status(http.StatusSeeOther) != nil},
			{"reads a body", r.Offers(web.Body), operation.RequestBody != nil},
			{"has CSV", r.Offers(web.CSV), answers(operation, "text/csv") && operation.OperationID != "changeMembers" && operation.OperationID != "changeUsers"}, // whose forms ask for it, not Accept,
			{
				"takes an Idempotency-Key", r.Method == http.MethodPost && r.Access == web.SignedIn && r.Offers(web.API) && !r.Offers(web.Decides),
				operation.Parameters.GetByInAndName("header", "Idempotency-Key") != nil && operation.Responses.Status(http.StatusUnprocessableEntity) != nil,
			},
		}
		for _, s := range says {
			if s.route != s.document {
				t.Errorf("%s %s %s: the route says %v, openapi.json %v", r.Method, r.Path, s.what, s.route, s.document)
			}
		}
	}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			if !known[method+" "+path] {
				t.Errorf("openapi.json has %s %s, which is no route", method, path)
			}
		}
	}
}

func answers(operation *openapi3.Operation, contentType string) bool {
	ok := operation.Responses.Status(http.StatusOK)
	return ok != nil && ok.Value.Content[contentType] != nil
}

// TestContract shows that the contract can be broken: each case says whether the document must accept the answer.
func TestContract(t *testing.T) {
	t.Parallel()
	const (
		id     = `"7c60d51f-b44e-4682-87d6-449835ea4de6"`
		at     = `"2026-01-02T03:04:05.678901Z"`
		member = `{"user_id":` + id + `,"organization_id":` + id + `,"created_at":` + at + `,"updated_at":` + at + `,"roles":[{"name":"a","display_name":"","organization_id":` + id + `}]`
		full   = member + `,"username":"u","name":"","avatar_url":"","email":"u@example.com","global_roles":[],"status":"active","login_type":"password",` +
			`"last_seen_at":"0001-01-01T00:00:00Z","user_created_at":"2026-01-01T00:00:00Z","user_updated_at":"2026-01-01T00:00:00Z","has_ai_seat":false}`
		role    = `{"name":"a","organization_id":` + id + `,"display_name":"A","site_permissions":[],"organization_permissions":[{"negate":false,"resource_type":"user","action":"read"}],"organization_member_permissions":[],"user_permissions":[]}`
		members = "/organizations/default/members"
		paged   = "/api/v2/organizations/default/paginated-members"
		roles   = "/organizations/default/members/roles"
	)
	tests := []struct {
		name, method, path string
		status             int
		contentType, body  string
		ok                 bool
	}{
		{"list", "GET", members, 200, "application/json; charset=utf-8", "[" + full + "]", true},
		{"trailing slash", "GET", "/api/v2" + members + "/", 200, "application/json", "[]", true},
		{"page", "GET", members, 200, "text/html; charset=utf-8", "<!doctype html>", true},
		{"csv", "GET", members, 200, "text/csv; charset=utf-8", "a,b\r\n", true},
		{"xml", "GET", members, 200, "application/xml", "<a/>", false},
		{"null list", "GET", members, 200, "application/json", "null", false},
		{"object", "GET", members, 200, "application/json", "{}", false},
		{"missing field", "GET", members, 200, "application/json", "[" + member + "}]", false},
		{"extra field", "GET", members, 200, "application/json", "[" + strings.TrimSuffix(full, "}") + `,"password":"x"}]`, false},
		{"bad uuid", "GET", members, 200, "application/json", "[" + strings.Replace(full, id, `"7c60"`, 1) + "]", false},
		{"bad time", "GET", members, 200, "application/json", "[" + strings.Replace(full, at, `"yesterday"`, 1) + "]", false},
		{"unknown status", "GET", members, 201, "application/json", "[]", false},
		{"documented page", "GET", paged, 200, "application/json", `[{"count":1,"members":[` + full + `]}]`, true},
		{"sdk page", "GET", paged, 200, "application/json", `{"count":1,"members":[` + full + `]}`, true},
		{"two pages", "GET", paged, 200, "application/json", `[{"count":0,"members":[]},{"count":0,"members":[]}]`, false},
		{"documented role", "PUT", roles, 200, "application/json", "[" + role + "]", true},
		{"sdk role", "PUT", roles, 200, "application/json", role, true},
		{"role without lists", "PUT", roles, 200, "application/json", `{"name":"a","display_name":""}`, false},
		{"member added", "POST", members + "/anna", 200, "application/json", member + "}", true},
		{"member removed", "DELETE", members + "/anna", 204, "", "", true},
		{"body in a 204", "DELETE", members + "/anna", 204, "application/json", "{}", false},
		{"error", "GET", members, 404, "application/json", `{"message":"no"}`, true},
		{"empty detail", "GET", members, 404, "application/json", `{"message":"no","detail":""}`, false},
		{"plain error", "GET", members, 404, "application/json", `"no"`, false},
		{"unknown path", "GET", "/nowhere", 404, "application/json", `{"message":"no"}`, true},
		{"unknown path answers", "GET", "/nowhere", 200, "application/json", `{"message":"no"}`, false},
		{"unknown method", "PATCH", members, 405, "application/json", `{"message":"no"}`, true},
		{"page below the API", "GET", "/api/v2/login", 200, "text/html", "", false},
		{"options", "OPTIONS", members, 204, "", "", true},
		{"roles is not a user", "GET", roles, 200, "application/json", "[]", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, nil)
			header := http.Header{"X-Request-Id": {"1"}, "Allow": {"GET, OPTIONS"}}
			if tt.contentType != "" {
				header.Set("Content-Type", tt.contentType)
			}
			err := webtest.Contract(req, &http.Response{StatusCode: tt.status, Header: header}, []byte(tt.body))
			if (err == nil) != tt.ok {
				t.Errorf("accepted = %v, want %v: %v", err == nil, tt.ok, err)
			}
		})
	}
	t.Run("no request id", func(t *testing.T) {
		t.Parallel()
		req := httptest.NewRequestWithContext(t.Context(), "GET", members, nil)
		if webtest.Contract(req, &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}}, []byte("[]")) == nil {
			t.Error("an answer without X-Request-Id was accepted")
		}
	})
	t.Run("form", func(t *testing.T) {
		t.Parallel()
		req := httptest.NewRequestWithContext(t.Context(), "POST", members+"/anna", nil)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("_method=DELETE")), nil }
		if err := webtest.Contract(req, &http.Response{StatusCode: 204, Header: http.Header{"X-Request-Id": {"1"}}}, nil); err != nil {
			t.Errorf("a form that removes a member: %v", err)
		}
	})
}
