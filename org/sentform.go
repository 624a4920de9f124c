package org

import "time"

// FormLife is how long it is known that a form, or a request with an Idempotency-Key, made its change.
const FormLife = 24 * time.Hour

// Form is the form that a request came with, or its Idempotency-Key. The first change is made together with a note of its
// id, and another request of the same account with it is refused as Repeated, by whatever replica.
type Form struct {
	ID      string
	Request []byte // what a request with a key asks, as a hash; nil for a form
	Made    bool   // set when a change of this request has been made with it: further ones belong to it
}

// Sent is a request with an Idempotency-Key that has made its change.
type Sent struct {
	At      time.Time
	Request []byte // what it asked, as a hash
	Answer  []byte // what it was answered; nil if that is not known
}

// ErrRepeated refuses a form that has made its change in another request.
var ErrRepeated = &Error{Kind: Repeated, Message: "This was already done."}
