package views

import (
	"time"

	"rolecall.example/org"
)

// The forms of the page of second factors.
const (
	FactorsEnrol   = "enrol"
	FactorsConfirm = "confirm"
	FactorsCodes   = "codes"
	FactorsRemove  = "remove"
	FactorsPasskey = "passkey" // adds a passkey; the form that removes one is named by its id
)

// Factors is the page of the caller's second factors.
type Factors struct {
	org.Factors
	HasPassword bool           // without a password there is no second step
	Offered     bool           // passkeys work here
	Fresh       bool           // the caller has just signed in, so adding or removing a passkey needs no password
	Name        string         // as it was typed
	Providers   bool           // the site has sign-in providers
	CanEnrol    bool           // the server has a key to keep seeds with
	Required    bool           // the policy of the site asks for a second factor
	Shown       bool           // this session began with a second factor
	Enrolment   *org.Enrolment // an app is being set up: what it needs to know
	Codes       []string       // recovery codes that were just made
	Failed      string         // the form that Err refused
	Err         *org.Error
	Now         time.Time
}

// on reports whether signing in asks for a code.
func (f Factors) on() bool { return !f.App.IsZero() }

// locked reports whether this session may change nothing: it lacks the second factor that the account has and needs.
func (f Factors) locked() bool { return f.Any() && f.Required && !f.Shown }

// failed returns what is wrong with one of the forms.
func (f Factors) failed(form string) *org.Error {
	if f.Failed == form {
		return f.Err
	}
	return nil
}
