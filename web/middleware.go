package web

import (
	"cmp"
	"errors"
	"log/slog"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"rolecall.example/org"
	"rolecall.example/org/insight"
)

// The outer chain, from the outside in: observe, otherOrigins, plainPath, overrideMethod. After Echo's router comes the
// chain of the route, which is made of steps (see router and chain).

// step makes middleware from a step of a route's chain: a check that refuses the request, answers it, or lets it
// continue.
func step(check func(*call) (answered bool, err error)) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(ec echo.Context) error {
			if answered, err := check(callOf(ec)); answered || err != nil {
				return err
			}
			return next(ec)
		}
	}
}

const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"

// begin makes the call of a request and sets the headers of every answer.
func (s *Server) begin(ec echo.Context) *call {
	r := ec.Request()
	c := &call{echo: ec, server: s, route: unmatched, ip: ec.RealIP()}
	if c.id, c.traceparent = s.trace(r); c.id == "" {
		c.id = uuid.NewString()
	}
	c.values, c.queryErr = url.ParseQuery(r.URL.RawQuery)
	c.as, c.csv = negotiate(r.Header, c.values)
	if c.scim = scimPath.MatchString(r.URL.Path); c.scim {
		c.as = asJSON
	}
	c.ctx = r.Context()
	ec.Set(callKey, c)

	h := c.response().Header()
	maps.Copy(h, s.headers) // their values are never changed in place
	h["X-Request-Id"] = []string{c.id}
	return c
}

// headers returns the headers that every answer has, except the request id.
func (o *Options) headers() http.Header {
	h := http.Header{}
	h.Set("X-Coder-Build-Version", o.apiVersion())
	h.Set("Rolecall-Version", o.Version)
	h.Set("Vary", varyOn)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Robots-Tag", "noindex")
	if o.Secure {
		hsts := "max-age=31536000"
		if !o.HSTSHostOnly {
			hsts += "; includeSubDomains"
		}
		h.Set("Strict-Transport-Security", hsts)
	}
	return h
}

// userAgent returns the client's name for itself, short enough to be kept for a long time.
func userAgent(r *http.Request) string {
	name := r.UserAgent()
	return strings.ToValidUTF8(name[:min(len(name), 256)], "")
}

// observe wraps everything: it answers failures, including panics, and writes the log line.
func (s *Server) observe(caller *org.Actor) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(ec echo.Context) error {
			start := time.Now()
			c := s.begin(ec)
			c.inProcess = caller
			defer func() { s.logRequest(c, time.Since(start)) }()
			defer c.settle()
			defer c.limitTime()()
			if err := guarded(func() error { return next(ec) }); err != nil {
				ec.Error(err)
			}
			return nil
		}
	}
}

// guarded turns a panic into an error.
func guarded(fn func() error) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if v == http.ErrAbortHandler { //nolint:errorlint // net/http compares this value too
			panic(v)
		}
		err = &panicError{value: v, stack: debug.Stack()}
	}()
	return fn()
}

// conclude is Echo's error handler: it answers a request that failed. If part of an answer has been sent, it cuts the
// connection, so that the client does not take that part for the whole.
func (s *Server) conclude(err error, ec echo.Context) {
	c := callOf(ec)
	if errors.Is(err, errClientGone) {
		return
	}
	if c.response().Committed {
		s.logFailure(c, err)
		panic(http.ErrAbortHandler)
	}
	for _, set := range []string{"Content-Type", "Content-Encoding", "Content-Length", "ETag"} {
		c.response().Header().Del(set)
	}
	c.copy = nil // a failure must not be kept as an answer
	answer := s.failed(c, err)
	if err := guarded(func() error { return s.respond(c, answer) }); err != nil && !c.response().Committed {
		if c.request().Context().Err() == nil { // otherwise the client is gone, which is not worth a log line
			s.logFailure(c, err)
		}
		http.Error(c.response(), "An internal server error occurred.", http.StatusInternalServerError)
	}
}

