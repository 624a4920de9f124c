package feed

import (
	"context"
	"time"

	"rolecall.example/db"
	"rolecall.example/org"
)

// How long rows are kept: a client that was away for longer, and missed more changes, fetches documents.
const (
	Kept     = org.Day
	KeptRows = 100_000
	// Each batch is one transaction of a few milliseconds: a sign-in waits for no more than one.
	pruneRows = 1000
)

// Prune deletes the rows that are older than Kept, except the newest KeptRows. It returns how many it deleted.
func (h *Hub) Prune(ctx context.Context) (deleted int, err error) {
	defer org.Wrap(&err, "delete old changes")
	return h.prune(ctx, Kept, KeptRows)
}

func (h *Hub) prune(ctx context.Context, kept time.Duration, rows int64) (deleted int, err error) {
	last, err := h.units.DB.GetLastChange(ctx)
	if err != nil {
		return 0, err
	}
	for {
		old, err := h.units.DB.ListOldChanges(ctx, db.ListOldChangesParams{Before: h.units.Now().Add(-kept), Last: last - rows, MaxRows: pruneRows})
		if err != nil || len(old) == 0 {
			return deleted, err
		}
		until := old[len(old)-1]
		err = h.units.DB.WriteIn(ctx, db.SigningIn, func(tx *db.Tx) error {
			if err := tx.Writes().RaiseFeedFloor(ctx, until); err != nil {
				return err
			}
			return tx.Writes().DeleteOldChanges(ctx, until)
		})
		if err != nil {
			return deleted, err
		}
		if deleted += len(old); len(old) < pruneRows {
			return deleted, nil
		}
	}
}
