package rbac

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a catalog may have at most.
const (
	typesAtMost    = 200
	actionsAtMost  = 64 // of a type
	pairsAtMost    = 1024
	rolesAtMost    = 100 // built in
	areasAtMost    = 50
	samplesAtMost  = 50
	oldNamesAtMost = 20 // of one thing
	retiredAtMost  = 4096

	labelAtMost  = 64
	phraseAtMost = 100
	textAtMost   = 200
)

// only reports whether a text has nothing but letters, digits and the other characters; letters are small ones.
func only(text, others string) bool {
	for _, r := range text {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune(others, r) {
			return false
		}
	}
	return true
}

func beginsWithLetter(text string) bool { return text != "" && text[0] >= 'a' && text[0] <= 'z' }

// checker collects what is wrong in a document.
type checker struct {
	d        *Document
	problems []Problem

	types   map[string]*DocumentType
	actions map[string]bool // that some type has
}

// check returns what is wrong in a completed document. If it was checked before, only what may have
// changed with its version is checked again.
func (d *Document) check() []Problem {
	c := &checker{d: d, types: map[string]*DocumentType{}, actions: map[string]bool{}}
	c.numbers()
	c.retired()
	if d.sound {
		return c.problems
	}
	for i := range d.Types {
		t := &d.Types[i]
		c.types[t.Name] = t
		for _, a := range t.Actions {
			c.actions[a.Name] = true
		}
	}
	c.head()
	c.areas()
	c.shared()
	c.grid()
	c.allTypes()
	c.renames()
	c.roles()
	c.samples()
	c.authZEN()
	return c.problems
}

// numbers checks that each pair has a number of its own, after numbers have been assigned.
func (c *checker) numbers() {
	pairs := 0
	for _, t := range c.d.Types {
		pairs += len(t.Actions)
	}
	switch gone := c.d.Numbers - pairs; {
	case c.d.Numbers == 0:
		return
	case gone < 0:
		c.add("numbers", "more pairs than numbers")
		return
	case gone > retiredAtMost:
		c.atMost("types", gone, retiredAtMost, "pairs that are gone")
		return
	}
	seen := make([]bool, c.d.Numbers)
	for _, t := range c.d.Types {
		for _, a := range t.Actions {
			if a.Number < 0 || a.Number >= c.d.Numbers || seen[a.Number] {
				c.add("types."+t.Name+".actions."+a.Name, "has no number of its own")
				continue
			}
			seen[a.Number] = true
		}
	}
}

func (c *checker) add(path, format string, args ...any) {
	c.problems = append(c.problems, Problem{Path: path, Text: fmt.Sprintf(format, args...)})
}

func (c *checker) head() {
	if c.d.Format != Format {
		c.add("format", "must be %s", Format)
	}
	if !beginsWithLetter(c.d.Product) || len(c.d.Product) > 32 || !only(c.d.Product, "-") {
		c.add("product", "use 1 to 32 small letters, digits and -, and begin with a letter")
	}
	c.label("label", "", c.d.Label)
	c.text("version", "", c.d.Version, labelAtMost)
}

// name checks the name of a type, an action or the like. Here and below, path and field together are the location: they are
// joined only if something is wrong there.
func (c *checker) name(path, field, name string) {
	switch {
	case name == "" || !only(name, "-_"):
		c.add(path+field, "use small letters, digits, - and _")
	case !beginsWithLetter(name):
		c.add(path+field, "begin with a small letter")
	case len(name) > 48:
		c.add(path+field, "at most 48 characters")
	}
}

// label checks a required text.
func (c *checker) label(path, field, text string) {
	if text == "" {
		c.add(path+field, "is missing")
	}
	c.text(path, field, text, labelAtMost)
}

func (c *checker) text(path, field, text string, atMost int) {
	switch {
	case text == "":
	case !utf8.ValidString(text):
		c.add(path+field, "is not UTF-8")
	case len(text) > atMost && utf8.RuneCountInString(text) > atMost:
		c.add(path+field, "at most %d characters", atMost)
	case strings.ContainsFunc(text, unicode.IsControl):
		c.add(path+field, "no line breaks and no other control characters")
	case strings.TrimSpace(text) != text:
		c.add(path+field, "no space at the ends")
	}
}

// once checks that a name has not been seen before, and remembers it.
func (c *checker) once(path, field, name string, seen map[string]bool) {
	if seen[name] {
		c.add(path+field, "%q stands here twice", name)
	}
	seen[name] = true
}

// exists checks that a name is one of the known ones.
func (c *checker) exists(path, field, kind, name string, known []string) {
	if !slices.Contains(known, name) {
		c.add(path+field, "no such %s: %q%s", kind, name, didYouMean(Nearest(name, known)))
	}
}

func didYouMean(word string) string {
	if word == "" {
		return ""
	}
	return " (did you mean " + word + "?)"
}

func (c *checker) atMost(path string, n, most int, what string) {
	if n > most {
		c.add(path, "at most %d %s, and here are %d", most, what, n)
	}
}

func (c *checker) areas() {
	seen := map[string]bool{}
	own := 0
	for i, a := range c.d.Areas {
		path := fmt.Sprintf("areas[%d]", i)
		c.name(path, ".id", a.ID)
		c.once(path, ".id", a.ID, seen)
		c.label(path, ".label", a.Label)
		if a != otherArea && a != coreArea {
			own++
		}
	}
	c.atMost("areas", own, areasAtMost, "areas")
}

func (c *checker) areaIDs() []string {
	ids := make([]string, len(c.d.Areas))
	for i, a := range c.d.Areas {
		ids[i] = a.ID
	}
	return ids
}

func (c *checker) shared() {
	seen := map[string]bool{}
	for _, a := range c.d.Actions {
		path := "actions." + a.Name
		if !c.actions[a.Name] { // otherwise the type reports it
			c.name(path, "", a.Name)
		}
		c.once(path, "", a.Name, seen)
		c.label(path, ".label", a.Label)
		c.text(path, ".description", a.Description, textAtMost)
	}
}

func (c *checker) actionNames() []string { return slices.Sorted(maps.Keys(c.actions)) }

// rowSettings are the settings of a row in the grid that always exist.
var rowSettings = []string{"none", "full", "custom"}

func (c *checker) grid() {
	seen, actions := map[string]bool{}, c.actionNames()
	for i, name := range c.d.Grid.Columns {
		path := fmt.Sprintf("grid.columns[%d]", i)
		c.exists(path, "", "action", name, actions)
		c.once(path, "", name, seen)
	}
	c.atMost("grid.columns", len(c.d.Grid.Columns), columnsAtMost, "columns")
	c.atMost("grid.presets", len(c.d.Grid.Presets), columnsAtMost, "presets")
	seen = map[string]bool{}
	for i, p := range c.d.Grid.Presets {
		path := fmt.Sprintf("grid.presets[%d]", i)
		c.name(path, ".id", p.ID)
		c.once(path, ".id", p.ID, seen)
		if slices.Contains(rowSettings, p.ID) {
			c.add(path+".id", "%q is always there", p.ID)
		}
		c.label(path, ".label", p.Label)
		if len(p.Actions) == 0 {
			c.add(path+".actions", "is missing")
		}
		twice := map[string]bool{}
		for j, name := range p.Actions {
			at := fmt.Sprintf("%s.actions[%d]", path, j)
			c.exists(at, "", "action", name, actions)
			c.once(at, "", name, twice)
		}
	}
}
