package views

import (
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
	"rolecall.example/views/ui/uitest"
)

// Names that break pages which are not careful.
const (
	hostile = `"><script>alert(1)</script>`
	rtl     = "ليلى أحمد"
	cjk     = "山田 太郎"
	long    = "Wolfgang-Amadeus-von-Wolfeschleg" // 32 characters
)

var (
	now  = time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)
	acme = org.Organization{ID: uuid.MustParse("11111111-1111-4111-8111-111111111111"), Name: "acme", DisplayName: "Acme Robotics", MemberCount: 1284}
)

func newMember(name string) org.Member {
	return org.Member{
		UserID: uuid.NewSHA1(uuid.Nil, []byte(name)), OrganizationID: acme.ID, Username: name, Name: name, Email: name + "@example.com",
		Status: org.StatusActive, LoginType: org.LoginPassword, CreatedAt: now.Add(-1000 * time.Hour), UpdatedAt: now.Add(-2 * time.Hour), Version: 7,
	}
}

func refs(names ...string) []org.RoleRef {
	out := make([]org.RoleRef, len(names))
	for i, n := range names {
		out[i] = org.RoleRef{Name: n, DisplayName: n, OrganizationID: acme.ID}
	}
	return out
}

func allow(pairs ...string) []rbac.Permission {
	out := make([]rbac.Permission, len(pairs))
	for i, p := range pairs {
		typ, action, _ := strings.Cut(strings.TrimPrefix(p, "!"), ":")
		out[i] = rbac.Permission{ResourceType: typ, Action: action, Negate: strings.HasPrefix(p, "!")}
	}
	return out
}

func newRole(name string, perms ...string) org.Role {
	return org.Role{
		ID: uuid.NewSHA1(uuid.Nil, []byte(name)), OrganizationID: acme.ID, Name: name, DisplayName: name, Organization: allow(perms...),
		Version: 12, UpdatedAt: now.Add(-time.Hour), UpdatedBy: "ada", Assignable: true, Members: 128,
	}
}

func fullMembers() Members {
	everybody := []org.Member{newMember("ada"), newMember(hostile), newMember(rtl), newMember(cjk), newMember(long)}
	everybody[0].Self = true
	everybody[0].RolesRefusal, everybody[0].RemoveRefusal = "You can't change your own roles", "You can't remove yourself"
	everybody[1].Roles = refs(hostile, "b", "c", "d")
	everybody[1].SiteRoles = refs("owner", hostile)
	everybody[2].Status = org.StatusSuspended
	everybody[3].LoginType = org.LoginNone
	return Members{
		Catalog: rbac.Default(),
		List:    org.MemberList{Organization: acme, Members: everybody, Count: 1284, CanAdd: true, CanAssign: true, CanRemove: true},
		Filter:  org.MemberFilter{Limit: 5, Offset: 10},
		Roles:   []org.Role{newRole("auditor"), newRole(hostile)}, SiteRoles: []org.Role{newRole("owner")}, Now: now,
	}
}

func filteredMembers() Members {
	m := fullMembers()
	m.Filter.Query, m.Filter.Roles, m.Filter.Statuses = "a", []string{"auditor", "gone"}, []org.Status{org.StatusActive}
	m.Filter.Sort = "-created_at"
	return m
}

func onlySelf() Members {
	m := Members{Catalog: rbac.Default(), List: org.MemberList{Organization: acme, Members: []org.Member{newMember("ada")}, Count: 1, OnlySelf: true}, Now: now}
	m.List.Members[0].Self = true
	return m
}

func fullAssignment() AssignmentForm {
	locked := newRole("locked", "user:read")
	return AssignmentForm{Catalog: rbac.Default(), Version: "7-tag", RoleForm: org.RoleForm{Organization: acme, Member: newMember(hostile), Choices: []org.RoleChoice{
		{Role: newRole("held", "user:read"), Held: true},
		{Role: newRole("free", "!user:read")},
		{Role: locked, Held: true, Refusal: "Has permissions you don't have: user:read"},
		{Role: org.Role{Name: "organization-admin", DisplayName: "Organization Admin", BuiltIn: true}, Refusal: "Not yours to give"},
	}}}
}

