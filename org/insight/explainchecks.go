package insight

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/unit"
	"rolecall.example/rbac"
)

// maxExplained bounds the questions explained at once, since each explanation tries every role for what would change the answer.
const maxExplained = 20

// ExplainChecks is AuthCheck with an explanation of each answer that could be given, for at most 20 checks about one subject.
// Among questions with names, only a single one comes with what would change its answer. Errors as AuthCheck, and Invalid: too
// many explanations.
func (s *Service) ExplainChecks(ctx context.Context, subject *org.Actor, q org.AuthChecks) (a org.AuthAnswers, err error) {
	defer org.Wrap(&err, "explain authorization of %q", q.User)
	q.Checks = s.present(subject, q.Checks)
	var bad org.FieldErrors
	if n := len(q.Checks); n > maxExplained {
		bad.Add("checks", fmt.Sprintf("may hold at most %d checks with explain, found %d", maxExplained, n))
	}
	if n := len(q.Subjects); n > 1 {
		bad.Add("subjects", fmt.Sprintf("may hold one subject with explain, found %d", n))
	}
	if err := bad.Err(badChecks); err != nil {
		return a, err
	}
	if err := askable(subject, &q); err != nil {
		return a, err
	}
	// An answer and its explanation must come from one snapshot.
	err = s.units.Moment(ctx, subject, func(src unit.Reader) error {
		if err := src.Settle(ctx); err != nil { // before checking what the caller may read
			return err
		}
		i := newInquiry(src, subject, src.People)
		i.about(&q)
		i.suggests = i.plain || len(q.Checks) == 1
		if err := i.prepare(ctx); err != nil {
			return err
		}
		a, err = i.answers(ctx, &q, true)
		return err
	})
	return a, err
}

// explained answers one question together with all that led to the answer.
// A problem says why there is no answer. A suspended account has both.
func (i *inquiry) explained(ctx context.Context, q org.SubjectCheck) (e org.Explanation, problem *org.CheckProblem, err error) {
	e.Question = org.Question{Action: q.Action, ResourceType: q.ResourceType}
	var o rbac.Object
	if i.plain {
		var ok bool
		if o, ok, err = resolved(ctx, i.Reader, i.by, q.AuthCheck); !ok {
			return e, nil, err
		}
	} else {
		o, problem, err = i.object(ctx, &q)
	}
	if err != nil || problem != nil && *problem != org.CheckSuspended {
		return e, problem, err
	}
	target := i.target(q.Subject)
	// Questions about one place share it.
	where := whereAsked{target.ID(), o.Org}
	of, known := i.places[where]
	if !known {
		if of, err = i.where(ctx, target, o.Org); err != nil {
			return e, nil, err
		}
		i.places[where] = of
	}
	e.Member, e.Question.Own = of.member, o.Owner == target.ID()
	homes := of.homes
	if !i.suggests {
		homes = nil
	}
	return e, problem, explain(ctx, i.Reader, i.by, homes, o, target, &e)
}

// where resolves whom a question is about in an organization, or on the site for uuid.Nil.
// A member comes with what the caller may do to it, for the suggestions; any other account comes alone.
func (i *inquiry) where(ctx context.Context, target *org.Actor, organization uuid.UUID) (asked, error) {
	u := target.User
	of := asked{
		member: org.Member{UserID: u.ID, Username: u.Username, Name: u.Name, Status: u.Status, Self: target == i.by},
		homes:  []unit.RoleScope{unit.SiteScope},
	}
	if organization == uuid.Nil {
		return of, nil
	}
	row, err := i.Organization(ctx, i.by, organization.String())
	if org.KindOf(err) == org.NotFound { // the caller's own question: answered as if no explanation was wanted
		return of, nil
	}
	if err != nil {
		return of, err
	}
	of.homes = []unit.RoleScope{{Org: row, Object: org.OrgRolesObject(organization)}, unit.SiteScope}
	if target.Grants.InOrg(organization) && i.mayKnowMember(organization, u.ID) {
		of.member, err = i.MemberView(ctx, i.by, row, u.ID.String())
	}
	return of, err
}
