// Package idpsync holds the use cases of rule sets: what the claims of a sign-in provider give to the people who sign in with
// it. docs/spec/sync.md has the rules. Its API may change without notice.
package idpsync

import (
	"rolecall.example/org/unit"
)

// Service answers the use cases of rule sets. It is safe for concurrent use.
type Service struct {
	units *unit.Units
}

// New makes the use cases.
func New(u *unit.Units) *Service { return &Service{u} }
