package org

import (
	"time"

	"github.com/google/uuid"

	"rolecall.example/rbac"
)

// Status is the state of an account.
type Status string

// The states of an account. A suspended account keeps its memberships and roles but may not sign in.
const (
	StatusActive    Status = "active"
	StatusDormant   Status = "dormant"
	StatusSuspended Status = "suspended"
)

// How an account signs in. A service account has LoginNone: it holds roles and tokens but has no password.
const (
	LoginPassword = "password"
	LoginNone     = "none"
)

// RoleRef names a role that somebody holds.
type RoleRef struct {
	Name           string
	DisplayName    string
	OrganizationID uuid.UUID // uuid.Nil for a site role
	BuiltIn        bool
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

// User is an account, with its site roles.
type User struct {
	ID              uuid.UUID
	Username        string
	Email           string
	Name            string
	AvatarURL       string
	Status          Status
	LoginType       string
	CreatedAt       time.Time
	UpdatedAt       time.Time
	LastSeenAt      time.Time // zero when never seen
	Version         int64     // counts the changes of the account and of its site roles
	Roles           []RoleRef
	OrganizationIDs []uuid.UUID
}

// ServiceAccount says whether nobody can sign in to this account with a password.
func (u *User) ServiceAccount() bool { return u.LoginType == LoginNone }

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
	AccountVersion int64 // of the account; filled by Member

	Self bool // the caller's own membership
	// Why the caller may not change the roles of, or remove, this member: a short sentence, "" when it may.
	// Filled by Member, MemberRoles and Members (not by StreamMembers).
	RolesRefusal  string
	RemoveRefusal string
}

// MemberFilter selects and orders the members of an organization. The zero value means all, by username.
type MemberFilter struct {
	Query      string   // substring, case folded, of username, name or e-mail
	Roles      []string // organization role names; a member that holds any of them matches
	SiteRoles  []string // site role names; likewise
	Statuses   []Status
	Sort       string // one of MemberSorts, "-" in front for descending; "" is "username"
	Limit      int    // 0 is no limit
	Offset     int
	CountLimit int // a filtered count may stop here; 0 counts exactly
}

// MemberSorts lists the keys that members can be sorted by.
var MemberSorts = []string{"username", "name", "email", "created_at", "updated_at"}

// Filtered says whether f leaves anybody out.
func (f *MemberFilter) Filtered() bool {
	return f.Query != "" || len(f.Roles) > 0 || len(f.SiteRoles) > 0 || len(f.Statuses) > 0
}

// MemberList is one page of members.
type MemberList struct {
	Organization   Organization
	Members        []Member
	Count          int  // of all that match
	CountIsMinimum bool // Count stopped at MemberFilter.CountLimit: there are more
	OnlySelf       bool // the caller may see nobody but itself
	CanAdd         bool // the caller may add members
	CanAssign      bool // the caller may give or take roles
	CanRemove      bool // the caller may remove members
}

// MembersPage is a page of members with the roles to filter it by: none of those that the caller may not see.
type MembersPage struct {
	List             MemberList
	Roles, SiteRoles []Role
}

// Role is a role as it is listed and edited: built-in or custom, of an organization or of the site.
type Role struct {
	ID             uuid.UUID // uuid.Nil for a built-in role
	OrganizationID uuid.UUID // uuid.Nil for a site role
	Name           string
	DisplayName    string
	Site           []rbac.Permission
	Organization   []rbac.Permission
	User           []rbac.Permission
	BuiltIn        bool
	Version        int64 // 0 for a built-in role and for one that is not stored yet
	CreatedAt      time.Time
	UpdatedAt      time.Time
	UpdatedBy      string // username of the last editor, "" when unknown or not for the caller

	Assignable bool   // the caller may give this role to a member
	Refusal    string // why not: a short sentence, "" when it may
	Members    int    // how many hold it, or Unknown; filled for one role, see RoleCounts for lists
}

