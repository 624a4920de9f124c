package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"rolecall.example/web/webtest"
)

// TestFormsBeginFromAVersion: of two people who have one form open, the second to save is refused, keeps what was entered,
// sees what the first one saved, and can then save over it.
func TestFormsBeginFromAVersion(t *testing.T) {
	t.Parallel()
	const settings = "/organizations/default"
	name, password := url.Values{"name": {"Mine"}}, url.Values{"password": {"correct horse battery"}, "old_password": {webtest.Password}}
	for what, f := range map[string]struct {
		page, action string // where the form stands, and where it leads
		as           string
		entered      url.Values
		first        webtest.Request
		saved        string // what the first one saved, beside what was entered; "" for a secret
		field        string
	}{
		"profile":      {"/users/member", "/users/member/profile", webtest.Owner, name, webtest.Request{Method: http.MethodPut, Path: "/users/member/profile", JSON: `{"username":"member","name":"Theirs"}`}, "Saved since by someone else: Theirs", "name"},
		"own profile":  {"/users/me", "/users/me/profile", webtest.Member, name, webtest.Request{Method: http.MethodPut, Path: "/users/member/profile", JSON: `{"username":"member","name":"Theirs"}`}, "Saved since by someone else: Theirs", "name"},
		"password":     {"/users/member", "/users/member/password", webtest.Owner, password, webtest.Request{Method: http.MethodPut, Path: "/users/member/password", JSON: `{"password":"another horse battery"}`}, "", "password"},
		"own password": {"/users/me", "/users/me/password", webtest.Member, password, webtest.Request{Method: http.MethodPut, Path: "/users/member/roles", JSON: `{"roles":["auditor"]}`}, "", "password"},
		"settings":     {settings, settings, webtest.Owner, url.Values{"display_name": {"Mine"}}, webtest.Request{Method: http.MethodPatch, Path: settings, JSON: `{"display_name":"Theirs"}`}, "Saved since by someone else: Theirs", "display_name"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := webtest.New(t)
			form := func(doc *goquery.Document) url.Values {
				fields := fieldsOf(doc.Find(`form[action="` + f.action + `"]`).First())
				if fields.Get("version") == "" {
					t.Fatal("the form has no version")
				}
				maps.Copy(fields, f.entered)
				return fields
			}
			send := func(fields url.Values) *webtest.Response {
				return s.Send(t, webtest.Page, webtest.Request{Method: fields.Get("_method"), Path: f.action, As: f.as, Form: fields})
			}
			mine := form(s.Send(t, webtest.Page, webtest.Request{Path: f.page, As: f.as}).Document())
			done(t, s, f.first)
			res := send(mine)
			doc := res.Document()
			if res.StatusCode != 409 || !strings.Contains(res.Text(), "owner saved it") || !strings.Contains(res.Text(), f.saved) {
				t.Fatalf("got %d\n%s", res.StatusCode, doc.Find("main").Text())
			}
			if got := doc.Find("#"+f.field).AttrOr("value", ""); f.saved != "" && got != f.entered.Get(f.field) {
				t.Errorf("entered was %q, the form shows %q", f.entered.Get(f.field), got)
			}
			again := form(doc)
			if again.Get("version") == mine.Get("version") {
				t.Error("the form still begins from the old version")
			}
			if res := send(again); res.StatusCode != 303 {
				t.Errorf("saved again: got %d\n%s", res.StatusCode, res.Text())
			}
		})
	}
}
