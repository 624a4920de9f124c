package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is a refusal of the server. In JSON it is the body of every answer that tells a failure.
type Error struct {
	Message     string       `json:"message"`
	Detail      string       `json:"detail,omitempty"`
	Validations []Validation `json:"validations,omitempty"` // what is wrong with the request, field by field

	Status     int           `json:"-"` // of HTTP
	RequestID  string        `json:"-"` // by which the server's log knows the request
	RetryAfter time.Duration `json:"-"` // when to try again; 0: the server does not say
}

// Validation is what is wrong with one field of a request.
type Validation struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// Error returns all that the server said, in one line.
func (e *Error) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("the server answered %d %s", e.Status, http.StatusText(e.Status))
	}
	parts := []string{strings.TrimSuffix(e.Message, ".")}
	if e.Detail != "" {
		parts = append(parts, e.Detail)
	}
	for _, v := range e.Validations {
		parts = append(parts, v.Field+": "+v.Detail)
	}
	return strings.Join(parts, ": ")
}

// StatusOf returns the HTTP status of the refusal that err wraps, or 0 if it wraps none.
func StatusOf(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Status
	}
	return 0
}

// maxErrorBody bounds what is read of a refusal, which may come from a proxy.
const maxErrorBody = 1 << 20

// newError reads a refusal and closes its body. What has another shape, as what proxies send, leaves the message empty.
func newError(res *http.Response) *Error {
	defer res.Body.Close()
	e := &Error{}
	_ = json.NewDecoder(io.LimitReader(res.Body, maxErrorBody)).Decode(e)
	e.Status, e.RequestID = res.StatusCode, res.Header.Get("X-Request-Id")
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	return e
}
