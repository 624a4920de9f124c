package org

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// memory remembers subjects, role sets and API tokens under one revision of the data, and forgets them all when it
// changes. So what is remembered is never older than the revision that a request read when it began, and a right that
// was taken away does not live on here.
type memory struct {
	mu       sync.Mutex
	revision int64
	subjects map[uuid.UUID]*Subject
	roles    map[uuid.UUID]*roleSet
	keys     map[string]*knownKey
}

// knownKey is an API token as it is stored. When it was used last changes without a new revision.
type knownKey struct {
	userID    uuid.UUID
	hash      []byte
	expiresAt time.Time
	lastUsed  atomic.Int64 // microseconds since 1970, 0 for never
}

// memoryLimit bounds each of the maps; a full one starts anew.
const memoryLimit = 20_000

// The shelves of the memory.
func subjectsIn(m *memory) *map[uuid.UUID]*Subject { return &m.subjects }
func rolesIn(m *memory) *map[uuid.UUID]*roleSet    { return &m.roles }
func keysIn(m *memory) *map[string]*knownKey       { return &m.keys }

// recall gives what was remembered under the revision; revision 0 is that of a transaction that has written, and
// recalls nothing.
func recall[K comparable, V any](m *memory, shelf func(*memory) *map[K]V, key K, revision int64) (v V, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.revision != revision || revision == 0 {
		return v, false
	}
	v, ok = (*shelf(m))[key]
	return v, ok
}

// remember keeps v until the revision changes; under revision 0, or one that is over already, it does not.
func remember[K comparable, V any](m *memory, shelf func(*memory) *map[K]V, key K, revision int64, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if revision < m.revision || revision == 0 {
		return
	}
	if revision > m.revision {
		m.revision = revision
		m.subjects, m.roles, m.keys = nil, nil, nil
	}
	known := shelf(m)
	if *known == nil || len(*known) >= memoryLimit {
		*known = map[K]V{}
	}
	(*known)[key] = v
}
