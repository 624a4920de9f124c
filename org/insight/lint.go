package insight

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// Lint examines the roles of an organization and who holds them, and includes dismissed findings. NotFound: no such
// organization, or the caller may not read its roles or memberships.
// Findings are advice: they never cause a write to be refused.
func (s *Service) Lint(ctx context.Context, subject *org.Actor, organization string) (o org.Organization, found []org.LintFinding, err error) {
	defer org.Wrap(&err, "lint roles of %q", organization)
	l, err := s.lint(ctx, subject, organization)
	if err != nil {
		return o, nil, err
	}
	return unit.OrganizationOf(l.home.Org), l.found, nil
}

func (s *Service) lint(ctx context.Context, subject *org.Actor, organization string) (l *linter, err error) {
	err = s.units.MomentAside(ctx, subject, func(src unit.Reader) error {
		h, err := src.FindingScope(ctx, subject, organization)
		if err != nil {
			return err
		}
		if l, err = newLinter(ctx, src, h, subject); err != nil {
			return err
		}
		if err := l.roles(ctx); err != nil {
			return err
		}
		l.gone()
		return l.people(ctx)
	})
	return l, err
}

// linter collects findings about one organization. holders is how many hold each role, by its name.
type linter struct {
	unit.Reader
	home      unit.RoleScope
	set       *unit.RoleSet
	holders   map[string]int
	dismissed *dismissals
	given     map[string][]string // see gives
	by        *org.Actor          // nil: the findings are only counted
	found     []org.LintFinding
}

func newLinter(ctx context.Context, src unit.Reader, h unit.RoleScope, by *org.Actor) (l *linter, err error) {
	l = &linter{Reader: src, home: h, by: by, given: map[string][]string{}}
	if l.set, err = src.Roles(ctx, h.Org.ID); err != nil {
		return nil, err
	}
	if l.holders, err = src.Holders(ctx, h); err != nil {
		return nil, err
	}
	l.dismissed, err = dismissed(ctx, src, h.Org.ID)
	return l, err
}

// add adds a finding about a role. mark is as in Identify.
func (l *linter) add(f org.LintFinding, mark string) {
	if r := l.set.ByName[f.Role.Name]; r != nil {
		f.RoleID = r.ID
	}
	f.Identify(mark)
	f.Dismissal = l.dismissal(&f)
	f.MayDismiss = l.by != nil && l.DismissalRefusal(l.by, l.home, &f, nil) == nil
	l.found = append(l.found, f)
}

// addOf adds a finding about a member.
func (l *linter) addOf(f org.LintFinding, m *org.Member) {
	f.Member, f.Dismissal = m, l.dismissal(&f)
	f.MayDismiss = l.DismissalRefusal(l.by, l.home, &f, l.set.Held(m.Roles)) == nil
	l.found = append(l.found, f)
}

// roles checks each custom role: what it says, whether anyone holds it, whether another one says the same.
func (l *linter) roles(ctx context.Context) error {
	for i := range l.set.List {
		r := &l.set.List[i]
		if r.BuiltIn {
			continue
		}
		ref := org.RoleRef{Name: r.Name, DisplayName: r.DisplayName, OrganizationID: l.home.Org.ID}
		for _, p := range r.Organization {
			l.permission(ref, r, p)
			l.deprecated(ref, p)
		}
		if err := l.dead(ctx, ref, r); err != nil {
			return err
		}
		if l.holders[r.Name] == 0 {
			l.add(org.LintFinding{Rule: org.LintUnused, Role: ref, Roles: []string{r.Name}, Message: "No one has this role.", Fix: "Assign it, or delete it."}, "")
		}
		// Each role is compared only with those before it, so that a pair is reported once. Stored permissions are sorted.
		for j := range i {
			other := &l.set.List[j]
			if !other.BuiltIn && len(r.Organization) > 0 && slices.Equal(r.Organization, other.Organization) {
				l.add(org.LintFinding{Rule: org.LintDuplicate, Role: ref, Other: other.Name, Roles: []string{r.Name}, Message: fmt.Sprintf("%s has exactly the same permissions.", other.DisplayName),
					Fix: "Keep one of the two and move the members of the other."}, "")
			}
		}
	}
	return nil
}

