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
	Challenge   string // the password was right, and a second step is needed that is sent with this
	App         bool   // a code of an authenticator app is one
	Passkeys    bool   // a passkey lets in, or is one
	Kept        string // a form that was not carried out, sealed; the person gets it back with a password
	Ended       bool   // the session ended, and what was sent then was not saved
	Err         *org.Error

	Providers  []SignInProvider // that one can sign in with, the one that this browser used last first
	NoPassword bool             // nobody may sign in with a password
	Now        time.Time
}

// codeFormLabel names one of the forms of the second step.
func codeFormLabel(id string) string {
	if id == "recovery" {
		return "Recovery code"
	}
	return "Code"
}

// recoveryErr is what is wrong with a recovery code. Beside the field for a code of the app, that one tells it.
func (l Login) recoveryErr() *ui.FormError {
	if l.App {
		return nil
	}
	return formError(l.Err)
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
