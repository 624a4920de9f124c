package tenant

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Undo takes back the change that an audit entry describes: of the roles of a member or an account, the addition or removal of a
// member, the suspension or reactivation of an account, the deletion of a role, or the dismissal of findings. It is a change like
// any other: the same rights, checks and guard rails, and its own audit row. It returns the holder as it is afterwards, the
// membership as it was if undoing ends it, the dismissal that it ended, or the role, which no one has.
// NotFound: no such entry, or the caller may not read what it is about. Invalid: the entry describes something that can't
// be undone, or an attempt that changed nothing. Conflict: something has changed since, the account is gone, or the
// entry was exported and is no longer kept.
func (s *Service) Undo(ctx context.Context, subject *org.Actor, entryID string) (h org.RoleHolder, err error) {
	defer org.Wrap(&err, "undo entry %q", entryID)
	e, err := s.units.EntryToUndo(ctx, subject, entryID)
	if err != nil {
		return h, err
	}
	// The entry says which scope to lock: its organization, or the site (docs/adr/0002-scopes.md).
	in := unit.OnSite
	if e.OrganizationID.Valid {
		in = unit.InOrganization(e.OrganizationID.UUID.String())
	}
	h, _, err = unit.Do(ctx, s.units, subject, in, "write", e, planUndo, applyUndo)
	return h, err
}

// PreviewUndo returns what Undo would do, and how it would change what people may do. Errors as there.
func (s *Service) PreviewUndo(ctx context.Context, subject *org.Actor, entryID string) (p org.UndoPreview, err error) {
	defer org.Wrap(&err, "preview undo of entry %q", entryID)
	e, err := s.units.EntryToUndo(ctx, subject, entryID)
	if err != nil {
		return p, err
	}
	u, impact, err := unit.Try(ctx, s.units, subject, e, planUndo)
	if err != nil {
		return p, err
	}
	p.Before, p.Impact, p.RoleHolder = u.before, impact, u.holder()
	return p, nil
}

// errNotUndoable is the answer to entries of any other kind.
var errNotUndoable = org.ErrInvalid("This can't be undone.", "Only changes of members, of the roles that people have, of suspended accounts, deletions of roles and dismissals of findings can; a role that is there has versions to restore.")

// errNothingHappened is the answer to entries of refusals.
var errNothingHappened = org.ErrInvalid("There is nothing to undo.", "The attempt was refused and changed nothing.")

// undoing is an undo in progress: what the entry changed, and what is stored now.
type undoing struct {
	*unit.Attempt
	org                 db.Organization // zero if it is about site roles
	user                db.UserRow
	row                 db.MemberRow
	member              bool         // the user is a member now
	entry               *db.AuditLog // of a batch
	action              string
	made                time.Time             // of the entry
	before, after       []string              // roles, as the entry has them
	wasStatus, isStatus org.Status            // of an account that was suspended or reactivated; "" of all else
	termsOnly           bool                  // of what was held before and after: until when, or why
	was, is             []org.AuditAssignment // the records that it changed; none in an entry of before there were any
}

// planUndo makes sure that nothing has changed since, and then decides as for any change that has the opposite effect. field is
// where entries of this kind keep roles.
func planUndo(ctx context.Context, a *unit.Attempt, e db.AuditLog) (undo, error) {
	u, field := undoing{Attempt: a, action: e.Action}, "rbac_roles"
	switch {
	case org.OfDeletedRole(e.ResourceType, e.Action):
		c, err := undoDeletion(ctx, a, e)
		return undo{role: &c}, err
	case org.OfDismissal(e.ResourceType, e.Action):
		d, err := undoDismissal(ctx, a, e)
		return undo{dismissal: &d}, err
	case org.OfMember(e.ResourceType):
		field = "roles"
	case org.OfUser(e.ResourceType, e.Action):
	default:
		return undo{}, errNotUndoable
	}
	if err := u.find(ctx, e, field); err != nil {
		return undo{}, err
	}
	if !u.ofSite() {
		c, err := u.undoMember(ctx)
		c, err = c.noted(a, err)
		return undo{member: &c, before: u.before}, err
	}
	if u.isStatus != "" {
		c, err := u.undoStatus(ctx)
		return undo{status: &c}, err
	}
	// Otherwise the undo would also take back a later change by someone else.
	since := changedSince(fmt.Sprintf("The site roles of %s were changed since.", u.user.Username))
	if !u.asLeft(u.user.Roles) {
		return undo{}, since
	}
	c, err := decideAccount(ctx, a, u.user, func(roles *assignment, user *org.User) (bool, error) {
		return u.takeBack(ctx, roles, user.Roles, user.Tag(), since)
	})
	return undo{user: &c}, err
}

