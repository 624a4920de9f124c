// Package yamltree reads a file for people, YAML or JSON, into one tree whose values know their line and column.
//
// It reads less YAML than there is. A value is text, a list or a mapping: whoever asks for it gives it a type, so "no" stays
// "no". What could make a file mean something else than it seems to is refused: anchors, aliases, tags, merge keys, further
// documents. All problems are found at once, as far as the text can be made out.
package yamltree

import (
	"cmp"
	"fmt"
	"slices"
)

const (
	// MaxBytes is how large a file may be.
	MaxBytes = 1 << 20
	// MaxDepth is how deep lists and mappings may stand in each other.
	MaxDepth = 16
	// maxKeys is how many keys one mapping may have. The parser takes time by the square of it.
	maxKeys = 2000
	// maxValues is how many values a file may have. Whoever reads them looks for what a wrong one may mean.
	maxValues = 50_000
)

// Kind is what a value is.
type Kind uint8

// The kinds of values.
const (
	Nothing Kind = iota // a key without a value, or null
	Text
	List
	Mapping
)

// String returns the kind with its article.
func (k Kind) String() string {
	switch k {
	case Text:
		return "a text"
	case List:
		return "a list"
	case Mapping:
		return "a mapping"
	default:
		return "nothing"
	}
}

// Place is where a value begins, both from 1. Columns count characters.
type Place struct{ Line, Column int }

// Node is a value.
type Node struct {
	Kind   Kind
	Text   string // of a text, as it was written, without quotes
	Plain  bool   // the text has no quotes: true and 1 may be meant as more than text
	Place  Place
	Items  []*Node // of a list
	Fields []Field // of a mapping, in the order of the file; names may be there twice
}

// Field is a member of a mapping.
type Field struct {
	Name  string
	Place Place // of the name
	Value *Node
}

// Problem is something that is wrong with a file. It has the fields of rbac.Problem.
type Problem struct {
	Path         string // "types.invoice.label", "" if it is about the text as such
	Line, Column int    // 0 if it has no place
	Text         string
}

// String returns "line 3: types.invoice: text", without what is not known.
func (p Problem) String() string {
	s := p.Text
	if p.Path != "" {
		s = p.Path + ": " + s
	}
	if p.Line > 0 {
		s = fmt.Sprintf("line %d: %s", p.Line, s)
	}
	return s
}

// SortProblems sorts by line and column, and leaves the order otherwise.
func SortProblems(list []Problem) {
	slices.SortStableFunc(list, func(a, b Problem) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) })
}
