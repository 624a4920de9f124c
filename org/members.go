package org

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
)

// chunk is how many members are read at once when all are asked for.
const chunk = 500

// snapshot is the data as the caller may read it, on the readers.
func (s *Service) snapshot(by *Subject) source {
	return source{Service: s, q: s.db.Queries, revision: by.revision}
}

// moment gives fn the data as it is at one moment: nothing that is written meanwhile is seen.
func (s *Service) moment(ctx context.Context, fn func(src source) error) error {
	return s.db.Read(ctx, func(q *db.Queries) error {
		revision, err := q.GetRevision(ctx)
		if err != nil {
			return err
		}
		return fn(source{Service: s, q: q, revision: revision})
	})
}

// EachMember calls begin with the number of members that match, then each for every one of the asked page, in order.
// Nobody but the caller itself is shown to a caller without organization_member:read in the organization.
// What is read is one snapshot. In the order of usernames it is read in pieces; a search, or another order, first holds
// the keys of all that match.
// NotFound: no such organization for this caller. Invalid: unknown sort. Errors of begin and each end it.
func (s *Service) EachMember(ctx context.Context, subject *Subject, organization string, f MemberFilter,
	begin func(count int) error, each func(*Member) error,
) error {
	return s.moment(ctx, func(src source) error {
		org, err := src.organization(ctx, subject, organization)
		if err != nil {
			return err
		}
		return src.eachMember(ctx, subject, org, f, begin, each)
	})
}

func (s source) eachMember(ctx context.Context, by *Subject, org db.Organization, f MemberFilter,
	begin func(count int) error, each func(*Member) error,
) error {
	search, err := newMemberSearch(org, s.readable(by, org.ID), &f)
	if err != nil {
		return err
	}
	if search.everybody() {
		return s.eachInOrder(ctx, by, org, f, begin, each)
	}
	return s.eachFound(ctx, by, search, begin, each)
}

// eachInOrder walks the members by username along the index.
func (s source) eachInOrder(ctx context.Context, by *Subject, org db.Organization, f MemberFilter,
	begin func(count int) error, each func(*Member) error,
) error {
	if err := begin(int(org.MemberCount)); err != nil {
		return err
	}
	p, err := s.startAt(ctx, org, f.Offset)
	if err != nil {
		return err
	}
	left := int64(f.Limit)
	if left == 0 {
		left = math.MaxInt64
	}
	next := func() ([]db.MemberRow, error) {
		p.MaxRows = min(left, chunk)
		rows, err := s.q.ListMembers(ctx, p)
		left -= int64(len(rows))
		if int64(len(rows)) < p.MaxRows {
			left = 0
		}
		if left > 0 {
			p.AfterKey = rows[len(rows)-1].UsernameKey
		}
		return rows, err
	}
	use, err := s.rowsAs(ctx, by, org.ID, each)
	if err != nil {
		return err
	}
	return inTurn(func() bool { return left > 0 }, next, use)
}

// inTurn gives the pieces of a list to use, as long as there are more: the next one is fetched while one is in use, so use
// must leave alone what they are fetched from.
func inTurn[T any](more func() bool, next func() ([]T, error), use func([]T) error) error {
	type piece struct {
		list []T
		err  error
	}
	fetch := func() <-chan piece {
		if !more() {
			return nil
		}
		c := make(chan piece, 1)
		go func() {
			list, err := next()
			c <- piece{list, err}
		}()
		return c
	}
	for c := fetch(); c != nil; {
		p := <-c
		if p.err != nil {
			return p.err
		}
		if c = fetch(); c == nil {
			return use(p.list)
		}
		if err := use(p.list); err != nil {
			<-c // what it reads from must not be taken away under it
			return err
		}
	}
	return nil
}

// startAt finds the place before the member at an offset, from the nearer end.
func (s source) startAt(ctx context.Context, org db.Organization, offset int) (p db.ListMembersParams, err error) {
	p = db.ListMembersParams{OrganizationID: org.ID}
	skip := int64(offset)
	switch left := org.MemberCount - skip; {
	case skip == 0:
	case left <= 0:
		p.AfterKey = everywhere.before
	case left < skip:
		p.AfterKey, err = s.q.GetMemberKeyFromEnd(ctx, db.GetMemberKeyFromEndParams{OrganizationID: org.ID, Others: left})
	default:
		p.AfterKey, err = s.q.GetMemberKey(ctx, db.GetMemberKeyParams{OrganizationID: org.ID, Others: skip - 1})
	}
	return p, err
}

