package idpsync

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/org"
)

// TestClaims checks the table of docs/spec/sync.md about what follows from a claim.
func TestClaims(t *testing.T) {
	t.Parallel()
	const absent, truncated, empty, values = org.ClaimAbsent, org.ClaimTruncated, org.ClaimEmpty, org.ClaimValues
	for _, c := range []struct {
		claims, field string
		state         org.ClaimState
		values        string
	}{
		{`{}`, "groups", absent, ""},
		{`{"groups":null}`, "groups", absent, ""},
		{`{"groups":[{"name":"a"}]}`, "groups", absent, ""},
		{`{"groups":["a",["b"]]}`, "groups", absent, ""},
		{`{"groups":[]}`, "groups", empty, ""},
		{`{"groups":""}`, "groups", empty, ""},
		{`{"groups":{}}`, "groups", empty, ""},
		{`{"groups":[""]}`, "groups", empty, ""},
		{`{"csv":" , "}`, "csv", empty, ""},
		{`{"groups":["b","a","b"]}`, "groups", values, "a|b"},
		{`{"groups":["Eng "]}`, "groups", values, "Eng "},
		{`{"groups":"a"}`, "groups", values, "a"},
		{`{"csv":"b, a,,c"}`, "csv", values, "a|b|c"},
		{`{"groups":{"b":{"x":1},"a":false}}`, "groups", values, "a|b"},
		{`{"level":7}`, "level", values, "7"},
		{`{"level":12345678901234567890}`, "level", values, "12345678901234567890"},
		{`{"staff":true}`, "staff", values, "true"},
		{`{"staff":false}`, "staff", values, "false"},
		{`{"realm":{"roles":["a"]}}`, "realm.roles", values, "a"},
		{`{"realm.roles":["exact"],"realm":{"roles":["dotted"]}}`, "realm.roles", values, "exact"},
		{`{"https://x.test/claims":{"roles":"a"}}`, "https://x.test/claims.roles", values, "a"},
		{`{"realm":"x"}`, "realm.roles", absent, ""},
		{`{"_claim_names":{"groups":"src1"}}`, "groups", truncated, ""},
		{`{"groups":["a"],"_claim_names":{"groups":"src1"}}`, "groups", truncated, ""},
		{`{"_claim_names":{"realm":"src1"}}`, "realm.roles", truncated, ""},
		{`{"hasgroups":true}`, "groups", truncated, ""},
		{`{"hasgroups":"true"}`, "groups", truncated, ""},
		{`{"hasgroups":false,"groups":["a"]}`, "groups", values, "a"},
		{`{"hasgroups":true,"roles":["a"]}`, "roles", values, "a"},
		{`{"groups":["a","b","c","d"]}`, "groups", truncated, ""},
		{`{"groups":["a","b","c","d","e"]}`, "groups", values, "a|b|c|d|e"},
	} {
		d := json.NewDecoder(strings.NewReader(c.claims))
		d.UseNumber()
		claims := map[string]any{}
		if err := d.Decode(&claims); err != nil {
			t.Fatal(err)
		}
		p := org.Provider{TruncatedAt: 4}
		if c.field == "csv" {
			p.Separator = ","
		}
		got, state := lookUp(&p, claims, c.field)
		if state != c.state || strings.Join(got, "|") != c.values {
			t.Errorf("%s of %s: got %s %v, want %s %s", c.field, c.claims, state, got, c.state, c.values)
		}
	}
}

// TestDesire checks what rules give: by exact keys and patterns, of several sets, each with its own claim.
func TestDesire(t *testing.T) {
	t.Parallel()
	home, beta := uuid.New(), uuid.New()
	book := newRulebook([]org.SyncRules{
		{Kind: org.SyncOrganizations, Field: "groups", AssignDefault: true, Mapping: map[string][]string{"eng": {beta.String(), "nonsense"}}},
		{Kind: org.SyncRoles, Organization: org.Organization{ID: beta}, Field: "groups", Mapping: map[string][]string{"eng": {"a"}, "glob:e*g": {"a", "b"}, "glob:*": {"c"}}},
		{Kind: org.SyncRoles, Organization: org.Organization{ID: home}, Field: "titles", Mapping: map[string][]string{"eng": {"a"}}},
		{Kind: org.SyncSiteRoles, Field: "groups", Mapping: map[string][]string{"eng": {"auditor"}, "glob:*": {"owner"}}},
	})
	w := book.desire(&org.Provider{}, map[string]any{"groups": []any{"eng", "glob:*", "x\x00y"}}, home)
	if diff := cmp.Diff(map[uuid.UUID]string{home: "organization:", beta: "organization:eng"}, w.places); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[uuid.UUID]map[string]string{beta: {"a": "roles:eng", "b": "roles:eng", "c": "roles:eng"}}, w.roles); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"auditor": "site-roles:eng"}, w.site); diff != "" {
		t.Error(diff)
	}
	if !w.silent.roles[home] || w.silent.roles[beta] || w.silent.places || w.silent.site {
		t.Errorf("silent: %+v", w.silent)
	}
	if got := reference(org.SyncRoles, "x\x00y"+strings.Repeat("é", 500)); len(got) > maxReference || !strings.HasPrefix(got, "roles:xyé") {
		t.Errorf("a reference of %d bytes: %.20s", len(got), got)
	}
}
