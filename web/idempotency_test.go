package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// replica is another server over the data of a site, which remembers nothing of the first one.
func replica(t *testing.T, s *webtest.Site, o web.Options) *webtest.Site {
	t.Helper()
	fresh, err := web.New(o)
	if err != nil {
		t.Fatal(err)
	}
	other := *s
	other.Handler = fresh
	return &other
}

// keyed is a POST with an Idempotency-Key.
func keyed(path, key string, body any) webtest.Request {
	return webtest.Request{Method: http.MethodPost, Path: path, As: webtest.Owner, JSON: body, Header: http.Header{"Idempotency-Key": {key}}}
}

// TestIdempotencyKey: twenty equal requests at once, to two replicas, are carried out once, and all are answered alike. So
// is a later one, by either replica, unless the answer has a secret that the other one never had.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	for _, way := range []webtest.Way{webtest.JSON, webtest.SDK} {
		for _, tt := range []struct {
			path   string
			body   any
			status int
			count  string
			secret bool
		}{
			{"/users/me/keys/tokens", map[string]any{"token_name": "ci"}, 201, "SELECT id FROM api_keys WHERE name = 'ci'", true},
			{"/organizations", map[string]any{"name": "third"}, 201, "SELECT id FROM organizations WHERE name = 'third'", false},
			{roles, map[string]any{"name": "third"}, 200, "SELECT id FROM roles WHERE name = 'third'", false},
			{members + "/rival", nil, 200, "SELECT version FROM organization_members WHERE username = 'rival' AND version = 1", false},
			{members, map[string]any{"action": "add", "users": []any{"outsider"}}, 200, "SELECT version FROM organization_members WHERE username = 'outsider'", false},
		} {
			t.Run(way.String()+tt.path, func(t *testing.T) {
				t.Parallel()
				var options web.Options
				wire := web.Documented
				if way == webtest.SDK {
					wire = web.SDK
				}
				s := webtest.New(t, webtest.Wire(wire), func(o *web.Options) { options = *o })
				sites := []*webtest.Site{s, replica(t, s, options)}
				before := len(s.Query(t, tt.count))
				entries := len(s.Query(t, "SELECT id FROM audit_logs"))
				request := keyed("/api/v2"+tt.path, "1f0e-key", tt.body)
				answers := make([]*webtest.Response, 20)
				var all sync.WaitGroup
				for i := range answers {
					all.Go(func() { answers[i] = sites[i%2].Send(t, way, request) })
				}
				all.Wait()
				var first *webtest.Response
				for _, a := range answers {
					if a.StatusCode == tt.status {
						first = a
					}
				}
				if first == nil {
					t.Fatalf("none was carried out: %d %s", answers[0].StatusCode, answers[0].Body)
				}
				same := func(a *webtest.Response) bool {
					return a.StatusCode == first.StatusCode && bytes.Equal(a.Body, first.Body) && a.Header.Get("Location") == first.Header.Get("Location") &&
						a.Header.Get("ETag") == first.Header.Get("ETag") && a.Header.Get("Content-Type") == first.Header.Get("Content-Type") &&
						a.Header.Get("Cache-Control") == first.Header.Get("Cache-Control")
				}
				for _, a := range answers { // the other replica never had the secret
					if !same(a) && (!tt.secret || a.StatusCode != http.StatusConflict) {
						t.Errorf("got %d %v %s\nand %d %v %s", first.StatusCode, first.Header, first.Body, a.StatusCode, a.Header, a.Body)
					}
				}
				shown := 0
				for _, site := range sites {
					later := site.Send(t, way, request)
					switch {
					case same(later):
						shown++
					case !tt.secret || later.StatusCode != http.StatusConflict || !strings.Contains(later.Text(), "Its secret was shown once."):
						t.Errorf("later: got %d %s", later.StatusCode, later.Body)
					}
				}
				if shown != 2 && (!tt.secret || shown != 1) {
					t.Errorf("%d replicas repeat the answer", shown)
				}
				if n := len(s.Query(t, tt.count)) - before; n != 1 {
					t.Errorf("%d were made", n)
				}
				if n := len(s.Query(t, "SELECT id FROM audit_logs")) - entries; n != 1 {
					t.Errorf("%d entries", n)
				}
				if rows := fmt.Sprint(s.Query(t, "SELECT answer FROM sent_forms")); tt.secret && strings.Contains(rows, "key") {
					t.Errorf("the database has %s", rows)
				}
			})
		}
	}
}

