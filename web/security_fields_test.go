package web_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"rolecall.example/views"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// bothStyles runs a test against a site of each style of answers.
func bothStyles(t *testing.T, test func(t *testing.T, style web.Wire)) {
	t.Helper()
	for style, name := range map[web.Wire]string{web.Documented: "documented", web.SDK: "sdk"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, style)
		})
	}
}

// asked is a body that its route accepts, as the owner.
type asked struct {
	body    string
	mistake string   // the same body with a field that is understood, but wrong
	wrong   string   // that field
	inner   []string // objects in it, by path, each of which is given something unknown
}

// asksFor has a body for every route of the API that takes one.
var asksFor = map[string]asked{
	"POST /organizations/{organization}/members": {`{"action":"add","users":["outsider"]}`, `{"action":"add","users":[7]}`, "users[0]", nil},
	"PUT /organizations/{organization}/members/{user}/roles": {
		`{"roles":["organization-auditor"]}`, `{"roles":[7]}`, "roles[0]", nil},
	"PUT /organizations/{organization}/members/{user}/roles/{roleName}": {`{"reason":"x"}`, `{"reason":7}`, "reason", nil},
	"PUT /users/{user}/roles/{roleName}":                                {`{"reason":"x"}`, `{"reason":7}`, "reason", nil},
	"POST /organizations/{organization}/members/{user}":                 {`{"reason":"x"}`, `{"reason":7}`, "reason", nil},
	"POST /organizations/{organization}/members/roles": {
		`{"name":"fresh","organization_permissions":[{"resource_type":"template","action":"read"}]}`, `{"name":7,"organization_permissions":[{}]}`, "name",
		[]string{"organization_permissions[0]"}},
	"PUT /organizations/{organization}/members/roles": {
		`{"name":"fresh","organization_permissions":{"DEFAULT":[{"resource_type":"template","action":"read"}]}}`, `{"name":7,"organization_permissions":{"DEFAULT":[{}]}}`, "name",
		[]string{"organization_permissions.DEFAULT[0]"}},
	"PATCH /users/roles": {
		`{"name":"fresh","site_permissions":[{"resource_type":"user","action":"read"}],"user_permissions":[{"resource_type":"file","action":"read"}]}`,
		`{"name":7,"site_permissions":[{}],"user_permissions":[{}]}`, "name", []string{"site_permissions[0]", "user_permissions[0]"}},
	"POST /organizations/{organization}/members/roles/{roleName}/restore": {`{"restore":1}`, `{"restore":"1"}`, "restore", nil},
	"POST /users/roles/{roleName}/restore":                                {`{"restore":1}`, `{"restore":"1"}`, "restore", nil},
	"POST /users": {
		`{"username":"fresh","email":"fresh@example.com","login_type":"none","organization_ids":["DEFAULT"]}`,
		`{"username":7,"email":"fresh@example.com","organization_ids":["DEFAULT"]}`, "username", nil},
	"POST /users/selection":          {`{"action":"suspend","users":["outsider"]}`, `{"action":"suspend","users":[7]}`, "users[0]", nil},
	"POST /users/{user}/offboard":    {`{"suspend":true}`, `{"suspend":7}`, "suspend", nil},
	"PUT /users/{user}/profile":      {`{"username":"member","name":"New"}`, `{"username":"member","name":7}`, "name", nil},
	"PUT /users/{user}/password":     {`{"password":"correct horse battery stable"}`, `{"password":7}`, "password", nil},
	"PUT /users/{user}/roles":        {`{"roles":["auditor"]}`, `{"roles":[7]}`, "roles[0]", nil},
	"POST /users/{user}/keys/tokens": {`{"token_name":"fresh","allow_list":[{"type":"*","id":"*"}]}`, `{"token_name":7,"allow_list":[{}]}`, "token_name", []string{"allow_list[0]"}},
	"POST /organizations":            {`{"name":"fresh"}`, `{"name":7}`, "name", nil},
	"POST /catalog/rollback":         {`{"version":1}`, `{"version":"1"}`, "version", nil},
	"PATCH /organizations/{organization}": {
		`{"display_name":"Fresh"}`, `{"display_name":7}`, "display_name", nil},
	"POST /authcheck": {
		`{"checks":{"k":{"action":"read","object":{"resource_type":"user"}}}}`, `{"checks":{"k":{"action":7,"object":{}}}}`, "checks.k.action", []string{"checks.k", "checks.k.object"}},
	"POST /snapshots": {`{"organizations":["default"]}`, `{"organizations":["default"],"aliases":7}`, "aliases", nil},
	"POST /users/first": {
		`{"username":"boss","email":"first@example.com","password":"correct horse battery staple","setup_token":"` + webtest.SetupToken + `"}`,
		`{"username":7,"setup_token":"` + webtest.SetupToken + `"}`, "username", nil},
	"POST /organizations/{organization}/invitations": {
		`{"emails":["new@example.com"]}`, `{"emails":[7]}`, "emails[0]", nil},
	"POST /invitations": {
		`{"emails":["new@example.com"],"organizations":[{"id":"default"}]}`, `{"emails":[7],"organizations":[{"id":"default"}]}`, "emails[0]", []string{"organizations[0]"}},
	"POST /organizations/{organization}/invitations/{invitation}/resend": {`{"send":true}`, `{"send":1}`, "send", nil},
	"POST /invitations/{invitation}/resend":                              {`{"send":true}`, `{"send":1}`, "send", nil},
	"POST /invitations/{invitation}":                                     {`{"username":""}`, `{"username":7}`, "username", nil},
	"POST /users/validate-password":                                      {`{"password":"x"}`, `{"password":7}`, "password", nil},
	"POST /users/me/mfa/app":                                             {`{"password":"` + webtest.Password + `"}`, `{"password":7}`, "password", nil},
	"POST /users/me/mfa/app/remove":                                      {`{"password":"` + webtest.Password + `"}`, `{"password":7}`, "password", nil},
	"POST /users/me/mfa/recovery-codes":                                  {`{"password":"` + webtest.Password + `"}`, `{"password":7}`, "password", nil},
	"PATCH /settings/idpsync/organization":                               {`{"field":"groups","mapping":{"eng":["DEFAULT"]}}`, `{"field":7}`, "field", nil},
	"PATCH /settings/idpsync/organization/config":                        {`{"field":"groups"}`, `{"field":7}`, "field", nil},
	"PATCH /settings/idpsync/organization/mapping":                       {`{"Add":[{"Given":"eng","Gets":"DEFAULT"}]}`, `{"Add":[{"Given":7,"Gets":"DEFAULT"}]}`, "Add[0].Given", []string{"Add[0]"}},
	"PATCH /settings/idpsync/site-roles":                                 {`{"field":"groups","mapping":{"eng":["auditor"]}}`, `{"field":7}`, "field", nil},
	"PATCH /settings/idpsync/site-roles/config":                          {`{"field":"groups"}`, `{"field":7}`, "field", nil},
	"PATCH /settings/idpsync/site-roles/mapping":                         {`{"Add":[{"Given":"eng","Gets":"auditor"}]}`, `{"Add":[{"Given":7,"Gets":"auditor"}]}`, "Add[0].Given", []string{"Add[0]"}},
	"PATCH /organizations/{organization}/settings/idpsync/roles":         {`{"field":"groups","mapping":{"eng":["organization-auditor"]}}`, `{"field":7}`, "field", nil},
	"PATCH /organizations/{organization}/settings/idpsync/roles/config":  {`{"field":"groups"}`, `{"field":7}`, "field", nil},
	"PATCH /organizations/{organization}/settings/idpsync/roles/mapping": {`{"Add":[{"Given":"eng","Gets":"organization-auditor"}]}`, `{"Add":[{"Given":7,"Gets":"organization-auditor"}]}`, "Add[0].Given", []string{"Add[0]"}},
	"POST /settings/idpsync/test": {
		`{"claims":{"groups":["eng"]},"draft":{"site_roles":{"field":"groups","mapping":{"eng":["auditor"]}}}}`, `{"claims":7,"draft":{"site_roles":{}}}`, "claims", []string{"draft", "draft.site_roles"}},
	"POST /organizations/{organization}/settings/idpsync/test": {
		`{"claims":{"groups":["eng"]},"draft":{"field":"groups","mapping":{"eng":["organization-auditor"]}}}`, `{"claims":7,"draft":{"field":"groups"}}`, "claims", []string{"draft"}},
	"POST /settings/idpsync/release":                      {`{"action":""}`, `{"action":7}`, "action", nil},
	"POST /users/login":                                   {`{"email":"member@example.com","password":"` + webtest.Password + `"}`, `{"email":7}`, "email", nil},
	"PATCH /organizations/{organization}/directory":       {`{"name":"Okta"}`, `{"name":7}`, "name", nil},
	"POST /organizations/{organization}/directory/tokens": {`{"expires_in":"24h"}`, `{"expires_in":7}`, "expires_in", nil},
	"PUT /organizations/{organization}/directory/rules": {
		`{"rules":[{"match":"displayName","value":"eng","role":"organization-auditor"}]}`, `{"rules":[{"match":7,"value":"eng","role":"organization-auditor"}]}`, "rules[0].match", []string{"rules[0]"}},
}

