package web

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/views"
)

// query reads the parameters of a list and collects everything that is wrong with them.
type query struct {
	values      url.Values
	fieldErrors []org.Field
}

func (c *call) query() *query {
	q := &query{values: c.values}
	if c.queryErr != nil {
		// Go leaves out what it cannot read. If a filter is left out, rows appear that were not asked for.
		q.addError("query", "The query is not properly encoded")
	}
	if c.route.Offers(CSV) {
		q.oneOf("format", formats(c.route))
	}
	return q
}

// formats are the file formats of a list.
func formats(r *Route) []string {
	if r.Path == pathAudit {
		return []string{"csv", "jsonl"}
	}
	return []string{"csv"}
}

// problem returns the error about all parameters together.
func (q *query) problem() error {
	if len(q.fieldErrors) == 0 {
		return nil
	}
	return &org.Error{Kind: org.Invalid, Message: "Query parameters have invalid values.", Fields: q.fieldErrors}
}

// text reads a parameter that may occur once.
func (q *query) text(name string) string {
	list := q.values[name]
	if len(list) > 1 {
		q.addError(name, fmt.Sprintf("Query param %q provided more than once, found %d times. Give it once", name, len(list)))
		return ""
	}
	return q.values.Get(name)
}

func (q *query) addError(name, detail string) {
	q.fieldErrors = append(q.fieldErrors, org.Field{Field: name, Detail: detail})
}

// count reads a number of rows; missing or empty is 0.
func (q *query) count(name string) int {
	v := q.text(name)
	if v == "" {
		return 0
	}
	prefix := fmt.Sprintf("Query param %q must be a valid 32-bit positive integer: ", name)
	n, err := strconv.ParseInt(v, 10, 32)
	switch {
	case err != nil:
		q.addError(name, prefix+err.Error())
	case n < 0:
		q.addError(name, prefix+"value is negative")
	default:
		return int(n)
	}
	return 0
}

// id reads a uuid; missing or empty is uuid.Nil.
func (q *query) id(name string) uuid.UUID {
	v := q.text(name)
	id, err := uuid.Parse(v)
	if err != nil && v != "" {
		q.addError(name, fmt.Sprintf("Query param %q must be a valid uuid", name))
	}
	return id
}

// boolean reads a parameter as strconv.ParseBool does; missing or empty is false.
func (q *query) boolean(name string) bool {
	v := q.text(name)
	b, err := strconv.ParseBool(v)
	if v != "" && err != nil {
		q.addError(name, fmt.Sprintf("Query param %q must be a boolean", name))
	}
	return b
}

// flag reads a parameter that is 1 or 0; missing or empty is 0.
func (q *query) flag(name string) bool {
	switch q.text(name) {
	case "", "0", "false":
		return false
	case "1", "true":
		return true
	}
	q.addError(name, fmt.Sprintf("Query param %q must be 1 or 0", name))
	return false
}

// sort reads the order of a list that can be sorted by these keys.
func (q *query) sort(keys []string) string {
	v := q.text("sort")
	if v != "" && !slices.Contains(keys, strings.TrimPrefix(v, "-")) {
		q.addError("sort", `Query param "sort" must be one of `+strings.Join(keys, ", ")+`, or one of them after "-"`)
	}
	return v
}

// oneOf reads a parameter that may occur more than once and only have these values. Empty ones are ignored.
func (q *query) oneOf(name string, values []string) (list []string) {
	for _, v := range q.values[name] {
		switch {
		case v == "":
		case slices.Contains(values, v):
			list = append(list, v)
		default:
			q.addError(name, fmt.Sprintf("Query param %q must be one of %s", name, strings.Join(values, ", ")))
			return nil
		}
	}
	return list
}

// Pages show at most maxPageSize rows, and count at most maxCounted if they filter. A page to be printed has up to
// printedRows.
const (
	maxPageSize = 100
	maxCounted  = 10_000
	printedRows = views.PrintedRows
)

// prints reports whether a page is to be printed: with all its rows, up to printedRows, from the first.
func (q *query) prints() bool { return q.flag("print") }

// page reads which part of a list to show. A list on a page always has a limit, and the box in its pager names the page by
// number.
func (c *call) page(q *query) (limit, offset int) { return c.pageOf(q, views.PageSize) }

// pageOf is like page, for a list with another default page size.
func (c *call) pageOf(q *query, size int) (limit, offset int) {
	limit, offset = q.count("limit"), q.count("offset")
	if c.as == asJSON || c.csv {
		return limit, offset
	}
	limit = min(cmp.Or(limit, size), maxPageSize)
	if page := q.count("page"); page > 1 && offset == 0 {
		offset = (page - 1) * limit
	}
	return limit, offset
}

// memberFilter reads the filter of a list of members.
func (c *call) memberFilter() (org.MemberFilter, error) {
	q := c.query()
	f := org.MemberFilter{
		Query:     q.text("q"),
		Roles:     q.values["role"],
		SiteRoles: q.values["site_role"],
		Sort:      q.sort(org.MemberSorts),
	}
	f.Limit, f.Offset = c.page(q)
	f.AfterID, f.Statuses, f.Records = q.id("after_id"), statuses(q), q.records()
	if c.as != asJSON || c.csv { // people may mean what they type literally, and a file must match its page
		f.Literal = org.HasUnknownKey(f.Query, org.MemberQueryKeys)
	}
	if c.as != asJSON && !c.csv {
		f.CountLimit = maxCounted
	}
	return f, q.problem()
}

// records reads which records to narrow a list to.
func (q *query) records() (f org.RecordFilter) {
	for _, v := range q.values["source"] {
		switch {
		case v == "":
		case org.ValidSource(v):
			f.Sources = append(f.Sources, v)
		default:
			q.addError("source", fmt.Sprintf("Query param %q must be %s", "source", org.SourceForm))
		}
	}
	if v := q.text("ending"); v != "" {
		var ok bool
		if f.Ending, ok = org.ParseEnding(v); !ok {
			q.addError("ending", fmt.Sprintf("Query param %q must be %s", "ending", org.EndingForm))
		}
	}
	return f
}

// statuses reads which states of accounts to narrow a list to.
func statuses(q *query) (list []org.Status) {
	for _, s := range q.oneOf("status", org.Statuses) {
		list = append(list, org.Status(s))
	}
	return list
}
