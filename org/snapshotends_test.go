package org_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

// lend gives what somebody holds in an organization an end, or on the site for uuid.Nil, past all rules.
func (s *site) lend(t *testing.T, organization uuid.UUID, name, role string, end time.Time) {
	t.Helper()
	at := end.UTC().Truncate(time.Microsecond)
	if organization == uuid.Nil {
		s.exec(t, "UPDATE user_roles SET ends_at = ? WHERE user_id = ? AND role = ?", at, id(name), role)
		return
	}
	s.exec(t, "UPDATE member_roles SET ends_at = ? WHERE organization_id = ? AND user_id = ? AND role = ?", at, organization, id(name), role)
}

// TestSnapshotEnds: docs/spec/snapshots.md: documents say what ends, and with nothing heard decide at each time as the server
// does, which nobody has told either: a role, a membership, a role of the site, a role that counts elsewhere, and a deny.
func TestSnapshotEnds(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	in := func(hours int) time.Time { return s.clock.now().Add(time.Duration(hours) * time.Hour) }
	s.lend(t, home, "oa", "organization-admin", in(1))
	s.lend(t, home, "oua", "organization-user-admin", in(3))
	s.lend(t, home, "oua", "organization-member", in(2)) // before its role
	s.lend(t, home, "curbed", "curb", in(3))
	s.lend(t, uuid.Nil, "ta", "template-admin", in(4))
	s.lend(t, uuid.Nil, "reader", "site-reader", in(2))
	s.lend(t, beta, "pm", "organization-member", in(4))
	// A change moves the revision, as giving them would have done.
	s.putRole(t, "payer", "template:read")
	state := s.loaded(t)
	s.agreesWith(t, state, "before anything ends")
	for range 5 {
		s.clock.advance(time.Hour)
		s.agreesWith(t, state, "by the documents from before")
		s.agreesWith(t, s.loaded(t), "by documents of now")
	}
}
