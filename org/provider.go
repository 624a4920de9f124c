package org

import "time"

// LoginOIDC is the login type of an account that a sign-in provider made: it has no password.
const LoginOIDC = "oidc"

// Provider is a sign-in provider, as far as it decides whose a sign-in is. web/oidc knows how to reach it.
type Provider struct {
	ID            string // part of every source; never used again for another issuer
	Name          string // for people
	Issuer        string
	UsernameClaim string
	EmailClaim    string
	NameClaim     string
	Separator     string // splits a claim that is one text; "" splits none
	Signup        bool   // it makes accounts for strangers
	EmailDomains  []string
	Require       *Requirement // nil: none
	LinkByEmail   bool
	TrustEmail    bool // its administrators alone set addresses

	LinkByExternalID string // claim that has the id of a person in a directory; "": none

	TruncatedAt  int           // a claim with exactly so many values was cut off; 0: none is
	SyncLifetime time.Duration // what it gives ends so long after the last sign-in; 0: it does not
	FusePeople   int           // more people than that must not lose something within an hour; 0: any number
	FusePercent  int           // likewise, of those who hold anything from it
}

// The default fuse of a provider, and that of a new directory.
const (
	DefaultFusePeople  = 10
	DefaultFusePercent = 10
)

// Requirement is a claim that must have one of these values.
type Requirement struct {
	Claim  string
	Values []string
}

// Source returns the source of what the provider gives.
func (p *Provider) Source() Source { return Source("oidc:" + p.ID) }

// Proof is what a provider says about a person, verified: the answer to a sign-in that this browser began.
type Proof struct {
	Issuer  string
	Subject string
	Claims  map[string]any // as JSON has them, numbers as json.Number
	ACR     string
	AMR     []string
	At      time.Time // when the provider authenticated the person
	SID     string    // of the session there, "" if it has none
	IDToken string    // a hint for signing out; "" if it is too long to keep
}

// EndedThere is a session, or all sessions of a person, that a provider has ended.
type EndedThere struct {
	Provider string
	Issuer   string
	Subject  string    // "" if SID alone names what ended
	SID      string    // "" if all sessions of the subject end
	Once     [32]byte  // hash that names the notice
	Until    time.Time // and when it need not be known any more
}

// Identity is a sign-in at a provider that belongs to an account.
type Identity struct {
	Provider    string
	Issuer      string
	Subject     string
	Email       string
	CreatedAt   time.Time
	LastLoginAt time.Time // zero: never since it was linked
}

// PasswordPolicy says who may sign in with a password.
type PasswordPolicy string

// The policies.
const (
	PasswordsForAll    PasswordPolicy = "all"
	PasswordsForOwners PasswordPolicy = "owners"
	PasswordsForNobody PasswordPolicy = "off"
)
