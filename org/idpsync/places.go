package idpsync

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// An organization must not be left without anybody who can run it because a provider says so: nobody is there to ask. Two questions
// are asked, the cheaper first: whether an organization admin stays for good, which goes by a name, and whether someone stays able to
// manage it, which goes by what roles allow. What the second one finds holds everything back, since no single role stands for it.

// inPlace compares one organization. The last admin stays one, and the last who is able to manage it stays that.
func (v *view) inPlace(ctx context.Context, c comparison, place uuid.UUID) (part, error) {
	records := v.places[place]
	if len(records) == 0 {
		if there, err := v.isThere(ctx, place); err != nil || !there {
			return part{}, err
		}
	}
	exists, err := v.existing(ctx, place, len(c.want.roles[place]) > 0 || c.has(records))
	if err != nil {
		return part{}, err
	}
	p := c.in(place, records, exists)
	if v.lax {
		return p, nil
	}
	if endless(records, org.RoleOrganizationAdmin, org.RoleOrganizationUser) && !endless(p.after(), org.RoleOrganizationAdmin, org.RoleOrganizationUser) {
		// Only now, since it takes queries: the last admin is seldom asked about.
		other, err := v.AdminBeside(ctx, place, v.user)
		if err != nil {
			return p, err
		}
		if !other { // the membership too: without it nobody is an admin
			c.protects = map[string]bool{org.RoleOrganizationAdmin: true, org.RoleOrganizationUser: true}
			p = c.in(place, records, exists)
			p.protected = true
		}
	}
	return v.managed(ctx, p)
}

// managed leaves an organization as it is if nobody would be able to manage it afterwards (R3 in docs/spec/roles.md).
func (v *view) managed(ctx context.Context, p part) (part, error) {
	// An end is a loss too: what is held for good must stay that for someone.
	taken := slices.Clone(p.gone)
	for _, r := range p.made {
		if old := p.own(r.Role, r.Source); old != nil && old.Until == nil && r.Until != nil {
			taken = append(taken, *old)
		}
	}
	if v.user == uuid.Nil || len(taken) == 0 {
		return p, nil
	}
	row, err := v.MemberRow(ctx, p.place, v.user)
	if db.IsNotFound(err) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	m, err := v.MemberOf(ctx, row)
	if err != nil {
		return p, err
	}
	left := p.after()
	stays, err := v.ManagedWith(ctx, &m, &org.HolderChange{
		Place: p.place, User: v.user, Username: m.Username, Before: unit.RoleNames(m.Roles), SiteRoles: unit.RoleNames(m.SiteRoles),
		After: rolesOf(left), Leaves: !slices.ContainsFunc(left, func(r org.Assignment) bool { return r.Role == org.RoleOrganizationUser }), Edits: p.edits(), Ending: sortedKeys(org.EndsOf(left)),
	})
	if err != nil || stays {
		return p, err
	}
	p.held, p.made, p.gone, p.protected = append(p.held, taken...), nil, nil, true
	return p, nil
}

// isThere reports whether there is an organization. A rule may outlive it.
func (v *view) isThere(ctx context.Context, place uuid.UUID) (bool, error) {
	if there, known := v.stored[place]; known {
		return there, nil
	}
	_, err := v.Q.GetOrganization(ctx, place)
	there := err == nil
	if db.IsNotFound(err) {
		err = nil
	}
	if v.stored != nil && err == nil {
		v.stored[place] = there
	}
	return there, err
}

// existing reports whether a place has a role. A rule may outlive the role that it gives.
func (v *view) existing(ctx context.Context, place uuid.UUID, asked bool) (func(string) bool, error) {
	if !asked {
		return func(string) bool { return false }, nil
	}
	set, err := v.Roles(ctx, place)
	if err != nil {
		return nil, err
	}
	return func(role string) bool { return set.ByName[role] != nil }, nil
}

// endless reports whether each of some roles is held by a record without an end.
func endless(records []org.Assignment, roles ...string) bool {
	for _, role := range roles {
		if !slices.ContainsFunc(records, func(r org.Assignment) bool { return r.Role == role && r.Until == nil }) {
			return false
		}
	}
	return true
}
