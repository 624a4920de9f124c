package org

import "time"

// AuditPrune is what went of the audit trail after it was exported, or would go.
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

// AuditPruneType is the type of resource by which the trail calls what went of it.
const AuditPruneType = "audit_prune"
