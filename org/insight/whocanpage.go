package insight

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// window keeps the people of one page of a list, and counts all of them.
type window struct {
	limit, offset, count int // limit 0 is all
	ids                  []uuid.UUID
	rulings              []*ruling
}

// add counts an account, and keeps it if the page shows it.
func (w *window) add(id uuid.UUID, d *ruling) {
	if w.count >= w.offset && (w.limit == 0 || len(w.ids) < w.limit) {
		w.ids, w.rulings = append(w.ids, id), append(w.rulings, d)
	}
	w.count++
}

// people returns a page of the members of some groups, which are either all suspended or all not.
func (f *finder) people(ctx context.Context, by *org.Actor, groups []unit.Group, all int, page window) (list []org.WhoCanMember, err error) {
	list = []org.WhoCanMember{}
	if page.offset >= all {
		return list, nil
	}
	if f.shouldWalk(groups, all, page) {
		err = f.walk(ctx, groups[0].Status == org.StatusSuspended, &page)
	} else {
		err = f.listed(ctx, groups, &page)
	}
	if err != nil {
		return nil, err
	}
	err = f.EachByID(ctx, by, f.Org, page.ids, func(m *org.Member) error { // in the order of the ids, which all exist
		list = append(list, org.WhoCanMember{Member: *m, Answer: f.tellAble(page.rulings[len(list)])})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, f.membersUntil(ctx, list)
}

// queryRows is how many rows can be read in the time that one query takes by itself.
const queryRows = 20

// shouldWalk compares two ways to find a page of some groups, by the rows that each reads. Each group can give its
// first members, which are then put in order: cheap while there are few groups. Or all members are read in order until
// the page is full: cheap if many of them belong to the groups.
func (f *finder) shouldWalk(groups []unit.Group, all int, page window) bool {
	end := all
	if page.limit > 0 {
		end = min(all, page.offset+page.limit)
	}
	listed := 0
	for i := range groups {
		listed += queryRows + min(int(groups[i].Members), end)
	}
	return unit.WalkPiece+f.total*end/max(all, 1) < listed
}

// listed fills the page from the groups that may do it.
func (f *finder) listed(ctx context.Context, able []unit.Group, page *window) error {
	list, err := f.ListGroups(ctx, able, page.limit, page.offset)
	for i := range list {
		page.ids, page.rulings = append(page.ids, list[i].User), append(page.rulings, f.known[list[i].Holding])
	}
	return err
}

// errFull ends a walk: the page is complete.
var errFull = errors.New("the page is full")

// walk fills the page from all members who are suspended, or from all who are not, in order.
func (f *finder) walk(ctx context.Context, suspended bool, page *window) error {
	err := f.Each(ctx, func(r *db.ListHoldingsRow, h unit.Holding) error {
		if page.full() {
			return errFull
		}
		d, err := f.decide(ctx, h)
		if err == nil && d.able && (org.Status(r.Status) == org.StatusSuspended) == suspended {
			page.add(r.UserID, d)
		}
		return err
	})
	if errors.Is(err, errFull) {
		return nil
	}
	return err
}

// full reports whether the page has no room left.
func (w *window) full() bool { return w.limit > 0 && len(w.ids) == w.limit }
