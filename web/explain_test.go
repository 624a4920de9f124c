package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/web/webtest"
)

// giveRole puts a custom role into the default organization, and gives it to people.
func giveRole(t *testing.T, s *webtest.Site, name string, list []rbac.Permission, people ...string) {
	t.Helper()
	body := org.Given(org.RoleInput{Name: name, DisplayName: "Role " + name, Organization: list})
	if _, err := s.Service.PutRole(t.Context(), s.Service.Operator(), org.In(webtest.Default), body); err != nil {
		t.Fatal(err)
	}
	for _, user := range people {
		held, err := s.Service.Member(t.Context(), s.Service.Operator(), webtest.Default, user)
		if err != nil {
			t.Fatal(err)
		}
		roles := []string{name}
		for _, r := range held.Roles {
			roles = append(roles, r.Name)
		}
		give := org.Given(org.RolesInput{Roles: roles})
		if _, _, err := s.Service.SetMemberRoles(t.Context(), s.Service.Operator(), webtest.Default, user, give); err != nil {
			t.Fatal(err)
		}
	}
}

var (
	readTemplate = rbac.Permission{ResourceType: "template", Action: "read"}
	denyDelete   = rbac.Permission{ResourceType: "template", Action: "delete", Negate: true}
)

// explained is the part of an explanation that tests look at.
type explained struct {
	Allowed          bool
	Verdict, Because string
	Levels           []struct {
		Level, Vote, Note         string
		Applies, Reached, Decides bool
		Matches                   []struct {
			Role      struct{ Name string }
			Overruled bool
		}
	}
	Changes []struct {
		Kind, Text, Refusal string
		Allowed             bool
		Members             int
	}
}

func TestExplainPage(t *testing.T) {
	t.Parallel()
	const path = "/organizations/default/members/member"
	tests := []struct {
		name, as, query string
		status          int
		verdict         string
		has             []string // in the page
	}{
		{"nothing asked", webtest.Admin, "?tab=can", 200, "", []string{"Everything", "every member has this"}},
		{"allowed by a role", webtest.Admin, "?action=read&resource_type=template", 200, "Yes, in Default.", []string{"Role reader allows it.", "decides", "Remove Role reader from member"}},
		{"denied", webtest.Owner, "?action=delete&resource_type=template", 200, "No. Role reader denies it.", []string{"Let Role reader allow people to delete templates", "Affects 1 person"}},
		{"denied on own things too", webtest.Admin, "?action=delete&resource_type=template&owner=me", 200, "No. Role reader denies it.", []string{"Every member can do this with their own templates, but the organization decides first."}},
		{"nothing allows it", webtest.Admin, "?action=create&resource_type=template", 200, "No. None of member’s roles allows this.", []string{"No role in Default allows or denies it.", "Does not apply: only for resources the person owns"}},
		{"own", webtest.Admin, "?action=create&resource_type=template&owner=member", 200, "Yes, for their own templates.", []string{"Every member can do this with their own templates."}},
		{"of itself", webtest.Member, "?action=read&resource_type=template", 200, "Yes, in Default.", []string{"You can't change your own roles"}},
		{"no such pair", webtest.Admin, "?action=fly&resource_type=template", 400, "", []string{"Unknown permission.", "Can"}},
		{"whose", webtest.Admin, "?action=read&resource_type=template&owner=somebody", 400, "", []string{"owner"}},
		{"from outside", webtest.Rival, "?action=read&resource_type=template", 404, "", nil},
	}
	var rows []webtest.Row
	for _, tt := range tests {
		rows = append(rows, row(tt.name, get(tt.as, path+tt.query), tt.status, ""))
	}
	prepare := func(t *testing.T, s *webtest.Site) {
		giveRole(t, s, "reader", []rbac.Permission{readTemplate, denyDelete}, "member")
	}
	webtest.Unchanged(t, prepare, rows, func(t *testing.T, way webtest.Way, _ *webtest.Site, row *webtest.Row, res *webtest.Response) {
		tt := tests[slices.IndexFunc(rows, func(r webtest.Row) bool { return r.Name == row.Name })]
		if !way.Browser() {
			return
		}
		doc := res.Document()
		if got := doc.Find(".verdict h2").Text(); got != tt.verdict {
			t.Errorf("the verdict is %q, want %q", got, tt.verdict)
		}
		for _, text := range tt.has {
			if way == webtest.Page && !strings.Contains(doc.Text(), text) {
				t.Errorf("%q is not in the page", text)
			}
		}
		if way == webtest.Page && tt.status == 200 && doc.Find("form.ask select").Length() != 3 {
			t.Error("the question is no form")
		}
		if way == webtest.Fragment && tt.verdict != "" && (doc.Find("h1").Length() > 0 || doc.Find("ol.chain > li").Length() != 3) {
			t.Errorf("not only the answer: %s", res.Body)
		}
	})
}

