package directory

import (
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/scim"
	"rolecall.example/org/tenant"
	"rolecall.example/org/unit"
)

// A group is its members and its name, and both decide what its members hold. Directories send a group of thousands as
// small changes: the people in a change are found by their ids, and the others are not read. If a group is replaced or renamed,
// all its members are read, in batches. What a person holds is computed from all their groups, never by adding or removing
// what one group gives: two groups may give the same role.

// CreateGroup stores a new group, with its members. Conflict: its displayName or its externalId is taken. Invalid: a member
// is not in the directory.
func (s *Service) CreateGroup(ctx context.Context, c *Caller, d scim.Document) (_ scim.Resource, err error) {
	defer org.Wrap(&err, "create a group of %s", c.source())
	return s.changeGroup(ctx, groupChange{caller: c, whole: d, creates: true})
}

// ReplaceGroup replaces everything the directory says about a group. NotFound: no such group. Conflict and Invalid as
// CreateGroup; also Conflict: begun lacks the stored version. Forbidden: the organization needs a member's role.
func (s *Service) ReplaceGroup(ctx context.Context, c *Caller, id string, begun org.Versions, d scim.Document) (_ scim.Resource, err error) {
	defer org.Wrap(&err, "replace group %q of %s", id, c.source())
	return s.changeGroup(ctx, groupChange{caller: c, id: unit.ParseID(id), begun: begun, whole: d})
}

// PatchGroup applies a directory's changes to a group. Errors as ReplaceGroup, and those of the change.
func (s *Service) PatchGroup(ctx context.Context, c *Caller, id string, begun org.Versions, p *scim.Patch) (_ scim.Resource, err error) {
	defer org.Wrap(&err, "patch group %q of %s", id, c.source())
	return s.changeGroup(ctx, groupChange{caller: c, id: unit.ParseID(id), begun: begun, patch: p})
}

// DeleteGroup deletes a group, and ends what it gave. Errors as ReplaceGroup.
func (s *Service) DeleteGroup(ctx context.Context, c *Caller, id string, begun org.Versions) (err error) {
	defer org.Wrap(&err, "delete group %q of %s", id, c.source())
	_, err = s.changeGroup(ctx, groupChange{caller: c, id: unit.ParseID(id), begun: begun, deletes: true})
	return err
}

// groupChange is what a directory says about a group.
type groupChange struct {
	caller  *Caller
	id      uuid.UUID
	begun   org.Versions
	whole   scim.Document
	patch   *scim.Patch
	creates bool
	deletes bool
}

// changeGroup stores what a directory says about a group, and what that gives its members, in one transaction: nobody
// ever holds what neither the old group nor the new one gives.
func (s *Service) changeGroup(ctx context.Context, in groupChange) (scim.Resource, error) {
	r, _, err := unit.Do(ctx, s.units, nil, unit.InOrganization(in.caller.Organization.String()), "write", in, planGroup, applyGroup)
	return r, err
}

// groupPlan is the decision about a group and its members.
type groupPlan struct {
	in          groupChange
	row         db.DirectoryGroup // before the change; a new group has its id too
	group       scim.Group        // after the change
	add, remove []uuid.UUID       // people
	changed     bool              // more than the members changes
	directed    []tenant.Directed
	resource    scim.Resource
}

// planGroup decides about a group, and what people who join, leave, or stay while it is renamed hold from then on.
func planGroup(ctx context.Context, a *unit.Attempt, in groupChange) (p groupPlan, err error) {
	in.caller.become(a)
	p.in = in
	if err := p.read(ctx, a); err != nil {
		return p, err
	}
	members, err := p.after(ctx, a)
	if err != nil {
		return p, err
	}
	if !in.deletes {
		if err := p.free(ctx, a); err != nil {
			return p, err
		}
	}
	before := p.row.Document
	p.changed = in.creates || p.row.DisplayName != p.group.DisplayName || p.row.ExternalID != p.group.ExternalID || before != p.group.Document.JSON()
	affected := slices.Concat(p.add, p.remove)
	if !in.creates && (p.row.DisplayName != p.group.DisplayName || p.row.ExternalID != p.group.ExternalID) {
		affected = append(affected, members...) // another rule may apply to them now
	}
	if err := p.direct(ctx, a, affected); err != nil {
		return p, forbidden(err)
	}
	a.About(groupType, p.row.ID, p.group.DisplayName, in.caller.Organization)
	return p, p.answer(ctx, a, members)
}

