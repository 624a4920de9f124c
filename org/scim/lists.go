package scim

import (
	"encoding/json"
	"slices"
	"strings"

	"rolecall.example/org"
)

// onList changes an attribute that has many values.
func (o operation) onList(all []any, a *attribute, t Type) (any, *org.Error) {
	if o.path.only != nil || o.path.Sub != "" {
		return o.onSome(all, t)
	}
	values := entries(o.value, a)
	switch {
	case o.op == "remove" && o.given:
		gone := map[string]bool{}
		for _, v := range values {
			gone[valueKey(v)] = true
		}
		return slices.DeleteFunc(all, func(e any) bool { return gone[valueKey(e)] }), nil
	case o.op == "remove":
		return []any{}, nil
	case o.op == "replace":
		all = nil
	}
	// A value that exists already is not added again: directories repeat what they may not have sent.
	known := keysOf(all)
	for _, v := range values {
		if key := keyOf(v); !known[key] {
			known[key] = true
			all = onlyPrimary(append(all, clone(v)), len(all))
		}
	}
	return all, nil
}

// entries returns the values that were sent for a multi-valued attribute. A bare text counts as the value of an object.
func entries(v any, a *attribute) []any {
	all := slices.Clone(list(v))
	for i, e := range all {
		if text, ok := e.(string); ok && a != nil && a.Type == "complex" {
			all[i] = map[string]any{"value": text}
		}
	}
	return all
}

// keyOf returns what identifies a value: all of it or, for a member, its id.
func keyOf(v any) string {
	if o, ok := v.(map[string]any); ok {
		if id, isID := memberID(v); isID {
			return id.String()
		}
		v = o
	}
	text, _ := json.Marshal(v)
	return string(text)
}

func keysOf(all []any) map[string]bool {
	keys := make(map[string]bool, len(all))
	for _, v := range all {
		keys[keyOf(v)] = true
	}
	return keys
}

// valueKey returns what a value is removed by: its "value" if it has one, otherwise all of it.
func valueKey(v any) string {
	if o, ok := v.(map[string]any); ok {
		if value, has := Document(o).Get("value"); has {
			v = map[string]any{"value": value}
		}
	}
	return keyOf(v)
}

// onlyPrimary removes the primary mark from all other values, if the one at that index has it.
func onlyPrimary(all []any, at int) []any {
	is := func(e any) bool {
		o, _ := e.(map[string]any)
		mark, _ := Document(o).Get("primary")
		yes, _ := boolean(mark)
		return yes
	}
	if !is(all[at]) {
		return all
	}
	for i, e := range all {
		if i != at && is(e) {
			Document(e.(map[string]any)).set("primary", false)
		}
	}
	return all
}

// onSome changes the values that match the path, or a part of them.
func (o operation) onSome(all []any, t Type) (any, *org.Error) {
	matches := func(e any) bool { return o.path.only == nil || o.path.only.matchesValue(e, t) }
	if o.op == "remove" {
		return o.removeSome(all, matches), nil
	}
	// The entries are changed in place: whatever else a directory keeps in them must stay.
	found := false
	for i, e := range all {
		if !matches(e) {
			continue
		}
		found = true
		if err := o.setIn(&all[i]); err != nil {
			return nil, err
		}
		all = onlyPrimary(all, i)
	}
	if found {
		return all, nil
	}
	// The standard has noTarget for a replace that matches nothing. But Entra sends such a replace for the first address of a user
	// too, and treats a refusal as a failure of the whole user.
	made := map[string]any{}
	if o.path.only != nil && !o.path.only.fulfil(made, t) {
		return nil, Refuse(NoTarget, "No value of "+o.path.Name+" matches the path.")
	}
	var entry any = made
	if err := o.setIn(&entry); err != nil {
		return nil, err
	}
	return onlyPrimary(append(all, entry), len(all)), nil
}

// setIn sets the part of one value, or merges the parts that were sent into it.
func (o operation) setIn(e *any) *org.Error {
	object, ok := (*e).(map[string]any)
	if !ok {
		object = map[string]any{"value": *e}
	}
	*e = object
	if o.path.Sub != "" {
		Document(object).set(o.path.Sub, clone(o.value))
		return nil
	}
	values, ok := o.value.(map[string]any)
	if !ok {
		if list, isList := o.value.([]any); isList && len(list) == 1 {
			values, ok = list[0].(map[string]any)
		}
	}
	if !ok {
		return Refuse(InvalidValue, "The value for "+o.path.Name+" must be an object.")
	}
	for _, name := range names(values) {
		Document(object).put(name, clone(values[name]))
	}
	return nil
}

// removeSome removes the values that match, or a part of each. A value that has lost its "value" is removed.
func (o operation) removeSome(all []any, matches func(any) bool) []any {
	left := []any{}
	for _, e := range all {
		switch object, isObject := e.(map[string]any); {
		case !matches(e):
			left = append(left, e)
		case o.path.Sub == "" || strings.EqualFold(o.path.Sub, "value"):
		case isObject:
			Document(object).remove(o.path.Sub)
			left = append(left, object)
		default:
			left = append(left, e)
		}
	}
	return left
}

// fulfil changes a value so that the filter matches it, if the filter consists of equalities.
func (n *node) fulfil(e map[string]any, t Type) bool {
	switch {
	case n.kind == isAnd:
		return n.left.fulfil(e, t) && n.right.fulfil(e, t)
	case n.kind != isTerm || n.op != "eq":
		return false
	}
	value := n.value
	if _, sub := n.path.of(t); sub != nil && sub.Type == "boolean" {
		if b, ok := boolean(value); ok {
			value = b
		}
	}
	Document(e).set(n.path.Sub, value)
	return true
}
