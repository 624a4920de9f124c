package org

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/rbac"
)

// levels walks the lists of a role by level.
func (r *Role) levels() iter.Seq2[rbac.Level, []rbac.Permission] {
	return func(yield func(rbac.Level, []rbac.Permission) bool) {
		_ = yield(rbac.LevelSite, r.Site) && yield(rbac.LevelOrganization, r.Organization) && yield(rbac.LevelUser, r.User)
	}
}

// Rules is what the role says, for comparing it with another one.
func (r *Role) Rules() *rbac.Role {
	return &rbac.Role{Name: r.Name, DisplayName: r.DisplayName, Site: r.Site, Organization: r.Organization, User: r.User, BuiltIn: r.BuiltIn}
}

// home is where roles live: an organization, or the site (the zero organization).
type home struct {
	org    db.Organization
	object rbac.Object // what rights on these roles are asked on
}

func (h home) site() bool { return h.org.ID == uuid.Nil }

// Rights to write site roles are the owner's alone: the catalog has no action for them.
func (h home) may(by *Subject, action string) bool {
	if h.site() {
		return by.owner()
	}
	return by.Can(action, h.object)
}

// forbidden refuses to do the action to these roles. Those of the site are the owners': no permission stands for that.
func (h home) forbidden(action string) *Error {
	if h.site() {
		return errForbidden()
	}
	return errForbidden(h.object.Type + ":" + action)
}

var siteHome = home{object: siteRolesObject}

// roleHome finds the organization whose roles a path names. NotFound: not there, or its roles may not be read.
func (s source) roleHome(ctx context.Context, by *Subject, organization string) (home, error) {
	org, err := s.organization(ctx, by, organization)
	if err != nil {
		return home{}, err
	}
	h := home{org, orgRolesObject(org.ID)}
	if !by.Can("read", h.object) {
		return home{}, errNotFound()
	}
	return h, nil
}

// OrganizationRoles is every role of an organization that can be assigned. NotFound: not there, or may not be read.
func (s *Service) OrganizationRoles(ctx context.Context, subject *Subject, organization string) (RoleList, error) {
	src := s.snapshot(subject)
	h, err := src.roleHome(ctx, subject, organization)
	if err != nil {
		return RoleList{}, err
	}
	return src.roleList(ctx, subject, h)
}

// SiteRoles is every role of the site that can be assigned. Forbidden: the caller may not read them.
func (s *Service) SiteRoles(ctx context.Context, subject *Subject) (RoleList, error) {
	if !subject.Can("read", siteRolesObject) {
		return RoleList{}, errForbidden("assign_role:read")
	}
	return s.snapshot(subject).roleList(ctx, subject, siteHome)
}

func (s source) roleList(ctx context.Context, by *Subject, h home) (RoleList, error) {
	set, err := s.roles(ctx, h.org.ID)
	if err != nil {
		return RoleList{}, err
	}
	list := RoleList{Organization: organizationOf(h.org), Roles: make([]Role, len(set.list)), CanCreate: h.may(by, "create"), CanDelete: h.may(by, "delete")}
	for i := range set.list {
		list.Roles[i] = s.offered(by, h, &set.list[i])
	}
	return list, nil
}

// offered is a role as a list shows it to the caller. Assignable says what a write would accept.
func (s source) offered(by *Subject, h home, r *setRole) Role {
	role := r.Role
	if !h.mayCount(by) {
		role.UpdatedBy = ""
	}
	role.Refusal = mayGive(by, "assign", h.object, r)
	role.Assignable = role.Refusal == ""
	return role
}

// RoleCounts is how many hold each role of an organization, by name; for "" how many hold each site role. All are Unknown
// to a caller who may not read the members, or the accounts of the site.
// NotFound and Forbidden as OrganizationRoles and SiteRoles.
func (s *Service) RoleCounts(ctx context.Context, subject *Subject, organization string) (map[string]int, error) {
	src, h := s.snapshot(subject), siteHome
	if organization != "" {
		var err error
		if h, err = src.roleHome(ctx, subject, organization); err != nil {
			return nil, err
		}
	} else if !subject.Can("read", siteRolesObject) {
		return nil, errForbidden("assign_role:read")
	}
	if h.mayCount(subject) {
		return src.holders(ctx, h)
	}
	set, err := src.roles(ctx, h.org.ID)
	if err != nil {
		return nil, err
	}
	counts := make(map[string]int, len(set.list))
	for i := range set.list {
		counts[set.list[i].Name] = Unknown
	}
	return counts, nil
}

// OrganizationRole is one role with what the caller may do to it. NotFound: not there, or may not be read.
func (s *Service) OrganizationRole(ctx context.Context, subject *Subject, organization, name string) (RoleView, error) {
	src := s.snapshot(subject)
	h, err := src.roleHome(ctx, subject, organization)
	if err != nil {
		return RoleView{}, err
	}
	return src.roleView(ctx, subject, h, name)
}

