package org

import "github.com/google/uuid"

// Receipt is what a change left: its entry in the audit trail, uuid.Nil if nothing changed, and the revision of the scope
// since then.
type Receipt struct {
	Entry   uuid.UUID
	Version int64
}
