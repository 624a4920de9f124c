package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/web/webtest"
)

const (
	updateFailed = "Failed to update role permissions"
	reservedRole = "Reserved role name"
)

func perm(resourceType, action string) permission { return permission{resourceType, action, false} }
func deny(resourceType, action string) permission { return permission{resourceType, action, true} }

// post and put write a role of the default organization.
func post(as string, body any) webtest.Request { return send(as, http.MethodPost, roles, body) }
func put(as string, body any) webtest.Request  { return send(as, http.MethodPut, roles, body) }

func drop(as, name string) webtest.Request {
	return webtest.Request{As: as, Method: http.MethodDelete, Path: roles + "/" + name, Form: url.Values{}}
}

// TestReadRolesTable checks docs/spec/roles.md, reading: who may read the roles of an organization and of the site.
func TestReadRolesTable(t *testing.T) {
	t.Parallel()
	var rows []webtest.Row
	for as, want := range map[string]int{
		webtest.Owner: 200, userAdmin: 200, templateAdmin: 200, auditor: 200, webtest.Admin: 200, orgUserAdmin: 200,
		orgTemplateAdmin: 200, orgAuditor: 200, assigner: 200, builder: 200, denied: 200, webtest.Member: 200,
		webtest.Outsider: 404, webtest.Rival: 404, suspended: 401, "": 401,
	} {
		for path, form := range map[string]int{
			"": 0, "/ci": 0, "/organization-admin": 0, "/gone": 404, "/CI": 404, "/organization-member": 404, "/owner": 404, "/ci%00": 404,
		} {
			status := want
			if form != 0 && want == 200 {
				status = form
			}
			rows = append(rows, row("as "+as+" "+path, get(as, roles+path), status, map[int]string{401: ""}[status]))
		}
		site := map[int]int{200: 200, 404: 200, 401: 401}[want]
		rows = append(rows, row("the site's as "+as, get(as, "/users/roles"), site, ""))
	}
	webtest.Unchanged(t, wholeCast, rows, nil)
}

// TestSiteRolesListed checks docs/spec/roles.md, reading: what is listed and who may assign it.
func TestSiteRolesListed(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	wholeCast(t, s)
	for as, assignable := range map[string]bool{webtest.Owner: true, userAdmin: false, auditor: false, webtest.Admin: false, webtest.Member: false, webtest.Outsider: false} {
		var list []map[string]any
		s.Get(t, as, "/api/v2/users/roles").Decode(&list)
		var names []string
		for _, r := range list {
			names = append(names, r["name"].(string))
			if r["assignable"] != assignable || r["built_in"] != true {
				t.Errorf("as %s: %v", as, r)
			}
			if _, has := r["organization_id"]; has {
				t.Errorf("as %s: %s has an organization_id", as, r["name"])
			}
		}
		if diff := cmp.Diff([]string{"auditor", "owner", "template-admin", "user-admin"}, slices.Sorted(slices.Values(names))); diff != "" {
			t.Errorf("as %s (-want +got)\n%s", as, diff)
		}
	}
}

