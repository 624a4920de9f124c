package snapshot

import (
	"encoding/json"
	"time"
)

// The names of the events of the feed. The data of each is the type of that name.
const (
	EventHello     = "hello"
	EventChange    = "change"
	EventReload    = "reload"
	EventSite      = "site"
	EventCatalog   = "catalog"
	EventKeys      = "keys"
	EventDenied    = "denied"
	EventHeartbeat = "heartbeat"
	EventBye       = "bye"
)

// Hello is the first event of a stream: what the server knows when the stream begins. If there are more than a thousand
// organizations, it leaves them out.
type Hello struct {
	Position      int64            `json:"position"`
	Organizations map[string]int64 `json:"organizations,omitempty"` // their revisions, by id
	Site          int64            `json:"site"`                    // the revision of the site
	Catalog       int64            `json:"catalog"`                 // the version in force
	Heartbeat     int              `json:"heartbeat"`               // the seconds between two
}

// Change takes one document from a revision to a later one. It sets final values, so it may be applied twice. If an account is
// suspended, activated or deleted, each of its organizations gets a change of its own.
type Change struct {
	Organization string               `json:"organization,omitempty"` // its id; "" in the event site
	From         int64                `json:"from"`                   // the revision of the document that it goes on from
	To           int64                `json:"to"`
	Set          map[string][]Holding `json:"set,omitempty"` // by account: all roles that it holds there from now on
	Gone         []string             `json:"gone,omitempty"`
	Roles        []Role               `json:"roles,omitempty"` // new ones, and ones that mean something else now
	RolesGone    []string             `json:"roles_gone,omitempty"`
}

// Site is a change of the document of the site; it names no organization. An account that holds nothing any more, or was
// suspended or deleted, is gone from the document. A change that sets nothing only moves the revision.
type Site = Change

// Reload says that a document changed by more than an event can tell: fetch it. The document of the site may have changed at the
// same revision: it contains what roles of organizations give outside of them, which does not move its revision.
type Reload struct {
	Organization string `json:"organization,omitempty"` // "": the site
	To           int64  `json:"to"`
}

// Catalog says that another version of the catalog is in force. Pairs keep their numbers; roles may mean more pairs.
type Catalog struct {
	Version  int64           `json:"version"`
	Hash     string          `json:"hash"`               // SHA-256 of the document, in hex
	Document json.RawMessage `json:"document,omitempty"` // in its canonical form
}

// Keys says that the keys of the server changed.
type Keys struct {
	JWKS
}

// Denied says that the subscriber may no longer read an organization: forget it.
type Denied struct {
	Organization string `json:"organization"`
}

// Heartbeat says that the server has read all changes up to a position.
type Heartbeat struct {
	Position int64     `json:"position"`
	Now      time.Time `json:"now"`
}

// Bye is the last event of a server that stops.
type Bye struct{}

// Event is one event in an answer that is not a stream.
type Event struct {
	Event string          `json:"event"`
	ID    int64           `json:"id,omitempty"` // where to go on after it; 0 if it moves no position
	Data  json.RawMessage `json:"data"`
}

// Poll is the answer to a long poll.
type Poll struct {
	Events   []Event   `json:"events"`
	Position int64     `json:"position"` // where to go on
	Now      time.Time `json:"now"`
}