// C15: every route of the API that takes a body refuses what it does not understand, wherever it stands, in one answer
// with everything else that is wrong with the body, and writes nothing. A field that is empty changes nothing, and
// neither does one of an answer that is sent back. openapi.json says the same.
func TestC15_UnknownFields(t *testing.T) {
	t.Parallel()
	bothStyles(t, func(t *testing.T, style web.Wire) {
		for _, route := range web.Routes() {
			if !route.Offers(web.API | web.Body) {
				continue
			}
			name := route.Method + " " + route.Path
			if name == "PUT /catalog" {
				continue // whose body is a file: TestCatalogRefusals reads of its mistakes by line
			}
			if strings.HasSuffix(route.Path, "/lint/dismissals") {
				continue // whose body names findings, of which there are none: TestDismissFindings dismisses some
			}
			if route.Path == views.FactorConfirmURL || strings.HasPrefix(route.Path, views.PasskeysURL) || strings.HasPrefix(route.Path, views.LoginPasskeyURL) {
				continue // no body of it is right but one that was just signed: TestTwoSteps and the browser send some
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				a, ok := asksFor[name]
				if !ok {
					t.Fatal("the table has no body for this route")
				}
				unknownFields(t, style, route, a)
			})
		}
	})
}

func unknownFields(t *testing.T, style web.Wire, route web.Route, a asked) {
	t.Helper()
	s := siteFor(t, style, route)
	user, role := "member", "ci"
	switch {
	case route.Method == http.MethodPost && route.Path == "/organizations/{organization}/members/{user}":
		user = "outsider" // who is no member yet
	case strings.HasPrefix(route.Path, "/users/{user}/roles/"):
		role = "auditor"
	}
	in := values("default", user, role, "")
	if strings.HasSuffix(route.Path, "/directory/rules") { // of a directory that there is
		s.Do(t, webtest.Request{Method: http.MethodPatch, Path: "/organizations/default/directory", As: webtest.Owner, JSON: `{"name":"Okta"}`})
	}
	if strings.Contains(route.Path, "{invitation}") {
		in = invited(t, s, in, route)
	}
	path, _ := pathWith(route.Path, in)
	schema := webtest.BodySchema(t, route.Method, route.Path)
	if route.Path == "/settings/idpsync/release" {
		path += "?source=oidc:okta"
		s.Exec(t, "INSERT INTO sync_sources (source, held_at, reason) VALUES ('oidc:okta', ?, '')", time.Now().UTC())
	}
	if route.Path == "/catalog/rollback" {
		path += "?dry_run=1" // else it wants to be told what the owner has seen
	}
	try := func(body any) *webtest.Response {
		t.Helper()
		return s.Do(t, webtest.Request{Method: route.Method, Path: "/api/v2" + path, As: webtest.Owner, JSON: body, Unchecked: route.Path == "/users/first"})
	}
	fill := func(body string) map[string]any {
		return parsed(t, strings.ReplaceAll(body, "DEFAULT", s.Organizations[webtest.Default].ID.String()))
	}
	ids := strings.NewReplacer("DEFAULT", s.Organizations[webtest.Default].ID.String())
	before := s.State(t)

	for _, mistake := range []bool{false, true} {
		body, want := fill(a.body), []string{}
		if mistake {
			body = fill(a.mistake)
			want = append(want, a.wrong)
		}
		for _, at := range append([]string{""}, a.inner...) {
			at = ids.Replace(at)
			into := found(t, body, at)
			into["x_new"], into["X_other"] = map[string]any{"a": nil}, 0.5
			for _, field := range []string{"x_new", "X_other"} {
				want = append(want, strings.TrimPrefix(at+"."+field, "."))
			}
		}
		res := try(body)
		slices.Sort(want)
		if diff := cmp.Diff(want, faulty(res)); res.StatusCode != 400 || diff != "" {
			t.Errorf("%v: got %d (-want +got)\n%s\n%s", body, res.StatusCode, diff, res.Body)
		}
		if err := visit(schema, body); err == nil {
			t.Errorf("%v: openapi.json allows it", body)
		}
		if diff := cmp.Diff(before, s.State(t)); diff != "" {
			t.Fatalf("%v: stored (-before +after)\n%s", body, diff)
		}
	}

	for _, field := range slices.Sorted(maps.Keys(schema.Properties)) {
		ref := schema.Properties[field]
		if strings.HasSuffix(ref.Ref, "/SentBack") || field == "setup_token" { // which is compared before the rest is read
			continue
		}
		body := fill(a.body)
		body[field], body["x_empty"], body["x_new"] = any(7), "", 1
		if ref.Value.Type.Includes("integer") {
			body[field] = "7"
		}
		res, want := try(body), []string{field, "x_new"}
		slices.Sort(want)
		if diff := cmp.Diff(want, faulty(res)); res.StatusCode != 400 || diff != "" {
			t.Errorf("%s of another type: got %d (-want +got)\n%s\n%s", field, res.StatusCode, diff, res.Body)
		}
	}
	if diff := cmp.Diff(before, s.State(t)); diff != "" {
		t.Fatalf("fields of another type: stored (-before +after)\n%s", diff)
	}

	body := fill(a.body)
	for _, at := range append([]string{""}, a.inner...) {
		into := found(t, body, ids.Replace(at))
		for i, v := range []any{nil, false, 0, "", []any{}, map[string]any{}} {
			into["x_empty"+string(rune('a'+i))] = v
		}
	}
	for field, ref := range schema.Properties {
		if strings.HasSuffix(ref.Ref, "/SentBack") {
			body[field] = []any{"anything", 1}
		}
	}
	if err := visit(schema, body); err != nil {
		t.Errorf("openapi.json does not allow %v: %v", body, err)
	}
	if res := try(body); res.StatusCode >= 300 {
		t.Errorf("with empty fields, and those of an answer: got %d\n%s", res.StatusCode, res.Body)
	}
}

