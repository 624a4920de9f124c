package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/web/webtest"
)

// TestMemberListsTable checks docs/spec/members.md, the two lists: both show the same rows to the same caller.
func TestMemberListsTable(t *testing.T) {
	t.Parallel()
	const paginated = "/organizations/default/paginated-members"
	self := func(name string) []string { return []string{name} }
	tests := []struct {
		as   string
		sees []string // nil: none, and the status is another one
		code int
		has  string
	}{
		{webtest.Owner, insiders, 200, ""},
		{userAdmin, insiders, 200, ""},
		{templateAdmin, insiders, 200, ""},
		{auditor, insiders, 200, ""},
		{webtest.Admin, insiders, 200, ""},
		{orgUserAdmin, insiders, 200, ""},
		{orgTemplateAdmin, insiders, 200, ""},
		{orgAuditor, insiders, 200, ""},
		{assigner, insiders, 200, ""},
		{webtest.Member, self(webtest.Member), 200, ""},
		{builder, self(builder), 200, ""},
		{denied, self(denied), 200, ""},
		{webtest.Outsider, nil, 404, notFound},
		{webtest.Rival, nil, 404, notFound},
		{suspended, nil, 401, "User is not active"},
		{"", nil, 401, signedOut},
	}
	var rows []webtest.Row
	sees := map[string][]string{}
	for _, tt := range tests {
		for _, path := range []string{members, paginated} {
			rows = append(rows, row(path[strings.LastIndex(path, "/")+1:]+" as "+tt.as, get(tt.as, path), tt.code, tt.has))
		}
		sees[tt.as] = tt.sees
	}
	webtest.Unchanged(t, wholeCast, rows, func(t *testing.T, way webtest.Way, s *webtest.Site, row *webtest.Row, res *webtest.Response) {
		if row.Status != 200 {
			return
		}
		got, count := listed(s, way, row.Path, res)
		if diff := cmp.Diff(sees[row.As], got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if count != len(got) {
			t.Errorf("the count is %d", count)
		}
	})
}

// listed is whose rows an answer has, in their order, and what it says of their number.
func listed(s *webtest.Site, way webtest.Way, path string, res *webtest.Response) (names []string, count int) {
	if way.Browser() {
		for _, row := range res.Document().Find("tr[id^=m-]").EachIter() {
			names = append(names, s.NameOf(strings.TrimPrefix(row.AttrOr("id", ""), "m-")))
		}
		return names, len(names)
	}
	list := res.Value()
	if strings.Contains(path, "paginated") {
		if way == webtest.JSON {
			list = list.([]any)[0]
		}
		page := list.(map[string]any)
		count, list = int(page["count"].(float64)), page["members"]
	}
	for _, m := range list.([]any) {
		names = append(names, m.(map[string]any)["username"].(string))
	}
	if !strings.Contains(path, "paginated") {
		count = len(names)
	}
	return names, count
}

// TestPagination checks docs/spec/members.md, paging; edge cases E1 and E2. A browser's page has 25 rows unless asked.
func TestPagination(t *testing.T) {
	t.Parallel()
	tests := []struct {
		query string
		first string // the first of the rows, "" if there are none
		rows  int
		code  int
		has   string
	}{
		{"", webtest.Admin, 12, 200, ""},
		{"?limit=0&offset=0", webtest.Admin, 12, 200, ""},
		{"?limit=&offset=", webtest.Admin, 12, 200, ""},
		{"?limit=2", webtest.Admin, 2, 200, ""},
		{"?limit=2&offset=2", builder, 2, 200, ""},
		{"?limit=2147483647", webtest.Admin, 12, 200, ""},
		{"?offset=11", suspended, 1, 200, ""},
		{"?offset=12", "", 0, 200, ""},
		{"?offset=13", "", 0, 200, ""},
		{"?offset=2147483647&limit=2147483647", "", 0, 200, ""},
		{"?after_id=6ba7b810-9dad-11d1-80b4-00c04fd430c8", "", 0, 400, `Query param "after_id" names no member`},
		{"?unknown=1&unknown=2", webtest.Admin, 12, 200, ""},
		{"?limit=-1", "", 0, 400, "value is negative"},
		{"?offset=-1", "", 0, 400, "value is negative"},
		{"?limit=ten", "", 0, 400, `Query param "limit" must be a valid 32-bit positive integer`},
		{"?limit=2147483648", "", 0, 400, "value out of range"},
		{"?offset=99999999999999999999", "", 0, 400, "value out of range"},
		{"?limit=1.5", "", 0, 400, badQuery},
		{"?limit=%2B1%20", "", 0, 400, badQuery},
		{"?limit=1&limit=1", "", 0, 400, "provided more than once, found 2 times"},
		{"?after_id=x", "", 0, 400, "must be a valid uuid"},
		{"?sort=secret", "", 0, 400, badQuery},
		{"?limit=1;offset=1", "", 0, 400, badQuery},
		{"?q=%zz", "", 0, 400, badQuery},
	}
	var rows []webtest.Row
	for _, tt := range tests {
		rows = append(rows, row(tt.query, get(webtest.Admin, "/api/v2/organizations/default/paginated-members"+tt.query), tt.code, tt.has))
	}
	for i := range rows {
		rows[i].Unchecked = strings.Contains(rows[i].Name, "%zz") || strings.Contains(rows[i].Name, ";")
	}
	webtest.Unchanged(t, wholeCast, rows, func(t *testing.T, way webtest.Way, s *webtest.Site, row *webtest.Row, res *webtest.Response) {
		tt := tests[slices.IndexFunc(rows, func(r webtest.Row) bool { return r.Name == row.Name })]
		if tt.code != 200 {
			return
		}
		got, count := listed(s, way, row.Path, res)
		if !way.Browser() && count != 12 {
			t.Errorf("the count is %d, want 12", count)
		}
		if len(got) != tt.rows || tt.rows > 0 && got[0] != tt.first {
			t.Errorf("got %v, want %d from %s", got, tt.rows, tt.first)
		}
	})
}

// TestOrganizationNames checks docs/spec/members.md, names in paths: what may stand for an organization. Edge case E12.
func TestOrganizationNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		of   string // what the path says, with ID for the id
		as   string
		code int
	}{
		{"default", webtest.Admin, 200},
		{"DEFAULT", webtest.Admin, 200},
		{"Default", webtest.Admin, 200},
		{"00000000-0000-0000-0000-000000000000", webtest.Admin, 200},
		{"ID", webtest.Admin, 200},
		{"{ID}", webtest.Admin, 200},
		{"urn:uuid:ID", webtest.Admin, 200},
		{"OTHER", webtest.Rival, 200},
		{"other", webtest.Admin, 404},
		{"default", webtest.Rival, 404},
		{"ID", webtest.Rival, 404},
		{"00000000-0000-0000-0000-000000000000", webtest.Rival, 404},
		{"6ba7b810-9dad-11d1-80b4-00c04fd430c8", webtest.Owner, 404},
		{"nowhere", webtest.Owner, 404},
		{"def%61ult", webtest.Admin, 200},
		{"default%00", webtest.Admin, 404},
		{"%27%20OR%20%271%27=%271", webtest.Owner, 404},
	}
	s := webtest.New(t)
	for _, tt := range tests {
		t.Run(tt.of+" as "+tt.as, func(t *testing.T) {
			of := strings.Replace(tt.of, "ID", s.Organizations[webtest.Default].ID.String(), 1)
			of = strings.NewReplacer("{", "%7B", "}", "%7D").Replace(of)
			for _, way := range []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment} {
				res := s.Send(t, way, get(tt.as, "/organizations/"+of+"/members"))
				if res.StatusCode != tt.code {
					t.Errorf("%s: got %d, want %d\n%.500s", way, res.StatusCode, tt.code, res.Body)
				}
			}
		})
	}
}