// rowsAs makes what gives rows of an organization as members. It has read all that it needs when it comes back.
func (s source) rowsAs(ctx context.Context, by *Subject, org uuid.UUID, each func(*Member) error) (func([]db.MemberRow) error, error) {
	roles, err := s.roles(ctx, org)
	if err != nil {
		return nil, err
	}
	site, err := s.roles(ctx, uuid.Nil)
	return func(rows []db.MemberRow) error {
		for i := range rows {
			m := memberOf(&rows[i], roles, site)
			m.Self = m.UserID == by.ID()
			if err := each(&m); err != nil {
				return err
			}
		}
		return nil
	}, err
}

// eachByID walks the members with these ids, in their order, reading them in pieces.
func (s source) eachByID(ctx context.Context, by *Subject, org uuid.UUID, ids []uuid.UUID, each func(*Member) error) error {
	use, err := s.rowsAs(ctx, by, org, each)
	if err != nil {
		return err
	}
	for piece := range slices.Chunk(ids, chunk) {
		rows, err := s.q.ListMembersByID(ctx, db.ListMembersByIDParams{OrganizationID: org, UserIds: piece})
		if err != nil {
			return err
		}
		inOrder(rows, piece, func(r *db.MemberRow) uuid.UUID { return r.UserID })
		if err := use(rows); err != nil {
			return err
		}
	}
	return nil
}

// inOrder sorts rows as ids are sorted.
func inOrder[R any, K comparable](rows []R, ids []K, id func(*R) K) {
	place := make(map[K]int, len(ids))
	for i, id := range ids {
		place[id] = i
	}
	slices.SortFunc(rows, func(a, b R) int { return place[id(&a)] - place[id(&b)] })
}

// Members is one page of members with what the caller may do to each. NotFound: no such organization for this caller.
// Invalid: unknown sort.
func (s *Service) Members(ctx context.Context, subject *Subject, organization string, f MemberFilter) (list MemberList, err error) {
	err = s.moment(ctx, func(src source) error {
		list, err = src.memberList(ctx, subject, organization, f)
		return err
	})
	return list, err
}

func (s source) memberList(ctx context.Context, subject *Subject, organization string, f MemberFilter) (MemberList, error) {
	org, err := s.organization(ctx, subject, organization)
	if err != nil {
		return MemberList{}, err
	}
	list := MemberList{
		Organization: organizationOf(org),
		OnlySelf:     !subject.Can("read", membersObject(org.ID)),
		CanAdd:       subject.Can("create", membersObject(org.ID)) && subject.Can("assign", orgRolesObject(org.ID)),
		CanAssign:    subject.Can("assign", orgRolesObject(org.ID)) || subject.Can("unassign", orgRolesObject(org.ID)),
		CanRemove:    subject.Can("delete", membersObject(org.ID)),
	}
	err = s.eachMember(ctx, subject, org, f,
		func(count int) error {
			list.Count = count
			if f.CountMax > 0 && f.Filtered() && count > f.CountMax {
				list.Count, list.CountCapped = f.CountMax, true
			}
			return nil
		},
		func(m *Member) error {
			list.Members = append(list.Members, *m)
			return nil
		})
	if err != nil {
		return MemberList{}, err
	}
	return list, s.refusals(ctx, subject, org, list.Members)
}

