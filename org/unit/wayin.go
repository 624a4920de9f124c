package unit

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// Configured reports whether people can sign in with a provider. Identities at a provider that has left the settings do not
// count. Where the settings are not known, as in a command on the database, every provider counts.
func (s *Units) Configured(provider string) bool {
	return s.providers == nil || slices.Contains(s.providers, provider)
}

// ProviderList returns the providers of the settings as queries take them: each with a space on both sides, or "*" if they are
// not known.
func (s *Units) ProviderList() string {
	if s.providers == nil {
		return "*"
	}
	return " " + strings.Join(s.providers, " ") + " "
}

// HasWayIn reports whether the person of an account can sign in to the console: with a password that the policy admits, at a
// provider of the settings, or with a passkey. Queries for holders apply the same rule.
func (s Reader) HasWayIn(ctx context.Context, user uuid.UUID) (bool, error) {
	return s.Q.HasWayIn(ctx, db.HasWayInParams{ID: user, Passwords: s.PasswordPolicy(), Providers: s.ProviderList()})
}

// PasswordPolicy returns who may sign in with a password, as queries take it.
func (s *Units) PasswordPolicy() string { return string(cmp.Or(s.passwords, org.PasswordsForAll)) }
