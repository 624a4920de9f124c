package views

import (
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// navGroup is a part of the navigation.
type navGroup struct {
	id, label string
	about     string // the place that its pages belong to, for results of a search
	items     []navItem
}

type navItem struct {
	active, label, glyph, url string // active is the name of the item in Frame.Active
	count                     string // "" for none
	key                       string // the shortcut: "g" and this key
}

// lower writes a label inside a sentence.
func (g navGroup) lower(label string) string {
	if strings.HasPrefix(label, "API") {
		return label
	}
	return strings.ToLower(label[:1]) + label[1:]
}

// navGroups are the pages that the caller may open. The others are absent.
func navGroups(n org.Navigation) []navGroup {
	groups := []navGroup{siteGroup(n), {
		id: "nav-you", label: "You", about: "Yours",
		items: []navItem{
			{"tokens", "API tokens", "key-round", TokensURL("me"), ui.Thousands(n.TokenCount), "T"},
			{"account", "Account", "user-round", AccountURL, "", "Y"},
		},
	}}
	if n.Current != nil {
		groups = slices.Insert(groups, 0, organizationGroup(n))
	}
	return slices.DeleteFunc(groups, func(g navGroup) bool { return len(g.items) == 0 })
}

func organizationGroup(n org.Navigation) navGroup {
	name := n.Current.Name
	g := navGroup{id: "nav-organization", label: "Organization", about: n.Current.Label(), items: []navItem{
		{"members", "Members", "users", MembersURL(name, org.MemberFilter{}), ui.Thousands(n.Members), "M"},
	}}
	g.add(n.CanReadRoles, navItem{"roles", "Roles", "shield", RolesURL(name), ui.Thousands(n.Roles), "R"})
	g.add(n.CanReadMembers, navItem{"who-can", "Who can…", "eye", WhoCanURL(name, org.Question{}), "", "W"})
	g.add(n.CanReadMembers && n.CanReadRoles, navItem{"lint", "Role check", "shield-check", LintURL(name), "", "C"})
	g.add(n.CanReadOrgAudit, navItem{"audit", "Audit log", "scroll-text", AuditURL("", name), "", "A"})
	g.add(n.CanReadDirectory, navItem{"directory", "Directory", "link", DirectoryURL(name), "", "D"})
	g.add(n.CanChange, navItem{"settings", "Settings", "settings", OrganizationURL(name), "", "S"})
	g.add(!n.CanChange && n.CanReadSync, navItem{"settings", "Sign-in rules", "log-in", OrganizationSyncURL(name, ""), "", ""})
	return g
}

func siteGroup(n org.Navigation) navGroup {
	g := navGroup{id: "nav-site", label: "Site", about: "Site"}
	g.add(n.CanReadUsers, navItem{"users", "Users", "user-round", UsersPath, capped(n.UserCount), "U"})
	g.add(n.CanReadOrganizations || n.CanCreateOrganizations, navItem{"organizations", "Organizations", "building-2", OrganizationsPath, capped(n.OrganizationCount), "O"})
	g.add(n.CanReadTokens, navItem{"all-tokens", "Tokens", "key-round", AllTokensPath, "", ""})
	g.add(n.SiteRoles, navItem{"site-roles", "Site roles", "globe", RolesURL(""), ui.Thousands(n.SiteRoleCount), ""})
	g.add(n.CanSeeMail, navItem{"mail", "Mail", "mail", MailURL, "", ""})
	g.add(n.CanReadSiteSync, navItem{"sync", "Sign-in", "log-in", SyncURL, "", ""})
	g.add(true, navItem{"catalog", "Catalog", "book-open", CatalogURL, "", "L"})
	g.add(n.CanReadSiteAudit, navItem{"site-audit", "Site audit log", "scroll-text", AuditURL("", ""), "", ""})
	return g
}

func (g *navGroup) add(may bool, item navItem) {
	if may {
		g.items = append(g.items, item)
	}
}

// capped writes a count that stopped at a limit.
func capped(n int) string {
	if n >= org.NavigationCountMax {
		return ui.Thousands(org.NavigationCountMax) + "+"
	}
	return ui.Thousands(n)
}

// canSwitch reports whether there is another organization to choose, or to make.
func canSwitch(nav *org.Navigation) bool {
	return len(nav.Organizations) > 1 || nav.CanCreateOrganizations || nav.Current == nil && len(nav.Organizations) > 0
}

// placeLabel is the name of the organization that the navigation shows, or of the product where it shows none.
func placeLabel(nav *org.Navigation) string {
	if nav.Current == nil {
		return product
	}
	return nav.Current.Label()
}