// read reads the stored group.
func (p *groupPlan) read(ctx context.Context, a *unit.Attempt) (err error) {
	if p.in.creates {
		p.row = db.DirectoryGroup{ID: unit.NewID(), OrganizationID: p.in.caller.Organization, CreatedAt: a.Now, UpdatedAt: a.Now}
		a.About(groupType, uuid.Nil, p.in.whole.Text("displayName"), p.in.caller.Organization)
		return nil
	}
	p.row, err = a.Q.GetDirectoryGroup(ctx, db.GetDirectoryGroupParams{ID: p.in.id, OrganizationID: p.in.caller.Organization})
	if db.IsNotFound(err) {
		return scim.ErrNotFound(scim.Groups, p.in.id.String())
	}
	if err != nil {
		return err
	}
	a.About(groupType, p.row.ID, p.row.DisplayName, p.row.OrganizationID)
	return a.BegunFrom(ctx, p.in.begun, strconv.FormatInt(p.row.Version, 10), "The group has changed.")
}

// after finds what the group will be, and who joins and leaves. members are all its members afterwards, or nil if they were
// not read because people join and leave by id.
func (p *groupPlan) after(ctx context.Context, a *unit.Attempt) (members []uuid.UUID, err error) {
	if p.in.creates {
		p.group, err = scim.ReadGroup(p.in.whole)
		p.add = p.group.Members
		return p.add, err
	}
	r, err := groupOf(p.row)
	if err != nil {
		return nil, err
	}
	if p.in.patch != nil {
		if add, remove, ok := p.in.patch.Members(); ok {
			p.group = scim.Group{DisplayName: p.row.DisplayName, ExternalID: p.row.ExternalID, Document: r.Document}
			return nil, p.some(ctx, a, add, remove)
		}
	}
	list := []scim.Resource{r}
	if err := withMembers(ctx, a.Q, list); err != nil {
		return nil, err
	}
	r = list[0]
	var is []uuid.UUID
	for _, ref := range r.Refs {
		is = append(is, ref.ID)
	}
	if p.in.deletes {
		p.group, p.remove = scim.Group{DisplayName: p.row.DisplayName, ExternalID: p.row.ExternalID, Document: r.Document}, is
		return nil, nil
	}
	d := p.in.whole
	if p.in.patch != nil {
		if d, err = p.in.patch.Apply(&r); err != nil {
			return nil, err
		}
	}
	if p.group, err = scim.ReadGroup(d); err != nil {
		return nil, err
	}
	p.add, p.remove = without(p.group.Members, is), without(is, p.group.Members)
	return p.group.Members, nil
}

// some is after for people who join and leave by id: those already in the group do not join, and those not in it do not leave.
func (p *groupPlan) some(ctx context.Context, a *unit.Attempt, add, remove []uuid.UUID) error {
	in := map[uuid.UUID]bool{}
	for ids := range slices.Chunk(slices.Concat(add, remove), pieceOf) {
		rows, err := a.Q.ListGroupsOfDirectoryUsers(ctx, ids)
		if err != nil {
			return err
		}
		for _, r := range rows {
			in[r.SCIMUserID] = in[r.SCIMUserID] || r.ID == p.row.ID
		}
	}
	p.add = slices.DeleteFunc(slices.Clone(add), func(id uuid.UUID) bool { return in[id] })
	p.remove = slices.DeleteFunc(slices.Clone(remove), func(id uuid.UUID) bool { return !in[id] })
	return nil
}

// without returns the ids of a list that are not in another one.
func without(ids, others []uuid.UUID) []uuid.UUID {
	there := make(map[uuid.UUID]bool, len(others))
	for _, id := range others {
		there[id] = true
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id uuid.UUID) bool { return there[id] })
}

