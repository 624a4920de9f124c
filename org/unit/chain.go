package unit

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// EntryHash covers every column of an entry and its place. An entry without a token has the hash that it had before entries named
// tokens. A token can be neither added nor removed, since the hash includes the number of fields that it covers.
func EntryHash(before []byte, r db.InsertAuditLogParams) []byte {
	fields := append([]string{"rolecall audit 2", string(before), r.Chain.String(), fmt.Sprint(r.ChainSeq)}, fieldsOf(r)...)
	if r.TokenID != "" {
		fields = append(fields, r.TokenID)
	}
	return org.HashOf(fields...)
}

// SealedHash returns the hash that entries had before there were chains.
func SealedHash(before []byte, r db.InsertAuditLogParams) []byte {
	return org.HashOf(append([]string{string(before)}, fieldsOf(r)...)...)
}

// RootHash returns the hash of a root over the root before it and the heads that have moved since, by the id of their scope.
func RootHash(before []byte, r db.AuditRoot, heads []db.ListAuditRootHeadsRow) []byte {
	fields := []string{"rolecall audit root 1", string(before), fmt.Sprint(r.Seq), r.Time.UTC().Format(time.RFC3339Nano), fmt.Sprint(r.Heads)}
	for _, h := range heads {
		fields = append(fields, h.OrganizationID.String(), fmt.Sprint(h.ChainSeq), string(h.Hash))
	}
	return org.HashOf(fields...)
}

// PruneHash returns the hash of a prune over the prune before it, its own fields, and where the chains that it cut continue.
func PruneHash(before []byte, r db.AuditPrune, heads []db.ListAuditPruneHeadsRow) []byte {
	fields := []string{
		"rolecall audit prune 1", string(before), fmt.Sprint(r.Seq), r.Time.UTC().Format(time.RFC3339Nano), r.Boundary.UTC().Format(time.RFC3339Nano),
		fmt.Sprint(r.UpTo), fmt.Sprint(r.Entries), string(r.File), r.Root,
	}
	for _, h := range heads {
		fields = append(fields, h.OrganizationID.String(), fmt.Sprint(h.ChainSeq), string(h.Hash))
	}
	return org.HashOf(fields...)
}

func fieldsOf(r db.InsertAuditLogParams) []string {
	return []string{
		r.ID.String(), r.Time.UTC().Format(time.RFC3339Nano), r.RequestID, r.IP, r.UserAgent,
		r.ActorID.UUID.String(), r.Actor, r.OrganizationID.UUID.String(), r.ResourceType, r.ResourceID, r.ResourceTarget,
		r.Action, fmt.Sprint(r.StatusCode), r.Changes,
	}
}

// RootName returns the hash of a root as it is shown.
func RootName(hash []byte) string { return "sha256:" + hex.EncodeToString(hash) }

// RowOf returns a stored entry as it was written.
func RowOf(r db.AuditLog) db.InsertAuditLogParams {
	return db.InsertAuditLogParams{
		ID: r.ID, Time: r.Time, RequestID: r.RequestID, IP: r.IP, UserAgent: r.UserAgent, ActorID: r.ActorID, Actor: r.Actor,
		OrganizationID: r.OrganizationID, ResourceType: r.ResourceType, ResourceID: r.ResourceID,
		ResourceTarget: r.ResourceTarget, Action: r.Action, StatusCode: r.StatusCode, Changes: r.Changes,
		TokenID: r.TokenID, Chain: r.Chain, ChainSeq: r.ChainSeq,
	}
}

// ScopeName returns what messages call the chain of a scope, given the names of the organizations that still exist.
func ScopeName(id uuid.UUID, names map[uuid.UUID]string) string {
	switch name, ok := names[id]; {
	case id == uuid.Nil:
		return "site"
	case ok:
		return name
	}
	return id.String()
}
