package tenant

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// DeleteRole deletes a custom role and takes it from everyone who held it. It returns what was deleted, and what an undo needs.
// NotFound: no custom role with exactly this name. Forbidden: needs assign_org_role:delete, and every permission that the
// role denies; only owners delete roles of the site. Invalid: the caller holds the role and could not undo the deletion, or
// it would lock the owners out. Conflict: ifMatch does not include the stored version.
func (s *Service) DeleteRole(ctx context.Context, subject *org.Actor, in org.Scope, name string, ifMatch org.Versions) (role org.Role, done org.Receipt, err error) {
	defer org.Wrap(&err, "delete role %q in %s", name, in)
	return unit.Do(ctx, s.units, subject, unit.In(in), "delete", deleteRole{in, name, ifMatch}, planDeleteRole, applyDeleteRole)
}

// PreviewRoleDeletion returns how DeleteRole would change what people may do. Errors as there.
func (s *Service) PreviewRoleDeletion(ctx context.Context, subject *org.Actor, in org.Scope, name string, ifMatch org.Versions) (_ org.Impact, err error) {
	defer org.Wrap(&err, "preview the deletion of role %q in %s", name, in)
	_, impact, err := unit.Try(ctx, s.units, subject, deleteRole{in, name, ifMatch}, planDeleteRole)
	return impact, err
}

// deleteRole asks to delete a role.
type deleteRole struct {
	in      org.Scope
	name    string
	ifMatch org.Versions
}

// roleDeletion is what was decided about deleting a role.
type roleDeletion struct {
	org.RoleChange
	pieces []piece // of those who hold it in an organization
}

// piece is a batch of the holders of a role: those whose usernames come after one and up to another.
type piece struct{ after, last string }

// planDeleteRole checks the table Deleting of docs/spec/roles.md, in its order.
func planDeleteRole(ctx context.Context, a *unit.Attempt, in deleteRole) (d roleDeletion, err error) {
	h, err := a.RoleScope(ctx, a.Actor, in.in)
	if err != nil {
		return d, err
	}
	// Unreadable roles of an organization have been answered as not found above. That the site has roles is no secret, so this
	// is a 403.
	if !a.Actor.Can("read", h.Object) {
		return d, org.ErrForbidden()
	}
	set, err := a.Roles(ctx, h.Org.ID)
	if err != nil {
		return d, err
	}
	// The spelling must be exact: a deletion must not hit what the caller did not name.
	stored, ok := set.ByName[in.name]
	if !ok || stored.BuiltIn {
		return d, &org.Error{Kind: org.NotFound, Message: fmt.Sprintf("No custom role with the name %s found", in.name), Detail: "no role found"}
	}
	// From here on a refusal is recorded, since it is about something that exists.
	a.About("custom_role", stored.ID, stored.Name, h.Org.ID)
	if !h.May(a.Actor, "delete") {
		return d, h.Forbidden("delete")
	}
	if err := a.BegunFrom(ctx, in.ifMatch, stored.Tag(), unit.RoleChanged); err != nil {
		return d, err
	}
	if denied := foreignDenies(a, h, stored.Role); len(denied) > 0 {
		return d, &org.Error{Kind: org.Forbidden, Message: "Forbidden.",
			Detail: "You don't have permission to delete this role: it denies what you do not hold, " + org.Summarize(denied) + "."}
	}
	if err := a.MayRewrite(ctx, h, in.name, stored.Role, nil); err != nil {
		return d, err
	}
	d.Before = stored.Role
	// Without a state after the change, the role counts as gone for all the guards below.
	a.WillStore(set, d.RoleChange)
	// Undoing a deletion means creating the role again, with all its permissions.
	if err := a.KeepUndo(ctx, h.Object, "create", stored.Role); err != nil {
		return d, err
	}
	// Only roles of the site can lock the owners out; only those of an organization are taken away in batches.
	if h.Site() {
		return d, a.KeepOwners(ctx)
	}
	d.pieces, err = piecesOf(ctx, a, h, in.name)
	return d, err
}

