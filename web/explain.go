package web

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views"
)

// question reads the subject of a question: an action, a resource type, and the owner of the thing. asked says whether
// there is a question at all.
func (q *query) question(owners ...string) (_ org.Question, asked bool) {
	owner := q.text("owner")
	question := org.Question{Action: q.text("action"), ResourceType: q.text("resource_type")}
	switch owner {
	case "":
	case "me", "own":
		question.Own = true
	default:
		for _, o := range owners {
			question.Own = question.Own || o == owner
		}
		if !question.Own {
			q.addError("owner", `Query param "owner" must be "me" for the member's own things, or empty for anybody's`)
		}
	}
	return question, question.Action != "" || question.ResourceType != ""
}

// explain answers the question about a member in a request, if there is one.
func (s *Server) explain(c *call, m *org.Member) (a views.ExplainForm, err error) {
	q := c.query()
	var asked bool
	a = views.ExplainForm{Member: *m, Find: q.text("find"), Catalog: c.catalog(), Now: c.now()}
	a.Question, asked = q.question(m.Username, m.UserID.String())
	if err := q.problem(); err != nil || !asked {
		return a, err
	}
	e, err := s.insight.Explain(c.ctx, c.actor, c.organization(), m.UserID.String(), a.Question)
	if err != nil {
		return a, err
	}
	a.Answer = &e
	a.Reactivates = m.Status == org.StatusSuspended && c.actor.Can("update", org.UserObject(m.UserID))
	if c.as != asJSON {
		err = s.openSuggestion(c, &a)
	}
	return a, err
}

// openSuggestion previews the suggestion that the request names, if the caller may carry it out. It uses the dry run of
// the request that would carry it out.
func (s *Server) openSuggestion(c *call, a *views.ExplainForm) error {
	key := c.query().text("preview")
	at := slices.IndexFunc(a.Answer.Changes, func(g org.Suggestion) bool { return g.Key() == key && g.Refusal == "" })
	if at < 0 {
		return nil
	}
	a.Open = key
	impact, err := s.foresee(c, a, &a.Answer.Changes[at])
	if e, ok := errors.AsType[*org.Error](err); ok && e.Kind != org.Unauthenticated && e.Kind != org.Unavailable {
		a.OpenErr = e
		return nil
	}
	a.Impact = &impact
	return err
}

// foresee returns what a suggestion would do.
func (s *Server) foresee(c *call, a *views.ExplainForm, g *org.Suggestion) (org.Impact, error) {
	user, role, given := a.Member.UserID.String(), g.Role.Name, org.Given(org.RecordInput{})
	switch {
	case g.Kind == org.GiveRole && g.OfSite():
		return s.tenant.PreviewUserRole(c.ctx, c.actor, user, role, given)
	case g.Kind == org.GiveRole:
		return s.tenant.PreviewMemberRole(c.ctx, c.actor, c.organization(), user, role, given)
	case g.Kind == org.TakeRole && g.OfSite():
		return s.tenant.PreviewEndUserRole(c.ctx, c.actor, user, role, nil)
	case g.Kind == org.TakeRole:
		return s.tenant.PreviewEndMemberRole(c.ctx, c.actor, c.organization(), user, role, nil)
	}
	in := org.Site
	if !g.OfSite() {
		in = org.In(c.organization())
	}
	stored, err := s.tenant.Role(c.ctx, c.actor, in, role)
	if err != nil {
		return org.Impact{}, err
	}
	a.RoleTag = stored.Role.Tag()
	cell := rbac.Difference{Level: g.Level, ResourceType: g.Permission.ResourceType, Action: g.Permission.Action}
	switch g.Kind {
	case org.AllowPermission:
		cell.To = rbac.Allowed
	case org.DenyPermission:
		cell.To = rbac.Denied
	default:
	}
	return s.tenant.PreviewRole(c.ctx, c.actor, in, org.Given(org.RoleInput{
		Name: role, Partial: true, KeepDisplayName: true, Cells: []rbac.Difference{cell},
	}))
}

// memberAnswer returns a member as JSON, with the explanation if one was asked for.
func memberAnswer(c *call, m *org.Member, a *views.ExplainForm) any {
	if a.Answer == nil || !c.query().values.Has("explain") {
		return wireMemberWithUser(m)
	}
	return client.MemberExplained{MemberWithUser: wireMemberWithUser(m), Explanation: wireExplanation(a.Answer)}
}

// explainAnswer makes the answer alone, which htmx puts below the question.
func (s *Server) explainAnswer(c *call, form views.ExplainForm) (p page, err error) {
	o, err := s.tenant.Organization(c.ctx, c.actor, c.organization())
	return page{body: views.ExplainAnswer(s.linked(c, form, o))}, err
}

// linked adds to an explainer the links that the caller may open.
func (s *Server) linked(c *call, a views.ExplainForm, o org.Organization) views.ExplainForm {
	a.Organization = o
	a.LinkRoles = c.may("read", "assign_org_role", o.ID)
	a.LinkSite = c.may("assign", "assign_role", uuid.Nil)
	return a
}

// explainPage makes the explainer of a member, with everything that the member may do.
func (s *Server) explainPage(c *call, a views.ExplainForm, o org.Organization) (views.ExplainForm, error) {
	a = s.linked(c, a, o)
	e, err := s.insight.Effective(c.ctx, c.actor, c.organization(), a.Member.UserID.String())
	a.Effective = e.Lines
	return a, err
}

// showPermissions lists every permission of the catalog with its answer for the member.
func (s *Server) showPermissions(c *call) (reply, error) {
	e, err := s.insight.Effective(c.ctx, c.actor, c.organization(), c.user())
	return reply{json: each(e.Lines, wireEffective)}, err
}

