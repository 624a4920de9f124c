package views

import (
	"net/url"
	"time"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// Directory is the page of the directory of an organization.
type Directory struct {
	org.DirectoryPage
	URL      string // address for its requests
	Made     string // a token that has just been made
	Draft    []org.DirectoryRule
	Impact   *org.Impact // of the draft
	Catalog  *rbac.Catalog
	Audit    bool // the caller may read the trail of the organization
	Now      time.Time
	Err      *org.Error
	RulesErr *org.Error
}

// DirectoryURL returns the directory of an organization.
func DirectoryURL(organization string) string { return OrganizationURL(organization) + "/directory" }

func (v Directory) tokensURL() string { return DirectoryURL(v.Directory.Organization.Name) + "/tokens" }

// state describes the state of the directory: a badge and a sentence.
func (v Directory) state() (class, label, about string) {
	switch v.Directory.State {
	case org.DirectoryHeld:
		return "bad", "Held", "More people than allowed would have lost access within an hour. People are still added; no one loses access until you release it."
	case org.DirectoryFailing:
		return "bad", "Failing", "The last request was refused. The log below says why."
	case org.DirectorySilent:
		return "warn", "Silent", "No request for more than two days."
	case org.DirectoryWaiting:
		return "", "Waiting", "No request has come yet. Give the directory the address and a token."
	case org.DirectoryOff:
		return "", "Off", "It has no token, so that it can send nothing."
	}
	return "ok", "Fine", "Requests arrive and are answered."
}

// rules returns the rules to show: a draft, or the stored ones.
func (v Directory) rules() []org.DirectoryRule {
	if v.Draft != nil {
		return v.Draft
	}
	return v.Rules.Rules
}

// impact returns what a draft of the rules would do.
func (v Directory) impact() impactView {
	o := v.Directory.Organization.Name
	return impactView{Impact: *v.Impact, catalog: v.Catalog, organization: o, url: DirectoryURL(o) + "/rules", step: ui.Hidden{Name: "review", Value: "yes"}}
}

// ruleValue returns a rule in the form in which the form sends it back.
func ruleValue(r org.DirectoryRule) string {
	return url.Values{"match": {r.Match}, "value": {r.Value}, "role": {r.Role}}.Encode()
}

// ruleMatch describes what a rule compares.
func ruleMatch(r org.DirectoryRule) string {
	if r.Match == org.RuleByExternalID {
		return "by external ID"
	}
	return "by name"
}

// roleLabel returns the label of a role; for one that is gone, its name.
func (v Directory) roleLabel(name string) string {
	for i := range v.Rules.Roles {
		if v.Rules.Roles[i].Name == name {
			return v.Rules.Roles[i].Label()
		}
	}
	return name
}

// given returns the names of the roles that a group gives.
func (v Directory) given(g org.DirectoryGroup) []string {
	var names []string
	for _, r := range v.Rules.Rules {
		if r.Match == org.RuleByExternalID && g.ExternalID == r.Value || r.Match == org.RuleByDisplayName && org.FoldCase(g.DisplayName) == org.FoldCase(r.Value) {
			names = append(names, v.roleLabel(r.Role))
		}
	}
	return names
}

// liveTokens returns how many tokens still work.
func (v Directory) liveTokens() int {
	n := 0
	for _, t := range v.Directory.Tokens {
		if t.ExpiresAt.After(v.Now) {
			n++
		}
	}
	return n
}

// tokenLifetimes are the choices for how long a token works.
var tokenLifetimes = []ui.Option{{Value: "2160h", Label: "90 days"}, {Value: "8760h", Label: "1 year"}, {Value: "17520h", Label: "2 years"}}

// directoryAnchors has the anchors of the fields.
var directoryAnchors = map[string]string{"name": "name", "slug": "slug", "fuse_people": "fuse_people", "fuse_percent": "fuse_percent", "expires_in": "expires_in"}

var ruleAnchors = map[string]string{"rule_group": "rule_group", "role": "role", "rules": "rules-h"}
