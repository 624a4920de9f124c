package web_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// BenchmarkRequest is what the server itself costs a request, without connection and database: to anybody, to a token from
// memory, and to a token that asks for a decision.
func BenchmarkRequest(b *testing.B) {
	const check = `{"checks":{"0":{"object":{"resource_type":"template","any_org":true},"action":"create"}}}`
	limited := func(o *web.Options) { o.RateLimit, o.CheckRateLimit = 1<<30, 1<<30 }
	for _, tt := range []struct {
		name, method, path, body, as string
		options                      []webtest.Option
	}{
		{"stranger", "GET", "/healthz", "", "", nil},
		{"recalled", "GET", "/api/v2/organizations", "", webtest.Member, nil},
		{"check", "POST", "/api/v2/authcheck", check, webtest.Member, nil},
		{"check-limited", "POST", "/api/v2/authcheck", check, webtest.Member, []webtest.Option{limited}},
	} {
		b.Run(tt.name, func(b *testing.B) {
			s := webtest.New(b, append(tt.options, func(o *web.Options) {
				o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
			})...)
			r := httptest.NewRequest(tt.method, tt.path, nil)
			r.Header.Set("Accept", "application/json")
			if tt.as != "" {
				r.Header.Set("Coder-Session-Token", s.Token(tt.as))
			}
			if tt.body != "" {
				r.Header.Set("Content-Type", "application/json")
			}
			body, answered := strings.NewReader(tt.body), &answerer{}
			b.ReportAllocs()
			for b.Loop() {
				body.Reset(tt.body)
				request := *r
				request.Body, request.ContentLength = io.NopCloser(body), int64(len(tt.body))
				*answered = answerer{header: http.Header{}}
				s.Handler.ServeHTTP(answered, &request)
			}
			if answered.status != http.StatusOK || answered.body.Len() == 0 {
				b.Fatalf("got %d %s", answered.status, answered.body.String())
			}
		})
	}
}

// answerer keeps an answer.
type answerer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answerer) Header() http.Header { return a.header }

func (a *answerer) WriteHeader(status int) { a.status = status }

func (a *answerer) Write(p []byte) (int, error) { return a.body.Write(p) }
