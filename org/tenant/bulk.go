package tenant

import (
	"cmp"
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

// MaxBulk is the most members that one bulk action may change: more would hold up every other write.
const MaxBulk = 10_000

// BulkMembers does one thing to many members in one transaction, with one audit row for each that changes. Members whom a
// rule protects are left out and listed in the result; the others are done.
// NotFound: no such organization. Invalid: a bad body, an unknown role, an exception that does not match, or more than
// 10,000 members. Forbidden: the caller may do this to no one. Conflict: other members match than were expected.
func (s *Service) BulkMembers(ctx context.Context, subject *org.Actor, organization string, input org.Input[org.Bulk]) (_ org.BulkResult, err error) {
	defer org.Wrap(&err, "change members of %q in bulk", organization)
	result, done, err := unit.Do(ctx, s.units, subject, unit.InOrganization(organization), "write", bulk{organization, input}, planBulk, applyBulk)
	result.Entry = done.Entry
	return result, err
}

// PreviewBulk returns what BulkMembers would answer, and how it would change what people may do. Errors as there.
func (s *Service) PreviewBulk(ctx context.Context, subject *org.Actor, organization string, input org.Input[org.Bulk]) (_ org.BulkResult, _ org.Impact, err error) {
	defer org.Wrap(&err, "preview a change of members of %q in bulk", organization)
	p, impact, err := unit.Try(ctx, s.units, subject, bulk{organization, input}, planBulk)
	return p.result, impact, err
}

// bulk asks to do one thing to many members.
type bulk struct {
	organization string
	input        org.Input[org.Bulk]
}

// bulkPlan holds the members who change, in order, and the answer.
type bulkPlan struct {
	action  string // as the entries call it
	changes []memberChange
	result  org.BulkResult
}

// planBulk checks the caller before the body, then the action as such, then each member separately.
func planBulk(ctx context.Context, a *unit.Attempt, in bulk) (p bulkPlan, err error) {
	o, err := a.Organization(ctx, a.Actor, in.organization)
	if err != nil {
		return p, err
	}
	p.action, p.result.Organization = "write", unit.OrganizationOf(o)
	a.Sets = map[uuid.UUID]*unit.RoleSet{} // of thousands of members it is the same roles
	if !mayBulk(a.Actor, o.ID) {
		return p, org.ErrForbidden("assign_org_role:assign")
	}
	wanted, err := in.input.Read()
	if err != nil && org.FieldsOf(err) == nil {
		return p, err
	}
	if wanted.Action == org.BulkRemove {
		p.action = "delete"
	}
	if err := mayDo(ctx, a, o, wanted, err); err != nil {
		return p, err
	}
	rows, err := bulkRows(ctx, a.Reader, a.Actor, o, wanted, &p.result)
	if err != nil {
		return p, err
	}
	if err := asSeen(ctx, a, wanted.Seen, rows, memberMeant, func(id uuid.UUID) bool {
		return a.Actor.Can("read", org.MemberObject(o.ID, id)) || a.Actor.Can("read", org.UserObject(id))
	}); err != nil {
		return p, err
	}
	// Named people who are not members count too: the caller counted names.
	if err := asExpected(wanted.Expect, len(rows)+len(p.result.Refused), "members"); err != nil {
		return p, err
	}
	if err := a.ReadRecords(ctx, o.ID, rows); err != nil {
		return p, err
	}
	for _, row := range rows {
		c, err := decideBulk(ctx, a, o, row, wanted)
		if err := p.add(ctx, a, row, c, err); err != nil {
			return p, err
		}
	}
	return p, nil
}

// decideBulk decides about one member, given what was decided about those before it.
func decideBulk(ctx context.Context, a *unit.Attempt, o db.Organization, row db.MemberRow, in org.Bulk) (memberChange, error) {
	if in.Action == org.BulkRemove {
		return decideRemoval(ctx, a, o, row, nil)
	}
	held, terms := strings.Fields(row.Roles), in.Terms
	wanted := slices.DeleteFunc(slices.Clone(held), func(n string) bool { return n == in.Role })
	switch {
	case in.Action == org.BulkAddRole:
		wanted = append(wanted, in.Role)
	case in.Action == org.BulkReplaceRole && len(wanted) < len(held):
		wanted = append(wanted, in.With)
		records, err := a.RecordsOfMember(ctx, row)
		if err != nil {
			return memberChange{}, err
		}
		terms = inherited(terms, (&assignment{Attempt: a, records: records}).live(in.Role, false))
	}
	return decideRoles(ctx, a, o, row, org.Given(org.RolesInput{Roles: wanted, Terms: terms}))
}

// inherited fills in what terms leave open from the records of the role that is replaced: access that would have ended
// still ends, unless the caller says otherwise.
func inherited(terms org.Terms, before []org.Assignment) org.Terms {
	if last := lastOf(before); last != nil {
		if terms.Until == nil {
			terms.Until = last.Until
		}
		terms.Reason = cmp.Or(terms.Reason, last.Reason)
	}
	return terms
}

// add notes what was decided about a member.
func (p *bulkPlan) add(ctx context.Context, a *unit.Attempt, row db.MemberRow, c memberChange, decided error) error {
	refusal, refused := errors.AsType[*org.Error](decided)
	switch {
	// A rule protects this member only; the others continue. Any other error stops the whole action.
	case refused:
		m, err := a.MemberOf(ctx, row)
		if err != nil {
			return err
		}
		p.result.Refused = append(p.result.Refused, org.BulkRefusal{
			Who: row.Username, Member: &m, Reason: cmp.Or(refusal.Detail, refusal.Message),
		})
	case decided != nil:
		return decided
	case c.changes():
		a.WillHold(c.HolderChange)
		p.changes = append(p.changes, c)
		p.result.Done = append(p.result.Done, c.member)
	default:
		p.result.Unchanged = append(p.result.Unchanged, c.member)
	}
	return nil
}

// applyBulk stores the changes of many members, each with an entry of its own.
func applyBulk(ctx context.Context, w *unit.Writer, p bulkPlan) (org.BulkResult, error) {
	for _, c := range p.changes {
		w.Begin(p.action, 200)
		w.About("organization_member", c.User, c.Username, c.Place)
		if err := storeMember(ctx, w, c); err != nil {
			return p.result, err
		}
		if err := w.Record(ctx); err != nil {
			return p.result, err
		}
	}
	return p.result, nil
}

// bulkRows finds the members that the action is about. Named people who are not members are listed in result.
func bulkRows(ctx context.Context, src unit.Reader, by *org.Actor, o db.Organization, in org.Bulk, result *org.BulkResult) ([]db.MemberRow, error) {
	tooMany := org.ErrInvalid(fmt.Sprintf("More than %d members at once.", MaxBulk), "Narrow the filter and do it in parts.")
	if in.Match == nil {
		if len(in.Users) > MaxBulk {
			return nil, tooMany
		}
		return namedRows(ctx, src, by, o, in.Users, result)
	}
	search, err := src.MemberSearch(ctx, by, o, in.Match)
	if err != nil {
		return nil, err
	}
	// Reading one more than allowed tells a full list from one that is too long.
	search.MaxRows, search.Skip = MaxBulk+1, 0
	ids, err := src.MemberIDs(ctx, search)
	if err != nil {
		return nil, err
	}
	if len(ids) > MaxBulk {
		return nil, tooMany
	}
	rows, err := membersByID(ctx, src, o.ID, ids)
	if err != nil {
		return nil, err
	}
	return without(by, stillHolding(rows, search.Roles, search.SiteRoles), memberMeant, in.Except)
}

// stillHolding leaves out members who matched by a role that has ended but was not swept yet: a list may show them for a
// moment, but an action must not reach them. The lists of names come from the search; an empty one accepts every role.
func stillHolding(rows []db.MemberRow, roles, siteRoles string) []db.MemberRow {
	return slices.DeleteFunc(rows, func(r db.MemberRow) bool { return !holdsSome(roles, r.Roles) || !holdsSome(siteRoles, r.SiteRoles) })
}

// holdsSome reports whether one of the wanted roles is held, or no particular one is wanted.
func holdsSome(wanted, held string) bool {
	names := strings.Fields(wanted)
	return len(names) == 0 || slices.Contains(names, org.RoleOrganizationUser) ||
		slices.ContainsFunc(strings.Fields(held), func(name string) bool { return slices.Contains(names, name) })
}

// membersByID reads members in batches. It returns them in the order of ids, which is also the order of the answer.
func membersByID(ctx context.Context, src unit.Reader, orgID uuid.UUID, ids []uuid.UUID) (rows []db.MemberRow, err error) {
	for piece := range slices.Chunk(ids, unit.ChunkSize) {
		part, err := src.Q.ListMembersByID(ctx, db.ListMembersByIDParams{OrganizationID: orgID, UserIds: piece})
		if err != nil {
			return nil, err
		}
		here, err := unit.HeldNow(ctx, src, part, unit.MemberStored)
		if err != nil {
			return nil, err
		}
		rows = append(rows, here...)
	}
	unit.InOrder(rows, ids, func(r *db.MemberRow) uuid.UUID { return r.UserID })
	return rows, nil
}

// without leaves out the people named in except. Invalid: one of them is not among rows. Such a name may be misspelled, and
// the person it was meant to spare would be changed.
func without[T any](by *org.Actor, rows []T, of func(*T) meant, except []string) ([]T, error) {
	key := func(ref string) string { // a username is shorter than an id as it is written here
		if ref == "me" {
			return by.ID().String()
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
	rows = slices.DeleteFunc(rows, func(r T) bool {
		found, who := false, of(&r)
		for _, k := range []string{who.id.String(), who.key} {
			if _, named := spared[k]; named {
				spared[k], found = true, true
			}
		}
		return found
	})
	var p org.FieldErrors
	for i, ref := range except {
		if !spared[key(ref)] && len(p) < 100 {
			p.Add(fmt.Sprintf("except[%d]", i), fmt.Sprintf("%q is not among those that match", ref))
		}
	}
	return rows, p.Err("Nothing was changed.")
}

// namedRows looks up members by name. A repeated name counts once; a name that is no member's is refused by itself.
func namedRows(ctx context.Context, src unit.Reader, by *org.Actor, o db.Organization, users []string, result *org.BulkResult) (rows []db.MemberRow, err error) {
	var ids []uuid.UUID
	for _, name := range users {
		if id, err := uuid.Parse(name); err == nil {
			ids = append(ids, id)
		}
	}
	found, err := membersByID(ctx, src, o.ID, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[uuid.UUID]db.MemberRow, len(found))
	for _, row := range found {
		byID[row.UserID] = row
	}
	named := make(map[uuid.UUID]bool, len(users))
	for _, name := range users {
		id, _ := uuid.Parse(name)
		row, known := byID[id]
		if !known || !by.Can("read", org.MemberObject(o.ID, id)) {
			row, err = src.Member(ctx, by, o.ID, name)
		}
		if e, ok := errors.AsType[*org.Error](err); ok {
			result.Refused = append(result.Refused, org.BulkRefusal{Who: name, Reason: e.Message})
			err = nil
			continue
		}
		if err != nil {
			return nil, err
		}
		if !named[row.UserID] {
			named[row.UserID] = true
			rows = append(rows, row)
		}
	}
	return rows, nil
}
