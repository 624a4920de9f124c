package unit

import (
	"testing"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// TestMemory: what is remembered is found under the version or state that it was read in alone, and of role sets a slow
// request that wants an older state does not drive out the newer one.
func TestMemory(t *testing.T) {
	t.Parallel()
	var b baseShelf
	ada := Credential{User: uuid.New()}
	for _, version := range []byte{5, 6, 5} {
		b.remember(db.Version{version}, ada, org.Basis{{Value: int64(version)}})
		if got, ok := b.recall(db.Version{version}, ada); !ok || got[0].Value != int64(version) {
			t.Errorf("under %d: found %v, %v", version, got, ok)
		}
		if got, ok := b.recall(db.Version{version + 1}, ada); ok {
			t.Errorf("under %d, after %d: found %v", version+1, version, got)
		}
		if got, ok := b.recall(db.Version{version}, Credential{User: ada.User, Token: "other"}); ok {
			t.Errorf("with another Credential: found %v", got)
		}
	}

	var r roleShelf
	acme, other := uuid.New(), uuid.New()
	sets := map[int64]*RoleSet{-7: {}, 3: {}, 12: {}}
	remember := func(orgID uuid.UUID, state int64) {
		if _, ok := r.recall(orgID, state); !ok { // as requests do
			r.remember(orgID, state, sets[state])
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
