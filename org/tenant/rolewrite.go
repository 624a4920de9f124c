package tenant

import (
	"context"
	"slices"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// PutRole creates a custom role or replaces the one of that name. NotFound: no such organization, or the caller may not read its
// roles. Forbidden: needs assign_org_role:update if the role exists, else create; only owners write roles of the site.
// Invalid: any problem of the input, such as a name that is taken if the role must be new, or permissions that the caller
// does not hold; the caller holds the role and could not undo the change; or it would lock the owners out.
// Conflict: the input started from another version.
func (s *Service) PutRole(ctx context.Context, subject *org.Actor, in org.Scope, input org.Input[org.RoleInput]) (role org.Role, err error) {
	defer org.Wrap(&err, "store role in %s", in)
	role, _, err = unit.Do(ctx, s.units, subject, unit.In(in), "write", putRole{in, input}, planPutRole, applyRole)
	return role, err
}

// PreviewRole returns how PutRole would change what people may do. Errors as there.
func (s *Service) PreviewRole(ctx context.Context, subject *org.Actor, in org.Scope, input org.Input[org.RoleInput]) (_ org.Impact, err error) {
	defer org.Wrap(&err, "preview role in %s", in)
	_, impact, err := unit.Try(ctx, s.units, subject, putRole{in, input}, planPutRole)
	return impact, err
}

// ReviewRole returns PreviewRole with the role as it is stored, both from one snapshot. The view of a new role is empty.
func (s *Service) ReviewRole(ctx context.Context, subject *org.Actor, in org.Scope, input org.Input[org.RoleInput]) (_ org.RoleView, _ org.Impact, err error) {
	defer org.Wrap(&err, "review role in %s", in)
	r, impact, err := unit.Try(ctx, s.units, subject, putRole{in, input}, planRoleReview)
	if r.counted { // every holder is touched
		r.view.Role.Members = impact.Members
	}
	return r.view, impact, err
}

// roleReview is a role as it is stored, together with what it would become.
type roleReview struct {
	view    org.RoleView
	counted bool // the impact counts who holds it, and the caller may know
}

// planRoleReview plans the write and keeps the state before it. Holders that the impact counts are not counted twice.
func planRoleReview(ctx context.Context, a *unit.Attempt, in putRole) (r roleReview, err error) {
	c, err := planPutRole(ctx, a, in)
	if err != nil || c.Creates() {
		return r, err
	}
	r.counted = c.changes && c.home.MayCount(a.Actor)
	if r.counted {
		r.view = viewOf(a.Reader, a.Actor, c.home, c.set.ByName[c.Before.Name])
		return r, nil
	}
	r.view, err = roleView(ctx, a.Reader, a.Actor, c.home, c.Before.Name)
	return r, err
}

// putRole asks to store a role.
type putRole struct {
	in    org.Scope
	input org.Input[org.RoleInput]
}

// roleChange is a change of a role, as it was decided.
type roleChange struct {
	org.RoleChange
	home    unit.RoleScope
	set     *unit.RoleSet // as it is stored
	changes bool          // else there is nothing to store

	restored int64 // the version that it restores, 0 for none
}

// planPutRole checks rows 1 and 2 of docs/spec/roles.md, writing; decideRole checks the rest.
func planPutRole(ctx context.Context, a *unit.Attempt, in putRole) (c roleChange, err error) {
	h, set, err := rolesToWrite(ctx, a, in.in)
	if err != nil {
		return c, err
	}
	role, err := in.input.Read()
	if err != nil {
		return c, err
	}
	return decideRole(ctx, a, h, set, role.Over(custom(set, role.Name)))
}

// rolesToWrite returns the roles of a scope to a caller who may create or update some of them.
// Only the body shows which of the two rights is needed, so row 1 of docs/spec/roles.md accepts either.
func rolesToWrite(ctx context.Context, a *unit.Attempt, in org.Scope) (h unit.RoleScope, set *unit.RoleSet, err error) {
	if h, err = a.RoleScope(ctx, a.Actor, in); err != nil {
		return h, nil, err
	}
	if !h.May(a.Actor, "create") && !h.May(a.Actor, "update") {
		return h, nil, h.Forbidden("create")
	}
	set, err = a.Roles(ctx, h.Org.ID)
	return h, set, err
}

// decideRole is the only way to write a custom role.
// Writing, reviewing and restoring all use it. The rows are those of docs/spec/roles.md, writing, from 3 on.
func decideRole(ctx context.Context, a *unit.Attempt, h unit.RoleScope, set *unit.RoleSet, in org.RoleInput) (c roleChange, err error) {
	stored := custom(set, in.Name)
	if stored != nil {
		a.About("custom_role", stored.ID, stored.Name, h.Org.ID)
	}
	if err := mayPut(a, h, stored, in.MustCreate || in.From.OnlyNew()); err != nil {
		return c, err
	}
	draft := roleDraft{Attempt: a, home: h, in: in, set: set}
	if stored != nil {
		draft.stored = *stored
	}
	draft.takeOldNames()
	if err := draft.check(); err != nil {
		return c, err
	}
	// Row 14. The input is valid, so now it matters whether it started from what is stored.
	switch {
	case in.From.Include(draft.stored.Tag()):
	case in.From.OnlyNew():
		return c, &org.Error{Kind: org.Conflict, Message: "This role exists already.", Outdated: true, Tag: stored.Tag(),
			Detail: "Nothing of yours was saved; leave If-None-Match out to replace it."}
	case stored == nil:
		return c, &org.Error{Kind: org.Conflict, Outdated: true, Message: "This role has been deleted.",
			Detail: "Someone else deleted it after you opened it. Your changes were not saved; make a new role if it is still needed."}
	default:
		return c, a.ChangedMeanwhile(ctx, stored.Tag(), unit.RoleChanged)
	}
	return draft.decide(ctx)
}

// custom returns the stored custom role of that name, in any case; nil if there is none or it is a built-in one.
// Names are stored in lower case.
func custom(s *unit.RoleSet, name string) *org.Role {
	if r, ok := s.ByName[org.FoldCase(name)]; ok && !r.BuiltIn {
		return &r.Role
	}
	return nil
}

// mayPut checks the right to create, or to update an existing role. Creating over an existing role fails in check.
// The action is set before the right is checked, so that the entry of a refusal says which of the two was tried.
func mayPut(a *unit.Attempt, h unit.RoleScope, stored *org.Role, mustCreate bool) error {
	action := "create"
	if stored != nil && !mustCreate {
		action, a.Entry.Action = "update", "write"
	} else {
		a.Entry.Action = "create"
	}
	if !h.May(a.Actor, action) {
		return h.Forbidden(action)
	}
	return nil
}

// decide turns the draft into the role to be stored. A draft that changes nothing stores nothing.
func (d *roleDraft) decide(ctx context.Context) (c roleChange, err error) {
	r := d.result()
	// Another order, or a repeated permission, is no change.
	for level, perms := range r.Levels() {
		sorted := slices.Clone(perms)
		rbac.SortPermissions(sorted)
		*r.At(level.String()) = slices.Compact(sorted)
	}
	c.RoleChange, c.home, c.set = org.RoleChange{Before: d.stored, After: r}, d.home, d.set
	if c.changes = c.Creates() || !sameRole(d.stored, r); !c.changes {
		return c, nil
	}
	// Row 15 from here on: guard rails R2 and R3, then the caller's own undo, then the owners.
	if err := d.MayRewrite(ctx, d.home, r.Name, d.stored, &r); err != nil {
		return c, err
	}
	r.UpdatedAt, r.UpdatedBy, r.Version = d.Now, d.Actor.User.Username, d.stored.Version+1
	r.Catalog, r.WrittenIn, r.Dead = d.Catalog().Version(), d.Catalog().Version(), nil
	if c.Creates() {
		r.ID, r.CreatedAt = unit.NewID(), d.Now
	}
	c.After = r
	d.WillStore(d.set, c.RoleChange)
	d.About("custom_role", r.ID, r.Name, r.OrganizationID)
	// No one holds a new role yet, so it takes nothing from the caller.
	if c.Creates() {
		err = d.mayBeGiven(ctx, r)
	} else {
		err = d.KeepUndo(ctx, d.home.Object, "update", changedPart(d.stored, r))
	}
	if err != nil {
		return c, err
	}
	if d.home.Site() {
		err = d.KeepOwners(ctx)
	}
	return c, err
}

// sameRole reports whether two states of a role are the same.
// Both must be sorted.
func sameRole(x, y org.Role) bool {
	return x.DisplayName == y.DisplayName && x.Description == y.Description && slices.Equal(x.Site, y.Site) &&
		slices.Equal(x.Organization, y.Organization) && slices.Equal(x.User, y.User)
}

// applyRole stores a new or replaced role.
func applyRole(ctx context.Context, w *unit.Writer, c roleChange) (org.Role, error) {
	r := c.After
	if !c.changes {
		return r, nil
	}
	roleFields(w, c.RoleChange)
	var err error
	if c.Creates() {
		err = w.W.InsertRole(ctx, db.InsertRoleParams{
			ID: r.ID, OrganizationID: unit.NullID(r.OrganizationID), Name: r.Name, DisplayName: r.DisplayName, Description: r.Description,
			Now: w.Now, UpdatedBy: r.UpdatedBy, CatalogVersion: r.Catalog,
		})
	} else {
		err = w.W.UpdateRole(ctx, db.UpdateRoleParams{
			DisplayName: r.DisplayName, Description: r.Description, Now: w.Now, UpdatedBy: r.UpdatedBy, ID: r.ID, CatalogVersion: r.Catalog,
		})
	}
	if err != nil {
		return r, err
	}
	if err := storePermissions(ctx, w, c.RoleChange); err != nil {
		return r, err
	}
	return r, keepVersion(ctx, w, r, c.restored)
}

// storePermissions writes what differs. It deletes first, since an allow and a deny of one action have the same key.
// Permissions stored under another catalog have other words, and are written again.
func storePermissions(ctx context.Context, w *unit.Writer, c org.RoleChange) error {
	if !c.Creates() && c.Before.WrittenIn != c.After.Catalog {
		c.Before = org.Role{}
		if err := w.W.DeletePermissionsOfRole(ctx, c.After.ID); err != nil {
			return err
		}
	}
	for level, is := range c.After.Levels() {
		was := *c.Before.At(level.String())
		for _, p := range was {
			if slices.Contains(is, p) {
				continue
			}
			if err := w.W.DeletePermission(ctx, db.DeletePermissionParams{
				RoleID: c.After.ID, Level: level.String(), ResourceType: p.ResourceType, Action: p.Action,
			}); err != nil {
				return err
			}
		}
		for _, p := range is {
			if slices.Contains(was, p) {
				continue
			}
			if err := w.W.InsertPermission(ctx, db.InsertPermissionParams{
				RoleID: c.After.ID, Level: level.String(), ResourceType: p.ResourceType, Action: p.Action, Negate: p.Negate,
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// changedPart returns the permissions in which two states of a role differ: what putting the first one back would give,
// deny or stop denying. Taking an allow away requires no permission to be held.
func changedPart(before, after org.Role) org.Role {
	var part org.Role
	for level, was := range before.Levels() {
		is := *after.At(level.String())
		list := part.At(level.String())
		for _, p := range was {
			if !slices.Contains(is, p) {
				*list = append(*list, p)
			}
		}
		for _, p := range is {
			if p.Negate && !slices.Contains(was, p) {
				*list = append(*list, p)
			}
		}
	}
	return part
}
