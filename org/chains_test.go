package org_test

import (
	"strings"
	"testing"

	"rolecall.example/db/dbtest"
	"rolecall.example/org"
)

// trail makes a trail with a chain of the site and of two organizations, and two roots. It returns the hash of the first.
func trail(t *testing.T, s *site) (root string) {
	t.Helper()
	owner := s.as(t, "o")
	for i := range 2 {
		for _, roleNames := range [][]string{{"viewer"}, {}, {"maker"}, {}} {
			if _, err := s.SetMemberRoles(t.Context(), owner, "default", "m", roles(roleNames...)); err != nil {
				t.Fatal(err)
			}
		}
		if err := drop2(s.SetStatus(t.Context(), owner, "m", []org.Status{org.StatusSuspended, org.StatusActive}[i], nil)); err != nil {
			t.Fatal(err)
		}
		if err := drop(s.AddMember(t.Context(), owner, "Beta", []string{"m", "viewer"}[i])); err != nil {
			t.Fatal(err)
		}
		made, err := s.WriteAuditRoot(t.Context())
		if err != nil || made.Seq != int64(i+1) || made.Chains != 3 {
			t.Fatalf("%+v, %v", made, err)
		}
		if root == "" {
			root = made.Hash
		}
	}
	return root
}

// TestChains: whatever is done to the trail past the program is found, and named.
func TestChains(t *testing.T) {
	t.Parallel()
	ofHome := " chain = '" + home.String() + "'"
	for name, c := range map[string]struct{ harm, says string }{
		"nothing":          {"", ""},
		"an entry edited":  {"UPDATE audit_logs SET actor = 'x' WHERE chain_seq = 3 AND" + ofHome, "default: entry 3 ("},
		"deleted":          {"DELETE FROM audit_logs WHERE chain_seq = 3 AND" + ofHome, "default: entries between 2 and 4 are missing"},
		"several deleted":  {"DELETE FROM audit_logs WHERE chain_seq IN (3, 4, 5) AND" + ofHome, "default: entries between 2 and 6 are missing"},
		"the first":        {"DELETE FROM audit_logs WHERE chain_seq = 1 AND" + ofHome, "default: entries between 0 and 2 are missing"},
		"two swapped":      {"UPDATE audit_logs SET chain_seq = 99 WHERE chain_seq = 3 AND" + ofHome + "; UPDATE audit_logs SET chain_seq = 3 WHERE chain_seq = 4 AND" + ofHome + "; UPDATE audit_logs SET chain_seq = 4 WHERE chain_seq = 99 AND" + ofHome, "default: entry 3 ("},
		"cut off":          {"DELETE FROM audit_logs WHERE chain_seq > 6 AND" + ofHome, "default: the chain ends with entry 6, but 8 were written"},
		"cut off cleanly":  {"DELETE FROM audit_logs WHERE chain_seq > 6 AND" + ofHome + "; UPDATE revisions SET audit_seq = 6, audit_hash = (SELECT hash FROM audit_logs WHERE chain_seq = 6 AND" + ofHome + ") WHERE organization_id = '" + home.String() + "'", "root 2: the chain of default had entry 8, which is gone"},
		"a chain gone":     {"DELETE FROM audit_logs WHERE" + ofHome, "default: the chain ends with entry 0, but 8 were written"},
		"with its head":    {"DELETE FROM audit_logs WHERE" + ofHome + "; DELETE FROM revisions WHERE organization_id = '" + home.String() + "'", "the chains of 1 organizations are gone"},
		"all gone":         {"DELETE FROM audit_logs", "site: the chain ends with entry 0, but 4 were written"},
		"one put in":       {"INSERT INTO audit_logs (id, time, request_id, ip, user_agent, actor, resource_type, resource_id, resource_target, action, status_code, changes, hash, chain, chain_seq) SELECT '00000000-0000-4000-8000-000000000001', time, request_id, ip, user_agent, actor, resource_type, resource_id, resource_target, action, status_code, changes, hash, chain, 9 FROM audit_logs WHERE chain_seq = 8 AND" + ofHome, "default: entry 9 ("},
		"one before them":  {"INSERT INTO audit_logs (id, time, request_id, ip, user_agent, actor, resource_type, resource_id, resource_target, action, status_code, changes, hash) SELECT '00000000-0000-4000-8000-000000000001', time, request_id, ip, user_agent, actor, resource_type, resource_id, resource_target, action, status_code, changes, hash FROM audit_logs WHERE chain_seq = 8 AND" + ofHome, "sealed trail: entries between 0 and "},
		"one of no chain":  {"UPDATE audit_logs SET chain = '00000000-0000-4000-8000-000000000001' WHERE chain_seq = 8 AND" + ofHome, "default: the chain ends with entry 7, but 8 were written"},
		"another head":     {"UPDATE revisions SET audit_hash = (SELECT hash FROM audit_logs WHERE chain_seq = 1 AND" + ofHome + ") WHERE organization_id = '" + home.String() + "'", "default: the chain ends with entry 8, which has another hash than the last one written"},
		"one beside them":  {"INSERT INTO audit_logs (id, time, request_id, ip, user_agent, actor, resource_type, resource_id, resource_target, action, status_code, changes, hash, chain, chain_seq) SELECT '00000000-0000-4000-8000-000000000001', time, request_id, ip, user_agent, actor, resource_type, resource_id, resource_target, action, status_code, changes, hash, '00000000-0000-4000-8000-000000000002', 1 FROM audit_logs WHERE chain_seq = 8 AND" + ofHome, "1 entries belong to no chain"},
		"the first root":   {"DELETE FROM audit_root_heads WHERE root_seq = 1; DELETE FROM audit_roots WHERE seq = 1", "roots between 0 and 2 are missing"},
		"a root rewritten": {"UPDATE audit_roots SET heads = 7 WHERE seq = 1", "root 1 was changed, or one before it was"},
		"a root gone":      {"DELETE FROM audit_root_heads WHERE root_seq = 2; DELETE FROM audit_roots WHERE seq = 2", "root 2 is missing"},
		"a head of a root": {"DELETE FROM audit_root_heads WHERE root_seq = 1 AND organization_id = '" + home.String() + "'", "root 1 was changed, or one before it was"},
		"the seal":         {"UPDATE audit_seal SET seq = 5", "sealed trail: it ends with entry 0, but was sealed with entry 5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			root := trail(t, s)
			for _, table := range []string{"audit_logs", "audit_roots", "audit_root_heads"} {
				dbtest.Unguard(t, s.place, table)
			}
			for harm := range strings.SplitSeq(c.harm, "; ") {
				if harm != "" {
					s.exec(t, harm)
				}
			}
			v, err := s.VerifyAudit(t.Context(), org.VerifyFilter{Root: root})
			if err != nil || !strings.HasPrefix(v.Broken(), c.says) || (c.says == "") != (v.Broken() == "") {
				t.Errorf("%+v, error %v, want %q", v, err, c.says)
			}
			if c.says == "" && (v.Entries != 14 || v.Sealed != 0 || v.Chains != 3 || v.Roots != 2) {
				t.Errorf("%+v", v)
			}
		})
	}
}

