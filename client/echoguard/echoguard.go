// Package echoguard keeps handlers of Echo v4 behind permissions, as package guard does those of net/http.
//
//	e.POST("/invoices/:id/void", void, echoguard.Require(l, "invoice:void", who))
package echoguard

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"rolecall.example/client"
	"rolecall.example/client/guard"
)

// Who returns the user who sent a request, and the organization that it is about, as [guard.Who] does.
type Who func(c echo.Context) (user, organization string, ok bool)

// Option adds to what Require asks.
type Option func(c echo.Context, a *client.Access)

// Owner makes permissions on one's own objects count: of returns the id of the object's owner, or "".
func Owner(of func(c echo.Context) string) Option {
	return func(c echo.Context, a *client.Access) { a.Owner = of(c) }
}

// AtLeast makes a decision wait for a write: of returns the X-Rolecall-Revision of the server's answer to it, or "".
func AtLeast(of func(c echo.Context) string) Option {
	return func(c echo.Context, a *client.Access) { a.AtLeast = of(c) }
}

// Require returns middleware that lets requests through if their user has the permission, such as "invoice:void". Otherwise it
// returns an [echo.HTTPError] with the status 401, 403 or, with Retry-After set, 503. It panics as [guard.Require] does.
func Require[P ~string](checker guard.Checker, permission P, who Who, options ...Option) echo.MiddlewareFunc {
	if err := guard.Known(checker, string(permission)); err != nil {
		panic(err)
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			user, organization, ok := who(c)
			if !ok || user == "" {
				return echo.NewHTTPError(http.StatusUnauthorized)
			}
			a := client.Access{User: user, Organization: organization, Permission: string(permission)}
			for _, o := range options {
				o(c, &a)
			}
			status, retryAfter := guard.Decide(c.Request().Context(), checker, a)
			if status == http.StatusOK {
				return next(c)
			}
			if retryAfter > 0 {
				c.Response().Header().Set("Retry-After", guard.Seconds(retryAfter))
			}
			return echo.NewHTTPError(status)
		}
	}
}
