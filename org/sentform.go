package org

import "time"

// FormLife is how long the server remembers that a form, or a request with an Idempotency-Key, made its change.
const FormLife = 24 * time.Hour

// Form is the form that a request came with, or its Idempotency-Key. The first change is stored together with this id;
// another request of the same account with the same id is refused as Repeated, by every replica.
type Form struct {
	ID      string
	Request []byte // what a request with a key asks, as a hash; nil for a form
	Made    bool   // set when a change of this request has been made with it: further ones belong to it
}

// Why a repeated form, or request with an Idempotency-Key, does not get the answer of the first time.
var (
	ErrRepeated = &Error{Kind: Repeated, Message: "This was already done."}
	ErrReused   = &Error{
		Kind: Reused, Message: "This Idempotency-Key belongs to another request.",
		Detail: "Make a new one for each request, and send the same one only to repeat a request.",
	}
	ErrSecretShown = &Error{Kind: Repeated, Message: "This request was already carried out. Its secret was shown once."}
	ErrAnswerGone  = &Error{
		Kind: Repeated, Message: "This request was already carried out.", Detail: "Its answer was not kept. Look at what it made.",
	}
)
