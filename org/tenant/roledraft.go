package tenant

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// roleDraft is a role that is about to be stored.
type roleDraft struct {
	*unit.Attempt
	home   unit.RoleScope
	in     org.RoleInput
	stored org.Role // zero when it is new

	set *unit.RoleSet // the roles that are stored here

	faults []fault
}

// fault is one thing that is wrong with a draft. The fault with the lowest rank gives the answer its message.
// The ranks follow rows 4 to 13 of docs/spec/roles.md, writing; rows 7 and 8 share one.
type fault struct {
	rank            int
	message, detail string
	field           org.Field
}

// updateFailed is the message of rows 9 to 13 of docs/spec/roles.md, writing.
const updateFailed = "Failed to update role permissions"

// check finds everything that is wrong with the draft, in the order of docs/spec/roles.md, writing.
func (d *roleDraft) check() error {
	d.checkName()
	if p := org.TextProblem(d.in.DisplayName, org.MaxDisplayName); p != "" {
		d.fault(1, "Validation failed.", "", "display_name", p)
	}
	if p := org.TextProblem(*d.in.Description, 200); p != "" {
		d.fault(1, "Validation failed.", "", "description", p)
	}
	d.checkScope()
	in := d.result()
	for level, perms := range in.Levels() {
		d.checkPermissions(level, perms)
	}
	// Denies that were taken away are checked last: in an invalid draft their absence means little.
	if len(d.faults) == 0 {
		d.checkTakenDenies()
		return d.err()
	}
	return d.err()
}

// takeOldNames replaces names that a rename has ended by the present ones (docs/catalog.md). What the stored role says already
// may stay as it is, even if it is dead.
func (d *roleDraft) takeOldNames() {
	for level, list := range map[rbac.Level]*[]rbac.Permission{rbac.LevelSite: &d.in.Site, rbac.LevelOrganization: &d.in.Organization, rbac.LevelUser: &d.in.User} {
		taken := make([]rbac.Permission, 0, len(*list))
		for _, p := range *list {
			now := p
			if !slices.Contains(*d.stored.At(level.String()), p) {
				now = d.Present(d.Catalog(), p)
			}
			if now == p || !slices.Contains(*list, now) { // else it is said under both names
				taken = append(taken, now)
			}
		}
		*list = taken
	}
}

// fault notes a fault. A field without its own text gets that of the answer.
func (d *roleDraft) fault(rank int, message, detail, field, fieldDetail string) {
	d.faults = append(d.faults, fault{rank, message, detail, org.Field{Field: field, Detail: cmp.Or(fieldDetail, detail)}})
}

