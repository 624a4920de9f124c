package web

import (
	"net/http"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/org/insight"
	"rolecall.example/views"
)

const (
	pathLint       = pathOrganization + "/lint"
	pathDismissals = pathLint + "/dismissals"
)

// lintRoutes are the part of the table that is about findings.
var lintRoutes = []Route{
	{http.MethodGet, pathLint, SignedIn, API | Page | Scoped, "look for what does nothing", (*Server).lint},
	{http.MethodPost, pathDismissals, SignedIn, API | Page | Body, "dismiss findings", (*Server).dismissFindings},
	{http.MethodDelete, pathDismissals + "/{id}", SignedIn, API | Page, "bring dismissed findings back", (*Server).bringBackFindings},
}

// lint lists the parts of roles and assignments that change nothing, each with a link to where it is repaired. Programs get
// either those that are open or those that are dismissed.
func (s *Server) lint(c *call) (reply, error) {
	q := c.query()
	dismissed := q.flag("dismissed")
	if err := q.problem(); err != nil {
		return reply{}, err
	}
	o, found, err := s.insight.Lint(c.ctx, c.actor, c.organization())
	if err != nil {
		return reply{}, err
	}
	listed := insight.Undismissed(found)
	if dismissed {
		listed = insight.Dismissed(found)
	}
	return reply{
		json: each(listed, func(f *org.LintFinding) client.Finding { return wireFinding(views.FindingURL(o.Name, *f), f) }),
		html: show(lintPage(c, views.Lint{Organization: o, Findings: found})),
	}, nil
}

func lintPage(c *call, l views.Lint) page {
	l.Catalog, l.MayBringBack = c.catalog(), c.may("update", "assign_org_role", l.Organization.ID) || c.may("unassign", "assign_org_role", l.Organization.ID)
	return page{
		title: "Role health", active: "lint", crumbs: []views.Crumb{{Label: "Roles", URL: views.RolesURL(l.Organization.Name)}},
		body: views.LintPage(l),
	}
}

// dismissFindings leaves findings as they are for some time.
func (s *Server) dismissFindings(c *call) (reply, error) {
	in, err := decode(c, readDismissing).Read()
	if err == nil {
		in, err = s.insight.FindingsToDismiss(c.ctx, c.actor, c.organization(), in)
	}
	d, done, err := s.tenant.DismissFindings(c.ctx, c.actor, c.organization(), org.NewInput(in, err))
	if err != nil {
		return c.again(err, func(e *org.Error) (page, error) {
			o, found, err := s.insight.Lint(c.ctx, c.actor, c.organization())
			return lintPage(c, views.Lint{Organization: o, Findings: found, Err: e, Chosen: in.Findings, Reason: in.Reason}), err
		})
	}
	o, err := s.tenant.Organization(c.ctx, c.actor, c.organization())
	if err != nil {
		return reply{}, err
	}
	return reply{
		status: http.StatusCreated, made: views.DismissalURL(o.Name, d.ID), json: wireDismissal(&d),
		next: destination{url: views.LintURL(o.Name), message: views.DismissedMessage(d.Findings), undo: undoOf(done)},
	}, nil
}

func readDismissing(o object) org.Dismissing {
	return org.Dismissing{Findings: o.texts("findings", org.MaxDismissed), Reason: o.text(fieldReason)}
}

func wireDismissal(d *org.Dismissal) client.Dismissal {
	return client.Dismissal{ID: d.ID, Reason: d.Reason, DismissedBy: d.By, DismissedAt: wireTime(d.At), Until: wireTime(d.Until), Findings: d.Findings}
}

// bringBackFindings ends a dismissal.
func (s *Server) bringBackFindings(c *call) (reply, error) {
	if err := s.tenant.BringBackFindings(c.ctx, c.actor, c.organization(), c.param("id")); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent, next: to(views.LintURL(c.organization()), "The findings are open again.")}, nil
}
