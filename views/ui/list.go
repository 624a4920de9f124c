package ui

import (
	"cmp"
	"strings"

	"github.com/a-h/templ"
)

// What all lists have: search, filters and order. All of it is in the URL of the list.

// swap makes a link or a form of a list swap the results instead of loading the page.
func swap(url, how string) templ.Attributes {
	return templ.Attributes{
		"hx-get": url, "hx-target": "#results", "hx-swap": how, "hx-sync": "#find:replace",
		"hx-push-url": "true", "hx-indicator": "#results",
	}
}

// Filter is one of the filters over a list.
type Filter struct {
	Name, Label string // of the field, and for people
	Options     []Option
	One         bool   // at most one option is chosen
	Long        bool   // there are too many options for a list of boxes; One
	Off         string // URL of the list without this filter
}

// Chosen returns the labels of what the filter lets through; none if it is not in force.
func (f Filter) Chosen() []string {
	var out []string
	for _, o := range f.Options {
		if o.On {
			out = append(out, o.Label)
		}
	}
	return out
}

// boxes returns the options that have their own box.
func (f Filter) boxes() []Option {
	if f.Long {
		return nil
	}
	return f.Options
}

// kind returns the type of the boxes.
func (f Filter) kind() string {
	if f.One {
		return "radio"
	}
	return "checkbox"
}

// Order is how a list is ordered.
type Order struct {
	List string    // URL of the first page of the list in its default order, "" if there is nothing to order
	Sort string    // the key in force, with a leading "-" for descending
	Keys []SortKey // the first one is the default
}

// SortKey is a key that a list can be ordered by.
type SortKey struct{ Name, Label string }

// by says how the list is ordered by key: "ascending", "descending" or "none".
func (o Order) by(key string) string {
	switch cmp.Or(o.Sort, o.Keys[0].Name) {
	case key:
		return "ascending"
	case "-" + key:
		return "descending"
	default:
		return "none"
	}
}

// url returns the list ordered by key, or in reverse if it already is.
func (o Order) url(key string) string {
	if o.by(key) == "ascending" {
		key = "-" + key
	}
	path, q := SplitURL(o.List)
	SetSort(q, key, o.Keys[0].Name)
	return URL(path, q)
}

// key returns the key in force, in either direction.
func (o Order) key() SortKey {
	name := strings.TrimPrefix(cmp.Or(o.Sort, o.Keys[0].Name), "-")
	for _, k := range o.Keys {
		if k.Name == name {
			return k
		}
	}
	return SortKey{Name: name}
}
