package unit

import (
	"context"

	"rolecall.example/org"
)

// MayCount reports whether the caller may know who holds and edits the roles of a scope, and how many: everyone who may
// read them all.
func (h RoleScope) MayCount(by *org.Actor) bool {
	if h.Site() {
		return by.Can("read", org.UsersObject)
	}
	return by.Can("read", org.MembersObject(h.Org.ID))
}

// HoldersFor returns Holders as far as the caller may know them.
func (s Reader) HoldersFor(ctx context.Context, by *org.Actor, h RoleScope) (map[string]int, error) {
	if !h.MayCount(by) {
		return nil, nil
	}
	return s.Holders(ctx, h)
}

// Holders returns how many people hold each role of a scope.
func (s Reader) Holders(ctx context.Context, h RoleScope) (map[string]int, error) {
	counts := map[string]int{}
	if h.Site() {
		rows, err := s.Q.CountUserRoles(ctx)
		for _, r := range rows {
			counts[r.Role] = int(r.Users)
		}
		return counts, err
	}
	rows, err := s.Q.CountMemberRoles(ctx, h.Org.ID)
	for _, r := range rows {
		counts[r.Role] = int(r.Members)
	}
	return counts, err
}
