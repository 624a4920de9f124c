package org

import "time"

// AuditPrune is what was deleted from the audit trail after an export, or would be.
type AuditPrune struct {
	Seq     int64     // its number, from 1; 0: nothing went
	Time    time.Time // when it went
	Before  time.Time // what went is older
	UpTo    int64     // the number of the newest entry that went, and none up to it stayed
	Entries int       // how many went
	Chains  int       // that lost some; of a prune that was made it is not filled
	File    string    // SHA-256 of the file that has them, as sha256sum writes it
	Root    string    // of that file, as its export printed it
}

// AuditPruneType is the resource type of entries about deletions from the audit trail.
const AuditPruneType = "audit_prune"
