package tenant

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// sweptAtOnce is from how many members one transaction takes ended records: other writers wait for it.
const sweptAtOnce = 500

// sweeper is the actor that the audit trail names for taking away ended records.
const sweeper = "system:expiry"

// SweepEnded takes away the records that have ended, with an entry for each member and account, and returns how many of these
// there were. The records gave nothing any more: decisions, lists and exports do not wait for it (docs/spec/records.md). If
// several replicas sweep at once, each finds what the others left.
// If it fails in a scope, it goes on with the others and tries again the next time: err is the first failure.
func (s *Service) SweepEnded(ctx context.Context) (swept int, err error) {
	defer org.Wrap(&err, "sweep ended records")
	p := db.ListDueScopesParams{Now: ended(s.units.Now()), AfterEnd: ended(time.Time{}), MaxRows: sweptAtOnce}
	failed := 0
	for {
		due, listed := s.units.DB.ListDueScopes(ctx, p)
		if listed != nil {
			return swept, errors.Join(err, listed)
		}
		for _, scope := range due {
			n, missed := s.sweepScope(ctx, scope.OrganizationID)
			swept += n
			if missed != nil {
				if failed++; failed == 1 {
					err = fmt.Errorf("in %s: %w", scope.OrganizationID, missed)
				}
			}
			p.AfterEnd, p.AfterID = scope.NextEnd, scope.OrganizationID
		}
		if len(due) < sweptAtOnce || ctx.Err() != nil {
			break
		}
	}
	if failed > 1 {
		err = fmt.Errorf("in %d places; %w", failed, err)
	}
	return swept, err
}

// NextEnd returns when the next record that has not been swept ends; ok is false if none does.
func (s *Service) NextEnd(ctx context.Context) (at time.Time, ok bool, err error) {
	defer org.Wrap(&err, "find the next end")
	next, err := s.units.DB.GetNextEnd(ctx)
	if db.IsNotFound(err) {
		return at, false, nil
	}
	return next.Time, err == nil && next.Valid, err
}

// ended returns a time in the form that queries compare ends with.
func ended(now time.Time) sql.NullTime { return sql.NullTime{Time: now, Valid: true} }

// errNotFound is the fault of a scope that claims ended records but has none.
var errNotFound = errors.New("its row in revisions tells of ended records, and there are none")

func (s *Service) sweepScope(ctx context.Context, id uuid.UUID) (swept int, err error) {
	by := s.units.Machine(sweeper)
	now := s.units.Now()
	for {
		var n int
		if id == uuid.Nil {
			n, _, err = unit.Do(ctx, s.units, by, unit.OnSite, "write", struct{}{}, planSiteSweep, applySweep)
		} else {
			n, _, err = unit.Do(ctx, s.units, by, unit.InOrganization(id.String()), "write", id, planSweep, applySweep)
		}
		if swept += n; err == nil && swept == 0 {
			// Another server may have been faster. Then the next end of the scope has changed.
			row, err := s.units.DB.GetRevision(ctx, id)
			if err == nil && row.NextEnd.Valid && !row.NextEnd.Time.After(now) {
				err = errNotFound
			}
			return 0, err
		}
		if err != nil || n < sweptAtOnce {
			return swept, err
		}
	}
}

// swept is a member or an account whose ended records are taken away.
type swept struct {
	memberChange
	records []org.Assignment // that have ended
}

