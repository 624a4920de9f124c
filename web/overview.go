package web

import (
	"net/http"
	"time"

	"rolecall.example/org"
	"rolecall.example/views"
)

// overviewRoutes is the part of the table about what is going on in an organization. Programs get the complete parts
// from their own routes: who-can, lint, members, invitations, audit.
var overviewRoutes = []Route{
	{http.MethodGet, pathOrganization + "/overview", SignedIn, Page, "show what is going on in an organization", (*Server).overview},
	{http.MethodPost, pathOrganization + "/overview/checklist", SignedIn, Page | Body, "hide or show the first steps of an organization", (*Server).hideChecklist},
}

// waitingShown is the number of invitations on an overview.
const waitingShown = 4

// overview shows what is going on in an organization. Callers who can see no one but themselves there are redirected to
// what they may do.
func (s *Server) overview(c *call) (reply, error) {
	o, err := s.insight.Overview(c.ctx, c.actor, c.organization())
	if err != nil {
		return reply{}, err
	}
	id := o.Organization.ID
	if o.Power == nil && c.actor.Grants.InOrg(id) {
		return reply{next: to(views.MemberURL(o.Organization.Name, "me"), "")}, nil
	}
	waiting, err := s.invites.Waiting(c.ctx, c.actor, c.organization(), waitingShown)
	invites := s.invites.MayInvite(c.actor, id) == nil
	switch {
	case err == nil && (invites || waiting.Count > 0):
		o.Invitations = &waiting
	case err != nil && org.KindOf(err) != org.Forbidden:
		return reply{}, err
	}
	return reply{html: show(page{title: "Overview", active: "overview", body: views.OverviewPage(views.Overview{
		Overview: o, Invites: invites, CanMakeRoles: c.may("create", "assign_org_role", id), CanUndo: c.offersUndo,
		Catalog: c.catalog(), Now: time.Now(),
	})})}, nil
}

// hideChecklist hides the list of first steps, or shows it again, and goes back to its page.
func (s *Server) hideChecklist(c *call) (reply, error) {
	o, err := s.tenant.HideChecklist(c.ctx, c.actor, c.organization(), decode(c, func(o object) bool { return o.flag("hidden") }))
	if err != nil {
		return reply{}, err
	}
	return reply{next: to(views.OverviewURL(o.Name), "")}, nil
}
