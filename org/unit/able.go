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

// An organization keeps somebody who is able to manage it: an active member who can sign in, is no site
// owner, and is allowed by the engine to read it and to work on its roles. Only a site owner or the operator may take
// the last one away.

// canManage reports whether a subject may do all that managing an organization takes.
// R3 in docs/spec/roles.md lists these rights.
func canManage(s *rbac.Subject, orgID uuid.UUID) bool {
	roles := org.OrgRolesObject(orgID)
	return s.Authorize("read", org.OrgObject(orgID)) && s.Authorize("read", org.MembersObject(orgID)) &&
		s.Authorize("read", roles) && s.Authorize("update", roles) &&
		s.Authorize("assign", roles) && s.Authorize("unassign", roles)
}

// isAble reports whether an active account that can sign in counts as one that can manage an organization.
func isAble(s *rbac.Subject, orgID uuid.UUID) bool {
	return s.InOrg(orgID) && !s.HasRole(org.RoleOwner, uuid.Nil) && canManage(s, orgID)
}

// managers finds out who is able to manage one organization.
type managers struct {
	*Crowd
	inOrg, onSite []string // roles that let their holders change roles: whoever is able holds one of them
	search        *search
	found         *holder // someone who is able; nil until one is found
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
	if row.Status != org.StatusActive || !holds(row.Roles, m.inOrg) && !holds(row.SiteRoles, m.onSite) {
		return false, nil
	}
	if found, err := m.beside(ctx, row.UserID); err != nil || found {
		return false, err
	}
	if in, err := m.hasWayIn(ctx, row.UserID); err != nil || !in {
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

// beside reports whether somebody else than user is able.
func (m *managers) beside(ctx context.Context, user uuid.UUID) (bool, error) {
	// Nothing is laid over the data, so whoever was found is still able.
	if m.found != nil && m.found.id != user && m.over == nil {
		return true, nil
	}
	if m.search == nil || m.over == nil {
		m.search = &search{over: m.over, org: m.Org, elsewhere: m.elsewhereOf, counts: m.able}
		for _, role := range m.inOrg {
			m.search.left = append(m.search.left, m.activeHolders(m.Org, role, false))
		}
		for _, role := range m.onSite {
			m.search.left = append(m.search.left, m.activeSiteHolders(m.Org, role))
		}
	}
	var err error
	m.found, err = m.search.beside(ctx, user)
	return m.found != nil, err
}

// managersOf is the managers of an organization whose roles this change leaves as they are. A bulk action asks them about
// one member after the other.
func (a *Attempt) managersOf(ctx context.Context, orgID uuid.UUID) (*managers, error) {
	if a.managers != nil && a.managers.Org == orgID {
		return a.managers, nil
	}
	crowd, err := a.After().newCrowd(ctx, orgID)
	if err != nil {
		return nil, err
	}
	a.managers, err = crowd.managers(ctx)
	return a.managers, err
}

// asksForManagers reports whether the rule applies. Site owners are not bound by it; a dry run warns them.
func (a *Attempt) asksForManagers() bool { return !a.Actor.Owner() || a.trying }

// KeepManager refuses a change of a member after which no one is able to manage the organization. The change ends the
// membership, or leaves the member with these roles. It is asked before WillHold says so.
func (a *Attempt) KeepManager(ctx context.Context, o db.Organization, member *org.Member, ends bool, roles []string) error {
	if !a.asksForManagers() {
		return nil
	}
	m, err := a.managersOf(ctx, o.ID)
	if err != nil {
		return err
	}
	if stays, err := m.managesWith(ctx, member, ends, roles); err != nil || stays {
		return err
	}
	return a.noManager(o)
}

// managesWith reports whether someone is able to manage after a change of a member, or no one was before.
func (m *managers) managesWith(ctx context.Context, member *org.Member, ends bool, roles []string) (bool, error) {
	if only, err := m.only(ctx, member); err != nil || !only {
		return true, err
	}
	if ends {
		return false, nil
	}
	is, err := m.holdingOf(ctx, member)
	if err != nil {
		return false, err
	}
	is.Roles = strings.Join(roles, " ")
	return m.able(ctx, is)
}

// KeepManagers is KeepManager for every organization of an account whose roles on the site change, or that is about to be
// suspended or deleted, as WillHold and WillEnd have said.
func (a *Attempt) KeepManagers(ctx context.Context, user db.UserRow) error {
	if !a.asksForManagers() || org.Status(user.Status) != org.StatusActive {
		return nil
	}
	if in, err := a.hasWayIn(ctx, user.ID); err != nil || !in {
		return err
	}
	was, err := a.Subject(ctx, user.ID)
	if err != nil {
		return err
	}
	var is *rbac.Subject // nil: it is about to go
	if !a.change.gone(user.ID) {
		after, err := a.After().Subject(ctx, user.ID)
		if err != nil {
			return err
		}
		is = after.Grants
	}
	for _, id := range was.User.OrganizationIDs {
		if !isAble(was.Grants, id) || isAble(is, id) {
			continue
		}
		m, err := a.managersOf(ctx, id)
		if err != nil {
			return err
		}
		if found, err := m.beside(ctx, user.ID); err != nil {
			return err
		} else if found {
			continue
		}
		o, err := a.Q.GetOrganization(ctx, id)
		if err != nil {
			return err
		}
		if err := a.noManager(o); err != nil {
			return err
		}
	}
	return nil
}

// keepManagersOf refuses to change the roles of an organization from was to is if someone is able to manage it before the
// change and no one is after it.
func (a *Attempt) keepManagersOf(ctx context.Context, o db.Organization, was, is *Crowd) error {
	if !a.asksForManagers() {
		return nil
	}
	before, err := was.managers(ctx)
	if err != nil {
		return err
	}
	if found, err := before.beside(ctx, uuid.Nil); err != nil || !found {
		return err
	}
	after, err := is.managers(ctx)
	if err != nil {
		return err
	}
	if able, err := after.able(ctx, before.found.holding); err != nil || able {
		return err
	}
	if found, err := after.beside(ctx, uuid.Nil); err != nil || found {
		return err
	}
	return a.noManager(o)
}

// OnlyManager reports whether an account is the only one who is able to manage an organization, for a view: only a site
// owner may take it away.
func (s Reader) OnlyManager(ctx context.Context, by *org.Actor, orgID uuid.UUID, user *org.User) (bool, error) {
	if by.Owner() || user.Status != org.StatusActive {
		return false, nil
	}
	if in, err := s.hasWayIn(ctx, user.ID); err != nil || !in {
		return false, err
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
func (a *Attempt) nameOf(o db.Organization, unseen string) string {
	if a.Actor.Can("read", org.OrgObject(o.ID)) {
		return o.DisplayName
	}
	return unseen
}
