package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

const members = "/organizations/default/members"

// rolesOf reads the roles of a member back.
func rolesOf(t *testing.T, s *webtest.Site, user string) []string {
	t.Helper()
	var m struct {
		Roles []struct{ Name string } `json:"roles"`
	}
	s.Get(t, webtest.Owner, members+"/"+user).Decode(&m)
	names := []string{}
	for _, r := range m.Roles {
		names = append(names, r.Name)
	}
	return names
}

func TestSetMemberRoles(t *testing.T) {
	t.Parallel()
	const auditor, admin = "organization-auditor", "organization-admin"
	tests := []struct {
		name   string
		as     string
		user   string
		roles  []string
		status int
		want   []string // afterwards
	}{
		{"give", webtest.Admin, "member", []string{auditor}, 200, []string{auditor}},
		{"by upper-case name", webtest.Admin, "MEMBER", []string{auditor}, 200, []string{auditor}},
		{"none", webtest.Admin, "member", nil, 200, []string{}},
		{"unknown role", webtest.Admin, "member", []string{"nobody"}, 400, []string{}},
		{"own roles", webtest.Admin, "me", []string{auditor}, 400, []string{admin}},
		{"unknown user", webtest.Admin, "nobody", []string{auditor}, 400, nil},
		{"no member", webtest.Owner, "outsider", []string{auditor}, 404, nil},
		{"as a member", webtest.Member, "admin", []string{auditor}, 404, []string{admin}},
		{"from outside", webtest.Rival, "member", []string{auditor}, 404, []string{}},
		{"as a stranger", "", "member", []string{auditor}, 401, []string{}},
	}
	var rows []webtest.Row
	for _, tt := range tests {
		r := webtest.Request{
			Method: http.MethodPut, Path: members + "/" + tt.user + "/roles", As: tt.as,
			JSON: map[string]any{"roles": tt.roles}, Form: url.Values{"roles": {"1"}, "role": tt.roles},
		}
		if tt.as == "" {
			r.Form = nil // a form comes with a session
		}
		rows = append(rows, row(tt.name, r, tt.status, ""))
	}
	webtest.Table(t, nil, rows, func(t *testing.T, way webtest.Way, s *webtest.Site, row *webtest.Row, res *webtest.Response) {
		tt := tests[slices.IndexFunc(rows, func(r webtest.Row) bool { return r.Name == row.Name })]
		if tt.want != nil {
			user := strings.ToLower(tt.user)
			if user == "me" {
				user = tt.as
			}
			if diff := cmp.Diff(tt.want, rolesOf(t, s, user)); diff != "" {
				t.Errorf("roles (-want +got)\n%s", diff)
			}
		}
		if way == webtest.Fragment && tt.status == 200 {
			doc := res.Document()
			if doc.Find("tr#m-"+s.ID("member")).Length() != 1 || doc.Find("#toast[hx-swap-oob]").Length() != 1 {
				t.Errorf("not a row and a toast: %s", res.Body)
			}
		}
	})
}

