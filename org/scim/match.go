package scim

import (
	"cmp"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"time"
)

// Matches reports whether a resource is among those that the filter chooses. No filter chooses all.
func (f *Filter) Matches(r *Resource) bool { return f == nil || f.matches(r.Whole()) }

func (f *Filter) matches(d Document) bool { return f.root.matches(d, f.of) }

// Uses reports whether the filter looks at an attribute.
func (f *Filter) Uses(name string) bool { return f != nil && f.root.uses(name) }

func (n *node) uses(name string) bool {
	return n != nil && (n.path.is(name) || n.left.uses(name) || n.right.uses(name))
}

func (n *node) matches(d Document, t Type) bool {
	switch n.kind {
	case isAnd:
		return n.left.matches(d, t) && n.right.matches(d, t)
	case isOr:
		return n.left.matches(d, t) || n.right.matches(d, t)
	case isNot:
		return !n.left.matches(d, t)
	case isSome:
		v, _ := n.path.holder(d).Get(n.path.Name)
		return slices.ContainsFunc(list(v), func(e any) bool {
			return n.left.matchesValue(e, t) && (n.right == nil || n.right.matchesValue(e, t))
		})
	}
	// Of an attribute with many values the term holds if it holds for any of them (RFC 7644, 3.4.2.2).
	v, _ := n.path.holder(d).Get(n.path.Name)
	all := list(v)
	if n.path.Sub != "" {
		all = parts(all, n.path.Sub)
	}
	return n.compares(all, t)
}

// matchesValue is matches for one value of the attribute that the terms name.
func (n *node) matchesValue(e any, t Type) bool {
	switch n.kind {
	case isAnd:
		return n.left.matchesValue(e, t) && n.right.matchesValue(e, t)
	case isOr:
		return n.left.matchesValue(e, t) || n.right.matchesValue(e, t)
	case isNot:
		return !n.left.matchesValue(e, t)
	}
	return n.compares(parts([]any{e}, n.path.Sub), t)
}

// parts are the parts of values. A value that has no parts is its own "value".
func parts(all []any, name string) (found []any) {
	for _, e := range all {
		if o, ok := e.(map[string]any); ok {
			v, _ := Document(o).Get(name)
			found = append(found, list(v)...)
		} else if strings.EqualFold(name, "value") {
			found = append(found, e)
		}
	}
	return found
}

// compares reports whether one of the values compares as the term says. An object stands for its "value", as Entra has it where
// it asks whether members equal an id.
func (n *node) compares(all []any, t Type) bool {
	var values []any
	for _, v := range all {
		if o, ok := v.(map[string]any); ok {
			if n.op == "pr" && len(o) > 0 {
				return true
			}
			v, _ = Document(o).Get("value")
		}
		if v != nil && v != "" {
			values = append(values, v)
		}
	}
	// What has no value, or an empty one, is not there: it equals null and the empty text, and differs from everything else.
	switch {
	case n.op == "pr":
		return len(values) > 0
	case len(values) == 0:
		return (n.value == nil || n.value == "") == (n.op == "eq") && (n.op == "eq" || n.op == "ne")
	}
	rule := n.path.rule(t)
	return slices.ContainsFunc(values, func(v any) bool { return n.compare(v, rule) })
}

// How texts are compared.
const (
	folded = iota // without case, as the store has userName, displayName and addresses
	exact         // ids and what a schema calls caseExact
	asTime        // as moments, whatever their zone
)

// rule is how the attribute is compared.
func (p Path) rule(t Type) int {
	a, sub := p.of(t)
	switch {
	case p.isTime():
		return asTime
	case a == nil:
		return folded
	case sub == nil && a.Type == "complex":
		sub = named(a.Subs, "value")
	}
	if sub != nil {
		a = sub
	}
	if a.Exact {
		return exact
	}
	return folded
}

