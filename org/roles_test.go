package org_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

const updateFailed = "Failed to update role permissions"

// refusedRole is a refusal of a role body.
func refusedRole(message, detail string, fields ...string) *org.Error {
	e := &org.Error{Kind: org.Invalid, Message: message, Detail: detail}
	for i := 0; i+1 < len(fields); i += 2 {
		e.Fields = append(e.Fields, org.Field{Field: fields[i], Detail: fields[i+1]})
	}
	return e
}

// stored is a role as it is stored: "type:action" of every permission with its level, sorted; "-" if it is not there.
func (s *site) stored(tb testing.TB, organization uuid.UUID, name string) string {
	tb.Helper()
	owner := "organization_id = ?"
	args := []any{name, organization.String()}
	if organization == uuid.Nil {
		owner, args = "organization_id IS NULL", args[:1]
	}
	if s.number(tb, "SELECT count(*) FROM roles WHERE name = ? AND "+owner, args...) == 0 {
		return "-"
	}
	return s.text(tb, `SELECT group_concat(p, ' ') FROM (SELECT CASE level WHEN 'organization' THEN '' ELSE level || '/' END
		|| CASE WHEN negate THEN '!' ELSE '' END || resource_type || ':' || action AS p
		FROM role_permissions WHERE role_id = (SELECT id FROM roles WHERE name = ? AND `+owner+`) ORDER BY level, resource_type, action) p`, args...)
}

func permTexts(list []rbac.Permission) string {
	var out []string
	for _, p := range list {
		out = append(out, p.String())
	}
	return strings.Join(out, " ")
}

func TestCreateRole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		by    string
		in    org.RoleInput
		name  string
		perms string
	}{
		{"o", org.RoleInput{Name: "empty"}, "empty", ""},
		{"oa", org.RoleInput{Name: "MiXed-9", DisplayName: "Mixed ☂", Organization: perms("template:read", "group:create", "group:read")}, "mixed-9", "group:create group:read template:read"},
		{"oa", org.RoleInput{Name: "twice", Organization: perms("template:read", "template:read", "!group:read", "!group:read")}, "twice", "!group:read template:read"},
		{"oa", org.RoleInput{Name: "denies", Organization: perms("!template:delete", "template:read")}, "denies", "!template:delete template:read"},
		{"oa", org.RoleInput{Name: "star", Organization: perms("*:view_insights")}, "star", "*:view_insights"},
		{"oa", org.RoleInput{Name: "starless", Organization: perms("!*:view_insights", "template:view_insights")}, "starless", "!*:view_insights template:view_insights"},
		{"o", org.RoleInput{Name: strings.Repeat("a", 32), DisplayName: strings.Repeat("☂", 64)}, strings.Repeat("a", 32), ""},
		{"o", org.RoleInput{Name: "member-of-staff"}, "member-of-staff", ""},
		{"o", org.RoleInput{Name: "beta-only", Organization: perms("workspace:ssh")}, "beta-only", "workspace:ssh"}, // another organization's name
		{"o", org.RoleInput{Name: "site-reader"}, "site-reader", ""},                                                // a site role's name
		{"maker", org.RoleInput{Name: "mine", Organization: perms("template:read", "assign_org_role:create", "organization:read")}, "mine",
			"assign_org_role:create organization:read template:read"},
	} {
		t.Run(c.by+" "+c.in.Name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			var r org.Role
			fields := []string{"name"}
			if c.in.DisplayName != "" {
				fields = append(fields, "display_name")
			}
			if c.perms != "" {
				fields = append(fields, "org_permissions")
			}
			slices.Sort(fields)
			s.accepted(t, entry{Actor: c.by, Action: "create", Type: "custom_role", Target: c.name, Organization: home, Status: 200, Fields: fields}, func() (err error) {
				r, err = s.PutRole(t.Context(), s.as(t, c.by), org.In("default"), mustBeNew(roleBody(c.in)))
				return err
			})
			if got := s.stored(t, home, c.name); got != strings.Join(sortedFields(c.perms), " ") && !sameSet(strings.Fields(got), strings.Fields(c.perms)) {
				t.Errorf("stored %q, want %q", got, c.perms)
			}
			if r.Name != c.name || r.DisplayName != c.in.DisplayName || permTexts(r.Organization) != c.perms || r.Version != 1 || r.UpdatedBy != c.by || r.OrganizationID != home || r.BuiltIn || len(r.Site)+len(r.User) > 0 {
				t.Errorf("answered %+v", r)
			}
			view, err := s.Role(t.Context(), s.as(t, "o"), org.In("default"), c.name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(r, view.Role, cmpopts.IgnoreFields(org.Role{}, "Assignable", "Refusal"), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("read back:\n%s", diff)
			}
		})
	}
}

func sortedFields(s string) []string {
	f := strings.Fields(s)
	slices.Sort(f)
	return f
}

