package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views"
	"rolecall.example/views/ui"
)

// page is a page as HTML: what its frame shows of it, its body, and the part of it that htmx swaps in.
type page struct {
	title    string
	active   string // the item of the navigation that the page belongs to
	crumbs   []views.Crumb
	notice   string // what was done, shown on this page
	script   string // one that only this page needs
	referrer bool   // a form on it tells the origin, whatever the header says
	passkeys bool   // a form on it takes passkeys
	bare     bool   // the body is the whole page, without a frame
	body     templ.Component
	fragment templ.Component // the body if nil
}

// show is the HTML of a page that is at hand.
func show(p page) func() (page, error) {
	return func() (page, error) { return p, nil }
}

const typeHTML = "text/html; charset=utf-8"

// sendFragment sends what htmx swaps in, with the message about what was done.
func (c *call) sendFragment(r reply) error {
	_, body, err := c.render(r)
	if err != nil {
		return err
	}
	if api := c.api(r.status); api != nil && api.CLI != "" { // a list or an answer, not a form
		err = views.APIMenu(*api).Render(c.rendering(), body)
	}
	if err == nil && r.next.message != "" {
		toast := views.Flash{Message: r.next.message, Undo: r.next.undo, Batch: r.next.batch, Then: r.next.then, Back: currentPage(c.request())}
		err = views.Toast(toast).Render(c.rendering(), body)
	}
	if err != nil {
		return err
	}
	return c.send(htmlStatus(r.status), typeHTML, body.Bytes())
}

// sendPage sends a page in its frame.
func (s *Server) sendPage(c *call, r reply) error {
	p, body, err := c.render(r)
	if err != nil {
		return err
	}
	shown, err := s.stateShown(c, r.status)
	if err != nil {
		return err
	}
	frame := views.Frame{
		Title:  p.title,
		Nav:    s.navigation(c),
		Active: p.active,
		Theme:  c.theme(),
		Flash:  c.takeFlash(),
		Crumbs: p.crumbs,
		API:    c.api(r.status),
		Back:   localPath(c.here(), views.HomeURL),
		Now:    c.now(),

		Evidence:    shown,
		Failed:      r.status >= http.StatusBadRequest,
		OfSite:      c.aboutSite(),
		NoShortcuts: !c.shortcuts(),
		Bare:        p.bare,
		Script:      p.script,
		Referrer:    p.referrer,
		Passkeys:    p.passkeys,
	}
	if p.notice != "" {
		frame.Flash = &views.Flash{Message: p.notice}
	}
	var whole bytes.Buffer
	if err := views.Page(frame, rendered(body.Bytes())).Render(c.rendering(), &whole); err != nil {
		return err
	}
	return c.send(htmlStatus(r.status), typeHTML, whole.Bytes())
}

// render makes the HTML of a reply: the fragment or the body of the page. When a refused form cannot be shown again, the
// refusal is the error.
func (c *call) render(r reply) (p page, html *bytes.Buffer, err error) {
	began := c.catalog()
	p, err = r.html()
	if !c.reads() && c.catalog() != began { // parts of it may be of one catalog and parts of another
		p, err = r.html()
	}
	if err != nil {
		if r.refused != nil {
			err = r.refused
		}
		return p, nil, err
	}
	component := p.body
	if c.as == asFragment && p.fragment != nil {
		component = p.fragment
	}
	html = &bytes.Buffer{}
	return p, html, component.Render(c.rendering(), html)
}

// rendered is a component that has been rendered already: whether it can be must be known before the frame is fetched.
func rendered(html []byte) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := w.Write(html)
		return err
	})
}

// rendering is the context of components. They are made in memory, and a page that reports that the time is up is made
// after its time is up. They write times in the zone of the reader.
func (c *call) rendering() context.Context {
	return ui.InZone(context.WithoutCancel(c.ctx), c.zone())
}

// aboutSite reports whether a page belongs to no organization.
func (c *call) aboutSite() bool { return c.ofSite() && c.values.Get("organization") == "" }

// errMovedOn has a page that is to be printed made anew: it may have parts of two states.
var errMovedOn = errors.New("the state moved on while the page was made")

// stateShown is the state that a page shows: the one before it was made, if nothing was written until it was. A page is put
// together from several readings, and this holds for all of them. One that is to be printed is made anew a few times until it holds.
func (s *Server) stateShown(c *call, status int) (org.Evidence, error) {
	switch {
	case status >= http.StatusBadRequest:
		return org.Evidence{}, nil
	case c.state.Head == "" || s.evidence(c) == c.state:
		return c.state, nil
	case c.query().prints() && c.runs <= maxMoved:
		return org.Evidence{}, errMovedOn
	}
	return org.Evidence{Mixed: true}, nil
}

// evidence is the state of what a page is about now, zero when it can't be told: as in navigation.
func (s *Server) evidence(c *call) org.Evidence {
	if c.actor == nil {
		return org.Evidence{}
	}
	organization := ""
	if !c.aboutSite() {
		organization = c.lookingAt()
	}
	e, err := s.tenant.Evidence(c.ctx, c.actor, organization)
	if err != nil {
		s.logFailure(c, err)
	}
	return e
}

// navigation loads the content of the frame, nil when that fails: a page that reports a failure must not fail for its
// frame.
func (s *Server) navigation(c *call) *org.Navigation {
	if c.route == unmatched {
		_ = s.authenticate(c) // strangers may learn too that there is nothing here
	}
	if c.actor == nil {
		return nil
	}
	nav, err := s.tenant.Navigation(c.ctx, c.actor, c.lookingAt())
	if err != nil {
		s.logFailure(c, err)
		return nil
	}
	if nav.Current == nil {
		return &nav
	}
	c.rememberOrganization(nav.Current.Name)
	if nav.CanReadMembers && nav.CanReadRoles {
		if nav.Findings, err = s.insight.Findings(c.ctx, c.actor, nav.Current); err != nil {
			s.logFailure(c, err)
		}
	}
	return &nav
}

// htmlStatus is the status of a page or fragment: htmx swaps nothing in for 204, and a page has no use for 201.
func htmlStatus(status int) int {
	if status < http.StatusBadRequest {
		return http.StatusOK
	}
	return status
}

// withoutAnchor takes the fragment off a URL.
func withoutAnchor(url string) string {
	url, _, _ = strings.Cut(url, "#")
	return url
}

// catalog is the one that the words of pages come from: that by which the rights of the caller are meant. A stranger's page has
// no word that would be worth a look at which one is in force.
func (c *call) catalog() *rbac.Catalog {
	if c.actor != nil && c.actor.Catalog != nil {
		return c.actor.Catalog
	}
	return c.server.account.CatalogAtHand()
}
