package local

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rolecall.example/client"
	"rolecall.example/rbac/snapshot"
)

// Engine decides from documents that a server signed and a feed keeps current. It is safe for concurrent use.
type Engine struct {
	client  *client.Client // without a time limit of its own
	options Options
	clock   clock
	list    map[snapshot.ID]bool // the organizations of the options, unless they are OnDemand or All
	listed  []string             // likewise, for an address
	keys    keyring
	slots   chan struct{} // each request for documents takes one

	ctx  context.Context //nolint:containedctx // that of the engine, which ends with Close
	stop context.CancelFunc
	wg   sync.WaitGroup

	state atomic.Pointer[snapshot.State] // nil before the first document
	names atomic.Pointer[names]          // of the permissions of the catalog
	seen  atomic.Int64                   // when the server last knew the current state, by the clock; 0: never
	ahead atomic.Int64                   // the time of the server, less that of the clock; 0: it did not tell

	mu        sync.RWMutex
	news      chan struct{} // closed whenever anything changes
	site      place
	places    map[snapshot.ID]*place
	bytes     int64
	issuer    string                  // of the documents
	position  int64                   // of the feed
	connected bool                    // a stream is open
	hangUp    context.CancelCauseFunc // ends it
	unsure    bool                    // the server did not say which organizations may be read
	version   int64                   // of the catalog that the server named last
	switching bool                    // to another one: changes are kept
	refused   error                   // why the token is not accepted
	broken    error                   // why the last stream ended
	fault     error                   // what was wrong with the last document
	refusals  int64                   // documents that were not accepted
	status    Status

	decisions, asked atomic.Int64
}

// Open fetches what the options name and returns an engine that is fresh. It fails if ctx ends first, and at once if the server
// refuses the token. The engine lives until Close, not until ctx ends.
func Open(ctx context.Context, c *client.Client, o Options) (*Engine, error) {
	o, err := o.complete(c)
	if err != nil {
		return nil, err
	}
	e := &Engine{
		client: patient(c), options: o, clock: o.clock, list: map[snapshot.ID]bool{}, slots: make(chan struct{}, loadsAtOnce),
		issuer: o.Issuer, news: make(chan struct{}), places: map[snapshot.ID]*place{}, status: Starting,
	}
	e.keys.fixed, e.keys.known = len(o.TrustedKeys) > 0, o.TrustedKeys
	e.ctx, e.stop = context.WithCancel(context.Background())
	if err := e.begin(ctx); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// begin fetches the document of the site, follows the feed from there, and waits for the rest.
func (e *Engine) begin(ctx context.Context) error {
	if err := e.resolve(ctx); err != nil {
		return err
	}
	e.mu.Lock()
	e.unsure = e.options.Organizations.all()
	e.load(&e.site)
	e.mu.Unlock()
	if err := e.until(ctx, func() (bool, error) { return e.site.revision > 0, nil }); err != nil {
		return err
	}
	held, _ := e.state.Load().Held(snapshot.ID{})
	e.reached(held.Position)
	e.mu.Lock()
	var list []*place
	for id := range e.list {
		list = append(list, e.at(id))
	}
	e.loadAll(list)
	e.mu.Unlock()
	e.wg.Go(func() { e.follow(e.ctx) })
	e.wg.Go(func() { e.tell(e.ctx) })
	return e.until(ctx, e.complete)
}

// resolve finds the ids of the organizations of the options.
func (e *Engine) resolve(ctx context.Context) error {
	if e.options.Organizations.onDemand() || e.options.Organizations.all() {
		return nil
	}
	for _, name := range e.options.Organizations {
		id, err := snapshot.ParseID(name)
		if err != nil {
			o, err := e.client.Organization(ctx, name)
			if err != nil {
				return fmt.Errorf("local: the organization %q: %w", name, err)
			}
			id = o.ID
		}
		if !e.list[id] {
			e.list[id] = true
			e.listed = append(e.listed, snapshot.FormatID(id))
		}
	}
	slices.Sort(e.listed)
	return nil
}

// complete reports whether all that the options name is here and known to be current. It fails if one may not be read.
func (e *Engine) complete() (bool, error) {
	for id := range e.list {
		switch p := e.at(id); {
		case p.absent > 0:
			return false, fmt.Errorf("local: the organization %s may not be read", snapshot.FormatID(id))
		case p.revision == 0 || p.behind:
			return false, nil
		}
	}
	if e.options.Organizations.all() {
		for _, p := range e.places {
			if p.absent == 0 && (p.revision == 0 || p.behind) {
				return false, nil
			}
		}
	}
	return e.seen.Load() > 0 && !e.site.behind && !e.unsure, nil
}

// until waits until done is true or fails. It calls done with the lock held.
func (e *Engine) until(ctx context.Context, done func() (bool, error)) error {
	for {
		e.mu.Lock()
		ok, err := done()
		news, last := e.news, errors.Join(e.fault, e.broken)
		if err == nil && e.refused != nil {
			err = fmt.Errorf("local: %w", e.refused)
		}
		e.mu.Unlock()
		if ok || err != nil {
			return err
		}
		select {
		case <-news:
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("local: the server has not sent what is needed: %w", context.Cause(ctx)), last)
		}
	}
}

// Close ends the engine, which denies everything from then on, and waits until its work has stopped.
func (e *Engine) Close() {
	e.mu.Lock()
	e.stop() // nothing begins after that
	e.stir()
	e.mu.Unlock()
	e.wg.Wait()
}

// cut records that a stream has ended, and why.
func (e *Engine) cut(err error) {
	e.refuse(err)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.connected, e.hangUp, e.broken = false, nil, err
	e.stir()
}

// now returns the status, when a fresh engine becomes stale unless the server is heard from, and why it is not fresh.
func (e *Engine) now() (s Status, stale time.Duration, why error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	seen := time.Duration(e.seen.Load())
	if e.site.behind {
		seen = min(seen, e.site.since)
	}
	switch {
	case e.ctx.Err() != nil:
		return Closed, 0, nil
	case e.refused != nil:
		return Refused, 0, e.refused
	case e.seen.Load() == 0:
		return Starting, 0, nil
	case e.clock.now()-seen > e.options.MaxStaleness:
		return Stale, 0, errors.Join(e.broken, e.fault)
	}
	return Fresh, seen + e.options.MaxStaleness, nil
}

// tell calls OnStateChange and writes to the log whenever the status changes.
func (e *Engine) tell(ctx context.Context) {
	last := Starting
	for {
		e.mu.RLock()
		news := e.news
		e.mu.RUnlock()
		now, stale, why := e.now()
		if now != last {
			e.changed(last, now, why)
			last = now
		}
		wait := time.Hour
		if stale > 0 {
			wait = stale - e.clock.now() + time.Millisecond
		}
		e.waitForNews(ctx, news, wait)
		if ctx.Err() != nil {
			e.changed(last, Closed, nil)
			return
		}
	}
}

func (e *Engine) changed(last, now Status, why error) {
	switch {
	case now == Stale || now == Refused:
		e.options.Log.Warn("rolecall: decisions are denied or asked for", "status", now, "error", why)
	case now == Fresh && last != Starting:
		e.options.Log.Info("rolecall: decisions are current again")
	}
	e.mu.Lock()
	e.status = now
	e.mu.Unlock()
	if f := e.options.OnStateChange; f != nil {
		f(now, why)
	}
}
