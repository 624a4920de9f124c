package insight

import (
	"context"

	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Lists of the trail that are more than a page: as a file, which holds none of it in memory, and on paper, which has a bound.

// auditCount is how many entries match: it looks at all of them.
func auditCount(ctx context.Context, s unit.Reader, p auditScope) (int, error) {
	p.MaxRows, p.Skip = 1, 0
	found, err := s.Q.FindAuditLogs(ctx, p.FindAuditLogsParams)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return int(found[0].Total), nil
}

// auditPiece is how many entries of a long list are read at once, and AuditAfter gives at most.
const auditPiece = 500

// auditWhole is all that match, up to the limit, and how many there are. Only if there are more are they counted: that takes
// as long as the trail is, and most lists that are printed have all. It reads as StreamAudit does, in pieces, so that no statement
// has thousands of numbers.
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
		// All is of one moment, so nothing is missed or told twice between two pieces.
		at.Before = list.Entries[list.Count-1].Seq
	}
	list.Count, err = auditCount(ctx, s, p)
	return list, err
}

// StreamAudit gives all entries that match, newest first, from one moment of the trail. Limit, Offset, Before and After do
// not count. Errors as Audit, before the first entry; an error of fn ends it.
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
			// All is of one moment, so the next piece begins where this one ended.
			f.Before = list.Entries[len(list.Entries)-1].Seq
		}
	})
}
