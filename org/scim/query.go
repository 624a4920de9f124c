package scim

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// ParseQuery reads the query of a list.
func ParseQuery(values url.Values, t Type) (Query, error) {
	return newQuery(t, values.Get("filter"), values.Get("startIndex"), values.Get("count"), values["attributes"], values["excludedAttributes"])
}

// ParseSearch reads the body of a search, which means the same as the query of a list. It is for filters that do not fit into
// a URL, or that should not appear in the logs of proxies.
func ParseSearch(d Document, t Type) (Query, error) {
	if v, ok := d.Get("schemas"); ok && !slices.ContainsFunc(list(v), isText(messageSearch)) {
		return Query{}, Refuse(InvalidSyntax, "schemas must have "+messageSearch+".")
	}
	if v, _ := d.Get("filter"); v != nil {
		if _, ok := v.(string); !ok {
			return Query{}, Refuse(InvalidFilter, "filter must be a text.")
		}
	}
	texts := map[string][]string{}
	for _, name := range []string{"attributes", "excludedAttributes"} {
		v, _ := d.Get(name)
		for _, e := range list(v) {
			text, ok := e.(string)
			if !ok {
				return Query{}, Refuse(InvalidValue, name+" must be a list of texts.")
			}
			texts[name] = append(texts[name], text)
		}
	}
	return newQuery(t, d.Text("filter"), number(d, "startIndex"), number(d, "count"), texts["attributes"], texts["excludedAttributes"])
}

// number returns an attribute as text, "" if it is missing.
func number(d Document, name string) string {
	switch v, _ := d.Get(name); v := v.(type) {
	case nil:
		return ""
	case json.Number:
		return v.String()
	case string:
		return v
	default:
		return "none"
	}
}

func newQuery(t Type, filter, start, count string, attributes, excluded []string) (q Query, err error) {
	if q.Start, err = integer("startIndex", start, 1); err != nil {
		return q, err
	}
	if q.Count, err = integer("count", count, usualCount); err != nil {
		return q, err
	}
	// Numbers out of range are no errors: the standard says what they mean.
	q.Start, q.Count = max(1, q.Start), min(max(0, q.Count), MaxCount)
	if q.Projection, err = ParseProjection(attributes, excluded); err != nil {
		return q, err
	}
	q.Filter, err = ParseFilter(filter, t)
	return q, err
}

// maxStart bounds the start of a list, so that no sum with it overflows.
const maxStart = 1 << 31

func integer(name, text string, usual int) (int, error) {
	if text = strings.TrimSpace(text); text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n > maxStart {
		return 0, Refuse(InvalidValue, name+" must be a whole number.")
	}
	return n, nil
}