// TestWriteRoleTable checks docs/spec/roles.md, writing: the refusals, in the order of its rows.
func TestWriteRoleTable(t *testing.T) {
	t.Parallel()
	fresh := role{"fresh", "Fresh", []permission{perm("template", "read")}}
	named := func(name string) role { return role{name, "", nil} }
	with := func(perms ...permission) role { return role{"fresh", "", perms} }
	form := func(name string) url.Values { return url.Values{"name": {name}, "new": {"1"}} }
	var rows []webtest.Row
	both := func(name, as string, body any, status int, has string) {
		rows = append(rows, row("POST "+name, post(as, body), status, has), row("PUT "+name, put(as, body), status, has))
	}
	// 1 who may
	both("as a stranger", "", fresh, 401, signedOut)
	both("as a suspended user", suspended, fresh, 401, "User is not active")
	both("from outside", webtest.Outsider, fresh, 404, notFound)
	both("as the rival", webtest.Rival, fresh, 404, notFound)
	for _, as := range []string{webtest.Member, userAdmin, templateAdmin, auditor, orgUserAdmin, orgTemplateAdmin, orgAuditor, assigner, denied} {
		both("as "+as, as, fresh, 403, forbidden)
		both("as "+as+" with a bad body", as, "{", 403, forbidden)
	}
	// 2 the body
	both("no body", webtest.Admin, "", 400, badJSON)
	both("cut", webtest.Admin, `{"name":`, 400, badJSON)
	both("a list", webtest.Admin, `[{"name":"fresh"}]`, 400, badJSON)
	both("doubled", webtest.Admin, `{"name":"fresh"} {"name":"fresh"}`, 400, badJSON)
	both("keys that differ in case", webtest.Admin, `{"name":"fresh","Name":"other"}`, 400, badJSON)
	both("permissions of a wrong type", webtest.Admin, `{"name":"fresh","organization_permissions":"all"}`, 400, "organization_permissions")
	both("negate of a wrong type", webtest.Admin, `{"name":"fresh","organization_permissions":[{"resource_type":"template","action":"read","negate":"true"}]}`, 400, "negate")
	both("deep", webtest.Admin, `{"name":`+strings.Repeat("[", 70)+strings.Repeat("]", 70)+`}`, 400, badJSON)
	// 4 the name
	for name, bad := range map[string]string{
		"no name": "", "33 characters": strings.Repeat("a", 33), "underscore": "a_b", "leading hyphen": "-a", "trailing hyphen": "a-", "double hyphen": "a--b",
		"space": "a b", "slash": "a/b", "dot": "a.b", "colon": "a:b", "umlaut": "ä", "NUL": "a\x00b", "mark of direction": "a\u202eb", "line": "a\nb",
	} {
		both(name, webtest.Admin, named(bad), 400, badValues)
	}
	both("a name of 33 bytes, tag", webtest.Admin, named(strings.Repeat("a", 33)), 400, `tag "username"`)
	// 5 reserved, in any case
	for _, name := range []string{
		"owner", "Owner", "member", "auditor", "user-admin", "TEMPLATE-ADMIN", "organization-admin", "organization-auditor", "organization-member",
		"organization-template-admin", "organization-user-admin", "Organization-Workspace-Creation-Ban",
		"system", "prebuilds-orchestrator", "custom-site-role", "custom-organization-role", "new", "New", "create", "roles",
	} {
		both("named "+name, webtest.Admin, named(name), 400, reservedRole)
		rows = append(rows, row("form named "+name, webtest.Request{As: webtest.Admin, Method: http.MethodPut, Path: roles, JSON: named(name), Form: form(name)}, 400, `"`+strings.ToLower(name)+`" is a reserved role name`))
	}
	// 6 and 7 the levels
	both("site permissions", webtest.Owner, map[string]any{"name": "fresh", "site_permissions": []permission{perm("user", "read")}}, 400, "not allowed to assign site wide permissions")
	both("site permissions, detail", webtest.Owner, map[string]any{"name": "fresh", "site_permissions": []permission{perm("user", "read")}}, 400, "may not contain site wide permissions")
	both("user permissions", webtest.Owner, map[string]any{"name": "fresh", "user_permissions": []permission{perm("user", "read")}}, 400, "not allowed to assign user permissions")
	both("user permissions, detail", webtest.Owner, map[string]any{"name": "fresh", "user_permissions": []permission{perm("user", "read")}}, 400, "may not contain user permissions")
	// 9 to 12 the permissions
	both("unknown type", webtest.Owner, with(perm("pig", "read")), 400, `invalid resource type "pig"`)
	both("unknown action", webtest.Owner, with(perm("template", "fly")), 400, `invalid action "fly" for resource "template"`)
	both("an action of another type", webtest.Owner, with(perm("template", "ssh")), 400, `invalid action "ssh" for resource "template"`)
	both("no type and no action", webtest.Owner, with(perm("", "")), 400, updateFailed)
	both("every action", webtest.Owner, with(perm("template", "*")), 400, "no wildcard symbols")
	both("every action of everything", webtest.Owner, with(perm("*", "*")), 400, "no wildcard symbols")
	both("not held", webtest.Admin, with(perm("workspace", "ssh")), 400, "not allowed to grant this permission")
	both("not held, to deny", webtest.Admin, with(deny("workspace", "ssh")), 400, "not allowed to grant this permission")
	both("not held of every type", webtest.Admin, with(perm("*", "start")), 400, "not allowed to grant this permission")
	both("not held by the owner", webtest.Owner, with(perm("workspace_dormant", "start")), 400, "not allowed to grant this permission")
	both("one of the site only", webtest.Admin, with(perm("assign_role", "assign")), 400, updateFailed)
	both("allowed and denied", webtest.Admin, with(perm("template", "read"), deny("template", "read")), 400, "both allowed and denied")
	both("one bad among good", webtest.Admin, with(perm("template", "read"), perm("pig", "read"), perm("template", "update")), 400, "organization_permissions[1].resource_type")
	both("of another organization, as in 2024", webtest.Owner, map[string]any{"name": "fresh", "organization_permissions": map[string]any{"6ba7b810-9dad-11d1-80b4-00c04fd430c8": []permission{perm("template", "read")}}}, 400, "organization")
	// 3 the right to this very write, 13 the name is taken
	rows = append(rows,
		row("taken", post(webtest.Admin, role{"ci", "", nil}), 400, updateFailed),
		row("taken in another case", post(webtest.Admin, role{"CI", "", nil}), 400, "already exists"),
		row("only create, an existing role", put(builder, role{"ci", "", nil}), 403, forbidden),
		row("only update, a new role", put(changer, fresh), 403, forbidden),
		row("only update, POST", post(changer, fresh), 403, forbidden),
		row("takes a deny of what it does not hold", put(webtest.Admin, role{"no-shell", "", nil}), 400, "not allowed to take the deny away"),
		row("PATCH, as in 2024", send(webtest.Owner, http.MethodPatch, roles, fresh), 405, "Method not allowed."),
		row("the same again", put(webtest.Admin, castRoles[len(castRoles)-1]), 200, ""),
	)
	webtest.Unchanged(t, wholeCast, rows, nil)
}

