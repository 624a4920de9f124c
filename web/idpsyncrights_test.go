package web_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/web/webtest"
)

// readPermissions reads a list like "template:read !template:delete".
func readPermissions(text string) (list []rbac.Permission) {
	for _, one := range strings.Fields(text) {
		one, negate := strings.CutPrefix(one, "!")
		resource, action, _ := strings.Cut(one, ":")
		list = append(list, rbac.Permission{ResourceType: resource, Action: action, Negate: negate})
	}
	return list
}

// syncEscalation is one who tries to have a rule give more than they could.
type syncEscalation struct {
	name, as, path, body string
	status               int
	fields               string // of the refusal, a space between two
}

// TestSyncEscalation checks docs/spec/sync.md: no one maps what they could not give, in one site with people of many rights.
// mapper may change the rules of the default organization and give small roles; asker may change them and give nothing; steward
// may change the rules of the site and add members to the default organization alone.
func TestSyncEscalation(t *testing.T) {
	t.Parallel()
	s := webtest.New(t, webtest.Providers("okta"))
	const mapperHolds = "organization:read idpsync_settings:read idpsync_settings:update assign_org_role:read assign_org_role:assign organization_member:read template:read"
	people := map[string]string{"mapper": mapperHolds, "asker": "organization:read idpsync_settings:read idpsync_settings:update template:read"}
	for _, name := range []string{"mapper", "asker"} {
		s.AddUser(t, name, webtest.Default)
		giveRole(t, s, "is-"+name, readPermissions(people[name]), name)
	}
	s.AddUser(t, "steward", webtest.Default)
	site := org.Given(org.RoleInput{Name: "is-steward", Site: readPermissions("organization:read idpsync_settings:read idpsync_settings:update")})
	if _, err := s.Service.PutRole(t.Context(), s.Service.Operator(), org.Site, site); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Service.SetUserRoles(t.Context(), s.Service.Operator(), "steward", org.Given(org.RolesInput{Roles: []string{"is-steward"}})); err != nil {
		t.Fatal(err)
	}
	giveRole(t, s, "adds", readPermissions("organization_member:create assign_org_role:assign"), "steward")
	giveRole(t, s, "small", readPermissions("template:read"))
	giveRole(t, s, "big", readPermissions("template:read template:delete"))
	giveRole(t, s, "denies", readPermissions("template:read !template:delete"))
	do(t, s, send(webtest.Owner, "PATCH", syncRoles, `{"field":"groups","mapping":{"boss":["organization-admin","small"]}}`))
	ids := strings.NewReplacer("HOME", s.Organizations[webtest.Default].ID.String(), "OTHER", s.Organizations[webtest.Other].ID.String())
	do(t, s, send(webtest.Owner, "PATCH", syncOrganization, ids.Replace(`{"field":"groups","mapping":{"all":["OTHER"]}}`)))
	const away = "/organizations/other/settings/idpsync/roles"
	const kept = `"boss":["organization-admin","small"]`
	for _, tt := range []syncEscalation{
		{"a role within one's rights", "mapper", syncRoles, `{"field":"groups","mapping":{` + kept + `,"eng":["small"]}}`, 200, ""},
		{"a role with more than one holds", "mapper", syncRoles, `{"field":"groups","mapping":{` + kept + `,"eng":["big","small"]}}`, 403, `mapping["eng"][0]`},
		{"the admin of the organization", "mapper", syncRoles + "/mapping", `{"Add":[{"Given":"eng","Gets":"organization-admin"}]}`, 403, "Add[0].Gets"},
		{"several at once", "mapper", syncRoles + "/mapping", `{"Add":[{"Given":"eng","Gets":"big"},{"Given":"ops","Gets":"small"},{"Given":"ops","Gets":"organization-admin"}]}`, 403, "Add[0].Gets Add[2].Gets"},
		{"another value for a pair of somebody else", "mapper", syncRoles, `{"field":"groups","mapping":{"all":["organization-admin"]}}`, 403, `mapping["all"][0]`},
		{"a pattern for it", "mapper", syncRoles, `{"field":"groups","mapping":{` + kept + `,"glob:*":["organization-admin"]}}`, 403, `mapping["glob:*"][0]`},
		{"another claim for pairs of somebody else", "mapper", syncRoles + "/config", `{"field":"email"}`, 403, `mapping["boss"][0]`},
		{"another claim and the same pairs", "mapper", syncRoles, `{"field":"email","mapping":{` + kept + `}}`, 403, `mapping["boss"][0]`},
		{"a role that denies", "mapper", syncRoles + "/mapping", `{"Add":[{"Given":"eng","Gets":"denies"}]}`, 403, "Add[0].Gets"},
		{"the same by the admin", webtest.Admin, syncRoles + "/mapping", `{"Add":[{"Given":"eng","Gets":"denies"}]}`, 403, "Add[0].Gets"},
		{"the same by an owner", webtest.Owner, syncRoles + "/mapping", `{"Add":[{"Given":"eng","Gets":"denies"}]}`, 200, ""},
		{"without assign_org_role:assign", "asker", syncRoles + "/mapping", `{"Add":[{"Given":"ops","Gets":"small"}]}`, 403, "Add[0].Gets"},
		{"another claim, by the same", "asker", syncRoles + "/config", `{"field":"x"}`, 403, `mapping["boss"][0] mapping["boss"][1] mapping["eng"][0] mapping["eng"][1]`},
		{"taking a pair away", "asker", syncRoles + "/mapping", `{"Remove":[{"Given":"eng","Gets":"denies"},{"Given":"eng","Gets":"small"}]}`, 200, ""},
		{"another organization", "mapper", away, `{"field":"groups","mapping":{"eng":["organization-admin"]}}`, 404, ""},
		{"roles of the site", "steward", syncSiteRoles, `{"field":"groups","mapping":{"eng":["auditor"]}}`, 403, ""},
		{"owner by the admin", webtest.Admin, syncSiteRoles + "/mapping", `{"Add":[{"Given":"eng","Gets":"owner"}]}`, 403, ""},
		{"an organization that one adds members to", "steward", syncOrganization + "/mapping", `{"Add":[{"Given":"eng","Gets":"HOME"}]}`, 200, ""},
		{"one that one only reads", "steward", syncOrganization + "/mapping", `{"Add":[{"Given":"eng","Gets":"OTHER"},{"Given":"ops","Gets":"HOME"}]}`, 403, "Add[0].Gets"},
		{"another claim for it", "steward", syncOrganization + "/config", `{"field":"email"}`, 403, `mapping["all"][0]`},
		{"the default organization for everyone", "steward", syncOrganization + "/config", `{"field":"groups","assign_default":true}`, 200, ""},
		{"switching it off", "asker", syncRoles + "/config", `{"field":""}`, 200, ""},
		{"and on again, with pairs of somebody else", "mapper", syncRoles + "/config", `{"field":"groups"}`, 403, `mapping["boss"][0]`},
		{"the site's rules by the admin of an organization", webtest.Admin, syncOrganization + "/config", `{"field":"groups"}`, 403, ""},
	} {
		before := s.Query(t, "SELECT * FROM sync_rules ORDER BY id")
		res := s.Do(t, send(tt.as, "PATCH", tt.path, ids.Replace(tt.body)))
		var fields []string
		if res.StatusCode >= 400 {
			for _, f := range res.Error().Validations {
				fields = append(fields, f.Field)
			}
		}
		if got := strings.Join(fields, " "); res.StatusCode != tt.status || got != tt.fields {
			t.Errorf("%s: got %d, fields %s; want %d, fields %s\n%s", tt.name, res.StatusCode, got, tt.status, tt.fields, res.Body)
		}
		if diff := cmp.Diff(before, s.Query(t, "SELECT * FROM sync_rules ORDER BY id")); (diff != "") != (tt.status == 200) {
			t.Errorf("%s: stored (-before +after)\n%s", tt.name, diff)
		}
	}
}

