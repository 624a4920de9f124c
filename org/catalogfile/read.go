// Package catalogfile reads and writes catalogs as files: YAML or JSON for people, TypeScript and Go for their programs.
//
// A file is read into an [rbac.Document], which fills in what the file leaves out and checks what refers to what. This
// package adds the places of problems, and what an editor needs.
package catalogfile

import (
	"fmt"
	"strings"

	"rolecall.example/examples/catalogs"
	"rolecall.example/org/yamltree"
	"rolecall.example/rbac"
)

// Schema is the JSON Schema of the format. It knows the structure alone: names that refer to others are checked by [Read].
var Schema = catalogs.Schema

// MaxBytes is how large a file may be.
const MaxBytes = yamltree.MaxBytes

// Read reads a catalog, in YAML or JSON, and returns it complete. Its problems are all that is wrong, by line; the document is
// nil if there is any. The name is that of the file, and may be "".
func Read(name string, data []byte) (*rbac.Document, []rbac.Problem) {
	r := open(name, data)
	if problems := r.listed(); problems != nil {
		return nil, problems
	}
	return r.doc, nil
}

// Check reads a catalog as [Read] does, and returns its warnings too, with their lines.
func Check(name string, data []byte) (d *rbac.Document, problems, warnings []rbac.Problem) {
	r := open(name, data)
	if problems := r.listed(); problems != nil {
		return nil, problems, nil
	}
	for _, p := range Warnings(r.doc) {
		r.Fail(r.Find(p.Path), p.Path, "%s", p.Text)
	}
	return r.doc, nil, r.listed()
}

// open reads a file as far as it can be read.
func open(name string, data []byte) *reader {
	r := &reader{Reader: yamltree.NewReader(name, data), doc: &rbac.Document{}}
	if r.Root != nil {
		r.document()
	}
	// Without types each permission of each role would be unknown, and that is not what is wrong.
	if r.Root == nil || r.Failed("types") {
		return r
	}
	for _, p := range r.doc.Complete() {
		if !r.Failed(p.Path) {
			r.Fail(r.Find(p.Path), p.Path, "%s", p.Text)
		}
	}
	return r
}

// listed returns the problems by place.
func (r *reader) listed() (list []rbac.Problem) {
	for _, p := range r.Problems() {
		list = append(list, rbac.Problem(p))
	}
	return list
}

// reader reads one catalog.
type reader struct {
	*yamltree.Reader
	doc *rbac.Document
}

// text returns a key that is read into a text.
func (r *reader) text(name string, into *string) yamltree.Key {
	return yamltree.Key{Name: name, Read: func(path string, v *yamltree.Node) {
		// An empty text would look like one that was left out; only labels of implied roles may be empty.
		if *into = r.Text(path, v); *into == "" && v.Kind == yamltree.Text && name != "label" {
			r.Fail(v.Place, path, "nothing is written here: leave the key out")
		}
	}}
}

// texts returns a key that is read into a list of texts.
func (r *reader) texts(name string, into *[]string) yamltree.Key {
	return yamltree.Key{Name: name, Read: func(path string, v *yamltree.Node) { *into = r.Texts(path, v) }}
}

// needed marks a key that must be there.
func needed(k yamltree.Key) yamltree.Key {
	k.Needed = true
	return k
}

// document reads the keys at the top. What a section refers to in another one is looked at when all are read.
func (r *reader) document() {
	d := r.doc
	r.Keys("", r.Root, []yamltree.Key{
		needed(r.text("format", &d.Format)),
		needed(r.text("product", &d.Product)),
		needed(r.text("label", &d.Label)),
		r.text("version", &d.Version),
		{Name: "areas", Read: r.areas},
		{Name: "actions", Read: r.actions},
		{Name: "grid", Read: r.grid},
		{Name: "types", Needed: true, Read: r.types},
		{Name: "roles", Read: r.roles},
		r.texts("reserved", &d.Reserved),
		{Name: "samples", Read: r.samples},
		{Name: "authzen", Read: r.authZEN},
	})
}

// areas reads the groups of types. They are a list, since their order is the one that people see.
func (r *reader) areas(path string, v *yamltree.Node) {
	r.Items(path, v, func(at string, v *yamltree.Node) {
		var a rbac.DocumentArea
		r.Keys(at, v, []yamltree.Key{needed(r.text("id", &a.ID)), needed(r.text("label", &a.Label))})
		r.doc.Areas = append(r.doc.Areas, a)
	})
}

// actions reads what types share about actions. The keys are the names: two of one name cannot stand there.
func (r *reader) actions(path string, v *yamltree.Node) {
	r.Fields(path, v, func(at string, f yamltree.Field) {
		a := rbac.DocumentAction{Name: f.Name}
		r.Keys(at, f.Value, []yamltree.Key{r.text("label", &a.Label), r.text("description", &a.Description), r.texts("renamed_from", &a.RenamedFrom)})
		r.doc.Actions = append(r.doc.Actions, a)
	})
}

