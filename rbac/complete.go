package rbac

import (
	"cmp"
	"slices"
)

// Complete fills in what a file may leave out, adds the types and roles that every catalog has, and returns everything that
// is wrong. Without problems the document is complete; otherwise it must not be used.
func (d *Document) Complete() []Problem {
	d.completeTypes()
	d.completeActions()
	d.completeAreas()
	d.completePhrases()
	d.completeRoles()
	d.completeGrid()
	if problems := d.check(); len(problems) > 0 {
		return problems
	}
	for i := range d.Roles {
		d.Roles[i].write()
	}
	for i := range d.Samples {
		d.Samples[i].Organization = written(d.Samples[i].Organization)
	}
	d.sound = true
	return nil
}

// completeTypes adds the core types and their actions, which a document may only relabel and extend.
func (d *Document) completeTypes() {
	for _, name := range coreTypes {
		from := core().types[name]
		t := d.typeOf(name)
		if t == nil {
			d.Types = append(d.Types, DocumentType{Name: name})
			t = &d.Types[len(d.Types)-1]
		}
		relabelled := t.Plural != ""
		t.Label, t.Plural = cmp.Or(t.Label, from.Label), cmp.Or(t.Plural, from.Plural)
		t.Description, t.Risk, t.Parent = cmp.Or(t.Description, from.Description), cmp.Or(t.Risk, from.Risk), cmp.Or(t.Parent, from.Parent)
		t.Owned, t.Lookup = from.Owned, from.Lookup
		var missing []DocumentTypeAction
		for _, a := range from.Actions {
			if t.action(a.Name) == nil {
				missing = append(missing, DocumentTypeAction{Name: a.Name})
			}
		}
		t.Actions = append(missing, t.Actions...)
		for _, a := range from.Actions {
			to := t.action(a.Name)
			to.Description, to.Risk = cmp.Or(to.Description, a.Description), cmp.Or(to.Risk, a.Risk)
			if !relabelled {
				to.Phrase = cmp.Or(to.Phrase, a.Phrase)
			}
		}
	}
	for i := range d.Types {
		d.Types[i].Parent = cmp.Or(d.Types[i].Parent, LevelOrganization.String())
	}
}

// completeActions adds the shared entry of every action that a type has.
func (d *Document) completeActions() {
	for _, t := range d.Types {
		for _, a := range t.Actions {
			if d.action(a.Name) == nil {
				d.Actions = append(d.Actions, DocumentAction{Name: a.Name})
			}
		}
	}
	for i := range d.Actions {
		a := &d.Actions[i]
		a.Label = cmp.Or(a.Label, core().labels[a.Name], a.Name)
	}
}

// completeAreas puts types without an area into a last one.
func (d *Document) completeAreas() {
	for _, area := range []DocumentArea{otherArea, coreArea} {
		for i := range d.Types {
			t := &d.Types[i]
			if t.Area != "" || isCore(t.Name) != (area == coreArea) {
				continue
			}
			t.Area = area.ID
			if !slices.ContainsFunc(d.Areas, func(a DocumentArea) bool { return a.ID == area.ID }) {
				d.Areas = append(d.Areas, area)
			}
		}
	}
}

func (d *Document) completePhrases() {
	for i := range d.Types {
		t := &d.Types[i]
		for j := range t.Actions {
			a := &t.Actions[j]
			if shared := d.action(a.Name); a.Phrase == "" && shared != nil {
				a.Phrase = DefaultPhrase(shared.Label, t.Plural)
			}
		}
	}
}

// completeRoles adds the fixed roles, before the others, and what they hold if the document says nothing.
func (d *Document) completeRoles() {
	var missing []DocumentRole
	for _, f := range fixedRoles {
		if d.role(f.name) == nil {
			missing = append(missing, DocumentRole{Name: f.name})
		}
	}
	d.Roles = append(missing, d.Roles...)
	for _, f := range fixedRoles {
		r := d.role(f.name)
		r.Label, r.Scope = cmp.Or(r.Label, f.label), cmp.Or(r.Scope, f.scope)
		for l, list := range r.lists() {
			if *list == nil {
				*list = slices.Clone(f.lists[l])
			}
		}
		if r.Assigns == nil {
			r.Assigns = slices.Clone(f.assigns)
		}
		if f.name == roleOwner && !slices.Contains(r.Assigns, Wildcard) { // otherwise there might never be another owner
			for _, f := range fixedRoles {
				if !slices.Contains(r.Assigns, f.name) {
					r.Assigns = append(r.Assigns, f.name)
				}
			}
		}
	}
}

