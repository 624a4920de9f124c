package web_test

import (
	"fmt"
	"net/http"
	"testing"

	"rolecall.example/web/webtest"
)

// TestManagedBy: whoever comes from a directory says so in every list and answer, with the group that gives a role; nobody else
// does, and what the directory has stopped giving is not named any more.
func TestManagedBy(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	c := newDirectory(t, s, "acme")
	done(t, s, webtest.Request{Method: http.MethodPut, Path: "/organizations/acme/directory/rules", As: webtest.Owner,
		JSON: `{"rules":[{"match":"displayName","value":"eng-oncall","role":"organization-auditor"}]}`})
	user := c.make("/Users", `{"userName":"ida@example.com","displayName":"Ida","emails":[{"value":"ida@example.com"}]}`)
	group := c.make("/Groups", fmt.Sprintf(`{"displayName":"eng-oncall","members":[{"value":%q}]}`, user))
	done(t, s, webtest.Request{Method: http.MethodPost, Path: "/organizations/acme/members/" + webtest.Member, As: webtest.Owner})
	type managed []struct {
		Source, Name string
		Rules        []string
	}
	type row struct {
		Username  string
		Roles     []struct{ Name string }
		ManagedBy managed `json:"managed_by"`
	}
	of := func(what, path, username string) managed {
		t.Helper()
		var list []row
		res := s.Do(t, webtest.Request{Path: path, As: webtest.Owner})
		switch what {
		case "page":
			var pages []struct{ Members []row } // as the documents have it
			res.Decode(&pages)
			list = pages[0].Members
		case "users":
			var page struct{ Users []row }
			res.Decode(&page)
			list = page.Users
		case "list":
			res.Decode(&list)
		default:
			list = make([]row, 1)
			res.Decode(&list[0])
		}
		for _, r := range list {
			if r.Username == username {
				return r.ManagedBy
			}
		}
		t.Fatalf("%s has no %s: %s", path, username, res.Body)
		return nil
	}
	paths := [][2]string{
		{"list", "/organizations/acme/members"}, {"list", "/organizations/acme/members?q=ida"}, {"page", "/organizations/acme/paginated-members?limit=10"},
		{"one", "/organizations/acme/members/%s"}, {"users", "/users"}, {"user", "/users/%s"},
	}
	for _, p := range paths {
		path := p[1]
		if p[0] == "one" || p[0] == "user" {
			path = fmt.Sprintf(path, "ida")
		}
		want := "[{scim:acme acme [eng-oncall]}]"
		if p[0] == "users" || p[0] == "user" {
			want = "[{scim:acme acme []}]"
		}
		if got := of(p[0], path, "ida"); fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", path, got, want)
		}
	}
	if got := of("list", "/organizations/acme/members", webtest.Member); got != nil {
		t.Errorf("a member by hand is managed by %v", got)
	}
	var effective []struct {
		Roles     []struct{ Name string }
		ManagedBy managed `json:"managed_by"`
	}
	s.Do(t, webtest.Request{Path: "/organizations/acme/members/ida/permissions", As: webtest.Owner}).Decode(&effective)
	given := 0
	for _, line := range effective {
		if len(line.Roles) == 1 && line.Roles[0].Name == "organization-auditor" {
			given++
			if fmt.Sprint(line.ManagedBy) != "[{scim:acme  [eng-oncall]}]" {
				t.Errorf("a permission by the group: %v", line.ManagedBy)
			}
		} else if line.ManagedBy != nil && len(line.Roles) == 0 {
			t.Errorf("a permission that no role gives: %v", line.ManagedBy)
		}
	}
	if given == 0 {
		t.Error("no permission comes from the group")
	}
	c.want(http.StatusNoContent, http.MethodDelete, "/Groups/"+group, "")
	if got := of("list", "/organizations/acme/members", "ida"); fmt.Sprint(got) != "[{scim:acme acme []}]" {
		t.Errorf("without the group: %v", got)
	}
}
