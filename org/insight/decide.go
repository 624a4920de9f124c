package insight

import (
	"context"

	"rolecall.example/org"
)

// Decide answers questions about any number of subjects, each for itself and in their order. What is unknown, what the
// caller may not know of, and what fails is a no. With strict a question that makes no sense has a problem.
// It fails only if the data can not be read.
func (s *Service) Decide(ctx context.Context, by *org.Actor, qs []org.SubjectCheck, strict bool) (_ []org.Decision, err error) {
	defer org.Wrap(&err, "decide %d questions", len(qs))
	of := map[string]*inquiry{}
	list := make([]org.Decision, len(qs))
	for at, q := range qs {
		i := of[q.Subject]
		if i == nil {
			if i, err = s.inquiry(ctx, s.units.Snapshot(by), by, &org.AuthChecks{User: q.Subject, Strict: &strict}); err != nil {
				return nil, err
			}
			i.load, of[q.Subject] = s.units.SubjectNow, i
		}
		o, problem, err := i.object(ctx, q.AuthCheck)
		if err != nil {
			return nil, err
		}
		list[at] = org.Decision{Allowed: problem == nil && i.target.Can(q.Action, o), Problem: problem}
	}
	return list, nil
}
