package views

import "rolecall.example/org"

// Login is the page to sign in.
type Login struct {
	Next, Email string
	PasswordSet bool // the person has just set a password by a link
	Ended       bool // the session ended, and what was sent then was not saved
	Err         *org.Error
}

// Setup is the page that makes the first account.
type Setup struct {
	Token                 string
	Email, Username, Name string
	Err                   *org.Error
}

// SetPassword is the page that sets a password by a link.
type SetPassword struct {
	org.PasswordLink
	Err *org.Error
}
