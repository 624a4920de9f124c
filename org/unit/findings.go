package unit

import (
	"context"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// FindingScope finds the organization that findings are about. NotFound: no such organization, or its roles or memberships may not
// be read: findings name people, so the right to read roles is not enough.
func (s Reader) FindingScope(ctx context.Context, by *org.Actor, organization string) (RoleScope, error) {
	h, err := s.RoleScope(ctx, by, org.In(organization))
	if err == nil && !by.Can("read", org.MembersObject(h.Org.ID)) {
		err = org.ErrNotFound()
	}
	return h, err
}

// MayDismiss reports whether the caller may dismiss some findings of an organization at all, and bring them back.
func (h RoleScope) MayDismiss(by *org.Actor) bool {
	return h.May(by, "update") || h.May(by, "unassign")
}

// DismissalRefusal returns why the caller may not dismiss a finding, nil if they may: a caller who may not repair it must not
// hide it. held is what the person that it is about holds in the organization.
func (s Reader) DismissalRefusal(by *org.Actor, h RoleScope, f *org.LintFinding, held []*rbac.Role) *org.Error {
	switch {
	case f.UserID == uuid.Nil && f.RoleID != uuid.Nil:
		if !h.May(by, "update") {
			return h.Forbidden("update")
		}
	case !h.May(by, "unassign"):
		return h.Forbidden("unassign")
	case f.UserID != uuid.Nil && f.UserID == by.ID():
		return &org.Error{Kind: org.Forbidden, Message: "You can't dismiss findings about yourself.", Detail: "Another user with the appropriate permissions must do it."}
	}
	if beyond := s.BeyondCaller(by, h.Org.ID, held); len(beyond) > 0 {
		return &org.Error{Kind: org.Forbidden, Message: "Forbidden.",
			Detail: "You don't have permission to change the roles of this member: they have permissions that you don't have, " + org.Summarize(beyond) + "."}
	}
	return nil
}

// DismissalOf is a dismissal as it is stored: name is what whoever made it is called now, "" if the account is gone.
func DismissalOf(id uuid.UUID, reason, madeAs, username, name string, at, until time.Time) org.Dismissal {
	d := org.Dismissal{ID: id, Reason: reason, By: username, ByName: name, At: at, Until: until}
	if d.ByName == "" {
		d.ByName = madeAs
	}
	return d
}
