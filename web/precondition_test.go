package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// TestABA: what was deleted and made again under the same name is another thing, though its versions begin again at 1.
func TestABA(t *testing.T) {
	t.Parallel()
	aba := role{"aba", "", nil}
	for name, tt := range map[string]struct {
		read    string // whose ETag counts
		again   func(t *testing.T, s *webtest.Site)
		changes []webtest.Request
	}{
		"role": {
			roles + "/aba",
			func(t *testing.T, s *webtest.Site) {
				done(t, s, webtest.Request{Method: http.MethodDelete, Path: roles + "/aba"})
				done(t, s, webtest.Request{Method: http.MethodPut, Path: roles, JSON: aba})
			},
			[]webtest.Request{
				{Method: http.MethodPut, Path: roles, JSON: role{"aba", "Mine", nil}, Form: url.Values{"name": {"aba"}, "display_name": {"Mine"}}},
				{Method: http.MethodDelete, Path: roles + "/aba"},
			},
		},
		"membership": {
			members + "/outsider",
			func(t *testing.T, s *webtest.Site) {
				done(t, s, webtest.Request{Method: http.MethodDelete, Path: members + "/outsider"})
				done(t, s, webtest.Request{Method: http.MethodPost, Path: members + "/outsider"})
			},
			[]webtest.Request{
				{Method: http.MethodPut, Path: members + "/outsider/roles", JSON: `{"roles":["aba"]}`, Form: url.Values{"roles": {"1"}, "role": {"aba"}}},
				{Method: http.MethodDelete, Path: members + "/outsider"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := webtest.New(t)
			done(t, s, webtest.Request{Method: http.MethodPut, Path: roles, JSON: aba})
			done(t, s, webtest.Request{Method: http.MethodPost, Path: members + "/outsider"})
			stale := s.Get(t, webtest.Owner, tt.read).Header.Get("ETag")
			tt.again(t, s)
			now := s.Get(t, webtest.Owner, tt.read).Header.Get("ETag")
			if !strings.HasPrefix(stale, `"1-`) || !strings.HasPrefix(now, `"1-`) || stale == now {
				t.Fatalf("the ETags are %s and %s", stale, now)
			}
			for _, r := range tt.changes {
				r.As = webtest.Owner
				for _, match := range []string{stale, `"1"`, "1"} {
					try := r
					try.Form, try.Header = nil, http.Header{"If-Match": {match}}
					if res := s.Do(t, try); res.StatusCode != http.StatusPreconditionFailed {
						t.Errorf("%s, If-Match %s: got %d\n%s", r.Method, match, res.StatusCode, res.Body)
					}
				}
				if r.Form == nil {
					continue
				}
				for _, version := range []string{strings.Trim(stale, `"`), "1"} {
					try := r
					try.Form.Set("version", version)
					if res := s.Send(t, webtest.Page, try); res.StatusCode != http.StatusConflict {
						t.Errorf("%s, version %s: got %d\n%.500s", r.Method, version, res.StatusCode, res.Body)
					}
				}
			}
			if got := s.Get(t, webtest.Owner, tt.read).Header.Get("ETag"); got != now {
				t.Errorf("something changed: %s, was %s", got, now)
			}
			for _, r := range tt.changes {
				r.As, r.Header, r.Form = webtest.Owner, http.Header{"If-Match": {now}}, nil
				res := s.Do(t, r)
				if res.StatusCode >= 300 {
					t.Errorf("%s, If-Match %s: got %d\n%s", r.Method, now, res.StatusCode, res.Body)
				}
				now = res.Header.Get("ETag")
			}
		})
	}
}

// done sends what must succeed.
func done(t *testing.T, s *webtest.Site, r webtest.Request) *webtest.Response {
	t.Helper()
	r.As = webtest.Owner
	res := s.Do(t, r)
	if res.StatusCode >= 300 {
		t.Fatalf("%s %s: got %d\n%s", r.Method, r.Path, res.StatusCode, res.Body)
	}
	return res
}

// compared are the changes that compare If-Match, by method and path, with what they need and where the ETag is read.
var compared = map[string]struct {
	path, json, read string
}{
	"DELETE /organizations/{organization}/members/{user}":                  {members + "/member", "", members + "/member"},
	"PUT /organizations/{organization}/members/{user}/roles":               {members + "/member/roles", `{"roles":["organization-auditor"]}`, members + "/member/roles"},
	"PUT /organizations/{organization}/members/{user}/roles/{roleName}":    {members + "/member/roles/organization-auditor", "{}", members + "/member/roles"},
	"DELETE /organizations/{organization}/members/{user}/roles/{roleName}": {members + "/member/roles/organization-member", "", members + "/member/roles"},
	"PUT /users/{user}/roles/{roleName}":                                   {"/users/member/roles/auditor", "{}", "/users/member/roles"},
	"DELETE /users/{user}/roles/{roleName}":                                {"/users/admin/roles/auditor", "", "/users/admin/roles"},
	"PUT /organizations/{organization}/members/roles":                      {roles, `{"name":"ci","display_name":"Mine"}`, roles + "/ci"},
	"DELETE /organizations/{organization}/members/roles/{roleName}":        {roles + "/ci", "", roles + "/ci"},
	"POST /organizations/{organization}/members/roles/{roleName}/restore":  {roles + "/ci/restore", `{"restore":1}`, roles + "/ci"},
	"PATCH /users/roles":                                {"/users/roles", `{"name":"site-ci","display_name":"Mine"}`, "/users/roles/site-ci"},
	"DELETE /users/roles/{roleName}":                    {"/users/roles/site-ci", "", "/users/roles/site-ci"},
	"POST /users/roles/{roleName}/restore":              {"/users/roles/site-ci/restore", `{"restore":1}`, "/users/roles/site-ci"},
	"DELETE /users/{user}":                              {"/users/member", "", "/users/member"},
	"PUT /users/{user}/profile":                         {"/users/member/profile", `{"username":"member","name":"New"}`, "/users/member"},
	"PUT /users/{user}/password":                        {"/users/member/password", `{"password":"correct horse battery"}`, "/users/member"},
	"POST /users/{user}/offboard":                       {"/users/member/offboard", `{"suspend":true}`, "/users/member"},
	"PUT /users/{user}/status/suspend":                  {"/users/member/status/suspend", "", "/users/member"},
	"PUT /users/{user}/status/activate":                 {"/users/member/status/activate", "", "/users/member"},
	"PUT /users/{user}/roles":                           {"/users/member/roles", `{"roles":["auditor"]}`, "/users/member/roles"},
	"PATCH /organizations/{organization}":               {"/organizations/empty", `{"display_name":"New"}`, "/organizations/empty"},
	"DELETE /organizations/{organization}":              {"/organizations/empty", "", "/organizations/empty"},
	"PATCH /organizations/{organization}/directory":     {"/organizations/default/directory", `{"fuse_people":20}`, "/organizations/default/directory"},
	"PUT /organizations/{organization}/directory/rules": {"/organizations/default/directory/rules", `{"rules":[{"match":"displayName","value":"eng","role":"organization-auditor"}]}`, "/organizations/default/directory/rules"},
	"PUT /catalog":                                      {"/catalog?replace=1", `{"format":"rolecall/catalog/1","product":"papers","label":"Papers","types":{"report":{"label":"Report","plural":"Reports","actions":{"read":"See"}}}}`, "/catalog"},
	"POST /catalog/rollback":                            {"/catalog/rollback", `{"version":1}`, "/catalog"},
}

// TestIfMatchEverywhere: no change leaves If-Match out of account: it compares, or says that there is nothing to compare.
func TestIfMatchEverywhere(t *testing.T) {
	t.Parallel()
	param := regexp.MustCompile(`\{\w+\}`)
	for _, route := range web.Routes() {
		if route.Method == http.MethodGet || route.Access != web.SignedIn {
			continue
		}
		key := route.Method + " " + route.Path
		c, compares := compared[key]
		if !compares {
			c.path = param.ReplaceAllStringFunc(route.Path, func(p string) string {
				return map[string]string{"{organization}": "default", "{user}": "member", "{roleName}": "ci"}[p]
			})
			c.path = strings.ReplaceAll(c.path, "//", "/x/")
			if strings.HasSuffix(c.path, "/") {
				c.path += "x"
			}
		}
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			s := webtest.New(t)
			withRole(role{"ci", "CI", nil})(t, s)
			done(t, s, webtest.Request{Path: roles, JSON: role{"ci", "Second", nil}})
			done(t, s, webtest.Request{Method: http.MethodPatch, Path: "/users/roles", JSON: role{Name: "site-ci"}})
			done(t, s, webtest.Request{Method: http.MethodPatch, Path: "/users/roles", JSON: role{Name: "site-ci", DisplayName: "Second"}})
			done(t, s, webtest.Request{Method: http.MethodPost, Path: "/organizations", JSON: `{"name":"empty"}`})
			if route.Path == "/catalog/rollback" {
				done(t, s, webtest.Request{Method: http.MethodPut, Path: compared["PUT /catalog"].path, JSON: compared["PUT /catalog"].json, Header: http.Header{"If-Match": {`"1"`}}})
			}
			if key == "DELETE /users/{user}/roles/{roleName}" {
				done(t, s, webtest.Request{Method: http.MethodPut, Path: c.path, JSON: "{}"})
			}
			if strings.Contains(route.Path, "/directory") {
				done(t, s, webtest.Request{Method: http.MethodPatch, Path: "/organizations/default/directory", JSON: `{"name":"Okta"}`})
			}
			if strings.HasSuffix(c.path, "/activate") {
				done(t, s, webtest.Request{Method: http.MethodPut, Path: "/users/member/status/suspend"})
			}
			send := func(header, value string) *webtest.Response {
				r := webtest.Request{Method: route.Method, Path: c.path, As: webtest.Owner, Header: http.Header{header: {value}}}
				if c.json != "" {
					r.JSON = c.json
				}
				return s.Do(t, r)
			}
			before := ""
			if compares {
				before = s.Get(t, webtest.Owner, c.read).Header.Get("ETag")
			}
			for _, match := range []string{`"nope"`, `"1"`, ","} {
				if match == before {
					continue // the catalog's tags are numbers
				}
				res := send("If-Match", match)
				if res.StatusCode != http.StatusPreconditionFailed || compares == (strings.Contains(res.Text(), "This resource has no version.")) {
					t.Errorf("If-Match %q: got %d\n%.300s", match, res.StatusCode, res.Body)
				}
				if compares && !sameTag(res.Header.Get("ETag"), before) {
					t.Errorf("If-Match %q: ETag %s, want %s", match, res.Header.Get("ETag"), before)
				}
			}
			for _, match := range []string{"*", `"x"`} {
				onlyNew := match == "*" && (route.Path == "/users/roles" || route.Method == http.MethodPut && strings.HasSuffix(route.Path, "/members/roles"))
				res := send("If-None-Match", match)
				if res.StatusCode != http.StatusPreconditionFailed || onlyNew != (strings.Contains(res.Text(), "This role exists already.")) {
					t.Errorf("If-None-Match %s: got %d\n%.300s", match, res.StatusCode, res.Body)
				}
			}
			if !compares {
				return
			}
			if got := s.Get(t, webtest.Owner, c.read).Header.Get("ETag"); before == "" || got != before {
				t.Errorf("a refused change was made: %s, was %q", got, before)
			}
			if res := send("If-Match", before); res.StatusCode >= 300 {
				t.Errorf("If-Match %s: got %d\n%.300s", before, res.StatusCode, res.Body)
			}
			if got := s.Get(t, webtest.Owner, c.read).Header.Get("ETag"); got == before {
				t.Errorf("the ETag is still %s", got)
			}
		})
	}
}

