package web

import (
	"maps"
	"strconv"
	"strings"
)

// link names other parts of a list that is answered as JSON, in the header Link (RFC 8288): paths on this server that keep
// the other parameters of the request. count is how many rows there are in all. Of a list that begins after some row it is
// not known where in it the other parts are: that names the first one alone.
func (c *call) link(limit, offset, count int) {
	if limit == 0 || c.as != asJSON || c.csv {
		return
	}
	var links []string
	add := func(rel string, offset int) {
		values := maps.Clone(c.values)
		values.Set("limit", strconv.Itoa(limit))
		values.Del("after_id")
		values.Del("offset")
		if offset > 0 {
			values.Set("offset", strconv.Itoa(offset))
		}
		links = append(links, "<"+c.request().URL.EscapedPath()+"?"+values.Encode()+`>; rel="`+rel+`"`)
	}
	last := max(0, count-1) / limit * limit
	add("first", 0)
	if !c.values.Has("after_id") {
		if offset > 0 {
			add("prev", min(max(0, offset-limit), last))
		}
		if offset < count-limit {
			add("next", offset+limit)
		}
		add("last", last)
	}
	c.header("Link", strings.Join(links, ", "))
}

// linkBeside is link for a part of the trail that was cut beside an entry. An entry is named by its number, 0 for none.
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
