package catalogfile

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"rolecall.example/org/yamltree"
	"rolecall.example/rbac"
)

// WriteYAML returns a complete document as a file that [Read] reads into the same document. Numbers of pairs are not in it:
// they are given when a file succeeds another.
func WriteYAML(d *rbac.Document) []byte { return tree(d).YAML() }

// WriteJSON returns the same file as JSON.
func WriteJSON(d *rbac.Document) []byte { return tree(d).JSON() }

// tree returns a document as a file has it. What the reader would fill in anyway is mostly left out.
func tree(d *rbac.Document) *yamltree.Node {
	root := mapping()
	root.Set("format", yamltree.NewText(d.Format))
	root.Set("product", yamltree.NewText(d.Product))
	root.Set("label", yamltree.NewText(d.Label))
	setText(root, "version", d.Version)
	areas := list()
	for _, a := range d.Areas {
		item := mapping()
		item.Set("id", yamltree.NewText(a.ID))
		item.Set("label", yamltree.NewText(a.Label))
		areas.Items = append(areas.Items, item)
	}
	set(root, "areas", areas)
	actions := mapping()
	for _, a := range d.Actions {
		item := mapping()
		item.Set("label", yamltree.NewText(a.Label))
		setText(item, "description", a.Description)
		setTexts(item, "renamed_from", a.RenamedFrom)
		actions.Set(a.Name, item)
	}
	set(root, "actions", actions)
	set(root, "grid", gridTree(&d.Grid))
	types := mapping()
	for i := range d.Types {
		types.Set(d.Types[i].Name, typeTree(d, &d.Types[i]))
	}
	root.Set("types", types)
	roles := mapping()
	for i := range d.Roles {
		roles.Set(d.Roles[i].Name, roleTree(&d.Roles[i]))
	}
	set(root, "roles", roles)
	setTexts(root, "reserved", d.Reserved)
	samples := list()
	for _, s := range d.Samples {
		item := mapping()
		item.Set("name", yamltree.NewText(s.Name))
		item.Set("label", yamltree.NewText(s.Label))
		item.Set("organization", yamltree.NewTexts(short(s.Organization)))
		samples.Items = append(samples.Items, item)
	}
	set(root, "samples", samples)
	if d.AuthZEN != nil {
		root.Set("authzen", authZENTree(d.AuthZEN))
	}
	return root
}

// Members are added one by one, since their order is part of what is always the same.
func mapping() *yamltree.Node { return &yamltree.Node{Kind: yamltree.Mapping} }

func list() *yamltree.Node { return &yamltree.Node{Kind: yamltree.List} }

// set adds a member that has something in it.
func set(n *yamltree.Node, name string, v *yamltree.Node) {
	if len(v.Fields)+len(v.Items) > 0 {
		n.Set(name, v)
	}
}

// setText adds a text that is not empty: an empty one would say nothing, and the reader refuses it.
func setText(n *yamltree.Node, name, text string) {
	if text != "" {
		n.Set(name, yamltree.NewText(text))
	}
}

// setTexts adds a list that has something in it.
func setTexts(n *yamltree.Node, name string, texts []string) { set(n, name, yamltree.NewTexts(texts)) }

// gridTree returns what the role editor shows. The columns are there even where the reader would choose the same: another
// version of the program may choose others.
func gridTree(g *rbac.Grid) *yamltree.Node {
	n := mapping()
	setTexts(n, "columns", g.Columns)
	presets := list()
	for _, p := range g.Presets {
		item := mapping()
		item.Set("id", yamltree.NewText(p.ID))
		item.Set("label", yamltree.NewText(p.Label))
		item.Set("actions", yamltree.NewTexts(p.Actions))
		presets.Items = append(presets.Items, item)
	}
	set(n, "presets", presets)
	return n
}

// typeTree returns a type. Labels and phrases of core types are written too, so that the file says what people read.
func typeTree(d *rbac.Document, t *rbac.DocumentType) *yamltree.Node {
	n := mapping()
	setText(n, "label", t.Label)
	setText(n, "plural", t.Plural)
	setText(n, "area", t.Area)
	setText(n, "description", t.Description)
	setText(n, "risk", t.Risk)
	if !rbac.Default().Core(t.Name) { // of core types they are given
		if t.Parent != rbac.LevelOrganization.String() {
			setText(n, "parent", t.Parent)
		}
		if t.Owned {
			n.Set("owned", yamltree.NewBool(true))
		}
		if t.Lookup {
			n.Set("lookup", yamltree.NewBool(true))
		}
	}
	setTexts(n, "renamed_from", t.RenamedFrom)
	actions := mapping()
	for i := range t.Actions {
		a := &t.Actions[i]
		actions.Set(a.Name, actionTree(a, rbac.DefaultPhrase(actionLabel(d, a.Name), t.Plural)))
	}
	n.Set("actions", actions)
	return n
}

