package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rolecall.example/client"
	"rolecall.example/rbac/snapshot"
)

// loadsAtOnce bounds the requests for documents at the same time.
const loadsAtOnce = 4

// What may be wrong with a fetched document.
var (
	errOld    = errors.New("the document is older than what is known")
	errIssuer = errors.New("the document is of another server")
	errOther  = errors.New("the document is not the one that was asked for")
	// errCatalog is not a fault: the document was made under another version of the catalog.
	errCatalog = errors.New("the document is of another version of the catalog")
)

// load begins to fetch the document of a place, unless that is under way already. The caller holds Engine.mu.
func (e *Engine) load(p *place) {
	if p.loading || e.ctx.Err() != nil {
		return
	}
	p.loading, p.pending = true, nil
	e.wg.Go(func() {
		defer func() {
			e.mu.Lock()
			defer e.mu.Unlock()
			p.loading, p.pending = false, nil
			if p == &e.site && (e.unsure || p.behind) { // it was asked for again meanwhile
				e.load(p)
			}
			e.stir()
		}()
		e.fetchUntilDone(e.ctx, p)
	})
}

// fetchUntilDone tries until the document is here, or may not be read.
func (e *Engine) fetchUntilDone(ctx context.Context, p *place) {
	for {
		err := e.fetchOnce(ctx, p)
		status := client.StatusOf(err)
		switch {
		case err == nil || ctx.Err() != nil:
			return
		case p != &e.site && (status == http.StatusNotFound || status == http.StatusForbidden):
			e.mu.Lock()
			e.forget(p)
			e.mu.Unlock()
			return
		case status == http.StatusUnauthorized:
			e.refuse(err)
		case errors.Is(err, errCatalog):
			e.mu.RLock()
			news := e.news
			e.mu.RUnlock()
			e.waitForNews(ctx, news, minPause)
			continue
		default:
			e.complain(err)
		}
		pause := jitter(minPause, maxPause)
		if refusal, ok := errors.AsType[*client.Error](err); ok {
			pause = max(pause, refusal.RetryAfter)
		}
		if !e.sleep(ctx, pause) {
			return
		}
	}
}

// complain logs what is wrong with documents, but not the same error again and again.
func (e *Engine) complain(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fault == nil || e.fault.Error() != err.Error() {
		e.options.Log.Warn("rolecall: no new document", "error", err)
	}
	e.fault = err
	e.refusals++
}

// fetchOnce fetches the document of a place, applies what the feed has about it, and puts it in force.
func (e *Engine) fetchOnce(ctx context.Context, p *place) error {
	e.slots <- struct{}{}
	defer func() { <-e.slots }()
	if p == &e.site {
		return e.fetchSite(ctx)
	}
	d, err := e.document(ctx, http.MethodGet, "organizations/"+snapshot.FormatID(p.id)+"/snapshot"+e.aliasQuery())
	if err != nil {
		return err
	}
	return e.bring(ctx, p, d, 0)
}

func (e *Engine) aliasQuery() string {
	if len(e.options.Aliases) == 0 {
		return ""
	}
	return "?aliases=" + strings.Join(e.options.Aliases, ",")
}

// document fetches one document and checks that a key of the server signed it. For an unknown key it asks the server once.
func (e *Engine) document(ctx context.Context, method, path string) (*snapshot.Document, error) {
	for again := false; ; again = true {
		res, err := e.fetch(ctx, method, path, acceptDocument, nil)
		if err != nil {
			return nil, err
		}
		d, err := snapshot.Read(res.Body, &e.keys)
		_ = res.Body.Close()
		if _, unknown := errors.AsType[*snapshot.UnknownKeyError](err); !unknown || again {
			return d, err
		}
		if learned := e.learn(ctx); learned != nil {
			return nil, errors.Join(err, learned)
		}
	}
}

// bring applies the changes since a document was made, and puts it in force.
func (e *Engine) bring(ctx context.Context, p *place, d *snapshot.Document, demand int) error {
	if err := e.suits(p, d); err != nil {
		return err
	}
	return e.settle(ctx, p, &candidate{document: d, revision: d.Header.Revision, demand: demand}, func(c *candidate) error {
		if v, now := d.Header.Catalog.Version, e.names.Load().catalog.Version(); v != now {
			if v > now {
				e.catalogAt(v)
			}
			return errCatalog
		}
		return e.state.Load().Load(d, c.changes...)
	})
}

