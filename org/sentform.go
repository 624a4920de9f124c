package org

import "time"

// FormLife is how long it is known that a form made its change.
const FormLife = 24 * time.Hour

// Form is the form that a request came with. The first change is made together with a note of its id, and another request
// of the same account with it is refused as Repeated, by whatever replica.
type Form struct {
	ID   string
	Made bool // set when a change of this request has been made with it: further ones belong to it
}

// ErrRepeated refuses a form that has made its change in another request.
var ErrRepeated = &Error{Kind: Repeated, Message: "This was already done."}
