package insight

import (
	"context"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// Decide answers questions about any number of subjects, separately and in order. Whatever is unknown, hidden from the
// caller or suspended is answered no. With strict, a question that makes no sense has a problem.
// It fails only if the data cannot be read.
func (s *Service) Decide(ctx context.Context, by *org.Actor, qs []org.SubjectCheck, strict bool) (_ []org.Decision, err error) {
	defer org.Wrap(&err, "decide %d questions", len(qs))
	qs = s.presentAll(by, qs)
	i, err := s.inquire(ctx, by, func(i *inquiry) { i.strict, i.questions = strict, qs })
	if err != nil {
		return nil, err
	}
	list := make([]org.Decision, len(qs))
	for at := range qs {
		list[at], err = i.decide(ctx, &qs[at])
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// maxRenewed is how often a new catalog may come into force while one request is answered.
const maxRenewed = 3

// inquire begins an inquiry on what is committed now. about fills in the questions.
// Subjects come from the same memory as callers. Three queries read those missing there, however many they are:
// a check about another account costs as much as one about the caller (docs/spec/authcheck.md).
func (s *Service) inquire(ctx context.Context, by *org.Actor, about func(*inquiry)) (i *inquiry, err error) {
	for range maxRenewed {
		catalog := by.Catalog
		i = newInquiry(s.units.Snapshot(by), by, func(ctx context.Context, w unit.Wanted) (unit.People, error) {
			return s.units.PeopleNow(ctx, by, w)
		})
		about(i)
		if err = i.prepare(ctx); err != nil || by.Catalog == catalog {
			return i, err
		}
	}
	return nil, org.ErrCatalogMoved
}

// decide answers one question.
func (i *inquiry) decide(ctx context.Context, q *org.SubjectCheck) (org.Decision, error) {
	o, problem, err := i.object(ctx, q)
	if err != nil || problem != nil {
		return org.Decision{Problem: problem}, err
	}
	return org.Decision{Allowed: i.target(q.Subject).Can(q.Action, o)}, nil
}

// answers stores the decisions about the subjects under their keys.
func (i *inquiry) answers(ctx context.Context, q *org.AuthChecks, explain bool) (a org.AuthAnswers, err error) {
	if err := i.seesAtLeast(q); err != nil {
		return a, err
	}
	a.Place = i.place()
	subjects := q.About()
	if q.Subjects != nil {
		a.Subjects = make(map[string]org.AuthAnswers, len(subjects))
	}
	for _, subject := range subjects {
		one := org.AuthAnswers{Allowed: make(map[string]bool, len(q.Checks)), Problems: map[string]org.CheckProblem{}}
		if explain {
			one.Explanations = map[string]org.Explanation{}
		}
		for key, c := range q.Checks {
			if err := i.answer(ctx, &one, key, org.SubjectCheck{Subject: subject, AuthCheck: c}, explain); err != nil {
				return a, err
			}
		}
		if q.Subjects == nil {
			one.Place = a.Place
			return one, nil
		}
		a.Subjects[subject] = one
	}
	return a, nil
}

// answer stores one decision, and what led to it, under its key.
func (i *inquiry) answer(ctx context.Context, a *org.AuthAnswers, key string, q org.SubjectCheck, explain bool) error {
	var d org.Decision
	var err error
	if explain {
		var e org.Explanation
		if e, d.Problem, err = i.explained(ctx, q); err != nil {
			return err
		}
		d.Allowed = d.Problem == nil && e.Allowed()
		// A suspended account is explained all the same, to show what activating it would restore.
		if d.Problem == nil || *d.Problem == org.CheckSuspended {
			a.Explanations[key] = e
		}
	} else if d, err = i.decide(ctx, &q); err != nil {
		return err
	}
	a.Allowed[key] = d.Allowed
	if d.Problem != nil {
		a.Problems[key] = *d.Problem
	}
	return nil
}

// atLeast parses the revision that a request requires: that of a scope, as the API writes it.
func atLeast(text string) (ref string, ok bool) {
	at := strings.LastIndexByte(text, '@')
	if at <= 0 {
		return "", false
	}
	revision, err := strconv.ParseUint(text[at+1:], 10, 63)
	return text[:at], err == nil && revision > 0
}

// siteScope is the name of the site in such a revision.
const siteScope = "site"

// seesAtLeast refuses anything that is not a revision of a scope that the caller may know of. Any revision is already included:
// an answer comes from what was committed when it was asked for.
func (i *inquiry) seesAtLeast(q *org.AuthChecks) error {
	ref, ok := atLeast(q.AtLeast)
	if q.AtLeast == "" || ok && (ref == siteScope || i.organizations[ref] != uuid.Nil) {
		return nil
	}
	return org.FieldErrors{{
		Field: "at_least", Detail: "must be ORGANIZATION@REVISION, as X-Rolecall-Revision gives it, of an organization that you may read",
	}}.Err(badChecks)
}
