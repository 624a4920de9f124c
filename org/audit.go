package org

import (
	"rolecall.example/rbac"
)

// IsRefusal says whether the entry tells of an attempt that changed nothing.
func (e *AuditEntry) IsRefusal() bool { return e.StatusCode >= 400 }

// RequiredPermission is the permission without which an attempt like this is refused, to ask an explainer about; false where no single
// permission decides.
func (e *AuditEntry) RequiredPermission() (rbac.Permission, bool) {
	actions := map[string]string{"create": "create", "write": "update", "delete": "delete"}
	p := rbac.Permission{ResourceType: e.ResourceType, Action: actions[e.Action]}
	switch e.ResourceType {
	case "organization_member":
		if e.Action == "write" {
			p = rbac.Permission{ResourceType: "assign_org_role", Action: "assign"}
		}
	case "custom_role":
		p.ResourceType = "assign_org_role"
	case "user", "organization":
	default:
		return p, false
	}
	return p, p.Action != ""
}
