package web

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"
	"github.com/andybalholm/brotli"

	"rolecall.example/org"
	"rolecall.example/views"
)

// reply is an answer before its form is chosen. A handler fills in what its endpoint has; nothing is rendered, and no
// view is fetched, unless the client asked for that form.
type reply struct {
	status int // of the JSON answer, 200 if 0; pages and fragments share it when it tells a failure

	data   any               // the JSON answer; nil with a status of 204 or when the endpoint is a page only
	stream func(*sink) error // the JSON or CSV answer of a list, row by row
	long   bool              // it may be too long to hold

	file        string // the name under which a browser keeps what is streamed; it is sent whatever form was asked for
	contentType string // of what is streamed, if it is neither JSON nor CSV as usual

	page     view // the body of the page
	fragment view // what htmx gets; the body of the page if nil
	title    string
	active   string // the item of the navigation that this page belongs to
	crumbs   []views.Crumb
	next     string // where a page leads instead of being shown
	flash    string // what was done, said on the page that comes next, or with the fragment
	notice   string // what was done, said on this page
	undo     string // id of the audit entry that the message offers to undo

	tag     string       // of the state of what is shown, for If-Match; "" if it has none
	secret  bool         // nobody may keep a copy of the answer
	raw     http.Handler // writes the answer itself: files
	ready   *answer      // as it was sent before
	refused *org.Error   // the form is shown again because of this
}

// view makes a component, fetching what only that component needs.
type view func() (templ.Component, error)

// show is the view of a component that needs nothing more.
func show(c templ.Component) view {
	return func() (templ.Component, error) { return c, nil }
}

// part is what a page shows besides what it is about. It is left out if the caller may not see it; any other error is one
// of the page, which would look whole without it.
func part[T any](v T, err error) (T, error) {
	if err != nil {
		var none T
		if kind := org.KindOf(err); kind != org.Forbidden && kind != org.NotFound {
			return none, err
		}
		return none, nil
	}
	return v, nil
}

// respond gives r in the form that the client asked for, or else in the form that it has.
func (s *Server) respond(c *call, r reply) error {
	if r.secret {
		c.header("Cache-Control", "no-store")
	}
	asJSON := c.form == formJSON && (r.data != nil || r.status == http.StatusNoContent)
	switch {
	case r.raw != nil:
		r.raw.ServeHTTP(c.response(), c.request())
		return nil
	case r.ready != nil:
		return c.write(r.status, r.ready)
	case r.stream != nil && (c.form == formJSON || c.csv || r.file != ""):
		return s.stream(c, r)
	case asJSON || r.page == nil && r.fragment == nil && r.next == "":
		return c.sendJSON(r)
	case c.form == formFragment:
		return s.sendFragment(c, r)
	case r.next != "":
		c.setFlash(r.flash, r.undo)
		return c.redirect(r)
	default:
		return s.sendPage(c, r)
	}
}

func (c *call) sendJSON(r reply) error {
	if r.tag != "" {
		c.header("ETag", `"`+r.tag+`"`)
	}
	if r.data == nil {
		return c.send(r.status, "", nil)
	}
	body, err := json.Marshal(r.data)
	if err != nil {
		return err
	}
	return c.send(r.status, typeJSONOut, append(body, '\n'))
}

// sendFragment sends what htmx swaps in. Where there is nothing to swap, it is told to go on to the next page.
func (s *Server) sendFragment(c *call, r reply) error {
	if r.fragment == nil && r.next != "" {
		c.setFlash(r.flash, r.undo)
		c.header(headerRedirect, r.next)
		return c.send(shown(r.status), "", nil)
	}
	fragment := r.fragment
	if fragment == nil {
		fragment = r.page
	}
	body, err := c.render(r, fragment)
	if api := c.api(r.status); err == nil && api != nil && api.CLI != "" { // a list or an answer, not a form
		err = views.APIMenu(*api).Render(c.rendering(), body)
	}
	if err == nil && r.flash != "" {
		err = views.Toast(views.Flash{Message: r.flash, Undo: r.undo, Back: currentPage(c.request())}).Render(c.rendering(), body)
	}
	if err != nil {
		return err
	}
	return c.send(shown(r.status), "text/html; charset=utf-8", body.Bytes())
}

func (s *Server) sendPage(c *call, r reply) error {
	body, err := c.render(r, r.page)
	if err != nil {
		return err
	}
	shell := views.Frame{
		Title:  r.title,
		Nav:    s.navigation(c),
		Active: r.active,
		Theme:  c.theme(),
		Flash:  c.takeFlash(),
		Crumbs: r.crumbs,
		API:    c.api(r.status),
		Back:   localPath(c.here(), views.HomeURL),

		OfSite:      c.ofSite() && c.request().URL.Query().Get("organization") == "",
		NoShortcuts: !c.shortcuts(),
	}
	if r.notice != "" {
		shell.Flash = &views.Flash{Message: r.notice}
	}
	var page bytes.Buffer
	if err := views.Page(shell, written(body.Bytes())).Render(c.rendering(), &page); err != nil {
		return err
	}
	return c.send(shown(r.status), "text/html; charset=utf-8", page.Bytes())
}

