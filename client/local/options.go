package local

import (
	"cmp"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"time"

	"rolecall.example/client"
)

// The bounds of Options.MaxStaleness. A server sends a heartbeat every five seconds.
const (
	defaultStaleness = 30 * time.Second
	minStaleness     = 5 * time.Second
	maxStaleness     = 10 * time.Minute
)

// defaultBytes is Options.MaxBytes if it is not set.
const defaultBytes = 256 << 20

// Organizations says whose documents an engine holds: those of a list, by id or name, or OnDemand or All.
type Organizations []string

var (
	// OnDemand loads an organization at the first question about it, which the server answers. The least
	// recently used ones are dropped when Options.MaxBytes is reached.
	OnDemand = Organizations{}
	// All loads every organization that the token may read, including those created later.
	All = Organizations{"*"}
)

func (o Organizations) onDemand() bool { return len(o) == 0 }
func (o Organizations) all() bool      { return len(o) == 1 && o[0] == "*" }

// OnStale says what an engine does when its knowledge is too old.
type OnStale uint8

const (
	// Deny says no, with a reason.
	Deny OnStale = iota
	// Ask asks the server, for a second at most, and says no without an answer.
	Ask
)

// Status is the state of an engine.
type Status string

// The states of an engine. It decides by itself while it is fresh.
const (
	Starting Status = "starting"
	Fresh    Status = "fresh"
	Stale    Status = "stale"   // it has not heard from the server for Options.MaxStaleness
	Refused  Status = "refused" // the server does not accept the token: everything is denied
	Closed   Status = "closed"
)

// Options says what an engine holds, and what it does without the server. The zero value suits most.
type Options struct {
	// Organizations is OnDemand unless set.
	Organizations Organizations
	// Aliases are kinds of names, "username" and "email", by which Check finds members, too. Ids need none.
	Aliases []string
	// MaxBytes bounds the memory for documents that were loaded on demand; 0 means 256 MiB.
	MaxBytes int64
	// MaxStaleness is how long the engine decides without hearing from the server: 5 s to 10 min; 0 means 30 s.
	MaxStaleness time.Duration
	// OnStale says what the engine does after that.
	OnStale OnStale
	// TrustedKeys are the public keys by their ids. If they are set, the engine does not ask the server for keys.
	TrustedKeys map[string]ed25519.PublicKey
	// Issuer is the access URL of the server as its documents have it; "" means that of the first document.
	Issuer string
	// OnStateChange is called when the status changes, one call at a time, with the cause of the change. It must not wait for
	// the engine.
	OnStateChange func(now Status, why error)
	// Log gets what an operator should know; nil means slog.Default.
	Log *slog.Logger

	clock clock // of tests
}

// complete fills in what is left out, and refuses invalid values.
func (o Options) complete(c *client.Client) (Options, error) {
	if err := checkAddress(c.BaseURL); err != nil {
		return o, fmt.Errorf("local: %w", err)
	}
	o.MaxBytes = cmp.Or(o.MaxBytes, defaultBytes)
	o.MaxStaleness = cmp.Or(o.MaxStaleness, defaultStaleness)
	if o.MaxStaleness < minStaleness || o.MaxStaleness > maxStaleness {
		return o, fmt.Errorf("local: MaxStaleness is %s; use %s to %s", o.MaxStaleness, minStaleness, maxStaleness)
	}
	for _, kind := range o.Aliases {
		if kind != "username" && kind != "email" {
			return o, fmt.Errorf("local: there are no aliases %q; use username and email", kind)
		}
	}
	for kid, key := range o.TrustedKeys {
		if len(key) != ed25519.PublicKeySize {
			return o, fmt.Errorf("local: the key %q has %d bytes", kid, len(key))
		}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.clock == nil {
		o.clock = machine{time.Now()}
	}
	return o, nil
}
