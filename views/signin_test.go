package views

import (
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"rolecall.example/org"
)

// signInPages are the pages of providers, second factors and invitations.
func signInPages() map[string]templ.Component {
	providers := []SignInProvider{{ID: "okta", Name: hostile}, {ID: "google", Name: long, Down: now.Add(-time.Hour)}}
	linked := []org.Identity{{Provider: "okta", Email: hostile, CreatedAt: now}, {Provider: "gone", Email: rtl, CreatedAt: now, LastLoginAt: now}}
	made := []org.Invitation{
		{Email: "a@example.com", Name: hostile, State: "pending", Into: []org.InvitedInto{{Organization: acme, Roles: []org.RoleRef{{Name: "organization-admin", DisplayName: hostile}}}}, Reason: hostile, Until: now, Maker: long, CreatedAt: now, ExpiresAt: now, Secret: "secret"},
		{Email: "b@example.com", State: "expired", Into: []org.InvitedInto{{Organization: acme}}, CreatedAt: now, ExpiresAt: now},
	}
	return map[string]templ.Component{
		"login, providers":      LoginPage(Login{Providers: providers, Now: now}),
		"login, no password":    LoginPage(Login{Providers: providers, NoPassword: true, Next: hostile, Now: now}),
		"login, code":           LoginPage(Login{Challenge: hostile, Next: hostile, Err: refusal}),
		"sign-in failed":        SignInFailedPage(SignInFailed{Provider: providers[0], Err: refusal, Next: hostile}),
		"link failed":           SignInFailedPage(SignInFailed{Provider: providers[0], Err: refusal, Linking: true}),
		"invited, not let in":   SignInFailedPage(SignInFailed{Provider: providers[0], Err: refusal, Invited: true, Next: hostile}),
		"invited, leaving":      InvitationLeavingPage(Leaving{Provider: hostile, URL: "https://okta.example/authorize"}, hostile),
		"invited, providers":    InvitationPage(InvitationTo{InvitationOffer: org.InvitationOffer{Invitation: made[0]}, Link: hostile, Providers: providers}),
		"invited, no password":  InvitationPage(InvitationTo{InvitationOffer: org.InvitationOffer{Invitation: made[0]}, Link: hostile, Providers: providers, NoPassword: true, NoAccount: true, Err: refusal}),
		"signed out":            SignedOutPage(SignedOut{}),
		"signed out, provider":  SignedOutPage(SignedOut{Provider: hostile, Leave: "https://okta.example/logout"}),
		"identities":            IdentitiesPage(Identities{Linked: linked, Providers: providers, Fresh: true, Now: now}),
		"identities, refused":   IdentitiesPage(Identities{Linked: linked, Providers: providers, Failed: "google", Err: refusal, Now: now}),
		"leaving":               LeavingPage(Leaving{Provider: hostile, URL: "https://okta.example/authorize"}),
		"factors, none":         FactorsPage(Factors{HasPassword: true, CanEnrol: true, Required: true, Now: now}),
		"factors, no password":  FactorsPage(Factors{Now: now}),
		"factors, enrolling":    FactorsPage(Factors{HasPassword: true, CanEnrol: true, Enrolment: &org.Enrolment{Secret: hostile, URL: "otpauth://totp/x", QR: "data:image/png;base64,AA=="}, Now: now}),
		"factors, on":           FactorsPage(Factors{Factors: org.Factors{App: now, RecoveryCodes: 8}, HasPassword: true, CanEnrol: true, Shown: true, Codes: []string{"aaaa-bbbb"}, Now: now}),
		"factors, passkeys":     FactorsPage(Factors{Factors: org.Factors{Passkeys: []org.Passkey{{Name: hostile, Synced: true, CreatedAt: now}, {Name: "Key", CreatedAt: now, LastUsed: now, Doubted: now}}}, HasPassword: true, Offered: true, Now: now}),
		"factors, refused":      FactorsPage(Factors{Factors: org.Factors{App: now}, HasPassword: true, CanEnrol: true, Failed: FactorsRemove, Err: refusal, Now: now}),
		"invite":                InvitePage(Invite{Organization: acme, Roles: []org.Role{newRole(hostile, "user:read")}}),
		"mail, none":            MailPage(Mail{}),
		"mail":                  MailPage(Mail{MailStatus: org.MailStatus{Server: &org.MailServer{Address: hostile, From: hostile, Mode: org.MailTLS}, Waiting: 2}, To: hostile, Err: refusal}),
		"invite, refused":       InvitePage(Invite{Organization: acme, Emails: hostile, Terms: TermsForm{Until: UntilDate, Date: hostile, Reason: hostile}, Err: refusal}),
		"invite, left out":      InvitePage(Invite{Organization: acme, Made: made, Refused: []org.InvitationRefusal{{Email: hostile, Detail: hostile}}, Base: "https://roles.example.com"}),
		"invitations":           InvitationsPage(Invitations{List: org.InvitationList{Organization: acme, Invitations: made, Count: 2}, Filter: org.InvitationFilter{State: org.InvitationsOpen, Limit: 25}, Made: made[:1], Now: now}),
		"invitations, none":     InvitationsPage(Invitations{List: org.InvitationList{Organization: acme}, Filter: org.InvitationFilter{State: org.InvitationsOpen, Limit: 25}, Now: now}),
		"invitation":            InvitationPage(InvitationTo{InvitationOffer: org.InvitationOffer{Invitation: made[0]}, Link: hostile}),
		"invitation, signed in": InvitationPage(InvitationTo{InvitationOffer: org.InvitationOffer{Invitation: made[0]}, Link: hostile, User: hostile, Err: refusal}),
		"invitation, gone":      InvitationGonePage(refusal),
	}
}

// TestInviter: an account that has the name of the operator does not pass for it.
func TestInviter(t *testing.T) {
	t.Parallel()
	for want, maker := range map[string]uuid.UUID{"operator": acme.ID, "The operator of this site": uuid.Nil} {
		offer := org.InvitationOffer{Invitation: org.Invitation{Maker: "operator", MakerID: maker}}
		if got := (InvitationTo{InvitationOffer: offer}).inviter(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
