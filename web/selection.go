package web

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/tenant"
	"rolecall.example/views"
)

// What the action bar of a list does besides the actions of org. Neither changes anything.
const (
	actionShow   = "show"   // shows the selection on a page
	actionExport = "export" // sends it as a file
)

var selectionRoutes = []Route{
	{http.MethodPost, pathMembers + "/selection", SignedIn, Page | Body, "go on with what is selected", (*Server).keepSelection},
	{http.MethodPost, views.UsersSelectionPath, SignedIn, API | Page | DryRun | Body | Scoped, "suspend, activate or delete many users", (*Server).changeUsers},
	{http.MethodPost, "/audit/{id}/undo/batch", SignedIn, API | Page | Scoped, "undo a change of many members", (*Server).undoBatch},
}

// keepSelection shows another page of the list and keeps the selection: without script a page only knows its own boxes.
// The form contains the rest, so each window has its own selection and nothing is stored.
func (s *Server) keepSelection(c *call) (reply, error) {
	if _, err := s.tenant.Organization(c.ctx, c.actor, c.organization()); err != nil {
		return reply{}, err
	}
	in, err := c.bulkInput(readSelection).Read()
	if err != nil {
		return reply{}, err
	}
	f, err := c.memberFilter()
	if err != nil {
		return reply{}, err
	}
	return reply{html: func() (page, error) {
		m, err := s.membersView(c, f)
		m.Picked = views.Picked{All: in.Match != nil, Users: in.Users, Except: in.Except}
		return page{title: "Members", active: "members", body: views.MembersPage(m)}, err
	}}, nil
}

// selected returns the members that are selected.
func (s *Server) selected(c *call, in org.Input[org.Bulk]) (r org.BulkResult, err error) {
	if r.Organization, err = s.tenant.Organization(c.ctx, c.actor, c.organization()); err != nil {
		return r, err
	}
	err = s.tenant.EachSelected(c.ctx, c.actor, c.organization(), in, func(m *org.Member) error {
		r.Done = append(r.Done, *m)
		return nil
	})
	return r, err
}

// exportSelection sends the selected members as a file.
func (s *Server) exportSelection(c *call) reply {
	in := c.bulkInput(readSelection)
	return reply{stream: &stream{long: true, contentType: "text/csv; charset=utf-8", file: s.fileName(c, "members", "csv"), write: func(out *sink) error {
		rows := newCSVRows(out)
		if err := s.tenant.EachSelected(c.ctx, c.actor, c.organization(), in, rows.row); err != nil {
			return err
		}
		return rows.end()
	}}}
}

// seen reads the ids of the people that the confirm page listed, nil if the form did not come from it.
func seen(o object) []uuid.UUID {
	text := o.optional("set")
	if text == nil {
		return nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(*text)
	if err != nil || len(raw)%len(uuid.Nil) != 0 || len(raw) > tenant.MaxBulk*len(uuid.Nil) {
		o.addError("set", "must be as the page had it")
		return nil
	}
	ids := make([]uuid.UUID, 0, len(raw)/len(uuid.Nil))
	for piece := range slices.Chunk(raw, len(uuid.Nil)) {
		ids = append(ids, uuid.UUID(piece))
	}
	return ids
}

// takeOut removes the person whom the form wants to leave out from the selection.
func takeOut(o object, p *picked) {
	user, _ := dropped(o)
	switch {
	case user == "":
	case p.all:
		p.except = append(p.except, user)
	default:
		p.users = slices.DeleteFunc(p.users, func(u string) bool { return u == user })
	}
}

// dropped returns the person to leave out, and the person on the line after.
func dropped(o object) (user string, next uuid.UUID) {
	user, after, _ := strings.Cut(o.text("drop"), " ")
	next, err := uuid.Parse(after)
	if err != nil {
		return user, uuid.Nil
	}
	return user, next
}
