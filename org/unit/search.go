package unit

import (
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// Search is a parsed query: terms of the form key:value, or a bare word, which stands for one of the keys.
// Terms are separated by spaces; double quotes keep spaces inside one.
type Search struct {
	Text  string // bare words that are not the value of a key, with one space between two
	terms map[string][]string
	Bad   org.FieldErrors
}

// ParseSearch reads a query. Keys may come once, with a value; everything else is wrong. A bare word is the value of the
// key bareWord or, if that is "", part of the text.
func ParseSearch(query, bareWord string, keys ...string) *Search {
	q := &Search{terms: map[string][]string{}}
	for _, written := range org.SplitTerms(query) {
		term := strings.ToLower(written)
		key, value, keyed := strings.Cut(term, ":")
		if key == "request_id" || key == "token_id" { // the values in which case matters
			_, value, _ = strings.Cut(written, ":")
		}
		switch {
		case !keyed && bareWord == "":
			q.Text = strings.TrimSpace(q.Text + " " + strings.ReplaceAll(term, `"`, ""))
			continue
		case !keyed:
			key, value = bareWord, term
		case key == "" || value == "" || strings.Contains(value, ":") && !strings.Contains(key, "_before") && !strings.Contains(key, "_after") && key != "source":
			q.Bad.Add("q", fmt.Sprintf("Query element %q can only contain 1 ':', with a key before and a value after it", term))
			continue
		}
		if !slices.Contains(keys, key) {
			q.Bad.Add(key, fmt.Sprintf("%q is not a valid query param", key))
			continue
		}
		q.terms[key] = append(q.terms[key], strings.ReplaceAll(value, `"`, ""))
	}
	for _, key := range keys {
		if n := len(q.terms[key]); n > 1 {
			q.Bad.Add(key, fmt.Sprintf("Query param %q provided more than once, found %d times", key, n))
		}
	}
	return q
}

// One returns the first value of a term, "" if there is none.
func (q *Search) One(key string) string {
	if v := q.terms[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// List returns the values of a key that takes several, separated by commas.
func (q *Search) List(key string) []string {
	if v := q.One(key); v != "" {
		return strings.Split(v, ",")
	}
	return nil
}

// OneOf is List for a key whose values are known.
func (q *Search) OneOf(key string, values []string) []string {
	list := q.List(key)
	for _, v := range list {
		if !slices.Contains(values, v) {
			q.Bad.Add(key, fmt.Sprintf("Query param %q must be one of %s", key, strings.Join(values, ", ")))
			break
		}
	}
	return list
}

// nobodysSource is a source that no record has.
const nobodysSource = "-"

// Records narrows which records are asked for: by the terms source and ending.
func (q *Search) Records(f org.RecordFilter) org.RecordFilter {
	named := q.List("source")
	if !slices.ContainsFunc(named, func(s string) bool { return !org.ValidSource(s) }) {
		f.Sources = bothSources(f.Sources, named)
	} else {
		q.Bad.Add("source", fmt.Sprintf("Query param %q must be %s", "source", org.SourceForm))
	}
	if v := q.One("ending"); v != "" {
		d, ok := org.ParseEnding(v)
		if !ok {
			q.Bad.Add("ending", fmt.Sprintf("Query param %q must be %s", "ending", org.EndingForm))
		}
		if f.Ending == 0 || d < f.Ending {
			f.Ending = d
		}
	}
	return f
}

// bothSources returns the sources that are in both lists, of which an empty one means all.
func bothSources(a, b []string) []string {
	if len(a) == 0 || len(b) == 0 {
		return slices.Concat(a, b)
	}
	both := slices.DeleteFunc(slices.Clone(a), func(s string) bool { return !slices.Contains(b, s) })
	if len(both) == 0 {
		both = []string{nobodysSource}
	}
	return both
}

// Bool returns the value of a term as "true" or "false", "" if there is none.
func (q *Search) Bool(key string) string {
	v := q.One(key)
	if v == "" {
		return ""
	}
	b, err := strconv.ParseBool(v)
	if err != nil {
		q.Bad.Add(key, fmt.Sprintf("Query param %q must be a boolean", key))
	}
	return strconv.FormatBool(b)
}

// GitHub reports whether a term asks for a GitHub account, of which there are none here; the value 0 does not.
func (q *Search) GitHub(keys ...string) (asked bool) {
	for _, key := range keys {
		v := q.One(key)
		n, err := strconv.ParseInt(v, 10, 64)
		if v != "" && err != nil {
			q.Bad.Add(key, fmt.Sprintf("Query param %q must be a valid 64-bit integer", key))
		}
		asked = asked || n != 0
	}
	return asked
}

// Time returns the value of a term as a time.
func (q *Search) Time(key string) sql.NullTime {
	return q.parsed(key, time.RFC3339, "an RFC 3339 time")
}

// Date returns the value of a term as a day.
func (q *Search) Date(key string) sql.NullTime {
	return q.parsed(key, time.DateOnly, "a date, YYYY-MM-DD")
}

// parsed restores capitals: terms were put in lower case, and a time has a T and a Z.
func (q *Search) parsed(key, layout, what string) sql.NullTime {
	v := q.One(key)
	if v == "" {
		return sql.NullTime{}
	}
	t, err := time.Parse(layout, strings.ToUpper(v))
	if err != nil {
		q.Bad.Add(key, fmt.Sprintf("Query param %q must be %s", key, what))
		return sql.NullTime{}
	}
	return sql.NullTime{Time: t.UTC(), Valid: true}
}

// ID returns the value of a term as an id, uuid.Nil if there is none.
func (q *Search) ID(key string) uuid.UUID {
	v := q.One(key)
	if v == "" {
		return uuid.Nil
	}
	id, err := uuid.Parse(v)
	if err != nil {
		q.Bad.Add(key, fmt.Sprintf("Query param %q must be a valid uuid", key))
	}
	return id
}