// invalidRoles are bodies that nobody may store, whether the role is new or not.
func invalidRoles() []struct {
	why  string
	in   org.RoleInput
	want *org.Error
} {
	about := func(p string) string {
		q := perm(p)
		return fmt.Sprintf("org=%q: invalid permission for action=%q type=%q, ", home, q.Action, q.ResourceType)
	}
	badType := func(resource string) string {
		return fmt.Sprintf("invalid role: org=%q: invalid resource type %q", home, resource)
	}
	badAction := func(action, resource string) string {
		return fmt.Sprintf("invalid role: org=%q: invalid action %q for resource %q", home, action, resource)
	}
	const grant, grantField = "not allowed to grant this permission", "not allowed to grant this permission: you do not hold it yourself"
	const siteMessage, siteDetail = "Invalid request, not allowed to assign site wide permissions for an organization role.", "organization scoped roles may not contain site wide permissions"
	const userMessage, userDetail = "Invalid request, not allowed to assign user permissions for an organization role.", "organization scoped roles may not contain user permissions"
	name := func(n string) org.RoleInput { return org.RoleInput{Name: n} }
	invalidName := func(n, problem string) *org.Error {
		return refusedRole("Validation failed.", "", "name", fmt.Sprintf("Validation failed for tag %q with value: %q: %s", "username", n, problem))
	}
	reserved := func(n string) *org.Error {
		d := fmt.Sprintf("%q is a reserved role name", strings.ToLower(n))
		return refusedRole("Reserved role name", d, "name", d)
	}
	list := func(p ...string) org.RoleInput { return org.RoleInput{Name: "target", Organization: perms(p...)} }
	type row = struct {
		why  string
		in   org.RoleInput
		want *org.Error
	}
	rows := []row{
		{"site permissions", org.RoleInput{Name: "target", Site: perms("template:read")}, refusedRole(siteMessage, siteDetail, "site_permissions", siteDetail)},
		{"user permissions", org.RoleInput{Name: "target", User: perms("template:read")}, refusedRole(userMessage, userDetail, "user_permissions", userDetail)},
		{"both", org.RoleInput{Name: "target", Site: perms("template:read"), User: perms("nonsense:read")},
			refusedRole(siteMessage, siteDetail, "site_permissions", siteDetail, "user_permissions", userDetail)},
		{"unknown type", list("spaceship:read"), refusedRole(updateFailed, badType("spaceship"), "organization_permissions[0].resource_type", `invalid resource type "spaceship"`)},
		{"type in another case", list("Template:read"), refusedRole(updateFailed, badType("Template"), "organization_permissions[0].resource_type", `invalid resource type "Template"`)},
		{"unknown action", list("template:read", "template:fly"), refusedRole(updateFailed, badAction("fly", "template"), "organization_permissions[1].action", `invalid action "fly" for resource "template"`)},
		{"action of another type", list("group:use"), refusedRole(updateFailed, badAction("use", "group"), "organization_permissions[0].action", `invalid action "use" for resource "group"`)},
		{"empty", org.RoleInput{Name: "target", Organization: []rbac.Permission{{}}}, refusedRole(updateFailed, badType(""), "organization_permissions[0].resource_type", `invalid resource type ""`)},
		{"wildcard action", list("template:*"), refusedRole(updateFailed, about("template:*")+"no wildcard symbols", "organization_permissions[0].action", about("template:*")+"no wildcard symbols")},
		{"denied wildcard action", list("!template:*"), refusedRole(updateFailed, about("template:*")+"no wildcard symbols", "organization_permissions[0].action", about("template:*")+"no wildcard symbols")},
		{"wildcards", list("*:*"), refusedRole(updateFailed, about("*:*")+"no wildcard symbols", "organization_permissions[0].action", about("*:*")+"no wildcard symbols")},
		{"wildcard type, unknown action", list("*:fly"), refusedRole(updateFailed, badAction("fly", "*"), "organization_permissions[0].action", `invalid action "fly" for resource "*"`)},
		{"a look-alike of the star", list("template:＊", "＊:read"), refusedRole(updateFailed, badAction("＊", "template")+"\n"+badType("＊"),
			"organization_permissions[0].action", `invalid action "＊" for resource "template"`, "organization_permissions[1].resource_type", `invalid resource type "＊"`)},
		{"not held", list("template:read", "workspace:ssh"), refusedRole(updateFailed, about("workspace:ssh")+grant, "organization_permissions[1]", grantField)},
		{"a deny not held", list("!workspace:ssh"), refusedRole(updateFailed, about("workspace:ssh")+grant, "organization_permissions[0]", grantField)},
		{"a wildcard not held", list("*:ssh"), refusedRole(updateFailed, about("*:ssh")+grant, "organization_permissions[0]", grantField)},
		{"a wildcard half held", list("*:assign"), refusedRole(updateFailed, about("*:assign")+grant, "organization_permissions[0]", grantField)},
		{"allow and deny", list("template:read", "!template:read"), refusedRole(updateFailed, "template:read is both allowed and denied", "organization_permissions[1]", "template:read is both allowed and denied")},
		{"deny and allow", list("!group:read", "group:create", "group:read", "group:read"), refusedRole(updateFailed, "group:read is both allowed and denied", "organization_permissions[2]", "group:read is both allowed and denied")},
		{"everything at once", org.RoleInput{Name: "target", DisplayName: "two\nlines", Site: perms("a:b"),
			Organization: perms("nonsense:read", "template:*", "workspace:ssh", "template:read", "!template:read")},
			refusedRole("Validation failed.", "", "display_name", "must not contain control characters", "site_permissions", siteDetail,
				"organization_permissions[0].resource_type", `invalid resource type "nonsense"`,
				"organization_permissions[1].action", about("template:*")+"no wildcard symbols",
				"organization_permissions[2]", grantField, "organization_permissions[4]", "template:read is both allowed and denied")},
		{"several of one rank", list("nonsense:read", "template:fly", "workspace:ssh"), refusedRole(updateFailed, badType("nonsense")+"\n"+badAction("fly", "template"),
			"organization_permissions[0].resource_type", `invalid resource type "nonsense"`, "organization_permissions[1].action", `invalid action "fly" for resource "template"`,
			"organization_permissions[2]", grantField)},
		{"display name too long", org.RoleInput{Name: "target", DisplayName: strings.Repeat("x", 65)}, refusedRole("Validation failed.", "", "display_name", "must be <= 64 characters")},
		{"no name", name(""), invalidName("", "must be >= 1 character")},
		{"name too long", name(strings.Repeat("a", 33)), invalidName(strings.Repeat("a", 33), "must be <= 32 characters")},
	}
	for _, n := range []string{"a_b", "-a", "a-", "a--b", "a b", "owner ", " owner", "ＯＷＮＥＲ", "own\u200ber", "\u202erenwo", "owne\u0440", "..", "%2e", "a/b", "a:b", "ä", "o\x00wner", "viewer\n"} {
		rows = append(rows, row{"name " + n, name(n), invalidName(n, "must be alphanumeric with hyphens")})
	}
	for _, n := range []string{
		"owner", "auditor", "template-admin", "user-admin", "member", "organization-admin", "organization-auditor", "organization-template-admin",
		"organization-user-admin", "organization-workspace-creation-ban", "organization-member",
		"system", "prebuilds-orchestrator", "custom-site-role", "custom-organization-role", "new", "create", "roles",
	} {
		for _, spelled := range []string{n, strings.ToUpper(n), strings.ToUpper(n[:1]) + n[1:]} {
			rows = append(rows, row{"reserved " + spelled, name(spelled), reserved(spelled)})
		}
	}
	return rows
}

