package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/web/webtest"
)

// TestQueries: what is asked often takes so many statements of the database, no more and no less, and so many round trips to
// PostgreSQL. Each flow runs twice, and the second run counts: callers and roles are known by then, the answer is not.
// docs/architecture.md has the same numbers.
func TestQueries(t *testing.T) {
	t.Parallel()
	const list = "/api/v2/organizations/default/paginated-members?limit="
	s, statements := webtest.NewTraced(t)
	withRole(role{"ci", "CI", []permission{{"template", "read", false}}})(t, s)
	_, err := s.Service.CreateUser(t.Context(), s.Subject(t, webtest.Owner), org.Given(org.NewUser{
		Email: "wendy@example.com", Username: "wendy", LoginType: org.LoginNone, Status: org.StatusActive,
		OrganizationIDs: []uuid.UUID{s.Organizations[webtest.Default].ID},
	}))
	if err != nil {
		t.Fatal(err)
	}
	session := http.Header{"Cookie": {s.Cookie(t, webtest.Admin)}}
	save := func(action, version, step string) *webtest.Response {
		form := url.Values{"name": {"ci"}, "display_name": {"CI"}, "version": {version}, "org.template." + action: {"allow"}, "do": {step}}
		return s.Send(t, webtest.Fragment, webtest.Request{Method: http.MethodPut, Path: roles, Form: form, Header: session})
	}
	flows := []struct {
		name         string
		file, server int // statements on SQLite, on PostgreSQL
		trips        int // round trips to PostgreSQL
		run          func(round int) []*webtest.Response
	}{
		{"a page of members as JSON", 2, 3, 5, func(round int) []*webtest.Response {
			return []*webtest.Response{s.Get(t, webtest.Admin, list+[]string{"25", "26"}[round])}
		}},
		{"a page of members as a fragment", 3, 4, 6, func(int) []*webtest.Response {
			return []*webtest.Response{s.Send(t, webtest.Fragment, webtest.Request{Path: list + "25", Header: session})}
		}},
		{"the roles of a member", 10, 10, 7, func(round int) []*webtest.Response {
			given := [][]string{{"ci"}, {"ci", "organization-auditor"}}[round]
			return []*webtest.Response{s.Do(t, webtest.Request{Path: members + "/wendy/roles", As: webtest.Admin, JSON: map[string][]string{"roles": given}})}
		}},
		{"the review of a role, and its save", 15, 17, 17, func(round int) []*webtest.Response {
			action, version := []string{"update", "delete"}[round], roleTag(t, s, "ci", int64(round+1))
			statements.Take() // those that found the version
			return []*webtest.Response{save(action, version, "review"), save(action, version, "")}
		}},
	}
	for _, flow := range flows {
		var ran []string
		var trips int
		for round := range 2 {
			statements.Take()
			for _, res := range flow.run(round) {
				if res.StatusCode != http.StatusOK {
					t.Fatalf("%s: got %d\n%s", flow.name, res.StatusCode, res.Body)
				}
			}
			trips = statements.Trips()
			ran = statements.Take()
		}
		want := flow.file
		if dbtest.OnServer() {
			want = flow.server
			if trips != flow.trips {
				t.Errorf("%s: %d round trips, want %d", flow.name, trips, flow.trips)
			}
		}
		if len(ran) != want {
			t.Errorf("%s: %d statements, want %d:\n\t%s", flow.name, len(ran), want, strings.Join(ran, "\n\t"))
		}
	}
}
