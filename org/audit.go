package org

import (
	"time"

	"github.com/google/uuid"

	"rolecall.example/rbac"
)

// IsRefusal reports whether the entry describes an attempt that was refused and changed nothing.
func (e *AuditEntry) IsRefusal() bool { return e.StatusCode >= 400 }

// RequiredPermission returns the permission without which an attempt like this is refused, for asking an explainer about it;
// false if no single permission decides.
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

// AuditFilter selects audit entries: Query is the language of GET /audit.
type AuditFilter struct {
	Query  string
	Limit  int // 0 is 100
	Offset int
	// Only entries older, or only those newer, than the entry with this number; Offset is then ignored. 0 is no bound.
	// With After the entries next to the bound are returned, still newest first.
	Before, After int64
	SkipCount     bool // leave AuditList.Count at 0: to count looks at everything that matches
	Words         bool // fill AuditEntry.Catalog
	Whole         bool // all that match, up to Limit, from the newest on: no page. AuditList.Count is how many match
	Batches       bool // what one request did to many stands in one entry, unless the query is about some of it: AuditEntry.Batch
}

// AuditChange is one field of an audit entry, before and after.
type AuditChange struct {
	Old    any  `json:"old"`
	New    any  `json:"new"`
	Secret bool `json:"secret"`
}

// CatalogEffect is what a version of the catalog took from a role, in the field "effects" of an entry that is shown to an
// organization. For a built-in role that is gone the permission is empty; a deny begins with "!".
type CatalogEffect struct {
	Organization string `json:"organization"` // "" if it is gone
	Role         string `json:"role"`
	Permission   string `json:"permission"`
	People       int64  `json:"people"` // who held the role
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
	TokenID        string // of the API token, or the token of a directory, that the change came with; "" without one
	User           *User  // nil when gone
	Description    string
	Deleted        bool // the target is gone

	// The entries of the same kind that were written together with this one, before it: after a bulk action this is the last.
	// Nil if there are none, or if AuditFilter.Batches is not set.
	Batch *AuditBatch

	// The catalog that has words for what the entry names: the one that was in force, or for a change of the catalog the one
	// before it. Nil if it was not asked for, or nothing needs it.
	Catalog *rbac.Catalog
}

// AuditBatch is what one request wrote in a row.
type AuditBatch struct {
	Entries int          // how many there are, with the one that stands for them
	First   []AuditEntry // the newest of them
}

// AuditList is one page of the audit trail, newest first.
type AuditList struct {
	Entries []AuditEntry
	Count   int
	Older   bool // there are older entries that match; likewise newer ones. Filled for Before, After and SkipCount alone
	Newer   bool
	Batches bool        // what one request did to many stands in one entry
	Pruned  *AuditPrune // what went before the oldest entry, nil if nothing did
}