func TestExplainJSON(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	giveRole(t, s, "reader", []rbac.Permission{denyDelete}, "member")
	const path = "/api/v2/organizations/default/members/member?action=delete&resource_type=template"
	plain := s.Get(t, webtest.Admin, path)
	if strings.Contains(string(plain.Body), "explanation") {
		t.Errorf("explained without being asked: %s", plain.Body)
	}
	var got struct {
		Username    string
		Explanation explained
	}
	s.Get(t, webtest.Owner, path+"&explain").Decode(&got)
	e := got.Explanation
	if got.Username != "member" || e.Allowed || e.Verdict != "No. Denied at the organization level." || len(e.Levels) != 3 {
		t.Fatalf("%+v", got)
	}
	if l := e.Levels[1]; l.Vote != "deny" || !l.Decides || !l.Reached || len(l.Matches) != 1 || l.Matches[0].Role.Name != "reader" {
		t.Errorf("the organization level is %+v", l)
	}
	if l := e.Levels[2]; l.Applies || l.Reached || l.Decides {
		t.Errorf("the user level is %+v", l)
	}
	found := false
	for _, c := range e.Changes {
		found = found || c.Kind == "allow-permission" && c.Allowed && c.Members == 1 && c.Text == "Allow template:delete in Role reader"
	}
	if !found {
		t.Errorf("the changes are %+v", e.Changes)
	}
	// A caller that may not make a change gets the reason.
	s.Get(t, webtest.Member, path+"&explain").Decode(&got)
	for _, c := range got.Explanation.Changes {
		if c.Allowed || c.Refusal == "" {
			t.Errorf("a plain member may %+v", c)
		}
	}
}

func TestAuthCheckExplains(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	giveRole(t, s, "reader", []rbac.Permission{readTemplate}, "member")
	home := s.Organizations[webtest.Default].ID.String()
	ask := func(as, query, user, key, action string) *webtest.Response {
		body := map[string]any{"checks": map[string]any{key: map[string]any{
			"action": action, "object": map[string]any{"resource_type": "template", "organization_id": home},
		}}}
		if user != "" {
			body["user"] = user
		}
		return s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/api/v2/authcheck" + query, As: as, JSON: body})
	}
	var got struct {
		K            bool
		Explanations map[string]explained
	}
	ask(webtest.Member, "?explain=1", "", "k", "read").Decode(&got)
	if e := got.Explanations["k"]; !got.K || !e.Allowed || !strings.Contains(e.Because, "Role reader") {
		t.Errorf("%+v", got)
	}
	for _, tt := range []struct {
		name, as, query, user, key, action, want string
		status                                   int
	}{
		{"plain", webtest.Member, "", "", "explanations", "read", `{"explanations":true}`, 200},
		{"key taken", webtest.Member, "?explain=1", "", "explanations", "read", "can not be the name", 400},
		{"another user", webtest.Admin, "", "member", "k", "read", `{"k":true}`, 200},
		{"another user, no", webtest.Admin, "", "member", "k", "delete", `{"k":false}`, 200},
		{"not visible", webtest.Member, "", "admin", "k", "read", `{"errors":{"k":{"code":"not_found",`, 200},
		{"not there", webtest.Member, "", "nobody", "k", "read", `{"errors":{"k":{"code":"not_found",`, 200},
		{"key taken by errors", webtest.Admin, "", "member", "errors", "read", "can not be the name", 400},
		{"unknown", webtest.Member, "?explain=1", "", "k", "fly", `"verdict":"No. There is no such permission."`, 200},
		{"an organization of others", webtest.Rival, "?explain=1", "", "k", "read", `"k":false`, 200},
	} {
		res := ask(tt.as, tt.query, tt.user, tt.key, tt.action)
		if res.StatusCode != tt.status || !strings.Contains(string(res.Body), tt.want) {
			t.Errorf("%s: got %d, want %d with %s\n%.600s", tt.name, res.StatusCode, tt.status, tt.want, res.Body)
		}
	}
}

