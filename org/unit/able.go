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

// An organization always keeps someone who is able to manage it: an active member who can sign in, is not a site owner, and is
// allowed by the engine to read it and to work on its roles. Only a site owner or the operator may take the last one away. The
// rule is checked twice: for what is held now, and for what is held for good. If someone is able for good, someone always
// will be.

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
	inOrg, onSite []string // roles that let their holders change roles: everyone who is able holds one of them
	search        *search
	found         *holder // someone who is able; nil until one is found
}

// bothManagers finds managers by what is held now, and by what is held for good.
type bothManagers [2]*managers

func (c *Crowd) bothManagers(ctx context.Context) (both bothManagers, err error) {
	if both[0], err = c.managers(ctx); err == nil {
		both[1], err = c.forGood().managers(ctx)
	}
	return both, err
}

// only reports whether a member is the only one who is able, now or for good.
func (b bothManagers) only(ctx context.Context, row *org.Member) (bool, error) {
	for _, m := range b {
		only, err := m.only(ctx, row)
		if err != nil || only || m.settles(row, &org.HolderChange{}) {
			return only, err
		}
	}
	return false, nil
}

// managers looks for managers by the roles of the crowd, which need not be the stored ones.
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

// steer lists the roles of a set that let their holders change roles. Managing an organization takes that first, and it is the
// rarest part. Site owners do not count.
func (s *RoleSet) steer(catalog *rbac.Catalog) []string {
	var names []string
	for i := range s.List {
		r := &s.List[i]
		switch {
		case r.Name == org.RoleOwner || !catalog.Given([]*rbac.Role{r.Compiled}).Contains("assign_org_role", "update"):
		case r.Name == org.RoleOrganizationAdmin: // most likely to lead to someone
			names = slices.Insert(names, 0, r.Name)
		default:
			names = append(names, r.Name)
		}
	}
	return names
}

// only reports whether a member is the only one who is able. If the member's roles can't make anyone able, it asks neither the
// engine nor the store.
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
	if in, err := m.HasWayIn(ctx, row.UserID); err != nil || !in {
		return false, err
	}
	h, belongs, err := m.holdingOf(ctx, row)
	if err != nil || !belongs {
		return false, err
	}
	return m.able(ctx, h)
}

// settles reports whether the answer for what is held now also holds for good, because nothing that it depends on ends.
func (m *managers) settles(row *org.Member, c *org.HolderChange) bool {
	return row.NextEnd.IsZero() && row.SiteNextEnd.IsZero() && !c.Lends() && (m.found == nil || !m.over.lends(m.found))
}

// holdingOf returns what decides about one member. belongs is false if it is a member now, but not for good.
func (m *managers) holdingOf(ctx context.Context, row *org.Member) (h Holding, belongs bool, err error) {
	one := []holder{holderOf(row.UserID, strings.Join(RoleNames(row.Roles), " "), strings.Join(RoleNames(row.SiteRoles), " "))}
	if m.good && (!row.NextEnd.IsZero() || !row.SiteNextEnd.IsZero()) {
		users := []uuid.UUID{row.UserID}
		held, err := m.standings(ctx, m.Org, m.Org, users, users)
		is := held[standing{m.Org, row.UserID}]
		if err != nil || !is.member {
			return h, false, err
		}
		one[0] = holderOf(row.UserID, is.roles, held[standing{uuid.Nil, row.UserID}].roles)
	}
	err = m.elsewhereOf(ctx, one)
	return one[0].holding, true, err
}

// able reports whether active people with this holding are able.
func (m *managers) able(ctx context.Context, h Holding) (bool, error) {
	s, err := m.Subject(ctx, h)
	return err == nil && isAble(s, m.Org), err
}

// beside reports whether anyone other than user is able.
func (m *managers) beside(ctx context.Context, user uuid.UUID) (bool, error) {
	// Nothing is laid over the data, so the one found earlier is still able.
	if m.found != nil && m.found.id != user && m.over == nil {
		return true, nil
	}
	if m.search == nil || m.over == nil {
		m.search = &search{src: m.Reader, over: m.over, org: m.Org, good: m.good, elsewhere: m.elsewhereOf, counts: m.able}
		for _, role := range m.inOrg {
			m.search.left = append(m.search.left, m.activeHolders(m.Org, role, m.good))
		}
		for _, role := range m.onSite {
			m.search.left = append(m.search.left, m.activeSiteHolders(m.Org, role))
		}
	}
	var err error
	m.found, err = m.search.beside(ctx, user)
	return m.found != nil, err
}

// managersOf returns the managers of an organization whose roles this change does not edit. A bulk action calls it for one
// member after another.
func (a *Attempt) managersOf(ctx context.Context, orgID uuid.UUID) (both bothManagers, err error) {
	if a.managers[0] != nil && a.managers[0].Org == orgID {
		return a.managers, nil
	}
	crowd, err := a.After().newCrowd(ctx, orgID)
	if err != nil {
		return both, err
	}
	a.managers, err = crowd.bothManagers(ctx)
	return a.managers, err
}

