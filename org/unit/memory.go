package unit

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// memory remembers what requests need again. Subjects and API tokens stand under the revision of the data, role sets
// under the state of the custom roles, which changes more seldom. So what is remembered is never older than what a
// request read when it began, and a right that was taken away does not live on here.
type memory struct {
	Subjects shelf[uuid.UUID, *org.Actor]
	Keys     shelf[string, *KnownKey]
	roleSets roleShelf
}

// KnownKey is an API token as it is stored. When it was used last changes without a new revision.
type KnownKey struct {
	CreatedBy uuid.NullUUID
	UserID    uuid.UUID
	Hash      []byte
	ExpiresAt time.Time
	LastUsed  atomic.Int64 // microseconds since 1970, 0 for never
}

// shelfLimit is how much stands on a shelf; a full one starts anew.
const shelfLimit = 20_000

// shelf keeps what was read under the newest revision of the data that anything was remembered under. A slow request
// that still has an older one neither finds nor keeps anything here.
type shelf[K comparable, V any] struct {
	mu       sync.Mutex
	revision int64
	known    map[K]V
}

// Recall gives what was remembered under this revision. Revision 0 is one that is not committed yet: it recalls nothing.
func (s *shelf[K, V]) Recall(key K, revision int64) (v V, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.revision != revision || revision == 0 {
		return v, false
	}
	v, ok = s.known[key]
	return v, ok
}

// Remember keeps v as long as no newer revision is seen. Revision 0 is not kept.
func (s *shelf[K, V]) Remember(key K, revision int64, v V) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if revision == 0 || revision < s.revision {
		return
	}
	if s.revision != revision || len(s.known) >= shelfLimit {
		s.revision, s.known = revision, map[K]V{}
	}
	s.known[key] = v
}

// roleShelf keeps the roles of each organization in the two states of the custom roles that were wanted last. States have
// no order, so of two the older one can't be told; a slow request that still has it must not drive out the other.
type roleShelf struct {
	mu    sync.Mutex
	known map[uuid.UUID][2]stateOfRoles
}

type stateOfRoles struct {
	state int64
	set   *RoleSet
}

// recall gives the roles of an organization in a state. State 0 is one that is not committed yet: it recalls nothing.
func (s *roleShelf) recall(orgID uuid.UUID, state int64) (*RoleSet, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	both := s.known[orgID]
	switch {
	case state == 0:
		return nil, false
	case both[1].state == state:
		both[0], both[1] = both[1], both[0] // wanted last
		s.known[orgID] = both
	case both[0].state != state:
		return nil, false
	}
	return both[0].set, true
}

// remember keeps the roles of an organization in a state. State 0 is not kept.
func (s *roleShelf) remember(orgID uuid.UUID, state int64, set *RoleSet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state == 0 {
		return
	}
	if s.known == nil || len(s.known) >= shelfLimit {
		s.known = map[uuid.UUID][2]stateOfRoles{}
	}
	if both := s.known[orgID]; both[0].state != state {
		s.known[orgID] = [2]stateOfRoles{{state, set}, both[0]}
	}
}