// TestUserNames checks docs/spec/members.md, names in paths: what may stand for a user. Edge case E13.
func TestUserNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		of, as string
		code   int
	}{
		{"member", webtest.Admin, 200},
		{"MEMBER", webtest.Admin, 200},
		{"ID", webtest.Admin, 200},
		{"me", webtest.Admin, 200},
		{"me", webtest.Member, 200},
		{"ID", webtest.Member, 200},
		{"me", userAdmin, 404}, // it is no member
		{"ME", webtest.Admin, 400},
		{"member@example.com", webtest.Admin, 400},
		{"nobody", webtest.Admin, 400},
		{"nobody", webtest.Member, 404},
		{"6ba7b810-9dad-11d1-80b4-00c04fd430c8", webtest.Admin, 400},
		{"6ba7b810-9dad-11d1-80b4-00c04fd430c8", webtest.Member, 404},
		{"owner", webtest.Member, 404},
		{"outsider", webtest.Admin, 404},
		{"member", webtest.Rival, 404},
		{"member%00", webtest.Admin, 400},
		{"%EF%BF%BDmember", webtest.Admin, 400},
	}
	s := webtest.New(t)
	enter(userAdmin)(t, s)
	for _, tt := range tests {
		of := strings.Replace(tt.of, "ID", s.ID(webtest.Member), 1)
		for _, path := range []string{members + "/" + of, members + "/" + of + "/roles"} {
			for _, way := range []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment} {
				if res := s.Send(t, way, get(tt.as, path)); res.StatusCode != tt.code {
					t.Errorf("%s as %s, %s: got %d, want %d\n%.500s", path, tt.as, way, res.StatusCode, tt.code, res.Body)
				}
			}
		}
	}
}

