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

// rootEvery is how old the newest root may be before a server makes the next.
const rootEvery = 24 * time.Hour

// WriteAuditRoot makes a root of the trail as it is.
func (s *Service) WriteAuditRoot(ctx context.Context) (_ org.AuditRoot, err error) {
	defer org.Wrap(&err, "write audit root")
	root, _, err := s.writeRoot(ctx, s.units.Now().Add(time.Second))
	return root, err
}

// WriteDueAuditRoot makes a root if the last one is a day old, and reports whether it did. Of replicas that ask together
// one makes it. A trail without entries has none.
func (s *Service) WriteDueAuditRoot(ctx context.Context) (_ bool, err error) {
	defer org.Wrap(&err, "write due audit root")
	before := s.units.Now().Add(-rootEvery)
	last, err := s.units.DB.GetLastAuditRoot(ctx)
	if err != nil && !db.IsNotFound(err) || err == nil && last.Time.After(before) {
		return false, err
	}
	if n, err := s.units.DB.CountChains(ctx); err != nil || n == 0 {
		return false, err
	}
	_, made, err := s.writeRoot(ctx, before)
	return made, err
}

// writeRoot makes a root unless there is one that was made after a time. While it looks at the chains nothing is written.
func (s *Service) writeRoot(ctx context.Context, unlessAfter time.Time) (root org.AuditRoot, made bool, err error) {
	err = s.units.Write(ctx, db.OnSite, func(c *unit.Mixed) error {
		root, made = org.AuditRoot{}, false
		last, err := c.Q.GetLastAuditRoot(ctx)
		if err != nil && !db.IsNotFound(err) || last.Time.After(unlessAfter) {
			return err
		}
		chains, err := c.Q.CountChains(ctx)
		if err != nil {
			return err
		}
		moved, err := c.Q.ListMovedHeads(ctx)
		if err != nil {
			return err
		}
		heads := make([]db.ListAuditRootHeadsRow, len(moved))
		for i, h := range moved {
			heads[i] = db.ListAuditRootHeadsRow{OrganizationID: h.OrganizationID, ChainSeq: h.AuditSeq, Hash: h.AuditHash}
		}
		row := db.AuditRoot{Seq: last.Seq + 1, Time: c.Now, Heads: chains}
		row.Hash = unit.RootHash(last.Hash, row, heads)
		if err := storeRoot(c, row, heads); err != nil {
			return err
		}
		root, made = org.AuditRoot{Seq: row.Seq, Time: row.Time, Chains: int(row.Heads), Hash: unit.RootName(row.Hash)}, true
		return nil
	})
	return root, made, err
}

// storeRoot stores a root, and notes it in the chain of the site, so that it can't be changed or taken out unseen.
func storeRoot(c *unit.Mixed, row db.AuditRoot, heads []db.ListAuditRootHeadsRow) error {
	if err := c.W.InsertAuditRoot(c.Ctx, db.InsertAuditRootParams(row)); err != nil {
		return err
	}
	for _, h := range heads {
		if err := c.W.InsertAuditRootHead(c.Ctx, db.InsertAuditRootHeadParams{
			RootSeq: row.Seq, OrganizationID: h.OrganizationID, ChainSeq: h.ChainSeq, Hash: h.Hash,
		}); err != nil {
			return err
		}
	}
	c.Actor, c.Entry.Action, c.Entry.Status = c.Operator(), "create", 201
	c.About(org.AuditRootType, uuid.Nil, fmt.Sprint(row.Seq), uuid.Nil)
	c.Field("seq", nil, row.Seq)
	c.Field("hash", nil, unit.RootName(row.Hash))
	return c.Record()
}
