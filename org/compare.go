package org

import (
	"context"

	"rolecall.example/db"
	"rolecall.example/rbac"
)

// RoleAt names a role as it is, or as it was at a version.
type RoleAt struct {
	Name    string
	Version int64 // 0: as it is
}

// Comparison is two roles side by side, or one at two times.
type Comparison struct {
	Organization Organization // zero for the site
	From, To     Role
	Lines        []rbac.Difference // where they differ
	Same         int               // permissions that both have alike
}

// CompareRoles compares roles of an organization, or of the site for "", or versions of them.
// NotFound: no such role or version, or it may not be read. Forbidden: site roles may not be read.
func (s *Service) CompareRoles(ctx context.Context, subject *Subject, organization string, from, to RoleAt) (c Comparison, err error) {
	src, h := s.snapshot(subject), siteHome
	if organization != "" {
		if h, err = src.roleHome(ctx, subject, organization); err != nil {
			return c, err
		}
		c.Organization = organizationOf(h.org)
	} else if !subject.Can("read", siteRolesObject) {
		return c, errForbidden("assign_role:read")
	}
	if c.From, err = src.roleAt(ctx, h, from); err != nil {
		return c, err
	}
	if c.To, err = src.roleAt(ctx, h, to); err != nil {
		return c, err
	}
	c.Lines = rbac.Diff(c.From.Rules(), c.To.Rules())
	c.Same = len(rbac.Diff(c.From.Rules(), &rbac.Role{})) // all that it says
	for _, d := range c.Lines {
		if d.From != rbac.Unset {
			c.Same--
		}
	}
	return c, nil
}

func (s source) roleAt(ctx context.Context, h home, at RoleAt) (Role, error) {
	set, err := s.roles(ctx, h.org.ID)
	if err != nil {
		return Role{}, err
	}
	r, ok := set.byName[at.Name]
	if !ok || at.Version != 0 && r.BuiltIn {
		return Role{}, errNotFound()
	}
	if at.Version == 0 || at.Version == r.Version {
		return r.Role, nil
	}
	row, err := s.q.GetRoleVersion(ctx, db.GetRoleVersionParams{RoleID: r.ID, Version: at.Version})
	if db.IsNotFound(err) {
		return Role{}, errNotFound()
	}
	if err != nil {
		return Role{}, err
	}
	was, err := r.versionOf(row)
	return was.Role, err
}
