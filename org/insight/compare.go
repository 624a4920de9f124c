package insight

import (
	"context"
	"slices"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// CompareRoles compares roles of an organization, or of the site for "", or versions of them.
// NotFound: no such role or version, or the caller may not read it. Forbidden: the caller may not read site roles.
func (s *Service) CompareRoles(ctx context.Context, subject *org.Actor, organization string, from, to org.RoleVersionRef) (_ org.Comparison, err error) {
	defer org.Wrap(&err, "compare roles in %q", organization)
	return unit.Glance(ctx, s.units, subject, func(src unit.Reader) (org.Comparison, error) {
		return compareRoles(ctx, src, subject, organization, from, to)
	})
}

func compareRoles(ctx context.Context, src unit.Reader, subject *org.Actor, organization string, from, to org.RoleVersionRef) (c org.Comparison, err error) {
	h := unit.SiteScope
	if organization != "" {
		if h, err = src.RoleScope(ctx, subject, org.In(organization)); err != nil {
			return c, err
		}
		c.Organization = unit.OrganizationOf(h.Org)
	} else if !subject.Can("read", org.SiteRolesObject) {
		return c, org.ErrForbidden("assign_role:read")
	}
	if c.From, err = roleAt(ctx, src, h, from); err != nil {
		return c, err
	}
	if c.To, err = roleAt(ctx, src, h, to); err != nil {
		return c, err
	}
	c.Lines = rbac.Diff(c.From.Rules(), c.To.Rules())
	// Both roles share all rules of From, except those that changed or were removed.
	c.Same = len(rbac.Diff(c.From.Rules(), &rbac.Role{})) // all its rules
	for _, d := range c.Lines {
		if d.From != rbac.Unset {
			c.Same--
		}
	}
	return c, nil
}

// roleAt returns a role as stored, or an earlier version of it; 0 is the stored one. NotFound: no such role or version.
// Built-in roles have no versions.
func roleAt(ctx context.Context, s unit.Reader, h unit.RoleScope, at org.RoleVersionRef) (org.Role, error) {
	set, err := s.Roles(ctx, h.Org.ID)
	if err != nil {
		return org.Role{}, err
	}
	r, ok := set.ByName[at.Name]
	if !ok || at.Version != 0 && r.BuiltIn {
		return org.Role{}, org.ErrNotFound()
	}
	if at.Version == 0 || at.Version == r.Version {
		now := r.Role // a copy: the stored role is shared
		now.Dead = slices.Clone(now.Dead)
		return now, s.TellDead(ctx, &now)
	}
	row, err := s.Q.GetRoleVersion(ctx, db.GetRoleVersionParams{RoleID: r.ID, Version: at.Version})
	if db.IsNotFound(err) {
		return org.Role{}, org.ErrNotFound()
	}
	if err != nil {
		return org.Role{}, err
	}
	was, err := s.VersionOf(ctx, &r.Role, row)
	if err == nil {
		err = s.TellDead(ctx, &was.Role)
	}
	return was.Role, err
}