// asksForManagers reports whether the rule applies. It does not bind site owners, but a dry run warns them.
func (a *Attempt) asksForManagers() bool { return !a.exempt() || a.trying }

// KeepManager refuses a change of a member that would leave no one able to manage the organization, now or for good. It must be
// called before WillHold announces the change.
func (a *Attempt) KeepManager(ctx context.Context, o db.Organization, member *org.Member, c *org.HolderChange) error {
	if !a.asksForManagers() {
		return nil
	}
	both, err := a.managersOf(ctx, o.ID)
	if err != nil {
		return err
	}
	for _, m := range both {
		stays, err := m.managesWith(ctx, member, c)
		switch {
		case err != nil:
			return err
		case !stays:
			return a.noManager(o, m.good)
		case m.settles(member, c):
			return nil
		}
	}
	return nil
}

// managesWith reports whether someone is able to manage after a change of a member, or no one was before it.
func (m *managers) managesWith(ctx context.Context, member *org.Member, c *org.HolderChange) (bool, error) {
	if only, err := m.only(ctx, member); err != nil || !only {
		return true, err
	}
	if c.Leaves || m.good && c.Ends(org.RoleOrganizationUser) {
		return false, nil
	}
	is, _, err := m.holdingOf(ctx, member)
	if err != nil {
		return false, err
	}
	after := c.After
	if m.good {
		after = c.ForGood(strings.Fields(is.Roles))
	}
	is.Roles = strings.Join(after, " ")
	return m.able(ctx, is)
}

// KeepManagers does what KeepManager does for every organization of an account whose site roles change, or that is about to be
// suspended or deleted, as WillHold and WillEnd have said.
func (a *Attempt) KeepManagers(ctx context.Context, user db.UserRow) error {
	if !a.asksForManagers() || org.Status(user.Status) != org.StatusActive {
		return nil
	}
	if in, err := a.HasWayIn(ctx, user.ID); err != nil || !in {
		return err
	}
	settled, err := a.keepManagers(ctx, a.Reader, a.After(), user.ID)
	if err != nil || settled {
		return err
	}
	_, err = a.keepManagers(ctx, a.forGood(), a.After().forGood(), user.ID)
	return err
}

// keepManagers compares the state before and after the change, by what is held now or for good. settled means that nothing the
// answer depends on ends.
func (a *Attempt) keepManagers(ctx context.Context, before, after Reader, user uuid.UUID) (settled bool, err error) {
	was, err := before.Subject(ctx, user)
	if err != nil {
		return false, err
	}
	var is *rbac.Subject // nil: it is about to go
	if !a.change.gone(user) {
		then, err := after.Subject(ctx, user)
		if err != nil {
			return false, err
		}
		is = then.Grants
	}
	settled = was.Basis.NextEnd().IsZero() && !a.change.lendsTo(user)
	for _, id := range was.User.OrganizationIDs {
		if !isAble(was.Grants, id) || isAble(is, id) {
			continue
		}
		both, err := a.managersOf(ctx, id)
		if err != nil {
			return false, err
		}
		m := both[0]
		if before.good {
			m = both[1]
		}
		found, err := m.beside(ctx, user)
		if err != nil {
			return false, err
		}
		if found {
			settled = settled && !a.change.lends(m.found)
			continue
		}
		o, err := a.Q.GetOrganization(ctx, id)
		if err != nil {
			return false, err
		}
		if err := a.noManager(o, before.good); err != nil {
			return false, err
		}
	}
	return settled, nil
}

// keepManagersOf refuses to change the roles of an organization from was to is if that would leave no one able to manage it, now
// or for good, and someone is able before the change.
func (a *Attempt) keepManagersOf(ctx context.Context, o db.Organization, was, is *Crowd) error {
	if !a.asksForManagers() {
		return nil
	}
	for _, pair := range [][2]*Crowd{{was, is}, {was.forGood(), is.forGood()}} {
		found, stays, err := managersStay(ctx, pair[0], pair[1])
		switch {
		case err != nil:
			return err
		case !stays:
			return a.noManager(o, pair[0].good)
		case found != nil && !a.change.lends(found):
			return nil
		}
	}
	return nil
}

// managersStay finds someone who is able to manage an organization after a change of its roles. stays is false if someone was
// able before the change and no one is after it.
func managersStay(ctx context.Context, was, is *Crowd) (found *holder, stays bool, err error) {
	before, err := was.managers(ctx)
	if err != nil {
		return nil, false, err
	}
	if found, err := before.beside(ctx, uuid.Nil); err != nil || !found {
		return nil, true, err
	}
	after, err := is.managers(ctx)
	if err != nil {
		return nil, false, err
	}
	if able, err := after.able(ctx, before.found.holding); err != nil || able {
		return before.found, able, err
	}
	stays, err = after.beside(ctx, uuid.Nil)
	return after.found, stays, err
}

// nameOf returns the name of an organization for a refusal, or unseen if the caller may not read it.
func (a *Attempt) nameOf(o db.Organization, unseen string) string {
	if a.Actor.Can("read", org.OrgObject(o.ID)) {
		return o.DisplayName
	}
	return unseen
}
