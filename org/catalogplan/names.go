package catalogplan

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
)

// named is a person's username and name, with the key that usernames are compared and sorted by.
type named struct{ key, username, name string }

// first returns up to n people of a group, the first by username.
func (s *survey) first(ctx context.Context, g *group, n int64) (list []named, err error) {
	if g.key != "" {
		return s.byKeys(ctx, g.org, g.account, []string{g.key})
	}
	// The database counts people apart in the group too, and they may all come first: the query must return n others beyond them.
	most := n + s.apart.counted[g.alike()]
	var all []named
	if g.account {
		rows, err := s.q.ListAccountGroupNames(ctx, db.ListAccountGroupNamesParams{
			Roles: g.siteRoles, Status: g.status, Belonging: s.belonging(), Belongs: g.belongs, MaxRows: most,
		})
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			all = append(all, named{r.UsernameKey, r.Username, r.Name})
		}
	} else {
		all, err = s.after(ctx, g, "", most)
	}
	for _, p := range all {
		if !s.apart.places[place{g.org, g.account, p.key}] && int64(len(list)) < n {
			list = append(list, p)
		}
	}
	return list, err
}

// after returns up to n members of a group whose keys follow the one given. It includes people apart, whom callers leave out.
func (s *survey) after(ctx context.Context, g *group, key string, n int64) (list []named, err error) {
	rows, err := s.q.ListGroupNames(ctx, db.ListGroupNamesParams{
		OrganizationID: g.org, Roles: g.roles, SiteRoles: g.siteRoles, Status: g.status, AfterKey: key, MaxRows: n,
	})
	for _, r := range rows {
		list = append(list, named{r.UsernameKey, r.Username, r.Name})
	}
	return list, err
}

// byKeys returns the people at these places, in any order.
func (s *survey) byKeys(ctx context.Context, in uuid.UUID, account bool, keys []string) (list []named, err error) {
	if account {
		rows, err := s.q.ListAccountNames(ctx, keys)
		for _, r := range rows {
			list = append(list, named{r.UsernameKey, r.Username, r.Name})
		}
		return list, err
	}
	rows, err := s.q.ListMemberNames(ctx, db.ListMemberNamesParams{OrganizationID: in, Keys: keys})
	for _, r := range rows {
		list = append(list, named{r.UsernameKey, r.Username, r.Name})
	}
	return list, err
}
