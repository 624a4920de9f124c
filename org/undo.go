package org

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall/db"
)

// Undo takes back what an audit entry tells of: a change of a member's roles, an addition or a removal. It is a change
// like any other: the same rights, checks and guard rails, and an audit row of its own. It returns the membership as it
// is afterwards, or as it was if undoing ends it.
// NotFound: no such entry, or the caller may not read what it is about. Invalid: the entry tells of something that can't
// be undone, or of an attempt that changed nothing. Conflict: something changed since, or the account is gone.
func (s *Service) Undo(ctx context.Context, subject *Subject, entryID string) (m Member, err error) {
	err = s.change(ctx, subject, "write", func(c *change) error {
		e, err := c.q.GetAuditLog(ctx, uuidOf(entryID))
		if db.IsNotFound(err) {
			return errNotFound()
		}
		if err != nil {
			return err
		}
		u, err := c.undoing(e)
		if err != nil {
			return err
		}
		m, err = u.run()
		return err
	})
	return m, err
}

// Undoable says whether Undo may take back what the entry tells of, as far as the entry alone knows.
func (e *AuditEntry) Undoable() bool { return e.ResourceType == "organization_member" && !e.Refused() }

// undoing is an undo on its way: what the entry changed, and what is there now.
type undoing struct {
	*change
	org           db.Organization
	user          db.UserRow
	row           db.MemberRow
	member        bool // the user is a member now
	action        string
	before, after []string // roles, as the entry has them
}

func (c *change) undoing(e db.AuditLog) (*undoing, error) {
	if e.ResourceType != "organization_member" {
		return nil, invalid("This can't be undone.", "Only changes of members and their roles can; a role has versions to restore.")
	}
	org, err := c.organization(c.ctx, c.by, e.OrganizationID.UUID.String())
	if err != nil {
		return nil, err
	}
	userID := uuidOf(e.ResourceID)
	if !c.by.Can("read", memberObject(org.ID, userID)) {
		return nil, errNotFound()
	}
	u := &undoing{change: c, org: org, action: e.Action}
	if u.user, err = c.q.GetUser(c.ctx, userID); db.IsNotFound(err) {
		return nil, changedSince(fmt.Sprintf("The account %s is gone.", e.ResourceTarget))
	} else if err != nil {
		return nil, err
	}
	u.about("organization_member", userID, u.user.Username, org.ID)
	if e.StatusCode >= 400 {
		return nil, invalid("There is nothing to undo.", "The attempt was refused and changed nothing.")
	}
	var fields map[string]struct{ Old, New []string }
	var all map[string]json.RawMessage
	if err := json.Unmarshal([]byte(e.Changes), &all); err != nil {
		return nil, fmt.Errorf("audit entry %s: %w", e.ID, err)
	}
	if raw, ok := all["roles"]; ok {
		if err := json.Unmarshal([]byte(`{"roles":`+string(raw)+`}`), &fields); err != nil {
			return nil, fmt.Errorf("audit entry %s: %w", e.ID, err)
		}
	}
	u.before, u.after = fields["roles"].Old, fields["roles"].New
	u.row, err = c.q.GetMember(c.ctx, db.GetMemberParams{OrganizationID: org.ID, UserID: userID})
	u.member = err == nil
	if err != nil && !db.IsNotFound(err) {
		return nil, err
	}
	return u, nil
}

func changedSince(detail string) *Error {
	return &Error{Kind: Conflict, Message: "This can't be undone any more.", Detail: detail}
}

func (u *undoing) run() (Member, error) {
	if u.action == "delete" {
		return u.putBack()
	}
	now := slices.Sorted(slices.Values(strings.Fields(u.row.Roles)))
	if !u.member || !slices.Equal(now, slices.Sorted(slices.Values(u.after))) {
		return Member{}, changedSince(fmt.Sprintf("The roles of %s were changed since.", u.user.Username))
	}
	if u.action == "create" {
		u.entry.action, u.entry.status = "delete", 204
		return u.removeMember(u.org, u.row)
	}
	m, _, err := u.setMemberRoles(u.org, u.row, u.rolesBefore)
	return m, err
}

func (u *undoing) rolesBefore() (RolesInput, error) { return RolesInput{Roles: u.before}, nil }

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
	m, _, err = u.setMemberRoles(u.org, row, u.rolesBefore)
	if err == nil {
		u.field("roles", nil, names(m.Roles))
	}
	return m, err
}

// LastChange is the id of the audit entry of the newest change of a membership by the caller in this request, uuid.Nil if
// there is none: what an undo offered right after that change takes back.
func (s *Service) LastChange(ctx context.Context, subject *Subject, member Member) (uuid.UUID, error) {
	found, err := s.db.FindAuditLogs(ctx, db.FindAuditLogsParams{
		ActorID: nullID(subject.ID()), OrganizationID: nullID(member.OrganizationID), RequestID: requestOf(ctx).ID,
		ResourceType: "organization_member", ResourceID: member.UserID.String(), MaxRows: 1,
	})
	if err != nil || len(found) == 0 {
		return uuid.Nil, err
	}
	rows, err := s.db.ListAuditLogs(ctx, []int64{found[0].Seq})
	if err != nil || len(rows) == 0 || rows[0].StatusCode >= 400 {
		return uuid.Nil, err
	}
	return rows[0].ID, nil
}