// find looks up what the entry is about. The entry keeps roles under field.
// It checks what the caller may read first, then what is gone, then what the entry says, so that no one learns more than by
// reading. Errors as Undo.
func (u *undoing) find(ctx context.Context, e db.AuditLog, field string) error {
	id := unit.ParseID(e.ResourceID)
	object := org.UserObject(id)
	if e.OrganizationID.Valid {
		var err error
		if u.org, err = u.Organization(ctx, u.Actor, e.OrganizationID.UUID.String()); err != nil {
			return err
		}
		object = org.MemberObject(u.org.ID, id)
	}
	// The id of an entry must not tell what it is about (docs/spec/refusals.md).
	if !u.Actor.Can("read", object) {
		return org.ErrNotFound()
	}
	var err error
	if u.user, err = u.Q.GetUser(ctx, id); db.IsNotFound(err) {
		return changedSince(fmt.Sprintf("The account %s is gone.", e.ResourceTarget))
	} else if err != nil {
		return err
	}
	// From here on a refusal is recorded.
	u.About(e.ResourceType, id, u.user.Username, u.org.ID)
	if err := u.told(&e, field); err != nil {
		return err
	}
	if u.ofSite() {
		return nil
	}
	u.row, err = u.MemberRow(ctx, u.org.ID, id)
	// No membership is no error: undoing a removal needs just that.
	u.member = err == nil
	if db.IsNotFound(err) {
		return nil
	}
	return err
}

// told reads what the entry changed. Invalid: it can't be taken back.
func (u *undoing) told(e *db.AuditLog, field string) error {
	u.made = e.Time
	if e.StatusCode >= 400 {
		return errNothingHappened
	}
	if by := org.MachineOf(e.ActorID.UUID, e.Actor); by != "" {
		return org.ErrInvalid("This can't be undone here.", fmt.Sprintf("It was made by %s, which would make it again. Change it there.", by))
	}
	return u.changes(e, field)
}

// changes reads what the entry changed. Invalid: it is about an account, and something other than its roles.
func (u *undoing) changes(e *db.AuditLog, field string) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(e.Changes), &fields); err != nil {
		return fmt.Errorf("audit entry %s: %w", e.ID, err)
	}
	var roles struct{ Old, New []string }
	var records struct{ Old, New []org.AuditAssignment }
	for name, to := range map[string]any{field: &roles, org.RecordsField: &records} {
		if raw, ok := fields[name]; ok {
			if err := json.Unmarshal(raw, to); err != nil {
				return fmt.Errorf("audit entry %s: %w", e.ID, err)
			}
		}
	}
	if u.ofSite() && fields[field] == nil && fields[org.RecordsField] == nil {
		var status struct{ Old, New org.Status }
		if raw, ok := fields["status"]; !ok || json.Unmarshal(raw, &status) != nil {
			return errNotUndoable
		}
		u.wasStatus, u.isStatus = status.Old, status.New
	}
	u.before, u.after, u.was, u.is = roles.Old, roles.New, records.Old, records.New
	u.termsOnly = fields[field] == nil && fields[org.RecordsField] != nil
	return nil
}

// ofSite reports whether the entry is about an account and its site roles.
func (u *undoing) ofSite() bool { return u.org.ID == uuid.Nil }

// changedSince returns the refusal of an undo that comes too late. Conflict.
func changedSince(detail string) *org.Error {
	return &org.Error{Kind: org.Conflict, Message: "This can no longer be undone.", Detail: detail}
}

// asLeft reports whether roles are those that the entry left.
// Their order doesn't matter.
func (u *undoing) asLeft(roles string) bool {
	return u.termsOnly || slices.Equal(slices.Sorted(slices.Values(strings.Fields(roles))), slices.Sorted(slices.Values(u.after)))
}

