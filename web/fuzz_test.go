package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// FuzzRoleForm: a form of a role is taken or refused with an error of ours, and puts in nothing that it does not name.
func FuzzRoleForm(f *testing.F) {
	for _, seed := range []string{
		"name=ci&version=7", "name=ci&org.template.read=allow&org.*.read=deny", "org..=allow", "org.a.b.c=allow", "site.user.read=&user.file.read=deny",
		"org.template.read=allow&org.template.read=deny", "%zz", "=", "version=99999999999999999999", "name=%00&display_name=%ff", "org.%2a.%2a=allow",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		stored := &org.Role{Name: "ci", Organization: []rbac.Permission{{ResourceType: "template", Action: "read"}}}
		got, err := received(typeForm, body, true).decodeRole(uuid.Nil).Read()
		got = got.Over(stored)
		if err != nil {
			if strings.HasPrefix(told(err), "not ours") {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		for _, p := range got.Organization {
			if p != stored.Organization[0] && !strings.Contains(body, "=allow") && !strings.Contains(body, "=deny") && !strings.Contains(body, "%") {
				t.Errorf("%q gives %v", body, p)
			}
		}
		if len(stored.Organization) != 1 {
			t.Errorf("%q changed what is stored", body)
		}
	})
}

// FuzzRole: a role as JSON is taken or refused with an error of ours.
func FuzzRole(f *testing.F) {
	for _, seed := range []string{
		`{"name":"ci","organization_permissions":[{"resource_type":"template","action":"read"}]}`, `{"organization_permissions":{"a":[{}]}}`,
		`{"site_permissions":[{"negate":"yes"}]}`, `{"user_permissions":null}`, `{"organization_permissions":[null,1,"x",[]]}`,
		`{"organization_permissions":{"00000000-0000-0000-0000-000000000001":[{"resource_type":"*","action":"*","negate":true}]}}`,
	} {
		f.Add(seed)
	}
	id := uuid.MustParse("00000000-0000-0000-0000-000000000001")
	f.Fuzz(func(t *testing.T, body string) {
		got, err := received(typeJSON, body, false).decodeRole(id).Read()
		if err != nil && strings.HasPrefix(told(err), "not ours") {
			t.Errorf("%q: %v", body, err)
		}
		if n := len(got.Organization) + len(got.Site) + len(got.User); n > strings.Count(body, "{") {
			t.Errorf("%q has %d permissions", body, n)
		}
	})
}

// FuzzLocalPath: every destination after signing in is on this server, for every reader of URLs.
func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{
		"/users?q=1", "//e.x", `/\e.x`, "/%5ce.x", "https:e.x", "javascript:1", "/a//..//e.x", "/%0d%0aLocation:x", "/login?next=/", "/\t/e.x", "/./e.x", "/.//e.x",
		"/%2f%2fe.x", "\\\\e.x", "/@e.x", "http:///e.x", "/organizations/default/members#x", "/..;/e.x",
	} {
		f.Add(seed)
	}
	base, _ := url.Parse("https://rolecall.test/login")
	f.Fuzz(func(t *testing.T, where string) {
		got := localPath(where, "")
		if got == "" {
			return
		}
		u, err := base.Parse(got)
		if err != nil || u.Host != base.Host || u.Scheme != "https" || !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\r\n\t\x00") {
			t.Errorf("%q leads to %q", where, got)
		}
		w := httptest.NewRecorder()
		http.Redirect(w, httptest.NewRequest(http.MethodGet, "/login", nil), got, http.StatusSeeOther)
		if to := w.Header().Get("Location"); !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
			t.Errorf("%q leads to %q", where, to)
		}
	})
}

// FuzzQuery: the parameters of a list are read or refused, whatever they are.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"", "limit=1&offset=2", "limit=-1", "limit=99999999999", "limit=1&limit=2", "%zz", "sort=-username", "sort=--", "status=x&role=a&role=b", "after_id=x", ";", "q=%00%ff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		c := received("", "", false)
		c.request().URL.RawQuery = query
		filter, err := c.memberFilter()
		if err != nil {
			return
		}
		if filter.Limit < 0 || filter.Offset < 0 {
			t.Errorf("%q: limit %d, offset %d", query, filter.Limit, filter.Offset)
		}
	})
}
