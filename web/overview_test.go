package web_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"rolecall.example/web/webtest"
)

// TestOverview: what it counts is what the pages say that it leads to, and the first steps go by facts.
func TestOverview(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	const path = "/organizations/default/overview"
	send := func(r webtest.Request) *webtest.Response { t.Helper(); return s.Send(t, webtest.Page, r) }
	doc := send(webtest.Request{Path: path, As: webtest.Owner}).Document()
	if got := doc.Find(".nav a[aria-current=page]").AttrOr("href", ""); got != path {
		t.Errorf("the current item is %q", got)
	}
	links := doc.Find("[aria-labelledby=power-h] .which a")
	if links.Length() != 3 {
		t.Errorf("%d questions about power, want 3", links.Length())
	}
	for i := range links.Nodes {
		link := links.Eq(i)
		_, told, _ := strings.Cut(link.Text(), ": ")
		answer := s.Do(t, webtest.Request{Path: link.AttrOr("href", ""), As: webtest.Owner})
		var found struct {
			Count   int
			Outside struct{ Count int } `json:"outside"`
		}
		answer.Decode(&found)
		n, _, _ := strings.Cut(told, " ")
		if want := found.Count + found.Outside.Count; want == 0 || n != strconv.Itoa(want) {
			t.Errorf("%s: who-can says %d", link.Text(), want)
		}
	}
	if got := doc.Find("#checklist header .num").Text(); !strings.HasPrefix(got, "2 of 4") {
		t.Errorf("first steps: %q", got)
	}
	for _, r := range []struct {
		as     string
		status int
	}{{webtest.Member, http.StatusForbidden}, {webtest.Outsider, http.StatusNotFound}, {webtest.Owner, http.StatusSeeOther}} {
		hide := webtest.Request{Path: path + "/checklist", As: r.as, Form: url.Values{"hidden": {"true"}}}
		if res := send(hide); res.StatusCode != r.status {
			t.Errorf("%s hides the first steps: %d, want %d", r.as, res.StatusCode, r.status)
		}
	}
	if n := send(webtest.Request{Path: path, As: webtest.Owner}).Document().Find("#checklist").Length(); n != 0 {
		t.Error("hidden, the first steps are still there")
	}
	settings := send(webtest.Request{Path: "/organizations/default", As: webtest.Owner}).Document()
	if settings.Find("form[action$='/overview/checklist'] input[value=false]").Length() != 1 {
		t.Error("the settings do not show them again")
	}
}

// TestSearchInWords: the palette answers questions in the words of the catalog, and begins what the caller may do.
func TestSearchInWords(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, tt := range []struct{ as, query, want string }{
		{webtest.Owner, "who can delete template", "/organizations/default/who-can?action=delete&resource_type=template"},
		{webtest.Owner, "Who can delete templates?", "/organizations/default/who-can?action=delete&resource_type=template"},
		{webtest.Owner, "can member delete template", "/organizations/default/members/member?action=delete&resource_type=template"},
		{webtest.Owner, "who can dance", ""},
		{webtest.Member, "who can delete template", ""},
		{webtest.Owner, "new rôle", "/organizations/default/members/roles/new"},
		{webtest.Member, "new role", ""},
		{webtest.Owner, "offboard member", "/users/member/offboard"},
		{webtest.Owner, "offboard owner", ""},
		{webtest.Admin, "offboard member", ""},
		{webtest.Member, "sign out", "/logout"},
		{webtest.Owner, "matrix", "/organizations/default/members/roles?view=matrix"},
		{webtest.Member, "invited", ""},
		{webtest.Member, "removed", ""},
		{webtest.Member, "sessions", "/users/me"},
	} {
		doc := s.Send(t, webtest.Fragment, webtest.Request{Path: "/search?organization=default&q=" + strings.ReplaceAll(tt.query, " ", "+"), As: tt.as}).Document()
		first := doc.Find("a.hit, form").First()
		if got := first.AttrOr("href", first.AttrOr("action", "")); got != tt.want {
			t.Errorf("%s asks %q: %q, want %q", tt.as, tt.query, got, tt.want)
		}
	}
}
