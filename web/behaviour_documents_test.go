package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// sample is the example that a document has of an endpoint.
type sample struct{ Request, Response any }

// documents are the examples of the three documents, by the date of the document and the endpoint.
func documents(t *testing.T) map[string]map[string]sample {
	t.Helper()
	data, err := os.ReadFile("testdata/documents.json")
	if err != nil {
		t.Fatal(err)
	}
	var d map[string]map[string]sample
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDocuments holds every answer to the example of every document that has the endpoint: the same fields with the same
// types, in both styles. Clients of 2022 may find more fields than they know.
func TestDocuments(t *testing.T) {
	t.Parallel()
	newest := "2025-07"
	for date, endpoints := range documents(t) {
		for endpoint, sample := range endpoints {
			for _, way := range []webtest.Way{webtest.JSON, webtest.SDK} {
				t.Run(date+" "+endpoint+" "+way.String(), func(t *testing.T) {
					t.Parallel()
					s := webtest.New(t)
					if way == webtest.SDK {
						s = webtest.New(t, webtest.Wire(web.SDK))
					}
					res := example(t, s, endpoint, sample.Request)
					want := styled(endpoint, way, sample.Response)
					if want == nil {
						if res.StatusCode != 204 || len(res.Body) > 0 {
							t.Errorf("got %d %s", res.StatusCode, res.Body)
						}
						return
					}
					old := date != newest && !strings.HasPrefix(endpoint, "PATCH")
					c := comparison{old: old, met: map[string]bool{}}
					c.compare("", want, res.Value())
					c.complete("", want, unshown(endpoint))
					for _, problem := range c.problems {
						t.Error(problem)
					}
					if t.Failed() {
						t.Logf("got %.500s", res.Body)
					}
				})
			}
		}
	}
}

// styled is the answer that a style gives where a document shows shown.
func styled(endpoint string, way webtest.Way, shown any) any {
	method, path, _ := strings.Cut(endpoint, " ")
	if way != webtest.SDK {
		return shown
	}
	switch {
	case strings.HasSuffix(path, "paginated-members"), method == http.MethodPatch,
		strings.HasSuffix(path, "members/roles") && method != http.MethodGet:
		return shown.([]any)[0]
	case method == http.MethodDelete:
		return nil
	}
	return shown
}

// unshown are the parts of an example that our answers never have: a role of an organization has no permissions of the
// other levels, and what belongs to the site has no organization.
func unshown(endpoint string) []string {
	switch endpoint {
	case "POST /organizations/{organization}/members/{user}":
		return []string{"roles["} // a new member has none
	case "GET /users/roles":
		return []string{"organization_id", "organization_permissions["}
	case "PATCH /users/roles":
		return []string{"organization_id", "organization_permissions."}
	case "GET /organizations/{organization}/members/roles":
		return []string{"user_permissions["}
	}
	if strings.Contains(endpoint, "/members/roles") {
		return []string{"site_permissions[", "user_permissions["}
	}
	return []string{"global_roles[].organization_id"}
}

// example sends the request of an endpoint so that the answer has something of everything.
func example(t *testing.T, s *webtest.Site, endpoint string, shown any) *webtest.Response {
	t.Helper()
	method, path, _ := strings.Cut(endpoint, " ")
	body := map[string]any{}
	if shown, ok := shown.(map[string]any); ok {
		for field := range shown {
			body[field] = []any{}
		}
	}
	user := "member"
	switch {
	case strings.HasPrefix(endpoint, "POST /organizations/{organization}/members/{user}"):
		user = "outsider"
	case strings.HasSuffix(path, "{user}/roles"):
		body["roles"] = []string{orgAuditor}
	case strings.HasSuffix(path, "/members/roles"):
		body["name"], body["display_name"] = "string", "string"
		body["organization_permissions"] = []permission{{"template", "read", true}}
	case method == http.MethodPatch:
		body = map[string]any{"name": "string", "display_name": "string", "organization_permissions": map[string]any{},
			"site_permissions": []permission{perm("user", "read")}, "user_permissions": []permission{perm("user", "read")}}
	case endpoint == "GET /users/roles":
		do(t, s, send(webtest.Owner, http.MethodPatch, path, map[string]any{"name": "own", "user_permissions": []permission{perm("user", "read")}}))
	case method == http.MethodDelete && strings.HasSuffix(path, "{roleName}"):
		do(t, s, put(webtest.Admin, role{"ci", "CI", []permission{perm("template", "read")}}))
	}
	path = strings.NewReplacer("{organization}", s.Organizations[webtest.Default].ID.String(), "{user}", user, "{roleName}", "ci").Replace(path)
	r := webtest.Request{As: webtest.Owner, Method: method, Path: "/api/v2" + path}
	if len(body) > 0 {
		r.JSON = body
	}
	return do(t, s, r)
}

// Fields that answers have since the newest document was written: those that are always empty, and those of a member's
// account.
var (
	newer     = []string{"organization_member_permissions", "default_org_member_roles"}
	ours      = []string{"description"} // of a role: clients read over it
	ofAccount = []string{"status", "login_type", "last_seen_at", "user_created_at", "user_updated_at", "has_ai_seat"}
)

// comparison finds where an answer is not built like an example.
type comparison struct {
	old      bool // a newer document has the endpoint: with more fields, and another organization_permissions
	met      map[string]bool
	problems []string
}

func (c *comparison) addError(format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

func (c *comparison) compare(at string, want, got any) {
	c.met[at] = true
	if c.old && strings.HasSuffix(at, ".organization_permissions") {
		return
	}
	if reflect.TypeOf(want) != reflect.TypeOf(got) {
		c.addError("%s is %v, in the document %v", at, got, want)
		return
	}
	switch want := want.(type) {
	case []any:
		for _, item := range got.([]any) {
			c.compare(at+"[]", want[0], item)
		}
	case map[string]any:
		got := got.(map[string]any)
		for field, value := range got {
			if shown, ok := want[field]; ok {
				c.compare(at+"."+field, shown, value)
			} else if empty, ok := value.([]any); (!ok || len(empty) > 0 || !slices.Contains(newer, field)) && !slices.Contains(ofAccount, field) && !slices.Contains(ours, field) && !c.old {
				c.addError("%s.%s is not in the document", at, field)
			}
		}
		for field := range want {
			if _, ok := got[field]; !ok && field != "organization_id" && !strings.HasPrefix(field, "property") {
				c.addError("%s.%s is missing", at, field)
			}
		}
	case string:
		c.format(at, want, got.(string))
	}
}

func (c *comparison) format(at, want, got string) {
	if _, err := uuid.Parse(want); err == nil {
		if _, err := uuid.Parse(got); err != nil {
			c.addError("%s is no uuid: %s", at, got)
		}
	}
	if _, err := time.Parse(time.RFC3339, want); err == nil {
		if _, err := time.Parse(time.RFC3339Nano, got); err != nil || !strings.HasSuffix(got, "Z") {
			c.addError("%s is no time in UTC: %s", at, got)
		}
	}
}

// complete finds what the example has and no part of the answer showed.
func (c *comparison) complete(at string, want any, unshown []string) {
	for _, u := range unshown {
		if strings.Contains(at, u) {
			return
		}
	}
	if c.old && strings.Contains(at, ".organization_permissions") {
		return
	}
	if !c.met[at] {
		c.addError("nothing showed %s", at)
		return
	}
	switch want := want.(type) {
	case []any:
		c.complete(at+"[]", want[0], unshown)
	case map[string]any:
		for field, value := range want {
			c.complete(at+"."+field, value, unshown)
		}
	}
}
