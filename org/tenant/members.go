package tenant

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/fold"
	"rolecall.example/org/unit"
)

// StreamMembers calls begin with the number of members that match, then each for every one of the asked page, in order.
// A caller without organization_member:read in the organization sees only themselves.
// Everything is read from one snapshot. By username it is read in batches; a search, or another order, first holds the keys
// of all that match. An error of begin or each ends it.
// NotFound: no such organization for this caller. Invalid: a bad query, unknown sort, an AfterID that names no member.
func (s *Service) StreamMembers(ctx context.Context, subject *org.Actor, organization string, f org.MemberFilter,
	begin func(count int) error, each func(*org.Member) error,
) (err error) {
	defer org.Wrap(&err, "stream members of %q", organization)
	return s.units.MomentAside(ctx, subject, func(src unit.Reader) error {
		o, err := src.Organization(ctx, subject, organization)
		if err != nil {
			return err
		}
		return eachMember(ctx, src, subject, o, f, begin, each)
	})
}

// eachMember walks the members that match. Listing everyone by username follows one index, which costs the same in
// organizations of every size (docs/adr/0009-copies.md); anything else is a search.
func eachMember(ctx context.Context, s unit.Reader, by *org.Actor, o db.Organization, f org.MemberFilter,
	begin func(count int) error, each func(*org.Member) error,
) error {
	search, err := s.MemberSearch(ctx, by, o, &f)
	if err != nil {
		return err
	}
	if afterKey, ok := search.Everybody(); ok {
		return s.EachInOrder(ctx, by, o, f, afterKey, begin, each)
	}
	return s.EachFound(ctx, by, search, begin, each)
}

// Members returns one page of members with what the caller may do to each. NotFound: no such organization for this caller.
// Invalid: unknown sort.
func (s *Service) Members(ctx context.Context, subject *org.Actor, organization string, f org.MemberFilter) (list org.MemberList, err error) {
	defer org.Wrap(&err, "list members of %q", organization)
	err = s.units.MomentAside(ctx, subject, func(src unit.Reader) error {
		list, err = memberList(ctx, src, subject, organization, f)
		return err
	})
	return list, err
}

// MembersPage returns Members with the roles to filter by, all from one snapshot. Errors as Members.
// In two snapshots a row could show a role that the filter does not have.
func (s *Service) MembersPage(ctx context.Context, subject *org.Actor, organization string, f org.MemberFilter) (p org.MembersPage, err error) {
	err = s.units.MomentAside(ctx, subject, func(src unit.Reader) error {
		if p.List, err = memberList(ctx, src, subject, organization, f); err != nil {
			return err
		}
		o := db.Organization{ID: p.List.Organization.ID}
		if err := endsSoon(ctx, src, o.ID, p.List.Members); err != nil {
			return err
		}
		if p.Roles, err = readableRoles(ctx, src, subject, unit.RoleScope{Org: o, Object: org.OrgRolesObject(o.ID)}); err != nil {
			return err
		}
		p.SiteRoles, err = readableRoles(ctx, src, subject, unit.SiteScope)
		return err
	})
	return p, err
}

// endsSoon fills in when the roles of members end, if that is soon. It costs nothing if none does.
func endsSoon(ctx context.Context, s unit.Reader, place uuid.UUID, members []org.Member) error {
	var users []uuid.UUID
	for i := range members {
		if at := members[i].NextEnd; !at.IsZero() && at.Sub(s.When) < org.EndsSoon {
			users = append(users, members[i].UserID)
		}
	}
	if len(users) == 0 {
		return nil
	}
	records, err := s.RecordsOf(ctx, place, users...)
	if err != nil {
		return err
	}
	for i := range members {
		members[i].Ends = org.EndsOf(records[members[i].UserID])
	}
	return nil
}

// memberList collects a page and what the caller may do to each row. It is for pages, which have few rows; a stream holds
// no rows.
func memberList(ctx context.Context, s unit.Reader, subject *org.Actor, organization string, f org.MemberFilter) (org.MemberList, error) {
	o, err := s.Organization(ctx, subject, organization)
	if err != nil {
		return org.MemberList{}, err
	}
	list := org.MemberList{
		Organization: unit.OrganizationOf(o),
		OnlySelf:     !subject.Can("read", org.MembersObject(o.ID)),
		CanAdd:       subject.Can("create", org.MembersObject(o.ID)) && subject.Can("assign", org.OrgRolesObject(o.ID)),
		CanAssign:    subject.Can("assign", org.OrgRolesObject(o.ID)) || subject.Can("unassign", org.OrgRolesObject(o.ID)),
		CanRemove:    subject.Can("delete", org.MembersObject(o.ID)),
	}
	err = eachMember(ctx, s, subject, o, f,
		func(count int) error {
			list.Count = count
			// A page may say "10,000+" (docs/spec/members.md). JSON counts exactly.
			if f.CountLimit > 0 && f.Filtered() && count > f.CountLimit {
				list.Count, list.CountIsMinimum = f.CountLimit, true
			}
			return nil
		},
		func(m *org.Member) error {
			list.Members = append(list.Members, *m)
			return nil
		})
	if err != nil {
		return org.MemberList{}, err
	}
	return list, s.Refusals(ctx, subject, o, list.Members)
}

