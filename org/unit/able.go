package unit

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// An organization keeps somebody who is able to manage it: an active member who signs in with a password, is no site
// owner, and is allowed by the engine to read it and to work on its roles. Only a site owner or the operator may take
// the last one away. Every check here comes before the write, because a bulk action leaves out whom it may not touch
// and goes on with the others.

// canManage reports whether a subject may do all that managing an organization takes.
func canManage(s *rbac.Subject, orgID uuid.UUID) bool {
	roles := org.OrgRolesObject(orgID)
	return s.Authorize("read", org.OrgObject(orgID)) && s.Authorize("read", org.MembersObject(orgID)) &&
		s.Authorize("read", roles) && s.Authorize("update", roles) &&
		s.Authorize("assign", roles) && s.Authorize("unassign", roles)
}

// isAble reports whether an active account with a password counts as one that can manage an organization.
func isAble(s *rbac.Subject, orgID uuid.UUID) bool {
	return s.InOrg(orgID) && !s.HasRole(org.RoleOwner, uuid.Nil) && canManage(s, orgID)
}

// managers finds out who is able to manage one organization.
type managers struct {
	*Crowd
	inOrg, onSite []string  // roles that let their holders change roles: whoever is able holds one of them
	found         uuid.UUID // someone who is able; zero until one is found
	holding       Holding   // of found
}

// managers looks for them by the roles of the crowd, which need not be those that are stored.
func (c *Crowd) managers(ctx context.Context) (*managers, error) {
	set, err := c.Roles(ctx, c.Org)
	if err != nil {
		return nil, err
	}
	site, err := c.Roles(ctx, uuid.Nil)
	if err != nil {
		return nil, err
	}
	return &managers{Crowd: c, inOrg: set.steering(), onSite: site.steering()}, nil
}

// steer lists the roles of a set that let their holders change roles: the first thing that managing an organization
// takes, and the rarest. Site owners do not count.
func (s *RoleSet) steer(catalog *rbac.Catalog) []string {
	var names []string
	for i := range s.List {
		r := &s.List[i]
		switch {
		case r.Name == org.RoleOwner || !catalog.Given([]*rbac.Role{r.Compiled}).Contains("assign_org_role", "update"):
		case r.Name == org.RoleOrganizationAdmin: // most likely to lead to somebody
			names = slices.Insert(names, 0, r.Name)
		default:
			names = append(names, r.Name)
		}
	}
	return names
}

// only reports whether a member is the only one who is able. Of a member whose roles can't make anybody able it asks
// neither the engine nor the store.
func (m *managers) only(ctx context.Context, row *org.Member) (bool, error) {
	holds := func(held []org.RoleRef, one []string) bool {
		return slices.ContainsFunc(held, func(r org.RoleRef) bool { return slices.Contains(one, r.Name) })
	}
	if row.Status != org.StatusActive || row.LoginType != org.LoginPassword || !holds(row.Roles, m.inOrg) && !holds(row.SiteRoles, m.onSite) {
		return false, nil
	}
	if found, err := m.beside(ctx, row.UserID); err != nil || found {
		return false, err
	}
	h, err := m.holdingOf(ctx, row)
	if err != nil {
		return false, err
	}
	return m.able(ctx, h)
}

// holdingOf is what decides about one member.
func (m *managers) holdingOf(ctx context.Context, row *org.Member) (Holding, error) {
	one := []holder{{row.UserID, Holding{Roles: strings.Join(RoleNames(row.Roles), " "), SiteRoles: strings.Join(RoleNames(row.SiteRoles), " ")}}}
	err := m.elsewhereOf(ctx, one)
	return one[0].holding, err
}

// able reports whether active people with this holding are able.
func (m *managers) able(ctx context.Context, h Holding) (bool, error) {
	s, err := m.Subject(ctx, h)
	return err == nil && isAble(s, m.Org), err
}

// beside reports whether somebody else than user is able. It looks again only when the one it found before is user.
func (m *managers) beside(ctx context.Context, user uuid.UUID) (bool, error) {
	if m.found != uuid.Nil && m.found != user {
		return true, nil
	}
	m.found = uuid.Nil
	for _, role := range m.inOrg {
		if err := m.search(ctx, user, m.holdersOf(ctx, role)); err != nil || m.found != uuid.Nil {
			return err == nil, err
		}
	}
	for _, role := range m.onSite {
		if err := m.search(ctx, user, m.siteHoldersOf(ctx, role)); err != nil || m.found != uuid.Nil {
			return err == nil, err
		}
	}
	return false, nil
}

// candidates gives active people with a password who hold a role, in pieces: none when there are no more.
type candidates func(maxRows int64) ([]holder, error)

// holdersOf walks from the last username to the first: a bulk action goes the other way, and so seldom meets whom a
// search has just found.
func (m *managers) holdersOf(ctx context.Context, role string) candidates {
	before := Everywhere.before
	return func(maxRows int64) (list []holder, err error) {
		rows, err := m.Q.ListActiveHolders(ctx, db.ListActiveHoldersParams{OrganizationID: m.Org, Role: role, BeforeKey: before, MaxRows: maxRows})
		for _, r := range rows {
			list, before = append(list, holderOf(r.UserID, r.Roles, r.SiteRoles)), r.UsernameKey
		}
		return list, err
	}
}

func (m *managers) siteHoldersOf(ctx context.Context, role string) candidates {
	after := uuid.Nil
	return func(maxRows int64) (list []holder, err error) {
		rows, err := m.Q.ListActiveMembersOfSiteRole(ctx, db.ListActiveMembersOfSiteRoleParams{OrganizationID: m.Org, Role: role, AfterUser: after, MaxRows: maxRows})
		for _, r := range rows {
			list, after = append(list, holderOf(r.UserID, r.Roles, r.SiteRoles)), r.UserID
		}
		return list, err
	}
}

