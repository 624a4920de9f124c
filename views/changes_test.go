package views

import (
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

func bulkResult() org.BulkResult {
	m := newMember(hostile)
	return org.BulkResult{
		Organization: acme, Done: []org.Member{newMember(rtl), newMember(cjk)}, Unchanged: []org.Member{newMember(long)},
		Refused: []org.BulkRefusal{{Who: hostile, Member: &m, Reason: hostile}, {Who: hostile, Reason: "No such user"}},
	}
}

func fullImpact() org.Impact {
	i := org.Impact{Members: 12, Affected: 3, WithoutRoles: 2}
	for range maxListed + 3 {
		i.Gains = append(i.Gains, org.ImpactLine{Permission: allow("template:read")[0], Members: 1, ImpactSample: org.ImpactSample{Sample: []string{hostile}}})
	}
	i.Losses = []org.ImpactLine{{Permission: allow("template:delete")[0], OwnOnly: true, Members: 2}}
	i.KeptByOtherRoles = []org.ImpactLine{{Permission: allow("user:read")[0], Members: 1284}}
	return i
}

func idleEditor() RoleEditor {
	e := fullEditor()
	e.View.CellEffect = func(_ rbac.Level, p rbac.Permission) rbac.Effect {
		switch p.ResourceType {
		case "template":
			return rbac.SiteOnlyType
		case "workspace":
			return rbac.EveryoneHasOwn
		}
		return rbac.TakesEffect
	}
	return e
}

func fullMerge() RoleMerge {
	was, theirs, yours := newRole("maintainer", "template:read"), newRole("maintainer", "!template:read"), newRole("maintainer", "user:read")
	was.DisplayName, theirs.DisplayName, yours.DisplayName = "Was", hostile, rtl
	was.Version = 11
	return RoleMerge{Catalog: rbac.Default(), View: org.RoleView{Organization: acme, Role: theirs}, Merge: org.MergeRoles(was, theirs, yours), Now: now}
}

// changePages are the pages on the way to a change of many members or of a role.
func changePages() map[string]templ.Component {
	bulk := func(action org.BulkAction) org.Bulk { return org.Bulk{Action: action, Role: "ci"} }
	holding := fullMembers()
	holding.Holding = &org.RoleView{Organization: acme, Role: newRole("maintainer", "template:read")}
	holding.Filter.Roles = []string{"maintainer"}
	result := bulkResult()
	return map[string]templ.Component{
		"bulk add":         BulkConfirmPage(BulkConfirm{Catalog: rbac.Default(), Bulk: bulk(org.BulkAddRole), Role: hostile, Result: bulkResult(), Impact: fullImpact(), Err: refusal}),
		"bulk remove":      BulkConfirmPage(BulkConfirm{Catalog: rbac.Default(), Bulk: org.Bulk{Action: org.BulkRemove, Match: &org.MemberFilter{}}, Result: bulkResult()}),
		"bulk nobody":      BulkConfirmPage(BulkConfirm{Catalog: rbac.Default(), Bulk: bulk(org.BulkRemoveRole), Role: "CI", Result: org.BulkResult{Organization: acme}}),
		"bulk done":        BulkDonePage(BulkDone{Bulk: bulk(org.BulkAddRole), Role: hostile, Result: bulkResult()}),
		"added":            AddMemberPage(AddMember{Organization: acme, Names: hostile, Result: &result}),
		"role members":     RoleMembersPage(holding),
		"nobody has it":    RoleMembersPage(Members{Catalog: rbac.Default(), List: org.MemberList{Organization: acme}, Holding: holding.Holding, Filter: org.MemberFilter{Roles: []string{"maintainer"}}}),
		"review":           RoleReviewPage(RoleReview{Editor: refusedEditor(), Impact: fullImpact()}),
		"review, refused":  RoleReviewPage(RoleReview{Editor: fullEditor(), Err: refusal}),
		"merge":            RoleMergePage(fullMerge()),
		"role, idle":       RoleEditorPage(idleEditor()),
		"delete, impact":   RoleDeletePage(RoleDelete{Catalog: rbac.Default(), View: fullEditor().View, Impact: fullImpact()}),
		"missing":          ProblemPage(Problem{Catalog: rbac.Default(), Status: 403, Message: "Forbidden.", Missing: []string{"a:b", "c:d"}, Grantors: []string{hostile}}),
		"missing, nothing": ProblemPage(Problem{Catalog: rbac.Default(), Status: 403, Message: "Forbidden.", Missing: []string{"a:b"}}),
	}
}

func TestBulkBar(t *testing.T) {
	t.Parallel()
	doc := render(t, MembersPage(fullMembers()))
	form := doc.Find("#bulk")
	if form.Find("tbody .ck").Length() != 5 || form.Find("tbody .ck[disabled]").Length() != 1 {
		t.Errorf("%d boxes, %d of them locked; want one a row, and the own one locked", form.Find("tbody .ck").Length(), form.Find("tbody .ck[disabled]").Length())
	}
	if form.Find("form").Length() != 0 {
		t.Error("a form in a form")
	}
	if form.Find("button[name='add-role'], button[name='remove-role']").Length() == 0 || form.Find("button[value='remove']").Length() != 1 {
		t.Error("actions are missing")
	}
	m := fullMembers()
	m.List.CanAssign, m.List.CanRemove = false, false
	if render(t, MembersPage(m)).Find("#bulk, .ck[name=users]").Length() != 0 {
		t.Error("who may change nothing gets boxes to tick")
	}
}

func TestBulkConfirmCarriesTheChange(t *testing.T) {
	t.Parallel()
	values := func(b BulkConfirm) map[string][]string {
		out := map[string][]string{}
		for _, in := range render(t, BulkConfirmPage(b)).Find("form input[type=hidden]").EachIter() {
			if in.AttrOr("name", "") == "form_id" { // another one each time
				continue
			}
			out[in.AttrOr("name", "")] = append(out[in.AttrOr("name", "")], in.AttrOr("value", ""))
		}
		return out
	}
	b := BulkConfirm{Catalog: rbac.Default(), Bulk: org.Bulk{Action: org.BulkAddRole, Role: "ci"}, Role: "CI", Result: bulkResult()}
	done := []string{b.Result.Done[0].UserID.String(), b.Result.Done[1].UserID.String()}
	b.Bulk.Users = done
	want := map[string][]string{"confirm": {"1"}, "action": {"add-role"}, "role": {"ci"}, "users": done, "set": {b.crowd().set()}}
	if diff := cmp.Diff(want, values(b)); diff != "" {
		t.Errorf("ticked (-want +got)\n%s", diff)
	}
	b.Bulk.Match, b.Bulk.Except = &org.MemberFilter{}, []string{"m"}
	want = map[string][]string{"confirm": {"1"}, "action": {"add-role"}, "role": {"ci"}, "all": {"1"}, "expect": {"5"}, "except": {"m"}, "set": {b.crowd().set()}}
	if diff := cmp.Diff(want, values(b)); diff != "" {
		t.Errorf("all (-want +got)\n%s", diff)
	}
}

func TestReviewTellsEveryChange(t *testing.T) {
	t.Parallel()
	doc := render(t, RoleReviewPage(RoleReview{Editor: refusedEditor(), Impact: fullImpact()}))
	want := map[string]string{"org.template.read": "", "org.template.delete": "deny"}
	for field, value := range want {
		if in := doc.Find(`input[name="` + field + `"]`); in.Length() != 1 || in.AttrOr("value", "?") != value {
			t.Errorf("%s is not carried as %q", field, value)
		}
	}
	if got := doc.Find("h2").First().Text(); got != "3 changes" {
		t.Errorf("it tells of %s", got)
	}
	if doc.Find(".impact details li").Length() != 3 {
		t.Errorf("%d lines are folded, want 3", doc.Find(".impact details li").Length())
	}
}

func TestMergeOffersBoth(t *testing.T) {
	t.Parallel()
	doc := render(t, RoleMergePage(fullMerge()))
	rows := doc.Find(".merge tbody tr")
	if rows.Length() != 2 || rows.Eq(0).Find("input[name='display_name']").Length() != 2 {
		t.Fatalf("%d rows\n%s", rows.Length(), rows.Text())
	}
	for i, want := range []string{"deny", ""} {
		in := rows.Eq(1).Find("input").Eq(i)
		if in.AttrOr("name", "") != "org.template.read" || in.AttrOr("value", "?") != want {
			t.Errorf("choice %d is %s = %q, want %q", i, in.AttrOr("name", ""), in.AttrOr("value", "?"), want)
		}
	}
	if doc.Find("input[type=radio][checked]").Length() != 0 || doc.Find("input[type=radio]:not([required])").Length() != 0 {
		t.Error("a clash is settled for the person")
	}
	if doc.Find("input[name='org.user.read'][value='allow']").Length() != 1 {
		t.Error("a change that does not overlap is lost")
	}
}

func TestCellsWithoutEffectSayWhy(t *testing.T) {
	t.Parallel()
	doc := render(t, RoleEditorPage(idleEditor()))
	cell := cellOf(doc, "org.template.update")
	why := describing(doc, cell)
	if !cell.HasClass("gh") || cell.HasClass("own") || !strings.Contains(why, "does not belong to organizations") {
		t.Errorf("class %q, described as %q", cell.AttrOr("class", ""), why)
	}
	if !cellOf(doc, "org.workspace.update").HasClass("own") || cellOf(doc, "org.user.read").HasClass("gh") {
		t.Error("the wrong cells are marked")
	}
}

// TestToastUndo: in a page it is a form that returns to the page, in a fragment a button, since there may be a table row
// before it.
func TestToastUndo(t *testing.T) {
	t.Parallel()
	f := Flash{Message: "Done", Undo: "1234", Back: "/x?y=1"}
	form := render(t, Page(Frame{Flash: &f}, NoOrganizationPage())).Find("#toast form[method=post]")
	if form.AttrOr("action", "") != "/audit/1234/undo" || form.Find("input[name=back]").AttrOr("value", "") != "/x?y=1" || form.Find("button").Length() != 1 {
		t.Error("undo in a page leads elsewhere")
	}
	doc := render(t, Toast(f))
	if doc.Find("form").Length() != 0 || doc.Find("[data-undo]").AttrOr("hx-post", "") != "/audit/1234/undo" {
		t.Error("undo in a fragment leads elsewhere")
	}
	if render(t, Toast(Flash{Message: "Done"})).Find("[data-undo]").Length() != 0 {
		t.Error("offers to undo what can't be undone")
	}
}
