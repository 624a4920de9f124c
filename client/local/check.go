package local

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"rolecall.example/client"
	"rolecall.example/rbac/snapshot"
)

// Pair is a permission, "invoice:void". Any text can be converted to one; Must and Find return only permissions that exist.
type Pair string

// Reason says where a decision comes from, or why there is none.
type Reason string

// The reasons. Only the first two are decisions: by the roles of the user. With all others the answer is no.
const (
	Decided           Reason = "decided"            // here
	Asked             Reason = "asked"              // by the server
	StaleReason       Reason = "stale"              // the server was not heard from for too long
	NotLoaded         Reason = "not_loaded"         // the organization is not here yet, or not among those that the options name
	Behind            Reason = "behind"             // the named write has not arrived
	Unreachable       Reason = "unreachable"        // the server was asked and did not answer
	TokenRefused      Reason = "token_refused"      // the server does not accept the token
	UnknownPermission Reason = "unknown_permission" // the catalog does not have it
	InvalidID         Reason = "invalid_id"         // an id is malformed
	SiteType          Reason = "site_type"          // an organization was named, but objects of this type belong to none
	NoOwner           Reason = "no_owner"           // an owner was named, but no one owns objects of this type
	IsClosed          Reason = "closed"             // the engine was closed
)

// Decision is the answer to a check.
type Decision struct {
	Allowed bool
	Reason  Reason
	// Age is how long ago the server last confirmed what the decision is based on; 0 for an answer of the server.
	Age time.Duration
}

// Sound reports whether the decision is a real one: by the roles of the user, or no because the question has no other answer. If
// it is not, the answer is no for a temporary reason: try again later.
func (d Decision) Sound() bool {
	switch d.Reason {
	case Decided, Asked, UnknownPermission, InvalidID, SiteType, NoOwner:
		return true
	case StaleReason, NotLoaded, Behind, Unreachable, TokenRefused, IsClosed:
	}
	return false
}

// CheckOption adds something to a check.
type CheckOption struct{ owner, atLeast string }

// Owner names the owner of the object, by id; "me" is the user asked about. "" means no one.
func Owner(id string) CheckOption { return CheckOption{owner: id} }

// AtLeast names a write that the decision must include, by the X-Rolecall-Revision of the server's answer to it. A check waits
// up to 100 ms for the feed to bring it, then asks the server, and then says no.
func AtLeast(revision string) CheckOption { return CheckOption{atLeast: revision} }

// Must returns a permission, and panics if the catalog does not have it: use it at the start of a program.
func (e *Engine) Must(resourceType, action string) Pair {
	p, err := e.Find(resourceType, action)
	if err != nil {
		panic(err)
	}
	return p
}

// Find returns a permission, or an error if the catalog does not have it.
func (e *Engine) Find(resourceType, action string) (Pair, error) {
	p := Pair(resourceType + ":" + action)
	return p, e.Knows(string(p))
}

// Knows returns an error unless the catalog has the permission, under its current or an earlier name.
func (e *Engine) Knows(permission string) error {
	n := e.names.Load()
	if n == nil {
		return errors.New("local: there is no catalog")
	}
	if _, ok := n.pairs[permission]; ok {
		return nil
	}
	return fmt.Errorf("local: the catalog has no permission %q%s", permission, n.nearest(permission))
}

// question is a parsed check.
type question struct {
	user, organization snapshot.ID
	pair               pair
	own                bool
}

// Check decides whether a user may do something in an organization. Both are given by id; the organization is "" for
// permissions that are about the site. With Options.Aliases the user may be a username or an e-mail address.
//
// As long as the engine is fresh and the organization is loaded, a check allocates no memory and sends no request. Otherwise it
// may ask the server, for a second at most.
func (e *Engine) Check(user, organization string, p Pair, options ...CheckOption) Decision {
	var owner, atLeast string
	for i := range options {
		if options[i].owner != "" {
			owner = options[i].owner
		}
		if options[i].atLeast != "" {
			atLeast = options[i].atLeast
		}
	}
	return e.check(e.ctx, user, organization, string(p), owner, atLeast)
}

// Permits is Check for package guard. It returns an error if there is no decision, that is, unless [Decision.Sound].
func (e *Engine) Permits(ctx context.Context, a client.Access) (bool, error) {
	d := e.check(ctx, a.User, a.Organization, a.Permission, a.Owner, a.AtLeast)
	if !d.Sound() {
		return false, &UndecidedError{d}
	}
	return d.Allowed, nil
}

// UndecidedError says why there is no decision.
type UndecidedError struct{ Decision Decision }

// Error names the reason.
func (e *UndecidedError) Error() string { return "local: no decision: " + string(e.Decision.Reason) }

