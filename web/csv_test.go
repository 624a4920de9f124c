package web_test

import (
	"encoding/csv"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/web/webtest"
)

// TestListsAsCSV: what a list shows is in its file, a row each, and the file is named by what it holds.
func TestListsAsCSV(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	role := map[string]any{"name": "mixed", "display_name": "Mixed, once", "organization_permissions": []map[string]any{
		{"resource_type": "template", "action": "read"}, {"resource_type": "template", "action": "delete", "negate": true},
	}}
	empty := map[string]any{"name": "empty", "display_name": "", "organization_permissions": []any{}}
	for _, r := range []any{role, empty} {
		if res := s.Do(t, webtest.Request{Method: http.MethodPut, Path: roles, As: webtest.Owner, JSON: r}); res.StatusCode != http.StatusOK {
			t.Fatalf("got %d %s", res.StatusCode, res.Body)
		}
	}
	id := s.Organizations[webtest.Default].ID.String()
	for _, tt := range []struct {
		path, file string
		rows       int
		head       string
		has        []string
	}{
		{"/users", "users", 5, "id,username,name,email,status,login_type,is_service_account,roles,created_at,updated_at,last_seen_at,organization_ids", nil},
		{"/users?q=rival", "users", 1, "id,username", nil},
		{roles, "roles-default", 0, "role,display_name,organization_id,built_in,level,resource_type,action,effect", []string{
			`mixed,"Mixed, once",` + id + ",false,organization,template,delete,deny",
			`mixed,"Mixed, once",` + id + ",false,organization,template,read,allow",
			"empty,," + id + ",false,,,,",
			"organization-auditor,Organization Auditor," + id + ",true,organization,audit_log,read,allow",
		}},
		{"/users/roles", "roles", 0, "role,", nil},
		{"/organizations/default/who-can?resource_type=organization_member&action=delete", "who-can-default", 3, "id,username,name,email,status,member,suspended,kind,via_role,level,from,until,question,own,organization,revision,asked_at,asked_by", []string{"#complete,2,,,,,,,,,,,,,,,,"}},
	} {
		res := s.Do(t, webtest.Request{Path: tt.path, As: webtest.Owner, Header: http.Header{"Accept": {"text/csv"}}})
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/csv; charset=utf-8" {
			t.Errorf("%s: got %d %s", tt.path, res.StatusCode, res.Body)
			continue
		}
		name := regexp.MustCompile(`^attachment; filename="` + tt.file + `-\d{4}-\d\d-\d\d-[\w-]{4,8}\.csv"$`)
		if got := res.Header.Get("Content-Disposition"); !name.MatchString(got) {
			t.Errorf("%s: the file is %s", tt.path, got)
		}
		lines := strings.Split(strings.TrimSuffix(string(res.Body), "\r\n"), "\r\n")
		if !strings.HasPrefix(lines[0], tt.head) || tt.rows > 0 && len(lines) != tt.rows+1 {
			t.Errorf("%s: got %d rows\n%s", tt.path, len(lines)-1, res.Body)
		}
		if _, err := csv.NewReader(strings.NewReader(string(res.Body))).ReadAll(); err != nil {
			t.Errorf("%s: %v", tt.path, err)
		}
		for _, want := range tt.has {
			if !slices.Contains(lines, want) {
				t.Errorf("%s: there is no row %s\n%s", tt.path, want, cmp.Diff(want, lines))
			}
		}
	}
	// A file is refused as the list is.
	res := s.Do(t, webtest.Request{Path: roles, As: webtest.Outsider, Header: http.Header{"Accept": {"text/csv"}}})
	if res.StatusCode != http.StatusNotFound || strings.Contains(res.Header.Get("Content-Type"), "csv") {
		t.Errorf("roles as an outsider: got %d %s", res.StatusCode, res.Body)
	}
}

// TestSourcesInFile: the file of members says where the records come from that somebody has now, in a list and in a search.
func TestSourcesInFile(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	next := time.Now().Add(time.Hour).UTC()
	places[0].record(t, s, "organization-auditor", "oidc:okta", next)
	places[0].record(t, s, "organization-auditor", "invite", time.Now().Add(-time.Hour).UTC())
	for _, query := range []string{"", "?q=member"} {
		res := s.Do(t, webtest.Request{Path: members + query, As: webtest.Owner, Header: http.Header{"Accept": {"text/csv"}}})
		rows, err := csv.NewReader(strings.NewReader(string(res.Body))).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Fatalf("%d %v\n%s", res.StatusCode, err, res.Body)
		}
		want := map[string]string{"admin": "manual", "member": "manual oidc:okta"}
		for _, row := range rows[1:] {
			if sources, asked := want[row[1]]; asked && row[len(row)-1] != sources {
				t.Errorf("%s%s: %s has %q, want %q", members, query, row[1], row[len(row)-1], sources)
			}
			delete(want, row[1])
		}
		if query == "" && len(want) > 0 || want["member"] != "" {
			t.Errorf("%s%s: there is nobody called %v", members, query, want)
		}
	}
}
