package views

import (
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// The words for codes: what people read for a status, an effect, a kind of thing or a key of a list.

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

// statusOptions are the choices of a filter by status.
func statusOptions(chosen []org.Status) []ui.Option {
	var out []ui.Option
	for _, s := range []org.Status{org.StatusActive, org.StatusDormant, org.StatusSuspended} {
		out = append(out, ui.Option{Value: string(s), Label: statusLabel(s), On: slices.Contains(chosen, s)})
	}
	return out
}

// statusClass is the colour of a status.
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

// loginLabel says how an account is signed in to.
func loginLabel(u org.User) string {
	if u.ServiceAccount() {
		return "Tokens only"
	}
	return "Password"
}

// roleOptions offers the roles, and what the URL asks for besides: such a filter must be seen to be taken off.
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

// sortLabels are the keys that lists are ordered by.
var sortLabels = map[string]string{
	"username": "Username", "name": "Name", "email": "Email",
	"created_at": "Added", "updated_at": "Last change", "last_seen_at": "Last seen",
}

func sortKeys(names []string) []ui.SortKey {
	out := make([]ui.SortKey, len(names))
	for i, name := range names {
		out[i] = ui.SortKey{Name: name, Label: sortLabels[name]}
	}
	return out
}

// searched tells where a search without result looked: "Searched names, usernames and emails with Role: Auditor."
func searched(filters []ui.Filter) string {
	var with []string
	for _, f := range filters {
		if len(f.Chosen()) > 0 {
			with = append(with, f.Label+": "+strings.Join(f.Chosen(), ", "))
		}
	}
	text := "Searched names, usernames and emails"
	if len(with) > 0 {
		text += " with " + ui.Join(with)
	}
	return text + "."
}

func kindLabel(resourceType string) string {
	return ui.FirstOf(map[string]string{"custom_role": "role", "organization_member": "member", "user": "account", "api_key": "token"}[resourceType], strings.ReplaceAll(resourceType, "_", " "))
}

// effectText tells people why allowing a permission changes nothing, or less than it seems to.
var effectText = map[rbac.Effect]string{
	rbac.SiteOnlyType:   "Has no effect here: nothing of this type belongs to an organization",
	rbac.DeniedForAll:   "Has no effect: this role denies it for every resource type",
	rbac.AllowedForAll:  "Changes nothing: this role allows it for every resource type",
	rbac.EveryoneHas:    "Changes nothing: every member may do this anyway",
	rbac.EveryoneHasOwn: "Every member may do this anyway to what they own; the role widens it to everybody's",
}

// levelWord says of which level a change is, where a role of this kind has more than one.
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

// permissionText is a permission with its sign in words.
func permissionText(p rbac.Permission) string {
	text := pair{p.ResourceType, p.Action}.String()
	if p.Negate {
		return "deny " + text
	}
	return text
}

func stateLabel(s string) string {
	switch s {
	case stateAllow:
		return "Allow"
	case stateDeny:
		return "Deny"
	default:
		return "Not set"
	}
}