func TestPermissionsOfMember(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	giveRole(t, s, "reader", []rbac.Permission{readTemplate, denyDelete}, "member")
	var got []struct {
		ResourceType    string `json:"resource_type"`
		Action          string
		Allowed, Denied bool
		Implied         bool
		AllowedOwn      bool `json:"allowed_own"`
		Roles           []struct{ Name string }
	}
	s.Get(t, webtest.Member, "/api/v2/organizations/default/members/me/permissions").Decode(&got)
	if len(got) != rbac.Default().Pairs() {
		t.Errorf("%d lines, want one for each of %d pairs", len(got), rbac.Default().Pairs())
	}
	seen := map[string]bool{}
	for _, l := range got {
		from := ""
		if len(l.Roles) > 0 {
			from = l.Roles[0].Name
		}
		switch l.ResourceType + ":" + l.Action {
		case "template:read":
			seen["read"] = l.Allowed && l.AllowedOwn && !l.Implied && from == "reader"
		case "template:delete":
			seen["deny"] = !l.Allowed && !l.AllowedOwn && l.Denied && from == "reader"
		case "template:create":
			seen["own"] = !l.Allowed && l.AllowedOwn && l.Implied
		}
	}
	if diff := cmp.Diff(map[string]bool{"read": true, "deny": true, "own": true}, seen); diff != "" {
		t.Error(diff)
	}
	if res := s.Get(t, webtest.Rival, "/api/v2/organizations/default/members/member/permissions"); res.StatusCode != 404 {
		t.Errorf("from outside: %d", res.StatusCode)
	}
	doc := s.Send(t, webtest.Page, webtest.Request{Path: "/organizations/default/members/member?find=template", As: webtest.Admin}).Document()
	if n := doc.Find(".eff .r").Length(); n == 0 || n > 6 {
		t.Errorf("the filter leaves %d rows", n)
	}
	row := doc.Find(".eff .r:has(#e-template)")
	if row.Find("a.st.a").Text() == "" || row.Find("a.st.d").Length() != 1 || row.Find("a.st.imp").Length() == 0 || row.Find(".tag").Text() == "" {
		t.Errorf("the row of templates is %s", row.Text())
	}
}

// ableNames is the people that a page lists in one of its tables.
func ableNames(doc *goquery.Document, label, base string) (names []string) {
	doc.Find(`table[aria-label="` + label + `"] td.c-who .nm a`).Each(func(_ int, a *goquery.Selection) {
		names = append(names, strings.TrimPrefix(a.AttrOr("href", ""), base))
	})
	return names
}

// ableJSON is the answer to who may do something, as far as tests look at it.
type ableJSON struct {
	Count, Total, Suspended int
	Members                 []able
	Outside                 *struct {
		Count int
		Users []able
	}
}

type able struct {
	Username  string
	AllowedBy []struct{ Name string } `json:"allowed_by"`
	Because   string
}

func (j ableJSON) names(t *testing.T) (members, outside []string) {
	t.Helper()
	list := func(people []able) (names []string) {
		for _, a := range people {
			names = append(names, a.Username)
			if len(a.AllowedBy) == 0 || a.Because == "" {
				t.Errorf("no path to %s", a.Username)
			}
		}
		return names
	}
	if j.Outside != nil {
		outside = list(j.Outside.Users)
	}
	return list(j.Members), outside
}

