package directory

import (
	"context"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/scim"
	"rolecall.example/org/unit"
)

// Groups are listed like people. Without their members, as Entra ID requests them, a list costs two statements, however large
// the groups are.

// GetGroup returns a group of a directory. NotFound: no such group.
func (s *Service) GetGroup(ctx context.Context, c *Caller, id string, p scim.Projection) (r scim.Resource, err error) {
	defer org.Wrap(&err, "get group %q of %s", id, c.source())
	err = s.units.Moment(ctx, nil, func(src unit.Reader) error {
		row, err := src.Q.GetDirectoryGroup(ctx, db.GetDirectoryGroupParams{ID: unit.ParseID(id), OrganizationID: c.Organization})
		if db.IsNotFound(err) {
			return scim.ErrNotFound(scim.Groups, id)
		}
		if err != nil {
			return err
		}
		list, err := groupsAs(ctx, src.Q, []db.DirectoryGroup{row}, p.Wants("members"))
		if err == nil {
			r = list[0]
		}
		return err
	})
	return r, err
}

// ListGroups is ListUsers for groups.
func (s *Service) ListGroups(ctx context.Context, c *Caller, q scim.Query) (list scim.List, err error) {
	defer org.Wrap(&err, "list groups of %s", c.source())
	err = s.units.Moment(ctx, nil, func(src unit.Reader) error {
		rows, known, err := c.groupsByKey(ctx, src.Q, q.Filter)
		if err != nil {
			return err
		}
		if !known {
			list, err = c.allGroups(ctx, src.Q, q)
			return err
		}
		part, err := groupsAs(ctx, src.Q, rows, q.Filter.Uses("members"))
		if err != nil {
			return err
		}
		var found collector
		err = found.take(ctx, src.Q, q, part)
		list = found.list
		return err
	})
	return list, err
}

// groupsByKey is usersByKey for groups.
func (c *Caller) groupsByKey(ctx context.Context, q db.Reads, f *scim.Filter) (rows []db.DirectoryGroup, known bool, err error) {
	one := func(row db.DirectoryGroup, err error) ([]db.DirectoryGroup, bool, error) {
		if db.IsNotFound(err) {
			return nil, true, nil
		}
		return []db.DirectoryGroup{row}, true, err
	}
	for _, key := range f.Keys() {
		switch key.Attribute {
		case "id":
			return one(q.GetDirectoryGroup(ctx, db.GetDirectoryGroupParams{ID: unit.ParseID(key.Value), OrganizationID: c.Organization}))
		case "displayName":
			return one(q.GetDirectoryGroupNamed(ctx, db.GetDirectoryGroupNamedParams{OrganizationID: c.Organization, DisplayNameKey: key.Value}))
		case "externalId":
			return one(q.GetDirectoryGroupByExternalID(ctx, db.GetDirectoryGroupByExternalIDParams{OrganizationID: c.Organization, ExternalID: key.Value}))
		case "members.value":
			rows, err = q.ListDirectoryGroupsOfUser(ctx, db.ListDirectoryGroupsOfUserParams{SCIMUserID: unit.ParseID(key.Value), OrganizationID: c.Organization})
			return rows, true, err
		}
	}
	return nil, false, nil
}

// allGroups is allUsers for groups.
func (c *Caller) allGroups(ctx context.Context, q db.Reads, in scim.Query) (list scim.List, err error) {
	p := db.ListDirectoryGroupsParams{OrganizationID: c.Organization, AfterTime: time.Unix(0, 0).UTC(), MaxRows: pieceOf}
	if in.Filter == nil {
		total, err := q.CountDirectoryGroups(ctx, c.Organization)
		if err != nil {
			return list, err
		}
		p.MaxRows, p.Skip = int64(in.Count), int64(in.Start-1)
		rows, err := q.ListDirectoryGroups(ctx, p)
		if err != nil {
			return list, err
		}
		list.Total = int(total)
		list.Resources, err = groupsAs(ctx, q, rows, in.Projection.Wants("members"))
		return list, err
	}
	var found collector
	for {
		rows, err := q.ListDirectoryGroups(ctx, p)
		if err != nil || len(rows) == 0 {
			return found.list, err
		}
		part, err := groupsAs(ctx, q, rows, in.Filter.Uses("members"))
		if err == nil {
			err = found.take(ctx, q, in, part)
		}
		if err != nil {
			return found.list, err
		}
		last := rows[len(rows)-1]
		p.AfterTime, p.AfterID = last.CreatedAt, last.ID
	}
}

// groupsAs turns stored groups into resources, with their members if wanted.
func groupsAs(ctx context.Context, q db.Reads, rows []db.DirectoryGroup, members bool) (list []scim.Resource, err error) {
	list = make([]scim.Resource, len(rows))
	for i, row := range rows {
		if list[i], err = groupOf(row); err != nil {
			return nil, err
		}
	}
	if members {
		err = withMembers(ctx, q, list)
	}
	return list, err
}

// groupOf converts a stored group.
func groupOf(row db.DirectoryGroup) (scim.Resource, error) {
	r := scim.Resource{Type: scim.Groups, ID: row.ID, Version: row.Version, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt}
	var err error
	if row.Document != "" { // of a new one
		r.Document, err = scim.DocumentOf(row.Document)
	}
	return r, err
}

// withMembers adds the members of groups.
func withMembers(ctx context.Context, q db.Reads, list []scim.Resource) error {
	if len(list) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	rows, err := q.ListDirectoryGroupMembers(ctx, ids)
	refs := map[uuid.UUID][]scim.Ref{}
	for _, r := range rows {
		refs[r.GroupID] = append(refs[r.GroupID], scim.Ref{ID: r.ID, Display: r.UserName})
	}
	for i := range list {
		if list[i].Refs = refs[list[i].ID]; list[i].Refs == nil {
			list[i].Refs = []scim.Ref{}
		}
	}
	return err
}
