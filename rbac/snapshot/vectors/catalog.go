package main

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"rolecall.example/rbac"
)

// kind is a resource type of a random catalog.
type kind struct {
	name, before string
	site, owned  bool
	actions      []string
}

// There are more names than a version uses, so that a rename finds one that is free.
var (
	typeNames   = []string{"invoice", "report", "note", "queue", "badge", "crate", "ticket", "ledger"}
	actionNames = []string{"read", "write", "void", "pay", "share", "close", "sign"}
)

// builtIns are all kinds of roles that a catalog may have: implied ones, those that count outside of their organization at one
// level or the other, and those that deny. Each has the levels at which it may say something.
var builtIns = []struct {
	name, scope      string
	site, org, owned bool
	deny             bool
}{
	{"member", "site", true, false, true, false},
	{"organization-member", "organization", true, true, true, false},
	{"support", "site", true, false, true, true},
	{"freeze", "site", true, false, true, true},
	{"organization-clerk", "organization", false, true, false, true},
	{"organization-lead", "organization", true, true, false, true},
	{"organization-keeper", "organization", false, true, true, true},
}

// firstKinds draws the types of a first version: few, so that questions meet what roles say.
func firstKinds(rnd *rand.Rand) []kind {
	kinds := make([]kind, 3+rnd.IntN(3))
	for i := range kinds {
		kinds[i] = kind{name: typeNames[i], site: rnd.IntN(4) == 0, owned: rnd.IntN(2) == 0}
		for _, a := range actionNames[:5] {
			if a == "read" || rnd.IntN(2) == 0 {
				kinds[i].actions = append(kinds[i].actions, a)
			}
		}
	}
	return kinds
}

// nextKinds renames a type, takes an action away and adds one.
func nextKinds(rnd *rand.Rand, kinds []kind) []kind {
	next := slices.Clone(kinds)
	for i := range next {
		next[i].before = ""
		next[i].actions = slices.Clone(next[i].actions)
	}
	k := &next[rnd.IntN(len(next))]
	for _, name := range typeNames {
		if !slices.ContainsFunc(next, func(o kind) bool { return o.name == name }) {
			k.before, k.name = k.name, name
			break
		}
	}
	// The first action stays, so that every type has one.
	k = &next[rnd.IntN(len(next))]
	if len(k.actions) > 1 {
		k.actions = k.actions[:len(k.actions)-1]
	}
	k = &next[rnd.IntN(len(next))]
	if a := actionNames[rnd.IntN(len(actionNames))]; !slices.Contains(k.actions, a) {
		k.actions = append(k.actions, a)
	}
	return next
}

// document draws a catalog over types until one is sound: what a catalog may not say is for package rbac to know, and is not
// written down here again.
func document(rnd *rand.Rand, kinds []kind) *rbac.Document {
	for {
		d := &rbac.Document{Format: rbac.Format, Product: "vectors", Label: "Vectors"}
		for _, k := range kinds {
			t := rbac.DocumentType{Name: k.name, Label: k.name, Plural: k.name + "s", Parent: "organization", Owned: k.owned}
			if k.site {
				t.Parent = "site"
			}
			if k.before != "" {
				t.RenamedFrom = []string{k.before}
			}
			for _, a := range k.actions {
				t.Actions = append(t.Actions, rbac.DocumentTypeAction{Name: a})
			}
			d.Types = append(d.Types, t)
		}
		for _, b := range builtIns {
			r := rbac.DocumentRole{Name: b.name, Label: b.name, Scope: b.scope}
			list := func(draw, owned bool) (list []string) {
				if draw {
					for _, p := range permissions(rnd, kinds, b.deny, owned) {
						list = append(list, p.String())
					}
				}
				return list
			}
			r.Site, r.Organization, r.User = list(b.site && rnd.IntN(3) > 0, false), list(b.org, false), list(b.owned, true)
			d.Roles = append(d.Roles, r)
		}
		if len(d.Complete()) == 0 {
			return d
		}
	}
}

// permissions draws a list: pairs, and actions of every type. owned leaves out types that nobody owns.
func permissions(rnd *rand.Rand, kinds []kind, deny, owned bool) (list []rbac.Permission) {
	for range rnd.IntN(4) {
		k := kinds[rnd.IntN(len(kinds))]
		p := rbac.Permission{ResourceType: k.name, Action: k.actions[rnd.IntN(len(k.actions))]}
		if rnd.IntN(4) == 0 {
			p.ResourceType = rbac.Wildcard
		} else if owned && !k.owned {
			continue
		}
		p.Negate = deny && rnd.IntN(4) == 0
		opposite := p
		opposite.Negate = !p.Negate
		if !slices.Contains(list, p) && !slices.Contains(list, opposite) {
			list = append(list, p)
		}
	}
	return list
}

// succeed makes the next version of the catalog of a world.
func (w *world) succeed() error {
	// Built-in roles are drawn again for each version, which may define them freely.
	var prev *rbac.Document
	if w.catalog == nil {
		w.kinds = firstKinds(w.rnd)
	} else {
		prev, w.kinds = w.catalog.Document(), nextKinds(w.rnd, w.kinds)
	}
	next, steps, problems := rbac.Succeed(prev, document(w.rnd, w.kinds))
	if len(problems) > 0 {
		return fmt.Errorf("a catalog that can not follow: %v", problems)
	}
	number := int64(len(w.versions) + 1)
	c, err := rbac.NewVersion(next, number)
	if err != nil {
		return err
	}
	w.versions = append(w.versions, rbac.Version{Number: number, Catalog: c, Steps: steps})
	w.catalog = c
	if number == 1 {
		return nil
	}
	// Custom roles keep the meaning they were written with: renames are followed, and removed pairs mean nothing.
	m := rbac.NewMigration(w.versions, number-1, number)
	for _, p := range append(slices.Clone(w.orgs), w.site) {
		for i, r := range p.roles {
			p.roles[i], _ = m.Compile(r)
		}
	}
	return nil
}
