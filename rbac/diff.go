package rbac

import (
	"cmp"
	"slices"
)

// State is how a role treats a pair of resource type and action at one level. If the role both allows and denies the
// pair, it denies it, as in a decision.
type State int8

const (
	Denied  State = -1
	Unset   State = 0
	Allowed State = 1
)

// String returns "deny", "allow", or "" for a pair that is not set.
func (s State) String() string {
	switch s {
	case Denied:
		return "deny"
	case Allowed:
		return "allow"
	case Unset:
	}
	return ""
}

// plus returns the state after another permission for the same pair.
func (s State) plus(p Permission) State {
	if s == Denied || p.Negate {
		return Denied
	}
	return Allowed
}

// Difference is a pair that two roles treat differently.
type Difference struct {
	Level        Level
	ResourceType string
	Action       string
	From, To     State
}

// Pair returns the pair as an allow.
func (d Difference) Pair() Permission {
	return Permission{ResourceType: d.ResourceType, Action: d.Action}
}

// State returns how the entries of a type treat a pair at a level. An entry with the action [Wildcard], which only
// built-in roles have, covers every action of its type. Entries of the type [Wildcard] count for that type only.
func (r *Role) State(l Level, resourceType, action string) (s State) {
	for _, p := range r.Permissions(l) {
		if p.ResourceType == resourceType && (p.Action == action || p.Action == Wildcard) {
			s = s.plus(p)
		}
	}
	return s
}

// states returns the state of each pair that the list of a level names; wildcards are pairs of their own.
func (r *Role) states(l Level) map[Permission]State {
	said := make(map[Permission]State, len(r.Permissions(l)))
	for _, p := range r.Permissions(l) {
		said[p.pair()] = said[p.pair()].plus(p)
	}
	return said
}

// Diff returns the pairs that two roles treat differently, sorted by level, type and action. It compares the lists as they
// are: wildcards are pairs of their own, and pairs that are in no catalog count too.
func Diff(from, to *Role) []Difference {
	var list []Difference
	for l := range Level(levels) {
		was, is := from.states(l), to.states(l)
		for pair, s := range was {
			if is[pair] != s {
				list = append(list, Difference{l, pair.ResourceType, pair.Action, s, is[pair]})
			}
		}
		for pair, s := range is {
			if was[pair] == Unset {
				list = append(list, Difference{l, pair.ResourceType, pair.Action, Unset, s})
			}
		}
	}
	slices.SortFunc(list, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.ResourceType, b.ResourceType), cmp.Compare(a.Action, b.Action))
	})
	return list
}

// Apply returns a copy of the role with the To of each change, and everything else unchanged. The copy is not compiled
// (see [Catalog.Compile]); it shares the lists that did not change.
func (r *Role) Apply(changes []Difference) *Role {
	changed := Role{
		Name: r.Name, DisplayName: r.DisplayName, Description: r.Description, BuiltIn: r.BuiltIn, SiteScope: r.SiteScope,
		Site: r.Site, Organization: r.Organization, User: r.User,
	}
	for l, list := range []*[]Permission{&changed.Site, &changed.Organization, &changed.User} {
		becomes := map[Permission]State{}
		for _, c := range changes {
			if c.Level == Level(l) {
				becomes[c.Pair()] = c.To
			}
		}
		if len(becomes) == 0 {
			continue
		}
		*list = slices.DeleteFunc(slices.Clone(*list), func(p Permission) bool {
			_, gone := becomes[p.pair()]
			return gone
		})
		for pair, s := range becomes {
			if s != Unset {
				pair.Negate = s == Denied
				*list = append(*list, pair)
			}
		}
		SortPermissions(*list)
	}
	return &changed
}
