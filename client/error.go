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

// Error is a refusal of the server. In JSON it is the body of every answer with an error status.
type Error struct {
	Message     string       `json:"message"`
	Detail      string       `json:"detail,omitempty"`
	Validations []Validation `json:"validations,omitempty"` // by field of the request
	Plan        *CatalogPlan `json:"plan,omitempty"`        // of a change of the catalog: what prevents it

	Status     int           `json:"-"` // the HTTP status
	RequestID  string        `json:"-"` // identifies the request in the server's log
	RetryAfter time.Duration `json:"-"` // how long to wait before the next attempt; 0: unknown
}

// Validation says what is wrong with one field of a request.
type Validation struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// Error returns message, detail and validations in one line: "Message: detail; field: what is wrong with it".
func (e *Error) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("the server answered %d %s", e.Status, http.StatusText(e.Status))
	}
	text := strings.TrimSuffix(e.Message, ".")
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	for _, v := range e.Validations {
		text = strings.TrimSuffix(text, ".") + "; " + v.Field + ": " + v.Detail
	}
	return text
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

// newError reads a refusal and closes its body. A body of another shape, as from a proxy, leaves the message empty.
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
