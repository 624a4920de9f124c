package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

const roles = "/organizations/default/members/roles"

type permission struct {
	ResourceType string `json:"resource_type"`
	Action       string `json:"action"`
	Negate       bool   `json:"negate"`
}

type role struct {
	Name         string       `json:"name"`
	DisplayName  string       `json:"display_name"`
	Organization []permission `json:"organization_permissions"`
}

// readRole reads a role back, nil if there is none.
func readRole(t *testing.T, s *webtest.Site, name string) *role {
	t.Helper()
	res := s.Get(t, webtest.Owner, roles+"/"+name)
	if res.StatusCode != http.StatusOK {
		return nil
	}
	r := &role{}
	res.Decode(r)
	return r
}

// withRole stores a role before a test.
func withRole(r role) func(*testing.T, *webtest.Site) {
	return func(t *testing.T, s *webtest.Site) {
		t.Helper()
		if res := s.Do(t, webtest.Request{Path: roles, As: webtest.Admin, JSON: r}); res.StatusCode != http.StatusOK {
			t.Fatalf("got %d\n%s", res.StatusCode, res.Body)
		}
	}
}

func TestPutRole(t *testing.T) {
	t.Parallel()
	read, del := permission{"template", "read", false}, permission{"template", "delete", true}
	stored := role{"ci", "CI", []permission{read}}
	tests := []struct {
		name   string
		as     string
		send   role
		form   url.Values
		status int
		want   *role
	}{
		{
			"create", webtest.Admin, role{"New-One", "New", []permission{read}},
			url.Values{"name": {"New-One"}, "display_name": {"New"}, "new": {"1"}, "org.template.read": {"allow"}},
			200, &role{"new-one", "New", []permission{read}},
		},
		{
			"replace", webtest.Admin, role{"ci", "CI 2", []permission{del}},
			url.Values{"name": {"ci"}, "display_name": {"CI 2"}, "org.template.read": {""}, "org.template.delete": {"deny"}},
			200, &role{"ci", "CI 2", []permission{del}},
		},
		{
			"empty", webtest.Admin, role{"ci", "CI", nil}, url.Values{"name": {"ci"}, "display_name": {"CI"}, "org.template.read": {""}},
			200, &role{"ci", "CI", []permission{}},
		},
		{
			"reserved", webtest.Admin, role{"Owner", "", nil}, url.Values{"name": {"Owner"}, "new": {"1"}}, 400, nil,
		},
		{
			"not held", webtest.Admin, role{"ci", "CI", []permission{{"workspace", "ssh", false}}},
			url.Values{"name": {"ci"}, "org.workspace.ssh": {"allow"}}, 400, &stored,
		},
		{
			"as a member", webtest.Member, role{"ci", "mine", nil}, url.Values{"name": {"ci"}, "display_name": {"mine"}}, 403, &stored,
		},
		{
			"from outside", webtest.Rival, role{"ci", "mine", nil}, url.Values{"name": {"ci"}, "display_name": {"mine"}}, 404, &stored,
		},
	}
	var rows []webtest.Row
	for _, tt := range tests {
		rows = append(rows, row(tt.name, webtest.Request{Method: http.MethodPut, Path: roles, As: tt.as, JSON: tt.send, Form: tt.form}, tt.status, ""))
	}
	webtest.Table(t, withRole(stored), rows, func(t *testing.T, way webtest.Way, s *webtest.Site, row *webtest.Row, res *webtest.Response) {
		tt := tests[slices.IndexFunc(rows, func(r webtest.Row) bool { return r.Name == row.Name })]
		name := tt.send.Name
		if tt.want != nil {
			name = tt.want.Name
		}
		got := readRole(t, s, name)
		if name == "Owner" { // there is none in an organization
			got = nil
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("stored (-want +got)\n%s", diff)
		}
		if way == webtest.Fragment && tt.status == 200 && res.Header.Get("HX-Redirect") != roles+"/"+tt.want.Name {
			t.Errorf("htmx goes to %q", res.Header.Get("HX-Redirect"))
		}
	})
}