func TestInvalidRoles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range invalidRoles() {
		t.Run(c.why, func(t *testing.T) {
			s.refused(t, c.want, 0, func() error {
				return drop(s.PutRole(t.Context(), s.as(t, "oa"), org.In("default"), mustBeNew(roleBody(c.in))))
			})
			s.refused(t, c.want, 0, func() error {
				return drop(s.PutRole(t.Context(), s.as(t, "oa"), org.In("default"), roleBody(c.in)))
			})
		})
	}
	if _, err := s.PutRole(t.Context(), s.as(t, "oa"), org.In("default"), mustBeNew(role("target", "template:read"))); err != nil {
		t.Fatal(err)
	}
	for _, c := range invalidRoles() {
		if c.in.Name != "target" || strings.Contains(c.why, "and") || c.why == "everything at once" {
			continue
		}
		t.Run("over a role: "+c.why, func(t *testing.T) {
			s.refused(t, c.want, 1, func() error {
				return drop(s.PutRole(t.Context(), s.as(t, "oa"), org.In("default"), roleBody(c.in)))
			})
		})
	}
}

func TestWhoMayWriteRoles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	bodies := map[string]func(by, organization string, body org.Input[org.RoleInput]) error{
		"create": func(by, organization string, body org.Input[org.RoleInput]) error {
			return drop(s.PutRole(t.Context(), s.as(t, by), org.In(organization), mustBeNew(body)))
		},
		"put": func(by, organization string, body org.Input[org.RoleInput]) error {
			return drop(s.PutRole(t.Context(), s.as(t, by), org.In(organization), body))
		},
	}
	unreadRole := unread[org.RoleInput](t)
	for verb, write := range bodies {
		for _, by := range []string{"ua", "ta", "au", "oua", "ota", "oau", "m", "dealer"} {
			t.Run(verb+" "+by, func(t *testing.T) {
				s.refused(t, forbid, 0, func() error { return write(by, "default", unreadRole) })
			})
		}
		for _, by := range []string{"x", "pa", "pm"} {
			s.refused(t, notFound, 0, func() error { return write(by, "default", unreadRole) })
		}
		s.refused(t, notFound, 0, func() error { return write("maker", "beta", unreadRole) })
		s.refused(t, notFound, 0, func() error { return write("o", "gamma", unreadRole) })
		s.refused(t, errBody, 0, func() error {
			return write("maker", "default", broken[org.RoleInput]())
		})
	}
	// Who may not even read the roles sees nothing there.
	s.store(t, "curb", "organization", "!assign_org_role:read")
	for _, write := range bodies {
		s.refused(t, notFound, 0, func() error { return write("curbed", "default", unreadRole) })
	}
	_, err := s.Roles(t.Context(), s.as(t, "curbed"), org.In("default"))
	same(t, err, notFound)
	_, err = s.Role(t.Context(), s.as(t, "curbed"), org.In("default"), "viewer")
	same(t, err, notFound)
	s.refused(t, notFound, 0, func() error {
		return drop(s.DeleteRole(t.Context(), s.as(t, "curbed"), org.In("default"), "viewer", nil))
	})
}

// PUT needs update where the name exists, else create; POST needs create.
func TestUpsertRights(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lacks, name string
		post        bool
		accepted    bool
		rows        int
	}{
		{"create", "viewer", false, true, 0},
		{"create", "VIEWER", false, true, 0},
		{"create", "fresh", false, false, 0},
		{"create", "fresh", true, false, 0},
		{"create", "viewer", true, false, 1},
		{"update", "viewer", false, false, 1},
		{"update", "Viewer", false, false, 1},
		{"update", "fresh", false, true, 0},
		{"update", "fresh", true, true, 0},
	} {
		s := newSite(t)
		s.exec(t, "DELETE FROM role_permissions WHERE role_id = ? AND action = ?", id("role maker").String(), c.lacks)
		write := func() error {
			if c.post {
				return drop(s.PutRole(t.Context(), s.as(t, "maker"), org.In("default"), mustBeNew(role(c.name, "template:read", "organization:read"))))
			}
			return drop(s.PutRole(t.Context(), s.as(t, "maker"), org.In("default"), role(c.name, "template:read", "organization:read")))
		}
		if !c.accepted {
			s.refused(t, forbid, c.rows, write)
			continue
		}
		if err := write(); err != nil {
			t.Errorf("without %s, %s: %v", c.lacks, c.name, err)
		}
		if got := s.stored(t, home, strings.ToLower(c.name)); got != "organization:read template:read" {
			t.Errorf("stored %q", got)
		}
	}
}

