package rbac

import (
	"fmt"
	"slices"
	"strings"
)

// typeNamesTaken are words that mean something else where a type may be written.
var typeNamesTaken = []string{"site", "any", "all"}

func (c *checker) allTypes() {
	pairs := 0
	seen := map[string]bool{}
	for i := range c.d.Types {
		t := &c.d.Types[i]
		path := "types." + t.Name
		c.name(path, "", t.Name)
		c.once(path, "", t.Name, seen)
		if slices.Contains(typeNamesTaken, t.Name) || strings.HasPrefix(t.Name, corePrefix) {
			c.add(path, "this name is kept for other uses")
		}
		c.oneType(path, t)
		pairs += len(t.Actions)
	}
	c.atMost("types", len(c.d.Types), typesAtMost, "types")
	c.atMost("types", pairs, pairsAtMost, "pairs of type and action")
}

func (c *checker) oneType(path string, t *DocumentType) {
	c.label(path, ".label", t.Label)
	if t.Plural == "" {
		c.add(path+".plural", "is missing: nothing guesses plurals")
	}
	c.text(path, ".plural", t.Plural, labelAtMost)
	c.exists(path, ".area", "area", t.Area, c.areaIDs())
	c.text(path, ".description", t.Description, textAtMost)
	c.text(path, ".risk", t.Risk, textAtMost)
	if t.Parent != LevelOrganization.String() && t.Parent != LevelSite.String() {
		c.add(path+".parent", "nested types are not supported yet: use organization or site")
	} else if from := core().types[t.Name]; from != nil && t.Parent != from.Parent {
		c.add(path+".parent", "a type that every catalog has keeps its parent, %s", from.Parent)
	}
	if len(t.Actions) == 0 {
		c.add(path+".actions", "a type needs an action")
	}
	c.atMost(path+".actions", len(t.Actions), actionsAtMost, "actions")
	seen := map[string]bool{}
	for i := range t.Actions {
		a := &t.Actions[i]
		at := path + ".actions." + a.Name
		c.once(at, "", a.Name, seen)
		c.typeAction(at, t, a)
	}
}

func (c *checker) typeAction(path string, t *DocumentType, a *DocumentTypeAction) {
	c.name(path, "", a.Name)
	c.text(path, ".description", a.Description, textAtMost)
	c.text(path, ".phrase", a.Phrase, phraseAtMost)
	c.text(path, ".risk", a.Risk, textAtMost)
	if a.Deprecated == nil {
		return
	}
	c.text(path, ".deprecated.note", a.Deprecated.Note, textAtMost)
	if use := a.Deprecated.Use; use != "" {
		c.exists(path, ".deprecated.use", "action of "+t.Name, use, t.actionNames())
		if use == a.Name {
			c.add(path+".deprecated.use", "names the action itself")
		}
	}
}

func (t *DocumentType) actionNames() []string {
	names := make([]string, len(t.Actions))
	for i, a := range t.Actions {
		names[i] = a.Name
	}
	return names
}

// renames checks that no old name is in use, and that none is claimed twice.
func (c *checker) renames() {
	claimed := map[string]string{}
	for i := range c.d.Types {
		t := &c.d.Types[i]
		path := "types." + t.Name + ".renamed_from"
		if isCore(t.Name) && len(t.RenamedFrom) > 0 {
			c.add(path, "a type that every catalog has keeps its name")
		}
		c.oldNames(path, t.RenamedFrom)
		for _, old := range t.RenamedFrom {
			if c.types[old] != nil {
				c.add(path, "there are %q and %q; drop the note or the type", t.Name, old)
			}
			c.claim(path, old, t.Name, claimed)
		}
		c.actionRenames(t)
	}
	for _, a := range c.d.Actions {
		path := "actions." + a.Name + ".renamed_from"
		c.oldNames(path, a.RenamedFrom)
		for i := range c.d.Types {
			t := &c.d.Types[i]
			for _, old := range a.RenamedFrom {
				if t.action(a.Name) != nil && t.action(old) != nil {
					c.add(path, "%s has %q and %q; drop the note or the action", t.Name, a.Name, old)
				}
			}
		}
	}
}

func (c *checker) actionRenames(t *DocumentType) {
	claimed := map[string]string{}
	for i := range t.Actions {
		a := &t.Actions[i]
		path := "types." + t.Name + ".actions." + a.Name + ".renamed_from"
		if from := core().types[t.Name]; from != nil && from.action(a.Name) != nil && len(a.RenamedFrom) > 0 {
			c.add(path, "an action that every catalog has keeps its name")
		}
		c.oldNames(path, a.RenamedFrom)
		for _, old := range a.RenamedFrom {
			if t.action(old) != nil {
				c.add(path, "%s has %q and %q; drop the note or the action", t.Name, a.Name, old)
			}
		}
		for _, old := range c.d.oldNames(t, a) {
			c.claim(path, old, a.Name, claimed)
		}
	}
}

// oldNames returns the names that an action of a type may have had, its own notes first. Core actions keep their
// names, whatever is said about the action in other types.
func (d *Document) oldNames(t *DocumentType, a *DocumentTypeAction) []string {
	if from := core().types[t.Name]; from != nil && from.action(a.Name) != nil {
		return nil
	}
	names := slices.Clone(a.RenamedFrom)
	if shared := d.action(a.Name); shared != nil {
		for _, old := range shared.RenamedFrom {
			if !slices.Contains(names, old) {
				names = append(names, old)
			}
		}
	}
	return names
}

func (c *checker) oldNames(path string, names []string) {
	seen := map[string]bool{}
	for i, old := range names {
		at := fmt.Sprintf("%s[%d]", path, i)
		c.name(at, "", old)
		c.once(at, "", old, seen)
	}
	c.atMost(path, len(names), oldNamesAtMost, "names")
}

// claim checks that an old name leads to a single new name: with two, the meaning of a role would be ambiguous.
func (c *checker) claim(path, old, name string, claimed map[string]string) {
	if by := claimed[old]; by != "" && by != name {
		c.add(path, "%q can not become both %q and %q", old, by, name)
		return
	}
	claimed[old] = name
}
