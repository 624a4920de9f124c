package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// varies matches the parts that differ between two readings of the same page.
var varies = regexp.MustCompile(`(?:name="form_id" value|datetime)="[^"]*"|data-exact>[^<]*|It is \d\d:\d\d in|[0-9a-f]{8}-[0-9a-f-]{27}|(?:just now|\d+ (?:second|minute)s? ago)`)

// No page and no answer to a plain member depends on how many others there are, nor names who edited a role.
func TestPlainMemberCannotCount(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	editor := s.AddUser(t, "zelda", webtest.Default)
	giveRole(t, s, "writer", []rbac.Permission{
		{ResourceType: "assign_org_role", Action: "create"}, {ResourceType: "assign_org_role", Action: "update"}, readTemplate, {ResourceType: "template", Action: "delete"},
	}, "zelda")
	giveRole(t, s, "reader", []rbac.Permission{readTemplate}, "member")
	by, err := s.Service.UserSubject(t.Context(), editor.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range [][]rbac.Permission{{readTemplate}, {readTemplate, denyDelete}} {
		body := org.Given(org.RoleInput{Name: "reader", DisplayName: "Role edited", Organization: list})
		if _, err := s.Service.PutRole(t.Context(), by, org.In(webtest.Default), body); err != nil {
			t.Fatal(err)
		}
	}
	var paths []string
	for _, r := range web.Routes() {
		// Rights are signed with the time of the answer.
		if r.Method != http.MethodGet || !r.Offers(web.Page) && !r.Offers(web.API) || strings.HasPrefix(r.Path, "/audit") || strings.HasSuffix(r.Path, "/rights") {
			continue
		}
		path, _ := pathWith(r.Path, values("default", "me", "reader", "x"))
		if strings.HasPrefix(r.Path, "/users/roles/") {
			path, _ = pathWith(r.Path, values("default", "me", "auditor", "x"))
		}
		paths = append(paths, path)
		switch {
		case strings.HasSuffix(path, "/members/me"):
			paths = append(paths, path+"?action=delete&resource_type=template&explain=1")
		case strings.HasSuffix(path, "/compare"):
			paths = append(paths, path+"?from=1&to=2")
		case strings.HasSuffix(path, "/reader"):
			paths = append(paths, path+"?confirm=delete")
		case path == "/organizations" || path == "/search" || strings.HasSuffix(path, "members"):
			paths = append(paths, path+"?q=e")
		}
	}
	cookie := s.Cookie(t, webtest.Member) // of one session: its page counts them
	read := func() map[string]string {
		pages := map[string]string{}
		for _, path := range paths {
			for _, way := range []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment} {
				r := webtest.Request{Path: path, Unchecked: true, As: webtest.Member}
				if way.Browser() {
					r.As, r.Header = "", http.Header{"Cookie": {cookie}}
				}
				res := s.Send(t, way, r)
				if res.StatusCode == http.StatusUnauthorized || res.StatusCode >= 500 {
					t.Fatalf("%s %s: %d", way, path, res.StatusCode)
				}
				body := string(res.Body)
				if strings.Contains(body, "zelda") || strings.Contains(body, "Zelda") {
					t.Errorf("%s %s names who edited the role", way, path)
				}
				pages[way.String()+" "+path] = varies.ReplaceAllString(body, "")
			}
		}
		return pages
	}
	before := read()
	for _, name := range []string{"one", "two", "three"} {
		s.AddUser(t, name, webtest.Default)
		giveRole(t, s, "writer", []rbac.Permission{
			{ResourceType: "assign_org_role", Action: "create"}, {ResourceType: "assign_org_role", Action: "update"}, readTemplate, {ResourceType: "template", Action: "delete"},
		}, name)
		s.Query(t, "INSERT INTO member_roles (organization_id, role, username_key, user_id) SELECT organization_id, 'reader', username_key, user_id FROM organization_members WHERE username = ? RETURNING role", name)
	}
	after := read()
	pages := 0
	for path, body := range before {
		if pages++; after[path] != body {
			i := 0
			for i < len(body) && i < len(after[path]) && body[i] == after[path][i] {
				i++
			}
			t.Errorf("%s reveals that three more have joined:\n…%s\n…%s", path, body[max(0, i-80):min(len(body), i+80)], after[path][max(0, i-80):min(len(after[path]), i+80)])
		}
	}
	if pages < 100 {
		t.Errorf("only %d pages were looked at", pages)
	}
}
