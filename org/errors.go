package org

import (
	"errors"
	"net/http"
	"strings"
	"time"
)

// Kind says what sort of failure an Error is. Every answer's status follows from it, and from nothing else.
type Kind uint8

// The kinds of failure.
const (
	Internal        Kind = iota // a fault of ours: nothing of it is shown
	Invalid                     // the request is wrong and must be changed
	Unauthenticated             // no one, or not who they claim to be
	Forbidden                   // known, but may not
	NotFound                    // is not there, or may not be seen: the two look the same
	Conflict                    // collides with what is stored
	Gone                        // was there, and is kept elsewhere now
	Repeated                    // the same form has made its change already
	Reused                      // an Idempotency-Key came with another request before
	Stale                       // If-Match named a version that is not the stored one
	Unconditional               // If-Match must name a version, and is missing
	TooLarge                    // the body is too large
	Unsupported                 // the body is of a type that is not read here
	TooMany                     // too many attempts; see Error.RetryAfter
	Unavailable                 // cannot be answered now; see Error.RetryAfter
)

var statuses = [...]int{
	Internal:        http.StatusInternalServerError,
	Invalid:         http.StatusBadRequest,
	Unauthenticated: http.StatusUnauthorized,
	Forbidden:       http.StatusForbidden,
	NotFound:        http.StatusNotFound,
	Conflict:        http.StatusConflict,
	Gone:            http.StatusGone,
	Repeated:        http.StatusConflict,
	Reused:          http.StatusUnprocessableEntity,
	Stale:           http.StatusPreconditionFailed,
	Unconditional:   http.StatusPreconditionRequired,
	TooLarge:        http.StatusRequestEntityTooLarge,
	Unsupported:     http.StatusUnsupportedMediaType,
	TooMany:         http.StatusTooManyRequests,
	Unavailable:     http.StatusServiceUnavailable,
}

// Status is the HTTP status of the kind. It lives here, not in the transport, because the audit trail records it.
func (k Kind) Status() int { return statuses[k] }

// Field is a problem with one field of a request.
type Field struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// Error is a failure that the caller may read. Err is the cause, for the log only.
type Error struct {
	Kind       Kind
	Message    string
	Detail     string
	Code       string // what a standard calls the failure, where one does
	Fields     []Field
	RetryAfter time.Duration
	Missing    []string // of a Forbidden: the permissions that it takes, as type:action, where they are known
	Outdated   bool     // of a Conflict: the change began from another version than the one that is stored
	Tag        string   // and the tag of that one, where there is one
	Err        error
}

// Error makes Error an error; it is what the log shows.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	for _, f := range e.Fields {
		b.WriteString("; " + f.Field + ": " + f.Detail)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of err; an error that is not an *Error is Internal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// ErrInvalid returns Invalid, for no field in particular.
func ErrInvalid(message, detail string) *Error {
	return &Error{Kind: Invalid, Message: message, Detail: detail}
}

// ErrNotFound returns the same answer for "does not exist" and "you may not see it", so that they can't be told apart.
func ErrNotFound() *Error {
	return &Error{Kind: NotFound, Message: "Resource not found or you do not have access to this resource"}
}

// ErrForbidden refuses because of missing permissions, and names them if any are given.
func ErrForbidden(missing ...string) *Error {
	takes := ""
	if len(missing) > 0 {
		takes = " It takes " + strings.Join(missing, " and ") + "."
	}
	return &Error{
		Kind:    Forbidden,
		Message: "Forbidden.",
		Detail:  "You don't have permission to view this content." + takes + " Ask an administrator of the organization or the site for a role that allows it.",
		Missing: missing,
	}
}
