package web

import (
	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/views"
)

// The number of entries on the page of what a person did, and on the page of their access.
const (
	activityShown  = 50
	activityLately = 5
)

// activity lists what a person did and what was done to them, for the page about them; organization is "" for all of
// them. It returns nil if the page is about something else.
func (s *Server) activity(c *call, organization, username string, user uuid.UUID) (*views.Audit, error) {
	q := c.query()
	before, paper := q.cursor("before"), q.prints()
	if err := q.problem(); err != nil || q.text("tab") != "activity" {
		return nil, err
	}
	f := org.AuditFilter{Before: before, Limit: activityShown}
	if paper {
		f = org.AuditFilter{Whole: true, Limit: printedRows}
	}
	return s.activityOf(c, organization, user, f, views.ActivityURL(organization, username))
}

// activityOf lists a part of what a person did, for a page whose URL is back.
func (s *Server) activityOf(c *call, organization string, user uuid.UUID, f org.AuditFilter, back string) (*views.Audit, error) {
	list, err := s.insight.Activity(c.ctx, c.actor, organization, user, f)
	return &views.Audit{
		List: list, Organization: organization, Before: f.Before, Back: back,
		Catalog: c.catalog(), Now: c.now(), CanUndo: c.offersUndo, Print: c.query().prints(),
	}, err
}
