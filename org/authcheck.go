package org

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

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
	if err := askable(subject, checks); err != nil {
		return nil, err
	}
	answers := make(map[string]bool, len(checks))
	for key, c := range checks {
		o, ok, err := s.resolved(ctx, subject, c)
		if err != nil {
			return nil, err
		}
		answers[key] = ok && subject.Can(c.Action, o)
	}
	return answers, nil
}

// askable says what is wrong with any of the checks. Invalid.
func askable(by *Subject, checks map[string]Check) error {
	var bad problems
	looked := 0
	for key, c := range checks {
		if _, problem := objectOf(by, c); problem != "" {
			bad.add("checks."+key+".object", problem)
		}
		if c.ResourceID != "" {
			looked++
		}
	}
	slices.SortFunc(bad, func(a, b Field) int { return strings.Compare(a.Field, b.Field) })
	if looked > maxResourceChecks {
		bad.add("checks", fmt.Sprintf("may hold at most %d checks with a resource_id, found %d", maxResourceChecks, looked))
	}
	return bad.err("Invalid authorization checks.")
}

// resolved is the thing that a check asks about; ok is false when it is a stored one that the caller may not read.
func (s *Service) resolved(ctx context.Context, by *Subject, c Check) (o rbac.Object, ok bool, err error) {
	if c.ResourceID == "" {
		o, _ = objectOf(by, c)
		return o, true, nil
	}
	owner, err := s.resourceOwner(ctx, by, c)
	return userObject(owner), owner != uuid.Nil, err
}

// ExplainChecks explains the answers of AuthCheck, for the caller itself or for another user ("" is the caller): then
// every check must name an organization where the caller may read that user's membership.
// NotFound and Invalid as Member, and Invalid as AuthCheck.
func (s *Service) ExplainChecks(ctx context.Context, subject *Subject, user string, checks map[string]Check) (map[string]Explanation, error) {
	if err := askable(subject, checks); err != nil {
		return nil, err
	}
	out := make(map[string]Explanation, len(checks))
	for key, c := range checks {
		o, ok, err := s.resolved(ctx, subject, c)
		if err != nil {
			return nil, err
		}
		e := Explanation{Question: Question{Action: c.Action, ResourceType: c.ResourceType}}
		if ok {
			if err := s.explainCheck(ctx, subject, user, c, o, &e); err != nil {
				return nil, err
			}
		}
		out[key] = e
	}
	return out, nil
}

func (s *Service) explainCheck(ctx context.Context, by *Subject, user string, c Check, o rbac.Object, e *Explanation) (err error) {
	src, homes := s.snapshot(by), []home{siteHome}
	e.Member = Member{UserID: by.ID(), Username: by.User.Username, Name: by.User.Name, Self: true}
	if o.Org != (rbac.ID{}) {
		org, err := src.organization(ctx, by, uuid.UUID(o.Org).String())
		switch {
		case KindOf(err) == NotFound && user == "": // answered, as without an explanation
		case err != nil:
			return err
		default:
			homes = []home{{org, orgRolesObject(org.ID)}, siteHome}
		}
		if err == nil && (by.grants.InOrg(o.Org) || user != "") {
			if e.Member, err = s.Member(ctx, by, org.ID.String(), cmp.Or(user, "me")); err != nil {
				return err
			}
		}
	} else if user != "" && user != "me" {
		return problems{{"checks", "every check about another user must name an organization"}}.err("Invalid authorization checks.")
	}
	if c.OwnerID == "me" {
		o.Owner = e.Member.UserID
	}
	e.Question.Own = o.Owner == e.Member.UserID
	e.Trace, e.Changes, err = src.explain(ctx, by, e.Member, homes, c.Action, o)
	e.Words = s.tell(e.Trace, e.Question, e.Member)
	return err
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
