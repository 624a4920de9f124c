package rbac

import (
	"cmp"
	"slices"
)

// State is what a role says about a pair of resource type and action at one level. Where it says both, the deny counts,
// as it does in a decision.
type State int8

const (
	Denied  State = -1
	Unset   State = 0
	Allowed State = 1
)

// String is "deny", "allow", or "" for a pair that is not set.
func (s State) String() string {
	switch s {
	case Denied:
		return "deny"
	case Allowed:
		return "allow"
	}
	return ""
}

// plus is the state of two permissions that speak about the same pair.
func (s State) plus(p Permission) State {
	if s == Denied || p.Negate {
		return Denied
	}
	return Allowed
}

// Difference is a pair about which two roles say different things.
type Difference struct {
	Level        Level
	ResourceType string
	Action       string
	From, To     State
}

// Pair is what the roles differ about, as an allow.
func (d Difference) Pair() Permission {
	return Permission{ResourceType: d.ResourceType, Action: d.Action}
}

// State is what the role says about a pair at a level in the row of its type. An entry with the action [Wildcard], which
// only built-in roles have, speaks about every action of its type. What the type [Wildcard] says stands in a row of its own.
func (r *Role) State(l Level, resourceType, action string) (s State) {
	for _, p := range r.Permissions(l) {
		if p.ResourceType == resourceType && (p.Action == action || p.Action == Wildcard) {
			s = s.plus(p)
		}
	}
	return s
}

// states is what the role says at a level, by pair as it is written.
func (r *Role) states(l Level) map[Permission]State {
	said := make(map[Permission]State, len(r.Permissions(l)))
	for _, p := range r.Permissions(l) {
		said[p.pair()] = said[p.pair()].plus(p)
	}
	return said
}

// Diff lists the pairs about which two roles say different things, by level, type and action. It compares what is written:
// wildcards are entries like any other, and pairs that no catalog has are compared too.
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

// Apply is the role with each change's To in place of what it says now; everything else stays. The result is not compiled
// ([Catalog.Compile] does that), and shares no list with r that differs.
func (r *Role) Apply(changes []Difference) *Role {
	changed := Role{
		Name: r.Name, DisplayName: r.DisplayName, BuiltIn: r.BuiltIn, SiteScope: r.SiteScope,
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