// RoleInput is a role to be stored. It replaces the stored role of its name, unless it is Partial.
type RoleInput struct {
	Name         string
	DisplayName  string
	Site         []rbac.Permission
	Organization []rbac.Permission
	User         []rbac.Permission
	Member       []rbac.Permission // on what one owns in an organization: no role can have these yet
	From         Versions          // that the edit may have begun from
	MustCreate   bool              // refuse to overwrite an existing role (a "new role" form)

	Partial         bool              // only Cells change; the lists above are not read, and the rest of a stored role stays
	Cells           []rbac.Difference // what the cells of a form say, by their To
	KeepDisplayName bool              // of a stored role, if Partial
}

// RoleList is the roles of an organization or of the site.
type RoleList struct {
	Organization Organization // zero for the site
	Roles        []Role       // custom ones first, by display name; then built-in ones
	CanCreate    bool
	CanDelete    bool // the caller may delete custom ones
}

// RoleView is one role with what the caller may do to it.
type RoleView struct {
	Organization Organization // zero for the site
	Role         Role
	CanCreate    bool // the caller may make roles, this one's copy among them
	CanUpdate    bool
	CanDelete    bool
	// Locked says why a permission of the editor's grid may not be allowed or denied by the caller, "" if it may.
	CellRefusal func(level rbac.Level, p rbac.Permission) string
	// Effect tells what allowing a permission of the grid would change in this role.
	CellEffect func(level rbac.Level, p rbac.Permission) rbac.Effect
	// LeftOut: permissions of the role this one was started from that could not be taken over (NewRole only).
	NotCopied   []rbac.Permission
	StartedFrom string // display name of the role this one was started from
}

// RoleChoice is a role in the assignment form of a member.
type RoleChoice struct {
	Role    Role
	Held    bool
	Refusal string // why the caller may not change this box, "" if it may
}

// RoleForm is what the assignment form of a member shows.
type RoleForm struct {
	Organization Organization
	Member       Member
	Choices      []RoleChoice // custom roles first, then built-in
}

// RolesInput is the complete new list of role names of a member or user.
type RolesInput struct {
	Roles []string
	From  Versions // of the membership or account, that the change may have begun from; they do not matter to one without effect

	IfMatch Versions // of the membership or account, that are wanted in any case
}

// FirstUser is the account that setup makes.
type FirstUser struct {
	Email    string
	Username string
	Name     string
	Password string
}

// NewUser is an account to create.
type NewUser struct {
	Email           string
	Username        string
	Name            string
	Password        string
	LoginType       string // "" is LoginPassword
	Status          Status // "" is StatusActive for service accounts and accounts with a password
	OrganizationIDs []uuid.UUID
	Invite          bool // no password yet: the person sets it with a link, see CreatePasswordLink
}

// Profile is what a user may change of an account. Nil Name keeps the name.
type Profile struct {
	Username string
	Name     string
	IfMatch  Versions // of the account
}

// PasswordInput sets a password. OldPassword is needed for the caller's own account.
type PasswordInput struct {
	Password    string
	OldPassword string
	IfMatch     Versions // of the account
}

// UserFilter selects users. Query is the search language of GET /users (docs/spec/users.md: a bare word or
// search:, status:, role:, login_type:, created_before:, …); the other conditions come on top of what it says.
type UserFilter struct {
	Query      string
	Text       string // substring, case folded, of username, name or e-mail
	Statuses   []Status
	Roles      []string // site role names; who holds any of them matches
	LoginTypes []string
	AfterID    uuid.UUID
	Sort       string // one of UserSorts, "-" in front for descending; "" is "username"
	Limit      int
	Offset     int
	CountLimit int // a filtered count may stop here; 0 counts exactly
}

// UserSorts lists the keys that users can be sorted by.
var UserSorts = []string{"username", "name", "email", "created_at", "last_seen_at"}

// Filtered says whether f leaves anybody out.
func (f *UserFilter) Filtered() bool {
	return f.Query != "" || f.Text != "" || len(f.Statuses)+len(f.Roles)+len(f.LoginTypes) > 0
}

// UserList is one page of users.
type UserList struct {
	Users          []User
	Count          int  // of all that match; 0 past the end
	CountIsMinimum bool // Count stopped at UserFilter.CountLimit: there are more
	OnlySelf       bool // the caller may see nobody but itself
	CanCreate      bool // the caller may create accounts
}

