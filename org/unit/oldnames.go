package unit

import (
	"maps"
	"sync"

	"rolecall.example/rbac"
)

// oldNames counts the requests that name a pair as it was called before. A catalog has few of those, so there are few counts.
type oldNames struct {
	mu    sync.Mutex
	times map[rbac.Permission]int64
}

// Present is a permission of a request under the name that it has in a catalog, if it came under an old one; else it is as
// it came. What is unknown stays unknown.
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

// OldNames is how often requests named each pair as it was called before, since the process began.
func (s *Units) OldNames() map[rbac.Permission]int64 {
	s.oldNames.mu.Lock()
	defer s.oldNames.mu.Unlock()
	return maps.Clone(s.oldNames.times)
}
