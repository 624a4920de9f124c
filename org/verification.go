package org

import "time"

// Verification is what a check of the audit trail found.
type Verification struct {
	Entries  int // all that were looked at
	Sealed   int // of them, those from before there were chains
	Chains   int // with entries
	Roots    int
	Prunes   []AuditPrune // what went before, each proved by its entry
	Findings []string     // what is wrong: the first place of each chain and root
}

// Broken returns the first finding, "" if the trail is intact.
func (v *Verification) Broken() string {
	if len(v.Findings) == 0 {
		return ""
	}
	return v.Findings[0]
}

// VerifyFilter narrows a check of the audit trail.
type VerifyFilter struct {
	Organization string // its chain alone: a name, or an id, which also one that was deleted has
	Root         string // the hash of a root, as an AuditRoot has it: there must be one like it
}

// AuditRoot is one hash over the ends of all chains of the audit trail. Kept elsewhere, it shows later that none of them
// was cut off or rewritten.
type AuditRoot struct {
	Seq    int64
	Time   time.Time
	Chains int    // that had entries
	Hash   string // as VerifyFilter takes it
}

// AuditRootType is the resource type of a root in the audit trail.
const AuditRootType = "audit_root"