// SiteRole is OrganizationRole for a role of the site.
func (s *Service) SiteRole(ctx context.Context, subject *Subject, name string) (RoleView, error) {
	if !subject.Can("read", siteRolesObject) {
		return RoleView{}, errForbidden("assign_role:read")
	}
	return s.snapshot(subject).roleView(ctx, subject, siteHome, name)
}

func (s source) roleView(ctx context.Context, by *Subject, h home, name string) (RoleView, error) {
	set, err := s.roles(ctx, h.org.ID)
	if err != nil {
		return RoleView{}, err
	}
	r, ok := set.byName[name]
	if !ok {
		return RoleView{}, errNotFound()
	}
	v := RoleView{Organization: organizationOf(h.org), Role: s.offered(by, h, r)}
	v.Role.Members = Unknown
	if h.mayCount(by) {
		counts, err := s.holders(ctx, h)
		if err != nil {
			return RoleView{}, err
		}
		v.Role.Members = counts[name]
	}
	v.CanCreate = h.may(by, "create")
	v.CanUpdate = !r.BuiltIn && h.may(by, "update")
	v.CanDelete = !r.BuiltIn && h.may(by, "delete")
	v.Locked = s.locks(by, h, v.CanUpdate)
	v.Effect = s.effectIn(r.Role)
	return v, nil
}

// locks says which permissions the caller may not put into a role, or take its deny out.
func (s source) locks(by *Subject, h home, canWrite bool) func(rbac.Level, rbac.Permission) string {
	return func(l rbac.Level, p rbac.Permission) string {
		switch {
		case !canWrite:
			return "You can't change this role"
		case len(by.grants.CheckGrant(l, h.org.ID, []rbac.Permission{p})) > 0:
			return "You don't hold this yourself, so you can't grant or deny it"
		}
		return ""
	}
}

// NewOrganizationRole is a role that is not stored yet, started from another one of the organization ("" for blank):
// its permissions written out, without site permissions and what the caller does not hold, which stand in LeftOut.
// NotFound: the organization or the other role. Forbidden: the caller may not create roles.
func (s *Service) NewOrganizationRole(ctx context.Context, subject *Subject, organization, from string) (RoleView, error) {
	src := s.snapshot(subject)
	h, err := src.roleHome(ctx, subject, organization)
	if err != nil {
		return RoleView{}, err
	}
	return src.startedFrom(ctx, subject, h, from)
}

// NewSiteRole is NewOrganizationRole for a role of the site, which carries site and user permissions. Only owners may.
func (s *Service) NewSiteRole(ctx context.Context, subject *Subject, from string) (RoleView, error) {
	if !subject.Can("read", siteRolesObject) {
		return RoleView{}, errForbidden("assign_role:read")
	}
	return s.snapshot(subject).startedFrom(ctx, subject, siteHome, from)
}

func (s source) startedFrom(ctx context.Context, by *Subject, h home, from string) (RoleView, error) {
	if !h.may(by, "create") {
		return RoleView{}, h.forbidden("create")
	}
	v := RoleView{
		Organization: organizationOf(h.org), CanCreate: true, CanUpdate: true,
		Role: Role{OrganizationID: h.org.ID}, Locked: s.locks(by, h, true), Effect: s.effectIn(Role{}),
	}
	if from == "" {
		return v, nil
	}
	set, err := s.roles(ctx, h.org.ID)
	if err != nil {
		return RoleView{}, err
	}
	origin, ok := set.byName[from]
	if !ok {
		return RoleView{}, errNotFound()
	}
	v.From = origin.DisplayName
	for level, list := range origin.levels() {
		if (level == rbac.LevelOrganization) == h.site() {
			v.LeftOut = append(v.LeftOut, list...)
			continue
		}
		kept := v.Role.at(level.String())
		for _, p := range s.catalog.WrittenOut(list) {
			if !s.catalog.Valid(p.ResourceType, p.Action) || v.Locked(level, p) != "" {
				v.LeftOut = append(v.LeftOut, p)
				continue
			}
			*kept = append(*kept, p)
		}
	}
	v.Effect = s.effectIn(v.Role)
	return v, nil
}

// effectIn tells what allowing a permission would change in a role.
func (s *Service) effectIn(role Role) func(rbac.Level, rbac.Permission) rbac.Effect {
	rules := role.Rules()
	return func(l rbac.Level, p rbac.Permission) rbac.Effect { return s.catalog.Effect(rules, l, p) }
}

// DeleteOrganizationRole deletes a custom role and takes it from everyone who held it. It returns what was deleted.
// NotFound: no such custom role, in exactly this spelling. Forbidden: needs assign_org_role:delete, and every
// permission that the role denies. Invalid: the caller holds the role and could not undo it. Conflict: it began from
// another version (WithVersions).
func (s *Service) DeleteOrganizationRole(ctx context.Context, subject *Subject, organization, name string) (role Role, err error) {
	err = s.change(ctx, subject, "delete", func(c *change) error {
		h, err := c.roleHome(ctx, c.by, organization)
		if err != nil {
			return err
		}
		role, err = c.deleteRole(h, name)
		return err
	})
	return role, err
}

