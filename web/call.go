package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"rolecall.example/org"
	"rolecall.example/org/directory"
	"rolecall.example/rbac"
)

// call is one request on its way through the server: what is known about it so far.
type call struct {
	echo        echo.Context
	server      *Server
	route       *Route // unmatched until one is found
	as          representation
	csv         bool   // a list is wanted as CSV
	id          string // of the request
	ip          string
	ctx         context.Context   //nolint:containedctx // of one request, replaced as middleware adds to it
	within      string            // the organization that a page without one in its path is narrowed to
	actor       *org.Actor        // nil: signed out, or not asked yet
	traceparent string            // where the request stands in a trace of many services; "" if that is not known
	inProcess   *org.Actor        // the caller of a request that this process makes itself; nil if it comes from elsewhere
	under       *rbac.Catalog     // of a request that only reads: the catalog by which the answer is made; nil if any will do
	directory   *directory.Caller // the directory that sent the request; nil: none, or not known yet
	session     bool              // the actor came with a session, not with a token
	values      url.Values        // of the query
	queryErr    error             // why the query could not be read whole
	body        *body             // nil until received
	told        func(status int)  // see Begin; may be nil
	unlimit     func() bool       // removes the time limit; nil without one
	dry         bool              // a dry run: the answer is what the change would do
	authZEN     bool              // a request of the AuthZEN API: failures are plain text
	scim        bool              // a request below a directory: answers have the form of SCIM
	failure     string            // why it failed, in the words sent to the directory
	clientID    string            // the request id that its client chose; "" if it chose none
	following   bool              // the answer waits for later writes
	copy        *recorder         // of the answer, to be kept; nil if it is not kept
	allowed     int               // how often the answer was yes
	denied      int               // and how often no
	done        *org.Done         // nil until the caller is known
	began       *signedIn         // the session that the request has begun; nil if it has not
	sent        *sent             // the form that this request is the first to send; nil if there is none
	state       org.Evidence      // the state of what a page will show, before any of it was read; zero if it does not say
	runs        int               // how often the handler was begun
}

// unmatched is the route of a request that matches none. It has pages, so that people get one that says so.
var unmatched = &Route{Flags: Page}

const callKey = "call"

func callOf(ec echo.Context) *call { return ec.Get(callKey).(*call) }

func (c *call) request() *http.Request { return c.echo.Request() }

func (c *call) response() *echo.Response { return c.echo.Response() }

// param is a segment of the path, decoded.
func (c *call) param(name string) string {
	raw := c.echo.Param(name)
	if c.request().URL.RawPath == "" {
		return raw // net/url has decoded it
	}
	if v, err := url.PathUnescape(raw); err == nil {
		return v
	}
	return raw
}

// organization returns the organization in the path, as it is spelled there, or the one that a filter names.
func (c *call) organization() string {
	if c.within != "" {
		return c.within
	}
	return c.param("organization")
}

// scope returns the scope of the roles in the path: those of an organization and those of the site have the same
// handlers.
func (c *call) scope() org.Scope { return org.In(c.organization()) }

// ofSite reports whether a path is about the roles of the site.
func (c *call) ofSite() bool { return c.scope().OnSite() }

// user returns the user in the path, as it is spelled there. Routes of any account also serve "me" where that has its
// own pages.
func (c *call) user() string {
	if c.echo.Param("user") == "" && c.route != nil && strings.HasPrefix(c.route.Path, pathUser+"/") {
		return "me"
	}
	return c.param("user")
}

// here returns the path and query of this request.
func (c *call) here() string { return c.request().URL.RequestURI() }

// origin returns what is recorded about this request.
func (c *call) origin() org.Request {
	if c.done == nil {
		c.done = new(org.Done)
	}
	return org.Request{ID: c.id, IP: c.ip, UserAgent: userAgent(c.request()), Done: c.done}
}

// tellRevision sends the revision that a change has produced: checks that name it get no older answers.
func (c *call) tellRevision() {
	if c.done == nil || c.done.Revision == 0 || c.safe() {
		return
	}
	scope := "site"
	if c.done.Organization != uuid.Nil {
		scope = c.done.Organization.String()
	}
	c.header("X-Rolecall-Revision", scope+"@"+strconv.FormatInt(c.done.Revision, 10))
}

// mount returns the prefix of the route's path in this request.
func (c *call) mount() string {
	if strings.HasPrefix(c.request().URL.Path, apiPrefix+"/") {
		return apiPrefix
	}
	return ""
}

// decided notes what a handler decided, for the metrics.
func (c *call) decided(allowed, denied int) {
	c.allowed += allowed
	c.denied += denied
}

// header sets a header of the answer.
func (c *call) header(name, value string) { c.response().Header().Set(name, value) }

// tell reports that a route begins to answer a request. Probes are left out: several come each second.
func (c *call) tell() echo.Context {
	if begin := c.server.Begin; begin != nil && !c.route.Offers(NoAccessLog) {
		c.ctx, c.told = begin(c.ctx, c.request().Method, c.route.Path, c.traceparent)
	}
	return c.echo
}

// safe reports whether the request only reads.
func (c *call) safe() bool {
	return c.request().Method == http.MethodGet || c.request().Method == http.MethodHead
}

// reads reports whether the request changes nothing, so that it may be answered again from the beginning.
func (c *call) reads() bool { return c.safe() || c.route.Offers(Decides) }

// streams reports whether the answer goes on for as long as the client likes.
func (c *call) streams() bool { return c.following || c.route.Path == pathChanges }

// steady refuses an answer whose parts were read under different catalogs.
func (c *call) steady() error {
	if c.under != nil && c.actor.Catalog.Version() != c.under.Version() {
		return org.ErrCatalogMoved
	}
	return nil
}

// wellFormed reports whether every parameter is one whole segment: Echo lets the last one of a path run over slashes.
func (c *call) wellFormed() bool {
	for _, name := range c.echo.ParamNames() {
		if v := c.echo.Param(name); name != "*" && (v == "" || strings.Contains(v, "/")) {
			return false
		}
	}
	return true
}
