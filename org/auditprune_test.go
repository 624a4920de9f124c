package org_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/org/insight"
)

// TestPruneAudit: what a file has goes, of every chain, and what is left and the file still prove each other. Whatever a file
// has not stays.
func TestPruneAudit(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	trail(t, s)
	owner := s.as(t, "o")
	var old bytes.Buffer // from before the last of the old entries
	early, err := s.ExportAudit(t.Context(), s.clock.now(), &old)
	if err != nil {
		t.Fatal(err)
	}
	if err := drop(s.SetMemberRoles(t.Context(), owner, "default", "m", roles("maker"))); err != nil {
		t.Fatal(err)
	}
	s.clock.advance(48 * time.Hour)
	day := s.clock.now().Add(-24 * time.Hour).Truncate(24 * time.Hour)
	if err := drop(s.SetMemberRoles(t.Context(), owner, "Beta", "m", roles("organization-auditor"))); err != nil {
		t.Fatal(err)
	}
	kept := s.audit(t, 0)
	if _, err := s.WriteAuditRoot(t.Context()); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	exported, err := s.ExportAudit(t.Context(), day, &file)
	if err != nil || exported.Entries != 15 || exported.Chains != 3 {
		t.Fatalf("%+v, %v", exported, err)
	}
	prune := func(before time.Time, file string, dry bool) (org.AuditPrune, error) {
		return s.PruneAudit(t.Context(), org.Request{ID: "prune"}, before, strings.NewReader(file), dry)
	}
	for name, c := range map[string]struct {
		before time.Time
		file   string
		says   string
	}{
		"today":             {s.clock.now(), file.String(), "The day has not passed yet."},
		"no file":           {day, "", "the end is missing"},
		"a changed file":    {day, strings.Replace(file.String(), `"action":"write"`, `"action":"wrote"`, 1), "was changed"},
		"an earlier export": {day, old.String(), "It has entries from before"},
		"not all of it":     {day, strings.Replace(old.String(), early.Before.Format(time.RFC3339Nano), day.Format(time.RFC3339Nano), 1), "Of 3 chains it has 2."},
	} {
		if _, err := prune(c.before, c.file, false); org.KindOf(err) != org.Invalid || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	if p, err := prune(day, file.String(), true); err != nil || p.Entries != 15 || p.Chains != 3 || p.Seq != 0 {
		t.Errorf("dry run: %+v, %v", p, err)
	}
	if n := len(s.audit(t, 0)); n != len(kept)+1 {
		t.Fatalf("%d entries after refusals and a dry run, want %d", n, len(kept)+1)
	}
	p, err := prune(day, file.String(), false)
	if err != nil || p.Entries != 15 || p.Seq != 1 || p.Root != exported.Root {
		t.Fatalf("%+v, %v", p, err)
	}
	v, err := s.VerifyAudit(t.Context(), org.VerifyFilter{})
	if err != nil || v.Broken() != "" || v.Entries != 3 || len(v.Prunes) != 1 || v.Prunes[0].Root != exported.Root || v.Prunes[0].File != p.File {
		t.Errorf("afterwards: %+v, %v", v, err)
	}
	s.pruned(t, p)
	if again, err := prune(day, file.String(), false); err != nil || again.Entries != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
	s.pruneMore(t)
}

// pruned looks at the edge of a trail that was pruned.
func (s *site) pruned(t *testing.T, p org.AuditPrune) {
	t.Helper()
	const gone = "0190163d-8694-739b-aea5-966c26f8ad91" // of June 2024
	owner := s.as(t, "o")
	list, err := s.Audit(t.Context(), owner, org.AuditFilter{})
	if err != nil || list.Count != 3 || len(list.Entries) != 3 || list.Pruned == nil || list.Pruned.UpTo != p.UpTo {
		t.Fatalf("%+v, %v", list, err)
	}
	if e := list.Entries[0]; e.ResourceType != org.AuditPruneType || e.Diff["file_sha256"].New != p.File || e.Diff["entries"].New != 15.0 {
		t.Errorf("its entry is %+v", e)
	}
	if older, err := s.Audit(t.Context(), owner, org.AuditFilter{Before: list.Entries[1].Seq, Limit: 1}); err != nil || older.Older || len(older.Entries) != 1 {
		t.Errorf("the oldest page: %+v, %v", older, err)
	}
	if _, _, err := s.AuditAfter(t.Context(), owner, "", p.UpTo-1); org.KindOf(err) != org.Gone || !strings.Contains(err.Error(), "after_seq=") {
		t.Errorf("from behind the edge: %v", err)
	}
	for _, after := range []int64{0, p.UpTo} {
		if entries, _, err := s.AuditAfter(t.Context(), owner, "", after); err != nil || len(entries) != 3 {
			t.Errorf("after %d: %d entries, %v", after, len(entries), err)
		}
	}
	if _, err := s.Undo(t.Context(), owner, gone); org.KindOf(err) != org.Conflict || !strings.Contains(err.Error(), "exported") {
		t.Errorf("undo of what went: %v", err)
	}
	if _, err := s.Undo(t.Context(), s.as(t, "viewer"), gone); org.KindOf(err) != org.NotFound {
		t.Errorf("by one who may not read the trail: %v", err)
	}
	if findings, err := s.CheckIntegrity(t.Context()); err != nil || len(findings) > 0 {
		t.Errorf("%q, %v", findings, err)
	}
}

// pruneMore prunes once more, and leaves the deletion to a server; then it changes what was noted of it.
func (s *site) pruneMore(t *testing.T) {
	t.Helper()
	s.clock.advance(48 * time.Hour)
	day := s.clock.now().Add(-24 * time.Hour).Truncate(24 * time.Hour)
	var file bytes.Buffer
	exported, err := s.ExportAudit(t.Context(), day, &file)
	if err != nil || exported.Entries != 3 {
		t.Fatalf("%+v, %v", exported, err)
	}
	if e, problem, err := insight.VerifyExport(bytes.NewReader(file.Bytes()), exported.Root); err != nil || problem != "" || e.Entries != 3 {
		t.Errorf("%+v, %q, %v", e, problem, err)
	}
	moved := strings.Replace(file.String(), `"line":"base","chain_seq":`, `"line":"base","chain_seq":1`, 1)
	if _, problem, err := insight.VerifyExport(strings.NewReader(moved), ""); err != nil || problem == "" {
		t.Errorf("a base that was moved: %v", err)
	}
	// It is interrupted before the first entry is deleted, and is taken up again.
	block, unblock := "CREATE TRIGGER block BEFORE DELETE ON audit_logs BEGIN SELECT raise(ABORT, 'interrupted'); END", "DROP TRIGGER block"
	if db.IsServer(s.place) {
		block, unblock = "CREATE TRIGGER block BEFORE DELETE ON audit_logs FOR EACH STATEMENT EXECUTE FUNCTION audit_logs_kept()", "DROP TRIGGER block ON audit_logs"
	}
	s.exec(t, block)
	if p, err := s.PruneAudit(t.Context(), org.Request{}, day, &file, false); err == nil || p.Entries != 3 || p.Seq != 2 {
		t.Fatalf("interrupted: %+v, %v", p, err)
	}
	if v, err := s.VerifyAudit(t.Context(), org.VerifyFilter{}); err != nil || v.Broken() != "" || v.Entries != 1 || len(s.audit(t, 0)) != 4 {
		t.Errorf("interrupted: %+v, %v", v, err)
	}
	s.exec(t, unblock)
	if n, err := s.FinishPrune(t.Context()); err != nil || n != 3 || len(s.audit(t, 0)) != 1 {
		t.Errorf("taken up again: %d, %v", n, err)
	}
	if v, err := s.VerifyAudit(t.Context(), org.VerifyFilter{}); err != nil || v.Broken() != "" || v.Entries != 1 {
		t.Errorf("%+v, %v", v, err)
	}
	for _, table := range []string{"audit_logs", "audit_prunes", "audit_prune_heads"} {
		dbtest.Unguard(t, s.place, table)
	}
	for _, c := range []struct{ harm, says string }{
		{"UPDATE audit_prunes SET entries = 7 WHERE seq = 1", "prune 1 was changed"},
		{"UPDATE audit_prune_heads SET chain_seq = chain_seq + 1 WHERE prune_seq = 2", ""},
		{"DELETE FROM audit_prune_heads WHERE prune_seq = 2", ""},
		{"DELETE FROM audit_prunes WHERE seq = 2", ""},
	} {
		s.exec(t, c.harm)
		if v, err := s.VerifyAudit(t.Context(), org.VerifyFilter{}); err != nil || v.Broken() == "" || c.says != "" && !strings.Contains(strings.Join(v.Findings, " "), c.says) {
			t.Errorf("%s: %+v, %v", c.harm, v, err)
		}
	}
}
