package views

import (
	"encoding/json"
	"iter"
	"slices"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// scope is the grid of one level of a role.
type scope struct {
	level    rbac.Level
	key      string // prefix of its field names
	label    string
	note     string    // about what it applies to
	grid     rbac.Grid // which actions have their own column; the others are labelled chips
	columns  []string  // the labels of these columns
	presets  []preset
	star     gridRow
	areas    []gridArea
	unknown  []gridCell // stored pairs that the catalog does not know (any more)
	counts   counts
	own      bool // roles of this kind have this level; a built-in one may have permissions at others
	editable bool
}

type gridArea struct {
	id, label string
	rows      []gridRow
	counts    counts
	moot      bool     // nothing in it has an effect: it only has rows for what is set all the same
	others    []string // the labels of the types without a row
}

type gridRow struct {
	typ, label string
	columns    []*gridCell // one per column, nil where the type has no such action
	others     []gridCell
	preset     string // the value of its preset
	hidden     int    // deprecated pairs without a cell
	moot       bool   // nothing in it has an effect, which says all there is to know
}

// cells returns all cells of a row.
func (r gridRow) cells() []gridCell {
	var out []gridCell
	for _, c := range r.columns {
		if c != nil {
			out = append(out, *c)
		}
	}
	return append(out, r.others...)
}

// preset is a choice of the level select: which actions it allows.
type preset struct {
	value, label string
	allows       func(action string) bool // nil: any state that no other preset describes
}

// presetsOf returns the choices for the rows of a grid: those of the catalog, between nothing and everything.
func presetsOf(g rbac.Grid) []preset {
	all := []preset{{"none", "None", func(string) bool { return false }}}
	for _, p := range g.Presets {
		all = append(all, preset{p.ID, p.Label, func(action string) bool { return slices.Contains(p.Actions, action) }})
	}
	return append(all, preset{"full", "Full", func(string) bool { return true }}, preset{"custom", "Custom", nil})
}

// presetOf returns the value of the preset that gives exactly the allows of the row. Nothing and everything are tried
// first, as in the script: a type may not have more actions than a preset allows.
func presetOf(r gridRow, presets []preset) string {
	gives := func(p preset) bool {
		return p.allows != nil && !slices.ContainsFunc(r.cells(), func(c gridCell) bool {
			return c.value == rbac.Denied || (c.value == rbac.Allowed) != p.allows(c.Action)
		})
	}
	last := len(presets) - 2 // "full"; "custom" comes after it
	for _, p := range slices.Concat(presets[:1], presets[last:last+1], presets[1:last]) {
		if gives(p) {
			return p.value
		}
	}
	return presets[last+1].value
}

// presetData returns the presets of the catalog for the script: the value of each, followed by its actions.
func (e RoleEditor) presetData() string {
	data := [][]string{}
	for _, p := range e.Catalog.Grid().Presets {
		data = append(data, append([]string{p.ID}, p.Actions...))
	}
	text, _ := json.Marshal(data) // strings always can be
	return string(text)
}

// scopes returns the levels that roles of this kind have, and any other level at which this role has permissions
// (built-in roles do).
func (e RoleEditor) scopes() []scope {
	var out []scope
	for _, l := range []struct {
		level rbac.Level
		note  string
		own   bool
	}{
		{rbac.LevelOrganization, "Applies to everything in " + e.View.Organization.Label() + ".", e.organizationRole()},
		{rbac.LevelSite, "Applies to everything on this site, in every organization.", !e.organizationRole()},
		{rbac.LevelUser, "Applies to resources the person owns.", !e.organizationRole()},
	} {
		if l.own || len(permissions(e.View.Role, l.level)) > 0 {
			out = append(out, e.scope(scope{
				level: l.level, key: levelKeys[l.level], label: org.LevelLabel(l.level), note: l.note, own: l.own, editable: e.editable() && l.own,
			}))
		}
	}
	return out
}

// scope fills in the grid of one level.
func (e RoleEditor) scope(s scope) scope {
	catalog := e.Catalog
	was := e.stored()
	values, stored := catalog.Compile(*e.View.Role.Rules()), was.Rules()
	errs := e.cellErrors(s.level)
	index := map[string]int{}
	for i, a := range catalog.WildcardActions() {
		index[a.Name] = i
	}
	cell := func(typ, typeLabel string, a rbac.ActionInfo) gridCell {
		p := rbac.Permission{ResourceType: typ, Action: a.Name}
		c := gridCell{
			Permission: p, typeLabel: typeLabel, label: a.Label, description: a.Description, level: s.level, index: index[a.Name],
			value: values.State(s.level, typ, a.Name), stored: stored.State(s.level, typ, a.Name), errors: errs[p], editable: s.editable,
		}
		c.star = values.State(s.level, rbac.Wildcard, a.Name)
		c.fade(catalog, values)
		if e.View.CellEffect != nil && s.own {
			c.effect = e.View.CellEffect(s.level, p)
			c.covered = values.State(s.level, rbac.Wildcard, a.Name) != rbac.Unset && typ != rbac.Wildcard
		}
		if s.editable && e.View.CellRefusal != nil {
			c.noAllow = e.View.CellRefusal(s.level, p)
			c.noDeny = e.View.CellRefusal(s.level, rbac.Permission{ResourceType: typ, Action: a.Name, Negate: true})
		}
		return c
	}
	s.grid = catalog.Grid()
	s.presets = presetsOf(s.grid)
	for _, name := range s.grid.Columns {
		s.columns = append(s.columns, catalog.ActionLabel(name))
	}
	s.star = s.newRow(rbac.Wildcard, "Every resource type", catalog.WildcardActions(), cell)
	s.divide(catalog, values, cell)
	s.unknown = unknownCells(catalog, s, values, stored)
	return s
}

func (s *scope) newRow(typ, label string, actions []rbac.ActionInfo, cell func(string, string, rbac.ActionInfo) gridCell) gridRow {
	row := gridRow{typ: typ, label: label, columns: make([]*gridCell, len(s.grid.Columns))}
	for _, a := range actions {
		c := cell(typ, label, a)
		if c.hidden {
			row.hidden++
			continue
		}
		if i := slices.Index(s.grid.Columns, a.Name); i >= 0 {
			row.columns[i] = &c
		} else {
			row.others = append(row.others, c)
		}
	}
	row.preset = presetOf(row, s.presets)
	return row
}

// unknownCells returns the stored pairs without a place in the grid, sorted. They stay until they are removed by hand.
func unknownCells(catalog *rbac.Catalog, s scope, values, stored *rbac.Role) []gridCell {
	var out []gridCell
	for _, d := range rbac.Diff(&rbac.Role{}, stored) { // all its permissions
		if d.Level != s.level || catalog.Valid(d.ResourceType, d.Action) || stored.BuiltIn && d.Action == rbac.Wildcard {
			continue
		}
		value := values.State(d.Level, d.ResourceType, d.Action)
		out = append(out, gridCell{Permission: d.Pair(), level: d.Level, value: value, stored: d.To, editable: s.editable})
	}
	return out
}

// set returns how many cells of a grid allow or deny something.
func (s scope) set() (n int) {
	for _, r := range s.rows() {
		for _, c := range r.cells() {
			if c.value != rbac.Unset {
				n++
			}
		}
	}
	return n
}

// all returns how many cells of a grid can matter.
func (s scope) all() (n int) {
	for _, a := range s.areas {
		n += a.counts.total
	}
	return n
}

// take adds a row in which nothing has an effect. If nothing is set in it either, its cells are left out.
func (a *gridArea) take(r gridRow) {
	if slices.ContainsFunc(r.cells(), func(c gridCell) bool { return c.value != rbac.Unset || c.stored != rbac.Unset || len(c.errors) > 0 }) {
		r.moot = true
		a.rows = append(a.rows, r)
	} else {
		a.others = append(a.others, r.label)
	}
}

// set returns how many cells of the area allow or deny something.
func (a gridArea) set() (n int) { return scope{areas: []gridArea{a}}.set() }

// rows returns all rows of a grid, the wildcard first.
func (s scope) rows() []gridRow {
	out := []gridRow{s.star}
	for _, a := range s.areas {
		out = append(out, a.rows...)
	}
	return out
}

// cellsOf goes through all cells of these grids.
func cellsOf(scopes []scope) iter.Seq[gridCell] {
	return func(yield func(gridCell) bool) {
		for _, s := range scopes {
			for _, r := range s.rows() {
				for _, c := range r.cells() {
					if !yield(c) {
						return
					}
				}
			}
		}
	}
}

// empty reports whether nothing is set in the area: on a small screen it is then folded at first.
func (a gridArea) empty() bool {
	return !slices.ContainsFunc(a.rows, func(r gridRow) bool { return anySet(r.cells()) })
}

func anySet(cells []gridCell) bool {
	for _, c := range cells {
		if c.value != rbac.Unset || len(c.errors) > 0 {
			return true
		}
	}
	return false
}

func radioClass(state string, stored bool) string {
	if stored {
		return state + " s"
	}
	return state
}

// levelKeys has the prefixes of the form fields of each level.
var levelKeys = map[rbac.Level]string{rbac.LevelSite: "site", rbac.LevelOrganization: "org", rbac.LevelUser: "user"}

// cellField returns the name of the form field of a pair at a level.
func cellField(l rbac.Level, p rbac.Permission) string {
	return levelKeys[l] + "." + p.ResourceType + "." + p.Action
}

// lockReason says why cells of these grids are locked, "" if none is.
func lockReason(scopes []scope) string {
	for c := range cellsOf(scopes) {
		if why := c.locked(); c.editable && why != "" {
			return why
		}
	}
	return ""
}

// effectsIn returns the different reasons why cells are marked, in order of first occurrence.
func effectsIn(scopes []scope) (out []rbac.Effect) {
	for c := range cellsOf(scopes) {
		if effectText[c.effect] != "" && !slices.Contains(out, c.effect) {
			out = append(out, c.effect)
		}
	}
	return out
}

// meaningsIn returns the rows of these grids with each permission once: it means the same at every level.
func meaningsIn(scopes []scope) (rows []gridRow) {
	at := map[string]int{}
	for _, s := range scopes {
		for _, r := range s.rows() {
			if r.moot {
				continue
			}
			i, known := at[r.typ]
			if !known {
				i = len(rows)
				at[r.typ], rows = i, append(rows, gridRow{typ: r.typ, label: r.label})
			}
			for _, c := range r.cells() {
				if !slices.ContainsFunc(rows[i].others, func(o gridCell) bool { return o.Action == c.Action }) {
					rows[i].others = append(rows[i].others, c)
				}
			}
		}
	}
	return rows
}
