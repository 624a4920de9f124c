package signin

import (
	"rolecall.example/org"
	"rolecall.example/org/account"
)

// nameOf returns the name that a provider states, in a form that may be stored.
func nameOf(p *org.Provider, claims map[string]any) string {
	return account.FullName(textOf(claims, p.NameClaim))
}
