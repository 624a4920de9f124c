package scim

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"rolecall.example/org"
)

// Limits of filters.
const (
	maxFilter = 4 << 10 // bytes
	maxTerms  = 64      // comparisons
	maxNested = 16      // parentheses, brackets and negations within each other
)

// Filter selects resources (RFC 7644, 3.4.2.2).
type Filter struct {
	root *node
	of   Type
}

// The kinds of nodes.
const (
	isAnd  = iota
	isOr   //
	isNot  //
	isSome // some value of path matches left, and its part compares
	isTerm // path op value
)

// node is a part of a filter.
type node struct {
	kind        int
	left, right *node
	path        Path
	op          string // folded
	value       any    // text, json.Number, bool or nil
}

// ParseFilter reads a filter; nil for "".
func ParseFilter(text string, t Type) (*Filter, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	root, err := parseNode(text, Path{})
	if err != nil {
		return nil, err
	}
	return &Filter{root, t}, nil
}

// parser reads a filter from left to right.
type parser struct {
	text   string
	at     int
	terms  int
	within Path // the attribute whose values the filter is about
}

// parseNode reads a filter of resources, or of the values of an attribute.
func parseNode(text string, within Path) (*node, error) {
	if len(text) > maxFilter {
		return nil, refuseFilter("It is longer than %d bytes.", maxFilter)
	}
	p := &parser{text: text, within: within}
	n, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.skip(); p.at < len(p.text) {
		return nil, p.unexpected("the end")
	}
	return n, nil
}

func refuseFilter(format string, args ...any) *org.Error {
	return Refuse(InvalidFilter, "The filter can't be read. "+fmt.Sprintf(format, args...))
}

func (p *parser) unexpected(wanted string) error {
	rest := p.text[p.at:]
	if rest == "" {
		return refuseFilter("It ends where %s should be.", wanted)
	}
	return refuseFilter("At byte %d there should be %s, not %q.", p.at, wanted, shorten(rest))
}

func (p *parser) skip() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// take consumes the next byte if it is b.
func (p *parser) take(b byte) bool {
	p.skip()
	if p.at < len(p.text) && p.text[p.at] == b {
		p.at++
		return true
	}
	return false
}

// word consumes everything up to a space, a parenthesis or a bracket.
func (p *parser) word() string {
	p.skip()
	from := p.at
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n()[]\"", p.text[p.at]) < 0 {
		p.at++
	}
	return p.text[from:p.at]
}

// keyword consumes a word if it is the one wanted.
func (p *parser) keyword(want string) bool {
	from := p.at
	if strings.EqualFold(p.word(), want) {
		return true
	}
	p.at = from
	return false
}

func (p *parser) or(depth int) (*node, error) { return p.chain(depth, "or", isOr, p.and) }

func (p *parser) and(depth int) (*node, error) { return p.chain(depth, "and", isAnd, p.primary) }

// chain reads parts separated by a keyword.
func (p *parser) chain(depth int, between string, kind int, part func(int) (*node, error)) (*node, error) {
	if depth > maxNested {
		return nil, refuseFilter("It is nested deeper than %d levels.", maxNested)
	}
	n, err := part(depth)
	for err == nil && p.keyword(between) {
		var right *node
		right, err = part(depth)
		n = &node{kind: kind, left: n, right: right}
	}
	return n, err
}

func (p *parser) primary(depth int) (*node, error) {
	if p.take('(') {
		return p.closed(depth, ')')
	}
	// The grammar requires parentheses after "not", which also distinguishes it from an attribute.
	from := p.at
	if p.keyword("not") {
		if p.take('(') {
			n, err := p.closed(depth, ')')
			return &node{kind: isNot, left: n}, err
		}
		p.at = from // an attribute may have that name
	}
	return p.term(depth)
}

// closed reads a filter up to the closing byte.
func (p *parser) closed(depth int, end byte) (*node, error) {
	n, err := p.or(depth + 1)
	if err == nil && !p.take(end) {
		err = p.unexpected("\"" + string(rune(end)) + "\"")
	}
	return n, err
}