// TestAddMemberTable checks docs/spec/members.md, adding: its refusals.
func TestAddMemberTable(t *testing.T) {
	t.Parallel()
	gone := uuid.NewString()
	webtest.Unchanged(t, wholeCast, []webtest.Row{
		row("as a stranger", add("", "outsider"), 401, signedOut),
		row("as a suspended user", add(suspended, "outsider"), 401, "User is not active"),
		row("from outside", add(webtest.Outsider, "member"), 404, notFound),
		row("from outside, oneself", add(webtest.Outsider, "me"), 404, notFound),
		row("as the rival", add(webtest.Rival, "outsider"), 404, notFound),
		row("who may not read users", add(webtest.Member, "outsider"), 404, notFound),
		row("may not read users, unknown", add(webtest.Member, "nobody"), 404, notFound),
		row("OTA", add(orgTemplateAdmin, "outsider"), 404, notFound),
		row("OAU", add(orgAuditor, "outsider"), 404, notFound),
		row("who may add but not read users", add(assigner, "outsider"), 404, notFound),
		row("TA", add(templateAdmin, "outsider"), 403, forbidden),
		row("AU", add(auditor, "outsider"), 403, forbidden),
		row("M, itself", add(webtest.Member, "me"), 403, forbidden),
		row("OTA, itself", add(orgTemplateAdmin, "me"), 403, forbidden),
		row("O, unknown", add(webtest.Owner, "nobody"), 400, badUser),
		row("O, unknown, quoted", add(webtest.Owner, "nobody"), 400, `queried user="nobody"`),
		row("O, unknown id", add(webtest.Owner, gone), 400, badUser),
		row("OA, unknown", add(webtest.Admin, "nobody"), 400, badUser),
		row("TA, unknown", add(templateAdmin, "nobody"), 400, badUser),
		row("O, a member", add(webtest.Owner, "member"), 400, "User is already an organization member"),
		row("OA, a member", add(webtest.Admin, "member"), 400, "member is already a member of"),
		row("OA, itself", add(webtest.Admin, "me"), 400, "User is already an organization member"),
		row("no organization", webtest.Request{As: webtest.Owner, Method: http.MethodPost, Path: "/organizations/nowhere/members/outsider"}, 404, notFound),
	}, nil)
}

