package web

import (
	"context"
	"net/http"

	"rolecall.example/org"
)

type subjectKey struct{}

// InProcess answers requests of this process itself as subject, who then needs no token. No request that comes over a
// network gets there: the value that says who the caller is never leaves the process.
func (s *Server) InProcess(subject *org.Subject) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), subjectKey{}, subject)))
	})
}

// inProcess is the caller of a request that this process made itself, nil if it came from elsewhere.
func (c *call) inProcess() *org.Subject {
	subject, _ := c.ctx.Value(subjectKey{}).(*org.Subject)
	return subject
}
