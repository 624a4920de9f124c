package views

import (
	"net/url"
	"time"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// Login is the page to sign in.
type Login struct {
	Next, Email string
	PasswordSet bool   // the person has just set a password by a link
	Challenge   string // the password was right, and a code is needed that is sent with this
	Ended       bool   // the session ended, and what was sent then was not saved
	Err         *org.Error

	Providers  []SignInProvider // that one can sign in with, the one that this browser used last first
	NoPassword bool             // nobody may sign in with a password
	Now        time.Time
}

// LoginWith is the page to sign in that leads on to next.
func LoginWith(next string) string {
	q := url.Values{}
	if next != "" && next != HomeURL {
		q.Set("next", next)
	}
	return ui.URL(LoginURL, q)
}

// Setup is the page that makes the first account.
type Setup struct {
	Token                 string
	Organization          string
	Email, Username, Name string
	Err                   *org.Error
}

// SetPassword is the page that sets a password by a link.
type SetPassword struct {
	org.PasswordLink
	Err *org.Error
}
