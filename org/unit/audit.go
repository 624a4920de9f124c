package unit

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// ParseID returns the id that s spells, or uuid.Nil if it spells none.
func ParseID(s string) uuid.UUID {
	id, err := uuid.Parse(s)
	if err != nil {
		return uuid.Nil
	}
	return id
}

// MayReadAudit reports whether there is anything in the trail that the caller may read.
func MayReadAudit(by *org.Actor) bool {
	return by.Can("read", rbac.Object{Type: "audit_log"}) || by.Can("read", rbac.Object{Type: "audit_log", AnyOrg: true})
}

// EntryToUndo returns the entry with an id. NotFound: no entry has this id. Conflict: entries from the time of this id were
// pruned, which the id tells, since it contains its time. A caller who may read nothing of the trail is not told that.
func (s *Units) EntryToUndo(ctx context.Context, by *org.Actor, id string) (db.AuditLog, error) {
	wanted := ParseID(id)
	e, err := s.DB.GetAuditLog(ctx, wanted) // entries never change
	if !db.IsNotFound(err) {
		return e, err
	}
	last, err := s.DB.GetLastAuditPrune(ctx)
	if db.IsNotFound(err) || err == nil && (wanted.Version() != 7 || !MayReadAudit(by)) {
		return e, org.ErrNotFound()
	}
	if made := time.Unix(wanted.Time().UnixTime()); err == nil && !made.Before(last.Boundary) {
		return e, org.ErrNotFound()
	}
	if err == nil {
		err = &org.Error{
			Kind: org.Conflict, Message: "This can no longer be undone.",
			Detail: fmt.Sprintf("Entries from before %s were exported on %s and are no longer kept here.", last.Boundary.Format(time.DateOnly), last.Time.Format(time.DateOnly)),
		}
	}
	return e, err
}

// maxBatch is how far from an entry the others of its batch are looked for. A bulk action writes one for each of 10,000 members,
// and one for each link or token that ends with it.
const maxBatch = 20_000

// BatchOf returns the entries that were written together with one, in all chains, the last one first.
func (s *Units) BatchOf(ctx context.Context, e db.AuditLog) ([]db.AuditLog, error) {
	list, err := s.DB.ListBatch(ctx, db.ListBatchParams{
		Chain: e.Chain, AfterSeq: e.ChainSeq - maxBatch, BeforeSeq: e.ChainSeq + maxBatch, RequestID: e.RequestID,
	})
	if err != nil {
		return nil, err
	}
	if e.RequestID != "" {
		// A write in several chains blocks every other write, so its entries have consecutive numbers.
		others, err := s.DB.ListBatchElsewhere(ctx, db.ListBatchElsewhereParams{
			Chain: e.Chain, AfterSeq: e.Seq - maxBatch, BeforeSeq: e.Seq + maxBatch, RequestID: e.RequestID,
		})
		if err != nil {
			return nil, err
		}
		list = append(list, others...)
	}
	slices.SortFunc(list, func(a, b db.AuditLog) int { return cmp.Compare(b.Seq, a.Seq) })
	// Clients choose the ids of requests. Entries of one moment and one caller were written together.
	return slices.DeleteFunc(list, func(x db.AuditLog) bool {
		return !x.Time.Equal(e.Time) || x.ActorID != e.ActorID || x.Actor != e.Actor || x.StatusCode >= 400
	}), nil
}
