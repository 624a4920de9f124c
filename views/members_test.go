package views

import (
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

func TestMembersURL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		filter org.MemberFilter
		want   string
	}{
		{"nothing", org.MemberFilter{}, "/organizations/acme/members"},
		{"as it is anyway", org.MemberFilter{Sort: "username", Limit: PageSize}, "/organizations/acme/members"},
		{"everything", org.MemberFilter{Query: "a b&c", Roles: []string{"x", "y"}, SiteRoles: []string{"owner"}, Statuses: []org.Status{org.StatusSuspended}, Sort: "-created_at", Limit: 50, Offset: 100},
			"/organizations/acme/members?limit=50&offset=100&q=a+b%26c&role=x&role=y&site_role=owner&sort=-created_at&status=suspended"},
	} {
		if got := MembersURL("acme", tt.filter); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if got, want := MemberURL("a/b", "../x"), "/organizations/a%2Fb/members/..%2Fx"; got != want {
		t.Errorf("names leave their place in a path: %s, want %s", got, want)
	}
	if got, want := MembersCSVURL("acme", org.MemberFilter{Query: "a", Limit: 50, Offset: 50}), "/organizations/acme/members?format=csv&q=a"; got != want {
		t.Errorf("the file holds a page only: %s, want %s", got, want)
	}
}

func TestMembersTable(t *testing.T) {
	t.Parallel()
	doc := render(t, MembersPage(fullMembers()))
	rows := doc.Find("tbody tr[role=row]")
	if rows.Length() != 5 {
		t.Fatalf("%d rows, want 5", rows.Length())
	}
	if rows.Eq(0).Find(".badge").Text() != "You" || rows.Eq(2).Find(".badge").Text() != "Suspended" {
		t.Error("badges are missing")
	}
	if rows.Eq(1).Find(".c-who a").Text() != hostile {
		t.Errorf("a name is not as it was typed: %q", rows.Eq(1).Find(".c-who a").Text())
	}
	if rows.Eq(3).Find(".av-bot").Length() != 1 {
		t.Error("a service account looks like a person")
	}
	if got := rows.Eq(4).Find(".c-roles a.none[data-pop]").Text(); !strings.HasPrefix(got, "Member only · add a role") {
		t.Errorf("no roles are told as %q", got)
	}
	if got := rows.Eq(1).Find(".c-roles .tag").Length(); got != maxTags+1 {
		t.Errorf("%d chips for four roles, want %d and a number", got, maxTags)
	}
	if got := rows.Eq(1).Find(".c-roles .more").Text(); got != "+2 more roles: c and d" {
		t.Errorf("the rest is told as %q", got)
	}
}

func TestMembersOrder(t *testing.T) {
	t.Parallel()
	m := fullMembers()
	m.Filter.Query, m.Filter.Sort = "a", "-created_at"
	doc := render(t, MembersPage(m))
	want := map[string]string{"username": "none", "created_at": "descending", "updated_at": "none"}
	for key, sorting := range want {
		th := doc.Find("th:has(#sort-" + key + ")")
		if got := th.AttrOr("aria-sort", ""); got != sorting {
			t.Errorf("%s is %q, want %q", key, got, sorting)
		}
		link, err := url.Parse(th.Find("a").AttrOr("href", ""))
		if err != nil {
			t.Fatal(err)
		}
		if q := link.Query(); q.Get("q") != "a" || q.Has("offset") {
			t.Errorf("%s leads to %s: the search is lost, or the page is kept", key, link)
		}
	}
	if got := doc.Find("#sort-created_at").AttrOr("href", ""); strings.Contains(got, "-created_at") {
		t.Errorf("a second click does not turn the order: %s", got)
	}
}

