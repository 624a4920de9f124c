package views

import (
	"time"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// Sync is the page of the sign-in providers, and of what they are kept from taking away.
type Sync struct {
	Providers []SyncProviderState
	Use       map[string]org.ProviderUse
	Status    org.SyncStatus
	End       string // the source whose end is asked about
	CanUpdate bool
	Owner     bool
	Err       *org.Error
	Now       time.Time
}

// SyncProviderState is a provider as administrators see it.
type SyncProviderState struct {
	SignInProvider
	Issuer  string
	Ready   bool   // people can sign in with it
	Trouble string // what is wrong with it, "" if nothing is known
}

func (p SyncProviderState) badge() (class, word string) {
	switch down := !p.Down.IsZero(); {
	case p.Ready && p.Trouble == "" && !down:
		return "ok", "Working"
	case p.Ready && !down:
		return "warn", "In trouble"
	case p.Trouble == "" && !down:
		return "", "Not asked yet"
	}
	return "bad", "Not reachable"
}

// name returns the name of a source for people.
func (s Sync) name(source org.Source) string {
	for _, p := range s.Providers {
		if source == org.Source("oidc:"+p.ID) {
			return p.Name
		}
	}
	return source.Words()
}

// ending returns the source whose end is asked about, nil if there is none.
func (s Sync) ending() *org.SyncSource {
	for _, one := range s.Status.Gone {
		if string(one.Source) == s.End {
			return &one
		}
	}
	return nil
}

// notices returns those about claims that were cut short, or those about what a sign-in did not take away. What a held
// source would take away is shown with the source.
func (s Sync) notices(cutShort bool) (out []org.SyncNotice) {
	for _, n := range s.Status.Notices {
		if (n.Kind == string(org.ClaimTruncated)) == cutShort && n.Kind != string(org.HoldFuse) {
			out = append(out, n)
		}
	}
	return out
}

// says describes what did not happen.
func (s Sync) says(n org.SyncNotice) string {
	name, who := s.name(n.Source), ui.FirstOf(n.Username, "somebody")
	switch n.Kind {
	case string(org.HoldLastOwner):
		return name + " would take Owner from " + who + ", the last owner"
	case string(org.HoldLastAdmin):
		return name + " would take Organization Admin from " + who + ", the last one of " + ui.FirstOf(n.OrganizationName, "an organization")
	case string(org.ClaimTruncated):
		return "The claim “" + n.Claim + "” of " + who + " came cut short from " + name
	}
	return name + " would take something from " + who
}

// given says how much a source gives.
func given(s org.SyncSource) string {
	what := " roles and memberships of "
	if s.Records == 1 {
		what = " role or membership of "
	}
	return ui.Thousands(int(s.Records)) + what + ui.Plural(int(s.People), "person")
}
