package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// TestDryRun: every write of members and roles can be asked what it would do; nothing of it happens.
func TestDryRun(t *testing.T) {
	t.Parallel()
	read := []permission{{"template", "read", false}}
	stored := role{"ci", "CI", read}
	tests := []struct {
		name           string
		r              webtest.Request
		status         int
		members, gains int
		losses         int
	}{
		{"new role", webtest.Request{Method: http.MethodPost, Path: roles, JSON: role{"two", "", read}}, 200, 0, 0, 0},
		{"role", webtest.Request{Method: http.MethodPut, Path: roles, JSON: role{"ci", "CI", []permission{{"template", "delete", false}}}}, 200, 1, 1, 1},
		{"role deleted", webtest.Request{Method: http.MethodDelete, Path: roles + "/ci"}, 200, 1, 0, 1},
		{"version of a role", webtest.Request{Method: http.MethodPost, Path: roles + "/ci/restore", JSON: `{"restore":1}`}, 200, 0, 0, 0},
		{"roles of a member", webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", JSON: `{"roles":[]}`}, 200, 1, 0, 1},
		{"same roles", webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", JSON: `{"roles":["ci"]}`}, 200, 0, 0, 0},
		{"bulk", webtest.Request{Method: http.MethodPost, Path: members, JSON: `{"action":"remove-role","role":"ci","users":["member","admin"]}`}, 200, 1, 0, 1},
		{"not held", webtest.Request{Method: http.MethodPut, Path: roles, JSON: role{"ci", "CI", []permission{{"workspace", "ssh", false}}}}, 400, 0, 0, 0},
		{"own roles", webtest.Request{Method: http.MethodPut, Path: members + "/admin/roles", JSON: `{"roles":[]}`}, 400, 0, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, wire := range []web.Wire{web.Documented, web.SDK} {
				s := webtest.New(t, webtest.Wire(wire))
				withRole(stored)(t, s)
				s.Do(t, webtest.Request{Path: members + "/member/roles", As: webtest.Admin, JSON: `{"roles":["ci"]}`})
				r := tt.r
				r.As, r.Path = webtest.Admin, r.Path+"?dry_run=1"
				res := s.Do(t, r)
				if res.StatusCode != tt.status {
					t.Fatalf("got %d\n%s", res.StatusCode, res.Body)
				}
				if tt.status == 200 {
					var i struct {
						DryRun        bool `json:"dry_run"`
						Members       int
						Gains, Losses []struct{ Action string }
					}
					res.Decode(&i)
					if !i.DryRun || i.Members != tt.members || len(i.Gains) != tt.gains || len(i.Losses) != tt.losses {
						t.Errorf("impact is %s", res.Body)
					}
				}
				if diff := cmp.Diff(&stored, readRole(t, s, "ci")); diff != "" || readRole(t, s, "two") != nil {
					t.Errorf("a role changed\n%s", diff)
				}
				if got := rolesOf(t, s, "member"); !cmp.Equal(got, []string{"ci"}) {
					t.Errorf("the member holds %v", got)
				}
			}
		})
	}
}

// TestDryRunIsNeverAWrite: what is meant as a question and not understood, or not answered there, is refused.
func TestDryRunIsNeverAWrite(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for path, r := range map[string]webtest.Request{
		members + "/member?dry_run=yes":         {Method: http.MethodDelete},
		members + "/member?dry_run=1&dry_run=1": {Method: http.MethodDelete},
		members + "/outsider?dry_run=1":         {Method: http.MethodPost},
		"/users/member?dry_run=true":            {Method: http.MethodDelete},
	} {
		r.Path, r.As = path, webtest.Owner
		if res := s.Do(t, r); res.StatusCode != 400 || !strings.Contains(res.Text(), "dry_run") {
			t.Errorf("%s: got %d\n%s", path, res.StatusCode, res.Body)
		}
	}
	if got := s.Get(t, webtest.Owner, members+"/member").StatusCode; got != 200 {
		t.Errorf("the member is gone: %d", got)
	}
	if got := s.Get(t, webtest.Owner, members+"/outsider").StatusCode; got != 404 {
		t.Errorf("a member was added: got %d members", got)
	}
	form := webtest.Request{Method: http.MethodDelete, Path: members + "/member?dry_run=1", As: webtest.Admin, Form: url.Values{}}
	if res := s.Send(t, webtest.Page, form); res.StatusCode != 200 || s.Get(t, webtest.Owner, members+"/member").StatusCode != 200 {
		t.Errorf("a form: %d", res.StatusCode)
	}
}

// TestIfMatch: a change that names the version it began from is refused over another one, with the one that is stored
// and who saved it.
func TestIfMatch(t *testing.T) {
	t.Parallel()
	siteRole := role{Name: "site-ci"}
	tests := []struct {
		name, read string
		r          webtest.Request
	}{
		{"role", roles + "/ci", webtest.Request{Method: http.MethodPut, Path: roles, JSON: role{"ci", "Mine", nil}}},
		{"role deleted", roles + "/ci", webtest.Request{Method: http.MethodDelete, Path: roles + "/ci"}},
		{"assignment", members + "/member/roles", webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", JSON: `{"roles":["organization-auditor"]}`}},
		{"membership ended", members + "/member", webtest.Request{Method: http.MethodDelete, Path: members + "/member"}},
		{"site role", "/users/roles/site-ci", webtest.Request{Method: http.MethodPatch, Path: "/users/roles", JSON: role{Name: "site-ci", DisplayName: "Mine"}}},
		{"site role deleted", "/users/roles/site-ci", webtest.Request{Method: http.MethodDelete, Path: "/users/roles/site-ci"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := webtest.New(t)
			withRole(role{"ci", "CI", nil})(t, s)
			s.Do(t, webtest.Request{Path: members + "/member/roles", As: webtest.Admin, JSON: `{"roles":["ci"]}`})
			s.Do(t, webtest.Request{Method: http.MethodPatch, Path: "/users/roles", As: webtest.Owner, JSON: siteRole})
			etag := s.Get(t, webtest.Owner, tt.read).Header.Get("ETag")
			if etag == "" {
				t.Fatal("no ETag to begin from")
			}
			r := tt.r
			r.As = webtest.Owner
			version, _, _ := strings.Cut(strings.Trim(etag, `"`), "-")
			for _, match := range []string{`"99"`, `"` + version + `"`, version, `"x"`, `W/` + etag, `"98", "99"`} {
				r.Header = http.Header{"If-Match": {match}}
				res := s.Do(t, r)
				if res.StatusCode != 412 || !sameTag(res.Header.Get("ETag"), etag) {
					t.Errorf("If-Match %s: got %d, ETag %q, want %q\n%s", match, res.StatusCode, res.Header.Get("ETag"), etag, res.Body)
				}
				if detail := res.Error().Detail; !strings.Contains(detail, " saved it on ") || strings.HasPrefix(detail, "Somebody") {
					t.Errorf("If-Match %s: who and when? %s", match, detail)
				}
			}
			if got := s.Get(t, webtest.Owner, tt.read).Header.Get("ETag"); got != etag {
				t.Errorf("a refused change was made: %s", got)
			}
			for _, match := range []string{"*", `"99", ` + etag} {
				try := r
				try.Path, try.Header = r.Path+"?dry_run=1", http.Header{"If-Match": {match}}
				if res := s.Do(t, try); res.StatusCode >= 300 {
					t.Errorf("If-Match %s: got %d\n%s", match, res.StatusCode, res.Body)
				}
			}
			r.Header = http.Header{"If-Match": {etag}}
			if res := s.Do(t, r); res.StatusCode >= 300 {
				t.Errorf("If-Match %s: got %d\n%s", etag, res.StatusCode, res.Body)
			}
			r.Header = http.Header{"If-Match": {"*"}} // what is gone has no version, and is refused as everywhere
			want := 200
			if r.Method == http.MethodDelete {
				want = 404
			}
			if res := s.Do(t, r); res.StatusCode != want {
				t.Errorf("If-Match * afterwards: got %d, want %d\n%s", res.StatusCode, want, res.Body)
			}
		})
	}
}

// TestMissingPermission: the page of a refusal names the permission and the roles that give it.
func TestMissingPermission(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, way := range []webtest.Way{webtest.Page, webtest.Fragment} {
		res := s.Send(t, way, webtest.Request{Path: roles + "/new", As: webtest.Member})
		text := res.Text()
		if res.StatusCode != 403 || !strings.Contains(text, "assign_org_role:create") || !strings.Contains(text, "Organization Admin") || !strings.Contains(text, "Forbidden.") {
			t.Errorf("%s: got %d\n%s", way, res.StatusCode, text)
		}
	}
	res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: roles, As: webtest.Member, JSON: role{Name: "x"}})
	if e := res.Error(); res.StatusCode != 403 || e.Message != "Forbidden." || !strings.Contains(e.Detail, "assign_org_role:create") {
		t.Errorf("JSON: %+v", e)
	}
}

