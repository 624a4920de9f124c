package insight

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// prevented says why no one may do it: the deny that stops most of those whom a role would allow it, or else the roles that would
// allow it and that no one holds, as far as the caller may read them. groups are the members.
func (f *finder) prevented(ctx context.Context, by *org.Actor, groups []unit.Group) (*org.Prevention, error) {
	p := org.Prevention{}
	denied := map[*rbac.Role]int{}
	for i := range groups {
		g := &groups[i]
		if g.Status == org.StatusSuspended {
			continue
		}
		d, err := f.decide(ctx, g.Holding)
		if err != nil {
			return nil, err
		}
		deny := overrides(d.by.Explain(f.question.Action, f.object))
		if deny == nil {
			continue
		}
		// People with one holding are one group, so one role may stop several groups.
		denied[deny.Role] += int(g.Members)
		if n := denied[deny.Role]; p.Deny == nil || n > p.People || n == p.People && deny.Role.Name < p.Deny.Role.Name {
			p.Deny, p.People = deny, n
		}
	}
	if p.Deny != nil {
		return &p, nil
	}
	return &p, f.unheld(ctx, by, &p)
}

// unheld fills in the roles that would allow it, of the organization and of the site. It leaves out roles that the caller may
// not read, since a name may reveal what a role is for; the sentence on the page then says only what is true in any case.
func (f *finder) unheld(ctx context.Context, by *org.Actor, p *org.Prevention) error {
	for place, object := range map[uuid.UUID]rbac.Object{f.Org: org.OrgRolesObject(f.Org), uuid.Nil: org.SiteRolesObject} {
		if !by.Can("read", object) {
			continue
		}
		set, err := f.Roles(ctx, place)
		if err != nil {
			return err
		}
		for i := range set.List {
			d, err := f.decide(ctx, holdingOne(place, set.List[i].Name))
			if err != nil {
				return err
			}
			if d.able {
				p.Unheld = append(p.Unheld, org.RoleRef{Name: set.List[i].Name, DisplayName: set.List[i].DisplayName, OrganizationID: place, BuiltIn: set.List[i].BuiltIn})
			}
		}
	}
	slices.SortFunc(p.Unheld, func(x, y org.RoleRef) int { return cmp.Compare(x.Label(), y.Label()) })
	return nil
}

// overrides returns the deny that overrides what another role allows; nil if none does, or nothing is allowed.
func overrides(t rbac.Trace) (deny *rbac.Match) {
	if t.Allowed {
		return nil
	}
	// A deny of something that no role allows stops no one: the answer would be the same without it.
	allowed := false
	for _, l := range t.Levels {
		for i := range l.Matches {
			m := &l.Matches[i]
			allowed = allowed || !m.Permission.Negate
			if l.Decides && m.Permission.Negate && !m.Overruled && deny == nil {
				deny = m
			}
		}
	}
	if !allowed {
		return nil
	}
	return deny
}

// holdingOne returns the holding of an account with a single role of the organization or, with uuid.Nil, of the site.
func holdingOne(place uuid.UUID, role string) unit.Holding {
	if place == uuid.Nil {
		return unit.Holding{SiteRoles: role}
	}
	return unit.Holding{Roles: role}
}