// undoMember decides the opposite of the entry: a removal for an addition, an addition for a removal, the old roles for the
// new ones.
func (u *undoing) undoMember(ctx context.Context) (memberChange, error) {
	if u.action == "delete" {
		return u.putBack(ctx)
	}
	since := changedSince(fmt.Sprintf("The roles of %s were changed since.", u.user.Username))
	if !u.member || !u.asLeft(u.row.Roles) {
		return memberChange{}, since
	}
	if u.action == "create" {
		return u.removeAgain(ctx)
	}
	if len(u.was) > 0 && u.was[0].Role == org.RoleOrganizationUser {
		return u.membershipBefore(ctx, since)
	}
	return decideMember(ctx, u.Attempt, u.org, u.row, func(roles *assignment, m *org.Member) (bool, error) {
		return u.takeBack(ctx, roles, m.Roles, m.Tag(), since)
	})
}

// removeAgain takes an addition back. It refuses if the member has meanwhile come to belong there for another reason.
func (u *undoing) removeAgain(ctx context.Context) (memberChange, error) {
	records, err := u.RecordsOfMember(ctx, u.row)
	if err != nil {
		return memberChange{}, err
	}
	for _, r := range records {
		if r.Role == org.RoleOrganizationUser && r.Source.Synced() {
			return memberChange{}, changedSince(fmt.Sprintf("The membership of %s comes from %s by now.", u.user.Username, r.Source))
		}
	}
	// The entry of the undo names its effect: taking back an addition is a removal.
	u.Entry.Action, u.Entry.Status = "delete", 204
	return decideRemoval(ctx, u.Attempt, u.org, u.row, nil)
}

// membershipBefore takes back a change of how long someone is a member, or why.
func (u *undoing) membershipBefore(ctx context.Context, since error) (memberChange, error) {
	roles, _, err := assignmentOf(ctx, u.Attempt, u.org, u.row)
	if err != nil {
		return memberChange{}, err
	}
	if roles.records, err = roles.read(); err != nil {
		return memberChange{}, err
	}
	back, ok := u.goesBack(roles, org.RoleOrganizationUser)
	switch {
	case !ok:
		return memberChange{}, since
	case back == nil && len(ofRole(u.was, org.RoleOrganizationUser)) > 0:
		return memberChange{}, u.tooLate()
	}
	var is org.Assignment
	w := ending(nil)
	if back != nil {
		w = wish{input: org.Given(org.RecordInput{Terms: *back})}
	}
	return decideMembership(ctx, u.Attempt, u.org, u.row, w, &is)
}

// putBack makes a removed user a member again, with the roles that they had, until these would have ended. It needs the right to
// add members and, if there were roles, the right to hand out each of them.
func (u *undoing) putBack(ctx context.Context) (memberChange, error) {
	if u.member {
		return memberChange{}, changedSince(fmt.Sprintf("%s is a member again already.", u.user.Username))
	}
	u.Entry.Action = "create"
	if !unit.MayAddMembers(u.Actor, u.org.ID) {
		return memberChange{}, org.ErrForbidden(unit.PermissionsToAdd...)
	}
	set, err := u.Roles(ctx, u.org.ID)
	if err == nil {
		err = u.sameRoles(set) // or the membership would come back without any
	}
	if err != nil {
		return memberChange{}, err
	}
	terms, err := u.membershipTerms()
	if err != nil {
		return memberChange{}, err
	}
	c, row, err := decideAddition(ctx, u.Attempt, u.org, u.user, terms)
	if err != nil || len(u.before) == 0 {
		return c, err
	}
	// The row is not stored yet, but roles are decided as if it were: one change and one entry cover both.
	with, err := decideMember(ctx, u.Attempt, u.org, row, func(roles *assignment, m *org.Member) (bool, error) {
		roles.read = func() ([]org.Assignment, error) { return nil, nil }
		changed, err := u.takeBack(ctx, roles, m.Roles, m.Tag(), nil)
		if org.KindOf(err) == org.Conflict {
			return false, nil // all of them would be over; the membership is not
		}
		return changed, err
	})
	if err != nil || !with.changes() {
		return c, err
	}
	with.Joins, with.Origin, with.Ending = true, c.Origin, append(with.Ending, c.Ending...)
	return with, nil
}

// membershipTerms returns the terms of a membership that is given back. What a provider or directory gave is given back by
// hand, without an end: nothing can be held without a membership.
func (u *undoing) membershipTerms() (t org.Terms, err error) {
	local, ahead := ofRole(u.was, org.RoleOrganizationUser), false
	for _, r := range local {
		if r.Counts(u.Now) && (!ahead || earlier(t.Until, r.Until)) {
			t, ahead = org.Terms{Until: r.Until, Reason: r.Reason}, true
		}
	}
	if len(local) > 0 && !ahead {
		return t, u.tooLate()
	}
	return t, nil
}
