package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/rbac"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// Tests named after what SECURITY.md promises, over every route that there is.

// anything is a body in which every endpoint that takes one finds something.
func anything(t *testing.T, method, path string) any {
	t.Helper()
	return webtest.Understood(t, method, path, map[string]any{
		"roles": []string{}, "name": "swapped", "display_name": "Swapped", "organization_permissions": []any{}, "site_permissions": []any{},
		"user_permissions": []any{}, "username": "swapped", "email": "swapped@example.com", "password": "correct horse battery stable",
		"old_password": webtest.Password, "token_name": "swapped", "version": 1, "action": "remove", "users": []string{}, "user": "me",
		"checks": map[string]any{}, "organization_ids": []string{},
	})
}

func anyForm() url.Values {
	return url.Values{
		"roles": {"1"}, "name": {"swapped"}, "username": {"swapped"}, "email": {"swapped@example.com"}, "password": {"correct horse battery stable"},
		"version": {"1"}, "action": {"remove"},
	}
}

var parameter = regexp.MustCompile(`\{[a-zA-Z]+\}`)

// pathWith puts values into the parameters of a path; ok reports whether it has any of those that are swapped.
func pathWith(path string, values map[string]string, swapped ...string) (filled string, ok bool) {
	for _, name := range swapped {
		ok = ok || strings.Contains(path, "{"+name+"}")
	}
	filled = parameter.ReplaceAllStringFunc(path, func(p string) string { return values[strings.Trim(p, "{}")] })
	return filled, ok
}

// B5, T13, C11, T22: every id of one organization, on every route and by every way, is to the administrator of another
// exactly what an id is that nothing has. And nothing is changed by trying.
func TestB5_SwappedIds(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	s.AddUser(t, "hidden-person", webtest.Default)
	role := webtest.Request{As: webtest.Owner, Path: members + "/roles", JSON: map[string]any{"name": "night-shift", "organization_permissions": []any{}}}
	if res := s.Do(t, role); res.StatusCode != 200 {
		t.Fatalf("%s", res.Body)
	}
	assign := webtest.Request{As: webtest.Owner, Path: members + "/hidden-person/roles", JSON: map[string]any{"roles": []string{"night-shift"}}}
	if res := s.Do(t, assign); res.StatusCode != 200 {
		t.Fatalf("%s", res.Body)
	}
	entry := s.Query(t, "SELECT id FROM audit_logs WHERE organization_id = ? AND resource_type = 'organization_member' ORDER BY seq DESC LIMIT 1", s.Organizations[webtest.Default].ID.String())[0][0]
	s.AddUser(t, "chief", webtest.Other) // runs the organization, and may read nobody outside of it
	for _, r := range []webtest.Request{
		{Path: "/organizations/other/members/roles", JSON: map[string]any{"name": "chief", "organization_permissions": everything()}},
		{Path: "/organizations/other/members/chief/roles", JSON: map[string]any{"roles": []string{"chief"}}},
	} {
		if r.As = webtest.Owner; s.Do(t, r).StatusCode != 200 {
			t.Fatalf("%s: %s", r.Path, s.Do(t, r).Body)
		}
	}
	nobody := uuid.NewString()
	home, member := s.Organizations[webtest.Default].ID.String(), s.ID("hidden-person")
	tokenID, _, _ := strings.Cut(s.Token("hidden-person"), "-")
	const other = webtest.Other
	swaps := []struct {
		name           string
		as             string
		swapped        string
		foreign, empty map[string]string
	}{
		{"organization by id", webtest.Rival, "organization", values(home, member, "night-shift", entry), values(nobody, member, "night-shift", entry)},
		{"organization by name", webtest.Rival, "organization", values("default", "hidden-person", "night-shift", entry), values("nowhere", "hidden-person", "night-shift", entry)},
		{"own user, foreign organization", webtest.Rival, "organization", values(home, "me", "organization-admin", entry), values(nobody, "me", "organization-admin", entry)},
		{"user by id", "chief", "user", values(other, member, "organization-auditor", tokenID), values(other, nobody, "organization-auditor", tokenID)},
		{"user by name", "chief", "user", values(other, "hidden-person", "organization-auditor", tokenID), values(other, "nobody-at-all", "organization-auditor", tokenID)},
		{"role", webtest.Rival, "roleName", values(other, "rival", "night-shift", entry), values(other, "rival", "night-shirt", entry)},
		{"id", webtest.Rival, "id", values(other, "me", "", tokenID), values(other, "me", "", "0123456789")},
		{"entry", webtest.Rival, "id", values(other, "me", "", entry), values(other, "me", "", nobody)},
	}
	before := s.State(t)
	tried := 0
	for _, r := range web.Routes() {
		for _, swap := range swaps {
			foreign, ok := pathWith(r.Path, swap.foreign, swap.swapped)
			empty, _ := pathWith(r.Path, swap.empty, swap.swapped)
			if !ok || strings.Contains(r.Path, "password/{secret}") || foreign == empty {
				continue
			}
			for _, way := range []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment} {
				if way.Browser() && !r.Offers(web.Page) || way == webtest.JSON && !r.Offers(web.API) {
					continue
				}
				tried++
				a, b := swappedAnswer(t, s, way, r, swap.as, foreign), swappedAnswer(t, s, way, r, swap.as, empty)
				if diff := sameAnswer(a, b, swap.foreign, swap.empty); diff != "" {
					t.Errorf("%s: %s %s %s: %s", swap.name, way, r.Method, foreign, diff)
				}
				if a.StatusCode < 400 && a.StatusCode != http.StatusSeeOther {
					t.Errorf("%s: %s %s %s: got %d", swap.name, way, r.Method, foreign, a.StatusCode)
				}
			}
		}
	}
	if tried < 150 {
		t.Errorf("only %d requests were compared", tried)
	}
	if diff := cmp.Diff(before, s.State(t)); diff != "" {
		t.Errorf("something was changed\n%s", diff)
	}
}

