package web

import (
	"cmp"
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/views"
)

// search searches by name: on a page, and in the palette that script opens on any page.
func (s *Server) search(c *call) (reply, error) {
	q := c.query()
	text, organization := q.text("q"), cmp.Or(q.text("organization"), c.cookie(organizationCookie))
	if err := q.problem(); err != nil {
		return reply{}, err
	}
	return reply{html: func() (p page, err error) {
		v := views.Search{Query: text}
		if v.Nav, err = s.tenant.Navigation(c.ctx, c.actor, organization); err != nil {
			return p, err
		}
		v.MakesUsers = c.actor.Can("create", org.UsersObject)
		if at := v.Nav.Current; at != nil {
			v.MakesRoles, v.Invites = c.may("create", "assign_org_role", at.ID), s.invites.MayInvite(c.actor, at.ID) == nil
			v.AddsMembers = c.may("create", "organization_member", at.ID) && c.may("assign", "assign_org_role", at.ID)
		}
		if text != "" {
			if v.Asked, err = s.inWords(c, &v.Nav, text); err != nil {
				return p, err
			}
			if v.Leaving, err = s.whoLeaves(c, organization, text); err != nil {
				return p, err
			}
			v.Hits, err = s.tenant.Search(c.ctx, c.actor, organization, text)
		}
		return page{title: "Search", body: views.SearchPage(v), fragment: views.SearchResults(v)}, err
	}}, nil
}

// whoLeaves finds the people meant by "offboard maria", for a caller who may suspend accounts. No one offboards
// themselves.
func (s *Server) whoLeaves(c *call, organization, text string) ([]org.User, error) {
	verb, who, _ := strings.Cut(strings.TrimSpace(text), " ")
	if !strings.EqualFold(verb, "offboard") || who == "" || !c.actor.Can("update", org.UsersObject) {
		return nil, nil
	}
	found, err := s.tenant.Search(c.ctx, c.actor, organization, strings.TrimSpace(who))
	self := func(u org.User) bool { return u.ID == c.actor.ID() }
	return slices.DeleteFunc(found.Users, self), err
}
