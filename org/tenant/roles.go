package tenant

import (
	"context"
	"strconv"
	"strings"

	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// Roles returns every role of a scope that can be assigned. NotFound: no such organization, or the caller may not read its
// roles. Forbidden: the caller may not read the roles of the site.
func (s *Service) Roles(ctx context.Context, subject *org.Actor, in org.Scope) (_ org.RoleList, err error) {
	defer org.Wrap(&err, "list roles of %s", in)
	return unit.Glance(ctx, s.units, subject, func(src unit.Reader) (org.RoleList, error) {
		h, err := readableScope(ctx, src, subject, in)
		if err != nil {
			return org.RoleList{}, err
		}
		return roleList(ctx, src, subject, h)
	})
}

// readableScope returns the place of a scope whose roles the caller may read. Errors as Roles.
// That the site has roles is no secret, so if they can't be read it is Forbidden. For an organization it is NotFound.
func readableScope(ctx context.Context, s unit.Reader, by *org.Actor, in org.Scope) (unit.RoleScope, error) {
	h, err := s.RoleScope(ctx, by, in)
	if err == nil && !by.Can("read", h.Object) {
		err = org.ErrForbidden("assign_role:read")
	}
	return h, err
}

// roleList does the work of Roles for a place whose roles the caller may read.
func roleList(ctx context.Context, s unit.Reader, by *org.Actor, h unit.RoleScope) (org.RoleList, error) {
	set, err := s.Roles(ctx, h.Org.ID)
	if err != nil {
		return org.RoleList{}, err
	}
	list := org.RoleList{
		Organization: unit.OrganizationOf(h.Org), Roles: make([]org.Role, len(set.List)),
		CanCreate: h.May(by, "create"), CanUpdate: h.May(by, "update"), CanDelete: h.May(by, "delete"),
	}
	for i := range set.List {
		list.Roles[i] = offered(by, h, &set.List[i])
	}
	return list, nil
}

// readableRoles returns the roles of a place, none if the caller may not read them.
func readableRoles(ctx context.Context, s unit.Reader, by *org.Actor, h unit.RoleScope) ([]org.Role, error) {
	if !by.Can("read", h.Object) {
		return nil, nil
	}
	list, err := roleList(ctx, s, by, h)
	return list.Roles, err
}

// offered returns a role as a list shows it to the caller. Assignable says what a write would accept.
func offered(by *org.Actor, h unit.RoleScope, r *unit.SetRole) org.Role {
	role := r.Role
	// Callers who may not read the people of a place don't learn their names from its roles.
	if !h.MayCount(by) {
		role.UpdatedBy = ""
	}
	role.Refusal = unit.GiveRefusal(by, "assign", h.Object, r)
	role.Assignable = role.Refusal == ""
	return role
}

// roleCounts returns how many people have each role of a place whose roles the caller may read, by name. All are Unknown to a
// caller who may not read the members, or the accounts of the site.
func roleCounts(ctx context.Context, src unit.Reader, by *org.Actor, h unit.RoleScope) (map[string]int, error) {
	if h.MayCount(by) {
		counts, err := src.Holders(ctx, h)
		for _, gone := range src.Catalog().Document().RetiredRoles {
			delete(counts, gone)
		}
		return counts, err
	}
	set, err := src.Roles(ctx, h.Org.ID)
	if err != nil {
		return nil, err
	}
	// Every role is listed all the same: a missing one would look like one that no one has.
	counts := make(map[string]int, len(set.List))
	for i := range set.List {
		counts[set.List[i].Name] = org.Unknown
	}
	return counts, nil
}

// Role returns one role with what the caller may do to it. NotFound: no such role, or an unreadable one. Forbidden as Roles.
func (s *Service) Role(ctx context.Context, subject *org.Actor, in org.Scope, name string) (_ org.RoleView, err error) {
	defer org.Wrap(&err, "read role %q in %s", name, in)
	return unit.Glance(ctx, s.units, subject, func(src unit.Reader) (org.RoleView, error) {
		h, err := readableScope(ctx, src, subject, in)
		if err != nil {
			return org.RoleView{}, err
		}
		return roleView(ctx, src, subject, h, name)
	})
}

// roleView does the work of Role for a place whose roles the caller may read. The case of the name counts.
func roleView(ctx context.Context, s unit.Reader, by *org.Actor, h unit.RoleScope, name string) (org.RoleView, error) {
	set, err := s.Roles(ctx, h.Org.ID)
	if err != nil {
		return org.RoleView{}, err
	}
	r, ok := set.ByName[name]
	if !ok {
		return org.RoleView{}, org.ErrNotFound()
	}
	v := viewOf(s, by, h, r)
	if h.MayCount(by) {
		counts, err := s.Holders(ctx, h)
		if err != nil {
			return org.RoleView{}, err
		}
		v.Role.Members = counts[name]
	}
	return v, nil
}

// viewOf returns one role with what the caller may do to it. How many hold it is not known yet.
func viewOf(s unit.Reader, by *org.Actor, h unit.RoleScope, r *unit.SetRole) org.RoleView {
	v := org.RoleView{Organization: unit.OrganizationOf(h.Org), Role: offered(by, h, r)}
	v.Role.Members = org.Unknown
	// Built-in roles are part of the program, so nobody changes them.
	v.CanCreate = h.May(by, "create")
	v.CanUpdate = !r.BuiltIn && h.May(by, "update")
	v.CanDelete = !r.BuiltIn && h.May(by, "delete")
	v.CellRefusal = s.Locks(by, h, v.CanUpdate)
	v.CellEffect = effectIn(s, r.Role)
	return v
}

// NewRole returns a role that is not stored yet, started from another one of the scope ("" for blank): its permissions are
// written out. Those that the caller may not give, or whose level no custom role of the scope can have, are in NotCopied
// instead. NotFound: no such organization, or no role to start from. Forbidden: the caller may not create roles.
func (s *Service) NewRole(ctx context.Context, subject *org.Actor, in org.Scope, from string) (_ org.RoleView, err error) {
	defer org.Wrap(&err, "begin role in %s", in)
	return unit.Glance(ctx, s.units, subject, func(src unit.Reader) (org.RoleView, error) {
		h, err := readableScope(ctx, src, subject, in)
		if err != nil {
			return org.RoleView{}, err
		}
		return startedFrom(ctx, src, subject, h, from)
	})
}

// startedFrom does the work of NewRole for a place whose roles the caller may read.
func startedFrom(ctx context.Context, s unit.Reader, by *org.Actor, h unit.RoleScope, from string) (org.RoleView, error) {
	if !h.May(by, "create") {
		return org.RoleView{}, h.Forbidden("create")
	}
	v := org.RoleView{
		Organization: unit.OrganizationOf(h.Org), CanCreate: true, CanUpdate: true,
		Role: org.Role{OrganizationID: h.Org.ID}, CellRefusal: s.Locks(by, h, true), CellEffect: effectIn(s, org.Role{}),
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
	v.Role.DisplayName, v.Role.Name = copyNames(set, origin.Role)
	for level, list := range origin.Levels() {
		// A built-in role may have this level; a custom one of this place may not (docs/spec/roles.md).
		if (level == rbac.LevelOrganization) == h.Site() {
			v.NotCopied = append(v.NotCopied, list...)
			continue
		}
		kept := v.Role.At(level.String())
		// A custom role must not get the action "*" (row 10 of docs/spec/roles.md, writing), so each action is named.
		for _, p := range s.Catalog().WrittenOut(list) {
			// What rows 9 and 11 would refuse on saving is left out now, and reported.
			if !s.Catalog().Valid(p.ResourceType, p.Action) || v.CellRefusal(level, p) != "" {
				v.NotCopied = append(v.NotCopied, p)
				continue
			}
			*kept = append(*kept, p)
		}
	}
	v.CellEffect = effectIn(s, v.Role)
	return v, nil
}

// copyNames returns the names that a copy of a role starts with: short enough to be stored, and not taken.
func copyNames(set *unit.RoleSet, of org.Role) (label, name string) {
	label = "Copy of " + of.Label()
	if r := []rune(label); len(r) > org.MaxDisplayName {
		label = strings.TrimSpace(string(r[:org.MaxDisplayName]))
	}
	for n := 1; ; n++ {
		end := "-copy"
		if n > 1 {
			end += "-" + strconv.Itoa(n)
		}
		name = strings.TrimRight(of.Name[:min(len(of.Name), org.MaxName-len(end))], "-") + end
		if set.ByName[name] == nil {
			return label, name
		}
	}
}

// effectIn tells what allowing a permission would change in a role.
func effectIn(s unit.Reader, role org.Role) func(rbac.Level, rbac.Permission) rbac.Effect {
	rules, catalog := role.Rules(), s.Catalog()
	return func(l rbac.Level, p rbac.Permission) rbac.Effect { return catalog.Effect(rules, l, p) }
}
