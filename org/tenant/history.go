package tenant

import (
	"context"
	"encoding/json"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// keepVersion stores the state of a role beside the ones before it.
func keepVersion(c *unit.Mixed, r org.Role) error {
	perms := map[string][]rbac.Permission{}
	for level, list := range r.Levels() {
		perms[level.String()] = listOf(list)
	}
	text, err := json.Marshal(perms)
	if err != nil {
		return err
	}
	return c.W.InsertRoleVersion(c.Ctx, db.InsertRoleVersionParams{
		RoleID: r.ID, Version: r.Version, DisplayName: r.DisplayName, Permissions: string(text),
		Now: c.Now, CreatedBy: c.Actor.User.Username,
	})
}

// OrganizationRoleVersions is the history of a custom role, newest first, at most 200 versions.
// NotFound: no such custom role, or it may not be read.
func (s *Service) OrganizationRoleVersions(ctx context.Context, subject *org.Actor, organization, name string) (_ []org.RoleVersion, err error) {
	defer org.Wrap(&err, "list versions of role %q in %q", name, organization)
	src := s.units.Snapshot(subject)
	h, err := src.RoleScope(ctx, subject, organization)
	if err != nil {
		return nil, err
	}
	return roleVersions(ctx, src, subject, h, name)
}

// SiteRoleVersions is OrganizationRoleVersions for a role of the site.
func (s *Service) SiteRoleVersions(ctx context.Context, subject *org.Actor, name string) (_ []org.RoleVersion, err error) {
	defer org.Wrap(&err, "list versions of site role %q", name)
	if !subject.Can("read", org.SiteRolesObject) {
		return nil, org.ErrForbidden()
	}
	return roleVersions(ctx, s.units.Snapshot(subject), subject, unit.SiteScope, name)
}

func roleVersions(ctx context.Context, s unit.Reader, by *org.Actor, h unit.RoleScope, name string) ([]org.RoleVersion, error) {
	set, err := s.Roles(ctx, h.Org.ID)
	if err != nil {
		return nil, err
	}
	role := custom(set, name)
	if role == nil {
		return nil, org.ErrNotFound()
	}
	rows, err := s.Q.ListRoleVersions(ctx, db.ListRoleVersionsParams{RoleID: role.ID, MaxRows: 200})
	if err != nil {
		return nil, err
	}
	versions := make([]org.RoleVersion, len(rows))
	for i, r := range rows {
		if versions[i], err = unit.VersionOf(role, r); err != nil {
			return nil, err
		}
		if !h.MayCount(by) {
			versions[i].CreatedBy, versions[i].Role.UpdatedBy = "", ""
		}
	}
	return versions, nil
}

// RestoreOrganizationRole stores a role again as it was in an earlier version: as a new version, through the same checks
// as any other change. NotFound: no such role or version. Other errors as PutOrganizationRole; Conflict: Restore.From is
// not the present version any more.
func (s *Service) RestoreOrganizationRole(ctx context.Context, subject *org.Actor, organization, name string, input org.Input[org.RestoreRole]) (_ org.Role, err error) {
	defer org.Wrap(&err, "restore role %q in %q", name, organization)
	return s.writeOrganizationRole(ctx, subject, "write", organization, restored(name, input))
}

// RestoreSiteRole is RestoreOrganizationRole for a role of the site.
func (s *Service) RestoreSiteRole(ctx context.Context, subject *org.Actor, name string, input org.Input[org.RestoreRole]) (_ org.Role, err error) {
	defer org.Wrap(&err, "restore site role %q", name)
	return s.writeSiteRole(ctx, subject, restored(name, input))
}

// restored is a role as it was in an earlier version.
func restored(name string, input org.Input[org.RestoreRole]) roleSource {
	return func(c *unit.Mixed, set *unit.RoleSet) (org.RoleInput, error) {
		role := custom(set, name)
		if role == nil {
			return org.RoleInput{}, org.ErrNotFound()
		}
		in, err := input.Read()
		if err != nil {
			return org.RoleInput{}, err
		}
		row, err := c.Q.GetRoleVersion(c.Ctx, db.GetRoleVersionParams{RoleID: role.ID, Version: in.Version})
		if db.IsNotFound(err) {
			return org.RoleInput{}, org.ErrNotFound()
		}
		if err != nil {
			return org.RoleInput{}, err
		}
		was, err := unit.VersionOf(role, row)
		if err != nil {
			return org.RoleInput{}, err
		}
		r := was.Role
		return org.RoleInput{Name: name, DisplayName: r.DisplayName, Site: r.Site, Organization: r.Organization, User: r.User, From: in.From}, nil
	}
}
