package org

import (
	"bytes"
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
	row.Hash = linkHash(head.Hash, row)
	seq, err := q.InsertAuditLog(ctx, row)
	if err != nil {
		return err
	}
	return q.UpdateAuditHead(ctx, db.UpdateAuditHeadParams{Seq: seq, Hash: row.Hash})
}

// linkHash covers every column. Each field goes in with its length, so that no two rows read alike.
func linkHash(before []byte, r db.InsertAuditLogParams) []byte {
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

// Verification is what a check of the audit trail found.
type Verification struct {
	Entries int
	Broken  string // what is wrong, with the row where it begins; "" when the trail is whole
}

// VerifyAudit walks the audit trail from its beginning and finds the first row that was edited, added or removed after it
// was written.
func (s *Service) VerifyAudit(ctx context.Context) (v Verification, err error) {
	err = s.db.Read(ctx, func(q *db.Queries) error {
		var last db.GetAuditHeadRow
		for {
			rows, err := q.ListAuditChain(ctx, db.ListAuditChainParams{AfterSeq: last.Seq, MaxRows: chunk})
			if err != nil {
				return err
			}
			for _, r := range rows {
				if v.Broken = broken(last, r); v.Broken != "" {
					return nil
				}
				last = db.GetAuditHeadRow{Seq: r.Seq, Hash: r.Hash}
				v.Entries++
			}
			if len(rows) < chunk {
				break
			}
		}
		head, err := q.GetAuditHead(ctx)
		if err == nil && (head.Seq != last.Seq || !bytes.Equal(head.Hash, last.Hash)) {
			v.Broken = fmt.Sprintf("the trail ends with row %d, but row %d was the last one written", last.Seq, head.Seq)
		}
		return err
	})
	return v, err
}

// broken says what is wrong with a row that follows last, "" if nothing is.
func broken(last db.GetAuditHeadRow, r db.AuditLog) string {
	want := linkHash(last.Hash, db.InsertAuditLogParams{
		ID: r.ID, Time: r.Time, RequestID: r.RequestID, IP: r.IP, UserAgent: r.UserAgent, ActorID: r.ActorID, Actor: r.Actor,
		OrganizationID: r.OrganizationID, ResourceType: r.ResourceType, ResourceID: r.ResourceID,
		ResourceTarget: r.ResourceTarget, Action: r.Action, StatusCode: r.StatusCode, Changes: r.Changes,
	})
	switch {
	case bytes.Equal(want, r.Hash):
		return ""
	case r.Seq != last.Seq+1:
		return fmt.Sprintf("rows between %d and %d are missing", last.Seq, r.Seq)
	}
	return fmt.Sprintf("row %d (entry %s) was changed, or the row before it was", r.Seq, r.ID)
}