func TestWhoCan(t *testing.T) {
	t.Parallel()
	const path = "/organizations/default/who-can"
	type whoCanRow struct {
		name, as, query string
		status          int
		want            []string // usernames
		count           int
		outside         []string
		says            string // in the page
	}
	tests := []whoCanRow{
		{"a right of a role", webtest.Admin, "?action=read&resource_type=template", 200, []string{"admin", "member", "owner"}, 3, nil, "1 more is suspended and not counted."},
		{"a page of it", webtest.Admin, "?action=read&resource_type=template&limit=1&offset=1", 200, []string{"member"}, 3, nil, "3 of 4 members."},
		{"past the end", webtest.Admin, "?action=read&resource_type=template&limit=5&offset=50", 200, nil, 3, nil, "This page of the list does not exist"},
		{"own", webtest.Owner, "?action=update&resource_type=workspace&owner=me", 200, []string{"admin", "member", "owner"}, 3, nil, "of their own"},
		{"only the owner", webtest.Admin, "?action=create&resource_type=license", 200, []string{"owner"}, 1, nil, ""},
		{"from outside the organization", webtest.Admin, "?action=read&resource_type=user", 200, []string{"admin", "owner"}, 2, []string{"rival"}, "1 is no member, but may by a site role or a role elsewhere."},
		{"a page of those", webtest.Owner, "?action=read&resource_type=workspace_proxy&outside=1&limit=1&offset=1", 200, nil, 3, []string{"rival"}, "2 are no members, but"},
		{"past their end", webtest.Owner, "?action=read&resource_type=workspace_proxy&outside=1&limit=1&offset=9", 200, nil, 3, nil, "This page of the list does not exist"},
		{"who may not read accounts", "auditor", "?action=read&resource_type=user", 200, []string{"admin", "owner"}, 2, nil, "are not shown"},
		{"no such pair", webtest.Admin, "?action=fly&resource_type=template", 400, nil, 0, nil, ""},
		{"bad parameters", webtest.Admin, "?action=read&resource_type=template&limit=x&owner=bob&outside=maybe", 400, nil, 0, nil, "must be 1 or 0"},
		{"a plain member", webtest.Member, "?action=read&resource_type=template", 404, nil, 0, nil, ""},
		{"a stranger", webtest.Rival, "?action=read&resource_type=template", 404, nil, 0, nil, ""},
	}
	prepare := func(t *testing.T, s *webtest.Site) {
		s.AddUser(t, "sue", webtest.Default)
		giveRole(t, s, "reader", []rbac.Permission{readTemplate}, "member", "sue")
		if _, _, err := s.Service.SetStatus(t.Context(), s.Service.Operator(), "sue", org.StatusSuspended, nil); err != nil {
			t.Fatal(err)
		}
	}
	withAuditor := func(t *testing.T, s *webtest.Site) {
		prepare(t, s)
		s.AddUser(t, "auditor", webtest.Default)
		giveRole(t, s, "see-members", []rbac.Permission{{ResourceType: "organization_member", Action: "read"}}, "auditor")
	}
	var rows, auditors []webtest.Row
	for _, tt := range tests {
		if r := row(tt.name, get(tt.as, path+tt.query+"&by=person"), tt.status, ""); tt.as == "auditor" {
			auditors = append(auditors, r)
		} else {
			rows = append(rows, r)
		}
	}
	check := func(t *testing.T, way webtest.Way, _ *webtest.Site, row *webtest.Row, res *webtest.Response) {
		tt := tests[slices.IndexFunc(tests, func(tt whoCanRow) bool { return tt.name == row.Name })]
		total := 4
		if tt.as == "auditor" {
			total = 5
		}
		if way.Browser() && tt.status != 404 && !strings.Contains(strings.Join(strings.Fields(res.Document().Text()), " "), tt.says) {
			t.Errorf("%q is not in the page", tt.says)
		}
		if tt.status != 200 {
			return
		}
		var names, outside []string
		if way.Browser() {
			names = ableNames(res.Document(), "Members who can", "/organizations/default/members/")
			outside = ableNames(res.Document(), "Others who can", "/users/")
		} else {
			var got ableJSON
			res.Decode(&got)
			names, outside = got.names(t)
			if got.Count != tt.count || got.Total != total || (got.Outside == nil) != (tt.as == "auditor") {
				t.Errorf("count %d of %d, want %d of %d; outside %+v", got.Count, got.Total, tt.count, total, got.Outside)
			}
		}
		if diff := cmp.Diff([2][]string{tt.want, tt.outside}, [2][]string{names, outside}); diff != "" {
			t.Error(diff)
		}
	}
	t.Run("members", func(t *testing.T) { webtest.Unchanged(t, prepare, rows, check) })
	t.Run("auditor", func(t *testing.T) { webtest.Unchanged(t, withAuditor, auditors, check) })
	doc := webtest.New(t).Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Admin}).Document()
	if doc.Find("form.ask").Length() != 1 || doc.Find("#results .blank").Length() != 1 {
		t.Error("without a question there is no form to ask one")
	}
}