// compare compares one value.
func (n *node) compare(have any, rule int) bool {
	want := n.value
	if b, ok := have.(bool); ok { // Entra sends truth as text
		if w, ok := boolean(want); ok {
			want, have = word(w), word(b)
		}
	}
	switch n.op {
	case "co", "sw", "ew":
		h, ok := have.(string)
		w, _ := want.(string)
		if rule == folded {
			h, w = fold(h), fold(w)
		}
		test := map[string]func(s, part string) bool{"co": strings.Contains, "sw": strings.HasPrefix, "ew": strings.HasSuffix}[n.op]
		return ok && test(h, w)
	}
	order, ok := compareValues(have, want, rule)
	switch n.op {
	case "eq":
		return ok && order == 0
	case "ne":
		return !ok || order != 0
	case "gt":
		return ok && order > 0
	case "ge":
		return ok && order >= 0
	case "lt":
		return ok && order < 0
	default: // le
		return ok && order <= 0
	}
}

func word(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// compareValues orders two values of one kind; ok is false if they are of two.
func compareValues(have, want any, rule int) (order int, ok bool) {
	switch h := have.(type) {
	case string:
		w, ok := want.(string)
		switch rule {
		case folded:
			h, w = fold(h), fold(w)
		case asTime:
			a, err1 := time.Parse(time.RFC3339, h)
			b, err2 := time.Parse(time.RFC3339, w)
			return a.Compare(b), ok && err1 == nil && err2 == nil
		}
		return cmp.Compare(h, w), ok
	case json.Number:
		w, _ := want.(json.Number)
		a, ok1 := rational(h)
		b, ok2 := rational(w)
		if !ok1 || !ok2 {
			return cmp.Compare(h, w), h == w
		}
		return a.Cmp(b), true
	}
	return 0, false
}

// rational is the exact value of a number, unless it is so long that to compute with it would cost too much. As floating point
// two ids of twenty digits would be equal that are not.
func rational(n json.Number) (*big.Rat, bool) {
	if _, exponent, ok := strings.Cut(strings.ToLower(string(n)), "e"); len(n) > 64 || ok && len(exponent) > 3 {
		return nil, false
	}
	return new(big.Rat).SetString(string(n))
}

// Key is an equality: the attribute is one of those that a store may have an index of, and the value is folded where the
// attribute has no case.
type Key struct{ Attribute, Value string }

// indexed are the attributes of keys, those that choose fewest first.
var indexed = []string{"id", "externalId", "userName", "displayName", "emails.value", "members.value"}

// Keys returns equalities that every resource which the filter chooses fulfils. A store looks up those of one of them by its
// index, and asks Matches of each.
func (f *Filter) Keys() []Key {
	if f == nil {
		return nil
	}
	keys := f.root.keys(f.of, nil)
	slices.SortStableFunc(keys, func(a, b Key) int {
		return cmp.Compare(slices.Index(indexed, a.Attribute), slices.Index(indexed, b.Attribute))
	})
	return keys
}

func (n *node) keys(t Type, found []Key) []Key {
	switch n.kind {
	case isAnd:
		return n.right.keys(t, n.left.keys(t, found))
	case isSome:
		found = n.left.keys(t, found)
		if n.right != nil {
			found = n.right.keys(t, found)
		}
		return found
	case isTerm:
		if value, ok := n.value.(string); ok && value != "" && n.op == "eq" && n.path.Schema == "" {
			if name := n.path.index(); name != "" {
				if n.path.rule(t) == folded {
					value = fold(value)
				}
				found = append(found, Key{name, value})
			}
		}
	}
	return found
}

// index is the attribute as indexed has it, "" if it is none of those.
func (p Path) index() string {
	name := p.Name
	if p.Sub != "" {
		name += "." + p.Sub
	}
	for _, known := range indexed {
		if strings.EqualFold(name, known) || strings.EqualFold(name+".value", known) {
			return known
		}
	}
	return ""
}
