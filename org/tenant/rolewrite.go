package tenant

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// roleSource gives the role that is to be stored, inside the transaction that stores it.
type roleSource func(c *unit.Mixed, set *unit.RoleSet) (org.RoleInput, error)

// wholeRole is the source of a role from an input, which may leave parts of the stored role as they are.
func wholeRole(input org.Input[org.RoleInput]) roleSource {
	return func(_ *unit.Mixed, set *unit.RoleSet) (org.RoleInput, error) {
		in, err := input.Read()
		if err != nil {
			return in, err
		}
		return in.Over(custom(set, in.Name)), nil
	}
}

// CreateOrganizationRole stores a new custom role. NotFound: the organization, or its roles may not be read.
// Forbidden: needs assign_org_role:create. Invalid: every problem of the input, among them a name that is taken and
// permissions that the caller does not hold itself.
func (s *Service) CreateOrganizationRole(ctx context.Context, subject *org.Actor, organization string, input org.Input[org.RoleInput]) (_ org.Role, err error) {
	defer org.Wrap(&err, "create role in %q", organization)
	return s.writeOrganizationRole(ctx, subject, "create", organization, func(c *unit.Mixed, set *unit.RoleSet) (org.RoleInput, error) {
		in, err := wholeRole(input)(c, set)
		in.MustCreate = true
		return in, err
	})
}

// PutOrganizationRole creates a custom role or replaces the one of that name. Errors as CreateOrganizationRole;
// Forbidden: needs assign_org_role:update if the role exists, else create; Conflict: the input began from another
// version; Invalid: the caller holds the role and could not undo the change.
func (s *Service) PutOrganizationRole(ctx context.Context, subject *org.Actor, organization string, input org.Input[org.RoleInput]) (_ org.Role, err error) {
	defer org.Wrap(&err, "store role in %q", organization)
	return s.writeOrganizationRole(ctx, subject, "write", organization, wholeRole(input))
}

func (s *Service) writeOrganizationRole(ctx context.Context, subject *org.Actor, action, organization string, input roleSource) (role org.Role, err error) {
	err = s.units.Do(ctx, subject, unit.InOrganization(organization), action, func(c *unit.Mixed) error {
		h, err := c.RoleScope(ctx, c.Actor, organization)
		if err != nil {
			return err
		}
		role, err = putRole(c, h, input)
		return err
	})
	return role, err
}

// PutSiteRole creates or replaces a custom role of the site. Forbidden: the caller is not an owner.
// Invalid: as PutOrganizationRole, or it would lock the owners out.
func (s *Service) PutSiteRole(ctx context.Context, subject *org.Actor, input org.Input[org.RoleInput]) (_ org.Role, err error) {
	defer org.Wrap(&err, "store site role")
	return s.writeSiteRole(ctx, subject, wholeRole(input))
}

func (s *Service) writeSiteRole(ctx context.Context, subject *org.Actor, input roleSource) (role org.Role, err error) {
	err = s.units.Do(ctx, subject, unit.OnSite, "write", func(c *unit.Mixed) error {
		if role, err = putRole(c, unit.SiteScope, input); err != nil || !c.Wrote() {
			return err
		}
		return c.KeepOwners()
	})
	return role, err
}

// putRole is the one way in which a custom role is written.
func putRole(c *unit.Mixed, h unit.RoleScope, input roleSource) (org.Role, error) {
	if !h.May(c.Actor, "create") && !h.May(c.Actor, "update") {
		return org.Role{}, h.Forbidden("create")
	}
	set, err := c.Roles(c.Ctx, h.Org.ID)
	if err != nil {
		return org.Role{}, err
	}
	in, err := input(c, set)
	if err != nil {
		return org.Role{}, err
	}
	stored := custom(set, in.Name)
	if stored != nil {
		c.About("custom_role", stored.ID, stored.Name, h.Org.ID)
	}
	if err := mayPut(c, h, stored, in.MustCreate || in.From.OnlyNew()); err != nil {
		return org.Role{}, err
	}
	draft := roleDraft{Mixed: c, home: h, in: in, set: set}
	if stored != nil {
		draft.stored = *stored
	}
	if err := draft.check(); err != nil {
		return org.Role{}, err
	}
	switch {
	case in.From.Include(draft.stored.Tag()):
	case in.From.OnlyNew():
		return org.Role{}, &org.Error{Kind: org.Conflict, Message: "This role exists already.", Outdated: true, Tag: stored.Tag(),
			Detail: "Nothing of yours was saved; leave If-None-Match out to replace it."}
	case stored == nil:
		return org.Role{}, &org.Error{Kind: org.Conflict, Outdated: true, Message: "This role was deleted meanwhile.",
			Detail: "Somebody else deleted it after you opened it. Nothing of yours was saved; make a new role if it is still wanted."}
	default:
		return org.Role{}, c.ChangedMeanwhile(stored.Tag(), unit.RoleChanged)
	}
	return draft.write()
}

