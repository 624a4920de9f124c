package web_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/org"
	"rolecall.example/web/webtest"
)

const (
	syncOrganization = "/settings/idpsync/organization"
	syncSiteRoles    = "/settings/idpsync/site-roles"
	syncRoles        = "/organizations/default/settings/idpsync/roles"
)

// syncStep is a request about rule sets, with its whole answer. HOME and OTHER stand for the ids of the organizations.
type syncStep struct{ as, method, path, body, want string }

// TestSyncWire checks docs/spec/sync.md, endpoints: the answers of Coder's API, byte for byte, in both mounts.
func TestSyncWire(t *testing.T) {
	t.Parallel()
	const own = webtest.Owner
	const empty = `{"field":"","mapping":{},"organization_assign_default":true}`
	const none = `{"field":"","mapping":{}}`
	s := webtest.New(t, webtest.Providers("okta", "google"))
	replica := s.Replica(t, webtest.Providers("okta", "google"))
	ids := strings.NewReplacer("HOME", s.Organizations[webtest.Default].ID.String(), "OTHER", s.Organizations[webtest.Other].ID.String(),
		"CAPITALS", strings.ToUpper(s.Organizations[webtest.Other].ID.String()))
	for i, step := range []syncStep{
		{own, "GET", syncOrganization, "", empty},
		{own, "PATCH", syncOrganization, `{"field":"groups","mapping":{"eng":["OTHER","HOME"],"glob:ops-*":["HOME"],"none":[]},"organization_assign_default":true}`,
			`{"field":"groups","mapping":{"eng":["OTHER","HOME"],"glob:ops-*":["HOME"],"none":[]},"organization_assign_default":true}`},
		{own, "GET", syncOrganization + "?provider=okta", "", `{"field":"groups","mapping":{"eng":["OTHER","HOME"],"glob:ops-*":["HOME"],"none":[]},"organization_assign_default":true}`},
		{own, "GET", syncOrganization + "?provider=google", "", empty},
		{own, "PATCH", syncOrganization + "/config", `{"field":"teams","assign_default":false}`,
			`{"field":"teams","mapping":{"eng":["OTHER","HOME"],"glob:ops-*":["HOME"],"none":[]},"organization_assign_default":false}`},
		// Remove wins, what is there is not added again, and a value without a pair goes.
		{own, "PATCH", syncOrganization + "/mapping", `{"Add":[{"Given":"eng","Gets":"HOME"},{"Given":"new","Gets":"CAPITALS"},{"Given":"x","Gets":"HOME"}],` +
			`"Remove":[{"Given":"x","Gets":"HOME"},{"Given":"glob:ops-*","Gets":"HOME"},{"Given":"y","Gets":"HOME"}]}`,
			`{"field":"teams","mapping":{"eng":["OTHER","HOME"],"new":["OTHER"],"none":[]},"organization_assign_default":false}`},
		{own, "PATCH", syncOrganization + "/mapping", `{"Add":null,"Remove":[]}`,
			`{"field":"teams","mapping":{"eng":["OTHER","HOME"],"new":["OTHER"],"none":[]},"organization_assign_default":false}`},
		{own, "PATCH", syncOrganization, `{"field":"","mapping":null,"organization_assign_default":true}`, empty},

		{webtest.Admin, "GET", syncRoles, "", none},
		{webtest.Admin, "PATCH", syncRoles, `{"field":"groups","mapping":{"eng":["organization-auditor"]}}`, `{"field":"groups","mapping":{"eng":["organization-auditor"]}}`},
		{webtest.Admin, "PATCH", syncRoles + "/config", `{"field":"roles","regex_filter":null,"auto_create_missing_groups":false}`, `{"field":"roles","mapping":{"eng":["organization-auditor"]}}`},
		{webtest.Admin, "PATCH", syncRoles + "/mapping", `{"Add":[{"Given":"ops","Gets":"organization-admin"}]}`,
			`{"field":"roles","mapping":{"eng":["organization-auditor"],"ops":["organization-admin"]}}`},
		{webtest.Admin, "GET", strings.Replace(syncRoles, "default", "HOME", 1), "", `{"field":"roles","mapping":{"eng":["organization-auditor"],"ops":["organization-admin"]}}`},
		{webtest.Rival, "GET", strings.Replace(syncRoles, "default", "other", 1), "", none},

		{own, "GET", syncSiteRoles, "", none},
		{own, "PATCH", syncSiteRoles, `{"field":"groups","mapping":{"boss":["owner","auditor"]}}`, `{"field":"groups","mapping":{"boss":["owner","auditor"]}}`},
		{own, "PATCH", syncSiteRoles + "/mapping", `{"Remove":[{"Given":"boss","Gets":"owner"}]}`, `{"field":"groups","mapping":{"boss":["auditor"]}}`},
		{own, "PATCH", syncSiteRoles + "/config", `{"field":"teams"}`, `{"field":"teams","mapping":{"boss":["auditor"]}}`},

		{own, "GET", "/settings/idpsync/available-fields", "", `[]`},
		{webtest.Admin, "GET", "/organizations/default/settings/idpsync/field-values?claimField=groups", "", `[]`},
	} {
		mount, at := []string{"/api/v2", ""}[i%2], []*webtest.Site{s, replica}[i/2%2]
		r := webtest.Request{As: step.as, Method: step.method, Path: mount + ids.Replace(step.path)}
		if step.body != "" {
			r.JSON = ids.Replace(step.body)
		}
		res := at.Do(t, r)
		if got, want := strings.TrimSpace(string(res.Body)), ids.Replace(step.want); res.StatusCode != 200 || got != want {
			t.Fatalf("%s %s %s: got %d\n%s\nwant\n%s", step.method, step.path, step.body, res.StatusCode, got, want)
		}
	}
	syncTrail(t, s)
}