// grid reads what the role editor shows: without it the document takes the actions that most types have.
func (r *reader) grid(path string, v *yamltree.Node) {
	r.Keys(path, v, []yamltree.Key{r.texts("columns", &r.doc.Grid.Columns), {Name: "presets", Read: func(path string, v *yamltree.Node) {
		r.Items(path, v, func(at string, v *yamltree.Node) {
			var p rbac.Preset
			r.Keys(at, v, []yamltree.Key{needed(r.text("id", &p.ID)), needed(r.text("label", &p.Label)), needed(r.texts("actions", &p.Actions))})
			r.doc.Grid.Presets = append(r.doc.Grid.Presets, p)
		})
	}}})
}

// types reads resource types. For one of those that every catalog has, a part of the keys is enough.
func (r *reader) types(path string, v *yamltree.Node) {
	r.Fields(path, v, func(at string, f yamltree.Field) {
		t := rbac.DocumentType{Name: f.Name}
		r.Keys(at, f.Value, []yamltree.Key{
			r.text("label", &t.Label), r.text("plural", &t.Plural), r.text("area", &t.Area),
			r.text("description", &t.Description), r.text("risk", &t.Risk), r.text("parent", &t.Parent),
			r.truth("owned", &t.Owned), r.truth("lookup", &t.Lookup),
			r.texts("renamed_from", &t.RenamedFrom),
			{Name: "actions", Read: func(path string, v *yamltree.Node) {
				r.Fields(path, v, func(at string, f yamltree.Field) { t.Actions = append(t.Actions, r.typeAction(at, f)) })
			}},
		})
		r.doc.Types = append(r.doc.Types, t)
	})
}

// truth returns a key that is read into true or false: the only ones whose values are no texts.
func (r *reader) truth(name string, into *bool) yamltree.Key {
	return yamltree.Key{Name: name, Read: func(path string, v *yamltree.Node) { *into = r.Bool(path, v) }}
}

// typeAction reads an action of a type: nothing, its description alone, or a mapping.
func (r *reader) typeAction(path string, f yamltree.Field) rbac.DocumentTypeAction {
	a := rbac.DocumentTypeAction{Name: f.Name}
	switch f.Value.Kind {
	case yamltree.Nothing:
	case yamltree.Text:
		r.text("description", &a.Description).Read(path, f.Value)
	default:
		r.Keys(path, f.Value, []yamltree.Key{
			r.text("description", &a.Description), r.text("phrase", &a.Phrase), r.text("risk", &a.Risk),
			r.texts("renamed_from", &a.RenamedFrom),
			{Name: "deprecated", Read: func(path string, v *yamltree.Node) {
				a.Deprecated = &rbac.Deprecated{}
				r.Keys(path, v, []yamltree.Key{r.text("use", &a.Deprecated.Use), r.text("note", &a.Deprecated.Note)})
			}},
		})
	}
	return a
}

// roles reads built-in roles. A list that is left out is nil and one that is empty is not: of the roles that every catalog
// has, only the first means what they hold anyway.
func (r *reader) roles(path string, v *yamltree.Node) {
	r.Fields(path, v, func(at string, f yamltree.Field) {
		role := rbac.DocumentRole{Name: f.Name}
		r.Keys(at, f.Value, []yamltree.Key{
			r.text("label", &role.Label), r.text("description", &role.Description), r.text("scope", &role.Scope),
			r.texts("site", &role.Site), r.texts("organization", &role.Organization), r.texts("user", &role.User),
			r.texts("assigns", &role.Assigns),
		})
		r.doc.Roles = append(r.doc.Roles, role)
	})
}

// samples reads custom roles to begin with.
func (r *reader) samples(path string, v *yamltree.Node) {
	r.Items(path, v, func(at string, v *yamltree.Node) {
		var s rbac.DocumentSample
		r.Keys(at, v, []yamltree.Key{
			needed(r.text("name", &s.Name)), needed(r.text("label", &s.Label)), needed(r.texts("organization", &s.Organization)),
		})
		r.doc.Samples = append(r.doc.Samples, s)
	})
}

// Errors returns problems as one error, with a line for each, or nil if there are none.
func Errors(file string, problems []rbac.Problem) error {
	var lines []string
	for _, p := range problems {
		lines = append(lines, Line(file, p))
	}
	if lines == nil {
		return nil
	}
	return fmt.Errorf("%s", strings.Join(lines, "\n"))
}

// Line returns a problem as compilers print theirs: "FILE:LINE:COLUMN: path: text".
func Line(file string, p rbac.Problem) string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", file, p)
	}
	return fmt.Sprintf("%s:%d:%d: %s", file, p.Line, p.Column, p)
}
