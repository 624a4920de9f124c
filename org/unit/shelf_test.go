package unit

import (
	"testing"

	"github.com/google/uuid"
)

// TestMemory: what is remembered is found under the revision or state that it was read in, and nothing that a slow request
// remembers under an older one drives it out.
func TestMemory(t *testing.T) {
	t.Parallel()
	var s shelf[string, int]
	for _, step := range []struct {
		revision int64
		value    int
		kept     bool
	}{{0, 1, false}, {5, 2, true}, {4, 3, false}, {6, 4, true}, {5, 5, false}} {
		s.Remember("a", step.revision, step.value)
		if got, ok := s.Recall("a", step.revision); ok != step.kept || ok && got != step.value {
			t.Errorf("under %d: found %d, %v", step.revision, got, ok)
		}
	}
	if got, ok := s.Recall("a", 6); !ok || got != 4 {
		t.Errorf("the newest is lost: %d, %v", got, ok)
	}

	var r roleShelf
	acme, other := uuid.New(), uuid.New()
	sets := map[int64]*RoleSet{-7: {}, 3: {}, 12: {}}
	remember := func(org uuid.UUID, state int64) {
		if _, ok := r.recall(org, state); !ok { // as requests do
			r.remember(org, state, sets[state])
		}
	}
	remember(other, 3)
	for range 3 { // requests of two states in turn
		remember(acme, -7)
		remember(acme, 3)
	}
	for state, want := range map[int64]bool{-7: true, 3: true, 12: false, 0: false} {
		if got, ok := r.recall(acme, state); ok != want || ok && got != sets[state] {
			t.Errorf("state %d: found %v", state, ok)
		}
	}
	remember(acme, 3)
	remember(acme, 12)
	if _, ok := r.recall(acme, 3); !ok {
		t.Error("the state that was wanted last is lost")
	}
	if _, ok := r.recall(acme, -7); ok {
		t.Error("a third state is kept")
	}
	if _, ok := r.recall(other, 3); !ok {
		t.Error("another organization is forgotten")
	}
	r.remember(acme, 0, sets[3])
	if _, ok := r.recall(acme, 0); ok {
		t.Error("what is not committed is remembered")
	}
}
