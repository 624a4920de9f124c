package org

import (
	"context"
	"strings"

	"github.com/google/uuid"
)

// Hits is what a search over names finds: a few of each kind.
type Hits struct {
	Organizations []Organization
	Members       []Member // of the organization that the search was made in
	Roles         []Role   // likewise
	Users         []User   // of the site; none unless the caller may read every account
	SiteRoles     []Role   // of the site; none unless the caller may read them as an administrator
}

// few is how many of a kind a search finds.
const few = 8

// Find looks for organizations, accounts and site roles, and for members and roles of one organization ("" for none),
// whose names contain query. What the caller may not read is not found.
func (s *Service) Find(ctx context.Context, subject *Subject, organization, query string) (h Hits, err error) {
	orgs, err := s.Organizations(ctx, subject)
	if err != nil {
		return h, err
	}
	for _, o := range orgs {
		if len(h.Organizations) < few && contains(query, o.Name, o.DisplayName) {
			h.Organizations = append(h.Organizations, o)
		}
	}
	src := s.snapshot(subject)
	if err := src.findOnSite(ctx, subject, query, &h); err != nil || organization == "" {
		return h, err
	}
	org, err := src.organization(ctx, subject, organization)
	if KindOf(err) == NotFound {
		return h, nil
	}
	if err != nil {
		return h, err
	}
	err = s.EachMember(ctx, subject, org.ID.String(), MemberFilter{Query: query, Limit: few},
		func(int) error { return nil },
		func(m *Member) error { h.Members = append(h.Members, *m); return nil })
	if err != nil || !subject.Can("read", orgRolesObject(org.ID)) {
		return h, err
	}
	h.Roles, err = src.findRoles(ctx, org.ID, query)
	return h, err
}

func (s source) findOnSite(ctx context.Context, by *Subject, query string, h *Hits) (err error) {
	if by.Can("read", usersObject) {
		list, err := s.userPage(ctx, userSearch{Query: Fold(query), Sort: sortUsername, MaxRows: few})
		if err != nil {
			return err
		}
		h.Users = list.Users
	}
	if by.Can("assign", siteRolesObject) || by.owner() {
		h.SiteRoles, err = s.findRoles(ctx, uuid.Nil, query)
	}
	return err
}

func (s source) findRoles(ctx context.Context, org uuid.UUID, query string) (found []Role, err error) {
	set, err := s.roles(ctx, org)
	if err != nil {
		return nil, err
	}
	for _, r := range set.list {
		if len(found) < few && contains(query, r.Name, r.DisplayName) {
			found = append(found, r.Role)
		}
	}
	return found, nil
}

func contains(query string, names ...string) bool {
	return strings.Contains(Fold(strings.Join(names, "\n")), Fold(query))
}
