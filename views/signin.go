package views

import (
	"net/url"
	"time"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// The pages of signing in with a provider.
const (
	signInPath     = "/login/oidc/"
	SignedOutPath  = "/login/signed-out"
	IdentitiesURL  = "/users/me/identities"
	identitiesPath = IdentitiesURL + "/"
)

// SignInURL returns the address that begins a sign-in with a provider and leads on to next.
func SignInURL(provider, next string) string {
	q := url.Values{}
	if next != "" && next != HomeURL {
		q.Set("next", next)
	}
	return ui.URL(signInPath+url.PathEscape(provider), q)
}

// SignedOutFrom returns the page after signing out that names the provider.
func SignedOutFrom(provider string) string {
	return ui.URL(SignedOutPath, url.Values{"provider": {provider}})
}

// LinkIdentityURL links a sign-in at a provider.
func LinkIdentityURL(provider string) string { return IdentityURL(provider) + "/link" }

// IdentityURL is a linked sign-in.
func IdentityURL(provider string) string { return identitiesPath + url.PathEscape(provider) }

// SignInProvider is a provider as shown on a page.
type SignInProvider struct {
	ID, Name string
	Down     time.Time // since when it has not answered; zero: it answers
}

// SignInFailed is the page after a failed sign-in with a provider.
type SignInFailed struct {
	Provider SignInProvider
	Err      *org.Error
	Next     string // where the person wanted to go
	Linking  bool   // it was to link, not to sign in
	Invited  bool   // it was to accept the invitation that Next shows
}

// Title returns the heading of the page.
func (f SignInFailed) Title() string {
	if f.Linking {
		return "Not linked"
	}
	return "Not signed in"
}

// SignedOut is the page after a session has ended here.
type SignedOut struct {
	Provider string // its name, "" if there is no session at one
	Leave    string // where the session there ends
}

// Identities is the page with the sign-ins of the caller at providers.
type Identities struct {
	Linked    []org.Identity
	Providers []SignInProvider // all of the settings
	Fresh     bool             // the caller has just signed in, so no password is asked for
	Failed    string           // the provider whose form was refused
	Err       *org.Error
	Now       time.Time
}

// linked returns the caller's sign-in at a provider, nil if there is none.
func (i *Identities) linked(provider string) *org.Identity {
	for n := range i.Linked {
		if i.Linked[n].Provider == provider {
			return &i.Linked[n]
		}
	}
	return nil
}

// gone returns the caller's sign-ins at providers that are no longer in the settings.
func (i *Identities) gone() (list []org.Identity) {
	for _, one := range i.Linked {
		known := false
		for _, p := range i.Providers {
			known = known || p.ID == one.Provider
		}
		if !known {
			list = append(list, one)
		}
	}
	return list
}

func (i *Identities) failed(provider string) *ui.FormError {
	if i.Failed != provider {
		return nil
	}
	return formError(i.Err)
}

// Leaving is the page that leads to a provider to link a sign-in there.
type Leaving struct {
	Provider string // its name
	URL      string
}