func values(organization, user, role, id string) map[string]string {
	return map[string]string{"organization": organization, "user": user, "roleName": role, "id": id, "provider": "none", "invitation": "0199c6a4-53a1-7000-8000-5e1f3c0a9b21"}
}

// everything is the permissions to run an organization.
func everything() (list []map[string]any) {
	for _, area := range rbac.Default().Areas() {
		for _, kind := range area.Types {
			for _, a := range kind.Actions {
				if slices.Contains([]string{"organization_member", "assign_org_role", "organization", "audit_log"}, kind.Name) {
					list = append(list, map[string]any{"resource_type": kind.Name, "action": a.Name})
				}
			}
		}
	}
	return list
}

func swappedAnswer(t *testing.T, s *webtest.Site, way webtest.Way, r web.Route, as, path string) *webtest.Response {
	t.Helper()
	req := webtest.Request{Method: r.Method, Path: path, As: as, Unchecked: true}
	if r.Method != http.MethodGet && r.Method != http.MethodDelete {
		req.JSON, req.Form = anything(t, r.Method, path), anyForm()
	}
	if r.Method == http.MethodDelete && way.Browser() {
		req.Form = url.Values{}
	}
	return s.Send(t, way, req)
}

// sameAnswer says how two answers differ beyond what was asked for.
func sameAnswer(a, b *webtest.Response, asked, other map[string]string) string {
	if a.StatusCode != b.StatusCode {
		return fmt.Sprintf("got %d, an id that nothing has gets %d: %.300s / %.300s", a.StatusCode, b.StatusCode, a.Text(), b.Text())
	}
	x, y := neutral(a, asked), neutral(b, other)
	if !bytes.Equal(x, y) {
		at := 0
		for at < min(len(x), len(y)) && x[at] == y[at] {
			at++
		}
		at = max(0, at-80)
		return fmt.Sprintf("differs from what an id gets that nothing has\n%.200s\n%.200s", x[min(at, len(x)):], y[min(at, len(y)):])
	}
	for name := range a.Header {
		if v := a.Header.Get(name); name != "X-Request-Id" && name != "Content-Length" && name != "Location" && v != b.Header.Get(name) {
			return fmt.Sprintf("header %s is %q and %q", name, v, b.Header.Get(name))
		}
	}
	return ""
}

// madeAt is when a page was made.
var madeAt = regexp.MustCompile(`<time class="dim" datetime="[^"]*" data-exact>[^<]*`)

// neutral is the body without what the request itself said, without its number and its time.
func neutral(r *webtest.Response, asked map[string]string) []byte {
	body := bytes.ReplaceAll(r.Body, []byte(r.Header.Get("X-Request-Id")), []byte("REQUEST"))
	body = madeAt.ReplaceAll(body, nil)
	for _, name := range []string{"organization", "user", "roleName", "id"} {
		if v := asked[name]; len(v) > 3 {
			body = bytes.ReplaceAll(body, []byte(v), []byte("ASKED"))
		}
	}
	return body
}

