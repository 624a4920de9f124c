package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"rolecall.example/client"
	"rolecall.example/org"
)

// explainedKey is the key under which explanations stand beside the answers.
const explainedKey = "explanations"

// checkAuth answers whether the caller, or another user, may do things. Answers without explanations are encoded by hand,
// since clients ask about many things at once.
func (s *Server) checkAuth(c *call) (reply, error) {
	explain := explainChecks(c.values)
	var user string
	checks, err := decode(c, func(o object) map[string]org.AuthCheck {
		user = o.text("user")
		checks := readChecks(o)
		if _, taken := checks[explainedKey]; taken && explain {
			o.addError("checks."+explainedKey, "can not be the name of a check when explanations are asked for")
		}
		return checks
	}).Read()
	if err != nil {
		return reply{}, err
	}
	if err := s.limitChecks(c, len(checks), explain); err != nil {
		return reply{}, err
	}
	if !explain {
		allowed, err := s.insight.AuthCheck(c.ctx, c.actor, user, checks)
		return reply{json: wireAnswers(allowed)}, err
	}
	explained, err := s.insight.ExplainChecks(c.ctx, c.actor, user, checks)
	if err != nil {
		return reply{}, err
	}
	found := client.AuthCheckResponse{Answers: map[string]bool{}, Explanations: map[string]client.Explanation{}}
	for key, e := range explained {
		found.Answers[key], found.Explanations[key] = e.Allowed(), wireExplanation(&e)
	}
	return reply{json: found}, nil
}

// readChecks reads the checks by the keys under which the client wants the answers.
func readChecks(o object) map[string]org.AuthCheck {
	byKey := o.table("checks")
	if len(byKey.fields) > maxItems {
		o.addError("checks", fmt.Sprintf("must have at most %d entries", maxItems))
		return nil
	}
	checks := make(map[string]org.AuthCheck, len(byKey.fields))
	for key := range byKey.fields {
		check := byKey.object(key)
		target := check.object("object")
		checks[key] = org.AuthCheck{
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

// wireAnswers writes the answers by key, as encoding/json would in five times the time. A test holds it to
// client.AuthCheckResponse.
func wireAnswers(answers map[string]bool) json.RawMessage {
	b := []byte{'{'}
	for i, key := range slices.Sorted(maps.Keys(answers)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendBool(append(appendString(b, key), ':'), answers[key])
	}
	return append(b, '}')
}
