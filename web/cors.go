package web

import (
	"net/http"

	"github.com/rs/cors"
)

// newCORS lets pages of other origins call the API with a token; it returns nil if there are none. Credentials are
// never allowed: a browser then sends no cookie, and shows no answer to a request that had one.
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
			"Content-Disposition", "ETag", "Link", "Location", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset",
			"Retry-After", "Rolecall-Version", "X-Coder-Build-Version", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Request-Id",
		},
		MaxAge: 7200, // seconds; browsers may shorten it
	})
}
