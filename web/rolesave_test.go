package web_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"rolecall.example/org"
	"rolecall.example/web/webtest"
)

// fieldsOf are the fields that a form sends when nothing is chosen in it.
func fieldsOf(form *goquery.Selection) url.Values {
	fields := url.Values{}
	form.Find("input[type=hidden], input[type=text], input:not([type]), input[checked]").Each(func(_ int, in *goquery.Selection) {
		if name := in.AttrOr("name", ""); name != "" && !strings.HasPrefix(name, "_show") && !strings.HasPrefix(name, "_brush") {
			fields.Set(name, in.AttrOr("value", ""))
		}
	})
	return fields
}

// TestReviewRole: the review shows the changes and their impact, changes nothing, and loses nothing on the way to the
// store or back to the editor.
func TestReviewRole(t *testing.T) {
	t.Parallel()
	read := permission{"template", "read", false}
	for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
		s := webtest.New(t)
		stored := role{"ci", "CI", []permission{read}}
		withRole(stored)(t, s)
		s.Do(t, webtest.Request{Path: members + "/member/roles", As: webtest.Admin, JSON: `{"roles":["ci"]}`})
		form := url.Values{
			"name": {"ci"}, "display_name": {"Better"}, "version": {roleTag(t, s, "ci", 1)}, "do": {"review"},
			"org.template.read": {""}, "org.template.delete": {"allow"}, "org.template.update": {""},
		}
		res := s.Send(t, way, webtest.Request{Method: http.MethodPut, Path: roles, As: webtest.Admin, Form: form})
		doc := res.Document()
		text := res.Text()
		if res.StatusCode != 200 || !strings.Contains(text, "3 changes") || !strings.Contains(text, "1 person gains or loses") {
			t.Fatalf("%s: got %d\n%s", way, res.StatusCode, text)
		}
		if diff := cmp.Diff(&stored, readRole(t, s, "ci")); diff != "" {
			t.Errorf("%s: the review stored something\n%s", way, diff)
		}
		fields := fieldsOf(doc.Find("form.confirm"))
		fields.Set("do", "edit")
		editor := s.Send(t, way, webtest.Request{Method: http.MethodPut, Path: roles, As: webtest.Admin, Form: fields}).Document()
		if got := editor.Find("#display_name").AttrOr("value", ""); got != "Better" {
			t.Errorf("%s: back in the editor the name is %q", way, got)
		}
		for field, value := range map[string]string{"org.template.read": "", "org.template.delete": "allow"} {
			if editor.Find(`input[name="`+field+`"][value="`+value+`"][checked]`).Length() != 1 {
				t.Errorf("%s: back in the editor %s is lost", way, field)
			}
		}
		fields.Del("do")
		if res := s.Send(t, webtest.Page, webtest.Request{Method: http.MethodPut, Path: roles, As: webtest.Admin, Form: fields}); res.StatusCode != 303 {
			t.Fatalf("%s: save: %d", way, res.StatusCode)
		}
		want := &role{"ci", "Better", []permission{{"template", "delete", false}}}
		if diff := cmp.Diff(want, readRole(t, s, "ci")); diff != "" {
			t.Errorf("%s: stored (-want +got)\n%s", way, diff)
		}
	}
}

// TestReviewRefused: the review refuses what the save would: at the field in the editor, else on the page itself.
func TestReviewRefused(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	withRole(role{"ci", "CI", []permission{{"assign_org_role", "update", false}}})(t, s)
	review := func(as string, form url.Values) *webtest.Response {
		form.Set("do", "review")
		return s.Send(t, webtest.Page, webtest.Request{Method: http.MethodPut, Path: roles, As: as, Form: form})
	}
	res := review(webtest.Admin, url.Values{"name": {"ci"}, "version": {roleTag(t, s, "ci", 1)}, "org.workspace.ssh": {"allow"}})
	if res.StatusCode != 400 || res.Document().Find("#role").Length() != 1 {
		t.Errorf("not held: %d, no editor", res.StatusCode)
	}
	s.Do(t, webtest.Request{Path: members + "/member/roles", As: webtest.Owner, JSON: `{"roles":["ci"]}`})
	res = review(webtest.Member, url.Values{"name": {"ci"}, "version": {roleTag(t, s, "ci", 1)}, "org.assign_org_role.update": {""}})
	doc := res.Document()
	if res.StatusCode != 400 || doc.Find("form.confirm [data-save]").Length() != 0 || !strings.Contains(res.Text(), "You could not undo this change") {
		t.Errorf("guard rail: %d\n%s", res.StatusCode, res.Text())
	}
	if got := fieldsOf(doc.Find("form.confirm")); !got.Has("org.assign_org_role.update") {
		t.Errorf("what was entered is lost: %v", got)
	}
	if res := review(webtest.Outsider, url.Values{"name": {"ci"}}); res.StatusCode != 404 {
		t.Errorf("from outside: %d", res.StatusCode)
	}
}

