package org

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// memory remembers what requests need again. Subjects and API tokens stand under the revision of the data, role sets
// under the state of the custom roles, which changes more seldom. So what is remembered is never older than what a
// request read when it began, and a right that was taken away does not live on here.
type memory struct {
	subjects shelf[uuid.UUID, *Subject]
	keys     shelf[string, *knownKey]
	roleSets shelf[uuid.UUID, *roleSet]
}

// knownKey is an API token as it is stored. When it was used last changes without a new revision.
type knownKey struct {
	userID    uuid.UUID
	hash      []byte
	expiresAt time.Time
	lastUsed  atomic.Int64 // microseconds since 1970, 0 for never
}

// shelfLimit is how much stands on a shelf; a full one starts anew.
const shelfLimit = 20_000

// shelf keeps what was read in one state of the data, whose number never comes again.
type shelf[K comparable, V any] struct {
	mu    sync.Mutex
	state int64
	known map[K]V
}

// recall gives what was remembered in this state. State 0 is one that is not committed yet: it recalls nothing.
func (s *shelf[K, V]) recall(key K, state int64) (v V, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != state || state == 0 {
		return v, false
	}
	v, ok = s.known[key]
	return v, ok
}

// remember keeps v as long as the state stands. State 0 is not kept.
func (s *shelf[K, V]) remember(key K, state int64, v V) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state == 0 {
		return
	}
	if s.state != state || len(s.known) >= shelfLimit {
		s.state, s.known = state, map[K]V{}
	}
	s.known[key] = v
}
