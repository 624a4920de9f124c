package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rolecall.example/client"
)

// serving returns a client of a server that answers with handler.
func serving(t *testing.T, handler http.HandlerFunc) *client.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return &client.Client{BaseURL: server.URL, Token: "secret", UserAgent: "test"}
}

func TestError(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		body, want string
	}{
		{`{"message":"Bad.","detail":"worse","validations":[{"field":"roles","detail":"must be given"}]}`, "Bad: worse; roles: must be given"},
		{`{"message":"Bad."}`, "Bad"},
		{`<html>`, "the server answered 409 Conflict"},
		{`[]`, "the server answered 409 Conflict"},
		{``, "the server answered 409 Conflict"},
	} {
		c := serving(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Request-Id", "r1")
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, tt.body)
		})
		_, err := c.Roles(t.Context(), client.Site())
		e, ok := errors.AsType[*client.Error](err)
		if !ok || e.Status != http.StatusConflict || e.RequestID != "r1" || e.Error() != tt.want {
			t.Errorf("a refusal %s is %#v, want %q", tt.body, err, tt.want)
		}
	}
}

func TestNotRolecall(t *testing.T) {
	t.Parallel()
	c := serving(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `<html>`) })
	if _, err := c.Lint(t.Context(), "acme"); err == nil || !strings.Contains(err.Error(), "does not answer like rolecall") {
		t.Errorf("Lint = %v, want that it is another server", err)
	}
	c = serving(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `[]`) })
	if _, err := c.MembersPage(t.Context(), "acme", client.MemberQuery{}); err == nil {
		t.Error("MembersPage takes an empty list for a page")
	}
}

// TestRetry: a read is repeated if the server asks for that, soon and not for ever. A write never is.
func TestRetry(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		failures int32
		after    string
		write    bool
		sent     int32
		status   int
	}{
		"once":             {failures: 1, after: "1", sent: 2},
		"for ever":         {failures: 9, after: "1", sent: 3, status: 503},
		"too late":         {failures: 1, after: "30", sent: 1, status: 503},
		"without a time":   {failures: 1, sent: 1, status: 503},
		"not in this form": {failures: 1, after: "soon", sent: 1, status: 503},
		"a write":          {failures: 1, after: "1", write: true, sent: 1, status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent atomic.Int32
			c := serving(t, func(w http.ResponseWriter, _ *http.Request) {
				if sent.Add(1) <= tt.failures {
					w.Header().Set("Retry-After", tt.after)
					w.WriteHeader(http.StatusServiceUnavailable)
				}
				fmt.Fprint(w, `{}`)
			})
			var err error
			if tt.write {
				_, err = c.AddMember(t.Context(), "acme", "grace")
			} else {
				_, err = c.User(t.Context(), "grace")
			}
			if got := sent.Load(); got != tt.sent || client.StatusOf(err) != tt.status {
				t.Errorf("sent %d times, then %v; want %d times, then status %d", got, err, tt.sent, tt.status)
			}
		})
	}
	c := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.User(ctx, "grace"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("User = %v after the deadline, want that it passed", err)
	}
}

// TestRequest checks what a server receives.
func TestRequest(t *testing.T) {
	t.Parallel()
	var got *http.Request
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		fmt.Fprint(w, `{}`)
	})
	c.BaseURL += "/"
	q := client.MemberQuery{Text: "a&b", Roles: []string{"x", "y"}, Sources: []string{"manual"}, Ending: "30d", Limit: 5}
	_, err := c.ChangeMembers(t.Context(), "a/b c", q, client.BulkRequest{})
	if err != nil || got.RequestURI != "/api/v2/organizations/a%2Fb%20c/members?ending=30d&q=a%26b&role=x&role=y&source=manual" {
		t.Errorf("sent %s, %v", got.RequestURI, err)
	}
	for name, want := range map[string]string{
		"Coder-Session-Token": "secret", "User-Agent": "test", "Accept": "application/json", "Content-Type": "application/json",
	} {
		if h := got.Header.Get(name); h != want {
			t.Errorf("%s = %q, want %q", name, h, want)
		}
	}
}