// columnsAtMost is how many columns the grid has.
const columnsAtMost = 5

// completeGrid gives the actions that most types have a column.
func (d *Document) completeGrid() {
	if len(d.Grid.Columns) > 0 {
		return
	}
	count := map[string]int{}
	for _, t := range d.Types {
		for _, a := range t.Actions {
			count[a.Name]++
		}
	}
	names := make([]string, len(d.Actions))
	for i, a := range d.Actions {
		names[i] = a.Name
	}
	common := slices.Clone(names)
	slices.SortStableFunc(common, func(a, b string) int { return cmp.Compare(count[b], count[a]) })
	common = common[:min(columnsAtMost, len(common))]
	for _, name := range names {
		if slices.Contains(common, name) {
			d.Grid.Columns = append(d.Grid.Columns, name)
		}
	}
}

// write writes the lists of the role in canonical form, including what a fixed role always holds.
func (r *DocumentRole) write() {
	f := fixed(r.Name)
	for l, list := range r.lists() {
		*list = written(*list)
		if f == nil {
			continue
		}
		for _, p := range readPermissions(f.floor[l]) {
			if !includes(*list, p) {
				*list = append(*list, p.String())
			}
		}
		*list = written(*list)
	}
}

// includes reports whether an entry of a list covers all that p covers, with the same sign.
func includes(list []string, p Permission) bool {
	return slices.ContainsFunc(readPermissions(list), func(has Permission) bool { return has.Negate == p.Negate && has.covers(&p) })
}

// missing returns what [Document.Complete] would have added to a document that did not come from it.
func (d *Document) missing() (problems []Problem) {
	add := func(path string) { problems = append(problems, Problem{Path: path, Text: "is missing"}) }
	for _, name := range coreTypes {
		for _, a := range core().types[name].Actions {
			if t := d.typeOf(name); t == nil || t.action(a.Name) == nil {
				add("types." + name + ".actions." + a.Name)
			}
		}
	}
	for _, t := range d.Types {
		for _, a := range t.Actions {
			if a.Phrase == "" || d.action(a.Name) == nil {
				add("types." + t.Name + ".actions." + a.Name + ".phrase")
			}
		}
	}
	for _, f := range fixedRoles {
		r := d.role(f.name)
		if r == nil {
			continue // already reported
		}
		for l, list := range r.lists() {
			for _, p := range readPermissions(f.floor[l]) {
				if !includes(*list, p) {
					add("roles." + f.name + "." + Level(l).String() + ": " + p.String())
				}
			}
		}
	}
	return problems
}

// written returns a list sorted, with one entry per permission.
func written(list []string) []string {
	perms := readPermissions(list)
	SortPermissions(perms)
	var out []string
	for _, p := range perms {
		out = append(out, p.String())
	}
	return out
}

// lists returns the lists of the role by level.
func (r *DocumentRole) lists() [levels]*[]string {
	return [levels]*[]string{LevelSite: &r.Site, LevelOrganization: &r.Organization, LevelUser: &r.User}
}

func (d *Document) typeOf(name string) *DocumentType {
	for i := range d.Types {
		if d.Types[i].Name == name {
			return &d.Types[i]
		}
	}
	return nil
}

func (d *Document) action(name string) *DocumentAction {
	for i := range d.Actions {
		if d.Actions[i].Name == name {
			return &d.Actions[i]
		}
	}
	return nil
}

func (d *Document) role(name string) *DocumentRole {
	for i := range d.Roles {
		if d.Roles[i].Name == name {
			return &d.Roles[i]
		}
	}
	return nil
}

func (t *DocumentType) action(name string) *DocumentTypeAction {
	for i := range t.Actions {
		if t.Actions[i].Name == name {
			return &t.Actions[i]
		}
	}
	return nil
}
