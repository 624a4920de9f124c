package views

import (
	"strings"

	"rolecall.example/org"
	"rolecall.example/org/fold"
	"rolecall.example/views/ui"
)

// Search is the page with the results of a search over names.
type Search struct {
	Query string
	Nav   org.Navigation // its pages are searched too
	Hits  org.SearchResult
	Asked []Asked // questions that the query asks in words

	Leaving []org.User // the people that a query like “offboard maria” may mean

	MakesUsers, MakesRoles, Invites, AddsMembers bool // what the caller may do
}

// Asked is a question that was understood, and the page that answers it.
type Asked struct{ Text, URL string }

func (s Search) placeholder() string {
	if s.Nav.Current == nil {
		return "Organizations, pages"
	}
	return "Pages, people, roles, actions, “who can …”"
}

// hit is one result.
type hit struct {
	label, about, glyph, url string
	post                     bool // the URL needs a POST
}

type hitGroup struct {
	label string
	hits  []hit
}

// groups returns the results by kind; a kind without results is left out. Without a query, only the pages are listed.
func (s Search) groups() []hitGroup {
	all := []hitGroup{{"Questions", s.asked()}, {"Pages", s.pages()}, {"Actions", s.actions()}}
	if s.Query != "" {
		all = append(all, s.members(), s.roles(), s.users(), s.organizations())
	}
	var out []hitGroup
	for _, g := range all {
		if len(g.hits) > 0 {
			out = append(out, g)
		}
	}
	return out
}

func (s Search) count() int {
	n := 0
	for _, g := range s.groups() {
		n += len(g.hits)
	}
	return n
}

func (s Search) pages() []hit {
	var out []hit
	for _, g := range navGroups(s.Nav) {
		for _, item := range g.items {
			if matches(item.label, s.Query) {
				out = append(out, hit{label: item.label, about: g.about, glyph: item.glyph, url: item.url})
			}
		}
	}
	if s.Query == "" {
		return out
	}
	return append(out, s.tabs()...)
}

// tabs returns the pages that only a tab or a menu of another page leads to.
func (s Search) tabs() []hit {
	var out []hit
	add := func(may bool, h hit) {
		if may && matches(h.label, s.Query) {
			out = append(out, h)
		}
	}
	if o := s.Nav.Current; o != nil {
		add(s.Nav.CanReadRoles, hit{label: "Matrix of roles", about: o.Label(), glyph: "shield", url: RolesURL(o.Name) + "?view=matrix"})
		add(s.Nav.CanReadRoles, hit{label: "Deleted roles", about: o.Label(), glyph: "shield", url: DeletedRolesURL(o.Name)})
		add(s.Invites, hit{label: "Invited people", about: o.Label(), glyph: "users", url: InvitationsURL(o.Name)})
		add(s.Nav.CanReadOrgAudit, hit{label: "Removed people", about: o.Label(), glyph: "users", url: RemovedURL(o.Name, 0)})
		add(s.Nav.CanChange && s.Nav.CanReadSync, hit{label: "Sign-in rules", about: o.Label(), glyph: "log-in", url: OrganizationSyncURL(o.Name, "")})
	}
	add(true, hit{label: "Security", about: "Yours", glyph: "fingerprint", url: SecurityURL})
	add(true, hit{label: "Sessions", about: "Yours", glyph: "monitor", url: AccountURL})
	add(true, hit{label: "Preferences", about: "Yours", glyph: "settings", url: PreferencesURL})
	return out
}

func (s Search) asked() []hit {
	out := make([]hit, len(s.Asked))
	for i, a := range s.Asked {
		out[i] = hit{label: a.Text, about: "in " + s.Nav.Current.Label(), glyph: "eye", url: a.URL}
	}
	return out
}

// actions returns what the caller can start from anywhere.
func (s Search) actions() []hit {
	var out []hit
	add := func(may bool, h hit) {
		if may && matches(h.label, s.Query) {
			out = append(out, h)
		}
	}
	if o := s.Nav.Current; o != nil {
		add(s.Invites, hit{label: "Invite people", about: o.Label(), glyph: "user-plus", url: NewInvitationURL(o.Name, "")})
		add(s.AddsMembers, hit{label: "Add members", about: o.Label(), glyph: "user-plus", url: NewMemberURL(o.Name, "")})
		add(s.MakesRoles, hit{label: "New role", about: o.Label(), glyph: "plus", url: NewRoleURL(o.Name, "")})
		add(s.MakesUsers, hit{label: "New user", about: o.Label(), glyph: "plus", url: NewUserIn(o.Name, "")})
	}
	for _, u := range s.Leaving {
		out = append(out, hit{label: "Offboard " + u.Label(), about: ui.Identity(u.Label(), u.Username, u.Email), glyph: "log-out", url: OffboardURL(u.Username)})
	}
	add(s.Nav.CanCreateOrganizations, hit{label: "New organization", about: "Site", glyph: "plus", url: NewOrganizationURL})
	add(true, hit{label: "Sign out", about: "Yours", glyph: "log-out", url: LogoutURL, post: true})
	return out
}

func (s Search) members() hitGroup {
	g := hitGroup{label: "Members"}
	for _, m := range s.Hits.Members {
		g.label = "Members of " + s.Nav.Current.Label()
		g.hits = append(g.hits, hit{label: m.Label(), about: ui.Identity(m.Label(), m.Username, m.Email), glyph: "user-round", url: MemberURL(s.Nav.Current.Name, m.Username)})
	}
	return g
}

func (s Search) roles() hitGroup {
	g := hitGroup{label: "Roles"}
	for _, r := range s.Hits.Roles {
		g.hits = append(g.hits, hit{label: r.Label(), about: r.Name, glyph: "shield", url: RoleURL(s.Nav.Current.Name, r.Name)})
	}
	for _, r := range s.Hits.SiteRoles {
		g.hits = append(g.hits, hit{label: r.Label(), about: "site role · " + r.Name, glyph: "globe", url: RoleURL("", r.Name)})
	}
	return g
}

func (s Search) users() hitGroup {
	g := hitGroup{label: "People of this site"}
	for _, u := range s.Hits.Users {
		g.hits = append(g.hits, hit{label: u.Label(), about: ui.Identity(u.Label(), u.Username, u.Email), glyph: "user-round", url: UserURL(u.Username)})
	}
	return g
}

func (s Search) organizations() hitGroup {
	g := hitGroup{label: "Organizations"}
	for _, o := range s.Hits.Organizations {
		g.hits = append(g.hits, hit{label: o.Label(), about: o.Name, glyph: "building-2", url: OverviewURL(o.Name)})
	}
	return g
}

// matches reports whether a label contains the query, ignoring case, accents and the kind of apostrophe.
func matches(label, query string) bool {
	return strings.Contains(fold.Text(label), fold.Text(strings.TrimSpace(query)))
}
