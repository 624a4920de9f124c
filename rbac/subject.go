package rbac

import (
	"bytes"
	"maps"
	"slices"
)

// Grant is a role that a subject holds: in the organization Org, or site-wide if Org is zero.
type Grant struct {
	Role *Role
	Org  ID
}

// Object is the target of an action.
type Object struct {
	Type   string // a resource type; [Wildcard] is always refused
	Org    ID     // the organization it belongs to, or zero
	Owner  ID     // the user it belongs to, or zero
	AnyOrg bool   // an object of any organization; Org is ignored
}

// Subject is a user with all the roles that the user holds. A nil Subject may do nothing.
type Subject struct {
	catalog *Catalog
	id      ID
	grants  []Grant

	site, user *rights
	orgs       map[ID]*rights // an entry for every organization the subject belongs to
	few        []membership   // the entries of orgs if they are few, otherwise none
	someOrg    *rights        // what at least one organization allows after its own denies
	only       map[ID]bool    // the organizations that its limits leave, nil: all
	pairs      bitset         // the pairs that the limits leave, nil: all
	own        bitset         // of those, what is left for its own account outside these organizations
}

// membership is an entry of Subject.orgs.
type membership struct {
	org    ID
	rights *rights
}

// fewOrgs is the number of organizations up to which a linear search beats a map.
const fewOrgs = 8

// NewSubject returns the subject with the given user id and grants. It belongs to every organization in orgs or in a
// grant, and holds the implied roles: the site-wide one always, the other in each of its organizations. Zero ids in orgs
// and nil roles are skipped. So are built-in roles held at the wrong scope: only broken data has them, and an
// organization's list of roles must not become a way to be a site owner. It panics on a role of another catalog: a
// [Migration] says what such a role means in this one.
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

// bareSubject returns a subject without any role, not even the implied ones.
func (c *Catalog) bareSubject(id ID) *Subject {
	return &Subject{
		catalog: c, id: id,
		site: c.newRights(), user: c.newRights(), someOrg: c.newRights(),
		orgs: make(map[ID]*rights),
	}
}

// join makes the subject a member of an organization.
func (s *Subject) join(org ID) {
	if _, member := s.orgs[org]; member || org == (ID{}) {
		return
	}
	s.orgs[org] = s.catalog.newRights()
	s.hold(Grant{Role: s.catalog.impliedOrganization, Org: org})
}

// hold adds a role. The subject must have joined its organization.
func (s *Subject) hold(g Grant) {
	if g.Role == nil {
		return
	}
	g.Role = s.catalog.ready(g.Role)
	s.grants = append(s.grants, g)
	s.site.add(&g.Role.compiled[LevelSite])
	s.user.add(&g.Role.compiled[LevelUser])
	if r, ok := s.orgs[g.Org]; ok {
		r.add(&g.Role.compiled[LevelOrganization])
	}
}

// Authorize reports whether the subject may perform the action on the object. The levels vote in order: site,
// organization, user. Within a level, a deny beats an allow. The first level with a vote decides; without any vote the
// answer is no. A pair that is not in the catalog is always refused, even to a wildcard.
//
// The organization level counts the roles held in the object's organization. With AnyOrg it allows what any one
// organization allows, and never denies. The user level counts only if the subject owns the object and belongs to its
// organization, if it has one (with AnyOrg: to any organization).
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

// reach holds the rights that apply to an object at each level, or nil and the reason why a level does not apply.
type reach struct {
	rights [levels]*rights
	why    [levels]Reason
	left   bitset // the pairs that the subject's limits leave on the object; nil: all
}

// find fills the zero reach. Returning one instead would copy it in every decision.
func (at *reach) find(s *Subject, o *Object) {
	at.rights[LevelSite] = s.site
	member := true // an object of no organization requires no membership
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
	if s.Limited() {
		at.limit(s, o)
	}
}

// in returns the rights from the subject's roles in an organization, and false if it does not belong to it.
func (s *Subject) in(org *ID) (*rights, bool) {
	for i := range s.few {
		if s.few[i].org == *org {
			return s.few[i].rights, true
		}
	}
	r, ok := s.orgs[*org]
	return r, ok
}

// decide makes the decision from which all other answers of this package derive. It returns the first level with a
// vote, and that vote; a vote of 0 means that no level has one.
func (at *reach) decide(pair int) (Level, int8) {
	if at.left != nil && !at.left.has(pair) {
		return 0, 0
	}
	for l := range at.rights { // by index, because ranging over the values copies them all
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

// Organizations returns the organizations that the subject belongs to, sorted.
func (s *Subject) Organizations() []ID {
	if s == nil {
		return nil
	}
	return slices.SortedFunc(maps.Keys(s.orgs), func(a, b ID) int { return bytes.Compare(a[:], b[:]) })
}

// HasRole reports whether the subject holds the role of that exact name in the organization, or site-wide if org is
// zero. Implied roles count.
func (s *Subject) HasRole(name string, org ID) bool {
	for _, g := range s.Grants() {
		if g.Role.Name == name && g.Org == org {
			return true
		}
	}
	return false
}

// Grants returns the roles that the subject holds, implied ones included, in the order in which they were given. The
// slice is shared and must not be changed.
func (s *Subject) Grants() []Grant {
	if s == nil {
		return nil
	}
	return s.grants
}
