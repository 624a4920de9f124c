package org

// RoleHolder is what a change that was taken back is about: a member of an organization, an account, a role, or a dismissal of
// findings. The other fields are nil.
type RoleHolder struct {
	Member    *Member
	User      *User
	Role      *Role
	Dismissal *Dismissal
}

// OfMember reports whether an entry is about a member of an organization.
func OfMember(resourceType string) bool { return resourceType == "organization_member" }

// OfUser reports whether an entry is about a change of an account.
func OfUser(resourceType, action string) bool { return resourceType == "user" && action == "write" }

// OfDeletedRole reports whether an entry is about the deletion of a custom role.
func OfDeletedRole(resourceType, action string) bool {
	return resourceType == "custom_role" && action == "delete"
}

// CanUndo reports whether Undo may take back what the entry describes, as far as the entry alone shows.
func (e *AuditEntry) CanUndo() bool {
	_, roles := e.Diff["rbac_roles"]
	return !e.IsRefusal() && (OfMember(e.ResourceType) || OfUser(e.ResourceType, e.Action) && (roles || e.OfStatus()) ||
		OfDeletedRole(e.ResourceType, e.Action) || OfDismissal(e.ResourceType, e.Action))
}

// OfStatus reports whether an entry is about an account that was suspended or reactivated, and not about its roles.
func (e *AuditEntry) OfStatus() bool {
	_, roles := e.Diff["rbac_roles"]
	status := e.Diff["status"]
	suspends := status.Old == string(StatusSuspended) || status.New == string(StatusSuspended)
	return suspends && !roles && OfUser(e.ResourceType, e.Action)
}
