package unit

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// ReadableOrganizations leaves out what the caller may not read.
func ReadableOrganizations(by *org.Actor, rows []db.Organization) []org.Organization {
	out := []org.Organization{}
	for _, r := range rows {
		if by.Can("read", org.OrgObject(r.ID)) {
			out = append(out, OrganizationFor(by, r))
		}
	}
	return out
}

// OrganizationRows returns all organizations if the caller may read any, else those the caller is a member of.
func (s *Units) OrganizationRows(ctx context.Context, by *org.Actor, limit int64) ([]db.Organization, error) {
	if by.Can("read", org.OrgObject(uuid.Nil)) {
		return s.DB.ListOrganizations(ctx, limit)
	}
	return s.DB.ListOrganizationsOfUser(ctx, db.ListOrganizationsOfUserParams{UserID: by.ID(), MaxRows: limit})
}

// DefaultOrganization returns the default organization; stored is false if it has yet to be made.
func (a *Attempt) DefaultOrganization(ctx context.Context) (row db.Organization, stored bool, err error) {
	row, err = a.Q.GetDefaultOrganization(ctx)
	if !db.IsNotFound(err) {
		return row, true, err
	}
	return db.Organization{
		ID: NewID(), Name: DefaultName, NameKey: DefaultName, DisplayName: "Default", IsDefault: true,
		CreatedAt: a.Now, UpdatedAt: a.Now, Version: 1,
	}, false, nil
}