func TestLintPage(t *testing.T) {
	t.Parallel()
	const path = "/organizations/default/lint"
	prepare := func(t *testing.T, s *webtest.Site) {
		giveRole(t, s, "odd", []rbac.Permission{{ResourceType: "license", Action: "read"}, {ResourceType: "organization", Action: "read"}})
	}
	webtest.InEveryWay(t, webtest.Request{Path: path, As: webtest.Admin}, 200, prepare, func(t *testing.T, way webtest.Way, s *webtest.Site, res *webtest.Response) {
		if way.Browser() {
			var links []string
			res.Document().Find(".lint .btn").Each(func(_ int, a *goquery.Selection) { links = append(links, a.AttrOr("href", "")) })
			if !slices.Contains(links, "/organizations/default/members/roles/odd") || !slices.Contains(links, "/organizations/default/members/roles/odd?confirm=delete") {
				t.Errorf("the fixes lead to %q", links)
			}
			return
		}
		var got []struct{ Rule, Message, Fix, URL string }
		res.Decode(&got)
		var rules []string
		for _, f := range got {
			rules = append(rules, f.Rule)
		}
		slices.Sort(rules)
		if diff := cmp.Diff([]string{"implied", "no-effect", "unused"}, rules); diff != "" {
			t.Error(diff)
		}
	})
	s := webtest.New(t)
	if doc := s.Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Admin}).Document(); doc.Find(".blank h2").Text() != "No findings" {
		t.Errorf("a tidy organization says %q", doc.Find("#main").Text())
	}
	if res := s.Get(t, webtest.Member, path); res.StatusCode != 404 {
		t.Errorf("a plain member gets %d", res.StatusCode)
	}
}

// A refusal leads to what explains it.
func TestForbiddenLeadsToOwnPermissions(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, r := range []webtest.Request{
		{Path: "/organizations/default/members/new", As: webtest.Member},
		{Path: "/audit", As: webtest.Member},
	} {
		res := s.Send(t, webtest.Page, r)
		link := res.Document().Find(`a:contains("See my permissions")`).AttrOr("href", "")
		if res.StatusCode != 403 || !strings.Contains(link, "/members/me") {
			t.Errorf("%s %s: %d, leads to %q", r.Method, r.Path, res.StatusCode, link)
			continue
		}
		if page := s.Send(t, webtest.Page, webtest.Request{Path: link, As: r.As}); page.StatusCode != 200 {
			t.Errorf("%s answers %d", link, page.StatusCode)
		}
	}
}