// C3, T51: every unsafe route refuses what another site's page makes a browser send, whatever it would have done; and
// no safe one changes anything.
func TestC3_CrossSiteRequests(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	before := s.State(t)
	for _, r := range web.Routes() {
		path, _ := pathWith(r.Path, values("default", "member", "organization-auditor", uuid.NewString()))
		if r.Method == http.MethodGet {
			for _, way := range []webtest.Way{webtest.JSON, webtest.Page, webtest.Fragment} {
				s.Send(t, way, webtest.Request{Path: strings.ReplaceAll(path, "*", "app.css"), As: webtest.Owner, Unchecked: true})
				s.Send(t, way, webtest.Request{Method: http.MethodHead, Path: strings.ReplaceAll(path, "*", "app.css"), As: webtest.Owner, Unchecked: true})
			}
			continue
		}
		for _, h := range []http.Header{
			{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"http://rolecall.test"}},
			{"Sec-Fetch-Site": {""}, "Origin": {"https://evil.example"}}, {"Sec-Fetch-Site": {""}, "Origin": {"null"}},
			{"Sec-Fetch-Site": {""}, "Origin": {"http://rolecall.test.evil.example"}}, {"Sec-Fetch-Site": {""}, "Origin": {"http://rolecall.test:81"}},
		} {
			for _, prefix := range []string{"", "/api/v2"} {
				if prefix != "" && !r.Offers(web.API) {
					continue
				}
				req := webtest.Request{Method: r.Method, Path: prefix + path, As: webtest.Owner, Form: anyForm(), Header: h, Unchecked: true}
				if res := s.Send(t, webtest.Page, req); res.StatusCode != http.StatusForbidden {
					t.Errorf("%s %s with %v: got %d", r.Method, req.Path, h, res.StatusCode)
				}
				req.Header = h.Clone()
				req.Header.Set("Cookie", s.Cookie(t, webtest.Owner))
				req.As, req.Form, req.JSON = "", nil, anything(t, r.Method, path)
				if res := s.Send(t, webtest.JSON, req); res.StatusCode != http.StatusForbidden {
					t.Errorf("%s %s as JSON with %v: got %d", r.Method, req.Path, h, res.StatusCode)
				}
			}
		}
	}
	if diff := cmp.Diff(before, s.State(t)); diff != "" {
		t.Errorf("something was changed by reading, or by what was refused\n%s", diff)
	}
}

// C7, D6, T21: what every answer has, and that none of what needs a signature answers without one.
func TestC7_HeadersOfEveryRoute(t *testing.T) {
	t.Parallel()
	s := webtest.New(t, func(o *web.Options) { o.Secure = true })
	for _, r := range web.Routes() {
		path, _ := pathWith(r.Path, values("default", "member", "organization-auditor", uuid.NewString()))
		path = strings.ReplaceAll(path, "*", "none.css")
		for _, as := range []string{"", webtest.Member} {
			req := webtest.Request{Method: r.Method, Path: path, As: as, Unchecked: true}
			if r.Method != http.MethodGet {
				req.JSON = "{"
			}
			res := s.Do(t, req)
			if as == "" && r.Access != web.Public && res.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s %s by a stranger: got %d", r.Method, path, res.StatusCode)
			}
			if res.StatusCode >= 500 {
				t.Errorf("%s %s: got %d", r.Method, path, res.StatusCode)
			}
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
				"Referrer-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
				"Access-Control-Allow-Origin": "", "Access-Control-Allow-Credentials": "", "Server": "", "X-Powered-By": "",
			} {
				if name == "Referrer-Policy" && r.Path == "/invitations/{invitation}" && r.Access == web.Public {
					want = "no-referrer" // the path has a secret
				}
				if got := res.Header.Get(name); got != want {
					t.Errorf("%s %s: %s is %q, want %q", r.Method, path, name, got, want)
				}
			}
			if policy := res.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
				t.Errorf("%s %s: the policy is %q", r.Method, path, policy)
			}
			if cache := res.Header.Get("Cache-Control"); !strings.HasPrefix(path, "/static/") && path != "/.well-known/rolecall-keys" && cache != "private, no-cache" && cache != "no-store" {
				t.Errorf("%s %s: Cache-Control is %q", r.Method, path, cache)
			}
			if kind := res.Header.Get("Content-Type"); len(res.Body) > 0 && !strings.Contains(kind, "charset=utf-8") && kind != "application/vnd.rolecall.snapshot" && kind != "application/scim+json" {
				t.Errorf("%s %s: Content-Type is %q", r.Method, path, kind)
			}
		}
	}
}

