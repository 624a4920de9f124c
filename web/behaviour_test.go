package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"rolecall.example/web/webtest"
)

// The tables of the behaviour_*_test.go files are those of docs/spec, a page an area.
// Their subjects are the people of webtest and the cast below. A row stands in webtest.Unchanged if nothing may change,
// else in a table of changes, whose rows have a site each.

// The rest of the cast. Each of the first four holds the site role or organization role of its name; the first three
// are members of the other organization alone, the others of the default one.
const (
	userAdmin     = "user-admin"
	templateAdmin = "template-admin"
	auditor       = "auditor"

	orgUserAdmin     = "organization-user-admin"
	orgTemplateAdmin = "organization-template-admin"
	orgAuditor       = "organization-auditor"

	assigner  = "assigner"  // holds the custom role assigner: gives and takes roles, adds and removes members
	builder   = "builder"   // holds the custom role builder: creates roles, and nothing more
	changer   = "changer"   // holds the custom role changer: updates roles, and nothing more
	sshUser   = "ssh-user"  // holds the custom role shell, which no organization-admin holds
	denied    = "denied"    // holds the custom role no-shell, which denies it
	suspended = "suspended" // a member whose account is suspended
)

var cast = []struct{ name, organization, roles string }{
	{userAdmin, webtest.Other, "/users/user-admin/roles"},
	{templateAdmin, webtest.Other, "/users/template-admin/roles"},
	{auditor, webtest.Other, "/users/auditor/roles"},
	{orgUserAdmin, webtest.Default, members + "/organization-user-admin/roles"},
	{orgTemplateAdmin, webtest.Default, members + "/organization-template-admin/roles"},
	{orgAuditor, webtest.Default, members + "/organization-auditor/roles"},
	{assigner, webtest.Default, members + "/assigner/roles"},
	{builder, webtest.Default, members + "/builder/roles"},
	{changer, webtest.Default, members + "/changer/roles"},
	{sshUser, webtest.Default, members + "/ssh-user/roles"},
	{denied, webtest.Default, members + "/denied/roles"},
	{suspended, webtest.Default, ""},
}

// insiders are the members of the default organization once the cast is there, by username.
var insiders = []string{
	webtest.Admin, assigner, builder, changer, denied, webtest.Member, orgAuditor, orgTemplateAdmin, orgUserAdmin, webtest.Owner, sshUser, suspended,
}

// castRoles are the custom roles of the default organization: those that the cast holds, and two that no one holds.
var castRoles = []role{
	{"assigner", "Assigner", []permission{
		{"assign_org_role", "assign", false}, {"assign_org_role", "unassign", false}, {"organization_member", "create", false}, {"organization_member", "delete", false}, {"organization_member", "read", false},
	}},
	{"builder", "Builder", []permission{{"assign_org_role", "create", false}, {"template", "read", false}}},
	{"changer", "Changer", []permission{{"assign_org_role", "update", false}, {"template", "read", false}}},
	{"shell", "Shell", []permission{{"workspace", "ssh", false}}},
	{"no-shell", "No shell", []permission{{"workspace", "ssh", true}}},
	{"peek", "Peek", []permission{{"organization_member", "read", false}}},
	{"ci", "CI", []permission{{"template", "read", false}}},
}

// enter makes some of the cast, and all of its roles.
func enter(names ...string) func(*testing.T, *webtest.Site) {
	return func(t *testing.T, s *webtest.Site) {
		t.Helper()
		for _, r := range castRoles {
			do(t, s, webtest.Request{Path: roles, As: webtest.Owner, JSON: r})
		}
		held := map[string]string{sshUser: "shell", denied: "no-shell"}
		for _, c := range cast {
			if !contains(names, c.name) {
				continue
			}
			s.AddUser(t, c.name, c.organization)
			role := c.name
			if held[c.name] != "" {
				role = held[c.name]
			}
			if c.roles != "" {
				do(t, s, webtest.Request{Path: c.roles, As: webtest.Owner, JSON: map[string]any{"roles": []string{role}}})
			} else {
				do(t, s, webtest.Request{Method: http.MethodPut, Path: "/users/" + c.name + "/status/suspend", As: webtest.Owner})
			}
		}
	}
}

// wholeCast makes the whole cast.
func wholeCast(t *testing.T, s *webtest.Site) {
	t.Helper()
	var names []string
	for _, c := range cast {
		names = append(names, c.name)
	}
	enter(names...)(t, s)
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// do sends what must work.
func do(t *testing.T, s *webtest.Site, r webtest.Request) *webtest.Response {
	t.Helper()
	res := s.Do(t, r)
	if res.StatusCode >= 300 {
		t.Fatalf("%s %s: got %d\n%s", r.Method, r.Path, res.StatusCode, res.Body)
	}
	return res
}

// The requests of the tables. A form that is not nil makes browsers send one.

func get(as, path string) webtest.Request { return webtest.Request{As: as, Path: path} }

func add(as, user string) webtest.Request {
	return webtest.Request{As: as, Method: http.MethodPost, Path: members + "/" + user, Form: url.Values{}}
}

func remove(as, user string) webtest.Request {
	return webtest.Request{As: as, Method: http.MethodDelete, Path: members + "/" + user, Form: url.Values{}}
}

func assign(as, user string, names ...string) webtest.Request {
	if names == nil {
		names = []string{}
	}
	return webtest.Request{
		As: as, Method: http.MethodPut, Path: members + "/" + user + "/roles",
		JSON: map[string]any{"roles": names}, Form: url.Values{"roles": {"1"}, "role": names},
	}
}

// send is a request with a body that only programs send; a string is sent as it is.
func send(as, method, path string, body any) webtest.Request {
	return webtest.Request{As: as, Method: method, Path: path, JSON: body}
}

// row is a row of a table that changes nothing.
func row(name string, r webtest.Request, status int, has string) webtest.Row {
	return webtest.Row{Name: name, Request: r, Status: status, Has: has}
}

// The words for refusals that clients look for.
const (
	notFound  = "Resource not found or you do not have access to this resource"
	forbidden = "Forbidden."
	signedOut = "signed out"
	badUser   = `"user" must be an existing uuid or username.`
	badJSON   = "Request body must be valid JSON."
	badQuery  = "Query parameters have invalid values."
	badValues = "Validation failed."
)