func fullEditor() RoleEditor {
	return RoleEditor{
		Catalog: rbac.Default(),
		View: org.RoleView{
			Organization: acme, Role: newRole("maintainer", "template:read", "template:create", "!workspace:ssh", "crypto_key:read", "gone:fly"),
			CanUpdate: true, CanDelete: true,
			CellRefusal: func(_ rbac.Level, p rbac.Permission) string {
				if p.ResourceType == "crypto_key" {
					return "You can only grant or deny permissions you have yourself"
				}
				return ""
			},
		},
		CanCreate: true, Now: now,
	}
}

func refusedEditor() RoleEditor {
	e := fullEditor()
	stored := e.View.Role
	e.Stored = &stored
	e.View.Role.DisplayName = hostile
	e.View.Role.Organization = allow("template:create", "!workspace:ssh", "crypto_key:read", "gone:fly", "!template:delete")
	e.Err = &org.Error{Kind: org.Invalid, Message: "Validation failed.", Fields: []org.Field{
		{Field: "display_name", Detail: "must not begin with a space"},
		{Field: "organization_permissions[4].action", Detail: "you do not hold it"},
		{Field: "organization_permissions[99].action", Detail: "is not there"},
	}}
	return e
}

func newEditor() RoleEditor {
	e := fullEditor()
	e.New, e.Choices, e.Start = true, []org.Role{newRole("auditor")}, "auditor"
	e.View.Role = org.Role{OrganizationID: acme.ID, Organization: allow("template:read")}
	e.View.StartedFrom, e.View.NotCopied = "Auditor", allow("user:read")
	return e
}

func siteEditor() RoleEditor {
	e := fullEditor()
	e.View.Organization = org.Organization{}
	e.View.Role = org.Role{Name: "helpdesk", Site: allow("user:read"), User: allow("api_key:read", "gone:fly"), Version: 1}
	return e
}

func builtInEditor() RoleEditor {
	e := fullEditor()
	e.View.CanUpdate, e.View.CanDelete, e.View.CellRefusal = false, false, nil
	e.View.Role = org.Role{Name: "organization-admin", DisplayName: "Organization Admin", BuiltIn: true, Organization: allow("template:*"), Site: allow("user:read")}
	return e
}

var refusal = &org.Error{Kind: org.Invalid, Message: hostile, Detail: hostile, Fields: []org.Field{{Field: "email", Detail: hostile}, {Field: hostile, Detail: long}}}

