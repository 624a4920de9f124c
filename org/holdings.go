package org

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall/db"
	"rolecall/rbac"
)

// holding is what decides what somebody may do in an organization: two people with equal holdings may do the same. The
// third part is rare: built-in roles of other organizations that carry rights on the whole site.
type holding struct {
	roles, siteRoles, elsewhere string
	outside                     bool // not a member
}

// crowd decides about many people in an organization, or on the site for uuid.Nil, once for each holding that occurs
// among them.
type crowd struct {
	source
	org       uuid.UUID
	elsewhere map[uuid.UUID]string
	known     map[holding]*rbac.Subject
}

// crowd prepares to decide.
func (s source) crowd(ctx context.Context, org uuid.UUID) (*crowd, error) {
	s.sets = map[uuid.UUID]*roleSet{}
	c := &crowd{source: s, org: org, elsewhere: map[uuid.UUID]string{}, known: map[holding]*rbac.Subject{}}
	for _, r := range s.catalog.BuiltInOrganizationRoles() {
		if len(r.Site) == 0 && len(r.User) == 0 {
			continue
		}
		rows, err := s.q.ListHoldersElsewhere(ctx, db.ListHoldersElsewhereParams{Role: r.Name, OrganizationID: org})
		if err != nil {
			return nil, err
		}
		for _, h := range rows {
			if !strings.Contains(" "+c.elsewhere[h.UserID]+" ", " "+r.Name+" ") {
				c.elsewhere[h.UserID] = strings.TrimSpace(c.elsewhere[h.UserID] + " " + r.Name)
			}
		}
	}
	return c, nil
}

// anyone stands for the user id in the subjects of a crowd: what they own is asked with it.
var anyone = uuid.UUID{15: 1}

// elsewhereOrg stands for the other organizations: which one it is makes no difference here.
var elsewhereOrg = uuid.UUID{15: 2}

// subject decides for everybody with this holding.
func (c *crowd) subject(ctx context.Context, h holding) (*rbac.Subject, error) {
	if s, ok := c.known[h]; ok {
		return s, nil
	}
	var grants []rbac.Grant
	var orgs []rbac.ID
	if !h.outside {
		orgs = append(orgs, c.org)
	}
	for _, part := range []struct {
		names string
		in    uuid.UUID
		set   uuid.UUID
	}{{h.roles, c.org, c.org}, {h.siteRoles, uuid.Nil, uuid.Nil}, {h.elsewhere, elsewhereOrg, elsewhereOrg}} {
		if part.names == "" {
			continue
		}
		set, err := c.roles(ctx, part.set)
		if err != nil {
			return nil, err
		}
		for _, name := range strings.Fields(part.names) {
			if role, ok := set.compiled(name); ok {
				grants = append(grants, rbac.Grant{Role: role, Org: part.in})
			}
		}
	}
	s := c.catalog.NewSubject(anyone, orgs, grants)
	c.known[h] = s
	return s, nil
}

// sorted makes equal lists of names equal texts.
func sorted(names string) string {
	if !strings.Contains(names, " ") {
		return names
	}
	fields := strings.Fields(names)
	slices.Sort(fields)
	return strings.Join(fields, " ")
}

// each walks all members by username, with what decides about them.
func (c *crowd) each(ctx context.Context, fn func(id uuid.UUID, h holding) error) error {
	const piece = 5000
	p := db.ListHoldingsParams{OrganizationID: c.org, MaxRows: piece}
	for {
		rows, err := c.q.ListHoldings(ctx, p)
		if err != nil {
			return err
		}
		for i := range rows {
			r := &rows[i]
			h := holding{roles: sorted(r.Roles), siteRoles: sorted(r.SiteRoles), elsewhere: c.elsewhere[r.UserID]}
			if err := fn(r.UserID, h); err != nil {
				return err
			}
		}
		if len(rows) < piece {
			return nil
		}
		p.AfterKey = rows[len(rows)-1].UsernameKey
	}
}
