package web

import (
	"errors"
	"io"
	"net/http"

	"rolecall.example/org"
	"rolecall.example/static"
)

// text answers with plain text.
func text(status int, content string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, content) // the client is gone
	})
}

// checkHealth reports that the process runs. It does not use the database: a restart would not repair that.
func (s *Server) checkHealth(*call) http.Handler { return text(http.StatusOK, "ok\n") }

// checkReady reports whether the server should get requests: it is not shutting down, and the database answers.
func (s *Server) checkReady(c *call) http.Handler {
	if s.draining.Load() {
		return text(http.StatusServiceUnavailable, "stopping\n")
	}
	err := s.insight.CheckReady(c.ctx)
	if err == nil {
		return text(http.StatusOK, "ready\n")
	}
	s.logFailure(c, err)
	if e, ok := errors.AsType[*org.Error](err); ok {
		return text(http.StatusServiceUnavailable, e.Message+"\n")
	}
	return text(http.StatusServiceUnavailable, "no database\n")
}

func (s *Server) serveStatic(*call) http.Handler { return static.Handler() }