// whoCan answers who may do something in the organization. The page first appears without a question.
func (s *Server) whoCan(c *call) (reply, error) {
	q := c.query()
	question, asked := q.question()
	w := views.WhoCan{Question: question, Catalog: c.catalog(), Now: c.now()}
	w.Limit, w.Offset = c.page(q)
	w.Outside, w.Suspended, w.ByTokens = q.flag("outside"), q.flag("suspended"), c.as != asJSON && q.flag("tokens")
	by := q.oneOf("by", []string{"role", "person"})
	w.ByRole = slices.Contains(by, "role")
	unasked := c.as != asJSON && len(by) == 0 && w.Offset == 0 && !q.values.Has("limit")
	switch {
	case q.prints():
		w.Limit, w.Offset, w.Print = printedRows, 0, true
	case unasked, w.ByRole && !q.values.Has("limit"):
		w.Limit = views.GroupedPeople
	}
	o, err := s.tenant.Organization(c.ctx, c.actor, c.organization())
	if err != nil {
		return reply{}, err
	}
	w.Organization, w.LinkRoles, w.LinkSite = o, c.may("read", "assign_org_role", o.ID), c.may("assign", "assign_role", uuid.Nil)
	w.CanRemove = c.may("unassign", "assign_org_role", o.ID)
	refused := func(e *org.Error) (page, error) {
		w.Err = e
		return whoCanPage(w), nil
	}
	if w.Outside && w.Suspended {
		q.addError("suspended", `Query params "suspended" and "outside" exclude each other`)
	}
	if err := q.problem(); err != nil {
		return c.again(err, refused)
	}
	if c.csv || c.wantsLines() {
		return reply{stream: s.everybody(c, question)}, nil
	}
	if c.as == asJSON || asked {
		found, err := s.insight.WhoCan(c.ctx, c.actor, c.organization(), question, c.whoCanPart(&w))
		if err != nil {
			return c.again(err, refused)
		}
		w.Answer = &found
		if unasked {
			w.ChooseOrder()
		}
		if err := s.whoCanTokens(c, &w); err != nil {
			return c.again(err, refused)
		}
		c.decided(len(found.Members), 0)
		c.oweDecisions(len(found.Members) / rowsADecision)
	}
	return c.whoCanReply(&w), nil
}

// whoCanReply returns the answer, or the page without a question.
func (c *call) whoCanReply(w *views.WhoCan) reply {
	r := reply{html: show(whoCanPage(*w))}
	if w.Answer != nil {
		found := wireWhoCan(w.Answer)
		r.json = found
		count := found.Count
		switch {
		case w.Suspended:
			count = found.Suspended
		case w.Outside && found.Outside != nil:
			count = found.Outside.Count
		}
		c.link(w.Limit, w.Offset, count)
	}
	return r
}

// whoCanTokens adds to a page the API tokens that can do it too, if the caller may read those of others: their number,
// or a page of them.
func (s *Server) whoCanTokens(c *call, w *views.WhoCan) error {
	if c.as == asJSON || !c.actor.Can("read", org.KeyObject(uuid.Nil)) {
		return nil
	}
	limit, offset := 0, 0
	if w.ByTokens {
		limit, offset = w.Limit, w.Offset
	}
	tokens, err := s.insight.WhoCanTokens(c.ctx, c.actor, c.organization(), w.Question, limit, offset)
	w.Tokens, w.LinkAudit = &tokens, c.may("read", "audit_log", uuid.Nil)
	return err
}

// whoCanPart reads which part of the answer is wanted. Pages also show the first suspended members.
func (c *call) whoCanPart(w *views.WhoCan) org.WhoCanPage {
	part := org.WhoCanPage{Limit: w.Limit, Offset: w.Offset, Outside: w.Outside, Suspended: w.Suspended}
	switch {
	case c.as == asJSON:
	case w.Print:
		part.AndSuspended = printedRows
	default:
		part.AndSuspended = views.PageSize
	}
	return part
}

func whoCanPage(w views.WhoCan) page {
	return page{title: w.Heading(), active: "who-can", body: views.WhoCanPage(w), fragment: views.WhoCanResults(w)}
}

// whyURL returns where a refused caller can see what it may do: the missing permission, if known, in the organization
// of the request or otherwise in one of the caller's. It is "" if there is no such page.
func (s *Server) whyURL(c *call, e *org.Error) string {
	if c.actor == nil || e.Kind != org.Forbidden || len(c.actor.User.OrganizationIDs) == 0 {
		return ""
	}
	where := c.actor.User.OrganizationIDs[0].String()
	if ref := c.organization(); ref != "" {
		o, err := s.tenant.Organization(c.ctx, c.actor, ref)
		if err != nil {
			return ""
		}
		for _, id := range c.actor.User.OrganizationIDs {
			if id == o.ID {
				where = o.Name
			}
		}
	}
	if resourceType, action, ok := firstMissing(e); ok {
		return views.ExplainURL(where, "me", org.Question{Action: action, ResourceType: resourceType})
	}
	return views.MemberURL(where, "me")
}

// firstMissing returns the first missing permission.
func firstMissing(e *org.Error) (resourceType, action string, ok bool) {
	if len(e.Missing) == 0 {
		return "", "", false
	}
	return strings.Cut(e.Missing[0], ":")
}

// explainChecks reports whether a request for decisions asks for explanations.
func explainChecks(values url.Values) bool {
	switch values.Get("explain") {
	case "", "0", "false":
		return false
	}
	return true
}
