package views

import (
	"strings"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// leftWords are the words for each kind of thing that stays when its maker leaves, in the order of the page.
var leftWords = []struct {
	kind            org.LeftKind
	noun, of        string // one of it, and what follows; "other accounts" becomes "another account" for one
	becomes, one    string // what becomes of many, and of one
	tells, tellsOne string // what that means, for many and for one
}{
	{org.LeftRole, "custom role", "", "stay", "stays", "People keep them, with everything that they allow.", "People keep it, with everything that it allows."},
	{org.LeftServiceAccount, "service account", "", "stay", "stays", "They and their API tokens keep working: someone else has to look after them.", "It and its API tokens keep working: someone else has to look after it."},
	{org.LeftToken, "API token", " for other accounts", "keep working", "keeps working", "Anyone with a copy can still use them. Revoke them unless a program needs them.", "Anyone with a copy can still use it. Revoke it unless a program needs it."},
	{org.LeftPassword, "password", " of other accounts", "keep working", "keeps working", "Chosen for these accounts and not changed since. Set other ones.", "Chosen for this account and not changed since. Set another one."},
	{org.LeftDirectory, "directory", "", "stay", "stays", "They keep adding and removing people.", "It keeps adding and removing people."},
	{org.LeftDirectoryToken, "directory token", "", "keep working", "keeps working", "Anyone with a copy can still use them. Make new ones, then delete these.", "Anyone with a copy can still use it. Make a new one, then delete this one."},
	{org.LeftSyncRules, "set", " of sign-in rules", "stay", "stays", "They keep deciding who gets roles by signing in.", "It keeps deciding who gets roles by signing in."},
	{org.LeftInvitation, "open invitation", "", "stop working", "stops working", "No one can accept them while the account is suspended. Send them again to take them over.", "No one can accept it while the account is suspended. Send it again to take it over."},
	{org.LeftPasswordLink, "link", " to set a password", "stop working", "stops working", "No one can use them while the account is suspended.", "No one can use it while the account is suspended."},
}

// leftGroup is what stays of one kind.
type leftGroup struct {
	title, tells string
	warn         bool // the person could go on using it
	few, more    []org.LeftBehind
}

// left is what the account made and that does not go with it.
func (f Offboard) left() (list []leftGroup) {
	const shown = 6
	for _, w := range leftWords {
		var things []org.LeftBehind
		for _, t := range f.Left {
			if t.Kind == w.kind {
				things = append(things, t)
			}
		}
		n := len(things)
		if n == 0 {
			continue
		}
		noun := ui.Plural(n, w.noun)
		if w.noun == "directory" && n > 1 {
			noun = ui.Thousands(n) + " directories"
		}
		g := leftGroup{title: noun + w.of + " " + w.becomes, tells: w.tells, few: things}
		g.warn = w.becomes == "keep working"
		if n == 1 {
			g.title, g.tells = noun+strings.Replace(w.of, "other accounts", "another account", 1)+" "+w.one, w.tellsOne
		}
		if n > shown+1 { // one more takes no more room than the words for it
			g.few, g.more = things[:shown], things[shown:]
		}
		list = append(list, g)
	}
	return list
}

// leftURL is where something that stays is looked after.
func leftURL(t org.LeftBehind) string {
	place := t.Organization.Name
	switch t.Kind {
	case org.LeftRole:
		return RoleURL(place, t.Name)
	case org.LeftToken:
		return TokensURL(t.User)
	case org.LeftDirectory, org.LeftDirectoryToken:
		return DirectoryURL(place)
	case org.LeftSyncRules:
		if t.OfOrganization() {
			return OrganizationSyncURL(place, t.Name)
		}
		return SyncProviderURL(t.Name)
	case org.LeftInvitation:
		return InvitationsURL(place)
	case org.LeftServiceAccount, org.LeftPassword, org.LeftPasswordLink:
		return UserURL(t.User)
	}
	return ""
}

// leftPlace is the organization of something that stays, "" if its label says it.
func (f Offboard) leftPlace(t org.LeftBehind) string {
	if place := t.Organization.Label(); t.OfOrganization() && place != f.leftLabel(t) {
		return " (" + place + ")"
	}
	return ""
}

// leftLabel is what something that stays is called.
func (f Offboard) leftLabel(t org.LeftBehind) string {
	if t.Kind == org.LeftSyncRules {
		return f.Names.of(org.Source("oidc:" + t.Name))
	}
	if t.Kind == org.LeftToken {
		return t.Name + " of " + t.User
	}
	if t.Kind == org.LeftInvitation {
		return t.Name
	}
	return t.Label()
}
