package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"rolecall.example/rbac"
	"rolecall.example/web/webtest"
)

// sent is where a form that uses GET leads when it is sent as it stands, with fields changed.
func sent(form *goquery.Selection, fields url.Values) string {
	q := url.Values{}
	form.Find("input").Each(func(_ int, i *goquery.Selection) { q.Add(i.AttrOr("name", ""), i.AttrOr("value", "")) })
	for name, values := range fields {
		q[name] = values
	}
	return form.AttrOr("action", "") + "?" + q.Encode()
}

// TestJumpToPage: the box of the pager works as a plain form under every list that counts its rows.
func TestJumpToPage(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	giveRole(t, s, "reader", []rbac.Permission{readTemplate}, "member", "admin")
	for _, path := range []string{
		members, "/users", "/organizations", roles + "/reader/members",
		"/organizations/default/who-can?action=read&resource_type=organization",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			list := func(path string) *goquery.Document {
				page := s.Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Owner})
				if rows := page.Document().Find("#results tbody tr").Length(); page.StatusCode != 200 || rows != 1 {
					t.Fatalf("%s: got %d, %d rows", path, page.StatusCode, rows)
				}
				return page.Document()
			}
			if strings.Contains(path, "?") {
				path += "&limit=1"
			} else {
				path += "?limit=1"
			}
			who := func(d *goquery.Document) string { return d.Find("#results .nm").Text() }
			first := list(path)
			second := list(sent(first.Find(".foot form:has(#page)"), url.Values{"page": {"2"}}))
			if who(second) == who(first) || second.Find("#page").AttrOr("value", "") != "2" {
				t.Errorf("page %s shows %s", second.Find("#page").AttrOr("value", ""), who(second))
			}
			if back := list(second.Find("#page-prev").AttrOr("href", "")); who(back) != who(first) {
				t.Errorf("previous shows %s, not %s", who(back), who(first))
			}
		})
	}
}

// TestBackToTheList: after any change of a member from a list that was searched, the way back leads to the same list.
func TestBackToTheList(t *testing.T) {
	t.Parallel()
	const (
		filtered = members + "?limit=50&q=mem&status=active"
		holders  = roles + "/reader/members?q=mem"
		menu     = ".c-act [data-remove]" // which script opens, with this link in it
	)
	tests := []struct {
		name, list string
		steps      []string // what is followed: a link, or a form that is sent
		want       string   // "" is the list
	}{
		{"removing, by the page of the member", filtered, []string{".c-act a", "a[href*='confirm=remove']", "form.pop-f"}, ""},
		{"removing, by the menu", filtered, []string{menu, "form.pop-f"}, ""},
		{"removing, thought better of", filtered, []string{menu, "form.pop-f a", ".crumbs a"}, ""},
		{"roles", filtered, []string{"a[data-pop]", "form[data-assign]"}, ""},
		{"roles, by the page of the member", filtered, []string{".nm a", "a[href*='/roles?back=']", "form[data-assign]"}, ""},
		{"of those who hold a role", holders, []string{".c-act a", "a[href*='confirm=remove']", "form.pop-f"}, ""},
		{"of all", members, []string{menu, "form.pop-f"}, ""},
		{"out of the site", members + "?back=//evil.example/", []string{menu, "form.pop-f"}, members},
		{"site roles", "/users?q=mem", []string{"a[data-pop]", "form[data-assign]"}, ""},
		{"suspending", "/users?q=mem", []string{".nm a", "#status .acts a", "#status form"}, ""},
		{"deleting", "/users?q=mem&status=active", []string{".menu a[href*='confirm=delete']", "form.pop-f"}, ""},
		{"deleting, thought better of", "/users?q=mem", []string{".menu a[href*='confirm=delete']", "form.pop-f a", ".crumbs a"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := webtest.New(t)
			giveRole(t, s, "reader", []rbac.Permission{readTemplate}, "member")
			if tt.want == "" {
				tt.want = tt.list
			}
			at := tt.list
			for _, step := range tt.steps {
				page := s.Send(t, webtest.Page, webtest.Request{Path: at, As: webtest.Owner})
				found := page.Document().Find("main " + step).First()
				if page.StatusCode != 200 || found.Length() == 0 {
					t.Fatalf("no %s on %s: got %d", step, at, page.StatusCode)
				}
				if !found.Is("form") {
					at = found.AttrOr("href", "")
					if step == menu {
						at = found.AttrOr("data-remove", "")
					}
					continue
				}
				fields := url.Values{}
				found.Find("input[type=hidden], input:checked").Each(func(_ int, i *goquery.Selection) { fields.Add(i.AttrOr("name", ""), i.AttrOr("value", "")) })
				res := s.Send(t, webtest.Page, webtest.Request{Method: fields.Get("_method"), Path: found.AttrOr("action", ""), As: webtest.Owner, Form: fields})
				at = res.Header.Get("Location")
			}
			if at != tt.want {
				t.Errorf("leads to %s, not %s", at, tt.want)
			}
		})
	}
}

// TestBackFromARow: a row that was swapped in leads back to the list that it stands in.
func TestBackFromARow(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for list, row := range map[string]webtest.Request{
		members + "?q=mem": {Path: members + "/member/roles", Form: url.Values{"roles": {"1"}, "role": {"organization-auditor"}}},
		"/users?q=mem":     {Path: "/users/member/roles", Form: url.Values{"roles": {"1"}, "role": {"auditor"}}},
	} {
		row.Method, row.As, row.Header = http.MethodPut, webtest.Owner, http.Header{"HX-Current-URL": {"http://example.com" + list}}
		res := s.Send(t, webtest.Fragment, row)
		to, err := url.Parse(res.Document().Find(".nm a").AttrOr("href", ""))
		if err != nil || to.Query().Get("back") != list || res.Document().Find("mark").Length() == 0 {
			t.Errorf("%s: %d, a row that leads to %s\n%s", list, res.StatusCode, to, res.Body)
		}
	}
}
