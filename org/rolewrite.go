package org

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/rbac"
)

// roleSource gives the role that is to be stored, inside the transaction that stores it.
type roleSource func(c *change, set *roleSet) (RoleInput, error)

// wholeRole is the source of a role from an input, which may leave parts of the stored role as they are.
func wholeRole(input Input[RoleInput]) roleSource {
	return func(_ *change, set *roleSet) (RoleInput, error) {
		in, err := input.Read()
		if err != nil {
			return in, err
		}
		return in.Over(set.custom(in.Name)), nil
	}
}

// CreateOrganizationRole stores a new custom role. NotFound: the organization, or its roles may not be read.
// Forbidden: needs assign_org_role:create. Invalid: every problem of the input, among them a name that is taken and
// permissions that the caller does not hold itself.
func (s *Service) CreateOrganizationRole(ctx context.Context, subject *Subject, organization string, input Input[RoleInput]) (Role, error) {
	return s.writeOrganizationRole(ctx, subject, "create", organization, func(c *change, set *roleSet) (RoleInput, error) {
		in, err := wholeRole(input)(c, set)
		in.MustCreate = true
		return in, err
	})
}

// PutOrganizationRole creates a custom role or replaces the one of that name. Errors as CreateOrganizationRole;
// Forbidden: needs assign_org_role:update if the role exists, else create; Conflict: the input began from another
// version; Invalid: the caller holds the role and could not undo the change.
func (s *Service) PutOrganizationRole(ctx context.Context, subject *Subject, organization string, input Input[RoleInput]) (Role, error) {
	return s.writeOrganizationRole(ctx, subject, "write", organization, wholeRole(input))
}

func (s *Service) writeOrganizationRole(ctx context.Context, subject *Subject, action, organization string, input roleSource) (role Role, err error) {
	err = s.change(ctx, subject, action, func(c *change) error {
		h, err := c.roleHome(ctx, c.by, organization)
		if err != nil {
			return err
		}
		role, err = c.putRole(h, input)
		return err
	})
	return role, err
}

// PutSiteRole creates or replaces a custom role of the site. Forbidden: the caller is not an owner.
// Invalid: as PutOrganizationRole, or it would lock the owners out.
func (s *Service) PutSiteRole(ctx context.Context, subject *Subject, input Input[RoleInput]) (Role, error) {
	return s.writeSiteRole(ctx, subject, wholeRole(input))
}

func (s *Service) writeSiteRole(ctx context.Context, subject *Subject, input roleSource) (role Role, err error) {
	err = s.change(ctx, subject, "write", func(c *change) error {
		if role, err = c.putRole(siteHome, input); err != nil || !c.wrote {
			return err
		}
		return c.keepOwners()
	})
	return role, err
}

// putRole is the one way in which a custom role is written.
func (c *change) putRole(h home, input roleSource) (Role, error) {
	if !h.may(c.by, "create") && !h.may(c.by, "update") {
		return Role{}, h.forbidden("create")
	}
	set, err := c.roles(c.ctx, h.org.ID)
	if err != nil {
		return Role{}, err
	}
	in, err := input(c, set)
	if err != nil {
		return Role{}, err
	}
	stored := set.custom(in.Name)
	if stored != nil {
		c.about("custom_role", stored.ID, stored.Name, h.org.ID)
	}
	if err := c.mayPut(h, stored, in.MustCreate || in.From.onlyNew()); err != nil {
		return Role{}, err
	}
	draft := roleDraft{change: c, home: h, in: in, customs: set.customs()}
	if stored != nil {
		draft.stored = *stored
	}
	if err := draft.check(); err != nil {
		return Role{}, err
	}
	switch {
	case in.From.include(draft.stored.Tag()):
	case in.From.onlyNew():
		return Role{}, &Error{Kind: Conflict, Message: "This role exists already.", Outdated: true, Tag: stored.Tag(),
			Detail: "Nothing of yours was saved; leave If-None-Match out to replace it."}
	case stored == nil:
		return Role{}, &Error{Kind: Conflict, Outdated: true, Message: "This role was deleted meanwhile.",
			Detail: "Somebody else deleted it after you opened it. Nothing of yours was saved; make a new role if it is still wanted."}
	default:
		return Role{}, c.changedMeanwhile(stored.Tag(), roleChanged)
	}
	return draft.write()
}

// custom is the stored role of that name in any case, nil if there is none or it is a built-in one.
func (s *roleSet) custom(name string) *Role {
	if r, ok := s.byName[Fold(name)]; ok && !r.BuiltIn {
		return &r.Role
	}
	return nil
}

// mayPut asks for the right to create, or to update what is there. A create over an existing role fails in check.
func (c *change) mayPut(h home, stored *Role, mustCreate bool) error {
	action := "create"
	if stored != nil && !mustCreate {
		action, c.entry.action = "update", "write"
	} else {
		c.entry.action = "create"
	}
	if !h.may(c.by, action) {
		return h.forbidden(action)
	}
	return nil
}

