// Package idpsync holds the use cases of rule sets: what the claims of a sign-in provider give to the people who sign in with
// it. docs/spec/sync.md has the rules. Its API may change without notice.
//
// It has three parts. People read and change rule sets, and map no more than they could give by hand. What the rule sets give
// for some claims is a pure function of the two (desired.go), compared with the records that the account has from the provider
// (compare.go). And look.go finds how much of that a sign-in may do, given the last owner, the last admins and the
// fuse; a sign-in (apply.go), the tester and the impact of a change all use it.
package idpsync

import (
	"rolecall.example/org/unit"
)

// Service implements the use cases of rule sets. It is safe for concurrent use.
type Service struct {
	units *unit.Units
}

// New returns a Service.
func New(u *unit.Units) *Service { return &Service{u} }