// pages are all page bodies, each empty, full of difficult names, and refused.
func pages() map[string]templ.Component {
	all := map[string]templ.Component{
		"members, empty":         MembersPage(Members{Catalog: rbac.Default(), List: org.MemberList{Organization: acme}}),
		"members, zero":          MembersPage(Members{Catalog: rbac.Default()}),
		"members, full":          MembersPage(fullMembers()),
		"members, filtered":      MembersPage(filteredMembers()),
		"members, no match":      MembersPage(Members{Catalog: rbac.Default(), List: org.MemberList{Organization: acme}, Filter: org.MemberFilter{Query: hostile, Limit: 25}}),
		"members, past the end":  MembersPage(Members{Catalog: rbac.Default(), List: org.MemberList{Organization: acme, Count: 3}, Filter: org.MemberFilter{Offset: 50, Limit: 25}}),
		"members, only self":     MembersPage(onlySelf()),
		"member":                 MemberPage(MemberView{Organization: acme, Member: fullMembers().List.Members[1], Records: fullRecords(), LinkPeople: true, LinkRoles: true, CanAssign: true, CanRemove: true, Now: now}),
		"member, self":           MemberPage(MemberView{Organization: acme, Member: fullMembers().List.Members[0], CanAssign: true, CanRemove: true, Confirm: true, Now: now}),
		"member, confirm":        MemberPage(MemberView{Organization: acme, Member: fullMembers().List.Members[1], Records: fullRecords(), CanRemove: true, Confirm: true, Err: refusal, Now: now}),
		"add, empty":             AddMemberPage(AddMember{Organization: acme}),
		"add, no match":          AddMemberPage(AddMember{Organization: acme, Query: hostile, Err: refusal}),
		"add, full":              AddMemberPage(AddMember{Organization: acme, Query: "a", Candidates: []org.User{{Username: long, Name: hostile}, {Username: "bot", LoginType: org.LoginNone, Status: org.StatusSuspended}}}),
		"assignment, empty":      AssignmentPage(AssignmentForm{Catalog: rbac.Default(), RoleForm: org.RoleForm{Organization: acme, Member: newMember(rtl)}}),
		"assignment, full":       AssignmentPage(fullAssignment()),
		"assignment, refused":    AssignmentPage(AssignmentForm{Catalog: rbac.Default(), RoleForm: fullAssignment().RoleForm, Checked: map[string]bool{}, Err: refusal}),
		"record":                 RecordPage(fullRecord()),
		"record, refused":        RecordPage(refusedRecord()),
		"record, synced":         RecordPage(RecordForm{Organization: acme, Username: "maria", Name: "Maria", Role: refs("auditor")[0], Records: []org.Assignment{record("auditor", "oidc:okta")}}),
		"roles, empty":           RolesPage(Roles{Catalog: rbac.Default(), List: rolePage(org.RoleList{Organization: acme})}),
		"roles, full":            RolesPage(Roles{Catalog: rbac.Default(), List: rolePage(org.RoleList{Organization: acme, Roles: []org.Role{newRole(hostile, "user:read"), {Name: "organization-admin", BuiltIn: true, Organization: allow("user:*")}}, CanCreate: true, CanUpdate: true}), Now: now}),
		"roles, none match":      RolesPage(Roles{Catalog: rbac.Default(), List: org.RolePage{RoleList: org.RoleList{Organization: acme}, Total: 4}, Filter: org.RoleFilter{Query: hostile, Kind: org.RoleCustom, Allows: rbac.Permission{ResourceType: "template", Action: "read"}}, Now: now}),
		"roles, site":            RolesPage(Roles{Catalog: rbac.Default(), List: rolePage(org.RoleList{Roles: []org.Role{newRole("owner")}}), Now: now}),
		"role":                   RoleEditorPage(fullEditor()),
		"role, refused":          RoleEditorPage(refusedEditor()),
		"role, new":              RoleEditorPage(newEditor()),
		"role, site":             RoleEditorPage(siteEditor()),
		"role, built-in":         RoleEditorPage(builtInEditor()),
		"role, empty":            RoleEditorPage(RoleEditor{Catalog: rbac.Default(), View: org.RoleView{Organization: acme, Role: org.Role{Name: hostile}}}),
		"delete role":            RoleDeletePage(RoleDelete{Catalog: rbac.Default(), View: fullEditor().View}),
		"delete role, refused":   RoleDeletePage(RoleDelete{Catalog: rbac.Default(), View: org.RoleView{Organization: acme, Role: newRole(hostile)}, Err: refusal}),
		"login":                  LoginPage(Login{}),
		"login, refused":         LoginPage(Login{Next: hostile, Email: hostile, Err: refusal}),
		"setup":                  SetupPage(Setup{}),
		"setup, refused":         SetupPage(Setup{Token: hostile, Email: hostile, Username: long, Name: rtl, Err: refusal}),
		"problem":                ProblemPage(Problem{Catalog: rbac.Default(), Status: 404, Message: "Not found"}),
		"problem, full":          ProblemPage(Problem{Catalog: rbac.Default(), Status: 500, Message: hostile, Detail: hostile, Fields: refusal.Fields, RequestID: hostile, Back: "/x"}),
		"member of nothing":      NoOrganizationPage(),
		"site role without name": RoleEditorPage(RoleEditor{Catalog: rbac.Default()}),
	}
	maps.Copy(all, sitePages())
	maps.Copy(all, signInPages())
	maps.Copy(all, syncPages())
	maps.Copy(all, explainPages())
	maps.Copy(all, changePages())
	return all
}

