package tenant

import (
	"context"
	"slices"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Synced is what was decided about a member by edits of records.
type Synced struct{ change memberChange }

// DecideSynced edits the records of an account in an organization, including those of its membership. If no record of the
// membership is left, it ends with all its roles. The calling code checks whether that is allowed.
func DecideSynced(ctx context.Context, a *unit.Attempt, o db.Organization, user db.UserRow, edits []org.RecordEdit) (s Synced, err error) {
	row, err := a.MemberRow(ctx, o.ID, user.ID)
	switch {
	case db.IsNotFound(err):
		return joined(ctx, a, o, user, edits)
	case err != nil:
		return s, err
	}
	m, err := a.MemberOf(ctx, row)
	if err != nil {
		return s, err
	}
	records, err := a.Records(ctx, o.ID, row.UsernameKey)
	if err != nil {
		return s, err
	}
	c := changeOf(row, m)
	left := edited(records, edits)
	c.Edits, c.After = edits, []string{}
	if c.Leaves = !slices.ContainsFunc(left, isMembership); c.Leaves {
		c.Edits = nil
		for _, r := range records { // those of other sources go with the membership
			c.Edits = append(c.Edits, org.RecordEdit{Role: r.Role, Gone: []org.Assignment{r}})
		}
		return s.noted(a, c), nil
	}
	for _, r := range left {
		if !isMembership(r) && !slices.Contains(c.After, r.Role) {
			c.After = append(c.After, r.Role)
		}
	}
	slices.Sort(c.After)
	for role := range org.EndsOf(left) {
		c.Ending = append(c.Ending, role)
	}
	slices.Sort(c.Ending)
	return s.noted(a, c), nil
}

// joined does the work of DecideSynced for an account that is not a member.
func joined(ctx context.Context, a *unit.Attempt, o db.Organization, user db.UserRow, edits []org.RecordEdit) (s Synced, err error) {
	i := slices.IndexFunc(edits, func(e org.RecordEdit) bool { return e.Role == org.RoleOrganizationUser && e.New != nil })
	if i < 0 { // what gave the membership is gone since
		return s, nil
	}
	r := edits[i].New
	from := org.Origin{Source: r.Source, Ref: r.SourceRef, Terms: org.Terms{Until: r.Until, Reason: r.Reason}}
	c, _, err := decideAddition(ctx, a, o, user, from.Terms)
	if err != nil {
		return s, err
	}
	c.Origin = from
	for _, e := range slices.Delete(slices.Clone(edits), i, i+1) {
		if e.New != nil {
			c.Edits = append(c.Edits, org.RecordEdit{Role: e.Role, New: e.New})
			c.After = append(c.After, e.Role)
		}
	}
	slices.Sort(c.After)
	return s.noted(a, c), nil
}

func (s Synced) noted(a *unit.Attempt, c memberChange) Synced {
	a.WillHold(c.HolderChange)
	s.change = c
	return s
}

func isMembership(r org.Assignment) bool { return r.Role == org.RoleOrganizationUser }

// edited returns what is left of records after edits.
func edited(records []org.Assignment, edits []org.RecordEdit) []org.Assignment {
	left := slices.Clone(records)
	for _, e := range edits {
		left = slices.DeleteFunc(left, func(r org.Assignment) bool {
			return r.Role == e.Role && (slices.ContainsFunc(e.Gone, func(g org.Assignment) bool { return g.Source == r.Source }) ||
				e.New != nil && e.New.Source == r.Source)
		})
		if e.New != nil {
			left = append(left, *e.New)
		}
	}
	return left
}

// Store stores the change, with its own entry.
func (s *Synced) Store(ctx context.Context, w *unit.Writer) error {
	c := &s.change
	if !c.changes() {
		return nil
	}
	switch {
	case c.Joins:
		w.Begin("create", 200)
	case c.Leaves:
		w.Begin("delete", 204)
	default:
		w.Begin("write", 200)
	}
	w.About("organization_member", c.User, c.Username, c.Place)
	if err := storeMember(ctx, w, *c); err != nil {
		return err
	}
	return w.Record(ctx)
}
