package tenant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// MaxBulk is how many members one bulk action may reach: more would hold up every other write.
const MaxBulk = 10_000

// BulkMembers does one thing to many members in one transaction, with one audit row for each that changes. Members whom a
// rule protects are left out and listed in the result; the others are done. In a dry run nothing is stored.
// NotFound: no such organization. Invalid: a bad body, an unknown role, an exception that does not match, or more than
// 10,000 members. Forbidden: the caller may do this to no one. Conflict: other members match than were expected.
func (s *Service) BulkMembers(ctx context.Context, subject *org.Actor, organization string, input org.Input[org.Bulk]) (result org.BulkResult, err error) {
	defer org.Wrap(&err, "change members of %q in bulk", organization)
	err = s.units.Do(ctx, subject, unit.InOrganization(organization), "write", func(c *unit.Mixed) error {
		o, err := c.Organization(ctx, c.Actor, organization)
		if err != nil {
			return err
		}
		result = org.BulkResult{Organization: unit.OrganizationOf(o)}
		c.Sets = map[uuid.UUID]*unit.RoleSet{} // of thousands of members it is the same roles
		if !mayBulk(c.Actor, o.ID) {
			return org.ErrForbidden("assign_org_role:assign")
		}
		in, err := input.Read()
		if err != nil {
			return err
		}
		apply, err := bulkAction(c, o, in)
		if err != nil {
			return err
		}
		rows, err := bulkRows(c, o, in, &result)
		if err != nil {
			return err
		}
		if n := len(rows) + len(result.Refused); in.Expect != nil && *in.Expect != n {
			return &org.Error{Kind: org.Conflict, Message: "The list changed meanwhile.",
				Detail: fmt.Sprintf("It was about %d members, and now it would be %d. Nothing was changed.", *in.Expect, n)}
		}
		for _, row := range rows {
			if err := applyTo(c, o, row, apply, &result); err != nil {
				return err
			}
		}
		return nil
	})
	return result, err
}

func mayBulk(by *org.Actor, orgID uuid.UUID) bool {
	return by.Can("assign", org.OrgRolesObject(orgID)) || by.Can("unassign", org.OrgRolesObject(orgID)) || by.Can("delete", org.MembersObject(orgID))
}

// bulkStep does the action to one member and says whether that changed anything.
type bulkStep func(row db.MemberRow) (org.Member, bool, error)

// bulkAction checks the action as such. Invalid: there is no such action or role. Forbidden: the caller may not at all.
func bulkAction(c *unit.Mixed, o db.Organization, in org.Bulk) (bulkStep, error) {
	if in.Action == org.BulkRemove {
		c.Entry.Action = "delete"
		if !c.Actor.Can("delete", org.MembersObject(o.ID)) {
			return nil, org.ErrForbidden("organization_member:delete")
		}
		return func(row db.MemberRow) (org.Member, bool, error) {
			m, err := removeMember(c, o, row, nil)
			return m, true, err
		}, nil
	}
	give := in.Action == org.BulkAddRole
	if !give && in.Action != org.BulkRemoveRole {
		return nil, org.FieldErrors{{Field: "action", Detail: "must be one of add-role, remove-role, remove"}}.Err("Unknown bulk action.")
	}
	set, err := c.Roles(c.Ctx, o.ID)
	if err != nil {
		return nil, err
	}
	role, ok := set.ByName[in.Role]
	if !ok {
		return nil, org.FieldErrors{{Field: "role", Detail: fmt.Sprintf("%q is not a role of %s", in.Role, o.DisplayName)}}.Err("Choose a role.")
	}
	right := "unassign"
	if give {
		right = "assign"
	}
	if refusal := unit.GiveRefusal(c.Actor, right, org.OrgRolesObject(o.ID), role); refusal != "" {
		return nil, &org.Error{Kind: org.Forbidden, Message: fmt.Sprintf("not authorized to assign role %q", in.Role), Detail: refusal + "."}
	}
	return func(row db.MemberRow) (org.Member, bool, error) {
		wanted := slices.DeleteFunc(strings.Fields(row.Roles), func(n string) bool { return n == in.Role })
		if give {
			wanted = append(wanted, in.Role)
		}
		return setMemberRoles(c, o, row, org.Given(org.RolesInput{Roles: wanted}))
	}, nil
}

// bulkRows finds the members that are meant. Who is not one is told of in result.
func bulkRows(c *unit.Mixed, o db.Organization, in org.Bulk, result *org.BulkResult) ([]db.MemberRow, error) {
	tooMany := org.ErrInvalid(fmt.Sprintf("More than %d members at once.", MaxBulk), "Narrow the filter and do it in parts.")
	if in.Match == nil {
		if len(in.Users) > MaxBulk {
			return nil, tooMany
		}
		return namedRows(c, o, in.Users, result)
	}
	search, err := unit.NewMemberSearch(o, c.Readable(c.Actor, o.ID), in.Match)
	if err != nil {
		return nil, err
	}
	search.MaxRows, search.Skip = MaxBulk+1, 0
	ids, err := c.MemberIDs(c.Ctx, search)
	if err != nil {
		return nil, err
	}
	if len(ids) > MaxBulk {
		return nil, tooMany
	}
	var rows []db.MemberRow
	for piece := range slices.Chunk(ids, unit.ChunkSize) {
		part, err := c.Q.ListMembersByID(c.Ctx, db.ListMembersByIDParams{OrganizationID: o.ID, UserIds: piece})
		if err != nil {
			return nil, err
		}
		rows = append(rows, part...)
	}
	unit.InOrder(rows, ids, func(r *db.MemberRow) uuid.UUID { return r.UserID })
	return without(c, rows, in.Except)
}