// TestMembershipChanges checks docs/spec/members.md: adding and removing. Edge case E14: a suspended user can be added.
func TestMembershipChanges(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		r      webtest.Request
		user   string
		code   int
		member bool // afterwards
	}{
		{"O adds", add(webtest.Owner, "outsider"), webtest.Outsider, 200, true},
		{"OA adds", add(webtest.Admin, "OUTSIDER"), webtest.Outsider, 200, true},
		{"UA adds", add(userAdmin, "outsider"), webtest.Outsider, 200, true},
		{"UA adds itself", add(userAdmin, "me"), userAdmin, 200, true},
		{"OUA adds", add(orgUserAdmin, "outsider"), webtest.Outsider, 200, true},
		{"O removes", remove(webtest.Owner, "member"), webtest.Member, 204, false},
		{"O removes the last admin", remove(webtest.Owner, "admin"), webtest.Admin, 204, false},
		{"OA removes", remove(webtest.Admin, "member"), webtest.Member, 204, false},
		{"OA removes who may more", remove(webtest.Admin, sshUser), sshUser, 204, false},
		{"OA removes the owner of the site", remove(webtest.Admin, "owner"), webtest.Owner, 204, false},
		{"UA removes", remove(userAdmin, "member"), webtest.Member, 204, false},
		{"OUA removes", remove(orgUserAdmin, "member"), webtest.Member, 204, false},
		{"a custom role removes", remove(assigner, "member"), webtest.Member, 204, false},
		{"OA removes a suspended user", remove(webtest.Admin, suspended), suspended, 204, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			webtest.InEveryWay(t, tt.r, tt.code, enter(tt.r.As, tt.user), func(t *testing.T, way webtest.Way, s *webtest.Site, res *webtest.Response) {
				again := s.Do(t, webtest.Request{As: tt.r.As, Method: tt.r.Method, Path: tt.r.Path})
				if want := map[bool]int{true: 400, false: 404}[tt.member]; again.StatusCode != want && tt.user != tt.r.As {
					t.Errorf("the second time: got %d, want %d\n%s", again.StatusCode, want, again.Body)
				}
				reader := webtest.Owner
				if tt.user == reader {
					reader = webtest.Admin
				}
				if code := s.Get(t, reader, members+"/"+s.ID(tt.user)).StatusCode; (code == 200) != tt.member {
					t.Errorf("reading the membership afterwards: %d", code)
				}
				if !way.Browser() && tt.member && !strings.Contains(string(res.Body), `"roles":[]`) {
					t.Errorf("got %s", res.Body)
				}
			})
		})
	}
	t.Run("a suspended user, by another organization", func(t *testing.T) {
		t.Parallel()
		s := webtest.New(t)
		enter(suspended)(t, s)
		res := s.Do(t, webtest.Request{As: webtest.Rival, Method: http.MethodPost, Path: "/organizations/other/members/suspended"})
		if res.StatusCode != 200 {
			t.Errorf("got %d\n%s", res.StatusCode, res.Body)
		}
	})
}

