package catalogfile_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"rolecall.example/rbac"
)

// generator makes random documents as a file would say them, before they are complete.
type generator struct{ *rand.Rand }

func (g generator) chance(one int) bool { return g.IntN(one) == 0 }

func pick[T any](g generator, list []T) T { return list[g.IntN(len(list))] }

// some returns a few of a list, in its order.
func some[T any](g generator, list []T, least int) (few []T) {
	for i, v := range list {
		if g.chance(3) || len(few)+len(list)-i <= least {
			few = append(few, v)
		}
	}
	return few
}

var letters = []string{"Pay", "an", "invoice", "no", "null", "1", "-", "#", ":", "'", "\"", "é", "李", "🙂", "{", "}", "[", ",", "*", "!", "&", "true", "off", "~", "|", ">", "%", "\\", "2026-11"}

// text returns words that YAML may take for something else.
func (g generator) text() string {
	var words []string
	for range 1 + g.IntN(5) {
		words = append(words, pick(g, letters))
	}
	return strings.Join(words, " ")
}

func (g generator) maybe() string {
	if g.chance(2) {
		return ""
	}
	return g.text()
}

var (
	typeNames   = []string{"invoice", "bill", "no", "null", "n", "report-line", "a_b", "a-b", "x1"}
	actionNames = []string{"read", "update", "on", "off", "pay", "a-b", "a_b", "true", "y", "delete"}
)

func (g generator) document() *rbac.Document {
	d := &rbac.Document{Format: rbac.Format, Product: pick(g, []string{"on", "x-1", "expenses"}), Label: g.text(), Version: g.maybe()}
	for i := range g.IntN(3) {
		d.Areas = append(d.Areas, rbac.DocumentArea{ID: fmt.Sprintf("area%d", i), Label: g.text()})
	}
	for _, name := range some(g, typeNames, 1) {
		d.Types = append(d.Types, g.resourceType(name, d.Areas))
	}
	if g.chance(3) {
		d.Types = append(d.Types, rbac.DocumentType{Name: "user", Label: g.text(), Plural: g.text(), Actions: []rbac.DocumentTypeAction{{Name: "pay"}}})
	}
	used := map[string]bool{}
	for _, t := range d.Types {
		for _, a := range t.Actions {
			if !used[a.Name] && g.chance(2) {
				used[a.Name] = true
				d.Actions = append(d.Actions, rbac.DocumentAction{Name: a.Name, Label: g.text(), Description: g.maybe()})
			}
		}
	}
	g.roles(d)
	if g.chance(2) {
		d.Grid.Presets = []rbac.Preset{{ID: "on", Label: g.text(), Actions: []string{d.Types[0].Actions[0].Name}}}
	}
	if g.chance(2) {
		d.AuthZEN = g.authZEN(d)
	}
	return d
}

func (g generator) resourceType(name string, areas []rbac.DocumentArea) rbac.DocumentType {
	t := rbac.DocumentType{Name: name, Label: g.text(), Plural: g.text(), Description: g.maybe(), Risk: g.maybe(), Owned: g.chance(2), Lookup: g.chance(4)}
	if g.chance(3) {
		t.Parent = "site"
	}
	if len(areas) > 0 && g.chance(2) {
		t.Area = pick(g, areas).ID
	}
	if g.chance(3) {
		t.RenamedFrom = []string{"old-" + name}
	}
	for _, action := range some(g, actionNames, 1) {
		a := rbac.DocumentTypeAction{Name: action, Description: g.maybe(), Phrase: g.maybe(), Risk: g.maybe()}
		if g.chance(4) {
			a.Deprecated = &rbac.Deprecated{Note: g.maybe()}
		}
		if g.chance(4) {
			a.RenamedFrom = []string{"old-" + action}
		}
		t.Actions = append(t.Actions, a)
	}
	return t
}

func (g generator) list(types []rbac.DocumentType) (list []string) {
	for _, t := range some(g, types, 0) {
		var names []string
		for _, a := range some(g, t.Actions, 1) {
			names = append(names, a.Name)
		}
		list = append(list, pick(g, []string{"", "!"})+t.Name+":"+strings.Join(names, ","))
	}
	if list == nil && g.chance(2) {
		list = []string{"*:*"}
	}
	return list
}

func (g generator) roles(d *rbac.Document) {
	for i := range g.IntN(4) {
		r := rbac.DocumentRole{Name: fmt.Sprintf("role-%d", i), Label: g.text(), Description: g.maybe(), Scope: pick(g, []string{"site", "organization"})}
		if r.Scope == "site" {
			r.Site = g.list(d.Types)
		} else {
			r.Organization = g.list(d.Types)
		}
		if i > 0 && r.Scope == "site" {
			r.Assigns = []string{pick(g, []string{"*", "role-0"})}
		}
		d.Roles = append(d.Roles, r)
	}
	if g.chance(2) {
		d.Roles = append(d.Roles, rbac.DocumentRole{Name: "organization-admin", Label: g.text(), Organization: []string{}, Assigns: []string{}})
	}
	if g.chance(2) {
		d.Reserved = []string{"billing", "true"}
		d.Samples = []rbac.DocumentSample{{Name: "sample", Label: g.text(), Organization: []string{d.Types[0].Name + ":" + d.Types[0].Actions[0].Name}}}
	}
}

func (g generator) authZEN(d *rbac.Document) *rbac.AuthZEN {
	t := d.Types[0]
	return &rbac.AuthZEN{
		DefaultOrganization: g.maybe(),
		Rewrite: []rbac.AuthZENRewrite{{
			Type: t.Name, Action: "on", To: t.Actions[0].Name,
			When: map[string]any{"resource." + pick(g, []string{"no", "a.b"}): pick(g, []any{true, 1.5, "1.5", g.text(), 1e21, "true"})},
		}},
		Instances: map[string][]rbac.AuthZENObject{t.Name: {
			{ID: g.text()}, {ID: "1e3", Properties: map[string]any{g.text(): []any{nil, g.text(), map[string]any{"~": false}}, "x": -2.0}},
		}},
	}
}
