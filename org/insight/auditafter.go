package insight

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

const (
	// seqsAhead is how many entry numbers are searched for gaps.
	seqsAhead = 2000
	// settleTime is longer than a write can take: a minute until it is sent, another until it times out, and the skew of clocks.
	settleTime = 3 * time.Minute
)

// AuditAfter returns the matching entries after the one with a number, oldest first, in batches. A caller that continues from
// upTo misses none. On PostgreSQL several servers write at once, so a number may appear after a higher one: entries behind such
// a gap wait until it is filled or certain to stay empty. Errors as Audit. Gone: the trail was pruned beyond that entry.
func (s *Service) AuditAfter(ctx context.Context, subject *org.Actor, query string, after int64) (entries []org.AuditEntry, upTo int64, err error) {
	defer org.Wrap(&err, "follow audit trail")
	err = s.ofAudit(ctx, subject, func(src unit.Reader) error {
		p, err := auditSearch(ctx, src, subject, org.AuditFilter{Query: query, Limit: auditPiece})
		if err != nil {
			return err
		}
		if after, err = keptAfter(ctx, src, after); err != nil {
			return err
		}
		if upTo, err = s.settled(ctx, src, after); err != nil || upTo == after {
			return err
		}
		seqs, err := src.Q.ListAuditAfter(ctx, db.ListAuditAfterParams{
			Organizations: p.Organizations, OrganizationID: p.OrganizationID, ActorID: p.ActorID, DateFrom: p.DateFrom, DateTo: p.DateTo,
			RequestID: p.RequestID, TokenID: p.TokenID, ResourceType: p.ResourceType, ResourceID: p.ResourceID, ResourceTarget: p.ResourceTarget,
			Action: p.Action, Search: p.Search, Also: p.Also, Seq: after, MaxRows: p.MaxRows,
		})
		if err != nil {
			return err
		}
		found := len(seqs)
		seqs = slices.DeleteFunc(seqs, func(seq int64) bool { return seq > upTo })
		if len(seqs) == auditPiece && found == auditPiece {
			upTo = seqs[found-1] // there may be more matches before the gap
		}
		if len(seqs) == 0 {
			return nil
		}
		entries, err = auditRows(ctx, src, subject, seqs, p.parts)
		slices.Reverse(entries)
		return err
	})
	return entries, upTo, err
}

// keptAfter returns where to continue: for 0, just before the oldest entry kept. It refuses to continue from an entry after
// which others were pruned, since the reader would miss them without noticing. Gone.
func keptAfter(ctx context.Context, src unit.Reader, after int64) (int64, error) {
	last, err := lastPrune(ctx, src)
	if err != nil || last == nil || after >= last.UpTo {
		return after, err
	}
	if after == 0 {
		return last.UpTo, nil
	}
	return after, &org.Error{
		Kind: org.Gone, Message: "What follows this entry is no longer kept here.",
		Detail: fmt.Sprintf("Entries up to number %d, from before %s, were exported on %s. Read that file, and go on with after_seq=%d.",
			last.UpTo, last.Before.Format(time.DateOnly), last.Time.Format(time.DateOnly), last.UpTo),
	}
}

// settled returns the number up to which the trail will not change any more, or after itself if nothing is new.
func (s *Service) settled(ctx context.Context, src unit.Reader, after int64) (int64, error) {
	rows, err := src.Q.ListAuditSeqs(ctx, db.ListAuditSeqsParams{AfterSeq: after, MaxRows: seqsAhead})
	if err != nil {
		return 0, err
	}
	young := s.units.Now().Add(-settleTime)
	upTo := settledUpTo(rows, after, s.units.DB.Shared(), 0, young)
	if len(rows) == 0 || upTo == rows[len(rows)-1].Seq {
		return upTo, nil
	}
	closed, err := s.gaps.closed(ctx, src, s.units.DB, rows[len(rows)-1].Seq)
	return settledUpTo(rows, after, true, closed, young), err
}

// settledUpTo follows the numbers to the first gap that may still be filled: one that is not closed and has a young entry
// behind it. Where a single process writes, one change at a time, no gap can be filled.
func settledUpTo(rows []db.ListAuditSeqsRow, after int64, shared bool, closed int64, young time.Time) int64 {
	for _, r := range rows {
		if shared && r.Seq != after+1 && r.Seq > closed && r.Time.After(young) {
			break
		}
		after = r.Seq
	}
	return after
}

// gaps knows up to which entry no number can appear any more, without waiting as long as any write could take. A write takes
// the number of its transaction with its lock, before that of its entry. So when an entry is seen, all writes that may still
// insert before it have begun, and a transaction that begins later has a higher number: once all below it have ended, nothing
// can be inserted.
type gaps struct {
	mu  sync.Mutex
	seq int64 // the entry that was seen
	end int64 // the number of a transaction that began after that
}

// closed returns the number of an entry before which nothing can be inserted any more, as far as the snapshot of src shows.
// newest is the newest entry behind a gap there.
func (g *gaps) closed(ctx context.Context, src unit.Reader, d *db.DB, newest int64) (closed int64, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	feed, err := src.Q.GetFeed(ctx)
	if err != nil {
		return 0, err
	}
	if oldest := feed.Position - feed.Base + 1; g.end > 0 && oldest >= g.end { // of the transactions still running
		closed = g.seq
	}
	if g.end == 0 || closed > 0 && closed < newest {
		var end int64
		if end, err = d.NewTransaction(ctx); err == nil {
			g.seq, g.end = newest, end
		}
	}
	return closed, err
}
