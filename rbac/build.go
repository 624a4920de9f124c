package rbac

import (
	"errors"
	"fmt"
	"slices"
	"sync"
)

// New makes a catalog from a complete document, which it checks. Pairs without numbers are numbered as in a first version.
func New(d *Document) (*Catalog, error) { return NewVersion(d, 0) }

// NewVersion is New for a document that is stored under a version number, which [Catalog.Version] returns.
func NewVersion(d *Document, version int64) (*Catalog, error) {
	if d.Numbers == 0 {
		d, _, _ = Succeed(nil, d)
	}
	problems := d.check()
	if !d.sound { // it did not come from Complete but, say, from a database, which a later program may not trust
		problems = append(problems, d.missing()...)
	}
	if len(problems) > 0 {
		errs := make([]error, len(problems))
		for i, p := range problems {
			errs[i] = errors.New(p.String())
		}
		return nil, fmt.Errorf("rbac: catalog: %w", errors.Join(errs...))
	}
	c := &Catalog{
		document: d, version: version, hash: sync.OnceValue(d.Hash),
		byName:   map[string]*DocumentType{},
		index:    map[string][]numbered{},
		covers:   make(map[Permission]bitset, 2*d.Numbers),
		builtIns: map[string]*Role{},
		assigns:  map[string][]string{},
	}
	c.addTypes()
	c.addAliases()
	c.addMapping()
	c.addRoles()
	c.plain = c.plainMember()
	return c, nil
}

func (c *Catalog) addTypes() {
	labels := map[string]string{}
	used := map[string]bool{}
	for i := range c.document.Actions {
		labels[c.document.Actions[i].Name] = c.document.Actions[i].Label
	}
	c.pairs = make([]Permission, c.document.Numbers)
	for i := range c.document.Types {
		t := &c.document.Types[i]
		c.byName[t.Name] = t
		rt := ResourceType{Name: t.Name, Label: t.Label, Area: t.Area, SiteOnly: t.Parent == LevelSite.String()}
		for _, a := range t.Actions {
			rt.Actions = append(rt.Actions, ActionInfo{a.Name, labels[a.Name], a.Description})
			c.pairs[a.Number] = Permission{ResourceType: t.Name, Action: a.Name}
			used[a.Name] = true
		}
		c.types = append(c.types, rt)
	}
	for _, a := range c.document.Actions { // a label for an action that no type has is harmless, but is no action
		if used[a.Name] {
			c.actions = append(c.actions, ActionInfo{a.Name, a.Label, a.Description})
		}
	}
	for _, a := range c.document.Areas {
		area := Area{ID: a.ID, Label: a.Label}
		for _, t := range c.types {
			if t.Area == a.ID {
				area.Types = append(area.Types, t)
			}
		}
		if len(area.Types) > 0 {
			c.areas = append(c.areas, area)
		}
	}
	c.coverPairs()
}

// coverPairs fills the maps for decisions and for compilation.
func (c *Catalog) coverPairs() {
	c.owned = c.newRights().allow
	for i, p := range c.pairs {
		if p == (Permission{}) {
			continue
		}
		c.numbers = append(c.numbers, i)
		c.index[p.ResourceType] = append(c.index[p.ResourceType], numbered{p.Action, i})
		if c.Owned(p.ResourceType) {
			c.owned.set(i)
		}
		for _, over := range []Permission{
			p,
			{ResourceType: Wildcard, Action: p.Action},
			{ResourceType: p.ResourceType, Action: Wildcard},
			{ResourceType: Wildcard, Action: Wildcard},
		} {
			if c.covers[over] == nil {
				c.covers[over] = c.newRights().allow
			}
			c.covers[over].set(i)
		}
	}
}

// addAliases collects the old names in the document. A type's own note counts only for that type; a shared one for every
// type that has the new action.
func (c *Catalog) addAliases() {
	c.aliases = aliases{types: map[string]string{}, actions: map[[2]string]string{}}
	for _, a := range c.document.Actions {
		for _, old := range a.RenamedFrom {
			c.aliases.actions[[2]string{Wildcard, old}] = a.Name
		}
	}
	for i := range c.document.Types {
		t := &c.document.Types[i]
		for _, old := range t.RenamedFrom {
			c.aliases.types[old] = t.Name
		}
		for j := range t.Actions {
			for _, old := range c.document.oldNames(t, &t.Actions[j]) {
				c.aliases.actions[[2]string{t.Name, old}] = t.Actions[j].Name
			}
		}
	}
	for _, a := range c.actions { // a name that some type still has keeps its meaning
		delete(c.aliases.actions, [2]string{Wildcard, a.Name})
	}
}

func (c *Catalog) addRoles() {
	c.reserved = slices.Concat(pathNames, c.document.Reserved, c.document.RetiredRoles)
	for _, d := range c.document.Roles {
		built := c.compile(Role{
			Name: d.Name, DisplayName: d.Label, Description: d.Description, BuiltIn: true, SiteScope: d.Scope == LevelSite.String(),
			Site: readPermissions(d.Site), Organization: readPermissions(d.Organization), User: readPermissions(d.User),
		})
		c.builtIns[d.Name] = built
		c.reserved = append(c.reserved, d.Name)
		switch {
		case d.Name == roleMember:
			c.impliedSite = built
		case d.Name == roleOrganizationMember:
			c.impliedOrganization = built
		case built.SiteScope:
			c.listedSite = append(c.listedSite, built)
		default:
			c.listedOrganization = append(c.listedOrganization, built)
		}
	}
	for _, d := range c.document.Roles {
		c.assigns[d.Name] = d.Assigns
		if slices.Contains(d.Assigns, Wildcard) {
			c.assigns[d.Name] = c.document.assignable(d.Scope)
		}
	}
	for _, s := range c.document.Samples {
		c.samples = append(c.samples, c.Compile(Role{Name: s.Name, DisplayName: s.Label, Organization: readPermissions(s.Organization)}))
	}
}

// assignable returns the roles that "*" means for a role of a scope.
func (d *Document) assignable(scope string) (names []string) {
	for _, r := range d.Roles {
		if scope == LevelSite.String() || r.Scope == scope {
			names = append(names, r.Name)
		}
	}
	return names
}