// TestEmptyNames: a name that is empty, or made of dots, must not lead to another endpoint.
func TestEmptyNames(t *testing.T) {
	t.Parallel()
	c := serving(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s %s was sent", r.Method, r.URL) })
	ctx := t.Context()
	_, none := c.Roles(ctx, client.Scope{})
	for name, err := range map[string]error{
		"no scope":        none,
		"no user":         c.DeleteUser(ctx, ""),
		"no organization": c.DeleteRole(ctx, client.In(""), "ci"),
		"a dot":           c.DeleteUser(ctx, "."),
		"dots":            c.RemoveMember(ctx, "..", "grace"),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestTokenStays: another server does not get the token by a redirect, even if only the scheme differs.
func TestTokenStays(t *testing.T) {
	t.Parallel()
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("another server got %v", r.Header) }))
	defer thief.Close()
	to := ""
	c := serving(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/there") {
			fmt.Fprint(w, `{"username":"grace"}`)
			return
		}
		http.Redirect(w, r, to, http.StatusFound)
	})
	for _, to = range []string{thief.URL + "/there", strings.Replace(c.BaseURL, "http:", "https:", 1) + "/there"} {
		if _, err := c.User(t.Context(), "grace"); err == nil || !strings.Contains(err.Error(), "must not see the token") {
			t.Errorf("User by a redirect to %s = %v, want a refusal", to, err)
		}
	}
	to = "/there"
	if u, err := c.User(t.Context(), "grace"); err != nil || u.Username != "grace" {
		t.Errorf("User by a redirect to the same server = %v, %v", u, err)
	}
	to = "/round"
	if _, err := c.User(t.Context(), "grace"); err == nil || !strings.Contains(err.Error(), "in circles") {
		t.Errorf("User by redirects without end = %v, want an error", err)
	}
}

// TestBrokenLists: an answer that ends too early is an error, after the complete rows.
func TestBrokenLists(t *testing.T) {
	t.Parallel()
	for text, rows := range map[string]int{
		``: 0, `{}`: 0, `[`: 0, `[{"username":"ada"}`: 1, `[{"username":"ada"},{"usern`: 1, `[{"username":7}]`: 0,
	} {
		c := serving(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) })
		n, failed := 0, 0
		for _, err := range c.StreamMembers(t.Context(), "acme", client.MemberQuery{}) {
			if err != nil {
				failed++
			} else {
				n++
			}
		}
		if n != rows || failed != 1 {
			t.Errorf("%q yields %d rows and %d errors, want %d and 1", text, n, failed, rows)
		}
	}
}

// TestAuditNumbers: what an entry records is kept as it was sent, however large a number is.
func TestAuditNumbers(t *testing.T) {
	t.Parallel()
	const change = `{"old":12345678901234567890,"new":null,"secret":false}`
	c := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"audit_logs":[{"diff":{"n":%s}}]}`, change)
	})
	list, err := c.Audit(t.Context(), client.AuditQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if back, _ := json.Marshal(list.Entries[0].Diff["n"]); string(back) != change {
		t.Errorf("%s comes back as %s", change, back)
	}
}

// TestAuthCheckResponse: explanations are next to the answers, and a check may have their name.
func TestAuthCheckResponse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{}`, `{"a":true,"explanations":false}`, `{"a":false,"explanations":{}}`, `{"a":false,"errors":true}`,
		`{"a":false,"errors":{"a":{"code":"not_found","message":"No."}}}`,
	} {
		var r client.AuthCheckResponse
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		if back, err := json.Marshal(r); err != nil || string(back) != text {
			t.Errorf("%s comes back as %s, %v", text, back, err)
		}
	}
	var r client.AuthCheckResponse
	for _, bad := range []string{`{"a":"yes"}`, `{"errors":7}`, `{"explanations":"x"}`} {
		if err := json.Unmarshal([]byte(bad), &r); err == nil {
			t.Errorf(`%s is read as %+v, want an error`, bad, r)
		}
	}
}
