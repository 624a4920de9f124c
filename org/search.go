package org

import (
	"slices"
	"strings"
)

// MemberQueryKeys are the keys of the search language for members.
var MemberQueryKeys = []string{
	"user_id", "github_user_id", "include_system", "name", "status", "role", "service_account", "login_type",
	"last_seen_before", "last_seen_after", "created_before", "created_after", "github_com_user_id",
	"source", "ending",
}

// UserQueryKeys are the keys of the search language for accounts.
var UserQueryKeys = []string{
	"search", "github_user_id", "name", "status", "role", "service_account", "login_type",
	"last_seen_before", "last_seen_after", "created_before", "created_after", "github_com_user_id",
	"source", "ending",
}

// HasUnknownKey reports whether a term of a query has a key that is none of these. People may mean such a query
// literally.
func HasUnknownKey(query string, keys []string) bool {
	return slices.ContainsFunc(SplitTerms(strings.ToLower(query)), func(term string) bool {
		key, _, keyed := strings.Cut(term, ":")
		return keyed && !slices.Contains(keys, key)
	})
}

// SplitTerms splits at spaces outside double quotes.
func SplitTerms(s string) []string {
	quoted := false
	return strings.FieldsFunc(s, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
}

// QueryTerm is a term of a query: a key with its value, or a bare word without a key.
type QueryTerm struct{ Key, Value string }

// ParseQuery splits a query of the search language into terms. It reports no errors: the search itself does.
func ParseQuery(query string) []QueryTerm {
	var terms []QueryTerm
	for _, t := range SplitTerms(query) {
		key, value, keyed := strings.Cut(t, ":")
		if !keyed {
			key, value = "", t
		}
		terms = append(terms, QueryTerm{key, strings.ReplaceAll(value, `"`, "")})
	}
	return terms
}

// FormatQuery joins terms to a query again. Terms without a value are left out.
func FormatQuery(terms []QueryTerm) string {
	var out []string
	for _, t := range terms {
		value := strings.ReplaceAll(t.Value, `"`, "")
		if value == "" {
			continue
		}
		if strings.Contains(value, " ") {
			value = `"` + value + `"`
		}
		if t.Key != "" {
			value = t.Key + ":" + value
		}
		out = append(out, value)
	}
	return strings.Join(out, " ")
}