// TestEveryProblemAtOnce: a refusal lists everything that is wrong, and its message is that of the first check.
func TestEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	res := s.Do(t, post(webtest.Admin, map[string]any{
		"name": "a_b", "site_permissions": []permission{perm("user", "read")}, "user_permissions": []permission{perm("user", "read")},
		"organization_permissions": []permission{perm("template", "read"), perm("pig", "read"), perm("template", "*"), perm("workspace", "ssh"), perm("template", "fly")},
	}))
	e := res.Error()
	var fields []string
	for _, v := range e.Validations {
		fields = append(fields, v.Field)
	}
	want := []string{
		"name", "site_permissions", "user_permissions", "organization_permissions[1].resource_type", "organization_permissions[4].action",
		"organization_permissions[2].action", "organization_permissions[3]",
	}
	if diff := cmp.Diff(want, fields); diff != "" || e.Message != badValues || res.StatusCode != 400 {
		t.Errorf("got %d %q, fields (-want +got)\n%s", res.StatusCode, e.Message, diff)
	}
}

// TestWriteRole checks docs/spec/roles.md, writing: what it does. Edge cases E4 and E5.
func TestWriteRole(t *testing.T) {
	t.Parallel()
	read, update := perm("template", "read"), perm("template", "update")
	long := "a" + strings.Repeat("-b", 15) + "c"
	cells := func(name, display string, set map[string]string) url.Values {
		f := url.Values{"name": {name}, "display_name": {display}}
		if name != "ci" {
			f.Set("new", "1")
		}
		for cell, v := range set {
			f.Set("org."+cell, v)
		}
		return f
	}
	tests := []struct {
		name, as string
		send     role
		form     url.Values // nil: only JSON, by POST and PUT; else by PUT
		want     role
	}{
		{"O creates", webtest.Owner, role{"fresh", "Fresh", []permission{read}}, nil, role{"fresh", "Fresh", []permission{read}}},
		{"OA creates", webtest.Admin, role{"fresh", "Fresh", []permission{read}}, cells("fresh", "Fresh", map[string]string{"template.read": "allow"}), role{"fresh", "Fresh", []permission{read}}},
		{"with only create", builder, role{"fresh", "", []permission{read}}, cells("fresh", "", map[string]string{"template.read": "allow"}), role{"fresh", "", []permission{read}}},
		{"in capitals", webtest.Admin, role{"FRESH-One", "", nil}, cells("FRESH-One", "", nil), role{"fresh-one", "", []permission{}}},
		{"32 characters", webtest.Admin, role{long, "", nil}, cells(long, "", nil), role{long, "", []permission{}}},
		{"one character", webtest.Admin, role{"1", "", nil}, cells("1", "", nil), role{"1", "", []permission{}}},
		{"a deny", webtest.Admin, role{"fresh", "", []permission{deny("template", "delete"), read}}, cells("fresh", "", map[string]string{"template.read": "allow", "template.delete": "deny"}), role{"fresh", "", []permission{deny("template", "delete"), read}}},
		{"a wildcard type", webtest.Owner, role{"fresh", "", []permission{perm("*", "read")}}, cells("fresh", "", map[string]string{"*.read": "allow"}), role{"fresh", "", []permission{perm("*", "read")}}},
		{"a denied wildcard type", webtest.Owner, role{"fresh", "", []permission{deny("*", "delete")}}, cells("fresh", "", map[string]string{"*.delete": "deny"}), role{"fresh", "", []permission{deny("*", "delete")}}},
		{"twice the same", webtest.Admin, role{"fresh", "", []permission{update, read, update}}, nil, role{"fresh", "", []permission{read, update}}},
		{"hostile words", webtest.Admin, role{"fresh", `<b>"'&\u2028</b>`, nil}, cells("fresh", `<b>"'&\u2028</b>`, nil), role{"fresh", `<b>"'&\u2028</b>`, []permission{}}},
		{"right to left", webtest.Admin, role{"fresh", "مدير 日本語 👩‍🚀", nil}, cells("fresh", "مدير 日本語 👩‍🚀", nil), role{"fresh", "مدير 日本語 👩‍🚀", []permission{}}},
	}
	for _, tt := range tests {
		for _, method := range []string{http.MethodPost, http.MethodPut} {
			t.Run(method+" "+tt.name, func(t *testing.T) {
				t.Parallel()
				r := webtest.Request{As: tt.as, Method: method, Path: roles, JSON: tt.send}
				if method == http.MethodPut {
					r.Form = tt.form
				}
				webtest.InEveryWay(t, r, 200, enter(tt.as), func(t *testing.T, way webtest.Way, s *webtest.Site, res *webtest.Response) {
					if diff := cmp.Diff(&tt.want, readRole(t, s, tt.want.Name)); diff != "" {
						t.Errorf("stored (-want +got)\n%s", diff)
					}
					again := s.Do(t, webtest.Request{As: webtest.Owner, Method: method, Path: roles, JSON: tt.send})
					if want := map[string]int{http.MethodPost: 400, http.MethodPut: 200}[method]; again.StatusCode != want {
						t.Errorf("the second time: got %d, want %d\n%s", again.StatusCode, want, again.Body)
					}
					elsewhere := s.Do(t, webtest.Request{As: webtest.Rival, Method: method, Path: "/organizations/other/members/roles", JSON: role{tt.want.Name, "", nil}})
					if elsewhere.StatusCode != 200 {
						t.Errorf("the same name in another organization: got %d\n%s", elsewhere.StatusCode, elsewhere.Body)
					}
				})
			})
		}
	}
	replaced := []struct {
		name, as string
		send     any
		form     url.Values
		want     role
	}{
		{"everything", webtest.Admin, role{"ci", "CI 2", []permission{update}}, cells("ci", "CI 2", map[string]string{"template.read": "", "template.update": "allow"}), role{"ci", "CI 2", []permission{update}}},
		{"in another case", webtest.Admin, role{"Ci", "CI", []permission{update}}, nil, role{"ci", "CI", []permission{update}}},
		{"absent is empty", webtest.Admin, `{"name":"ci"}`, nil, role{"ci", "", []permission{}}},
		{"null is empty", webtest.Admin, `{"name":"ci","display_name":null,"organization_permissions":null,"site_permissions":[],"user_permissions":null}`, nil, role{"ci", "", []permission{}}},
		{"with only update", changer, role{"ci", "mine", []permission{read}}, cells("ci", "mine", nil), role{"ci", "mine", []permission{read}}},
		{"an id in the body is ignored", webtest.Admin, `{"name":"ci","organization_id":"6ba7b810-9dad-11d1-80b4-00c04fd430c8","built_in":true}`, nil, role{"ci", "", []permission{}}},
	}
	for _, tt := range replaced {
		t.Run("replaces "+tt.name, func(t *testing.T) {
			t.Parallel()
			r := webtest.Request{As: tt.as, Method: http.MethodPut, Path: roles, JSON: tt.send, Form: tt.form}
			webtest.InEveryWay(t, r, 200, enter(tt.as), func(t *testing.T, _ webtest.Way, s *webtest.Site, _ *webtest.Response) {
				if diff := cmp.Diff(&tt.want, readRole(t, s, "ci")); diff != "" {
					t.Errorf("stored (-want +got)\n%s", diff)
				}
			})
		})
	}
}