// TestMergeRole: two people save one role. What does not overlap is kept, each clash is a choice between both, and the
// merged version is saved over theirs.
func TestMergeRole(t *testing.T) {
	t.Parallel()
	p := func(action string, negate bool) permission { return permission{"template", action, negate} }
	for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
		s := webtest.New(t)
		withRole(role{"ci", "CI", []permission{p("read", false), p("update", false)}})(t, s)
		withRole(role{"ci", "CI 2", []permission{p("delete", true), p("update", false), p("use", false)}})(t, s) // theirs
		mine := url.Values{
			"name": {"ci"}, "display_name": {"CI"}, "version": {roleTag(t, s, "ci", 1)},
			"org.template.delete": {"allow"}, "org.template.update": {""}, "org.template.use": {"allow"},
		}
		res := s.Send(t, way, webtest.Request{Method: http.MethodPut, Path: roles, As: webtest.Owner, Form: mine})
		doc := res.Document()
		if res.StatusCode != 409 || doc.Find(".merge tbody tr").Length() != 1 {
			t.Fatalf("%s: got %d\n%s", way, res.StatusCode, res.Text())
		}
		text := strings.Join(strings.Fields(doc.Find("form.confirm").Text()), " ")
		for _, want := range []string{"admin saved version 2 just now; you started from version 1", "template:delete Not setDenyAllow"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in %s", way, want, text)
			}
		}
		fields := fieldsOf(doc.Find("form.confirm"))
		if fields.Get("version") != roleTag(t, s, "ci", 2) || fields.Get("display_name") != "CI 2" || fields.Has("org.template.delete") {
			t.Errorf("%s: the form holds %v", way, fields)
		}
		fields.Set("org.template.delete", "allow") // mine
		if res := s.Send(t, webtest.Page, webtest.Request{Method: http.MethodPut, Path: roles, As: webtest.Owner, Form: fields}); res.StatusCode != 303 {
			t.Fatalf("%s: save: %d\n%s", way, res.StatusCode, res.Text())
		}
		want := &role{"ci", "CI 2", []permission{p("delete", false), p("use", false)}}
		if diff := cmp.Diff(want, readRole(t, s, "ci")); diff != "" {
			t.Errorf("%s: stored (-want +got)\n%s", way, diff)
		}
	}
}

// TestNewRoleKeepsItsStart: a refused new role still shows what it was started from, and what one can start from.
func TestNewRoleKeepsItsStart(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	form := url.Values{"name": {"owner"}, "new": {"1"}, "from": {"organization-auditor"}, "org.template.read": {"allow"}}
	res := s.Send(t, webtest.Page, webtest.Request{Method: http.MethodPut, Path: roles, As: webtest.Admin, Form: form})
	doc := res.Document()
	if res.StatusCode != 400 || doc.Find("#from option[selected]").AttrOr("value", "") != "organization-auditor" || doc.Find(`#role input[name=from]`).AttrOr("value", "") != "organization-auditor" {
		t.Errorf("got %d, started from %q", res.StatusCode, doc.Find("#from option[selected]").Text())
	}
	if n := doc.Find(".a[checked]").Length(); n != 1 {
		t.Errorf("%d permissions are allowed, 1 was entered", n)
	}
	for _, name := range []string{"/organization-auditor", "/ci"} {
		withRole(role{"ci", "CI", nil})(t, s)
		if s.Send(t, webtest.Page, webtest.Request{Path: roles + name, As: webtest.Admin}).Document().Find(`.head a[href*="/new?from="]`).Length() != 1 {
			t.Errorf("%s can't be duplicated", name)
		}
	}
}

// TestAfterSave: the message about a new role leads to the people to give it to, that about a change to what it was before.
func TestAfterSave(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	session := s.Cookie(t, webtest.Admin)
	told := func(flash string) string {
		t.Helper()
		page := s.Send(t, webtest.Page, webtest.Request{Path: roles, Header: http.Header{"Cookie": {session + "; flash=" + flash}}})
		link := page.Document().Find("#toast a")
		return link.Text() + " " + link.AttrOr("href", "")
	}
	save := func(form url.Values) string {
		t.Helper()
		res := s.Send(t, webtest.Page, webtest.Request{Method: http.MethodPut, Path: roles, Form: form, Header: http.Header{"Cookie": {session}}})
		if res.StatusCode != http.StatusSeeOther {
			t.Fatalf("got %d\n%s", res.StatusCode, res.Text())
		}
		return told(res.CookieNamed("flash").Value)
	}
	if got, want := save(url.Values{"name": {"ci"}, "new": {"1"}, "org.template.read": {"allow"}}), "Give it to members "+members; got != want {
		t.Errorf("after creating: %q, want %q", got, want)
	}
	change := url.Values{"name": {"ci"}, "version": {roleTag(t, s, "ci", 1)}, "org.template.delete": {"allow"}}
	if got, want := save(change), "Undo… "+roles+"/ci/history?restore=1"; got != want {
		t.Errorf("after a change: %q, want %q", got, want)
	}
	change.Set("version", roleTag(t, s, "ci", 2))
	if got := save(change); got != " " {
		t.Errorf("after a save that changes nothing: %q", got)
	}
	if got := told("eA." + base64.RawURLEncoding.EncodeToString([]byte("Undo…\n//evil.example"))); got != " " {
		t.Errorf("a planted link: %q", got)
	}
}

// TestDeleteRoleTellsImpact: the page that asks says who loses what, or why it can't be.
func TestDeleteRoleTellsImpact(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	withRole(role{"ci", "CI", []permission{{"template", "read", false}}})(t, s)
	s.Do(t, webtest.Request{Path: members + "/member/roles", As: webtest.Admin, JSON: `{"roles":["ci"]}`})
	doc := s.Send(t, webtest.Page, webtest.Request{Path: roles + "/ci?confirm=delete", As: webtest.Admin}).Document()
	if doc.Find(".impact .den").Length() != 1 || doc.Find("button.bad").Length() != 1 || !strings.Contains(doc.Text(), "1 person is left without any role here.") {
		t.Errorf("%s", doc.Find("main").Text())
	}
	if readRole(t, s, "ci") == nil {
		t.Error("asking deleted it")
	}
}

// roleTag is the tag of a version of a stored role.
func roleTag(t *testing.T, s *webtest.Site, name string, version int64) string {
	t.Helper()
	v, err := s.Service.Role(t.Context(), s.Service.Operator(), org.In(webtest.Default), name)
	if err != nil {
		t.Fatal(err)
	}
	v.Role.Version = version
	return v.Role.Tag()
}
