package insight

import (
	"context"
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// Grantors returns the display names of a few roles in an organization that give all of these permissions, as type:action. A
// caller refused for lack of them can ask for such a role. It returns none to callers who may not read the roles.
func (s *Service) Grantors(ctx context.Context, subject *org.Actor, organization string, permissions []string) (_ []string, err error) {
	defer org.Wrap(&err, "list roles in %q that grant permissions", organization)
	const few = 4
	return unit.Glance(ctx, s.units, subject, func(src unit.Reader) ([]string, error) {
		h, err := src.RoleScope(ctx, subject, org.In(organization))
		if err != nil {
			return nil, err
		}
		set, err := src.Roles(ctx, h.Org.ID)
		if err != nil {
			return nil, err
		}
		var names []string
		// Built-in roles come last in the list, but are what an administrator thinks of first.
		for i := range set.List {
			r := &set.List[len(set.List)-1-i]
			// Each role is judged alone: two that each give half are no help.
			rights := src.Catalog().OrganizationRights(h.Org.ID, []*rbac.Role{r.Compiled})
			missing := slices.ContainsFunc(permissions, func(p string) bool {
				resourceType, action, _ := strings.Cut(p, ":")
				return !rights.Contains(resourceType, action)
			})
			if !missing && len(names) < few {
				names = append(names, r.DisplayName)
			}
		}
		return names, nil
	})
}
