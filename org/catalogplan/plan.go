// Package catalogplan computes what another version of the catalog would do: to the catalog, to the stored roles, and to
// what people may do. It reads one snapshot and writes nothing. Its API is for the use cases alone.
package catalogplan

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// Change is a change from the version of the catalog in force to one that may follow it.
type Change struct {
	Before, After *rbac.Catalog
	History       []rbac.Version // both, with all versions between and before them
	From, To      int64          // their numbers
	Retire        []string       // what may go although it is in use
	Now           time.Time      // what is held at this time counts; the zero time is before every end

	limits limits // the zero value is what a server uses
}

// limits choose how people are searched for, as numbers of people. Tests set low ones to try every way with few people.
type limits struct{ few, of int64 }

// Up to fewHolders people who hold what changes are examined one by one; if there are more, whole organizations are read, a
// range at a time. The organizations of a range have up to rangeSize members together, which bounds the memory for groups.
const (
	fewHolders = 20_000
	rangeSize  = 50_000
)

// Plan is all that the change would do. It lists the first [org.MaxPlanRoles] roles; RolesTotal is how many there are. A
// change that must be refused is no error: see [Next.Refuse]. The only errors are those of the database.
func Plan(ctx context.Context, q db.Reads, c Change) (p org.CatalogPlan, err error) {
	defer org.Wrap(&err, "plan catalog %d", c.To)
	s, p, err := overview(ctx, q, c)
	if err != nil {
		return p, err
	}
	p.Roles = p.Roles[:min(len(p.Roles), org.MaxPlanRoles)]
	t := newTally(s)
	if err := s.everybody(ctx, t); err != nil {
		return p, err
	}
	p.People, err = t.people(ctx)
	p.Sets = len(s.effects) // how often the engine was asked, which is what a plan costs
	return p, err
}

// Overview is Plan with all roles and without people: its time does not depend on their number.
func Overview(ctx context.Context, q db.Reads, c Change) (p org.CatalogPlan, err error) {
	defer org.Wrap(&err, "look through catalog %d", c.To)
	_, p, err = overview(ctx, q, c)
	return p, err
}

// overview prepares to decide about people, and fills in all but them.
func overview(ctx context.Context, q db.Reads, c Change) (*survey, org.CatalogPlan, error) {
	p := org.CatalogPlan{
		From: c.From, To: c.To, Changes: Changes(c.Before, c.After),
		Warnings: []org.Field{}, InUse: []org.CatalogUse{}, Roles: []org.CatalogRole{},
		People: org.CatalogPeople{Lines: []org.CatalogLine{}},
	}
	s, err := newSurvey(ctx, q, c)
	if err != nil {
		return nil, p, err
	}
	uses := map[string]*use{}
	for _, r := range s.custom {
		r.use(uses)
		told := r.tell()
		if !told.Touched() {
			continue
		}
		if told.Holders, err = s.holders(ctx, r); err != nil {
			return nil, p, err
		}
		if told.Organization, err = s.nameOf(ctx, r.org); err != nil {
			return nil, p, err
		}
		p.Roles = append(p.Roles, told)
	}
	slices.SortFunc(p.Roles, func(a, b org.CatalogRole) int {
		return strings.Compare(a.Organization+" "+a.Name, b.Organization+" "+b.Name)
	})
	p.RolesTotal = len(p.Roles)
	gone, err := s.goneRoles(ctx)
	p.InUse = append(listUses(uses, c.Retire), gone...)
	if err != nil {
		return nil, p, err
	}
	p.Taken, err = s.takenNames(ctx)
	return s, p, err
}

// use is what uses a permission that is removed.
type use struct{ allows, denies users }

// users counts roles, and the organizations that they are in; the site does not count as one.
type users struct {
	roles         map[*role]bool
	organizations map[uuid.UUID]bool
}

func (u *users) add(r *role) {
	if u.roles == nil {
		u.roles, u.organizations = map[*role]bool{}, map[uuid.UUID]bool{}
	}
	u.roles[r] = true
	if r.org != uuid.Nil {
		u.organizations[r.org] = true
	}
}

func (u *users) count() org.CatalogUsers {
	return org.CatalogUsers{Roles: len(u.roles), Organizations: len(u.organizations)}
}

// listUses returns what would be removed although it is in use, by name.
func listUses(uses map[string]*use, retire []string) []org.CatalogUse {
	list := make([]org.CatalogUse, 0, len(uses))
	for what, u := range uses {
		list = append(list, org.CatalogUse{
			What: what, Allows: u.allows.count(), Denies: u.denies.count(), Retire: slices.Contains(retire, what),
		})
	}
	slices.SortFunc(list, func(a, b org.CatalogUse) int { return strings.Compare(a.What, b.What) })
	return list
}

// goneRoles returns the built-in roles that are removed although somebody holds them.
func (s *survey) goneRoles(ctx context.Context) (list []org.CatalogUse, err error) {
	for _, r := range s.builtIn {
		if r.after != nil {
			continue
		}
		u := org.CatalogUse{What: "role:" + r.name}
		u.Retire = slices.Contains(s.Retire, u.What)
		if r.before.SiteScope {
			accounts, err := s.accountsOf(ctx, r.name)
			if err != nil {
				return nil, err
			}
			u.Holders = int64(len(accounts))
		} else {
			rows, err := s.q.ListRoleCounts(ctx, r.name)
			if err != nil {
				return nil, err
			}
			for _, row := range rows {
				u.Holders += row.Members
			}
			u.Organizations = len(rows)
		}
		if u.Holders > 0 {
			list = append(list, u)
		}
	}
	return list, nil
}

// takenNames reports the new built-in roles whose names custom roles have. Only names are stored with people, so whoever
// holds the custom role would seem to hold the built-in one.
func (s *survey) takenNames(ctx context.Context) (list []string, err error) {
	for _, r := range s.builtIn {
		if r.before != nil {
			continue
		}
		rows, err := s.q.ListRoleScopesByName(ctx, r.name)
		if err != nil {
			return nil, err
		}
		if len(rows) > 0 {
			list = append(list, taken(r.name, rows))
		}
	}
	return list, nil
}

// taken says where custom roles with a name are.
func taken(name string, in []uuid.NullUUID) string {
	organizations := 0
	for _, id := range in {
		if id.Valid {
			organizations++
		}
	}
	switch organizations {
	case 0:
		return fmt.Sprintf("%q is a custom role of the site.", name)
	case 1:
		return fmt.Sprintf("%q is a custom role in 1 organization.", name)
	}
	return fmt.Sprintf("%q is a custom role in %d organizations.", name, organizations)
}

// holders returns how many people hold a custom role.
func (s *survey) holders(ctx context.Context, r *role) (int64, error) {
	if r.org == uuid.Nil {
		accounts, err := s.accountsOf(ctx, r.name)
		return int64(len(accounts)), err
	}
	return s.q.GetRoleCount(ctx, db.GetRoleCountParams{OrganizationID: r.org, Role: r.name})
}
