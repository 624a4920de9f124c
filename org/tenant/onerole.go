package tenant

import (
	"context"
	"slices"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// PutMemberRole gives a member one role, or changes until when and why it holds it: afterwards one local record gives the role,
// beside what a provider or directory gives. The role organization-member is the membership. The same again writes nothing.
// NotFound and Invalid as Member; NotFound too: no such role. Invalid: oneself, a bad body, the last organization admin. Forbidden: a
// later end is giving and an earlier one taking, by the rules of SetMemberRoles; of the membership it is adding and
// removing. Conflict: the request named another version of the membership.
func (s *Service) PutMemberRole(ctx context.Context, subject *org.Actor, organization, user, role string, input org.Input[org.RecordInput]) (_ org.Recorded, _ org.Receipt, err error) {
	defer org.Wrap(&err, "put role %q of %q in %q", role, user, organization)
	in := memberRecord{organization, user, role, wish{input: input}}
	return unit.Do(ctx, s.units, subject, unit.InOrganization(organization), "write", in, planMemberRecord, applyMemberRecord)
}

// PreviewMemberRole tells what PutMemberRole would do to what people may do. Errors as there.
func (s *Service) PreviewMemberRole(ctx context.Context, subject *org.Actor, organization, user, role string, input org.Input[org.RecordInput]) (_ org.Impact, err error) {
	defer org.Wrap(&err, "preview role %q of %q in %q", role, user, organization)
	_, impact, err := unit.Try(ctx, s.units, subject, memberRecord{organization, user, role, wish{input: input}}, planMemberRecord)
	return impact, err
}

// EndMemberRole ends the local records of one role of a member, or of the membership: with its last record it goes, and all
// roles with it. NotFound: there is no local record. Other errors as PutMemberRole.
func (s *Service) EndMemberRole(ctx context.Context, subject *org.Actor, organization, user, role string, ifMatch org.Versions) (_ org.Receipt, err error) {
	defer org.Wrap(&err, "end role %q of %q in %q", role, user, organization)
	in := memberRecord{organization, user, role, ending(ifMatch)}
	_, done, err := unit.Do(ctx, s.units, subject, unit.InOrganization(organization), "write", in, planMemberRecord, applyMemberRecord)
	return done, err
}

// PreviewEndMemberRole tells what EndMemberRole would do to what people may do. Errors as there.
func (s *Service) PreviewEndMemberRole(ctx context.Context, subject *org.Actor, organization, user, role string, ifMatch org.Versions) (_ org.Impact, err error) {
	defer org.Wrap(&err, "preview the end of role %q of %q in %q", role, user, organization)
	_, impact, err := unit.Try(ctx, s.units, subject, memberRecord{organization, user, role, ending(ifMatch)}, planMemberRecord)
	return impact, err
}

// PutUserRole is PutMemberRole for a role of the site. Invalid: no such user, oneself, a bad body, the last owner.
// NotFound: no such role. Forbidden and Conflict as SetUserRoles.
func (s *Service) PutUserRole(ctx context.Context, subject *org.Actor, user, role string, input org.Input[org.RecordInput]) (_ org.Recorded, _ org.Receipt, err error) {
	defer org.Wrap(&err, "put site role %q of %q", role, user)
	return unit.Do(ctx, s.units, subject, unit.OnSite, "write", userRecord{user, role, wish{input: input}}, planUserRecord, applyUserRecord)
}

// PreviewUserRole tells what PutUserRole would do to what people may do. Errors as there.
func (s *Service) PreviewUserRole(ctx context.Context, subject *org.Actor, user, role string, input org.Input[org.RecordInput]) (_ org.Impact, err error) {
	defer org.Wrap(&err, "preview site role %q of %q", role, user)
	_, impact, err := unit.Try(ctx, s.units, subject, userRecord{user, role, wish{input: input}}, planUserRecord)
	return impact, err
}

// EndUserRole is EndMemberRole for a role of the site. Errors as PutUserRole and there.
func (s *Service) EndUserRole(ctx context.Context, subject *org.Actor, user, role string, ifMatch org.Versions) (_ org.Receipt, err error) {
	defer org.Wrap(&err, "end site role %q of %q", role, user)
	_, done, err := unit.Do(ctx, s.units, subject, unit.OnSite, "write", userRecord{user, role, ending(ifMatch)}, planUserRecord, applyUserRecord)
	return done, err
}

// PreviewEndUserRole tells what EndUserRole would do to what people may do. Errors as there.
func (s *Service) PreviewEndUserRole(ctx context.Context, subject *org.Actor, user, role string, ifMatch org.Versions) (_ org.Impact, err error) {
	defer org.Wrap(&err, "preview the end of site role %q of %q", role, user)
	_, impact, err := unit.Try(ctx, s.units, subject, userRecord{user, role, ending(ifMatch)}, planUserRecord)
	return impact, err
}

// wish is what shall become of the local record of one role.
type wish struct {
	input org.Input[org.RecordInput]
	ends  bool
}

func ending(ifMatch org.Versions) wish {
	return wish{org.Given(org.RecordInput{IfMatch: ifMatch}), true}
}

// memberRecord asks to change the record of one role of a member, userRecord that of a role of the site. The names are as the
// path has them.
type memberRecord struct {
	organization, user, role string
	wish
}

type userRecord struct {
	user, role string
	wish
}

// memberRecordChange and userRecordChange are what was decided, with the record that is answered.
type memberRecordChange struct {
	memberChange
	record org.Assignment
}

type userRecordChange struct {
	userChange
	record org.Assignment
}

// planMemberRecord is row R1 of docs/spec/assigning.md; a refusal by a later one is recorded.
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

// planUserRecord is row R1 for an account.
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

// reword makes the edit of the record of a role, by rows R3 to R5.
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

// decideMembership decides about the records of the membership itself. Making it longer is adding, and holds the roles longer
// too; making it shorter is removing.
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
