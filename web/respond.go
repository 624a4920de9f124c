package web

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"rolecall.example/org"
	"rolecall.example/views"
)

// reply is an answer before its representation is chosen. A handler fills in the representations that its route has.
// Nothing is rendered, and nothing is fetched for HTML, unless the client asked for it.
type reply struct {
	status  int                  // of the JSON answer, 200 if 0; pages and fragments have the same if it reports a failure
	made    string               // path of what a JSON answer with status 201 made
	json    any                  // nil with a status of 204, or when the route has pages only
	events  *events              // changes, as they happen
	live    func() error         // sends itself, whatever representation was asked for
	stream  *stream              // a list row by row, as JSON, CSV or a file
	html    func() (page, error) // makes the page or the fragment
	next    destination          // where a page leads instead of being shown
	version string               // of the state that is shown, for If-Match; "" if it has none
	noStore bool                 // the answer holds a secret: no cache may keep it, and no database
	refused *org.Error           // the form is shown again because of this
	plain   string               // a text instead of all of these
}

// destination is the page that follows a change, with the message that it shows.
type destination struct {
	url     string
	message string // what was done; a fragment shows it at once
	undo    string // id of the audit entry that the message offers to undo
	batch   bool   // with everything else that the request did
	then    views.Then
}

// to is the destination of a change that cannot be undone.
func to(url, message string) destination { return destination{url: url, message: message} }

// part returns what a page shows besides its subject. It is left out if the caller may not see it; any other error
// fails the page, which would otherwise look complete.
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

// respond sends r in the representation that the client asked for, or else in the one that exists.
func (s *Server) respond(c *call, r reply) error {
	if r.noStore {
		c.header("Cache-Control", "no-store")
	}
	c.tellRevision()
	hasJSON := r.json != nil || r.status == http.StatusNoContent
	switch {
	case r.events != nil:
		return r.events.send(c)
	case r.live != nil:
		return r.live()
	case r.plain != "":
		return c.send(r.status, "text/plain; charset=utf-8", []byte(r.plain+"\n"))
	case r.stream != nil && (c.as == asJSON || c.csv || r.stream.file != ""):
		return s.sendStream(c, r.stream)
	case c.as == asJSON && hasJSON || r.html == nil && r.next.url == "":
		return c.sendJSON(r)
	case c.as == asFragment && r.html != nil:
		return c.sendFragment(r)
	case r.next.url != "":
		return c.redirect(r.status, r.next)
	default:
		return s.sendPage(c, r)
	}
}

func (c *call) sendJSON(r reply) error {
	if r.version != "" {
		c.header("ETag", `"`+r.version+`"`)
	}
	if r.made != "" {
		c.header("Location", c.mount()+r.made)
	}
	if r.json == nil {
		return c.send(r.status, "", nil)
	}
	body, encoded := r.json.(json.RawMessage)
	if !encoded {
		var err error
		if body, err = json.Marshal(r.json); err != nil {
			return err
		}
	}
	media := typeJSONOut
	switch {
	case c.authZEN:
		media = typeJSON
	case c.scim:
		media = typeSCIM
	}
	return c.send(r.status, media, append(body, '\n'))
}

// redirect leads to the next page. For script the URL is in a header: its request would follow a redirect by itself and
// use up the message for that page.
func (c *call) redirect(status int, next destination) error {
	c.setFlash(next)
	switch {
	case c.as == asFragment:
		c.header(headerRedirect, next.url)
	case c.scripted():
		c.header(headerRedirect, withoutAnchor(next.url)) // with it, the browser would only scroll the current page
	default:
		c.header("Location", next.url)
		return c.send(http.StatusSeeOther, "", nil)
	}
	return c.send(htmlStatus(status), "", nil)
}

// send writes a complete answer, compressed if the client accepts that.
func (c *call) send(status int, contentType string, body []byte) error {
	if err := c.steady(); err != nil {
		return err
	}
	a := &answer{contentType: contentType, body: body}
	c.keepSent(cmp.Or(status, http.StatusOK), a)
	level := c.level(len(body))
	a.compress(c.coding(level), level)
	if cmp.Or(status, http.StatusOK) == http.StatusOK {
		c.copy.whole(a)
	}
	return c.write(status, a)
}

// write writes an answer as it is.
func (c *call) write(status int, a *answer) error {
	status = cmp.Or(status, http.StatusOK)
	if status == http.StatusNotModified {
		c.response().WriteHeader(status)
		return nil
	}
	if a.contentType != "" {
		c.header("Content-Type", a.contentType)
	}
	if a.link != "" {
		c.header("Link", a.link)
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

// errClientGone reports that the answer could not be delivered: there is no one to send an error to.
var errClientGone = errors.New("the client went away")
