package insight

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// activityShown is how many entries a page about a person has.
const activityShown = 50

// Activity is what an account did and what was done to it, newest first, in an organization unless that is "": the entries that
// the caller may read below one, or with 0 from the newest on. Errors as Audit.
func (s *Service) Activity(ctx context.Context, subject *org.Actor, organization string, user uuid.UUID, before int64) (list org.AuditList, err error) {
	defer org.Wrap(&err, "list activity of %q", user)
	f := org.AuditFilter{Limit: activityShown, Before: before, SkipCount: true, Words: true, Batches: true}
	if organization != "" {
		f.Query = org.FormatQuery([]org.QueryTerm{{Key: "organization", Value: organization}})
	}
	err = s.ofAudit(ctx, subject, func(src unit.Reader) error {
		p, err := auditSearch(ctx, src, subject, f)
		if err != nil {
			return err
		}
		// Two walks along the trail, each by an index of its own, are quicker than one that asks for either. Each gives a whole
		// page, so that the newest of both make one.
		did, suffered := p, p
		did.ActorID = unit.NullID(user)
		suffered.ResourceID, suffered.batches = user.String(), false
		if list, err = auditPage(ctx, src, subject, did, f); err != nil {
			return err
		}
		done, err := auditPage(ctx, src, subject, suffered, f)
		if err != nil {
			return err
		}
		list.Older = list.Older || done.Older
		list.Entries = append(list.Entries, done.Entries...)
		return nil
	})
	// What somebody did to themselves is in both.
	slices.SortStableFunc(list.Entries, func(a, b org.AuditEntry) int { return cmp.Compare(b.Seq, a.Seq) })
	list.Entries = slices.CompactFunc(list.Entries, func(a, b org.AuditEntry) bool { return a.Seq == b.Seq })
	if len(list.Entries) > activityShown {
		list.Entries, list.Older = list.Entries[:activityShown], true
	}
	return list, err
}
