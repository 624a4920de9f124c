package signin

import (
	"rolecall.example/org"
	"rolecall.example/org/account"
)

// nameOf is the name that a provider states, as it may be stored.
func nameOf(p *org.Provider, claims map[string]any) string {
	return account.FullName(textOf(claims, p.NameClaim))
}
