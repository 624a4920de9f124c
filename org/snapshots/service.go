// Package snapshots makes the documents by which applications decide for themselves: one of the site and one of each
// organization, signed, each of one moment of the data. Package rbac/snapshot says what is in them. Its API may change
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

// How old the document of an organization may be. Its position says where in the feed to go on, so that a thousand
// applications that start while members change need one document, and not one each.
const (
	staleTime    = time.Minute
	staleChanges = 1000
)

// buildsAtOnce bounds the memory that building takes: a million members take 30 MB each time.
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

// New makes the service. What it keeps goes to a folder of its own in the folder for temporary files, up to so many bytes.
func New(u *unit.Units, keys *signing.Service, keep int64) *Service {
	return &Service{units: u, signing: keys, cache: &cache{limit: keep}, turns: make(chan struct{}, buildsAtOnce)}
}

// Keep sets how many bytes are kept on disk. It is called before the first document.
func (s *Service) Keep(bytes int64) { s.cache.limit = bytes }

// Close removes what is kept.
func (s *Service) Close() error { return s.cache.close() }

// Stats is how many documents were made since the process began, and how many bytes are kept.
func (s *Service) Stats() (builds, bytes int64) { return s.builds.Load(), s.cache.size() }

// Order is which document somebody wants.
type Order struct {
	Issuer    string   // the URL at which people reach this server
	Aliases   []string // kinds of names that members are found by, too
	RolesOnly bool     // no members
	AtLeast   int64    // a revision that it must have reached

	Organizations bool // of the site: those that the caller may read, too
}

// Normal checks the kinds of aliases, and puts them in order. Invalid: there is no such kind.
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

// key names what is made alike for everybody who may have it.
func (o *Order) key(of string) string {
	return fmt.Sprintf("%s\n%s\n%v\n%v\n%v", of, o.Issuer, o.Aliases, o.RolesOnly, o.Organizations)
}

// state is what a document is made of.
type state struct {
	revision, siteRevision, catalog int64
	all                             [2]int64 // of the site: the sum of all revisions
	position                        int64
	kid                             string // of the key that signs now
	not                             *entry // of what is kept: it will not do
}

// tag names a document: the same key and state have the same bytes, but for when it was made.
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

// get gives a document from what is kept, or makes it. now is the state that the caller has seen, and stale says whether one
// of a little earlier is as good.
func (s *Service) get(ctx context.Context, key string, now state, atLeast int64, stale bool, make func(context.Context) (*entry, error)) (*File, error) {
	// What is kept is opened at once: the file may go the moment after, and whoever has it open can still read it.
	for {
		f, err := s.cache.open(key, func(e *entry) bool { return e.good(now, atLeast, stale, s.units.Now()) })
		if f != nil || err != nil {
			return f, err
		}
		// Whoever wants the same waits for it. What comes of it may be too old for some, who then begin anew.
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

// good reports whether an entry serves whoever has seen a state.
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
