package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// ledgers is a catalog with everything that the mapping of AuthZEN goes by. Other is the default organization of questions,
// so that it can be told from the default one of the server.
const ledgers = `format: rolecall/catalog/1
product: ledgers
label: Ledgers
types:
  bill:
    label: Bill
    plural: Bills
    owned: true
    renamed_from: [demand]
    actions:
      read: {}
      pay: {renamed_from: [settle]}
      pay_late: {}
      shred: {}
  ledger: {label: Ledger, plural: Ledgers, actions: {read: {}, close: {}}}
  plant: {label: Plant, plural: Plants, parent: site, actions: {visit: {}}}
roles:
  guide: {label: Guide, scope: site, site: ["plant:visit"]}
samples:
  - {name: clerk, label: Clerk, organization: ["bill:read,pay", "ledger:read", "organization_member:read"]}
  - {name: chief, label: Chief, organization: ["bill:read,pay_late,shred", "ledger:read,close", "organization_member:read,delete"]}
authzen:
  DEFAULT
  rewrite:
    - {type: bill, action: pay, when: {resource.overdue: true}, to: pay_late}
    - {type: bill, action: remove, when: {action.mode: hard, resource.level: 2}, to: shred}
  instances:
    ledger:
      - {id: main, properties: {organization: default}}
      - {id: side, properties: {organization: other}}
`

// newLedgers is a server with that catalog. In both organizations cleo is a clerk and chad a chief; sue is suspended, and
// olga belongs to none and is a guide of the site. asker may read members, and nothing else; nosy may read nobody.
func newLedgers(t *testing.T, usual string) pdp {
	t.Helper()
	p := servePDP(t)
	p.apply(t, strings.Replace(ledgers, "DEFAULT", usual, 1))
	for name, roles := range map[string][]string{"cleo": {"clerk"}, "chad": {"chief"}, "sue": {"chief"}, "asker": {"clerk"}, "nosy": {}} {
		p.AddUser(t, name, webtest.Default, webtest.Other)
		p.assign(t, webtest.Default, name, roles...)
		p.assign(t, webtest.Other, name, roles...)
	}
	p.AddUser(t, "olga", webtest.Default)
	done(t, p.Site, webtest.Request{Method: http.MethodDelete, Path: "/organizations/default/members/olga"})
	done(t, p.Site, webtest.Request{Path: "/users/olga/roles", JSON: map[string]any{"roles": []string{"guide"}}})
	done(t, p.Site, webtest.Request{Method: http.MethodPut, Path: "/users/sue/status/suspend"})
	return p
}

// ask is a question with a part for each of subject, action and resource; a part that begins with "{" is sent as it is.
func ask(subject, action, resource string) string {
	part := func(text, as string) string {
		if strings.HasPrefix(text, "{") {
			return text
		}
		return fmt.Sprintf(as, text)
	}
	resourceType, properties, _ := strings.Cut(resource, " ")
	if !strings.HasPrefix(resource, "{") {
		resource = fmt.Sprintf(`{"type":%q,"id":"17","properties":{%s}}`, resourceType, properties)
	}
	return `"subject":` + part(subject, `{"type":"user","id":%q}`) + `,"action":` + part(action, `{"name":%q}`) + `,"resource":` + resource
}

const (
	inOther     = ` "organization":"other"`
	nobodyThere = "404 No such person or organization, or you may not see it."
	needed      = "400 resource.properties.organization is needed."
	disagree    = "400 The resource names another organization than the address."
	siteTypes   = "400 Nothing of the resource type \"plant\" belongs to an organization."
)

