package views

import (
	"time"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// History is the versions of a role.
type History struct {
	View     org.RoleView
	Versions []org.RoleVersion // newest first
	Catalog  *rbac.Catalog
	Now      time.Time
}

func (h History) org() string  { return h.View.Organization.Name }
func (h History) name() string { return h.View.Role.Name }

// at refers to a version of the role.
func (h History) at(version int64) org.RoleVersionRef {
	return org.RoleVersionRef{Name: h.name(), Version: version}
}

// versionStep is a version with what it changed.
type versionStep struct {
	org.RoleVersion
	current, first bool
	previous       int64
	changes        []change
}

func (h History) steps() []versionStep {
	var out []versionStep
	for i := range h.Versions {
		s := versionStep{RoleVersion: h.Versions[i], current: i == 0}
		before := &org.Role{}
		if i+1 < len(h.Versions) {
			before, s.previous = &h.Versions[i+1].Role, h.Versions[i+1].Version
			if before.DisplayName != s.Role.DisplayName {
				s.changes = append(s.changes, change{class: "del", sign: "•", what: "Display name", note: before.DisplayName + " → " + s.Role.DisplayName})
			}
			if before.Description != s.Role.Description {
				s.changes = append(s.changes, change{class: "del", sign: "•", what: "Description", note: ui.FirstOf(before.Description, "none") + " → " + ui.FirstOf(s.Role.Description, "none")})
			}
		} else {
			s.first = true
		}
		for _, d := range rbac.Diff(before.Rules(), h.Versions[i].Role.Rules()) {
			s.changes = append(s.changes, stateChange(h.Catalog, d))
		}
		s.changes = append(s.changes, goneChanges(before.Dead, h.Versions[i].Role.Dead)...)
		out = append(out, s)
	}
	return out
}
