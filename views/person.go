package views

import (
	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// personTab is one of the pages about a person.
type personTab struct {
	label, url string
	count      int // beside the label; 0 shows none
	here       bool
}

// asks reports whether questions can be asked about the member.
func (v MemberView) asks() bool { return v.Explain.Organization.Name != "" && !v.Confirm }

// PermissionsURL returns the page with everything that a member may do.
func PermissionsURL(organization, user string) string {
	return MemberURL(organization, user) + "?tab=can"
}

// tabs returns the pages about the person that the caller may open.
func (v MemberView) tabs() []personTab {
	home, user := v.Organization.Name, v.Member.Username
	list := []personTab{{label: "Access", url: WithBack(MemberURL(home, user), v.Back), here: !v.Can && v.Activity == nil}}
	if v.asks() {
		list = append(list, personTab{label: "What " + v.Member.FirstName() + " can do", url: WithBack(PermissionsURL(home, user), v.Back), here: v.Can && v.Activity == nil})
	}
	if v.LinkAudit {
		list = append(list, personTab{label: "Activity", url: ActivityURL(home, user), here: v.Activity != nil})
	}
	if v.Account != nil {
		list = append(list, personTab{label: "Sign-in and tokens", url: UserURL(user), count: v.Account.Tokens})
	}
	return list
}

// tabs returns those for the page of an account: its first organization stands for what the person may do.
func (p UserPage) tabs() []personTab {
	var list []personTab
	first := org.Member{Name: p.User.Name, Username: p.User.Username}.FirstName()
	if len(p.Memberships) > 0 {
		home := p.Memberships[0].Organization.Name
		list = append(list, personTab{label: "Access", url: MemberURL(home, p.User.Username)},
			personTab{label: "What " + first + " can do", url: PermissionsURL(home, p.User.Username)})
	}
	if p.LinkAudit {
		list = append(list, personTab{label: "Activity", url: ActivityURL("", p.User.Username), here: p.Activity != nil})
	}
	return append(list, personTab{label: "Sign-in and tokens", url: UserURL(p.User.Username), count: p.Tokens, here: p.Activity == nil})
}

// ActivityURL returns the page of what a person did and what was done to them: in an organization, or anywhere if that
// is "".
func ActivityURL(organization, user string) string {
	if organization == "" {
		return UserURL(user) + "?tab=activity"
	}
	return MemberURL(organization, user) + "?tab=activity"
}

// homeCard is what a person has in another organization than that of the page.
type homeCard struct {
	home org.Organization
	Access
}

// elsewhere returns the other organizations of the person that the caller may read.
func (v MemberView) elsewhere() (list []homeCard) {
	if v.Account == nil {
		return nil
	}
	for _, m := range v.Account.Memberships {
		if m.Organization.ID == v.Organization.ID {
			continue
		}
		card := homeCard{home: m.Organization, Access: Access{
			Organization: m.Organization.Name, Username: v.Member.Username, Roles: m.Roles, LinkPeople: v.LinkPeople, Names: v.Names, Now: v.Now,
		}}
		for _, r := range v.Account.Assignments {
			if r.OrganizationID == m.Organization.ID {
				card.Records = append(card.Records, r)
			}
		}
		list = append(list, card)
	}
	return list
}

// unseen says that there are organizations that the caller may not read, "" if there are none.
func (v MemberView) unseen() string {
	if v.Account == nil {
		return ""
	}
	n := len(v.Account.User.OrganizationIDs) - len(v.Account.Memberships)
	if n <= 0 {
		return ""
	}
	if v.Account.More {
		return "And " + ui.Plural(n, "organization") + " that " + ui.Verb(n, "are") + " not shown here."
	}
	return "And " + ui.Plural(n, "organization") + " that you can’t see."
}
