package insight

import (
	"slices"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// A question may use an old name of a pair as long as the catalog lists it.

// OldNames counts how often requests used each old name of a pair since the process started.
func (s *Service) OldNames() map[rbac.Permission]int64 { return s.units.OldNames() }

// present returns the checks with the names of the caller's version of the catalog.
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
