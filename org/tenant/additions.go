package tenant

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// AddMembers makes many users members, without roles, in one transaction. Each is named by username, e-mail address or
// uuid. Those who can't be added are listed; the others are added. NotFound: no such organization. Forbidden: needs
// organization_member:create and assign_org_role:assign. Invalid: more than 1,000 names.
func (s *Service) AddMembers(ctx context.Context, subject *org.Actor, organization string, input org.Input[org.Additions]) (result org.BulkResult, err error) {
	defer org.Wrap(&err, "add members to %q", organization)
	result, _, err = unit.Do(ctx, s.units, subject, unit.InOrganization(organization), "create", additions{organization, input}, planAdditions, applyBulk)
	return result, err
}

// PreviewAdditions returns what AddMembers would answer. Errors as there.
func (s *Service) PreviewAdditions(ctx context.Context, subject *org.Actor, organization string, input org.Input[org.Additions]) (_ org.BulkResult, _ org.Impact, err error) {
	defer org.Wrap(&err, "preview additions to %q", organization)
	p, impact, err := unit.Try(ctx, s.units, subject, additions{organization, input}, planAdditions)
	return p.result, impact, err
}

// additions asks to make many users members.
type additions struct {
	organization string
	input        org.Input[org.Additions]
}

// planAdditions refuses everything if the caller or the list is at fault, and a single name if its user is.
func planAdditions(ctx context.Context, a *unit.Attempt, in additions) (p bulkPlan, err error) {
	const limit = 1000
	o, err := a.Organization(ctx, a.Actor, in.organization)
	if err != nil {
		return p, err
	}
	p.action, p.result.Organization = "create", unit.OrganizationOf(o)
	a.Sets = map[uuid.UUID]*unit.RoleSet{} // of thousands of members it is the same roles
	if !unit.MayAddMembers(a.Actor, o.ID) {
		return p, org.ErrForbidden(unit.PermissionsToAdd...)
	}
	wanted, err := in.input.Read()
	if err == nil {
		err = wanted.Terms.Problems(a.Now).Err("Validation failed.")
	}
	if err != nil {
		return p, err
	}
	if len(wanted.Users) > limit {
		return p, org.ErrInvalid(fmt.Sprintf("More than %d names at once.", limit), "Add them in parts.")
	}
	for _, name := range wanted.Users {
		if err := p.addNamed(ctx, a, o, name, wanted.Terms); err != nil {
			return p, err
		}
	}
	return p, nil
}

// addNamed decides about one name. Users that the caller may not read get the answer of unknown ones (docs/spec/refusals.md).
func (p *bulkPlan) addNamed(ctx context.Context, a *unit.Attempt, o db.Organization, name string, terms org.Terms) error {
	row, ok, err := findUserOrEmail(ctx, a, name)
	if err != nil {
		return err
	}
	if !ok || !a.Actor.Can("read", org.UserObject(row.ID)) {
		p.result.Refused = append(p.result.Refused, org.BulkRefusal{Who: name, Reason: "No such user"})
		return nil
	}
	c, _, err := decideAddition(ctx, a, o, row, terms)
	if e, refused := errors.AsType[*org.Error](err); refused {
		p.result.Refused = append(p.result.Refused, org.BulkRefusal{Who: name, Reason: e.Message})
		return nil
	}
	if err != nil {
		return err
	}
	a.WillHold(c.HolderChange)
	p.changes, p.result.Done = append(p.changes, c), append(p.result.Done, c.member)
	return nil
}

// findUserOrEmail finds a user by name, or by e-mail address if there is an @, which no username has. ok: there is one.
func findUserOrEmail(ctx context.Context, a *unit.Attempt, name string) (db.UserRow, bool, error) {
	if !strings.Contains(name, "@") {
		return a.FindUser(ctx, a.Actor, name)
	}
	row, err := a.Q.GetUserByEmail(ctx, org.FoldCase(name))
	if db.IsNotFound(err) {
		return row, false, nil
	}
	return row, err == nil, err
}