func TestPagesForPrograms(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for path, cli := range map[string]string{
		"/organizations/default/members?q=it's&role=a&limit=5&confirm=x":             `rolecall members list --org default --q 'it'\''s' --role a`,
		"/organizations/default/members/member":                                      "rolecall permissions member --org default",
		"/organizations/default/members/member?action=read&resource_type=template":   "rolecall explain member read template --org default",
		"/organizations/default/who-can?action=read&resource_type=template&owner=me": "rolecall who-can read template --org default --owner me",
		"/organizations/default/lint":                                                "rolecall lint --org default",
		"/organizations/default/members/roles":                                       "rolecall roles list --org default",
		"/organizations/default/members/roles/organization-admin":                    "rolecall roles show organization-admin --org default",
		"/audit?q=ada&action=write":                                                  "rolecall audit list --q 'ada action:write'",
		"/organizations/default/members/member/roles":                                "",
	} {
		doc := s.Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Owner}).Document()
		if got := doc.Find("#api-cli").AttrOr("value", ""); got != cli {
			t.Errorf("%s: %q, want %q", path, got, cli)
		}
		json := doc.Find("#api-forms a").AttrOr("href", "")
		if !strings.HasPrefix(json, "/api/v2/") || !strings.Contains(doc.Find("#api-curl").AttrOr("value", ""), "$ROLECALL_TOKEN") {
			t.Errorf("%s has no other form: %q", path, json)
			continue
		}
		if res := s.Get(t, webtest.Owner, json); res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
			t.Errorf("%s: %s answers %d", path, json, res.StatusCode)
		}
	}
	fragment := s.Send(t, webtest.Fragment, webtest.Request{Path: "/organizations/default/members?q=ow", As: webtest.Owner}).Document()
	if got := fragment.Find("#api-forms[hx-swap-oob] #api-cli").AttrOr("value", ""); got != "rolecall members list --org default --q ow" {
		t.Errorf("after a search the page offers %q", got)
	}
	for _, path := range []string{"/organizations/default/members/new", "/organizations/default/members/nobody"} {
		if doc := s.Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Owner}).Document(); doc.Find("#api").Length() > 0 {
			t.Errorf("%s is offered to programs", path)
		}
	}
}

// From no to yes in two steps, and back by Undo: a preview, and the change itself, which leads to the question again.
func TestAnswerActs(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	giveRole(t, s, "freeze", []rbac.Permission{denyDelete}, "member")
	giveRole(t, s, "deleter", []rbac.Permission{{ResourceType: "template", Action: "delete"}}, "member")
	const question = "/organizations/default/members/member?action=delete&resource_type=template"
	look := func(as, path string) *goquery.Document {
		t.Helper()
		res := s.Send(t, webtest.Page, webtest.Request{Path: path, As: as})
		if res.StatusCode != 200 {
			t.Fatalf("%s: %d", path, res.StatusCode)
		}
		return res.Document()
	}
	for _, step := range []struct{ suggestion, path, verdict string }{
		{"Remove Role freeze from member", "/organizations/default/members/member/roles/freeze", "Yes, in Default."},
		{"Remove Role deleter from member", "/organizations/default/members/member/roles/deleter", "No. None of member’s roles allows this."},
	} {
		line := look(webtest.Admin, question).Find(`.changes .line2:contains("` + step.suggestion + `")`)
		preview := look(webtest.Admin, line.Find("a").AttrOr("href", ""))
		form := preview.Find("#preview form")
		if form.AttrOr("action", "") != step.path || !strings.Contains(preview.Find("#preview").Text(), "delete templates") {
			t.Fatalf("%s: %s leads to %q", step.suggestion, preview.Find("#preview").Text(), form.AttrOr("action", ""))
		}
		fields := map[string][]string{}
		form.Find("input[name]").Each(func(_ int, in *goquery.Selection) {
			fields[in.AttrOr("name", "")] = []string{in.AttrOr("value", "")}
		})
		res := s.Send(t, webtest.Page, webtest.Request{Method: http.MethodPost, Path: step.path, As: webtest.Admin, Form: fields})
		if next := res.Header.Get("Location"); res.StatusCode != 303 || next != question+"#verdict" {
			t.Fatalf("%s: %d, leads to %q", step.suggestion, res.StatusCode, next)
		}
		if after := look(webtest.Admin, question); after.Find(".verdict h2").Text() != step.verdict {
			t.Errorf("after %s: %q", step.suggestion, after.Find(".verdict h2").Text())
		}
	}
	// Whoever may not make a change is told why, and gets no preview by its address either.
	doc := look(webtest.Member, question+"&preview=take-role%3Afreeze")
	if doc.Find("#preview").Length() != 0 || doc.Find(".changes a").Length() != 0 {
		t.Error("a plain member is offered a change")
	}
}
