package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Access asks whether a user may do something in an organization.
type Access struct {
	User         string // an id; over HTTP also a username or an e-mail address
	Organization string // an id; over HTTP also a name; "": the permission is about the site
	Permission   string // "invoice:void"
	Owner        string // of the object: an id, or "me" for the user; "": no one
	AtLeast      string // the X-Rolecall-Revision of a write that the decision must include; "": any
}

// Pair returns the two parts of "type:action", and false for another text.
func (a Access) Pair() (resourceType, action string, ok bool) {
	resourceType, action, ok = strings.Cut(a.Permission, ":")
	return resourceType, action, ok && resourceType != "" && action != "" && !strings.Contains(action, ":")
}

// theCheck is the key of the only check of a request.
const theCheck = "it"

// Permits asks the server. If the user or the organization does not exist, or may not be read, the answer is no. An error means
// that there is no decision: the server was not reached, or refused to answer the caller.
func (c *Client) Permits(ctx context.Context, a Access) (bool, error) {
	resourceType, action, ok := a.Pair()
	if !ok {
		return false, fmt.Errorf("%q is not a permission like invoice:void", a.Permission)
	}
	if a.User == "" { // which would ask about the caller
		return false, nil
	}
	answer, err := c.AuthCheck(ctx, AuthCheckRequest{User: a.User, AtLeast: a.AtLeast, Checks: map[string]Check{theCheck: {
		Action: action,
		Object: CheckObject{ResourceType: resourceType, OrganizationID: a.Organization, OwnerID: a.Owner},
	}}})
	if err != nil {
		return false, err
	}
	allowed, ok := answer.Answers[theCheck]
	if _, failed := answer.Errors[theCheck]; failed {
		return false, nil
	}
	if !ok {
		return false, errors.New("the answer leaves the check out")
	}
	return allowed, nil
}