func TestPutRoleReplaces(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	before, err := s.Role(t.Context(), s.as(t, "oa"), org.In("default"), "dealer")
	if err != nil {
		t.Fatal(err)
	}
	var r org.Role
	row := s.accepted(t, entry{Actor: "oa", Action: "write", Type: "custom_role", Target: "dealer", Organization: home, Status: 200, Fields: []string{"display_name", "org_permissions"}}, func() (err error) {
		r, err = s.PutRole(t.Context(), s.as(t, "oa"), org.In("default"), roleBody(org.RoleInput{Name: "Dealer", Organization: perms("template:use", "template:read")}))
		return err
	})
	if got := s.stored(t, home, "dealer"); got != "template:read template:use" || r.DisplayName != "" || r.Version != 2 || r.ID != before.Role.ID || r.UpdatedBy != "oa" || !r.UpdatedAt.After(before.Role.UpdatedAt) {
		t.Errorf("stored %q, answered %+v", got, r)
	}
	if len(row.Changes["org_permissions"].Old.([]any)) != 4 || len(row.Changes["org_permissions"].New.([]any)) != 2 {
		t.Errorf("recorded %+v", row.Changes["org_permissions"])
	}
	// An absent list is an empty one.
	s.accepted(t, entry{Actor: "oa", Action: "write", Type: "custom_role", Target: "dealer", Organization: home, Status: 200, Fields: []string{"org_permissions"}}, func() error {
		return drop(s.PutRole(t.Context(), s.as(t, "oa"), org.In("default"), role("dealer")))
	})
	if got := s.stored(t, home, "dealer"); got != "" {
		t.Errorf("stored %q", got)
	}
	if s.as(t, "dealer").Can("assign", rbac.Object{Type: "assign_org_role", Org: home}) {
		t.Error("a holder still has what the role gave")
	}
	// The same again is no change, in whatever order and however often a permission is named.
	for _, in := range []org.RoleInput{
		{Name: "maker", DisplayName: "MAKER", Organization: perms("template:read", "assign_org_role:update", "assign_org_role:create", "assign_org_role:delete", "template:read")},
		{Name: "curb", DisplayName: "CURB", Organization: perms("!template:update")},
	} {
		s.unchanged(t, func() error { return drop(s.PutRole(t.Context(), s.as(t, "oa"), org.In("default"), roleBody(in))) })
	}
}

func TestPutRoleVersion(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	put := func(version int64, name string) error {
		r := org.Role{ID: id("role " + name), Version: version}
		return drop(s.PutRole(t.Context(), s.as(t, "oa"), org.In("default"), roleBody(org.RoleInput{Name: name, From: org.Versions{r.Tag()}, DisplayName: fmt.Sprint("from ", version)})))
	}
	if err := put(1, "viewer"); err != nil {
		t.Fatal(err)
	}
	entries := s.entries(t)
	e := kind(t, put(1, "viewer"), org.Conflict)
	if !strings.Contains(e.Detail, "oa saved it") || s.entries(t) != entries+1 {
		t.Errorf("%v, %d audit rows", e, s.entries(t)-entries)
	}
	if err := put(2, "viewer"); err != nil {
		t.Error(err)
	}
	// An edit of a role that was deleted meanwhile does not bring it back.
	if _, err := s.DeleteRole(t.Context(), s.as(t, "oa"), org.In("default"), "viewer", nil); err != nil {
		t.Fatal(err)
	}
	kind(t, put(3, "viewer"), org.Conflict)
	if got := s.stored(t, home, "viewer"); got != "-" {
		t.Errorf("a stale form stored the role again: %q", got)
	}
}

func TestCreateOverExisting(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, name := range []string{"viewer", "VIEWER"} {
		want := refusedRole(updateFailed, `a role with the name "viewer" already exists`, "name", `a role with the name "viewer" already exists`)
		s.refused(t, want, 1, func() error {
			return drop(s.PutRole(t.Context(), s.as(t, "oa"), org.In("default"), mustBeNew(role(name))))
		})
		s.refused(t, want, 1, func() error {
			return drop(s.PutRole(t.Context(), s.as(t, "oa"), org.In("default"), roleBody(org.RoleInput{Name: name, MustCreate: true})))
		})
	}
	// Organizations do not share names.
	if _, err := s.PutRole(t.Context(), s.as(t, "pa"), org.In("beta"), mustBeNew(role("viewer", "group:read"))); err != nil {
		t.Fatal(err)
	}
	if a, b := s.stored(t, home, "viewer"), s.stored(t, beta, "viewer"); a != "template:read" || b != "group:read" {
		t.Errorf("stored %q and %q", a, b)
	}
}

