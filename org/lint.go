package org

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/rbac"
)

// Finding is something in an organization's roles or assignments that does not do what it seems to, or nothing at all.
type Finding struct {
	Rule       string // which of the lint rules
	Role       RoleRef
	Member     *Member // of findings about a person
	Permission rbac.Permission
	Other      string // name of the role that a duplicate is like
	Message    string
	Cause      string // of findings about people: Message without the name, so that equal ones can be shown as one
	Fix        string
}

// The lint rules.
const (
	LintImplied   = "implied"   // every member has the permission anyway
	LintNoEffect  = "no-effect" // can never take effect
	LintCovered   = "covered"   // the role's own "*" says it already
	LintUnknown   = "unknown"   // the catalog does not know the permission (any more)
	LintUnused    = "unused"    // nobody holds the role
	LintDuplicate = "duplicate" // another role says exactly the same
	LintRedundant = "redundant" // taking the role from this person would change nothing
	LintSuspended = "suspended" // a suspended person holds roles
	lintPeople    = 1000        // findings about people are told up to here
)

// Lint looks through the roles of an organization and who holds them. NotFound: no such organization, or its roles or
// memberships may not be read.
func (s *Service) Lint(ctx context.Context, subject *Subject, organization string) (o Organization, found []Finding, err error) {
	h, err := s.snapshot(subject).roleHome(ctx, subject, organization)
	if err != nil {
		return o, nil, err
	}
	if !subject.Can("read", membersObject(h.org.ID)) {
		return o, nil, errNotFound()
	}
	err = s.db.Read(ctx, func(q *db.Queries) error {
		src := source{Service: s, q: q, revision: subject.revision}
		l := linter{source: src, home: h}
		if l.set, err = src.roles(ctx, h.org.ID); err != nil {
			return err
		}
		if l.holders, err = src.holders(ctx, h); err != nil {
			return err
		}
		l.roles()
		err := l.people(ctx, subject)
		found = l.found
		return err
	})
	return organizationOf(h.org), found, err
}

type linter struct {
	source
	home    home
	set     *roleSet
	holders map[string]int
	found   []Finding
}

func (l *linter) add(f Finding) { l.found = append(l.found, f) }

func (l *linter) roles() {
	for i := range l.set.list {
		r := &l.set.list[i]
		if r.BuiltIn {
			continue
		}
		ref := RoleRef{Name: r.Name, DisplayName: r.DisplayName, OrganizationID: l.home.org.ID}
		for _, p := range r.Organization {
			l.permission(ref, r, p)
		}
		if l.holders[r.Name] == 0 {
			l.add(Finding{Rule: LintUnused, Role: ref, Message: "Nobody holds this role.", Fix: "Assign it, or delete it."})
		}
		for j := range i {
			other := &l.set.list[j]
			if !other.BuiltIn && len(r.Organization) > 0 && slices.Equal(r.Organization, other.Organization) {
				l.add(Finding{Rule: LintDuplicate, Role: ref, Other: other.Name, Message: fmt.Sprintf("%s has exactly the same permissions.", other.DisplayName),
					Fix: "Keep one of the two and move the members of the other."})
			}
		}
	}
}

// permission finds what is wrong with one permission of a role: at most one thing, the strongest.
func (l *linter) permission(ref RoleRef, r *setRole, p rbac.Permission) {
	f := Finding{Role: ref, Permission: p}
	switch l.catalog.Effect(r.compiled, rbac.LevelOrganization, p) {
	case rbac.NotInCatalog:
		f.Rule, f.Message, f.Fix = LintUnknown, "There is no such permission any more; it does nothing.", "Remove it."
	case rbac.SiteOnlyType:
		f.Rule, f.Message, f.Fix = LintNoEffect, "Nothing of this type belongs to an organization, so an organization role can't reach it.", "Remove it, or put it into a site role."
	case rbac.DeniedForAll:
		if p.Negate {
			f.Rule, f.Message, f.Fix = coveredByAll()
			break
		}
		fallthrough
	case rbac.DeniedBeside:
		f.Rule, f.Message, f.Fix = LintNoEffect, "The same role denies it, and a deny beats an allow.", "Remove one of the two."
	case rbac.AllowedForAll:
		f.Rule, f.Message, f.Fix = coveredByAll()
	case rbac.EveryoneHas:
		f.Rule, f.Message, f.Fix = LintImplied, "Every member may do this anyway.", "Remove it, unless you want it to stay when that changes."
	default:
		return
	}
	l.add(f)
}

func coveredByAll() (rule, message, fix string) {
	return LintCovered, "The role's rule for every resource type says the same.", "Remove this one, or the rule for every type."
}

