package org_test

import (
	"strings"
	"testing"
	"time"

	"rolecall.example/org"
	"rolecall.example/org/directory"
	"rolecall.example/org/scim"
)

// TestDirectoryNameless: D11 of docs/spec/directories.md. Whoever is deleted and sent again has the same account, also without an
// address; another person with the same userName gets none of it.
func TestDirectoryNameless(t *testing.T) {
	t.Parallel()
	s := newSite(t).directory(t, "o", "default")
	account := func(username string) string {
		return s.one("SELECT u.status, (SELECT count(*) FROM member_roles r WHERE r.user_id = u.id) FROM users u WHERE u.username = '" + username + "'")
	}
	deleted := func(r scim.Resource) {
		t.Helper()
		if err := s.Directory.DeleteUser(t.Context(), s.c, r.ID.String(), nil); err != nil {
			t.Fatal(err)
		}
		_, err := s.Directory.GetUser(t.Context(), s.c, r.ID.String(), scim.Projection{})
		wantKind(t, "a deleted one", err, org.NotFound, "")
		wantKind(t, "deleting it again", s.Directory.DeleteUser(t.Context(), s.c, r.ID.String(), nil), org.NotFound, "")
		if l, err := s.Directory.ListUsers(t.Context(), s.c, scim.Query{Start: 1, Count: 10}); err != nil || l.Total != 0 {
			t.Fatalf("the list has %d, %v", l.Total, err)
		}
	}
	first := s.mustUser("Rob", `,"externalId":"e1"`)
	if got := account("Rob"); got != "active 1" {
		t.Fatalf("the account is %s", got)
	}
	deleted(first)
	if got := account("Rob"); got != "suspended 0" {
		t.Errorf("deleted, the account is %s", got)
	}
	// The same userName; the same externalId under another name.
	second := s.mustUser("robert", `,"externalId":"e1"`)
	if got := account("Rob"); got != "active 1" || second.ID == first.ID {
		t.Errorf("sent again, the account is %s", got)
	}
	if n := s.one("SELECT count(*) FROM users WHERE lower(username) LIKE 'rob%'"); n != "1" {
		t.Errorf("%s accounts", n)
	}
	if created := s.one("SELECT count(*) FROM scim_users WHERE created_at < updated_at"); created != "0" {
		t.Error("it is older than its POST")
	}
	deleted(second)
	zoe := s.mustUser("Zoe", "")
	deleted(zoe)
	if again := s.mustUser("zoe", ""); account("Zoe") != "active 1" || again.ID == zoe.ID {
		t.Errorf("sent again by the userName, the account is %s", account("Zoe"))
	} else {
		deleted(again)
	}
	// It may be somebody else: nobody gets the account by the name alone.
	_, err := s.user("robert", `,"externalId":"e2"`)
	wantKind(t, "another externalId", err, org.Conflict, scim.Uniqueness)
	if !strings.Contains(err.Error(), "had this userName") {
		t.Errorf("the answer is %v", err)
	}
	_, err = s.user("robert", `,"emails":[{"value":"robert@corp.example"}]`)
	wantKind(t, "an address", err, org.Conflict, scim.Uniqueness)
	if got := account("Rob"); got != "suspended 0" {
		t.Errorf("refused, the account is %s", got)
	}
	// With the id of the directory it may have got an address.
	s.mustUser("robert@corp.example", `,"externalId":"e1"`)
	if got := s.one("SELECT email, status FROM users WHERE username = 'Rob'"); got != "robert@corp.example active" {
		t.Errorf("with an address, the account is %s", got)
	}
	if _, _, err := s.SetStatus(t.Context(), s.Operator(), "Rob", org.StatusSuspended, nil); err == nil {
		t.Error("a managed account was suspended by hand")
	}
	if v, err := s.VerifyAudit(t.Context(), org.VerifyFilter{}); err != nil || v.Broken() != "" {
		t.Errorf("the trail: %s, %v", v.Broken(), err)
	}
}

// TestDirectoryLog: requests reach the log some at a time, in order, each once; whoever reads it sees all.
func TestDirectoryLog(t *testing.T) {
	t.Parallel()
	s := newSite(t).directory(t, "o", "default")
	stored := func() string { return s.one("SELECT count(*) FROM scim_requests") }
	for i := range 250 {
		s.Directory.Note(t.Context(), s.c, directory.Request{Method: "GET", Path: "/Users", Status: 200 + i, Took: time.Millisecond})
	}
	list, err := s.Directory.Requests(t.Context(), s.as(t, "o"), "default")
	if err != nil || stored() != "250" {
		t.Fatalf("the log has %s, %v", stored(), err)
	}
	for i, r := range list {
		if r.Status != 449-i {
			t.Fatalf("place %d has request %d", i, r.Status-200)
		}
	}
	s.Directory.Note(t.Context(), s.c, directory.Request{Method: "GET", Path: "/last", Status: 500})
	if d, err := s.Directory.Directory(t.Context(), s.as(t, "o"), "default"); err != nil || d.State != org.DirectoryFailing {
		t.Errorf("the state is %s, %v", d.State, err)
	}
}