// TestOnlyNew: with If-None-Match: * a role is made, and never replaced; who may make roles needs no right to change them.
func TestOnlyNew(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, path := range []string{roles, "/users/roles"} {
		r := webtest.Request{Method: http.MethodPut, Path: path, As: webtest.Owner, JSON: role{Name: "only"}, Header: http.Header{"If-None-Match": {"*"}}}
		if path == "/users/roles" {
			r.Method = http.MethodPatch
		}
		res := s.Do(t, r)
		if res.StatusCode != 200 {
			t.Fatalf("%s: got %d\n%s", path, res.StatusCode, res.Body)
		}
		etag := res.Header.Get("ETag")
		r.JSON = role{Name: "Only", DisplayName: "Mine"}
		if res := s.Do(t, r); res.StatusCode != 412 || res.Header.Get("ETag") != etag || res.Error().Message != "This role exists already." {
			t.Errorf("%s: got %d, ETag %s\n%s", path, res.StatusCode, res.Header.Get("ETag"), res.Body)
		}
		r.Header = http.Header{"If-None-Match": {"*"}, "If-Match": {"*"}} // what is new has no version
		r.JSON = role{Name: "other"}
		if res := s.Do(t, r); res.StatusCode != 412 {
			t.Errorf("%s with both headers: got %d\n%s", path, res.StatusCode, res.Body)
		}
	}
	// On a dry run, too.
	r := webtest.Request{Method: http.MethodPut, Path: roles + "?dry_run=1", As: webtest.Owner, JSON: role{Name: "only"}, Header: http.Header{"If-None-Match": {"*"}}}
	if res := s.Do(t, r); res.StatusCode != 412 {
		t.Errorf("dry run: got %d\n%s", res.StatusCode, res.Body)
	}
}
