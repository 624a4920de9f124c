package idpsync

import (
	"encoding/json"
	"slices"
	"strings"

	"rolecall.example/org"
)

// lookUp returns what a claim says: its values, sorted and without duplicates, and what may be concluded from them.
func lookUp(p *org.Provider, claims map[string]any, field string) (values []string, state org.ClaimState) {
	if cutOff(claims, field) {
		return nil, org.ClaimTruncated
	}
	v, ok := find(claims, field)
	if !ok {
		return nil, org.ClaimAbsent
	}
	all, ok := texts(v, p.Separator)
	switch {
	// A list of exactly this length may be complete. Wrongly assuming that it is not takes nothing from anybody.
	case !ok: // nothing can be concluded from a claim of an unknown shape
		return nil, org.ClaimAbsent
	case p.TruncatedAt > 0 && len(all) == p.TruncatedAt:
		return nil, org.ClaimTruncated
	}
	values = slices.DeleteFunc(all, func(s string) bool { return s == "" })
	if len(values) == 0 {
		return nil, org.ClaimEmpty
	}
	slices.Sort(values)
	return slices.Compact(values), org.ClaimValues
}

// find finds a claim by its exact name, or else by following the dots in the name.
func find(claims map[string]any, name string) (any, bool) {
	if v, ok := claims[name]; ok {
		return v, true
	}
	// A part of the name may itself have dots: the longest existing one counts.
	for at := len(name) - 1; at > 0; at-- {
		if name[at] != '.' {
			continue
		}
		if inner, ok := claims[name[:at]].(map[string]any); ok {
			if v, ok := find(inner, name[at+1:]); ok {
				return v, true
			}
		}
	}
	return nil, false
}

// cutOff reports whether the provider says that it left a claim out: the token names it among the claims to request elsewhere, or
// it is Entra in the implicit flow, which says so of groups only.
func cutOff(claims map[string]any, field string) bool {
	// Entra sends an address for requesting the groups instead. It is not used: that takes rights of another kind.
	elsewhere, _ := claims["_claim_names"].(map[string]any)
	if _, named := elsewhere[field]; named {
		return true
	}
	first, _, _ := strings.Cut(field, ".")
	if _, named := elsewhere[first]; named {
		return true
	}
	if first != "groups" {
		return false
	}
	switch has := claims["hasgroups"].(type) {
	case bool:
		return has
	case string:
		return strings.EqualFold(has, "true")
	}
	return false
}

// texts returns the values of a claim as received, including empty ones; ok is false if its shape is not understood.
func texts(v any, separator string) (values []string, ok bool) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			text, ok := scalar(one)
			if !ok { // a value left out could be the one that counts
				return nil, false
			}
			values = append(values, text)
		}
		return values, true
	case []string:
		return slices.Clone(v), true
	case map[string]any:
		for key := range v {
			values = append(values, key)
		}
		return values, true
	case string:
		if separator == "" {
			return []string{v}, true
		}
		for part := range strings.SplitSeq(v, separator) {
			if part = strings.TrimSpace(part); part != "" {
				values = append(values, part)
			}
		}
		return values, true
	}
	text, ok := scalar(v)
	return []string{text}, ok
}

// scalar returns one value as text.
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		if v {
			return "true", true
		}
		return "false", true
	}
	return "", false
}
