package views

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// SyncTry is the form that tries claims on the rules of a provider, with the result.
type SyncTry struct {
	Action       string // where the form is sent
	Organization string // name of the organization whose rules are tried; "" for all rules
	User         string // as entered
	Claims       string
	Forecast     *org.SyncForecast // nil before anything was tried
	Err          *org.Error
}

// who names the person that the result is about.
func (t SyncTry) who() string {
	if t.Organization != "" {
		return ui.FirstOf(t.User, "a member without roles")
	}
	return ui.FirstOf(t.User, "someone new")
}

// userHint says who can be named.
func (t SyncTry) userHint() string {
	if t.Organization != "" {
		return "Username of a member of " + t.Organization + ". With claims below: what those would change for this person."
	}
	return "Username. With claims below: what those would change for this person."
}

// states returns the names of the claims that rules look at.
func (t SyncTry) states() []string { return slices.Sorted(maps.Keys(t.Forecast.States)) }

// claimStates says what can be concluded from a claim.
var claimStates = map[org.ClaimState]struct{ badge, word, about string }{
	org.ClaimAbsent:    {"warn", "Missing", "nothing changes by its rules"},
	org.ClaimTruncated: {"warn", "Cut short", "nothing changes by its rules"},
	org.ClaimEmpty:     {"", "Empty", "what its rules gave ends"},
	org.ClaimValues:    {"ok", "There", "its rules decide"},
}

// syncSteps says what a sign-in does to a membership or role.
var syncSteps = map[org.SyncStep]struct{ class, word string }{
	org.SyncAdd: {"a", "Gets"}, org.SyncKept: {"u", "Keeps"}, org.SyncEnd: {"d", "Loses"},
}

// lines returns everything that the sign-in gives and takes, memberships first.
func (t SyncTry) lines() []org.SyncLine {
	return slices.Concat(t.Forecast.Organizations, t.Forecast.Roles, t.Forecast.SiteRoles)
}

// syncThing names what a line is about.
func syncThing(l org.SyncLine) string {
	place := ui.FirstOf(l.OrganizationName, "an organization")
	switch {
	case l.Organization == uuid.Nil:
		return l.Role + ", on the whole site"
	case l.Role == "" || l.Role == org.RoleOrganizationUser:
		return "Membership in " + place
	}
	return l.Role + " in " + place
}

// maxUnmatched is how many values without a rule are shown.
const maxUnmatched = 50

// syncLineWhy says why a line is as it is.
func syncLineWhy(l org.SyncLine) string {
	if l.Change == org.SyncEnd {
		return "no rule gives it now"
	}
	return syncWhy(l.Rule)
}

// syncWhy describes the rule of a line.
func syncWhy(rule string) string {
	kind, value, _ := strings.Cut(rule, ":")
	if kind == "" {
		return "by a rule of the site"
	}
	if value == "" {
		return "for everybody"
	}
	return map[string]string{
		string(org.SyncOrganizations): "by the membership rule for ", string(org.SyncRoles): "by the role rule for ", string(org.SyncSiteRoles): "by the site role rule for ",
	}[kind] + "“" + value + "”"
}

// holdWords says why something stays although no rule gives it.
var holdWords = map[org.SyncHold]string{
	org.HoldLastOwner: "no one else could administer the site",
	org.HoldLastAdmin: "no one else could administer the organization",
	org.HoldFuse:      "what the provider would take is held",
}

// impactWho says how many people a line of an impact is about, and names them as far as the caller may know.
func impactWho(l org.SyncImpactLine) string {
	text := ui.Plural(l.People, "person")
	if len(l.Sample) > 0 {
		text += ": " + strings.Join(l.Sample, ", ")
	}
	if len(l.Sample) > 0 && l.People > len(l.Sample) {
		text += " …"
	}
	return text
}

// impactThing names what a line of an impact is about.
func impactThing(l org.SyncImpactLine) string {
	return syncThing(org.SyncLine{Organization: l.Organization, OrganizationName: l.OrganizationName, Role: l.Role})
}
