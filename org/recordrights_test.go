package org_test

import (
	"testing"
	"time"

	"rolecall.example/org"
)

// Row R6 of docs/spec/assigning.md: what makes a record last longer needs the right to give, what ends it sooner the right
// to take, and another reason the right to give. The role that is given is one that the caller may hand out.
func TestRecordRights(t *testing.T) {
	t.Parallel()
	at := func(days int) *time.Time {
		end := time.Now().AddDate(0, 0, days).UTC().Truncate(time.Second)
		return &end
	}
	put := func(end *time.Time) func(*testing.T, *site) error {
		return func(t *testing.T, s *site) error {
			_, _, err := s.PutMemberRole(t.Context(), s.as(t, "dealer"), "default", "viewer", "viewer", org.Given(org.RecordInput{Terms: org.Terms{Until: end}, KeepReason: true}))
			return err
		}
	}
	for name, c := range map[string]struct {
		do                       func(*testing.T, *site) error
		withAssign, withUnassign bool // accepted with that right alone
	}{
		"later":  {put(at(20)), true, false},
		"no end": {put(nil), true, false},
		"sooner": {put(at(5)), false, true},
		"end": {func(t *testing.T, s *site) error {
			_, err := s.EndMemberRole(t.Context(), s.as(t, "dealer"), "default", "viewer", "viewer", nil)
			return err
		}, false, true},
		"reason": {func(t *testing.T, s *site) error {
			_, _, err := s.PutMemberRole(t.Context(), s.as(t, "dealer"), "default", "viewer", "viewer",
				org.Given(org.RecordInput{Terms: org.Terms{Reason: "another"}, KeepUntil: true}))
			return err
		}, true, false},
		"a new one": {func(t *testing.T, s *site) error {
			_, _, err := s.PutMemberRole(t.Context(), s.as(t, "dealer"), "default", "m", "viewer", org.Given(org.RecordInput{Terms: org.Terms{Until: at(5)}}))
			return err
		}, true, false},
	} {
		for lacks, accepted := range map[string]bool{"unassign": c.withAssign, "assign": c.withUnassign} {
			s := newSite(t)
			s.exec(t, "DELETE FROM role_permissions WHERE role_id = ? AND action = ?", id("role dealer").String(), lacks)
			s.exec(t, "UPDATE member_roles SET ends_at = ? WHERE role = 'viewer' AND user_id = ?", *at(10), id("viewer").String())
			if !accepted {
				s.refused(t, forbid, 1, func() error { return c.do(t, s) })
			} else if err := c.do(t, s); err != nil {
				t.Errorf("%s without %s: %v", name, lacks, err)
			}
		}
	}
}
