package views

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// What the lists have in common: search, filters, order and pages. All of it stands in the URL of the list.

// hiddenField is a field that a form carries along.
type hiddenField struct{ name, value string }

// fieldsOf are the fields that a form needs for its answer to be the list at a URL, besides those that it shows itself.
func fieldsOf(list string, shown ...string) []hiddenField {
	_, q := splitURL(list)
	var out []hiddenField
	for _, name := range slices.Sorted(maps.Keys(q)) {
		for _, v := range q[name] {
			if !slices.Contains(shown, name) {
				out = append(out, hiddenField{name, v})
			}
		}
	}
	return out
}

// splitURL takes a URL of ours apart.
func splitURL(u string) (path string, q url.Values) {
	path, query, _ := strings.Cut(u, "?")
	q, _ = url.ParseQuery(query) // it was encoded by us
	return path, q
}

// setPage adds to a query which part of a list is meant. What is as it is anyway stays out.
func setPage(q url.Values, limit, offset int) {
	if limit != 0 && limit != PageSize {
		q.Set("limit", strconv.Itoa(limit))
	}
	if offset > 0 {
		q.Set("offset", strconv.Itoa(offset))
	}
}

// swap makes a link or a form of a list swap the results instead of loading the page.
func swap(url, how string) templ.Attributes {
	return templ.Attributes{
		"hx-get": url, "hx-target": "#results", "hx-swap": how, "hx-sync": "#find:replace",
		"hx-push-url": "true", "hx-indicator": "#results",
	}
}

// filter is one of the filters over a list.
type filter struct {
	name, label string // of the field, and for people
	options     []filterOption
	off         string // the list without this filter
}

type filterOption struct {
	value, label string
	on           bool
}

// chosen are the labels of what a filter lets through; none when it is not in force.
func (f filter) chosen() []string {
	var out []string
	for _, o := range f.options {
		if o.on {
			out = append(out, o.label)
		}
	}
	return out
}

// searched says what was looked at: "Searched names, usernames and emails with Role: Auditor."
func searched(filters []filter) string {
	var with []string
	for _, f := range filters {
		if len(f.chosen()) > 0 {
			with = append(with, f.label+": "+strings.Join(f.chosen(), ", "))
		}
	}
	text := "Searched names, usernames and emails"
	if len(with) > 0 {
		text += " with " + join(with)
	}
	return text + "."
}

// order is how a list is ordered.
type order struct {
	list string   // the URL of its first page in the order that it has anyway, "" if there is nothing to order
	sort string   // the key in force, with "-" in front for descending
	keys []string // that it can be ordered by; the first one is the order that it has anyway
}

// sortLabels are the keys for people.
var sortLabels = map[string]string{
	"username": "Username", "name": "Name", "email": "Email",
	"created_at": "Added", "updated_at": "Last change", "last_seen_at": "Last seen",
}

// by is how the list is ordered by key: "ascending", "descending" or "none".
func (o order) by(key string) string {
	switch cmp.Or(o.sort, o.keys[0]) {
	case key:
		return "ascending"
	case "-" + key:
		return "descending"
	default:
		return "none"
	}
}

// url orders by key, the other way round when it already does.
func (o order) url(key string) string {
	if o.by(key) == "ascending" {
		key = "-" + key
	}
	path, q := splitURL(o.list)
	setSort(q, key, o.keys[0])
	return withQuery(path, q)
}

// key is what the list is ordered by, in either direction.
func (o order) key() string { return strings.TrimPrefix(cmp.Or(o.sort, o.keys[0]), "-") }

// setSort adds an order to a query, unless it is the first one, which the list has anyway.
func setSort(q url.Values, sort, first string) {
	if sort != "" && sort != first {
		q.Set("sort", sort)
	}
}

// rowChoices are the numbers of rows that a page of a list can have.
var rowChoices = []int{PageSize, 50, 100}

// paging is which part of a list a page shows.
type paging struct {
	list   string // the URL of the list, without what tells the page
	limit  int    // rows of a page; 0 if there are no pages
	offset int
	shown  int
	count  int
	capped bool // there are more than count
}

// rows is how many rows a page has.
func (p paging) rows() int { return max(cmp.Or(p.limit, p.shown), 1) }

// span is which rows the page shows: "26–50".
func (p paging) span() string {
	if p.shown == 1 {
		return thousands(p.offset + 1)
	}
	return thousands(p.offset+1) + "–" + thousands(p.offset+p.shown)
}

// total is how many rows there are: "1,284", or "10,000+" where counting stopped.
func (p paging) total() string {
	if p.capped {
		return thousands(p.count) + "+"
	}
	return thousands(p.count)
}

func (p paging) page() int  { return p.offset/p.rows() + 1 }
func (p paging) pages() int { return max((p.count+p.rows()-1)/p.rows(), 1) }

// limits are the choices for the number of rows, with the one in force.
func (p paging) limits() []int {
	out := slices.Clone(rowChoices)
	if !slices.Contains(out, p.rows()) && p.limit > 0 {
		out = append(out, p.rows())
		slices.Sort(out)
	}
	return out
}

func (p paging) path() string {
	path, _ := splitURL(p.list)
	return path
}

// at is the URL of the page that begins after offset rows.
func (p paging) at(offset int) string {
	path, q := splitURL(p.list)
	setPage(q, p.limit, offset)
	return withQuery(path, q)
}

// previous and next are the URLs of the neighbouring pages, "" where there is none.
func (p paging) previous() string {
	if p.offset == 0 {
		return ""
	}
	return p.at(max(0, p.offset-p.rows()))
}

func (p paging) next() string {
	if p.shown == 0 || p.offset+p.shown >= p.count && !p.capped {
		return ""
	}
	return p.at(p.offset + p.rows())
}

// left is how a list was left, for BackTo: "" when the way back from its rows leads there anyway.
func (p paging) left(anyway string) string {
	if here := p.at(p.offset); here != anyway {
		return here
	}
	return ""
}