// fragments are the parts of pages that htmx swaps in.
func fragments() map[string]templ.Component {
	all := map[string]templ.Component{
		"members":           MembersResults(fullMembers()),
		"members, filtered": MembersResults(filteredMembers()),
		"members, empty":    MembersResults(Members{Catalog: rbac.Default(), List: org.MemberList{Organization: acme}}),
		"add member":        AddMemberResults(AddMember{Organization: acme, Query: hostile, Candidates: []org.User{{Username: hostile}}}),
		"assignment":        AssignmentPopover(fullAssignment()),
		"record":            RecordPopover(refusedRecord()),
		"problem":           ProblemFragment(Problem{Catalog: rbac.Default(), Status: 409, Message: hostile, Back: "/x"}),
		"toast, good":       Toast(Flash{Message: long}),
		"toast":             Toast(Flash{Message: hostile, Bad: true, Detail: hostile}),
		"toast, undo":       Toast(Flash{Message: hostile, Undo: "x", Back: hostile}),
	}
	maps.Copy(all, siteFragments())
	maps.Copy(all, explainFragments())
	return all
}

func navigation() *org.Navigation {
	return &org.Navigation{
		User: org.User{Username: "ada", Name: hostile, Email: "ada@example.com"}, Organizations: []org.Organization{acme, {ID: uuid.New(), Name: long, DisplayName: hostile}},
		More: true, Current: &acme, Members: 1284, Roles: 9, CanReadRoles: true, RoleLabel: "Organization admin",
		CanReadMembers: true, CanReadOrgAudit: true, CanChange: true, CanReadUsers: true, CanReadAudit: true, CanReadSiteAudit: true,
		CanReadOrganizations: true, CanCreateOrganizations: true, SiteRoles: true, UserCount: 10_000, OrganizationCount: 3,
	}
}

// render renders a page or a part of one.
var render = uitest.Render

func TestPagesAreSound(t *testing.T) {
	t.Parallel()
	for name, body := range pages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for frame, s := range map[string]Frame{
				"signed in":  {Title: hostile, Nav: navigation(), Active: "members", Theme: "dark", Back: "/x?y=" + hostile, Flash: &Flash{Message: hostile}, Crumbs: []Crumb{{Label: hostile, URL: "/x"}}, API: &API{JSON: "/api/v2/x", Curl: hostile, CLI: hostile}},
				"signed out": {Title: hostile},
			} {
				doc := render(t, Page(s, body))
				uitest.CheckMarkup(t, frame, doc)
				uitest.CheckReferences(t, frame, doc)
				uitest.CheckNames(t, frame, doc)
				if n := doc.Find("h1").Length(); n != 1 {
					t.Errorf("%s: %d headings of the first level, want 1", frame, n)
				}
				if n := doc.Find("main").Length(); n != 1 {
					t.Errorf("%s: %d main, want 1", frame, n)
				}
			}
		})
	}
}

func TestFragmentsAreSound(t *testing.T) {
	t.Parallel()
	for name, c := range fragments() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := render(t, c)
			uitest.CheckMarkup(t, name, doc)
			uitest.CheckNames(t, name, doc)
			if doc.Find("h1, main, symbol").Length() > 0 {
				t.Error("a fragment carries parts of a page")
			}
		})
	}
}

