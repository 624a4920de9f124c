// Package account holds the use cases of accounts: signing in, passwords and the links that set them, sessions, API
// tokens, setup and recovery. Its API may change without notice.
package account

import (
	"cmp"
	"log/slog"
	"time"

	"rolecall.example/org"
	"rolecall.example/org/factor"
	"rolecall.example/org/unit"
)

// Options are the settings of a Service. The zero value is what a server uses.
type Options struct {
	MaxTokenLifetime time.Duration    // a year if 0
	SessionLifetime  time.Duration    // of the tokens that a login over the API gets; a day if 0
	HashCost         org.HashCost     // of new password hashes; two passes over 19 MiB if zero
	Log              *slog.Logger     // of what fails beside a request; slog.Default() if nil
	Vault            *factor.Vault    // seals the seeds of authenticator apps; nil: none can be set up
	Passkeys         *factor.Passkeys // those of the site; nil: there are none

	Passwords org.PasswordPolicy // who may sign in with one; all if ""
}

// Service answers the use cases of accounts. It is safe for concurrent use.
type Service struct {
	units            *unit.Units
	hashing          hashing
	maxTokenLifetime time.Duration
	sessionLifetime  time.Duration
	log              *slog.Logger
	passwords        org.PasswordPolicy
	vault            *factor.Vault
	passkeys         *factor.Passkeys
}

// PasswordPolicy returns who may sign in with a password.
func (s *Service) PasswordPolicy() org.PasswordPolicy {
	return cmp.Or(s.passwords, org.PasswordsForAll)
}

// New makes the use cases of accounts.
func New(u *unit.Units, o Options) *Service {
	if o.MaxTokenLifetime == 0 {
		o.MaxTokenLifetime = 365 * org.Day
	}
	if o.SessionLifetime == 0 {
		o.SessionLifetime = org.Day
	}
	if o.HashCost == (org.HashCost{}) {
		o.HashCost = defaultHashCost
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Vault == nil {
		o.Vault = factor.NewVault("", false)
	}
	return &Service{
		units: u, hashing: newHashing(o.HashCost),
		maxTokenLifetime: o.MaxTokenLifetime, sessionLifetime: o.SessionLifetime,
		log: o.Log, passwords: o.Passwords, vault: o.Vault, passkeys: o.Passkeys,
	}
}

// Operator returns the actor for those who can write the database: it needs no account. The audit trail calls it "operator".
func (s *Service) Operator() *org.Actor { return s.units.Operator() }
