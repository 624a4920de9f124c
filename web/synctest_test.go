package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/web/webtest"
)

// TestSyncTester checks what the tester of rules answers, to whom, and that it stores nothing.
func TestSyncTester(t *testing.T) {
	t.Parallel()
	s := webtest.New(t, webtest.Providers("okta"))
	home := s.Organizations[webtest.Default].ID.String()
	at := time.Now().UTC()
	for name, claims := range map[string]string{"member": `{"groups":["eng"]}`, "outsider": `{"groups":["eng","x"]}`, "admin": `["groups"]`} {
		s.Exec(t, "INSERT INTO user_identities (issuer, subject, provider, user_id, email, created_at, last_login_at, claims) VALUES ('https://okta.example.com', ?, 'okta', ?, '', ?, ?, ?)",
			name, s.ID(name), at, at, claims)
	}
	s.Exec(t, "INSERT INTO sync_rules (id, provider, kind, organization_id, field, mapping, assign_default, version, updated_at) VALUES (?, 'okta', 'roles', ?, 'groups', ?, ?, 1, ?)",
		uuid.NewString(), home, `{"eng":["organization-auditor"]}`, false, at)
	before := s.State(t)
	const path = "/settings/idpsync/test"
	for _, c := range []struct {
		as, body string
		status   int
		says     []string
	}{
		{webtest.Member, `{"claims":{}}`, 403, []string{"idpsync_settings:read"}},
		{webtest.Admin, `{"claims":{}}`, 403, nil},
		{webtest.Owner, `{}`, 400, []string{`"field":"claims"`}},
		{webtest.Owner, `{"provider":"none","claims":{}}`, 400, []string{`"field":"provider"`}},
		{webtest.Owner, `{"user":"nobody"}`, 400, nil},
		{webtest.Owner, `{"user":"rival"}`, 400, []string{`"field":"user"`, "has never signed in with"}},
		{webtest.Owner, `{"user":"admin"}`, 400, []string{"more claims"}},
		{webtest.Owner, `{"draft":{"roles":{"nowhere":{"field":"groups"}},"site_roles":{"field":"groups","mapping":{"glob:*":["owner"]}}}}`, 400,
			[]string{`draft.roles[\"nowhere\"]`, "patterns give no roles of the site"}},
		{webtest.Owner, `{"claims":{"groups":["eng"]}}`, 200, []string{`"states":{"groups":"values"}`, `"organizations":[]`, `"roles":[]`, `"held":[]`}}, // no member
		{webtest.Owner, `{"provider":"okta","user":"member"}`, 200, []string{
			`"roles":[{"organization_id":"` + home + `","role":"organization-auditor","rule":"roles:eng","change":"add"}]`, `"unmatched":[]`,
			`"impact":{"people":1,"complete":false,"losses":[],"gains":[{"organization_id":"` + home + `",`, `"role":"organization-auditor","people":1,"sample":["member"]}]}`,
		}},
		{webtest.Owner, `{"user":"member","claims":{}}`, 200, []string{`"states":{"groups":"absent"}`, `"roles":[]`}},
		{webtest.Owner, `{"user":"outsider","draft":{"organization":{"field":"groups","mapping":{"x":["` + home + `"]},"organization_assign_default":false},
			"roles":{"default":{"field":"groups","mapping":{"glob:e*":["organization-auditor"]}}}}}`, 200, []string{
			`"organizations":[{"id":"` + home + `","name":`, `"rule":"organization:x","change":"add"}]`, `"rule":"roles:eng","change":"add"}]`,
			`"people":2,`, `"role":"organization-member","people":1,"sample":["outsider"]}`,
		}},
	} {
		res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: path, As: c.as, JSON: c.body})
		if res.StatusCode != c.status {
			t.Errorf("%s as %s: got %d\n%s", c.body, c.as, res.StatusCode, res.Body)
		}
		for _, text := range c.says {
			if !strings.Contains(string(res.Body), text) {
				t.Errorf("%s as %s: %s is missing in\n%s", c.body, c.as, text, res.Body)
			}
		}
	}
	if diff := cmp.Diff(before, s.State(t)); diff != "" {
		t.Errorf("it stores something (-before +after)\n%s", diff)
	}
}

// TestSyncRelease checks who may let a source go on, and that it must be held.
func TestSyncRelease(t *testing.T) {
	t.Parallel()
	s := webtest.New(t, webtest.Providers("okta"))
	s.Exec(t, "INSERT INTO sync_sources (source, held_at, reason) VALUES ('oidc:okta', ?, 'x')", time.Now().UTC())
	for _, c := range []struct {
		as, query, body string
		status          int
	}{
		{webtest.Member, "?source=oidc:okta", "", 403},
		{webtest.Owner, "", "", 400},
		{webtest.Owner, "?source=oidc:google", "", 404},
		{webtest.Owner, "?source=oidc:okta", `{"action":"drop"}`, 400},
		{webtest.Owner, "?source=oidc:okta", `{"action":"keep"}`, 400},
		{webtest.Owner, "?source=oidc:okta", "", 200},
		{webtest.Owner, "?source=oidc:okta", "", 404},
	} {
		r := webtest.Request{Method: http.MethodPost, Path: "/settings/idpsync/release" + c.query, As: c.as}
		if c.body != "" {
			r.JSON = c.body
		}
		if res := s.Do(t, r); res.StatusCode != c.status {
			t.Errorf("%s %s as %s: got %d\n%s", c.query, c.body, c.as, res.StatusCode, res.Body)
		}
	}
}
