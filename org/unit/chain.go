package unit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"rolecall.example/db"
)

// chain writes an audit row that carries the hash of itself and of the row before it. Whoever edits, removes or inserts
// a row afterwards breaks the chain there.
func chain(ctx context.Context, q *db.Queries, row db.InsertAuditLogParams) error {
	head, err := q.GetAuditHead(ctx)
	if err != nil {
		return err
	}
	row.Hash = LinkHash(head.Hash, row)
	seq, err := q.InsertAuditLog(ctx, row)
	if err != nil {
		return err
	}
	return q.UpdateAuditHead(ctx, db.UpdateAuditHeadParams{Seq: seq, Hash: row.Hash})
}

// LinkHash covers every column. Each field goes in with its length, so that no two rows read alike.
func LinkHash(before []byte, r db.InsertAuditLogParams) []byte {
	h := sha256.New()
	for _, field := range []string{
		string(before), r.ID.String(), r.Time.UTC().Format(time.RFC3339Nano), r.RequestID, r.IP, r.UserAgent,
		r.ActorID.UUID.String(), r.Actor, r.OrganizationID.UUID.String(), r.ResourceType, r.ResourceID, r.ResourceTarget,
		r.Action, fmt.Sprint(r.StatusCode), r.Changes,
	} {
		_ = binary.Write(h, binary.BigEndian, uint64(len(field))) // a hash takes everything
		_, _ = h.Write([]byte(field))
	}
	return h.Sum(nil)
}
