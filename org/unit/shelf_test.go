package unit

import (
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// TestBases: what decides about a caller is read once in a state of the data, by one of those who ask for it at once, and a
// failure is not kept.
func TestBases(t *testing.T) {
	t.Parallel()
	var b baseShelf
	ada := Credential{User: uuid.New()}
	find := func(version byte, c Credential, value int64, err error) (found int64, read bool, failed error) {
		basis, failed := b.find(db.Version{version}, c, func() (org.Basis, error) {
			read = true
			return org.Basis{{Value: value}}, err
		})
		return basis[0].Value, read, failed
	}
	for _, version := range []byte{5, 6, 5} {
		if _, read, err := find(version, ada, 1, sql.ErrNoRows); !read || !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("under %d, at first: read %v, %v", version, read, err)
		}
		if got, read, err := find(version, ada, 2, nil); got != 2 || !read || err != nil {
			t.Errorf("under %d, after a failure: found %d, read %v, %v", version, got, read, err)
		}
		if got, read, _ := find(version, ada, 3, nil); got != 2 || read {
			t.Errorf("under %d, again: found %d, read %v", version, got, read)
		}
		if _, read, _ := find(version, Credential{User: ada.User, Token: "other"}, 4, nil); !read {
			t.Errorf("under %d, with another credential: found what was not read for it", version)
		}
	}

	begun, goOn := make(chan struct{}), make(chan struct{})
	var together sync.WaitGroup
	var reads atomic.Int64
	read := func() (org.Basis, error) {
		reads.Add(1)
		close(begun)
		<-goOn
		return org.Basis{{Value: 7}}, nil
	}
	ask := func() {
		if got, err := b.find(db.Version{7}, ada, read); err != nil || got[0].Value != 7 {
			t.Errorf("at once: found %v, %v", got, err)
		}
	}
	together.Go(ask)
	<-begun
	for range 3 {
		together.Go(ask)
	}
	close(goOn)
	if together.Wait(); reads.Load() != 1 {
		t.Errorf("read %d times for four who asked at once", reads.Load())
	}
}

// TestRoleShelf: a slow request that wants an older state of the roles does not drive out the newer one.
func TestRoleShelf(t *testing.T) {
	t.Parallel()
	var r roleShelf
	acme, other := uuid.New(), uuid.New()
	sets := map[int64]*RoleSet{-7: {}, 3: {}, 12: {}}
	remember := func(orgID uuid.UUID, state int64) {
		if _, ok := r.recall(orgID, state, 1); !ok { // as requests do
			r.remember(orgID, state, 1, sets[state])
		}
	}
	remember(other, 3)
	for range 3 { // requests of two states in turn
		remember(acme, -7)
		remember(acme, 3)
	}
	for state, want := range map[int64]bool{-7: true, 3: true, 12: false, 0: false} {
		if got, ok := r.recall(acme, state, 1); ok != want || ok && got != sets[state] {
			t.Errorf("state %d: found %v", state, ok)
		}
	}
	remember(acme, 3)
	remember(acme, 12)
	if _, ok := r.recall(acme, 3, 1); !ok {
		t.Error("the state that was wanted last is lost")
	}
	if _, ok := r.recall(acme, -7, 1); ok {
		t.Error("a third state is kept")
	}
	if _, ok := r.recall(other, 3, 1); !ok {
		t.Error("another organization is forgotten")
	}
	if _, ok := r.recall(acme, 3, 2); ok {
		t.Error("found under another catalog")
	}
	r.remember(acme, 0, 1, sets[3])
	if _, ok := r.recall(acme, 0, 1); ok {
		t.Error("what is not committed is remembered")
	}
}
