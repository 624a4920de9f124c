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
	"rolecall.example/views"
)

// Failures that come from the transport. All others are org's.
var (
	errRoute = &org.Error{Kind: org.NotFound, Message: "Route not found."}

	errCrossOrigin = &org.Error{
		Kind:    org.Forbidden,
		Message: "This request came from another site.",
		Detail:  "It was refused, and nothing was changed. Open the console itself and try again.",
	}
)

// methodError is the one failure that no Kind stands for, since no use case can cause it.
type methodError struct{ allow string }

func (e *methodError) Error() string { return "method not allowed, only " + e.allow }

// panicError is what a handler panicked with.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// failed turns an error into the answer to it: the one place where that happens. What is not ours to show is logged and
// becomes a bland 500.
func (s *Server) failed(c *call, err error) reply {
	err = c.precondition(err)
	if wrong, ok := errors.AsType[*methodError](err); ok {
		c.header("Allow", wrong.allow)
		return problem(c, http.StatusMethodNotAllowed, &org.Error{
			Message: "Method not allowed.", Detail: "This path answers " + wrong.allow + ".",
		})
	}
	e, known := errors.AsType[*org.Error](err)
	switch {
	case !known && errors.Is(context.Cause(c.ctx), errTooSlow):
		s.logFailure(c, errors.Join(errTooSlow, err))
		e = c.unavailable()
	case !known && c.request().Context().Err() != nil:
		e = &org.Error{Kind: org.Unavailable, Message: "The request was cancelled.", RetryAfter: time.Second}
	case !known && org.IsUnavailable(err):
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
		s.logFailure(c, err) // the refusal did not come alone: recording it failed, for one
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

// unavailable says what a disk or a database that fails keeps from being done. A disk lets read on what it has.
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

func (s *Server) logFailure(c *call, err error) {
	attrs := []any{"request_id", c.id, "method", c.request().Method, "route", c.echo.Path(), "use_case", c.route.About, "error", err}
	if p, ok := errors.AsType[*panicError](err); ok {
		attrs = append(attrs, "stack", string(p.stack))
	}
	s.Log.Log(context.WithoutCancel(c.ctx), slog.LevelError, "request failed", attrs...)
}

// problem is the answer that reports a failure.
func problem(c *call, status int, e *org.Error) reply {
	return reply{
		status:  status,
		json:    client.Error{Message: e.Message, Detail: e.Detail, Validations: wireFields(e.Fields)},
		version: e.Tag,
		html: func() (page, error) {
			p := views.Problem{
				Status: status, Message: e.Message, Detail: e.Detail, Fields: e.Fields, RequestID: c.id, Back: c.back(), Missing: e.Missing,
				Grantors: c.grantors(e), Why: c.server.whyURL(c, e),
			}
			return page{title: p.Title(), body: views.ProblemPage(p), fragment: views.ProblemFragment(p)}, nil
		},
	}
}

// grantors are the roles that give what was missing. That they can't be had must not keep the refusal from being told.
func (c *call) grantors(e *org.Error) []string {
	if len(e.Missing) == 0 || c.subject == nil || c.organization() == "" {
		return nil
	}
	roles, err := c.server.org.Grantors(c.ctx, c.subject, c.organization(), e.Missing)
	if err != nil {
		return nil
	}
	return roles
}

// back is where a page that tells a failure leads: what was asked for, if that can be asked for again.
func (c *call) back() string {
	if c.safe() {
		return localPath(c.here(), views.HomeURL)
	}
	return currentPage(c.request())
}

// again answers a refused form with the form itself, filled in as it was sent and with what is wrong with it. JSON gets the
// error as it is, and so does every client when the failure is not about what was entered, or when the form cannot be made.
func (c *call) again(err error, form func(*org.Error) (page, error)) (reply, error) {
	err = c.precondition(err)
	e, ok := errors.AsType[*org.Error](err)
	if !ok || c.as == asJSON || e.Kind == org.Unauthenticated && c.route.Access == SignedIn {
		return reply{}, err
	}
	switch e.Kind {
	case org.Internal, org.NotFound, org.Unavailable, org.TooLarge, org.Unsupported, org.Repeated:
		return reply{}, err
	}
	if err.Error() != e.Error() {
		c.server.logFailure(c, err)
	}
	c.retryAfter(e)
	return reply{status: e.Kind.Status(), refused: e, html: func() (page, error) { return form(e) }}, nil
}

// retryAfter tells when another attempt makes sense, if the error knows.
func (c *call) retryAfter(e *org.Error) {
	if e.RetryAfter > 0 {
		c.header("Retry-After", strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds()))))
	}
}
