package org

// Navigation is what the frame around every page shows: only what this caller may open.
type Navigation struct {
	User          User
	Organizations []Organization // for the switcher, by name, at most 50
	More          bool           // there are more organizations than listed
	RoleLabel     string         // what the caller is here: display name of a role, or "Member"

	Current          *Organization
	Members          int  // visible members of Current
	Roles            int  // roles of Current
	Findings         int  // about the roles of Current, where the caller may read them
	Belongs          bool // the caller is a member of Current
	CanReadMembers   bool // all of Current, not only the caller's own row
	CanReadRoles     bool
	CanReadOrgAudit  bool // the audit trail of Current
	CanChange        bool // the caller may change or delete Current
	CanReadSync      bool // the rules by which sign-ins give roles in Current
	CanReadDirectory bool // the directory of Current

	CanReadUsers           bool // every account
	CanReadAudit           bool // the audit trail of the site or of any organization
	CanReadSiteAudit       bool // the audit trail of the whole site
	CanReadOrganizations   bool // every organization
	CanReadTokens          bool // those of every account
	CanReadSiteSync        bool // what sign-in providers give
	SyncTrouble            int  // of that, what waits for the caller to look at it
	CanCreateOrganizations bool
	CanSeeMail             bool // how mails go out
	SiteRoles              bool // the caller may read site roles as an administrator of the site
	UserCount              int  // NavigationCountMax: that many or more; 0 where CanReadUsers is false
	OrganizationCount      int  // likewise, of those that the caller may read
	SiteRoleCount          int
	TokenCount             int // the caller's own API tokens
}

// Evidence is the state that a page shows, for checking a print against the audit trail. Zero if the caller may not read that.
type Evidence struct {
	Revision int64
	Head     string // the begin of the hash of the last entry, in hexadecimal
	Mixed    bool   // the state moved on while the page was made, so that this is not what it shows
}

// NavigationCountMax is where counting for the navigation stops: it is done for every page.
const NavigationCountMax = 10_000
