package rbac

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// otherArea takes the types whose area the catalog does not list, so that none is ever hidden.
var otherArea = Area{ID: "other", Label: "Other"}

var (
	//go:embed catalog.json
	defaultResources []byte
	//go:embed roles.json
	defaultRoles []byte
)

// ActionInfo describes an action, of one resource type or of all of them.
type ActionInfo struct {
	Name        string // as in a permission, e.g. "create_agent"
	Label       string // for people, e.g. "Create agent"
	Description string // one line; may be empty
}

// ResourceType describes one type of thing and what may be done to it.
type ResourceType struct {
	Name     string // as in a permission
	Label    string // for people
	Area     string // ID of its area; "other" when the catalog names none that it lists
	SiteOnly bool   // no thing of this type belongs to an organization, so organization permissions on it do nothing
	Actions  []ActionInfo
}

// Area is a group of resource types that a person would look for together.
type Area struct {
	ID, Label string
	Types     []ResourceType
}

// risk is a note on permissions that deserve a second look before they are given away.
type risk struct {
	pattern Permission // the type is literal, so "*" means the wildcard type itself; action "*" is any
	note    string
}

// numbered is an action of some type with the number of their pair.
type numbered struct {
	action string
	pair   int
}

// Catalog knows the resource types, actions and built-in roles of one product, and who may hand out which
// built-in role. It is made by [Parse] and read-only; slices it returns are shared and must not be changed.
type Catalog struct {
	actions []ActionInfo
	types   []ResourceType
	areas   []Area
	risks   []risk

	pairs  []Permission          // every concrete pair, by number
	index  map[string][]numbered // the numbers of the pairs of a type
	covers map[Permission]bitset // the pairs under a pair, which may have wildcards in it

	builtIns            map[string]*Role
	listedSite          []*Role
	listedOrganization  []*Role
	impliedSite         *Role
	impliedOrganization *Role
	assigns             map[string][]string // which built-in roles the holder of a built-in role may hand out
	plain               plain               // what every member may do
	reserved            []string
}

// Default is the catalog that comes with the package. It is parsed once.
func Default() *Catalog { return defaultCatalog() }

var defaultCatalog = sync.OnceValue(func() *Catalog {
	c, err := Parse(defaultResources, defaultRoles)
	if err != nil {
		panic(err) // the data is part of the program, and a test parses it
	}
	return c
})

// number looks up a concrete pair. A nil catalog has none.
func (c *Catalog) number(resourceType, action string) (int, bool) {
	if c == nil {
		return 0, false
	}
	for _, n := range c.index[resourceType] { // few: faster than another map
		if n.action == action {
			return n.pair, true
		}
	}
	return 0, false
}

// Valid reports whether a custom role may name the pair: a real one, or [Wildcard] as the type with an action
// that some type has. [Wildcard] as the action is for built-in roles alone and never valid here.
func (c *Catalog) Valid(resourceType, action string) bool {
	_, ok := c.covers[Permission{ResourceType: resourceType, Action: action}]
	return ok && action != Wildcard
}

// SiteOnly reports whether no thing of this type belongs to an organization.
func (c *Catalog) SiteOnly(resourceType string) bool {
	return slices.ContainsFunc(c.types, func(t ResourceType) bool { return t.Name == resourceType && t.SiteOnly })
}

// ValidType reports whether the resource type exists or is [Wildcard].
func (c *Catalog) ValidType(resourceType string) bool {
	_, ok := c.covers[Permission{ResourceType: resourceType, Action: Wildcard}]
	return ok
}

// Pairs is the number of concrete pairs of type and action.
func (c *Catalog) Pairs() int {
	if c == nil {
		return 0
	}
	return len(c.pairs)
}

// Types lists the resource types in display order, without the wildcard.
func (c *Catalog) Types() []ResourceType { return c.types }

// WildcardActions lists the actions that go with [Wildcard] as the type, in display order.
func (c *Catalog) WildcardActions() []ActionInfo { return c.actions }

// Areas lists the areas that have types, in display order, each with its types. Types without a known area
// stand in a last one with the ID "other".
func (c *Catalog) Areas() []Area { return c.areas }

// Actions lists the names of all actions in display order.
func (c *Catalog) Actions() []string {
	names := make([]string, len(c.actions))
	for i, a := range c.actions {
		names[i] = a.Name
	}
	return names
}

// Risks is the note to show to whoever is about to grant p, or "". A deny carries no risk of this kind.
func (c *Catalog) Risks(p Permission) string {
	for _, r := range c.risks {
		sameAction := r.pattern.Action == p.Action || r.pattern.Action == Wildcard || p.Action == Wildcard
		if !p.Negate && r.pattern.ResourceType == p.ResourceType && sameAction {
			return r.note
		}
	}
	return ""
}

// BuiltInOrganizationRoles lists the built-in roles that people are given in an organization, in display order.
func (c *Catalog) BuiltInOrganizationRoles() []*Role { return c.listedOrganization }

// BuiltInSiteRoles lists the built-in roles that people are given site-wide, in display order.
func (c *Catalog) BuiltInSiteRoles() []*Role { return c.listedSite }

// BuiltIn finds a built-in role by its exact name, the implied ones included.
func (c *Catalog) BuiltIn(name string) (*Role, bool) {
	r, ok := c.builtIns[name]
	return r, ok
}

// ImpliedSite is the role that everybody holds without being given it; nil when the catalog has none.
func (c *Catalog) ImpliedSite() *Role { return c.impliedSite }

// ImpliedOrganization is the role that every member of an organization holds in it without being given it; nil
// when the catalog has none.
func (c *Catalog) ImpliedOrganization() *Role { return c.impliedOrganization }

// Reserved reports whether a custom role must not have the name, in any case: names of built-in roles, names
// that Coder's API gives a meaning to, and names that are part of a path.
func (c *Catalog) Reserved(name string) bool {
	return slices.ContainsFunc(c.reserved, func(r string) bool { return strings.EqualFold(r, name) })
}

// WrittenOut replaces the action [Wildcard], which only built-in roles may have, by the actions that it stands for today.
// The result is sorted and has no entry twice.
func (c *Catalog) WrittenOut(perms []Permission) []Permission {
	var out []Permission
	for _, p := range perms {
		if p.Action != Wildcard {
			out = append(out, p)
			continue
		}
		for _, a := range c.actionsOf(p.ResourceType) {
			out = append(out, Permission{ResourceType: p.ResourceType, Action: a.Name, Negate: p.Negate})
		}
	}
	SortPermissions(out)
	return slices.Compact(out)
}

// actionsOf lists the actions of a type, or those that go with [Wildcard] as the type.
func (c *Catalog) actionsOf(resourceType string) []ActionInfo {
	if resourceType == Wildcard {
		return c.actions
	}
	for _, t := range c.types {
		if t.Name == resourceType {
			return t.Actions
		}
	}
	return nil
}
