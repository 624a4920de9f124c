package org

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// OrganizationFilter selects organizations.
type OrganizationFilter struct {
	Query  string // substring, case folded, of name or display name
	Limit  int    // 0 is no limit
	Offset int
}

// OrganizationList is one page of organizations.
type OrganizationList struct {
	Organizations []Organization
	Count         int  // of all that match
	CanCreate     bool // the caller may create organizations
}

// Plural returns a count of things: "1 role", "2 roles".
func Plural(n int64, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// Organization is a tenant: members and custom roles belong to exactly one.
type Organization struct {
	ID          uuid.UUID
	Name        string
	DisplayName string
	Description string
	Icon        string
	IsDefault   bool
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Version     int64 // counts its changes
	MemberCount int   // may be Unknown
}

// OrganizationInput creates or changes an organization. In a change nil keeps; so do empty Name and DisplayName.
type OrganizationInput struct {
	Name        string
	DisplayName string
	Description *string
	Icon        *string
	Admin       string // who becomes the first administrator of a new one, "" for no one
}
