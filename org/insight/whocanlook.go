package insight

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// heldPeople returns members as of now, without those whose membership has ended.
func (f *finder) heldPeople(ctx context.Context, rows []db.ListPeopleRow) ([]db.ListPeopleRow, error) {
	return unit.HeldNow(ctx, f.Reader, rows, func(r *db.ListPeopleRow) unit.Stored {
		return unit.Stored{Place: f.Org, User: r.UserID, Roles: &r.Roles, NextEnd: r.NextEnd, SiteRoles: &r.SiteRoles, SiteNextEnd: r.SiteNextEnd}
	})
}

// look reads what else to report about some members: when what they hold ends, and what gives it.
func (w *everybody) look(ctx context.Context, rows []db.ListPeopleRow) (err error) {
	if w.terms, err = w.termsOf(ctx, rows); err != nil {
		return err
	}
	ids := make([]uuid.UUID, len(rows))
	for i := range rows {
		ids[i] = rows[i].UserID
	}
	return w.lookRecords(ctx, ids, w.Org, uuid.Nil)
}

// lookRecords reads what gives some people their roles in these places, if the caller asked for it.
func (w *everybody) lookRecords(ctx context.Context, ids []uuid.UUID, places ...uuid.UUID) error {
	if !w.whole { // JSON rows do not have it, and it takes two more queries per batch
		return nil
	}
	// Those of the previous batch have been reported.
	w.records = map[uuid.UUID][]org.Assignment{}
	for _, place := range places {
		for piece := range slices.Chunk(ids, unit.ChunkSize) {
			found, err := w.RecordsOf(ctx, place, piece...)
			if err != nil {
				return err
			}
			for id, list := range found {
				w.records[id] = append(w.records[id], list...)
			}
		}
	}
	return nil
}

// holdingOf is what a member holds.
func (f *finder) holdingOf(r *db.ListPeopleRow) unit.Holding {
	return unit.Holding{Roles: unit.SortNames(r.Roles), SiteRoles: unit.SortNames(r.SiteRoles), Elsewhere: f.Elsewhere[r.UserID]}
}
