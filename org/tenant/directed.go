package tenant

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Direction is what a directory wants its own records to give a member.
type Direction struct {
	Source org.Source
	Roles  map[string]string // with the id of the group that gives each
}

// origin returns where the membership comes from. The source is also the giver.
func (d *Direction) origin() org.Origin {
	return org.Origin{Source: d.Source, Giver: &org.Giver{Name: string(d.Source)}}
}

// record returns the record of a role, or of the membership.
func (d *Direction) record(a *unit.Attempt, place uuid.UUID, role string) *org.Assignment {
	return &org.Assignment{
		Role: role, OrganizationID: place, Source: d.Source, SourceRef: d.Roles[role], GivenByName: string(d.Source), GivenAt: a.Now,
	}
}

// Directed is what was decided about a member on behalf of a directory.
type Directed struct{ change memberChange }

// Changes reports whether there is anything to store.
func (d *Directed) Changes() bool { return d.change.changes() }

// Leaves reports whether the membership ends.
func (d *Directed) Leaves() bool { return d.change.Leaves }

// Store stores the change, with its own entry.
func (d *Directed) Store(ctx context.Context, w *unit.Writer) error {
	c := &d.change
	switch {
	case !c.changes():
		return nil
	case c.Leaves:
		w.Begin("delete", 204)
	case c.Joins:
		w.Begin("create", 200)
	default:
		w.Begin("write", 200)
	}
	w.About("organization_member", c.User, c.Username, c.Place)
	if err := storeMember(ctx, w, *c); err != nil {
		return err
	}
	return w.Record(ctx)
}

// DecideDirected makes an account a member by a directory, with the roles that its groups give; what others have given stays.
// Invalid: it would take away the last organization-admin, or the last member who can manage the organization.
func DecideDirected(ctx context.Context, a *unit.Attempt, o db.Organization, user db.UserRow, d Direction) (done Directed, err error) {
	a.About("organization_member", user.ID, user.Username, o.ID)
	row, err := a.MemberRow(ctx, o.ID, user.ID)
	if db.IsNotFound(err) {
		c, _, err := decideAddition(ctx, a, o, user, org.Terms{})
		if err != nil {
			return done, err
		}
		c.Origin, c.After = d.origin(), slices.Sorted(maps.Keys(d.Roles))
		for _, role := range c.After {
			c.Edits = append(c.Edits, org.RecordEdit{Role: role, New: d.record(a, o.ID, role)})
		}
		done.change, err = c.noted(a, nil)
		return done, err
	}
	if err != nil {
		return done, err
	}
	records, err := a.RecordsOfMember(ctx, row)
	if err != nil {
		return done, err
	}
	done.change, err = redirect(ctx, a, o, row, records, d)
	return done, err
}

// DecideDirectedAll does what DecideDirected does for all accounts that a change of a group or of rules affects. Only members
// get roles; other accounts are left out. It reads in batches, with two queries for each.
func DecideDirectedAll(ctx context.Context, a *unit.Attempt, o db.Organization, wanted map[uuid.UUID]map[string]string, source org.Source) (list []Directed, err error) {
	ids := slices.SortedFunc(maps.Keys(wanted), func(x, y uuid.UUID) int { return strings.Compare(string(x[:]), string(y[:])) })
	a.Sets = map[uuid.UUID]*unit.RoleSet{}
	for piece := range slices.Chunk(ids, unit.ChunkSize) {
		rows, err := a.Q.ListMembersByID(ctx, db.ListMembersByIDParams{OrganizationID: o.ID, UserIds: piece})
		if err != nil {
			return nil, err
		}
		rows, err = unit.HeldNow(ctx, a.Reader, rows, unit.MemberStored)
		if err != nil {
			return nil, err
		}
		stored, err := a.Q.ListRecordsOf(ctx, db.ListRecordsOfParams{FirstID: o.ID, LastID: o.ID, UserIds: piece})
		if err != nil {
			return nil, err
		}
		records := map[uuid.UUID][]org.Assignment{}
		for _, r := range stored {
			records[r.UserID] = append(records[r.UserID], unit.AssignmentOf(r))
		}
		for _, row := range rows {
			a.About("organization_member", row.UserID, row.Username, o.ID)
			c, err := redirect(ctx, a, o, row, records[row.UserID], Direction{source, wanted[row.UserID]})
			if err != nil {
				return nil, err
			}
			if c.changes() {
				list = append(list, Directed{c})
			}
		}
	}
	return list, nil
}