// mapped are the rows of the table in docs/spec/authzen.md: a decision, or the error of one.
var mapped = []struct{ as, base, question, want string }{
	// Subjects.
	{"asker", "", ask("cleo", "read", "bill"+inOther), "true"},
	{"asker", "", ask("CLEO@example.com", "read", "bill"+inOther), "true"},
	{"asker", "", ask("cleo ", "read", "bill"+inOther), nobodyThere},
	{"asker", "", ask("me", "read", "bill"+inOther), nobodyThere},
	{"asker", "", ask("ME", "read", "bill"+inOther), nobodyThere},
	{"asker", "", ask("sue", "read", "bill"+inOther), "false"},
	{"asker", "", ask("olga", "read", "bill"+inOther), nobodyThere}, // no member, and the caller may not read accounts
	{webtest.Owner, "", ask("olga", "read", "bill"+inOther), "false"},
	{"asker", "", ask("nobody", "read", "bill"+inOther), nobodyThere},
	{"asker", "", ask(strings.Repeat("x", 4000), "read", "bill"+inOther), nobodyThere},
	{"asker", "", ask(`{"type":"group","id":"cleo"}`, "read", "bill"+inOther), "false"},
	{"asker", "", ask(`{"type":"User","id":"cleo"}`, "read", "bill"+inOther), "false"},
	{"asker", "", ask(`{"type":"user","id":"nosy","properties":{"role":"admin","roles":["owner"],"organization":"other"}}`, "read", "bill"+inOther), "false"},
	// Organizations: the address, the resource, the context, the catalog.
	{"asker", "", ask("cleo", "read", "bill"), "true"}, // of the catalog
	{"asker", "", ask("cleo", "read", `bill "organization_id":"default"`), "true"},
	{"asker", "", ask("cleo", "read", `bill "organization_id":"OTHER","organization":"other"`), "true"},
	{"asker", "", ask("cleo", "read", `bill "organization_id":"default","organization":"other"`), "400 resource.properties names two organizations."},
	{"asker", "", ask("cleo", "read", `bill "organization":"no-such"`), nobodyThere},
	{"asker", "", ask("cleo", "read", `bill "organization":""`), "400 resource.properties.organization must be the id or the name of an organization."},
	{"asker", "", ask("cleo", "read", `bill "organization":null`), "400 resource.properties.organization must be the id or the name of an organization."},
	{"asker", "", ask("cleo", "read", `bill "organization_id":7`), "400 resource.properties.organization_id must be the id or the name of an organization."},
	{"asker", "", ask("cleo", "read", "bill") + `,"context":{"organization":"no-such"}`, nobodyThere},
	{"asker", "", ask("cleo", "read", "bill") + `,"context":{"organization":7}`, "400 context.organization must be the id or the name of an organization."},
	{"asker", "", ask("cleo", "read", "bill"+inOther) + `,"context":{"organization":"no-such"}`, "true"},
	{"asker", "other", ask("cleo", "read", "bill"), "true"},
	{"asker", "other", ask("cleo", "read", "bill"+inOther), "true"},
	{"asker", "other", ask("cleo", "read", "bill") + `,"context":{"organization":"no-such"}`, "true"},
	{"asker", "default", ask("cleo", "read", "bill"+inOther), disagree},
	{"asker", "default", ask("cleo", "read", `bill "organization":"no-such"`), disagree},
	{"asker", "no-such", ask("cleo", "read", "bill"), nobodyThere},
	{webtest.Rival, "default", ask("cleo", "read", "bill"), nobodyThere}, // an organization that the caller may not read
	// Types and actions.
	{"asker", "", ask("cleo", "read", "bil"+inOther), "400 *"},
	{"asker", "", ask("cleo", "raed", "bill"+inOther), "400 *read*"},
	{"asker", "", ask("cleo", "*", "bill"+inOther), "400 *"},
	{"asker", "", ask("cleo", "read", "*"+inOther), "400 *"},
	{"asker", "", ask("cleo", "read", "demand"+inOther), "true"}, // its old name
	{"asker", "", ask("cleo", "settle", "bill"+inOther), "true"},
	// The rewriting.
	{"asker", "", ask("cleo", "pay", `bill "overdue":true`), "false"},
	{"asker", "", ask("cleo", "settle", `demand "overdue":true`), "false"},
	{"asker", "", ask("chad", "pay", `bill "overdue":true`), "true"},
	{"asker", "", ask("chad", "settle", `demand "overdue":true`), "true"},
	{"asker", "", ask("cleo", "pay", `bill "overdue":"true"`), "true"}, // a text is no truth value
	{"asker", "", ask("cleo", "pay", `bill "overdue":false`), "true"},
	{"asker", "", ask("cleo", "pay", `bill "overdue":null`), "true"},
	{"asker", "", ask("chad", `{"name":"remove","properties":{"mode":"hard"}}`, `bill "level":2`), "true"},
	{"asker", "", ask("chad", `{"name":"remove","properties":{"mode":"hard"}}`, `bill "level":2.0e0`), "true"},
	{"asker", "", ask("chad", `{"name":"remove","properties":{"mode":"hard"}}`, `bill "level":"2"`), "400 *"},
	{"asker", "", ask("chad", `{"name":"remove","properties":{"mode":"soft"}}`, `bill "level":2`), "400 *"},
	{"asker", "", ask("chad", "remove", `bill "level":2`), "400 *"},
	// Things that the catalog knows, and no others.
	{"asker", "", ask("cleo", "read", `{"type":"ledger","id":"main"}`), "true"},
	{"asker", "", ask("cleo", "read", `{"type":"ledger","id":"main","properties":{"organization":"other"}}`), "true"},
	{"asker", "", ask("cleo", "read", `{"type":"ledger","id":"Main"}`), "false"},
	{"asker", "default", ask("cleo", "read", `{"type":"ledger","id":"side"}`), disagree},
	{"asker", "", ask("cleo", "close", `{"type":"ledger","id":"main"}`), "false"},
	// Types without an organization.
	{webtest.Owner, "", ask("olga", "visit", "plant"), "true"},
	{webtest.Owner, "", ask("cleo", "visit", "plant"), "false"},
	{webtest.Owner, "", ask("olga", "visit", `plant "organization":null`), "true"},
	{webtest.Owner, "", ask("olga", "visit", "plant"+inOther), siteTypes},
	{webtest.Owner, "other", ask("olga", "visit", "plant"), "true"},
	{"asker", "", ask("olga", "visit", "plant"), "400 *organization*"},
	{"asker", "", ask("asker", "visit", "plant"), "false"},
	// Owners.
	{"asker", "", ask("cleo", "read", `bill "owner_id":"cleo"`), "true"},
	{"asker", "", ask("cleo", "read", `bill "owner_id":null`), "true"},
	{"asker", "", ask("cleo", "read", `bill "owner_id":"nobody"`), nobodyThere},
	{"asker", "", ask("cleo", "read", `bill "owner_id":""`), "400 resource.properties.owner_id is empty."},
	{"asker", "", ask("cleo", "read", `bill "owner_id":7`), "400 resource.properties.owner_id must be a text."},
	{"asker", "", ask("cleo", "read", `{"type":"ledger","id":"main","properties":{"owner_id":"cleo"}}`), "400 *owner*"},
	// Things that are organizations, accounts and memberships.
	{"asker", "", ask("cleo", "read", `{"type":"organization","id":"other"}`), "true"},
	{"asker", "", ask("cleo", "update", `{"type":"organization","id":"other"}`), "false"},
	{"asker", "", ask("cleo", "read", `{"type":"organization","id":"no-such"}`), nobodyThere},
	{"asker", "other", ask("cleo", "read", `{"type":"organization","id":"default"}`), disagree},
	{"asker", "other", ask("cleo", "read", `{"type":"organization","id":"OTHER"}`), "true"},
	{"asker", "", ask("cleo", "read", `{"type":"organization","id":"default","properties":{"organization":"other"}}`), "400 resource.properties names another organization than resource.id."},
	{webtest.Owner, "", ask("cleo", "read", `{"type":"user","id":"cleo"}`), "true"},
	{webtest.Owner, "", ask("cleo", "read", `{"type":"user","id":"chad"}`), "false"},
	{webtest.Owner, "", ask("cleo", "read", `{"type":"user","id":"nobody"}`), nobodyThere},
	{webtest.Owner, "", ask("owner", "read", `{"type":"user","id":"0190163e-7d3c-7a2e-8bbb-000000000000"}`), nobodyThere},
	{"asker", "", ask("asker", "read", `{"type":"user","id":"cleo"}`), nobodyThere},
	{"asker", "", ask("asker", "read", `{"type":"user","id":"me"}`), nobodyThere},
	{"asker", "", ask("cleo", "read", `{"type":"organization_member","id":"chad"}`), "true"},
	{"asker", "", ask("cleo", "delete", `{"type":"organization_member","id":"chad"}`), "false"},
	{"asker", "", ask("chad", "delete", `{"type":"organization_member","id":"cleo@example.com"}`), "true"},
	{"asker", "", ask("chad", "delete", `{"type":"organization_member","id":"olga"}`), nobodyThere},
	{"nosy", "", ask("nosy", "read", `{"type":"organization_member","id":"nosy"}`), "true"},
	{"nosy", "", ask("nosy", "read", `{"type":"organization_member","id":"cleo"}`), nobodyThere},
	// Callers.
	{"nosy", "", ask("cleo", "read", "bill"+inOther), nobodyThere},
	{"nosy", "", ask("nosy", "read", "bill"+inOther), "false"},
	{webtest.Rival, "", ask("cleo", "read", "bill"+inOther), "true"},
	{webtest.Outsider, "", ask("outsider", "read", "bill"+inOther), nobodyThere},
}