// refusals says of each member why the caller may not change its roles or remove it.
func (s source) refusals(ctx context.Context, by *Subject, org db.Organization, members []Member) error {
	roles, err := s.roles(ctx, org.ID)
	if err != nil {
		return err
	}
	assign := by.Can("assign", orgRolesObject(org.ID)) || by.Can("unassign", orgRolesObject(org.ID))
	remove := by.Can("delete", membersObject(org.ID))
	crowd, err := s.newCrowd(ctx, org.ID)
	if err != nil {
		return err
	}
	managers, err := crowd.managers(ctx)
	if err != nil {
		return err
	}
	for i := range members {
		m := &members[i]
		m.Self = m.UserID == by.ID()
		switch {
		case m.Self:
			m.RolesRefusal, m.RemoveRefusal = "You can't change your own roles", "You can't remove yourself"
			continue
		case !assign:
			m.RolesRefusal = "Needs assign_org_role:assign or assign_org_role:unassign"
		default:
			if beyond := s.beyondCaller(by, org.ID, roles.held(m.Roles)); len(beyond) > 0 {
				m.RolesRefusal = "Holds what you don't: " + some(beyond)
			}
		}
		if !remove {
			m.RemoveRefusal = "Needs organization_member:delete"
			continue
		}
		last, err := s.lastAdmin(ctx, by, org.ID, m.UserID, m.Status, names(m.Roles))
		if err != nil {
			return err
		}
		if last {
			m.RemoveRefusal = "The last active organization admin; only a site owner can remove it"
		}
		if by.owner() || last {
			continue
		}
		if only, err := managers.only(ctx, m); err != nil {
			return err
		} else if only {
			m.RemoveRefusal = "The only one who can manage " + org.DisplayName + "; only a site owner can remove it"
		}
	}
	return nil
}

// Member is one membership. NotFound: no such organization or membership for this caller. Invalid: no such user.
func (s *Service) Member(ctx context.Context, subject *Subject, organization, user string) (m Member, err error) {
	err = s.moment(ctx, func(src source) error {
		org, err := src.organization(ctx, subject, organization)
		if err != nil {
			return err
		}
		m, err = src.memberView(ctx, subject, org, user)
		return err
	})
	return m, err
}

// memberView is a membership with what the caller may do to it. Errors as Member.
func (s source) memberView(ctx context.Context, by *Subject, org db.Organization, user string) (Member, error) {
	row, err := s.member(ctx, by, org.ID, user)
	if err != nil {
		return Member{}, err
	}
	m, err := s.memberOf(ctx, row)
	if err != nil {
		return Member{}, err
	}
	if m.AccountVersion, err = s.q.GetUserVersion(ctx, m.UserID); err != nil {
		return Member{}, err
	}
	one := []Member{m}
	err = s.refusals(ctx, by, org, one)
	return one[0], err
}

// Candidates are users that are not members yet and not suspended, and whose username, name or e-mail contains query: at
// most 20.
// NotFound: no such organization. Forbidden: the caller may not add members. Who may not read users finds none.
func (s *Service) Candidates(ctx context.Context, subject *Subject, organization, query string) (o Organization, users []User, err error) {
	err = s.moment(ctx, func(src source) error {
		org, err := src.organization(ctx, subject, organization)
		if err != nil {
			return err
		}
		if !mayAdd(subject, org.ID) {
			return errForbidden(toAdd...)
		}
		if o = organizationOf(org); !subject.Can("read", usersObject) {
			return nil
		}
		users, err = src.candidates(ctx, db.ListCandidatesParams{OrganizationID: org.ID, Query: Fold(query), MaxRows: 20})
		return err
	})
	return o, users, err
}

func (s source) candidates(ctx context.Context, p db.ListCandidatesParams) ([]User, error) {
	all, err := s.q.GetUserCount(ctx)
	if err != nil {
		return nil, err
	}
	few, err := s.fewMatch(ctx, p.Query, all)
	if err != nil {
		return nil, err
	}
	var rows []db.UserRow
	if few {
		rows, err = s.q.SearchCandidates(ctx, db.SearchCandidatesParams(p))
	} else {
		rows, err = s.q.ListCandidates(ctx, p)
	}
	if err != nil {
		return nil, err
	}
	users := make([]User, len(rows))
	for i, r := range rows {
		if users[i], err = s.user(ctx, r); err != nil {
			return nil, err
		}
	}
	return users, nil
}

// toAdd is what adding a member takes.
var toAdd = []string{"organization_member:create", "assign_org_role:assign"}

func mayAdd(by *Subject, org uuid.UUID) bool {
	return by.Can("assign", orgRolesObject(org)) && by.Can("create", membersObject(org))
}

