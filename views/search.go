package views

import (
	"strings"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// Search is the page with the results of a search over names.
type Search struct {
	Query string
	Nav   org.Navigation // its pages are searched, too
	Hits  org.SearchResult
}

func (s Search) placeholder() string {
	if s.Nav.Current == nil {
		return "Organizations, pages"
	}
	return "Pages, members, roles, organizations"
}

// hit is one result.
type hit struct{ label, about, glyph, url string }

type hitGroup struct {
	label string
	hits  []hit
}

// groups are the results by kind; a kind without results is left out. Without a query, only the pages are listed.
func (s Search) groups() []hitGroup {
	all := []hitGroup{{"Pages", s.pages()}}
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
				out = append(out, hit{item.label, g.about, item.glyph, item.url})
			}
		}
	}
	return out
}

func (s Search) members() hitGroup {
	g := hitGroup{label: "Members"}
	for _, m := range s.Hits.Members {
		g.label = "Members of " + s.Nav.Current.Label()
		g.hits = append(g.hits, hit{m.Label(), ui.Identity(m.Label(), m.Username, m.Email), "user-round", MemberURL(s.Nav.Current.Name, m.Username)})
	}
	return g
}

func (s Search) roles() hitGroup {
	g := hitGroup{label: "Roles"}
	for _, r := range s.Hits.Roles {
		g.hits = append(g.hits, hit{r.Label(), r.Name, "shield", RoleURL(s.Nav.Current.Name, r.Name)})
	}
	for _, r := range s.Hits.SiteRoles {
		g.hits = append(g.hits, hit{r.Label(), "site role · " + r.Name, "globe", RoleURL("", r.Name)})
	}
	return g
}

func (s Search) users() hitGroup {
	g := hitGroup{label: "Users of this site"}
	for _, u := range s.Hits.Users {
		g.hits = append(g.hits, hit{u.Label(), ui.Identity(u.Label(), u.Username, u.Email), "user-round", UserURL(u.Username)})
	}
	return g
}

func (s Search) organizations() hitGroup {
	g := hitGroup{label: "Organizations"}
	for _, o := range s.Hits.Organizations {
		g.hits = append(g.hits, hit{o.Label(), o.Name, "building-2", MembersURL(o.Name, org.MemberFilter{})})
	}
	return g
}

// matches reports whether a label contains the query, without regard to case.
func matches(label, query string) bool {
	return strings.Contains(strings.ToLower(label), strings.ToLower(strings.TrimSpace(query)))
}
