package tenant

import (
	"context"
	"slices"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Joining is what was decided about a member who accepted an invitation.
type Joining struct {
	change memberChange
	held   []string // what it gives and the member holds from elsewhere: a record more
}

// DecideInvited gives an account what an invitation offers in an organization: the membership, and roles in addition to those
// that it holds there. The calling code checks whether the maker may give them. Invalid: it would deny something to the last
// member who can manage the organization, and the maker is no site owner.
func DecideInvited(ctx context.Context, a *unit.Attempt, maker *org.Actor, o db.Organization, user db.UserRow, roles []string, from org.Origin) (j Joining, err error) {
	a.About("organization_member", user.ID, user.Username, o.ID)
	row, err := a.MemberRow(ctx, o.ID, user.ID) // one that has ended is none: what was held by it does not come back
	switch {
	case db.IsNotFound(err):
		if j.change, _, err = decideAddition(ctx, a, o, user, from.Terms); err != nil {
			return j, err
		}
		j.change.After, j.change.Origin = roles, from
	case err != nil:
		return j, err
	default:
		m, err := a.MemberOf(ctx, row)
		if err == nil {
			j, err = besides(ctx, a, row, m, roles, from)
		}
		if err == nil && !maker.Owner() {
			err = a.KeepManager(ctx, o, &m, &j.change.HolderChange)
		}
		if err != nil {
			return j, err
		}
	}
	a.WillHold(j.change.HolderChange)
	return j, nil
}

// besides decides what an invitation gives to someone who is a member already.
func besides(ctx context.Context, a *unit.Attempt, row db.MemberRow, m org.Member, roles []string, from org.Origin) (j Joining, err error) {
	j.change = changeOf(row, m)
	j.change.Origin = from
	j.change.After = append(slices.Clone(j.change.Before), roles...)
	slices.Sort(j.change.After)
	j.change.After = slices.Compact(j.change.After)
	records, err := a.Q.ListRecords(ctx, db.ListRecordsParams{OrganizationID: row.OrganizationID, UsernameKey: row.UsernameKey})
	if err != nil {
		return j, err
	}
	for _, role := range append([]string{org.RoleOrganizationUser}, roles...) {
		// An invitation never makes what an earlier one gave end sooner.
		longer := slices.ContainsFunc(records, func(r db.MemberRole) bool {
			return r.Role == role && r.Source == string(from.Source) && (!r.EndsAt.Valid || from.Until != nil && !from.Until.After(r.EndsAt.Time))
		})
		if !longer && !slices.Contains(j.change.Given(), role) {
			j.held = append(j.held, role)
		}
	}
	return j, nil
}

// Store stores the change, in the entry of the unit.
func (j *Joining) Store(ctx context.Context, w *unit.Writer) error {
	c := &j.change
	if c.Joins {
		w.Action = "create"
	}
	for _, role := range j.held {
		if err := w.StoreRecord(ctx, c.Place, c.User, c.key, role, c.Origin); err != nil {
			return err
		}
	}
	return storeMember(ctx, w, *c)
}