// TestDeleteRoleTable checks docs/spec/roles.md, deleting. Edge case E6.
func TestDeleteRoleTable(t *testing.T) {
	t.Parallel()
	rows := []webtest.Row{
		row("as a stranger", drop("", "ci"), 401, signedOut),
		row("from outside", drop(webtest.Outsider, "ci"), 404, notFound),
		row("as the rival", drop(webtest.Rival, "ci"), 404, notFound),
		row("unknown", drop(webtest.Admin, "gone"), 404, "No custom role with the name gone found"),
		row("unknown, detail", drop(webtest.Admin, "gone"), 404, "no role found"),
		row("unknown, as a member", drop(webtest.Member, "gone"), 404, "No custom role with the name gone found"),
		row("built-in", drop(webtest.Owner, "organization-admin"), 404, "No custom role with the name organization-admin found"),
		row("implied", drop(webtest.Owner, "organization-member"), 404, "No custom role with the name"),
		row("of the site", drop(webtest.Owner, "owner"), 404, "No custom role with the name"),
		row("in capitals", drop(webtest.Owner, "CI"), 404, "No custom role with the name CI found"),
		row("markup", drop(webtest.Owner, "%3Cb%3E"), 404, "No custom role with the name <b> found"),
		row("denies what is not held", drop(webtest.Admin, "no-shell"), 403, forbidden),
	}
	for _, as := range []string{webtest.Member, userAdmin, templateAdmin, auditor, orgUserAdmin, orgTemplateAdmin, orgAuditor, assigner, builder, changer} {
		rows = append(rows, row("as "+as, drop(as, "ci"), 403, forbidden))
	}
	webtest.Unchanged(t, wholeCast, rows, nil)
	for _, as := range []string{webtest.Owner, webtest.Admin} {
		t.Run("as "+as, func(t *testing.T) {
			t.Parallel()
			webtest.InEveryWay(t, drop(as, "ci"), 200, enter(), func(t *testing.T, way webtest.Way, s *webtest.Site, res *webtest.Response) {
				if readRole(t, s, "ci") != nil || readRole(t, s, "peek") == nil {
					t.Error("not that role, or another too")
				}
				if again := s.Do(t, drop(as, "ci")); again.StatusCode != 404 {
					t.Errorf("the second time: got %d", again.StatusCode)
				}
				if way == webtest.SDK && len(res.Body) > 0 {
					t.Errorf("answered %s", res.Body)
				}
			})
		})
	}
}