// logRequest writes one log line per request and reports it to OnResponse. Paths and queries are left out: people paste
// secrets into them.
func (s *Server) logRequest(c *call, took time.Duration) {
	if s.OnResponse != nil {
		s.OnResponse(Answered{
			Route: c.route.Path, Method: c.request().Method, Status: c.response().Status, Took: took,
			Stream: c.streams(), Enters: c.enters(),
		})
	}
	if c.told != nil {
		c.told(c.response().Status)
	}
	if c.directory != nil {
		s.noteDirectory(c, took)
	}
	if s.OnDecisions != nil && c.route.Offers(Decides) && !c.streams() { // they last for hours
		s.OnDecisions(c.route.Path, c.allowed, c.denied, c.response().Status >= http.StatusBadRequest, took)
	}
	if c.route.Offers(NoAccessLog) && c.response().Status == http.StatusOK {
		return
	}
	attrs := append(make([]slog.Attr, 0, 9),
		slog.String("request_id", c.id),
		slog.String("method", c.request().Method),
		slog.String("route", c.echo.Path()),
		slog.Int("status", c.response().Status),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000), // a number: the same in every format of the log
		slog.Int64("bytes", c.response().Size),
		slog.String("ip", c.ip),
	)
	if c.clientID != "" {
		attrs = append(attrs, slog.String("client_request_id", c.clientID))
	}
	if c.traceparent != "" {
		attrs = append(attrs, slog.String("traceparent", c.traceparent))
	}
	if c.actor != nil {
		attrs = append(attrs, slog.String("user_id", c.actor.ID().String()))
	}
	if c.directory != nil {
		attrs = append(attrs, slog.String("directory_token_id", c.directory.TokenID.String()))
	}
	s.Log.LogAttrs(c.ctx, slog.LevelInfo, "request", attrs...)
}

// otherOrigins controls what pages of other origins can do. It answers a browser's preflight request, and lets such a
// page read the answer to a request with a token. It refuses unsafe requests without a token that a page of another
// site makes a browser send. A token is proof enough, since a browser never adds one by itself.
func (s *Server) otherOrigins(next echo.HandlerFunc) echo.HandlerFunc {
	return func(ec echo.Context) error {
		r := ec.Request()
		asks := r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
		hasToken := len(tokensOf(r)) > 0
		if s.cors != nil && (asks || hasToken) {
			s.cors.HandlerFunc(ec.Response(), r)
			if asks {
				return nil
			}
		}
		if !hasToken && s.sameOrigin.Check(r) != nil {
			return errCrossOrigin
		}
		return next(ec)
	}
}

// plainPath removes the slash at the end of a path: clients of the API add one, and a redirect would lose bodies.
func plainPath(next echo.HandlerFunc) echo.HandlerFunc {
	return func(ec echo.Context) error {
		u := ec.Request().URL
		if !strings.HasPrefix(u.Path, "/") { // CONNECT and OPTIONS * have no path
			return errRoute
		}
		if len(u.Path) > 1 {
			u.Path = strings.TrimSuffix(u.Path, "/")
			u.RawPath = strings.TrimSuffix(u.RawPath, "/")
		}
		return next(ec)
	}
}

// overrideMethod lets forms, which know only GET and POST, name another method in a field. The field is read only from
// the body, since any page can link to a URL with a query, and never with a token, since programs send no forms.
func overrideMethod(next echo.HandlerFunc) echo.HandlerFunc {
	return func(ec echo.Context) error {
		r := ec.Request()
		media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if r.Method != http.MethodPost || media != typeForm && media != typeUpload || len(tokensOf(r)) > 0 {
			return next(ec)
		}
		b := callOf(ec).receive()
		if b.tooLarge && media == typeUpload { // the route reports it
			r.Method = http.MethodPut
		}
		form, err := b.values()
		if method := form["_method"]; err == nil && len(method) == 1 {
			switch method[0] {
			case http.MethodPut, http.MethodPatch, http.MethodDelete:
				r.Method = method[0]
			}
		}
		return next(ec)
	}
}

// answer is the end of a chain: it runs the handler of the route and sends the result.
func (s *Server) answer(ec echo.Context) error {
	c := callOf(ec)
	defer func() { c.under = nil }() // a page about a failure belongs to no version
	err := s.answerOnce(c)
	for range maxMoved {
		if !insight.ReadAgain(err) && !errors.Is(err, errMovedOn) || !c.reads() || c.response().Committed {
			break
		}
		if c.route.Access == SignedIn {
			if err = s.authenticate(c); err != nil {
				break
			}
		}
		if c.copy != nil { // otherwise the answer would be kept as one of the state before
			c.copy = nil
			c.response().Header().Del("ETag")
		}
		err = s.answerOnce(c)
	}
	return err
}

// maxMoved is how often a read starts again because another catalog came into force meanwhile, or a standby failed.
const maxMoved = 5

func (s *Server) answerOnce(c *call) error {
	if c.actor != nil && c.reads() {
		c.under = c.actor.Catalog
	}
	c.runs++
	if c.as == asPage && c.safe() && !c.csv {
		c.state = s.evidence(c)
	}
	r, err := c.route.handle(s, c)
	if err != nil {
		return cmp.Or(c.steady(), err)
	}
	return s.respond(c, r)
}
