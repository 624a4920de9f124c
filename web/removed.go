package web

import (
	"cmp"
	"errors"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/insight"
	"rolecall.example/views"
)

// The list of members can show who was removed: GET …/members?removed=1. Programs use the audit trail.

// listRemoved shows who was removed from an organization recently, or with again= what adding one of them again would
// do.
func (s *Server) listRemoved(c *call) (reply, error) {
	q := c.query()
	before, again := q.cursor("before"), q.text("again")
	if err := cmp.Or(q.problem(), c.namesAsked()); err != nil {
		return reply{}, err
	}
	if again != "" {
		return reply{html: func() (page, error) { return s.addAgain(c, again) }}, nil
	}
	return reply{html: func() (page, error) {
		list, err := s.insight.Removed(c.ctx, c.actor, c.organization(), before)
		id := list.Organization.ID
		v := views.Removed{RemovedList: list, CanInvite: err == nil && s.invites.MayInvite(c.actor, id) == nil, Names: s.sourceNames(), Now: c.now(),
			CanAdd: c.may("create", "organization_member", id) && c.may("assign", "assign_org_role", id)}
		return page{title: "Removed members", active: "members", body: views.RemovedPage(v)}, err
	}}, nil
}

// addAgain reviews adding a person again, with their previous roles.
func (s *Server) addAgain(c *call, entry string) (page, error) {
	o, err := s.tenant.Organization(c.ctx, c.actor, c.organization())
	if err != nil {
		return page{}, err
	}
	p, err := s.tenant.PreviewUndo(c.ctx, c.actor, entry)
	v := views.AddAgain{Organization: o, Entry: entry, Catalog: c.catalog(), UndoPreview: p}
	switch kind := org.KindOf(err); {
	case err != nil && kind != org.Forbidden && kind != org.Conflict && kind != org.Invalid:
		return page{}, err
	case err != nil:
		v.Refusal = refused(err)
	case p.Member == nil || p.Member.OrganizationID != o.ID:
		return page{}, org.ErrNotFound()
	}
	return page{
		title: "Add again", active: "members",
		crumbs: []views.Crumb{membersCrumb(c.members()), {Label: "Removed", URL: views.RemovedURL(o.Name, 0)}},
		body:   views.AddAgainPage(v),
	}, nil
}

// refused describes a refusal in a sentence.
func refused(err error) string {
	e, ok := errors.AsType[*org.Error](err)
	if !ok {
		return ""
	}
	return cmp.Or(e.Detail, e.Message)
}

// mayReadRemoved reports whether the list of members links to those who were removed.
func (c *call) mayReadRemoved(organization uuid.UUID) bool {
	return insight.MayReadRemoved(c.actor, organization)
}
