package insight

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// maxResourceChecks bounds the questions about one stored thing, since each is looked up.
// This limit and the two below are promised by docs/spec/authcheck.md.
const maxResourceChecks = 10

// badChecks is the message of a request that is refused as a whole.
const badChecks = "Invalid authorization checks."

// maxNames bounds the organizations and owners of one request, since each is looked up.
const maxNames = 100

// maxExplained bounds the questions that are explained at once, since what would change each answer is tried role by role.
const maxExplained = 20

// AuthCheck answers what the caller may do, or another account: a bool for each question. What is unknown is answered with
// no, and a suspended account may do nothing. Another account is one that the caller may read, or whose membership in the
// organization of the question it may read.
// Invalid: too much is asked; or, of questions without names, one that can't be asked. Then none is answered.
func (s *Service) AuthCheck(ctx context.Context, subject *org.Actor, q org.AuthChecks) (a org.AuthAnswers, err error) {
	defer org.Wrap(&err, "check authorization of %q", q.User)
	if err := askable(subject, &q); err != nil {
		return a, err
	}
	allowed := make(map[string]bool, len(q.Checks))
	if !q.Named() {
		src := s.units.Snapshot(subject)
		// Without names the answers are those of Coder's API: what is unknown is a plain no.
		for key, c := range q.Checks {
			o, ok, err := resolved(ctx, src, subject, c)
			if err != nil {
				return a, err
			}
			allowed[key] = ok && subject.Can(c.Action, o)
		}
		return org.AuthAnswers{Allowed: allowed}, nil
	}
	i, err := s.inquiry(ctx, s.units.Snapshot(subject), subject, &q)
	if err != nil {
		return a, err
	}
	// The account comes from the memory that callers come from: a check about another one costs what one's own costs
	// (docs/spec/authcheck.md).
	i.load = s.units.SubjectNow
	problems := map[string]org.CheckProblem{}
	for key, c := range q.Checks {
		o, problem, err := i.object(ctx, c)
		if err != nil {
			return a, err
		}
		if problem != nil {
			problems[key] = *problem
		}
		// Where there is a problem the account may not be known, so that is asked first.
		allowed[key] = problem == nil && i.target.Can(c.Action, o)
	}
	return org.AuthAnswers{Allowed: allowed, Problems: problems}, nil
}

// askable says what is wrong with the request as a whole. Invalid.
// A single check is no reason to refuse if names are given: then each is answered for itself.
func askable(by *org.Actor, q *org.AuthChecks) error {
	var bad org.FieldErrors
	looked, owners, organizations := 0, map[string]bool{}, map[string]bool{}
	for key, c := range q.Checks {
		if q.Named() {
			owners[c.OwnerID], organizations[c.OrganizationID] = true, true
		} else if _, problem := objectOf(by, c); problem != "" {
			bad.Add("checks."+key+".object", problem)
		}
		if c.ResourceID != "" {
			looked++
		}
	}
	if n := max(len(owners), len(organizations)); n > maxNames {
		bad.Add("checks", fmt.Sprintf("may name at most %d organizations and %d owners, found %d", maxNames, maxNames, n))
	}
	// Checks are a map. Unsorted, the same request would be answered differently each time.
	slices.SortFunc(bad, func(a, b org.Field) int { return strings.Compare(a.Field, b.Field) })
	if looked > maxResourceChecks {
		bad.Add("checks", fmt.Sprintf("may hold at most %d checks with a resource_id, found %d", maxResourceChecks, looked))
	}
	return bad.Err(badChecks)
}

// resolved is the thing that a check asks about; ok is false when it is a stored one that the caller may not read.
// It is for questions without names, once askable found nothing wrong with them.
func resolved(ctx context.Context, s unit.Reader, by *org.Actor, c org.AuthCheck) (o rbac.Object, ok bool, err error) {
	if c.ResourceID == "" {
		o, _ = objectOf(by, c)
		return o, true, nil
	}
	owner, err := resourceOwner(ctx, s, by, c)
	return org.UserObject(owner), owner != uuid.Nil, err
}

// ExplainChecks is AuthCheck with an explanation of each answer that could be given, of at most 20 checks. Errors as
// AuthCheck, and Invalid: too many checks.
func (s *Service) ExplainChecks(ctx context.Context, subject *org.Actor, q org.AuthChecks) (a org.AuthAnswers, err error) {
	defer org.Wrap(&err, "explain authorization of %q", q.User)
	if n := len(q.Checks); n > maxExplained {
		return a, org.FieldErrors{{Field: "checks", Detail: fmt.Sprintf("may hold at most %d checks with explain, found %d", maxExplained, n)}}.Err(badChecks)
	}
	if err := askable(subject, &q); err != nil {
		return a, err
	}
	found := org.AuthAnswers{Allowed: map[string]bool{}, Problems: map[string]org.CheckProblem{}, Explanations: map[string]org.Explanation{}}
	// An answer and what led to it must be of one snapshot.
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		i, err := s.inquiry(ctx, src, subject, &q)
		if err != nil {
			return err
		}
		for key, c := range q.Checks {
			e, problem, err := i.explained(ctx, c)
			if err != nil {
				return err
			}
			found.Allowed[key] = problem == nil && e.Allowed()
			if problem != nil {
				found.Problems[key] = *problem
			}
			// A suspended account is explained all the same: that says what activating it would give back.
			if problem == nil || *problem == org.CheckSuspended {
				found.Explanations[key] = e
			}
		}
		return nil
	})
	if err != nil {
		return a, err
	}
	return found, nil
}

// objectOf is the thing that a check asks about, and what is wrong with the question.
// With a problem the thing is filled in by half, and must not be asked about.
func objectOf(by *org.Actor, c org.AuthCheck) (o rbac.Object, problem string) {
	o = rbac.Object{Type: c.ResourceType, AnyOrg: c.AnyOrg}
	var err error
	switch {
	case c.ResourceType == "":
		return o, "resource_type is needed"
	case c.ResourceID != "" && !by.Catalog.Lookup(c.ResourceType):
		return o, fmt.Sprintf("resource_id can not be given for the type %q", c.ResourceType)
	case c.ResourceID != "" && unit.ParseID(c.ResourceID) == uuid.Nil:
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
func resourceOwner(ctx context.Context, s unit.Reader, by *org.Actor, c org.AuthCheck) (uuid.UUID, error) {
	if c.ResourceType != "user" {
		return uuid.Nil, nil
	}
	row, err := s.Q.GetUser(ctx, unit.ParseID(c.ResourceID))
	// The two look the same: no answer tells whether an account exists (T23 in docs/spec/threats.md).
	if db.IsNotFound(err) || err == nil && !by.Can("read", org.UserObject(row.ID)) {
		return uuid.Nil, nil
	}
	return row.ID, err
}
