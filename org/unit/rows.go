package unit

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// OrganizationFor returns an organization as the caller may know it: with the number of members only if it may read them.
func OrganizationFor(by *org.Actor, r db.Organization) org.Organization {
	o := OrganizationOf(r)
	if !by.Can("read", org.MembersObject(r.ID)) {
		o.MemberCount = org.Unknown
	}
	return o
}

// OrganizationOf returns a stored organization as callers see it.
func OrganizationOf(r db.Organization) org.Organization {
	return org.Organization{
		ID: r.ID, Name: r.Name, DisplayName: r.DisplayName, Description: r.Description, Icon: r.Icon,
		IsDefault: r.IsDefault, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, Version: r.Version, MemberCount: int(r.MemberCount),
	}
}

// User returns a stored account with the display names of the roles that it holds now. It may name organizations in which the
// membership has ended: see UserNow.
func (s Reader) User(ctx context.Context, r db.UserRow) (org.User, error) {
	users, err := s.users(ctx, []db.UserRow{r})
	if err != nil {
		return org.User{}, err
	}
	return users[0], nil
}

// UserNow is Users for one account.
func (s Reader) UserNow(ctx context.Context, r db.UserRow) (org.User, error) {
	users, err := s.Users(ctx, []db.UserRow{r})
	if err != nil {
		return org.User{}, err
	}
	return users[0], nil
}

// userOf needs the role set of the site.
func userOf(r *db.UserRow, site *RoleSet) org.User {
	u := org.User{
		ID: r.ID, Username: r.Username, Email: r.Email, Name: r.Name, AvatarURL: r.AvatarURL,
		Status: org.Status(r.Status), LoginType: r.LoginType, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
		LastSeenAt: r.LastSeenAt.Time, Version: r.Version, Roles: site.Refs(r.Roles), NextEnd: r.NextEnd.Time,
	}
	for _, id := range strings.Fields(r.OrganizationIds) {
		if parsed, err := uuid.Parse(id); err == nil {
			u.OrganizationIDs = append(u.OrganizationIDs, parsed)
		}
	}
	return u
}

// memberRow takes apart what the list of everyone in an organization reads.
func memberRow(o uuid.UUID, r *db.ListMembersRow) db.MemberRow {
	t := strings.SplitN(r.Texts, "\n", 8)
	return db.MemberRow{
		OrganizationID: o, UserID: r.UserID, Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
		Username: t[0], Roles: t[1], SiteRoles: t[2], Status: t[3], LoginType: t[4], Email: t[5], AvatarURL: t[6], Name: t[7],
		UserCreatedAt: r.UserCreatedAt, UserUpdatedAt: r.UserUpdatedAt, LastSeenAt: r.LastSeenAt,
		NextEnd: r.NextEnd, SiteNextEnd: r.SiteNextEnd,
	}
}

// memberOf needs the role sets of the organization and of the site.
func memberOf(r *db.MemberRow, roles, site *RoleSet) org.Member {
	return org.Member{
		UserID: r.UserID, OrganizationID: r.OrganizationID, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
		Version: r.Version, Roles: roles.Refs(r.Roles), SiteRoles: site.Refs(r.SiteRoles),
		Username: r.Username, Name: r.Name, AvatarURL: r.AvatarURL, Email: r.Email,
		Status: org.Status(r.Status), LoginType: r.LoginType,
		AccountCreatedAt: r.UserCreatedAt, AccountUpdatedAt: r.UserUpdatedAt, LastSeenAt: r.LastSeenAt.Time, NextEnd: r.NextEnd.Time, SiteNextEnd: r.SiteNextEnd.Time,
	}
}
