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
	about     string // the place that its pages belong to, for search results
	items     []navItem
}

type navItem struct {
	active, label, glyph, url string // active is the name of the item in Frame.Active
	count                     string // "" for none
	key                       string // the shortcut: "g" and this key
	counts                    string // what count counts, if it calls for attention; otherwise ""
}

// lower writes a label inside a sentence.
func (g navGroup) lower(label string) string {
	if strings.HasPrefix(label, "API") {
		return label
	}
	return strings.ToLower(label[:1]) + label[1:]
}

// navGroups returns the pages that the caller may open. The others are left out.
func navGroups(n org.Navigation) []navGroup {
	groups := []navGroup{siteGroup(n), {
		id: "nav-you", label: "You", about: "Yours",
		items: []navItem{
			{active: "tokens", label: "API tokens", glyph: "key-round", url: TokensURL("me"), count: ui.Thousands(n.TokenCount), key: "T"},
			{active: "account", label: "Account", glyph: "user-round", url: AccountURL, key: "Y"},
		},
	}}
	if n.Current != nil {
		groups = slices.Insert(groups, 0, organizationGroup(n))
	}
	return slices.DeleteFunc(groups, func(g navGroup) bool { return len(g.items) == 0 })
}

func organizationGroup(n org.Navigation) navGroup {
	name := n.Current.Name
	g := navGroup{id: "nav-organization", label: "Organization", about: n.Current.Label()}
	// A caller who can see no member but itself gets a link to its own page instead of a list with one row.
	plain := n.Belongs && !n.CanReadMembers
	g.add(!plain, navItem{active: "overview", label: "Overview", glyph: "layout-dashboard", url: OverviewURL(name), key: "O"})
	g.add(plain, navItem{active: "members", label: "Your access", glyph: "user-round", url: MemberURL(name, "me"), key: "O"})
	g.add(!plain, navItem{active: "members", label: "Members", glyph: "users", url: MembersURL(name, org.MemberFilter{}), count: ui.Thousands(n.Members), key: "M"})
	g.add(n.CanReadRoles, navItem{active: "roles", label: "Roles", glyph: "shield", url: RolesURL(name), count: ui.Thousands(n.Roles), key: "R"})
	g.add(n.CanReadMembers, navItem{active: "who-can", label: "Who can access", glyph: "eye", url: WhoCanURL(name, org.Question{}), key: "W"})
	g.add(n.CanReadMembers && n.CanReadRoles, health(n))
	g.add(n.CanReadOrgAudit, navItem{active: "audit", label: "Audit log", glyph: "scroll-text", url: AuditURL("", name), key: "A"})
	g.add(n.CanReadDirectory, navItem{active: "directory", label: "Directory", glyph: "link", url: DirectoryURL(name), key: "D"})
	g.add(n.CanChange, navItem{active: "settings", label: "Settings", glyph: "settings", url: OrganizationURL(name), key: "S"})
	g.add(!n.CanChange && n.CanReadSync, navItem{active: "settings", label: "Sign-in rules", glyph: "log-in", url: OrganizationSyncURL(name, "")})
	return g
}

// health returns the link to the findings about roles, with their number if there are any.
func health(n org.Navigation) navItem {
	item := navItem{active: "lint", label: "Role health", glyph: "shield-check", url: LintURL(n.Current.Name), key: "H"}
	if n.Findings > 0 {
		item.count, item.counts = ui.Thousands(n.Findings), ui.Noun(n.Findings, "finding")
	}
	return item
}

func siteGroup(n org.Navigation) navGroup {
	g := navGroup{id: "nav-site", label: "Site", about: "Site"}
	g.add(n.CanReadUsers, navItem{active: "users", label: PeopleLabel, glyph: "user-round", url: UsersPath, count: capped(n.UserCount), key: "U"})
	g.add(n.CanReadOrganizations || n.CanCreateOrganizations, navItem{
		active: "organizations", label: "Organizations", glyph: "building-2", url: OrganizationsPath, count: capped(n.OrganizationCount), key: "N",
	})
	g.add(n.SiteRoles, navItem{active: "site-roles", label: "Site roles", glyph: "globe", url: RolesURL(""), count: ui.Thousands(n.SiteRoleCount)})
	g.add(true, navItem{active: "catalog", label: "Catalog", glyph: "book-open", url: CatalogURL, key: "L"})
	g.add(n.CanReadSiteSync, navItem{active: "sync", label: "Sign-in", glyph: "log-in", url: SyncURL})
	g.add(n.CanSeeMail, navItem{active: "mail", label: "Mail", glyph: "mail", url: MailURL})
	g.add(n.CanReadTokens, navItem{active: "all-tokens", label: "Tokens", glyph: "key-round", url: AllTokensPath})
	g.add(n.CanReadSiteAudit, navItem{active: "site-audit", label: "Site audit log", glyph: "scroll-text", url: AuditURL("", "")})
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

// canSwitch reports whether there is another organization to choose or to create.
func canSwitch(nav *org.Navigation) bool {
	return len(nav.Organizations) > 1 || nav.CanCreateOrganizations || nav.Current == nil && len(nav.Organizations) > 0
}

// placeLabel returns the name of the organization that the navigation shows, or of the product if it shows none.
func placeLabel(nav *org.Navigation) string {
	if nav.Current == nil {
		return product
	}
	return nav.Current.Label()
}
