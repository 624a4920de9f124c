package unit

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// RoleSet is every role of an organization, or of the site, in the order in which lists show them: custom ones by
// name, then built-in ones. It does not change once it is made.
type RoleSet struct {
	Org    uuid.UUID // uuid.Nil for the site
	List   []SetRole
	ByName map[string]*SetRole

	catalog  *rbac.Catalog
	steering func() []string // see steer; worked out once, when first needed
}

// SetRole is a role of a RoleSet, as it is shown and as it decides.
type SetRole struct {
	org.Role
	Compiled *rbac.Role
}

// loadRoles reads the custom roles in two queries, however many there are, and compiles them.
func (s Reader) loadRoles(ctx context.Context, orgID uuid.UUID) (*RoleSet, error) {
	var rows []db.Role
	var perms []db.RolePermission
	var err error
	switch orgID {
	case org.ElsewhereOrg: // nothing of it is stored
	case uuid.Nil:
		if rows, err = s.Q.ListRolesOfSite(ctx); err == nil && len(rows) > 0 {
			perms, err = s.Q.ListPermissionsOfSite(ctx)
		}
	default:
		if rows, err = s.Q.ListRolesOfOrganization(ctx, NullID(orgID)); err == nil && len(rows) > 0 {
			perms, err = s.Q.ListPermissionsOfOrganization(ctx, NullID(orgID))
		}
	}
	if err != nil {
		return nil, err
	}
	byRole := make(map[uuid.UUID][]db.RolePermission, len(rows))
	for begin, end := 0, 0; begin < len(perms); begin = end { // they come sorted by role
		for end < len(perms) && perms[end].RoleID == perms[begin].RoleID {
			end++
		}
		byRole[perms[begin].RoleID] = perms[begin:end]
	}
	return s.newRoleSet(ctx, orgID, rows, byRole)
}

// newRoleSet makes the set of an organization, or of the site, out of its custom roles and their permissions.
func (s Reader) newRoleSet(ctx context.Context, orgID uuid.UUID, rows []db.Role, perms map[uuid.UUID][]db.RolePermission) (*RoleSet, error) {
	builtIn := s.Catalog().BuiltInOrganizationRoles()
	if orgID == uuid.Nil {
		builtIn = s.Catalog().BuiltInSiteRoles()
	}
	set := &RoleSet{Org: orgID, List: make([]SetRole, 0, len(rows)+len(builtIn))}
	for _, r := range rows {
		role, err := s.setRole(ctx, r, perms[r.ID])
		if err != nil {
			return nil, err
		}
		set.List = append(set.List, role)
	}
	for _, r := range builtIn {
		set.List = append(set.List, SetRole{Compiled: r, Role: org.Role{
			OrganizationID: orgID, Name: r.Name, DisplayName: r.DisplayName, Description: r.Description, BuiltIn: true,
			Site: r.Site, Organization: r.Organization, User: r.User,
		}})
	}
	set.index(s.Catalog())
	return set, nil
}

// index finishes a set. No one else may use it yet, since sets are shared without a lock.
func (s *RoleSet) index(catalog *rbac.Catalog) {
	s.catalog = catalog
	s.steering = sync.OnceValue(func() []string { return s.steer(catalog) })
	s.ByName = make(map[string]*SetRole, len(s.List))
	for i := range s.List {
		s.ByName[s.List[i].Name] = &s.List[i]
	}
}

// rewritten returns the set with one role changed to after, or without that role if after is nil.
func (s Reader) rewritten(stored *RoleSet, name string, after *org.Role) *RoleSet {
	set := &RoleSet{Org: stored.Org, List: slices.Clone(stored.List)}
	at := slices.IndexFunc(set.List, func(r SetRole) bool { return r.Name == name })
	switch {
	case after == nil:
		set.List = slices.Delete(set.List, at, at+1)
	case at < 0:
		set.List = append(set.List, s.compile(*after))
	default:
		set.List[at] = s.compile(*after)
	}
	set.index(s.Catalog())
	return set
}

// setRole joins a stored role with its permissions, as they are meant in the catalog in force, and compiles it.
func (s Reader) setRole(ctx context.Context, r db.Role, perms []db.RolePermission) (SetRole, error) {
	role := org.Role{
		ID: r.ID, OrganizationID: r.OrganizationID.UUID, Name: r.Name, DisplayName: r.DisplayName, Description: r.Description, Version: r.Version,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, UpdatedBy: r.UpdatedBy,
	}
	for _, p := range perms {
		list := role.At(p.Level)
		*list = append(*list, rbac.Permission{ResourceType: p.ResourceType, Action: p.Action, Negate: p.Negate})
	}
	dead, err := s.translate(ctx, &role, r.CatalogVersion)
	role.Dead = dead
	return s.compile(role), err
}

// compile makes a custom role ready for use.
func (s Reader) compile(r org.Role) SetRole {
	return SetRole{Role: r, Compiled: s.Catalog().Compile(rbac.Role{
		Name: r.Name, DisplayName: r.DisplayName, Site: r.Site, Organization: r.Organization, User: r.User,
	})}
}

// compiled returns a role in the form that decides. A name without a role gives nothing (docs/spec/authcheck.md).
func (s *RoleSet) compiled(name string) (*rbac.Role, bool) {
	r, ok := s.ByName[name]
	if !ok {
		return nil, false
	}
	return r.Compiled, true
}

// Refs turns stored role names, one space apart, into sorted references.
func (s *RoleSet) Refs(names string) []org.RoleRef {
	if names == "" {
		return nil
	}
	fields := strings.Fields(names)
	slices.Sort(fields)
	refs := make([]org.RoleRef, 0, len(fields))
	for _, n := range fields {
		ref := org.RoleRef{Name: n, OrganizationID: s.Org}
		if r, ok := s.ByName[n]; ok {
			ref.DisplayName, ref.BuiltIn = r.DisplayName, r.BuiltIn
		} else if s.retired(n) {
			continue
		}
		refs = append(refs, ref)
	}
	return refs
}

// Held returns the compiled roles that these references name.
func (s *RoleSet) Held(refs []org.RoleRef) []*rbac.Role {
	var held []*rbac.Role
	for _, r := range refs {
		if c, ok := s.compiled(r.Name); ok {
			held = append(held, c)
		}
	}
	return held
}

// Customs returns how many custom roles there are.
func (s *RoleSet) Customs() (n int) {
	for i := range s.List {
		if !s.List[i].BuiltIn {
			n++
		}
	}
	return n
}

// all returns every role of the set, compiled.
func (s *RoleSet) all() []*rbac.Role {
	all := make([]*rbac.Role, len(s.List))
	for i := range s.List {
		all[i] = s.List[i].Compiled
	}
	return all
}

// RoleNames returns the names of roles, in their order.
func RoleNames(refs []org.RoleRef) []string {
	out := make([]string, len(refs))
	for i, r := range refs {
		out[i] = r.Name
	}
	return out
}
