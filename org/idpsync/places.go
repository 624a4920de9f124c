package idpsync

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// A provider must not be able to leave an organization without anybody who can run it: there is nobody to ask. Two checks follow,
// the cheaper first: whether an organization admin without an end remains, which depends on role names, and whether someone
// remains able to manage it, which depends on what roles allow. The second considers all that the account holds, on the site and
// elsewhere too. A sign-in writes the site first and then organizations by id, so the check uses what the account holds
// once those before have been written: the unit of the organization finds exactly that.

// inPlace compares one organization. The last admin stays one, and the last person able to manage it stays able.
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
		// Only now, since it takes queries: the last admin rarely matters.
		other, err := v.AdminBeside(ctx, place, v.user)
		if err != nil {
			return p, err
		}
		if !other { // the membership too: an admin must be a member
			c.protects = map[string]bool{org.RoleOrganizationAdmin: true, org.RoleOrganizationUser: true}
			p = c.in(place, records, exists)
			p.protected = true
		}
	}
	return v.managed(ctx, p)
}

// managed leaves an organization as it is if it would lose the last person able to manage it (R3 in docs/spec/roles.md). No
// single role is responsible for that, so all of it stays.
func (v *view) managed(ctx context.Context, p part) (part, error) {
	if v.user == uuid.Nil || !p.changes() {
		return p, nil
	}
	lost, err := v.LosesManager(ctx, p.place, v.user, v.with(p.place, p.before), v.with(p.place, p.after()))
	if err != nil || !lost {
		return p, err
	}
	return p.heldBack(), nil
}

// with returns all that the account holds when an organization is written, with some records there.
func (v *view) with(place uuid.UUID, records []org.Assignment) []org.Assignment {
	all := slices.Clone(records)
	for id, list := range v.places {
		if id != place {
			all = append(all, v.written(id, list)...)
		}
	}
	return append(all, v.written(uuid.Nil, v.site)...)
}

// written returns what counts in a place, as far as it has been compared already.
func (v *view) written(place uuid.UUID, records []org.Assignment) []org.Assignment {
	if p := v.of(place); p.changes() {
		return p.after()
	}
	return records
}

// isThere reports whether an organization exists. A rule may outlive it.
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

// existing returns a function that reports whether a place has a role. A rule may outlive the role that it gives.
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