// custom is the stored role of that name in any case, nil if there is none or it is a built-in one.
func custom(s *unit.RoleSet, name string) *org.Role {
	if r, ok := s.ByName[org.FoldCase(name)]; ok && !r.BuiltIn {
		return &r.Role
	}
	return nil
}

// mayPut asks for the right to create, or to update what is there. A create over an existing role fails in check.
func mayPut(c *unit.Mixed, h unit.RoleScope, stored *org.Role, mustCreate bool) error {
	action := "create"
	if stored != nil && !mustCreate {
		action, c.Entry.Action = "update", "write"
	} else {
		c.Entry.Action = "create"
	}
	if !h.May(c.Actor, action) {
		return h.Forbidden(action)
	}
	return nil
}

// write stores the draft. One that changes nothing writes nothing.
func (d *roleDraft) write() (org.Role, error) {
	r := d.result()
	for level, perms := range r.Levels() {
		sorted := slices.Clone(perms)
		rbac.SortPermissions(sorted)
		*r.At(level.String()) = slices.Compact(sorted)
	}
	roleFields(d.Mixed, d.stored, r)
	if d.stored.ID != uuid.Nil && len(d.Entry.Fields) == 0 {
		return r, nil
	}
	if err := d.MayRewrite(d.home, r.Name, d.stored, &r); err != nil {
		return org.Role{}, err
	}
	if err := d.WatchHolders(d.home, r.Name, false); err != nil {
		return org.Role{}, err
	}
	if err := d.WidensHolders(d.home, d.stored, r); err != nil {
		return org.Role{}, err
	}
	if err := d.store(&r); err != nil {
		return org.Role{}, err
	}
	d.About("custom_role", r.ID, r.Name, r.OrganizationID)
	if d.stored.ID == uuid.Nil {
		return r, nil
	}
	return r, d.KeepUndo(d.home.Object, "update", changedPart(d.stored, r))
}

// store writes the rows of a role and fills in what the store decides.
func (d *roleDraft) store(r *org.Role) error {
	by := d.Actor.User.Username
	r.UpdatedAt, r.UpdatedBy = d.Now, by
	if r.ID == uuid.Nil {
		r.ID, r.Version, r.CreatedAt = unit.NewID(), 1, d.Now
		err := d.W.InsertRole(d.Ctx, db.InsertRoleParams{
			ID: r.ID, OrganizationID: unit.NullID(r.OrganizationID), Name: r.Name, DisplayName: r.DisplayName, Now: d.Now, UpdatedBy: by,
		})
		if err != nil {
			return err
		}
	} else {
		r.Version++
		if err := d.W.UpdateRole(d.Ctx, db.UpdateRoleParams{DisplayName: r.DisplayName, Now: d.Now, UpdatedBy: by, ID: r.ID}); err != nil {
			return err
		}
	}
	if err := d.storePermissions(*r); err != nil {
		return err
	}
	d.Rewrote(d.set, r.Name, r)
	return keepVersion(d.Mixed, *r)
}

// storePermissions writes what differs. What goes comes first: an allow and a deny of one action have the same key.
func (d *roleDraft) storePermissions(r org.Role) error {
	for level, is := range r.Levels() {
		was := *d.stored.At(level.String())
		for _, p := range was {
			if slices.Contains(is, p) {
				continue
			}
			if err := d.W.DeletePermission(d.Ctx, db.DeletePermissionParams{
				RoleID: r.ID, Level: level.String(), ResourceType: p.ResourceType, Action: p.Action,
			}); err != nil {
				return err
			}
		}
		for _, p := range is {
			if slices.Contains(was, p) {
				continue
			}
			if err := d.W.InsertPermission(d.Ctx, db.InsertPermissionParams{
				RoleID: r.ID, Level: level.String(), ResourceType: p.ResourceType, Action: p.Action, Negate: p.Negate,
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// changedPart is the permissions in which two states of a role differ: what putting the first one back would give,
// deny or stop denying. Taking an allow away needs nothing held.
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