// redirect changes the records of a source to those that it wants, and leaves all others alone.
func redirect(ctx context.Context, a *unit.Attempt, o db.Organization, row db.MemberRow, records []org.Assignment, d Direction) (c memberChange, err error) {
	m, err := a.MemberOf(ctx, row)
	if err != nil {
		return c, err
	}
	var left []org.Assignment // that count afterwards
	has := map[string]bool{}  // by this source
	for _, r := range records {
		ref, wanted := d.Roles[r.Role]
		wanted = wanted || r.Role == org.RoleOrganizationUser
		switch {
		case r.Source != d.Source:
			left = append(left, r)
		case !wanted:
			c.Edits = append(c.Edits, org.RecordEdit{Role: r.Role, Gone: []org.Assignment{r}})
		case r.SourceRef != ref || r.Until != nil: // another group gives it now
			c.Edits = append(c.Edits, org.RecordEdit{Role: r.Role, Gone: []org.Assignment{r}, New: d.record(a, o.ID, r.Role)})
			has[r.Role] = true
		default:
			left, has[r.Role] = append(left, r), true
		}
	}
	for _, role := range append([]string{org.RoleOrganizationUser}, slices.Sorted(maps.Keys(d.Roles))...) {
		if !has[role] {
			c.Edits = append(c.Edits, org.RecordEdit{Role: role, New: d.record(a, o.ID, role)})
		}
	}
	if len(c.Edits) == 0 {
		return memberChange{}, nil
	}
	edits := c.Edits
	c = changeOf(row, m)
	c.Edits = edits
	for _, e := range edits {
		if e.New != nil {
			left = append(left, *e.New)
		}
	}
	c.After, c.Ending = heldBy(a, left)
	c.member.Version, c.member.UpdatedAt = m.Version+1, a.Now
	was, ending := heldBy(a, records)
	if slices.Contains(c.Taken(), org.RoleOrganizationAdmin) || isAdmin(was, ending) && !isAdmin(c.After, c.Ending) {
		if err := a.KeepAdmin(ctx, o, row.UserID, m.Status, c.Before); err != nil {
			return c, err
		}
	}
	// Roles that are given are checked too: they may deny.
	if err := a.KeepManager(ctx, o, &m, &c.HolderChange); err != nil {
		return c, err
	}
	return c.noted(a, nil)
}

// isAdmin reports whether a member with these roles is an organization admin for good. ending lists the roles that will end.
func isAdmin(roles, ending []string) bool {
	return slices.Contains(roles, org.RoleOrganizationAdmin) && !slices.Contains(ending, org.RoleOrganizationAdmin) &&
		!slices.Contains(ending, org.RoleOrganizationUser)
}

// heldBy returns the roles that records give now, and which of them, or the membership, no record gives without an end.
func heldBy(a *unit.Attempt, records []org.Assignment) (roles, ending []string) {
	endless := map[string]bool{}
	roles = []string{}
	for _, r := range records {
		if !r.Counts(a.Now) {
			continue
		}
		endless[r.Role] = endless[r.Role] || r.Until == nil
		if r.Role != org.RoleOrganizationUser {
			roles = append(roles, r.Role)
		}
	}
	slices.Sort(roles)
	for role, good := range endless {
		if !good {
			ending = append(ending, role)
		}
	}
	return slices.Compact(roles), ending
}

// DecideDirectedEnd ends a membership on behalf of a directory, with everything that the member holds there: a leaver must not
// keep what others have given. Without a membership the result changes nothing. Invalid as DecideDirected.
func DecideDirectedEnd(ctx context.Context, a *unit.Attempt, o db.Organization, user db.UserRow) (done Directed, err error) {
	a.About("organization_member", user.ID, user.Username, o.ID)
	row, err := a.MemberRow(ctx, o.ID, user.ID)
	if db.IsNotFound(err) {
		return done, nil
	}
	if err != nil {
		return done, err
	}
	done.change, err = ends(ctx, a, o, row)
	if err == nil {
		a.WillHold(done.change.HolderChange)
	}
	return done, err
}
