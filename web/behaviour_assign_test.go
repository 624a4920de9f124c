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
	orgAdminRole = "organization-admin"
	ownRoles     = "You cannot change your own organization roles."
)

// TestAssignTable checks docs/spec/assigning.md: the refusals, in the order of its rows. Edge cases E3, E9 and E15.
func TestAssignTable(t *testing.T) {
	t.Parallel()
	put := func(as, user string, body any) webtest.Request {
		return send(as, http.MethodPut, members+"/"+user+"/roles", body)
	}
	const other = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
	webtest.Unchanged(t, wholeCast, []webtest.Row{
		// 1 the organization, 2 the membership
		row("as a stranger", assign("", "member", orgAuditor), 401, signedOut),
		row("as a suspended user", assign(suspended, "member", orgAuditor), 401, "User is not active"),
		row("from outside", assign(webtest.Outsider, "member", orgAuditor), 404, notFound),
		row("from outside, oneself", assign(webtest.Outsider, "me", orgAuditor), 404, notFound),
		row("as the rival", assign(webtest.Rival, "member", orgAuditor), 404, notFound),
		row("M, another", assign(webtest.Member, "admin", orgAuditor), 404, notFound),
		row("M, unknown", assign(webtest.Member, "nobody", orgAuditor), 404, notFound),
		row("O, unknown", assign(webtest.Owner, "nobody", orgAuditor), 400, badUser),
		row("O, no member", assign(webtest.Owner, "outsider", orgAuditor), 404, notFound),
		row("UA, itself, no member", assign(userAdmin, "me", orgAuditor), 404, notFound),
		// 3 oneself, before the body is read
		row("O, itself", assign(webtest.Owner, "me", orgAuditor), 400, ownRoles),
		row("O, itself, detail", assign(webtest.Owner, "me", orgAuditor), 400, "Another user with the appropriate permissions"),
		row("OA, itself by name", assign(webtest.Admin, "Admin", orgAuditor), 400, ownRoles),
		row("OUA, itself", assign(orgUserAdmin, "me"), 400, ownRoles),
		row("OTA, itself", assign(orgTemplateAdmin, "me"), 400, ownRoles),
		row("M, itself", assign(webtest.Member, "me", orgAuditor), 400, ownRoles),
		row("M, itself, without a body", put(webtest.Member, "me", ""), 400, ownRoles),
		row("O, itself, with a bad body", put(webtest.Owner, "me", "{"), 400, ownRoles),
		// 4 neither assign nor unassign, before the body is read
		row("TA", assign(templateAdmin, "member", orgAuditor), 403, forbidden),
		row("AU", assign(auditor, "member", orgAuditor), 403, forbidden),
		row("OTA", assign(orgTemplateAdmin, "member", orgAuditor), 403, forbidden),
		row("OAU", assign(orgAuditor, "member", orgAuditor), 403, forbidden),
		row("OTA, nothing to change", assign(orgTemplateAdmin, "member"), 403, forbidden),
		row("OTA, bad body", put(orgTemplateAdmin, "member", "{"), 403, forbidden),
		row("OTA, unknown role", assign(orgTemplateAdmin, "member", "nothing"), 403, forbidden),
		// 5 the body
		row("no body", put(webtest.Admin, "member", ""), 400, badJSON),
		row("no body, detail", put(webtest.Admin, "member", ""), 400, "EOF"),
		row("cut", put(webtest.Admin, "member", `{"roles":[`), 400, badJSON),
		row("null", put(webtest.Admin, "member", "null"), 400, badJSON),
		row("a list", put(webtest.Admin, "member", "[]"), 400, badJSON),
		row("doubled", put(webtest.Admin, "member", `{"roles":[]}{"roles":[]}`), 400, badJSON),
		row("roles missing", put(webtest.Admin, "member", "{}"), 400, "roles"),
		row("roles in capitals", put(webtest.Admin, "member", `{"ROLES":[]}`), 400, "roles"),
		row("roles twice", put(webtest.Admin, "member", `{"roles":[],"Roles":["organization-auditor"]}`), 400, badJSON),
		row("a string", put(webtest.Admin, "member", `{"roles":"organization-auditor"}`), 400, badJSON),
		row("an object", put(webtest.Admin, "member", `{"roles":{}}`), 400, badJSON),
		row("a number in the list", put(webtest.Admin, "member", `{"roles":[1]}`), 400, "roles[0]"),
		row("null in the list", put(webtest.Admin, "member", `{"roles":[null]}`), 400, "roles[0]"),
		row("a form with nothing in it", webtest.Request{
			As: webtest.Admin, Method: http.MethodPut, Path: members + "/member/roles", JSON: "{}", Form: url.Values{"x": {"1"}},
		}, 400, "must be given"),
		// 6 and 7 the names
		row("a suffix that is none", assign(webtest.Admin, "member", "a:b"), 400, `attempt to assign a role "a:b", remove the ':<organization_id> suffix`),
		row("the suffix of another organization", assign(webtest.Admin, "member", orgAuditor+":"+other), 400, "remove the ':<organization_id> suffix"),
		row("unknown", assign(webtest.Admin, "member", "nothing"), 400, "is not a supported role"),
		row("a site role", assign(webtest.Owner, "member", "owner"), 400, `"owner:`),
		row("the implied site role", assign(webtest.Owner, "member", "member"), 400, "is not a supported role"),
		row("a custom role in capitals", assign(webtest.Admin, "member", "CI"), 400, "is not a supported role"),
		row("a built-in role in capitals", assign(webtest.Admin, "member", "Organization-Auditor"), 400, "is not a supported role"),
		row("no name", assign(webtest.Admin, "member", ""), 400, "is not a supported role"),
		row("with a space", assign(webtest.Admin, "member", "ci "), 400, "is not a supported role"),
		row("one bad among good", assign(webtest.Admin, "member", "ci", "nothing", orgAuditor), 400, `"nothing:`),
		row("a placeholder", assign(webtest.Owner, "member", "custom-organization-role"), 400, "is not a supported role"),
		row("unknown, without the right to give it", assign(orgUserAdmin, "member", "nothing"), 400, "is not a supported role"),
		row("a role that was taken away", assign(webtest.Admin, "member", "shell:"), 400, "remove the ':<organization_id> suffix"),
		// 11 to 13 what the caller may give and take
		row("UA gives", assign(userAdmin, "member", orgAuditor), 403, `not authorized to assign role "organization-auditor:`),
		row("OUA gives", assign(orgUserAdmin, "member", orgAuditor), 403, `not authorized to assign role "organization-auditor:`),
		row("OUA gives its own role", assign(orgUserAdmin, "member", orgUserAdmin), 403, "not authorized to assign role"),
		row("OUA takes", assign(orgUserAdmin, orgTemplateAdmin), 403, "not authorized to assign role"),
		row("a custom role gives a built-in one", assign(assigner, "member", orgAuditor), 403, "not authorized to assign role"),
		row("a custom role gives what it does not hold", assign(assigner, "member", "ci"), 403, `not authorized to assign role "ci:`),
		row("OA gives what it does not hold", assign(webtest.Admin, "member", "shell"), 403, `not authorized to assign role "shell:`),
		row("OA denies what it does not hold", assign(webtest.Admin, "member", "no-shell"), 403, `not authorized to assign role "no-shell:`),
		row("OA takes a deny of what it does not hold", assign(webtest.Admin, denied), 403, `not authorized to assign role "no-shell:`),
		row("OA takes what it does not hold", assign(webtest.Admin, sshUser), 403, `not authorized to assign role "shell:`),
		row("OA changes who holds more", assign(webtest.Admin, sshUser, "shell", "ci"), 403, "they have permissions that you don"),
		row("two bad at once", assign(orgUserAdmin, "member", "ci", orgAuditor), 403, "not authorized to assign role"),
		row("the last admin", assign(webtest.Owner, "member", "ci", "ci", "nothing"), 400, "is not a supported role"),
		// 9 nothing to change: nothing is written
		row("the same", assign(webtest.Admin, orgTemplateAdmin, orgTemplateAdmin), 200, ""),
		row("the same, twice", assign(webtest.Admin, orgTemplateAdmin, orgTemplateAdmin, orgTemplateAdmin), 200, ""),
		row("the same, with the implied one", assign(webtest.Admin, orgTemplateAdmin, "organization-member", orgTemplateAdmin), 200, ""),
		row("UA, none of none", assign(userAdmin, "member"), 200, ""),
		row("OUA, the implied one", assign(orgUserAdmin, "member", "organization-member"), 200, ""),
	}, func(t *testing.T, way webtest.Way, _ *webtest.Site, row *webtest.Row, res *webtest.Response) {
		if row.Name == "two bad at once" && !way.Browser() && len(res.Error().Validations) != 2 {
			t.Errorf("the fields are %+v", res.Error().Validations)
		}
	})
}

