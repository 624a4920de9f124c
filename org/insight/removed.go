package insight

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// removedShown is how many people a page of that list has.
const removedShown = 50

// MayReadRemoved reports whether the caller may see who was removed from an organization, which the trail shows.
func MayReadRemoved(by *org.Actor, orgID uuid.UUID) bool {
	return by.Can("read", rbac.Object{Type: "audit_log", Org: orgID})
}

// Removed lists who was recently removed from an organization, the latest first; before is the entry below which the page
// begins, 0 for the first page. NotFound: no such organization. Forbidden: needs audit_log:read in it.
func (s *Service) Removed(ctx context.Context, subject *org.Actor, organization string, before int64) (list org.RemovedList, err error) {
	defer org.Wrap(&err, "list who was removed from %q", organization)
	err = s.units.MomentAside(ctx, subject, func(src unit.Reader) error {
		o, err := src.Organization(ctx, subject, organization)
		if err != nil {
			return err
		}
		if !MayReadRemoved(subject, o.ID) {
			return org.ErrForbidden("audit_log:read")
		}
		list = org.RemovedList{Organization: unit.OrganizationOf(o), Since: src.When.Add(-org.RemovedDays * org.Day)}
		f := org.AuditFilter{Limit: removedShown, Before: before, SkipCount: true, Query: org.FormatQuery([]org.QueryTerm{
			{Key: "organization", Value: o.ID.String()}, {Key: "resource_type", Value: "organization_member"}, {Key: "action", Value: "delete"},
			{Key: "date_from", Value: list.Since.UTC().Format(time.DateOnly)},
		})}
		p, err := auditSearch(ctx, src, subject, f)
		if err != nil {
			return err
		}
		found, err := auditPage(ctx, src, subject, p, f)
		if err != nil {
			return err
		}
		if found.Older && len(found.Entries) > 0 {
			list.Older = found.Entries[len(found.Entries)-1].Seq
		}
		list.Removals, err = removals(ctx, src, subject, o, found.Entries)
		return err
	})
	return list, err
}

// removals returns whom the entries are about and what became of them. Of several removals of a person only the latest is listed.
func removals(ctx context.Context, src unit.Reader, by *org.Actor, o db.Organization, entries []org.AuditEntry) (list []org.Removal, err error) {
	seen := map[string]bool{}
	entries = slices.DeleteFunc(entries, func(e org.AuditEntry) bool {
		gone := e.IsRefusal() || seen[e.ResourceID]
		seen[e.ResourceID] = true
		return gone
	})
	ids := make([]uuid.UUID, len(entries))
	for i := range entries {
		ids[i] = unit.ParseID(entries[i].ResourceID)
	}
	rows, err := src.Q.ListUsersByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	users, err := src.Users(ctx, rows)
	if err != nil {
		return nil, err
	}
	// As in the trail, which names them too: those whom the caller may not read appear by name alone.
	people := map[uuid.UUID]*org.User{}
	for i := range users {
		u := &users[i]
		if !by.Can("read", org.UserObject(u.ID)) {
			seen := glimpse(by, u)
			u = &seen
		}
		people[u.ID] = u
	}
	members, err := src.Q.ListMembersByID(ctx, db.ListMembersByIDParams{OrganizationID: o.ID, UserIds: ids})
	if err != nil {
		return nil, err
	}
	if members, err = unit.HeldNow(ctx, src, members, unit.MemberStored); err != nil {
		return nil, err
	}
	set, err := src.Roles(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	for i, e := range entries {
		list = append(list, org.Removal{
			AuditEntry: e, Person: people[ids[i]], Roles: set.Refs(strings.Join(namesIn(e.Diff["roles"].Old), " ")),
			Again: slices.ContainsFunc(members, func(m db.MemberRow) bool { return m.UserID == ids[i] }),
		})
	}
	return list, nil
}

// namesIn returns a list of names decoded from JSON.
func namesIn(v any) (names []string) {
	list, _ := v.([]any)
	for _, name := range list {
		if text, ok := name.(string); ok {
			names = append(names, text)
		}
	}
	return names
}
