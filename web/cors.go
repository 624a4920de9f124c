package web

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/rs/cors"
)

// newCORS lets pages of other origins call the API with a token; nil for none. Credentials are never allowed: a browser adds
// no cookie, and shows no answer to a request that had one.
func newCORS(origins []string) *cors.Cors {
	if len(origins) == 0 {
		return nil
	}
	return cors.New(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		AllowedHeaders: []string{
			"Accept", "Authorization", "Coder-Session-Token", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match",
		},
		ExposedHeaders: []string{
			"Content-Disposition", "ETag", "Link", "Location", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After",
			"X-Coder-Build-Version", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Request-Id",
		},
		MaxAge: 7200, // seconds; browsers cut it to that
	})
}

// crossOrigin answers the question of a browser whether a page may send a request, and lets the page read what comes of one
// with a token. Requests without a token are none of its business: those of other origins stay as they are.
func (s *Server) crossOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(ec echo.Context) error {
		r := ec.Request()
		asks := r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
		if s.cors == nil || !asks && len(tokensOf(r)) == 0 {
			return next(ec)
		}
		s.cors.HandlerFunc(ec.Response(), r)
		if asks {
			return nil
		}
		return next(ec)
	}
}
