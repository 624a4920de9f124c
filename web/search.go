package web

import (
	"cmp"

	"github.com/a-h/templ"

	"rolecall.example/org"
	"rolecall.example/views"
)

// search looks for names: on a page, and in the palette that script opens over any page.
func (s *Server) search(c *call) (reply, error) {
	q := c.query()
	text, organization := q.text("q"), cmp.Or(q.text("organization"), c.cookie(organizationCookie))
	if err := q.problem(); err != nil {
		return reply{}, err
	}
	found := func(render func(views.Search) templ.Component) view {
		return func() (templ.Component, error) {
			nav, err := s.org.Navigation(c.ctx, c.subject, organization)
			if err != nil {
				return nil, err
			}
			var hits org.Hits
			if text != "" {
				hits, err = s.org.Find(c.ctx, c.subject, organization, text)
			}
			return render(views.Search{Query: text, Nav: nav, Hits: hits}), err
		}
	}
	return reply{
		page:     found(views.SearchPage),
		fragment: found(views.SearchResults),
		title:    "Search",
	}, nil
}
