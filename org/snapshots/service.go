// Package snapshots makes the documents from which applications decide for themselves: one for the site and one for each
// organization, signed, each from one snapshot of the data. Package rbac/snapshot says what they contain. Its API may change
// without notice.
package snapshots

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"rolecall.example/org"
	"rolecall.example/org/signing"
	"rolecall.example/org/unit"
	"rolecall.example/rbac/snapshot"
)

// How old the document of an organization may be. Its position says where to continue in the feed, so that a thousand
// applications that start while members change need one document, and not one each.
const (
	staleTime    = time.Minute
	staleChanges = 1000
)

// buildsAtOnce bounds the memory for building: a million members take 30 MB each time.
const buildsAtOnce = 2

// DefaultCache is how much is kept on disk, in bytes, unless said otherwise.
const DefaultCache = 256 << 20

// Service makes documents. It is safe for concurrent use.
type Service struct {
	units   *unit.Units
	signing *signing.Service
	cache   *cache
	flights flights
	turns   chan struct{}

	builds atomic.Int64
}

// New makes the service. It keeps documents in its own folder in the folder for temporary files, up to so many bytes.
func New(u *unit.Units, keys *signing.Service, keep int64) *Service {
	return &Service{units: u, signing: keys, cache: &cache{limit: keep}, turns: make(chan struct{}, buildsAtOnce)}
}

// Keep sets how many bytes are kept on disk. It is called before the first document.
func (s *Service) Keep(bytes int64) { s.cache.limit = bytes }

// Close removes the kept documents.
func (s *Service) Close() error { return s.cache.close() }

// Stats returns how many documents were made since the process started, and how many bytes are kept.
func (s *Service) Stats() (builds, bytes int64) { return s.builds.Load(), s.cache.size() }

// Order says which document is wanted.
type Order struct {
	Issuer    string   // the URL at which people reach this server
	Aliases   []string // kinds of names by which members can also be found
	RolesOnly bool     // no members
	AtLeast   int64    // a revision that it must have reached

	Organizations bool // of the site: also lists the ones that the caller may read
}

// Normal checks the kinds of aliases, and sorts them. Invalid: no such kind.
func (o *Order) Normal() error {
	for _, kind := range o.Aliases {
		if kind != snapshot.AliasUsername && kind != snapshot.AliasEmail {
			return &org.Error{Kind: org.Invalid, Message: "Invalid request.", Fields: []org.Field{{Field: "aliases", Detail: "must be username or email"}}}
		}
	}
	slices.Sort(o.Aliases)
	o.Aliases = slices.Compact(o.Aliases)
	return nil
}

// key identifies what is the same for everybody who may have it.
func (o *Order) key(of string) string {
	return fmt.Sprintf("%s\n%s\n%v\n%v\n%v", of, o.Issuer, o.Aliases, o.RolesOnly, o.Organizations)
}

// state is what a document is made from.
type state struct {
	revision, siteRevision, catalog int64
	all                             [2]int64 // of the site: the sum of all revisions
	position                        int64
	kid                             string // of the current signing key
	not                             *entry // of what is kept: it will not do
}

// tag identifies a document: the same key and state give the same bytes, except for the time of creation.
func (st state) tag(key string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%d %d %d %v %s", key, st.revision, st.siteRevision, st.catalog, st.all, st.kid))
	return hex.EncodeToString(sum[:16])
}

// File is a document. It must be closed.
type File struct {
	*os.File
	Tag      string // opaque, without quotes
	Size     int64
	Revision int64
}

// get returns a kept document, or makes it. now is the state that the caller has seen, and stale says whether a slightly older
// one is acceptable.
func (s *Service) get(ctx context.Context, key string, now state, atLeast int64, stale bool, make func(context.Context) (*entry, error)) (*File, error) {
	// A kept file is opened at once: it may be removed the next moment, but whoever has it open can still read it.
	for {
		f, err := s.cache.open(key, func(e *entry) bool { return e.good(now, atLeast, stale, s.units.Now()) })
		if f != nil || err != nil {
			return f, err
		}
		// Requests for the same document wait for it. The result may be too old for some, which then start over.
		e, mine, err := s.flights.share(ctx, key, func(ctx context.Context) (*entry, error) {
			select {
			case s.turns <- struct{}{}:
				defer func() { <-s.turns }()
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			s.builds.Add(1)
			return make(ctx)
		}, s.cache.keep)
		if err != nil {
			return nil, err
		}
		if mine || e.good(now, atLeast, stale, s.units.Now()) {
			if f, err := e.take(); f != nil || err != nil {
				return f, err
			}
		}
	}
}

// good reports whether an entry will do for a caller who has seen a state.
func (e *entry) good(now state, atLeast int64, stale bool, at time.Time) bool {
	switch {
	case e == now.not || e.state.kid != now.kid || e.state.catalog != now.catalog || e.state.revision < atLeast:
		return false
	case e.state.revision == now.revision && e.state.siteRevision == now.siteRevision && e.state.all == now.all:
		return true
	case e.state.revision > now.revision || e.state.siteRevision > now.siteRevision || e.state.position > now.position:
		return true // it was made after the caller looked
	}
	return stale && at.Sub(e.made) <= staleTime && now.position-e.state.position <= staleChanges
}
