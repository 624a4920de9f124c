package views

import (
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
)

// asked is a member who holds roles of every sort, and a question about it.
func asked(action, resourceType string, own bool) ExplainForm {
	catalog := rbac.Default()
	curb := catalog.Compile(rbac.Role{Name: hostile, DisplayName: hostile, Organization: allow("!template:delete", "template:read")})
	site := catalog.Compile(rbac.Role{Name: "site-reader", DisplayName: long, Site: allow("file:read"), User: allow("!file:update")})
	admin, _ := catalog.BuiltIn("organization-template-admin")
	m := newMember(rtl)
	subject := catalog.NewSubject(m.UserID, []rbac.ID{acme.ID}, []rbac.Grant{{Role: curb, Org: acme.ID}, {Role: site}, {Role: admin, Org: acme.ID}})
	a := ExplainForm{Catalog: rbac.Default(), Organization: acme, Member: m, LinkRoles: true, LinkSite: true, Question: org.Question{Action: action, ResourceType: resourceType, Own: own}}
	for _, area := range catalog.Areas() {
		for _, t := range area.Types {
			for _, act := range t.Actions {
				o := rbac.Object{Type: t.Name, Org: acme.ID}
				l := org.EffectivePermission{Type: t, Action: act, Anyone: subject.Explain(act.Name, o)}
				o.Owner = m.UserID
				l.Own = subject.Explain(act.Name, o)
				deciding := l.Own.Deciding()
				l.Implied = l.Own.Allowed && len(deciding) == 1 && a.implied(deciding[0])
				a.Effective = append(a.Effective, l)
			}
		}
	}
	if action != "" {
		o := rbac.Object{Type: resourceType, Org: acme.ID}
		if own {
			o.Owner = m.UserID
		}
		a.Answer = &org.Explanation{
			Organization: acme, Member: m, Question: a.Question, Trace: subject.Explain(action, o),
			Words: org.Wording{Verdict: hostile, Because: hostile, Headline: hostile, Then: hostile, Levels: [3]string{hostile, "", "Not needed"}},
			Changes: []org.Suggestion{
				{Kind: org.GiveRole, Role: org.RoleRef{Name: "owner", DisplayName: "Owner"}, Members: 1, Gained: 5, Refusal: hostile},
				{Kind: org.TakeRole, Role: org.RoleRef{Name: hostile, DisplayName: hostile, OrganizationID: acme.ID}, Members: 1},
				{Kind: org.ClearPermission, Role: org.RoleRef{Name: hostile, OrganizationID: acme.ID}, Level: rbac.LevelOrganization, Permission: allow("template:delete")[0], Members: 128},
				{Kind: org.AllowPermission, Role: org.RoleRef{Name: "site-reader"}, Level: rbac.LevelUser, Permission: allow("template:delete")[0], Members: 2, Lost: 1},
			},
		}
	}
	return a
}

func auditEntry(kind, action, target string, status int, diff map[string]org.AuditChange) org.AuditEntry {
	u := org.User{ID: uuid.New(), Username: "ada", Name: hostile, OrganizationIDs: []uuid.UUID{acme.ID}}
	return org.AuditEntry{
		Seq: 7, ID: uuid.New(), Time: now, IP: "10.4.2.17", UserAgent: hostile, ResourceType: kind, ResourceID: uuid.NewString(), ResourceTarget: target,
		Action: action, StatusCode: status, Diff: diff, OrganizationID: acme.ID, Organization: &acme, ActorID: u.ID, Actor: "ada", User: &u,
	}
}

// recordedPermissions is a list of permissions as it comes out of the trail.
func recordedPermissions(pairs ...string) []any {
	var out []any
	for _, p := range allow(pairs...) {
		out = append(out, map[string]any{"resource_type": p.ResourceType, "action": p.Action, "negate": p.Negate})
	}
	return out
}