// permission finds what is wrong with one permission of a role: at most one thing, the most important.
func (l *linter) permission(ref org.RoleRef, r *unit.SetRole, p rbac.Permission) {
	f := org.LintFinding{Role: ref, Permission: p}
	switch l.Catalog().Effect(r.Compiled, rbac.LevelOrganization, p) {
	case rbac.SiteOnlyType:
		f.Rule, f.Message, f.Fix = org.LintNoEffect, "Nothing of this type belongs to an organization, so an organization role can't reach it.", "Remove it, or put it into a site role."
	case rbac.DeniedForAll:
		// The deny for all types repeats a deny, and beats an allow.
		if p.Negate {
			f.Rule, f.Message, f.Fix = coveredByAll()
			break
		}
		fallthrough
	case rbac.DeniedBeside:
		f.Rule, f.Message, f.Fix = org.LintNoEffect, "The same role also denies it, and the deny wins.", "Remove one of the two."
	case rbac.AllowedForAll:
		f.Rule, f.Message, f.Fix = coveredByAll()
	case rbac.EveryoneHas:
		f.Rule, f.Message, f.Fix = org.LintImplied, "Every member can already do this.", "Remove it, unless you want it to stay when that changes."
	default:
		return
	}
	l.add(f, "")
}

// coveredByAll is the finding about a permission that the rule for all types already includes.
func coveredByAll() (rule, message, fix string) {
	return org.LintCovered, "The role's rule for every resource type says the same.", "Remove this one, or the rule for every type."
}

// people checks every member; it judges equal holdings once.
// It stops at org.LintPeople people with open findings: more than anyone would go through.
func (l *linter) people(ctx context.Context) error {
	c, err := l.Crowd(ctx, l.home.Org.ID)
	if err != nil {
		return err
	}
	idle := map[unit.Holding][]idleRole{}
	who := map[uuid.UUID][]idleRole{}
	var ids []uuid.UUID
	open := 0
	err = c.Each(ctx, func(r *db.ListHoldingsRow, h unit.Holding) error {
		if h.Roles == "" || open >= org.LintPeople {
			return nil
		}
		roles, ok := idle[h]
		if !ok {
			if roles, err = idleRoles(ctx, c, h); err != nil {
				return err
			}
			idle[h] = roles
		}
		if len(roles) == 0 {
			return nil
		}
		if slices.ContainsFunc(roles, func(i idleRole) bool { f := l.redundant(i, r.UserID); return l.dismissal(&f) == nil }) {
			open++
		}
		ids, who[r.UserID] = append(ids, r.UserID), roles
		return nil
	})
	if err != nil {
		return err
	}
	if err := c.EachByID(ctx, l.by, l.home.Org.ID, ids, func(m *org.Member) error {
		one := *m // the finding outlives the call, and the walk may use m again
		for _, idle := range who[m.UserID] {
			f := l.redundant(idle, m.UserID)
			f.Message = idle.of(one.Label()+"'s", one.Label())
			l.addOf(f, &one)
		}
		return nil
	}); err != nil {
		return err
	}
	return l.suspended(ctx)
}

// redundant returns the finding that a role changes nothing for a person, without the words about that person.
func (l *linter) redundant(idle idleRole, user uuid.UUID) org.LintFinding {
	r := idle.role
	f := org.LintFinding{
		Rule: org.LintRedundant, UserID: user, RoleID: r.ID, Roles: []string{r.Name}, Cause: idle.of("Their", "them"), Fix: "Take the role away.",
		Role: org.RoleRef{Name: r.Name, DisplayName: r.DisplayName, OrganizationID: l.home.Org.ID, BuiltIn: r.BuiltIn},
	}
	f.Identify("")
	return f
}

// suspension returns the finding that a suspended person holds roles, also without those words.
func (l *linter) suspension(user uuid.UUID, roles []string) org.LintFinding {
	f := org.LintFinding{
		Rule: org.LintSuspended, UserID: user, Roles: roles, Cause: "They are suspended and hold roles.",
		Fix: "Remove the roles, or the member, so reactivating the account does not restore access unnoticed.",
	}
	f.Identify("")
	return f
}

// idleRole is a role that could be taken from its holder without changing anything, and why it does nothing.
type idleRole struct {
	role       *unit.SetRole
	included   bool          // other roles allow all that it allows
	overridden *unit.SetRole // otherwise the site role that overrides what it denies, or nil
}

// of says why the role does nothing for a named person.
func (r idleRole) of(whose, whom string) string {
	role := org.RoleLabel(r.role.Compiled)
	switch {
	case r.included:
		return fmt.Sprintf("%s other roles already include everything in %s.", whose, role)
	case r.overridden != nil:
		return fmt.Sprintf("%s site role %s overrides the denies of %s.", whose, org.RoleLabel(r.overridden.Compiled), role)
	}
	return fmt.Sprintf("%s has no effect for %s.", role, whom)
}

