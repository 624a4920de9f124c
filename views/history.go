package views

import (
	"net/url"
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
	Err      *org.Error        // why a version was not restored
	Now      time.Time
}

// Compare is two roles side by side, or two versions of one.
type Compare struct {
	org.Comparison
	From, To org.RoleAt
	Roles    []org.Role        // what can be compared with
	Versions []org.RoleVersion // of the role that the page belongs to
}

// RoleHistoryURL is the history of a role. The organization "" stands for the site, here and below.
func RoleHistoryURL(organization, role string) string {
	return RoleURL(organization, role) + "/history"
}

// RoleRestoreURL stores an earlier version of a role again.
func RoleRestoreURL(organization, role string) string {
	return RoleURL(organization, role) + "/restore"
}

// RoleCompareURL is the page that compares a role with another one, or two of its versions.
func RoleCompareURL(organization string, from, to org.RoleAt) string {
	q := url.Values{}
	if to.Name != from.Name && to.Name != "" {
		q.Set("with", to.Name)
	}
	if from.Version != 0 {
		q.Set("version", strconv.FormatInt(from.Version, 10))
	}
	if to.Version != 0 {
		q.Set("with_version", strconv.FormatInt(to.Version, 10))
	}
	return ui.URL(RoleURL(organization, from.Name)+"/compare", q)
}

func (h History) org() string  { return h.View.Organization.Name }
func (h History) name() string { return h.View.Role.Name }

// at is a version of the role.
func (h History) at(version int64) org.RoleAt { return org.RoleAt{Name: h.name(), Version: version} }

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
				s.changes = append(s.changes, change{"del", "•", "", "Display name", before.DisplayName + " → " + s.Role.DisplayName})
			}
		} else {
			s.first = true
		}
		for _, d := range rbac.Diff(before.Rules(), h.Versions[i].Role.Rules()) {
			s.changes = append(s.changes, stateChange(d))
		}
		out = append(out, s)
	}
	return out
}

// label is a role of a comparison with its version.
func (c Compare) label(r org.Role, at org.RoleAt) string {
	if at.Version == 0 {
		return r.Label()
	}
	return r.Label() + ", version " + strconv.FormatInt(at.Version, 10)
}

// versionText is a version in a field; as it is now is nothing.
func versionText(v int64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatInt(v, 10)
}

// stateClass shows what a role says about a permission; stateLabel names it.
func stateClass(s rbac.State) string {
	return map[rbac.State]string{rbac.Allowed: "st a", rbac.Denied: "st d", rbac.Unset: "st u"}[s]
}