func fullAudit() Audit {
	return Audit{
		Catalog: rbac.Default(),
		Query:   `ada action:write "two words"`, Organization: "acme", Before: 90, Now: now, CanUndo: func(*org.AuditEntry) bool { return true },
		List: org.AuditList{Older: true, Newer: true, Entries: []org.AuditEntry{
			auditEntry("custom_role", "write", hostile, 200, map[string]org.AuditChange{
				"org_permissions": {Old: recordedPermissions("workspace:read", "template:delete"), New: recordedPermissions("workspace:read", "!template:delete", "file:read")},
				"display_name":    {Old: hostile, New: rtl},
			}),
			auditEntry("organization_member", "write", long, 200, map[string]org.AuditChange{"roles": {Old: []any{"a"}, New: []any{"a", hostile}}}),
			auditEntry("organization_member", "delete", cjk, 403, nil),
			auditEntry("user", "write", "bob", 200, map[string]org.AuditChange{"hashed_password": {Secret: true}}),
			auditEntry("api_key", "login", "ada", 200, nil),
			{ID: uuid.New(), Time: now.AddDate(0, 0, -3), ResourceType: "unheard_of", Action: "write", ResourceTarget: hostile, StatusCode: 200},
		}},
	}
}

func fullHistory() History {
	first, second := newRole(hostile, "template:read"), newRole(hostile, "template:read", "!template:delete")
	first.DisplayName = rtl
	return History{
		Catalog: rbac.Default(),
		View:    org.RoleView{Organization: acme, Role: second, CanUpdate: true}, Now: now,
		Versions: []org.RoleVersion{{Version: 2, CreatedAt: now, CreatedBy: hostile, Role: second}, {Version: 1, CreatedAt: now.Add(-time.Hour), Role: first}},
	}
}

func fullRestore() RoleRestore {
	h := fullHistory()
	gone := org.DeadPermission{Permission: rbac.Permission{ResourceType: "fax", Action: "send"}}
	h.Versions[1].Role.Dead = []org.DeadPermission{gone}
	return RoleRestore{Catalog: h.Catalog, RestoreReview: org.RestoreReview{View: h.View, Version: h.Versions[1]}, Err: refusal, Now: now}
}

func fullComparison() Compare {
	h := fullHistory()
	return Compare{
		Catalog:    rbac.Default(),
		Comparison: org.Comparison{Organization: acme, From: h.Versions[1].Role, To: h.Versions[0].Role, Same: 1, Lines: rbac.Diff(h.Versions[1].Role.Rules(), h.Versions[0].Role.Rules())},
		From:       org.RoleVersionRef{Name: hostile, Version: 1}, To: org.RoleVersionRef{Name: hostile}, Roles: []org.Role{newRole(hostile), newRole("b")}, Versions: h.Versions,
	}
}

func fullWhoCan() WhoCan {
	a := asked("read", "template", false)
	return WhoCan{
		Catalog:      rbac.Default(),
		Organization: acme, Question: a.Question, Limit: 25, LinkRoles: true,
		Answer: &org.WhoCan{
			Organization: acme, Question: a.Question, Count: 60, Total: 1284, Suspended: 3,
			Members: []org.WhoCanMember{{Member: a.Member, Answer: org.Answer{Trace: a.Answer.Trace}}},
			Outside: &org.Outside{Count: 230, Users: []org.WhoCanUser{{User: newUser(hostile), Answer: org.Answer{Trace: a.Answer.Trace}}}},
		},
	}
}

