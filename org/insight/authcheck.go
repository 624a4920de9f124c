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

// maxResourceChecks bounds the caller's own questions about stored things, since each is looked up.
// docs/spec/authcheck.md promises this limit and the two below.
const maxResourceChecks = 10

// badChecks is the message for a request refused as a whole.
const badChecks = "Invalid authorization checks."

// How many subjects and how many questions one request may have.
const (
	maxSubjects  = 100
	maxDecisions = 10_000
)

// AuthCheck answers what the caller or other accounts may do, with a bool for each question. Whatever is unknown is answered
// no, and a suspended account may do nothing. The caller may ask about accounts that it may read, or whose membership in the
// organization of the question it may read.
// Invalid: too many questions; or, among questions without names, one that can't be asked. Then none is answered.
func (s *Service) AuthCheck(ctx context.Context, subject *org.Actor, q org.AuthChecks) (a org.AuthAnswers, err error) {
	defer org.Wrap(&err, "check authorization of %q", q.User)
	q.Checks = s.present(subject, q.Checks)
	if err := askable(subject, &q); err != nil {
		return a, err
	}
	if q.Named() {
		i, err := s.inquire(ctx, subject, func(i *inquiry) { i.about(&q) })
		if err != nil {
			return a, err
		}
		return i.answers(ctx, &q, false)
	}
	src := s.units.Snapshot(subject)
	allowed := make(map[string]bool, len(q.Checks))
	// Without names the answers follow Coder's API: whatever is unknown is a plain no.
	for key, c := range q.Checks {
		o, ok, err := resolved(ctx, src, subject, c)
		if err != nil {
			return a, err
		}
		allowed[key] = ok && subject.Can(c.Action, o)
	}
	return org.AuthAnswers{Allowed: allowed}, nil
}

// about takes over the questions of a request.
func (i *inquiry) about(q *org.AuthChecks) {
	i.plain, i.strict, i.atLeast = !q.Named(), q.Tells(), q.AtLeast
	i.questions = make([]org.SubjectCheck, 0, q.Decisions())
	for _, subject := range q.About() {
		for _, c := range q.Checks {
			i.questions = append(i.questions, org.SubjectCheck{Subject: subject, AuthCheck: c})
		}
	}
}

// askable reports what is wrong with the request as a whole. Invalid.
// If names are given, a single bad check does not refuse the request: each check is answered separately.
func askable(by *org.Actor, q *org.AuthChecks) error {
	var bad org.FieldErrors
	looked := 0
	for key, c := range q.Checks {
		if q.Named() {
			continue
		}
		if _, problem := objectOf(by, c); problem != "" {
			bad.Add("checks."+key+".object", problem)
		}
		if c.ResourceID != "" {
			looked++
		}
	}
	// Checks are a map. Unsorted, the errors of the same request would differ each time.
	slices.SortFunc(bad, func(a, b org.Field) int { return strings.Compare(a.Field, b.Field) })
	if looked > maxResourceChecks {
		bad.Add("checks", fmt.Sprintf("may hold at most %d checks with a resource_id, found %d", maxResourceChecks, looked))
	}
	if q.User != "" && q.Subjects != nil {
		bad.Add("subjects", `can not stand beside "user"`)
	}
	if n := len(q.Subjects); n > maxSubjects {
		bad.Add("subjects", fmt.Sprintf("may hold at most %d subjects, found %d", maxSubjects, n))
	}
	if n := q.Decisions(); n > maxDecisions {
		bad.Add("checks", fmt.Sprintf("may ask for at most %d decisions, found %d: %d checks about %d subjects", maxDecisions, n, len(q.Checks), len(q.Subjects)))
	}
	return bad.Err(badChecks)
}

// resolved returns the thing that a check asks about; ok is false for a stored one that the caller may not read.
// It is for questions without names, once askable has found nothing wrong with them.
func resolved(ctx context.Context, s unit.Reader, by *org.Actor, c org.AuthCheck) (o rbac.Object, ok bool, err error) {
	if c.ResourceID == "" {
		o, _ = objectOf(by, c)
		return o, true, nil
	}
	owner, err := resourceOwner(ctx, s, by, c)
	return org.UserObject(owner), owner != uuid.Nil, err
}

// objectOf returns the thing that a check asks about, and what is wrong with the question.
// If there is a problem, the thing is incomplete and must not be used.
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

// resourceOwner returns the account that a check names, uuid.Nil if the caller may not read it. Things of the other types
// are not stored here.
func resourceOwner(ctx context.Context, s unit.Reader, by *org.Actor, c org.AuthCheck) (uuid.UUID, error) {
	if c.ResourceType != "user" {
		return uuid.Nil, nil
	}
	row, err := s.Q.GetUser(ctx, unit.ParseID(c.ResourceID))
	// Missing and unreadable look the same: no answer reveals whether an account exists (T23 in docs/spec/threats.md).
	if db.IsNotFound(err) || err == nil && !by.Can("read", org.UserObject(row.ID)) {
		return uuid.Nil, nil
	}
	return row.ID, err
}
