package org

import (
	"strings"

	"rolecall.example/rbac"
)

// Label returns what people call the organization: its display name, or its name if it has none.
func (o Organization) Label() string { return labelOr(o.DisplayName, o.Name) }

// Label returns what people call the account: its full name, or its username if it has none.
func (u User) Label() string { return labelOr(u.Name, u.Username) }

// Label returns what people call the member: the full name of the account, or its username if it has none.
func (m Member) Label() string { return labelOr(m.Name, m.Username) }

// FirstName returns what a sentence calls the member after the first mention: the first word of the full name.
func (m Member) FirstName() string {
	if first, _, ok := strings.Cut(strings.TrimSpace(m.Name), " "); ok {
		return first
	}
	return m.Label()
}

// Label returns what people call the role: its display name, or its name if it has none.
func (r Role) Label() string { return labelOr(r.DisplayName, r.Name) }

// Label returns what people call the role: its display name, or its name if it has none.
func (r RoleRef) Label() string { return labelOr(r.DisplayName, r.Name) }

// RoleLabel returns what people call a role of a trace.
func RoleLabel(r *rbac.Role) string { return labelOr(r.DisplayName, r.Name) }

// labelOr is the only rule for display names: a blank one does not count.
func labelOr(display, name string) string {
	if strings.TrimSpace(display) == "" {
		return name
	}
	return display
}
