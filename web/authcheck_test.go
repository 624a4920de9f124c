package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// anotherCatalog puts one in force that has a type without owners and lacks an action that there was.
func anotherCatalog(t *testing.T, s *webtest.Site) {
	t.Helper()
	d, err := rbac.ParseDocument(rbac.Default().Document().Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for i := range d.Types {
		switch typ := &d.Types[i]; typ.Name {
		case "license":
			typ.Owned = false
		case "template":
			typ.Actions = slices.DeleteFunc(typ.Actions, func(a rbac.DocumentTypeAction) bool { return a.Name == "view_insights" })
		}
	}
	for i := range d.Roles {
		r := &d.Roles[i]
		for _, list := range []*[]string{&r.Site, &r.Organization, &r.User} {
			*list = slices.DeleteFunc(*list, func(p string) bool { return p == "template:view_insights" || list == &r.User && p == "license:*" })
		}
	}
	if problems := d.Complete(); len(problems) > 0 {
		t.Fatal(problems)
	}
	_, err = s.Service.ApplyCatalog(t.Context(), s.Subject(t, webtest.Owner), org.CatalogChange{Document: d, Source: "x"})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAuthCheckTable: every code with its message, and what refuses a request as a whole, as docs/spec/authcheck.md has them.
func TestAuthCheckTable(t *testing.T) {
	t.Parallel()
	bothStyles(t, func(t *testing.T, style web.Wire) {
		s := webtest.New(t, webtest.Wire(style))
		anotherCatalog(t, s)
		s.AddUser(t, "sleepy", webtest.Default)
		if res := s.Do(t, webtest.Request{Method: http.MethodPut, Path: "/api/v2/users/sleepy/status/suspend", As: webtest.Owner}); res.StatusCode != 200 {
			t.Fatalf("got %d %s", res.StatusCode, res.Body)
		}
		home := s.Organizations[webtest.Default].ID.String()
		no := func(code, message string) string {
			return `{"errors":{"k":{"code":"` + code + `","message":"` + message + `"}},"k":false}`
		}
		notFound := no("not_found", "No such person or organization, or you may not see it.")
		read := func(rest string) string {
			return `"checks":{"k":{"action":"read","object":{"resource_type":"organization"` + rest + `}}}`
		}
		pair := func(resourceType, action, rest string) string {
			return `"checks":{"k":{"action":"` + action + `","object":{"resource_type":"` + resourceType + `"` + rest + `}}}`
		}
		const here = `,"organization_id":"default"`
		for _, tt := range []struct{ as, body, want string }{ // want is the body, or a part of a refusal
			{webtest.Admin, `"user":"member",` + read(here), `{"k":true}`},
			{webtest.Admin, `"user":"nobody",` + read(here), notFound},
			{webtest.Admin, `"user":"ext:https://idp.example|member",` + read(here), notFound},
			{webtest.Admin, `"user":"member",` + read(`,"organization_id":"nowhere"`), notFound},
			{webtest.Admin, `"user":"member",` + read(`,"organization_id":"other"`), notFound},
			{webtest.Admin, `"user":"member",` + read(here+`,"owner_id":"nobody"`), notFound},
			{webtest.Admin, `"user":"sleepy",` + read(here), no("suspended", "The account is suspended, so it may do nothing.")},
			{webtest.Admin, `"user":"sleepy","strict":false,` + read(here), no("suspended", "The account is suspended, so it may do nothing.")},
			{webtest.Admin, `"user":"member",` + pair("template", "raed", here), no("unknown_permission", "There is no such action on that resource type. Did you mean template:read?")},
			{webtest.Admin, `"user":"member",` + pair("templat", "read", here), no("unknown_permission", "There is no such action on that resource type. Did you mean template:read?")},
			{webtest.Admin, `"user":"member",` + pair("template", "view_insights", here), no("unknown_permission", "template:view_insights was removed in version 2 of the catalog.")},
			{webtest.Admin, `"user":"member","strict":false,` + pair("template", "raed", here), `{"k":false}`},
			{webtest.Admin, `"user":"member",` + pair("license", "read", `,"owner_id":"me"`), no("no_owner", "No one owns resources of that type: leave owner_id out.")},
			{webtest.Admin, `"user":"member","strict":false,` + pair("license", "read", `,"owner_id":"me"`), `{"k":false}`},
			{webtest.Admin, `"user":"member",` + pair("license", "read", here), no("site_type", "Nothing of that resource type belongs to an organization: leave organization_id out.")},
			{webtest.Admin, `"user":"member","strict":false,` + pair("license", "read", here), `{"k":false}`},
			{webtest.Member, `"user":"admin",` + read(""), no("organization_needed", "A question about another account must name an organization, unless you may read every account.")},
			{webtest.Owner, `"user":"admin",` + read(""), `{"k":false}`},
			{webtest.Admin, `"user":"member",` + pair("user", "read", `,"resource_id":"7"`), no("invalid_id", "resource_id must be a uuid, and goes with the types workspace, template, user and group alone.")},
			{webtest.Admin, `"at_least":"` + home + `@1",` + read(here), `{"k":true}`},
			{webtest.Admin, `"at_least":"default@1",` + read(here), `{"k":true}`},
			{webtest.Admin, `"at_least":"site@17",` + pair("pig", "fly", ""), `{"k":false}`},
			{webtest.Admin, `"subjects":["member","nobody","sleepy","member@EXAMPLE.com"],` + read(here),
				`{"answers":{"member":{"k":true},"member@EXAMPLE.com":{"k":true},"nobody":{"k":false},"sleepy":{"k":false}},"errors":{` +
					`"nobody":{"k":{"code":"not_found","message":"No such person or organization, or you may not see it."}},` +
					`"sleepy":{"k":{"code":"suspended","message":"The account is suspended, so it may do nothing."}}}}`},
			{webtest.Admin, `"subjects":["member"],` + pair("template", "update", here), `{"answers":{"member":{"k":false}}}`},
			{webtest.Admin, `"subjects":["me",""],` + read(here), `{"answers":{"":{"k":false},"me":{"k":true}},"errors":{"":{"k":{"code":"not_found","message":"No such person or organization, or you may not see it."}}}}`},
			{webtest.Admin, `"subjects":[],` + read(here), `{"answers":{}}`},
			{webtest.Admin, `"subjects":null,` + read(`,"organization_id":"`+home+`"`), `{"k":true}`},

			{webtest.Admin, `"user":"member","subjects":["member"],` + read(here), `{"field":"subjects","detail":"can not stand beside \"user\""}`},
			{webtest.Admin, `"user":"",` + read(""), `user must name someone`},
			{webtest.Admin, `"user":null,` + read(""), `user must name someone`},
			{webtest.Admin, `"subjects":"member",` + read(here), `subjects must be a list of strings`},
			{webtest.Admin, `"subjects":[7],` + read(here), `subjects[0] must be a string`},
			{webtest.Admin, `"subjects":[` + strings.Repeat(`"a",`, 100) + `"a"],` + read(here), `{"field":"subjects","detail":"may hold at most 100 subjects, found 101"}`},
			{webtest.Admin, `"subjects":[` + strings.Repeat(`"a",`, 10) + `"a"],"checks":{` + manyChecks(1000) + `}`, `{"field":"checks","detail":"may ask for at most 10000 decisions, found 11000: 1000 checks about 11 subjects"}`},
			{webtest.Admin, `"user":"member","checks":{` + manyChecks(1001) + `}`, `checks must have at most 1000 entries`},
			{webtest.Admin, `"at_least":"other@1",` + read(here), `{"field":"at_least","detail":"must be ORGANIZATION@REVISION`},
			{webtest.Admin, `"at_least":"nowhere@1",` + read(here), `{"field":"at_least","detail":"must be ORGANIZATION@REVISION`},
			{webtest.Admin, `"at_least":"default@x",` + read(here), `{"field":"at_least","detail":"must be ORGANIZATION@REVISION`},
			{webtest.Admin, `"at_least":"default",` + read(here), `{"field":"at_least","detail":"must be ORGANIZATION@REVISION`},
			{webtest.Admin, `"at_least":"",` + read(here), `{"field":"at_least","detail":"must be ORGANIZATION@REVISION`},
			{webtest.Admin, `"user":"member","checks":{"errors":{"action":"read","object":{"resource_type":"user"}}}`, `checks.errors can not be the name of a check`},
			{webtest.Admin, `"subjects":["member"],"checks":{"explanations":{"action":"read","object":{"resource_type":"user"}}}`, `checks.explanations can not be the name of a check`},
		} {
			res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/api/v2/authcheck", As: tt.as, JSON: `{` + tt.body + `}`})
			answered := strings.HasPrefix(tt.want, "{") && !strings.HasPrefix(tt.want, `{"field"`)
			switch {
			case answered && (res.StatusCode != 200 || string(res.Body) != tt.want+"\n"),
				!answered && (res.StatusCode != 400 || !strings.Contains(string(res.Body), tt.want)):
				t.Errorf("%.200s: got %d %s, want %s", tt.body, res.StatusCode, res.Body, tt.want)
			}
		}
	})
}

// manyChecks is n checks as JSON.
func manyChecks(n int) string {
	checks := make([]string, n)
	for i := range checks {
		checks[i] = fmt.Sprintf(`"c%d":{"action":"read","object":{"resource_type":"template","organization_id":"default"}}`, i)
	}
	return strings.Join(checks, ",")
}

// TestAuthCheckRevision: the answer tells at which revision it was decided, if all checks name one organization.
func TestAuthCheckRevision(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	home, other := s.Organizations[webtest.Default].ID.String(), s.Organizations[webtest.Other].ID.String()
	value := func(id string) string {
		return id + "@" + s.Query(t, "SELECT value FROM revisions WHERE organization_id = ?", id)[0][0]
	}
	const check = `{"action":"read","object":{"resource_type":"template","organization_id":"%s"}}`
	for _, tt := range []struct{ as, whom, first, second, want string }{
		{webtest.Admin, `"user":"member"`, "default", home, value(home)},
		{webtest.Admin, `"subjects":["member","nobody"]`, "default", "default", value(home)},
		{webtest.Admin, `"strict":true`, home, home, value(home)},
		{webtest.Owner, `"user":"rival"`, "other", "other", value(other)}, // the caller is no member there
		{webtest.Owner, `"user":"nobody"`, "other", "other", value(other)},
		{webtest.Owner, `"user":"rival"`, "other", "default", ""},
		{webtest.Member, `"user":"rival"`, "other", "other", ""},
		{webtest.Admin, `"user":"member"`, "default", "", ""},
	} {
		for range 2 { // unknown, and remembered
			body := `{` + tt.whom + `,"checks":{"a":` + fmt.Sprintf(check, tt.first) + `,"b":` + fmt.Sprintf(check, tt.second) + `}}`
			res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/api/v2/authcheck", As: tt.as, JSON: body})
			if got := res.Header.Get("X-Rolecall-Revision"); res.StatusCode != 200 || got != tt.want {
				t.Errorf("%s %s: got %d %q, want %q", tt.as, body, res.StatusCode, got, tt.want)
			}
		}
	}
	plain := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/api/v2/authcheck", As: webtest.Admin, JSON: `{"checks":{"a":` + fmt.Sprintf(check, home) + `}}`})
	if _, told := plain.Header["X-Rolecall-Revision"]; told {
		t.Error("a plain question of one's own has a revision in its answer")
	}
}

// TestAuthCheckQueries: how many statements the checks about others take.
func TestAuthCheckQueries(t *testing.T) {
	t.Parallel()
	s, statements := webtest.NewTraced(t)
	names := make([]string, 100)
	var ids []string
	for i := range names {
		names[i] = fmt.Sprintf(`"p%d"`, i)
		ids = append(ids, `"`+s.AddUser(t, fmt.Sprintf("p%d", i), webtest.Default, webtest.Other).ID.String()+`"`)
	}
	ask := func(who string) []string {
		t.Helper()
		statements.Take()
		body := `{` + who + `,"checks":{"k":{"action":"read","object":{"resource_type":"organization","organization_id":"default"}}}}`
		res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/api/v2/authcheck", As: webtest.Admin, JSON: body})
		if res.StatusCode != 200 || strings.Contains(string(res.Body), "errors") {
			t.Fatalf("got %d %.300s", res.StatusCode, res.Body)
		}
		return statements.Take()
	}
	// After a write elsewhere everybody's rights have to be looked at, and the roles there.
	write := func() {
		s.Exec(t, "UPDATE revisions SET value = value + 1, roles = roles + 1 WHERE organization_id = ?", s.Organizations[webtest.Other].ID.String())
		ask(`"strict":true`)
	}
	ask(`"user":"member"`) // the caller, the names of organizations, the roles
	ask(`"user":"member"`) // the first use of the token has been noted
	base := 0              // what it takes to know the caller
	if dbtest.OnServer() {
		base = len(ask(`"strict":true`))
	}
	for _, tt := range []struct {
		name, who    string
		before       func()
		file, server int // statements on SQLite, on PostgreSQL
	}{
		{"a warm one", `"user":"member"`, nil, 0, 1},
		{"100 cold ones by name", `"subjects":[` + strings.Join(names, ",") + `]`, write, 3, 3},
		{"100 warm ones by name", `"subjects":[` + strings.Join(names, ",") + `]`, nil, 0, 1},
		{"100 warm ones by id", `"subjects":[` + strings.Join(ids, ",") + `]`, nil, 0, 1},
		{"100 cold ones by id", `"subjects":[` + strings.Join(ids, ",") + `]`, write, 2, 2}, // the accounts are as they were
	} {
		if tt.before != nil {
			tt.before()
		}
		want := tt.file
		if dbtest.OnServer() {
			want = tt.server
		}
		if ran := ask(tt.who); len(ran)-base != want {
			t.Errorf("%s: %d statements, want %d: %v", tt.name, len(ran)-base, want, ran)
		}
	}
}

// TestListsAreComplete: who may, and where somebody may, with the row that says that the list is complete.
func TestListsAreComplete(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	s.AddUser(t, "sleepy", webtest.Default)
	for _, r := range []webtest.Request{
		{Method: http.MethodPut, Path: "/api/v2/organizations/default/members/sleepy/roles", As: webtest.Owner, JSON: `{"roles":["organization-admin"]}`},
		{Method: http.MethodPut, Path: "/api/v2/users/sleepy/status/suspend", As: webtest.Owner},
	} {
		if res := s.Do(t, r); res.StatusCode != 200 {
			t.Fatalf("%s: got %d %s", r.Path, res.StatusCode, res.Body)
		}
	}
	const whoCan = "/api/v2/organizations/default/who-can?action=delete&resource_type=organization_member"
	const where = "/organizations?can=organization:read"
	for _, tt := range []struct {
		as, path string
		status   int
		want     []string // something of each row
	}{
		{webtest.Owner, whoCan, 200, []string{`"username":"admin"`, `"username":"owner"`, `"member":true,"suspended":true`, `{"complete":true,"count":3}`}},
		{webtest.Owner, "/api/v2/organizations/other/who-can?action=delete&resource_type=organization_member", 200,
			[]string{`"username":"rival"`, `"username":"owner","name":"Olive Owner","email":"owner@example.com","status":"active","member":false,`, `{"complete":true,"count":2}`}},
		{webtest.Owner, strings.Replace(whoCan, "delete", "fly", 1), 400, nil},
		{webtest.Member, whoCan, 404, nil},
		{webtest.Outsider, whoCan, 404, nil},
		{webtest.Member, "/api/v2/users/me" + where, 200, []string{`"name":"default"`, `{"complete":true,"count":1}`}},
		{webtest.Owner, "/api/v2/users/owner" + where, 200, []string{`"name":"default"`, `"name":"other"`, `{"complete":true,"count":2}`}},
		{webtest.Admin, "/api/v2/users/owner" + where, 200, []string{`"name":"default"`, `{"complete":true,"count":1}`}},
		{webtest.Owner, "/api/v2/users/outsider" + where, 200, []string{`{"complete":true,"count":0}`}},
		{webtest.Owner, "/api/v2/users/sleepy" + where, 200, []string{`{"complete":true,"count":0}`}},
		{webtest.Member, "/api/v2/users/me/organizations?can=organization_member:read", 200, []string{`{"complete":true,"count":0}`}},
		{webtest.Member, "/api/v2/users/me/organizations?can=organization_member:read&own=1", 200, []string{`"name":"default"`, `{"complete":true,"count":1}`}},
		{webtest.Member, "/api/v2/users/rival" + where, 404, nil},
		{webtest.Member, "/api/v2/users/nobody" + where, 404, nil},
		{webtest.Owner, "/api/v2/users/nobody" + where, 404, nil},
		{webtest.Owner, "/api/v2/users/owner/organizations?can=organization", 400, nil},
		{webtest.Owner, "/api/v2/users/owner/organizations?can=organization:fly", 400, nil},
		{webtest.Owner, "/api/v2/users/owner/organizations?can=user:read", 400, nil},
		{webtest.Owner, "/api/v2/users/owner/organizations?own=1", 400, nil},
	} {
		res := s.Do(t, webtest.Request{Path: tt.path, As: tt.as, Header: http.Header{"Accept": {"application/x-ndjson"}}})
		rows := strings.Split(strings.TrimSuffix(string(res.Body), "\n"), "\n")
		if res.StatusCode != tt.status || tt.status == 200 && (len(rows) != len(tt.want) || res.Header.Get("Content-Type") != "application/x-ndjson") {
			t.Errorf("%s %s: got %d %s", tt.as, tt.path, res.StatusCode, res.Body)
			continue
		}
		for i, want := range tt.want {
			if !strings.Contains(rows[i], want) {
				t.Errorf("%s %s: row %d is %s, want %s", tt.as, tt.path, i, rows[i], want)
			}
		}
	}
	rival := s.Get(t, webtest.Member, "/api/v2/users/rival"+where)
	if nobody := s.Get(t, webtest.Member, "/api/v2/users/nobody"+where); string(rival.Body) != string(nobody.Body) {
		t.Errorf("somebody who may not be seen: %s, and nobody: %s", rival.Body, nobody.Body)
	}
	var plain []map[string]any
	s.Get(t, webtest.Owner, "/api/v2/users/owner"+where).Decode(&plain)
	if len(plain) != 2 {
		t.Errorf("as a plain list: %v", plain)
	}
}