// roleDraft is a role on its way into the store.
type roleDraft struct {
	*change
	home   home
	in     RoleInput
	stored Role // zero when it is new

	customs int // how many custom roles there are here

	faults []fault
}

// fault is one thing wrong with a draft. The fault of the lowest rank gives the answer its message.
type fault struct {
	rank            int
	message, detail string
	field           Field
}

const updateFailed = "Failed to update role permissions"

// check finds everything that is wrong with the draft, in the order of docs/spec/roles.md, writing.
func (d *roleDraft) check() error {
	d.checkName()
	if p := textProblem(d.in.DisplayName, 64); p != "" {
		d.fault(1, "Validation failed.", "", "display_name", p)
	}
	d.checkScope()
	in := d.result()
	for level, perms := range in.levels() {
		d.checkPermissions(level, perms)
	}
	if len(d.faults) == 0 {
		d.checkTakenDenies()
		return d.err()
	}
	return d.err()
}

func (d *roleDraft) fault(rank int, message, detail, field, fieldDetail string) {
	d.faults = append(d.faults, fault{rank, message, detail, Field{Field: field, Detail: cmp.Or(fieldDetail, detail)}})
}

func (d *roleDraft) err() error {
	if len(d.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(d.faults, func(a, b fault) int { return a.rank - b.rank })
	first := d.faults[0]
	e := &Error{Kind: Invalid, Message: first.message}
	var details []string
	for _, f := range d.faults {
		e.Fields = append(e.Fields, f.field)
		if f.rank == first.rank && f.detail != "" {
			details = append(details, f.detail)
		}
	}
	e.Detail = strings.Join(details, "\n")
	return e
}

// maxRoles is how many custom roles there may be in an organization and on the site: each request of whoever holds one of
// them decides by all of them after a change.
const maxRoles = 1000

func (d *roleDraft) checkName() {
	name := d.in.Name
	if d.stored.Name == "" && d.customs >= maxRoles {
		where := "an organization"
		if d.home.site() {
			where = "the site"
		}
		d.fault(9, "Too many roles.", "", "name", fmt.Sprintf("%s can have at most %d custom roles", where, maxRoles))
	}
	switch {
	case d.stored.Name != "" && d.in.MustCreate:
		d.fault(9, updateFailed, fmt.Sprintf("a role with the name %q already exists", Fold(name)), "name", "")
	case d.catalog.Reserved(name):
		d.fault(2, "Reserved role name", fmt.Sprintf("%q is a reserved role name", Fold(name)), "name", "")
	case nameProblem(name) != "":
		d.fault(1, "Validation failed.", "", "name", tagged("name", "username", name).Detail+": "+nameProblem(name))
	}
}

// checkScope keeps the levels apart: a role of an organization carries organization permissions only, one of the site
// the other two.
func (d *roleDraft) checkScope() {
	switch {
	case d.home.site() && len(d.in.Organization) > 0:
		d.fault(3, "not allowed to assign organization permissions for a site wide role",
			"site wide roles may not contain organization specific permissions", "organization_permissions", "")
	case !d.home.site() && len(d.in.Site) > 0:
		d.fault(3, "Invalid request, not allowed to assign site wide permissions for an organization role.",
			"organization scoped roles may not contain site wide permissions", "site_permissions", "")
	}
	if !d.home.site() && len(d.in.User) > 0 {
		d.fault(4, "Invalid request, not allowed to assign user permissions for an organization role.",
			"organization scoped roles may not contain user permissions", "user_permissions", "")
	}
	if len(d.in.Member) > 0 {
		d.fault(4, "not allowed to assign organization member permissions",
			"no role may contain organization member permissions", "organization_member_permissions", "")
	}
}

// inScope says whether a role here may carry permissions of a level; those of another are refused as a whole.
func (d *roleDraft) inScope(l rbac.Level) bool { return d.home.site() == (l != rbac.LevelOrganization) }

// checkPermissions checks what is added at a level. What was stored before may stay.
func (d *roleDraft) checkPermissions(level rbac.Level, perms []rbac.Permission) {
	if !d.inScope(level) {
		return
	}
	seen := map[rbac.Permission]bool{}
	for i, p := range perms {
		field := fmt.Sprintf("%s_permissions[%d]", level, i)
		opposite := p
		opposite.Negate = !p.Negate
		if seen[opposite] && !seen[p] {
			d.fault(8, updateFailed, fmt.Sprintf("%s:%s is both allowed and denied", p.ResourceType, p.Action), field, "")
		}
		seen[p] = true
		if slices.Contains(*d.stored.at(level.String()), p) {
			continue
		}
		d.checkAdded(level, field, p)
	}
}

func (d *roleDraft) checkAdded(level rbac.Level, field string, p rbac.Permission) {
	org := ""
	if !d.home.site() {
		org = fmt.Sprintf("org=%q: ", d.home.org.ID)
	}
	about := fmt.Sprintf("%sinvalid permission for action=%q type=%q, ", org, p.Action, p.ResourceType)
	switch {
	case p.ResourceType != rbac.Wildcard && !d.catalog.ValidType(p.ResourceType):
		d.fault(5, updateFailed, fmt.Sprintf("invalid role: %sinvalid resource type %q", org, p.ResourceType),
			field+".resource_type", fmt.Sprintf("invalid resource type %q", p.ResourceType))
	case p.Action == rbac.Wildcard:
		d.fault(6, updateFailed, about+"no wildcard symbols", field+".action", "")
	case !d.catalog.Valid(p.ResourceType, p.Action):
		d.fault(5, updateFailed, fmt.Sprintf("invalid role: %sinvalid action %q for resource %q", org, p.Action, p.ResourceType),
			field+".action", fmt.Sprintf("invalid action %q for resource %q", p.Action, p.ResourceType))
	case len(d.by.grants.CheckGrant(level, d.home.org.ID, []rbac.Permission{p})) > 0:
		d.fault(7, updateFailed, about+"not allowed to grant this permission", field, "not allowed to grant this permission: you do not hold it yourself")
	}
}

// checkTakenDenies refuses to take away a deny of what the caller does not hold: that would grant it.
func (d *roleDraft) checkTakenDenies() {
	in := d.result()
	for level, perms := range d.stored.levels() {
		kept := *in.at(level.String())
		for _, p := range perms {
			if !d.denies(p) || slices.Contains(kept, p) {
				continue
			}
			if len(d.by.grants.CheckGrant(level, d.home.org.ID, []rbac.Permission{p})) > 0 {
				d.fault(7, updateFailed, fmt.Sprintf("action=%q type=%q is denied by this role, not allowed to take the deny away: you do not hold the permission yourself", p.Action, p.ResourceType),
					level.String()+"_permissions", "")
			}
		}
	}
}

// result is the draft as it would be stored, apart from sorting and merging.
func (d *roleDraft) result() Role {
	r := d.stored
	r.OrganizationID, r.Name, r.DisplayName = d.home.org.ID, Fold(d.in.Name), d.in.DisplayName
	r.Site, r.Organization, r.User = d.in.Site, d.in.Organization, d.in.User
	return r
}

// write stores the draft. One that changes nothing writes nothing.
func (d *roleDraft) write() (Role, error) {
	r := d.result()
	for level, perms := range r.levels() {
		sorted := slices.Clone(perms)
		rbac.SortPermissions(sorted)
		*r.at(level.String()) = slices.Compact(sorted)
	}
	d.roleFields(d.stored, r)
	if d.stored.ID != uuid.Nil && len(d.entry.fields) == 0 {
		return r, nil
	}
	if err := d.mayRewrite(d.home, r.Name, d.stored, &r); err != nil {
		return Role{}, err
	}
	if err := d.watchHolders(d.home, r.Name, false); err != nil {
		return Role{}, err
	}
	if err := d.widensHolders(d.home, d.stored, r); err != nil {
		return Role{}, err
	}
	d.written()
	if err := d.store(&r); err != nil {
		return Role{}, err
	}
	d.about("custom_role", r.ID, r.Name, r.OrganizationID)
	if d.stored.ID == uuid.Nil {
		return r, nil
	}
	return r, d.keepUndo(d.home.object, "update", changedPart(d.stored, r))
}

// store writes the rows of a role and fills in what the store decides.
func (d *roleDraft) store(r *Role) error {
	by := d.by.User.Username
	r.UpdatedAt, r.UpdatedBy = d.now, by
	if r.ID == uuid.Nil {
		r.ID, r.Version, r.CreatedAt = newID(), 1, d.now
		err := d.q.InsertRole(d.ctx, db.InsertRoleParams{
			ID: r.ID, OrganizationID: nullID(r.OrganizationID), Name: r.Name, DisplayName: r.DisplayName, Now: d.now, UpdatedBy: by,
		})
		if err != nil {
			return err
		}
	} else {
		r.Version++
		if err := d.q.UpdateRole(d.ctx, db.UpdateRoleParams{DisplayName: r.DisplayName, Now: d.now, UpdatedBy: by, ID: r.ID}); err != nil {
			return err
		}
		if err := d.q.DeletePermissions(d.ctx, r.ID); err != nil {
			return err
		}
	}
	for level, perms := range r.levels() {
		for _, p := range perms {
			if err := d.q.InsertPermission(d.ctx, db.InsertPermissionParams{
				RoleID: r.ID, Level: level.String(), ResourceType: p.ResourceType, Action: p.Action, Negate: p.Negate,
			}); err != nil {
				return err
			}
		}
	}
	return d.keepVersion(*r)
}

// changedPart is the permissions in which two states of a role differ: what putting the first one back would give,
// deny or stop denying. Taking an allow away needs nothing held.
func changedPart(before, after Role) Role {
	var part Role
	for level, was := range before.levels() {
		is := *after.at(level.String())
		list := part.at(level.String())
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