// TestAssign checks docs/spec/assigning.md: what an assignment does, and who may hand out which role. Edge case E10.
func TestAssign(t *testing.T) {
	t.Parallel()
	all := []string{orgAdminRole, orgAuditor, orgTemplateAdmin, orgUserAdmin, "organization-workspace-creation-ban"}
	tests := []struct {
		name, as, user string
		give, want     []string // want is give if nil
	}{
		{"O gives everything", webtest.Owner, "member", append([]string{"ci", "shell", "no-shell"}, all...), nil},
		{"OA gives every built-in role", webtest.Admin, "member", all, nil},
		{"OA gives a custom role", webtest.Admin, "member", []string{"ci"}, nil},
		{"OA replaces", webtest.Admin, orgTemplateAdmin, []string{"ci"}, nil},
		{"OA takes all", webtest.Admin, orgTemplateAdmin, []string{}, nil},
		{"twice the same", webtest.Admin, "member", []string{"ci", "ci"}, []string{"ci"}},
		{"the implied role", webtest.Admin, "member", []string{"organization-member", "ci"}, []string{"ci"}},
		{"O makes the last admin none", webtest.Owner, "admin", []string{}, nil},
		{"O gives to who holds more", webtest.Owner, sshUser, []string{"shell", "ci"}, nil},
		{"O takes a deny", webtest.Owner, denied, []string{}, nil},
		{"a custom role gives what it holds", assigner, "member", []string{"peek"}, nil},
		{"to a suspended user", webtest.Admin, suspended, []string{"ci"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.want == nil {
				tt.want = slices.Sorted(slices.Values(tt.give))
			}
			if tt.want == nil {
				tt.want = []string{}
			}
			r := assign(tt.as, tt.user, tt.give...)
			webtest.InEveryWay(t, r, 200, enter(tt.as, tt.user), func(t *testing.T, way webtest.Way, s *webtest.Site, res *webtest.Response) {
				if diff := cmp.Diff(tt.want, rolesOf(t, s, tt.user)); diff != "" {
					t.Errorf("roles (-want +got)\n%s", diff)
				}
				if !way.Browser() {
					var m struct {
						CreatedAt, UpdatedAt string
						Roles                []struct{ Name, DisplayName string }
					}
					res.Decode(&m)
					if len(m.Roles) != len(tt.want) {
						t.Errorf("answered %s", res.Body)
					}
				}
			})
		})
	}
}

