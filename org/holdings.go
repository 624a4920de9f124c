package org

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/rbac"
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

// crowd prepares to decide about everybody, with what each holds in other organizations.
func (s source) crowd(ctx context.Context, org uuid.UUID) (*crowd, error) {
	c, err := s.newCrowd(ctx, org)
	if err != nil {
		return nil, err
	}
	for _, name := range s.carried() {
		ids, err := s.q.ListAllHoldersElsewhere(ctx, db.ListAllHoldersElsewhereParams{Role: name, OrganizationID: org})
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			c.elsewhere[id] = withName(c.elsewhere[id], name)
		}
	}
	return c, nil
}

// newCrowd prepares to decide by the roles as they are now, and reads all of them: deciding needs no query. It does not
// know yet what people hold in other organizations.
func (s source) newCrowd(ctx context.Context, org uuid.UUID) (*crowd, error) {
	sets := map[uuid.UUID]*roleSet{}
	s.sets = nil
	for _, of := range []uuid.UUID{org, uuid.Nil, elsewhereOrg} {
		set, err := s.roles(ctx, of)
		if err != nil {
			return nil, err
		}
		sets[of] = set
	}
	s.sets = sets
	return &crowd{source: s, org: org, elsewhere: map[uuid.UUID]string{}, known: map[holding]*rbac.Subject{}}, nil
}

// carried is the names of the roles of an organization that give rights outside it.
func (s *Service) carried() []string {
	var names []string
	for _, r := range s.catalog.BuiltInOrganizationRoles() {
		if len(r.Site) > 0 || len(r.User) > 0 {
			names = append(names, r.Name)
		}
	}
	return names
}

// rolesElsewhere is what each of these people holds in organizations other than one that gives rights outside them.
func (s source) rolesElsewhere(ctx context.Context, org uuid.UUID, users []uuid.UUID) (map[uuid.UUID]string, error) {
	held := map[uuid.UUID]string{}
	for _, name := range s.carried() {
		ids, err := s.q.ListHoldersElsewhere(ctx, db.ListHoldersElsewhereParams{Role: name, OrganizationID: org, UserIds: users})
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			held[id] = withName(held[id], name)
		}
	}
	return held, nil
}

// holder is somebody with what decides about them.
type holder struct {
	id      uuid.UUID
	holding holding
}

// holderOf is a member; what they hold elsewhere is not known yet.
func holderOf(id uuid.UUID, roles, siteRoles string) holder {
	return holder{id, holding{roles: sorted(roles), siteRoles: sorted(siteRoles)}}
}

// elsewhereOf fills in what people hold elsewhere.
func (c *crowd) elsewhereOf(ctx context.Context, people []holder) error {
	ids := make([]uuid.UUID, len(people))
	for i, h := range people {
		ids[i] = h.id
	}
	held, err := c.rolesElsewhere(ctx, c.org, ids)
	for i := range people {
		people[i].holding.elsewhere = held[people[i].id]
	}
	return err
}

// withName adds a name to a list of names, unless it is there.
func withName(list, name string) string {
	if strings.Contains(" "+list+" ", " "+name+" ") {
		return list
	}
	return strings.TrimSpace(list + " " + name)
}

// anyone stands for the user id in the subjects of a crowd: what they own is asked with it.
var anyone = uuid.UUID{15: 1}

// elsewhereOrg stands for the other organizations: which one it is makes no difference here.
var elsewhereOrg = uuid.UUID{15: 2}

// Elsewhere reports whether a match is by a role that is held in an organization which is not named: any other one, or one
// that the caller may not read.
func Elsewhere(m rbac.Match) bool { return m.Org == elsewhereOrg }

// veiled leaves out of a trace which organizations it tells of that the caller may not read.
func veiled(t rbac.Trace, by *Subject) rbac.Trace {
	for _, l := range t.Levels {
		for i := range l.Matches {
			if m := &l.Matches[i]; m.Org != uuid.Nil && !by.grants.Authorize("read", orgObject(m.Org)) {
				m.Org = elsewhereOrg
			}
		}
	}
	return t
}

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

// walkPiece is how many rows a walk over everybody reads at once.
const walkPiece = 5000

// each walks all members by username, with what decides about them.
func (c *crowd) each(ctx context.Context, fn func(r *db.ListHoldingsRow, h holding) error) error {
	p := db.ListHoldingsParams{OrganizationID: c.org, MaxRows: walkPiece}
	for {
		rows, err := c.q.ListHoldings(ctx, p)
		if err != nil {
			return err
		}
		for i := range rows {
			r := &rows[i]
			h := holding{roles: sorted(r.Roles), siteRoles: sorted(r.SiteRoles), elsewhere: c.elsewhere[r.UserID]}
			if err := fn(r, h); err != nil {
				return err
			}
		}
		if len(rows) < walkPiece {
			return nil
		}
		p.AfterKey = rows[len(rows)-1].UsernameKey
	}
}