// TestRoleConflict: a form saved over another version is a 409 that shows the form, a stale If-Match a 412.
func TestRoleConflict(t *testing.T) {
	t.Parallel()
	stored := role{"ci", "CI", nil}
	form := url.Values{"name": {"ci"}, "display_name": {"Mine"}, "version": {"7"}}
	for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
		s := webtest.New(t)
		withRole(stored)(t, s)
		res := s.Send(t, way, webtest.Request{Method: http.MethodPut, Path: roles, As: webtest.Admin, Form: form})
		if res.StatusCode != http.StatusConflict || res.Document().Find(`input[name=display_name][value=Mine]`).Length() != 1 {
			t.Errorf("%s: got %d\n%.2000s", way, res.StatusCode, res.Body)
		}
		if got := readRole(t, s, "ci").DisplayName; got != "CI" {
			t.Errorf("%s: stored as %q", way, got)
		}
	}
	s := webtest.New(t)
	withRole(stored)(t, s)
	etag := s.Get(t, webtest.Admin, roles+"/ci").Header.Get("ETag")
	if !regexp.MustCompile(`^"1-[0-9a-f]{12}"$`).MatchString(etag) {
		t.Fatalf("the ETag is %s", etag)
	}
	next := strings.Replace(etag, "1-", "2-", 1)
	for _, tt := range []struct {
		match  string
		status int
	}{{`"7"`, 412}, {`"1"`, 412}, {"1", 412}, {etag, 200}, {etag, 412}, {`"7", ` + next, 200}, {`"7", ` + next, 412}, {"*", 200}} {
		res := s.Do(t, webtest.Request{
			Path: roles, As: webtest.Admin, JSON: role{"ci", "CI " + tt.match, nil}, Header: http.Header{"If-Match": {tt.match}},
		})
		if res.StatusCode != tt.status {
			t.Errorf("If-Match %s: got %d, want %d", tt.match, res.StatusCode, tt.status)
		}
	}
	for _, match := range []string{"*", `"1"`} { // of a role that is not there nothing is a version
		res := s.Do(t, webtest.Request{Method: http.MethodPut, Path: roles, As: webtest.Admin, JSON: role{"fresh", "Fresh", nil}, Header: http.Header{"If-Match": {match}}})
		if res.StatusCode != http.StatusPreconditionFailed {
			t.Errorf("a new role with If-Match %s: got %d", match, res.StatusCode)
		}
	}
}

func TestDeleteRole(t *testing.T) {
	t.Parallel()
	tests := []struct {
		as, name string
		status   int
	}{
		{webtest.Admin, "ci", 200},
		{webtest.Admin, "organization-admin", 404},
		{webtest.Admin, "gone", 404},
		{webtest.Member, "ci", 403},
		{webtest.Rival, "ci", 404},
	}
	for _, tt := range tests {
		t.Run(tt.as+" "+tt.name, func(t *testing.T) {
			t.Parallel()
			r := webtest.Request{Method: http.MethodDelete, Path: roles + "/" + tt.name, As: tt.as, Form: url.Values{"x": {"1"}}}
			webtest.InEveryWay(t, r, tt.status, withRole(role{"ci", "CI", nil}),
				func(t *testing.T, _ webtest.Way, s *webtest.Site, _ *webtest.Response) {
					if there := readRole(t, s, "ci") != nil; there == (tt.status == 200) {
						t.Errorf("there afterwards: %v", there)
					}
				})
		})
	}
}

// TestRoleFormsOf2024: permissions may come by organization id, whichever way the path names the organization.
func TestRoleFormsOf2024(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	read := []permission{{"template", "read", false}}
	own, other := s.Organizations[webtest.Default].ID.String(), s.Organizations[webtest.Other].ID.String()
	for _, tt := range []struct {
		path, id string
		status   int
	}{{roles, own, 200}, {"/api/v2/organizations/" + own + "/members/roles", own, 200}, {roles, other, 400}, {"/organizations/gone/members/roles", own, 404}} {
		body := map[string]any{"name": "ci", "organization_permissions": map[string]any{tt.id: read}}
		res := s.Do(t, webtest.Request{Path: tt.path, As: webtest.Admin, JSON: body})
		if res.StatusCode != tt.status {
			t.Errorf("%s by %s: got %d\n%s", tt.path, tt.id, res.StatusCode, res.Body)
		}
	}
	if diff := cmp.Diff(read, readRole(t, s, "ci").Organization); diff != "" {
		t.Errorf("stored (-want +got)\n%s", diff)
	}
}

