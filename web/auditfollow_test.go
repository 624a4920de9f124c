package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"rolecall.example/client"
	"rolecall.example/web/webtest"
)

// linesOf is an answer of an entry a line.
func linesOf(t *testing.T, res *webtest.Response) (entries []client.AuditEntry) {
	t.Helper()
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "application/x-ndjson") {
		t.Fatalf("%d, %s: %s", res.StatusCode, res.Header.Get("Content-Type"), res.Body)
	}
	for line := range strings.Lines(string(res.Body)) {
		var e client.AuditEntry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		entries = append(entries, e)
	}
	return entries
}

// TestAuditFollow reads the trail as it is written, from each of its entries on, and misses none.
func TestAuditFollow(t *testing.T) {
	s := webtest.New(t)
	var list client.AuditList
	s.Get(t, webtest.Owner, "/audit?limit=1000").Decode(&list)
	all := linesOf(t, s.Get(t, webtest.Owner, "/audit?after_seq=0"))
	if len(all) != len(list.Entries) || len(all) < 5 {
		t.Fatalf("%d entries, want %d", len(all), len(list.Entries))
	}
	for i, e := range all {
		if want := list.Entries[len(all)-1-i].Seq; e.Seq != want {
			t.Errorf("entry %d has seq %d, want %d", i, e.Seq, want)
		}
	}
	after := func(as string, seq int64, more string) []client.AuditEntry {
		t.Helper()
		return linesOf(t, s.Get(t, as, "/audit?after_seq="+strconv.FormatInt(seq, 10)+more))
	}
	last := all[len(all)-1].Seq
	if got := after(webtest.Owner, all[2].Seq, ""); len(got) != len(all)-3 || got[0].Seq != all[3].Seq {
		t.Errorf("after entry 3: %d entries", len(got))
	}
	if got := after(webtest.Owner, last, ""); len(got) != 0 {
		t.Errorf("after the last one: %v", got)
	}
	// An admin is told of its organization alone, whatever else was written in between.
	s.AddUser(t, "later", webtest.Other)
	s.Do(t, webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", As: webtest.Admin, JSON: map[string]any{"roles": []string{"organization-auditor"}}})
	if got := after(webtest.Admin, last, "&wait=60"); len(got) != 1 || got[0].ResourceType != "organization_member" || got[0].ResourceTarget != webtest.Member {
		t.Errorf("an admin is told %+v", got)
	}
	if got := after(webtest.Owner, last, "&organization=default"); len(got) != 1 {
		t.Errorf("of the organization there are %d", len(got))
	}
	if res := s.Get(t, webtest.Member, "/audit?after_seq=0"); res.StatusCode != http.StatusOK { // an auditor by now
		t.Errorf("an auditor: %d", res.StatusCode)
	}
	if res := s.Get(t, webtest.Outsider, "/audit?after_seq=0"); res.StatusCode != http.StatusForbidden {
		t.Errorf("a stranger to all: %d", res.StatusCode)
	}
	var refused client.Error
	s.Do(t, webtest.Request{Path: "/audit?after_seq=x&before=3&wait=61", As: webtest.Owner}).Decode(&refused)
	if len(refused.Validations) != 3 {
		t.Errorf("three mistakes: %+v", refused)
	}
}

// TestAuditStream listens over a network: events have the numbers to go on from, and end with the token.
func TestAuditStream(t *testing.T) {
	s := webtest.New(t)
	url := network(t, s)
	all := linesOf(t, s.Get(t, webtest.Owner, "/audit?after_seq=0"))
	ctx, cancel := context.WithTimeout(t.Context(), tooLong)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/v2/audit?after_seq=0", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{
		"Coder-Session-Token": {s.Token(webtest.Admin)}, "Accept": {"text/event-stream"}, "Last-Event-Id": {strconv.FormatInt(all[len(all)-1].Seq, 10)},
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Fatalf("%d, %s", res.StatusCode, got)
	}
	s.Do(t, webtest.Request{Method: http.MethodPut, Path: members + "/member/roles", As: webtest.Admin, JSON: map[string]any{"roles": []string{"organization-auditor"}}})
	lines, got := bufio.NewScanner(res.Body), []string{}
	for len(got) < 3 && lines.Scan() {
		switch line := lines.Text(); line {
		case ":": // the sign of life has the place to go on from too
			if !lines.Scan() || lines.Text() != "id: "+req.Header.Get("Last-Event-Id") {
				t.Fatalf("a sign of life with %q", lines.Text())
			}
		case "":
		default:
			got = append(got, line)
		}
	}
	if len(got) != 3 || !strings.HasPrefix(got[0], "id: ") || got[1] != "event: audit" || !strings.Contains(got[2], `"resource_target":"member"`) {
		t.Fatalf("%q", got)
	}
	if out := s.Do(t, webtest.Request{Method: http.MethodPost, Path: "/users/logout", As: webtest.Admin}); out.StatusCode >= 300 {
		t.Fatalf("%d", out.StatusCode)
	}
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "data: ") {
			t.Errorf("after the token has ended: %s", lines.Text())
		}
	}
	if ctx.Err() != nil {
		t.Error("the stream goes on without a token")
	}
}