func TestDeleteRole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	s.give(t, home, "m", "viewer")
	s.give(t, home, "viewer", "curb")
	s.give(t, beta, "pm", "viewer")
	s.exec(t, "INSERT INTO roles VALUES (?, ?, 'viewer', '', 1, ?, ?, '', 1, '')", uuid.NewString(), beta.String(), start, start)
	before, err := s.Member(ctx, s.as(t, "oa"), "default", "viewer")
	if err != nil {
		t.Fatal(err)
	}
	var r org.Role
	s.accepted(t, entry{Actor: "oa", Action: "delete", Type: "custom_role", Target: "viewer", Organization: home, Status: 200, Fields: []string{"display_name", "name", "org_permissions"}}, func() (err error) {
		r, err = s.DeleteRole(ctx, s.as(t, "oa"), org.In("default"), "viewer", nil)
		return err
	})
	if r.Name != "viewer" || permTexts(r.Organization) != "template:read" {
		t.Errorf("answered %+v", r)
	}
	if a, b, c := s.memberRoles(t, home, "viewer"), s.memberRoles(t, home, "m"), s.memberRoles(t, beta, "pm"); a != "curb" || b != "" || c != "viewer" {
		t.Errorf("left with %q, %q and %q", a, b, c)
	}
	after, err := s.Member(ctx, s.as(t, "oa"), "default", "viewer")
	if err != nil || after.Version != before.Version+1 || !after.UpdatedAt.After(before.UpdatedAt) {
		t.Errorf("the holder's membership has version %d, updated %v (%v)", after.Version, after.UpdatedAt, err)
	}
	if n := s.number(t, "SELECT count(*) FROM role_permissions WHERE role_id NOT IN (SELECT id FROM roles)"); n != 0 {
		t.Errorf("%d orphaned permissions", n)
	}
	// A new role of the same name does not come back to them.
	again, err := s.PutRole(ctx, s.as(t, "oa"), org.In("default"), mustBeNew(role("viewer", "group:delete")))
	if err != nil || again.ID == r.ID || s.memberRoles(t, home, "viewer") != "curb" || s.as(t, "viewer").Can("delete", rbac.Object{Type: "group", Org: home}) {
		t.Errorf("%v; the old holder has %q", err, s.memberRoles(t, home, "viewer"))
	}
}

func TestDeleteRoleRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	none := func(name string) *org.Error {
		return &org.Error{Kind: org.NotFound, Message: "No custom role with the name " + name + " found", Detail: "no role found"}
	}
	demotion := superior("assign_org_role:assign, assign_org_role:unassign, organization_member:read")
	denies := &org.Error{Kind: org.Forbidden, Message: "Forbidden.", Detail: "You don't have permission to delete this role: it denies what you do not hold, template:update."}
	for _, c := range []struct {
		by, org, name string
		want          *org.Error
		rows          int
	}{
		{"x", "default", "viewer", notFound, 0},
		{"pa", "default", "viewer", notFound, 0},
		{"pa", "beta", "viewer", none("viewer"), 0},
		{"o", "default", "beta-only", none("beta-only"), 0},
		{"oa", "default", "Viewer", none("Viewer"), 0},
		{"oa", "default", "organization-admin", none("organization-admin"), 0},
		{"o", "default", "owner", none("owner"), 0},
		{"o", "default", "organization-member", none("organization-member"), 0},
		{"m", "default", "nothing", none("nothing"), 0},
		{"m", "default", "viewer", forbid, 1},
		{"ua", "default", "viewer", forbid, 1},
		{"oua", "default", "viewer", forbid, 1},
		{"ota", "default", "viewer", forbid, 1},
		{"oau", "default", "viewer", forbid, 1},
		{"ta", "default", "viewer", forbid, 1},
		{"au", "default", "viewer", forbid, 1},
		{"dealer", "default", "viewer", forbid, 1},
		{"maker", "default", "curb", denies, 1},     // deleting a deny grants
		{"maker", "default", "dealer", demotion, 1}, // whoever holds it holds more than the caller
	} {
		t.Run(c.by+" deletes "+c.name, func(t *testing.T) {
			s.refused(t, c.want, c.rows, func() error { return drop(s.DeleteRole(t.Context(), s.as(t, c.by), org.In(c.org), c.name, nil)) })
		})
	}
	// Deleting what allows more than the caller holds, and nobody holds, needs no more than the right to delete.
	s.exec(t, "DELETE FROM member_roles WHERE role = 'dealer'")
	if _, err := s.DeleteRole(t.Context(), s.as(t, "maker"), org.In("default"), "dealer", nil); err != nil {
		t.Error(err)
	}
}

// Taking a deny out of a role grants: each way needs the denied permission held.
func TestTakingDeniesAway(t *testing.T) {
	t.Parallel()
	taken := func(p string) *org.Error {
		q := perm(p)
		d := fmt.Sprintf("action=%q type=%q is denied by this role, not allowed to take the deny away: you do not hold the permission yourself", q.Action, q.ResourceType)
		return refusedRole(updateFailed, d, "organization_permissions", d)
	}
	s := newSite(t)
	put := func(by string, list ...string) func() error {
		return func() error {
			return drop(s.PutRole(t.Context(), s.as(t, by), org.In("default"), role("curb", list...)))
		}
	}
	s.refused(t, taken("!template:update"), 1, put("maker"))
	s.refused(t, taken("!template:update"), 1, put("maker", "template:read"))
	kind(t, put("maker", "template:update")(), org.Invalid) // neither turned round
	if err := put("maker", "!template:update", "template:read")(); err != nil {
		t.Errorf("what was stored may stay: %v", err)
	}
	if err := put("oa", "template:read")(); err != nil {
		t.Error(err)
	}
	// One action of a type, one of all types, and, left from other times, all actions of a type.
	for _, deny := range []string{"!*:ssh", "!workspace:*", "!*:*"} {
		s := newSite(t)
		s.store(t, "curb", "organization", deny)
		s.exec(t, "DELETE FROM role_permissions WHERE action = 'update' AND role_id = ?", id("role curb").String())
		entries := s.entries(t)
		err := drop(s.PutRole(t.Context(), s.as(t, "maker"), org.In("default"), role("curb")))
		kind(t, err, org.Invalid)
		if _, err := s.DeleteRole(t.Context(), s.as(t, "maker"), org.In("default"), "curb", nil); org.KindOf(err) != org.Forbidden {
			t.Errorf("deleting a role with %s: %v", deny, err)
		}
		if s.stored(t, home, "curb") != deny || s.entries(t) != entries+2 {
			t.Errorf("stored %q after %d audit rows", s.stored(t, home, "curb"), s.entries(t)-entries)
		}
	}
	// A deny that means nothing holds nobody back.
	s = newSite(t)
	s.store(t, "viewer", "organization", "!spaceship:fly")
	s.store(t, "viewer", "organization", "!spaceship:*")
	if _, err := s.PutRole(t.Context(), s.as(t, "maker"), org.In("default"), role("viewer")); err != nil {
		t.Error(err)
	}
}