// foreignDenies returns what a role denies that the caller does not hold: taking such a deny away would grant it.
// Each level is judged at the scope that it has in the role.
func foreignDenies(a *unit.Attempt, h unit.RoleScope, r org.Role) []rbac.Permission {
	var foreign []rbac.Permission
	for level, perms := range r.Levels() {
		denied := slices.DeleteFunc(slices.Clone(perms), func(p rbac.Permission) bool {
			return !denies(a, p)
		})
		foreign = append(foreign, a.Actor.Grants.CheckGrant(level, h.Org.ID, denied)...)
	}
	return foreign
}

// denies reports whether p withholds anything. What the catalog does not know has no effect, except the action "*", which
// may still be stored.
func denies(a *unit.Attempt, p rbac.Permission) bool {
	return p.Negate && unit.Known(a.Catalog(), p)
}

// piecesOf divides the holders of a role of an organization into batches, in which they are written.
// An apply cannot read (docs/adr/0001-units.md), so the plan must find where each batch ends.
func piecesOf(ctx context.Context, a *unit.Attempt, h unit.RoleScope, name string) (pieces []piece, err error) {
	keys, err := a.Q.ListHolderKeys(ctx, db.ListHolderKeysParams{OrganizationID: h.Org.ID, Role: name, Step: unit.ChunkSize})
	after := ""
	for _, key := range keys {
		pieces = append(pieces, piece{after, key})
		after = key
	}
	return pieces, err
}

// applyDeleteRole takes the role from everyone, marks those memberships and accounts as changed, and deletes it.
func applyDeleteRole(ctx context.Context, w *unit.Writer, d roleDeletion) (org.Role, error) {
	r := d.Before
	roleFields(w, d.RoleChange)
	var err error
	// No one may keep the name: a new role of that name would come back to them (T19 in docs/spec/threats.md).
	if r.OrganizationID == uuid.Nil {
		err = takeFromUsers(ctx, w, r.Name)
	} else {
		err = takeFromMembers(ctx, w, r, d.pieces)
	}
	if err != nil {
		return r, err
	}
	return r, w.W.DeleteRole(ctx, r.ID)
}

// takeFromUsers takes a role of the site from every account. It marks the accounts as changed first, while the holders are
// still known.
func takeFromUsers(ctx context.Context, w *unit.Writer, role string) error {
	if err := w.W.TouchSiteHolders(ctx, db.TouchSiteHoldersParams{Now: w.Now, Role: role}); err != nil {
		return err
	}
	return w.W.DeleteRoleFromUsers(ctx, role)
}

// takeFromMembers takes a role of an organization from every member, in the same order and for the same reason.
func takeFromMembers(ctx context.Context, w *unit.Writer, r org.Role, pieces []piece) error {
	for _, p := range pieces {
		if err := w.W.TouchHolders(ctx, db.TouchHoldersParams{
			Now: w.Now, OrganizationID: r.OrganizationID, Role: r.Name, AfterKey: p.after, LastKey: p.last,
		}); err != nil {
			return err
		}
	}
	// Without the count the trigger leaves the memberships alone. They have been marked already (queries/members.sql).
	if err := w.W.DeleteRoleCount(ctx, db.DeleteRoleCountParams{OrganizationID: r.OrganizationID, Role: r.Name}); err != nil {
		return err
	}
	return w.W.DeleteRoleFromMembers(ctx, db.DeleteRoleFromMembersParams{OrganizationID: r.OrganizationID, Role: r.Name})
}

// roleFields records what changes between two states of a role.
// The names are those of docs/spec/audit.md. An empty state means that there is no role.
func roleFields(w *unit.Writer, c org.RoleChange) {
	w.Field("name", c.Before.Name, c.After.Name)
	w.Field("display_name", c.Before.DisplayName, c.After.DisplayName)
	w.Field("description", c.Before.Description, c.After.Description)
	w.Field("site_permissions", listOf(c.Before.Site), listOf(c.After.Site))
	w.Field("org_permissions", listOf(c.Before.Organization), listOf(c.After.Organization))
	w.Field("user_permissions", listOf(c.Before.User), listOf(c.After.User))
}

// listOf writes an absent list as an empty one.
// The trail has one form for both, so that they do not look like a difference.
func listOf(p []rbac.Permission) []rbac.Permission {
	if p == nil {
		return []rbac.Permission{}
	}
	return p
}
