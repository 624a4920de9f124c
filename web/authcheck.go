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

// takenKeys are the keys under which explanations and errors stand beside the answers.
var takenKeys = []string{"explanations", "errors"}

// checkAuth answers whether the caller, or another account, may do things. Answers with nothing beside them are encoded by
// hand, since clients ask about many things at once.
func (s *Server) checkAuth(c *call) (reply, error) {
	explain := explainChecks(c.values)
	q, err := decode(c, func(o object) org.AuthChecks {
		q := org.AuthChecks{User: o.text("user"), Checks: readChecks(o)}
		if o.fields["strict"] != nil { // null is as if it were not there
			strict := o.flag("strict")
			q.Strict = &strict
		}
		for _, key := range takenKeys {
			if _, taken := q.Checks[key]; taken && (q.Named() || explain && key == "explanations") {
				o.addError("checks."+key, "can not be the name of a check when "+key+" may stand beside the answers")
			}
		}
		return q
	}).Read()
	if err != nil {
		return reply{}, err
	}
	if err := s.limitChecks(c, len(q.Checks), explain); err != nil {
		return reply{}, err
	}
	ask := s.insight.AuthCheck
	if explain {
		ask = s.insight.ExplainChecks
	}
	a, err := ask(c.ctx, c.actor, q)
	if err != nil {
		return reply{}, err
	}
	c.tally(a.Allowed)
	if !explain && len(a.Problems) == 0 {
		return reply{json: wireAnswers(a.Allowed)}, nil
	}
	found := client.AuthCheckResponse{Answers: a.Allowed, Errors: map[string]client.CheckError{}}
	for key, p := range a.Problems {
		found.Errors[key] = client.CheckError(p)
	}
	if explain {
		found.Explanations = map[string]client.Explanation{}
	}
	for key, e := range a.Explanations {
		found.Explanations[key] = wireExplanation(&e)
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
	keys := slices.AppendSeq(make([]string, 0, len(answers)), maps.Keys(answers))
	slices.Sort(keys)
	b := append(make([]byte, 0, 32*(len(keys)+1)), '{')
	for i, key := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendBool(append(appendString(b, key), ':'), answers[key])
	}
	return append(b, '}')
}
