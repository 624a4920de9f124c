package org

import (
	"fmt"
	"time"
)

// Factors are the second factors of an account.
type Factors struct {
	App           time.Time // since when codes of an authenticator app are asked for, zero if they are not
	Passkeys      []Passkey // the oldest first
	RecoveryCodes int       // how many are left
}

// Any reports whether there is a second factor at all: then a password is not enough to sign in.
func (f Factors) Any() bool { return !f.App.IsZero() || len(f.Passkeys) > 0 }

// Enrolment is what an authenticator app needs to know. It is shown once.
type Enrolment struct {
	Secret string // to type in
	URL    string // otpauth://
	QR     string // the same as a picture, a data: URL
}

// CodeNeededError is the error if the password is right but a code is needed too. It unwraps to an Unauthenticated
// error.
type CodeNeededError struct {
	Challenge string // what the code is sent with; "" for programs, which send it with the password
}

func (*CodeNeededError) Error() string { return ErrCodeNeeded.Error() }

// Unwrap returns the refusal.
func (*CodeNeededError) Unwrap() error { return ErrCodeNeeded }

// ErrCodeNeeded is the refusal that a CodeNeededError unwraps to.
var ErrCodeNeeded = &Error{
	Kind: Unauthenticated, Message: "A one-time code is needed.",
	Fields: []Field{{Field: "otp", Detail: "must be a code of the authenticator app, or a recovery code"}},
}

// FactorPolicy says whose sessions need a second factor.
type FactorPolicy string

// The policies.
const (
	FactorsForNone   FactorPolicy = "off"
	FactorsForOwners FactorPolicy = "owners" // who holds a role of the site
	FactorsForAll    FactorPolicy = "all"
)

// ParseFactorPolicy reads a policy.
func ParseFactorPolicy(s string) (FactorPolicy, error) {
	switch p := FactorPolicy(s); p {
	case FactorsForNone, FactorsForOwners, FactorsForAll:
		return p, nil
	}
	return "", fmt.Errorf("must be %s, %s or %s", FactorsForNone, FactorsForOwners, FactorsForAll)
}

// Covers reports whether an account that signs in with a password needs a second factor.
func (p FactorPolicy) Covers(u User) bool {
	return p == FactorsForAll || p == FactorsForOwners && len(u.Roles) > 0
}
