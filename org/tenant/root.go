package tenant

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// rootEvery is how old the newest root may get before a server makes the next one.
// docs/adr/0004-audit-trail.md says why there are roots.
const rootEvery = 24 * time.Hour

// WriteAuditRoot makes a root of the audit trail as it is now.
// The operator asks for it, so no right is checked.
func (s *Service) WriteAuditRoot(ctx context.Context) (_ org.AuditRoot, err error) {
	defer org.Wrap(&err, "write audit root")
	// No root is newer than that, so one is always made.
	root, err := s.writeRoot(ctx, s.units.Now().Add(time.Second))
	return root.told(), err
}

// WriteDueAuditRoot makes a root if the last one is a day old, and reports whether it did. If several replicas ask at once,
// one makes it. A trail without entries has none.
func (s *Service) WriteDueAuditRoot(ctx context.Context) (_ bool, err error) {
	defer org.Wrap(&err, "write due audit root")
	before := s.units.Now().Add(-rootEvery)
	// This look takes no lock, so a server may ask often. The plan looks again.
	last, err := s.units.DB.GetLastAuditRoot(ctx)
	if err != nil && !db.IsNotFound(err) || err == nil && last.Time.After(before) {
		return false, err
	}
	if n, err := s.units.DB.CountChains(ctx); err != nil || n == 0 {
		return false, err
	}
	root, err := s.writeRoot(ctx, before)
	return root.made, err
}

// writeRoot makes a root unless one was made after the given time. Nothing is written while it looks at the chains: it is a
// unit of the site, whose lock every other writer waits for (docs/adr/0002-scopes.md), so all heads are from one moment.
func (s *Service) writeRoot(ctx context.Context, unlessAfter time.Time) (newRoot, error) {
	root, _, err := unit.Do(ctx, s.units, s.units.Operator(), unit.OnSite, "create", unlessAfter, planRoot, applyRoot)
	return root, err
}

// newRoot is a root of the trail over heads that have moved since the last one.
type newRoot struct {
	row   db.AuditRoot
	heads []db.ListAuditRootHeadsRow
	made  bool // else the last one is new enough
}

// told returns the root as the operator sees it, empty if none was made.
func (r newRoot) told() org.AuditRoot {
	if !r.made {
		return org.AuditRoot{}
	}
	return org.AuditRoot{Seq: r.row.Seq, Time: r.row.Time, Chains: int(r.row.Heads), Hash: unit.RootName(r.row.Hash)}
}

// planRoot takes the heads that moved since the last root. The hash of that root stands for all the others.
func planRoot(ctx context.Context, a *unit.Attempt, unlessAfter time.Time) (r newRoot, err error) {
	a.Aside() // no list shows it
	last, err := a.Q.GetLastAuditRoot(ctx)
	if err != nil && !db.IsNotFound(err) {
		return r, err
	}
	if last.Time.After(unlessAfter) {
		return r, nil
	}
	chains, err := a.Q.CountChains(ctx)
	if err != nil {
		return r, err
	}
	moved, err := a.Q.ListMovedHeads(ctx)
	if err != nil {
		return r, err
	}
	r.heads = make([]db.ListAuditRootHeadsRow, len(moved))
	for i, h := range moved {
		r.heads[i] = db.ListAuditRootHeadsRow{OrganizationID: h.OrganizationID, ChainSeq: h.AuditSeq, Hash: h.AuditHash}
	}
	r.row, r.made = db.AuditRoot{Seq: last.Seq + 1, Time: a.Now, Heads: chains}, true
	r.row.Hash = unit.RootHash(last.Hash, r.row, r.heads)
	a.About(org.AuditRootType, uuid.Nil, fmt.Sprint(r.row.Seq), uuid.Nil)
	a.Entry.Status = 201
	return r, nil
}

// applyRoot stores a root. Its entry in the chain of the site keeps it from being changed or removed unnoticed.
func applyRoot(ctx context.Context, w *unit.Writer, r newRoot) (newRoot, error) {
	if !r.made {
		return r, nil
	}
	w.Field("seq", nil, r.row.Seq)
	w.Field("hash", nil, unit.RootName(r.row.Hash))
	if err := w.W.InsertAuditRoot(ctx, db.InsertAuditRootParams(r.row)); err != nil {
		return r, err
	}
	for _, h := range r.heads {
		if err := w.W.InsertAuditRootHead(ctx, db.InsertAuditRootHeadParams{
			RootSeq: r.row.Seq, OrganizationID: h.OrganizationID, ChainSeq: h.ChainSeq, Hash: h.Hash,
		}); err != nil {
			return r, err
		}
	}
	return r, nil
}
