package views

import (
	"slices"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// auditFilter is a filter of the log: a key of its query language.
type auditFilter struct {
	key, label, kind string // kind: of the input
	value            string
	options          []ui.Option
	off              string // URL of the page without it
}

// auditKeys are the keys of the query language that have their own filter.
var auditKeys = []struct{ key, label, kind string }{
	{"username", "Actor", "text"}, {"action", "Action", "select"}, {"resource_type", "Kind", "select"},
	{"resource_target", "Target", "text"}, {"organization", "Organization", "text"},
	{"date_from", "From", "date"}, {"date_to", "Until", "date"}, {"token_id", "Token", "text"},
}

// AuditFilterKeys returns the parameters of the filters, to be joined with the query.
func AuditFilterKeys() []string {
	keys := make([]string, len(auditKeys))
	for i, k := range auditKeys {
		keys[i] = k.key
	}
	return keys
}

func (a Audit) filters() []auditFilter {
	terms := org.ParseQuery(a.Query)
	var out []auditFilter
	for _, k := range auditKeys {
		if k.key == "organization" && a.Organization != "" {
			continue
		}
		f := auditFilter{key: k.key, label: k.label, kind: k.kind}
		rest := slices.DeleteFunc(slices.Clone(terms), func(t org.QueryTerm) bool { return t.Key == k.key })
		for _, t := range terms {
			if t.Key == k.key {
				f.value = t.Value
			}
		}
		if k.key == "token_id" && f.value == "" {
			continue // people do not type these: links from tokens and entries set them
		}
		f.off = AuditURL(org.FormatQuery(rest), a.Organization)
		switch k.key {
		case "action":
			f.options = actionOptions(f.value)
		case "resource_type":
			f.options = kindOptions(f.value)
		}
		out = append(out, f)
	}
	return out
}

// shown returns the value of a filter for people.
func (f auditFilter) shown() string {
	for _, o := range f.options {
		if o.On {
			return o.Label
		}
	}
	return f.value
}

// words returns the plain words of the query; other returns its terms that no filter shows.
func (a Audit) words() string {
	return org.FormatQuery(slices.DeleteFunc(org.ParseQuery(a.Query), func(t org.QueryTerm) bool { return t.Key != "" }))
}

func (a Audit) other() string {
	keys := AuditFilterKeys()
	return org.FormatQuery(slices.DeleteFunc(org.ParseQuery(a.Query), func(t org.QueryTerm) bool { return t.Key == "" || slices.Contains(keys, t.Key) }))
}