// An icon that no page draws is weight in every page.
func TestIconsAreUsed(t *testing.T) {
	t.Parallel()
	used := map[string]bool{"#i-undo-2": true} // drawn by app.js
	for _, set := range []map[string]templ.Component{pages(), fragments()} {
		for _, c := range set {
			render(t, Page(Frame{Nav: navigation(), API: &API{}}, c)).Find("use").Each(func(_ int, s *goquery.Selection) { used[s.AttrOr("href", "")] = true })
		}
	}
	render(t, ui.Icons()).Find("symbol").Each(func(_ int, s *goquery.Selection) {
		if id := "#" + s.AttrOr("id", ""); !used[id] {
			t.Errorf("nothing draws %s", id)
		}
	})
}

func TestPageFrame(t *testing.T) {
	t.Parallel()
	doc := render(t, Page(Frame{Title: "Members", Nav: navigation(), Active: "members", Theme: "dark", Back: "/organizations/acme/members?q=a"}, NoOrganizationPage()))
	for _, tt := range []struct{ selector, attr, want string }{
		{"html", "data-theme", "dark"},
		{"html", "lang", "en"},
		{"meta[name=robots]", "content", "noindex"},
		{"a.skip", "href", "#main"},
		{".nav a[aria-current=page]", "href", "/organizations/acme/members"},
		{"form[action='/theme'] input[name=back]", "value", "/organizations/acme/members?q=a"},
		{"form[action='/theme'] button", "value", "light"},
		{"form[action='/logout']", "method", "post"},
		{"#toast", "role", "status"},
	} {
		if got := doc.Find(tt.selector).AttrOr(tt.attr, "(none)"); got != tt.want {
			t.Errorf("%s %s = %q, want %q", tt.selector, tt.attr, got, tt.want)
		}
	}
	if got, want := doc.Find("title").Text(), "Members · Acme Robotics · rolecall"; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
	if got := doc.Find("#toast").Children().Length(); got != 0 {
		t.Errorf("an empty toast has %d children", got)
	}
	if got := doc.Find("#orgmenu .menu-b a").Length(); got != 2 {
		t.Errorf("%d organizations to switch to, want 2", got)
	}
}

func TestPageFrameHidesWhatMayNotBeOpened(t *testing.T) {
	t.Parallel()
	nav := navigation()
	nav = &org.Navigation{User: nav.User, Organizations: nav.Organizations[:1], Current: nav.Current}
	doc := render(t, Page(Frame{Nav: nav}, NoOrganizationPage()))
	if n := doc.Find("a[href='/organizations/acme/members/roles']").Length(); n != 0 {
		t.Error("a link to roles that may not be read")
	}
	want := []string{"Overview", "Members", "Catalog", "API tokens", "Account"}
	if diff := cmp.Diff(want, doc.Find(".nav a").Map(func(_ int, a *goquery.Selection) string {
		return strings.TrimRight(strings.TrimSpace(a.Text()), "0123456789 ")
	})); diff != "" {
		t.Errorf("navigation of somebody who may do nothing (-want +got)\n%s", diff)
	}
	if n := doc.Find("#orgmenu, [popovertarget=orgmenu]").Length(); n != 0 {
		t.Error("a switch between one organization")
	}
	signedOut := render(t, Page(Frame{Title: "Sign in"}, LoginPage(Login{})))
	if n := signedOut.Find("nav, form[action='/logout'], [src*=htmx]").Length(); n != 0 {
		t.Error("the frame of somebody who is signed in")
	}
	if signedOut.Find("html[data-theme]").Length() != 0 {
		t.Error("a theme that nobody chose")
	}
}

