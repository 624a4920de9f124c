package tenant

import (
	"context"
	"encoding/json"
	"slices"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// keepVersion stores the state of a role in addition to earlier ones; restored is the version that it restores, if any.
// The author is kept by name, as in the audit trail: a version outlives accounts.
func keepVersion(ctx context.Context, w *unit.Writer, r org.Role, restored int64) error {
	perms := map[string][]rbac.Permission{}
	for level, list := range r.Levels() {
		perms[level.String()] = listOf(list)
	}
	text, err := json.Marshal(perms)
	if err != nil {
		return err
	}
	return w.W.InsertRoleVersion(ctx, db.InsertRoleVersionParams{
		RoleID: r.ID, Version: r.Version, DisplayName: r.DisplayName, Description: r.Description, Permissions: string(text),
		Now: w.Now, CreatedBy: w.Actor.User.Username, CatalogVersion: r.Catalog, RestoredFrom: restored,
	})
}

// RoleVersions returns the history of a custom role, newest first, at most 200 versions.
// NotFound: no such custom role, or the caller may not read it. Forbidden: the caller may not read the roles of the site.
func (s *Service) RoleVersions(ctx context.Context, subject *org.Actor, in org.Scope, name string) (_ []org.RoleVersion, err error) {
	defer org.Wrap(&err, "list versions of role %q in %s", name, in)
	return unit.Glance(ctx, s.units, subject, func(src unit.Reader) ([]org.RoleVersion, error) {
		h, err := src.RoleScope(ctx, subject, in)
		if err != nil {
			return nil, err
		}
		if !subject.Can("read", h.Object) {
			return nil, org.ErrForbidden()
		}
		return roleVersions(ctx, src, subject, h, name)
	})
}

// A batch is one transaction of a few milliseconds.
const oldVersions = 500

// PruneRoleVersions deletes all but the newest kept versions of each role, and returns how many it deleted; 0 keeps all. The
// present version always stays. Undo reads the audit trail instead of versions, so it misses none. The server calls this, so
// no right is checked.
func (s *Service) PruneRoleVersions(ctx context.Context, kept int) (deleted int, err error) {
	defer org.Wrap(&err, "delete old versions of roles")
	for kept > 0 {
		old, err := s.units.DB.ListOldRoleVersions(ctx, db.ListOldRoleVersionsParams{Kept: int64(kept), MaxRows: oldVersions})
		if err != nil || len(old) == 0 {
			return deleted, err
		}
		err = s.units.DB.WriteIn(ctx, db.SigningIn, func(tx *db.Tx) error {
			for i, v := range old {
				if i+1 < len(old) && old[i+1].RoleID == v.RoleID {
					continue // with the last one of the role
				}
				if err := tx.Writes().DeleteRoleVersions(ctx, db.DeleteRoleVersionsParams(v)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return deleted, err
		}
		deleted += len(old)
	}
	return deleted, nil
}

// roleVersions does the work of RoleVersions for a place whose roles the caller may read.
func roleVersions(ctx context.Context, s unit.Reader, by *org.Actor, h unit.RoleScope, name string) ([]org.RoleVersion, error) {
	set, err := s.Roles(ctx, h.Org.ID)
	if err != nil {
		return nil, err
	}
	role := custom(set, name)
	// Built-in roles have no versions: they change with the program.
	if role == nil {
		return nil, org.ErrNotFound()
	}
	rows, err := s.Q.ListRoleVersions(ctx, db.ListRoleVersionsParams{RoleID: role.ID, MaxRows: org.MaxVersions})
	if err != nil {
		return nil, err
	}
	versions := make([]org.RoleVersion, len(rows))
	for i, r := range rows {
		if versions[i], err = s.VersionOf(ctx, role, r); err != nil {
			return nil, err
		}
		if err := s.TellDead(ctx, &versions[i].Role); err != nil {
			return nil, err
		}
		// Callers who may not read the people of a place don't learn their names from its roles.
		if !h.MayCount(by) {
			versions[i].CreatedBy, versions[i].Role.UpdatedBy = "", ""
		}
	}
	return versions, nil
}

// RestoreRole stores a role again as it was in an earlier version: as a new version, with the same checks as any other
// change. NotFound: no such role or version. Other errors as PutRole; Conflict: RestoreRole.From is no longer the present
// version.
func (s *Service) RestoreRole(ctx context.Context, subject *org.Actor, in org.Scope, name string, input org.Input[org.RestoreRole]) (role org.Role, err error) {
	defer org.Wrap(&err, "restore role %q in %s", name, in)
	role, _, err = unit.Do(ctx, s.units, subject, unit.In(in), "write", restoreRole{in, name, input}, planRestoreRole, applyRole)
	return role, err
}

// PreviewRestore returns how RestoreRole would change what people may do. Errors as there.
func (s *Service) PreviewRestore(ctx context.Context, subject *org.Actor, in org.Scope, name string, input org.Input[org.RestoreRole]) (_ org.Impact, err error) {
	defer org.Wrap(&err, "preview the restoring of role %q in %s", name, in)
	_, impact, err := unit.Try(ctx, s.units, subject, restoreRole{in, name, input}, planRestoreRole)
	return impact, err
}

// ReviewRestore returns PreviewRestore with the role as it is stored and as it was, all from one snapshot. If only RestoreRole
// would be refused, they come with the refusal. Errors as RoleVersions and RestoreRole.
func (s *Service) ReviewRestore(ctx context.Context, subject *org.Actor, in org.Scope, name string, version int64) (r org.RestoreReview, err error) {
	defer org.Wrap(&err, "review the restoring of role %q in %s", name, in)
	wanted := restoreRole{in, name, org.Given(org.RestoreRole{Version: version})}
	r, impact, err := unit.Try(ctx, s.units, subject, wanted, planRestoreReview)
	r.Impact = impact
	return r, err
}

// planRestoreReview reads what is compared, and then plans the write.
func planRestoreReview(ctx context.Context, a *unit.Attempt, in restoreRole) (r org.RestoreReview, err error) {
	h, err := readableScope(ctx, a.Reader, a.Actor, in.in)
	if err != nil {
		return r, err
	}
	view, err := roleView(ctx, a.Reader, a.Actor, h, in.name)
	if err != nil {
		return r, err
	}
	versions, err := roleVersions(ctx, a.Reader, a.Actor, h, in.name)
	if err != nil {
		return r, err
	}
	wanted, _ := in.input.Read()
	i := slices.IndexFunc(versions, func(v org.RoleVersion) bool { return v.Version == wanted.Version })
	if i < 0 {
		return r, org.ErrNotFound()
	}
	r.View, r.Version = view, versions[i]
	_, err = planRestoreRole(ctx, a, in)
	return r, err
}

// restoreRole asks to store a role as it was in an earlier version.
type restoreRole struct {
	in    org.Scope
	name  string
	input org.Input[org.RestoreRole]
}

// planRestoreRole turns the old version into an input like any other. The caller may lack what its author held, and must not
// get it this way (T06 in docs/spec/threats.md).
func planRestoreRole(ctx context.Context, a *unit.Attempt, in restoreRole) (c roleChange, err error) {
	h, set, err := rolesToWrite(ctx, a, in.in)
	if err != nil {
		return c, err
	}
	role := custom(set, in.name)
	if role == nil {
		return c, org.ErrNotFound()
	}
	wanted, err := in.input.Read()
	if err != nil {
		return c, err
	}
	row, err := a.Q.GetRoleVersion(ctx, db.GetRoleVersionParams{RoleID: role.ID, Version: wanted.Version})
	if db.IsNotFound(err) {
		return c, org.ErrNotFound()
	}
	if err != nil {
		return c, err
	}
	was, err := a.VersionOf(ctx, role, row)
	if err != nil {
		return c, err
	}
	r := was.Role
	// From is the version that the form showed, not the one that is restored.
	c, err = decideRole(ctx, a, h, set, org.RoleInput{
		Name: in.name, DisplayName: r.DisplayName, Description: &r.Description, Site: r.Site, Organization: r.Organization, User: r.User, From: wanted.From,
	})
	c.restored = wanted.Version
	return c, err
}
