package local

import (
	"context"
	"crypto/ed25519"
	"sync"
	"time"

	"rolecall.example/rbac/snapshot"
)

// keyPause is the least time between two requests for keys, however many documents with invented keys arrive.
const keyPause = time.Minute

// keyring holds the keys that documents may be signed with.
type keyring struct {
	mu    sync.Mutex
	known snapshot.KeySet
	fixed bool // they are from the options, so the server is not asked
	asked bool
	at    time.Duration // of the last request
}

// Key returns a key by its id.
func (k *keyring) Key(kid string) (ed25519.PublicKey, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known.Key(kid)
}

// replace stores the keys that the server has now. Keys that it no longer has are no longer accepted.
func (k *keyring) replace(s snapshot.KeySet) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.fixed && len(s) > 0 {
		k.known = s
	}
}

// due reports whether to ask the server about an unknown key now, and if so records that.
func (k *keyring) due(now time.Duration) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fixed || k.asked && now-k.at < keyPause {
		return false
	}
	k.asked, k.at = true, now
	return true
}

// learn asks the server for its keys if that is due. The reader of a document then sees whether its key is known.
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
