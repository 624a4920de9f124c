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
	PasswordSet bool   // the person has just set a password through a link
	Challenge   string // the password was right, and a second step is needed, which sends this
	App         bool   // the second step can be a code of an authenticator app
	Passkeys    bool   // a passkey can be used to sign in, or as the second step
	Kept        string // a form that was not carried out, sealed; the person gets it back after signing in with a password
	Ended       bool   // the session ended, and what was sent then was not saved
	Err         *org.Error

	Providers  []SignInProvider // that people can sign in with, the one that this browser used last first
	NoPassword bool             // no one may sign in with a password
	Now        time.Time
}

// codeFormLabel names one of the forms of the second step.
func codeFormLabel(id string) string {
	if id == "recovery" {
		return "Recovery code"
	}
	return "Code"
}

// recoveryErr returns what is wrong with a recovery code. If there is also a field for a code of the app, that one
// shows the error.
func (l Login) recoveryErr() *ui.FormError {
	if l.App {
		return nil
	}
	return formError(l.Err)
}

// LoginWith returns the sign-in page that leads on to next.
func LoginWith(next string) string {
	q := url.Values{}
	if next != "" && next != HomeURL {
		q.Set("next", next)
	}
	return ui.URL(LoginURL, q)
}

// Setup is the page that creates the first account.
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