func TestMembersPager(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                       string
		offset, rows, count, limit int
		capped                     bool
		span, previous, next       string
	}{
		{"first page", 0, 25, 60, 25, false, "1–25 of 60", "", "?offset=25"},
		{"middle", 25, 25, 60, 25, false, "26–50 of 60", "", "?offset=50"},
		{"last", 50, 10, 60, 25, false, "51–60 of 60", "?offset=25", ""},
		{"odd offset", 10, 25, 60, 25, false, "11–35 of 60", "", "?offset=35"},
		{"one", 0, 1, 1, 25, false, "1 of 1", "", ""},
		{"more than are counted", 9975, 25, 10000, 25, true, "9,976–10,000 of 10,000+", "?offset=9950", "?offset=10000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := fullMembers()
			m.List.Members = nil
			for range tt.rows {
				m.List.Members = append(m.List.Members, newMember("x"))
			}
			m.List.Count, m.List.CountIsMinimum, m.Filter = tt.count, tt.capped, org.MemberFilter{Offset: tt.offset, Limit: tt.limit}
			doc := render(t, MembersResults(m))
			if got := strings.TrimSpace(doc.Find(".foot > .num").Text()); got != tt.span {
				t.Errorf("shows %q, want %q", got, tt.span)
			}
			if tt.name == "first page" && doc.Find("#page-prev").Length() != 0 {
				t.Error("a page before the first")
			}
			if got := doc.Find("#page-next").AttrOr("href", ""); !strings.HasSuffix(got, tt.next) || (tt.next == "") != (got == "") {
				t.Errorf("next is %q, want %q", got, tt.next)
			}
			if got := doc.Find("#page-prev").AttrOr("href", ""); tt.previous != "" && !strings.HasSuffix(got, tt.previous) {
				t.Errorf("previous is %q, want %q", got, tt.previous)
			}
		})
	}
}

func TestMembersFilters(t *testing.T) {
	t.Parallel()
	doc := render(t, MembersPage(filteredMembers()))
	if got := doc.Find("input[name=q]").AttrOr("value", ""); got != "a" {
		t.Errorf("search box holds %q", got)
	}
	var ticked []string
	doc.Find("#filters input:checked").Each(func(_ int, s *goquery.Selection) {
		ticked = append(ticked, s.AttrOr("name", "")+"="+s.AttrOr("value", ""))
	})
	if diff := cmp.Diff([]string{"role=auditor", "role=gone", "status=active"}, ticked); diff != "" {
		t.Errorf("boxes (-want +got):\n%s", diff)
	}
	off, err := url.Parse(doc.Find("#active a[aria-label='Remove filter Role']").AttrOr("href", ""))
	if err != nil {
		t.Fatal(err)
	}
	if q := off.Query(); q.Has("role") || q.Get("q") != "a" || q.Get("status") != "active" || q.Has("offset") {
		t.Errorf("taking the role filter off leads to %s", off)
	}
	if got := strings.Join(strings.Fields(doc.Find("#count").Text()), " "); got != "1,284 of 1,284 members" {
		t.Errorf("count %q", got)
	}
}

func TestMembersFormsKeepTheURL(t *testing.T) {
	t.Parallel()
	m := filteredMembers()
	m.Filter.Sort, m.Filter.Limit = "-updated_at", 50
	doc := render(t, MembersPage(m))
	fields := func(form string) url.Values {
		q := url.Values{}
		doc.Find(form).Find("input[type=hidden]:not([disabled]), input[type=search], input:checked").Each(func(_ int, s *goquery.Selection) {
			q.Add(s.AttrOr("name", ""), s.AttrOr("value", ""))
		})
		doc.Find(form).Find("option[selected]").Each(func(_ int, s *goquery.Selection) { q.Add("limit", s.AttrOr("value", "")) })
		return q
	}
	want := url.Values{"q": {"a"}, "role": {"auditor", "gone"}, "status": {"active"}, "sort": {"-updated_at"}, "limit": {"50"}}
	for _, form := range []string{"#find", ".foot form:not(.num)"} {
		if diff := cmp.Diff(want, fields(form)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", form, diff)
		}
	}
}

func TestMembersStates(t *testing.T) {
	t.Parallel()
	if got := render(t, MembersPage(Members{Catalog: rbac.Default(), List: org.MemberList{Organization: acme}, Filter: org.MemberFilter{Query: hostile}})); !strings.Contains(got.Find(".blank h2").Text(), hostile) || got.Find(".blank a").Length() != 1 {
		t.Error("no match: the search is not repeated, or cannot be cleared")
	}
	self := render(t, MembersPage(onlySelf()))
	if self.Find(".note").Length() != 1 || self.Find("#find, .foot, th a").Length() != 0 {
		t.Error("who sees only itself is not told, or can search")
	}
	past := render(t, MembersPage(Members{Catalog: rbac.Default(), List: org.MemberList{Organization: acme, Count: 3}, Filter: org.MemberFilter{Offset: 50, Limit: 25, Query: "a"}}))
	if got := past.Find(".blank a").AttrOr("href", ""); got != "/organizations/acme/members?q=a" {
		t.Errorf("past the end leads to %q", got)
	}
	alone := fullMembers()
	alone.List.Members, alone.List.Count, alone.Filter = alone.List.Members[:1], 1, org.MemberFilter{}
	if got := render(t, MembersPage(alone)).Find(".blank h2").Text(); got != "You are the only member so far" {
		t.Errorf("alone: %q", got)
	}
}

