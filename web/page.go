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

// page is a page as HTML: its frame's content, its body, and the part of it that htmx swaps in.
type page struct {
	title    string
	active   string // the navigation item that the page belongs to
	crumbs   []views.Crumb
	notice   string // what was done, shown on this page
	script   string // a script that only this page needs
	referrer bool   // a form on it sends the origin, whatever the Referrer-Policy header says
	passkeys bool   // a form on it takes passkeys
	bare     bool   // the body is the whole page, without a frame
	body     templ.Component
	fragment templ.Component // the body if nil
}

// show returns a page that is already made.
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

// sendPage sends a page with its frame.
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

// render makes the HTML of a reply: the fragment or the body of the page. If a refused form cannot be shown again, the
// error is the refusal.
func (c *call) render(r reply) (p page, html *bytes.Buffer, err error) {
	began := c.catalog()
	p, err = r.html()
	if !c.reads() && c.catalog() != began { // its parts may come from different catalogs
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

// rendered returns a component that has been rendered already: the frame is only fetched once it is known that
// rendering works.
func rendered(html []byte) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := w.Write(html)
		return err
	})
}

// rendering returns the context for components. They render in memory, and a page that reports a timeout is made after
// the timeout, so the context has no deadline. It has the zone of the reader for times.
func (c *call) rendering() context.Context {
	return ui.InZone(context.WithoutCancel(c.ctx), c.zone())
}

// aboutSite reports whether a page belongs to no organization.
func (c *call) aboutSite() bool { return c.ofSite() && c.values.Get("organization") == "" }

// errMovedOn makes a page that is to be printed start again: it may have parts of two states.
var errMovedOn = errors.New("the state moved on while the page was made")

// stateShown returns the state that a page shows: the one from before it was made, if nothing was written in the
// meantime. A page is made from several reads, and the state holds for all of them. A page to be printed is made again
// a few times until it does.
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

// evidence returns the current state of what a page is about, zero if it can't be determined, as in navigation.
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

// navigation loads the content of the frame, nil if that fails: a page that reports a failure must not fail because of
// its frame.
func (s *Server) navigation(c *call) *org.Navigation {
	if c.route == unmatched {
		_ = s.authenticate(c) // strangers may also learn that there is nothing here
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

// htmlStatus returns the status of a page or fragment: htmx swaps nothing in for 204, and a page has no use for 201.
func htmlStatus(status int) int {
	if status < http.StatusBadRequest {
		return http.StatusOK
	}
	return status
}

// withoutAnchor removes the fragment from a URL.
func withoutAnchor(url string) string {
	url, _, _ = strings.Cut(url, "#")
	return url
}

// catalog returns the catalog for the words of pages: the one by which the caller's rights were decided. A stranger's
// page has no words that depend on the catalog in force.
func (c *call) catalog() *rbac.Catalog {
	if c.actor != nil && c.actor.Catalog != nil {
		return c.actor.Catalog
	}
	return c.server.account.CatalogAtHand()
}
