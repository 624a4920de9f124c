package org

import (
	"time"

	"github.com/google/uuid"
)

// Member is a user's membership in an organization, with what the lists show of the account.
type Member struct {
	UserID         uuid.UUID
	OrganizationID uuid.UUID
	CreatedAt      time.Time
	UpdatedAt      time.Time
	Version        int64     // counts the changes of the roles of this membership
	Roles          []RoleRef // organization roles, the implied one left out, sorted by name
	Username       string
	Name           string
	AvatarURL      string
	Email          string
	Status         Status
	LoginType      string
	SiteRoles      []RoleRef
	NextEnd        time.Time   // when the first of its records ends; zero: none does
	SiteNextEnd    time.Time   // likewise of its roles on the site
	Sources        []string    // where its records come from, sorted; filled if MemberFilter.WithSources says so
	ManagedBy      []ManagedBy // the providers and directories that give the membership, or a role

	// Of the account.
	AccountCreatedAt, AccountUpdatedAt time.Time
	LastSeenAt                         time.Time // zero when never seen
	AccountVersion                     int64     // filled by Member

	Ends        map[string]time.Time // of its roles that end; filled by MembersPage, where the first does within EndsSoon
	Assignments []Assignment         // what gives Roles and the membership, as the caller may see it; filled by Member and MemberRoles

	Self bool // the caller's own membership
	// Why the caller may not change the roles of, or remove, this member: a short sentence, "" when it may.
	// Filled by Member, MemberRoles and Members (not by StreamMembers).
	RolesRefusal  string
	RemoveRefusal string
}

// EndsSoon is how long before its end a role is marked in lists.
const EndsSoon = 14 * 24 * time.Hour

// MemberFilter selects and orders the members of an organization. The zero value means all, by username.
type MemberFilter struct {
	Query      string   // substring, case folded, of username, name or e-mail; with a colon, the search language (docs/spec/members.md)
	Literal    bool     // Query is a substring whatever it has
	Roles      []string // organization role names; a member that holds any of them matches
	SiteRoles  []string // site role names; likewise
	Statuses   []Status
	Records    RecordFilter
	AfterID    uuid.UUID // begin after this member; by username only
	Sort       string    // one of MemberSorts, "-" in front for descending; "" is "username"
	Limit      int       // 0 is no limit
	Offset     int
	CountLimit int // a filtered count may stop here; 0 counts exactly

	WithSources bool // fills Member.Sources
}

// MemberSorts lists the keys that members can be sorted by.
var MemberSorts = []string{"username", "name", "email", "created_at", "updated_at"}

// Filtered reports whether f leaves anyone out.
func (f *MemberFilter) Filtered() bool {
	return f.Query != "" || len(f.Roles) > 0 || len(f.SiteRoles) > 0 || len(f.Statuses) > 0 || f.Records.Filtered()
}

// MemberList is one page of members.
type MemberList struct {
	Organization   Organization
	Members        []Member
	Count          int  // of all that match
	CountIsMinimum bool // Count stopped at MemberFilter.CountLimit: there are more
	OnlySelf       bool // the caller may see no one but itself
	CanAdd         bool // the caller may add members
	CanAssign      bool // the caller may give or take roles
	CanRemove      bool // the caller may remove members
}

// MembersPage is a page of members with the roles to filter it by, without those that the caller may not see.
type MembersPage struct {
	List             MemberList
	Roles, SiteRoles []Role
}
