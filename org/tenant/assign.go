package tenant

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// MemberRoles is the assignment form of a member: every role of the organization, and which the caller may change.
// NotFound and Invalid as Member. Forbidden: the caller may not read the roles.
func (s *Service) MemberRoles(ctx context.Context, subject *org.Actor, organization, user string) (_ org.RoleForm, err error) {
	defer org.Wrap(&err, "read role form of %q in %q", user, organization)
	src := s.units.Snapshot(subject)
	o, err := src.Organization(ctx, subject, organization)
	if err != nil {
		return org.RoleForm{}, err
	}
	m, err := s.units.Member(ctx, subject, organization, user)
	if err != nil {
		return org.RoleForm{}, err
	}
	if !subject.Can("read", org.OrgRolesObject(o.ID)) {
		return org.RoleForm{}, org.ErrNotFound()
	}
	set, err := src.Roles(ctx, o.ID)
	if err != nil {
		return org.RoleForm{}, err
	}
	a := org.RoleForm{Organization: unit.OrganizationOf(o), Member: m}
	held := unit.RoleNames(m.Roles)
	for i := range set.List {
		r := &set.List[i]
		choice := org.RoleChoice{Role: r.Role, Held: slices.Contains(held, r.Name)}
		choice.Role.Refusal = unit.GiveRefusal(subject, "assign", org.OrgRolesObject(o.ID), r)
		choice.Role.Assignable = choice.Role.Refusal == ""
		if choice.Refusal = m.RolesRefusal; choice.Refusal == "" {
			action := "assign"
			if choice.Held {
				action = "unassign"
			}
			choice.Refusal = unit.GiveRefusal(subject, action, org.OrgRolesObject(o.ID), r)
		}
		a.Choices = append(a.Choices, choice)
	}
	return a, nil
}

// SetMemberRoles replaces the organization roles of a member. An unchanged list writes nothing.
// NotFound and Invalid as Member; Invalid: oneself, a bad body, an unknown role, the last organization admin;
// Forbidden: neither assign nor unassign, or a role that the caller may not hand out, or a member who holds more than
// the caller. Conflict: the form showed another version of the membership.
func (s *Service) SetMemberRoles(ctx context.Context, subject *org.Actor, organization, user string, input org.Input[org.RolesInput]) (m org.Member, err error) {
	defer org.Wrap(&err, "set roles of %q in %q", user, organization)
	err = s.units.Do(ctx, subject, unit.InOrganization(organization), "write", func(c *unit.Mixed) error {
		o, row, err := c.Membership(organization, user)
		if err != nil {
			return err
		}
		m, _, err = setMemberRoles(c, o, row, input)
		return err
	})
	return m, err
}

// setMemberRoles is the one way in which the roles of a member change. It says whether they did.
func setMemberRoles(c *unit.Mixed, o db.Organization, row db.MemberRow, input org.Input[org.RolesInput]) (org.Member, bool, error) {
	if row.UserID == c.Actor.ID() {
		return org.Member{}, false, org.ErrInvalid("You cannot change your own organization roles.",
			"Another user with the appropriate permissions must change your roles.")
	}
	set, err := c.Roles(c.Ctx, o.ID)
	if err != nil {
		return org.Member{}, false, err
	}
	m, err := c.MemberOf(c.Ctx, row)
	if err != nil {
		return m, false, err
	}
	a := assignment{Mixed: c, set: set, object: org.OrgRolesObject(o.ID), implied: org.RoleOrganizationUser}
	changed, err := a.decide(input, m.Roles, m.Tag())
	if err != nil || !changed {
		return m, false, err
	}
	if beyond := c.BeyondCaller(c.Actor, o.ID, set.Held(m.Roles)); len(beyond) > 0 {
		return m, false, &org.Error{Kind: org.Forbidden, Message: "Forbidden.",
			Detail: "You don't have permission to change the roles of this member: it holds what you do not, " + org.Summarize(beyond) + "."}
	}
	if slices.Contains(a.removed, org.RoleOrganizationAdmin) {
		if err := c.KeepAdmin(o, row.UserID, m.Status, unit.RoleNames(m.Roles)); err != nil {
			return m, false, err
		}
	}
	if err := c.KeepManager(o, &m, false, a.wanted); err != nil {
		return m, false, err
	}
	if err := c.WatchMember(row, func(h *unit.Holding) { h.Roles = strings.Join(a.wanted, " ") }); err != nil {
		return m, false, err
	}
	if err := writeMemberRoles(c, row, a.added, a.removed); err != nil {
		return m, false, err
	}
	c.Field("roles", unit.RoleNames(m.Roles), a.wanted)
	m.Roles, m.Version, m.UpdatedAt = set.Refs(strings.Join(a.wanted, " ")), m.Version+1, c.Now // as it stands there now
	return m, true, nil
}

func writeMemberRoles(c *unit.Mixed, row db.MemberRow, added, removed []string) error {
	c.Widens(row.UserID)
	for _, name := range removed {
		if err := c.W.DeleteMemberRole(c.Ctx, db.DeleteMemberRoleParams{OrganizationID: row.OrganizationID, UsernameKey: row.UsernameKey, Role: name}); err != nil {
			return err
		}
	}
	for _, name := range added {
		if err := c.W.InsertMemberRole(c.Ctx, db.InsertMemberRoleParams{
			OrganizationID: row.OrganizationID, Role: name, UsernameKey: row.UsernameKey, UserID: row.UserID,
		}); err != nil {
			return err
		}
	}
	return c.W.TouchMember(c.Ctx, db.TouchMemberParams{Now: c.Now, OrganizationID: row.OrganizationID, UsernameKey: row.UsernameKey})
}

// assignment is the rules of giving and taking roles, the same for those of an organization and those of the site.
type assignment struct {
	*unit.Mixed
	set     *unit.RoleSet
	object  rbac.Object
	implied string // the role that everybody holds: it never counts as given or taken

	wanted, added, removed []string
}

// decide reads the input and reports whether it changes anything; if so the caller may make every single change.
func (a *assignment) decide(input org.Input[org.RolesInput], held []org.RoleRef, stored string) (bool, error) {
	if !a.Actor.Can("assign", a.object) && !a.Actor.Can("unassign", a.object) {
		return false, org.ErrForbidden(a.object.Type + ":assign")
	}
	in, err := input.Read()
	if err != nil {
		return false, err
	}
	if a.wanted, err = a.set.Named(in.Roles, a.implied); err != nil {
		return false, err
	}
	if err := a.BegunFrom(a.comparable(in.IfMatch), stored, unit.RolesChanged); err != nil {
		return false, err
	}
	have := unit.RoleNames(held)
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
	if err := a.BegunFrom(a.comparable(in.From), stored, unit.RolesChanged); err != nil {
		return false, err
	}
	return true, a.permitted()
}

// comparable is versions as they compare with a membership, or with an account.
func (a *assignment) comparable(v org.Versions) org.Versions {
	if a.set.Org == uuid.Nil {
		return v
	}
	return v.OfMembership()
}

// permitted refuses the change unless the caller may make every part of it.
func (a *assignment) permitted() error {
	if len(a.added) > 0 && !a.Actor.Can("assign", a.object) {
		return org.ErrForbidden(a.object.Type + ":assign")
	}
	if len(a.removed) > 0 && !a.Actor.Can("unassign", a.object) {
		return org.ErrForbidden(a.object.Type + ":unassign")
	}
	return a.MayHandOut(a.set, a.object.Org, slices.Concat(a.added, a.removed))
}
