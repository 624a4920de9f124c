package web

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/views"
)

// undoChange undoes the change that an audit entry records: of roles or of a membership, the deletion of a role, a dismissal.
func (s *Server) undoChange(c *call) (reply, error) {
	if c.dry {
		p, err := s.tenant.PreviewUndo(c.ctx, c.actor, c.param("id"))
		return c.foreseen(p.Impact, err)
	}
	h, err := s.tenant.Undo(c.ctx, c.actor, c.param("id"))
	if err != nil {
		return s.refusedUndo(c, err)
	}
	if h.Role != nil {
		return s.restoredRole(c, h.Role)
	}
	if h.Dismissal != nil {
		return s.reopened(c, h.Dismissal)
	}
	if h.User != nil {
		if here := currentPage(c.request()); strings.HasPrefix(here, views.UserURL(h.User.Username)) { // it shows more than a row
			return reply{json: wireUser(h.User), next: to(views.UserURL(h.User.Username), "The change of "+h.User.Label()+" was undone.")}, nil
		}
		return reply{
			json: wireUser(h.User),
			next: to(c.usersHome(), "The change of "+h.User.Label()+" was undone."),
			html: show(s.userRow(c, h.User, true)),
		}, nil
	}
	m := h.Member
	o, err := s.tenant.Organization(c.ctx, c.actor, m.OrganizationID.String())
	if err != nil {
		return reply{}, err
	}
	home := cmp.Or(c.cameFrom(), views.MembersURL(o.Name, org.MemberFilter{}))
	return reply{
		json: wireMember(m), version: m.Tag(),
		next: to(home, "The change of "+m.Label()+" was undone."),
		html: s.memberRow(c, o.Name, m.UserID.String(), true),
	}, nil
}

// restoredRole answers the undo of a deletion: the role exists again, without holders.
func (s *Server) restoredRole(c *call, role *org.Role) (reply, error) {
	organization := ""
	if role.OrganizationID != uuid.Nil {
		o, err := s.tenant.Organization(c.ctx, c.actor, role.OrganizationID.String())
		if err != nil {
			return reply{}, err
		}
		organization = o.Name
	}
	return reply{
		json: wireRole(role), version: role.Tag(),
		next: to(views.RoleURL(organization, role.Name), role.Label()+" was restored. No one has it yet."),
	}, nil
}

// reopened answers the undo of a dismissal: its findings are open again.
func (s *Server) reopened(c *call, d *org.Dismissal) (reply, error) {
	o, err := s.tenant.Organization(c.ctx, c.actor, d.Place.String())
	if err != nil {
		return reply{}, err
	}
	return reply{json: wireDismissal(d), next: to(cmp.Or(c.cameFrom(), views.LintURL(o.Name)), "The dismissal was undone.")}, nil
}

// undoBatch undoes everything that one request did, by the id of any of its entries.
func (s *Server) undoBatch(c *call) (reply, error) {
	result, err := s.tenant.UndoBatch(c.ctx, c.actor, c.param("id"))
	if err != nil {
		return s.refusedUndo(c, err)
	}
	home := views.UsersPath
	if result.Organization.Name != "" {
		home = views.MembersURL(result.Organization.Name, org.MemberFilter{})
	}
	next := to(cmp.Or(c.cameFrom(), home), views.UndoneMessage(&result))
	next.undo, next.batch = undoOf(org.Receipt{Entry: result.Entry}), true
	return reply{json: wireBulk(&result), next: next}, nil
}

// refusedUndo puts the reason into the toast that offered the undo: it concerns nothing else on the page.
func (s *Server) refusedUndo(c *call, err error) (reply, error) {
	if c.as != asFragment || org.KindOf(err) == org.Unauthenticated {
		return reply{}, err
	}
	r := s.failed(c, err)
	if e, ok := r.json.(client.Error); ok {
		r.html = show(page{body: views.Toast(views.Flash{Message: e.Message, Detail: e.Detail, Bad: true})})
	}
	return r, nil
}

// cameFrom returns the page to go back to after this, "" if the request names none: a list as it was left.
func (c *call) cameFrom() string {
	if c.as == asJSON {
		return ""
	}
	if c.safe() {
		return localPath(c.query().text("back"), "")
	}
	o, err := c.object()
	if err != nil {
		return ""
	}
	return localPath(o.text("back"), "")
}

// answered returns the question that led to a suggested change, to show its new answer; "" if the change came from
// elsewhere.
func (c *call) answered() string {
	back := c.cameFrom()
	if u, err := url.Parse(back); err != nil || !u.Query().Has("action") || !u.Query().Has("resource_type") {
		return ""
	}
	return back + "#verdict"
}

// undoOf returns the id of the entry that the message about a change offers to undo, "" if nothing changed.
func undoOf(done org.Receipt) string {
	if done.Entry == uuid.Nil {
		return ""
	}
	return done.Entry.String()
}
