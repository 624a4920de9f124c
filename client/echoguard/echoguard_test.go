package echoguard_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"rolecall.example/client"
	"rolecall.example/client/echoguard"
)

type checker struct {
	allowed bool
	err     error
	asked   client.Access
}

func (c *checker) Permits(_ context.Context, a client.Access) (bool, error) {
	c.asked = a
	return c.allowed, c.err
}

func who(c echo.Context) (user, organization string, ok bool) {
	user, ok = strings.CutPrefix(c.Request().Header.Get("Authorization"), "Bearer ")
	return user, c.Param("organization"), ok
}

// TestRequire is the table of what a guard answers.
func TestRequire(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, user, retry string
		checker           checker
		status            int
	}{
		{"allowed", "ada", "", checker{allowed: true}, http.StatusNoContent},
		{"denied", "ada", "", checker{}, http.StatusForbidden},
		{"nobody", "-", "", checker{allowed: true}, http.StatusUnauthorized},
		{"a user without a name", "", "", checker{allowed: true}, http.StatusUnauthorized},
		{"no decision", "ada", "2", checker{allowed: true, err: errors.New("cut off")}, http.StatusServiceUnavailable},
	}
	for _, tt := range tests {
		e := echo.New()
		e.POST("/:organization/invoices/:id/void", func(c echo.Context) error { return c.NoContent(http.StatusNoContent) },
			echoguard.Require(&tt.checker, "invoice:void", who,
				echoguard.Owner(func(c echo.Context) string { return "owner of " + c.Param("id") }),
				echoguard.AtLeast(func(echo.Context) string { return "acme@5" })))
		r := httptest.NewRequest(http.MethodPost, "/acme/invoices/7/void", nil)
		if tt.user != "-" {
			r.Header.Set("Authorization", "Bearer "+tt.user)
		}
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		if w.Code != tt.status || w.Header().Get("Retry-After") != tt.retry {
			t.Errorf("%s: %d, Retry-After %q; want %d, %q", tt.name, w.Code, w.Header().Get("Retry-After"), tt.status, tt.retry)
		}
		want := client.Access{User: "ada", Organization: "acme", Permission: "invoice:void", Owner: "owner of 7", AtLeast: "acme@5"}
		if tt.status != http.StatusUnauthorized && tt.checker.asked != want {
			t.Errorf("%s: asked %+v", tt.name, tt.checker.asked)
		}
	}
}

// What is no permission ends the program at its start.
func TestRequirePanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("it was taken")
		}
	}()
	echoguard.Require(&checker{}, "void", who)
}