// suits refuses a document of another place or another server.
func (e *Engine) suits(p *place, d *snapshot.Document) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	h := &d.Header
	if e.issuer == "" {
		e.issuer = h.Issuer
	}
	switch {
	case h.Issuer != e.issuer:
		return fmt.Errorf("%w: %s, not %s", errIssuer, h.Issuer, e.issuer)
	case p == &e.site && h.Kind != snapshot.KindSite, p != &e.site && h.Organization != snapshot.FormatID(p.id), !d.Whole():
		return errOther
	}
	return nil
}

// candidate is a document that is not in force yet, with the changes since.
type candidate struct {
	document *snapshot.Document
	changes  []snapshot.Change
	revision int64
	demand   int // how often the document had been asked for again when it was fetched
}

// extend adds a change if it continues from the candidate's revision.
func (c *candidate) extend(change snapshot.Change) {
	if change.From == c.revision && change.To > c.revision {
		c.changes = append(c.changes, change)
		c.revision = change.To
	}
}

// pollsAtMost bounds how often the feed is asked for what came after a document.
const pollsAtMost = 4

// settle applies changes to a candidate until the server has named nothing newer, and puts it in force with install, which it
// calls with the lock held.
func (e *Engine) settle(ctx context.Context, p *place, c *candidate, install func(*candidate) error) error {
	for polls := 0; ; polls++ {
		done, err := e.settled(p, c, polls > 0, install)
		if done || err != nil {
			return err
		}
		if polls == pollsAtMost {
			return fmt.Errorf("%w: revision %d", errOld, c.revision)
		}
		if err := e.poll(ctx, p, c); err != nil {
			return err
		}
	}
}

// settled puts a candidate in force if it is known to be current. If not, the feed has to be asked.
func (e *Engine) settled(p *place, c *candidate, polled bool, install func(*candidate) error) (done bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, change := range p.pending {
		c.extend(change)
	}
	// A place that the server has not named may have changed since the document was made: the feed knows.
	sure := polled || p.named > 0 && !p.doubt && !p.lost
	if !sure || c.revision < p.named || c.revision < p.revision {
		return false, nil
	}
	if err := install(c); err != nil {
		return false, err
	}
	p.met, p.absent, p.lost, e.fault = c.demand, 0, false, nil
	p.doubt = p.doubt && p.met < p.asked
	e.weigh(p)
	e.rises(p, c.revision)
	return true, nil
}

// poll asks the feed for what has changed since a document was made.
func (e *Engine) poll(ctx context.Context, p *place, c *candidate) error {
	q := url.Values{"after": {strconv.FormatInt(c.document.Header.Position, 10)}, "organizations": {snapshot.FormatID(p.id)}}
	if p == &e.site {
		q.Set("organizations", e.subjects())
	}
	res, err := e.fetch(ctx, http.MethodGet, "changes?"+q.Encode(), acceptJSON, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var answer snapshot.Poll
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return err
	}
	for _, ev := range answer.Events {
		if err := e.polled(p, c, ev); err != nil {
			return err
		}
	}
	return nil
}

// polled handles an event that the feed has about a place since its document was made.
func (e *Engine) polled(p *place, c *candidate, ev snapshot.Event) error {
	v := struct {
		snapshot.Change
		Organizations map[string]int64
		Site          int64
	}{}
	if err := json.Unmarshal(ev.Data, &v); err != nil {
		return err
	}
	id, err := placeOf(v.Organization)
	if ev.Event != snapshot.EventHello && (err != nil || id != p.id) {
		return nil
	}
	switch ev.Event {
	case snapshot.EventHello:
		e.mu.Lock()
		defer e.mu.Unlock()
		e.name(p, v.Organizations[snapshot.FormatID(p.id)])
		e.name(&e.site, v.Site)
	case snapshot.EventChange, snapshot.EventSite:
		c.extend(v.Change)
	case snapshot.EventReload:
		e.mu.RLock()
		defer e.mu.RUnlock()
		if v.To > c.revision || p.doubt { // the document may be from before that
			return fmt.Errorf("%w: the feed does not go on from it", errOld)
		}
	case snapshot.EventDenied:
		return &client.Error{Status: http.StatusNotFound, Message: "the organization may not be read"}
	}
	return nil
}

// waitForNews waits until something has changed, but no longer than d.
func (e *Engine) waitForNews(ctx context.Context, news <-chan struct{}, d time.Duration) {
	done, stop := e.clock.after(d)
	defer stop()
	select {
	case <-news:
	case <-done:
	case <-ctx.Done():
	}
}
