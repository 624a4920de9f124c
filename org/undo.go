package org

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
)

// Holder is whose roles a change is about: a member of an organization, or an account with its site roles. The other is nil.
type Holder struct {
	Member *Member
	User   *User
}

// Undo takes back what an audit entry tells of: a change of the roles of a member or of an account, an addition of a
// member or a removal. It is a change like any other: the same rights, checks and guard rails, and an audit row of its
// own. It returns the holder as it is afterwards, or the membership as it was if undoing ends it.
// NotFound: no such entry, or the caller may not read what it is about. Invalid: the entry tells of something that can't
// be undone, or of an attempt that changed nothing. Conflict: something changed since, or the account is gone.
func (s *Service) Undo(ctx context.Context, subject *Subject, entryID string) (h Holder, err error) {
	err = s.change(ctx, subject, "write", func(c *change) error {
		e, err := c.q.GetAuditLog(ctx, uuidOf(entryID))
		if db.IsNotFound(err) {
			return errNotFound()
		}
		if err != nil {
			return err
		}
		u := undoing{change: c, action: e.Action}
		switch {
		case ofMember(e.ResourceType):
			err = u.find(e, "roles")
		case ofUser(e.ResourceType, e.Action):
			err = u.find(e, "rbac_roles")
		default:
			err = errNotUndoable
		}
		if err != nil {
			return err
		}
		h, err = u.run()
		return err
	})
	return h, err
}

var errNotUndoable = invalid("This can't be undone.", "Only changes of members and of the roles that somebody holds can; a role has versions to restore.")

func ofMember(resourceType string) bool       { return resourceType == "organization_member" }
func ofUser(resourceType, action string) bool { return resourceType == "user" && action == "write" }

// Undoable says whether Undo may take back what the entry tells of, as far as the entry alone knows.
func (e *AuditEntry) Undoable() bool {
	_, roles := e.Diff["rbac_roles"]
	return !e.Refused() && (ofMember(e.ResourceType) || ofUser(e.ResourceType, e.Action) && roles)
}

// undoing is an undo on its way: what the entry changed, and what is there now.
type undoing struct {
	*change
	org           db.Organization // zero if it is about site roles
	user          db.UserRow
	row           db.MemberRow
	member        bool // the user is a member now
	action        string
	before, after []string // roles, as the entry has them
}

// find looks up what the entry is about, which keeps the roles under a field.
func (u *undoing) find(e db.AuditLog, field string) error {
	id := uuidOf(e.ResourceID)
	object := userObject(id)
	if e.OrganizationID.Valid {
		var err error
		if u.org, err = u.organization(u.ctx, u.by, e.OrganizationID.UUID.String()); err != nil {
			return err
		}
		object = memberObject(u.org.ID, id)
	}
	if !u.by.Can("read", object) {
		return errNotFound()
	}
	var err error
	if u.user, err = u.q.GetUser(u.ctx, id); db.IsNotFound(err) {
		return changedSince(fmt.Sprintf("The account %s is gone.", e.ResourceTarget))
	} else if err != nil {
		return err
	}
	u.about(e.ResourceType, id, u.user.Username, u.org.ID)
	if e.StatusCode >= 400 {
		return invalid("There is nothing to undo.", "The attempt was refused and changed nothing.")
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
		return errNotUndoable
	}
	u.before, u.after = roles.Old, roles.New
	if u.ofSite() {
		return nil
	}
	u.row, err = u.q.GetMember(u.ctx, db.GetMemberParams{OrganizationID: u.org.ID, UserID: id})
	u.member = err == nil
	if db.IsNotFound(err) {
		return nil
	}
	return err
}

func (u *undoing) ofSite() bool { return u.org.ID == uuid.Nil }

func changedSince(detail string) *Error {
	return &Error{Kind: Conflict, Message: "This can't be undone any more.", Detail: detail}
}

func (u *undoing) run() (Holder, error) {
	if u.ofSite() {
		if !u.asLeft(u.user.Roles) {
			return Holder{}, changedSince(fmt.Sprintf("The site roles of %s were changed since.", u.user.Username))
		}
		user, err := u.setUserRoles(u.user, u.rolesBefore())
		return Holder{User: &user}, err
	}
	m, err := u.undoMember()
	return Holder{Member: &m}, err
}

// asLeft says whether roles are those that the entry left.
func (u *undoing) asLeft(roles string) bool {
	return slices.Equal(slices.Sorted(slices.Values(strings.Fields(roles))), slices.Sorted(slices.Values(u.after)))
}

func (u *undoing) undoMember() (Member, error) {
	if u.action == "delete" {
		return u.putBack()
	}
	if !u.member || !u.asLeft(u.row.Roles) {
		return Member{}, changedSince(fmt.Sprintf("The roles of %s were changed since.", u.user.Username))
	}
	if u.action == "create" {
		u.entry.action, u.entry.status = "delete", 204
		return u.removeMember(u.org, u.row)
	}
	m, _, err := u.setMemberRoles(u.org, u.row, u.rolesBefore())
	return m, err
}

func (u *undoing) rolesBefore() Input[RolesInput] { return Given(RolesInput{Roles: u.before}) }

// putBack makes a removed user a member again, with the roles that it had.
func (u *undoing) putBack() (Member, error) {
	if u.member {
		return Member{}, changedSince(fmt.Sprintf("%s is a member again already.", u.user.Username))
	}
	u.entry.action = "create"
	if !mayAdd(u.by, u.org.ID) {
		return Member{}, errForbidden(toAdd...)
	}
	m, err := u.addMember(u.org, u.user)
	if err != nil || len(u.before) == 0 {
		return m, err
	}
	row, err := u.q.GetMember(u.ctx, db.GetMemberParams{OrganizationID: u.org.ID, UserID: u.user.ID})
	if err != nil {
		return m, err
	}
	m, _, err = u.setMemberRoles(u.org, row, u.rolesBefore())
	if err == nil {
		u.field("roles", nil, names(m.Roles))
	}
	return m, err
}

// LastChange is the id of the audit entry of the newest change of a holder by the caller in this request, uuid.Nil if
// there is none: what an undo offered right after that change takes back.
func (s *Service) LastChange(ctx context.Context, subject *Subject, h Holder) (uuid.UUID, error) {
	p := db.GetLastChangeParams{ActorID: nullID(subject.ID()), RequestID: requestOf(ctx).ID}
	if h.User != nil {
		p.ResourceType, p.ResourceID = "user", h.User.ID.String()
	} else {
		p.ResourceType, p.ResourceID, p.OrganizationID = "organization_member", h.Member.UserID.String(), nullID(h.Member.OrganizationID)
	}
	last, err := s.db.GetLastChange(ctx, p)
	if db.IsNotFound(err) || err == nil && last.StatusCode >= 400 {
		return uuid.Nil, nil
	}
	return last.ID, err
}