// What is stored may stay, though nobody could add it today.
func TestStoredPermissionsStay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.exec(t, "DELETE FROM member_roles WHERE role = 'viewer'") // who holds it would be above maker
	for _, p := range []string{"spaceship:fly", "template:fly", "workspace:ssh", "group:*"} {
		s.store(t, "viewer", "organization", p)
	}
	all := []string{"group:*", "spaceship:fly", "template:fly", "template:read", "workspace:ssh"}
	r, err := s.PutRole(t.Context(), s.as(t, "maker"), org.In("default"), roleBody(org.RoleInput{Name: "viewer", DisplayName: "renamed", Organization: perms(all...)}))
	if err != nil || permTexts(r.Organization) != strings.Join(all, " ") {
		t.Fatalf("%v, answered %q", err, permTexts(r.Organization))
	}
	if got := s.stored(t, home, "viewer"); got != strings.Join(all, " ") {
		t.Errorf("stored %q", got)
	}
	// Once gone, they do not come back; nor does one stored in another role.
	if _, err := s.PutRole(t.Context(), s.as(t, "maker"), org.In("default"), role("viewer", "template:fly")); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"spaceship:fly", "workspace:ssh", "group:*"} {
		kind(t, drop(s.PutRole(t.Context(), s.as(t, "maker"), org.In("default"), role("viewer", "template:fly", p))), org.Invalid)
	}
	kind(t, drop(s.PutRole(t.Context(), s.as(t, "maker"), org.In("default"), role("other", "template:fly"))), org.Invalid)
}

// Nobody adds to the role that it holds itself what it does not hold (and so to anybody else).
func TestEditingAHeldRole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	own := []string{"assign_org_role:create", "assign_org_role:update", "assign_org_role:delete", "template:read"}
	for _, p := range []string{"template:update", "assign_org_role:assign", "workspace:ssh", "*:read", "!template:update"} {
		kind(t, drop(s.PutRole(t.Context(), s.as(t, "maker"), org.In("default"), role("maker", append(own, p)...))), org.Invalid)
	}
	if got := s.stored(t, home, "maker"); len(strings.Fields(got)) != 4 {
		t.Errorf("stored %q", got)
	}
}

func TestRoleLists(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	for _, by := range []string{"o", "ua", "ta", "au", "oa", "oua", "ota", "oau", "m", "dealer", "maker", "bot"} {
		list, err := s.Roles(ctx, s.as(t, by), org.In("default"))
		if err != nil {
			t.Errorf("%s: %v", by, err)
			continue
		}
		var names []string
		for _, r := range list.Roles {
			names = append(names, r.Name)
			if r.OrganizationID != home || r.BuiltIn != strings.HasPrefix(r.Name, "organization-") {
				t.Errorf("%s: %+v", by, r)
			}
		}
		want := "curb dealer maker viewer organization-admin organization-auditor organization-template-admin organization-user-admin organization-workspace-creation-ban"
		if strings.Join(names, " ") != want {
			t.Errorf("%s sees %v", by, names)
		}
		if can := by == "o" || by == "oa" || by == "maker"; list.CanCreate != can {
			t.Errorf("%s may create: %v", by, list.CanCreate)
		}
	}
	for _, by := range []string{"x", "pa", "pm"} {
		_, err := s.Roles(ctx, s.as(t, by), org.In("default"))
		same(t, err, notFound)
	}
	for _, by := range []string{"o", "x", "m", "oa"} {
		list, err := s.Roles(ctx, s.as(t, by), org.Site)
		if err != nil || len(list.Roles) != 5 || list.Roles[0].Name != "site-reader" || list.CanCreate != (by == "o") {
			t.Errorf("%s: %v, %d site roles, may create %v", by, err, len(list.Roles), list.CanCreate)
		}
		for _, r := range list.Roles {
			if r.OrganizationID != uuid.Nil || r.Name == "member" || len(r.Organization) > 0 {
				t.Errorf("%+v", r)
			}
		}
	}
	s.store(t, "site-reader", "site", "!assign_role:read")
	_, err := s.Roles(ctx, s.as(t, "reader"), org.Site)
	same(t, err, forbid)
	_, err = s.Role(ctx, s.as(t, "reader"), org.Site, "owner")
	same(t, err, forbid)
	_, err = s.RolePage(ctx, s.as(t, "reader"), org.Site, org.RoleFilter{})
	same(t, err, forbid)
	p, err := s.RolePage(ctx, s.as(t, "oa"), org.In("default"), org.RoleFilter{Counts: true})
	counts := map[string]int{}
	for _, r := range p.Roles {
		if r.Members != 0 {
			counts[r.Name] = r.Members
		}
	}
	if diff := cmp.Diff(map[string]int{"organization-admin": 1, "organization-user-admin": 1, "organization-template-admin": 1, "organization-auditor": 1, "dealer": 1, "maker": 1, "viewer": 1, "curb": 1}, counts); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

// TestFindRoles: a list of roles is searched, narrowed, ordered as people order, and told in parts.
func TestFindRoles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, in := range map[string]org.RoleInput{
		"team-10": {DisplayName: "Team 10", Organization: perms("template:read")},
		"team-2":  {DisplayName: "team 2", Organization: perms("*:read", "!template:read")},
		"team-01": {DisplayName: "Team 01", Organization: perms("*:read")},
	} {
		in.Name = name
		if _, err := s.PutRole(t.Context(), s.as(t, "o"), org.In("beta"), roleBody(in)); err != nil {
			t.Fatal(err)
		}
	}
	read := rbac.Permission{ResourceType: "template", Action: "read"}
	for _, tt := range []struct {
		filter org.RoleFilter
		want   string
	}{
		{org.RoleFilter{Query: "TEAM", Sort: "name"}, "team-01 team-2 team-10"},
		{org.RoleFilter{Query: "team", Sort: "-name"}, "team-10 team-2 team-01"},
		{org.RoleFilter{Query: "team", Sort: "members"}, "team-01 team-2 team-10"},
		{org.RoleFilter{Query: "team", Sort: "name", Offset: 1, Limit: 1}, "team-2"},
		{org.RoleFilter{Query: "team", Offset: 9}, ""},
		{org.RoleFilter{Query: "template:read", Kind: org.RoleCustom, Sort: "name"}, "beta-only team-01 team-2 team-10"},
		{org.RoleFilter{Allows: read, Kind: org.RoleCustom, Sort: "name"}, "beta-only team-01 team-10"},
		{org.RoleFilter{Query: "see templates", Kind: org.RoleCustom, Sort: "name"}, "beta-only team-01 team-2 team-10"},
		{org.RoleFilter{Query: "nothing like it"}, ""},
	} {
		p, err := s.RolePage(t.Context(), s.as(t, "o"), org.In("beta"), tt.filter)
		var names []string
		for _, r := range p.Roles {
			names = append(names, r.Name)
		}
		if got := strings.Join(names, " "); err != nil || got != tt.want || p.Total < 4 {
			t.Errorf("%+v: %q of %d (%v), want %q", tt.filter, got, p.Total, err, tt.want)
		}
	}
	if p, err := s.RolePage(t.Context(), s.as(t, "o"), org.In("beta"), org.RoleFilter{Kind: org.RoleBuiltIn}); err != nil || p.Count == 0 || !p.Roles[0].BuiltIn {
		t.Errorf("built-in roles: %+v (%v)", p, err)
	}
}