// TestAuthZENMapping holds the API to the table in docs/spec/authzen.md.
func TestAuthZENMapping(t *testing.T) {
	t.Parallel()
	p := newLedgers(t, "default_organization: other")
	for _, tt := range mapped {
		base := ""
		if tt.base != "" {
			base = "/organizations/" + tt.base
		}
		a := p.post(t, tt.as, base+"/access/v1/evaluations", `{"evaluations":[{`+tt.question+`}]}`, nil)
		got := a.errors(t)[0]
		pattern, open := strings.CutSuffix(tt.want, "*")
		status, word, _ := strings.Cut(pattern, " ")
		word = strings.TrimPrefix(word, "*")
		if got != tt.want && (!open || !strings.HasPrefix(got, status+" ") || !strings.Contains(got, word)) {
			t.Errorf("%s %s %s: got %s, want %s", tt.as, tt.base, tt.question, got, tt.want)
		}
		// By itself the question has the same answer, without the error if nothing is wrong with it.
		a = p.post(t, tt.as, base+"/access/v1/evaluation", `{`+tt.question+`}`, nil)
		if strings.HasPrefix(got, "404") {
			got = "false"
		}
		if one := a.errors(t)[0]; one != got {
			t.Errorf("%s %s %s: got %s by itself, %s in a list", tt.as, tt.base, tt.question, one, got)
		}
	}
}

