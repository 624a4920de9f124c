package org

import (
	"context"

	"github.com/google/uuid"

	"rolecall/rbac"
)

// switcherLimit is how many organizations the switcher lists.
const switcherLimit = 50

// Navigation is the frame of a page: what the caller may open. organization is the one that the page belongs to, "" for
// none. One that the caller may not read is left out; the page itself will say so.
func (s *Service) Navigation(ctx context.Context, subject *Subject, organization string) (Navigation, error) {
	n := Navigation{
		User:         subject.User,
		CanReadUsers: subject.Can("read", usersObject),
		CanReadAudit: subject.Can("read", rbac.Object{Type: "audit_log"}) || subject.Can("read", rbac.Object{Type: "audit_log", AnyOrg: true}),
		SiteRoles:    subject.Can("assign", siteRolesObject) || subject.owner(),
	}
	rows, err := s.organizationRows(ctx, subject, switcherLimit+1)
	if err != nil {
		return n, err
	}
	n.Organizations = readableOrganizations(subject, rows)
	if n.More = len(n.Organizations) > switcherLimit; n.More {
		n.Organizations = n.Organizations[:switcherLimit]
	}
	n.RoleLabel = label(subject.User.Roles, "Member")
	if organization == "" {
		return n, nil
	}
	src := s.snapshot(subject)
	org, err := src.organization(ctx, subject, organization)
	if KindOf(err) == NotFound {
		return n, nil
	}
	if err != nil {
		return n, err
	}
	current := organizationOf(org)
	n.Current = &current
	n.Members = current.MemberCount
	if only := s.onlySelf(subject, org.ID); only.Valid {
		n.Members = 0
		if only.UUID != uuid.Nil && subject.grants.InOrg(org.ID) {
			n.Members = 1
		}
	}
	n.CanReadRoles = subject.Can("read", orgRolesObject(org.ID))
	set, err := src.roles(ctx, org.ID)
	if err != nil {
		return n, err
	}
	n.Roles = len(set.list)
	if len(subject.User.Roles) == 0 {
		n.RoleLabel = "Member"
		for _, g := range subject.grants.Grants() {
			if g.Org == org.ID && g.Role.DisplayName != "" {
				n.RoleLabel = g.Role.DisplayName
			}
		}
	}
	return n, nil
}

// label is the display name of the first of these roles.
func label(roles []RoleRef, otherwise string) string {
	for _, r := range roles {
		if r.DisplayName != "" {
			return r.DisplayName
		}
	}
	return otherwise
}
