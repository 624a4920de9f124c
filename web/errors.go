package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/org/insight"
	"rolecall.example/views"
)

// Failures of the transport. All others come from org.
var (
	errRoute = &org.Error{Kind: org.NotFound, Message: "Route not found."}

	errCrossOrigin = &org.Error{
		Kind:    org.Forbidden,
		Message: "This request came from another site.",
		Detail:  "It was refused, and nothing was changed. Open the console itself and try again.",
	}
)

// methodError is the one failure without a Kind, since no use case can cause it.
type methodError struct{ allow string }

func (e *methodError) Error() string { return "method not allowed, only " + e.allow }

// panicError is the error of a handler that panicked.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// failed turns an error into its answer; nothing else does. An error that clients must not see is logged and becomes a
// plain 500.
func (s *Server) failed(c *call, err error) reply {
	err = c.precondition(err)
	if method, ok := errors.AsType[*methodError](err); ok {
		c.header("Allow", method.allow)
		return problem(c, http.StatusMethodNotAllowed, &org.Error{
			Message: "Method not allowed.", Detail: "This path takes " + method.allow + ".",
		})
	}
	e, known := errors.AsType[*org.Error](err)
	switch {
	case !known && errors.Is(context.Cause(c.ctx), errTooSlow):
		s.logFailure(c, errors.Join(errTooSlow, err))
		e = c.unavailable()
	case !known && c.request().Context().Err() != nil:
		e = &org.Error{Kind: org.Unavailable, Message: "The request was cancelled.", RetryAfter: time.Second}
	case !known && insight.IsUnavailable(err):
		s.logFailure(c, err)
		e = c.unavailable()
	case !known || e.Kind == org.Internal:
		s.logFailure(c, err)
		e = &org.Error{
			Kind:    org.Internal,
			Message: "An internal server error occurred.",
			Detail:  "Whoever runs this server finds it in the log by the request ID " + c.id + ".",
		}
	case e.Kind == org.Unavailable || err.Error() != e.Error():
		s.logFailure(c, err) // something failed in addition to the refusal, such as recording it
	}
	if e == errFactorNeeded && c.as != asJSON {
		return reply{next: to(views.SecurityURL, "")}
	}
	if e.Kind == org.Unauthenticated {
		if c.as != asJSON && c.route.Access == SignedIn {
			return c.toLogin()
		}
		c.header("WWW-Authenticate", "Bearer")
	}
	if e.Kind == org.Repeated && c.as != asJSON {
		return c.already(e)
	}
	c.retryAfter(e)
	return problem(c, e.Kind.Status(), e)
}

// unavailable returns the error to send while the disk or the database fails. Reads may still work if only the disk
// fails.
func (c *call) unavailable() *org.Error {
	e := &org.Error{
		Kind: org.Unavailable, RetryAfter: 30 * time.Second,
		Message: "Nothing can be changed at the moment.", Detail: "Take what you sent as not saved. What was saved before is still there. ",
	}
	if m := c.request().Method; m == http.MethodGet || m == http.MethodHead {
		e.Message, e.Detail = "This cannot be read at the moment.", "What was saved is still there. "
	}
	e.Detail += "Try again in half a minute; if it stays like this, tell whoever runs this server: the log has the reason by the request ID " +
		c.id + ", and so has /readyz."
	return e
}

// logFailure logs an error with its request. The error may have ended the context, so the log call ignores its
// deadline.
func (s *Server) logFailure(c *call, err error) {
	attrs := []any{"request_id", c.id, "method", c.request().Method, "route", c.echo.Path(), "use_case", c.route.About, "error", err}
	if c.traceparent != "" {
		attrs = append(attrs, "traceparent", c.traceparent)
	}
	if p, ok := errors.AsType[*panicError](err); ok {
		attrs = append(attrs, "stack", string(p.stack))
	}
	s.Log.Log(context.WithoutCancel(c.ctx), slog.LevelError, "request failed", attrs...)
}

// problem returns the answer that reports a failure.
func problem(c *call, status int, e *org.Error) reply {
	switch {
	case c.authZEN:
		return accessProblem(status, e)
	case c.scim:
		return scimProblem(c, status, e)
	}
	return reply{
		status:  status,
		json:    client.Error{Message: e.Message, Detail: e.Detail, Validations: wireFields(e.Fields)},
		version: e.Tag,
		html: func() (page, error) {
			plain := views.Plainly(e)
			p := views.Problem{
				Status: status, Message: plain.Message, Detail: plain.Detail, Fields: plain.Fields, RequestID: c.id, Back: c.back(), Missing: e.Missing,
				Grantors: c.grantors(e), Catalog: c.catalog(), Why: c.server.whyURL(c, e),
			}
			return page{title: p.Title(), body: views.ProblemPage(p), fragment: views.ProblemFragment(p)}, nil
		},
	}
}

// grantors returns the roles that grant the missing permissions. The refusal is answered without them if they fail to load.
func (c *call) grantors(e *org.Error) []string {
	if len(e.Missing) == 0 || c.actor == nil || c.organization() == "" {
		return nil
	}
	roles, err := c.server.insight.Grantors(c.ctx, c.actor, c.organization(), e.Missing)
	if err != nil {
		return nil
	}
	return roles
}

// back returns where a page that reports a failure leads: the same request if it can be repeated, else the page before.
func (c *call) back() string {
	if c.safe() {
		return localPath(c.here(), views.HomeURL)
	}
	return currentPage(c.request())
}

// again answers a refused form with the form itself, filled in as it was sent and with its problems marked. JSON gets
// the error as it is, and so does every client if the failure is not about the input, or if the form cannot be made.
func (c *call) again(err error, form func(*org.Error) (page, error)) (reply, error) {
	err = c.precondition(err)
	e, ok := errors.AsType[*org.Error](err)
	if !ok || c.as == asJSON || e.Kind == org.Unauthenticated && c.route.Access == SignedIn {
		return reply{}, err
	}
	switch e.Kind {
	case org.Internal, org.NotFound, org.Unavailable, org.TooLarge, org.Unsupported, org.Repeated:
		return reply{}, err
	default: // the form can be corrected
	}
	if err.Error() != e.Error() {
		c.server.logFailure(c, err)
	}
	c.retryAfter(e)
	return reply{status: e.Kind.Status(), refused: e, html: func() (page, error) { return form(views.Plainly(e)) }}, nil
}

// retryAfter sets the header Retry-After if the error has a waiting time.
func (c *call) retryAfter(e *org.Error) {
	if e.RetryAfter > 0 {
		c.header("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
}
