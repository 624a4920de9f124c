package unit

import (
	"cmp"
	"context"
	"slices"

	"rolecall.example/org"
)

// impactEnds says until when people would hold what the change gives them or sets another end to.
func (a *Attempt) impactEnds(ctx context.Context) ([]org.ImpactEnd, error) {
	var list []org.ImpactEnd
	for i := range a.change.holders {
		h := &a.change.holders[i]
		for _, role := range slices.Concat([]string{org.RoleOrganizationUser}, h.After) {
			until := h.OriginOf(role).Until
			touched := h.Touches(role) || h.Joins && role == org.RoleOrganizationUser
			if until == nil || !touched || !h.Ends(role) {
				continue
			}
			at := slices.IndexFunc(list, func(e org.ImpactEnd) bool { return e.Role.Name == role && e.Until.Equal(*until) })
			if at < 0 {
				at, list = len(list), append(list, org.ImpactEnd{Role: org.RoleRef{Name: role, OrganizationID: h.Place}, Until: *until})
			}
			list[at].Members++
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	set, err := a.Roles(ctx, a.change.place)
	if err != nil {
		return nil, err
	}
	for i := range list {
		ref := &list[i].Role
		if role, ok := set.ByName[ref.Name]; ok {
			ref.DisplayName, ref.BuiltIn = role.DisplayName, role.BuiltIn
		} else if ref.Name == org.RoleOrganizationUser {
			ref.DisplayName = "Membership"
		}
	}
	slices.SortStableFunc(list, func(x, y org.ImpactEnd) int {
		return cmp.Or(x.Until.Compare(y.Until), cmp.Compare(x.Role.Name, y.Role.Name))
	})
	return list, nil
}
