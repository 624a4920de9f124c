package tenant

import (
	"context"
	"fmt"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// maxDeleted is how many deletions the list of deleted roles looks at.
const maxDeleted = 200

// DeletedRoles returns the custom roles of a scope that were deleted lately, newest first: for each name the last one, unless a
// role has the name now. Errors as Roles.
func (s *Service) DeletedRoles(ctx context.Context, subject *org.Actor, in org.Scope) (_ org.DeletedRoles, err error) {
	defer org.Wrap(&err, "list deleted roles of %s", in)
	return unit.Glance(ctx, s.units, subject, func(src unit.Reader) (list org.DeletedRoles, err error) {
		h, err := readableScope(ctx, src, subject, in)
		if err != nil {
			return list, err
		}
		set, err := src.Roles(ctx, h.Org.ID)
		if err != nil {
			return list, err
		}
		entries, err := src.Q.ListDeletedRoles(ctx, db.ListDeletedRolesParams{
			Chain: h.Org.ID, Since: src.When.Add(-org.DeletedRolesFor), MaxRows: maxDeleted,
		})
		if err != nil {
			return list, err
		}
		list.Organization, list.CanCreate = unit.OrganizationOf(h.Org), h.May(subject, "create")
		listed := map[string]bool{}
		for _, e := range entries {
			if set.ByName[e.ResourceTarget] != nil || listed[e.ResourceTarget] {
				continue
			}
			listed[e.ResourceTarget] = true
			d, err := deletedRole(ctx, src, subject, h, e)
			if err != nil {
				return list, err
			}
			list.Roles = append(list.Roles, d)
		}
		return list, nil
	})
}

// deletedRole returns a deleted role as the caller may see it. The caller may read the roles of its place.
func deletedRole(ctx context.Context, s unit.Reader, by *org.Actor, h unit.RoleScope, e db.AuditLog) (org.DeletedRole, error) {
	d, err := s.DeletedRole(ctx, e)
	if err != nil {
		return d, err
	}
	// Callers who may not read the people of a place don't learn their names from its roles.
	if !h.MayCount(by) {
		d.DeletedBy = ""
	}
	return d, s.TellDead(ctx, &d.Role)
}

// ReviewDeletedRole previews undoing the deletion of a role, and returns the role as it was, from the same snapshot. If only
// the undo is refused, the role comes with the refusal. NotFound: no deletion there has this id. Errors as Roles and Undo.
func (s *Service) ReviewDeletedRole(ctx context.Context, subject *org.Actor, in org.Scope, entryID string) (r org.DeletedReview, err error) {
	defer org.Wrap(&err, "review the deleted role of entry %q in %s", entryID, in)
	e, err := s.units.EntryToUndo(ctx, subject, entryID)
	if err != nil {
		return r, err
	}
	r, impact, err := unit.Try(ctx, s.units, subject, deletedIn{in, e}, planDeletedReview)
	r.Impact = impact
	return r, err
}

// deletedIn is the entry of a deletion, looked for in a scope.
type deletedIn struct {
	in    org.Scope
	entry db.AuditLog
}

// planDeletedReview reads the role as it was, and then plans the undo.
func planDeletedReview(ctx context.Context, a *unit.Attempt, d deletedIn) (r org.DeletedReview, err error) {
	h, err := readableScope(ctx, a.Reader, a.Actor, d.in)
	if err != nil {
		return r, err
	}
	e := d.entry
	if !org.OfDeletedRole(e.ResourceType, e.Action) || e.StatusCode >= 400 || e.OrganizationID.UUID != h.Org.ID {
		return r, org.ErrNotFound()
	}
	r.Organization, r.CanCreate = unit.OrganizationOf(h.Org), h.May(a.Actor, "create")
	if r.Deleted, err = deletedRole(ctx, a.Reader, a.Actor, h, e); err != nil {
		return r, err
	}
	_, err = undoDeletion(ctx, a, e)
	return r, err
}

// undoDeletion creates a deleted role again, as the entry has it: a role like any other, with a new id, that no one has. The
// caller may lack what its maker held, and must not get it this way.
func undoDeletion(ctx context.Context, a *unit.Attempt, e db.AuditLog) (c roleChange, err error) {
	in := org.Site
	if e.OrganizationID.Valid {
		in = org.In(e.OrganizationID.UUID.String())
	}
	// The id of an entry must not tell what it is about, so roles that the caller may not read are not found.
	h, err := a.RoleScope(ctx, a.Actor, in)
	if err != nil {
		return c, err
	}
	if !a.Actor.Can("read", h.Object) {
		return c, org.ErrNotFound()
	}
	a.About("custom_role", unit.ParseID(e.ResourceID), e.ResourceTarget, h.Org.ID)
	a.Entry.Action = "create"
	if !h.May(a.Actor, "create") {
		return c, h.Forbidden("create")
	}
	if e.StatusCode >= 400 {
		return c, errNothingHappened
	}
	set, err := a.Roles(ctx, h.Org.ID)
	if err != nil {
		return c, err
	}
	if custom(set, e.ResourceTarget) != nil {
		return c, changedSince(fmt.Sprintf("There is a role named “%s” again.", e.ResourceTarget))
	}
	d, err := a.DeletedRole(ctx, e)
	if err != nil {
		return c, err
	}
	r := d.Role
	return decideRole(ctx, a, h, set, org.RoleInput{
		Name: r.Name, DisplayName: r.DisplayName, Description: &r.Description, Site: r.Site, Organization: r.Organization, User: r.User, MustCreate: true,
	})
}
