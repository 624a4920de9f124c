package org

// SearchResult is what a search over names finds: a few of each kind.
type SearchResult struct {
	Organizations []Organization
	Members       []Member // of the organization that the search was made in
	Roles         []Role   // likewise
	Users         []User   // of the site; none unless the caller may read every account
	SiteRoles     []Role   // of the site; none unless the caller may read them as an administrator
}