func explainPages() map[string]templ.Component {
	member := func(a ExplainForm) templ.Component {
		return MemberPage(MemberView{Organization: acme, Member: a.Member, Explain: a, LinkRoles: true, CanAssign: true, Now: now})
	}
	bad := asked("", "", false)
	bad.Err, bad.Question = refusal, org.Question{Action: hostile, ResourceType: hostile}
	nothing := fullComparison()
	nothing.Lines = nil
	found := fullWhoCan()
	found.Answer.Members = nil
	outside, outsidePast, hidden := fullWhoCan(), fullWhoCan(), fullWhoCan()
	outside.Outside, outsidePast.Outside, hidden.Outside = true, true, true
	outsidePast.Answer.Outside.Users, hidden.Answer.Outside = nil, nil
	return map[string]templ.Component{
		"why, nothing asked":   member(asked("", "", false)),
		"why, denied":          member(asked("delete", "template", false)),
		"why, allowed":         member(asked("read", "file", true)),
		"why, wrong":           member(bad),
		"who can":              WhoCanPage(fullWhoCan()),
		"who can, not asked":   WhoCanPage(WhoCan{Catalog: rbac.Default(), Organization: acme}),
		"who can, nobody":      WhoCanPage(WhoCan{Catalog: rbac.Default(), Organization: acme, Answer: &org.WhoCan{Total: 3}}),
		"who can, past":        WhoCanPage(found),
		"who can, outside":     WhoCanPage(outside),
		"who can, out, past":   WhoCanPage(outsidePast),
		"who can, out, hidden": WhoCanPage(hidden),
		"who can, wrong":       WhoCanPage(WhoCan{Catalog: rbac.Default(), Organization: acme, Err: refusal}),
		"audit":                AuditPage(fullAudit()),
		"audit, empty":         AuditPage(Audit{Catalog: rbac.Default(), Now: now}),
		"audit, no match":      AuditPage(Audit{Catalog: rbac.Default(), Query: hostile, Now: now}),
		"audit, wrong":         AuditPage(Audit{Catalog: rbac.Default(), Query: hostile, Err: refusal, Now: now}),
		"history":              HistoryPage(fullHistory()),
		"restore":              RoleRestorePage(fullRestore()),
		"compare":              ComparePage(fullComparison()),
		"compare, no":          ComparePage(nothing),
		"lint, clean":          LintPage(Lint{Catalog: rbac.Default(), Organization: acme}),
		"lint":                 LintPage(fullLint()),
		"problem, permissions": ProblemPage(Problem{Catalog: rbac.Default(), Status: 403, Message: "Forbidden.", Why: "/organizations/acme/members/me"}),
	}
}

func fullLint() Lint {
	m := newMember(rtl)
	ref := org.RoleRef{Name: hostile, DisplayName: hostile, OrganizationID: acme.ID}
	l := Lint{Catalog: rbac.Default(), Organization: acme}
	for _, r := range lintRules {
		f := org.LintFinding{Rule: r.rule, Role: ref, Message: hostile, Fix: hostile, Other: "twin"}
		switch r.rule {
		case org.LintSuspended:
			f.Member, f.Role = &m, org.RoleRef{}
		case org.LintRedundant:
			f.Member = &m
		case org.LintUnused, org.LintDuplicate:
		default:
			f.Permission = allow("template:read")[0]
		}
		f.ID, f.MayDismiss = r.rule, true
		l.Findings = append(l.Findings, f)
		f.ID, f.Dismissal = r.rule+" too", &org.Dismissal{ID: uuid.New(), Reason: hostile, By: hostile, ByName: rtl, At: now, Until: now.Add(org.DismissedFor), Findings: 1}
		l.Findings = append(l.Findings, f)
	}
	l.MayBringBack = true
	return l
}

func explainFragments() map[string]templ.Component {
	return map[string]templ.Component{
		"answer":  ExplainAnswer(asked("delete", "template", false)),
		"who can": WhoCanResults(fullWhoCan()),
		"audit":   AuditResults(fullAudit()),
		"api":     APIMenu(API{JSON: "/api/v2/x", Curl: hostile, CLI: hostile}),
	}
}

