package views

import (
	"strings"
	"time"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// Roles is the list of roles of an organization or of the site.
type Roles struct {
	List    org.RolePage
	Filter  org.RoleFilter
	Catalog *rbac.Catalog
	Now     time.Time
}

// rolesOf returns an empty list of the roles of a place, for its words.
func rolesOf(o org.Organization) Roles {
	return Roles{List: org.RolePage{RoleList: org.RoleList{Organization: o}}}
}

// ofSite reports whether the roles are those of the site, not of an organization.
func (r Roles) ofSite() bool { return r.List.Organization.Name == "" }

func (r Roles) title() string {
	if r.ofSite() {
		return "Site roles"
	}
	return "Roles"
}

// holder returns the noun for a holder of these roles.
func (r Roles) holder() string {
	if r.ofSite() {
		return "user"
	}
	return "member"
}

func (r Roles) label() string {
	if r.ofSite() {
		return "Roles of the site"
	}
	return "Roles of " + r.List.Organization.Label()
}

// holders returns the heading of the column with the number of holders.
func (r Roles) holders() string {
	if r.ofSite() {
		return "Users"
	}
	return "Members"
}

// groupOf returns the custom or the built-in ones of some roles.
func groupOf(roles []org.Role, builtIn bool) []org.Role {
	var out []org.Role
	for _, role := range roles {
		if role.BuiltIn == builtIn {
			out = append(out, role)
		}
	}
	return out
}

// whole reports whether the page shows all roles.
func (r Roles) whole() bool { return len(r.List.Roles) == r.List.Total }

// groupLabel returns the heading of the custom or the built-in roles, with their number if all are shown.
func (r Roles) groupLabel(builtIn bool) string {
	n := len(groupOf(r.List.Roles, builtIn))
	label := []string{"Custom roles"}
	if builtIn {
		label[0] = "Built-in roles"
	}
	switch {
	case r.whole() && n == 0:
		label = append(label, "none yet")
	case r.whole():
		label = append(label, ui.Thousands(n))
	}
	switch {
	case builtIn && r.List.CanCreate:
		label = append(label, "can’t be changed; duplicate one to start from it")
	case builtIn:
		label = append(label, "can’t be changed")
	}
	return strings.Join(label, " · ")
}

// url returns the list with another filter, from its first row.
func (r Roles) url(change func(*org.RoleFilter)) string {
	f := r.Filter
	f.Offset = 0
	change(&f)
	return RolesListURL(r.List.Organization.Name, f)
}

func (r Roles) filters() []ui.Filter {
	kinds := []ui.Option{
		{Value: org.RoleCustom, Label: "Custom", On: r.Filter.Kind == org.RoleCustom},
		{Value: org.RoleBuiltIn, Label: "Built-in", On: r.Filter.Kind == org.RoleBuiltIn},
	}
	return []ui.Filter{
		{Name: "kind", Label: "Kind", One: true, Options: kinds, Off: r.url(func(f *org.RoleFilter) { f.Kind = "" })},
		{Name: "allows", Label: "Allows", One: true, Long: true, Options: r.permissions(), Off: r.url(func(f *org.RoleFilter) { f.Allows = rbac.Permission{} })},
	}
}

// permissions returns those that roles of the place can allow.
func (r Roles) permissions() []ui.Option {
	var out []ui.Option
	for _, t := range r.Catalog.Types() {
		if t.SiteOnly && !r.ofSite() {
			continue
		}
		for _, a := range t.Actions {
			p := rbac.Permission{ResourceType: t.Name, Action: a.Name}
			out = append(out, ui.Option{Value: p.String(), Label: ui.FieldLabel(r.Catalog.Phrase(p)), On: p == r.Filter.Allows})
		}
	}
	return out
}

// clearURL returns the list without search and filters, "" if there are none.
func (r Roles) clearURL() string {
	if !r.Filter.Filtered() {
		return ""
	}
	return RolesListURL(r.List.Organization.Name, org.RoleFilter{Sort: r.Filter.Sort, Limit: r.Filter.Limit})
}

func (r Roles) paging() ui.Paging {
	f := r.Filter
	f.Limit, f.Offset = 0, 0
	return ui.Paging{
		List: RolesListURL(r.List.Organization.Name, f), Limit: r.Filter.Limit, Size: RolesPageSize, Offset: r.Filter.Offset, Shown: len(r.List.Roles), Count: r.List.Count,
	}
}

func (r Roles) order() ui.Order {
	keys := sortKeys(org.RoleSorts)
	for i := range keys {
		if keys[i].Name == "members" {
			keys[i].Label = r.holders()
		}
	}
	return ui.Order{List: r.url(func(f *org.RoleFilter) { f.Sort = "" }), Sort: r.Filter.Sort, Keys: keys}
}

// kept returns the parameters of the URL that the search does not show, as hidden fields.
func (r Roles) kept() []ui.Hidden { return ui.HiddenOf(r.paging().At(0), "q", "kind", "allows") }
