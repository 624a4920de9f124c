// Package permtest runs permission tests: files that say what people with roles can do, and what they cannot. A file is tried
// on the catalog that it names, or on a server with its people.
//
// What a file misspells is an error and never a no: a test that a typo keeps green would guard nothing.
package permtest

import (
	"fmt"
	"strconv"

	"rolecall.example/org/catalogfile"
	"rolecall.example/org/yamltree"
	"rolecall.example/rbac"
)

// File is a file of tests that has been read, but not compared with a catalog.
type File struct {
	Name    string
	Catalog string // the file of the catalog, relative to this one; "" for that of a server
	Roles   []Role
	Tests   []Test

	*yamltree.Reader
	notes []rbac.Problem
}

// Role is a custom role that a file makes up.
type Role struct {
	Name  string
	Lists [3][]string // permissions by level
	path  string
}

// Test is one test. What it does not say is empty.
type Test struct {
	Name         string
	Line         int
	Organization string

	As   []string // roles; those of the site begin with "site:"
	asks bool     // As is there, perhaps empty
	User string   // instead of As, of a server
	Own  bool     // the things belong to whoever asks

	Can, Cannot   []string
	NeverTogether []string
	Except        []string // roles that NeverTogether does not look at

	WhoCan string
	Are    []string // exactly these people
	are    bool
	AtMost int // -1: not said

	path string
}

// sitePrefix marks roles of the site in lists of roles.
const sitePrefix = "site:"

// Read reads a file of tests. Its problems are those of its form.
func Read(name string, data []byte) (*File, []rbac.Problem) {
	f := &File{Name: name, Reader: yamltree.NewReader(name, data)}
	if f.Root == nil {
		return nil, f.listed()
	}
	// A file that tests nothing would pass for ever.
	hasTests := false
	f.Keys("", f.Root, []yamltree.Key{
		f.text("catalog", &f.Catalog),
		{Name: "roles", Read: f.roles},
		{Name: "tests", Needed: true, Read: func(path string, v *yamltree.Node) {
			hasTests = v.Kind == yamltree.List
			f.Items(path, v, f.test)
		}},
	})
	if hasTests && len(f.Tests) == 0 {
		f.Fail(f.Find("tests"), "tests", "the file tests nothing")
	}
	if f.Catalog == "" && f.Has("roles") && !f.Failed("catalog") {
		f.fail("roles", "a server has its own roles: roles go with catalog")
	}
	if problems := f.listed(); problems != nil {
		return nil, problems
	}
	return f, nil
}

// listed returns the problems by place.
func (f *File) listed() (list []rbac.Problem) {
	for _, p := range f.Problems() {
		list = append(list, rbac.Problem(p))
	}
	return list
}

// fail adds a problem to the place of a path.
func (f *File) fail(path, format string, args ...any) { f.Fail(f.Find(path), path, format, args...) }

// note tells something that is not wrong.
func (f *File) note(path, format string, args ...any) {
	at := f.Find(path)
	f.notes = append(f.notes, rbac.Problem{Path: path, Line: at.Line, Column: at.Column, Text: fmt.Sprintf(format, args...)})
}

// Err returns the problems as lines for people, or nil if there are none.
func (f *File) Err() error { return catalogfile.Errors(f.Name, f.listed()) }

// text returns a key that is read into a text.
func (f *File) text(name string, into *string) yamltree.Key {
	return yamltree.Key{Name: name, Read: func(path string, v *yamltree.Node) {
		if *into = f.Text(path, v); *into == "" && v.Kind == yamltree.Text {
			f.Fail(v.Place, path, "nothing is written here: leave the key out")
		}
	}}
}

// texts returns a key that is read into a list of texts.
func (f *File) texts(name string, into *[]string) yamltree.Key {
	return yamltree.Key{Name: name, Read: func(path string, v *yamltree.Node) { *into = f.Texts(path, v) }}
}

