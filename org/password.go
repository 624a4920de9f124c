package org

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/sync/semaphore"
)

// Cost of a password hash: argon2id with two passes over 19 MiB (OWASP ASVS 5.0, appendix C).
const (
	hashTime    = 2
	hashMemory  = 19 * 1024 // KiB
	hashThreads = 1
	hashBytes   = 32
	saltBytes   = 16
)

const (
	minPassword = 8
	maxPassword = 1024
)

//go:embed common_passwords.txt
var commonText string

var commonPasswords = sync.OnceValue(func() map[string]bool {
	common := map[string]bool{}
	for p := range strings.Lines(commonText) {
		common[strings.TrimSpace(p)] = true
	}
	return common
})

// hashing bounds the memory and the cores that hashes take at once, however many people sign in: half of the cores are
// left to those who have signed in.
type hashing struct {
	slots   *semaphore.Weighted
	waiting *atomic.Int64
	count   *atomic.Int64
	dummy   string // what a sign-in is compared with that has nothing to compare with
}

// maxWaiting is how many may wait for their hash. Those after them would wait for seconds, and hold memory meanwhile.
const maxWaiting = 64

func newHashing() hashing {
	h := hashing{
		slots: semaphore.NewWeighted(int64(max(1, runtime.GOMAXPROCS(0)/2))), waiting: new(atomic.Int64), count: new(atomic.Int64),
	}
	h.dummy = encodeHash(make([]byte, saltBytes), make([]byte, hashBytes))
	return h
}

// room refuses whoever would have to wait too long.
func (h hashing) room() error {
	if h.waiting.Load() < maxWaiting {
		return nil
	}
	return &Error{Kind: Unavailable, RetryAfter: 2 * time.Second, Message: "Too many people are signing in at once.",
		Detail: "Try again in a moment."}
}

// Hashes is how many password hashes have been computed: what a guess at a password costs.
func (s *Service) Hashes() int64 { return s.hashing.count.Load() }

// hash makes the string that is stored for a password. It waits for its turn.
func (h hashing) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	key, err := h.key(ctx, password, salt)
	if err != nil {
		return "", err
	}
	return encodeHash(salt, key), nil
}

// matches costs one hash whatever it is given; "" is compared in vain.
func (h hashing) matches(ctx context.Context, stored, password string) (bool, error) {
	usable := stored != "" && len(password) <= maxPassword
	if stored == "" {
		stored = h.dummy
	}
	if len(password) > maxPassword {
		password = password[:maxPassword]
	}
	salt, want, err := decodeHash(stored)
	if err != nil {
		return false, err
	}
	key, err := h.key(ctx, password, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, want) == 1 && usable, nil
}

func (h hashing) key(ctx context.Context, password string, salt []byte) ([]byte, error) {
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
	return argon2.IDKey([]byte(password), salt, hashTime, hashMemory, hashThreads, hashBytes), nil
}

var b64 = base64.RawStdEncoding

func encodeHash(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashTime, hashThreads,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

func decodeHash(s string) (salt, key []byte, err error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 {
		return nil, nil, fmt.Errorf("stored password hash has %d parts", len(parts))
	}
	if salt, err = b64.DecodeString(parts[4]); err != nil {
		return nil, nil, fmt.Errorf("stored password hash: %w", err)
	}
	if key, err = b64.DecodeString(parts[5]); err != nil {
		return nil, nil, fmt.Errorf("stored password hash: %w", err)
	}
	if len(salt) < saltBytes || len(key) != hashBytes {
		return nil, nil, fmt.Errorf("stored password hash has a salt of %d bytes and a key of %d", len(salt), len(key))
	}
	return salt, key, nil
}

// passwordProblem says what is wrong with a new password. There are no rules about its characters.
func passwordProblem(password, username, email string) string {
	p := Fold(password)
	switch n := utf8.RuneCountInString(password); {
	case n < minPassword:
		return fmt.Sprintf("must be >= %d characters", minPassword)
	case len(password) > maxPassword:
		return fmt.Sprintf("must be <= %d characters", maxPassword)
	case commonPasswords()[p]:
		return "is among the commonest passwords: choose another"
	case p == Fold(username), p == Fold(email):
		return "must not be the username or the e-mail address"
	}
	return ""
}
