package db_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
)

// TestCopiesFollow changes accounts, memberships and roles at random, and reads what the triggers made of it: the copies
// in the memberships, and the counts, must be what their sources say.
func TestCopiesFollow(t *testing.T) {
	t.Parallel()
	place := dbtest.Place(t)
	d, ctx := dbtest.Reopen(t, place), t.Context()
	now := time.Now().UTC().Truncate(time.Microsecond)
	rng := rand.New(rand.NewPCG(1, 2))
	orgs := []db.InsertOrganizationParams{organization("acme", now), organization("beta", now)}
	users := make([]uuid.UUID, 12)
	held := map[string]bool{}
	toggle := func(key string, add, remove func() error) error {
		if held[key] = !held[key]; held[key] {
			return add()
		}
		return remove()
	}
	if err := d.Write(ctx, func(q *db.Queries) error {
		return errors.Join(q.InsertOrganization(ctx, orgs[0]), q.InsertOrganization(ctx, orgs[1]))
	}); err != nil {
		t.Fatal(err)
	}
	// One by one and many at once, some of them members from the beginning.
	for i, write := range []func(context.Context, func(*db.Queries) error) error{d.Write, d.Fill} {
		if err := write(ctx, func(q *db.Queries) (err error) {
			for n := i * len(users) / 2; n < (i+1)*len(users)/2; n++ {
				users[n] = uuid.New()
				name := fmt.Sprintf("u%d", n)
				err = errors.Join(err, q.InsertUser(ctx, db.InsertUserParams{ID: users[n], Username: name, UsernameKey: name,
					Email: name, EmailKey: name, SearchKey: "text of " + name, Status: "active", LoginType: "none", Now: now}))
				if n%3 == 0 {
					held[fmt.Sprint(orgs[0].ID, n)] = true
					err = errors.Join(err, q.Join(ctx, orgs[0].ID, users[n], now))
				}
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := d.CountSearched(ctx, db.CountSearchedParams{Query: "text of", MaxRows: 100}); err != nil || n != int64(len(users)) {
		t.Errorf("%d accounts are found, want %d, %v", n, len(users), err)
	}
	roles := []string{"a", "aa", "b", "organization-admin"}
	for i := range 2000 {
		n := rng.IntN(len(users))
		user, org, role := users[n], orgs[rng.IntN(2)].ID, roles[rng.IntN(len(roles))]
		member := fmt.Sprint(org, n)
		err := d.Write(ctx, func(q *db.Queries) error {
			switch rng.IntN(7) {
			case 0:
				return toggle(member,
					func() error {
						return q.Join(ctx, org, user, now)
					},
					func() error {
						for _, r := range roles {
							delete(held, member+r)
						}
						return q.DeleteMember(ctx, db.DeleteMemberParams{OrganizationID: org, UserID: user})
					})
			case 1:
				name := fmt.Sprintf("u%d-%d", n, i)
				return q.UpdateProfile(ctx, db.UpdateProfileParams{ID: user, Username: name, UsernameKey: name, Email: name, EmailKey: name, Name: name, NameKey: name, SearchKey: name, Now: now})
			case 2:
				return q.UpdateStatus(ctx, db.UpdateStatusParams{ID: user, Status: []string{"active", "dormant", "suspended"}[rng.IntN(3)], Now: now})
			case 3:
				return toggle(fmt.Sprint(n, role),
					func() error {
						return q.InsertUserRole(ctx, db.InsertUserRoleParams{Source: "manual", UserID: user, Role: role})
					},
					func() error { return q.DeleteUserRole(ctx, db.DeleteUserRoleParams{UserID: user, Role: role}) })
			case 4:
				if i%40 == 0 {
					for n := range users {
						delete(held, fmt.Sprint(org, n)+role)
					}
					if i%80 == 0 {
						return takeFromAll(ctx, q, org, role, now)
					}
					return q.DeleteRoleFromMembers(ctx, db.DeleteRoleFromMembersParams{OrganizationID: org, Role: role})
				}
			default:
				if held[member] {
					row, err := q.GetMember(ctx, db.GetMemberParams{OrganizationID: org, UserID: user})
					if err != nil {
						return err
					}
					return toggle(member+role,
						func() error {
							return q.InsertMemberRole(ctx, db.InsertMemberRoleParams{Source: "manual", OrganizationID: org, Role: role, UsernameKey: row.UsernameKey, UserID: user})
						},
						func() error {
							return q.DeleteMemberRole(ctx, db.DeleteMemberRoleParams{OrganizationID: org, Role: role, UsernameKey: row.UsernameKey})
						})
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(i, err)
		}
	}
	report, err := db.Inspect(ctx, place, true)
	if err != nil || len(report.Findings) > 0 {
		t.Errorf("%q, %v", report.Findings, err)
	}
	if report.Rows["member_roles"] == 0 || report.Rows["user_roles"] == 0 || report.Rows["organization_members"] == 0 {
		t.Errorf("nothing was left to look at: %v", report.Rows)
	}
}

// takeFromAll takes a role from everybody without the triggers.
func takeFromAll(ctx context.Context, q *db.Queries, org uuid.UUID, role string, now time.Time) error {
	keys, err := q.ListHolderKeys(ctx, db.ListHolderKeysParams{OrganizationID: org, Role: role, Step: 1})
	if err != nil || len(keys) == 0 {
		return err
	}
	return errors.Join(q.TouchHolders(ctx, db.TouchHoldersParams{Now: now, OrganizationID: org, Role: role, LastKey: keys[len(keys)-1]}),
		q.DeleteRoleCount(ctx, db.DeleteRoleCountParams{OrganizationID: org, Role: role}),
		q.DeleteRoleFromMembers(ctx, db.DeleteRoleFromMembersParams{OrganizationID: org, Role: role}))
}
