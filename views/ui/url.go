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

// SplitURL takes a URL of this program apart.
func SplitURL(u string) (path string, q url.Values) {
	path, query, _ := strings.Cut(u, "?")
	q, _ = url.ParseQuery(query) // it was encoded by this program
	return path, q
}

// SetPage adds to a query which part of a list is meant. Defaults stay out, so that one page has one URL.
func SetPage(q url.Values, limit, offset int) { SetPageOf(q, PageSize, limit, offset) }

// SetPageOf is SetPage for a list whose pages have another size by default.
func SetPageOf(q url.Values, size, limit, offset int) {
	if limit != 0 && limit != size {
		q.Set("limit", strconv.Itoa(limit))
	}
	if offset > 0 {
		q.Set("offset", strconv.Itoa(offset))
	}
}

// SetSort adds an order to a query, unless it is the first one, which the list has by default.
func SetSort(q url.Values, sort, first string) {
	if sort != "" && sort != first {
		q.Set("sort", sort)
	}
}
