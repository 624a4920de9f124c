package insight

import (
	"context"

	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Lists of the trail longer than a page: as a file, streamed without holding it in memory, and for printing, with a bound.

// auditCount counts the matching entries by looking at all of them.
func auditCount(ctx context.Context, s unit.Reader, p auditScope) (int, error) {
	p.MaxRows, p.Skip = 1, 0
	found, err := s.Q.FindAuditLogs(ctx, p.FindAuditLogsParams)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return int(found[0].Total), nil
}

// auditPiece is how many entries of a long list are read at once, and the most that AuditAfter returns.
const auditPiece = 500

// auditWhole returns all matching entries up to the limit, and how many there are. It counts them only if there are more, since
// counting reads the whole trail and most printed lists are complete. Like StreamAudit it reads in batches, so that no
// statement has thousands of numbers.
func auditWhole(ctx context.Context, s unit.Reader, by *org.Actor, p auditScope, f org.AuditFilter) (list org.AuditList, err error) {
	at := org.AuditFilter{SkipCount: true, Words: f.Words}
	for len(list.Entries) < f.Limit {
		p.MaxRows = int64(min(auditPiece, f.Limit-len(list.Entries)))
		piece, err := auditPage(ctx, s, by, p, at)
		if err != nil {
			return list, err
		}
		list.Entries = append(list.Entries, piece.Entries...)
		list.Count = len(list.Entries)
		if !piece.Older {
			return list, nil
		}
		// All batches are from one snapshot, so nothing is missed or repeated between two of them.
		at.Before = list.Entries[list.Count-1].Seq
	}
	list.Count, err = auditCount(ctx, s, p)
	return list, err
}

// StreamAudit passes all matching entries to fn, newest first, from one snapshot of the trail. It ignores Limit, Offset, Before
// and After. Errors as Audit, before the first entry; an error of fn ends it.
func (s *Service) StreamAudit(ctx context.Context, subject *org.Actor, f org.AuditFilter, fn func(*org.AuditEntry) error) (err error) {
	defer org.Wrap(&err, "stream audit trail")
	f = org.AuditFilter{Query: f.Query, Limit: auditPiece, SkipCount: true}
	return s.ofAudit(ctx, subject, func(src unit.Reader) error {
		p, err := auditSearch(ctx, src, subject, f)
		if err != nil {
			return err
		}
		for {
			list, err := auditPage(ctx, src, subject, p, f)
			if err != nil {
				return err
			}
			for i := range list.Entries {
				if err := fn(&list.Entries[i]); err != nil {
					return err
				}
			}
			if !list.Older {
				return nil
			}
			// All batches are from one snapshot, so the next begins where this one ended.
			f.Before = list.Entries[len(list.Entries)-1].Seq
		}
	})
}