func TestExplainAnswer(t *testing.T) {
	t.Parallel()
	doc := render(t, ExplainAnswer(asked("delete", "template", false)))
	if doc.Find(".verdict.ok").Length() != 0 || doc.Find(".verdict[role=status] h2").Text() != hostile {
		t.Errorf("the verdict is %q", doc.Find(".verdict").Text())
	}
	hit := doc.Find("ol.chain > li.hit")
	if hit.Length() != 1 || hit.Find("h3").Text() != acme.Label() || hit.Find(".rule .st.d").Length() != 1 || hit.Find(".rule.out .st.u").Length() != 1 || hit.Find(".badge").Text() != "decides" {
		t.Errorf("the level that decides is %s", hit.Text())
	}
	if a := hit.Find("a.tag.custom").AttrOr("href", ""); a != RoleURL("acme", hostile) {
		t.Errorf("the role leads to %q", a)
	}
	// The suggestions open to the caller come first, with a preview; the others have the reason why not.
	changes := doc.Find(".changes .line2")
	if changes.Length() != 4 || changes.First().Find("a").AttrOr("href", "") == "" || changes.Last().Find("a").Length() != 0 || !strings.Contains(changes.Last().Text(), hostile) {
		t.Errorf("the changes are %s", changes.Text())
	}
	if text := changes.Eq(1).Text(); !strings.Contains(text, "Remove the deny to delete templates from") || !strings.Contains(text, "Affects 128 people") {
		t.Errorf("the second is %q", text)
	}
	// Opened, it is a form that goes where the change is made, and knows the way back.
	open := asked("delete", "template", false)
	open.Open, open.RoleTag, open.Impact = open.Answer.Changes[2].Key(), "v7", &org.Impact{Members: 3, Affected: 2}
	form := render(t, ExplainAnswer(open)).Find("#preview form")
	if form.AttrOr("action", "") != RolesURL("acme") || form.Find("[name='org.template.delete']").AttrOr("value", "?") != "" ||
		form.Find("[name=version]").AttrOr("value", "") != "v7" || form.Find("[name=back]").AttrOr("value", "") != ExplainURL("acme", rtl, open.Question) {
		t.Errorf("the form goes to %q", form.AttrOr("action", ""))
	}
	open.Member.Status = org.StatusSuspended
	if render(t, ExplainAnswer(open)).Find(".verdict.off").Length() != 1 {
		t.Error("a suspended account is told like any other")
	}
	if render(t, ExplainAnswer(asked("read", "template", false))).Find(".verdict.ok").Length() != 1 {
		t.Error("a yes does not look like one")
	}
}

func TestEffective(t *testing.T) {
	t.Parallel()
	a := asked("", "", false)
	doc := render(t, EffectiveSection(a))
	row := doc.Find(".r:has(#e-template)")
	classes := map[string]string{}
	for _, c := range row.Find(".src a.st").EachIter() {
		classes[strings.TrimSpace(strings.TrimPrefix(c.Text(), "Denied: "))] = c.AttrOr("class", "")
	}
	if classes["Read"] != "st a" || doc.Find(".r:has(#e-template) a.st.d").Length() != 1 {
		t.Errorf("templates: %v", classes)
	}
	if link := row.Find("a.st.d").AttrOr("href", ""); link != ExplainURL("acme", rtl, org.Question{Action: "delete", ResourceType: "template", Own: false}) {
		t.Errorf("a deny leads to %q", link)
	}
	if doc.Find(".r:has(#e-workspace) .by-all").Length() != 1 || doc.Find(".r:has(#e-workspace) .st.imp").Length() == 0 {
		t.Error("what every member has is not shown as such")
	}
	if doc.Find(".r:has(#e-file) .tag.site").Length() != 1 {
		t.Error("the site role behind a right is not named")
	}
	a.Find = "FILE read"
	if rows := render(t, EffectiveSection(a)).Find(".eff .r"); rows.Length() != 1 {
		t.Errorf("the filter leaves %d rows", rows.Length())
	}
}