// Starting from a role: its wildcard actions written out, without what the caller may not grant; what is left is
// accepted, and nothing got lost on the way.
func TestNewRoleFromAnother(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.store(t, "viewer", "organization", "spaceship:fly")
	for _, by := range []string{"o", "oa", "maker"} {
		for _, from := range []string{"organization-admin", "organization-auditor", "organization-template-admin", "organization-user-admin", "organization-workspace-creation-ban", "viewer", "curb", "dealer"} {
			v, err := s.NewRole(t.Context(), s.as(t, by), org.In("default"), from)
			if err != nil {
				t.Fatal(err)
			}
			origin, err := s.Role(t.Context(), s.as(t, by), org.In("default"), from)
			if err != nil {
				t.Fatal(err)
			}
			if len(v.Role.Site)+len(v.Role.User) > 0 || len(v.Role.Name) > 32 || !strings.HasSuffix(v.Role.Name, "-copy") || v.Role.DisplayName != "Copy of "+origin.Role.Label() || v.Role.ID != uuid.Nil || v.StartedFrom != origin.Role.DisplayName {
				t.Errorf("%s from %s: %+v", by, from, v.Role)
			}
			if slices.ContainsFunc(v.Role.Organization, func(p rbac.Permission) bool { return p.Action == "*" }) {
				t.Errorf("%s from %s: a wildcard action is left", by, from)
			}
			for _, p := range slices.Concat(v.Role.Organization, v.NotCopied) {
				locked := v.CellRefusal(rbac.LevelOrganization, p) != ""
				if taken := slices.Contains(v.Role.Organization, p); taken && locked || !taken && !locked && !slices.Contains(origin.Role.Site, p) && p != perm("spaceship:fly") {
					t.Errorf("%s from %s: %v taken over: %v", by, from, p, taken)
				}
			}
			if _, err := s.PutRole(t.Context(), dry(s.as(t, by)), org.In("default"), mustBeNew(roleBody(org.RoleInput{Name: "started", Organization: v.Role.Organization}))); err != nil {
				t.Errorf("%s from %s: what was offered is refused: %v", by, from, err)
			}
		}
	}
	v, err := s.NewRole(t.Context(), s.as(t, "oa"), org.In("default"), "organization-admin")
	if err != nil || permTexts(v.NotCopied) != "user:read" {
		t.Errorf("left out %q (%v), want its one site permission", permTexts(v.NotCopied), err)
	}
	if !slices.Contains(v.Role.Organization, perm("template:view_insights")) || !slices.Contains(v.Role.Organization, perm("assign_org_role:unassign")) {
		t.Error("wildcard actions were not written out")
	}
	v, err = s.NewRole(t.Context(), s.as(t, "maker"), org.In("default"), "organization-auditor")
	if err != nil || permTexts(v.Role.Organization) != "organization:read template:read" {
		t.Errorf("taken over %q (%v)", permTexts(v.Role.Organization), err)
	}
	for by, want := range map[string]*org.Error{"m": forbid, "oua": forbid, "x": notFound} {
		_, err := s.NewRole(t.Context(), s.as(t, by), org.In("default"), "")
		same(t, err, want)
	}
	for _, from := range []string{"owner", "organization-member", "beta-only", "nothing", "VIEWER"} {
		_, err := s.NewRole(t.Context(), s.as(t, "oa"), org.In("default"), from)
		same(t, err, notFound)
	}
}