// written is a component that has been rendered already: it must be known to have worked before the frame is fetched.
func written(html []byte) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := w.Write(html)
		return err
	})
}

// rendering is the context of components. They are made in memory, and a page that tells that the time is up must be made
// after its time is up.
func (c *call) rendering() context.Context { return context.WithoutCancel(c.ctx) }

// render makes the component of a view. When a refused form cannot be shown again, the refusal counts.
func (c *call) render(r reply, v view) (*bytes.Buffer, error) {
	component, err := v()
	if err != nil {
		if r.refused != nil {
			return nil, r.refused
		}
		return nil, err
	}
	var b bytes.Buffer
	return &b, component.Render(c.rendering(), &b)
}

// navigation is the frame's content, nil when it cannot be had: a page that tells a failure must not fail for its frame.
func (s *Server) navigation(c *call) *org.Navigation {
	if c.route == unmatched {
		_ = s.authenticate(c) // nobody needs to be signed in to learn that there is nothing here
	}
	if c.subject == nil {
		return nil
	}
	nav, err := s.org.Navigation(c.ctx, c.subject, c.lookingAt())
	if err != nil {
		s.logFailure(c, err)
		return nil
	}
	if nav.Current != nil {
		c.rememberOrganization(nav.Current.Name)
	}
	return &nav
}

// shown is the status of a page or fragment: htmx swaps nothing in for 204, and a page has no use for 201.
func shown(status int) int {
	if status < http.StatusBadRequest {
		return http.StatusOK
	}
	return status
}

// redirect leads on to the next page. Script is told where that is, since its request would follow by itself and use up
// the message for that page; without the fragment, which would only scroll the page that is there.
func (c *call) redirect(r reply) error {
	if c.scripted() {
		page, _, _ := strings.Cut(r.next, "#")
		c.header(headerRedirect, page)
		return c.send(shown(r.status), "", nil)
	}
	c.header("Location", r.next)
	return c.send(http.StatusSeeOther, "", nil)
}

// send writes a complete answer, compressed if the client reads that.
func (c *call) send(status int, contentType string, body []byte) error {
	a := &answer{contentType: contentType, body: body}
	if c.response().Header().Get("Cache-Control") != "no-store" { // of an answer with a secret the length would tell something
		a.compress(c.coding())
	}
	if cmp.Or(status, http.StatusOK) == http.StatusOK {
		c.copy.whole(a)
	}
	return c.write(status, a)
}

// write writes an answer as it is.
func (c *call) write(status int, a *answer) error {
	status = cmp.Or(status, http.StatusOK)
	c.keepSent(status, a)
	if status == http.StatusNotModified {
		c.response().WriteHeader(status)
		return nil
	}
	if a.contentType != "" {
		c.header("Content-Type", a.contentType)
	}
	if a.varies {
		c.response().Header().Add("Vary", "Accept-Encoding")
	}
	if a.coding != "" {
		c.header("Content-Encoding", a.coding)
	}
	if status != http.StatusNoContent {
		c.header("Content-Length", strconv.Itoa(len(a.body)))
	}
	c.response().WriteHeader(status)
	if _, err := c.response().Write(a.body); err != nil {
		return errClientGone
	}
	return nil
}

// errClientGone says that the answer could not be delivered. Nobody is left to be told.
var errClientGone = errors.New("the client went away")

// worthCompressing is the size from which the fewer bytes outweigh the header and the work.
const worthCompressing = 1 << 10

// compressors by coding, the better one first. At level 6 brotli takes about as long as gzip and gives a tenth less; the
// next one takes twice as long.
var compressors = []struct {
	coding string
	pool   *sync.Pool
}{
	{"br", &sync.Pool{New: func() any { return brotli.NewWriterLevel(nil, 6) }}},
	{"gzip", &sync.Pool{New: func() any {
		w, _ := gzip.NewWriterLevel(nil, 5) // the level is valid
		return w
	}}},
}

type compressor interface {
	io.WriteCloser
	Reset(io.Writer)
}

// coding is the best of ours that the client reads, "" if it reads none.
func (c *call) coding() string {
	for _, z := range compressors {
		if accepts(c.request().Header.Get("Accept-Encoding"), z.coding) {
			return z.coding
		}
	}
	return ""
}

// compress makes an answer smaller where that is worth it.
func (a *answer) compress(coding string) {
	if a.varies = len(a.body) >= worthCompressing; !a.varies {
		return
	}
	for _, z := range compressors {
		if z.coding != coding {
			continue
		}
		var b bytes.Buffer
		w := z.pool.Get().(compressor)
		defer z.pool.Put(w)
		w.Reset(&b)
		_, _ = w.Write(a.body) // a buffer takes everything
		_ = w.Close()
		a.body, a.coding = b.Bytes(), coding
	}
}

// accepts reads an Accept-Encoding header.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if name, params, _ := strings.Cut(part, ";"); strings.EqualFold(strings.TrimSpace(name), coding) {
			return weight(params) > 0
		}
	}
	return false
}
