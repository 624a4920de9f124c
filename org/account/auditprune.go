package account

import (
	"context"
	"io"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/insight"
	"rolecall.example/org/unit"
)

// prunePiece is how many entries one transaction deletes. It takes a few milliseconds, and other writers wait for one at most.
const prunePiece = 1000

// PruneAudit removes the entries from before a time that a file contains, and records where the chains continue, all in one
// small transaction. Then it deletes the entries in batches. If that is interrupted, the next call of FinishPrune continues it.
// A dry run only tells what would be deleted, and needs no file. It is for the operator, so no right is checked.
// Errors as insight.PlanPrune. Conflict: another prune was made meanwhile.
func (s *Service) PruneAudit(ctx context.Context, r org.Request, before time.Time, file io.Reader, dryRun bool) (_ org.AuditPrune, err error) {
	defer org.Wrap(&err, "prune audit trail")
	if !dryRun { // so that what an interrupted prune left behind is not counted for this one
		if _, err := s.FinishPrune(ctx); err != nil {
			return org.AuditPrune{}, err
		}
	}
	p, err := insight.New(s.units).PlanPrune(ctx, before, file)
	if err != nil || dryRun || p.Entries == 0 {
		return p.AuditPrune, err
	}
	made, _, err := unit.Do(ctx, s.units, s.Operator().WithRequest(r), unit.OnSite, "delete", p, planPrune, applyPrune)
	if err != nil {
		return made, err
	}
	_, err = s.FinishPrune(ctx)
	return made, err
}

// planPrune checks that no other prune came in between. Nothing else can change: entries never do, and new ones come at the end.
func planPrune(ctx context.Context, a *unit.Attempt, p insight.Pruning) (insight.Pruning, error) {
	a.Aside() // no list of members or roles shows a prune
	last, err := a.Q.GetLastAuditPrune(ctx)
	if err != nil && !db.IsNotFound(err) {
		return p, err
	}
	a.About(org.AuditPruneType, uuid.Nil, "before "+p.Before.Format(time.DateOnly), uuid.Nil)
	if last.Seq != p.Last.Seq {
		return p, &org.Error{Kind: org.Conflict, Message: "Another prune came first.", Detail: "Look at what is left, and try again."}
	}
	p.Row.Seq, p.Row.Time = last.Seq+1, a.Now
	p.Row.Hash = unit.PruneHash(last.Hash, p.Row, p.Heads)
	return p, nil
}

// applyPrune stores which entries go. Its own entry in the chain of the site makes later changes to that record visible.
func applyPrune(ctx context.Context, w *unit.Writer, p insight.Pruning) (org.AuditPrune, error) {
	made := insight.PruneOf(p.Row)
	made.Chains = p.Chains
	w.Field("seq", nil, p.Row.Seq)
	w.Field("before", nil, p.Row.Boundary)
	w.Field("up_to", nil, p.Row.UpTo)
	w.Field("entries", nil, p.Row.Entries)
	w.Field("file_sha256", nil, made.File)
	w.Field("root", nil, p.Row.Root)
	w.Field("hash", nil, unit.RootName(p.Row.Hash))
	if err := w.W.InsertAuditPrune(ctx, db.InsertAuditPruneParams(p.Row)); err != nil {
		return made, err
	}
	for _, h := range p.Heads {
		if err := w.W.InsertAuditPruneHead(ctx, db.InsertAuditPruneHeadParams{
			PruneSeq: p.Row.Seq, OrganizationID: h.OrganizationID, ChainSeq: h.ChainSeq, Hash: h.Hash,
		}); err != nil {
			return made, err
		}
	}
	return made, nil
}

// FinishPrune deletes the entries that the last prune covers, and returns how many. Several servers may run it at once.
func (s *Service) FinishPrune(ctx context.Context) (deleted int, err error) {
	defer org.Wrap(&err, "delete pruned entries")
	last, err := s.units.DB.GetLastAuditPrune(ctx)
	if db.IsNotFound(err) {
		return 0, nil
	}
	for err == nil {
		var due []int64
		if due, err = s.units.DB.ListPrunedAudit(ctx, db.ListPrunedAuditParams{UpTo: last.UpTo, MaxRows: prunePiece}); err != nil || len(due) == 0 {
			break
		}
		err = s.units.DB.WriteIn(ctx, db.SigningIn, func(tx *db.Tx) error {
			return tx.Writes().DeletePrunedAudit(ctx, due[len(due)-1])
		})
		deleted += len(due)
	}
	return deleted, err
}