// errors are the decisions of an answer, or the errors that are there instead.
func (a answer) errors(t *testing.T) (list []string) {
	t.Helper()
	type decision struct {
		Decision bool
		Context  struct {
			Error *struct {
				Status  int
				Message string
			}
		}
	}
	var v struct {
		decision
		Evaluations []decision
	}
	if err := json.Unmarshal(a.body, &v); err != nil || a.StatusCode != 200 {
		t.Fatalf("%d %v\n%s", a.StatusCode, err, a.body)
	}
	if v.Evaluations == nil {
		v.Evaluations = []decision{v.decision}
	}
	for _, d := range v.Evaluations {
		word := fmt.Sprint(d.Decision)
		if e := d.Context.Error; e != nil && !d.Decision {
			word = fmt.Sprintf("%d %s", e.Status, e.Message)
		}
		list = append(list, word)
	}
	return list
}

// TestAuthZENWithoutOrganization: where the catalog names none, a question that does is needed.
func TestAuthZENWithoutOrganization(t *testing.T) {
	t.Parallel()
	p := newLedgers(t, "")
	for question, want := range map[string]string{
		ask("cleo", "read", "bill"): needed, ask("cleo", "read", "bill"+inOther): "true",
		ask("cleo", "read", "bill") + `,"context":{"organization":"other"}`: "true",
	} {
		if got := p.post(t, "asker", "/access/v1/evaluation", `{`+question+`}`, nil).errors(t)[0]; got != want {
			t.Errorf("%s: got %s, want %s", question, got, want)
		}
	}
	checkSentence(t, "search", p.post(t, "asker", "/access/v1/search/subject", `{`+ask("x", "read", "bill")+`}`, nil), 400)
	checkSentence(t, "search", p.post(t, "asker", "/access/v1/search/action", `{`+ask("cleo", "read", "bill")+`}`, nil), 400)
}

