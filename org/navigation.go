package org

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/rbac"
)

// switcherLimit is how many organizations the switcher lists.
const switcherLimit = 50

// Navigation is the frame of a page: what the caller may open. organization is the one that the page belongs to, "" for
// none. One that the caller may not read is left out; the page itself will say so.
func (s *Service) Navigation(ctx context.Context, subject *Subject, organization string) (Navigation, error) {
	site := rbac.Object{Type: "audit_log"}
	n := Navigation{
		User:                   subject.User,
		RoleLabel:              label(subject.User.Roles, "Member"),
		CanReadUsers:           subject.Can("read", usersObject),
		CanReadSiteAudit:       subject.Can("read", site),
		CanReadAudit:           subject.Can("read", site) || subject.Can("read", rbac.Object{Type: site.Type, AnyOrg: true}),
		CanReadOrganizations:   subject.Can("read", orgObject(uuid.Nil)),
		CanCreateOrganizations: subject.Can("create", orgObject(uuid.Nil)),
		SiteRoles:              subject.Can("assign", siteRolesObject) || subject.owner(),
	}
	rows, err := s.organizationRows(ctx, subject, switcherLimit+1)
	if err != nil {
		return n, err
	}
	n.Organizations = readableOrganizations(subject, rows)
	if n.More = len(n.Organizations) > switcherLimit; n.More {
		n.Organizations = n.Organizations[:switcherLimit]
	}
	src := s.snapshot(subject)
	if err := src.navigationCounts(ctx, &n); err != nil {
		return n, err
	}
	if organization == "" {
		return n, nil
	}
	org, err := src.organization(ctx, subject, organization)
	if KindOf(err) == NotFound {
		return n, nil
	}
	if err != nil {
		return n, err
	}
	return n, src.navigationCurrent(ctx, subject, organizationOf(org), &n)
}

// navigationCounts counts what belongs to the site and to the caller.
func (s source) navigationCounts(ctx context.Context, n *Navigation) error {
	tokens, err := s.q.CountTokens(ctx, n.User.ID)
	if err != nil {
		return err
	}
	n.TokenCount, n.OrganizationCount = int(tokens), len(n.Organizations)
	if n.CanReadUsers {
		users, err := s.q.GetUserCount(ctx)
		if err != nil {
			return err
		}
		n.UserCount = int(min(users, NavigationCountMax))
	}
	if n.More && n.CanReadOrganizations {
		orgs, err := s.q.CountOrganizationsUpTo(ctx, NavigationCountMax)
		if err != nil {
			return err
		}
		n.OrganizationCount = int(orgs)
	}
	if !n.SiteRoles {
		return nil
	}
	set, err := s.roles(ctx, uuid.Nil)
	if err == nil {
		n.SiteRoleCount = len(set.list)
	}
	return err
}

// navigationCurrent fills in what belongs to the organization of the page.
func (s source) navigationCurrent(ctx context.Context, by *Subject, current Organization, n *Navigation) error {
	n.Current, n.Members = &current, current.MemberCount
	n.CanReadMembers = by.Can("read", membersObject(current.ID))
	if within := s.readable(by, current.ID); within != everywhere {
		n.Members = 0
		if within != nowhere && by.grants.InOrg(current.ID) {
			n.Members = 1
		}
	}
	n.CanReadRoles = by.Can("read", orgRolesObject(current.ID))
	n.CanReadOrgAudit = by.Can("read", rbac.Object{Type: "audit_log", Org: current.ID})
	n.CanChange = by.Can("update", orgObject(current.ID)) || by.Can("delete", orgObject(current.ID))
	set, err := s.roles(ctx, current.ID)
	if err != nil {
		return err
	}
	n.Roles = len(set.list)
	if len(by.User.Roles) == 0 {
		n.RoleLabel = "Member"
		for _, g := range by.grants.Grants() {
			if g.Org == current.ID && g.Role.DisplayName != "" {
				n.RoleLabel = g.Role.DisplayName
			}
		}
	}
	return nil
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
