package unit

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// Holding is what decides what someone may do in an organization: two people with equal holdings may do the same. The
// third part is rare: built-in roles of other organizations that give rights on the whole site.
type Holding struct {
	Roles, SiteRoles, Elsewhere string
	Outside                     bool // not a member
}

// Crowd decides about many people in an organization, or on the site for uuid.Nil, once for each holding that occurs
// among them.
type Crowd struct {
	Reader
	Org       uuid.UUID
	Elsewhere map[uuid.UUID]string
	known     map[Holding]*rbac.Subject
	apart     map[string]bool // members that Groups did not count in the group that they are stored with, by their place
}

// Crowd prepares to decide about everyone, with what each holds in other organizations.
func (s Reader) Crowd(ctx context.Context, orgID uuid.UUID) (*Crowd, error) {
	c, err := s.newCrowd(ctx, orgID)
	if err != nil {
		return nil, err
	}
	for _, name := range s.carried() {
		ids, err := s.Q.ListAllHoldersElsewhere(ctx, db.ListAllHoldersElsewhereParams{Role: name, OrganizationID: orgID, Now: NullTime(s.When)})
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			c.Elsewhere[id] = withName(c.Elsewhere[id], name)
		}
	}
	return c, nil
}

// newCrowd prepares to decide by the roles as they are now, and reads all of them, so that deciding needs no query. It does not
// know yet what people hold in other organizations.
func (s Reader) newCrowd(ctx context.Context, orgID uuid.UUID) (*Crowd, error) {
	sets := map[uuid.UUID]*RoleSet{}
	s.Sets = nil
	for _, of := range []uuid.UUID{orgID, uuid.Nil, org.ElsewhereOrg} {
		set, err := s.Roles(ctx, of)
		if err != nil {
			return nil, err
		}
		sets[of] = set
	}
	s.Sets = sets
	return &Crowd{Reader: s, Org: orgID, Elsewhere: map[uuid.UUID]string{}, known: map[Holding]*rbac.Subject{}}, nil
}

// carried returns the names of the roles of an organization that give rights outside it.
func (s Reader) carried() []string {
	var names []string
	for _, r := range s.Catalog().BuiltInOrganizationRoles() {
		if len(r.Site) > 0 || len(r.User) > 0 {
			names = append(names, r.Name)
		}
	}
	return names
}

// rolesElsewhere returns which roles each of these people holds in organizations other than one that give rights outside them.
func (s Reader) rolesElsewhere(ctx context.Context, orgID uuid.UUID, users []uuid.UUID) (map[uuid.UUID]string, error) {
	held := map[uuid.UUID]string{}
	rows, err := s.Q.ListHoldersElsewhere(ctx, db.ListHoldersElsewhereParams{
		Roles: SpaceJoined(s.carried()), OrganizationID: orgID, Now: NullTime(s.When), UserIds: users,
	})
	for _, r := range rows {
		held[r.UserID] = withName(held[r.UserID], r.Role)
	}
	return held, err
}

// holder is a person with what decides about them.
type holder struct {
	id      uuid.UUID
	holding Holding
	ends    bool // some of what it holds has an end
}

// ending is the holder of a row whose first records end then, if they do.
func (h holder) ending(next ...sql.NullTime) holder {
	h.ends = slices.ContainsFunc(next, func(at sql.NullTime) bool { return at.Valid })
	return h
}

// holderOf makes a holder of a member, without what they hold elsewhere.
func holderOf(id uuid.UUID, roles, siteRoles string) holder {
	return holder{id: id, holding: Holding{Roles: SortNames(roles), SiteRoles: SortNames(siteRoles)}}
}

// elsewhereOf fills in what people hold elsewhere.
func (c *Crowd) elsewhereOf(ctx context.Context, people []holder) error {
	ids := make([]uuid.UUID, len(people))
	for i, h := range people {
		ids[i] = h.id
	}
	held, err := c.rolesElsewhere(ctx, c.Org, ids)
	for i := range people {
		people[i].holding.Elsewhere = held[people[i].id]
	}
	return err
}