// planSweep finds members with ended records. If no record of the membership is left, the membership ends.
func planSweep(ctx context.Context, a *unit.Attempt, id uuid.UUID) (list []swept, err error) {
	users, err := a.Q.ListEndedMembers(ctx, db.ListEndedMembersParams{OrganizationID: id, Now: ended(a.Now), MaxRows: sweptAtOnce})
	if err != nil || len(users) == 0 {
		return nil, err
	}
	rows, err := a.Q.ListMembersByID(ctx, db.ListMembersByIDParams{OrganizationID: id, UserIds: users})
	if err != nil {
		return nil, err
	}
	records, err := a.Q.ListRecordsOf(ctx, db.ListRecordsOfParams{FirstID: id, LastID: id, UserIds: users})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		c := swept{memberChange: memberChange{HolderChange: org.HolderChange{
			Place: id, User: row.UserID, Username: row.Username, Before: sortedNames(row.Roles), After: []string{}, Leaves: true,
			SiteRoles: sortedNames(row.SiteRoles), Suspended: org.Status(row.Status) == org.StatusSuspended,
		}, key: row.UsernameKey}}
		for _, r := range records {
			record := unit.AssignmentOf(r)
			switch {
			case r.UserID != row.UserID:
			case !record.Counts(a.Now):
				c.records = append(c.records, record)
			case r.Role == org.RoleOrganizationUser:
				c.Leaves = false
			case !slices.Contains(c.After, r.Role):
				c.After = append(c.After, r.Role)
			}
		}
		slices.Sort(c.After)
		a.WillHold(c.HolderChange)
		list = append(list, c)
	}
	return list, nil
}

// planSiteSweep finds accounts with ended records of site roles.
func planSiteSweep(ctx context.Context, a *unit.Attempt, _ struct{}) (list []swept, err error) {
	users, err := a.Q.ListEndedAccounts(ctx, db.ListEndedAccountsParams{Now: ended(a.Now), MaxRows: sweptAtOnce})
	if err != nil || len(users) == 0 {
		return nil, err
	}
	rows, err := a.Q.ListUsersByID(ctx, users)
	if err != nil {
		return nil, err
	}
	records, err := a.Q.ListSiteRecordsOf(ctx, users)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		c := swept{memberChange: memberChange{HolderChange: org.HolderChange{
			User: row.ID, Username: row.Username, Before: sortedNames(row.Roles), After: []string{},
			Suspended: org.Status(row.Status) == org.StatusSuspended,
		}}}
		for _, r := range records {
			record := unit.SiteAssignmentOf(r)
			switch {
			case r.UserID != row.ID:
			case !record.Counts(a.Now):
				c.records = append(c.records, record)
			case !slices.Contains(c.After, r.Role):
				c.After = append(c.After, r.Role)
			}
		}
		slices.Sort(c.After)
		a.WillHold(c.HolderChange)
		list = append(list, c)
	}
	return list, nil
}

func sortedNames(roles string) []string {
	return slices.Sorted(slices.Values(strings.Fields(roles)))
}

func applySweep(ctx context.Context, w *unit.Writer, list []swept) (int, error) {
	for i := range list {
		c := &list[i]
		if err := storeSwept(ctx, w, c); err != nil {
			return 0, err
		}
		w.Assignments(c.records, nil)
		if err := w.Record(ctx); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// storeSwept deletes what has ended, and fills in the entry.
func storeSwept(ctx context.Context, w *unit.Writer, c *swept) error {
	if c.Place == uuid.Nil {
		w.Begin("write", 200)
		w.About("user", c.User, c.Username, uuid.Nil)
		w.Field("rbac_roles", c.Before, c.After)
		if err := w.W.DeleteEndedSiteRecords(ctx, db.DeleteEndedSiteRecordsParams{UserID: c.User, Now: ended(w.Now)}); err != nil {
			return err
		}
		return w.W.TouchUser(ctx, db.TouchUserParams{Now: w.Now, ID: c.User})
	}
	if c.Leaves {
		w.Begin("delete", 204)
		w.About("organization_member", c.User, c.Username, c.Place)
		return storeMember(ctx, w, c.memberChange)
	}
	w.Begin("write", 200)
	w.About("organization_member", c.User, c.Username, c.Place)
	w.Field("roles", c.Before, c.After)
	if err := w.W.DeleteEndedRecords(ctx, db.DeleteEndedRecordsParams{OrganizationID: c.Place, UsernameKey: c.key, Now: ended(w.Now)}); err != nil {
		return err
	}
	return w.W.TouchMember(ctx, db.TouchMemberParams{Now: w.Now, OrganizationID: c.Place, UsernameKey: c.key})
}