// TestAuthZENBatches: defaults as a whole, errors of one evaluation, and where the list ends.
func TestAuthZENBatches(t *testing.T) {
	t.Parallel()
	p := newLedgers(t, "default_organization: other")
	for _, tt := range []struct{ body, want string }{
		{`"subject":{"type":"user","id":"chad"},"resource":{"type":"bill","id":"1","properties":{"overdue":true}},"action":{"name":"pay"},"evaluations":[{},{"resource":{"type":"bill","id":"1"}},{"resource":{"id":"1","properties":{}}},{"subject":{"type":"user","id":"cleo"}}]`, "true false false false"},
		{`"subject":{"type":"user","id":"chad","properties":{}},"action":{"name":"read"},"evaluations":[{"subject":{"type":"user"},"resource":{"type":"bill","id":"1"}}]`, "400 subject.id is missing."},
		{`"evaluations":[1,null,{"subject":"x"},{` + ask("cleo", "read", "bill") + `}]`, "400 An evaluation must be an object.|400 An evaluation must be an object.|400 subject must be an object.|true"},
		{`"options":{"evaluations_semantic":"deny_on_first_deny"},` + ask("cleo", "read", "bill") + `,"evaluations":[{},{"action":{"name":"shred"}},{}]`, "true false"},
		{`"options":{"evaluations_semantic":"deny_on_first_deny"},` + ask("cleo", "read", "bill") + `,"evaluations":[{},{"action":{}},{}]`, "true|400 action.name is missing."},
		{`"options":{"evaluations_semantic":"permit_on_first_permit"},` + ask("cleo", "shred", "bill") + `,"evaluations":[{},{"action":{"name":"raed"}},{"action":{"name":"read"}},{}]`, "false|*|true"},
		{`"options":{"evaluations_semantic":"execute_all"},` + ask("cleo", "read", "bill") + `,"evaluations":[{},{"action":{"name":"shred"}},{}]`, "true false true"},
		{`"context":{"organization":"no-such"},"subject":{"type":"user","id":"cleo"},"action":{"name":"read"},"resource":{"type":"bill","id":"1"},"evaluations":[{},{"context":{}},{"context":{"organization":"default"}}]`, nobodyThere + "|true|true"},
	} {
		got := p.post(t, "asker", "/access/v1/evaluations", `{`+tt.body+`}`, nil).errors(t)
		want := strings.Split(tt.want, "|")
		if len(want) == 1 && !strings.HasPrefix(tt.want, "4") {
			want = strings.Fields(tt.want)
		}
		same := len(got) == len(want)
		for i := range min(len(got), len(want)) {
			same = same && (got[i] == want[i] || want[i] == "*" && strings.HasPrefix(got[i], "400 "))
		}
		if !same {
			t.Errorf("%s: got %q, want %q", tt.body, got, want)
		}
	}
	for _, body := range []string{
		`{"evaluations":{}}`, `{"evaluations":"x"}`, `{"options":[],"evaluations":[{}]}`, `{"options":{"evaluations_semantic":"first"},"evaluations":[{}]}`,
		`{"options":{"evaluations_semantic":1},"evaluations":[{}]}`, `{"options":{"explain":"yes"},"evaluations":[{}]}`, `{"subject":"x","evaluations":[{}]}`,
		`{"resource":{"id":7},"evaluations":[{}]}`, `{"evaluations":[` + strings.Repeat("{},", 1000) + `{}]}`,
		`{"options":{"explain":true},"evaluations":[` + strings.Repeat("{},", 20) + `{}]}`, `{"subject":{},"subject":{}}`, `[]`, `1`, `{} {}`, "\xef\xbb\xbf{}", `{"a":"` + "\xff" + `"}`, strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70),
	} {
		checkSentence(t, body[:min(60, len(body))], p.post(t, "asker", "/access/v1/evaluations", body, nil), 400)
	}
	checkSentence(t, "large", p.post(t, "asker", "/access/v1/evaluations", `{"a":"`+strings.Repeat("x", 1<<20)+`"}`, nil), 413)
	body := `{` + ask("cleo", "read", `bill "Overdue":1,"overdue":false`) + `,"Subject":7,"evaluations":[` + strings.Repeat("{},", 999) + `{}]}`
	if got := p.post(t, "asker", "/access/v1/evaluations", body, nil).errors(t); len(got) != 1000 || got[999] != "true" {
		t.Errorf("of 1,000 evaluations got %d", len(got))
	}
}

