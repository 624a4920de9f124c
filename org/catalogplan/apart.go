package catalogplan

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org/unit"
)

// apart is the people who are looked at one by one, because a role that they hold in one organization counts outside it too.
// The groups that the database counts know only what is held in one place, so they would give these people the wrong effect:
// each group is counted without them.
type apart struct {
	places  map[place]bool  // where they have been shown already
	counted map[group]int64 // how many of them the database counts in a group
}

func newApart() *apart {
	return &apart{places: map[place]bool{}, counted: map[group]int64{}}
}

// eachApart shows the people who are looked at one by one: each of their memberships with what the others bring, and the
// account with what all of them bring. It must come before the groups, which are counted without them.
func (s *survey) eachApart(ctx context.Context, v visitor) error {
	ids := map[uuid.UUID]bool{}
	carried := map[string]bool{}
	for _, r := range s.builtIn {
		// Every member has the implied role, so it is no reason to single anybody out: see belonging.
		if r.out == 0 || r.either().SiteScope || r.name == s.After.ImpliedOrganization().Name {
			continue
		}
		carried[r.name] = true
		// Groups are counted as they are stored, so these are taken as they are stored as well: at a moment before any end.
		holders, err := s.q.ListAllHoldersElsewhere(ctx, db.ListAllHoldersElsewhereParams{
			Role: r.name, OrganizationID: uuid.Nil, Now: sql.NullTime{Valid: true},
		})
		if err != nil {
			return err
		}
		for _, id := range holders {
			ids[id] = true
		}
	}
	for piece := range slices.Chunk(unit.SortedIDs(ids), unit.ChunkSize) {
		rows, err := s.q.ListHoldingsOf(ctx, piece)
		if err != nil {
			return err
		}
		// All memberships of a person are needed at once. A chunk is cut by user, so none are in the next one.
		slices.SortFunc(rows, func(a, b db.ListHoldingsOfRow) int { return slices.Compare(a.UserID[:], b.UserID[:]) })
		for begin, end := 0, 0; begin < len(rows); begin = end {
			for end < len(rows) && rows[end].UserID == rows[begin].UserID {
				end++
			}
			s.showApart(v, rows[begin:end], carried)
		}
		if err := v.leave(ctx, uuid.Nil, uuid.Nil); err != nil {
			return err
		}
	}
	return nil
}

// showApart shows one person, by all memberships.
func (s *survey) showApart(v visitor, rows []db.ListHoldingsOfRow, carried map[string]bool) {
	brings := make([]map[string]bool, len(rows))
	for i := range rows {
		brings[i] = map[string]bool{}
		for name := range strings.FieldsSeq(rows[i].Roles) {
			if carried[name] {
				brings[i][name] = true
			}
		}
	}
	// A membership's own roles count there in full, so they are left out of what comes from elsewhere.
	but := func(without int) string {
		all := map[string]bool{}
		for i := range brings {
			if i != without {
				maps.Copy(all, brings[i])
			}
		}
		return strings.Join(slices.Sorted(maps.Keys(all)), " ")
	}
	for i := range rows {
		r := &rows[i]
		s.alone(v, group{org: r.OrganizationID, roles: r.Roles, siteRoles: r.SiteRoles, elsewhere: but(i), status: r.Status, key: r.UsernameKey})
	}
	r := &rows[0]
	s.alone(v, group{account: true, siteRoles: r.SiteRoles, elsewhere: but(-1), belongs: s.belonging(), status: r.Status, key: r.UsernameKey})
}

// alone shows somebody whom roles held elsewhere concern, and notes that their group is counted without them.
func (s *survey) alone(v visitor, g group) {
	if g.elsewhere == "" {
		return
	}
	s.apart.places[place{g.org, g.account, g.key}] = true
	s.apart.counted[g.alike()]++
	g.members = 1
	s.show(v, &g)
}
