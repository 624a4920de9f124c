// Package signing keeps the keys that sign snapshots and rights: Ed25519 pairs in the database, which all its servers
// share, or in a file. Its API may change without notice.
package signing

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"sync"
	"time"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// A new key is published at once but signs later, when every client has it; signatures of the old one stay valid for a
// while.
const (
	Notice = 10 * time.Minute
	Grace  = org.Day
)

// freshness is how long a server uses the keys that it has read. It must be far shorter than Notice.
const freshness = 10 * time.Second

// Key is a pair of keys.
type Key struct {
	ID         string // the thumbprint of the public key
	Public     ed25519.PublicKey
	Private    ed25519.PrivateKey // nil for a public key in a file, with which others sign
	CreatedAt  time.Time          // zero in a file
	ActiveFrom time.Time          // when it starts signing
	RetiredAt  time.Time          // when it stops signing; zero: not known yet
}

// State returns what a key is used for at a time.
func (k *Key) State(now time.Time) State {
	switch {
	case now.Before(k.ActiveFrom):
		return Announced
	case k.RetiredAt.IsZero() || now.Before(k.RetiredAt):
		return Signing
	default:
		return Accepted
	}
}

// State is what a key is used for.
type State string

// The states of a key, in order.
const (
	Announced State = "announced" // it is published, and will sign
	Signing   State = "signing"
	Accepted  State = "accepted" // it no longer signs, but its signatures are valid
)

// Service returns the keys. It is safe for concurrent use.
type Service struct {
	units *unit.Units

	mu     sync.Mutex
	file   []Key
	known  []Key
	readAt time.Time
}

// New makes the service over a database, which gets its first pair when one is needed.
func New(u *unit.Units) *Service { return &Service{units: u} }

// UseFile makes the service use only the keys of a file, see [ReadFile]: the first signs, all are published. Call it
// before anything is signed.
func (s *Service) UseFile(keys []Key) { s.file = keys }

// Current returns the key that signs now, with its name.
func (s *Service) Current(ctx context.Context) (kid string, key ed25519.PrivateKey, err error) {
	defer org.Wrap(&err, "find the key that signs")
	if s.file != nil {
		return s.file[0].ID, s.file[0].Private, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.units.Now()
	if age := now.Sub(s.readAt); age < 0 || age >= freshness || s.known == nil {
		if s.known, err = s.stored(ctx); err != nil {
			return "", nil, err
		}
		s.readAt = now
	}
	found := signing(s.known, s.units.Now())
	return found.ID, found.Private, nil
}

// Public returns every key whose signatures are valid now or soon, as stored.
func (s *Service) Public(ctx context.Context) (_ []Key, err error) {
	defer org.Wrap(&err, "list the keys")
	if s.file != nil {
		return slices.Clone(s.file), nil
	}
	return s.stored(ctx)
}

// Now returns the time by which keys are judged.
func (s *Service) Now() time.Time { return s.units.Now() }

// signing returns the newest key that signs at a time. If none does yet, because the clock of this server is behind that of
// the one that made the first key, it returns the first.
func signing(keys []Key, now time.Time) *Key {
	for i := range slices.Backward(keys) {
		if keys[i].State(now) == Signing {
			return &keys[i]
		}
	}
	return &keys[0]
}

// stored reads the keys, and makes the first. It is no unit: a server does it by itself, and nothing that people see changes.
func (s *Service) stored(ctx context.Context) ([]Key, error) {
	keys, err := s.list(ctx, s.units.DB)
	if err != nil || len(keys) > 0 {
		return keys, err
	}
	err = s.units.DB.WriteIn(ctx, db.OnSite, func(tx *db.Tx) error {
		if keys, err = s.list(ctx, tx.Reads()); err != nil || len(keys) > 0 { // another server was first
			return err
		}
		k := generate(s.units.Now())
		keys = []Key{k}
		return tx.Writes().InsertSigningKey(ctx, insertion(k))
	})
	return keys, err
}

// list reads the keys that are still of use, in the order in which they sign.
func (s *Service) list(ctx context.Context, q db.Reads) ([]Key, error) {
	rows, err := q.ListSigningKeys(ctx, unit.NullTime(s.units.Now().Add(-Grace)))
	keys := make([]Key, len(rows))
	for i, r := range rows {
		keys[i] = Key{r.Kid, r.PublicKey, r.PrivateKey, r.CreatedAt, r.ActiveFrom, r.RetiredAt.Time}
		if len(r.PublicKey) != ed25519.PublicKeySize || len(r.PrivateKey) != ed25519.PrivateKeySize || Thumbprint(r.PublicKey) != r.Kid {
			return nil, errors.New("the stored key " + r.Kid + " is damaged")
		}
	}
	return keys, err
}

// generate makes a pair that signs from a time on.
func generate(now time.Time) Key {
	public, private, _ := ed25519.GenerateKey(nil) // it never fails
	return Key{ID: Thumbprint(public), Public: public, Private: private, CreatedAt: now, ActiveFrom: now}
}

func insertion(k Key) db.InsertSigningKeyParams {
	return db.InsertSigningKeyParams{Kid: k.ID, PublicKey: k.Public, PrivateKey: k.Private, Now: k.CreatedAt, ActiveFrom: k.ActiveFrom}
}

// Thumbprint names a public key as RFC 7638 and RFC 8037 do, so that a key has the same name wherever it is kept.
func Thumbprint(public ed25519.PublicKey) string {
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + base64.RawURLEncoding.EncodeToString(public) + `"}`))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
