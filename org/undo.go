package org

// RoleHolder is whose roles a change is about: a member of an organization, or an account with its site roles. The other is nil.
type RoleHolder struct {
	Member *Member
	User   *User
}

// OfMember reports whether an entry is about a member of an organization.
func OfMember(resourceType string) bool { return resourceType == "organization_member" }

// OfUser reports whether an entry is about a change of an account.
func OfUser(resourceType, action string) bool { return resourceType == "user" && action == "write" }

// CanUndo says whether Undo may take back what the entry tells of, as far as the entry alone knows.
func (e *AuditEntry) CanUndo() bool {
	_, roles := e.Diff["rbac_roles"]
	return !e.IsRefusal() && (OfMember(e.ResourceType) || OfUser(e.ResourceType, e.Action) && (roles || e.OfStatus()))
}

// OfStatus reports whether an entry is about an account that was suspended or reactivated, and not about its roles.
func (e *AuditEntry) OfStatus() bool {
	_, roles := e.Diff["rbac_roles"]
	status := e.Diff["status"]
	suspends := status.Old == string(StatusSuspended) || status.New == string(StatusSuspended)
	return suspends && !roles && OfUser(e.ResourceType, e.Action)
}
