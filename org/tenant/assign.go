package tenant

import (
	"cmp"
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

// MemberRoles returns the assignment form of a member: every role of the organization, and which the caller may change.
// NotFound and Invalid as Member. NotFound also: the caller may not read the roles.
func (s *Service) MemberRoles(ctx context.Context, subject *org.Actor, organization, user string) (_ org.RoleForm, err error) {
	defer org.Wrap(&err, "read role form of %q in %q", user, organization)
	return unit.Glance(ctx, s.units, subject, func(src unit.Reader) (org.RoleForm, error) {
		o, err := src.Organization(ctx, subject, organization)
		if err != nil {
			return org.RoleForm{}, err
		}
		m, err := s.units.Member(ctx, subject, organization, user)
		if err != nil {
			return org.RoleForm{}, err
		}
		// Roles that the caller may not read look as if they didn't exist (docs/spec/roles.md, reading).
		if !subject.Can("read", org.OrgRolesObject(o.ID)) {
			return org.RoleForm{}, org.ErrNotFound()
		}
		set, err := src.Roles(ctx, o.ID)
		if err != nil {
			return org.RoleForm{}, err
		}
		records, err := src.RecordsOf(ctx, o.ID, m.UserID)
		if err != nil {
			return org.RoleForm{}, err
		}
		a := org.RoleForm{Organization: unit.OrganizationOf(o), Member: m, Records: records[m.UserID]}
		held := unit.RoleNames(m.Roles)
		for i := range set.List {
			r := &set.List[i]
			choice := org.RoleChoice{Role: r.Role, Held: slices.Contains(held, r.Name)}
			// This is about the role alone, whoever the member is. The lists of roles say the same.
			choice.Role.Refusal = unit.GiveRefusal(subject, "assign", org.OrgRolesObject(o.ID), r)
			choice.Role.Assignable = choice.Role.Refusal == ""
			// A reason against any change of this member comes first: then no role could be given or taken.
			if choice.Refusal = m.RolesRefusal; choice.Refusal == "" {
				action := "assign"
				if choice.Held {
					action = "unassign"
				}
				choice.Refusal = cmp.Or(unit.SyncedRefusal(a.Records, r.Name), unit.GiveRefusal(subject, action, org.OrgRolesObject(o.ID), r))
			}
			a.Choices = append(a.Choices, choice)
		}
		return a, nil
	})
}

// SetMemberRoles replaces the organization roles of a member. An unchanged list writes nothing.
// NotFound and Invalid as Member; Invalid: oneself, a bad body, an unknown role, the last organization admin;
// Forbidden: neither assign nor unassign, or a role that the caller may not hand out, or a member who holds more than
// the caller. Conflict: the form showed another version of the membership.
func (s *Service) SetMemberRoles(ctx context.Context, subject *org.Actor, organization, user string, input org.Input[org.RolesInput]) (_ org.Member, _ org.Receipt, err error) {
	defer org.Wrap(&err, "set roles of %q in %q", user, organization)
	in := memberRoles{organization, user, input}
	return unit.Do(ctx, s.units, subject, unit.InOrganization(organization), "write", in, planMemberRoles, applyMember)
}

// PreviewMemberRoles returns how SetMemberRoles would change what people may do. Errors as there.
func (s *Service) PreviewMemberRoles(ctx context.Context, subject *org.Actor, organization, user string, input org.Input[org.RolesInput]) (_ org.Impact, err error) {
	defer org.Wrap(&err, "preview roles of %q in %q", user, organization)
	_, impact, err := unit.Try(ctx, s.units, subject, memberRoles{organization, user, input}, planMemberRoles)
	return impact, err
}

// memberRoles asks to replace the roles of a member.
// The names are as in the path.
type memberRoles struct {
	organization, user string
	roles              org.Input[org.RolesInput]
}

// planMemberRoles checks rows 1 and 2 of docs/spec/assigning.md. A refusal by a later row is recorded.
func planMemberRoles(ctx context.Context, a *unit.Attempt, in memberRoles) (memberChange, error) {
	o, row, err := a.Membership(ctx, in.organization, in.user)
	if err != nil {
		return memberChange{}, err
	}
	c, err := decideRoles(ctx, a, o, row, in.roles)
	return c.noted(a, err)
}

// decideRoles is the only way to replace the roles of a member: single changes and bulk actions both use it, so none of
// them gives what another would refuse (T06 in docs/spec/threats.md). The rows are those of docs/spec/assigning.md, in that
// order.
func decideRoles(ctx context.Context, a *unit.Attempt, o db.Organization, row db.MemberRow, input org.Input[org.RolesInput]) (memberChange, error) {
	return decideMember(ctx, a, o, row, func(roles *assignment, m *org.Member) (bool, error) {
		return roles.decide(ctx, input, m.Roles, m.Tag())
	})
}

// decideMember is the only way to change records of a member. decide checks the rows up to 13, and reports whether there is
// anything to store.
func decideMember(ctx context.Context, a *unit.Attempt, o db.Organization, row db.MemberRow, decide func(*assignment, *org.Member) (bool, error)) (c memberChange, err error) {
	// Row 3 applies to owners too: changing one's own rights takes a second person.
	if row.UserID == a.Actor.ID() {
		return c, errOwnRoles
	}
	roles, m, err := assignmentOf(ctx, a, o, row)
	if err != nil {
		return c, err
	}
	changed, err := decide(roles, &m)
	if err != nil || !changed {
		// Row 9: without a key nothing is stored.
		return memberChange{member: m}, err
	}
	// Row 14: no one demotes a member who has permissions there that they lack.
	if beyond := a.BeyondCaller(a.Actor, o.ID, roles.set.Held(m.Roles)); len(beyond) > 0 {
		return c, &org.Error{Kind: org.Forbidden, Message: "Forbidden.",
			Detail: "You don't have permission to change the roles of this member: they have permissions that you don't have, " + org.Summarize(beyond) + "."}
	}
	c = changeOf(row, m)
	c.Gone = roles.set.Gone(strings.Fields(row.Roles))
	c.After, c.Edits, c.Ending = roles.wanted, roles.edits, roles.passing
	c.member.Roles, c.member.Version, c.member.UpdatedAt = roles.set.Refs(strings.Join(roles.wanted, " ")), m.Version+1, a.Now
	return c, roles.keep(ctx, o, &m, &c.HolderChange)
}

var errOwnRoles = org.ErrInvalid("You cannot change your own organization roles.",
	"Another user with the appropriate permissions must change your roles.")

// assignmentOf sets up the rules for a member.
func assignmentOf(ctx context.Context, a *unit.Attempt, o db.Organization, row db.MemberRow) (*assignment, org.Member, error) {
	set, err := a.Roles(ctx, o.ID)
	if err != nil {
		return nil, org.Member{}, err
	}
	m, err := a.MemberOf(ctx, row)
	return &assignment{
		Attempt: a, set: set, object: org.OrgRolesObject(o.ID), implied: org.RoleOrganizationUser,
		read:   func() ([]org.Assignment, error) { return a.RecordsOfMember(ctx, row) },
		ending: row.NextEnd.Valid,
	}, m, err
}

// keep checks rows 15 and 16, about who is left to run the organization. They come last, since only a change that is otherwise
// allowed can endanger it.
func (a *assignment) keep(ctx context.Context, o db.Organization, m *org.Member, c *org.HolderChange) error {
	if a.loosens(org.RoleOrganizationAdmin) {
		if err := a.KeepAdmin(ctx, o, m.UserID, m.Status, unit.RoleNames(m.Roles)); err != nil {
			return err
		}
	}
	return a.KeepManager(ctx, o, m, c)
}

// assignment applies the rules for giving and taking roles, which are the same in an organization and on the site.
type assignment struct {
	*unit.Attempt
	// The question: the roles of a place, and the object that the right to hand them out is about.
	set     *unit.RoleSet
	object  rbac.Object
	implied string // the role that everybody holds: it never counts as given or taken
	read    func() ([]org.Assignment, error)
	ending  bool             // some of what it would find has an end
	records []org.Assignment // what read has found: all records of the holder in this place

	// The answer: names of roles, without the implied one, and what happens to records.
	wanted, added, removed []string
	given, taken           []string // roles that are held longer, and those that are held shorter
	passing                []string // roles that are held afterwards, but not for good
	edits                  []org.RecordEdit
}

// begin checks the right to change anything, and then reads the input. Row 5: the body is read no earlier, so callers who may
// not assign learn nothing from how it is received (docs/spec/refusals.md).
func begin[T any](a *assignment, input org.Input[T]) (in T, err error) {
	if !a.Actor.Can("assign", a.object) && !a.Actor.Can("unassign", a.object) {
		return in, org.ErrForbidden(a.object.Type + ":assign")
	}
	return input.Read()
}

// decide reads the input and reports whether it changes anything; if so, the caller may make every part of the change.
// It checks rows 4 to 13 of docs/spec/assigning.md. held and stored are what the holder has: their roles, and the tag of
// their version.
func (a *assignment) decide(ctx context.Context, input org.Input[org.RolesInput], held []org.RoleRef, stored string) (bool, error) {
	in, err := begin(a, input)
	unread := org.FieldsOf(err) // of a body of which the rest could be read
	if err != nil && unread == nil {
		return false, err
	}
	names, unknown := a.set.Named(in.Roles, a.implied)
	if err == nil {
		err = unknown
	} else {
		err = org.WithFields(err, org.FieldsOf(unknown))
	}
	if err = org.WithFields(err, in.Problems(a.Now)); err != nil {
		return false, err
	}
	// Row 8 comes before row 9: a client that names a version hears of another one even if nothing would change.
	if err := a.BegunFrom(ctx, a.comparable(in.IfMatch), stored, unit.RolesChanged); err != nil {
		return false, err
	}
	have := unit.RoleNames(held)
	if slices.Equal(names, have) {
		return false, nil // what somebody else did meanwhile, a second click for one, is just what is wanted
	}
	// Row 10. A form is more lenient: another version matters only if there is still something to do.
	if err := a.BegunFrom(ctx, a.comparable(in.From), stored, unit.RolesChanged); err != nil {
		return false, err
	}
	// Without an end, a role that is not held has no record, and nothing needs to be known about roles that stay.
	takes := slices.ContainsFunc(have, func(n string) bool { return !slices.Contains(names, n) })
	if takes || a.ending {
		if a.records, err = a.read(); err != nil {
			return false, err
		}
	}
	for _, n := range names {
		if !slices.Contains(have, n) {
			a.edit(n, a.fresh(n, in.Terms))
		}
	}
	var kept org.FieldErrors
	for _, n := range have {
		if !slices.Contains(names, n) {
			if from := sources(a.live(n, true)); from != "" {
				kept.Add("roles", fmt.Sprintf("%q comes from %s", n, from))
			}
			a.edit(n, nil)
		}
	}
	if len(kept) > 0 {
		return false, &org.Error{Kind: org.Invalid, Message: "Roles that a sign-in provider or directory gives can't be taken here.",
			Detail: kept[0].Detail, Fields: kept}
	}
	a.conclude(have)
	return true, a.permitted()
}

// comparable returns versions in the form that compares with a membership, or with an account.
func (a *assignment) comparable(v org.Versions) org.Versions {
	if a.set.Org == uuid.Nil {
		return v
	}
	return v.OfMembership()
}

// permitted refuses the change unless the caller may make every part of it.
// Rows 12 and 13. Only what occurs needs a right, so callers who may only take roles can do that.
func (a *assignment) permitted() error {
	if len(a.given) > 0 && !a.Actor.Can("assign", a.object) {
		return org.ErrForbidden(a.object.Type + ":assign")
	}
	if len(a.taken) > 0 && !a.Actor.Can("unassign", a.object) {
		return org.ErrForbidden(a.object.Type + ":unassign")
	}
	return a.MayHandOut(a.set, a.object.Org, slices.Concat(a.given, a.taken))
}
