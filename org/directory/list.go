package directory

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/scim"
	"rolecall.example/org/unit"
)

// A list is both exact and bounded: the index finds the few people that an equality selects; otherwise everybody is read in
// batches, in order of age. Both end in the same evaluator, so they cannot differ. The groups of people, and the members of
// groups, are read only for the page requested, in one statement for all of it.

// GetUser returns a person in a directory. NotFound: no user has this id.
func (s *Service) GetUser(ctx context.Context, c *Caller, id string, p scim.Projection) (r scim.Resource, err error) {
	defer org.Wrap(&err, "get user %q of %s", id, c.source())
	err = s.units.Moment(ctx, nil, func(src unit.Reader) error {
		row, err := src.Q.GetDirectoryUser(ctx, db.GetDirectoryUserParams{ID: unit.ParseID(id), OrganizationID: c.Organization})
		if db.IsNotFound(err) || err == nil && !row.Settled {
			return scim.ErrNotFound(scim.Users, id)
		}
		if err != nil {
			return err
		}
		list, err := usersOf(ctx, src.Q, []db.DirectoryUser{row}, p.Wants("groups"))
		if err == nil {
			r = list[0]
		}
		return err
	})
	return r, err
}

// ListUsers returns a page of the people in a directory whom a filter selects, oldest first, and how many it selects in all.
// However many there are, it holds one batch of them in memory.
func (s *Service) ListUsers(ctx context.Context, c *Caller, q scim.Query) (list scim.List, err error) {
	defer org.Wrap(&err, "list users of %s", c.source())
	err = s.units.Moment(ctx, nil, func(src unit.Reader) error {
		rows, known, err := c.usersByKey(ctx, src.Q, q.Filter)
		if err != nil {
			return err
		}
		if known {
			list, err = pick(ctx, src.Q, q, [][]db.DirectoryUser{rows})
			return err
		}
		list, err = c.allUsers(ctx, src.Q, q)
		return err
	})
	return list, err
}

// usersByKey looks up the people whom an equality in the filter selects, by its index; the filter may select fewer. known is
// false if the filter has no such equality.
func (c *Caller) usersByKey(ctx context.Context, q db.Reads, f *scim.Filter) (rows []db.DirectoryUser, known bool, err error) {
	one := func(row db.DirectoryUser, err error) ([]db.DirectoryUser, bool, error) {
		if db.IsNotFound(err) || err == nil && !row.Settled {
			return nil, true, nil
		}
		return []db.DirectoryUser{row}, true, err
	}
	for _, key := range f.Keys() {
		switch key.Attribute {
		case "id":
			return one(q.GetDirectoryUser(ctx, db.GetDirectoryUserParams{ID: unit.ParseID(key.Value), OrganizationID: c.Organization}))
		case "userName":
			return one(q.GetDirectoryUserNamed(ctx, db.GetDirectoryUserNamedParams{OrganizationID: c.Organization, UserNameKey: key.Value}))
		case "externalId":
			return one(q.GetDirectoryUserByExternalID(ctx, db.GetDirectoryUserByExternalIDParams{OrganizationID: c.Organization, ExternalID: key.Value}))
		case "displayName":
			rows, err = q.ListDirectoryUsersDisplayed(ctx, db.ListDirectoryUsersDisplayedParams{OrganizationID: c.Organization, DisplayNameKey: key.Value})
			return rows, true, err
		case "emails.value":
			rows, err = q.ListDirectoryUsersAddressed(ctx, db.ListDirectoryUsersAddressedParams{OrganizationID: c.Organization, EmailKey: key.Value})
			return rows, true, err
		}
	}
	return nil, false, nil
}

// pieceOf is how many rows are held in memory at once.
const pieceOf = 500

