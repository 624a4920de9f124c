package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"rolecall.example/web/webtest"
)

// sentBy is what a form would send, without its buttons.
func sentBy(form *goquery.Selection) url.Values {
	fields := url.Values{}
	for _, in := range form.Find("input, select").EachIter() {
		kind := in.AttrOr("type", "")
		_, on := in.Attr("checked")
		if name := in.AttrOr("name", ""); name != "" && (kind != "checkbox" || on) {
			fields.Add(name, in.AttrOr("value", ""))
		}
	}
	return fields
}

// TestUndoBatch: a bulk action is asked about by name, holds for exactly those people, and is undone as one.
func TestUndoBatch(t *testing.T) {
	t.Parallel()
	const list, auditor = members + "?q=person", "organization-auditor"
	s := webtest.New(t)
	for i := range 30 {
		s.AddUser(t, fmt.Sprintf("person-%02d", i), webtest.Default)
	}
	send := func(path string, form url.Values) *webtest.Response {
		t.Helper()
		return s.Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Admin, Form: form})
	}
	question := func(form url.Values) *goquery.Selection {
		t.Helper()
		return send(list, form).Document().Find("main form.confirm")
	}
	holders := func() int { return len(s.Query(t, "SELECT 1 FROM member_roles WHERE role = 'organization-auditor'")) }

	asked := question(url.Values{"add-role": {auditor}, "all": {"1"}, "except": {s.ID("person-07")}})
	if n := asked.Find(".picks li").Length(); n != 29 {
		t.Fatalf("the question names %d people", n)
	}
	form := sentBy(asked)
	form.Set("drop", asked.Find(".picks button").Eq(3).AttrOr("value", ""))
	asked = question(form)
	if n := asked.Find(".picks li").Length(); n != 28 || asked.Find(".picks [autofocus]").AttrOr("aria-label", "") != "Leave out person-04" || holders() != 0 {
		t.Fatalf("%d people after one was taken out, %d have the role", n, holders())
	}
	form = sentBy(asked)
	s.AddUser(t, "person-99", webtest.Default)
	if res := send(list, form); res.StatusCode != http.StatusConflict || !strings.Contains(res.Text(), "Came in: person-99") || holders() != 0 {
		t.Fatalf("another set: got %d, %d have the role\n%s", res.StatusCode, holders(), res.Text())
	}
	form.Set("except", s.ID("person-99")) // as it was asked about
	form["except"] = append(form["except"], s.ID("person-07"), s.ID("person-03"))
	done := follow(t, s, webtest.Admin, send(list, form))
	if holders() != 28 {
		t.Fatalf("%d have the role", holders())
	}
	path := undoOf(t, done.Document())
	s.Do(t, webtest.Request{Method: http.MethodPut, Path: members + "/person-00/roles", As: webtest.Admin, JSON: map[string]any{"roles": []string{}}})
	undone := follow(t, s, webtest.Admin, send(path, url.Values{}))
	if text := undone.Document().Find("#toast").Text(); holders() != 0 || !strings.Contains(text, "The changes of 27 members were undone. 1 member stays as before") {
		t.Errorf("%d have the role: %q", holders(), text)
	}
	if res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: path, As: webtest.Admin}); res.StatusCode != http.StatusConflict {
		t.Errorf("twice: got %d", res.StatusCode)
	}
	if res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: path, As: webtest.Rival}); res.StatusCode != http.StatusNotFound {
		t.Errorf("from outside: got %d", res.StatusCode)
	}
	undoesRemovals(t, s, send)
}

// undoesRemovals: who is removed comes back with the roles that they had.
func undoesRemovals(t *testing.T, s *webtest.Site, send func(string, url.Values) *webtest.Response) {
	t.Helper()
	s.Do(t, webtest.Request{Method: http.MethodPut, Path: members + "/person-01/roles", As: webtest.Admin, JSON: map[string]any{"roles": []string{"organization-auditor"}}})
	gone := follow(t, s, webtest.Admin, send(members, url.Values{"action": {"remove"}, "users": {s.ID("person-01"), s.ID("person-02")}, "confirm": {"1"}}))
	if got := s.Get(t, webtest.Owner, members+"/person-02").StatusCode; got != http.StatusNotFound {
		t.Fatalf("not removed: %d", got)
	}
	send(undoOf(t, gone.Document()), url.Values{})
	if s.Get(t, webtest.Owner, members+"/person-02").StatusCode != 200 || len(rolesOf(t, s, "person-01")) != 1 {
		t.Error("a removal was not undone")
	}
}

// TestSelectionWithoutScript: a form carries what is ticked on other pages, shows it, and exports it.
func TestSelectionWithoutScript(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for i := range 30 {
		s.AddUser(t, fmt.Sprintf("person-%02d", i), webtest.Default)
	}
	send := func(path string, form url.Values) *webtest.Response {
		t.Helper()
		return s.Send(t, webtest.Page, webtest.Request{Path: path, As: webtest.Admin, Form: form})
	}
	first := s.Send(t, webtest.Page, webtest.Request{Path: members + "?q=person", As: webtest.Admin}).Document().Find("#bulk")
	ticked := url.Values{"users": {s.ID("person-01"), s.ID("person-02")}}
	on := first.Find("button[formaction]").AttrOr("formaction", "")
	second := send(on, ticked).Document().Find("#bulk")
	if !strings.Contains(on, "offset=25") || second.Find("output").Text() != "2 selected on other pages" || second.Find("tbody tr").Length() != 5 {
		t.Fatalf("%s shows %d rows and %q", on, second.Find("tbody tr").Length(), second.Find("output").Text())
	}
	form := sentBy(second)
	form.Add("users", s.ID("person-29"))
	back := send(second.Find("button[formaction]").AttrOr("formaction", ""), form).Document().Find("#bulk")
	if n := back.Find("tbody .ck[checked]").Length(); n != 2 || back.Find("input[data-carried]").Length() != 1 {
		t.Errorf("back on the first page %d rows are ticked", n)
	}
	form = sentBy(back)
	form.Set("action", "show")
	if n := send(members, form).Document().Find(".picks li").Length(); n != 3 {
		t.Errorf("%d people are shown", n)
	}
	form.Set("action", "export")
	if file := send(members, form); !strings.HasPrefix(file.Header.Get("Content-Type"), "text/csv") || strings.Count(string(file.Body), "\n") != 4 {
		t.Errorf("the file is %s\n%s", file.Header.Get("Content-Type"), file.Body)
	}
}