// err returns the answer to all faults, nil if there are none: Invalid, with a field for each and the text of the lowest rank.
func (d *roleDraft) err() error {
	if len(d.faults) == 0 {
		return nil
	}
	slices.SortStableFunc(d.faults, func(a, b fault) int { return a.rank - b.rank })
	first := d.faults[0]
	e := &org.Error{Kind: org.Invalid, Message: first.message}
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

// maxRoles is the most custom roles that an organization or the site may have: after a change, every request of a holder is
// decided with all of them.
const maxRoles = 1000

// checkName checks rows 4, 5 and 13. If several things are wrong with the name itself, it reports one.
func (d *roleDraft) checkName() {
	name := d.in.Name
	if d.stored.Name == "" && d.set.Customs() >= maxRoles {
		where := "an organization"
		if d.home.Site() {
			where = "the site"
		}
		d.fault(9, "Too many roles.", "", "name", fmt.Sprintf("%s can have at most %d custom roles", where, maxRoles))
	}
	switch {
	case d.stored.Name != "" && d.in.MustCreate:
		d.fault(9, updateFailed, fmt.Sprintf("a role with the name %q already exists", org.FoldCase(name)), "name", "")
	case d.stored.Name == "" && d.Catalog().Reserved(name): // a role that had the name before it was reserved keeps it
		d.fault(2, "Reserved role name", fmt.Sprintf("%q is a reserved role name", org.FoldCase(name)), "name", "")
	case org.NameProblem(name) != "":
		d.fault(1, "Validation failed.", "", "name", org.TaggedField("name", "username", name).Detail+": "+org.NameProblem(name))
	}
}

// checkScope keeps the levels apart: a role of an organization has only organization permissions, one of the site has the
// other two.
// These are rows 6 to 8.
func (d *roleDraft) checkScope() {
	switch {
	case d.home.Site() && len(d.in.Organization) > 0:
		d.fault(3, "not allowed to assign organization permissions for a site wide role",
			"site wide roles may not contain organization specific permissions", "organization_permissions", "")
	case !d.home.Site() && len(d.in.Site) > 0:
		d.fault(3, "Invalid request, not allowed to assign site wide permissions for an organization role.",
			"organization scoped roles may not contain site wide permissions", "site_permissions", "")
	}
	if !d.home.Site() && len(d.in.User) > 0 {
		d.fault(4, "Invalid request, not allowed to assign user permissions for an organization role.",
			"organization scoped roles may not contain user permissions", "user_permissions", "")
	}
	if len(d.in.Member) > 0 {
		d.fault(4, "not allowed to assign organization member permissions",
			"no role may contain organization member permissions", "organization_member_permissions", "")
	}
}

// inScope reports whether a role here may have permissions of a level; those of another level are refused as a whole.
func (d *roleDraft) inScope(l rbac.Level) bool { return d.home.Site() == (l != rbac.LevelOrganization) }

// checkPermissions checks what is added at a level. What was stored before may stay.
// Otherwise a catalog that lost a permission would keep a role from being saved. These are rows 9 to 12.
func (d *roleDraft) checkPermissions(level rbac.Level, perms []rbac.Permission) {
	if !d.inScope(level) {
		return
	}
	seen := map[rbac.Permission]bool{}
	for i, p := range perms {
		field := fmt.Sprintf("%s_permissions[%d]", level, i)
		opposite := p
		opposite.Negate = !p.Negate
		// It is reported once, however often the two are repeated.
		if seen[opposite] && !seen[p] {
			d.fault(8, updateFailed, fmt.Sprintf("%s:%s is both allowed and denied", p.ResourceType, p.Action), field, "")
		}
		seen[p] = true
		if slices.Contains(*d.stored.At(level.String()), p) {
			continue
		}
		d.checkAdded(level, field, p)
	}
}

// checkAdded finds the first thing that is wrong with a permission that the role did not have.
func (d *roleDraft) checkAdded(level rbac.Level, field string, p rbac.Permission) {
	o := ""
	if !d.home.Site() {
		o = fmt.Sprintf("org=%q: ", d.home.Org.ID)
	}
	about := fmt.Sprintf("%sinvalid permission for action=%q type=%q, ", o, p.Action, p.ResourceType)
	switch {
	case p.ResourceType != rbac.Wildcard && !d.Catalog().ValidType(p.ResourceType):
		d.fault(5, updateFailed, fmt.Sprintf("invalid role: %sinvalid resource type %q", o, p.ResourceType),
			field+".resource_type", fmt.Sprintf("invalid resource type %q", p.ResourceType))
	case p.Action == rbac.Wildcard:
		d.fault(6, updateFailed, about+"no wildcard symbols", field+".action", "")
	case !d.Catalog().Valid(p.ResourceType, p.Action):
		d.fault(5, updateFailed, fmt.Sprintf("invalid role: %sinvalid action %q for resource %q", o, p.Action, p.ResourceType),
			field+".action", fmt.Sprintf("invalid action %q for resource %q", p.Action, p.ResourceType))
	// This applies to denies too: no one withholds from others what they don't hold themselves.
	case len(d.Actor.Grants.CheckGrant(level, d.home.Org.ID, []rbac.Permission{p})) > 0:
		d.fault(7, updateFailed, about+"not allowed to grant this permission", field, "not allowed to grant this permission: you do not hold it yourself")
	}
}

// checkTakenDenies refuses to take away a deny of what the caller does not hold: that would grant it.
// This is the second half of row 11 of docs/spec/roles.md, writing.
func (d *roleDraft) checkTakenDenies() {
	in := d.result()
	for level, perms := range d.stored.Levels() {
		kept := *in.At(level.String())
		for _, p := range perms {
			if !denies(d.Attempt, p) || slices.Contains(kept, p) {
				continue
			}
			if len(d.Actor.Grants.CheckGrant(level, d.home.Org.ID, []rbac.Permission{p})) > 0 {
				d.fault(7, updateFailed, fmt.Sprintf("action=%q type=%q is denied by this role, not allowed to take the deny away: you do not hold the permission yourself", p.Action, p.ResourceType),
					level.String()+"_permissions", "")
			}
		}
	}
}

// result returns the draft as it would be stored, apart from sorting and merging.
// Version and times are still the stored ones.
func (d *roleDraft) result() org.Role {
	r := d.stored
	r.OrganizationID, r.Name, r.DisplayName, r.Description = d.home.Org.ID, org.FoldCase(d.in.Name), d.in.DisplayName, *d.in.Description
	r.Site, r.Organization, r.User = d.in.Site, d.in.Organization, d.in.User
	return r
}