// actionLabel returns the label that types share for an action.
func actionLabel(d *rbac.Document, name string) string {
	for _, a := range d.Actions {
		if a.Name == name {
			return a.Label
		}
	}
	return name
}

// actionTree returns an action of a type; one that has nothing but a description is that text.
func actionTree(a *rbac.DocumentTypeAction, phrase string) *yamltree.Node {
	n := mapping()
	setText(n, "description", a.Description)
	if a.Phrase != phrase {
		setText(n, "phrase", a.Phrase)
	}
	setText(n, "risk", a.Risk)
	setTexts(n, "renamed_from", a.RenamedFrom)
	if a.Deprecated != nil {
		item := mapping()
		setText(item, "use", a.Deprecated.Use)
		setText(item, "note", a.Deprecated.Note)
		n.Set("deprecated", item)
	}
	if len(n.Fields) == 1 && a.Description != "" {
		return n.Fields[0].Value
	}
	return n
}

// roleTree returns a role. The lists stand there even if they are empty: one that is left out has a meaning for roles that
// every catalog has.
func roleTree(r *rbac.DocumentRole) *yamltree.Node {
	n := mapping()
	setText(n, "label", r.Label)
	setText(n, "description", r.Description)
	n.Set("scope", yamltree.NewText(r.Scope))
	// An empty organization list is written: omitted, it would mean everything for organization admins.
	setTexts(n, "site", short(r.Site))
	if r.Scope == rbac.LevelOrganization.String() {
		n.Set("organization", yamltree.NewTexts(short(r.Organization)))
	}
	setTexts(n, "user", short(r.User))
	n.Set("assigns", yamltree.NewTexts(r.Assigns))
	return n
}

// short writes a list of permissions with one entry for what is allowed of a type, and one for what is denied.
func short(perms []string) []string {
	var entries []string
	at := map[string]int{}
	for _, p := range perms {
		pair, action, _ := strings.Cut(p, ":")
		i, ok := at[pair]
		// A wildcard needs an entry of its own, as the format requires.
		if !ok || action == rbac.Wildcard || strings.HasSuffix(entries[i], ":"+rbac.Wildcard) {
			at[pair] = len(entries)
			entries = append(entries, p)
			continue
		}
		entries[i] += "," + action
	}
	slices.SortStableFunc(entries, func(a, b string) int { return cmp.Compare(sign(a), sign(b)) })
	return entries
}

// sign sorts what is allowed before what is denied.
func sign(p string) int {
	if strings.HasPrefix(p, "!") {
		return 1
	}
	return 0
}

// authZENTree returns the rules for AuthZEN. Rules keep their order, because the first that fits counts; things by type have
// none, so they are sorted.
func authZENTree(a *rbac.AuthZEN) *yamltree.Node {
	n := mapping()
	setText(n, "default_organization", a.DefaultOrganization)
	rewrite := list()
	for _, w := range a.Rewrite {
		item := mapping()
		item.Set("type", yamltree.NewText(w.Type))
		item.Set("action", yamltree.NewText(w.Action))
		if len(w.When) > 0 {
			item.Set("when", dataTree(w.When))
		}
		item.Set("to", yamltree.NewText(w.To))
		rewrite.Items = append(rewrite.Items, item)
	}
	set(n, "rewrite", rewrite)
	instances := mapping()
	for _, name := range slices.Sorted(maps.Keys(a.Instances)) {
		things := list()
		for _, o := range a.Instances[name] {
			item := mapping()
			item.Set("id", yamltree.NewText(o.ID))
			if o.Properties != nil {
				item.Set("properties", dataTree(o.Properties))
			}
			things.Items = append(things.Items, item)
		}
		instances.Set(name, things)
	}
	set(n, "instances", instances)
	return n
}

// dataTree returns data that the format does not look into.
func dataTree(v any) *yamltree.Node {
	switch v := v.(type) {
	case map[string]any:
		n := mapping()
		for _, name := range slices.Sorted(maps.Keys(v)) {
			n.Set(name, dataTree(v[name]))
		}
		return n
	case []any:
		n := list()
		for _, item := range v {
			n.Items = append(n.Items, dataTree(item))
		}
		return n
	case string:
		return yamltree.NewText(v)
	case nil:
		return &yamltree.Node{Kind: yamltree.Nothing}
	}
	text, _ := json.Marshal(v) // a number, true or false
	return &yamltree.Node{Kind: yamltree.Text, Text: string(text), Plain: true}
}
