package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"rolecall.example/org"
)

// The AuthZEN Authorization API 1.0, as specified in docs/spec/authzen.md. Its requests, answers and failures have
// their own form, so it is separate from the API below /api/v2.

// Paths of the AuthZEN API, below the access URL and below an organization.
const (
	pathEvaluation     = "/access/v1/evaluation"
	pathEvaluations    = "/access/v1/evaluations"
	pathSearchSubject  = "/access/v1/search/subject"
	pathSearchResource = "/access/v1/search/resource"
	pathSearchAction   = "/access/v1/search/action"
	pathPDP            = "/.well-known/authzen-configuration"
)

// accessFlags are those of every route that decides.
const accessFlags = AuthZEN | Body | Decides | MayAsk | Scoped

// accessRoutes are the routes of the AuthZEN API.
var accessRoutes = []Route{
	{http.MethodPost, pathEvaluation, SignedIn, accessFlags, "evaluate a request of AuthZEN", (*Server).evaluateAccess},
	{http.MethodPost, pathEvaluations, SignedIn, accessFlags, "evaluate requests of AuthZEN", (*Server).evaluateAccesses},
	{http.MethodPost, pathSearchSubject, SignedIn, accessFlags, "search subjects for AuthZEN", (*Server).searchSubjects},
	{http.MethodPost, pathSearchResource, SignedIn, accessFlags, "search resources for AuthZEN", (*Server).searchResources},
	{http.MethodPost, pathSearchAction, SignedIn, accessFlags, "search actions for AuthZEN", (*Server).searchActions},
	{http.MethodPost, pathOrganization + pathEvaluation, SignedIn, accessFlags, "evaluate a request of AuthZEN in an organization", (*Server).evaluateAccess},
	{http.MethodPost, pathOrganization + pathEvaluations, SignedIn, accessFlags, "evaluate requests of AuthZEN in an organization", (*Server).evaluateAccesses},
	{http.MethodPost, pathOrganization + pathSearchSubject, SignedIn, accessFlags, "search subjects for AuthZEN in an organization", (*Server).searchSubjects},
	{http.MethodPost, pathOrganization + pathSearchResource, SignedIn, accessFlags, "search resources for AuthZEN in an organization", (*Server).searchResources},
	{http.MethodPost, pathOrganization + pathSearchAction, SignedIn, accessFlags, "search actions for AuthZEN in an organization", (*Server).searchActions},
	{http.MethodGet, pathPDP, Public, AuthZEN, "describe the AuthZEN API", (*Server).showPDP},
	{http.MethodGet, pathPDP + pathOrganization, Public, AuthZEN, "describe the AuthZEN API of an organization", (*Server).showPDP},
}

// maxAccessExplained is how many evaluations one request may have explained.
const maxAccessExplained = 20

// evaluateAccess decides one request.
func (s *Server) evaluateAccess(c *call) (reply, error) {
	b, err := c.accessBody()
	if err != nil {
		return reply{}, err
	}
	return s.evaluateOne(c, b)
}

// evaluateOne decides the question at the top level of the body.
func (s *Server) evaluateOne(c *call, b *accessBody) (reply, error) {
	q := b.question(b.fields, nil, askSubject|askAction|askResource)
	explain := b.explain()
	if err := b.problem(); err != nil {
		return reply{}, err
	}
	list, err := s.decideAccess(c, []org.AccessQuestion{q}, explain)
	if err != nil {
		return reply{}, err
	}
	// A subject that the caller may not read gets the same answer as one who may not: the question is not at fault.
	if p := list[0].Problem; p != nil && p.Status == http.StatusNotFound {
		list[0].Problem = nil
	}
	return reply{json: json.RawMessage(appendDecision(nil, &list[0]))}, nil
}

// decideAccess decides questions. Each costs a decision.
func (s *Server) decideAccess(c *call, qs []org.AccessQuestion, explain bool) ([]org.AccessDecision, error) {
	if err := s.limitChecks(c, len(qs), explain); err != nil {
		return nil, err
	}
	ask := s.insight.EvaluateAccess
	if explain {
		ask = s.insight.ExplainAccess
	}
	list, err := ask(c.ctx, c.actor, c.organization(), qs)
	for i := range list {
		if list[i].Allowed {
			c.decided(1, 0)
		} else {
			c.decided(0, 1)
		}
	}
	return list, err
}