// TestAuthZENCallers: a token, in either header; no session; what may only ask may ask this.
func TestAuthZENCallers(t *testing.T) {
	t.Parallel()
	p := newLedgers(t, "default_organization: other")
	question := `{` + ask("cleo", "read", "bill") + `}`
	for _, r := range web.Routes() {
		if !r.Offers(web.AuthZEN) || r.Access == web.Public {
			continue
		}
		path := strings.Replace(r.Path, "{organization}", "other", 1)
		for name, h := range map[string]http.Header{
			"nobody": nil, "a cookie": {"Cookie": {p.Cookie(t, webtest.Owner)}}, "basic": {"Authorization": {"Basic eDp5"}},
			"a wrong token": {"Authorization": {"Bearer xxxxxxxxxx-yyyyyyyyyyyyyyyyyyyyyy"}},
			"two tokens":    {"Authorization": {"Bearer " + p.Token("asker")}, "Coder-Session-Token": {p.Token("nosy")}},
		} {
			a := p.post(t, "", path, question, h)
			if checkSentence(t, name, a, 401); a.Header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s %s: WWW-Authenticate is %q", path, name, a.Header.Get("WWW-Authenticate"))
			}
		}
		if a := p.post(t, "", path, question, http.Header{"Coder-Session-Token": {p.Token("asker")}}); a.StatusCode == 401 {
			t.Errorf("%s: the other header does not count", path)
		}
		if a := p.send(t, http.MethodGet, "asker", path, "", nil); a.StatusCode != 405 {
			t.Errorf("GET %s: got %d", path, a.StatusCode)
		}
	}
	if !strings.Contains(p.Log.String(), `"request_id"`) {
		t.Error("nothing in the log")
	}
	p.post(t, "asker", "/access/v1/evaluation", question, http.Header{"X-Request-Id": {"of-the-client"}})
	if !strings.Contains(p.Log.String(), `"client_request_id":"of-the-client"`) {
		t.Error("the client's request id is not in the log")
	}
	var key struct{ Key string }
	p.Do(t, webtest.Request{Method: http.MethodPost, As: "asker", Path: "/users/me/keys/tokens", JSON: `{"token_name":"only-other","scopes":["rolecall:decide"],"organizations":["other"]}`}).Decode(&key)
	for in, want := range map[string]string{"other": "true", "default": "404"} {
		a := p.post(t, "", "/access/v1/evaluations", `{"evaluations":[{`+ask("cleo", "read", `bill "organization":"`+in+`"`)+`}]}`, http.Header{"Authorization": {"Bearer " + key.Key}})
		if got := a.errors(t)[0]; !strings.HasPrefix(got, want) {
			t.Errorf("with a token for other alone, in %s: got %s, want %s", in, got, want)
		}
	}
	for _, at := range []string{"", "http://roles.example.com"} {
		s := webtest.New(t, func(o *web.Options) { o.AccessURL = accessURL(t, at) })
		if res := s.Get(t, "", "/.well-known/authzen-configuration"); res.StatusCode != 404 {
			t.Errorf("at %q: got %d %s", at, res.StatusCode, res.Body)
		}
	}
}

// TestAuthZENExplains: the reason is for who may read the roles.
func TestAuthZENExplains(t *testing.T) {
	t.Parallel()
	p := newLedgers(t, "default_organization: other")
	for question, want := range map[string]string{
		ask("cleo", "read", "bill"): "clerk", ask("cleo", "shred", "bill"): "No", ask("nobody", "read", "bill"): "", ask("sue", "read", "bill"): "suspended",
	} {
		a := p.post(t, "asker", "/access/v1/evaluation", `{`+question+`,"options":{"explain":true}}`, nil)
		var v struct {
			Context struct {
				Reason struct{ EN string } `json:"reason_admin"`
			}
		}
		if err := json.Unmarshal(a.body, &v); err != nil || (v.Context.Reason.EN == "") != (want == "") || !strings.Contains(strings.ToLower(v.Context.Reason.EN), strings.ToLower(want)) {
			t.Errorf("%s: got %s, want %q in the reason", question, a.body, want)
		}
	}
}

