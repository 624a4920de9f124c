package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// TestUsers goes through the life of an account.
func TestUsers(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	home := s.Organizations[webtest.Default].ID.String()
	create := map[string]any{"email": "Nina@example.com", "username": "Nina", "name": "Nina N", "password": webtest.Password, "organization_ids": []string{home}}
	steps := []struct {
		name, method, path string
		body               any
		status             int
		has                string
	}{
		{"create", "POST", "/users", create, 201, `"username":"Nina"`},
		{"create again", "POST", "/users", create, 409, "User already exists."},
		{"create nowhere", "POST", "/users", map[string]any{"email": "a@example.com", "username": "a", "password": webtest.Password}, 400, "organization_ids"},
		{"create with a bad id", "POST", "/users", map[string]any{"organization_ids": []string{"x"}}, 400, `"organization_ids[0]"`},
		{"list", "GET", "/users?q=nina", nil, 200, `"count":1`},
		{"list badly", "GET", "/users?after_id=x&limit=y", nil, 400, "after_id"},
		{"show", "GET", "/users/nina", nil, 200, `"email":"Nina@example.com"`},
		{"show nobody", "GET", "/users/nobody", nil, 400, "must be an existing uuid or username"},
		{"profile", "PUT", "/users/nina/profile", map[string]any{"username": "nina2", "name": "N"}, 200, `"username":"nina2"`},
		{"profile of a wrong type", "PUT", "/users/nina2/profile", map[string]any{"username": 7}, 400, `"field":"username"`},
		{"password", "PUT", "/users/nina2/password", map[string]any{"password": "another " + webtest.Password}, 204, ""},
		{"roles", "PUT", "/users/nina2/roles", map[string]any{"roles": []string{"auditor"}}, 200, `"name":"auditor"`},
		{"roles of nothing", "PUT", "/users/nina2/roles", map[string]any{}, 400, `"field":"roles"`},
		{"role names", "GET", "/users/nina2/roles", nil, 200, `{"roles":["auditor"],"organization_roles":{"` + home + `":[]},"assignments":[{"role":"auditor",`},
		{"organizations", "GET", "/users/nina2/organizations", nil, 200, `"name":"default"`},
		{"suspend", "PUT", "/users/nina2/status/suspend", nil, 200, `"status":"suspended"`},
		{"activate", "PUT", "/users/nina2/status/activate", nil, 200, `"status":"active"`},
		{"delete", "DELETE", "/users/nina2", nil, 200, `"message"`},
		{"deleted", "GET", "/users/nina2", nil, 400, ""},
	}
	for _, step := range steps {
		res := s.Do(t, webtest.Request{Method: step.method, Path: "/api/v2" + step.path, As: webtest.Owner, JSON: step.body})
		if res.StatusCode != step.status || !strings.Contains(string(res.Body), step.has) {
			t.Errorf("%s: got %d, want %d with %s\n%s", step.name, res.StatusCode, step.status, step.has, res.Body)
		}
	}
}