// evaluateAccesses decides many requests. Each fails on its own.
func (s *Server) evaluateAccesses(c *call) (reply, error) {
	b, err := c.accessBody()
	if err != nil {
		return reply{}, err
	}
	items, many := b.items()
	if !many {
		return s.evaluateOne(c, b)
	}
	stop, explain := b.semantic(), b.explain()
	if explain && len(items) > maxAccessExplained {
		b.fail("options.explain is for at most %d evaluations.", maxAccessExplained)
	}
	b.checkDefaults()
	if err := b.problem(); err != nil {
		return reply{}, err
	}
	decisions, qs, at := make([]org.AccessDecision, len(items)), []org.AccessQuestion{}, []int{}
	for i, item := range items {
		q, problem := b.item(item)
		if problem != nil {
			decisions[i].Problem = &org.AccessProblem{Status: http.StatusBadRequest, Message: problem.Message}
			continue
		}
		qs, at = append(qs, q), append(at, i)
	}
	list, err := s.decideAccess(c, qs, explain)
	if err != nil {
		return reply{}, err
	}
	for i, d := range list {
		decisions[at[i]] = d
	}
	out := []byte(`{"evaluations":[`)
	for i := range decisions {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendDecision(out, &decisions[i])
		if stop != nil && decisions[i].Allowed == *stop {
			break
		}
	}
	return reply{json: json.RawMessage(append(out, `]}`...))}, nil
}

// appendDecision writes a decision.
func appendDecision(out []byte, d *org.AccessDecision) []byte {
	if d.Allowed {
		out = append(out, `{"decision":true`...)
	} else {
		out = append(out, `{"decision":false`...)
	}
	if d.Problem == nil && d.Reason == "" {
		return append(out, '}')
	}
	type text = map[string]any
	context := text{}
	if p := d.Problem; p != nil {
		context["error"] = text{"status": p.Status, "message": p.Message}
	}
	if d.Reason != "" {
		context["reason_admin"] = text{"en": d.Reason}
	}
	b, _ := json.Marshal(context) // texts and numbers
	return append(append(append(out, `,"context":`...), b...), '}')
}

// showPDP says where the API is. It reads nothing that is stored: whether the organization exists is not revealed.
func (s *Server) showPDP(c *call) (reply, error) {
	if s.AccessURL == nil || s.AccessURL.Scheme != "https" {
		return reply{}, errRoute
	}
	base := strings.TrimSuffix(s.AccessURL.String(), "/")
	if name := c.organization(); name != "" {
		base += "/organizations/" + url.PathEscape(name)
	}
	return reply{json: map[string]string{
		"policy_decision_point":       base,
		"access_evaluation_endpoint":  base + pathEvaluation,
		"access_evaluations_endpoint": base + pathEvaluations,
		"search_subject_endpoint":     base + pathSearchSubject,
		"search_resource_endpoint":    base + pathSearchResource,
		"search_action_endpoint":      base + pathSearchAction,
	}}, nil
}

// takeRequestID keeps the client's own request id, if it is safe to send back, and returns it instead of ours. Both are
// logged.
func (c *call) takeRequestID() {
	list := c.request().Header.Values("X-Request-Id")
	if len(list) != 1 || list[0] == "" || len(list[0]) > 128 {
		return
	}
	for i := range len(list[0]) {
		if b := list[0][i]; b < '!' || b > '~' {
			return
		}
	}
	c.clientID = list[0]
	c.header("X-Request-Id", c.clientID)
}

// accessProblem returns the answer that reports a failure of the AuthZEN API: one sentence.
func accessProblem(status int, e *org.Error) reply {
	message := e.Message
	if e.Kind == org.Unauthenticated {
		message = "A valid token is needed in the header Authorization: Bearer or Coder-Session-Token."
	}
	return reply{status: status, plain: message}
}
