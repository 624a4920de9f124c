package org

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rolecall.example/db"
	"rolecall.example/rbac"
)

// RoleVersion is a state that a role was stored in.
type RoleVersion struct {
	Version   int64
	CreatedAt time.Time
	CreatedBy string
	Role      Role
}

// Restore asks for an earlier version of a role.
type Restore struct {
	Version int64
	From    Versions // one of which was the present one when the choice was made
}

// keepVersion stores the state of a role beside the ones before it.
func (c *change) keepVersion(r Role) error {
	perms := map[string][]rbac.Permission{}
	for level, list := range r.levels() {
		perms[level.String()] = listOf(list)
	}
	text, err := json.Marshal(perms)
	if err != nil {
		return err
	}
	return c.q.InsertRoleVersion(c.ctx, db.InsertRoleVersionParams{
		RoleID: r.ID, Version: r.Version, DisplayName: r.DisplayName, Permissions: string(text),
		Now: c.now, CreatedBy: c.by.User.Username,
	})
}

// OrganizationRoleVersions is the history of a custom role, newest first, at most 200 versions.
// NotFound: no such custom role, or it may not be read.
func (s *Service) OrganizationRoleVersions(ctx context.Context, subject *Subject, organization, name string) ([]RoleVersion, error) {
	src := s.snapshot(subject)
	h, err := src.roleHome(ctx, subject, organization)
	if err != nil {
		return nil, err
	}
	return src.roleVersions(ctx, subject, h, name)
}

// SiteRoleVersions is OrganizationRoleVersions for a role of the site.
func (s *Service) SiteRoleVersions(ctx context.Context, subject *Subject, name string) ([]RoleVersion, error) {
	if !subject.Can("read", siteRolesObject) {
		return nil, errForbidden()
	}
	return s.snapshot(subject).roleVersions(ctx, subject, siteHome, name)
}

func (s source) roleVersions(ctx context.Context, by *Subject, h home, name string) ([]RoleVersion, error) {
	set, err := s.roles(ctx, h.org.ID)
	if err != nil {
		return nil, err
	}
	role := set.custom(name)
	if role == nil {
		return nil, errNotFound()
	}
	rows, err := s.q.ListRoleVersions(ctx, db.ListRoleVersionsParams{RoleID: role.ID, MaxRows: 200})
	if err != nil {
		return nil, err
	}
	versions := make([]RoleVersion, len(rows))
	for i, r := range rows {
		if versions[i], err = role.versionOf(r); err != nil {
			return nil, err
		}
		if !h.mayCount(by) {
			versions[i].CreatedBy, versions[i].Role.UpdatedBy = "", ""
		}
	}
	return versions, nil
}

// versionOf is the role as it stood in a stored version.
func (r *Role) versionOf(row db.RoleVersion) (RoleVersion, error) {
	var perms map[string][]rbac.Permission
	if err := json.Unmarshal([]byte(row.Permissions), &perms); err != nil {
		return RoleVersion{}, fmt.Errorf("version %d of role %s: %w", row.Version, r.Name, err)
	}
	was := *r
	was.DisplayName, was.Version, was.UpdatedAt, was.UpdatedBy = row.DisplayName, row.Version, row.CreatedAt, row.CreatedBy
	for _, level := range []rbac.Level{rbac.LevelSite, rbac.LevelOrganization, rbac.LevelUser} {
		*was.at(level.String()) = perms[level.String()]
	}
	return RoleVersion{Version: row.Version, CreatedAt: row.CreatedAt, CreatedBy: row.CreatedBy, Role: was}, nil
}

// RestoreOrganizationRole stores a role again as it was in an earlier version: as a new version, through the same checks
// as any other change. NotFound: no such role or version. Other errors as PutOrganizationRole; Conflict: Restore.From is
// not the present version any more.
func (s *Service) RestoreOrganizationRole(ctx context.Context, subject *Subject, organization, name string, input Input[Restore]) (Role, error) {
	return s.writeOrganizationRole(ctx, subject, "write", organization, restored(name, input))
}

// RestoreSiteRole is RestoreOrganizationRole for a role of the site.
func (s *Service) RestoreSiteRole(ctx context.Context, subject *Subject, name string, input Input[Restore]) (Role, error) {
	return s.writeSiteRole(ctx, subject, restored(name, input))
}

// restored is a role as it was in an earlier version.
func restored(name string, input Input[Restore]) roleSource {
	return func(c *change, set *roleSet) (RoleInput, error) {
		role := set.custom(name)
		if role == nil {
			return RoleInput{}, errNotFound()
		}
		in, err := input.Read()
		if err != nil {
			return RoleInput{}, err
		}
		row, err := c.q.GetRoleVersion(c.ctx, db.GetRoleVersionParams{RoleID: role.ID, Version: in.Version})
		if db.IsNotFound(err) {
			return RoleInput{}, errNotFound()
		}
		if err != nil {
			return RoleInput{}, err
		}
		was, err := role.versionOf(row)
		if err != nil {
			return RoleInput{}, err
		}
		r := was.Role
		return RoleInput{Name: name, DisplayName: r.DisplayName, Site: r.Site, Organization: r.Organization, User: r.User, From: in.From}, nil
	}
}
