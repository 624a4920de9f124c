package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"
)

// errNobody is for an empty user: the server would take it for the caller.
var errNobody = errors.New("a check needs a user")

// Answer is the answer to one check. If Error is set, the check could not be answered, which means no.
type Answer struct {
	Allowed bool
	Error   *CheckError
}

// Check asks whether a user may do something. An error means that there is no answer, which means no as well.
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

// AblePerson is a person who may do something in an organization.
type AblePerson struct {
	UserID    uuid.UUID  `json:"user_id"`
	Username  string     `json:"username"`
	Name      string     `json:"name"`
	Email     string     `json:"email"`
	Status    Status     `json:"status"`
	Member    bool       `json:"member"`              // of the organization; else by roles of the site or of another organization
	Suspended bool       `json:"suspended,omitempty"` // may not, but otherwise could
	Until     *time.Time `json:"until,omitempty"`     // when the permission ends
	Reason
}

// WhoCan reads everyone who may do something in an organization from a single answer: members, then people outside it if the
// caller may read accounts, then suspended members. It ends at the first error, which it yields with a zero person; a list that
// is cut off ends with an error. Leaving the loop closes the connection.
func (c *Client) WhoCan(ctx context.Context, organization string, q Question) iter.Seq2[AblePerson, error] {
	return lines[AblePerson](ctx, c, get("organizations", organization, "who-can").with(q.values()))
}

// OrganizationsWhere reads the organizations where a user has a permission, such as "invoice:void": on objects of anyone or, with
// own, on the user's own ones. It ends like WhoCan.
func (c *Client) OrganizationsWhere(ctx context.Context, user, permission string, own bool) iter.Seq2[Organization, error] {
	v := url.Values{"can": {permission}}
	if own {
		v.Set("own", "1")
	}
	return lines[Organization](ctx, c, get("users", user, "organizations").with(v))
}

// typeLines is the media type of a list whose last line says that it is complete.
const typeLines = "application/x-ndjson"

// lines yields the rows of such a list.
func lines[T any](ctx context.Context, c *Client, r call) iter.Seq2[T, error] {
	r.set("Accept", typeLines)
	return func(yield func(T, error) bool) {
		var none T
		res, err := c.open(ctx, r)
		if err != nil {
			yield(none, err)
			return
		}
		defer res.Body.Close()
		if media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); media != typeLines {
			yield(none, fmt.Errorf("the server sends no list of rows: %q", media))
			return
		}
		d := decoder(res.Body)
		for count := 0; ; count++ {
			var line json.RawMessage
			if err := d.Decode(&line); err != nil {
				yield(none, fmt.Errorf("%w after %d rows: %w", errBroken, count, err))
				return
			}
			var end struct {
				Complete *bool
				Count    int
			}
			if err := json.Unmarshal(line, &end); err != nil {
				yield(none, err)
				return
			}
			if end.Complete != nil {
				if !*end.Complete || end.Count != count || d.More() {
					yield(none, errBroken)
				}
				return
			}
			var row T
			if err := json.Unmarshal(line, &row); err != nil {
				yield(none, err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}
