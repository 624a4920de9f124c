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

// MemberRoles is the assignment form of a member: every role of the organization, and which the caller may change.
// NotFound and Invalid as Member. Forbidden: the caller may not read the roles.
func (s *Service) MemberRoles(ctx context.Context, subject *Subject, organization, user string) (Assignment, error) {
	src := s.snapshot(subject)
	org, err := src.organization(ctx, subject, organization)
	if err != nil {
		return Assignment{}, err
	}
	m, err := s.Member(ctx, subject, organization, user)
	if err != nil {
		return Assignment{}, err
	}
	if !subject.Can("read", orgRolesObject(org.ID)) {
		return Assignment{}, errNotFound()
	}
	set, err := src.roles(ctx, org.ID)
	if err != nil {
		return Assignment{}, err
	}
	a := Assignment{Organization: organizationOf(org), Member: m}
	held := names(m.Roles)
	for i := range set.list {
		r := &set.list[i]
		choice := RoleChoice{Role: r.Role, Held: slices.Contains(held, r.Name)}
		choice.Role.Refusal = mayGive(subject, "assign", orgRolesObject(org.ID), r)
		choice.Role.Assignable = choice.Role.Refusal == ""
		if choice.Refusal = m.RolesRefusal; choice.Refusal == "" {
			action := "assign"
			if choice.Held {
				action = "unassign"
			}
			choice.Refusal = mayGive(subject, action, orgRolesObject(org.ID), r)
		}
		a.Choices = append(a.Choices, choice)
	}
	return a, nil
}

// mayGive says why the caller may not give (action assign) or take (unassign) a role, "" if it may.
// object is what assigning is asked on: the roles of an organization or those of the site.
func mayGive(by *Subject, action string, object rbac.Object, r *setRole) string {
	if !by.Can(action, object) {
		return fmt.Sprintf("Needs %s:%s", object.Type, action)
	}
	ok, missing := by.grants.MayHandOut(r.compiled, object.Org)
	switch {
	case ok:
		return ""
	case len(missing) > 0:
		return "Needs what the role holds: " + some(missing)
	}
	return "Your roles don't hand out this built-in role"
}

// SetMemberRoles replaces the organization roles of a member. An unchanged list writes nothing.
// NotFound and Invalid as Member; Invalid: oneself, a bad body, an unknown role, the last organization admin;
// Forbidden: neither assign nor unassign, or a role that the caller may not hand out, or a member who holds more than
// the caller. Conflict: the form showed another version of the membership.
func (s *Service) SetMemberRoles(ctx context.Context, subject *Subject, organization, user string, input Input[RolesInput]) (m Member, err error) {
	err = s.change(ctx, subject, "write", func(c *change) error {
		org, row, err := c.membership(organization, user)
		if err != nil {
			return err
		}
		m, _, err = c.setMemberRoles(org, row, input)
		return err
	})
	return m, err
}

// setMemberRoles is the one way in which the roles of a member change. It says whether they did.
func (c *change) setMemberRoles(org db.Organization, row db.MemberRow, input Input[RolesInput]) (Member, bool, error) {
	if row.UserID == c.by.ID() {
		return Member{}, false, invalid("You cannot change your own organization roles.",
			"Another user with the appropriate permissions must change your roles.")
	}
	set, err := c.roles(c.ctx, org.ID)
	if err != nil {
		return Member{}, false, err
	}
	m, err := c.memberOf(c.ctx, row)
	if err != nil {
		return m, false, err
	}
	a := assignment{change: c, set: set, object: orgRolesObject(org.ID), implied: roleOrganizationUser}
	changed, err := a.decide(input, m.Roles, m.Tag())
	if err != nil || !changed {
		return m, false, err
	}
	if beyond := c.beyondCaller(c.by, org.ID, set.held(m.Roles)); len(beyond) > 0 {
		return m, false, &Error{Kind: Forbidden, Message: "Forbidden.",
			Detail: "You don't have permission to change the roles of this member: it holds what you do not, " + some(beyond) + "."}
	}
	if slices.Contains(a.removed, roleOrganizationAdmin) {
		if err := c.keepAdmin(org, row.UserID, m.Status, names(m.Roles)); err != nil {
			return m, false, err
		}
	}
	if err := c.keepManager(org, &m, false, a.wanted); err != nil {
		return m, false, err
	}
	if err := c.watchMember(row, func(h *holding) { h.roles = strings.Join(a.wanted, " ") }); err != nil {
		return m, false, err
	}
	if err := c.writeMemberRoles(row, a.added, a.removed); err != nil {
		return m, false, err
	}
	c.field("roles", names(m.Roles), a.wanted)
	m.Roles, m.Version, m.UpdatedAt = set.refs(strings.Join(a.wanted, " ")), m.Version+1, c.now // as it stands there now
	return m, true, nil
}

