// Package web answers HTTP: it decodes a request, calls one use case of org, and answers in the representation that the
// client wants: JSON, a page, a fragment of a page, or CSV. It holds no rule of the product and must not know about storage.
// Everything about Echo, sessions and headers stays in here.
//
// Follow a request from [Server.ServeHTTP]: the outer chain and the chain of a route stand in routes.go (router), their
// steps in middleware.go and in files of their own, the end in answer and respond.
package web

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/google/uuid"
	"github.com/rs/cors"

	"rolecall.example/org"
	"rolecall.example/org/account"
	"rolecall.example/org/directory"
	"rolecall.example/org/insight"
	"rolecall.example/org/invite"
	"rolecall.example/org/services"
	"rolecall.example/org/snapshots"
	"rolecall.example/org/tenant"
	"rolecall.example/static"
	"rolecall.example/web/oidc"
)

// Options configure a Server.
type Options struct {
	Service         *services.Service
	Sessions        scs.CtxStore
	Wire            Wire                   // the answers of the API where its documents and its clients disagree
	AccessURL       *url.URL               // where people reach this server; nil if not configured
	OwnName         func(host string) bool // whether a name is this server's own, where AccessURL is nil; nil: none is
	Secure          bool                   // people reach it over TLS: Secure cookies and HSTS
	HSTSHostOnly    bool                   // HSTS does not hold for the names below the host
	TrustedProxies  []netip.Prefix         // whose X-Forwarded-For, X-Request-Id and traceparent count
	CORSOrigins     []string               // origins whose pages may call the API with a token, as browsers spell them
	Factors         org.FactorPolicy       // whose sessions need a second factor; no one's if ""
	SessionLifetime time.Duration          // of a browser session, even a busy one; a day if 0
	RateLimit       int                    // requests a minute that one caller may make; no limit if 0
	CheckRateLimit  int                    // decisions a minute that a person may ask for; no limit if 0
	ServiceLimit    int                    // decisions a minute that a service may ask for; no limit if 0
	Now             func() time.Time       // the clock of the rate limits; time.Now if nil
	Version         string
	Replicas        bool         // other servers may answer from the same database
	TagKey          []byte       // secret of the ETags of lists, the same for all servers of a database; random if nil
	Log             *slog.Logger // slog.Default() if nil
	OnResponse      OnResponse   // may be nil
	OnDecisions     OnDecisions  // may be nil
	Begin           Begin        // may be nil
	After           After        // calls a function later; by the machine's clock if nil

	Providers *oidc.Providers // that people may sign in with; nil: none
	Policies  []org.Provider  // of a command, which reaches no provider: what the settings say of them; nil: they are not known
}

// After calls a function after a time, unless stop is called first.
type After func(wait time.Duration, then func()) (stop func() bool)

// OnResponse is called after every answer.
type OnResponse func(Answered)

// Answered has what is counted about a request.
type Answered struct {
	Route  string // its path as the table has it, "" if there was none
	Method string // as the client says it
	Status int
	Took   time.Duration
	Stream bool // it lasted as long as the client wanted
	Enters bool // it was an attempt to get in: to sign in, to accept an invitation, to make the first account
}

// Begin is called when a route begins to answer a request, with the request's place in a distributed trace ("" if a
// trusted proxy does not say). It returns the context for the request, and a function to be called with the status.
type Begin func(ctx context.Context, method, route, traceparent string) (of context.Context, end func(status int))

// OnDecisions is called after every answer of a route that decides. It gets the path of the route as in the table, the
// number of decisions that were yes and no, whether the request failed, and how long the answer took.
type OnDecisions func(route string, allowed, denied int, failed bool, took time.Duration)

// Server is the whole console and API as an http.Handler.
type Server struct {
	Options
	account       *account.Service
	insight       *insight.Service
	invites       *invite.Service
	directories   *directory.Service
	tenant        *tenant.Service
	snapshots     *snapshots.Service
	handler       http.Handler
	sessions      *scs.SessionManager
	sameOrigin    *http.CrossOriginProtection
	cors          *cors.Cors   // nil if no other origin may call
	badHopAt      atomic.Int64 // Unix time of the last log line about an X-Forwarded-For that is no address
	requests      *limiter
	logins        *limiter
	checks        *limiter
	serviceChecks *limiter
	scimRequests  *limiter
	streams       chan struct{} // turns to send a long list
	setUp         atomic.Bool   // a user exists, which never changes back
	draining      atomic.Bool
	followers     atomic.Int64 // of the audit trail
	answers       *answers
	repeats       *repeats
	headers       http.Header // of every answer
	started       time.Time

	deploymentID atomic.Pointer[uuid.UUID] // nil: not known yet

	described atomic.Pointer[described] // nil until it is asked for
}

// New makes a server. It returns an error if options are missing or contradict each other, or if a file is missing.
func New(o Options) (*Server, error) {
	if o.Service == nil || o.Sessions == nil {
		return nil, errors.New("web: service and session store are needed")
	}
	if err := static.Load(); err != nil {
		return nil, err
	}
	if o.SessionLifetime == 0 {
		o.SessionLifetime = 24 * time.Hour
	}
	if o.TagKey == nil {
		o.TagKey = []byte(rand.Text())
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.After == nil {
		o.After = func(wait time.Duration, then func()) func() bool { return time.AfterFunc(wait, then).Stop }
	}
	s := &Server{
		Options:       o,
		account:       o.Service.Account,
		insight:       o.Service.Insight,
		invites:       o.Service.Invite,
		directories:   o.Service.Directory,
		tenant:        o.Service.Tenant,
		snapshots:     o.Service.Snapshots,
		sessions:      newSessions(o),
		sameOrigin:    http.NewCrossOriginProtection(),
		cors:          newCORS(o.CORSOrigins),
		answers:       newAnswers(o),
		repeats:       newRepeats(),
		headers:       o.headers(),
		started:       o.Now(),
		requests:      newLimiter(o.RateLimit),
		logins:        newLimiter(o.RateLimit / loginShare),
		checks:        newLimiter(o.CheckRateLimit),
		serviceChecks: newLimiter(o.ServiceLimit),
		scimRequests:  newLimiter(directoryLimit),
		streams:       make(chan struct{}, max(2, runtime.GOMAXPROCS(0)-2)),
	}
	if o.AccessURL != nil {
		if err := s.sameOrigin.AddTrustedOrigin(o.AccessURL.Scheme + "://" + o.AccessURL.Host); err != nil {
			return nil, err
		}
	}
	s.handler = s.router(nil)
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// InProcess answers this process's own requests as caller, who needs no token. Requests from a network cannot reach it,
// since it is a separate handler.
func (s *Server) InProcess(caller *org.Actor) http.Handler { return s.router(caller) }

// Drain makes /readyz fail from now on, so that load balancers send no new requests, and ends the streams of changes:
// their clients go to another server at once.
func (s *Server) Drain() {
	s.draining.Store(true)
	s.Service.Feed.Close()
}
