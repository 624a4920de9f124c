package insight

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// EvaluateAccess answers questions of the AuthZEN API separately and in order. organization is the one that the URL
// of the API names, or "".
func (s *Service) EvaluateAccess(ctx context.Context, by *org.Actor, organization string, qs []org.AccessQuestion) (_ []org.AccessDecision, err error) {
	defer org.Wrap(&err, "evaluate %d questions", len(qs))
	checks, list, err := s.accessChecks(ctx, by, organization, qs)
	if err != nil {
		return nil, err
	}
	asked := make([]org.SubjectCheck, 0, len(checks))
	for i := range checks {
		if checks[i].ask {
			asked = append(asked, checks[i].check)
		}
	}
	decisions, err := s.Decide(ctx, by, asked, true)
	if err != nil {
		return nil, err
	}
	for i := range checks {
		if checks[i].ask {
			list[i], decisions = accessDecision(decisions[0]), decisions[1:]
		}
	}
	return list, nil
}

// accessChecks maps questions, and answers those that need no check.
func (s *Service) accessChecks(ctx context.Context, by *org.Actor, organization string, qs []org.AccessQuestion) ([]accessCheck, []org.AccessDecision, error) {
	m := newAccessMapper(s.units.Snapshot(by), by, organization)
	if err := m.lookUp(ctx, qs); err != nil {
		return nil, nil, err
	}
	checks, list := make([]accessCheck, len(qs)), make([]org.AccessDecision, len(qs))
	for i := range qs {
		c, err := m.question(ctx, &qs[i])
		if err != nil {
			return nil, nil, err
		}
		checks[i], list[i].Problem = c, c.problem
	}
	return checks, list, nil
}

// accessDecision puts a decision into the words of the AuthZEN API. A suspended account may do nothing, and the answer says no
// more than that.
func accessDecision(d org.Decision) org.AccessDecision {
	switch {
	case d.Problem == nil:
		return org.AccessDecision{Allowed: d.Allowed}
	case d.Problem.Code == org.CheckSuspended.Code:
		return org.AccessDecision{}
	case d.Problem.Code == org.CheckNotFound.Code:
		return org.AccessDecision{Problem: accessNotFound()}
	}
	return org.AccessDecision{Problem: &org.AccessProblem{Status: http.StatusBadRequest, Message: d.Problem.Message}}
}

func accessNotFound() *org.AccessProblem {
	return &org.AccessProblem{Status: http.StatusNotFound, Message: org.CheckNotFound.Message}
}

// ExplainAccess is EvaluateAccess with reasons, as far as the caller may read the roles that they name.
func (s *Service) ExplainAccess(ctx context.Context, by *org.Actor, organization string, qs []org.AccessQuestion) (_ []org.AccessDecision, err error) {
	defer org.Wrap(&err, "explain %d questions", len(qs))
	checks, list, err := s.accessChecks(ctx, by, organization, qs)
	if err != nil {
		return nil, err
	}
	strict := true
	for i := range checks {
		if !checks[i].ask {
			continue
		}
		c := &checks[i].check
		a, err := s.ExplainChecks(ctx, by, org.AuthChecks{User: c.Subject, Strict: &strict, Checks: map[string]org.AuthCheck{"": c.AuthCheck}})
		if err != nil {
			return nil, err
		}
		d := org.Decision{Allowed: a.Allowed[""]}
		if p, ok := a.Problems[""]; ok {
			d.Problem = &p
		}
		list[i] = accessDecision(d)
		e, explained := a.Explanations[""]
		if !explained {
			continue
		}
		known, err := s.readsRoles(ctx, by, c.OrganizationID)
		if err != nil {
			return nil, err
		}
		if known {
			list[i].Reason = e.Words.Verdict
			if e.Words.Because != "" {
				list[i].Reason += " " + e.Words.Because
			}
		}
	}
	return list, nil
}

// readsRoles reports whether the caller may read the roles that decide in an organization, or on the site for "".
func (s *Service) readsRoles(ctx context.Context, by *org.Actor, organization string) (bool, error) {
	if organization == "" {
		return by.Can("read", org.SiteRolesObject), nil
	}
	id, err := newAccessMapper(s.units.Snapshot(by), by, "").organizationID(ctx, organization)
	return err == nil && id != uuid.Nil && by.Can("read", org.OrgRolesObject(id)), err
}

// newAccessMapper returns a mapper that reads from r.
func newAccessMapper(r unit.Reader, by *org.Actor, organization string) *accessMapper {
	return &accessMapper{
		inquiry: newInquiry(r, by, nil), base: organization,
		named: map[string]uuid.UUID{}, things: map[string]uuid.UUID{}, memberships: map[[2]uuid.UUID]bool{},
	}
}