// A trail is checked against a root that was kept elsewhere, and for one organization alone.
func TestVerifyFilters(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	root := trail(t, s)
	for _, c := range []struct {
		filter org.VerifyFilter
		says   string
	}{
		{org.VerifyFilter{Root: root}, ""},
		{org.VerifyFilter{Root: "sha256:00"}, "no root is sha256:00"},
		{org.VerifyFilter{Organization: "BETA"}, ""},
		{org.VerifyFilter{Organization: home.String(), Root: root}, ""},
	} {
		if v, err := s.VerifyAudit(t.Context(), c.filter); err != nil || v.Broken() != c.says || v.Entries == 0 {
			t.Errorf("%+v: %+v, %v", c.filter, v, err)
		}
	}
	if _, err := s.VerifyAudit(t.Context(), org.VerifyFilter{Organization: "nowhere"}); org.KindOf(err) != org.NotFound {
		t.Errorf("of an organization that never was: %v", err)
	}
	if made, err := s.WriteDueAuditRoot(t.Context()); made || err != nil {
		t.Errorf("a second root of one day: %v, %v", made, err)
	}
	s.clock.advance(25 * 60 * 60 * 1e9)
	if made, err := s.WriteDueAuditRoot(t.Context()); !made || err != nil {
		t.Errorf("no root after a day: %v, %v", made, err)
	}
}
