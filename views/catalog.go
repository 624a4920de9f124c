package views

import (
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/views/ui"
)

// Catalog is the model of the page of a catalog: the one in force, or an earlier version of it.
type Catalog struct {
	Version   org.CatalogVersion
	Latest    int64 // the version in force
	CanChange bool

	Uses     map[string]int // how many roles name each type; nil for an earlier version
	Versions []org.CatalogVersion
}

// asideVersions is how many versions are listed beside the catalog.
const asideVersions = 5

// uses returns how many roles name a type.
func (c Catalog) uses(name string) string { return ui.Thousands(c.Uses[name]) }

// usesNoun returns the noun for that number.
func (c Catalog) usesNoun(name string) string {
	if c.Uses[name] == 1 {
		return "role"
	}
	return "roles"
}

// columns returns the number of columns in the table of types.
func (c Catalog) columns() string {
	if c.inForce() {
		return "4"
	}
	return "3"
}

// inForce reports whether the page shows the catalog that is in force.
func (c Catalog) inForce() bool { return c.Version.Number == c.Latest }

// name returns a text like "Expenses, version 7".
func (c Catalog) name() string {
	return c.Version.Catalog.Document().Label + ", version " + versionText(c.Version.Number)
}

// source returns the URL of the file of this version.
func (c Catalog) source() string {
	if c.inForce() {
		return CatalogSourceURL(0)
	}
	return CatalogSourceURL(c.Version.Number)
}

// catalogArea is a group of types. The types that every catalog has are in their own areas or among the others.
type catalogArea struct {
	label string
	types []catalogType
}

// core reports whether every catalog has all of these types.
func (a catalogArea) core() bool {
	return !slices.ContainsFunc(a.types, func(t catalogType) bool { return !t.core })
}

// catalogType is a resource type with its actions, for people.
type catalogType struct {
	*rbac.DocumentType
	core    bool
	actions []catalogAction
	words   string // the text that a filter searches
}

// place says where objects of the type belong.
func (t catalogType) place() string {
	if t.Parent == "site" {
		return "Site"
	}
	return "Organization"
}

// catalogAction is an action of a type.
type catalogAction struct {
	*rbac.DocumentTypeAction
	label, risk string
	use         string // label of the action to use instead
}

// marks returns what to know about an action besides what it does.
func (a catalogAction) marks() []string {
	var out []string
	if a.Deprecated != nil {
		out = append(out, a.deprecation())
	}
	if len(a.RenamedFrom) > 0 {
		out = append(out, "Renamed from "+strings.Join(a.RenamedFrom, ", "))
	}
	return out
}

func (a catalogAction) deprecation() string { return deprecation(a.use) }

// deprecation says that a permission will be removed, and names its replacement, if there is one.
func deprecation(use string) string {
	if use == "" {
		return "Deprecated"
	}
	return "Deprecated: use " + use
}

// areas returns the types by area, in the order of the catalog.
func (c Catalog) areas() []catalogArea {
	byName := map[string]*rbac.DocumentType{}
	doc := c.Version.Catalog.Document()
	for i := range doc.Types {
		byName[doc.Types[i].Name] = &doc.Types[i]
	}
	var out []catalogArea
	for _, a := range c.Version.Catalog.Areas() {
		area := catalogArea{label: a.Label}
		for _, t := range a.Types {
			area.types = append(area.types, c.typeOf(byName[t.Name], a.Label))
		}
		out = append(out, area)
	}
	return out
}

func (c Catalog) typeOf(t *rbac.DocumentType, area string) catalogType {
	out := catalogType{DocumentType: t, core: c.Version.Catalog.Core(t.Name)}
	words := []string{area, t.Label, t.Plural, t.Name, t.Description}
	for i := range t.Actions {
		a := &t.Actions[i]
		label := c.Version.Catalog.ActionLabel(a.Name)
		action := catalogAction{DocumentTypeAction: a, label: label, risk: c.Version.Catalog.Risks(rbac.Permission{ResourceType: t.Name, Action: a.Name})}
		if a.Deprecated != nil && a.Deprecated.Use != "" {
			action.use = c.Version.Catalog.ActionLabel(a.Deprecated.Use)
		}
		out.actions = append(out.actions, action)
		words = append(words, label, a.Name, a.Description, action.risk)
	}
	out.words = strings.Join(words, " ")
	return out
}

// catalogRole is a built-in role, for people.
type catalogRole struct {
	*rbac.DocumentRole
	counts  counts
	implied bool
	holds   []heldAt
	assigns []string // labels
}

// who says whom the role can be given to.
func (r catalogRole) who() string {
	switch {
	case r.implied && r.Scope == "site":
		return "Everybody, always"
	case r.implied:
		return "Every member, always"
	case r.Scope == "site":
		return "Site role"
	default:
		return "Organization role"
	}
}

// heldAt is what a role says at one level, by type.
type heldAt struct {
	level string
	types []heldType
}

// heldType is what a role allows and denies on objects of one type.
type heldType struct {
	label          string
	allows, denies []string // labels of actions
}

// roles returns the built-in roles in the order of the catalog.
func (c Catalog) roles() []catalogRole {
	doc := c.Version.Catalog.Document()
	labels := map[string]string{}
	for _, r := range doc.Roles {
		labels[r.Name] = ui.FirstOf(r.Label, r.Name)
	}
	var out []catalogRole
	for i := range doc.Roles {
		d := &doc.Roles[i]
		role, ok := c.Version.Catalog.BuiltIn(d.Name)
		if !ok {
			continue
		}
		r := catalogRole{DocumentRole: d, implied: role == c.Version.Catalog.ImpliedSite() || role == c.Version.Catalog.ImpliedOrganization()}
		for _, at := range []struct {
			label string
			level rbac.Level
			list  []rbac.Permission
		}{
			{"On the whole site", rbac.LevelSite, role.Site},
			{"In the organization", rbac.LevelOrganization, role.Organization},
			{"On things of their own", rbac.LevelUser, role.User},
		} {
			if len(at.list) > 0 {
				r.counts = r.counts.plus(countAt(role, at.level))
				r.holds = append(r.holds, heldAt{at.label, c.byType(at.list)})
			}
		}
		for _, name := range d.Assigns {
			if name == rbac.Wildcard {
				r.assigns = append(r.assigns, everyRole(d.Scope))
				continue
			}
			r.assigns = append(r.assigns, ui.FirstOf(labels[name], name))
		}
		out = append(out, r)
	}
	return out
}

// everyRole says what "*" means in a list of roles to assign.
func everyRole(scope string) string {
	if scope == "site" {
		return "Every role"
	}
	return "Every role of an organization"
}

// byType groups permissions by their type.
func (c Catalog) byType(list []rbac.Permission) []heldType {
	var out []heldType
	at := map[string]int{}
	for _, p := range list {
		i, ok := at[p.ResourceType]
		if !ok {
			i = len(out)
			at[p.ResourceType] = i
			out = append(out, heldType{label: c.typeLabel(p.ResourceType)})
		}
		label := c.Version.Catalog.ActionLabel(p.Action)
		if p.Action == rbac.Wildcard {
			label = "Everything"
		}
		if p.Negate {
			out[i].denies = append(out[i].denies, label)
		} else {
			out[i].allows = append(out[i].allows, label)
		}
	}
	return out
}

func (c Catalog) typeLabel(name string) string {
	if name == rbac.Wildcard {
		return "Every type"
	}
	return c.Version.Catalog.TypeLabel(name)
}