// TestAssignBodies: what counts as a list of roles, in JSON.
func TestAssignBodies(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	enter(orgTemplateAdmin)(t, s)
	id := s.Organizations[webtest.Default].ID.String()
	for _, tt := range []struct {
		body string
		want []string
	}{
		{`{"roles":["ci"]}`, []string{"ci"}},
		{`{"roles":[]}`, []string{}},
		{`{"roles":["ci:` + id + `"]}`, []string{"ci"}},
		{`{"roles":null}`, []string{}},
		{`{"roles":["organization-auditor:` + id + `","ci"],"id":"` + s.ID(webtest.Admin) + `","organization_id":"` + s.Organizations[webtest.Other].ID.String() + `"}`, []string{"ci", orgAuditor}},
		{"\t{ \"roles\" : [ \"ci\" ] , \"more\" : {} }\n", []string{"ci"}},
		{`{"roles":["organization-member:` + id + `"]}`, []string{}},
		{`{"roles":["organization-auditor:` + strings.ToUpper(id) + `"]}`, []string{orgAuditor}},
	} {
		res := s.Do(t, send(webtest.Admin, http.MethodPut, "/api/v2"+members+"/member/roles", tt.body))
		if diff := cmp.Diff(tt.want, rolesOf(t, s, "member")); res.StatusCode != 200 || diff != "" {
			t.Errorf("%s: got %d, roles (-want +got)\n%s", tt.body, res.StatusCode, diff)
		}
	}
	if diff := cmp.Diff([]string{orgAdminRole}, rolesOf(t, s, "admin")); diff != "" {
		t.Errorf("ids in the body were followed (-want +got)\n%s", diff)
	}
}