func TestSiteRoles(t *testing.T) {
	t.Parallel()
	for _, wire := range []web.Wire{web.Documented, web.SDK} {
		s := webtest.New(t, webtest.Wire(wire))
		send := map[string]any{"name": "helper", "site_permissions": []permission{{"user", "read", false}}, "organization_permissions": map[string]any{}}
		patch := webtest.Request{Method: http.MethodPatch, Path: "/api/v2/users/roles", As: webtest.Owner, JSON: send}
		res := s.Do(t, patch)
		if res.StatusCode != 200 {
			t.Fatalf("wire %d: got %d\n%s", wire, res.StatusCode, res.Body)
		}
		value := res.Value()
		if list, ok := value.([]any); ok && wire == web.Documented {
			value = list[0]
		}
		saved, ok := value.(map[string]any)
		if !ok {
			t.Fatalf("wire %d: got %s", wire, res.Body)
		}
		if diff := cmp.Diff(map[string]any{}, saved["organization_permissions"]); diff != "" {
			t.Errorf("wire %d: organization_permissions (-want +got)\n%s", wire, diff)
		}
		send["organization_permissions"] = []permission{{"template", "read", false}}
		if res := s.Do(t, patch); res.StatusCode != 400 {
			t.Errorf("wire %d: organization permissions in a site role: got %d", wire, res.StatusCode)
		}
		patch.As = webtest.Admin
		if res := s.Do(t, patch); res.StatusCode != 403 {
			t.Errorf("wire %d: as an organization admin: got %d", wire, res.StatusCode)
		}
		if res := s.Get(t, webtest.Owner, "/users/roles/helper"); res.StatusCode != 200 {
			t.Errorf("wire %d: show: got %d", wire, res.StatusCode)
		}
		del := s.Do(t, webtest.Request{Method: http.MethodDelete, Path: "/users/roles/helper", As: webtest.Owner})
		if want := map[web.Wire]int{web.Documented: 200, web.SDK: 204}[wire]; del.StatusCode != want {
			t.Errorf("wire %d: delete: got %d", wire, del.StatusCode)
		}
	}
}

// TestRolePages: every page about roles opens for whom it is meant.
func TestRolePages(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	withRole(role{"ci", "CI", []permission{{"template", "read", false}}})(t, s)
	for _, tt := range []struct {
		as, path string
		status   int
		has      string
	}{
		{webtest.Admin, roles, 200, `a[href="` + roles + `/ci"]`},
		{webtest.Admin, roles + "/ci", 200, `input[name="org.template.read"]`},
		{webtest.Admin, roles + "/ci?confirm=delete", 200, `input[name=_method][value=DELETE]`},
		{webtest.Admin, roles + "/organization-auditor", 200, "h1"},
		{webtest.Admin, roles + "/new", 200, `input[name=new][value="1"]`},
		{webtest.Admin, roles + "/new?from=organization-auditor", 200, `input[name=new][value="1"]`},
		{webtest.Admin, roles + "/gone", 404, "h1"},
		{webtest.Member, roles, 200, "h1"},
		{webtest.Member, roles + "/new", 403, "h1"},
		{webtest.Outsider, roles, 404, "h1"},
	} {
		res := s.Send(t, webtest.Page, webtest.Request{As: tt.as, Path: tt.path})
		if res.StatusCode != tt.status || res.Document().Find(tt.has).Length() == 0 {
			t.Errorf("%s as %s: got %d without %s\n%.1500s", tt.path, tt.as, res.StatusCode, tt.has, res.Body)
		}
	}
}