// people looks at every member once; equal holdings are judged once.
func (l *linter) people(ctx context.Context, by *Subject) error {
	c, err := l.crowd(ctx, l.home.org.ID)
	if err != nil {
		return err
	}
	idle := map[holding][]idleRole{}
	who := map[uuid.UUID][]idleRole{}
	var ids []uuid.UUID
	err = c.each(ctx, func(r *db.ListHoldingsRow, h holding) error {
		id := r.UserID
		if h.roles == "" || len(ids) >= lintPeople {
			return nil
		}
		roles, ok := idle[h]
		if !ok {
			if roles, err = c.idle(ctx, h); err != nil {
				return err
			}
			idle[h] = roles
		}
		if len(roles) > 0 {
			ids, who[id] = append(ids, id), roles
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := c.eachByID(ctx, by, l.home.org.ID, ids, func(m *Member) error {
		one := *m
		for _, idle := range who[m.UserID] {
			r := idle.role
			l.add(Finding{Rule: LintRedundant, Member: &one, Role: RoleRef{Name: r.Name, DisplayName: r.DisplayName, OrganizationID: l.home.org.ID, BuiltIn: r.BuiltIn},
				Message: idle.of(one.Label()+"'s", one.Label()),
				Cause:   idle.of("Their", "them"),
				Fix:     "Take the role away."})
		}
		return nil
	}); err != nil {
		return err
	}
	return l.suspended(ctx, by)
}

// idleRole is a role that could be taken from somebody without changing anything, and why it does nothing.
type idleRole struct {
	role       *setRole
	included   bool     // other roles allow all that it allows
	overridden *setRole // else the site role that stands above what it denies, nil if there is none
}

// of says why the role does nothing, of somebody by name.
func (r idleRole) of(whose, whom string) string {
	role := RoleLabel(r.role.compiled)
	switch {
	case r.included:
		return fmt.Sprintf("%s other roles already include everything in %s.", whose, role)
	case r.overridden != nil:
		return fmt.Sprintf("%s site role %s overrides the denies of %s.", whose, RoleLabel(r.overridden.compiled), role)
	}
	return fmt.Sprintf("%s has no effect for %s.", role, whom)
}

// idle is the roles of a holding that could be taken away without changing anything.
func (c *crowd) idle(ctx context.Context, h holding) ([]idleRole, error) {
	whole, err := c.subject(ctx, h)
	if err != nil {
		return nil, err
	}
	set, err := c.roles(ctx, c.org)
	if err != nil {
		return nil, err
	}
	var idle []idleRole
	roles := strings.Fields(h.roles)
	for i, name := range roles {
		rest := h
		rest.roles = strings.Join(slices.Delete(slices.Clone(roles), i, i+1), " ")
		without, err := c.subject(ctx, rest)
		if err != nil {
			return nil, err
		}
		if r := set.byName[name]; r != nil && sameRights(whole, without, c.org) {
			why, err := c.whyIdle(ctx, r, without, h)
			if err != nil {
				return nil, err
			}
			idle = append(idle, why)
		}
	}
	return idle, nil
}

// whyIdle tells why a role does nothing for people who may do the same without it.
func (c *crowd) whyIdle(ctx context.Context, r *setRole, without *rbac.Subject, h holding) (idleRole, error) {
	why := idleRole{role: r}
	plain := c.catalog.NewSubject(anyone, []rbac.ID{c.org}, nil)
	alone := c.catalog.NewSubject(anyone, []rbac.ID{c.org}, []rbac.Grant{{Role: r.compiled, Org: c.org}})
	here := rbac.Object{Org: c.org}
	why.included = len(c.surplus(alone, plain, here)) > 0 && len(c.surplus(alone, without, here)) == 0
	if why.included {
		return why, nil
	}
	site, err := c.roles(ctx, uuid.Nil)
	if err != nil {
		return why, err
	}
	for name := range strings.FieldsSeq(h.siteRoles) {
		above := site.byName[name]
		if above != nil && c.allowsDenied(above.compiled, r.compiled) {
			why.overridden = above
			break
		}
	}
	return why, nil
}

// allowsDenied reports whether a role of the site allows, on the whole site, something that a role of an organization
// denies there.
func (c *crowd) allowsDenied(site, organization *rbac.Role) bool {
	holder := c.catalog.NewSubject(anyone, nil, []rbac.Grant{{Role: site}})
	for _, t := range c.catalog.Types() {
		for _, a := range t.Actions {
			denied := organization.State(rbac.LevelOrganization, t.Name, a.Name) == rbac.Denied ||
				organization.State(rbac.LevelOrganization, rbac.Wildcard, a.Name) == rbac.Denied
			if denied && holder.Authorize(a.Name, rbac.Object{Type: t.Name, Org: c.org}) {
				return true
			}
		}
	}
	return false
}

func sameRights(a, b *rbac.Subject, org uuid.UUID) bool {
	for _, o := range []rbac.Object{{Org: org}, {Org: org, Owner: anyone}, {}} {
		x, y := a.Allowed(o), b.Allowed(o)
		if len(x.Minus(y))+len(y.Minus(x)) > 0 {
			return false
		}
	}
	return true
}

func (l *linter) suspended(ctx context.Context, by *Subject) error {
	search, err := newMemberSearch(l.home.org, everywhere, &MemberFilter{Statuses: []Status{StatusSuspended}, Limit: lintPeople})
	if err != nil {
		return err
	}
	ids, err := l.memberIDs(ctx, search)
	if err != nil {
		return err
	}
	return l.eachByID(ctx, by, l.home.org.ID, ids, func(m *Member) error {
		if len(m.Roles) == 0 {
			return nil
		}
		one := *m
		l.add(Finding{Rule: LintSuspended, Member: &one, Message: fmt.Sprintf("%s is suspended and holds %s.", m.Username, plural(int64(len(m.Roles)), "role")),
			Cause: "They are suspended and hold roles.",
			Fix:   "Take the roles away, or remove the member, so that activating the account gives nothing back unseen."})
		return nil
	})
}