// search stops at the first of the candidates, other than user, who is able.
func (m *managers) search(ctx context.Context, user uuid.UUID, next candidates) error {
	for maxRows := int64(10); ; maxRows = ChunkSize { // the first few nearly always have one
		list, err := next(maxRows)
		if err != nil || len(list) == 0 {
			return err
		}
		if err := m.elsewhereOf(ctx, list); err != nil {
			return err
		}
		for _, h := range list {
			ok, err := m.able(ctx, h.holding)
			if err != nil {
				return err
			}
			if ok && h.id != user {
				m.found, m.holding = h.id, h.holding
				return nil
			}
		}
	}
}

// managersOf is the managers of an organization whose roles this change leaves as they are. A bulk action asks them about
// one member after the other.
func (c *Attempt) managersOf(orgID uuid.UUID) (*managers, error) {
	if c.managers != nil && c.managers.Org == orgID {
		return c.managers, nil
	}
	crowd, err := c.newCrowd(c.Ctx, orgID)
	if err != nil {
		return nil, err
	}
	c.managers, err = crowd.managers(c.Ctx)
	return c.managers, err
}

// asksForManagers reports whether the rule applies. Site owners are not bound by it; a dry run warns them.
func (c *Attempt) asksForManagers() bool { return !c.Actor.Owner() || c.watch != nil }

// KeepManager refuses a change of a member after which no one is able to manage the organization. The change ends the
// membership, or leaves the member with these roles.
func (c *Attempt) KeepManager(o db.Organization, member *org.Member, ends bool, roles []string) error {
	if !c.asksForManagers() {
		return nil
	}
	m, err := c.managersOf(o.ID)
	if err != nil {
		return err
	}
	if only, err := m.only(c.Ctx, member); err != nil || !only {
		return err
	}
	if !ends {
		is, err := m.holdingOf(c.Ctx, member)
		if err != nil {
			return err
		}
		is.Roles = strings.Join(roles, " ")
		if able, err := m.able(c.Ctx, is); err != nil || able {
			return err
		}
	}
	return c.noManager(o)
}

// KeepManagers is keepManager for every organization of an account that is about to become another; nil when it is
// about to go.
func (c *Attempt) KeepManagers(user db.UserRow, becomes func(was *org.Actor) *rbac.Subject) error {
	if !c.asksForManagers() || org.Status(user.Status) != org.StatusActive || user.LoginType != org.LoginPassword {
		return nil
	}
	was, err := c.Subject(c.Ctx, user.ID)
	if err != nil {
		return err
	}
	var is *rbac.Subject
	if becomes != nil {
		is = becomes(was)
	}
	for _, id := range was.User.OrganizationIDs {
		if !isAble(was.Grants, id) || isAble(is, id) {
			continue
		}
		m, err := c.managersOf(id)
		if err != nil {
			return err
		}
		if found, err := m.beside(c.Ctx, user.ID); err != nil {
			return err
		} else if found {
			continue
		}
		o, err := c.Q.GetOrganization(c.Ctx, id)
		if err != nil {
			return err
		}
		if err := c.noManager(o); err != nil {
			return err
		}
	}
	return nil
}

// WithSiteRoles is what an account would be allowed with these roles on the site.
func WithSiteRoles(s *org.Actor, catalog *rbac.Catalog, set *RoleSet, names []string) *rbac.Subject {
	var grants []rbac.Grant
	for _, g := range s.Grants.Grants() {
		if g.Org != uuid.Nil {
			grants = append(grants, g)
		}
	}
	for _, name := range names {
		if role, ok := set.compiled(name); ok {
			grants = append(grants, rbac.Grant{Role: role})
		}
	}
	var orgs []rbac.ID
	for _, id := range s.User.OrganizationIDs {
		orgs = append(orgs, id)
	}
	return catalog.NewSubject(s.ID(), orgs, grants)
}

// keepManagersOf refuses to change the roles of an organization from was to is if someone is able to manage it before the
// change and no one is after it.
func (c *Attempt) keepManagersOf(o db.Organization, was, is *Crowd) error {
	if !c.asksForManagers() {
		return nil
	}
	before, err := was.managers(c.Ctx)
	if err != nil {
		return err
	}
	if found, err := before.beside(c.Ctx, uuid.Nil); err != nil || !found {
		return err
	}
	after, err := is.managers(c.Ctx)
	if err != nil {
		return err
	}
	if able, err := after.able(c.Ctx, before.holding); err != nil || able {
		return err
	}
	if found, err := after.beside(c.Ctx, uuid.Nil); err != nil || found {
		return err
	}
	return c.noManager(o)
}

// OnlyManager reports whether an account is the only one who is able to manage an organization, for a view: only a site
// owner may take it away.
func (s Reader) OnlyManager(ctx context.Context, by *org.Actor, orgID uuid.UUID, user *org.User) (bool, error) {
	if by.Owner() || user.Status != org.StatusActive || user.LoginType != org.LoginPassword {
		return false, nil
	}
	target, err := s.Subject(ctx, user.ID)
	if err != nil || !isAble(target.Grants, orgID) {
		return false, err
	}
	crowd, err := s.newCrowd(ctx, orgID)
	if err != nil {
		return false, err
	}
	m, err := crowd.managers(ctx)
	if err != nil {
		return false, err
	}
	found, err := m.beside(ctx, user.ID)
	return !found, err
}

// nameOf is an organization as a refusal names it: one that the caller may not read goes by other words.
func (c *Attempt) nameOf(o db.Organization, unseen string) string {
	if c.Actor.Can("read", org.OrgObject(o.ID)) {
		return o.DisplayName
	}
	return unseen
}
