package org

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
)

// MaxBulk is how many members one bulk action may reach: more would hold up every other write.
const MaxBulk = 10_000

// BulkAction is what a bulk action does to each member.
type BulkAction string

// The bulk actions.
const (
	BulkAddRole    BulkAction = "add-role"
	BulkRemoveRole BulkAction = "remove-role"
	BulkRemove     BulkAction = "remove"
)

// Bulk is one action on many members: those named, or all that match a filter but for some.
type Bulk struct {
	Action BulkAction
	Role   string        // of BulkAddRole and BulkRemoveRole
	Users  []string      // as in a path
	Match  *MemberFilter // instead of Users
	Except []string      // of Match, as in a path: who is left alone
	Expect *int          // how many are meant, when somebody has been asked about that many: Conflict if it is not so any more
}

// BulkRefusal is somebody that a bulk action left out, and why.
type BulkRefusal struct {
	Who    string // as it was named
	Member *Member
	Reason string
}

// BulkResult is what a bulk action did.
type BulkResult struct {
	Organization Organization
	Done         []Member
	Unchanged    []Member // had what was to be given, or had not what was to be taken
	Refused      []BulkRefusal
}

// BulkMembers does one thing to many members in one transaction, with one audit row for each that changes. Members whom a
// rule protects are left out and listed in the result; the others are done. With WithDryRun nothing is stored.
// NotFound: no such organization. Invalid: a bad body, an unknown role, an exception that does not match, or more than
// 10,000 members. Forbidden: the caller may do this to no one. Conflict: other members match than were expected.
func (s *Service) BulkMembers(ctx context.Context, subject *Subject, organization string, input Input[Bulk]) (result BulkResult, err error) {
	err = s.change(ctx, subject, "write", func(c *change) error {
		org, err := c.organization(ctx, c.by, organization)
		if err != nil {
			return err
		}
		result = BulkResult{Organization: organizationOf(org)}
		c.sets = map[uuid.UUID]*roleSet{} // of thousands of members it is the same roles
		if !mayBulk(c.by, org.ID) {
			return errForbidden("assign_org_role:assign")
		}
		in, err := input.Read()
		if err != nil {
			return err
		}
		apply, err := c.bulkAction(org, in)
		if err != nil {
			return err
		}
		rows, err := c.bulkRows(org, in, &result)
		if err != nil {
			return err
		}
		if n := len(rows) + len(result.Refused); in.Expect != nil && *in.Expect != n {
			return &Error{Kind: Conflict, Message: "The list changed meanwhile.",
				Detail: fmt.Sprintf("It was about %d members, and now it would be %d. Nothing was changed.", *in.Expect, n)}
		}
		for _, row := range rows {
			if err := c.applyTo(org, row, apply, &result); err != nil {
				return err
			}
		}
		return nil
	})
	return result, err
}

func mayBulk(by *Subject, org uuid.UUID) bool {
	return by.Can("assign", orgRolesObject(org)) || by.Can("unassign", orgRolesObject(org)) || by.Can("delete", membersObject(org))
}

// bulkStep does the action to one member and says whether that changed anything.
type bulkStep func(row db.MemberRow) (Member, bool, error)

// bulkAction checks the action as such. Invalid: there is no such action or role. Forbidden: the caller may not at all.
func (c *change) bulkAction(org db.Organization, in Bulk) (bulkStep, error) {
	if in.Action == BulkRemove {
		c.entry.action = "delete"
		if !c.by.Can("delete", membersObject(org.ID)) {
			return nil, errForbidden("organization_member:delete")
		}
		return func(row db.MemberRow) (Member, bool, error) {
			m, err := c.removeMember(org, row)
			return m, true, err
		}, nil
	}
	give := in.Action == BulkAddRole
	if !give && in.Action != BulkRemoveRole {
		return nil, problems{{"action", "must be one of add-role, remove-role, remove"}}.err("Unknown bulk action.")
	}
	set, err := c.roles(c.ctx, org.ID)
	if err != nil {
		return nil, err
	}
	role, ok := set.byName[in.Role]
	if !ok {
		return nil, problems{{"role", fmt.Sprintf("%q is not a role of %s", in.Role, org.DisplayName)}}.err("Choose a role.")
	}
	right := "unassign"
	if give {
		right = "assign"
	}
	if refusal := mayGive(c.by, right, orgRolesObject(org.ID), role); refusal != "" {
		return nil, &Error{Kind: Forbidden, Message: fmt.Sprintf("not authorized to assign role %q", in.Role), Detail: refusal + "."}
	}
	return func(row db.MemberRow) (Member, bool, error) {
		wanted := slices.DeleteFunc(strings.Fields(row.Roles), func(n string) bool { return n == in.Role })
		if give {
			wanted = append(wanted, in.Role)
		}
		return c.setMemberRoles(org, row, Given(RolesInput{Roles: wanted}))
	}, nil
}

// bulkRows finds the members that are meant. Who is not one is told of in result.
func (c *change) bulkRows(org db.Organization, in Bulk, result *BulkResult) ([]db.MemberRow, error) {
	tooMany := invalid(fmt.Sprintf("More than %d members at once.", MaxBulk), "Narrow the filter and do it in parts.")
	if in.Match == nil {
		if len(in.Users) > MaxBulk {
			return nil, tooMany
		}
		return c.namedRows(org, in.Users, result)
	}
	search, err := newMemberSearch(org, c.readable(c.by, org.ID), in.Match)
	if err != nil {
		return nil, err
	}
	search.MaxRows, search.Skip = MaxBulk+1, 0
	ids, err := c.memberIDs(c.ctx, search)
	if err != nil {
		return nil, err
	}
	if len(ids) > MaxBulk {
		return nil, tooMany
	}
	var rows []db.MemberRow
	for piece := range slices.Chunk(ids, chunk) {
		part, err := c.q.ListMembersByID(c.ctx, db.ListMembersByIDParams{OrganizationID: org.ID, UserIds: piece})
		if err != nil {
			return nil, err
		}
		rows = append(rows, part...)
	}
	inOrder(rows, ids, func(r *db.MemberRow) uuid.UUID { return r.UserID })
	return c.without(rows, in.Except)
}

