package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// suspendMember suspends the plain member, who holds a role.
func suspendMember(t *testing.T, s *webtest.Site) {
	t.Helper()
	giveRole(t, s, "reader", []rbac.Permission{readTemplate}, "member")
	if _, _, err := s.Service.SetStatus(t.Context(), s.Service.Operator(), "member", org.StatusSuspended, nil); err != nil {
		t.Fatal(err)
	}
}

// Decisions, their explanations and pages say no about a suspended account, whatever roles it holds.
func TestSuspendedMayNothing(t *testing.T) {
	t.Parallel()
	const path = "/organizations/default/members/member"
	r := webtest.Request{Path: path + "?action=read&resource_type=template&explain=1", As: webtest.Admin}
	webtest.InEveryWay(t, r, 200, suspendMember, func(t *testing.T, way webtest.Way, s *webtest.Site, res *webtest.Response) {
		if way.Browser() {
			doc := res.Document()
			if !strings.HasSuffix(doc.Find(".verdict h2").Text(), "the account is suspended.") || doc.Find(".verdict.ok").Length() > 0 ||
				!strings.HasPrefix(doc.Find(".verdict p").Text(), "If it were active: yes") {
				t.Errorf("the verdict is %s", doc.Find(".verdict").Text())
			}
			if doc.Find(".changes li").Length() > 0 || !strings.Contains(doc.Find(".changes").Text(), "activating the account") {
				t.Errorf("what would change it: %s", doc.Find(".changes").Text())
			}
			if way == webtest.Page && !strings.Contains(doc.Text(), "Suspended: none of this applies now.") {
				t.Error("the list of permissions does not say that none applies")
			}
			return
		}
		var got struct{ Explanation explained }
		res.Decode(&got)
		e := got.Explanation
		if e.Allowed || e.Verdict != "No. The account is suspended." || len(e.Levels) != 3 || e.Levels[1].Vote != "allow" || !e.Levels[1].Decides {
			t.Errorf("%+v", e)
		}
	})
	s := webtest.New(t)
	suspendMember(t, s)
	body := map[string]any{"user": "member", "checks": map[string]any{"k": map[string]any{
		"action": "read", "object": map[string]any{"resource_type": "template", "organization_id": s.Organizations[webtest.Default].ID.String()},
	}}}
	for query, want := range map[string]string{"": `{"errors":{"k":{"code":"suspended",`, "?explain=1": `"k":false`} {
		res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/api/v2/authcheck" + query, As: webtest.Owner, JSON: body})
		if res.StatusCode != 200 || !strings.Contains(string(res.Body), want) || strings.Contains(string(res.Body), `"allowed":true`) {
			t.Errorf("authcheck%s: %d %s", query, res.StatusCode, res.Body)
		}
	}
	if page := s.Send(t, webtest.Page, webtest.Request{Path: "/organizations/default/members/admin", As: webtest.Owner}); strings.Contains(string(page.Body), "Suspended:") {
		t.Error("an active member's page says that it is suspended")
	}
}

// A request for decisions takes a token of the limiter for every check, twenty for one to be explained, and at least one.
func TestAuthCheckTakesTokens(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		checks int
		query  string
		passes int // of requests, with 40 tokens
	}{
		{"none", 0, "", 40},
		{"one", 1, "", 40},
		{"twenty", 20, "", 2},
		{"twenty-one", 21, "", 1},
		{"more than the bucket holds", 1000, "", 1},
		{"one explained", 1, "?explain=1", 2},
		{"two explained", 2, "?explain=1", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := webtest.New(t, limited(10), func(o *web.Options) { o.CheckRateLimit = 40 })
			checks := map[string]any{}
			for i := range tt.checks {
				checks[fmt.Sprint(i)] = map[string]any{"action": "read", "object": map[string]any{
					"resource_type": "template", "organization_id": s.Organizations[webtest.Default].ID.String(),
				}}
			}
			body := map[string]any{"checks": checks, "user": "member"}
			for i := range tt.passes + 1 {
				want := 200
				if i == tt.passes {
					want = 429
				}
				res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/api/v2/authcheck" + tt.query, As: webtest.Admin, JSON: body})
				if res.StatusCode != want {
					t.Fatalf("request %d answers %d, want %d: %.300s", i+1, res.StatusCode, want, res.Body)
				}
			}
		})
	}
	s := webtest.New(t)
	checks := map[string]any{}
	for i := range 21 {
		checks[fmt.Sprint(i)] = map[string]any{"action": "read", "object": map[string]any{"resource_type": "template"}}
	}
	res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/api/v2/authcheck?explain=1", As: webtest.Admin, JSON: map[string]any{"checks": checks}})
	if res.StatusCode != 400 || !strings.Contains(string(res.Body), "may hold at most 20 checks with explain, found 21") {
		t.Errorf("%d %s", res.StatusCode, res.Body)
	}
}