// TestSiteRoleTable checks docs/spec/roles.md, writing, for roles of the site.
func TestSiteRoleTable(t *testing.T) {
	t.Parallel()
	patch := func(as string, body any) webtest.Request { return send(as, http.MethodPatch, "/users/roles", body) }
	body := map[string]any{"name": "help-desk", "site_permissions": []permission{perm("user", "read")}}
	with := func(level string, perms ...permission) map[string]any {
		return map[string]any{"name": "help-desk", level: perms}
	}
	rows := []webtest.Row{
		row("as a stranger", patch("", body), 401, signedOut),
		row("no body", patch(webtest.Owner, ""), 400, badJSON),
		row("no name", patch(webtest.Owner, "{}"), 400, badValues),
		row("a bad name", patch(webtest.Owner, map[string]any{"name": "a_b"}), 400, badValues),
		row("reserved", patch(webtest.Owner, map[string]any{"name": "Owner"}), 400, reservedRole),
		row("organization permissions as a list", patch(webtest.Owner, with("organization_permissions", perm("template", "read"))), 400, "not allowed to assign organization permissions for a site wide role"),
		row("organization permissions as a map", patch(webtest.Owner, map[string]any{"name": "help-desk", "organization_permissions": map[string]any{"6ba7b810-9dad-11d1-80b4-00c04fd430c8": []permission{perm("template", "read")}}}), 400, "organization permissions"),
		row("unknown type", patch(webtest.Owner, with("site_permissions", perm("pig", "read"))), 400, updateFailed),
		row("every action", patch(webtest.Owner, with("user_permissions", perm("user", "*"))), 400, "no wildcard symbols"),
		row("not held", patch(webtest.Owner, with("site_permissions", perm("workspace_dormant", "start"))), 400, "not allowed to grant this permission"),
		row("POST", send(webtest.Owner, http.MethodPost, "/users/roles", body), 405, "Method not allowed."),
		row("deleting a built-in one", webtest.Request{As: webtest.Owner, Method: http.MethodDelete, Path: "/users/roles/owner"}, 404, "No custom role with the name owner found"),
		row("deleting none", webtest.Request{As: webtest.Owner, Method: http.MethodDelete, Path: "/users/roles/gone"}, 404, "no role found"),
	}
	for _, as := range []string{userAdmin, templateAdmin, auditor, webtest.Admin, orgUserAdmin, webtest.Member, webtest.Outsider} {
		rows = append(rows, row("as "+as, patch(as, body), 403, forbidden), row("with a bad body as "+as, patch(as, "{"), 403, forbidden))
	}
	webtest.Unchanged(t, wholeCast, rows, nil)
}

