package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"rolecall.example/web/webtest"
)

// TestFirstAdministrator: a new organization begins with its administrator, oneself or another, made by who may assign that role
// alone; a bad name changes nothing and is told of with the rest.
func TestFirstAdministrator(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	create := func(as string, body map[string]any) *webtest.Response {
		t.Helper()
		return s.Do(t, webtest.Request{As: as, Method: http.MethodPost, Path: "/organizations", JSON: body})
	}
	held := func(organization string) map[string]string {
		t.Helper()
		out := map[string]string{}
		for _, row := range s.Query(t, `SELECT u.username, m.roles FROM organization_members m JOIN users u ON u.id = m.user_id
			JOIN organizations o ON o.id = m.organization_id WHERE o.name = '`+organization+`'`) {
			out[row[0]] = row[1]
		}
		return out
	}
	const admin = "organization-admin"
	if res := create(webtest.Owner, map[string]any{"name": "labs", "first_administrator": "member@example.com"}); res.StatusCode != 201 {
		t.Fatalf("got %d\n%s", res.StatusCode, res.Body)
	}
	if got := held("labs"); len(got) != 2 || got[webtest.Member] != admin || got[webtest.Owner] != "" {
		t.Errorf("labs has %v", got)
	}
	if n := len(s.Query(t, "SELECT id FROM audit_logs WHERE resource_type = 'organization_member' AND action = 'create' AND resource_target = 'member' AND organization_id = (SELECT id FROM organizations WHERE name = 'labs')")); n != 1 {
		t.Errorf("%d entries tell of the administrator", n)
	}
	if res := create(webtest.Owner, map[string]any{"name": "own", "first_administrator": "me"}); res.StatusCode != 201 {
		t.Fatalf("oneself: got %d\n%s", res.StatusCode, res.Body)
	}
	if got := held("own"); len(got) != 1 || got[webtest.Owner] != admin {
		t.Errorf("own has %v", got)
	}
	res := create(webtest.Owner, map[string]any{"name": "not a name", "first_administrator": "nobody-at-all"})
	if res.StatusCode != 400 || len(res.Error().Validations) != 2 {
		t.Errorf("two mistakes: got %d\n%s", res.StatusCode, res.Body)
	}
	s.Exec(t, "UPDATE users SET status = 'suspended' WHERE username = 'outsider'")
	if res := create(webtest.Owner, map[string]any{"name": "gone", "first_administrator": "outsider"}); res.StatusCode != 400 || len(held("gone")) != 0 {
		t.Errorf("one who is suspended: got %d", res.StatusCode)
	}

	role := map[string]any{"name": "founder", "site_permissions": []map[string]any{{"resource_type": "organization", "action": "create"}}, "user_permissions": []any{}}
	if res := s.Do(t, webtest.Request{As: webtest.Owner, Method: http.MethodPatch, Path: "/users/roles", JSON: role}); res.StatusCode != 200 {
		t.Fatalf("got %d\n%s", res.StatusCode, res.Body)
	}
	if res := s.Do(t, webtest.Request{As: webtest.Owner, Method: http.MethodPut, Path: "/users/member/roles", JSON: map[string]any{"roles": []string{"founder"}}}); res.StatusCode != 200 {
		t.Fatalf("got %d\n%s", res.StatusCode, res.Body)
	}
	if res := create(webtest.Member, map[string]any{"name": "mine", "first_administrator": "me"}); res.StatusCode != 403 || len(held("mine")) != 0 {
		t.Errorf("one who may create and not assign: got %d", res.StatusCode)
	}
	if page := s.Send(t, webtest.Page, webtest.Request{As: webtest.Member, Path: "/organizations/new"}); page.Document().Find("[name=first_administrator]").Length() != 0 {
		t.Error("the form offers what is refused")
	}
	form := url.Values{"name": {"by-form"}, "first_administrator": {"owner"}, "form_id": {"0123456789abcdef"}}
	if res := s.Send(t, webtest.Page, webtest.Request{As: webtest.Owner, Path: "/organizations", Form: form}); res.StatusCode != 303 || held("by-form")[webtest.Owner] != admin {
		t.Errorf("the form: got %d, %v", res.StatusCode, held("by-form"))
	}
}