// TestClaims checks docs/spec/sync.md, endpoints: what the last sign-ins told, in an organization of its members alone.
func TestClaims(t *testing.T) {
	t.Parallel()
	s := webtest.New(t, webtest.Providers("okta", "google"))
	s.Exec(t, `INSERT INTO user_identities (issuer, subject, provider, user_id, email, claims, created_at, last_login_at)
		SELECT 'https://okta.example.com', username, 'okta', id, '', CASE username
			WHEN 'member' THEN '{"groups":["ops","eng","eng"],"realm_access":{"roles":["a"]},"n":7}'
			WHEN 'rival' THEN '{"groups":["secret"],"dept":"law"}' ELSE '{"never":"seen"}' END,
			created_at, CASE username WHEN 'owner' THEN NULL ELSE created_at END
		FROM users WHERE username IN ('member', 'rival', 'owner')`)
	const site, home, away = "/settings/idpsync/", "/organizations/default/settings/idpsync/", "/organizations/other/settings/idpsync/"
	check := func(as, path string, status int, want string) {
		t.Helper()
		res := s.Do(t, webtest.Request{As: as, Path: path})
		if got := strings.TrimSpace(string(res.Body)); res.StatusCode != status || status == 200 && got != want || !strings.Contains(got, want) {
			t.Errorf("%s: got %d\n%s\nwant %d\n%s", path, res.StatusCode, got, status, want)
		}
	}
	check(webtest.Owner, site+"available-fields", 200, `["dept","groups","n","realm_access"]`)
	check(webtest.Owner, site+"field-values?claimField=groups", 200, `["eng","ops","secret"]`)
	check(webtest.Owner, site+"field-values?claimField=realm_access.roles", 200, `["a"]`)
	check(webtest.Owner, site+"field-values?claimField=n", 200, `["7"]`)
	check(webtest.Owner, site+"field-values?claimField=nothing", 200, `[]`)
	check(webtest.Owner, site+"available-fields?provider=google", 200, `[]`)
	check(webtest.Admin, home+"available-fields", 200, `["groups","n","realm_access"]`)
	check(webtest.Admin, home+"field-values?claimField=groups", 200, `["eng","ops"]`)
	check(webtest.Admin, home+"field-values?claimField=dept", 200, `[]`)
	check(webtest.Rival, away+"field-values?claimField=groups", 200, `["secret"]`)
	check(webtest.Member, "/users/oidc-claims", 200, `{"claims":{"groups":["ops","eng","eng"],"n":7,"realm_access":{"roles":["a"]}}}`)
	check(webtest.Member, "/users/oidc-claims?provider=google", 400, "User is not an OIDC user.")
	check(webtest.Owner, "/users/oidc-claims", 400, "User is not an OIDC user.")

	// Claims that were too long to keep have left their names.
	s.Exec(t, `UPDATE user_identities SET claims = '["groups","huge"]' WHERE subject = 'member'`)
	check(webtest.Admin, home+"available-fields", 200, `["groups","huge"]`)
	check(webtest.Admin, home+"field-values?claimField=groups", 200, `[]`)
	check(webtest.Member, "/users/oidc-claims", 200, `{"claims":{"groups":null,"huge":null}}`)
}
