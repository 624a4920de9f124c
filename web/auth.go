package web

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/alexedwards/scs/v2"
	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/views"
	"rolecall.example/web/oidc"
)

// The keys in a session: the id of its account, and whether it began with a second factor.
const (
	sessionUser   = "user"
	sessionFactor = "factor"
)

// newSessions sets up browser sessions. They end a fixed time after sign-in: with an idle timeout every page would
// write to the database. scs's own middleware is not used, since it commits at the first byte of any answer; a session
// changes only in signIn and signOut, and they write its cookie themselves.
func newSessions(o Options) *scs.SessionManager {
	m := scs.New()
	m.Store = o.Sessions
	m.Lifetime = o.SessionLifetime
	m.HashTokenInStore = true
	m.Cookie.Name = cookieName("rolecall", o.Secure)
	m.Cookie.Secure = o.Secure
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Path = "/"
	return m
}

// cookieName adds the prefix that keeps other hosts and plain HTTP from setting a cookie, where browsers allow that.
func cookieName(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

// admit authenticates the caller where the route needs it, and limits its rate. A refused caller counts like any other.
func (s *Server) admit(c *call) (answered bool, err error) {
	var stranger error
	switch c.route.Access {
	case SignedIn:
		stranger = s.authenticate(c)
	case Directory:
		stranger = s.authenticateDirectory(c)
	case Public:
	}
	if stranger == nil && c.actor != nil {
		stranger = s.reaches(c)
	}
	return false, cmp.Or(s.limit(c), stranger)
}

// authenticate identifies the caller by the token of the request, or else by its session.
func (s *Server) authenticate(c *call) error {
	if c.inProcess != nil {
		c.actor = c.inProcess.WithRequest(c.origin())
		if c.actor.Operator { // by the catalog that was read last, or a read that begins again would begin again forever
			now := s.account.Operator()
			c.actor.Grants, c.actor.Catalog = now.Grants, now.Catalog
		}
		return nil
	}
	switch tokens := tokensOf(c.request()); {
	case len(tokens) > 1:
		return errTwoTokens
	case len(tokens) == 1:
		subject, err := s.account.TokenSubject(c.ctx, c.origin(), tokens[0])
		if c.actor = subject; err == nil {
			s.warnOfEnd(c)
		}
		return err
	}
	if c.authZEN { // a browser sends its cookie with requests that others made it send
		return org.SignedOut()
	}
	if err := s.loadSession(c); err != nil {
		return err
	}
	id, err := uuid.Parse(s.sessions.GetString(c.ctx, sessionUser))
	if err != nil {
		return org.SignedOut()
	}
	subject, err := s.account.SessionSubject(c.ctx, c.origin(), id, storedToken(s.sessions.Token(c.ctx)))
	if err == nil {
		c.actor, c.session = subject, true
	}
	return err
}

// reaches refuses a route that the token or the session of the request does not reach. A page combines much that no
// single permission covers, so tokens with limits get no pages.
func (s *Server) reaches(c *call) error {
	switch limits := c.actor.Limits(); {
	case s.mustShowFactor(c):
		return errFactorNeeded
	case limits.Decides && !c.route.Offers(MayAsk):
		return errMayOnlyAsk
	case limits.Decides, !limits.Any(), c.route.Offers(Scoped) && (c.as == asJSON || c.csv):
		return nil
	}
	return errLimited
}

// errLimited refuses a token with limits on a route that does not ask the engine.
var errLimited = &org.Error{
	Kind:    org.Forbidden,
	Message: "This token has limits.",
	Detail:  "It reaches what a permission stands for, as JSON or CSV. No permission stands for this.",
}

// errMayOnlyAsk refuses a token with the scope rolecall:decide.
var errMayOnlyAsk = &org.Error{
	Kind:    org.Forbidden,
	Message: "This token may only ask.",
	Detail:  "Its scope is " + org.ScopeDecide + ": it reaches the endpoints that decide, and no other.",
}

// errTwoTokens refuses a request that a proxy and this server could take for two different callers.
var errTwoTokens = &org.Error{
	Kind:    org.Unauthenticated,
	Message: org.SignedOut().Message,
	Detail:  "The request has more than one token. Send one, in one header.",
}

// tokensOf returns the API tokens in the headers of a request; more than one means that it is unclear which one counts.
// Tokens in cookies, URLs and bodies are ignored: those leak.
func tokensOf(r *http.Request) (tokens []string) {
	own, bearer := r.Header["Coder-Session-Token"], r.Header["Authorization"]
	for _, token := range own {
		if token != "" || len(own) > 1 {
			tokens = append(tokens, token)
		}
	}
	for _, value := range bearer {
		scheme, token, _ := strings.Cut(value, " ")
		token = strings.TrimSpace(token)
		if strings.EqualFold(scheme, "Bearer") && token != "" || len(bearer) > 1 {
			tokens = append(tokens, token)
		}
	}
	if len(own) == 1 && len(bearer) == 1 {
		tokens = slices.Compact(tokens) // the same token in both headers
	}
	return tokens
}

// loadSession puts the session of the request's cookie into c.ctx, or an empty one if there is none.
func (s *Server) loadSession(c *call) error {
	ctx, err := s.sessions.Load(c.ctx, c.cookie(s.sessions.Cookie.Name))
	if err == nil {
		c.ctx = ctx
	}
	return err
}

// storedToken returns a session's token in its stored form, because of HashTokenInStore.
func storedToken(token string) string {
	hash := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(hash[:])
}

// signIn starts a session for the account that a use case lets in. The session gets a new token, in case the cookie of the
// request was planted. factor says whether it began with a second factor.
func (s *Server) signIn(c *call, factor bool, letIn func(org.BeginSession) error) error {
	if err := s.loadSession(c); err != nil {
		return err
	}
	replaced := storedToken(s.sessions.Token(c.ctx))
	var token string
	var account uuid.UUID
	var expiry time.Time
	err := letIn(func(_ context.Context, user uuid.UUID) (n org.NewSession, err error) {
		account = user
		n.Replaces = replaced
		m := *s.sessions
		m.Store = newSession{&n}
		if err := m.Clear(c.ctx); err != nil {
			return n, err
		}
		if err := m.RenewToken(c.ctx); err != nil {
			return n, err
		}
		m.Put(c.ctx, sessionUser, user.String())
		if factor {
			m.Put(c.ctx, sessionFactor, true)
		}
		token, expiry, err = m.Commit(c.ctx)
		return n, err
	})
	if err == nil {
		c.began = &signedIn{account, token}
		s.writeSession(c, token, expiry)
		c.setCookie(s.accountCookie(), account.String(), s.SessionLifetime+accountFor, true)
	}
	return err
}

// newSession is a store that keeps what the session manager would store, so that the use case can store it.
type newSession struct{ *org.NewSession }

// Find implements scs.Store.
func (n newSession) Find(string) ([]byte, bool, error) { return nil, false, nil }

// Commit implements scs.Store.
func (n newSession) Commit(token string, data []byte, expiry time.Time) error {
	n.Token, n.Data, n.ExpiresAt = token, data, expiry
	return nil
}

// Delete implements scs.Store. The use case ends the session that is replaced.
func (n newSession) Delete(string) error { return nil }

// signOut ends the token or the session of the request.
func (s *Server) signOut(c *call) error {
	err := s.account.Logout(c.ctx, c.actor)
	s.repeats.forget(c.actor.ID())
	if err == nil && c.session {
		s.writeSession(c, "", time.Time{})
		c.setCookie(s.accountCookie(), "", -time.Second, true)
	}
	return err
}

// writeSession sets the session's cookie, or deletes it for a token of "".
func (s *Server) writeSession(c *call, token string, expiry time.Time) {
	s.sessions.WriteSessionCookie(c.ctx, c.response(), token, expiry)
	c.header("Cache-Control", "no-store") // scs has added its own
}

// toLogin leads a signed-out caller to the sign-in page, which leads back afterwards, and says so if the caller was
// about to save something. A form sent without script is kept.
func (c *call) toLogin() reply {
	q := url.Values{}
	back := sentFrom(c.request())
	if c.as == asPage && c.safe() {
		back = localPath(c.here(), "")
	}
	if back != "" && back != views.HomeURL {
		q.Set("next", back)
	}
	if !c.safe() && c.route.Path != views.LogoutURL {
		q.Set("ended", "1")
		if kept := c.server.keepForm(c, back); kept != "" {
			p := c.server.loginPage(c, views.Login{Next: back, Ended: true, Kept: kept})
			return reply{status: http.StatusUnauthorized, html: show(p), noStore: true}
		}
	}
	login := views.LoginURL
	if len(q) > 0 {
		login += "?" + q.Encode()
	}
	return reply{status: http.StatusUnauthorized, next: to(login, "")}
}

// hasUsers reports whether setup is done. Until it is, each call asks the database.
func (s *Server) hasUsers(ctx context.Context) (bool, error) {
	if s.setUp.Load() {
		return true, nil
	}
	has, err := s.account.HasUsers(ctx)
	if has && err == nil {
		s.setUp.Store(true)
	}
	return has && err == nil, err
}

// localPath returns where if that is a page of this server, else fallback. It refuses anything that a browser or a careless
// reader could take for another host, and the pages to sign in and out.
func localPath(where, fallback string) string {
	u, err := url.Parse(where)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || !strings.HasPrefix(where, "/") || strings.HasPrefix(where, "//") {
		return fallback
	}
	if strings.Contains(u.Path, "//") || strings.ContainsFunc(u.Path, misleading) || strings.ContainsFunc(u.RawQuery, misleading) {
		return fallback
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment == "." || segment == ".." {
			return fallback
		}
	}
	switch strings.TrimSuffix(u.Path, "/") {
	case views.LoginURL, views.LogoutURL, views.SetupURL, views.ThemeURL:
		return fallback
	}
	if strings.HasPrefix(u.Path, views.LoginURL+"/") || u.Path == oidc.CoderCallback {
		return fallback
	}
	clean := url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}
	return clean.RequestURI()
}

// misleading reports whether browsers drop or change a character of a URL, as they turn \ into a slash.
func misleading(r rune) bool { return r == '\\' || unicode.IsControl(r) }