// syncTrail checks docs/spec/sync.md, trail, after the steps of TestSyncWire: each change has a row, and what changed nothing has
// none.
func syncTrail(t *testing.T, s *webtest.Site) {
	t.Helper()
	rows := s.Query(t, "SELECT resource_type, action, actor, resource_target, organization_id IS NULL, status_code FROM audit_logs WHERE resource_type LIKE 'idp_sync%' ORDER BY seq")
	var got []string
	for _, row := range rows {
		got = append(got, strings.Join(row, " "))
	}
	count := func(prefix string) (n int) {
		for _, row := range got {
			if strings.HasPrefix(row, prefix) {
				n++
			}
		}
		return n
	}
	if count("idp_sync_settings_organization write owner okta ") != 4 || count("idp_sync_settings_role write admin okta ") != 3 ||
		count("idp_sync_settings_role write owner okta ") != 3 || len(got) != 10 {
		t.Errorf("the trail has\n%s", strings.Join(got, "\n"))
	}
	res := do(t, s, webtest.Request{As: webtest.Owner, Path: "/audit?limit=50&q=resource_type:idp_sync_settings_role"})
	if !strings.Contains(res.Text(), "{user} updated role sync settings {target}") || !strings.Contains(res.Text(), `"ops":["organization-admin"]`) {
		t.Errorf("the trail tells\n%s", res.Body)
	}
}

