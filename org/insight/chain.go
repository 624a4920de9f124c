package insight

import (
	"bytes"
	"context"
	"fmt"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// VerifyAudit walks the audit trail from its beginning and finds the first row that was edited, added or removed after it
// was written.
func (s *Service) VerifyAudit(ctx context.Context) (v org.Verification, err error) {
	err = s.units.DB.Read(ctx, func(q *db.Queries) error {
		var last db.GetAuditHeadRow
		for {
			rows, err := q.ListAuditChain(ctx, db.ListAuditChainParams{AfterSeq: last.Seq, MaxRows: unit.ChunkSize})
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
			if len(rows) < unit.ChunkSize {
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
	want := unit.LinkHash(last.Hash, db.InsertAuditLogParams{
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
