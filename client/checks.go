package client

import (
	"context"
	"errors"
	"net/http"
)

// errNobody is for a user who was not filled in: the server would take it for the caller.
var errNobody = errors.New("a check needs a user")

// Answer is the answer to one check. With an Error it could not be answered, which is a no.
type Answer struct {
	Allowed bool
	Error   *CheckError
}

// Check asks whether a user may do something. An error means that there is no answer, which is a no as well.
func (c *Client) Check(ctx context.Context, user string, check Check) (Answer, error) {
	found, err := c.CheckMany(ctx, user, map[string]Check{theCheck: check})
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Allowed: found.Answers[theCheck]}
	if e, failed := found.Errors[theCheck]; failed {
		a = Answer{Error: &e}
	}
	return a, nil
}

// CheckMany asks what a user may do: up to 1,000 checks, under keys of your choice. Errors as Check.
func (c *Client) CheckMany(ctx context.Context, user string, checks map[string]Check) (AuthCheckResponse, error) {
	if user == "" {
		return AuthCheckResponse{}, errNobody
	}
	return c.AuthCheck(ctx, AuthCheckRequest{User: user, Checks: checks})
}

// Subjects asks what each of several users may do: up to 100 users, 1,000 checks and 10,000 answers. Errors as Check.
func (c *Client) Subjects(ctx context.Context, r SubjectsRequest) (SubjectsResponse, error) {
	if r.Subjects == nil {
		r.Subjects = []string{} // null would ask about the caller
	}
	return fetch[SubjectsResponse](ctx, c, send(http.MethodPost, r, "authcheck"))
}