// term reads a comparison, or a filter of values.
func (p *parser) term(depth int) (*node, error) {
	if p.terms++; p.terms > maxTerms {
		return nil, refuseFilter("It has more than %d comparisons.", maxTerms)
	}
	from := p.at
	name := p.word()
	path, ok := parseName(name)
	if !ok {
		p.at = from
		p.skip()
		return nil, p.unexpected("an attribute")
	}
	if p.at < len(p.text) && p.text[p.at] == '[' {
		return p.values(path, depth)
	}
	if p.within.Name != "" {
		path = Path{Schema: p.within.Schema, Name: p.within.Name, Sub: name}
		if !attributeName.MatchString(name) {
			return nil, refuseFilter("%q is no part of an attribute.", shorten(name))
		}
	}
	return p.compare(path)
}

// values reads path[filter], and what may follow: .part op value.
func (p *parser) values(path Path, depth int) (*node, error) {
	if p.within.Name != "" || path.Sub != "" {
		return nil, refuseFilter("A filter of values can't be within another, or after a part of an attribute.")
	}
	// Terms in the brackets apply to one value at a time, so that a type and an address must belong to the same entry.
	p.at++
	p.within = path
	inner, err := p.closed(depth, ']')
	if err != nil {
		return nil, err
	}
	n := &node{kind: isSome, path: path, left: inner}
	if p.at < len(p.text) && p.text[p.at] == '.' {
		p.at++
		sub := p.word()
		if !attributeName.MatchString(sub) {
			return nil, p.unexpected("a part of the attribute")
		}
		path.Sub = sub
		if n.right, err = p.compare(path); err != nil {
			return nil, err
		}
	}
	p.within = Path{}
	return n, nil
}

// compare reads an operator and its value.
func (p *parser) compare(path Path) (*node, error) {
	p.skip()
	from := p.at
	n := &node{kind: isTerm, path: path, op: fold(p.word())}
	switch n.op {
	case "pr":
		return n, nil
	case "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le":
	default:
		p.at = from
		return nil, p.unexpected("an operator")
	}
	var err error
	if n.value, err = p.literal(); err != nil {
		return nil, err
	}
	return n, n.sound()
}

// sound refuses comparisons that mean nothing.
func (n *node) sound() error {
	_, text := n.value.(string)
	_, number := n.value.(json.Number)
	switch n.op {
	case "co", "sw", "ew":
		if !text {
			return refuseFilter("%q compares texts.", n.op)
		}
	case "gt", "ge", "lt", "le":
		if !text && !number {
			return refuseFilter("%q compares texts, numbers and times.", n.op)
		}
		if value, _ := n.value.(string); n.path.isTime() {
			if _, err := time.Parse(time.RFC3339, value); err != nil {
				return refuseFilter("%q is not a time.", shorten(value))
			}
		}
	}
	return nil
}

// literal reads a JSON value. A bare word counts as a text, since some clients send one.
func (p *parser) literal() (any, error) {
	p.skip()
	if p.at < len(p.text) && p.text[p.at] == '"' {
		d := json.NewDecoder(strings.NewReader(p.text[p.at:]))
		var text string
		if err := d.Decode(&text); err != nil {
			return nil, p.unexpected("a text")
		}
		p.at += int(d.InputOffset())
		return text, nil
	}
	word := p.word()
	switch fold(word) {
	case "":
		return nil, p.unexpected("a value")
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "null":
		return nil, nil
	}
	if c := word[0]; c == '-' || c >= '0' && c <= '9' {
		if json.Valid([]byte(word)) {
			return json.Number(word), nil
		}
	}
	return word, nil
}

// isTime reports whether the attribute is a time.
func (p Path) isTime() bool {
	return p.is("meta") && (strings.EqualFold(p.Sub, "created") || strings.EqualFold(p.Sub, "lastModified"))
}
