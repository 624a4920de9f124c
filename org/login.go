package org

// ChoosePasswordError is the error if the password is right but no longer accepted: someone else set it, and the account has
// come to hold more than they do. It unwraps to a Forbidden error.
type ChoosePasswordError struct {
	Secret string // of a link that sets another one; "" for programs
}

func (*ChoosePasswordError) Error() string { return ErrChoosePassword.Error() }

// Unwrap returns the refusal.
func (*ChoosePasswordError) Unwrap() error { return ErrChoosePassword }

// ErrChoosePassword is the refusal that a ChoosePasswordError unwraps to.
var ErrChoosePassword = &Error{Kind: Forbidden, Message: "Choose your own password first.", Detail: "Someone else set it."}
