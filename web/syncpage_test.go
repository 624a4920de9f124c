package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"rolecall.example/web/webtest"
)

// sent is the answer to a form of a page.
func (w *withProviders) sent(t *testing.T, as, path string, form url.Values) *webtest.Response {
	t.Helper()
	return w.Send(t, webtest.Page, webtest.Request{Method: http.MethodPost, Path: path, As: as, Form: form})
}

// shown is the body of a page.
func (w *withProviders) shown(t *testing.T, as, path string, status int) *goquery.Selection {
	t.Helper()
	res := w.Send(t, webtest.Page, webtest.Request{Path: path, As: as})
	if res.StatusCode != status {
		t.Fatalf("GET %s as %s: %d, want %d", path, as, res.StatusCode, status)
	}
	return res.Document().Selection
}

// ruleForm is the form of a rule set as the page has it, with other values of some fields.
func ruleForm(page *goquery.Selection, kind string, change url.Values) url.Values {
	form := url.Values{}
	page.Find("#rules-" + kind + " form").Find("input[name], textarea[name]").Each(func(_ int, in *goquery.Selection) {
		if _, off := in.Attr("checked"); in.AttrOr("type", "") == "checkbox" && !off {
			return
		}
		name := in.AttrOr("name", "")
		form[name] = append(form[name], in.AttrOr("value", ""))
	})
	for name, values := range change {
		form[name] = values
	}
	return form
}

// TestRulesEditor: rules are edited without script, row by row; nothing is stored before it was shown what changes.
func TestRulesEditor(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", nil)
	const okta, kind = "/settings/sync/okta", "organization"
	page := w.shown(t, webtest.Owner, okta, http.StatusOK)
	rows := func(s *goquery.Selection) int { return s.Find("#rules-" + kind + " .rule").Length() }
	step := func(do string, change url.Values) *webtest.Response {
		t.Helper()
		form := ruleForm(page, kind, change)
		form.Set("do", do)
		res := w.sent(t, webtest.Owner, okta, form)
		page = res.Document().Selection
		return res
	}
	if step("add", url.Values{"field": {"groups"}}); rows(page) != 1 {
		t.Fatalf("Add a row shows %d rows", rows(page))
	}
	step("add", url.Values{"value": {"eng"}, "target": {"default"}})
	if step("drop:0", url.Values{"value": {"eng", "ops"}, "target": {"default", "default"}}); rows(page) != 1 || page.Find("#rules-organization-1").AttrOr("value", "") != "ops" {
		t.Errorf("after the first row was removed: %s", textOf(page.Find(".rules")))
	}
	for name, change := range map[string]url.Values{
		"unknown organization": {"value": {"eng"}, "target": {"nowhere"}},
		"no value":             {"value": {""}, "target": {"default"}},
		"no target":            {"value": {"eng"}, "target": {""}},
		"twice":                {"value": {"x", "eng", "eng"}, "target": {"default", "default", "default"}},
	} {
		res := step("review", change)
		last := len(change["value"])
		input := page.Find(".rule input[name=value]").Eq(last - 1)
		if res.StatusCode != http.StatusBadRequest || input.AttrOr("aria-invalid", "") != "true" || page.Find("#"+input.AttrOr("aria-describedby", "-")).Length() != 1 {
			t.Errorf("%s: %d, and the row does not say it: %s", name, res.StatusCode, textOf(page.Find(".rules")))
		}
	}
	res := step("review", url.Values{"value": {"eng", "glob:ops-*"}, "target": {"default", "default"}})
	if says := textOf(page.Find(".review")); res.StatusCode != http.StatusOK || !strings.Contains(says, "eng → Default") || !strings.Contains(says, "none → groups") {
		t.Errorf("the review: %d, %s", res.StatusCode, says)
	}
	if stored := w.shown(t, webtest.Owner, okta, http.StatusOK); rows(stored) != 0 {
		t.Error("the review stored something")
	}
	old := ruleForm(page, kind, url.Values{"do": {"save"}})
	if res := step("save", nil); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != okta {
		t.Fatalf("saving: %d, %s", res.StatusCode, res.Text())
	}
	if page = w.shown(t, webtest.Owner, okta, http.StatusOK); rows(page) != 2 {
		t.Errorf("stored are %d rows", rows(page))
	}
	old["form_id"], old["value"] = ruleForm(page, kind, nil)["form_id"], []string{"eng", "other"}
	if res := w.sent(t, webtest.Owner, okta, old); res.StatusCode != http.StatusConflict {
		t.Errorf("saving what began from an old version: %d", res.StatusCode)
	}
	if step("review", url.Values{"value": {"eng"}, "target": {"default"}}); !strings.Contains(textOf(page.Find(".review")), "Removed: glob:ops-* → Default") {
		t.Errorf("the review of a removal: %s", textOf(page.Find(".review")))
	}
}

