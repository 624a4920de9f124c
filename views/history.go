package views

import (
	"strconv"
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

// at returns a reference to a version of the role.
func (h History) at(version int64) org.RoleVersionRef {
	return org.RoleVersionRef{Name: h.name(), Version: version}
}

// end says why the list does not begin with the first version, "" if it does.
func (h History) end() string {
	switch n := len(h.Versions); {
	case n == 0 || h.Versions[n-1].Version == 1:
		return ""
	case n == org.MaxVersions:
		return "These are the newest " + strconv.Itoa(n) + " versions."
	}
	return "Older versions are gone: this server keeps the newest ones."
}

// versionStep is a version with what it changed.
type versionStep struct {
	org.RoleVersion
	current, first bool
	unknown        bool // what it changed
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
		} else if s.first = s.Version == 1; !s.first {
			s.unknown = true
			out = append(out, s)
			break
		}
		for _, d := range rbac.Diff(before.Rules(), h.Versions[i].Role.Rules()) {
			s.changes = append(s.changes, stateChange(h.Catalog, d))
		}
		s.changes = append(s.changes, goneChanges(before.Dead, h.Versions[i].Role.Dead)...)
		out = append(out, s)
	}
	return out
}
