package insight

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// batchShown is how many entries of a batch a page shows.
const batchShown = 12

// auditBatches returns the entries with these numbers, newest first. With batches, each entry that represents a batch comes with
// the newest entries of it. That takes two more queries per page, however many batches it has.
func auditBatches(ctx context.Context, s unit.Reader, by *org.Actor, seqs []int64, parts []uuid.UUID, batches bool) ([]org.AuditEntry, error) {
	if !batches || len(seqs) == 0 {
		return auditRows(ctx, s, by, seqs, parts)
	}
	sizes, err := s.Q.ListBatchSizes(ctx, seqs)
	if err != nil {
		return nil, err
	}
	entries := map[int64]int{}
	var heads []int64
	for _, r := range sizes {
		if r.Entries > 1 {
			entries[r.Seq] = int(r.Entries)
			heads = append(heads, r.Seq)
		}
	}
	if len(heads) == 0 {
		return auditRows(ctx, s, by, seqs, parts)
	}
	begins, err := s.Q.ListBatchBegins(ctx, db.ListBatchBeginsParams{Most: batchShown, Seqs: heads})
	if err != nil {
		return nil, err
	}
	// All entries of a batch are in one chain, so a caller who may read its head may read them.
	wanted, head := seqs, map[int64]int64{}
	for _, r := range begins {
		head[r.Seq] = r.Head
		if r.Seq != r.Head {
			wanted = append(wanted, r.Seq)
		}
	}
	rows, err := auditRows(ctx, s, by, wanted, parts)
	if err != nil {
		return nil, err
	}
	list, of := make([]org.AuditEntry, 0, len(seqs)), map[int64]*org.AuditBatch{}
	for i := range rows {
		e := rows[i]
		h, many := head[e.Seq]
		if many && h != e.Seq { // its head is newer, so it came before
			of[h].First = append(of[h].First, e)
			continue
		}
		if many {
			of[h] = &org.AuditBatch{Entries: entries[h], First: []org.AuditEntry{e}}
			e.Batch = of[h]
		}
		list = append(list, e)
	}
	return list, nil
}
