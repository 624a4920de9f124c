package rbac

import (
	_ "embed"
	"maps"
	"slices"
	"strings"
	"sync"
)

//go:embed default.json
var defaultDocument []byte

// ActionInfo describes an action, of one resource type or of all of them.
type ActionInfo struct {
	Name        string // in a permission, e.g. "read_personal"
	Label       string // for people, e.g. "Read personal"
	Description string // one line, or ""
}

// ResourceType describes a type of object and its actions.
type ResourceType struct {
	Name     string // in a permission
	Label    string // for people
	Area     string // the ID of its area
	SiteOnly bool   // no object of this type belongs to an organization
	Actions  []ActionInfo
}

// Area is a group of related resource types, for display.
type Area struct {
	ID, Label string
	Types     []ResourceType
}

// numbered is an action of a type and the number of their pair.
type numbered struct {
	action string
	pair   int
}

// Catalog is a [Document] that is ready for decisions. [New] makes one. The slices that it returns are shared and must not be
// changed.
type Catalog struct {
	document *Document
	hash     func() [32]byte
	version  int64

	actions []ActionInfo
	types   []ResourceType
	areas   []Area
	byName  map[string]*DocumentType
	aliases aliases
	mapping mapping

	pairs   []Permission          // every concrete pair, by number; retired numbers have none
	numbers []int                 // the numbers in use, ascending
	index   map[string][]numbered // the numbers of the pairs of a type
	covers  map[Permission]bitset // the pairs that a pair with or without wildcards covers
	owned   bitset                // the pairs of types whose objects may belong to one person

	builtIns            map[string]*Role
	listedSite          []*Role
	listedOrganization  []*Role
	impliedSite         *Role
	impliedOrganization *Role
	assigns             map[string][]string // the built-in roles that a built-in role assigns
	samples             []*Role
	plain               plain // what every member may do
	reserved            []string
}

// Default returns the catalog that comes with the package.
func Default() *Catalog { return defaultCatalog() }

var defaultCatalog = sync.OnceValue(func() *Catalog {
	d, err := ParseDocument(defaultDocument)
	if err == nil {
		var c *Catalog
		if c, err = New(d); err == nil {
			return c
		}
	}
	panic(err) // the data is part of the program and a test parses it
})

// number returns the number of a concrete pair. A nil catalog has none.
func (c *Catalog) number(resourceType, action string) (int, bool) {
	if c == nil {
		return 0, false
	}
	for _, n := range c.index[resourceType] { // a type has few actions, so a map would be slower
		if n.action == action {
			return n.pair, true
		}
	}
	return 0, false
}

// Valid reports whether a custom role may have the pair: one of the catalog, or [Wildcard] as the type with an action
// that some type has. Only built-in roles may have [Wildcard] as the action.
func (c *Catalog) Valid(resourceType, action string) bool {
	_, ok := c.covers[Permission{ResourceType: resourceType, Action: action}]
	return ok && action != Wildcard
}

// SiteOnly reports whether no object of the type belongs to an organization.
func (c *Catalog) SiteOnly(resourceType string) bool {
	return c.Parent(resourceType) == LevelSite.String()
}

// ValidType reports whether the resource type exists or is [Wildcard].
func (c *Catalog) ValidType(resourceType string) bool {
	_, ok := c.covers[Permission{ResourceType: resourceType, Action: Wildcard}]
	return ok
}

// Pairs returns the number of concrete pairs.
func (c *Catalog) Pairs() int {
	if c == nil {
		return 0
	}
	return len(c.numbers)
}

// Types returns the resource types in display order, without the wildcard.
func (c *Catalog) Types() []ResourceType { return c.types }

// WildcardActions returns the actions that go with [Wildcard] as the type, in display order.
func (c *Catalog) WildcardActions() []ActionInfo { return c.actions }

// Areas returns the areas that have types, in display order.
func (c *Catalog) Areas() []Area { return c.areas }

// Actions returns the names of all actions in display order.
func (c *Catalog) Actions() []string {
	names := make([]string, len(c.actions))
	for i, a := range c.actions {
		names[i] = a.Name
	}
	return names
}

// wildcardRisk is the warning about a permission that covers every type.
const wildcardRisk = "Covers every resource type, the ones added later too."

// Risks returns the warning to show before p is granted, or "". Denies have none.
func (c *Catalog) Risks(p Permission) string {
	switch t := c.byName[p.ResourceType]; {
	case p.Negate:
		return ""
	case p.ResourceType == Wildcard:
		return wildcardRisk
	case t == nil:
		return ""
	case p.Action == Wildcard && t.Risk != "":
		return t.Risk
	default:
		for _, a := range t.Actions {
			if a.Risk != "" && (p.Action == a.Name || p.Action == Wildcard) {
				return a.Risk
			}
		}
		return t.Risk
	}
}

// BuiltInOrganizationRoles returns the built-in roles that can be given in an organization, in display order.
func (c *Catalog) BuiltInOrganizationRoles() []*Role { return c.listedOrganization }

// BuiltInSiteRoles returns the built-in roles that can be given site-wide, in display order.
func (c *Catalog) BuiltInSiteRoles() []*Role { return c.listedSite }

// BuiltIn returns the built-in role of that exact name. Implied roles count.
func (c *Catalog) BuiltIn(name string) (*Role, bool) {
	r, ok := c.builtIns[name]
	return r, ok
}

// ImpliedSite returns the role that every user holds, or nil if the catalog has none.
func (c *Catalog) ImpliedSite() *Role { return c.impliedSite }

// ImpliedOrganization returns the role that every member of an organization holds in it, or nil if the catalog has none.
func (c *Catalog) ImpliedOrganization() *Role { return c.impliedOrganization }

// Reserved reports whether a custom role must not have the name, in any case: that of a current or former built-in role, one
// that the document reserves, or one that is part of a path.
func (c *Catalog) Reserved(name string) bool {
	return slices.ContainsFunc(c.reserved, func(r string) bool { return strings.EqualFold(r, name) })
}

// ReservedNames returns the names that [Catalog.Reserved] reports, sorted.
func (c *Catalog) ReservedNames() []string { return slices.Sorted(slices.Values(c.reserved)) }

// BuiltIns returns all built-in roles, implied ones among them, by name.
func (c *Catalog) BuiltIns() []*Role {
	roles := make([]*Role, 0, len(c.builtIns))
	for _, name := range slices.Sorted(maps.Keys(c.builtIns)) {
		roles = append(roles, c.builtIns[name])
	}
	return roles
}

// WrittenOut replaces the action [Wildcard], which only built-in roles may have, by the actions that it covers. The result
// is sorted and has no duplicates.
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

// actionsOf returns the actions of a type, or those that go with [Wildcard] as the type.
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