func TestAuditSentences(t *testing.T) {
	t.Parallel()
	list := func(names ...any) org.AuditChange { return org.AuditChange{Old: []any{}, New: names} }
	for _, tt := range []struct {
		kind, action string
		status       int
		diff         map[string]org.AuditChange
		want         string
	}{
		{"organization_member", "create", 200, nil, "added … to the organization"},
		{"organization_member", "delete", 204, nil, "removed … from the organization"},
		{"organization_member", "write", 200, map[string]org.AuditChange{"roles": list("a", "b")}, "gave the roles a and b to …"},
		{"organization_member", "write", 200, map[string]org.AuditChange{"roles": {Old: []any{"a"}, New: []any{}}}, "removed the role a from …"},
		{"organization_member", "write", 200, map[string]org.AuditChange{"roles": {Old: []any{"a"}, New: []any{"b"}}}, "changed the roles of …"},
		{"organization_member", "write", 412, nil, "tried to change the roles of … (it had changed)"},
		{"custom_role", "write", 400, nil, "tried to change the role … (invalid)"},
		{"organization_member", "write", 403, nil, "tried to change the roles of … (not allowed)"},
		{"user", "write", 200, map[string]org.AuditChange{"rbac_roles": list("auditor")}, "gave the site role auditor to …"},
		{"user", "write", 200, map[string]org.AuditChange{"status": {Old: "active", New: "suspended"}}, "suspended …"},
		{"user", "write", 200, map[string]org.AuditChange{"status": {Old: "suspended", New: "active"}}, "reactivated …"},
		{"user", "write", 200, map[string]org.AuditChange{"hashed_password": {Secret: true}}, "set the password of …"},
		{"user", "delete", 204, map[string]org.AuditChange{"rbac_roles": {Old: []any{"auditor"}}}, "deleted the account …"},
		{"user", "create", 409, nil, "tried to create the account … (exists already)"},
		{"custom_role", "write", 200, map[string]org.AuditChange{"display_name": {Old: "a", New: "b"}}, "renamed the role …"},
		{"custom_role", "write", 200, map[string]org.AuditChange{"org_permissions": list(recordedPermissions("file:read")...)}, "changed the permissions of the role …"},
		{"custom_role", "delete", 200, nil, "deleted the role …"},
		{"organization", "write", 200, nil, "changed the organization …"},
		{"api_key", "login", 200, nil, "signed in …"},
		{"api_key", "login", 401, nil, "tried to sign in … (not allowed)"},
	} {
		e := auditEntry(tt.kind, tt.action, "x", tt.status, tt.diff)
		s := Audit{Catalog: rbac.Default(), Organization: "acme", Now: now}.sentence(e)
		if got := strings.TrimSpace(s.before + " … " + s.after); got != tt.want {
			t.Errorf("%s %s %d: %q, want %q", tt.kind, tt.action, tt.status, got, tt.want)
		}
		if s := (Audit{Catalog: rbac.Default(), Now: now}).sentence(e); tt.kind != "organization" && !strings.HasSuffix(s.after, "in Acme Robotics") {
			t.Errorf("on the page of the site: %q", s.after)
		}
	}
}

