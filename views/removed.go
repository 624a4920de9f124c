package views

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// memberTabList has the parts of the list of members that the caller may open. A negative number means that it is not
// known how many are invited.
type memberTabList struct {
	organization, active string
	invited              int
	canInvite, removed   bool
}

func (t memberTabList) tabs() []personTab {
	list := []personTab{{label: "Members", url: MembersURL(t.organization, org.MemberFilter{}), here: t.active == "members"}}
	if t.canInvite {
		list = append(list, personTab{label: "Invited", url: InvitationsURL(t.organization), count: max(t.invited, 0), here: t.active == "invited"})
	}
	if t.removed {
		list = append(list, personTab{label: "Removed", url: RemovedURL(t.organization, 0), here: t.active == "removed"})
	}
	return list
}

// Removed is the list of people who were removed from an organization.
type Removed struct {
	org.RemovedList
	CanInvite bool
	CanAdd    bool // the caller may add members
	Names     SourceNames
	Now       time.Time
}

// RemovedURL returns that list, below an entry unless that is 0.
func RemovedURL(organization string, before int64) string {
	q := url.Values{"removed": {"1"}}
	if before > 0 {
		q.Set("before", strconv.FormatInt(before, 10))
	}
	return ui.URL(OrganizationURL(organization)+"/members", q)
}

// AddAgainURL returns the page that asks whether to add a person again whose removal an entry records.
func AddAgainURL(organization, entry string) string {
	return ui.URL(OrganizationURL(organization)+"/members", url.Values{"removed": {"1"}, "again": {entry}})
}

// label returns what the person is called: by the name at the time, if the account is gone.
func (r Removed) label(one *org.Removal) string {
	if one.Person != nil {
		return one.Person.Label()
	}
	return one.ResourceTarget
}

// by names who removed the person.
func (r Removed) by(one *org.Removal) string { return Audit{}.actor(one.AuditEntry) }

// byMachine returns the provider or directory that removed the person, and would do it again.
func (r Removed) byMachine(one *org.Removal) bool { return org.MachineOf(one.ActorID, one.Actor) != "" }

// AddAgain is the page that reviews it.
type AddAgain struct {
	org.UndoPreview
	Organization org.Organization
	Entry        string
	Refusal      string // why it can't be done
	Catalog      *rbac.Catalog
}

// impact returns what adding the person would do.
func (a AddAgain) impact() impactView {
	return impactView{Impact: a.Impact, catalog: a.Catalog, organization: a.Organization.Name, url: AddAgainURL(a.Organization.Name, a.Entry), linked: true}
}

// lost returns the roles that do not come back.
func (a AddAgain) lost() (names []string) {
	for _, name := range a.Before {
		if !slices.ContainsFunc(a.Member.Roles, func(r org.RoleRef) bool { return r.Name == name }) {
			names = append(names, name)
		}
	}
	return names
}
