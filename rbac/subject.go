package rbac

import (
	"bytes"
	"maps"
	"slices"
)

// Grant is one role held: site-wide when Org is zero, else in that organization.
type Grant struct {
	Role *Role
	Org  ID
}

// Object is what somebody wants to act on.
type Object struct {
	Type   string // a resource type; [Wildcard] names no object, so it is always refused
	Org    ID     // the organization it belongs to, or zero
	Owner  ID     // the user it belongs to, or zero
	AnyOrg bool   // asks about an object of some organization, whichever; Org is not looked at
}

// Subject is somebody together with all the roles they hold. A nil Subject may do nothing.
type Subject struct {
	catalog *Catalog
	id      ID
	grants  []Grant

	site, user *rights
	orgs       map[ID]*rights // an entry for every organization the subject belongs to
	few        []membership   // the same as orgs if they are few, else empty
	someOrg    *rights        // what at least one organization allows, its own denies taken off
}

// membership is an entry of Subject.orgs.
type membership struct {
	org    ID
	rights *rights
}

// fewOrgs is up to how many organizations looking at all of them is faster than a map.
const fewOrgs = 8

// NewSubject makes the subject with that user id, a member of orgs, holding grants. The implied roles are
// added: the site-wide one always, the other one in every organization the subject belongs to, which is every
// one in orgs or in a grant. Zero ids in orgs and nil roles are skipped. So are built-in roles held at the wrong
// scope: they can only come from broken data, and must not turn an organization's role list into a way to
// become a site owner.
func (c *Catalog) NewSubject(id ID, orgs []ID, grants []Grant) *Subject {
	s := c.bareSubject(id)
	s.hold(Grant{Role: c.impliedSite})
	for _, org := range orgs {
		s.join(org)
	}
	for _, g := range grants {
		if g.Role == nil || g.Role == c.impliedSite || g.Role.BuiltIn && g.Role.SiteScope != (g.Org == ID{}) {
			continue
		}
		s.join(g.Org)
		if g.Role != c.impliedOrganization {
			s.hold(g)
		}
	}
	for org, r := range s.orgs {
		s.someOrg.addAllowed(r)
		if len(s.orgs) <= fewOrgs {
			s.few = append(s.few, membership{org, r})
		}
	}
	return s
}

// bareSubject is a subject without any role, not even the implied ones.
func (c *Catalog) bareSubject(id ID) *Subject {
	return &Subject{
		catalog: c, id: id,
		site: c.newRights(), user: c.newRights(), someOrg: c.newRights(),
		orgs: make(map[ID]*rights),
	}
}

// join makes the subject belong to an organization.
func (s *Subject) join(org ID) {
	if _, member := s.orgs[org]; member || org == (ID{}) {
		return
	}
	s.orgs[org] = s.catalog.newRights()
	s.hold(Grant{Role: s.catalog.impliedOrganization, Org: org})
}

// hold adds a role; the subject must have joined its organization.
func (s *Subject) hold(g Grant) {
	if g.Role == nil {
		return
	}
	if g.Role.catalog != s.catalog { // never compiled, or for another product
		g.Role = s.catalog.Compile(*g.Role)
	}
	s.grants = append(s.grants, g)
	s.site.add(&g.Role.compiled[LevelSite])
	s.user.add(&g.Role.compiled[LevelUser])
	if r, ok := s.orgs[g.Org]; ok {
		r.add(&g.Role.compiled[LevelOrganization])
	}
}

// Authorize decides whether the subject may do the action to the object. The levels vote in order: site, then
// organization, then user. At one level a deny beats an allow; the first level with a vote decides; without any
// vote the answer is no. A pair that is not in the catalog is refused, wildcards notwithstanding.
//
// The organization level counts the roles held in the object's organization. With AnyOrg it allows when any one
// organization does, and never denies. The user level counts only when the subject owns the object, and belongs
// to its organization if it has one (with AnyOrg: to any).
func (s *Subject) Authorize(action string, o Object) bool {
	if s == nil {
		return false
	}
	pair, ok := s.catalog.number(o.Type, action)
	if !ok {
		return false
	}
	var at reach
	at.find(s, &o)
	return at.allows(pair)
}

// reach is what has a say about an object: the rights at each level, or nil and why a level does not apply.
type reach struct {
	rights [levels]*rights
	why    [levels]Reason
}

// find fills the zero reach; to return it would copy it on the path of every decision.
func (at *reach) find(s *Subject, o *Object) {
	at.rights[LevelSite] = s.site
	member := true // an object of no organization asks for no membership
	switch {
	case o.AnyOrg:
		at.rights[LevelOrganization] = s.someOrg
		member = len(s.orgs) > 0
	case o.Org != ID{}:
		at.rights[LevelOrganization], member = s.in(&o.Org)
	default:
		at.why[LevelOrganization] = NoOrganization
	}
	if !member {
		at.rights[LevelOrganization], at.why[LevelOrganization] = nil, NotMember
	}
	switch {
	case o.Owner == ID{}:
		at.why[LevelUser] = NoOwner
	case o.Owner != s.id:
		at.why[LevelUser] = NotOwner
	case !member:
		at.why[LevelUser] = NotMember
	default:
		at.rights[LevelUser] = s.user
	}
}

// in is what the subject's roles in an organization give; false when it does not belong there.
func (s *Subject) in(org *ID) (*rights, bool) {
	for i := range s.few {
		if s.few[i].org == *org {
			return s.few[i].rights, true
		}
	}
	r, ok := s.orgs[*org]
	return r, ok
}

// decide is the decision; every other question of this package comes down to it. The first level with a vote
// decides; a vote of 0 means that none has one.
func (at *reach) decide(pair int) (Level, int8) {
	for l := range at.rights { // by index: ranging over the values would copy them all first
		if vote := at.rights[l].vote(pair); vote != 0 {
			return Level(l), vote
		}
	}
	return 0, 0
}

func (at *reach) allows(pair int) bool {
	_, vote := at.decide(pair)
	return vote > 0
}

// InOrg reports whether the subject belongs to the organization.
func (s *Subject) InOrg(org ID) bool {
	if s == nil {
		return false
	}
	_, ok := s.orgs[org]
	return ok
}

// Organizations lists the organizations that the subject belongs to, sorted.
func (s *Subject) Organizations() []ID {
	if s == nil {
		return nil
	}
	return slices.SortedFunc(maps.Keys(s.orgs), func(a, b ID) int { return bytes.Compare(a[:], b[:]) })
}

// HasRole reports whether the subject holds the role of that exact name in that organization, or site-wide when
// org is zero. Implied roles count.
func (s *Subject) HasRole(name string, org ID) bool {
	for _, g := range s.Grants() {
		if g.Role.Name == name && g.Org == org {
			return true
		}
	}
	return false
}

// Grants lists the roles held, the implied ones included, in the order they were given. The slice is shared and
// must not be changed.
func (s *Subject) Grants() []Grant {
	if s == nil {
		return nil
	}
	return s.grants
}