func TestFormsShowWhatIsWrong(t *testing.T) {
	t.Parallel()
	err := &org.Error{Kind: org.Invalid, Message: "Validation failed.", Fields: []org.Field{{Field: "username", Detail: "is taken"}, {Field: "nobody_knows", Detail: "is odd"}}}
	doc := render(t, SetupPage(Setup{Username: "ada", Err: err}))
	summary := doc.Find("#errors[role=alert][autofocus]")
	if summary.Length() != 1 || !strings.Contains(summary.Text(), "Validation failed.") {
		t.Fatalf("no summary: %q", summary.Text())
	}
	if got := summary.Find("a").AttrOr("href", ""); got != "#username" || summary.Find("a").Length() != 1 {
		t.Errorf("summary links to %q, want #username alone", got)
	}
	if !strings.Contains(summary.Text(), "Nobody knows: is odd") {
		t.Errorf("a field without a place is not told: %q", summary.Text())
	}
	in := doc.Find("#username")
	if in.AttrOr("aria-invalid", "") != "true" || !strings.Contains(in.AttrOr("aria-describedby", ""), "username-error") {
		t.Error("the field does not say that it is wrong")
	}
	if got := strings.TrimSpace(doc.Find("#username-error").Text()); got != "is taken" {
		t.Errorf("at the field: %q", got)
	}
	if doc.Find("#email[aria-invalid]").Length() != 0 || in.AttrOr("value", "") != "ada" {
		t.Error("another field is wrong, or what was entered is gone")
	}
}

