package local

import (
	"context"
	"crypto/ed25519"
	"sync"
	"time"

	"rolecall.example/rbac/snapshot"
)

// keyPause is the least time between two questions for keys. Documents with invented keys cause no more.
const keyPause = time.Minute

// keyring is the keys that documents may be signed with.
type keyring struct {
	mu    sync.Mutex
	known snapshot.KeySet
	fixed bool // they were given, so no one is asked
	asked bool
	at    time.Duration // of the last question
}

// Key returns a key by its id.
func (k *keyring) Key(kid string) (ed25519.PublicKey, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known.Key(kid)
}

// replace takes the keys that the server has now. Those that it has no more are no longer accepted.
func (k *keyring) replace(s snapshot.KeySet) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.fixed && len(s) > 0 {
		k.known = s
	}
}

// due reports whether an unknown key is a reason to ask now, and notes the question.
func (k *keyring) due(now time.Duration) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fixed || k.asked && now-k.at < keyPause {
		return false
	}
	k.asked, k.at = true, now
	return true
}

// learn asks for the keys if it is time to. Whether a key is known afterwards is for the reader of a document to see.
func (e *Engine) learn(ctx context.Context) error {
	if !e.keys.due(e.clock.now()) {
		return nil
	}
	text, err := e.fetchKeys(ctx)
	if err != nil {
		return err
	}
	s, err := snapshot.ParseJWKS(text)
	if err == nil {
		e.keys.replace(s)
	}
	return err
}
