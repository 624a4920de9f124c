package invite

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// To invite takes the rights to add members and to give each role, in each organization. The engine checks them when
// an invitation is made, and again when it is accepted: then those that its maker has at that time.

// place is what an invitation gives in one organization.
type place struct {
	row   db.Organization
	set   *unit.RoleSet
	roles []string // sorted
}

// mayInvite refuses a caller whom the server's setting does not let invite at all. Forbidden.
func mayInvite(by *org.Actor, policy string) error {
	switch {
	case policy == org.InvitationsOff:
		return &org.Error{Kind: org.Forbidden, Message: "Invitations are switched off on this site.", Detail: "An operator has set --invitations off."}
	case policy == org.InvitationsBySite && !by.Can("create", org.UsersObject):
		return org.ErrForbidden("user:create")
	}
	return nil
}

// mayInviteInto refuses a caller who may not add members to an organization. NotFound: the caller may not read it.
func mayInviteInto(ctx context.Context, a *unit.Attempt, ref string) (db.Organization, error) {
	o, err := a.Organization(ctx, a.Actor, ref)
	if err == nil && !unit.MayAddMembers(a.Actor, o.ID) {
		err = org.ErrForbidden(unit.PermissionsToAdd...)
	}
	return o, err
}

// stands reports whether the maker of an invitation could make it now, and what it gives has not ended. If so, places are
// what it gives, in order. An invitation must not outlive the rights of its maker.
func stands(ctx context.Context, s unit.Reader, row *db.Invitation, grants []db.InvitationGrant, policy string) (places []place, ok bool, err error) {
	if row.EndsAt.Valid && !row.EndsAt.Time.After(s.When) {
		return nil, false, nil
	}
	maker, ok, err := makerOf(ctx, s, row)
	if err != nil || !ok || len(grants) == 0 || mayInvite(maker, policy) != nil {
		return nil, false, err
	}
	for id, roles := range byOrganization(grants) {
		o, err := s.Organization(ctx, maker, id.String())
		if org.KindOf(err) == org.NotFound {
			return nil, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		set, err := s.Roles(ctx, o.ID)
		if err != nil || !mayGive(maker, o, set, roles) || remade(set, roles, row.CreatedAt) {
			return nil, false, err
		}
		places = append(places, place{o, set, roles})
	}
	return places, true, nil
}

// makerOf returns the maker of an invitation with its current rights. ok is false if it was deleted or suspended.
func makerOf(ctx context.Context, s unit.Reader, row *db.Invitation) (maker *org.Actor, ok bool, err error) {
	if !row.CreatedBy.Valid {
		if err := s.Settle(ctx); err != nil {
			return nil, false, err
		}
		return s.Operator(), true, nil
	}
	maker, err = s.Subject(ctx, row.CreatedBy.UUID)
	if db.IsNotFound(err) {
		return nil, false, nil
	}
	return maker, err == nil && maker.User.Status != org.StatusSuspended, err
}

// mayGive reports whether an account may add members to an organization and give them these roles. A deleted role
// can't be given.
func mayGive(by *org.Actor, o db.Organization, set *unit.RoleSet, roles []string) bool {
	if !unit.MayAddMembers(by, o.ID) {
		return false
	}
	return !slices.ContainsFunc(roles, func(name string) bool {
		role, ok := set.ByName[name]
		return !ok || unit.GiveRefusal(by, "assign", org.OrgRolesObject(o.ID), role) != ""
	})
}

// remade reports whether one of some roles is newer than an invitation: a different role had its name then, and nobody has
// offered this one (T19 in docs/spec/threats.md).
func remade(set *unit.RoleSet, roles []string, invited time.Time) bool {
	return slices.ContainsFunc(roles, func(name string) bool { return set.ByName[name].CreatedAt.After(invited) })
}

// byOrganization walks what is given by organization; the query has sorted it that way.
func byOrganization(grants []db.InvitationGrant) func(yield func(uuid.UUID, []string) bool) {
	return func(yield func(uuid.UUID, []string) bool) {
		for len(grants) > 0 {
			id, roles, n := grants[0].OrganizationID, []string{}, 0
			for n < len(grants) && grants[n].OrganizationID == id {
				if grants[n].Role != org.RoleOrganizationUser {
					roles = append(roles, grants[n].Role)
				}
				n++
			}
			grants = grants[n:]
			if !yield(id, roles) {
				return
			}
		}
	}
}
