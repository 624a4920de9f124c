package views

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// Overview is the page of what is going on in an organization.
type Overview struct {
	org.Overview
	Invites      bool // the caller may invite into it
	CanMakeRoles bool
	CanUndo      func(*org.AuditEntry) bool
	Catalog      *rbac.Catalog
	Now          time.Time
}

func (o Overview) name() string { return o.Organization.Name }

// begins reports whether there is nothing to show yet: only the founder is here.
func (o Overview) begins() bool {
	return o.Checklist != nil && !o.Checklist.People && o.Organization.MemberCount <= 1
}

// addURL returns the page for adding people.
func (o Overview) addURL() string {
	if o.Invites {
		return NewInvitationURL(o.name(), "")
	}
	return NewMemberURL(o.name(), "")
}

func (o Overview) addLabel() string {
	if o.Invites {
		return "Invite people"
	}
	return "Add members"
}

// powerWords are what powerful people can do, by question.
var powerWords = map[org.Question]string{
	{ResourceType: "assign_org_role", Action: "assign"}:     "assign roles",
	{ResourceType: "assign_org_role", Action: "update"}:     "change roles",
	{ResourceType: "organization_member", Action: "delete"}: "remove people",
}

func powerOf(can []org.Question) string {
	words := make([]string, len(can))
	for i, q := range can {
		words[i] = powerWords[q]
	}
	return "can " + ui.Join(words)
}

// unsecured says how many of the people with power need only a password to sign in.
func (o Overview) unsecured() string {
	n, verb := o.Power.Unsecured, " sign in"
	if n == 1 && !o.Power.UnsecuredMore {
		verb = " signs in"
	}
	count := ui.Plural(n, "person")
	if o.Power.UnsecuredMore {
		count = "At least " + count
	}
	return count + verb + " with a password alone."
}

// healthShown is how many kinds of findings an overview shows.
const healthShown = 5

// healthLines returns the findings by rule, the worst first.
func (o Overview) healthLines() []org.HealthLine {
	lines := slices.Clone(o.Health.Lines)
	place := func(l org.HealthLine) int {
		return slices.IndexFunc(lintRules, func(r struct{ rule, title string }) bool { return r.rule == l.Rule })
	}
	slices.SortStableFunc(lines, func(a, b org.HealthLine) int { return place(a) - place(b) })
	return lines[:min(len(lines), healthShown)]
}

// healthTitle returns the heading of a rule on the page of all findings, to which its line links.
func healthTitle(rule string) string {
	for _, r := range lintRules {
		if r.rule == rule {
			return r.title
		}
	}
	return rule
}

// misleads reports whether what a rule finds has another effect than it seems.
func misleads(rule string) bool {
	return rule == org.LintNoEffect || rule == org.LintUnknown || rule == org.LintSuspended
}

// named lists the first of some names: "A, B and 3 more".
func named(names []string, shown int) string {
	if len(names) <= shown {
		return ui.Join(names)
	}
	return strings.Join(names[:shown], ", ") + " and " + ui.Thousands(len(names)-shown) + " more"
}

// waitingURL returns the list of exactly those invitations that the overview counts.
func (o Overview) waitingURL() string {
	return ui.URL(InvitationsURL(o.name()), url.Values{"state": {org.InvitationPending}})
}

// endingURL returns the members with something that ends within the same time as on the overview.
func (o Overview) endingURL() string {
	return MembersURL(o.name(), org.MemberFilter{Records: org.RecordFilter{Ending: org.OverviewDays * org.Day}})
}

// endingShown is how many lines an overview has about what ends.
const endingShown = 5

// invitedInto describes what an invitation gives.
func invitedInto(i org.Invitation, organization uuid.UUID) string {
	for _, into := range i.Into {
		if into.Organization.ID == organization && len(into.Roles) > 0 {
			return named(refNames(into.Roles), maxTags)
		}
	}
	return "No roles"
}

// changes returns the latest entries of the trail.
func (o Overview) changes() Audit {
	return Audit{List: *o.Changes, Organization: o.name(), Catalog: o.Catalog, Now: o.Now, CanUndo: o.CanUndo, Back: OverviewURL(o.name())}
}

func (o Overview) secureHint() string {
	if o.Checklist.OnlyOwner {
		return "Add a second factor. You are the only owner: make a second one soon"
	}
	return "Add a second factor, so that the password alone is not enough"
}