// withName adds a name to a list of names, unless it is in it.
func withName(list, name string) string {
	if strings.Contains(" "+list+" ", " "+name+" ") {
		return list
	}
	return strings.TrimSpace(list + " " + name)
}

// Anyone stands for the user id in the subjects of a crowd; questions about their own things use it as the owner.
var Anyone = uuid.UUID{15: 1}

// Veiled removes from a trace the names of organizations that the caller may not read.
func Veiled(t rbac.Trace, by *org.Actor) rbac.Trace {
	for _, l := range t.Levels {
		for i := range l.Matches {
			if m := &l.Matches[i]; m.Org != uuid.Nil && !by.Grants.Authorize("read", org.OrgObject(m.Org)) {
				m.Org = org.ElsewhereOrg
			}
		}
	}
	return t
}

// Subject returns the subject that decides for everyone with this holding.
func (c *Crowd) Subject(ctx context.Context, h Holding) (*rbac.Subject, error) {
	if s, ok := c.known[h]; ok {
		return s, nil
	}
	var grants []rbac.Grant
	var orgs []rbac.ID
	if !h.Outside {
		orgs = append(orgs, c.Org)
	}
	for _, part := range []struct {
		names string
		in    uuid.UUID
		set   uuid.UUID
	}{{h.Roles, c.Org, c.Org}, {h.SiteRoles, uuid.Nil, uuid.Nil}, {h.Elsewhere, org.ElsewhereOrg, org.ElsewhereOrg}} {
		if part.names == "" {
			continue
		}
		set, err := c.Roles(ctx, part.set)
		if err != nil {
			return nil, err
		}
		for _, name := range strings.Fields(part.names) {
			if role, ok := set.compiled(name); ok {
				grants = append(grants, rbac.Grant{Role: role, Org: part.in})
			}
		}
	}
	s := c.Catalog().NewSubject(Anyone, orgs, grants)
	c.known[h] = s
	return s, nil
}

// SortNames makes equal lists of names equal texts.
func SortNames(names string) string {
	if !strings.Contains(names, " ") {
		return names
	}
	fields := strings.Fields(names)
	slices.Sort(fields)
	return strings.Join(fields, " ")
}

// WalkPiece is how many rows a walk over everyone reads at once.
const WalkPiece = 5000

// Each walks all members by username, with what decides about them at the moment of the unit.
func (c *Crowd) Each(ctx context.Context, fn func(r *db.ListHoldingsRow, h Holding) error) error {
	return c.EachAfter(ctx, "", fn)
}

// EachAfter does what Each does, from a place onwards.
func (c *Crowd) EachAfter(ctx context.Context, key string, fn func(r *db.ListHoldingsRow, h Holding) error) error {
	p := db.ListHoldingsParams{OrganizationID: c.Org, MaxRows: WalkPiece, AfterKey: key}
	for {
		rows, err := c.Q.ListHoldings(ctx, p)
		if err != nil {
			return err
		}
		here, err := HeldNow(ctx, c.Reader, rows, HoldingStored(c.Org))
		if err != nil {
			return err
		}
		for i := range here {
			r := &here[i]
			h := Holding{Roles: SortNames(r.Roles), SiteRoles: SortNames(r.SiteRoles), Elsewhere: c.Elsewhere[r.UserID]}
			if err := fn(r, h); err != nil {
				return err
			}
		}
		if len(rows) < WalkPiece {
			return nil
		}
		p.AfterKey = rows[len(rows)-1].UsernameKey
	}
}

// HoldingStored points to what is held in a row of holdings, for [HeldNow].
func HoldingStored(orgID uuid.UUID) func(*db.ListHoldingsRow) Stored {
	return func(r *db.ListHoldingsRow) Stored {
		return Stored{Place: orgID, User: r.UserID, Roles: &r.Roles, NextEnd: r.NextEnd, SiteRoles: &r.SiteRoles, SiteNextEnd: r.SiteNextEnd}
	}
}