// siteFor is a site on which every body of asksFor is accepted.
func siteFor(t *testing.T, style web.Wire, route web.Route) *webtest.Site {
	t.Helper()
	if route.Path == "/users/first" {
		return webtest.NewEmpty(t, webtest.Wire(style))
	}
	s := webtest.New(t, webtest.Wire(style), webtest.Providers("okta"))
	do(t, s, put(webtest.Admin, role{"ci", "CI", nil}))
	do(t, s, send(webtest.Owner, http.MethodPatch, "/users/roles", map[string]any{"name": "ci"}))
	if route.Path == views.FactorRemoveURL || route.Path == views.FactorCodesURL {
		setUpApp(t, s, webtest.Owner)
	}
	return s
}

func parsed(t *testing.T, body string) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// found is the object at a path like a.b[0].
func found(t *testing.T, body map[string]any, path string) map[string]any {
	t.Helper()
	var at any = body
	for part := range strings.SplitSeq(strings.ReplaceAll(path, "[0]", ".[0]"), ".") {
		switch part {
		case "":
		case "[0]":
			at = at.([]any)[0]
		default:
			at = at.(map[string]any)[part]
		}
	}
	return at.(map[string]any)
}

// faulty are the fields that a refusal names, each once and sorted.
func faulty(res *webtest.Response) []string {
	fields := []string{}
	for _, v := range res.Error().Validations {
		fields = append(fields, v.Field)
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

func visit(schema *openapi3.Schema, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	return schema.VisitJSON(v, openapi3.EnableJSONSchema2020())
}

// C15: a route that reads no body refuses one with content: the end of a suspension, for one.
func TestC15_UnreadBodies(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	tried := 0
	for _, route := range web.Routes() {
		if route.Method == http.MethodGet || route.Offers(web.Body) || route.Access == web.Directory {
			continue
		}
		tried++
		path, _ := pathWith(route.Path, values("default", "member", "none", "none"))
		before := s.State(t)
		for _, way := range []webtest.Way{webtest.JSON, webtest.Page} {
			r := webtest.Request{Method: route.Method, Path: path, As: webtest.Owner, JSON: `{"until":"2030-01-01","x":null}`}
			res := s.Send(t, way, r)
			if res.StatusCode != 400 || !strings.Contains(res.Text(), "not supported by this server") || strings.Contains(res.Text(), `"x"`) {
				t.Errorf("%s %s as %s: got %d\n%.500s", route.Method, path, way, res.StatusCode, res.Body)
			}
		}
		if diff := cmp.Diff(before, s.State(t)); diff != "" {
			t.Fatalf("%s %s: stored (-before +after)\n%s", route.Method, path, diff)
		}
	}
	if tried < 12 {
		t.Errorf("only %d routes take no body", tried)
	}
	for _, body := range []string{"{}", `{"until":null}`} {
		do(t, s, send(webtest.Owner, http.MethodPut, "/users/member/status/suspend", body))
		do(t, s, send(webtest.Owner, http.MethodPut, "/users/member/status/activate", body))
	}
}

// TestFieldsThatMeanRights: what would narrow or widen a right, and cannot be had here, is refused by name.
func TestFieldsThatMeanRights(t *testing.T) {
	t.Parallel()
	const noKey = "Failed to create API key."
	no := func(field, detail string) map[string]string { return map[string]string{field: detail} }
	type row struct {
		body    string
		status  int
		message string
		fields  map[string]string // and the first of them is the detail; none: accepted
	}
	token := []row{
		{`{}`, 201, "", nil},
		{`{"scope":"","scopes":null,"allow_list":null}`, 201, "", nil},
		{`{"scope":"all","scopes":[],"allow_list":[]}`, 201, "", nil},
		{`{"scopes":["all"],"allow_list":["*:*"]}`, 201, "", nil},
		{`{"scopes":["coder:all"],"allow_list":[{"type":"*","id":"*"}]}`, 201, "", nil},
		{`{"scopes":["template:read"]}`, 201, "", nil},
		{`{"scope":"application_connect"}`, 201, "", nil},
		{`{"scope":"x"}`, 400, noKey, no("scope", `invalid or unsupported API key scope: "x"`)},
		{`{"scopes":[""]}`, 400, noKey, no("scopes[0]", `invalid or unsupported API key scope: ""`)},
		{`{"scopes":["template:fly"]}`, 400, noKey, no("scopes[0]", `invalid or unsupported API key scope: "template:fly"`)},
		{`{"scopes":["ALL"]}`, 400, noKey, no("scopes[0]", `invalid or unsupported API key scope: "ALL"`)},
		{`{"allow_list":[{"type":"workspace","id":"7c60d51f"}]}`, 400, noKey, no("allow_list[0]", `allow_list entries for single objects are not supported: "workspace:7c60d51f"`)},
		{`{"allow_list":["*:*","template:*"]}`, 201, "", nil},
		{`{"allow_list":[{}]}`, 400, noKey, no("allow_list[0]", `invalid or unsupported allow_list entry: ":"`)},
		{`{"allow_list":[7],"scopes":"template:read"}`, 400, "Request body must be valid JSON.",
			map[string]string{"allow_list[0]": "must be an object or a string", "scopes": "must be a list of strings"}},
		{`{"scopes":["x"],"allow_list":["y"],"token_name":"_"}`, 400, noKey, map[string]string{
			"scopes[0]": `invalid or unsupported API key scope: "x"`, "allow_list[0]": `invalid or unsupported allow_list entry: "y"`,
			"token_name": "must be alphanumeric with hyphens"}},
		{`{"expires_at":"2030-01-01T00:00:00Z"}`, 400, "Validation failed.", no("expires_at", "is not supported by this server")},
		{`{"organization_id":"7c60d51f-b44e-4682-87d6-449835ea4de6"}`, 400, "Validation failed.", no("organization_id", "is not supported by this server")},
	}
	const field = "organization_member_permissions"
	const ofMembers, because = "not allowed to assign organization member permissions", "no role may contain organization member permissions"
	roleRow := func(name string) []row {
		return []row{
			{`{"name":"` + name + `a"}`, 200, "", nil},
			{`{"name":"` + name + `b","` + field + `":null}`, 200, "", nil},
			{`{"name":"` + name + `c","` + field + `":[]}`, 200, "", nil},
			{`{"name":"` + name + `d","` + field + `":[{"resource_type":"workspace","action":"read"}]}`, 400, ofMembers, no(field, because)},
			{`{"name":"` + name + `d","` + field + `":"x"}`, 400, "Request body must be valid JSON.", no(field, "must be a list of objects")},
			{`{"name":"` + name + `d","` + field + `":[{"resource_type":"workspace","until":1}]}`, 400, "Validation failed.", no(field+"[0].until", "is not supported by this server")},
			{`{"name":"` + name + `d","permissions":["x"],"inherits":["organization-admin"]}`, 400, "Validation failed.",
				map[string]string{"inherits": "is not supported by this server", "permissions": "is not supported by this server"}},
		}
	}
	organization := func(status int, name func(string) string) []row {
		return []row{
			{`{` + name("a") + `"default_org_member_roles":null,"workspace_sharing_disabled":false}`, status, "", nil},
			{`{` + name("b") + `"default_org_member_roles":[]}`, status, "", nil},
			{`{` + name("c") + `"default_org_member_roles":["organization-auditor"]}`, 403, "Changing default organization roles is not enabled on this deployment.", nil},
			{`{` + name("c") + `"default_org_member_roles":"x"}`, 400, "Request body must be valid JSON.", no("default_org_member_roles", "must be a list of strings")},
			{`{` + name("c") + `"default_org_member_roles":["x"],"workspace_sharing_disabled":true}`, 400, "Validation failed.", no("workspace_sharing_disabled", "is not supported by this server")},
		}
	}
	user := func(more string) string {
		return `{"username":"fresh","email":"fresh@example.com","organization_ids":["DEFAULT"],"login_type":"none",` + more + `}`
	}
	unsupported := func(field string) map[string]string { return no(field, "is not supported by this server") }
	bothStyles(t, func(t *testing.T, style web.Wire) {
		s := webtest.New(t, webtest.Wire(style))
		for _, table := range []struct {
			method, path string
			rows         []row
		}{
			{"POST", "/users/me/keys/tokens", token},
			{"POST", roles, roleRow("post")},
			{"PUT", roles, roleRow("put")},
			{"PATCH", "/users/roles", roleRow("site")},
			{"POST", "/organizations", organization(201, func(n string) string { return `"name":"new-` + n + `",` })},
			{"PATCH", "/organizations/default", organization(200, func(string) string { return "" })},
			{"POST", "/users", []row{
				{user(`"service_account":true`), 400, "Email cannot be set for service accounts.", map[string]string{"email": "Email cannot be set for service accounts."}},
				{user(`"roles":["gone"]`), 400, `"gone" is not a supported role`, map[string]string{"roles[0]": `"gone" is not a supported role`}},
				{user(`"roles":[],"service_account":false,"email_verified":false`), 201, "", nil},
			}},
			{"PUT", "/users/member/roles", []row{{`{"roles":["owner"],"expires_at":"2030-01-01T00:00:00Z"}`, 400, "Validation failed.", unsupported("expires_at")}}},
			{"PUT", members + "/member/roles", []row{{`{"roles":["organization-admin"],"expires_at":"2030-01-01T00:00:00Z"}`, 400, "Validation failed.", unsupported("expires_at")}}},
			{"POST", members, []row{{`{"action":"add","users":["outsider"],"role":"organization-admin"}`, 400, "Validation failed.", unsupported("role")}}},
		} {
			for _, tt := range table.rows {
				before := s.State(t)
				body := strings.ReplaceAll(tt.body, "DEFAULT", s.Organizations[webtest.Default].ID.String())
				res := s.Do(t, webtest.Request{Method: table.method, Path: table.path, As: webtest.Owner, JSON: body})
				if res.StatusCode != tt.status {
					t.Errorf("%s %s %s: got %d, want %d\n%s", table.method, table.path, body, res.StatusCode, tt.status, res.Body)
				}
				if tt.status < 400 {
					continue
				}
				e, details := res.Error(), map[string]string{}
				for _, v := range e.Validations {
					details[v.Field] = v.Detail
				}
				if diff := cmp.Diff(tt.fields, details); e.Message != tt.message || diff != "" && len(details)+len(tt.fields) > 0 {
					t.Errorf("%s %s %s: got %s (-want +got)\n%s", table.method, table.path, body, e.Message, diff)
				}
				if first := slices.Collect(maps.Values(tt.fields)); e.Message == noKey && len(first) == 1 && e.Detail != first[0] {
					t.Errorf("%s %s %s: the detail is %q", table.method, table.path, body, e.Detail)
				}
				if diff := cmp.Diff(before, s.State(t)); diff != "" {
					t.Fatalf("%s %s %s: stored (-before +after)\n%s", table.method, table.path, body, diff)
				}
			}
		}
		saysThatNothingIsLimited(t, s)
	})
}

// saysThatNothingIsLimited looks at what answers say where Coder's API has limits.
func saysThatNothingIsLimited(t *testing.T, s *webtest.Site) {
	t.Helper()
	for path, want := range map[string]string{
		"/users/me/keys/tokens":  `"scope":"all","scopes":["coder:all"],"allow_list":[{"type":"*","id":"*"}]`,
		"/organizations":         `"default_org_member_roles":[]`,
		"/organizations/default": `"default_org_member_roles":[]`,
		roles:                    `"organization_member_permissions":[]`,
		roles + "/puta":          `"organization_member_permissions":[]`,
		"/users/roles":           `"organization_member_permissions":[]`,
	} {
		if res := s.Get(t, webtest.Owner, path); !strings.Contains(string(res.Body), want) {
			t.Errorf("%s does not say %s\n%.500s", path, want, res.Body)
		}
	}
}

// TestOldNewUser: the fields by which clients of 2024 choose how a new user signs in, and its organization.
func TestOldNewUser(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	home, other := s.Organizations[webtest.Default].ID.String(), s.Organizations[webtest.Other].ID.String()
	res := do(t, s, send(webtest.Owner, http.MethodPost, "/users",
		`{"username":"old","email":"old@example.com","disable_login":true,"organization_id":"`+home+`","organization_ids":["`+other+`"]}`))
	var u struct {
		LoginType string   `json:"login_type"`
		IDs       []string `json:"organization_ids"`
	}
	res.Decode(&u)
	slices.Sort(u.IDs)
	want := []string{home, other}
	slices.Sort(want)
	if u.LoginType != "none" || !slices.Equal(u.IDs, want) {
		t.Errorf("got %+v, want none in %v", u, want)
	}
	nowhere := send(webtest.Owner, http.MethodPost, "/users", `{"username":"older","email":"older@example.com","disable_login":true,"organization_id":"00000000-0000-0000-0000-000000000000"}`)
	if res := s.Do(t, nowhere); res.StatusCode != 400 || !slices.Equal(faulty(res), []string{"organization_ids"}) {
		t.Errorf("in no organization: got %d %s", res.StatusCode, res.Body)
	}
}

// TestBodiesOfClients: what Coder's clients send, with the fields that they fill in by themselves.
func TestBodiesOfClients(t *testing.T) {
	t.Parallel()
	bothStyles(t, func(t *testing.T, style web.Wire) {
		s := webtest.New(t, webtest.Wire(style))
		home := s.Organizations[webtest.Default].ID.String()
		for _, tt := range []struct{ method, path, body string }{
			{"POST", "/users", `{"email":"a@example.com","username":"a","name":"","password":"` + webtest.Password + `","login_type":"password","user_status":null,"organization_ids":["` + home + `"]}`},
			{"POST", "/users", `{"email":"b@example.com","username":"b","name":"","password":"","login_type":"","disable_login":true,"organization_id":"` + home + `"}`},
			{"POST", "/users", `{"email":"c@example.com","username":"c","name":"","password":"","login_type":"none","user_status":null,"organization_ids":["` + home + `"],"service_account":false,"roles":null}`},
			{"POST", "/users/me/keys/tokens", `{"lifetime":2592000000000000,"scope":"all","token_name":"one"}`},
			{"POST", "/users/me/keys/tokens", `{"lifetime":0,"token_name":"","scopes":["all"],"allow_list":null}`},
			{"PUT", "/users/member/profile", `{"username":"member","name":"M"}`},
			{"PUT", "/users/member/password", `{"old_password":"","password":"` + webtest.Password + `x"}`},
			{"PUT", "/users/member/roles", `{"roles":[]}`},
			{"PUT", "/users/member/status/suspend", ``},
			{"PUT", "/users/member/status/activate", `null`},
			{"POST", members + "/outsider", `null`},
			{"PUT", members + "/member/roles", `{"roles":["organization-auditor"]}`},
			{"POST", roles, `{"name":"d","display_name":"","site_permissions":null,"organization_permissions":[{"negate":false,"resource_type":"template","action":"read"}],"user_permissions":null,"organization_member_permissions":null}`},
			{"PUT", roles, `{"name":"d","organization_id":"` + home + `","display_name":"D","site_permissions":[],"organization_permissions":[],"organization_member_permissions":[],"user_permissions":[],"assignable":true,"built_in":false}`},
			{"POST", "/organizations", `{"name":"e","display_name":"","description":"","icon":""}`},
			{"PATCH", "/organizations/e", `{"name":"","display_name":"E","description":null,"icon":null,"workspace_sharing_disabled":null,"default_org_member_roles":null}`},
			{"POST", "/authcheck", `{"checks":{"k":{"object":{"resource_type":"workspace","owner_id":"me","organization_id":"","resource_id":"","any_org":false},"action":"read"}}}`},
		} {
			r := webtest.Request{Method: tt.method, Path: "/api/v2" + tt.path, As: webtest.Owner, JSON: tt.body}
			if tt.body == "" {
				r.JSON = nil
			}
			if res := s.Do(t, r); res.StatusCode >= 300 {
				t.Errorf("%s %s %s: got %d\n%s", tt.method, tt.path, tt.body, res.StatusCode, res.Body)
			}
		}
	})
}

// invited puts an invitation for the owner into the values of a path: its id, or what stands in its link.
func invited(t *testing.T, s *webtest.Site, in map[string]string, route web.Route) map[string]string {
	t.Helper()
	s.Exec(t, "DELETE FROM organization_members WHERE user_id = ?", s.ID(webtest.Owner))
	res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/organizations/default/invitations", As: webtest.Owner, JSON: `{"emails":["owner@example.com"]}`})
	var made struct {
		Invitations []struct{ ID, Link string }
	}
	if err := json.Unmarshal(res.Body, &made); err != nil || len(made.Invitations) != 1 {
		t.Fatalf("%v %s", err, res.Body)
	}
	in["invitation"] = made.Invitations[0].ID
	if route.Access == web.Public {
		_, in["invitation"], _ = strings.Cut(made.Invitations[0].Link, "/invitations/")
	}
	return in
}
