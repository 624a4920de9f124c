package insight

import (
	"context"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// Overview shows what is going on in an organization, as far as the caller may read it. NotFound: no such organization.
// Nothing here reads a row per member: people with the same roles are decided about once. All parts are from one snapshot,
// so a count and the list that it links to agree unless something changes in between.
func (s *Service) Overview(ctx context.Context, subject *org.Actor, organization string) (_ org.Overview, err error) {
	defer org.Wrap(&err, "read overview of %q", organization)
	var o org.Overview
	err = s.units.MomentAside(ctx, subject, func(src unit.Reader) error {
		row, err := src.Organization(ctx, subject, organization)
		if err != nil {
			return err
		}
		o = org.Overview{Organization: unit.OrganizationOf(row), CanInvite: unit.MayAddMembers(subject, row.ID)}
		if err := aboutPeople(ctx, src, subject, &o); err != nil {
			return err
		}
		if subject.Can("read", rbac.Object{Type: "audit_log", Org: row.ID}) {
			if o.Changes, err = lastChanges(ctx, src, subject, row.Name); err != nil {
				return err
			}
		}
		if subject.Can("update", org.OrgObject(row.ID)) && !row.ChecklistHidden {
			o.Checklist, err = checklist(ctx, src, subject, row)
		}
		return err
	})
	if err != nil {
		return org.Overview{}, err
	}
	return o, nil
}

// aboutPeople fills in what is about members: it reads who holds what once for all of it.
func aboutPeople(ctx context.Context, src unit.Reader, by *org.Actor, o *org.Overview) error {
	id := o.Organization.ID
	if !by.Can("read", org.MembersObject(id)) {
		return nil
	}
	c, err := src.Crowd(ctx, id)
	if err != nil {
		return err
	}
	groups, err := c.Groups(ctx)
	if err != nil {
		return err
	}
	if o.Power, err = power(ctx, c, groups, by); err != nil {
		return err
	}
	if o.Ending, err = ending(ctx, src, id); err != nil || !by.Can("read", org.OrgRolesObject(id)) {
		return err
	}
	o.Health, _, err = health(ctx, c, groups)
	return err
}

// lastChangesShown is how many entries of the trail an overview shows.
const lastChangesShown = 5

// lastChanges queries like the page of the trail, so that it includes an organization's part of changes to the catalog.
func lastChanges(ctx context.Context, src unit.Reader, by *org.Actor, name string) (*org.AuditList, error) {
	f := org.AuditFilter{
		Query: org.FormatQuery([]org.QueryTerm{{Key: "organization", Value: name}}), Limit: lastChangesShown, SkipCount: true, Words: true, Batches: true,
	}
	p, err := auditSearch(ctx, src, by, f)
	if err != nil {
		return nil, err
	}
	list, err := auditPage(ctx, src, by, p, f)
	return &list, err
}

// checklist returns nil once every step is done. It checks the cheap steps first: in an organization in use, no query is
// left to run.
func checklist(ctx context.Context, src unit.Reader, by *org.Actor, o db.Organization) (*org.Checklist, error) {
	set, err := src.Roles(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	c := org.Checklist{People: o.MemberCount > 1}
	for i := range set.List {
		c.Role = c.Role || !set.List[i].BuiltIn
	}
	unsecured, err := src.Q.ListUnsecured(ctx, []uuid.UUID{by.ID()})
	if err != nil {
		return nil, err
	}
	c.Secured = len(unsecured) == 0
	if c.People && c.Role && c.Secured {
		return nil, nil
	}
	if !c.People {
		invited, err := src.Q.ListInvitationsToMind(ctx, db.ListInvitationsToMindParams{OrganizationID: o.ID, Now: src.When, MaxRows: 1})
		if err != nil {
			return nil, err
		}
		c.People = len(invited) > 0
	}
	if c.Done() == org.Steps {
		return nil, nil
	}
	if by.Owner() {
		holders, err := src.Q.CountUserRoles(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range holders {
			c.OnlyOwner = c.OnlyOwner || r.Role == org.RoleOwner && r.Users == 1
		}
	}
	return &c, nil
}

// endingLooked is how many records an overview reads.
const endingLooked = 500

// ending returns whose roles end within org.OverviewDays. People who lose the same role at the same moment come together.
// The query leaves out what something else gives beyond the end: nobody loses it then.
// Rows are ordered by end, so that people who lose the same role are adjacent.
func ending(ctx context.Context, src unit.Reader, orgID uuid.UUID) (*org.Ending, error) {
	set, err := src.Roles(ctx, orgID)
	if err != nil {
		return nil, err
	}
	rows, err := src.Q.ListEndingRecords(ctx, db.ListEndingRecordsParams{
		OrganizationID: orgID, Now: unit.NullTime(src.When), EndsBefore: unit.NullTime(src.When.Add(org.OverviewDays * 24 * time.Hour)),
		MaxRows: endingLooked + 1,
	})
	if err != nil {
		return nil, err
	}
	e := org.Ending{More: len(rows) > endingLooked}
	for _, r := range rows[:min(len(rows), endingLooked)] {
		last := len(e.Groups) - 1
		if last < 0 || e.Groups[last].Role.Name != r.Role || !e.Groups[last].Until.Equal(r.EndsAt.Time) {
			ref := org.RoleRef{Name: r.Role, OrganizationID: orgID}
			if r.Role == org.RoleOrganizationUser {
				ref.DisplayName = "Membership"
			} else if role := set.ByName[r.Role]; role != nil {
				ref.DisplayName, ref.BuiltIn = role.DisplayName, role.BuiltIn
			}
			e.Groups, last = append(e.Groups, org.EndingGroup{Role: ref, Until: r.EndsAt.Time}), last+1
		}
		e.Groups[last].People = append(e.Groups[last].People, org.EndingPerson{ID: r.UserID, Username: r.Username, Name: r.Name, Reason: r.Reason})
	}
	return &e, nil
}
