package org

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// search is a parsed query: terms of the form key:value, or a bare word, which stands for one of the keys.
// Terms are apart by spaces; double quotes keep them together.
type search struct {
	terms map[string][]string
	bad   problems
}

// parseSearch reads a query. Keys may come once, with a value; what else it finds is wrong.
func parseSearch(query, bareWord string, keys ...string) *search {
	q := &search{terms: map[string][]string{}}
	for _, term := range splitTerms(strings.ToLower(query)) {
		key, value, keyed := strings.Cut(term, ":")
		switch {
		case !keyed:
			key, value = bareWord, term
		case key == "" || value == "" || strings.Contains(value, ":") && !strings.Contains(key, "_before") && !strings.Contains(key, "_after"):
			q.bad.add("q", fmt.Sprintf("Query element %q can only contain 1 ':', with a key before and a value after it", term))
			continue
		}
		if !slices.Contains(keys, key) {
			q.bad.add(key, fmt.Sprintf("%q is not a valid query param", key))
			continue
		}
		q.terms[key] = append(q.terms[key], strings.ReplaceAll(value, `"`, ""))
	}
	for _, key := range keys {
		if n := len(q.terms[key]); n > 1 {
			q.bad.add(key, fmt.Sprintf("Query param %q provided more than once, found %d times", key, n))
		}
	}
	return q
}

// splitTerms splits at spaces outside double quotes.
func splitTerms(s string) []string {
	quoted := false
	return strings.FieldsFunc(s, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
}

func (q *search) one(key string) string {
	if v := q.terms[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// list is the values of a key that takes several, apart by commas.
func (q *search) list(key string) []string {
	if v := q.one(key); v != "" {
		return strings.Split(v, ",")
	}
	return nil
}

func (q *search) time(key string) sql.NullTime {
	return q.parsed(key, time.RFC3339, "an RFC 3339 time")
}

func (q *search) date(key string) sql.NullTime {
	return q.parsed(key, time.DateOnly, "a date, YYYY-MM-DD")
}

func (q *search) parsed(key, layout, what string) sql.NullTime {
	v := q.one(key)
	if v == "" {
		return sql.NullTime{}
	}
	t, err := time.Parse(layout, strings.ToUpper(v))
	if err != nil {
		q.bad.add(key, fmt.Sprintf("Query param %q must be %s", key, what))
		return sql.NullTime{}
	}
	return sql.NullTime{Time: t.UTC(), Valid: true}
}

func (q *search) id(key string) uuid.UUID {
	v := q.one(key)
	if v == "" {
		return uuid.Nil
	}
	id, err := uuid.Parse(v)
	if err != nil {
		q.bad.add(key, fmt.Sprintf("Query param %q must be a valid uuid", key))
	}
	return id
}

// QueryTerm is a term of a query: a key with its value, or a bare word without a key.
type QueryTerm struct{ Key, Value string }

// QueryTerms takes a query of the search language apart. It finds no fault: what is wrong, the search itself says.
func QueryTerms(query string) []QueryTerm {
	var terms []QueryTerm
	for _, t := range splitTerms(query) {
		key, value, keyed := strings.Cut(t, ":")
		if !keyed {
			key, value = "", t
		}
		terms = append(terms, QueryTerm{key, strings.ReplaceAll(value, `"`, "")})
	}
	return terms
}

// JoinQuery puts terms together again. Terms without a value are left out.
func JoinQuery(terms []QueryTerm) string {
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