func TestMembersResultsRenewWhatIsAround(t *testing.T) {
	t.Parallel()
	page, fragment := render(t, MembersPage(filteredMembers())), render(t, MembersResults(filteredMembers()))
	oob := fragment.Find("[hx-swap-oob]")
	if oob.Length() != 5 {
		t.Fatalf("%d parts out of band, want 5", oob.Length())
	}
	oob.Each(func(_ int, s *goquery.Selection) {
		there := page.Find("#" + s.AttrOr("id", ""))
		want, _ := there.Html()
		got, _ := s.Html()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("#%s is other than on the page (-page +fragment):\n%s", s.AttrOr("id", ""), diff)
		}
	})
	if page.Find("[hx-swap-oob]").Length() != 0 {
		t.Error("a page with parts out of band")
	}
}

func TestMemberRowActions(t *testing.T) {
	t.Parallel()
	m := newMember("ghopper")
	row := func(change func(*MemberRowView)) *goquery.Document {
		r := MemberRowView{Member: m, Organization: acme, LinkRoles: true, CanAssign: true, CanRemove: true, Now: now}
		r.Member.Roles = refs("auditor")
		change(&r)
		return render(t, MemberRow(r))
	}
	free := row(func(*MemberRowView) {})
	// A row out of a table is not parsed as one; its parts are.
	pencil := free.Find("a[data-pop]")
	if pencil.AttrOr("href", "") != MemberRolesURL("acme", "ghopper") || pencil.AttrOr("hx-get", "") != pencil.AttrOr("href", "") || pencil.AttrOr("hx-target", "") != "#pop" {
		t.Error("the pencil does not open the form, or only with script")
	}
	if free.Find("a[data-menu]").AttrOr("data-remove", "") != MemberRemoveURL("acme", "ghopper") {
		t.Error("removing is not offered")
	}
	refused := row(func(r *MemberRowView) { r.Member.RolesRefusal, r.Member.RemoveRefusal = "Because of A", "Because of B" })
	if refused.Find("a.none[data-pop]").Length() != 0 || refused.Find(`a[data-pop] use[href="#i-lock"]`).Length() != 1 {
		t.Error("a refused change of roles is offered, or its reason can't be reached")
	}
	if menu := refused.Find("a[data-menu]"); menu.AttrOr("data-remove", "(none)") != "(none)" || menu.AttrOr("data-remove-no", "") != "Because of B" {
		t.Error("a refused removal is offered, or without the reason")
	}
	reader := row(func(r *MemberRowView) { r.CanAssign, r.CanRemove, r.LinkRoles = false, false, false })
	if reader.Find("[data-pop], .off, [data-remove], [data-remove-no], a.tag").Length() != 0 {
		t.Error("something is offered to somebody who may only look")
	}
}

func TestAssignment(t *testing.T) {
	t.Parallel()
	f := fullAssignment()
	doc := render(t, AssignmentPopover(f))
	form := doc.Find("form")
	for attr, want := range map[string]string{
		"method": "post", "action": MemberRolesURL("acme", f.Member.Username), "hx-put": MemberRolesURL("acme", f.Member.Username),
		"hx-target": "#m-" + f.Member.UserID.String(), "hx-swap": "outerHTML", "hx-status:4xx": "target:#pop swap:innerHTML",
	} {
		if got := form.AttrOr(attr, ""); got != want {
			t.Errorf("%s = %q, want %q", attr, got, want)
		}
	}
	sent := func(doc *goquery.Document) (out []string) {
		doc.Find("input[name=role][type=hidden], input[name=role]:checked:not([disabled])").Each(func(_ int, s *goquery.Selection) { out = append(out, s.AttrOr("value", "")) })
		return out
	}
	if diff := cmp.Diff([]string{"held", "locked"}, sent(doc)); diff != "" {
		t.Errorf("untouched, it would not save what is held (-want +got):\n%s", diff)
	}
	for name, want := range map[string]string{"_method": "PUT", "version": "7-tag", "roles": "1"} {
		if got := doc.Find("input[name="+name+"]").AttrOr("value", ""); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	admin := doc.Find("input[value=organization-admin]")
	if _, ok := admin.Attr("disabled"); !ok || doc.Find("#"+admin.AttrOr("aria-describedby", "x")).Text() != "Not yours to give" {
		t.Error("a role that may not be given is offered, or without the reason")
	}
	f.Checked = map[string]bool{"free": true}
	if diff := cmp.Diff([]string{"free", "locked"}, sent(render(t, AssignmentPage(f)))); diff != "" {
		t.Errorf("what was ticked is lost, or what is locked changed (-want +got):\n%s", diff)
	}
}
