package views

import (
	"strconv"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// Compare is two roles side by side, or two versions of one.
type Compare struct {
	org.Comparison
	From, To org.RoleVersionRef
	Roles    []org.Role        // roles to compare with
	Versions []org.RoleVersion // of the role that the page belongs to
	Catalog  *rbac.Catalog
}

// asks reports whether both sides are the same, so that the page asks for the other one.
func (c Compare) asks() bool { return c.From == c.To }

// versioned reports whether the role can be compared with another version of itself.
func (c Compare) versioned() bool { return len(c.Versions) > 1 }

// others returns the roles to compare with.
func (c Compare) others() []org.Role {
	var out []org.Role
	for _, r := range c.Roles {
		if r.Name != c.From.Name || c.versioned() {
			out = append(out, r)
		}
	}
	return out
}

// label names a role of a comparison with its version.
func (c Compare) label(r org.Role, at org.RoleVersionRef) string {
	if at.Version == 0 {
		return r.Label()
	}
	return r.Label() + ", version " + strconv.FormatInt(at.Version, 10)
}

// redescribed reports whether two versions of a role have different descriptions. Two roles always may.
func (c Compare) redescribed() bool {
	return c.From.Name == c.To.Name && c.Comparison.From.Description != c.Comparison.To.Description
}

// versionText writes a version for a form field; the current one is "".
func versionText(v int64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatInt(v, 10)
}