func (e *Engine) check(ctx context.Context, user, organization, permission, owner, atLeast string) Decision {
	e.decisions.Add(1)
	q, reason := e.read(user, organization, permission, owner)
	if reason == Asked { // a username or address that the documents do not contain
		return e.ask(ctx, user, organization, permission, owner, atLeast, NotLoaded)
	}
	if reason != Decided {
		return Decision{Reason: reason}
	}
	if atLeast != "" && !e.waitFor(ctx, &q, atLeast) {
		return e.ask(ctx, user, organization, permission, owner, atLeast, Behind)
	}
	age, reason := e.ready(&q)
	switch {
	case reason == TokenRefused || reason == IsClosed:
		return Decision{Reason: reason, Age: age}
	case reason == NotLoaded && e.options.Organizations.onDemand(), reason == StaleReason && e.options.OnStale == Ask:
		return e.ask(ctx, user, organization, permission, owner, atLeast, reason)
	case reason != Decided:
		return Decision{Reason: reason, Age: age}
	}
	allowed, ok := e.state.Load().Allowed(q.user, q.organization, q.pair.number, q.own)
	if !ok {
		return e.ask(ctx, user, organization, permission, owner, atLeast, NotLoaded)
	}
	return Decision{Allowed: allowed, Reason: Decided, Age: age}
}

// read parses the texts of a check. The reason is Decided if the engine can go on, and Asked if only the server can.
func (e *Engine) read(user, organization, permission, owner string) (q question, reason Reason) {
	n := e.names.Load()
	if n == nil {
		return q, NotLoaded
	}
	p, known := n.pairs[permission]
	if !known {
		return q, UnknownPermission
	}
	q.pair = p
	var err error
	if organization != "" {
		if q.organization, err = snapshot.ParseID(organization); err != nil || q.organization == (snapshot.ID{}) {
			return q, InvalidID
		}
		if p.siteOnly {
			return q, SiteType
		}
	}
	if q.user, reason = e.whom(user, q.organization); reason != Decided {
		return q, reason
	}
	if owner == "" {
		return q, Decided
	}
	if !p.owned {
		return q, NoOwner
	}
	if q.own = owner == "me" || owner == user; !q.own {
		other, reason := e.whom(owner, q.organization)
		if reason != Decided {
			return q, reason
		}
		q.own = other == q.user
	}
	return q, Decided
}

// whom returns the account that a text means.
func (e *Engine) whom(text string, organization snapshot.ID) (snapshot.ID, Reason) {
	id, err := snapshot.ParseID(text)
	if err == nil && id != (snapshot.ID{}) {
		return id, Decided
	}
	kind := "username"
	if strings.Contains(text, "@") {
		kind = "email"
	}
	for _, k := range e.options.Aliases {
		if k != kind || text == "" {
			continue
		}
		if id, ok := e.state.Load().Resolve(organization, kind, text); ok {
			return id, Decided
		}
		return id, Asked
	}
	return id, InvalidID
}

// ready reports whether the engine may decide a question, and how old its knowledge is.
func (e *Engine) ready(q *question) (age time.Duration, reason Reason) {
	now := e.clock.now()
	e.mu.RLock()
	defer e.mu.RUnlock()
	seen := time.Duration(e.seen.Load())
	if e.site.behind {
		seen = min(seen, e.site.since)
	}
	loaded := e.site.revision > 0
	if q.organization != (snapshot.ID{}) {
		p := e.places[q.organization]
		loaded = loaded && p != nil && p.revision > 0
		if loaded {
			if p.behind {
				seen = min(seen, p.since)
			}
			if at := int64(now); at-p.used.Load() > int64(time.Second) { // not each time: other processors read it, too
				p.used.Store(at)
			}
		}
	}
	age = now - seen
	switch {
	case e.ctx.Err() != nil:
		return age, IsClosed
	case e.refused != nil:
		return age, TokenRefused
	case !loaded:
		return 0, NotLoaded
	case seen == 0 || age > e.options.MaxStaleness:
		return age, StaleReason
	}
	return age, Decided
}

// patience is how long a check waits for the feed to bring a write.
const patience = 100 * time.Millisecond

// waitFor waits a moment for a write to be known here, and reports whether it is.
func (e *Engine) waitFor(ctx context.Context, q *question, atLeast string) bool {
	at, revision, ok := parseRevision(atLeast)
	if !ok {
		return false
	}
	until := e.clock.now() + patience
	for {
		known, possible, news := e.knows(q, at, revision)
		left := until - e.clock.now()
		if known || !possible || left <= 0 || ctx.Err() != nil {
			return known
		}
		e.waitForNews(ctx, news, left)
	}
}

// knows reports whether a revision of a place is here, with everything that was written with it, and whether it may still arrive.
func (e *Engine) knows(q *question, at snapshot.ID, revision int64) (known, possible bool, news <-chan struct{}) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	p := &e.site
	if at != (snapshot.ID{}) {
		if p = e.places[at]; p == nil || p.revision == 0 {
			return false, false, e.news
		}
	}
	known = p.revision >= revision && p.told >= revision && !e.site.behind && !e.unsure
	if here := e.places[q.organization]; here != nil && here.behind {
		known = false
	}
	return known, e.ctx.Err() == nil, e.news
}

// parseRevision reads a value of X-Rolecall-Revision: "ID@1764412800123456", or "site@…".
func parseRevision(text string) (at snapshot.ID, revision int64, ok bool) {
	where, number, found := strings.Cut(text, "@")
	revision, err := strconv.ParseInt(number, 10, 64)
	if !found || err != nil || revision <= 0 {
		return at, 0, false
	}
	if where == "site" {
		return at, revision, true
	}
	at, err = snapshot.ParseID(where)
	return at, revision, err == nil && at != (snapshot.ID{})
}