// allUsers goes through all people or, without a filter, only to the end of the page.
func (c *Caller) allUsers(ctx context.Context, q db.Reads, in scim.Query) (list scim.List, err error) {
	p := db.ListDirectoryUsersParams{OrganizationID: c.Organization, AfterTime: time.Unix(0, 0).UTC(), MaxRows: pieceOf}
	if in.Filter == nil {
		total, err := q.CountDirectoryUsers(ctx, c.Organization)
		if err != nil {
			return list, err
		}
		p.MaxRows, p.Skip = int64(in.Count), int64(in.Start-1)
		rows, err := q.ListDirectoryUsers(ctx, p)
		if err != nil {
			return list, err
		}
		list.Total = int(total)
		list.Resources, err = usersOf(ctx, q, rows, in.Projection.Wants("groups"))
		return list, err
	}
	var found collector
	for {
		rows, err := q.ListDirectoryUsers(ctx, p)
		if err != nil || len(rows) == 0 {
			return found.list, err
		}
		part, err := usersOf(ctx, q, rows, in.Filter.Uses("groups"))
		if err != nil {
			return found.list, err
		}
		if err := found.take(ctx, q, in, part); err != nil {
			return found.list, err
		}
		last := rows[len(rows)-1]
		p.AfterTime, p.AfterID = last.CreatedAt, last.ID
	}
}

// collector keeps the requested page of a list, and counts the rest.
type collector struct{ list scim.List }

// take counts all that the filter selects, and keeps those on the requested page. Groups and members are read only for
// these, unless the filter itself uses them.
func (f *collector) take(ctx context.Context, q db.Reads, in scim.Query, part []scim.Resource) error {
	var chosen []scim.Resource
	for i := range part {
		if !in.Filter.Matches(&part[i]) {
			continue
		}
		f.list.Total++
		if f.list.Total >= in.Start && len(f.list.Resources)+len(chosen) < in.Count {
			chosen = append(chosen, part[i])
		}
	}
	if len(chosen) > 0 && chosen[0].Type == scim.Users && chosen[0].Refs == nil && in.Projection.Wants("groups") {
		if err := withGroups(ctx, q, chosen); err != nil {
			return err
		}
	}
	if len(chosen) > 0 && chosen[0].Type == scim.Groups && chosen[0].Refs == nil && in.Projection.Wants("members") {
		if err := withMembers(ctx, q, chosen); err != nil {
			return err
		}
	}
	f.list.Resources = append(f.list.Resources, chosen...)
	return nil
}

// pick returns the part of some rows that a query asks for.
func pick(ctx context.Context, q db.Reads, in scim.Query, pieces [][]db.DirectoryUser) (scim.List, error) {
	var found collector
	for _, all := range pieces {
		for rows := range slices.Chunk(all, pieceOf) {
			part, err := usersOf(ctx, q, rows, in.Filter.Uses("groups"))
			if err == nil {
				err = found.take(ctx, q, in, part)
			}
			if err != nil {
				return found.list, err
			}
		}
	}
	return found.list, nil
}

// usersOf turns stored people into resources, with their groups if wanted.
func usersOf(ctx context.Context, q db.Reads, rows []db.DirectoryUser, groups bool) (list []scim.Resource, err error) {
	list = make([]scim.Resource, len(rows))
	for i, row := range rows {
		if list[i], err = resourceOf(row); err != nil {
			return nil, err
		}
	}
	if groups {
		err = withGroups(ctx, q, list)
	}
	return list, err
}

// resourceOf turns a stored person into a resource.
func resourceOf(row db.DirectoryUser) (scim.Resource, error) {
	d, err := scim.DocumentOf(row.Document)
	return scim.Resource{
		Type: scim.Users, ID: row.ID, Version: row.Version, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt, Document: d,
	}, err
}

// withGroups adds the groups of people.
func withGroups(ctx context.Context, q db.Reads, list []scim.Resource) error {
	ids := make([]uuid.UUID, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	refs, err := groupsOf(ctx, q, ids)
	for i := range list {
		if list[i].Refs = refs[list[i].ID]; list[i].Refs == nil {
			list[i].Refs = []scim.Ref{}
		}
	}
	return err
}

// groupsOf reads the groups of people, by person.
func groupsOf(ctx context.Context, q db.Reads, ids []uuid.UUID) (map[uuid.UUID][]scim.Ref, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := q.ListGroupsOfDirectoryUsers(ctx, ids)
	refs := map[uuid.UUID][]scim.Ref{}
	for _, r := range rows {
		refs[r.SCIMUserID] = append(refs[r.SCIMUserID], scim.Ref{ID: r.ID, Display: r.DisplayName})
	}
	return refs, err
}
