// Package idpsync holds the use cases of rule sets: what the claims of a sign-in provider give to the people who sign in with
// it. docs/spec/sync.md has the rules. Its API may change without notice.
//
// It has three parts. Rule sets are read and changed by people, who map no more than they could give by hand. What they give
// with some claims is a pure function of the two (desired.go), compared with the records that the account has from the provider
// (compare.go). And look.go finds how much of that a sign-in may do, given the last owner, the last admins and the
// fuse; a sign-in (apply.go), the tester and the impact of a change all ask there.
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
