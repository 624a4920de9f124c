package org

import (
	"context"
	"strings"
)

// Hits is what a search over names finds: a few of each kind.
type Hits struct {
	Organizations []Organization
	Members       []Member // of the organization that the search was made in
	Roles         []Role   // likewise
}

// Find looks for organizations, and for members and roles of one ("" for none), whose names contain query. What the
// caller may not read is not found.
func (s *Service) Find(ctx context.Context, subject *Subject, organization, query string) (h Hits, err error) {
	const few = 8
	orgs, err := s.Organizations(ctx, subject)
	if err != nil {
		return h, err
	}
	for _, o := range orgs {
		if len(h.Organizations) < few && contains(query, o.Name, o.DisplayName) {
			h.Organizations = append(h.Organizations, o)
		}
	}
	if organization == "" {
		return h, nil
	}
	src := s.snapshot(subject)
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
	set, err := src.roles(ctx, org.ID)
	if err != nil {
		return h, err
	}
	for _, r := range set.list {
		if len(h.Roles) < few && contains(query, r.Name, r.DisplayName) {
			h.Roles = append(h.Roles, r.Role)
		}
	}
	return h, nil
}

func contains(query string, names ...string) bool {
	return strings.Contains(fold(strings.Join(names, "\n")), fold(query))
}
