package unit

import (
	"database/sql"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// memory remembers what requests will need again, each thing under all that it was made of. So nothing has to be invalidated:
// removing a right gives another basis, and changing a role gives another state.
type memory struct {
	Subjects shelf[uuid.UUID, *org.Actor] // by their last basis, which must be compared
	Keys     shelf[string, *KnownKey]     // as they were stored, whether they still exist or not
	places   shelf[string, uuid.UUID]     // which organization a name meant lately
	accounts shelf[string, uuid.UUID]     // likewise, in a state of the site; uuid.Nil: none
	homes    shelf[string, uuid.UUID]     // and which organization
	bases    baseShelf
	asked    sharing[Credential, org.Basis]
	ofAll    atomic.Pointer[revisionOfAll]
	managed  atomic.Pointer[managedAt]
	roleSets roleShelf
}

// KnownKey is an API token as it is stored. Only two things about it change: when it was last used and, in the end, whether
// the trail has its expiry.
type KnownKey struct {
	CreatedBy uuid.NullUUID
	UserID    uuid.UUID
	Hash      []byte
	ExpiresAt time.Time
	Limits    org.Limits
	LastUsed  atomic.Int64 // microseconds since 1970, 0 for never
	Noted     atomic.Bool  // its expiry need not be noted, or has been
}

// shelfLimit is how many entries a shelf holds; when it is full it is emptied.
const shelfLimit = 20_000

type shelf[K comparable, V any] struct {
	mu    sync.Mutex
	known map[K]V
}

func (s *shelf[K, V]) Recall(key K) (v V, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok = s.known[key]
	return v, ok
}

func (s *shelf[K, V]) Remember(key K, v V) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) >= shelfLimit {
		s.known = map[K]V{}
	}
	s.known[key] = v
}

func (s *shelf[K, V]) Forget(key K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, key)
}

// baseShelf keeps what decides about callers in the latest state of the data seen.
type baseShelf struct {
	mu      sync.Mutex
	version db.Version
	known   map[Credential]basisOnce
}

// revisionOfAll is the revision of all in the latest state of the data seen.
type revisionOfAll struct {
	version db.Version
	row     db.GetRevisionOfAllRow
}

// basisOnce reads a basis on its first call.
type basisOnce func() (org.Basis, error)

// find returns what read found in a state of the data. If several ask at once, as after each write, one reads and the others
// wait for it. A failure is not kept.
func (s *baseShelf) find(v db.Version, c Credential, read func() (org.Basis, error)) (org.Basis, error) {
	b, err := s.once(v, c, read)()
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.known, c)
	}
	return b, err
}

func (s *baseShelf) once(v db.Version, c Credential, read func() (org.Basis, error)) basisOnce {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || s.version != v || len(s.known) >= shelfLimit {
		s.version, s.known = v, map[Credential]basisOnce{}
	}
	o, ok := s.known[c]
	if !ok {
		o = sync.OnceValues(read)
		s.known[c] = o
	}
	return o
}

// peek returns what is kept of a state of the data: an empty basis for what does not exist.
func (s *baseShelf) peek(v db.Version, c Credential) (b org.Basis, known bool) {
	s.mu.Lock()
	o, known := s.known[c]
	known = known && s.version == v
	s.mu.Unlock()
	if !known {
		return nil, false
	}
	b, err := o() // if another is reading it now, this waits
	return b, err == nil || db.IsNotFound(err)
}

// put keeps what was found in a state of the data, or that nothing was.
func (s *baseShelf) put(v db.Version, c Credential, b org.Basis) {
	s.once(v, c, func() (org.Basis, error) {
		if len(b) == 0 {
			return nil, sql.ErrNoRows
		}
		return b, nil
	})
}

// roleShelf keeps the roles of each organization in the two states used last, of the custom roles and of the catalog. States
// have no order, so it can't tell which of two is older. A slow request that still uses one must not evict the other.
type roleShelf struct {
	mu    sync.Mutex
	known map[uuid.UUID][2]stateOfRoles
}

type stateOfRoles struct {
	state   int64
	catalog int64 // its version
	set     *RoleSet
}

func (s *stateOfRoles) is(state, catalog int64) bool { return s.state == state && s.catalog == catalog }

// recall returns the roles of an organization in a state. State 0 is one that is not committed yet: it recalls nothing.
func (s *roleShelf) recall(orgID uuid.UUID, state, catalog int64) (*RoleSet, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	both := s.known[orgID]
	switch {
	case state == 0:
		return nil, false
	case both[1].is(state, catalog):
		both[0], both[1] = both[1], both[0] // used last
		s.known[orgID] = both
	case !both[0].is(state, catalog):
		return nil, false
	}
	return both[0].set, true
}

// remember keeps the roles of an organization in a state. State 0 is not kept.
func (s *roleShelf) remember(orgID uuid.UUID, state, catalog int64, set *RoleSet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state == 0 {
		return
	}
	if s.known == nil || len(s.known) >= shelfLimit {
		s.known = map[uuid.UUID][2]stateOfRoles{}
	}
	if both := s.known[orgID]; !both[0].is(state, catalog) {
		s.known[orgID] = [2]stateOfRoles{{state, catalog, set}, both[0]}
	}
}