func TestSiteRoleWrites(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	put := func(by string, in org.RoleInput) error {
		return drop(s.PutRole(ctx, s.as(t, by), org.Site, roleBody(in)))
	}
	s.accepted(t, entry{Actor: "o", Action: "create", Type: "custom_role", Target: "ops", Organization: uuid.Nil, Status: 200, Fields: []string{"name", "site_permissions", "user_permissions"}}, func() error {
		return put("o", org.RoleInput{Name: "OPS", Site: perms("template:read", "!template:delete", "*:view_insights"), User: perms("workspace:create")})
	})
	if got := s.stored(t, uuid.Nil, "ops"); !sameSet(strings.Fields(got), []string{"site/*:view_insights", "site/!template:delete", "site/template:read", "user/workspace:create"}) {
		t.Errorf("stored %q", got)
	}
	s.accepted(t, entry{Actor: "o", Action: "write", Type: "custom_role", Target: "ops", Organization: uuid.Nil, Status: 200, Fields: []string{"site_permissions", "user_permissions"}}, func() error {
		return put("o", org.RoleInput{Name: "ops", Site: perms("group:read")})
	})
	s.unchanged(t, func() error { return put("o", org.RoleInput{Name: "Ops", Site: perms("group:read", "group:read")}) })
	const orgDetail = "site wide roles may not contain organization specific permissions"
	s.refused(t, refusedRole("not allowed to assign organization permissions for a site wide role", orgDetail, "organization_permissions", orgDetail), 1, func() error {
		return put("o", org.RoleInput{Name: "ops", Organization: perms("group:read")})
	})
	const grant = "not allowed to grant this permission: you do not hold it yourself"
	s.refused(t, refusedRole(updateFailed, `invalid permission for action="ssh" type="workspace_dormant", not allowed to grant this permission`,
		"site_permissions[1]", grant), 1, func() error {
		return put("o", org.RoleInput{Name: "ops", Site: perms("group:read", "workspace_dormant:ssh")})
	})
	kind(t, put("o", org.RoleInput{Name: "ops", User: perms("group:read", "!group:read")}), org.Invalid)
	kind(t, put("o", org.RoleInput{Name: "Auditor"}), org.Invalid)
	kind(t, put("o", org.RoleInput{Name: "ops", User: perms("group:*")}), org.Invalid)
	for _, by := range []string{"ua", "ta", "au", "oa", "m", "x", "reader"} {
		s.refused(t, forbid, 0, func() error {
			return drop(s.PutRole(ctx, s.as(t, by), org.Site, unread[org.RoleInput](t)))
		})
		s.refused(t, forbid, 1, func() error { return drop(s.DeleteRole(ctx, s.as(t, by), org.Site, "ops", nil)) })
	}
	// Organization roles of that name have nothing to do with it.
	s.give(t, home, "m", "ops")
	s.exec(t, "INSERT INTO user_roles (user_id, role) VALUES (?, 'ops')", id("m").String())
	s.accepted(t, entry{Actor: "o", Action: "delete", Type: "custom_role", Target: "ops", Organization: uuid.Nil, Status: 200, Fields: []string{"name", "site_permissions"}}, func() error {
		return drop(s.DeleteRole(ctx, s.as(t, "o"), org.Site, "ops", nil))
	})
	if s.siteRoles(t, "m") != "" || s.memberRoles(t, home, "m") != "ops" {
		t.Errorf("left with %q and %q", s.siteRoles(t, "m"), s.memberRoles(t, home, "m"))
	}
	if err := put("o", org.RoleInput{Name: "ops", Site: perms("user:read")}); err != nil || s.as(t, "m").Can("read", rbac.Object{Type: "user"}) {
		t.Errorf("%v; or a new role of the old name came back to its holder", err)
	}
	for _, name := range []string{"owner", "OPS", "viewer", "member"} {
		s.refused(t, &org.Error{Kind: org.NotFound, Message: "No custom role with the name " + name + " found", Detail: "no role found"}, 0,
			func() error { return drop(s.DeleteRole(ctx, s.as(t, "o"), org.Site, name, nil)) })
	}
}

// A form shows some cells and leaves the others as they are, whatever the case of the name that it carries.
func TestPartialRole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	cell := func(action string, to rbac.State) rbac.Difference {
		return rbac.Difference{Level: rbac.LevelOrganization, ResourceType: "template", Action: action, To: to}
	}
	for _, c := range []struct {
		name, want string
		cells      []rbac.Difference
	}{
		{"VIEWER", "template:read", nil},
		{"viewer", "template:read !template:use", []rbac.Difference{cell("use", rbac.Denied)}},
		{"Viewer", "!template:use", []rbac.Difference{cell("read", rbac.Unset)}},
		{"beta-only", "template:read", []rbac.Difference{cell("read", rbac.Allowed)}}, // the role of another organization
		{"fresh", "", nil},
	} {
		in := org.RoleInput{Name: c.name, Partial: true, Cells: c.cells, KeepDisplayName: true}
		r, err := s.PutRole(t.Context(), s.as(t, "oa"), org.In("default"), given(in))
		if got := permTexts(r.Organization); err != nil || got != c.want {
			t.Errorf("PutOrganizationRole(%s, %v) = %q, %v, want %q", c.name, c.cells, got, err, c.want)
		}
	}
	if v, err := s.Role(t.Context(), s.as(t, "oa"), org.In("default"), "viewer"); err != nil || v.Role.DisplayName != "VIEWER" {
		t.Errorf("the display name is %q, %v, want the stored one", v.Role.DisplayName, err)
	}
	_, err := s.PutRole(t.Context(), s.as(t, "oa"), org.In("default"), given(org.RoleInput{Name: "organization-admin", Partial: true}))
	kind(t, err, org.Invalid)
}
