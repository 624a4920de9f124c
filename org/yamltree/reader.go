package yamltree

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rolecall.example/rbac"
)

// Reader builds what a format describes from a tree. It collects what is wrong, and remembers the place of each path.
type Reader struct {
	Root     *Node // nil if the text cannot be made out
	problems []Problem
	places   map[string]Place
	failed   map[string]bool // paths that have a value which could not be read
	muted    map[Place]bool  // what is refused as text has one problem, and not those of the text that it was read as
}

// NewReader parses a file, as [Parse] does.
func NewReader(name string, data []byte) *Reader {
	root, problems := Parse(name, data)
	r := &Reader{Root: root, problems: problems, places: map[string]Place{}, failed: map[string]bool{}, muted: map[Place]bool{}}
	for _, p := range problems {
		r.muted[Place{p.Line, p.Column}] = true
	}
	if root != nil {
		r.places[""] = root.Place
	}
	return r
}

// Fail adds a problem.
func (r *Reader) Fail(at Place, path, format string, args ...any) {
	if !r.muted[at] {
		r.problems = append(r.problems, Problem{path, at.Line, at.Column, fmt.Sprintf(format, args...)})
	}
}

// Find returns the place of a path; for one that the file lacks, the place of what it would be in.
func (r *Reader) Find(path string) Place {
	for ; path != ""; path = above(path) {
		if p, ok := r.places[path]; ok {
			return p
		}
	}
	return r.places[""]
}

// Has reports whether the file has the path.
func (r *Reader) Has(path string) bool {
	_, ok := r.places[path]
	return ok
}

// Failed reports whether the value of a path, or one that it is in, could not be read, so that its absence says nothing.
func (r *Reader) Failed(path string) bool {
	for ; path != ""; path = above(path) {
		if r.failed[path] {
			return true
		}
	}
	return r.failed[""]
}

// above returns the path without its last name or index.
func above(path string) string { return path[:max(strings.LastIndexAny(path, ".["), 0)] }

// shownAtMost is how many problems of a file are reported at once.
const shownAtMost = 1000

// Problems returns what is wrong, by place.
func (r *Reader) Problems() []Problem {
	SortProblems(r.problems)
	r.problems = slices.Compact(r.problems)
	if more := len(r.problems) - shownAtMost; more > 0 {
		last := r.problems[shownAtMost]
		r.problems = append(r.problems[:shownAtMost], Problem{Line: last.Line, Column: last.Column, Text: fmt.Sprintf("and %d problems more", more)})
	}
	return r.problems
}

// Key is a key that a mapping may have.
type Key struct {
	Name   string
	Needed bool
	Read   func(path string, v *Node)
}

// Join adds a name to a path.
func Join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// Keys reads a mapping of which the keys are known.
func (r *Reader) Keys(path string, n *Node, keys []Key) {
	var names []string
	for _, k := range keys {
		names = append(names, k.Name)
	}
	has := map[string]bool{}
	read := r.Fields(path, n, func(at string, f Field) {
		i := slices.Index(names, f.Name)
		if i < 0 {
			hint := ""
			if near := rbac.Nearest(f.Name, names); near != "" {
				hint = fmt.Sprintf(" (did you mean %s?)", near)
				r.failed[Join(path, near)] = true
			}
			r.Fail(f.Place, path, "unknown key %q%s", f.Name, hint)
			return
		}
		has[f.Name] = true
		keys[i].Read(at, f.Value)
	})
	for _, k := range keys {
		if at := Join(path, k.Name); read && k.Needed && !has[k.Name] && !r.failed[at] {
			r.failed[at] = true
			r.Fail(n.Place, path, "%s is needed", k.Name)
		}
	}
}

// Fields reads a mapping whose keys are names that the file gives. A name that is there twice is read once.
func (r *Reader) Fields(path string, n *Node, read func(path string, f Field)) bool {
	if !r.is(path, n, Mapping) {
		return false
	}
	seen := map[string]Place{}
	for _, f := range n.Fields {
		at := Join(path, f.Name)
		if first, twice := seen[f.Name]; twice {
			r.Fail(f.Place, path, "%q is there twice, first in line %d", f.Name, first.Line)
			continue
		}
		seen[f.Name], r.places[at] = f.Place, f.Place
		read(at, f)
	}
	return true
}

// Items reads a list.
func (r *Reader) Items(path string, n *Node, read func(path string, v *Node)) {
	if !r.is(path, n, List) {
		return
	}
	for i, v := range n.Items {
		at := path + "[" + strconv.Itoa(i) + "]"
		r.places[at] = v.Place
		read(at, v)
	}
}

// Texts reads a list of texts. One with nothing in it is not nil: it was not left out.
func (r *Reader) Texts(path string, n *Node) (list []string) {
	list = []string{}
	r.Items(path, n, func(at string, v *Node) { list = append(list, r.Text(at, v)) })
	return list
}

// Text reads a text. Anything that is written without quotes is one: no, on, 2026.
func (r *Reader) Text(path string, n *Node) string {
	if !r.is(path, n, Text) {
		return ""
	}
	return n.Text
}

// Bool reads true or false.
func (r *Reader) Bool(path string, n *Node) bool {
	if !n.Typed() || n.Text != "true" && n.Text != "false" {
		r.failed[path] = true
		r.Fail(n.Place, path, "true or false is needed")
	}
	return n.Text == "true"
}

// is reports whether a value has the kind that is needed here.
func (r *Reader) is(path string, n *Node, kind Kind) bool {
	if n.Kind != kind {
		r.failed[path] = true
		r.Fail(n.Place, path, "%s is needed here, not %s", kind, n.Kind)
	}
	return n.Kind == kind
}
