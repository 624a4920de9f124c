package org

// Holder is whose roles a change is about: a member of an organization, or an account with its site roles. The other is nil.
type Holder struct {
	Member *Member
	User   *User
}

// OfMember reports whether an entry is about a member of an organization.
func OfMember(resourceType string) bool { return resourceType == "organization_member" }

// OfUser reports whether an entry is about a change of an account.
func OfUser(resourceType, action string) bool { return resourceType == "user" && action == "write" }

// Undoable says whether Undo may take back what the entry tells of, as far as the entry alone knows.
func (e *AuditEntry) Undoable() bool {
	_, roles := e.Diff["rbac_roles"]
	return !e.Refused() && (OfMember(e.ResourceType) || OfUser(e.ResourceType, e.Action) && roles)
}
