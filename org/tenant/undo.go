package tenant

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Undo takes back what an audit entry tells of: a change of the roles of a member or of an account, an addition of a
// member or a removal. It is a change like any other: the same rights, checks and guard rails, and an audit row of its
// own. It returns the holder as it is afterwards, or the membership as it was if undoing ends it.
// NotFound: no such entry, or the caller may not read what it is about. Invalid: the entry tells of something that can't
// be undone, or of an attempt that changed nothing. Conflict: something changed since, or the account is gone.
func (s *Service) Undo(ctx context.Context, subject *org.Actor, entryID string) (h org.RoleHolder, err error) {
	defer org.Wrap(&err, "undo entry %q", entryID)
	e, err := s.units.DB.GetAuditLog(ctx, unit.ParseID(entryID)) // which never changes
	if db.IsNotFound(err) {
		return h, org.ErrNotFound()
	}
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

// errNotUndoable is the answer to entries of any other kind.
var errNotUndoable = org.ErrInvalid("This can't be undone.", "Only changes of members and of the roles that somebody holds can; a role has versions to restore.")

// undoing is an undo on its way: what the entry changed, and what is there now.
type undoing struct {
	*unit.Attempt
	org           db.Organization // zero if it is about site roles
	user          db.UserRow
	row           db.MemberRow
	member        bool // the user is a member now
	action        string
	before, after []string // roles, as the entry has them
}

// undo is the change that takes an entry back: of a member or of an account.
type undo struct {
	member *memberChange
	user   *userChange
}

// planUndo makes sure that nothing happened since, and then decides like the change that takes the entry back. field is
// where entries of this kind keep roles.
func planUndo(ctx context.Context, a *unit.Attempt, e db.AuditLog) (undo, error) {
	u, field := undoing{Attempt: a, action: e.Action}, "rbac_roles"
	switch {
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
		return undo{member: &c}, err
	}
	// Otherwise the undo would take back a later change of somebody else too.
	if !u.asLeft(u.user.Roles) {
		return undo{}, changedSince(fmt.Sprintf("The site roles of %s were changed since.", u.user.Username))
	}
	c, err := decideUserRoles(ctx, a, u.user, u.rolesBefore())
	return undo{user: &c}, err
}

func applyUndo(ctx context.Context, w *unit.Writer, u undo) (h org.RoleHolder, err error) {
	if u.user != nil {
		user, err := applyUserRoles(ctx, w, *u.user)
		return org.RoleHolder{User: &user}, err
	}
	m, err := applyMember(ctx, w, *u.member)
	return org.RoleHolder{Member: &m}, err
}

// find looks up what the entry is about, which keeps the roles under a field.
// What may not be seen comes first, then what is gone, then what the entry says: nobody learns more than by reading. Errors
// as Undo.
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
	if e.StatusCode >= 400 {
		return org.ErrInvalid("There is nothing to undo.", "The attempt was refused and changed nothing.")
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(e.Changes), &fields); err != nil {
		return fmt.Errorf("audit entry %s: %w", e.ID, err)
	}
	var roles struct{ Old, New []string }
	if raw, ok := fields[field]; ok {
		if err := json.Unmarshal(raw, &roles); err != nil {
			return fmt.Errorf("audit entry %s: %w", e.ID, err)
		}
	} else if u.ofSite() {
		// The account changed in something other than its roles.
		return errNotUndoable
	}
	u.before, u.after = roles.Old, roles.New
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

// ofSite says whether the entry is about an account and its site roles.
func (u *undoing) ofSite() bool { return u.org.ID == uuid.Nil }

// changedSince is the refusal of an undo that comes too late. Conflict.
func changedSince(detail string) *org.Error {
	return &org.Error{Kind: org.Conflict, Message: "This can't be undone any more.", Detail: detail}
}

// asLeft says whether roles are those that the entry left.
// Their order says nothing.
func (u *undoing) asLeft(roles string) bool {
	return slices.Equal(slices.Sorted(slices.Values(strings.Fields(roles))), slices.Sorted(slices.Values(u.after)))
}

// undoMember decides the opposite of the entry: a removal for an addition, an addition for a removal, the old roles for the
// new ones.
func (u *undoing) undoMember(ctx context.Context) (memberChange, error) {
	if u.action == "delete" {
		return u.putBack(ctx)
	}
	if !u.member || !u.asLeft(u.row.Roles) {
		return memberChange{}, changedSince(fmt.Sprintf("The roles of %s were changed since.", u.user.Username))
	}
	if u.action == "create" {
		// The entry of the undo says what it does: an addition that is taken back is a removal.
		u.Entry.Action, u.Entry.Status = "delete", 204
		return decideRemoval(ctx, u.Attempt, u.org, u.row, nil)
	}
	return decideRoles(ctx, u.Attempt, u.org, u.row, u.rolesBefore())
}

// rolesBefore asks for the roles that the entry found, as if somebody had typed them. One that was deleted since is
// refused.
func (u *undoing) rolesBefore() org.Input[org.RolesInput] {
	return org.Given(org.RolesInput{Roles: u.before})
}

// putBack makes a removed user a member again, with the roles that it had.
// It takes the right to add members and, if there were roles, the right to hand out each of them.
func (u *undoing) putBack(ctx context.Context) (memberChange, error) {
	if u.member {
		return memberChange{}, changedSince(fmt.Sprintf("%s is a member again already.", u.user.Username))
	}
	u.Entry.Action = "create"
	if !unit.MayAddMembers(u.Actor, u.org.ID) {
		return memberChange{}, org.ErrForbidden(unit.PermissionsToAdd...)
	}
	c, row, err := decideAddition(ctx, u.Attempt, u.org, u.user)
	if err != nil || len(u.before) == 0 {
		return c, err
	}
	// The row is not stored yet, and roles are decided as if it were: one change and one entry tell of both.
	with, err := decideRoles(ctx, u.Attempt, u.org, row, u.rolesBefore())
	if err != nil || !with.changes() {
		return c, err
	}
	with.Joins = true
	return with, nil
}
