package org

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall/db"
	"rolecall/rbac"
)

// Finding is something in an organization's roles or assignments that does not do what it seems to, or nothing at all.
type Finding struct {
	Rule       string // which of the lint rules
	Role       RoleRef
	Member     *Member // of findings about a person
	Permission rbac.Permission
	Other      string // name of the role that a duplicate is like
	Message    string
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
	idle := map[holding][]string{}
	who := map[uuid.UUID][]string{}
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
		for _, name := range who[m.UserID] {
			r := l.set.byName[name]
			l.add(Finding{Rule: LintRedundant, Member: &one, Role: RoleRef{Name: name, DisplayName: r.DisplayName, OrganizationID: l.home.org.ID, BuiltIn: r.BuiltIn},
				Message: fmt.Sprintf("Taking %s from %s would change nothing: other roles give the same.", r.DisplayName, one.Username),
				Fix:     "Take the role away."})
		}
		return nil
	}); err != nil {
		return err
	}
	return l.suspended(ctx, by)
}

// idle is the roles of a holding that could be taken away without changing anything.
func (c *crowd) idle(ctx context.Context, h holding) ([]string, error) {
	whole, err := c.subject(ctx, h)
	if err != nil {
		return nil, err
	}
	var idle []string
	roles := strings.Fields(h.roles)
	for i, name := range roles {
		rest := h
		rest.roles = strings.Join(slices.Delete(slices.Clone(roles), i, i+1), " ")
		without, err := c.subject(ctx, rest)
		if err != nil {
			return nil, err
		}
		if sameRights(whole, without, c.org) {
			idle = append(idle, name)
		}
	}
	return idle, nil
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
			Fix: "Take the roles away, or remove the member, so that activating the account gives nothing back unseen."})
		return nil
	})
}