// TestNamesTable checks docs/spec/users.md, names: those of users and organizations.
func TestNamesTable(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	home := s.Organizations[webtest.Default].ID.String()
	user := func(name string) webtest.Request {
		return send(webtest.Owner, http.MethodPost, "/users", map[string]any{"username": name, "email": "x@example.com", "password": webtest.Password, "organization_ids": []string{home}})
	}
	organization := func(name string) webtest.Request {
		return send(webtest.Owner, http.MethodPost, "/organizations", map[string]any{"name": name})
	}
	before := s.State(t)
	for _, name := range []string{
		"", strings.Repeat("a", 33), "a_b", "-a", "a-", "a--b", "a b", "ä", "a\x00", "\u202ea", "new", "create", "a@b", "<b>",
		"6ba7b8109dad11d180b400c04fd430c8", // 32 hexadecimal digits parse as a uuid
	} {
		for what, r := range map[string]webtest.Request{"user": user(name), "organization": organization(name)} {
			if res := s.Do(t, r); res.StatusCode != 400 || len(res.Error().Validations) == 0 {
				t.Errorf("a %s named %q: got %d\n%s", what, name, res.StatusCode, res.Body)
			}
		}
	}
	for _, name := range []string{"me", "ME", "New", "create", "roles", "First", "login", "logout"} {
		if res := s.Do(t, user(name)); res.StatusCode != 400 {
			t.Errorf("a user named %q: got %d\n%s", name, res.StatusCode, res.Body)
		}
	}
	for _, name := range []string{"default", "DEFAULT", "other", "Other"} {
		if res := s.Do(t, organization(name)); res.StatusCode != 400 && res.StatusCode != 409 {
			t.Errorf("an organization named %q: got %d\n%s", name, res.StatusCode, res.Body)
		}
	}
	for _, name := range []string{"member", "MEMBER"} {
		if res := s.Do(t, user(name)); res.StatusCode != 409 || res.Error().Message != "User already exists." {
			t.Errorf("a user named %q: got %d\n%s", name, res.StatusCode, res.Body)
		}
	}
	if diff := cmp.Diff(before, s.State(t)); diff != "" {
		t.Errorf("stored (-before +after)\n%s", diff)
	}
	for _, r := range []webtest.Request{user("A-1"), organization(strings.Repeat("z", 32))} {
		do(t, s, r)
	}
}