// TestRemoveMemberTable checks docs/spec/members.md, removing: its refusals. Edge case E7.
func TestRemoveMemberTable(t *testing.T) {
	t.Parallel()
	const self = "cannot remove self from an organization"
	webtest.Unchanged(t, wholeCast, []webtest.Row{
		row("as a stranger", remove("", "member"), 401, signedOut),
		row("from outside", remove(webtest.Outsider, "member"), 404, notFound),
		row("as the rival", remove(webtest.Rival, "member"), 404, notFound),
		row("oneself, M", remove(webtest.Member, "me"), 400, self),
		row("oneself by name, M", remove(webtest.Member, "Member"), 400, self),
		row("oneself, O", remove(webtest.Owner, "me"), 400, self),
		row("oneself by name, OA", remove(webtest.Admin, "admin"), 400, self),
		row("oneself, no member", remove(userAdmin, "me"), 404, notFound),
		row("M, another", remove(webtest.Member, "owner"), 404, notFound),
		row("M, unknown", remove(webtest.Member, "nobody"), 404, notFound),
		row("TA", remove(templateAdmin, "member"), 403, forbidden),
		row("AU", remove(auditor, "member"), 403, forbidden),
		row("OTA", remove(orgTemplateAdmin, "member"), 403, forbidden),
		row("OAU", remove(orgAuditor, "member"), 403, forbidden),
		row("OTA, unknown", remove(orgTemplateAdmin, "nobody"), 404, notFound),
		row("O, unknown", remove(webtest.Owner, "nobody"), 400, badUser),
		row("O, no member", remove(webtest.Owner, "outsider"), 404, notFound),
		row("O, member of another organization", remove(webtest.Owner, "rival"), 404, notFound),
		row("OUA, the last admin", remove(orgUserAdmin, "admin"), 400, "At least one active organization admin must remain."),
		row("UA, the last admin", remove(userAdmin, "admin"), 400, "At least one active organization admin must remain."),
		row("a custom role, the last admin", remove(assigner, "admin"), 400, "At least one active organization admin must remain."),
	}, nil)
}

// TestHiddenIsAbsent: what may not be read has the same bytes as what is not there.
func TestHiddenIsAbsent(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	wholeCast(t, s)
	tests := []struct{ name, as, method, hidden, absent string }{
		{"organization", webtest.Outsider, http.MethodGet, members, "/organizations/defaulu/members"},
		{"organization by id", webtest.Outsider, http.MethodGet, "/organizations/" + s.Organizations[webtest.Default].ID.String(), "/organizations/" + uuid.NewString()},
		{"roles", webtest.Rival, http.MethodGet, roles, "/organizations/defaulu/members/roles"},
		{"role", webtest.Rival, http.MethodGet, roles + "/ci", "/organizations/defaulu/members/roles/ci"},
		{"deleting a role", webtest.Rival, http.MethodDelete, roles + "/ci", "/organizations/defaulu/members/roles/ci"},
		{"membership", webtest.Member, http.MethodGet, members + "/owner", members + "/ownes"},
		{"roles of a membership", webtest.Member, http.MethodGet, members + "/owner/roles", members + "/ownes/roles"},
		{"adding", webtest.Member, http.MethodPost, members + "/outsider", members + "/outsides"},
		{"adding, without reading", assigner, http.MethodPost, members + "/outsider", members + "/outsides"},
		{"removing", webtest.Member, http.MethodDelete, members + "/owner", members + "/ownes"},
		{"giving roles", webtest.Member, http.MethodPut, members + "/owner/roles", members + "/ownes/roles"},
		{"user", webtest.Member, http.MethodGet, "/users/owner", "/users/ownes"},
		{"roles of a user", webtest.Member, http.MethodGet, "/users/owner/roles", "/users/ownes/roles"},
		{"changing an organization", webtest.Outsider, http.MethodPatch, "/organizations/default", "/organizations/defaulu"},
	}
	for _, tt := range tests {
		for _, way := range []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment} {
			told := func(path string) string {
				res := s.Send(t, way, webtest.Request{As: tt.as, Method: tt.method, Path: path})
				body := strings.ReplaceAll(string(res.Body), res.Header.Get("X-Request-Id"), "")
				// What was asked for may be said back.
				for _, name := range []string{"ownes", "outsides", "defaulu"} {
					body = strings.ReplaceAll(body, name, name[:len(name)-1]+map[string]string{"ownes": "r", "outsides": "r", "defaulu": "t"}[name])
				}
				body = strings.ReplaceAll(strings.ReplaceAll(body, tt.hidden, "HERE"), tt.absent, "HERE")
				return res.Status + "\n" + body
			}
			if diff := cmp.Diff(told(tt.absent), told(tt.hidden)); diff != "" {
				t.Errorf("%s, %s (-absent +hidden)\n%s", tt.name, way, diff)
			}
		}
	}
}
