package tenant

import (
	"context"
	"fmt"
	"slices"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// OrganizationRoles is every role of an organization that can be assigned. NotFound: not there, or may not be read.
func (s *Service) OrganizationRoles(ctx context.Context, subject *org.Actor, organization string) (_ org.RoleList, err error) {
	defer org.Wrap(&err, "list roles of %q", organization)
	src := s.units.Snapshot(subject)
	h, err := src.RoleScope(ctx, subject, organization)
	if err != nil {
		return org.RoleList{}, err
	}
	return roleList(ctx, src, subject, h)
}

// SiteRoles is every role of the site that can be assigned. Forbidden: the caller may not read them.
func (s *Service) SiteRoles(ctx context.Context, subject *org.Actor) (_ org.RoleList, err error) {
	defer org.Wrap(&err, "list site roles")
	if !subject.Can("read", org.SiteRolesObject) {
		return org.RoleList{}, org.ErrForbidden("assign_role:read")
	}
	return roleList(ctx, s.units.Snapshot(subject), subject, unit.SiteScope)
}

func roleList(ctx context.Context, s unit.Reader, by *org.Actor, h unit.RoleScope) (org.RoleList, error) {
	set, err := s.Roles(ctx, h.Org.ID)
	if err != nil {
		return org.RoleList{}, err
	}
	list := org.RoleList{Organization: unit.OrganizationOf(h.Org), Roles: make([]org.Role, len(set.List)), CanCreate: h.May(by, "create"), CanDelete: h.May(by, "delete")}
	for i := range set.List {
		list.Roles[i] = offered(by, h, &set.List[i])
	}
	return list, nil
}

// readableRoles is the roles of a place; none if the caller may not read them.
func readableRoles(ctx context.Context, s unit.Reader, by *org.Actor, h unit.RoleScope) ([]org.Role, error) {
	if !by.Can("read", h.Object) {
		return nil, nil
	}
	list, err := roleList(ctx, s, by, h)
	return list.Roles, err
}

// offered is a role as a list shows it to the caller. Assignable says what a write would accept.
func offered(by *org.Actor, h unit.RoleScope, r *unit.SetRole) org.Role {
	role := r.Role
	if !h.MayCount(by) {
		role.UpdatedBy = ""
	}
	role.Refusal = unit.GiveRefusal(by, "assign", h.Object, r)
	role.Assignable = role.Refusal == ""
	return role
}

// RoleCounts is how many hold each role of an organization, by name; for "" how many hold each site role. All are Unknown
// to a caller who may not read the members, or the accounts of the site.
// NotFound and Forbidden as OrganizationRoles and SiteRoles.
func (s *Service) RoleCounts(ctx context.Context, subject *org.Actor, organization string) (_ map[string]int, err error) {
	defer org.Wrap(&err, "count holders of roles in %q", organization)
	src, h := s.units.Snapshot(subject), unit.SiteScope
	if organization != "" {
		var err error
		if h, err = src.RoleScope(ctx, subject, organization); err != nil {
			return nil, err
		}
	} else if !subject.Can("read", org.SiteRolesObject) {
		return nil, org.ErrForbidden("assign_role:read")
	}
	if h.MayCount(subject) {
		return src.Holders(ctx, h)
	}
	set, err := src.Roles(ctx, h.Org.ID)
	if err != nil {
		return nil, err
	}
	counts := make(map[string]int, len(set.List))
	for i := range set.List {
		counts[set.List[i].Name] = org.Unknown
	}
	return counts, nil
}

// OrganizationRole is one role with what the caller may do to it. NotFound: not there, or may not be read.
func (s *Service) OrganizationRole(ctx context.Context, subject *org.Actor, organization, name string) (_ org.RoleView, err error) {
	defer org.Wrap(&err, "read role %q in %q", name, organization)
	src := s.units.Snapshot(subject)
	h, err := src.RoleScope(ctx, subject, organization)
	if err != nil {
		return org.RoleView{}, err
	}
	return roleView(ctx, src, subject, h, name)
}

// SiteRole is OrganizationRole for a role of the site.
func (s *Service) SiteRole(ctx context.Context, subject *org.Actor, name string) (_ org.RoleView, err error) {
	defer org.Wrap(&err, "read site role %q", name)
	if !subject.Can("read", org.SiteRolesObject) {
		return org.RoleView{}, org.ErrForbidden("assign_role:read")
	}
	return roleView(ctx, s.units.Snapshot(subject), subject, unit.SiteScope, name)
}

func roleView(ctx context.Context, s unit.Reader, by *org.Actor, h unit.RoleScope, name string) (org.RoleView, error) {
	set, err := s.Roles(ctx, h.Org.ID)
	if err != nil {
		return org.RoleView{}, err
	}
	r, ok := set.ByName[name]
	if !ok {
		return org.RoleView{}, org.ErrNotFound()
	}
	v := org.RoleView{Organization: unit.OrganizationOf(h.Org), Role: offered(by, h, r)}
	v.Role.Members = org.Unknown
	if h.MayCount(by) {
		counts, err := s.Holders(ctx, h)
		if err != nil {
			return org.RoleView{}, err
		}
		v.Role.Members = counts[name]
	}
	v.CanCreate = h.May(by, "create")
	v.CanUpdate = !r.BuiltIn && h.May(by, "update")
	v.CanDelete = !r.BuiltIn && h.May(by, "delete")
	v.CellRefusal = s.Locks(by, h, v.CanUpdate)
	v.CellEffect = effectIn(s.Units, r.Role)
	return v, nil
}

// NewOrganizationRole is a role that is not stored yet, started from another one of the organization ("" for blank):
// its permissions written out, without site permissions and what the caller does not hold, which stand in LeftOut.
// NotFound: the organization or the other role. Forbidden: the caller may not create roles.
func (s *Service) NewOrganizationRole(ctx context.Context, subject *org.Actor, organization, from string) (_ org.RoleView, err error) {
	defer org.Wrap(&err, "begin role in %q", organization)
	src := s.units.Snapshot(subject)
	h, err := src.RoleScope(ctx, subject, organization)
	if err != nil {
		return org.RoleView{}, err
	}
	return startedFrom(ctx, src, subject, h, from)
}

// NewSiteRole is NewOrganizationRole for a role of the site, which carries site and user permissions. Only owners may.
func (s *Service) NewSiteRole(ctx context.Context, subject *org.Actor, from string) (_ org.RoleView, err error) {
	defer org.Wrap(&err, "begin site role")
	if !subject.Can("read", org.SiteRolesObject) {
		return org.RoleView{}, org.ErrForbidden("assign_role:read")
	}
	return startedFrom(ctx, s.units.Snapshot(subject), subject, unit.SiteScope, from)
}

func startedFrom(ctx context.Context, s unit.Reader, by *org.Actor, h unit.RoleScope, from string) (org.RoleView, error) {
	if !h.May(by, "create") {
		return org.RoleView{}, h.Forbidden("create")
	}
	v := org.RoleView{
		Organization: unit.OrganizationOf(h.Org), CanCreate: true, CanUpdate: true,
		Role: org.Role{OrganizationID: h.Org.ID}, CellRefusal: s.Locks(by, h, true), CellEffect: effectIn(s.Units, org.Role{}),
	}
	if from == "" {
		return v, nil
	}
	set, err := s.Roles(ctx, h.Org.ID)
	if err != nil {
		return org.RoleView{}, err
	}
	origin, ok := set.ByName[from]
	if !ok {
		return org.RoleView{}, org.ErrNotFound()
	}
	v.StartedFrom = origin.DisplayName
	for level, list := range origin.Levels() {
		if (level == rbac.LevelOrganization) == h.Site() {
			v.NotCopied = append(v.NotCopied, list...)
			continue
		}
		kept := v.Role.At(level.String())
		for _, p := range s.Catalog.WrittenOut(list) {
			if !s.Catalog.Valid(p.ResourceType, p.Action) || v.CellRefusal(level, p) != "" {
				v.NotCopied = append(v.NotCopied, p)
				continue
			}
			*kept = append(*kept, p)
		}
	}
	v.CellEffect = effectIn(s.Units, v.Role)
	return v, nil
}

// effectIn tells what allowing a permission would change in a role.
func effectIn(s *unit.Units, role org.Role) func(rbac.Level, rbac.Permission) rbac.Effect {
	rules := role.Rules()
	return func(l rbac.Level, p rbac.Permission) rbac.Effect { return s.Catalog.Effect(rules, l, p) }
}

// DeleteOrganizationRole deletes a custom role and takes it from everyone who held it. It returns what was deleted.
// NotFound: no such custom role, in exactly this spelling. Forbidden: needs assign_org_role:delete, and every
// permission that the role denies. Invalid: the caller holds the role and could not undo it. Conflict: ifMatch is
// without the version that is stored.
func (s *Service) DeleteOrganizationRole(ctx context.Context, subject *org.Actor, organization, name string, ifMatch org.Versions) (role org.Role, err error) {
	defer org.Wrap(&err, "delete role %q in %q", name, organization)
	err = s.units.Do(ctx, subject, unit.InOrganization(organization), "delete", func(c *unit.Mixed) error {
		h, err := c.RoleScope(ctx, c.Actor, organization)
		if err != nil {
			return err
		}
		role, err = deleteRole(c, h, name, ifMatch)
		return err
	})
	return role, err
}

// DeleteSiteRole is DeleteOrganizationRole for a role of the site; only owners may. Invalid: it would lock the owners out.
func (s *Service) DeleteSiteRole(ctx context.Context, subject *org.Actor, name string, ifMatch org.Versions) (role org.Role, err error) {
	defer org.Wrap(&err, "delete site role %q", name)
	err = s.units.Do(ctx, subject, unit.OnSite, "delete", func(c *unit.Mixed) error {
		if !c.Actor.Can("read", org.SiteRolesObject) {
			return org.ErrForbidden()
		}
		if role, err = deleteRole(c, unit.SiteScope, name, ifMatch); err != nil {
			return err
		}
		return c.KeepOwners()
	})
	return role, err
}

func deleteRole(c *unit.Mixed, h unit.RoleScope, name string, ifMatch org.Versions) (org.Role, error) {
	set, err := c.Roles(c.Ctx, h.Org.ID)
	if err != nil {
		return org.Role{}, err
	}
	stored, ok := set.ByName[name]
	if !ok || stored.BuiltIn {
		return org.Role{}, &org.Error{Kind: org.NotFound, Message: fmt.Sprintf("No custom role with the name %s found", name), Detail: "no role found"}
	}
	c.About("custom_role", stored.ID, stored.Name, h.Org.ID)
	if !h.May(c.Actor, "delete") {
		return org.Role{}, h.Forbidden("delete")
	}
	if err := c.BegunFrom(ifMatch, stored.Tag(), unit.RoleChanged); err != nil {
		return org.Role{}, err
	}
	if denied := foreignDenies(c, h, stored.Role); len(denied) > 0 {
		return org.Role{}, &org.Error{Kind: org.Forbidden, Message: "Forbidden.",
			Detail: "You don't have permission to delete this role: it denies what you do not hold, " + org.Summarize(denied) + "."}
	}
	if err := c.MayRewrite(h, name, stored.Role, nil); err != nil {
		return org.Role{}, err
	}
	if err := c.WatchHolders(h, name, true); err != nil {
		return org.Role{}, err
	}
	if err := c.WidensHolders(h, stored.Role, org.Role{}); err != nil {
		return org.Role{}, err
	}
	roleFields(c, stored.Role, org.Role{})
	if err := takeRole(c, h, name); err != nil {
		return org.Role{}, err
	}
	if err := c.W.DeleteRole(c.Ctx, stored.ID); err != nil {
		return org.Role{}, err
	}
	c.Rewrote(set, name, nil)
	return stored.Role, c.KeepUndo(h.Object, "create", stored.Role)
}

// foreignDenies is what a role denies that the caller does not hold: taking such a deny away would grant it.
func foreignDenies(c *unit.Mixed, h unit.RoleScope, r org.Role) []rbac.Permission {
	var foreign []rbac.Permission
	for level, perms := range r.Levels() {
		denies := slices.DeleteFunc(slices.Clone(perms), func(p rbac.Permission) bool {
			return !denies(c, p)
		})
		foreign = append(foreign, c.Actor.Grants.CheckGrant(level, h.Org.ID, denies)...)
	}
	return foreign
}

// denies says whether p withholds anything: what the catalog does not know has no effect, but the action "*", which may
// still be stored, has.
func denies(c *unit.Mixed, p rbac.Permission) bool {
	known := c.Catalog.Valid(p.ResourceType, p.Action) || p.Action == rbac.Wildcard && c.Catalog.ValidType(p.ResourceType)
	return p.Negate && known
}

// takeRole takes a role from everyone, and marks those memberships and accounts as changed.
func takeRole(c *unit.Mixed, h unit.RoleScope, name string) error {
	if h.Site() {
		if err := c.W.TouchSiteHolders(c.Ctx, db.TouchSiteHoldersParams{Now: c.Now, Role: name}); err != nil {
			return err
		}
		return c.W.DeleteRoleFromUsers(c.Ctx, name)
	}
	holders := db.ListHolderKeysParams{OrganizationID: h.Org.ID, Role: name, MaxRows: unit.ChunkSize}
	for {
		keys, err := c.Q.ListHolderKeys(c.Ctx, holders)
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			break
		}
		holders.AfterKey = keys[len(keys)-1]
		if err := c.W.TouchHolders(c.Ctx, db.TouchHoldersParams{Now: c.Now, OrganizationID: h.Org.ID, Role: name, UsernameKeys: keys}); err != nil {
			return err
		}
	}
	if err := c.W.DeleteRoleCount(c.Ctx, db.DeleteRoleCountParams{OrganizationID: h.Org.ID, Role: name}); err != nil {
		return err
	}
	return c.W.DeleteRoleFromMembers(c.Ctx, db.DeleteRoleFromMembersParams{OrganizationID: h.Org.ID, Role: name})
}

// roleFields records what changes between two states of a role.
func roleFields(c *unit.Mixed, before, after org.Role) {
	c.Field("name", before.Name, after.Name)
	c.Field("display_name", before.DisplayName, after.DisplayName)
	c.Field("site_permissions", listOf(before.Site), listOf(after.Site))
	c.Field("org_permissions", listOf(before.Organization), listOf(after.Organization))
	c.Field("user_permissions", listOf(before.User), listOf(after.User))
}

// listOf writes an absent list as an empty one.
func listOf(p []rbac.Permission) []rbac.Permission {
	if p == nil {
		return []rbac.Permission{}
	}
	return p
}
