package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"

	"rolecall.example/org"
)

// defaultHashCost is two passes over 19 MiB (OWASP ASVS 5.0, appendix C).
var defaultHashCost = org.HashCost{Memory: 19 * 1024, Time: 2, Threads: 1}

// readable reports whether hashes of this cost are computed at all. Less protects nothing, and more would bring the server down.
func readable(c org.HashCost) bool {
	return c.Memory >= 7*1024 && c.Memory <= 1024*1024 && c.Time >= 1 && c.Time <= 16 && c.Threads >= 1 && c.Threads <= 16
}

const (
	hashBytes = 32
	saltBytes = 16
)

// hashing bounds the memory and the cores that hashes take at once, however many people sign in: half of the cores stay free
// for those who have signed in.
type hashing struct {
	slots   *semaphore.Weighted
	waiting *atomic.Int64
	count   *atomic.Int64
	cost    org.HashCost // of new hashes
	dummy   passwordHash // what a sign-in is compared with that has nothing to compare with
}

// maxWaiting is how many callers may wait for a hash. More would wait for seconds, and hold memory meanwhile.
const maxWaiting = 64

func newHashing(cost org.HashCost) hashing {
	return hashing{
		slots: semaphore.NewWeighted(int64(max(1, runtime.GOMAXPROCS(0)/2))), waiting: new(atomic.Int64), count: new(atomic.Int64),
		cost: cost, dummy: passwordHash{cost, make([]byte, saltBytes), make([]byte, hashBytes)},
	}
}

// room refuses a caller who would have to wait too long.
func (h hashing) room() error {
	if h.waiting.Load() < maxWaiting {
		return nil
	}
	return &org.Error{Kind: org.Unavailable, RetryAfter: 2 * time.Second, Message: "Too many people are signing in at once.",
		Detail: "Try again in a moment."}
}

// Hashes returns how many password hashes have been computed. A guess at a password costs one.
func (s *Service) Hashes() int64 { return s.hashing.count.Load() }

// hash makes the string that is stored for a password. It waits for its turn.
func (h hashing) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	key, err := h.key(ctx, password, h.cost, salt)
	if err != nil {
		return "", err
	}
	return passwordHash{h.cost, salt, key}.String(), nil
}

// matches reports whether a stored hash is that of a password. It always computes one hash, of the stored one's cost. "" never
// matches, but takes as long.
func (h hashing) matches(ctx context.Context, stored, password string) (bool, error) {
	usable := stored != "" && len(password) <= org.MaxPassword
	want := h.dummy
	if stored != "" {
		var err error
		if want, err = parseHash(stored); err != nil {
			return false, err
		}
	}
	// A longer one cannot be right. It is cut and compared all the same, so that it costs as much as any other.
	if len(password) > org.MaxPassword {
		password = password[:org.MaxPassword]
	}
	key, err := h.key(ctx, password, want.cost, want.salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, want.key) == 1 && usable, nil
}

// renewed returns a new hash of a right password if the stored one has another cost than new ones, or else "".
// It also returns "" if too many callers wait for a hash: the next sign-in makes up for it.
func (h hashing) renewed(ctx context.Context, stored, password string) string {
	if old, err := parseHash(stored); err != nil || old.cost == h.cost {
		return ""
	}
	hash, err := h.hash(ctx, password)
	if err != nil {
		return ""
	}
	return hash
}

// key computes every hash, so that the bounds of A12 in SECURITY.md hold for all of them. Unavailable: too many callers wait.
func (h hashing) key(ctx context.Context, password string, cost org.HashCost, salt []byte) ([]byte, error) {
	if err := h.room(); err != nil {
		return nil, err
	}
	h.waiting.Add(1)
	err := h.slots.Acquire(ctx, 1)
	h.waiting.Add(-1)
	if err != nil {
		return nil, err
	}
	defer h.slots.Release(1)
	h.count.Add(1)
	return argon2.IDKey([]byte(password), salt, cost.Time, cost.Memory, cost.Threads, hashBytes), nil
}

var b64 = base64.RawStdEncoding

// passwordHash is a stored hash, in the format that other programs use too.
type passwordHash struct {
	cost      org.HashCost
	salt, key []byte
}

const hashFormat = "m=%d,t=%d,p=%d"

func (p passwordHash) String() string {
	return fmt.Sprintf("$argon2id$v=%d$"+hashFormat+"$%s$%s", argon2.Version, p.cost.Memory, p.cost.Time, p.cost.Threads,
		b64.EncodeToString(p.salt), b64.EncodeToString(p.key))
}

// parseHash reads a stored hash. It fails for text that String would not write, and for a cost out of bounds.
func parseHash(s string) (p passwordHash, err error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 {
		return p, fmt.Errorf("stored password hash has %d parts", len(parts))
	}
	if _, err = fmt.Sscanf(parts[3], hashFormat, &p.cost.Memory, &p.cost.Time, &p.cost.Threads); err != nil {
		return p, fmt.Errorf("stored password hash: parameters: %w", err)
	}
	if p.salt, err = b64.DecodeString(parts[4]); err != nil {
		return p, fmt.Errorf("stored password hash: salt: %w", err)
	}
	if p.key, err = b64.DecodeString(parts[5]); err != nil {
		return p, fmt.Errorf("stored password hash: key: %w", err)
	}
	switch {
	case len(p.salt) < saltBytes || len(p.key) != hashBytes:
		return p, fmt.Errorf("stored password hash has a salt of %d bytes and a key of %d", len(p.salt), len(p.key))
	case !readable(p.cost):
		return p, fmt.Errorf("stored password hash has parameters out of bounds: %s", parts[3])
	case p.String() != s:
		return p, errors.New("stored password hash is not as it was written")
	}
	return p, nil
}