// What a version of the catalog took from an organization stands there by its names.
func TestAuditEffects(t *testing.T) {
	t.Parallel()
	e := auditEntry("catalog", "write", "pipelines", 200, map[string]org.AuditChange{"effects": {New: []org.CatalogEffect{
		{Organization: "acme", Role: "clerk", Permission: "!file:print", People: 1}, {Organization: "acme", Role: "boss", People: 2},
	}}})
	var got []string
	for _, c := range (Audit{Catalog: rbac.Default(), Now: now}).changes(e) {
		got = append(got, c.word+c.what+" "+c.note)
	}
	want := []string{"Gone: deny file:print in the role clerk, which 1 person held in acme", "Gone: the role itself in the role boss, which 2 people held in acme"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestAuditPage(t *testing.T) {
	t.Parallel()
	doc := render(t, AuditPage(fullAudit()))
	if n := doc.Find("section.log").Length(); n != 2 || doc.Find(".log-d").First().Text() != "Today, 20 November" || doc.Find(".log-d").Last().Text() != "17 November 2026" {
		t.Errorf("%d days: %s", n, doc.Find(".log-d").Text())
	}
	first := doc.Find(".ev").First()
	var lines []string
	for _, li := range first.Find("details[open] li").EachIter() {
		lines = append(lines, strings.Join(strings.Fields(li.Text()), " "))
	}
	want := []string{"+ Allow " + rbac.Default().Phrase(allow("file:read")[0]) + " file:read", "⊘ Deny delete templates template:delete was allowed", "• Display name " + hostile + " → " + rtl}
	for i := range want {
		want[i] = strings.Join(strings.Fields(want[i]), " ")
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if doc.Find(".ev.no").Length() != 1 || doc.Find(".ev.no a.link:contains('why?')").Length() != 1 || doc.Find(".ev.no form").Length() != 0 {
		t.Error("the refusal is not shown as one")
	}
	if doc.Find(`form[action$="/undo"]`).Length() != 1 {
		t.Error("one entry can be undone")
	}
	older, newer := doc.Find("a.btn:contains('Older')").AttrOr("href", ""), doc.Find("a.btn:contains('Newer')").AttrOr("href", "")
	if !strings.Contains(older, "before=7") && !strings.Contains(older, "before=0") || !strings.Contains(newer, "after=7") || !strings.Contains(newer, "organization=acme") {
		t.Errorf("the pages lead to %q and %q", older, newer)
	}
	if secret := doc.Find(".ev:contains('set the password')").Text(); strings.Contains(secret, "→") || !strings.Contains(secret, "not recorded") {
		t.Errorf("a secret is told as %q", secret)
	}
}

func TestLintLinks(t *testing.T) {
	t.Parallel()
	for _, f := range fullLint().Findings {
		want := map[string]string{
			org.LintUnused: RoleDeleteURL("acme", hostile), org.LintSuspended: MemberRolesURL("acme", rtl), org.LintRedundant: MemberRolesURL("acme", rtl),
			org.LintDuplicate: RoleCompareURL("acme", org.RoleVersionRef{Name: hostile}, org.RoleVersionRef{Name: "twin"}),
		}[f.Rule]
		if got := FindingURL("acme", f); got != ui.FirstOf(want, RoleURL("acme", hostile)) {
			t.Errorf("%s leads to %q", f.Rule, got)
		}
	}
}

// What differs in its permission only is one line, which names them all.
func TestLintLines(t *testing.T) {
	t.Parallel()
	l := Lint{Catalog: rbac.Default(), Organization: acme}
	for _, p := range allow("license:read", "license:create", "api_key:read") {
		f := org.LintFinding{Rule: org.LintNoEffect, Role: org.RoleRef{Name: "ci"}, Permission: p, Message: "No effect.", Fix: "Remove it."}
		if p.ResourceType == "api_key" {
			f.Role.Name = "other"
		}
		l.Findings = append(l.Findings, f)
	}
	doc := render(t, LintPage(l))
	if got := doc.Find(".lint .num").Text(); got != "3" {
		t.Errorf("%s findings, want 3", got)
	}
	named := func(name string) string { return rbac.Default().Phrase(allow(name)[0]) + " " + name }
	lines := doc.Find(".lint li").Map(func(_ int, s *goquery.Selection) string {
		return s.Find(".btn").AttrOr("href", "") + " " + strings.Join(strings.Fields(s.Find(".which").Text()), " ")
	})
	if diff := cmp.Diff([]string{RoleURL("acme", "ci") + " " + named("license:read") + named("license:create"), RoleURL("acme", "other") + " " + named("api_key:read")}, lines); diff != "" {
		t.Error(diff)
	}
}

// The changes of a role are shown at once, unless there are so many that nothing else would be seen.
func TestAuditFolds(t *testing.T) {
	t.Parallel()
	var few, many []string
	for _, typ := range rbac.Default().Types() {
		many = append(many, typ.Name+":"+typ.Actions[0].Name)
	}
	few = many[:12]
	for _, tt := range []struct {
		changed []string
		open    bool
	}{{few, true}, {many, false}} {
		e := auditEntry("custom_role", "write", "ci", 200, map[string]org.AuditChange{"org_permissions": {New: recordedPermissions(tt.changed...)}})
		doc := render(t, AuditPage(Audit{Catalog: rbac.Default(), Now: now, List: org.AuditList{Entries: []org.AuditEntry{e}}}))
		if got := doc.Find("details[open] li").Length() > 0; got != tt.open || doc.Find("details li").Length() != len(tt.changed) {
			t.Errorf("%d changes: open is %t", len(tt.changed), got)
		}
	}
}

// Findings that differ in the person alone are one line, with a link for each of them.
func TestLintNamesPeopleOnce(t *testing.T) {
	t.Parallel()
	l := Lint{Catalog: rbac.Default(), Organization: acme}
	for _, name := range []string{"ann", "ben", "cy", "dee", "eve", "flo", "gus"} {
		m := newMember(name)
		l.Findings = append(l.Findings, org.LintFinding{Rule: org.LintSuspended, Member: &m, Message: name + " is suspended", Cause: "They are suspended", Fix: "Do"})
	}
	doc := render(t, LintPage(l))
	if n := doc.Find(".lint li").Length(); n != 1 {
		t.Errorf("%d lines", n)
	}
	if n := doc.Find(".lint li details a").Length(); n != 2 || doc.Find(".lint li a").Length() != 7 {
		t.Errorf("%d of %d people are folded", n, doc.Find(".lint li a").Length())
	}
}