// DeleteSiteRole is DeleteOrganizationRole for a role of the site; only owners may. Invalid: it would lock the owners out.
func (s *Service) DeleteSiteRole(ctx context.Context, subject *Subject, name string) (role Role, err error) {
	err = s.change(ctx, subject, "delete", func(c *change) error {
		if !c.by.Can("read", siteRolesObject) {
			return errForbidden()
		}
		if role, err = c.deleteRole(siteHome, name); err != nil {
			return err
		}
		return c.keepOwners()
	})
	return role, err
}

func (c *change) deleteRole(h home, name string) (Role, error) {
	set, err := c.roles(c.ctx, h.org.ID)
	if err != nil {
		return Role{}, err
	}
	stored, ok := set.byName[name]
	if !ok || stored.BuiltIn {
		return Role{}, &Error{Kind: NotFound, Message: fmt.Sprintf("No custom role with the name %s found", name), Detail: "no role found"}
	}
	c.about("custom_role", stored.ID, stored.Name, h.org.ID)
	if !h.may(c.by, "delete") {
		return Role{}, h.forbidden("delete")
	}
	if err := c.begunFrom(stored.Tag(), roleChanged); err != nil {
		return Role{}, err
	}
	if denied := c.foreignDenies(h, stored.Role); len(denied) > 0 {
		return Role{}, &Error{Kind: Forbidden, Message: "Forbidden.",
			Detail: "You don't have permission to delete this role: it denies what you do not hold, " + some(denied) + "."}
	}
	if err := c.mayRewrite(h, name, stored.Role, nil); err != nil {
		return Role{}, err
	}
	if err := c.watchHolders(h, name, true); err != nil {
		return Role{}, err
	}
	if err := c.widensHolders(h, stored.Role, Role{}); err != nil {
		return Role{}, err
	}
	c.written()
	c.roleFields(stored.Role, Role{})
	if err := c.takeRole(h, name); err != nil {
		return Role{}, err
	}
	if err := c.q.DeleteRole(c.ctx, stored.ID); err != nil {
		return Role{}, err
	}
	return stored.Role, c.keepUndo(h.object, "create", stored.Role)
}

// foreignDenies is what a role denies that the caller does not hold: taking such a deny away would grant it.
func (c *change) foreignDenies(h home, r Role) []rbac.Permission {
	var foreign []rbac.Permission
	for level, perms := range r.levels() {
		denies := slices.DeleteFunc(slices.Clone(perms), func(p rbac.Permission) bool {
			return !c.denies(p)
		})
		foreign = append(foreign, c.by.grants.CheckGrant(level, h.org.ID, denies)...)
	}
	return foreign
}

// denies says whether p withholds anything: what the catalog does not know has no effect, but the action "*", which may
// still be stored, has.
func (c *change) denies(p rbac.Permission) bool {
	known := c.catalog.Valid(p.ResourceType, p.Action) || p.Action == rbac.Wildcard && c.catalog.ValidType(p.ResourceType)
	return p.Negate && known
}

// takeRole takes a role from everyone, and marks those memberships and accounts as changed.
func (c *change) takeRole(h home, name string) error {
	if h.site() {
		if err := c.q.TouchSiteHolders(c.ctx, db.TouchSiteHoldersParams{Now: c.now, Role: name}); err != nil {
			return err
		}
		return c.q.DeleteRoleFromUsers(c.ctx, name)
	}
	holders := db.ListHolderKeysParams{OrganizationID: h.org.ID, Role: name, MaxRows: chunk}
	for {
		keys, err := c.q.ListHolderKeys(c.ctx, holders)
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			break
		}
		holders.AfterKey = keys[len(keys)-1]
		if err := c.q.TouchHolders(c.ctx, db.TouchHoldersParams{Now: c.now, OrganizationID: h.org.ID, Role: name, UsernameKeys: keys}); err != nil {
			return err
		}
	}
	if err := c.q.DeleteRoleCount(c.ctx, db.DeleteRoleCountParams{OrganizationID: h.org.ID, Role: name}); err != nil {
		return err
	}
	return c.q.DeleteRoleFromMembers(c.ctx, db.DeleteRoleFromMembersParams{OrganizationID: h.org.ID, Role: name})
}

// roleFields records what changes between two states of a role.
func (c *change) roleFields(before, after Role) {
	c.field("name", before.Name, after.Name)
	c.field("display_name", before.DisplayName, after.DisplayName)
	c.field("site_permissions", listOf(before.Site), listOf(after.Site))
	c.field("org_permissions", listOf(before.Organization), listOf(after.Organization))
	c.field("user_permissions", listOf(before.User), listOf(after.User))
}

// listOf writes an absent list as an empty one.
func listOf(p []rbac.Permission) []rbac.Permission {
	if p == nil {
		return []rbac.Permission{}
	}
	return p
}
