package insight

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Activity lists what an account did and what was done to it, newest first, in one organization or, for "", everywhere. It has
// only entries that the caller may read, one page or all. Of the filter, Limit counts, with Before or Whole. Errors as Audit.
func (s *Service) Activity(ctx context.Context, subject *org.Actor, organization string, user uuid.UUID, f org.AuditFilter) (list org.AuditList, err error) {
	defer org.Wrap(&err, "list activity of %q", user)
	read := auditPage
	f.SkipCount, f.Words, f.Batches = true, true, !f.Whole
	if f.Whole {
		read = auditWhole
	}
	if organization != "" {
		f.Query = org.FormatQuery([]org.QueryTerm{{Key: "organization", Value: organization}})
	}
	err = s.ofAudit(ctx, subject, func(src unit.Reader) error {
		p, err := auditSearch(ctx, src, subject, f)
		if err != nil {
			return err
		}
		// Two walks along the trail, each with its own index, are faster than one that asks for either. Each returns a whole page,
		// so the newest entries of both make one page.
		did, suffered := p, p
		did.ActorID = unit.NullID(user)
		suffered.ResourceID, suffered.batches = user.String(), false
		if list, err = read(ctx, src, subject, did, f); err != nil {
			return err
		}
		done, err := read(ctx, src, subject, suffered, f)
		if err != nil {
			return err
		}
		// Counts are asked for only if one list was cut: otherwise the entries read are all there are.
		many := list.Count > f.Limit || done.Count > f.Limit
		list.Older, list.Count = list.Older || done.Older, list.Count+done.Count
		list.Entries = append(list.Entries, done.Entries...)
		// What people did to themselves is in both lists.
		slices.SortStableFunc(list.Entries, func(a, b org.AuditEntry) int { return cmp.Compare(b.Seq, a.Seq) })
		list.Entries = slices.CompactFunc(list.Entries, func(a, b org.AuditEntry) bool { return a.Seq == b.Seq })
		if !many {
			list.Count = len(list.Entries)
		}
		if len(list.Entries) > f.Limit {
			list.Entries, list.Older = list.Entries[:f.Limit], !f.Whole
		}
		if !many {
			return nil
		}
		both := did
		both.ResourceID = user.String()
		twice, err := auditCount(ctx, src, both)
		list.Count -= twice
		return err
	})
	return list, err
}
