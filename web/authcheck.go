package web

import "rolecall/org"

func (s *Server) checkAuth(c *call) (reply, error) {
	checks, err := decode(c, readChecks)()
	if err != nil {
		return reply{}, err
	}
	allowed, err := s.org.AuthCheck(c.ctx, c.subject, checks)
	return reply{data: allowed}, err
}

func readChecks(o object) map[string]org.Check {
	byKey := o.object("checks")
	checks := make(map[string]org.Check, len(byKey.fields))
	for key := range byKey.fields {
		check := byKey.object(key)
		target := check.object("object")
		checks[key] = org.Check{
			Action:         check.text("action"),
			ResourceType:   target.text("resource_type"),
			OwnerID:        target.text("owner_id"),
			OrganizationID: target.text("organization_id"),
			ResourceID:     target.text("resource_id"),
			AnyOrg:         target.flag("any_org"),
		}
	}
	return checks
}
