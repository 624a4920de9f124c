package org

import (
	"time"

	"github.com/google/uuid"
)

// AuditExport is what a file of entries holds and proves: how many there are, and where each chain of them ends.
type AuditExport struct {
	Entries int
	Chains  int
	Before  time.Time // all entries of its chains up to there
	Root    string    // the hash over all that is in it, to be kept elsewhere
}

// AuditLine is a line of such a file: first the head, then entries as they were written, with their hashes, then the end. If
// a chain began in an earlier file, its base comes before its entries: place and hash of the entry that they continue from.
// Names are those of the columns.
type AuditLine struct {
	Line string `json:"line"` // head, base, entry or end

	Format int       `json:"format,omitempty"` // of the file
	Before time.Time `json:"before,omitzero"`
	Seal   []byte    `json:"seal,omitempty"` // the hash with which every chain begins

	Chain          uuid.UUID `json:"chain,omitzero"`     // left out: the site
	ChainSeq       int64     `json:"chain_seq,omitzero"` // 0: from before there were chains
	Seq            int64     `json:"seq,omitzero"`
	ID             uuid.UUID `json:"id,omitzero"`
	Time           time.Time `json:"time,omitzero"`
	RequestID      string    `json:"request_id,omitempty"`
	IP             string    `json:"ip,omitempty"`
	UserAgent      string    `json:"user_agent,omitempty"`
	ActorID        uuid.UUID `json:"actor_id,omitzero"`
	Actor          string    `json:"actor,omitempty"`
	OrganizationID uuid.UUID `json:"organization_id,omitzero"`
	ResourceType   string    `json:"resource_type,omitempty"`
	ResourceID     string    `json:"resource_id,omitempty"`
	ResourceTarget string    `json:"resource_target,omitempty"`
	Action         string    `json:"action,omitempty"`
	StatusCode     int64     `json:"status_code,omitzero"`
	Changes        string    `json:"changes,omitempty"` // JSON, exactly as it was hashed
	TokenID        string    `json:"token_id,omitempty"`
	Hash           []byte    `json:"hash,omitempty"`

	Entries int    `json:"entries,omitzero"`
	Root    string `json:"root,omitempty"`
}
