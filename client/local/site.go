package local

import (
	"context"
	"net/http"
	"time"

	"rolecall.example/rbac/snapshot"
)

// catalogMoves handles the news that another version of the catalog is in force.
func (e *Engine) catalogMoves(c snapshot.Catalog) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.catalogAt(c.Version)
	return nil
}

// catalogAt records which version of the catalog is in force. The version before decides until everything that depends on the
// new one is here.
func (e *Engine) catalogAt(version int64) {
	n := e.names.Load()
	e.version = version
	if n == nil || version == n.catalog.Version() {
		return
	}
	e.falls(&e.site)
	e.site.asked++
	e.site.doubt = true
	e.load(&e.site)
}

// fetchSite fetches the document of the site and, if it has another version of the catalog, the roles of all organizations.
func (e *Engine) fetchSite(ctx context.Context) error {
	e.mu.RLock()
	demand, survey := e.site.asked, e.unsure
	e.mu.RUnlock()
	path := "snapshot"
	if survey {
		path += "?organizations=all"
	}
	d, err := e.document(ctx, http.MethodGet, path)
	if err != nil {
		return err
	}
	if err := e.suits(&e.site, d); err != nil {
		return err
	}
	n := e.names.Load()
	if n == nil || n.catalog.Version() != d.Header.Catalog.Version {
		err = e.turn(ctx, d, demand)
	} else {
		err = e.bring(ctx, &e.site, d, demand)
	}
	if err == nil && survey {
		e.mu.Lock()
		defer e.mu.Unlock()
		for _, o := range d.Organizations { // these are their revisions when the document was made
			p := e.at(o.ID)
			p.told = max(p.told, o.Revision)
		}
		e.readable(d.Organizations)
	}
	return err
}

// turn puts the document of the site in force, together with what the roles of all organizations mean in its catalog.
func (e *Engine) turn(ctx context.Context, d *snapshot.Document, demand int) error {
	e.mu.Lock()
	if d.Header.Catalog.Version < e.version {
		e.mu.Unlock()
		return errCatalog
	}
	if e.state.Load() == nil {
		e.state.Store(snapshot.NewState(d.Header.Issuer, e.time))
	}
	e.switching = true
	held := e.state.Load().Organizations()
	e.mu.Unlock()
	defer e.turned()
	roles, err := e.rolesOf(ctx, held, d.Header.Catalog.Version)
	if err != nil {
		return err
	}
	e.wait(ctx, answerIn, func() bool { return e.reach(roles) })
	return e.settle(ctx, &e.site, &candidate{document: d, revision: d.Header.Revision, demand: demand}, func(c *candidate) error {
		later := map[snapshot.ID][]snapshot.Change{}
		for id, p := range e.places {
			if p.later != nil {
				later[id] = p.later
			}
		}
		dropped, err := e.state.Load().Turn(d, c.changes, roles, later)
		if err != nil {
			return err
		}
		for _, id := range dropped {
			e.drop(e.at(id))
			if p := e.at(id); e.wanted(p) {
				e.load(p)
			}
		}
		e.names.Store(namesOf(e.state.Load().Catalog()))
		return nil
	})
}

// turned ends the switch that turn began.
func (e *Engine) turned() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.switching = false
	for _, p := range e.places {
		p.later = nil
	}
}

// reach reports whether the organizations are at the revisions that their roles were read at.
func (e *Engine) reach(roles []*snapshot.Document) bool {
	for _, d := range roles {
		if id, err := snapshot.ParseID(d.Header.Organization); err == nil && e.at(id).revision < d.Header.Revision {
			return false
		}
	}
	return true
}

// wait waits until done is true, but no longer than d. It calls done with the lock held.
func (e *Engine) wait(ctx context.Context, d time.Duration, done func() bool) {
	for until := e.clock.now() + d; ; {
		e.mu.Lock()
		ok, news := done(), e.news
		e.mu.Unlock()
		left := until - e.clock.now()
		if ok || left <= 0 || ctx.Err() != nil {
			return
		}
		e.waitForNews(ctx, news, left)
	}
}

// rolesOf fetches what the roles of organizations mean in a version of the catalog.
func (e *Engine) rolesOf(ctx context.Context, held []snapshot.ID, version int64) ([]*snapshot.Document, error) {
	if len(held) == 0 {
		return nil, nil
	}
	var roles []*snapshot.Document
	for d, err := range e.documents(ctx, held, snapshot.SectionRoles) {
		if err != nil {
			return nil, err
		}
		if d.Header.Catalog.Version != version {
			return nil, errCatalog
		}
		roles = append(roles, d)
	}
	return roles, nil
}
