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

// TestOrganizationSyncTester checks what the tester of an organization answers: of that organization and its members alone, to those
// who look after its rules, and without what the site decides by.
func TestOrganizationSyncTester(t *testing.T) {
	t.Parallel()
	s := webtest.New(t, webtest.Providers("okta"))
	home, away := s.Organizations[webtest.Default].ID.String(), s.Organizations[webtest.Other].ID.String()
	at := time.Now().UTC()
	for name, claims := range map[string]string{
		"member": `{"groups":["eng"],"desk":"vip"}`, "outsider": `{"groups":["eng"]}`, "rival": `{"groups":["eng"]}`, "admin": `["groups"]`,
	} {
		s.Exec(t, "INSERT INTO user_identities (issuer, subject, provider, user_id, email, created_at, last_login_at, claims) VALUES ('https://okta.example.com', ?, 'okta', ?, '', ?, ?, ?)",
			name, s.ID(name), at, at, claims)
	}
	rules := func(kind string, place any, field, mapping string) {
		s.Exec(t, "INSERT INTO sync_rules (id, provider, kind, organization_id, field, mapping, assign_default, version, updated_at) VALUES (?, 'okta', ?, ?, ?, ?, ?, 1, ?)",
			uuid.NewString(), kind, place, field, mapping, false, at)
	}
	rules("organization", nil, "desk", `{"vip":["`+home+`","`+away+`"]}`)
	rules("roles", away, "groups", `{"eng":["organization-admin"]}`)
	before := s.State(t)
	const draft = `"draft":{"field":"groups","mapping":{"glob:e*":["organization-auditor","gone"]}}`
	gains := `"gains":[{"organization_id":"` + home + `","organization":"Default","role":"organization-auditor","people":1,"sample":["member"]}]`
	for _, c := range []struct {
		as, body string
		status   int
		says     []string
	}{
		{webtest.Member, `{"claims":{}}`, 403, []string{"idpsync_settings:read"}},
		{webtest.Rival, `{"claims":{}}`, 404, nil},
		{webtest.Rival, `{"claims":{},"provider":"none"}`, 404, nil},
		{webtest.Admin, `{}`, 400, []string{`"field":"claims"`}},
		{webtest.Admin, `{"user":"rival"}`, 400, []string{`"field":"user","detail":"\"rival\" is no member of the organization"`}},
		{webtest.Admin, `{"user":"nobody"}`, 400, []string{`"field":"user","detail":"\"nobody\" is no member of the organization"`}},
		{webtest.Owner, `{"user":"rival"}`, 400, []string{"is no member"}},
		{webtest.Admin, `{"claims":{},"draft":{"field":"a\u0007","mapping":{"":["x"]}}}`, 400, []string{`"draft.field"`, `"draft.mapping[\"\"]"`}},
		{webtest.Admin, `{"claims":{"groups":["eng","x"],"desk":"vip"},` + draft + `}`, 200, []string{
			`"states":{"groups":"values"}`, `"unmatched":["x"]`, `"site_roles":[]`,
			`"organizations":[{"id":"` + home + `","name":"Default","rule":"","change":"add"}]`,
			`"roles":[{"organization_id":"` + home + `","role":"organization-auditor","rule":"roles:eng","change":"add"}]`, gains,
		}},
		{webtest.Admin, `{"user":"member",` + draft + `}`, 200, []string{`"people":1,"complete":false`, `"losses":[]`, gains}},
		{webtest.Admin, `{"user":"member"}`, 200, []string{`"states":{}`, `"roles":[]`}},
		{webtest.Owner, `{"user":"member",` + draft + `}`, 200, []string{`"states":{"desk":"values","groups":"values"}`, `"rule":"organization:vip"`, gains}},
	} {
		res := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/organizations/default/settings/idpsync/test", As: c.as, JSON: c.body})
		if res.StatusCode != c.status {
			t.Errorf("%s as %s: got %d\n%s", c.body, c.as, res.StatusCode, res.Body)
		}
		for _, text := range c.says {
			if !strings.Contains(string(res.Body), text) {
				t.Errorf("%s as %s: %s is missing in\n%s", c.body, c.as, text, res.Body)
			}
		}
		if strings.Contains(string(res.Body), away) || c.as != webtest.Owner && strings.Contains(string(res.Body), "vip") {
			t.Errorf("%s as %s: tells of another organization, or of the rules of the site\n%s", c.body, c.as, res.Body)
		}
	}
	if diff := cmp.Diff(before, s.State(t)); diff != "" {
		t.Errorf("it stores something (-before +after)\n%s", diff)
	}
}
