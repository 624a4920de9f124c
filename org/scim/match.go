package scim

import (
	"cmp"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"time"
)

// Matches reports whether the filter selects a resource. A nil filter selects all.
func (f *Filter) Matches(r *Resource) bool { return f == nil || f.matches(r.Whole()) }

func (f *Filter) matches(d Document) bool { return f.root.matches(d, f.of) }

// Uses reports whether the filter uses an attribute.
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
	// For a multi-valued attribute the term holds if it holds for any of the values (RFC 7644, 3.4.2.2).
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

// parts returns a part of each value. A value without parts is its own "value".
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

// compares reports whether the term holds for one of the values. An object is compared by its "value", as Entra expects when it
// asks whether members equal an id.
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
	// A missing or empty value equals null and the empty text, and differs from everything else.
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

// rule returns how the attribute is compared.
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

// compareValues orders two values of one kind; ok is false if their kinds differ.
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

// rational returns the exact value of a number, unless it is so long that computing with it would cost too much. As floating
// point numbers, two different ids of twenty digits would be equal.
func rational(n json.Number) (*big.Rat, bool) {
	if _, exponent, ok := strings.Cut(strings.ToLower(string(n)), "e"); len(n) > 64 || ok && len(exponent) > 3 {
		return nil, false
	}
	return new(big.Rat).SetString(string(n))
}

// Key is an equality: the attribute is one that a store may have an index for, and the value is folded if the
// attribute ignores case.
type Key struct{ Attribute, Value string }

// indexed lists the attributes of keys, the most selective first.
var indexed = []string{"id", "externalId", "userName", "displayName", "emails.value", "members.value"}

// Keys returns equalities that hold for every resource that the filter selects. A store looks one of them up in its
// index, and calls Matches for each resource found.
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

// index returns the attribute as indexed spells it, "" if it is not in the list.
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