// UserRoleNames are the stored role names of a user.
type UserRoleNames struct {
	Tag           string // of the account
	Roles         []string
	Organizations map[uuid.UUID][]string
}

// OrganizationInput creates or changes an organization. In a change nil keeps; so do empty Name and DisplayName.
type OrganizationInput struct {
	Name        string
	DisplayName string
	Description *string
	Icon        *string
}

// Token is an API token without its secret.
type Token struct {
	ID        string
	UserID    uuid.UUID
	Username  string
	Name      string
	Scope     string
	LoginType string
	CreatedAt time.Time
	UpdatedAt time.Time
	LastUsed  time.Time // zero when never used
	ExpiresAt time.Time
	Lifetime  time.Duration
	MadeBy    uuid.UUID // who made it for the account; uuid.Nil: the account itself, or the operator
	Maker     string    // their username, "" when the account is gone
}

// TokenInput asks for a token. Lifetime 0 is the default, an empty Name a random one. Scope, Scopes and AllowList may
// say no more than that nothing limits it.
type TokenInput struct {
	Name      string
	Lifetime  time.Duration
	Scope     string
	Scopes    []string
	AllowList []string // entries of the form type:id
}

// AuthCheck is one question of an authorization check.
type AuthCheck struct {
	Action         string
	ResourceType   string
	OwnerID        string // uuid, "me", or "" for none
	OrganizationID string // uuid or ""
	ResourceID     string // uuid or ""; only of a user or organization member's account here
	AnyOrg         bool
}

// AuditFilter selects audit entries: Query is the language of GET /audit.
type AuditFilter struct {
	Query  string
	Limit  int // 0 is 100
	Offset int
	// Only what is older than the entry with this number, or only what is newer: then Offset does not count. 0 is no
	// bound. With After the entries next to the bound are given, still newest first.
	Before, After int64
	SkipCount     bool // leave AuditList.Count at 0: to count looks at everything that matches
}

// AuditChange is one field of an audit entry, before and after.
type AuditChange struct {
	Old    any  `json:"old"`
	New    any  `json:"new"`
	Secret bool `json:"secret"`
}

// AuditEntry is one row of the audit trail.
type AuditEntry struct {
	Seq            int64 // its number in the trail
	ID             uuid.UUID
	RequestID      string
	Time           time.Time
	IP             string
	UserAgent      string
	ResourceType   string
	ResourceID     string
	ResourceTarget string
	Action         string
	Diff           map[string]AuditChange
	StatusCode     int
	OrganizationID uuid.UUID
	Organization   *Organization // nil when the entry belongs to none, or to one that is gone
	ActorID        uuid.UUID
	Actor          string // username at the time
	User           *User  // nil when gone
	Description    string
	Deleted        bool // the target is gone
}

// AuditList is one page of the audit trail, newest first.
type AuditList struct {
	Entries []AuditEntry
	Count   int
	Older   bool // there are older entries that match; likewise newer ones. Filled for Before, After and SkipCount alone
	Newer   bool
}

// Navigation is what the frame around every page shows: only what this caller may open.
type Navigation struct {
	User          User
	Organizations []Organization // for the switcher, by name, at most 50
	More          bool           // there are more organizations than listed
	RoleLabel     string         // what the caller is here: display name of a role, or "Member"

	Current         *Organization
	Members         int  // visible members of Current
	Roles           int  // roles of Current
	CanReadMembers  bool // all of Current, not only the caller's own row
	CanReadRoles    bool
	CanReadOrgAudit bool // the audit trail of Current
	CanChange       bool // the caller may change or delete Current

	CanReadUsers           bool // every account
	CanReadAudit           bool // the audit trail of the site or of any organization
	CanReadSiteAudit       bool // the audit trail of the whole site
	CanReadOrganizations   bool // every organization
	CanCreateOrganizations bool
	SiteRoles              bool // the caller may read site roles as an administrator of the site
	UserCount              int  // NavigationCountMax: that many or more; 0 where CanReadUsers is false
	OrganizationCount      int  // likewise, of those that the caller may read
	SiteRoleCount          int
	TokenCount             int // the caller's own API tokens
}

// NavigationCountMax is where counting for the navigation stops: it is done for every page.
const NavigationCountMax = 10_000