func TestOrganizations(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, step := range []struct {
		name, method, path string
		body               any
		status             int
		has                string
	}{
		{"create", "POST", "/organizations", map[string]any{"name": "acme", "description": "What we make"}, 201, `"display_name":"acme"`},
		{"create again", "POST", "/organizations", map[string]any{"name": "ACME"}, 409, ""},
		{"list", "GET", "/organizations", nil, 200, `"name":"acme"`},
		{"keep", "PATCH", "/organizations/acme", map[string]any{"icon": "/icon.png", "description": nil}, 200, `"description":"What we make"`},
		{"clear", "PATCH", "/organizations/acme", map[string]any{"description": ""}, 200, `"description":""`},
		{"show", "GET", "/organizations/acme", nil, 200, `"icon":"/icon.png"`},
		{"delete the default one", "DELETE", "/organizations/default", nil, 400, ""},
		{"delete", "DELETE", "/organizations/acme", nil, 200, `"message"`},
		{"deleted", "GET", "/organizations/acme", nil, 404, ""},
	} {
		res := s.Do(t, webtest.Request{Method: step.method, Path: "/api/v2" + step.path, As: webtest.Owner, JSON: step.body})
		if res.StatusCode != step.status || !strings.Contains(string(res.Body), step.has) {
			t.Errorf("%s: got %d, want %d with %s\n%s", step.name, res.StatusCode, step.status, step.has, res.Body)
		}
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	nina := s.AddUser(t, "nina", webtest.Default)
	tokens := "/users/" + nina.ID.String() + "/keys/tokens"
	res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: tokens, As: "nina", JSON: map[string]any{"token_name": "ci", "lifetime": 3600_000_000_000}})
	var made struct{ Key string }
	res.Decode(&made)
	if res.StatusCode != 201 || res.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("got %d, Cache-Control %q\n%s", res.StatusCode, res.Header.Get("Cache-Control"), res.Body)
	}
	var list []struct {
		ID       string
		Name     string `json:"token_name"`
		Lifetime int    `json:"lifetime_seconds"`
	}
	listed := s.Get(t, "nina", tokens)
	listed.Decode(&list)
	found := false
	for _, token := range list {
		found = found || token.Name == "ci" && token.Lifetime == 3600 && strings.HasPrefix(made.Key, token.ID+"-")
	}
	if !found || strings.Contains(string(listed.Body), made.Key[11:]) {
		t.Errorf("the list is %s", listed.Body)
	}
	for _, lifetime := range []string{"-1", "1.5", `"1h"`, "1e30"} {
		res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: tokens, As: "nina", JSON: `{"lifetime":` + lifetime + `}`})
		if res.StatusCode != 400 {
			t.Errorf("a lifetime of %s: got %d", lifetime, res.StatusCode)
		}
	}
	for _, token := range list {
		if res := s.Do(t, webtest.Request{Method: http.MethodDelete, Path: "/users/nina/keys/" + token.ID, As: webtest.Owner}); res.StatusCode != 204 {
			t.Errorf("delete: got %d\n%s", res.StatusCode, res.Body)
		}
	}
	if res := s.Get(t, webtest.Owner, tokens); string(res.Body) != "[]\n" {
		t.Errorf("no tokens are %q", res.Body)
	}
}

func TestAuthCheck(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	home := s.Organizations[webtest.Default].ID.String()
	check := func(action string, object map[string]any) map[string]any {
		return map[string]any{"action": action, "object": object}
	}
	body := map[string]any{"checks": map[string]any{
		"may":     check("assign", map[string]any{"resource_type": "assign_org_role", "organization_id": home}),
		"may not": check("assign", map[string]any{"resource_type": "assign_role"}),
		"own":     check("read", map[string]any{"resource_type": "user", "owner_id": "me"}),
		"any":     check("create", map[string]any{"resource_type": "organization_member", "any_org": true}),
		"unknown": check("fly", map[string]any{"resource_type": "pig"}),
	}}
	res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/api/v2/authcheck", As: webtest.Admin, JSON: body})
	want := map[string]any{"may": true, "may not": false, "own": true, "any": true, "unknown": false}
	if diff := cmp.Diff(want, res.Value()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, bad := range []string{`{"checks":{"a":{"action":"read","object":{}}}}`, `{"checks":[]}`, `{"checks":{"a":null,"b":7}}`, `{"checks":{"a":{"action":1}}}`} {
		if res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/authcheck", As: webtest.Admin, JSON: bad}); res.StatusCode != 400 {
			t.Errorf("%s: got %d\n%s", bad, res.StatusCode, res.Body)
		}
	}
}

