package unit

import (
	"context"
	"slices"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// The permissions of a role were written under some version of the catalog, and keep the meaning that they had then. All code
// that reads a role, or an earlier state of one, goes through translate.

// Known says whether a permission names something in a catalog. The action "*" may still be stored.
func Known(c *rbac.Catalog, p rbac.Permission) bool {
	return c.Valid(p.ResourceType, p.Action) || p.Action == rbac.Wildcard && c.ValidType(p.ResourceType)
}

// translate turns the lists of a role, which are meant in a version of the catalog, into lists that mean the same in the one in
// force, sorted. It returns what has no meaning any more. That stays in the lists under its name, without effect, unless the
// name now means something else: then keeping it would give it that meaning.
func (s Reader) translate(ctx context.Context, role *org.Role, written int64) (dead []org.DeadPermission, err error) {
	role.WrittenIn, role.Catalog = written, s.Catalog().Version()
	var m *rbac.Migration
	if written != role.Catalog {
		if m, err = s.Migration(ctx, written); err != nil {
			return nil, err
		}
	}
	for level, stored := range role.Levels() {
		list, gone := slices.Clone(stored), stored
		if m != nil {
			list, gone = m.Permissions(level, stored)
		}
		for _, p := range gone {
			known := Known(s.Catalog(), p)
			if m == nil && known {
				continue
			}
			dead = append(dead, org.DeadPermission{Level: level, Permission: p, Hidden: known})
			if m != nil && !known {
				list = append(list, p)
			}
		}
		rbac.SortPermissions(list)
		*role.At(level.String()) = list
	}
	return dead, nil
}

// RemovedIn returns the version of the catalog that took away what a permission meant in an earlier one, 0 if none did.
func (s Reader) RemovedIn(ctx context.Context, written int64, p rbac.Permission) (int64, error) {
	past, err := s.history(ctx, s.Catalog().Version())
	if err != nil {
		return 0, err
	}
	p.Negate = false
	for _, v := range slices.Backward(past) { // the last one: it may have been added and removed again
		if v.Number > written && slices.Contains(v.Steps.Removed, p.String()) {
			return v.Number, nil
		}
	}
	return 0, nil
}

// retired reports whether a name is that of a built-in role that was removed. It gives its holders nothing, and the name is
// never used again.
func (s *RoleSet) retired(name string) bool {
	return s.catalog != nil && slices.Contains(s.catalog.Document().RetiredRoles, name)
}

// Gone returns those of some stored role names that belong to removed built-in roles. The next write of what an account holds
// drops them.
func (s *RoleSet) Gone(names []string) (gone []string) {
	for _, n := range names {
		if _, ok := s.ByName[n]; !ok && s.retired(n) {
			gone = append(gone, n)
		}
	}
	return gone
}