// B6, T15: ids in the body or the query never win over those in the path.
func TestB6_PathWins(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	extra := map[string]any{
		"organization_id": s.Organizations[webtest.Default].ID, "organization": "default", "user_id": s.ID(webtest.Member), "user": "member", "id": s.ID(webtest.Owner),
		"is_owner": true, "built_in": true, "updated_at": "2001-01-01T00:00:00Z", "created_at": "2001-01-01T00:00:00Z", "assignable": false, "status": "suspended",
		"login_type": "none", "hashed_password": "x", "is_default": true, "site_roles": []string{"owner"}, "global_roles": []string{"owner"}, "member_count": 99,
	}
	query := "?organization=default&organization_id=" + s.Organizations[webtest.Default].ID.String() + "&user=member&id=1&_method=DELETE"
	with := func(more map[string]any) map[string]any {
		all := map[string]any{}
		for _, m := range []map[string]any{extra, more} {
			for k, v := range m {
				all[k] = v
			}
		}
		return all
	}
	members := s.Query(t, "SELECT * FROM organization_members WHERE organization_id = ?", s.Organizations[webtest.Default].ID.String())
	for _, r := range []webtest.Request{
		{As: webtest.Rival, Method: "PUT", Path: "/organizations/other/members/roles" + query, JSON: with(map[string]any{"name": "night", "organization_permissions": []any{}})},
		{As: webtest.Rival, Method: "PATCH", Path: "/organizations/other" + query, JSON: with(map[string]any{"display_name": "Other"})},
		{As: webtest.Rival, Method: "PUT", Path: "/users/me/profile" + query, JSON: with(map[string]any{"name": "Rival"})},
		{As: webtest.Owner, Method: "POST", Path: "/organizations/other/members/outsider" + query, JSON: with(nil)},
		{As: webtest.Owner, Method: "PUT", Path: "/organizations/other/members/outsider/roles" + query, JSON: with(map[string]any{"roles": []string{"organization-auditor"}})},
	} {
		r.Unchecked = true
		whole := r.JSON.(map[string]any)
		if res := s.Do(t, r); res.StatusCode != 400 {
			t.Errorf("%s %s with fields that mean nothing: got %d %s", r.Method, r.Path, res.StatusCode, res.Body)
		}
		if r.JSON = webtest.Understood(t, r.Method, r.Path, whole); r.JSON == nil {
			r.JSON = "{}"
		}
		if res := s.Do(t, r); res.StatusCode >= 400 {
			t.Errorf("%s %s: got %d %s", r.Method, r.Path, res.StatusCode, res.Body)
		}
	}
	if after := s.Query(t, "SELECT * FROM organization_members WHERE organization_id = ?", s.Organizations[webtest.Default].ID.String()); fmt.Sprint(after) != fmt.Sprint(members) {
		t.Errorf("members of the other organization changed\n%v\n%v", members, after)
	}
	for query, want := range map[string]string{
		"SELECT count(*) FROM roles WHERE organization_id = (SELECT id FROM organizations WHERE name = 'default')":        "0",
		"SELECT count(*) FROM users WHERE status <> 'active' OR created_at < (SELECT min(created_at) FROM organizations)": "0",
		"SELECT count(*) FROM user_roles WHERE role = 'owner'":                                                            "1",
		"SELECT name FROM organizations WHERE is_default":                                                                 "default",
		"SELECT count(*) FROM users WHERE name = 'Rival'":                                                                 "1",
	} {
		if got := s.Query(t, query)[0][0]; got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

// B5: the cursor of a list reveals nothing of an account that the caller may not read.
func TestB5_AfterHiddenAccounts(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	after := func(id string) *webtest.Response {
		return s.Get(t, webtest.Member, "/users?after_id="+id)
	}
	nobody := after(uuid.NewString())
	if nobody.StatusCode != 400 || !strings.Contains(string(nobody.Body), `{"field":"after_id","detail":"Query param \"after_id\" names no member"}`) {
		t.Errorf("after nobody: got %d %s", nobody.StatusCode, nobody.Body)
	}
	for _, name := range []string{webtest.Admin, webtest.Owner, webtest.Outsider, webtest.Rival} {
		if hidden := after(s.ID(name)); hidden.StatusCode != nobody.StatusCode || !bytes.Equal(hidden.Body, nobody.Body) {
			t.Errorf("after %s: got %d %s", name, hidden.StatusCode, hidden.Body)
		}
	}
	if own := after(s.ID(webtest.Member)); own.StatusCode != 200 {
		t.Errorf("after oneself: got %d %s", own.StatusCode, own.Body)
	}
	// The count is that of all.
	res := s.Get(t, webtest.Owner, "/users?after_id="+s.ID(webtest.Outsider))
	var page struct {
		Users []struct{ Username string }
		Count int
	}
	if err := json.Unmarshal(res.Body, &page); err != nil || page.Count != 5 || len(page.Users) != 2 || page.Users[0].Username != "owner" {
		t.Errorf("the owner, after outsider: got %d %s, %v", res.StatusCode, res.Body, err)
	}
}
