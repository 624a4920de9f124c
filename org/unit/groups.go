package unit

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// Group is the members of an organization who hold the same and have the same status. Deciding about groups takes no row per
// member.
type Group struct {
	Holding
	Organization uuid.UUID
	Status       org.Status
	Members      int64

	stored [2]string // the roles and the site roles as they are stored, in the order in which they were given
	away   int64     // how many are stored with the group but not counted in it
	key    string    // of a member who is counted alone, "" for a group
}

// Groups returns the members of the crowd's organization in groups, by what they hold at the moment of the unit. A member whose
// rights also come from other organizations, or who is stored with a record that has ended, is a group of its own.
func (c *Crowd) Groups(ctx context.Context) ([]Group, error) {
	rows, err := c.Q.ListHoldingGroups(ctx, db.ListHoldingGroupsParams{FirstID: c.Org, LastID: c.Org, Now: NullTime(c.When)})
	if err != nil {
		return nil, err
	}
	list := make([]Group, len(rows))
	of := make(map[[3]string]*Group, len(rows))
	ended := false
	for i := range rows {
		r := &rows[i]
		list[i] = groupOf(r)
		of[[3]string{r.Roles, r.SiteRoles, r.Status}] = &list[i]
		ended = ended || r.Due > 0
	}
	single, err := c.singled(ctx, ended)
	if err != nil {
		return nil, err
	}
	c.apart = make(map[string]bool, len(single))
	for i := range single {
		r := &single[i]
		group := of[[3]string{r.Roles, r.SiteRoles, r.Status}]
		group.Members, group.away = group.Members-1, group.away+1
		c.apart[r.UsernameKey] = true
	}
	here, err := HeldNow(ctx, c.Reader, single, func(r *db.ListDueHoldingsRow) Stored {
		return Stored{Place: c.Org, User: r.UserID, Roles: &r.Roles, NextEnd: r.NextEnd, SiteRoles: &r.SiteRoles, SiteNextEnd: r.SiteNextEnd}
	})
	for i := range here {
		r := &here[i]
		list = append(list, Group{
			Holding:      Holding{Roles: SortNames(r.Roles), SiteRoles: SortNames(r.SiteRoles), Elsewhere: c.Elsewhere[r.UserID]},
			Organization: c.Org, Status: org.Status(r.Status), Members: 1, key: r.UsernameKey,
		})
	}
	return list, err
}

// singled returns the members who are looked at one by one, as they are stored: those whose rights also come from other
// organizations and, if ended is set, those with a record that has ended.
func (c *Crowd) singled(ctx context.Context, ended bool) (list []db.ListDueHoldingsRow, err error) {
	if ended {
		if list, err = c.Q.ListDueHoldings(ctx, db.ListDueHoldingsParams{OrganizationID: c.Org, Now: NullTime(c.When)}); err != nil {
			return nil, err
		}
	}
	for piece := range slices.Chunk(SortedIDs(c.Elsewhere), ChunkSize) {
		rows, err := c.Q.ListHoldingsOf(ctx, piece)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if r.OrganizationID == c.Org && !due(r.NextEnd, c.When) && !due(r.SiteNextEnd, c.When) {
				list = append(list, db.ListDueHoldingsRow(r))
			}
		}
	}
	return list, nil
}

// HeldBy is a member with what decides about them.
type HeldBy struct {
	User    uuid.UUID
	Status  org.Status
	Holding Holding
}

// HoldingsOf returns what those of some accounts that are members hold at the moment of the unit, for at most ChunkSize accounts.
func (c *Crowd) HoldingsOf(ctx context.Context, users []uuid.UUID) ([]HeldBy, error) {
	rows, err := c.Q.ListHoldingsOf(ctx, users)
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(r db.ListHoldingsOfRow) bool { return r.OrganizationID != c.Org })
	here, err := HeldNow(ctx, c.Reader, rows, func(r *db.ListHoldingsOfRow) Stored {
		return Stored{Place: c.Org, User: r.UserID, Roles: &r.Roles, NextEnd: r.NextEnd, SiteRoles: &r.SiteRoles, SiteNextEnd: r.SiteNextEnd}
	})
	list := make([]HeldBy, len(here))
	for i := range here {
		r := &here[i]
		h := Holding{Roles: SortNames(r.Roles), SiteRoles: SortNames(r.SiteRoles), Elsewhere: c.Elsewhere[r.UserID]}
		list[i] = HeldBy{User: r.UserID, Status: org.Status(r.Status), Holding: h}
	}
	return list, err
}

// groupOf turns a row into a group.
func groupOf(r *db.ListHoldingGroupsRow) Group {
	return Group{
		Holding:      Holding{Roles: SortNames(r.Roles), SiteRoles: SortNames(r.SiteRoles)},
		Organization: r.OrganizationID, Status: org.Status(r.Status), Members: r.Members,
		stored: [2]string{r.Roles, r.SiteRoles},
	}
}

// SortedIDs returns the keys of a map, sorted.
func SortedIDs[T any](of map[uuid.UUID]T) []uuid.UUID {
	ids := make([]uuid.UUID, 0, len(of))
	for id := range of {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return ids
}

// Listed is a member of a list of groups.
type Listed struct {
	User    uuid.UUID
	Holding Holding
	key     string
}

// ListGroups returns the members of groups by username: limit of them from offset on, or all for a limit of 0. It reads only the
// first members of each group, so that the first page is as quick among many as among few.
func (c *Crowd) ListGroups(ctx context.Context, groups []Group, limit, offset int) ([]Listed, error) {
	var list []Listed
	for i := range groups {
		g := &groups[i]
		if g.key != "" {
			list = append(list, Listed{Holding: g.Holding, key: g.key})
			continue
		}
		most := g.Members + g.away
		if limit > 0 {
			most = min(most, int64(limit)+int64(offset)+g.away)
		}
		keys, err := c.Q.ListKeysOfGroup(ctx, db.ListKeysOfGroupParams{
			OrganizationID: c.Org, Roles: g.stored[0], SiteRoles: g.stored[1], Status: string(g.Status), MaxRows: most,
		})
		if err != nil {
			return nil, err
		}
		for _, key := range keys {
			if !c.apart[key] {
				list = append(list, Listed{Holding: g.Holding, key: key})
			}
		}
	}
	slices.SortFunc(list, func(a, b Listed) int { return cmp.Compare(a.key, b.key) })
	list = list[min(offset, len(list)):]
	if limit > 0 {
		list = list[:min(limit, len(list))]
	}
	return list, c.identify(ctx, list)
}

// identify fills in the accounts.
func (c *Crowd) identify(ctx context.Context, list []Listed) error {
	for piece := range slices.Chunk(list, ChunkSize) {
		keys := make([]string, len(piece))
		for i := range piece {
			keys[i] = piece[i].key
		}
		rows, err := c.Q.ListMemberIDs(ctx, db.ListMemberIDsParams{OrganizationID: c.Org, Keys: keys})
		if err != nil {
			return err
		}
		ids := make(map[string]uuid.UUID, len(rows))
		for _, r := range rows {
			ids[r.UsernameKey] = r.UserID
		}
		for i := range piece {
			piece[i].User = ids[piece[i].key]
		}
	}
	return nil
}