func TestListMembers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		as, query string
		status    int
		want      []string
	}{
		{webtest.Owner, "", 200, []string{"admin", "member", "owner"}},
		{webtest.Admin, "", 200, []string{"admin", "member", "owner"}},
		{webtest.Member, "", 200, []string{"member"}},
		{webtest.Admin, "?sort=-username", 200, []string{"owner", "member", "admin"}},
		{webtest.Admin, "?q=ADM", 200, []string{"admin"}},
		{webtest.Admin, "?role=organization-admin", 200, []string{"admin"}},
		{webtest.Admin, "?role=nobody", 200, nil},
		{webtest.Admin, "?site_role=owner", 200, []string{"owner"}},
		{webtest.Admin, "?status=suspended", 200, nil},
		{webtest.Admin, "?limit=1&offset=1", 200, []string{"member"}},
		{webtest.Admin, "?offset=99", 200, nil},
		{webtest.Admin, "?sort=password", 400, nil},
		{webtest.Admin, "?limit=-1", 400, nil},
		{webtest.Outsider, "", 404, nil},
		{webtest.Outsider, "?limit=-1", 404, nil},
		{"", "", 401, nil},
	}
	var rows []webtest.Row
	want := map[string][]string{}
	for _, tt := range tests {
		r := row("as "+tt.as+tt.query, get(tt.as, members+tt.query), tt.status, "")
		rows, want[r.Name] = append(rows, r), tt.want
	}
	webtest.Unchanged(t, nil, rows, func(t *testing.T, way webtest.Way, s *webtest.Site, row *webtest.Row, res *webtest.Response) {
		if row.Status != 200 {
			return
		}
		var got []string
		if way.Browser() {
			for _, row := range res.Document().Find("tr[id^=m-]").EachIter() {
				got = append(got, s.NameOf(strings.TrimPrefix(row.AttrOr("id", ""), "m-")))
			}
		} else {
			var list []struct{ Username string }
			res.Decode(&list)
			for _, m := range list {
				got = append(got, m.Username)
			}
		}
		if diff := cmp.Diff(want[row.Name], got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestPaginatedMembers(t *testing.T) {
	t.Parallel()
	type page struct {
		Count   int
		Members []struct{ Username string }
	}
	for _, wire := range []web.Wire{web.Documented, web.SDK} {
		s := webtest.New(t, webtest.Wire(wire))
		for query, want := range map[string]int{"": 3, "?limit=2": 2, "?offset=3": 0, "?offset=2147483647": 0, "?limit=&offset=": 3} {
			res := s.Get(t, webtest.Owner, "/api/v2/organizations/default/paginated-members"+query)
			var got page
			if wire == web.Documented {
				var list []page
				res.Decode(&list)
				got = list[0]
			} else {
				res.Decode(&got)
			}
			if got.Count != 3 || len(got.Members) != want {
				t.Errorf("wire %d, %q: got %+v, want %d of 3", wire, query, got, want)
			}
		}
	}
}

// TestListErrors: all bad parameters are listed at once, in the words that clients know.
func TestListErrors(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	res := s.Get(t, webtest.Owner, "/organizations/default/paginated-members?limit=x&offset=-1&after_id=7&sort=a&q=1&q=2")
	e := res.Error()
	if res.StatusCode != 400 || e.Message != "Query parameters have invalid values." {
		t.Errorf("got %d %+v", res.StatusCode, e)
	}
	got := map[string]string{}
	for _, v := range e.Validations {
		got[v.Field] = v.Detail
	}
	want := map[string]string{
		"limit":    `Query param "limit" must be a valid 32-bit positive integer: strconv.ParseInt: parsing "x": invalid syntax`,
		"offset":   `Query param "offset" must be a valid 32-bit positive integer: value is negative`,
		"after_id": `Query param "after_id" must be a valid uuid`,
		"sort":     `Query param "sort" must be one of username, name, email, created_at, updated_at, or one of them after "-"`,
		"q":        `Query param "q" provided more than once, found 2 times. Give it once`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestMembersAsCSV(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for name, r := range map[string]webtest.Request{
		"header": {As: webtest.Admin, Path: members, Header: http.Header{"Accept": {"text/csv"}}},
		"query":  {As: webtest.Admin, Path: members + "?format=csv"},
	} {
		res := s.Do(t, r)
		lines := strings.Split(string(res.Body), "\r\n")
		if res.Header.Get("Content-Type") != "text/csv; charset=utf-8" || len(lines) != 5 || !strings.Contains(lines[1], ",admin,") {
			t.Errorf("%s: got %s %q", name, res.Header.Get("Content-Type"), res.Body)
		}
	}
	res := s.Send(t, webtest.Page, webtest.Request{As: webtest.Outsider, Path: members + "?format=csv"})
	if res.StatusCode != 404 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
		t.Errorf("a refused download in a browser: got %d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
}

func TestAddAndRemoveMember(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, method, as, user string
		status                 int
	}{
		{"add", http.MethodPost, webtest.Admin, "outsider", 200},
		{"add a member", http.MethodPost, webtest.Admin, "member", 400},
		{"add an unknown user", http.MethodPost, webtest.Admin, "nobody", 400},
		{"add as a member", http.MethodPost, webtest.Member, "outsider", 404},
		{"remove", http.MethodDelete, webtest.Admin, "member", 204},
		{"remove oneself", http.MethodDelete, webtest.Admin, "me", 400},
		{"remove a stranger", http.MethodDelete, webtest.Admin, "outsider", 404},
		{"remove as a member", http.MethodDelete, webtest.Member, "admin", 404},
		{"static segments are no users", http.MethodPost, webtest.Admin, "new", 405},
	}
	var rows []webtest.Row
	for _, tt := range tests {
		r := webtest.Request{Method: tt.method, Path: members + "/" + tt.user, As: tt.as, Form: url.Values{"x": {"1"}}}
		rows = append(rows, row(tt.name, r, tt.status, ""))
	}
	webtest.Table(t, nil, rows, func(t *testing.T, way webtest.Way, s *webtest.Site, row *webtest.Row, res *webtest.Response) {
		there := s.Get(t, webtest.Owner, row.Path).StatusCode == 200
		if row.Status < 300 && there != (row.Method == http.MethodPost) {
			t.Errorf("a member afterwards: %v", there)
		}
		if way == webtest.Page && row.Status < 300 && res.CookieNamed("flash") == nil {
			t.Error("nothing says what was done")
		}
	})
}
