package web

import (
	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/views"
)

// activity is what a person did and what was done to them, for the page about them, in an organization unless that is "". Nil: the
// page is about something else.
func (s *Server) activity(c *call, organization, username string, user uuid.UUID) (*views.Audit, error) {
	q := c.query()
	before, paper := q.cursor("before"), q.prints()
	if err := q.problem(); err != nil || q.text("tab") != "activity" {
		return nil, err
	}
	f := org.AuditFilter{Before: before}
	if paper {
		f = org.AuditFilter{Whole: true, Limit: printedRows}
	}
	list, err := s.insight.Activity(c.ctx, c.actor, organization, user, f)
	return &views.Audit{
		List: list, Organization: organization, Before: before, Back: views.ActivityURL(organization, username),
		Catalog: c.catalog(), Now: c.now(), CanUndo: c.offersUndo, Print: paper,
	}, err
}
