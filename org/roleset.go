package org

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/rbac"
)

// roleSet is every role of an organization, or of the site, in the order in which lists show them: custom ones by
// name, then built-in ones. It is not changed once it is made.
type roleSet struct {
	org    uuid.UUID // uuid.Nil for the site
	list   []setRole
	byName map[string]*setRole

	steering func() []string // see steer; found out once, when first asked for
}

type setRole struct {
	Role
	compiled *rbac.Role
}

// loadRoles reads the custom roles in two queries, however many there are, and compiles them.
func (s source) loadRoles(ctx context.Context, org uuid.UUID) (*roleSet, error) {
	var rows []db.Role
	var perms []db.RolePermission
	var err error
	builtIn := s.catalog.BuiltInOrganizationRoles()
	if org == uuid.Nil {
		builtIn = s.catalog.BuiltInSiteRoles()
		if rows, err = s.q.ListRolesOfSite(ctx); err == nil && len(rows) > 0 {
			perms, err = s.q.ListPermissionsOfSite(ctx)
		}
	} else if rows, err = s.q.ListRolesOfOrganization(ctx, nullID(org)); err == nil && len(rows) > 0 {
		perms, err = s.q.ListPermissionsOfOrganization(ctx, nullID(org))
	}
	if err != nil {
		return nil, err
	}
	set := &roleSet{org: org, list: make([]setRole, 0, len(rows)+len(builtIn))}
	byRole := make(map[uuid.UUID][]db.RolePermission, len(rows))
	for begin, end := 0, 0; begin < len(perms); begin = end { // they come sorted by role
		for end < len(perms) && perms[end].RoleID == perms[begin].RoleID {
			end++
		}
		byRole[perms[begin].RoleID] = perms[begin:end]
	}
	for _, r := range rows {
		set.list = append(set.list, s.setRole(r, byRole[r.ID]))
	}
	for _, r := range builtIn {
		set.list = append(set.list, setRole{compiled: r, Role: Role{
			OrganizationID: org, Name: r.Name, DisplayName: r.DisplayName, BuiltIn: true,
			Site: r.Site, Organization: r.Organization, User: r.User,
		}})
	}
	set.index(s.catalog)
	return set, nil
}

func (s *roleSet) index(catalog *rbac.Catalog) {
	s.steering = sync.OnceValue(func() []string { return s.steer(catalog) })
	s.byName = make(map[string]*setRole, len(s.list))
	for i := range s.list {
		s.byName[s.list[i].Name] = &s.list[i]
	}
}

// rewritten is the set with another state of one role, or without that role if after is nil.
func (s *Service) rewritten(stored *roleSet, name string, after *Role) *roleSet {
	set := &roleSet{org: stored.org, list: slices.Clone(stored.list)}
	at := slices.IndexFunc(set.list, func(r setRole) bool { return r.Name == name })
	switch {
	case after == nil:
		set.list = slices.Delete(set.list, at, at+1)
	case at < 0:
		set.list = append(set.list, s.compile(*after))
	default:
		set.list[at] = s.compile(*after)
	}
	set.index(s.catalog)
	return set
}

// setRole joins a stored role with its permissions and compiles it.
func (s source) setRole(r db.Role, perms []db.RolePermission) setRole {
	role := Role{
		ID: r.ID, OrganizationID: r.OrganizationID.UUID, Name: r.Name, DisplayName: r.DisplayName, Version: r.Version,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, UpdatedBy: r.UpdatedBy,
	}
	for _, p := range perms {
		list := role.at(p.Level)
		*list = append(*list, rbac.Permission{ResourceType: p.ResourceType, Action: p.Action, Negate: p.Negate})
	}
	for _, list := range []*[]rbac.Permission{&role.Site, &role.Organization, &role.User} {
		rbac.SortPermissions(*list)
	}
	return s.compile(role)
}

// compile makes a custom role ready for use.
func (s *Service) compile(r Role) setRole {
	return setRole{Role: r, compiled: s.catalog.Compile(rbac.Role{
		Name: r.Name, DisplayName: r.DisplayName, Site: r.Site, Organization: r.Organization, User: r.User,
	})}
}

// at is the list of the level of that name.
func (r *Role) at(level string) *[]rbac.Permission {
	switch level {
	case rbac.LevelSite.String():
		return &r.Site
	case rbac.LevelUser.String():
		return &r.User
	default:
		return &r.Organization
	}
}

func (s *roleSet) compiled(name string) (*rbac.Role, bool) {
	r, ok := s.byName[name]
	if !ok {
		return nil, false
	}
	return r.compiled, true
}

// refs turns stored role names, one space apart, into sorted references.
func (s *roleSet) refs(names string) []RoleRef {
	if names == "" {
		return nil
	}
	fields := strings.Fields(names)
	slices.Sort(fields)
	refs := make([]RoleRef, len(fields))
	for i, n := range fields {
		refs[i] = RoleRef{Name: n, OrganizationID: s.org}
		if r, ok := s.byName[n]; ok {
			refs[i].DisplayName, refs[i].BuiltIn = r.DisplayName, r.BuiltIn
		}
	}
	return refs
}

// held is the compiled roles that these references name.
func (s *roleSet) held(refs []RoleRef) []*rbac.Role {
	var held []*rbac.Role
	for _, r := range refs {
		if c, ok := s.compiled(r.Name); ok {
			held = append(held, c)
		}
	}
	return held
}

// customs is how many custom roles there are.
func (s *roleSet) customs() (n int) {
	for i := range s.list {
		if !s.list[i].BuiltIn {
			n++
		}
	}
	return n
}

// all is every role of the set, compiled.
func (s *roleSet) all() []*rbac.Role {
	all := make([]*rbac.Role, len(s.list))
	for i := range s.list {
		all[i] = s.list[i].compiled
	}
	return all
}

func names(refs []RoleRef) []string {
	out := make([]string, len(refs))
	for i, r := range refs {
		out[i] = r.Name
	}
	return out
}