// TestTry: claims are tried by the rules that are stored, and nothing is.
func TestTry(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", nil)
	const okta = "/settings/sync/okta"
	form := ruleForm(w.shown(t, webtest.Owner, okta, http.StatusOK), "organization", url.Values{"field": {"groups"}, "value": {"eng"}, "target": {"default"}, "do": {"save"}})
	if res := w.sent(t, webtest.Owner, okta, form); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("saving: %d, %s", res.StatusCode, res.Text())
	}
	before := w.State(t)
	for _, tt := range []struct {
		user, claims string
		status       int
		says         []string
	}{
		{"", `{"groups":["eng","none"]}`, http.StatusOK, []string{"Outcome for someone new", "There Claim groups", "Gets Membership in Default", "In no rule: none"}},
		{"", `{"groups":[]}`, http.StatusOK, []string{"Empty Claim groups"}},
		{"", `{}`, http.StatusOK, []string{"Missing Claim groups nothing changes by its rules"}},
		{"", ``, http.StatusBadRequest, []string{"must be given, or claims"}},
		{"", `{"groups":`, http.StatusBadRequest, []string{"must be a JSON object"}},
		{"", `["eng"]`, http.StatusBadRequest, []string{"must be a JSON object"}},
		{"member", ``, http.StatusBadRequest, []string{"member has never signed in with Okta"}},
	} {
		res := w.sent(t, webtest.Owner, okta+"/try", url.Values{"user": {tt.user}, "claims": {tt.claims}})
		try := textOf(res.Document().Find("#try"))
		if res.StatusCode != tt.status {
			t.Errorf("%q %s: %d, want %d", tt.user, tt.claims, res.StatusCode, tt.status)
		}
		for _, want := range tt.says {
			if !strings.Contains(try, want) {
				t.Errorf("%q %s: %q is not in %s", tt.user, tt.claims, want, try)
			}
		}
	}
	if diff := cmp.Diff(before, w.State(t)); diff != "" {
		t.Errorf("trying stored something: (-before +after)\n%s", diff)
	}
	if res := w.sent(t, webtest.Admin, okta+"/try", url.Values{"claims": {"{}"}}); res.StatusCode != http.StatusForbidden {
		t.Errorf("an administrator of an organization: %d", res.StatusCode)
	}
}

// TestOrganizationRules: who looks after an organization has a page for its rules, and none for those of the site.
func TestOrganizationRules(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", nil)
	const rules = "/organizations/default/sync"
	w.shown(t, webtest.Member, rules, http.StatusForbidden)
	w.shown(t, webtest.Member, "/settings/sync", http.StatusForbidden)
	if page := w.shown(t, webtest.Admin, "/organizations/default", http.StatusOK); page.Find(`.tabs a[href="`+rules+`"]`).Length() != 1 {
		t.Error("the settings do not lead to the rules")
	}
	if page := w.shown(t, webtest.Admin, "/organizations/default/members", http.StatusOK); page.Find(`.side a[href="/settings/sync"]`).Length() != 0 {
		t.Error("the navigation leads to the providers")
	}
	page := w.shown(t, webtest.Admin, rules, http.StatusOK)
	form := ruleForm(page, "roles", url.Values{"field": {"groups"}, "value": {"eng"}, "target": {"organization-auditor"}, "do": {"save"}})
	if res := w.sent(t, webtest.Admin, rules+"?provider=okta", form); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("saving: %d, %s", res.StatusCode, res.Text())
	}
	if page = w.shown(t, webtest.Admin, rules, http.StatusOK); page.Find(".rule input[name=target]").AttrOr("value", "") != "organization-auditor" {
		t.Error("the rule was not stored")
	}
	// What would come of it is seen before it is saved, and can be tried, without a right on the site.
	w.Exec(t, `INSERT INTO user_identities (issuer, subject, provider, user_id, email, created_at, last_login_at, claims)
		SELECT 'https://okta.example.com', username, 'okta', id, '', created_at, created_at, '{"groups":["ops"]}' FROM users WHERE username IN ('member', 'rival')`)
	review := w.sent(t, webtest.Admin, rules+"?provider=okta", ruleForm(page, "roles", url.Values{"value": {"ops"}, "do": {"review"}})).Document()
	if says := textOf(review.Find(".review")); !strings.Contains(says, "1 person would gain or lose something") || !strings.Contains(says, "Get organization-auditor in Default 1 person: member") {
		t.Errorf("the review says %s", says)
	}
	for user, says := range map[string]string{
		"": "Outcome for a member without roles", "member": "Outcome for member", "rival": "is no member of the organization",
	} {
		try := w.sent(t, webtest.Admin, page.Find("#try form").AttrOr("action", ""), url.Values{"user": {user}, "claims": {`{"groups":["eng"]}`}}).Document()
		got := textOf(try.Find("#try"))
		if !strings.Contains(got, says) || (user != "rival") != strings.Contains(got, "Gets organization-auditor in Default") {
			t.Errorf("trying as %q: %s", user, got)
		}
	}
	if page := w.shown(t, webtest.Owner, "/settings/sync/okta", http.StatusOK); page.Find(`a[href="`+rules+`?provider=okta"]`).Length() != 1 {
		t.Error("the page of the provider does not lead to the rules of the organization")
	}
}