// free refuses a displayName or an externalId that another group has. Conflict.
func (p *groupPlan) free(ctx context.Context, a *unit.Attempt) error {
	place := p.in.caller.Organization
	other, err := a.Q.GetDirectoryGroupNamed(ctx, db.GetDirectoryGroupNamedParams{OrganizationID: place, DisplayNameKey: org.FoldCase(p.group.DisplayName)})
	switch {
	case err == nil && other.ID != p.row.ID:
		return scim.Taken("displayName")
	case err != nil && !db.IsNotFound(err):
		return err
	}
	other, err = a.Q.GetDirectoryGroupByExternalID(ctx, db.GetDirectoryGroupByExternalIDParams{OrganizationID: place, ExternalID: p.group.ExternalID})
	switch {
	case err == nil && other.ID != p.row.ID:
		return scim.Taken("externalId")
	case err != nil && !db.IsNotFound(err):
		return err
	}
	return nil
}

// direct decides what the people affected hold afterwards, from all their groups. Invalid: a person who joins is not in
// the directory.
func (p *groupPlan) direct(ctx context.Context, a *unit.Attempt, affected []uuid.UUID) error {
	if len(affected) == 0 {
		return nil
	}
	o, err := a.Q.GetOrganization(ctx, p.in.caller.Organization)
	if err != nil {
		return err
	}
	m, err := mappingOf(ctx, a, o.ID)
	if err != nil {
		return err
	}
	goes := map[uuid.UUID]bool{}
	for _, id := range p.remove {
		goes[id] = true
	}
	is := group{p.row.ID, p.group.DisplayName, p.group.ExternalID}
	found, wanted := map[uuid.UUID]bool{}, map[uuid.UUID]map[string]string{}
	for ids := range slices.Chunk(affected, pieceOf) {
		people, err := a.Q.ListAccountsOfDirectoryUsers(ctx, db.ListAccountsOfDirectoryUsersParams{OrganizationID: o.ID, Ids: ids})
		if err != nil {
			return err
		}
		groups, err := a.Q.ListGroupsOfDirectoryUsers(ctx, ids)
		if err != nil {
			return err
		}
		for _, person := range people {
			found[person.ID] = true
			if !person.Active {
				continue
			}
			roles := map[string]string{}
			for _, g := range groups {
				if g.SCIMUserID == person.ID && g.ID != is.id {
					m.add(roles, group{g.ID, g.DisplayName, g.ExternalID})
				}
			}
			if !goes[person.ID] && !p.in.deletes {
				m.add(roles, is)
			}
			wanted[person.UserID] = roles
		}
	}
	if err := p.known(found); err != nil {
		return err
	}
	p.directed, err = tenant.DecideDirectedAll(ctx, a, o, wanted, p.in.caller.source())
	return err
}

// known refuses people who are not in the directory; it names only a few.
func (p *groupPlan) known(found map[uuid.UUID]bool) error {
	const named = 20
	text := ""
	for i, n := 0, 0; i < len(p.add) && n < named; i++ {
		if !found[p.add[i]] {
			text, n = text+" There is no user \""+p.add[i].String()+"\" in this directory.", n+1
		}
	}
	if text == "" {
		return nil
	}
	return scim.Refuse(scim.InvalidValue, text[1:])
}

// answer builds the answer: the group afterwards, with its members if they were read.
func (p *groupPlan) answer(ctx context.Context, a *unit.Attempt, members []uuid.UUID) (err error) {
	if p.in.deletes {
		return nil
	}
	after := p.row
	after.DisplayName, after.ExternalID, after.Document = p.group.DisplayName, p.group.ExternalID, p.group.Document.JSON()
	if p.writes() {
		after.Version, after.UpdatedAt = p.row.Version+1, a.Now
	}
	if p.resource, err = groupOf(after); err != nil || members == nil && p.in.patch != nil {
		return err
	}
	p.resource.Refs = []scim.Ref{}
	for ids := range slices.Chunk(members, pieceOf) {
		rows, err := a.Q.ListDirectoryUserNames(ctx, ids)
		if err != nil {
			return err
		}
		for _, r := range rows {
			p.resource.Refs = append(p.resource.Refs, scim.Ref{ID: r.ID, Display: r.UserName})
		}
	}
	return nil
}