// roles reads custom roles: a list of what one allows and denies in the organization, or a list for each level.
func (f *File) roles(path string, v *yamltree.Node) {
	f.Fields(path, v, func(at string, field yamltree.Field) {
		r := Role{Name: field.Name, path: at}
		if field.Value.Kind == yamltree.List {
			f.texts("", &r.Lists[rbac.LevelOrganization]).Read(at, field.Value)
			f.Roles = append(f.Roles, r)
			return
		}
		var keys []yamltree.Key
		for l := range r.Lists {
			keys = append(keys, f.texts(rbac.Level(l).String(), &r.Lists[l]))
		}
		f.Keys(at, field.Value, keys)
		f.Roles = append(f.Roles, r)
	})
}

// test reads one test. Which keys go together is looked at when all are known.
func (f *File) test(path string, v *yamltree.Node) {
	t := Test{Line: v.Place.Line, AtMost: -1, path: path}
	f.Keys(path, v, []yamltree.Key{
		{Name: "name", Needed: true, Read: f.text("", &t.Name).Read},
		f.text("organization", &t.Organization),
		{Name: "as", Read: func(at string, v *yamltree.Node) { t.As, t.asks = f.Texts(at, v), true }},
		f.text("user", &t.User),
		{Name: "own", Read: func(at string, v *yamltree.Node) { t.Own = f.Bool(at, v) }},
		f.texts("can", &t.Can), f.texts("cannot", &t.Cannot),
		f.texts("never_together", &t.NeverTogether), f.texts("except", &t.Except),
		f.text("who_can", &t.WhoCan),
		{Name: "are", Read: func(at string, v *yamltree.Node) { t.Are, t.are = f.Texts(at, v), true }},
		{Name: "at_most", Read: func(at string, v *yamltree.Node) { t.AtMost = f.number(at, v) }},
	})
	f.form(&t)
	f.Tests = append(f.Tests, t)
}

// number reads how many people there may be.
func (f *File) number(path string, v *yamltree.Node) int {
	n, err := strconv.Atoi(f.Text(path, v))
	if v.Kind == yamltree.Text && (err != nil || n < 0) {
		f.Fail(v.Place, path, "a number from 0 is needed here")
	}
	return max(n, 0)
}

// form refuses tests that test nothing, or two things.
func (f *File) form(t *Test) {
	holds, together, people := len(t.Can)+len(t.Cannot) > 0, t.NeverTogether != nil, t.WhoCan != ""
	kinds := 0
	for _, is := range []bool{holds, together, people} {
		if is {
			kinds++
		}
	}
	switch {
	case f.Failed(t.path + ".can"), f.Failed(t.path + ".cannot"), f.Failed(t.path + ".never_together"), f.Failed(t.path + ".who_can"):
	case kinds == 0:
		f.fail(t.path, "this tests nothing: can, cannot, never_together or who_can is needed")
	case kinds > 1:
		f.fail(t.path, "never_together, who_can, and can with cannot are tests of their own")
	case holds && t.asks == (t.User != ""):
		f.fail(t.path, "who is it about? Either as or user is needed")
	case !holds && (t.asks || t.User != "" || t.Own):
		f.fail(t.path, "as, user and own go with can and cannot")
	case together && len(t.NeverTogether) < 2:
		f.fail(t.path+".never_together", "two permissions are needed at least")
	case people && !t.are && t.AtMost < 0:
		f.fail(t.path, "this tests nothing: are or at_most is needed")
	case !people && (t.are || t.AtMost >= 0):
		f.fail(t.path, "are and at_most go with who_can")
	case !together && t.Except != nil:
		f.fail(t.path+".except", "except goes with never_together")
	}
	if t.are && t.AtMost >= 0 {
		f.fail(t.path, "are says already how many there may be: leave at_most out")
	}
	if f.Catalog != "" && (t.User != "" || people || t.Organization != "") {
		f.fail(t.path, "user, organization and who_can ask a server: leave catalog out, and name the server with --url or --db")
	}
}