// TestAuthZENPages: a token is good for its search, its caller, its address and 15 minutes.
func TestAuthZENPages(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := webtest.New(t, func(o *web.Options) { o.Now = func() time.Time { return now } })
	p := pdp{Site: s}
	p.apply(t, strings.Replace(ledgers, "DEFAULT", "default_organization: default", 1))
	for _, name := range []string{"cleo", "chad"} {
		p.AddUser(t, name, webtest.Default)
		p.assign(t, webtest.Default, name, "clerk")
	}
	search := func(as, path, parts, page string) *webtest.Response {
		return s.Do(t, webtest.Request{Method: http.MethodPost, As: as, Path: path, JSON: `{` + parts + `,"page":` + page + `}`})
	}
	const path = "/access/v1/search/subject"
	query := `"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"bill","id":"1"}`
	first := search("cleo", path, query, `{"limit":1}`)
	token := answer{body: first.Body}.token(t)
	with := `{"token":"` + token + `"}`
	if token == "" {
		t.Fatalf("got %s", first.Body)
	}
	flipped := []byte(token)
	flipped[50] ^= 1
	for what, res := range map[string]*webtest.Response{
		"another query":    search("cleo", path, strings.Replace(query, "read", "pay", 1), with),
		"another resource": search("cleo", path, strings.Replace(query, `"1"`, `"2"`, 1), with),
		"a context":        search("cleo", path, query+`,"context":{"organization":"default"}`, with),
		"another caller":   search("chad", path, query, with),
		"another address":  search("cleo", "/organizations/default"+path, query, with),
		"another endpoint": search("cleo", "/access/v1/search/resource", strings.Replace(query, `"type":"user"`, `"type":"user","id":"cleo"`, 1), with),
		"another text":     search("cleo", path, query, `{"token":"`+string(flipped)+`"}`),
		"no token":         search("cleo", path, query, `{"token":"x"}`),
		"limit 0":          search("cleo", path, query, `{"limit":0}`),
		"limit 1001":       search("cleo", path, query, `{"limit":1001}`),
		"limit 1.5":        search("cleo", path, query, `{"limit":1.5}`),
		"a text as limit":  search("cleo", path, query, `{"limit":"1"}`),
		"a number":         search("cleo", path, query, `{"token":1}`),
		"a list":           search("cleo", path, query, `[]`),
	} {
		if res.StatusCode != 400 {
			t.Errorf("%s: got %d %s", what, res.StatusCode, res.Body)
		}
	}
	now = now.Add(15*time.Minute - time.Second)
	if res := search("cleo", path, query, with); res.StatusCode != 200 {
		t.Errorf("in time: got %d %s", res.StatusCode, res.Body)
	}
	now = now.Add(time.Second)
	if res := search("cleo", path, query, with); res.StatusCode != 400 {
		t.Errorf("too late: got %d %s", res.StatusCode, res.Body)
	}
}

func accessURL(t *testing.T, at string) *url.URL {
	t.Helper()
	if at == "" {
		return nil
	}
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestAuthZENStrangers: whoever may read nobody gets the same bytes about people and organizations that are there and that
// are not, and finds nobody but themselves.
func TestAuthZENStrangers(t *testing.T) {
	t.Parallel()
	p := newLedgers(t, "default_organization: other")
	for _, as := range []string{"nosy", webtest.Outsider} {
		for _, path := range []string{"evaluation", "evaluations", "search/resource", "search/action"} {
			for _, base := range []string{"", "/organizations/other"} {
				for _, explain := range []string{"", `,"options":{"explain":true}`} {
					about := func(subject, resource string) string {
						body := ask(subject, "read", resource)
						if path == "evaluations" {
							body = `"evaluations":[{` + body + `}]`
						}
						return string(p.post(t, as, base+"/access/v1/"+path, `{`+body+explain+`}`, nil).body)
					}
					for _, resource := range []string{"bill", "bill" + inOther, "ledger", `{"type":"organization","id":"other"}`} {
						nobody := about("nobody", resource)
						for _, subject := range []string{"cleo", "sue", "olga", "cleo@example.com", p.ID("chad")} {
							if got := about(subject, resource); got != nobody {
								t.Errorf("%s %s%s about %s and %s: got %s, of nobody %s", as, base, path, subject, resource, got, nobody)
							}
						}
					}
					here, nowhere := about("cleo", `{"type":"user","id":"chad"}`), about("cleo", `{"type":"user","id":"nobody"}`)
					if here != nowhere {
						t.Errorf("%s %s%s: got %s about an account, %s about none", as, base, path, here, nowhere)
					}
				}
			}
		}
		got := p.post(t, as, "/access/v1/search/subject", `{`+ask("x", "read", "bill")+`}`, nil).found(t, true)
		if got != "" {
			t.Errorf("%s finds %s", as, got)
		}
	}
	if got := p.post(t, "asker", "/access/v1/search/subject", `{`+ask("x", "read", "bill")+`}`, nil).found(t, true); got != "asker chad cleo rival" {
		t.Errorf("a reader of members finds %s", got)
	}
}