// TestIdempotencyKeyIsOfOneRequest: a key stands for one body, of one caller, at one path; a request that was refused has
// used none.
func TestIdempotencyKeyIsOfOneRequest(t *testing.T) {
	t.Parallel()
	for _, wire := range []web.Wire{web.Documented, web.SDK} {
		var options web.Options
		s := webtest.New(t, webtest.Wire(wire), func(o *web.Options) { options = *o })
		other := replica(t, s, options)
		token := func(name string) map[string]any { return map[string]any{"token_name": name} }
		const tokens, key = "/users/me/keys/tokens", "a-key"
		for i, tt := range []struct {
			site *webtest.Site
			webtest.Request
			status int
			says   string
		}{
			{s, keyed(tokens, key, token("not a name")), 400, "token_name"},
			{s, keyed(tokens, key, token("one")), 201, ""},
			{s, keyed("/api/v2"+tokens, key, token("one")), 201, ""},
			{s, keyed(tokens+"/", key, token("one")), 201, ""},
			{s, keyed(tokens, key, token("two")), 422, "belongs to another request"},
			{s, keyed(tokens+"?x=1", key, token("one")), 422, "belongs to another request"},
			{other, keyed(tokens, key, token("two")), 422, "belongs to another request"},
			{other, keyed(tokens, key, token("one")), 409, "shown once"},
			{s, keyed(tokens, "another-key", token("three")), 201, ""},
			{s, keyed("/users/owner/keys/tokens", key, token("four")), 201, ""},
			{s, keyed(roles+"?dry_run=1", key, map[string]any{"name": "x"}), 200, "dry_run"},
			{s, keyed(roles, key, map[string]any{"name": "x"}), 200, `"x"`},
			{other, keyed(roles, key, map[string]any{"name": "x"}), 200, `"x"`},
			{other, keyed(roles, key, map[string]any{"name": "y"}), 422, "belongs to another request"},
			{s, keyed("/authcheck", key, map[string]any{"checks": map[string]any{}}), 200, ""},
			{s, keyed("/authcheck", key, `{"checks":{"k":{"action":"read","object":{"resource_type":"user"}}}}`), 200, "k"},
			{s, keyed(tokens, "", token("five")), 400, "Idempotency-Key"},
			{s, keyed(tokens, strings.Repeat("x", 65), token("five")), 400, "visible ASCII"},
			{s, keyed(tokens, "a b", token("five")), 400, "visible ASCII"},
			{s, keyed(tokens, "ü", token("five")), 400, "visible ASCII"},
		} {
			if tt.Header.Get("Idempotency-Key") == "" {
				tt.Header = http.Header{"Idempotency-Key": {"one", "two"}}
			}
			if res := tt.site.Do(t, tt.Request); res.StatusCode != tt.status || !strings.Contains(res.Text(), tt.says) {
				t.Errorf("%d: %s: got %d %s, want %d", i, tt.Path, res.StatusCode, res.Body, tt.status)
			}
		}
		mine := keyed(tokens, key, token("one"))
		mine.As = webtest.Member
		if res := s.Do(t, mine); res.StatusCode != http.StatusCreated {
			t.Errorf("another caller: got %d %s", res.StatusCode, res.Body)
		}
		names := fmt.Sprint(s.Query(t, "SELECT name FROM api_keys WHERE name IN ('one', 'two', 'three', 'four', 'five') ORDER BY name"))
		if strings.Count(names, "one") != 2 || strings.Contains(names, "two") || strings.Contains(names, "five") {
			t.Errorf("there are %s", names)
		}

		// What a server of an earlier version made, or what is too long to be kept, was made all the same.
		s.Exec(t, "UPDATE sent_forms SET answer = NULL")
		if res := other.Do(t, keyed(roles, key, map[string]any{"name": "x"})); res.StatusCode != 409 || !strings.Contains(res.Text(), "Its answer was not kept.") {
			t.Errorf("without an answer: got %d %s", res.StatusCode, res.Body)
		}
	}
}

// dying is a server that dies when it begins to answer: nobody gets what it wrote.
type dying struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (d *dying) WriteHeader(status int) { d.status = status }

func (d *dying) Write(b []byte) (int, error) {
	d.body.Write(b)
	return 0, io.ErrClosedPipe
}

// TestIdempotencyKeyAfterDeath: a server commits a change and dies while it answers. Another one gives that very answer.
func TestIdempotencyKeyAfterDeath(t *testing.T) {
	t.Parallel()
	var options web.Options
	s := webtest.New(t, func(o *web.Options) { options = *o })
	home := s.Query(t, "SELECT CAST(id AS text) FROM organizations WHERE name = 'default'")[0][0]
	other := replica(t, s, options)
	for path, body := range map[string]any{
		"/organizations":   map[string]any{"name": "third"},
		roles:              map[string]any{"name": "third", "organization_permissions": []any{map[string]any{"resource_type": "template", "action": "read"}}},
		members + "/rival": nil,
		members:            map[string]any{"action": "add", "users": []any{"outsider", "nobody"}},
		"/users":           map[string]any{"username": "fresh", "email": "fresh@example.com", "password": "correct horse battery", "organization_ids": []any{home}},
	} {
		sent, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		if body == nil {
			sent = nil
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, bytes.NewReader(sent))
		r.Header = http.Header{"Idempotency-Key": {"a-key"}, "Content-Type": {"application/json"}, "Coder-Session-Token": {s.Token(webtest.Owner)}}
		d := &dying{ResponseWriter: httptest.NewRecorder()}
		s.Handler.ServeHTTP(d, r)
		entries := len(s.Query(t, "SELECT id FROM audit_logs"))
		again := other.Do(t, keyed(path, "a-key", string(sent)))
		if again.StatusCode >= 300 || again.StatusCode != d.status || !bytes.Equal(again.Body, d.body.Bytes()) || again.Header.Get("ETag") != d.Header().Get("ETag") || again.Header.Get("Location") != d.Header().Get("Location") {
			t.Errorf("%s: the first was %d %v %s\nanother says %d %v %s", path, d.status, d.Header(), d.body.Bytes(), again.StatusCode, again.Header, again.Body)
		}
		if n := len(s.Query(t, "SELECT id FROM audit_logs")) - entries; n != 0 {
			t.Errorf("%s: it left %d entries more", path, n)
		}
	}
}
