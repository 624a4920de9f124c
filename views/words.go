package views

import (
	"regexp"
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// The words for codes: statuses, effects, states, findings, and the kinds and actions of the audit trail.

func statusLabel(s org.Status) string {
	switch s {
	case org.StatusActive:
		return "Active"
	case org.StatusDormant:
		return "Dormant"
	case org.StatusSuspended:
		return "Suspended"
	default:
		return string(s)
	}
}

// statusOptions returns the choices of a filter by status.
func statusOptions(chosen []org.Status) []ui.Option {
	var out []ui.Option
	for _, s := range []org.Status{org.StatusActive, org.StatusDormant, org.StatusSuspended} {
		out = append(out, ui.Option{Value: string(s), Label: statusLabel(s), On: slices.Contains(chosen, s)})
	}
	return out
}

// statusClass returns the class with the colour of a status.
func statusClass(s org.Status) string {
	switch s {
	case org.StatusActive:
		return "badge ok"
	case org.StatusSuspended:
		return "badge bad"
	default:
		return "badge"
	}
}

// loginLabel describes how an account signs in.
func loginLabel(u org.User) string {
	if u.ServiceAccount() {
		return "Tokens only"
	}
	return "Password"
}

// roleOptions returns the choices of a filter by role. A chosen role that is not in the list is added: otherwise the
// filter could not be removed.
func roleOptions(roles []org.Role, chosen []string) []ui.Option {
	var out []ui.Option
	known := map[string]bool{}
	for _, r := range roles {
		known[r.Name] = true
		out = append(out, ui.Option{Value: r.Name, Label: r.Label(), On: slices.Contains(chosen, r.Name)})
	}
	for _, name := range chosen {
		if !known[name] {
			known[name] = true
			out = append(out, ui.Option{Value: name, Label: name, On: true})
		}
	}
	return out
}

// sortLabels has the labels of the keys that lists can be ordered by.
var sortLabels = map[string]string{
	"username": "Username", "name": "Name", "email": "Email", "members": "Members",
	"created_at": "Added", "updated_at": "Last change", "last_seen_at": "Last seen",
}

func sortKeys(names []string) []ui.SortKey {
	out := make([]ui.SortKey, len(names))
	for i, name := range names {
		out[i] = ui.SortKey{Name: name, Label: sortLabels[name]}
	}
	return out
}

// searched returns the sentence under a search without results: "Searched names, usernames and emails with Role:
// Owner."
func searched(what string, filters []ui.Filter) string {
	var with []string
	for _, f := range filters {
		if len(f.Chosen()) > 0 {
			with = append(with, f.Label+": "+strings.Join(f.Chosen(), ", "))
		}
	}
	text := "Searched " + what
	if len(with) > 0 {
		text += " with " + ui.Join(with)
	}
	return text + "."
}

// effectText says why allowing a permission changes nothing, or less than it seems to.
var effectText = map[rbac.Effect]string{
	rbac.SiteOnlyType:   "No effect: this resource type does not belong to organizations",
	rbac.DeniedForAll:   "No effect: this role denies it for all resource types",
	rbac.AllowedForAll:  "Already allowed by this role for all resource types",
	rbac.EveryoneHas:    "No effect: every member can already do this",
	rbac.NobodyOwns:     "No effect: no one owns resources of this type",
	rbac.EveryoneHasOwn: "Every member can do this with their own; this role extends it to everyone’s",
}

// levelWord names the level of a change, "" for the organization: roles of that kind have no other.
func levelWord(l rbac.Level) string {
	switch l {
	case rbac.LevelSite:
		return "site"
	case rbac.LevelUser:
		return "own resources"
	default:
		return ""
	}
}

// pairName returns the name of a permission, without its sign, as programmers write it.
func pairName(p rbac.Permission) string {
	p.Negate = false
	return p.String()
}

// doing says what a permission lets people do, with its sign in words.
func doing(c *rbac.Catalog, p rbac.Permission) string {
	if p.Negate {
		return "deny: " + c.Phrase(p)
	}
	return c.Phrase(p)
}

// pairNames finds names of permissions in a text.
var pairNames = regexp.MustCompile(`\b[a-z][a-z0-9_-]*:[a-z][a-z0-9_-]*`)

// inWords rewrites a text of the API, which names permissions, for people.
func inWords(c *rbac.Catalog, text string) string {
	return pairNames.ReplaceAllStringFunc(text, func(name string) string {
		resourceType, action, _ := strings.Cut(name, ":")
		return c.Phrase(rbac.Permission{ResourceType: resourceType, Action: action})
	})
}

// stateWords has the words for the states of a permission in a role: the label and the class of its badge; the mark,
// the class of the mark and the verb for a change to it; and what to call it before a change.
var stateWords = map[rbac.State]struct{ label, badge, sign, class, verb, past string }{
	rbac.Allowed: {"Allow", "a", "+", "add", "Allow", "allowed"},
	rbac.Denied:  {"Deny", "d", "⊘", "den", "Deny", "denied"},
	rbac.Unset:   {"Not set", "u", "−", "del", "Clear", ""},
}

// kind is a resource type of the audit trail: its noun in a sentence, and its name among the choices of the filter.
type kind struct{ resourceType, noun, choice string }

var kinds = []kind{
	{"organization_member", "member", "membership"},
	{"custom_role", "role", "role"},
	{"user", "account", "account"},
	{"organization", "organization", "organization"},
	{"api_key", "token", "sign-in or token"},
	{"mfa", "second factor", "second factor"},
	{"catalog", "catalog", "catalog"},
	{"invitation", "invitation", "invitation"},
	{"idp_sync_settings_organization", "sync of memberships", "sync of memberships"},
	{"idp_sync_settings_role", "sync of roles", "sync of roles"},
	{org.DismissalType, "findings about", "dismissed findings"},
	{"scim_directory", "directory", "directory"},
	{"scim_user", "person of a directory", "person of a directory"},
	{"scim_group", "group of a directory", "group of a directory"},
	{org.AuditPruneType, "entries of the audit log", "exported entries"},
}

// kindNoun returns the noun for a resource type.
func kindNoun(resourceType string) string {
	for _, k := range kinds {
		if k.resourceType == resourceType {
			return k.noun
		}
	}
	return strings.ReplaceAll(resourceType, "_", " ")
}

// kindOptions returns the choices of a filter by resource type.
func kindOptions(chosen string) []ui.Option {
	var out []ui.Option
	for _, k := range kinds {
		out = append(out, ui.Option{Value: k.resourceType, Label: k.choice, On: k.resourceType == chosen})
	}
	return out
}

// action is an action of the audit trail: its verb in the past tense and in its base form.
type action struct{ name, past, base string }

var actions = []action{
	{"create", "created", "create"}, {"write", "changed", "change"}, {"delete", "deleted", "delete"},
	{"login", "signed in", "sign in"}, {"logout", "signed out", "sign out"}, {org.ActionExpire, "expired", "expire"},
}

func actionOf(name string) action {
	for _, a := range actions {
		if a.name == name {
			return a
		}
	}
	return action{name, name, name}
}

// deeds has the entries whose sentence is not just "created the" and a noun, by resource type and action: the words
// before and after the target, and those for an attempt that was refused.
var deeds = map[string]struct{ before, after, tried string }{
	"organization_member create": {"added", "to the organization", "to add"},
	"organization_member write":  {"changed the membership of", "", "to change the roles of"},
	"organization_member delete": {"removed", "from the organization", "to remove"},
	"custom_role write":          {"changed the permissions of the role", "", ""},
	"api_key login":              {"signed in", "", "to sign in"},
	"api_key logout":             {"signed out", "", ""},
	"api_key create":             {"created a token for", "", ""},
	"api_key delete":             {"revoked a token or session of", "", ""},
	"api_key expire":             {"of", "expired", ""},
	"finding_dismissal create":   {"dismissed findings about", "", "to dismiss findings about"},
	"finding_dismissal delete":   {"brought back findings about", "", "to bring back findings about"},
	"audit_prune delete":         {"removed exported entries of the audit log,", "", ""},
}

// accountVerb returns the verb for a change of an account, by the field that changed.
func accountVerb(e org.AuditEntry) string {
	switch {
	case e.Diff["status"].New == string(org.StatusSuspended):
		return "suspended"
	case e.Diff["status"].New != nil:
		return "reactivated"
	case e.Diff["hashed_password"].Secret:
		return "set the password of"
	case e.Diff["password_link"].Secret:
		return "created a link to set the password for"
	case e.Diff["revoked_password_link"].Secret:
		return "revoked the link to set the password of"
	case e.Diff["username"].New != nil:
		return "renamed"
	}
	return "changed the account"
}

// actionOptions returns the choices of a filter by action.
func actionOptions(chosen string) []ui.Option {
	var out []ui.Option
	for _, a := range actions {
		out = append(out, ui.Option{Value: a.name, Label: a.past, On: a.name == chosen})
	}
	return out
}

// lintRules are the rules of Role health. Rules about misleading settings come before those about clutter.
var lintRules = []struct{ rule, title string }{
	{org.LintNoEffect, "Permissions that can’t take effect"},
	{org.LintUnknown, "Permissions that do not exist"},
	{org.LintDeprecated, "Permissions that are deprecated"},
	{org.LintSuspended, "Suspended members who hold roles"},
	{org.LintRedundant, "Roles that make no difference for a member"},
	{org.LintDuplicate, "Identical roles"},
	{org.LintCovered, "Redundant permissions"},
	{org.LintImplied, "Permissions that every member has anyway"},
	{org.LintUnused, "Unused roles"},
}