// without leaves out the members that are named. Invalid: one is not among them. Such a name may be misspelled, and whom
// it was meant to spare would be changed.
func (c *change) without(rows []db.MemberRow, except []string) ([]db.MemberRow, error) {
	key := func(ref string) string { // a username is shorter than an id as it is written here
		if ref == "me" {
			return c.by.ID().String()
		}
		if id, err := uuid.Parse(ref); err == nil {
			return id.String()
		}
		return Fold(ref)
	}
	spared := map[string]bool{} // true once somebody was found by it
	for _, ref := range except {
		spared[key(ref)] = false
	}
	rows = slices.DeleteFunc(rows, func(r db.MemberRow) bool {
		found := false
		for _, k := range []string{r.UserID.String(), r.UsernameKey} {
			if _, named := spared[k]; named {
				spared[k], found = true, true
			}
		}
		return found
	})
	var p problems
	for i, ref := range except {
		if !spared[key(ref)] && len(p) < 100 {
			p.add(fmt.Sprintf("except[%d]", i), fmt.Sprintf("%q is not among the members that match", ref))
		}
	}
	return rows, p.err("Nothing was changed.")
}

func (c *change) namedRows(org db.Organization, users []string, result *BulkResult) (rows []db.MemberRow, err error) {
	for _, name := range users {
		row, err := c.member(c.ctx, c.by, org.ID, name)
		if e, ok := errors.AsType[*Error](err); ok {
			result.Refused = append(result.Refused, BulkRefusal{Who: name, Reason: e.Message})
			continue
		}
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(rows, func(r db.MemberRow) bool { return r.UserID == row.UserID }) {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// applyTo does the action to one member, and records what became of it.
func (c *change) applyTo(org db.Organization, row db.MemberRow, apply bulkStep, result *BulkResult) error {
	action := c.entry.action
	c.about("organization_member", row.UserID, row.Username, org.ID)
	m, changed, err := apply(row)
	refusal, refused := errors.AsType[*Error](err)
	switch {
	case refused:
		m, err := c.memberOf(c.ctx, row)
		if err != nil {
			return err
		}
		reason := refusal.Detail
		if reason == "" {
			reason = refusal.Message
		}
		result.Refused = append(result.Refused, BulkRefusal{Who: row.Username, Member: &m, Reason: reason})
	case err != nil:
		return err
	case changed:
		result.Done = append(result.Done, m)
		return c.record(c.q)
	default:
		result.Unchanged = append(result.Unchanged, m)
	}
	c.entry = entry{action: action, status: 200}
	return nil
}

// AddMembers makes many users members, without roles, in one transaction: each named by username, e-mail address or
// uuid. Who can't be added is told of; the others are. NotFound: no such organization. Forbidden: needs
// organization_member:create and assign_org_role:assign. Invalid: more than 1,000 names. With WithDryRun it only tells.
func (s *Service) AddMembers(ctx context.Context, subject *Subject, organization string, input Input[[]string]) (result BulkResult, err error) {
	const limit = 1000
	err = s.change(ctx, subject, "create", func(c *change) error {
		org, err := c.organization(ctx, c.by, organization)
		if err != nil {
			return err
		}
		result = BulkResult{Organization: organizationOf(org)}
		c.sets = map[uuid.UUID]*roleSet{} // of thousands of members it is the same roles
		if !mayAdd(c.by, org.ID) {
			return errForbidden(toAdd...)
		}
		who, err := input.Read()
		if err != nil {
			return err
		}
		if len(who) > limit {
			return invalid(fmt.Sprintf("More than %d names at once.", limit), "Add them in parts.")
		}
		for _, name := range who {
			if err := c.addNamed(org, name, &result); err != nil {
				return err
			}
		}
		return nil
	})
	return result, err
}

func (c *change) addNamed(org db.Organization, name string, result *BulkResult) error {
	row, ok, err := c.findUserOrEmail(name)
	if err != nil {
		return err
	}
	if !ok || !c.by.Can("read", userObject(row.ID)) {
		result.Refused = append(result.Refused, BulkRefusal{Who: name, Reason: "No such user"})
		return nil
	}
	c.about("organization_member", row.ID, row.Username, org.ID)
	m, err := c.addMember(org, row)
	if e, refused := errors.AsType[*Error](err); refused {
		result.Refused = append(result.Refused, BulkRefusal{Who: name, Reason: e.Message})
		c.entry = entry{action: "create", status: 200}
		return nil
	}
	if err != nil {
		return err
	}
	result.Done = append(result.Done, m)
	return c.record(c.q)
}

func (c *change) findUserOrEmail(name string) (db.UserRow, bool, error) {
	if !strings.Contains(name, "@") {
		return c.findUser(c.ctx, c.by, name)
	}
	row, err := c.q.GetUserByEmail(c.ctx, Fold(name))
	if db.IsNotFound(err) {
		return row, false, nil
	}
	return row, err == nil, err
}
