package tenant

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/fold"
	"rolecall.example/org/unit"
)

// few is the most results of a kind that a search returns.
const few = 8

// Search looks for organizations, accounts and site roles, and for members and roles of one organization ("" for none),
// whose names contain query. What the caller may not read is not found.
func (s *Service) Search(ctx context.Context, subject *org.Actor, organization, query string) (_ org.SearchResult, err error) {
	defer org.Wrap(&err, "search in %q", organization)
	return unit.Glance(ctx, s.units, subject, func(src unit.Reader) (org.SearchResult, error) {
		return s.search(ctx, src, subject, organization, query)
	})
}

func (s *Service) search(ctx context.Context, src unit.Reader, subject *org.Actor, organization, query string) (h org.SearchResult, err error) {
	orgs, err := s.Organizations(ctx, subject)
	if err != nil {
		return h, err
	}
	for _, o := range orgs {
		if len(h.Organizations) < few && contains(query, o.Name, o.DisplayName) {
			h.Organizations = append(h.Organizations, o)
		}
	}
	if err := findOnSite(ctx, src, subject, query, &h); err != nil || organization == "" {
		return h, err
	}
	orgRow, err := src.Organization(ctx, subject, organization)
	// The organization may be gone, or hidden from the caller. What was found elsewhere is still returned.
	if org.KindOf(err) == org.NotFound {
		return h, nil
	}
	if err != nil {
		return h, err
	}
	// Literal: the text is searched for as typed, even with a colon in it (docs/spec/members.md).
	err = s.StreamMembers(ctx, subject, orgRow.ID.String(), org.MemberFilter{Query: query, Literal: true, Limit: few},
		func(int) error { return nil },
		func(m *org.Member) error { h.Members = append(h.Members, *m); return nil })
	if err != nil || !subject.Can("read", org.OrgRolesObject(orgRow.ID)) {
		return h, err
	}
	h.Roles, err = findRoles(ctx, src, orgRow.ID, query)
	return h, err
}

// findOnSite adds accounts and roles of the site. Everyone may read these roles, but only those who administer the site
// need them.
func findOnSite(ctx context.Context, s unit.Reader, by *org.Actor, query string, h *org.SearchResult) (err error) {
	if by.Can("read", org.UsersObject) {
		found := account.UserSearch{Query: fold.Text(query), Sort: unit.SortUsername, MaxRows: few}
		_, err = account.EachUser(ctx, s, found, false, func(u *org.User) error {
			h.Users = append(h.Users, *u)
			return nil
		})
		if err != nil {
			return err
		}
	}
	if by.Can("assign", org.SiteRolesObject) || by.Owner() {
		h.SiteRoles, err = findRoles(ctx, s, uuid.Nil, query)
	}
	return err
}

// findRoles returns the first few matching roles of a place, uuid.Nil for the site, in the order of the lists. Its caller has
// checked that they may be read.
func findRoles(ctx context.Context, s unit.Reader, orgID uuid.UUID, query string) (found []org.Role, err error) {
	set, err := s.Roles(ctx, orgID)
	if err != nil {
		return nil, err
	}
	for _, r := range set.List {
		if len(found) < few && contains(query, r.Name, r.DisplayName) {
			found = append(found, r.Role)
		}
	}
	return found, nil
}

// contains reports whether a name contains the text, both folded. The line break keeps a text from matching across two names.
func contains(query string, names ...string) bool {
	return strings.Contains(fold.Text(strings.Join(names, "\n")), fold.Text(query))
}
