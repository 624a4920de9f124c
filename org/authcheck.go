package org

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"rolecall/db"
	"rolecall/rbac"
)

// maxResourceChecks bounds the questions about one stored thing, since each is looked up.
const maxResourceChecks = 10

// resources are the types whose checks may name one thing.
var resources = []string{"workspace", "template", "user", "group"}

// AuthCheck answers what the caller may do, a bool for each question. What is unknown is answered with no.
// Invalid: a question that can't be asked; then none is answered.
func (s *Service) AuthCheck(ctx context.Context, subject *Subject, checks map[string]Check) (map[string]bool, error) {
	var bad problems
	looked := 0
	objects := make(map[string]rbac.Object, len(checks))
	for _, key := range slices.Sorted(maps.Keys(checks)) {
		c := checks[key]
		o, problem := objectOf(subject, c)
		bad.add("checks."+key+".object", problem)
		if c.ResourceID != "" {
			looked++
		}
		objects[key] = o
	}
	if looked > maxResourceChecks {
		bad.add("checks", fmt.Sprintf("may hold at most %d checks with a resource_id, found %d", maxResourceChecks, looked))
	}
	if err := bad.err("Invalid authorization checks."); err != nil {
		return nil, err
	}
	answers := make(map[string]bool, len(checks))
	for key, c := range checks {
		o := objects[key]
		if c.ResourceID != "" {
			owner, err := s.resourceOwner(ctx, subject, c)
			if err != nil {
				return nil, err
			}
			if owner == uuid.Nil {
				answers[key] = false
				continue
			}
			o = userObject(owner)
		}
		answers[key] = subject.Can(c.Action, o)
	}
	return answers, nil
}

// objectOf is the thing that a check asks about, and what is wrong with the question.
func objectOf(by *Subject, c Check) (o rbac.Object, problem string) {
	o = rbac.Object{Type: c.ResourceType, AnyOrg: c.AnyOrg}
	var err error
	switch {
	case c.ResourceType == "":
		return o, "resource_type is needed"
	case c.ResourceID != "" && !slices.Contains(resources, c.ResourceType):
		return o, fmt.Sprintf("resource_id can not be given for the type %q", c.ResourceType)
	case c.ResourceID != "" && uuidOf(c.ResourceID) == uuid.Nil:
		return o, "resource_id must be a valid uuid"
	case c.OwnerID == "me":
		o.Owner = by.ID()
	case c.OwnerID != "":
		if o.Owner, err = uuid.Parse(c.OwnerID); err != nil {
			return o, `owner_id must be a valid uuid or "me"`
		}
	}
	if c.OrganizationID != "" {
		if o.Org, err = uuid.Parse(c.OrganizationID); err != nil {
			return o, "organization_id must be a valid uuid"
		}
	}
	return o, ""
}

// resourceOwner is the account that a check names, uuid.Nil if the caller may not read it. Things of the other types
// are not kept here.
func (s *Service) resourceOwner(ctx context.Context, by *Subject, c Check) (uuid.UUID, error) {
	if c.ResourceType != "user" {
		return uuid.Nil, nil
	}
	row, err := s.db.GetUser(ctx, uuidOf(c.ResourceID))
	if db.IsNotFound(err) || err == nil && !by.Can("read", userObject(row.ID)) {
		return uuid.Nil, nil
	}
	return row.ID, err
}
