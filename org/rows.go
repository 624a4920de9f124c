package org

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
)

// organizationFor is an organization as the caller may know it: how many belong to it only if it may read who.
func organizationFor(by *Subject, r db.Organization) Organization {
	o := organizationOf(r)
	if !by.Can("read", membersObject(r.ID)) {
		o.MemberCount = Unknown
	}
	return o
}

func organizationOf(r db.Organization) Organization {
	return Organization{
		ID: r.ID, Name: r.Name, DisplayName: r.DisplayName, Description: r.Description, Icon: r.Icon,
		IsDefault: r.IsDefault, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, Version: r.Version, MemberCount: int(r.MemberCount),
	}
}

// user gives a stored account the display names of its roles.
func (s source) user(ctx context.Context, r db.UserRow) (User, error) {
	site, err := s.roles(ctx, uuid.Nil)
	if err != nil {
		return User{}, err
	}
	u := User{
		ID: r.ID, Username: r.Username, Email: r.Email, Name: r.Name, AvatarURL: r.AvatarURL,
		Status: Status(r.Status), LoginType: r.LoginType, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
		LastSeenAt: r.LastSeenAt.Time, Version: r.Version, Roles: site.refs(r.Roles),
	}
	for _, id := range strings.Fields(r.OrganizationIds) {
		if parsed, err := uuid.Parse(id); err == nil {
			u.OrganizationIDs = append(u.OrganizationIDs, parsed)
		}
	}
	slices.SortFunc(u.OrganizationIDs, func(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) })
	return u, nil
}

// memberOf needs the role sets of the organization and of the site.
func memberOf(r *db.MemberRow, roles, site *roleSet) Member {
	return Member{
		UserID: r.UserID, OrganizationID: r.OrganizationID, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
		Version: r.Version, Roles: roles.refs(r.Roles), SiteRoles: site.refs(r.SiteRoles),
		Username: r.Username, Name: r.Name, AvatarURL: r.AvatarURL, Email: r.Email,
		Status: Status(r.Status), LoginType: r.LoginType,
	}
}