// idleRoles returns the roles of a holding that could be taken away without changing anything.
// Each is tried alone: of two roles that say the same, either can go, but not both.
func idleRoles(ctx context.Context, c *unit.Crowd, h unit.Holding) ([]idleRole, error) {
	whole, err := c.Subject(ctx, h)
	if err != nil {
		return nil, err
	}
	set, err := c.Roles(ctx, c.Org)
	if err != nil {
		return nil, err
	}
	var idle []idleRole
	roles := strings.Fields(h.Roles)
	for i, name := range roles {
		rest := h
		rest.Roles = strings.Join(slices.Delete(slices.Clone(roles), i, i+1), " ")
		without, err := c.Subject(ctx, rest)
		if err != nil {
			return nil, err
		}
		if r := set.ByName[name]; r != nil && sameRights(whole, without, c.Org) {
			why, err := whyIdle(ctx, c, r, without, h)
			if err != nil {
				return nil, err
			}
			idle = append(idle, why)
		}
	}
	return idle, nil
}

// whyIdle says why a role does nothing for people who may do the same without it.
func whyIdle(ctx context.Context, c *unit.Crowd, r *unit.SetRole, without *rbac.Subject, h unit.Holding) (idleRole, error) {
	why := idleRole{role: r}
	// What alone may do beyond plain is what the role gives to someone who is only a member.
	plain := c.Catalog().NewSubject(unit.Anyone, []rbac.ID{c.Org}, nil)
	alone := c.Catalog().NewSubject(unit.Anyone, []rbac.ID{c.Org}, []rbac.Grant{{Role: r.Compiled, Org: c.Org}})
	here := rbac.Object{Org: c.Org}
	why.included = len(c.Surplus(alone, plain, here)) > 0 && len(c.Surplus(alone, without, here)) == 0
	if why.included {
		return why, nil
	}
	// It gives nothing, so its denies may be overridden: the site level votes first (docs/spec/authcheck.md).
	site, err := c.Roles(ctx, uuid.Nil)
	if err != nil {
		return why, err
	}
	for name := range strings.FieldsSeq(h.SiteRoles) {
		above := site.ByName[name]
		if above != nil && allowsDenied(c, above.Compiled, r.Compiled) {
			why.overridden = above
			break
		}
	}
	return why, nil
}

// allowsDenied reports whether a site role allows, on the whole site, something that a role of an organization
// denies there.
func allowsDenied(c *unit.Crowd, site, organization *rbac.Role) bool {
	holder := c.Catalog().NewSubject(unit.Anyone, nil, []rbac.Grant{{Role: site}})
	for _, t := range c.Catalog().Types() {
		for _, a := range t.Actions {
			denied := organization.State(rbac.LevelOrganization, t.Name, a.Name) == rbac.Denied ||
				organization.State(rbac.LevelOrganization, rbac.Wildcard, a.Name) == rbac.Denied
			if denied && holder.Authorize(a.Name, rbac.Object{Type: t.Name, Org: c.Org}) {
				return true
			}
		}
	}
	return false
}

// sameRights reports whether two subjects may do the same: with anyone's things in the organization, with their own there, and
// on the site.
func sameRights(a, b *rbac.Subject, orgID uuid.UUID) bool {
	for _, o := range []rbac.Object{{Org: orgID}, {Org: orgID, Owner: unit.Anyone}, {}} {
		x, y := a.Allowed(o), b.Allowed(o)
		if len(x.Minus(y))+len(y.Minus(x)) > 0 {
			return false
		}
	}
	return true
}

// suspended finds suspended members who hold roles. These count again as soon as the account is activated.
func (l *linter) suspended(ctx context.Context) error {
	// Lint has already checked that the caller may read every member.
	most := org.LintPeople + l.dismissed.people(org.LintSuspended)
	search, err := unit.NewMemberSearch(l.home.Org, unit.Everywhere, &org.MemberFilter{Statuses: []org.Status{org.StatusSuspended}, Limit: most}, l.When)
	if err != nil {
		return err
	}
	ids, err := l.MemberIDs(ctx, search)
	if err != nil {
		return err
	}
	return l.EachByID(ctx, l.by, l.home.Org.ID, ids, func(m *org.Member) error {
		if len(m.Roles) == 0 {
			return nil
		}
		one := *m
		names := make([]string, len(m.Roles))
		for i, r := range m.Roles {
			names[i] = r.Name
		}
		f := l.suspension(m.UserID, names)
		f.Message = fmt.Sprintf("%s is suspended and has %s.", m.Username, org.Plural(int64(len(m.Roles)), "role"))
		l.addOf(f, &one)
		return nil
	})
}