// TestSyncRefusals checks docs/spec/sync.md: what is refused, with which status, words and fields, and that nothing is stored.
func TestSyncRefusals(t *testing.T) {
	t.Parallel()
	const own, admin = webtest.Owner, webtest.Admin
	s := webtest.New(t, webtest.Providers("okta"))
	home := s.Organizations[webtest.Default].ID.String()
	do(t, s, send(admin, "PATCH", syncRoles, `{"field":"groups","mapping":{"eng":["organization-auditor"]}}`))
	s.Exec(t, `UPDATE sync_rules SET mapping = '{"eng":["organization-auditor"],"old":["gone"]}'`) // whose role was deleted
	before := s.State(t)
	deep, long := "/organizations/default/settings/idpsync/", strings.Repeat("x", 513)
	many := `"a"` + strings.Repeat(`,"a"`, org.MaxSyncPairs)
	for _, tt := range []struct {
		as, method, path, body string
		status                 int
		has                    []string
	}{
		{own, "GET", syncOrganization + "?provider=aol", "", 400, []string{`"field":"provider"`}},
		{own, "GET", syncOrganization + "?provider=okta&provider=okta", "", 400, []string{`"field":"provider"`, "more than once"}},
		{own, "PATCH", syncOrganization, `{}`, 400, []string{`"field":"field"`, "must be given"}},
		{own, "PATCH", syncOrganization, `{"field":"a\u0000","mapping":{"":["` + home + `"],"` + long + `":["x","` + home + `"]}}`, 400,
			[]string{`"field":"field"`, `"field":"mapping[\"\"]"`, "must not be empty", "512 bytes"}},
		{own, "PATCH", syncOrganization, `{"field":"g","mapping":{"eng":["` + home + `","7c60d51f-b44e-4682-87d6-449835ea4de6"],"b":["default"]}}`, 400,
			[]string{`mapping[\"eng\"][1]`, `mapping[\"b\"][0]`, "is not the id of an organization"}},
		{own, "PATCH", syncOrganization, `{"field":"g","mapping":{"eng":[7],"b":"x"}}`, 400, []string{`mapping[\"eng\"][0]`, `mapping[\"b\"]`, "must be a list of strings"}},
		{own, "PATCH", syncOrganization, `{"field":"g","mapping":{"eng":[` + many + `]}}`, 400, []string{`"field":"mapping"`, "at most 1000 pairs"}},
		{own, "PATCH", syncOrganization + "/mapping", `{"Add":[{"Given":"","Gets":"` + home + `"},{"Given":"x","Gets":"default"}]}`, 400, []string{"Add[0].Given"}},
		{own, "PATCH", syncOrganization + "/mapping", `{"Add":[{"Given":"x","Gets":"default"}]}`, 400, []string{"Add[0].Gets"}},
		{own, "PATCH", syncOrganization + "/mapping", `{"add":[{"Given":"x","Gets":"` + home + `"}]}`, 400, []string{`"field":"add"`, "not supported"}},
		{own, "PATCH", syncOrganization + "/config", `{"field":"g","organization_assign_default":true}`, 400, []string{"organization_assign_default"}},
		{admin, "PATCH", syncRoles, `{"field":"groups","mapping":{"eng":["organization-auditor","nope"],"old":["gone"],"x":["organization-member"]}}`, 400,
			[]string{`mapping[\"eng\"][1]`, `mapping[\"x\"][0]`, "is not a supported role"}},
		{admin, "PATCH", syncRoles + "/config", `{"field":"g","regex_filter":"x","auto_create_missing_groups":true}`, 400, []string{"regex_filter", "auto_create_missing_groups"}},
		{own, "PATCH", syncSiteRoles, `{"field":"g","mapping":{"glob:*":["auditor"]}}`, 400, []string{`mapping[\"glob:*\"]`, "patterns give no roles"}},
		{own, "PATCH", syncSiteRoles, `{"field":"g","mapping":{"x":["organization-admin"]}}`, 400, []string{"is not a supported role"}},
		{own, "GET", "/settings/idpsync/field-values", "", 400, []string{`"message":"claimField query parameter is required"`}},
		{admin, "GET", deep + "field-values?provider=okta", "", 400, []string{`"message":"claimField query parameter is required"`}},
		{own, "GET", "/settings/idpsync/groups", "", 404, []string{"Route not found."}},
		{own, "GET", deep + "groups", "", 404, []string{"Route not found."}},
		{own, "GET", "/debug/me/debug-link", "", 404, []string{"Route not found."}},
		{admin, "GET", syncOrganization, "", 403, []string{"idpsync_settings:read"}},
		{admin, "GET", "/settings/idpsync/available-fields", "", 403, nil},
		{admin, "GET", "/settings/idpsync/field-values", "", 403, nil},
		{admin, "GET", syncSiteRoles, "", 403, []string{"Only site owners"}},
		{webtest.Member, "GET", syncRoles, "", 403, []string{"idpsync_settings:read"}},
		{webtest.Member, "GET", deep + "available-fields", "", 403, nil},
		{webtest.Member, "PATCH", syncRoles, `{"field":7}`, 403, []string{"idpsync_settings:update"}},
		{webtest.Rival, "GET", syncRoles, "", 404, nil},
		{webtest.Rival, "PATCH", syncRoles, `{"field":"g"}`, 404, nil},
		{webtest.Rival, "GET", deep + "available-fields", "", 404, nil},
		{"", "GET", syncRoles, "", 401, nil},
		{webtest.Member, "GET", "/users/oidc-claims", "", 400, []string{"User is not an OIDC user."}},
	} {
		r := webtest.Request{As: tt.as, Method: tt.method, Path: "/api/v2" + tt.path, Unchecked: tt.status == 404}
		if tt.body != "" {
			r.JSON = tt.body
		}
		res := s.Do(t, r)
		for _, has := range tt.has {
			if !strings.Contains(string(res.Body), has) {
				t.Errorf("%s %s %.80s: no %s in\n%s", tt.method, tt.path, tt.body, has, res.Body)
			}
		}
		if res.StatusCode != tt.status {
			t.Errorf("%s %s %.80s: got %d, want %d\n%.500s", tt.method, tt.path, tt.body, res.StatusCode, tt.status, res.Body)
		}
	}
	if diff := cmp.Diff(before, s.State(t)); diff != "" {
		t.Errorf("stored (-before +after)\n%s", diff)
	}
	// What was there already is not judged again, though its role is gone.
	do(t, s, send(admin, "PATCH", syncRoles, `{"field":"teams","mapping":{"eng":["organization-auditor"],"old":["gone"]}}`))
}

// Without a provider there is nothing that rules could be about.
func TestSyncWithoutProviders(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, r := range []webtest.Request{
		{As: webtest.Owner, Path: syncOrganization}, {As: webtest.Owner, Path: syncRoles}, {As: webtest.Owner, Path: "/settings/idpsync/available-fields"},
		{As: webtest.Owner, Method: "PATCH", Path: syncSiteRoles, JSON: `{"field":"groups"}`},
	} {
		if res := s.Do(t, r); res.StatusCode != 400 || res.Error().Message != "No sign-in provider is configured." {
			t.Errorf("%s %s: got %d\n%s", r.Method, r.Path, res.StatusCode, res.Body)
		}
	}
	if res := s.Do(t, webtest.Request{As: webtest.Member, Path: syncRoles}); res.StatusCode != 403 {
		t.Errorf("a member: got %d", res.StatusCode)
	}
}