// TestAssignableIsWhatIsAccepted checks docs/spec/assigning.md: the flag agrees with what PUT does, for every person and
// role.
func TestAssignableIsWhatIsAccepted(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	wholeCast(t, s)
	yes, no := 0, 0
	for _, as := range []string{
		webtest.Owner, webtest.Admin, userAdmin, templateAdmin, auditor, orgUserAdmin, orgTemplateAdmin, orgAuditor, assigner, builder, denied, webtest.Member,
	} {
		var list []struct {
			Name       string
			Assignable bool
		}
		s.Get(t, as, roles).Decode(&list)
		if len(list) != 5+len(castRoles) {
			t.Errorf("%s sees %+v", as, list)
		}
		target := "member"
		if as == webtest.Member {
			target = "denied"
		}
		for _, r := range list {
			do(t, s, assign(webtest.Owner, target))
			put := s.Do(t, assign(as, target, r.Name))
			if accepted := put.StatusCode == 200; accepted != r.Assignable {
				t.Errorf("%s: %s is assignable = %v, and PUT answers %d", as, r.Name, r.Assignable, put.StatusCode)
			}
			if r.Assignable {
				yes++
			} else {
				no++
			}
		}
	}
	if yes < 15 || no < 60 {
		t.Errorf("%d were assignable and %d not: is that all of the cast?", yes, no)
	}
}

// TestAssignmentForm: the form offers exactly the changes that are then accepted.
func TestAssignmentForm(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	wholeCast(t, s)
	for _, as := range []string{webtest.Owner, webtest.Admin, userAdmin, orgUserAdmin, orgTemplateAdmin, assigner} {
		for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
			doc := s.Send(t, way, get(as, members+"/member/roles")).Document()
			boxes := doc.Find(`input[type=checkbox][name=role]`)
			if boxes.Length() != 5+len(castRoles) {
				t.Errorf("%s, %s: %d boxes", as, way, boxes.Length())
			}
			var list []struct {
				Name       string
				Assignable bool
			}
			s.Get(t, as, roles).Decode(&list)
			for _, r := range list {
				box := boxes.Filter(`[value="` + r.Name + `"]`)
				_, off := box.Attr("disabled")
				if box.Length() != 1 || off == r.Assignable {
					t.Errorf("%s, %s: the box of %s is disabled = %v, and the role assignable = %v", as, way, r.Name, off, r.Assignable)
				}
			}
		}
	}
}

// TestDeletedRole checks docs/spec/roles.md, deleting, edge case E6: it takes the role from everyone who held it, for good.
func TestDeletedRole(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	enter(sshUser)(t, s)
	do(t, s, assign(webtest.Admin, "member", "ci", orgAuditor))
	do(t, s, webtest.Request{As: webtest.Admin, Method: http.MethodDelete, Path: roles + "/ci"})
	if diff := cmp.Diff([]string{orgAuditor}, rolesOf(t, s, "member")); diff != "" {
		t.Errorf("after the role went (-want +got)\n%s", diff)
	}
	if names := s.Get(t, webtest.Admin, roles); strings.Contains(string(names.Body), `"ci"`) {
		t.Errorf("the role is still listed: %s", names.Body)
	}
	do(t, s, send(webtest.Admin, http.MethodPost, roles, role{"ci", "CI", nil}))
	if diff := cmp.Diff([]string{orgAuditor}, rolesOf(t, s, "member")); diff != "" {
		t.Errorf("a new role of the same name came back (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"shell"}, rolesOf(t, s, sshUser)); diff != "" {
		t.Errorf("another role went with it (-want +got)\n%s", diff)
	}
}