// Candidates returns at most 20 users who are not members yet and not suspended, and whose username, name or e-mail contains
// query.
// NotFound: no such organization. Forbidden: the caller may not add members. A caller who may not read users finds none.
func (s *Service) Candidates(ctx context.Context, subject *org.Actor, organization, query string) (o org.Organization, users []org.User, err error) {
	defer org.Wrap(&err, "list candidates for %q", organization)
	err = s.units.MomentAside(ctx, subject, func(src unit.Reader) error {
		orgRow, err := src.Organization(ctx, subject, organization)
		if err != nil {
			return err
		}
		if !unit.MayAddMembers(subject, orgRow.ID) {
			return org.ErrForbidden(unit.PermissionsToAdd...)
		}
		if o = unit.OrganizationOf(orgRow); !subject.Can("read", org.UsersObject) {
			return nil
		}
		users, err = candidates(ctx, src, db.ListCandidatesParams{OrganizationID: orgRow.ID, Query: fold.Text(query), Now: unit.NullTime(src.When), MaxRows: 20})
		return err
	})
	return o, users, err
}

// candidates picks the cheaper of two queries. One looks up the accounts that contain the text; the other reads all accounts
// in order until enough contain it.
func candidates(ctx context.Context, s unit.Reader, p db.ListCandidatesParams) ([]org.User, error) {
	all, err := s.Q.GetUserCount(ctx)
	if err != nil {
		return nil, err
	}
	few, err := s.FewMatch(ctx, p.Query, all)
	if err != nil {
		return nil, err
	}
	var rows []db.UserRow
	if few {
		rows, err = s.Q.SearchCandidates(ctx, db.SearchCandidatesParams(p))
	} else {
		rows, err = s.Q.ListCandidates(ctx, p)
	}
	if err != nil {
		return nil, err
	}
	return s.Users(ctx, rows)
}

// AddMember makes a user a member, without roles. NotFound: no such organization, or no user that the caller may read. Invalid:
// no such user, a member already, or bad terms. Forbidden: needs organization_member:create and assign_org_role:assign.
func (s *Service) AddMember(ctx context.Context, subject *org.Actor, organization, user string, input org.Input[org.Terms]) (_ org.Member, _ org.Receipt, err error) {
	defer org.Wrap(&err, "add %q to %q", user, organization)
	in := addition{organization, user, input}
	return unit.Do(ctx, s.units, subject, unit.InOrganization(organization), "create", in, planAddition, applyMember)
}

// addition asks to begin a membership.
type addition struct {
	organization, user string
	terms              org.Input[org.Terms]
}

// membership asks to end a membership.
type membership struct {
	organization, user string
	ifMatch            org.Versions
}

// planAddition checks the table Adding of docs/spec/members.md. Callers who may read accounts learn whether there is such a
// user before the right to add is checked.
func planAddition(ctx context.Context, a *unit.Attempt, in addition) (c memberChange, err error) {
	o, err := a.Organization(ctx, a.Actor, in.organization)
	if err != nil {
		return c, err
	}
	row, ok, err := a.FindUser(ctx, a.Actor, in.user)
	if err != nil {
		return c, err
	}
	if !ok || !a.Actor.Can("read", org.UserObject(row.ID)) {
		return c, unit.MissingUser(a.Actor, in.user)
	}
	a.About("organization_member", row.ID, row.Username, o.ID)
	if !unit.MayAddMembers(a.Actor, o.ID) {
		return c, org.ErrForbidden(unit.PermissionsToAdd...)
	}
	terms, err := in.terms.Read()
	if err == nil {
		err = terms.Problems(a.Now).Err("Validation failed.")
	}
	if err != nil {
		return c, err
	}
	c, _, err = decideAddition(ctx, a, o, row, terms)
	return c.noted(a, err)
}

// RemoveMember ends a membership, and with it the roles held there; the account stays. It returns what was removed.
// NotFound and Invalid as Member; Invalid: oneself, or the last organization admin. Forbidden: needs
// organization_member:delete. Conflict: ifMatch does not include the stored version.
func (s *Service) RemoveMember(ctx context.Context, subject *org.Actor, organization, user string, ifMatch org.Versions) (_ org.Member, _ org.Receipt, err error) {
	defer org.Wrap(&err, "remove %q from %q", user, organization)
	in := membership{organization, user, ifMatch}
	return unit.Do(ctx, s.units, subject, unit.InOrganization(organization), "delete", in, planRemoval, applyMember)
}

// PreviewRemoval returns how RemoveMember would change what people may do. Errors as there.
func (s *Service) PreviewRemoval(ctx context.Context, subject *org.Actor, organization, user string, ifMatch org.Versions) (_ org.Impact, err error) {
	defer org.Wrap(&err, "preview the removal of %q from %q", user, organization)
	_, impact, err := unit.Try(ctx, s.units, subject, membership{organization, user, ifMatch}, planRemoval)
	return impact, err
}

// planRemoval checks rows 1 and 2 of docs/spec/members.md, removing; decideRemoval checks the rest.
func planRemoval(ctx context.Context, a *unit.Attempt, in membership) (c memberChange, err error) {
	o, row, err := a.Membership(ctx, in.organization, in.user)
	if err != nil {
		return c, err
	}
	// The entry has the status that the API answers with.
	a.Entry.Status = 204
	c, err = decideRemoval(ctx, a, o, row, in.ifMatch)
	return c.noted(a, err)
}
