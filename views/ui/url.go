package ui

import (
	"net/url"
	"strconv"
	"strings"
)

// PageSize is the number of rows of a list whose URL does not say how many.
const PageSize = 25

// URL joins a path with a query, which may be empty.
func URL(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// SplitURL splits a URL of this program.
func SplitURL(u string) (path string, q url.Values) {
	path, query, _ := strings.Cut(u, "?")
	q, _ = url.ParseQuery(query) // it was encoded by this program
	return path, q
}

// SetPage sets the part of a list in a query. Defaults are left out, so that each page has one URL.
func SetPage(q url.Values, limit, offset int) { SetPageOf(q, PageSize, limit, offset) }

// SetPageOf is like SetPage, for a list with another default page size.
func SetPageOf(q url.Values, size, limit, offset int) {
	if limit != 0 && limit != size {
		q.Set("limit", strconv.Itoa(limit))
	}
	if offset > 0 {
		q.Set("offset", strconv.Itoa(offset))
	}
}

// SetSort sets the order in a query, unless it is the first one, which is the default.
func SetSort(q url.Values, sort, first string) {
	if sort != "" && sort != first {
		q.Set("sort", sort)
	}
}
