package catalogplan

import (
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// heldAs is what an effect depends on, by the names of roles. It leaves the organization out where it can: without custom
// roles of its own that matter, the same names mean the same everywhere.
type heldAs struct {
	account, belongs            bool
	in                          uuid.UUID // the organization, if it has custom roles that matter
	roles, siteRoles, elsewhere string
}

// effect is what the change does to a person.
type effect struct {
	gains, losses []org.CatalogRight
	level         string // the site or an organization: where the person was asked about
}

func (e *effect) none() bool { return len(e.gains)+len(e.losses) == 0 }

// here stands for the organization that is asked about. Decisions are shared between organizations, so it is the id of none.
var here = uuid.UUID{14: 1}

// effectOf decides about a holding. The engine is slow compared with a look-up, so it is asked once for each set of
// contents; the names of roles are looked up before that, which saves working out what they contain.
func (s *survey) effectOf(g *group) *effect {
	h := heldAs{account: g.account, belongs: g.belongs, roles: g.roles, siteRoles: g.siteRoles, elsewhere: g.elsewhere}
	if s.named[g.org] != nil {
		h.in = g.org
	}
	if e, ok := s.memo[h]; ok {
		return e
	}
	grants, contents := s.grantsOf(g)
	// The same contents decide differently about a member, an account, and an account that belongs to an organization.
	place := byte('m')
	switch {
	case g.belongs:
		place = 'b'
	case g.account:
		place = 's'
	}
	key := keyOf(place, contents)
	e, ok := s.effects[key]
	if !ok {
		e = s.decide(g, grants)
		s.effects[key] = e
	}
	s.memo[h] = e
	return e
}

// holding is a role that a person has, and where it is held.
type holding struct {
	role *role
	in   uuid.UUID
}

// grantsOf returns the roles of a holding that matter, and their contents.
func (s *survey) grantsOf(g *group) (grants []holding, contents []int) {
	add := func(r *role, in uuid.UUID) {
		content := r.out
		if in == here {
			content = r.in
		}
		if content != 0 {
			grants, contents = append(grants, holding{r, in}), append(contents, content)
		}
	}
	for name := range strings.FieldsSeq(g.roles) {
		if r := s.roleOf(g.org, name); r != nil {
			add(r, here)
		}
	}
	for name := range strings.FieldsSeq(g.siteRoles) {
		if r := s.roleOf(uuid.Nil, name); r != nil {
			add(r, uuid.Nil)
		}
	}
	for name := range strings.FieldsSeq(g.elsewhere) {
		if r := s.roleOf(org.ElsewhereOrg, name); r != nil {
			add(r, org.ElsewhereOrg)
		}
	}
	return grants, contents
}

// roleOf returns the role with a name in an organization, or on the site for uuid.Nil; nil if the change does not concern it.
// Only names are stored with people, and a custom role takes precedence over a built-in one with the same name.
func (s *survey) roleOf(in uuid.UUID, name string) *role {
	if r := s.named[in][name]; r != nil {
		return r
	}
	return s.ofScope[scoped{in == uuid.Nil, name}]
}

// scoped names a built-in role. The scope is part of it: a role held on the site is never one of an organization.
type scoped struct {
	site bool
	name string
}

// decide asks the engine under both versions: about anybody's things and about one's own.
func (s *survey) decide(g *group, held []holding) *effect {
	var was, is []rbac.Grant
	for _, h := range held {
		if h.role.before != nil {
			was = append(was, rbac.Grant{Role: h.role.before, Org: h.in})
		}
		if h.role.after != nil {
			is = append(is, rbac.Grant{Role: h.role.after, Org: h.in})
		}
	}
	e := &effect{level: rbac.LevelOrganization.String()}
	o := rbac.Object{Org: here}
	orgs := []rbac.ID{here}
	if g.account {
		e.level, o.Org, orgs = rbac.LevelSite.String(), rbac.ID{}, nil
	}
	if g.belongs {
		// On the site it makes no difference which organization it is, only that there is one.
		orgs = []rbac.ID{org.ElsewhereOrg}
	}
	before, after := s.Before.NewSubject(unit.Anyone, orgs, was), s.After.NewSubject(unit.Anyone, orgs, is)
	// Anybody's things come first: what a person gains or loses there is not repeated for their own.
	told := map[rbac.Permission]bool{}
	for _, own := range []bool{false, true} {
		if own {
			o.Owner = unit.Anyone
		}
		gained, lost := rbac.Compare(before.Allowed(o), after.Allowed(o))
		for i, list := range [][]rbac.Permission{gained, lost} {
			for _, p := range list {
				if told[p] || !g.account && s.siteOnly(p) {
					continue
				}
				told[p] = true
				if right := (org.CatalogRight{Permission: p, Own: own}); i == 0 {
					e.gains = append(e.gains, right)
				} else {
					e.losses = append(e.losses, right)
				}
			}
		}
	}
	return e
}

// siteOnly reports whether things of the type belong to no organization: then there is nothing to report there.
func (s *survey) siteOnly(p rbac.Permission) bool {
	if s.After.Valid(p.ResourceType, p.Action) {
		return s.After.SiteOnly(p.ResourceType)
	}
	return s.Before.SiteOnly(p.ResourceType)
}
