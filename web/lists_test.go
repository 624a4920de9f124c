package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"rolecall/rbac"
	"rolecall/web/webtest"
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