// TestSyncStatus: what is held, what was left as it was, and what is not configured any more stand on the page; a banner leads
// there.
func TestSyncStatus(t *testing.T) {
	t.Parallel()
	w := newWithProviders(t, "", nil)
	const banner = ".note a[href='/settings/sync#held']"
	if page := w.shown(t, webtest.Owner, "/users", http.StatusOK); page.Find(banner).Length() != 0 || page.Find(`.side a[href="/settings/sync"]`).Length() != 1 {
		t.Error("a banner while nothing is held, or no link to the page")
	}
	member := w.ID(webtest.Member)
	w.Exec(t, `UPDATE user_roles SET source = 'oidc:old' WHERE user_id = $1`, w.ID(webtest.Owner))
	w.Exec(t, `INSERT INTO sync_sources (source, held_at, reason) VALUES ('oidc:okta', CURRENT_TIMESTAMP, '11 people lost something within an hour.')`)
	w.Exec(t, `INSERT INTO sync_notices (source, user_id, kind, target, noted_at) VALUES
		('oidc:okta', $1, 'last-owner', '', CURRENT_TIMESTAMP), ('oidc:okta', $1, 'truncated', 'groups', CURRENT_TIMESTAMP)`, member)
	if page := w.shown(t, webtest.Owner, "/users", http.StatusOK); page.Find(banner).Length() != 1 {
		t.Error("no banner")
	}
	if page := w.shown(t, webtest.Member, "/organizations/default/members", http.StatusOK); page.Find(banner).Length() != 0 {
		t.Error("a banner for a member")
	}
	page := w.shown(t, webtest.Owner, "/settings/sync", http.StatusOK)
	says := textOf(page.Find("main"))
	for _, want := range []string{
		"Okta", "Working", "last sign-in", "What Okta would take is held", "11 people lost something", "would take Owner from member, the last owner",
		"The claim “groups” of member came cut short from Okta", "oidc:old", "1 role or membership of 1 person",
	} {
		if !strings.Contains(says, want) {
			t.Errorf("%q is not on the page:\n%s", want, says)
		}
	}
	if page = w.shown(t, webtest.Owner, "/settings/sync?end=oidc:old", http.StatusOK); page.Find(".confirm form:has([name=action][value=end])").AttrOr("action", "") != "/settings/idpsync/release?source=oidc%3Aold" {
		t.Error("ending is not asked about")
	}
	refused := w.Send(t, webtest.Page, webtest.Request{Path: "/settings/idpsync/release?source=oidc:okta", As: webtest.Owner, Form: url.Values{"action": {"end"}}})
	if main := textOf(refused.Document().Find("main")); refused.StatusCode != http.StatusBadRequest || !strings.Contains(main, "People can sign in with this provider.") || !strings.Contains(main, "oidc:old") {
		t.Errorf("a release that is refused: %d\n%s", refused.StatusCode, main)
	}
}