// AddMember makes a user a member, without roles. NotFound: no such organization, or no user the caller may read.
// Invalid: no such user, or a member already. Forbidden: needs organization_member:create and assign_org_role:assign.
func (s *Service) AddMember(ctx context.Context, subject *Subject, organization, user string) (m Member, err error) {
	err = s.change(ctx, subject, "create", func(c *change) error {
		org, err := c.organization(ctx, c.by, organization)
		if err != nil {
			return err
		}
		row, ok, err := c.findUser(ctx, c.by, user)
		if err != nil {
			return err
		}
		if !ok || !c.by.Can("read", userObject(row.ID)) {
			return missingUser(c.by, user)
		}
		c.about("organization_member", row.ID, row.Username, org.ID)
		if !mayAdd(c.by, org.ID) {
			return errForbidden(toAdd...)
		}
		m, err = c.addMember(org, row)
		return err
	})
	return m, err
}

// addMember is the one way in which an account that was there before becomes a member.
func (c *change) addMember(org db.Organization, user db.UserRow) (Member, error) {
	_, err := c.q.GetMember(c.ctx, db.GetMemberParams{OrganizationID: org.ID, UserID: user.ID})
	if err == nil {
		return Member{}, invalid("User is already an organization member",
			fmt.Sprintf("%s is already a member of %s", user.Username, org.DisplayName))
	}
	if !db.IsNotFound(err) {
		return Member{}, err
	}
	c.written()
	if err := c.insertMember(org.ID, user.ID); err != nil {
		return Member{}, err
	}
	c.field("username", nil, user.Username)
	c.field("user_id", nil, user.ID)
	c.field("roles", nil, []string{})
	return c.memberByID(c.ctx, org.ID, user.ID)
}

func (c *change) insertMember(org, user uuid.UUID) error {
	c.widens(user)
	return c.q.InsertMember(c.ctx, db.InsertMemberParams{OrganizationID: org, UserID: user, Now: c.now})
}

// RemoveMember ends a membership, and with it the roles held there; the account stays. It returns what was removed.
// NotFound and Invalid as Member; Invalid: oneself, or the last organization admin. Forbidden: needs
// organization_member:delete. Conflict: it began from another version (WithVersions).
func (s *Service) RemoveMember(ctx context.Context, subject *Subject, organization, user string) (m Member, err error) {
	err = s.change(ctx, subject, "delete", func(c *change) error {
		org, row, err := c.membership(organization, user)
		if err != nil {
			return err
		}
		c.entry.status = 204
		m, err = c.removeMember(org, row)
		return err
	})
	return m, err
}

// removeMember is the one way in which a membership ends while the account stays.
func (c *change) removeMember(org db.Organization, row db.MemberRow) (Member, error) {
	if row.UserID == c.by.ID() {
		return Member{}, invalid("cannot remove self from an organization", "")
	}
	if !c.by.Can("delete", membersObject(org.ID)) {
		return Member{}, errForbidden("organization_member:delete")
	}
	m, err := c.memberOf(c.ctx, row)
	if err != nil {
		return m, err
	}
	if !versionsOf(c.ctx).ofMembership().include(m.Tag()) {
		return m, c.changedMeanwhile(m.Tag(), membershipChanged)
	}
	if err := c.keepAdmin(org, row.UserID, m.Status, names(m.Roles)); err != nil {
		return m, err
	}
	if err := c.keepManager(org, &m, true, nil); err != nil {
		return m, err
	}
	if err := c.watchMember(row, func(h *holding) { h.roles, h.outside = "", true }); err != nil {
		return m, err
	}
	c.written()
	c.field("username", m.Username, nil)
	c.field("user_id", m.UserID, nil)
	c.field("roles", names(m.Roles), nil)
	return m, c.q.DeleteMember(c.ctx, db.DeleteMemberParams{OrganizationID: org.ID, UserID: row.UserID})
}

// membership finds the organization and the membership that a path names, and makes the change one about it.
func (c *change) membership(organization, user string) (org db.Organization, row db.MemberRow, err error) {
	if org, err = c.organization(c.ctx, c.by, organization); err != nil {
		return org, row, err
	}
	if row, err = c.member(c.ctx, c.by, org.ID, user); err != nil {
		return org, row, err
	}
	c.about("organization_member", row.UserID, row.Username, org.ID)
	return org, row, nil
}
