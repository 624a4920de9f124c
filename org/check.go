package org

// AuthCheck is one question of an authorization check.
type AuthCheck struct {
	Action         string
	ResourceType   string
	OwnerID        string // uuid, "me", or "" for none
	OrganizationID string // uuid or ""
	ResourceID     string // uuid or ""; only of a user or organization member's account here
	AnyOrg         bool
}
