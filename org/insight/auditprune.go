package insight

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// docs/adr/0027-pruning.md says why the trail is cut at a number, and why in two steps.

// auditBases says where the chains of a trail continue whose beginnings were pruned.
type auditBases struct {
	last db.AuditPrune // the newest prune, zero if there is none
	of   map[uuid.UUID]db.ListAuditBasesRow
}

func readBases(ctx context.Context, q db.Reads) (b auditBases, err error) {
	b.of = map[uuid.UUID]db.ListAuditBasesRow{}
	if b.last, err = q.GetLastAuditPrune(ctx); err != nil {
		if db.IsNotFound(err) {
			err = nil
		}
		return b, err
	}
	rows, err := q.ListAuditBases(ctx)
	for _, r := range rows {
		b.of[r.OrganizationID] = r
	}
	return b, err
}

// sealGone reports whether the entries from before there were chains were pruned. They go together; seal is the newest of them.
func (b auditBases) sealGone(seal int64) bool { return b.last.UpTo >= seal && seal > 0 }

// Pruning is what a prune would remove from the trail.
type Pruning struct {
	org.AuditPrune
	Row   db.AuditPrune // as stored, without its number, time and hash
	Last  db.AuditPrune // the prune before it, zero if there is none
	Heads []db.ListAuditPruneHeadsRow
}

// PlanPrune finds what is older than a time and makes sure that a file written by audit export has all of it. Without a
// file it only reports what would go. It is for the operator, so it checks no permission. Invalid: entries of that time may
// still be being written; or the file was changed, is a different one, or lacks some of the entries.
func (s *Service) PlanPrune(ctx context.Context, before time.Time, file io.Reader) (p Pruning, err error) {
	defer org.Wrap(&err, "plan to prune audit trail")
	if before.After(s.units.Now().Add(-settleTime)) {
		return p, org.ErrInvalid("The day has not passed yet.", "Entries from before it may still be written.")
	}
	err = s.units.DB.View(ctx, func(q db.Reads) error {
		c, err := planCut(ctx, q, before.UTC())
		if err != nil {
			return err
		}
		if p = c.Pruning; p.Entries == 0 || file == nil {
			return nil
		}
		return c.prove(&p, file)
	})
	return p, err
}

// cut is a prune being planned.
type cut struct {
	Pruning
	seal  db.GetAuditSealRow
	bases auditBases
	after map[uuid.UUID]db.ListAuditCutsRow // the newest entry of each chain that would go
}

// planCut finds the longest run of numbers from the beginning whose entries are all older than a time.
func planCut(ctx context.Context, q db.Reads, before time.Time) (c cut, err error) {
	if c.seal, err = q.GetAuditSeal(ctx); err != nil {
		return c, err
	}
	if c.bases, err = readBases(ctx, q); err != nil {
		return c, err
	}
	c.Last, c.Before = c.bases.last, before
	first, err := q.GetFirstAuditFrom(ctx, db.GetFirstAuditFromParams{AfterSeq: c.Last.UpTo, Boundary: before})
	switch {
	case db.IsNotFound(err): // all are older
		c.UpTo, err = q.GetNewestAuditSeq(ctx)
	case err == nil:
		c.UpTo = first - 1
	}
	if err != nil || c.UpTo <= c.Last.UpTo || c.UpTo < c.seal.Seq {
		return c, err // what was sealed together goes together
	}
	if !c.bases.sealGone(c.seal.Seq) {
		c.Entries = int(c.seal.Seq)
	}
	heads, err := q.ListAuditCuts(ctx, db.ListAuditCutsParams{AfterSeq: c.Last.UpTo, UpTo: c.UpTo})
	c.after, c.Chains = make(map[uuid.UUID]db.ListAuditCutsRow, len(heads)), len(heads)
	for _, h := range heads {
		c.after[h.OrganizationID] = h
		c.Entries += int(h.Entries)
		c.Heads = append(c.Heads, db.ListAuditPruneHeadsRow{OrganizationID: h.OrganizationID, ChainSeq: h.ChainSeq, Hash: h.Hash})
	}
	c.Row = db.AuditPrune{Boundary: c.Before, UpTo: c.UpTo, Entries: int64(c.Entries)}
	return c, err
}

