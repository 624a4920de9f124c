package unit

import (
	"maps"
	"sync"

	"rolecall.example/rbac"
)

// oldNames counts the requests that use an earlier name of a pair. A catalog has few of those, so there are few counts.
type oldNames struct {
	mu    sync.Mutex
	times map[rbac.Permission]int64
}

// Present translates a permission of a request from an earlier name to the one in a catalog. Others, also unknown ones, stay as
// they are.
func (s *Units) Present(c *rbac.Catalog, p rbac.Permission) rbac.Permission {
	now, old := c.Present(p)
	if !old {
		return p
	}
	p.Negate = false
	s.oldNames.mu.Lock()
	defer s.oldNames.mu.Unlock()
	if s.oldNames.times == nil {
		s.oldNames.times = map[rbac.Permission]int64{}
	}
	s.oldNames.times[p]++
	return now
}

// OldNames returns how often requests used an earlier name of each pair since the process began.
func (s *Units) OldNames() map[rbac.Permission]int64 {
	s.oldNames.mu.Lock()
	defer s.oldNames.mu.Unlock()
	return maps.Clone(s.oldNames.times)
}