func TestProblem(t *testing.T) {
	t.Parallel()
	doc := render(t, ProblemPage(Problem{Catalog: rbac.Default(), Status: 500, Message: "Broken", RequestID: "req-1", Back: "/organizations/acme/members"}))
	if !strings.Contains(doc.Text(), "req-1") {
		t.Error("no request id")
	}
	if got := doc.Find(".acts a").First(); got.Text() != "Try again" || got.AttrOr("href", "") != "/organizations/acme/members" {
		t.Errorf("the way on is %q", got.Text())
	}
	doc = render(t, ProblemPage(Problem{Catalog: rbac.Default(), Status: 404, Message: "Not found"}))
	if strings.Contains(doc.Text(), "Try again") || doc.Find(".acts a[href='/']").Length() != 1 {
		t.Error("what is not there should not be tried again, but there must be a way on")
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	doc := render(t, LoginPage(Login{Next: "/organizations/acme/members", Email: "ada@example.com", Err: &org.Error{Message: "Incorrect email or password."}}))
	for selector, want := range map[string]string{"input[name=next]": "/organizations/acme/members", "input[name=email]": "ada@example.com", "input[name=password]": ""} {
		if got := doc.Find(selector).AttrOr("value", ""); got != want {
			t.Errorf("%s = %q, want %q", selector, got, want)
		}
	}
	if doc.Find("form[method=post][action='/login'] button").Length() != 1 {
		t.Error("no button")
	}
	if got := render(t, SetupPage(Setup{Token: "from the log"})).Find("[name=setup_token][required]").AttrOr("value", ""); got != "from the log" {
		t.Errorf("the token is filled in as %q", got)
	}
}

func TestDeleteRole(t *testing.T) {
	t.Parallel()
	view := org.RoleView{Organization: acme, Role: newRole("maintainer"), CanDelete: true}
	doc := render(t, RoleDeletePage(RoleDelete{Catalog: rbac.Default(), View: view}))
	if !strings.Contains(doc.Text(), "128 members") {
		t.Errorf("does not say how many lose it: %q", doc.Text())
	}
	if doc.Find("form[action='/organizations/acme/members/roles/maintainer'] [name=_method][value=DELETE]").Length() != 1 {
		t.Error("does not delete")
	}
	if doc.Find("[name=confirm][required][pattern=maintainer]").Length() != 1 {
		t.Error("a role that many hold is deleted without typing its name")
	}
	view.Role.Members = 1
	if render(t, RoleDeletePage(RoleDelete{Catalog: rbac.Default(), View: view})).Find("[name=confirm]").Length() != 0 {
		t.Error("asks for the name although one member loses it")
	}
	view.CanDelete = false
	if render(t, RoleDeletePage(RoleDelete{Catalog: rbac.Default(), View: view})).Find("button").Length() != 0 {
		t.Error("offers what may not be done")
	}
}

func TestAddMember(t *testing.T) {
	t.Parallel()
	doc := render(t, AddMemberPage(AddMember{Organization: acme, Query: "hop", Candidates: []org.User{{Username: "ghopper", Name: "Grace Hopper"}}}))
	if doc.Find("form[method=post] button[formaction='/organizations/acme/members/ghopper']").AttrOr("aria-label", "") != "Add Grace Hopper" {
		t.Error("no button to add")
	}
	if got := doc.Find("mark").First().Text(); got != "Hop" {
		t.Errorf("marked %q, want Hop", got)
	}
}

func TestMemberPage(t *testing.T) {
	t.Parallel()
	m := newMember("ghopper")
	m.Roles = refs("auditor")
	v := MemberView{Organization: acme, Member: m, Records: []org.Assignment{record("auditor", org.SourceManual)}, LinkRoles: true, CanAssign: true, CanRemove: true, Now: now}
	doc := render(t, MemberPage(v))
	for _, href := range []string{MemberRolesURL("acme", "ghopper"), MemberRemoveURL("acme", "ghopper"), RoleURL("acme", "auditor")} {
		if doc.Find("a[href='"+href+"']").Length() != 1 {
			t.Errorf("no link to %s", href)
		}
	}
	v.Confirm = true
	doc = render(t, MemberPage(v))
	if doc.Find("form[action='/organizations/acme/members/ghopper'] [name=_method][value=DELETE]").Length() != 1 || doc.Find("button.bad").Length() != 1 {
		t.Error("does not ask")
	}
	v.Member.RemoveRefusal, v.Member.RolesRefusal = "The last one", "Not yours"
	doc = render(t, MemberPage(v))
	if doc.Find("button.bad").Length() != 0 || !strings.Contains(doc.Text(), "The last one") || !strings.Contains(doc.Text(), "Not yours") {
		t.Error("a refusal is not told, or its button is there")
	}
	if n := render(t, MemberPage(MemberView{Organization: acme, Member: m, Now: now})).Find(".acts a:not([href*='print=1'])").Length(); n != 0 {
		t.Errorf("%d actions for somebody who may do nothing", n)
	}
}

// rolePage is a whole list on one page.
func rolePage(list org.RoleList) org.RolePage {
	return org.RolePage{RoleList: list, Count: len(list.Roles), Total: len(list.Roles)}
}

func TestRolesPage(t *testing.T) {
	t.Parallel()
	admin := org.Role{Name: "organization-admin", DisplayName: "Organization Admin", BuiltIn: true, Organization: allow("template:*"), Members: 6}
	list := org.RoleList{Organization: acme, Roles: []org.Role{newRole("maintainer", "template:read", "!workspace:ssh"), admin}, CanCreate: true}
	doc := render(t, RolesPage(Roles{Catalog: rbac.Default(), List: rolePage(list), Now: now}))
	rows := doc.Find("tbody tr:not(.grp)")
	if rows.Length() != 2 || doc.Find("tr.grp").Length() != 2 {
		t.Fatalf("%d rows in %d groups", rows.Length(), doc.Find("tr.grp").Length())
	}
	if got := rows.Eq(0).Find(".c-perm").Text(); !strings.Contains(got, "1 allowed") || !strings.Contains(got, "1 denied") {
		t.Errorf("counts %q", got)
	}
	var actions int
	for _, typ := range rbac.Default().Types() {
		if typ.Name == "template" {
			actions = len(typ.Actions)
		}
	}
	if got := strings.TrimSpace(rows.Eq(1).Find(".c-perm").Text()); got != strconv.Itoa(actions)+" allowed" {
		t.Errorf("a wildcard action counts as %q, want %d", got, actions)
	}
	if rows.Eq(0).Find(".c-n a[href='/organizations/acme/members/roles/maintainer/members']").Length() != 1 {
		t.Error("no link to those who hold it")
	}
	list.CanCreate = false
	if render(t, RolesPage(Roles{Catalog: rbac.Default(), List: rolePage(list), Now: now})).Find("a[href*='/new']").Length() != 0 {
		t.Error("offers to create")
	}
}