// prove compares what would go with a file. An entry with the hash that the trail has is the same entry, and follows the same
// ones. So the newest entry of each chain is enough, if the file begins no later than the trail.
func (c *cut) prove(p *Pruning, file io.Reader) error {
	sum, sealed := sha256.New(), c.seal.Seq == 0 || c.bases.sealGone(c.seal.Seq)
	proved := map[uuid.UUID]bool{}
	e, problem, err := readExport(io.TeeReader(file, sum), func(at *exportProof, l *org.AuditLine) {
		want, ok := c.after[l.Chain]
		switch {
		case l.ChainSeq == 0:
			sealed = sealed || l.Seq == c.seal.Seq && bytes.Equal(l.Hash, c.seal.Hash)
		case ok && l.ChainSeq == want.ChainSeq && bytes.Equal(l.Hash, want.Hash) && at.from <= c.bases.of[l.Chain].ChainSeq:
			proved[l.Chain] = true
		}
	})
	const refused = "The file does not prove what would go."
	switch {
	case err != nil:
		return err
	case problem != "":
		return org.ErrInvalid(refused, problem+".")
	case e.Before.Before(c.Before):
		return org.ErrInvalid(refused, fmt.Sprintf("It has entries from before %s. Export those up to the day that you prune.", e.Before.Format(time.RFC3339)))
	case !sealed:
		return org.ErrInvalid(refused, "It has not all entries from before there were chains.")
	}
	for _, h := range c.Heads {
		if !proved[h.OrganizationID] {
			return org.ErrInvalid(refused, fmt.Sprintf("Of %d chains it has %d. One that it has not, or not up to entry %d, is that of %s.",
				c.Chains, len(proved), h.ChainSeq, unit.ScopeName(h.OrganizationID, nil)))
		}
	}
	p.Row.File, p.Row.Root = sum.Sum(nil), e.Root
	p.File, p.Root = fmt.Sprintf("%x", p.Row.File), e.Root
	return nil
}

// lastPrune returns the newest prune, nil if nothing was ever pruned.
func lastPrune(ctx context.Context, s unit.Reader) (*org.AuditPrune, error) {
	row, err := s.Q.GetLastAuditPrune(ctx)
	if db.IsNotFound(err) {
		return nil, nil //nolint:nilnil // no prune, which is not an error
	}
	p := PruneOf(row)
	return &p, err
}

// prunes checks that every prune is the one that was made, and where the chains continue after it.
func (w *verifier) prunes() error {
	var last db.AuditPrune
	for {
		list, err := w.q.ListAuditPrunes(w.ctx, db.ListAuditPrunesParams{AfterSeq: last.Seq, MaxRows: unit.ChunkSize})
		if err != nil {
			return err
		}
		for _, r := range list {
			heads, err := w.q.ListAuditPruneHeads(w.ctx, r.Seq)
			if err != nil {
				return err
			}
			if r.Seq != last.Seq+1 {
				w.found("prunes between %d and %d are missing", last.Seq, r.Seq)
			}
			if !bytes.Equal(unit.PruneHash(last.Hash, r, heads), r.Hash) || !w.told(org.AuditPruneType, r.Seq, r.Time, r.Hash) {
				w.found("prune %d was changed, or one before it was", r.Seq)
			}
			w.Prunes = append(w.Prunes, PruneOf(r))
			last = r
		}
		if len(list) < unit.ChunkSize {
			break
		}
	}
	for seq := range w.noted[org.AuditPruneType] {
		if seq > last.Seq {
			w.found("prune %d is missing", seq)
		}
	}
	return nil
}

// PruneOf converts a stored prune.
func PruneOf(r db.AuditPrune) org.AuditPrune {
	return org.AuditPrune{Seq: r.Seq, Time: r.Time, Before: r.Boundary, UpTo: r.UpTo, Entries: int(r.Entries), File: fmt.Sprintf("%x", r.File), Root: r.Root}
}
