package web

import (
	"maps"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// link sets the header Link (RFC 8288) of a JSON list: it has the paths of the other pages, with all other parameters
// of the request. count is how many rows there are in all.
func (c *call) link(limit, offset, count int) {
	if limit == 0 || c.as != asJSON || c.csv {
		return
	}
	if c.values.Has("after_id") {
		c.linkAfter(limit, uuid.Nil)
		return
	}
	var links []string
	add := func(rel string, offset int) {
		values := maps.Clone(c.values)
		values.Set("limit", strconv.Itoa(limit))
		values.Del("offset")
		if offset > 0 {
			values.Set("offset", strconv.Itoa(offset))
		}
		links = append(links, "<"+c.request().URL.EscapedPath()+"?"+values.Encode()+`>; rel="`+rel+`"`)
	}
	last := max(0, count-1) / limit * limit
	add("first", 0)
	if offset > 0 {
		add("prev", min(max(0, offset-limit), last))
	}
	if offset < count-limit {
		add("next", offset+limit)
	}
	add("last", last)
	c.header("Link", strings.Join(links, ", "))
}

// linkAfter does the same for a page that begins after some row: the positions of the previous and the last page are
// unknown. next is the last row of this page if another page follows, else uuid.Nil.
func (c *call) linkAfter(limit int, next uuid.UUID) {
	var links []string
	add := func(rel string, after uuid.UUID) {
		values := maps.Clone(c.values)
		values.Set("limit", strconv.Itoa(limit))
		values.Del("after_id")
		values.Del("offset")
		if after != uuid.Nil {
			values.Set("after_id", after.String())
		}
		links = append(links, "<"+c.request().URL.EscapedPath()+"?"+values.Encode()+`>; rel="`+rel+`"`)
	}
	add("first", uuid.Nil)
	if next != uuid.Nil {
		add("next", next)
	}
	c.header("Link", strings.Join(links, ", "))
}

// partAfter cuts a list that was read with one row more than limit, and returns the row after which the next page
// begins: uuid.Nil if there is no such page.
func partAfter[T any](list []T, limit int, id func(*T) uuid.UUID) (part []T, next uuid.UUID) {
	if len(list) <= limit {
		return list, uuid.Nil
	}
	return list[:limit], id(&list[limit-1])
}

// linkBeside does the same for a part of the trail next to an entry. An entry is named by its number, 0 for none.
func (c *call) linkBeside(limit int, older, newer int64) {
	if c.as != asJSON {
		return
	}
	var links []string
	add := func(rel, beside string, seq int64) {
		values := maps.Clone(c.values)
		for _, other := range []string{"before", "after", "offset"} {
			values.Del(other)
		}
		values.Set("limit", strconv.Itoa(limit))
		if seq > 0 {
			values.Set(beside, strconv.FormatInt(seq, 10))
		}
		links = append(links, "<"+c.request().URL.EscapedPath()+"?"+values.Encode()+`>; rel="`+rel+`"`)
	}
	add("first", "", 0)
	if newer > 0 {
		add("prev", "after", newer)
	}
	if older > 0 {
		add("next", "before", older)
	}
	c.header("Link", strings.Join(links, ", "))
}