// TestAuthCheckByName: the shape of answers about another account, and of a strict question; what may not be seen looks like
// what is not there.
func TestAuthCheckByName(t *testing.T) {
	t.Parallel()
	bothStyles(t, func(t *testing.T, style web.Wire) {
		s := webtest.New(t, webtest.Wire(style))
		const notFound = `"k":{"code":"not_found","message":"No such person or organization, or you may not see it."}`
		for _, tt := range []struct {
			name, as, asked, action, object, want string
			status                                int
		}{
			{"by name", webtest.Admin, `"user":"MEMBER",`, "read", `"resource_type":"organization","organization_id":"default"`, `{"k":true}`, 200},
			{"by address", webtest.Admin, `"user":"member@example.com",`, "read", `"resource_type":"organization","organization_id":"Default"`, `{"k":true}`, 200},
			{"by id", webtest.Admin, `"user":"` + s.ID(webtest.Member) + `",`, "delete", `"resource_type":"organization","organization_id":"default"`, `{"k":false}`, 200},
			{"own", webtest.Member, `"user":"me",`, "read", `"resource_type":"organization_member","organization_id":"default","owner_id":"me"`, `{"k":true}`, 200},
			{"strict", webtest.Member, `"strict":true,`, "read", `"resource_type":"organization","organization_id":"default"`, `{"k":true}`, 200},
			{"not strict", webtest.Member, `"strict":false,`, "fly", `"resource_type":"pig"`, `{"k":false}`, 200},
			{"null", webtest.Member, `"strict":null,`, "fly", `"resource_type":"pig"`, `{"k":false}`, 200},
			{"typo", webtest.Member, `"strict":true,`, "fly", `"resource_type":"pig"`, `{"errors":{"k":{"code":"unknown_permission","message":"There is no such action on that resource type."}},"k":false}`, 200},
			{"hidden organization", webtest.Member, `"strict":true,`, "read", `"resource_type":"template","organization_id":"other"`, `{"errors":{` + notFound + `},"k":false}`, 200},
			{"no organization", webtest.Member, `"strict":true,`, "read", `"resource_type":"template","organization_id":"nowhere"`, `{"errors":{` + notFound + `},"k":false}`, 200},
			{"hidden account", webtest.Member, `"user":"rival",`, "read", `"resource_type":"template","organization_id":"default"`, `{"errors":{` + notFound + `},"k":false}`, 200},
			{"no account", webtest.Member, `"user":"nobody",`, "read", `"resource_type":"template","organization_id":"default"`, `{"errors":{` + notFound + `},"k":false}`, 200},
			{"a name without user or strict", webtest.Member, "", "read", `"resource_type":"template","organization_id":"default"`, `must be a valid uuid`, 400},
			{"wrong type", webtest.Member, `"strict":"yes",`, "read", `"resource_type":"template"`, `must be true or false`, 400},
		} {
			res := s.Do(t, webtest.Request{
				Method: http.MethodPost, Path: "/api/v2/authcheck", As: tt.as,
				JSON: `{` + tt.asked + `"checks":{"k":{"action":"` + tt.action + `","object":{` + tt.object + `}}}}`,
			})
			if res.StatusCode != tt.status || tt.status == 200 && string(res.Body) != tt.want+"\n" || !strings.Contains(string(res.Body), tt.want) {
				t.Errorf("%s: got %d %s, want %s", tt.name, res.StatusCode, res.Body, tt.want)
			}
		}
	})
}

func TestAudit(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	change := s.Do(t, webtest.Request{
		Path: members + "/member/roles", As: webtest.Admin, JSON: `{"roles":["organization-auditor"]}`, Header: http.Header{"User-Agent": {"tester/1"}},
	})
	var list struct {
		Logs []struct {
			RequestID string `json:"request_id"`
			IP        string
			Agent     string `json:"user_agent"`
			Target    string `json:"resource_target"`
			Status    int    `json:"status_code"`
		} `json:"audit_logs"`
		Count int
	}
	s.Get(t, webtest.Owner, "/api/v2/audit?limit=1").Decode(&list)
	if len(list.Logs) != 1 || list.Count < 2 {
		t.Fatalf("got %d of %d entries", len(list.Logs), list.Count)
	}
	got := list.Logs[0]
	if got.RequestID != change.Header.Get("X-Request-Id") || got.IP != "192.0.2.1" || got.Agent != "tester/1" || got.Target != "member" || got.Status != 200 {
		t.Errorf("got %+v", got)
	}
	if res := s.Get(t, webtest.Outsider, "/audit"); res.StatusCode != 403 {
		t.Errorf("as an outsider: got %d", res.StatusCode)
	}
	if res := s.Get(t, webtest.Owner, "/audit?limit=-1&offset=x"); res.StatusCode != 400 || len(res.Error().Validations) != 2 {
		t.Errorf("bad parameters: got %d %s", res.StatusCode, res.Body)
	}
}