// TestWarning: a site owner who takes away the last person who can manage an organization is warned before, as JSON and on
// the page; all others are refused.
func TestWarning(t *testing.T) {
	t.Parallel()
	const warning = "No one in Acme will be able to manage it."
	s := webtest.New(t)
	name := regexp.MustCompile(`"display_name":"([^"]*)"`).FindStringSubmatch(s.Get(t, webtest.Owner, strings.TrimSuffix(members, "/members")).Text())[1]
	want := strings.Replace(warning, "Acme", name, 1)
	for path, r := range map[string]webtest.Request{
		members + "/admin?dry_run=1":       {Method: http.MethodDelete},
		members + "/admin/roles?dry_run=1": {Method: http.MethodPut, JSON: `{"roles":[]}`},
		members + "?dry_run=1":             {Method: http.MethodPost, JSON: `{"action":"remove","users":["admin"]}`},
	} {
		r.Path, r.As = path, webtest.Owner
		if res := s.Do(t, r); res.StatusCode != 200 || !strings.Contains(res.Text(), `"warning":"`+want+`"`) {
			t.Errorf("%s: got %d\n%s", path, res.StatusCode, res.Body)
		}
	}
	page := s.Send(t, webtest.Page, webtest.Request{Method: http.MethodPost, Path: members, As: webtest.Owner, Form: url.Values{"action": {"remove"}, "users": {"admin"}}})
	if page.StatusCode != 200 || !strings.Contains(page.Text(), want) {
		t.Errorf("the page that asks back: %d\n%s", page.StatusCode, page.Body)
	}
	if res := s.Do(t, webtest.Request{Method: http.MethodDelete, Path: members + "/member?dry_run=1", As: webtest.Owner}); strings.Contains(res.Text(), "warning") {
		t.Errorf("it warns of nothing: %s", res.Body)
	}
}

// sameTag compares tags of a membership by the membership's part: one that shows the account has more.
func sameTag(a, b string) bool {
	cut := func(tag string) string { head, _, _ := strings.Cut(strings.Trim(tag, `"`), "."); return head }
	return cut(a) == cut(b)
}
