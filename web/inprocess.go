package web

import (
	"context"
	"net/http"

	"rolecall.example/org"
)

type subjectKey struct{}

// As answers requests of this process itself as subject, who then needs no token. A request that comes over a network can
// not get there: what says who it is never leaves the process.
func (s *Server) As(subject *org.Subject) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), subjectKey{}, subject)))
	})
}

// inProcess is who a request of this process is made for, nil if it came from elsewhere.
func (c *call) inProcess() *org.Subject {
	subject, _ := c.ctx.Value(subjectKey{}).(*org.Subject)
	return subject
}
