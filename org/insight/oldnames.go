package insight

import (
	"slices"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// A question may name a pair as it was called before, as long as the catalog tells of that name.

// OldNames is how often requests named each pair as it was called before, since the process began.
func (s *Service) OldNames() map[rbac.Permission]int64 { return s.units.OldNames() }

// present is checks under the names of the catalog that the caller asks by.
func (s *Service) present(by *org.Actor, checks map[string]org.AuthCheck) map[string]org.AuthCheck {
	if !by.Catalog.HasOldNames() {
		return checks
	}
	now := make(map[string]org.AuthCheck, len(checks))
	for key, c := range checks {
		now[key] = s.presentCheck(by, c)
	}
	return now
}

// presentAll is present for questions about several subjects.
func (s *Service) presentAll(by *org.Actor, qs []org.SubjectCheck) []org.SubjectCheck {
	if !by.Catalog.HasOldNames() {
		return qs
	}
	now := slices.Clone(qs)
	for i := range now {
		now[i].AuthCheck = s.presentCheck(by, now[i].AuthCheck)
	}
	return now
}

func (s *Service) presentCheck(by *org.Actor, c org.AuthCheck) org.AuthCheck {
	p := s.units.Present(by.Catalog, rbac.Permission{ResourceType: c.ResourceType, Action: c.Action})
	c.ResourceType, c.Action = p.ResourceType, p.Action
	return c
}

func (s *Service) presentQuestion(by *org.Actor, q org.Question) org.Question {
	p := s.units.Present(by.Catalog, rbac.Permission{ResourceType: q.ResourceType, Action: q.Action})
	q.ResourceType, q.Action = p.ResourceType, p.Action
	return q
}