// TestRolesAreFound: the page of roles has a search, filters and an order, programs have the same, and a filter that is not
// understood is refused in each way.
func TestRolesAreFound(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	withRole(role{"ci", "CI", []permission{{"template", "read", false}}})(t, s)
	withRole(role{"night", "Night", []permission{{"group", "read", false}}})(t, s)
	for query, want := range map[string]string{
		"?q=CI&kind=custom":                  "ci",
		"?allows=group:read&kind=custom":     "night",
		"?kind=custom&sort=-name":            "night ci",
		"?kind=custom&limit=1&offset=1":      "night",
		"?q=no-such-role":                    "",
		"?kind=custom&kind=built-in&q=night": "night",
	} {
		res := s.Send(t, webtest.Page, webtest.Request{Path: roles + query, As: webtest.Admin})
		var got []string
		res.Document().Find(".rl .nm code").Each(func(_ int, e *goquery.Selection) { got = append(got, e.Text()) })
		if strings.Join(got, " ") != want {
			t.Errorf("%s shows %q, want %q", query, got, want)
		}
		if want != "" {
			continue
		}
		if !strings.Contains(res.Document().Find("#results").Text(), "No role matches") {
			t.Errorf("%s does not say that nothing matches", query)
		}
	}
	for _, query := range []string{"?kind=secret", "?allows=template", "?allows=template:fly", "?sort=size", "?q=a&q=b"} {
		for _, way := range []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment} {
			if res := s.Send(t, way, webtest.Request{Path: roles + query, As: webtest.Admin}); res.StatusCode != http.StatusBadRequest {
				t.Errorf("%s %s: got %d", way, query, res.StatusCode)
			}
		}
		if res := s.Send(t, webtest.JSON, webtest.Request{Path: roles + query, As: webtest.Rival}); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s from outside: got %d", query, res.StatusCode)
		}
	}
	var list []struct{ Name string }
	s.Get(t, webtest.Admin, roles+"?allows=group:read&kind=custom").Decode(&list)
	if len(list) != 1 || list[0].Name != "night" {
		t.Errorf("as JSON it is %+v", list)
	}
}

// TestRolePagesLeadOn: a comparison without a second role asks for it, a copy begins with names of its own, and a role that no one
// has leads to the people it can be given to.
func TestRolePagesLeadOn(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	withRole(role{"ci", "CI", []permission{{"template", "read", false}}})(t, s)
	page := func(path, as string) *goquery.Document {
		res := s.Send(t, webtest.Page, webtest.Request{Path: path, As: as})
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: got %d", path, res.StatusCode)
		}
		return res.Document()
	}
	for path, itself := range map[string]int{roles + "/ci/compare": 0, roles + "/organization-admin/compare?with=organization-admin": 0} {
		doc := page(path, webtest.Admin)
		choice := doc.Find("select[name=with]")
		name := strings.Split(strings.TrimPrefix(path, roles+"/"), "/")[0]
		if doc.Find(".blank").Length() != 1 || choice.Find(`option[value=""][selected]`).Length() != 1 || choice.Find("option[value="+name+"]").Length() != itself {
			t.Errorf("%s does not ask for another role: %s", path, doc.Find("main").Text())
		}
	}
	withRole(role{"ci", "CI", []permission{{"group", "read", false}}})(t, s)
	if doc := page(roles+"/ci/compare", webtest.Admin); doc.Find(".cmp tbody tr").Length() == 0 {
		t.Error("two versions are not compared unasked")
	}
	doc := page(roles+"/new?from=ci", webtest.Admin)
	if name, label := doc.Find("#name").AttrOr("value", ""), doc.Find("#display_name").AttrOr("value", ""); name != "ci-copy" || label != "Copy of CI" {
		t.Errorf("a copy begins as %q, %q", name, label)
	}
	give := `a[href="` + members + `"]:contains("Give it to members")`
	if page(roles+"/ci", webtest.Admin).Find(give).Length() != 1 || page(roles+"/ci", webtest.Member).Find(give).Length() != 0 {
		t.Error("who may give a role that no one has is not led to the members, or others are")
	}
	s.Do(t, webtest.Request{Path: members + "/member/roles", As: webtest.Admin, JSON: `{"roles":["ci"]}`})
	if page(roles+"/ci", webtest.Admin).Find(give).Length() != 0 {
		t.Error("a role that people have leads to the members as if no one had it")
	}
}