func (c *change) writeMemberRoles(row db.MemberRow, added, removed []string) error {
	c.written()
	c.widens(row.UserID)
	for _, name := range removed {
		if err := c.q.DeleteMemberRole(c.ctx, db.DeleteMemberRoleParams{OrganizationID: row.OrganizationID, UsernameKey: row.UsernameKey, Role: name}); err != nil {
			return err
		}
	}
	for _, name := range added {
		if err := c.q.InsertMemberRole(c.ctx, db.InsertMemberRoleParams{
			OrganizationID: row.OrganizationID, Role: name, UsernameKey: row.UsernameKey, UserID: row.UserID,
		}); err != nil {
			return err
		}
	}
	return c.q.TouchMember(c.ctx, db.TouchMemberParams{Now: c.now, OrganizationID: row.OrganizationID, UsernameKey: row.UsernameKey})
}

// assignment is the rules of giving and taking roles, the same for those of an organization and those of the site.
type assignment struct {
	*change
	set     *roleSet
	object  rbac.Object
	implied string // the role that everybody holds: it never counts as given or taken

	wanted, added, removed []string
}

// decide reads the input and reports whether it changes anything; if so the caller may make every single change.
func (a *assignment) decide(input Input[RolesInput], held []RoleRef, stored string) (bool, error) {
	if !a.by.Can("assign", a.object) && !a.by.Can("unassign", a.object) {
		return false, errForbidden(a.object.Type + ":assign")
	}
	in, err := input.Read()
	if err != nil {
		return false, err
	}
	if err := a.want(in.Roles); err != nil {
		return false, err
	}
	if !a.comparable(versionsOf(a.ctx)).include(stored) {
		return false, a.changedMeanwhile(stored, rolesChanged)
	}
	have := names(held)
	for _, n := range a.wanted {
		if !slices.Contains(have, n) {
			a.added = append(a.added, n)
		}
	}
	for _, n := range have {
		if !slices.Contains(a.wanted, n) {
			a.removed = append(a.removed, n)
		}
	}
	if len(a.added)+len(a.removed) == 0 {
		return false, nil // what somebody else did meanwhile, a second click for one, is just what is wanted
	}
	if !a.comparable(in.From).include(stored) {
		return false, a.changedMeanwhile(stored, rolesChanged)
	}
	return true, a.permitted()
}

// comparable is versions as they compare with a membership, or with an account.
func (a *assignment) comparable(v Versions) Versions {
	if a.set.org == uuid.Nil {
		return v
	}
	return v.ofMembership()
}

// want checks the names, all of them, and sorts them.
func (a *assignment) want(roles []string) error {
	var bad problems
	first := ""
	a.wanted = []string{} // none is written as an empty list, not as null
	for i, name := range roles {
		bare, problem := a.bareName(name)
		if problem != "" {
			bad.add(fmt.Sprintf("roles[%d]", i), problem)
			if first == "" {
				first = problem
			}
			continue
		}
		if bare != a.implied && !slices.Contains(a.wanted, bare) {
			a.wanted = append(a.wanted, bare)
		}
	}
	slices.Sort(a.wanted)
	return bad.err(first)
}

// bareName takes the suffix off a name as clients of 2022 send it, and says what is wrong with the rest.
func (a *assignment) bareName(name string) (bare, problem string) {
	bare, suffix, suffixed := strings.Cut(name, ":")
	if suffixed && (a.set.org == uuid.Nil || !sameID(suffix, a.set.org)) {
		return "", fmt.Sprintf("attempt to assign a role %q, remove the ':<organization_id> suffix", name)
	}
	if _, ok := a.set.byName[bare]; !ok && bare != a.implied {
		return "", fmt.Sprintf("%q is not a supported role", a.fullName(bare))
	}
	return bare, ""
}

func sameID(s string, id uuid.UUID) bool {
	parsed, err := uuid.Parse(s)
	return err == nil && parsed == id
}

// fullName is a role as messages name it.
func (a *assignment) fullName(name string) string {
	if a.set.org == uuid.Nil {
		return name
	}
	return name + ":" + a.set.org.String()
}

// permitted refuses the change unless the caller may make every part of it.
func (a *assignment) permitted() error {
	if len(a.added) > 0 && !a.by.Can("assign", a.object) {
		return errForbidden(a.object.Type + ":assign")
	}
	if len(a.removed) > 0 && !a.by.Can("unassign", a.object) {
		return errForbidden(a.object.Type + ":unassign")
	}
	var bad []Field
	for _, name := range slices.Concat(a.added, a.removed) {
		role, ok := a.set.byName[name]
		if !ok { // a stored name that no role answers to gives nothing, so nothing is taken with it
			continue
		}
		if ok, _ := a.by.grants.MayHandOut(role.compiled, a.object.Org); !ok {
			bad = append(bad, Field{Field: "roles", Detail: fmt.Sprintf("not authorized to assign role %q", a.fullName(name))})
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return &Error{Kind: Forbidden, Message: bad[0].Detail, Fields: bad,
		Detail: "You may only give and take roles whose rights you hold, and built-in roles that your own roles hand out."}
}