// without leaves out the members that are named. Invalid: one is not among them. Such a name may be misspelled, and whom
// it was meant to spare would be changed.
func without(c *unit.Mixed, rows []db.MemberRow, except []string) ([]db.MemberRow, error) {
	key := func(ref string) string { // a username is shorter than an id as it is written here
		if ref == "me" {
			return c.Actor.ID().String()
		}
		if id, err := uuid.Parse(ref); err == nil {
			return id.String()
		}
		return org.FoldCase(ref)
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
	var p org.FieldErrors
	for i, ref := range except {
		if !spared[key(ref)] && len(p) < 100 {
			p.Add(fmt.Sprintf("except[%d]", i), fmt.Sprintf("%q is not among the members that match", ref))
		}
	}
	return rows, p.Err("Nothing was changed.")
}

func namedRows(c *unit.Mixed, o db.Organization, users []string, result *org.BulkResult) (rows []db.MemberRow, err error) {
	for _, name := range users {
		row, err := c.Member(c.Ctx, c.Actor, o.ID, name)
		if e, ok := errors.AsType[*org.Error](err); ok {
			result.Refused = append(result.Refused, org.BulkRefusal{Who: name, Reason: e.Message})
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
func applyTo(c *unit.Mixed, o db.Organization, row db.MemberRow, apply bulkStep, result *org.BulkResult) error {
	action := c.Entry.Action
	c.About("organization_member", row.UserID, row.Username, o.ID)
	m, changed, err := apply(row)
	refusal, refused := errors.AsType[*org.Error](err)
	switch {
	case refused:
		m, err := c.MemberOf(c.Ctx, row)
		if err != nil {
			return err
		}
		reason := refusal.Detail
		if reason == "" {
			reason = refusal.Message
		}
		result.Refused = append(result.Refused, org.BulkRefusal{Who: row.Username, Member: &m, Reason: reason})
	case err != nil:
		return err
	case changed:
		result.Done = append(result.Done, m)
		return c.Record()
	default:
		result.Unchanged = append(result.Unchanged, m)
	}
	c.Entry = unit.Entry{Action: action, Status: 200}
	return nil
}

// AddMembers makes many users members, without roles, in one transaction: each named by username, e-mail address or
// uuid. Who can't be added is told of; the others are. NotFound: no such organization. Forbidden: needs
// organization_member:create and assign_org_role:assign. Invalid: more than 1,000 names. A dry run only tells.
func (s *Service) AddMembers(ctx context.Context, subject *org.Actor, organization string, input org.Input[[]string]) (result org.BulkResult, err error) {
	defer org.Wrap(&err, "add members to %q", organization)
	const limit = 1000
	err = s.units.Do(ctx, subject, unit.InOrganization(organization), "create", func(c *unit.Mixed) error {
		o, err := c.Organization(ctx, c.Actor, organization)
		if err != nil {
			return err
		}
		result = org.BulkResult{Organization: unit.OrganizationOf(o)}
		c.Sets = map[uuid.UUID]*unit.RoleSet{} // of thousands of members it is the same roles
		if !unit.MayAddMembers(c.Actor, o.ID) {
			return org.ErrForbidden(unit.PermissionsToAdd...)
		}
		who, err := input.Read()
		if err != nil {
			return err
		}
		if len(who) > limit {
			return org.ErrInvalid(fmt.Sprintf("More than %d names at once.", limit), "Add them in parts.")
		}
		for _, name := range who {
			if err := addNamed(c, o, name, &result); err != nil {
				return err
			}
		}
		return nil
	})
	return result, err
}

func addNamed(c *unit.Mixed, o db.Organization, name string, result *org.BulkResult) error {
	row, ok, err := findUserOrEmail(c, name)
	if err != nil {
		return err
	}
	if !ok || !c.Actor.Can("read", org.UserObject(row.ID)) {
		result.Refused = append(result.Refused, org.BulkRefusal{Who: name, Reason: "No such user"})
		return nil
	}
	c.About("organization_member", row.ID, row.Username, o.ID)
	m, err := addMember(c, o, row)
	if e, refused := errors.AsType[*org.Error](err); refused {
		result.Refused = append(result.Refused, org.BulkRefusal{Who: name, Reason: e.Message})
		c.Entry = unit.Entry{Action: "create", Status: 200}
		return nil
	}
	if err != nil {
		return err
	}
	result.Done = append(result.Done, m)
	return c.Record()
}

func findUserOrEmail(c *unit.Mixed, name string) (db.UserRow, bool, error) {
	if !strings.Contains(name, "@") {
		return c.FindUser(c.Ctx, c.Actor, name)
	}
	row, err := c.Q.GetUserByEmail(c.Ctx, org.FoldCase(name))
	if db.IsNotFound(err) {
		return row, false, nil
	}
	return row, err == nil, err
}
