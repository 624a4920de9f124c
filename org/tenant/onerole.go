package tenant

import (
	"context"
	"slices"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// PutMemberRole gives a member one role, or changes its end and reason. Afterwards one local record gives the role, in addition
// to what a provider or directory gives. The role organization-member is the membership. An unchanged record writes nothing.
// NotFound and Invalid as Member; NotFound also: no such role. Invalid: oneself, a bad body, the last organization admin.
// Forbidden: a later end counts as giving and an earlier one as taking, by the rules of SetMemberRoles; for the membership, as
// adding and removing. Conflict: the request named another version of the membership.
func (s *Service) PutMemberRole(ctx context.Context, subject *org.Actor, organization, user, role string, input org.Input[org.RecordInput]) (_ org.Recorded, _ org.Receipt, err error) {
	defer org.Wrap(&err, "put role %q of %q in %q", role, user, organization)
	in := memberRecord{organization, user, role, wish{input: input}}
	return unit.Do(ctx, s.units, subject, unit.InOrganization(organization), "write", in, planMemberRecord, applyMemberRecord)
}

// PreviewMemberRole returns how PutMemberRole would change what people may do. Errors as there.
func (s *Service) PreviewMemberRole(ctx context.Context, subject *org.Actor, organization, user, role string, input org.Input[org.RecordInput]) (_ org.Impact, err error) {
	defer org.Wrap(&err, "preview role %q of %q in %q", role, user, organization)
	_, impact, err := unit.Try(ctx, s.units, subject, memberRecord{organization, user, role, wish{input: input}}, planMemberRecord)
	return impact, err
}

// EndMemberRole ends the local records of one role of a member, or of the membership: if none of its records is left, the
// membership ends with all its roles. NotFound: there is no local record. Other errors as PutMemberRole.
func (s *Service) EndMemberRole(ctx context.Context, subject *org.Actor, organization, user, role string, ifMatch org.Versions) (_ org.Receipt, err error) {
	defer org.Wrap(&err, "end role %q of %q in %q", role, user, organization)
	in := memberRecord{organization, user, role, ending(ifMatch)}
	_, done, err := unit.Do(ctx, s.units, subject, unit.InOrganization(organization), "write", in, planMemberRecord, applyMemberRecord)
	return done, err
}

// PreviewEndMemberRole returns how EndMemberRole would change what people may do. Errors as there.
func (s *Service) PreviewEndMemberRole(ctx context.Context, subject *org.Actor, organization, user, role string, ifMatch org.Versions) (_ org.Impact, err error) {
	defer org.Wrap(&err, "preview the end of role %q of %q in %q", role, user, organization)
	_, impact, err := unit.Try(ctx, s.units, subject, memberRecord{organization, user, role, ending(ifMatch)}, planMemberRecord)
	return impact, err
}

// PutUserRole does what PutMemberRole does, for a role of the site. Invalid: no such user, oneself, a bad body, the last owner.
// NotFound: no such role. Forbidden and Conflict as SetUserRoles.
func (s *Service) PutUserRole(ctx context.Context, subject *org.Actor, user, role string, input org.Input[org.RecordInput]) (_ org.Recorded, _ org.Receipt, err error) {
	defer org.Wrap(&err, "put site role %q of %q", role, user)
	return unit.Do(ctx, s.units, subject, unit.OnSite, "write", userRecord{user, role, wish{input: input}}, planUserRecord, applyUserRecord)
}

// PreviewUserRole returns how PutUserRole would change what people may do. Errors as there.
func (s *Service) PreviewUserRole(ctx context.Context, subject *org.Actor, user, role string, input org.Input[org.RecordInput]) (_ org.Impact, err error) {
	defer org.Wrap(&err, "preview site role %q of %q", role, user)
	_, impact, err := unit.Try(ctx, s.units, subject, userRecord{user, role, wish{input: input}}, planUserRecord)
	return impact, err
}

// EndUserRole does what EndMemberRole does, for a role of the site. Errors as PutUserRole and EndMemberRole.
func (s *Service) EndUserRole(ctx context.Context, subject *org.Actor, user, role string, ifMatch org.Versions) (_ org.Receipt, err error) {
	defer org.Wrap(&err, "end site role %q of %q", role, user)
	_, done, err := unit.Do(ctx, s.units, subject, unit.OnSite, "write", userRecord{user, role, ending(ifMatch)}, planUserRecord, applyUserRecord)
	return done, err
}

// PreviewEndUserRole returns how EndUserRole would change what people may do. Errors as there.
func (s *Service) PreviewEndUserRole(ctx context.Context, subject *org.Actor, user, role string, ifMatch org.Versions) (_ org.Impact, err error) {
	defer org.Wrap(&err, "preview the end of site role %q of %q", role, user)
	_, impact, err := unit.Try(ctx, s.units, subject, userRecord{user, role, ending(ifMatch)}, planUserRecord)
	return impact, err
}

// wish is what a request wants to do with the local record of one role.
type wish struct {
	input org.Input[org.RecordInput]
	ends  bool
}

func ending(ifMatch org.Versions) wish {
	return wish{org.Given(org.RecordInput{IfMatch: ifMatch}), true}
}

// memberRecord asks to change the record of one role of a member, userRecord that of a role of the site. The names are as
// in the path.
type memberRecord struct {
	organization, user, role string
	wish
}

type userRecord struct {
	user, role string
	wish
}

// memberRecordChange and userRecordChange are what was decided, with the record for the answer.
type memberRecordChange struct {
	memberChange
	record org.Assignment
}

type userRecordChange struct {
	userChange
	record org.Assignment
}

// planMemberRecord checks row R1 of docs/spec/assigning.md. A refusal by a later row is recorded.
func planMemberRecord(ctx context.Context, a *unit.Attempt, in memberRecord) (c memberRecordChange, err error) {
	o, row, err := a.Membership(ctx, in.organization, in.user)
	if err != nil {
		return c, err
	}
	if in.ends {
		a.Entry.Status = 204
	}
	if in.role == org.RoleOrganizationUser {
		c.memberChange, err = decideMembership(ctx, a, o, row, in.wish, &c.record)
	} else {
		c.memberChange, err = decideMember(ctx, a, o, row, func(roles *assignment, m *org.Member) (changed bool, err error) {
			changed, c.record, err = roles.decideOne(ctx, in.role, in.wish, m.Roles, m.Tag())
			return changed, err
		})
	}
	c.memberChange, err = c.noted(a, err)
	return c, err
}

func applyMemberRecord(ctx context.Context, w *unit.Writer, c memberRecordChange) (org.Recorded, error) {
	m, err := applyMember(ctx, w, c.memberChange)
	return org.Recorded{Assignment: c.record, Tag: m.Tag()}, err
}

// planUserRecord checks row R1 for an account.
func planUserRecord(ctx context.Context, a *unit.Attempt, in userRecord) (c userRecordChange, err error) {
	row, err := a.Account(ctx, in.user)
	if err != nil {
		return c, err
	}
	if in.ends {
		a.Entry.Status = 204
	}
	c.userChange, err = decideAccount(ctx, a, row, func(roles *assignment, u *org.User) (changed bool, err error) {
		changed, c.record, err = roles.decideOne(ctx, in.role, in.wish, u.Roles, u.Tag())
		return changed, err
	})
	return c, err
}

func applyUserRecord(ctx context.Context, w *unit.Writer, c userRecordChange) (org.Recorded, error) {
	u, err := applyUserRoles(ctx, w, c.userChange)
	return org.Recorded{Assignment: c.record, Tag: u.Tag()}, err
}

// decideOne decides about the local record of one role, by rows R1 to R6. held and stored are as in decide.
func (a *assignment) decideOne(ctx context.Context, role string, in wish, held []org.RoleRef, stored string) (changed bool, is org.Assignment, err error) {
	wanted, err := begin(a, in.input)
	if err == nil {
		err = wanted.Terms.Problems(a.Now).Err("Validation failed.")
	}
	if err != nil {
		return false, is, err
	}
	names, err := a.set.Named([]string{role}, a.implied)
	if err != nil || len(names) == 0 {
		return false, is, org.ErrNotFound()
	}
	changed, is, err = a.reword(ctx, names[0], in.ends, wanted, stored)
	if err != nil || !changed {
		return false, is, err
	}
	a.conclude(unit.RoleNames(held))
	return true, is, a.permitted()
}

// reword edits the record of a role, by rows R3 to R5.
func (a *assignment) reword(ctx context.Context, role string, ends bool, in org.RecordInput, stored string) (changed bool, is org.Assignment, err error) {
	if a.records, err = a.read(); err != nil {
		return false, is, err
	}
	before := a.live(role, false)
	if ends && len(before) == 0 {
		return false, is, org.ErrNotFound()
	}
	if err := a.BegunFrom(ctx, a.comparable(in.IfMatch), stored, unit.RolesChanged); err != nil {
		return false, is, err
	}
	var after *org.Assignment
	if !ends {
		if after = a.reworded(role, in); after == nil {
			return false, before[0], nil
		}
		is = *after
	}
	if err := a.BegunFrom(ctx, a.comparable(in.From), stored, unit.RolesChanged); err != nil {
		return false, is, err
	}
	a.edit(role, after)
	return true, is, nil
}

// decideMembership decides about the records of the membership itself. Making it longer counts as adding, and extends the roles
// too; making it shorter counts as removing.
func decideMembership(ctx context.Context, a *unit.Attempt, o db.Organization, row db.MemberRow, in wish, is *org.Assignment) (c memberChange, err error) {
	if row.UserID == a.Actor.ID() {
		return c, errOwnRoles
	}
	mayAdd, mayRemove := unit.MayAddMembers(a.Actor, o.ID), a.Actor.Can("delete", org.MembersObject(o.ID))
	if !mayAdd && !mayRemove {
		return c, org.ErrForbidden("organization_member:delete")
	}
	wanted, err := in.input.Read()
	if err == nil {
		err = wanted.Terms.Problems(a.Now).Err("Validation failed.")
	}
	if err != nil {
		return c, err
	}
	roles, m, err := assignmentOf(ctx, a, o, row)
	if err != nil {
		return c, err
	}
	changed := false
	if changed, *is, err = roles.reword(ctx, org.RoleOrganizationUser, in.ends, wanted, m.Tag()); err != nil || !changed {
		return memberChange{member: m}, err
	}
	if in.ends && len(roles.live(org.RoleOrganizationUser, true)) == 0 {
		a.Entry.Action, a.Entry.Status = "delete", 204 // as the trail tells of every removal
		return decideRemoval(ctx, a, o, row, wanted.IfMatch)
	}
	if len(roles.taken) > 0 && !mayRemove {
		return c, org.ErrForbidden("organization_member:delete")
	}
	if len(roles.given) > 0 {
		if !mayAdd {
			return c, org.ErrForbidden(unit.PermissionsToAdd...)
		}
		if err := a.MayHandOut(roles.set, o.ID, unit.RoleNames(m.Roles)); err != nil {
			return c, err
		}
	}
	roles.conclude(unit.RoleNames(m.Roles))
	c = changeOf(row, m)
	c.After, c.Edits, c.Ending = slices.Clone(c.Before), roles.edits, roles.passing
	c.member.Version, c.member.UpdatedAt = m.Version+1, a.Now
	return c, roles.keep(ctx, o, &m, &c.HolderChange)
}
