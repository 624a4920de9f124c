package snapshot

import (
	"errors"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"rolecall.example/rbac"
)

// Errors of [State.Load] and [State.Apply].
var (
	// ErrOld says that a document is older than one that the state has held.
	ErrOld = errors.New("snapshot: the document is older than one that was held")
	// ErrIssuer says that a document is of another server.
	ErrIssuer = errors.New("snapshot: the document is of another server")
	// ErrBehind says that roles or changes do not fit the revision of the document: a whole, newer document must be fetched.
	ErrBehind = errors.New("snapshot: the document does not fit what is held")
)

// State is what an application holds: the document of the site and those of organizations, kept current by changes. It
// decides like the engine of the server. It is safe for concurrent use. A decision waits for a change only while the change is
// put in place.
type State struct {
	issuer string
	seed   maphash.Seed
	clock  func() time.Time

	writing sync.Mutex // one change after the other; it is taken before mu
	mu      sync.RWMutex
	site    *table
	orgs    map[ID]*table
	had     map[ID]int64 // the highest revision of each document held so far, even if forgotten; the zero ID is the site
	said    map[ID]int64 // the highest revision that the feed has named
	catalog *rbac.Catalog
	kinds   kinds
}

// kinds is what the catalog says about pairs, by number.
type kinds struct{ known, siteOnly, owned []bool }

// NewState returns an empty state for the documents of one server, whose access URL is issuer. The clock decides what has
// ended. It is read only for accounts that hold something with an end.
func NewState(issuer string, clock func() time.Time) *State {
	return &State{
		issuer: issuer, clock: clock, seed: maphash.MakeSeed(),
		orgs: map[ID]*table{}, had: map[ID]int64{}, said: map[ID]int64{},
	}
}

// Held describes a document that the state holds.
type Held struct {
	Revision     int64
	SiteRevision int64 // of the site when the document was made
	Position     int64 // of the feed, likewise
	Catalog      int64 // the version by which its roles were resolved
	Members      int
	Bytes        int64 // about how much memory it takes
	Current      bool  // the feed has named no later revision
}

// Load replaces the held document by another one, with the changes since that one was made, if there are any: a server may send a
// document that is older than the held one, and its feed continues from there. A document with roles alone only changes what
// the roles mean. Load fails with ErrOld, ErrIssuer, ErrBehind, or another error if a change or the catalog cannot be read, and
// then changes nothing.
func (s *State) Load(d *Document, since ...Change) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	id, _ := ParseID(d.Header.Organization)
	switch {
	case d.Header.Issuer != s.issuer:
		return fmt.Errorf("%w: %q", ErrIssuer, d.Header.Issuer)
	case !d.whole && d.Header.Revision < s.had[id]:
		return ErrOld
	case !d.whole:
		return s.loadRoles(id, d)
	}
	t, err := s.ledOn(id, d, since)
	if err != nil {
		return err
	}
	var catalog *rbac.Catalog
	if id == (ID{}) {
		if catalog, err = catalogOf(d); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.had[id] = t.revision
	if id != (ID{}) {
		s.orgs[id] = t
		return nil
	}
	s.site, s.catalog, s.kinds = t, catalog, kindsOf(catalog)
	return nil
}

// loadRoles stores what the roles of an organization mean in another version of the catalog.
func (s *State) loadRoles(id ID, d *Document) error {
	t := s.orgs[id]
	if t == nil || t.revision != d.Header.Revision {
		return ErrBehind
	}
	next := t.mean(d, nil)
	if next == nil {
		return ErrBehind
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orgs[id] = next
	return nil
}

func catalogOf(d *Document) (*rbac.Catalog, error) {
	document, err := rbac.ParseDocument(d.Catalog)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	c, err := rbac.NewVersion(document, d.Header.Catalog.Version)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return c, nil
}

func kindsOf(c *rbac.Catalog) kinds {
	n := c.Document().Numbers
	k := kinds{make([]bool, n), make([]bool, n), make([]bool, n)}
	for i := range n {
		if p, ok := c.Numbered(i); ok {
			k.known[i], k.siteOnly[i], k.owned[i] = true, c.SiteOnly(p.ResourceType), c.Owned(p.ResourceType)
		}
	}
	return k
}

// Catalog returns the catalog of the document of the site, or nil before it is loaded.
func (s *State) Catalog() *rbac.Catalog {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.catalog
}

// Held returns what is held of an organization, or of the site for the zero ID.
func (s *State) Held(org ID) (h Held, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.site
	if org != (ID{}) {
		t = s.orgs[org]
	}
	if t == nil {
		return Held{}, false
	}
	return Held{
		Revision: t.revision, SiteRevision: t.header.SiteRevision, Position: t.header.Position,
		Catalog: t.header.Catalog.Version, Members: t.present, Bytes: t.bytes(), Current: t.revision >= s.said[org],
	}, true
}

// Organizations returns the organizations of which a document is held, in any order.
func (s *State) Organizations() []ID {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := make([]ID, 0, len(s.orgs))
	for id := range s.orgs {
		list = append(list, id)
	}
	return list
}

// Named records the revision that the feed has named for an organization, or for the site with the zero ID.
func (s *State) Named(org ID, revision int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said[org] = max(s.said[org], revision)
}

// Forget drops the document of an organization. Load still refuses an older one afterwards.
func (s *State) Forget(org ID) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.orgs, org)
}
