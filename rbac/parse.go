package rbac

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// resourcesFile is the form of catalog.json, in display order. Labels default to names.
type resourcesFile struct {
	Actions []actionEntry // all actions; the descriptions are those for "every type"
	Areas   []areaEntry
	Types   []typeEntry
	Risks   []riskEntry
}

type (
	actionEntry struct{ Name, Label, Description string }
	areaEntry   struct{ ID, Label string }
	typeEntry   struct {
		Name, Label, Area string
		SiteOnly          bool          `json:"site_only"`
		Actions           []actionEntry // without labels, which the catalog's actions have
	}
	riskEntry struct{ Permission, Note string } // the type "*" means the wildcard itself; the action "*" means any
)

// rolesFile is the form of roles.json. Permissions are in the form of [Permission.String].
type rolesFile struct {
	Reserved []string // names that no custom role may have, besides those of built-in roles
	Roles    []roleEntry
}

type roleEntry struct {
	Name                     string
	DisplayName              string `json:"display_name"`
	Scope                    string // "site" or "organization"
	Listed, Implied          bool   // can be given; is held by all
	Assigns                  []string
	Site, Organization, User []string
}

// Parse makes a catalog of two files in the form of catalog.json and roles.json of this package. It is strict: unknown
// fields, duplicate names, actions that are not declared or that no type has, permissions and risks of pairs that do not
// exist, and assignments of unknown roles are errors.
func Parse(resources, roles []byte) (*Catalog, error) {
	c := &Catalog{
		index:    map[string][]numbered{},
		covers:   map[Permission]bitset{},
		builtIns: map[string]*Role{},
		assigns:  map[string][]string{},
	}
	if err := c.parseResources(resources); err != nil {
		return nil, fmt.Errorf("rbac: catalog: %w", err)
	}
	if err := c.parseRoles(roles); err != nil {
		return nil, fmt.Errorf("rbac: roles: %w", err)
	}
	c.plain = c.plainMember()
	return c, nil
}

// decode reads exactly one JSON value, without unknown fields.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON value")
	}
	return nil
}

func (c *Catalog) parseResources(data []byte) error {
	var f resourcesFile
	if err := decode(data, &f); err != nil {
		return err
	}
	for _, a := range f.Actions {
		if err := checkName("action", a.Name, slices.Contains(c.Actions(), a.Name)); err != nil {
			return err
		}
		c.actions = append(c.actions, ActionInfo{a.Name, cmp.Or(a.Label, a.Name), a.Description})
	}
	areas := map[string]bool{}
	for _, a := range f.Areas {
		if err := checkName("area", a.ID, areas[a.ID]); err != nil {
			return err
		}
		areas[a.ID] = true
	}
	for _, t := range f.Types {
		if !areas[t.Area] {
			t.Area = otherArea.ID
		}
		if err := c.addType(t); err != nil {
			return err
		}
	}
	c.groupAreas(f.Areas)
	c.numberPairs()
	for _, a := range c.actions {
		if !c.Valid(Wildcard, a.Name) {
			return fmt.Errorf("no type has the action %q", a.Name)
		}
	}
	return c.addRisks(f.Risks)
}

// checkName refuses names that are taken, or that would be ambiguous in a permission.
func checkName(kind, name string, taken bool) error {
	switch {
	case name == "" || strings.ContainsAny(name, ":!* "):
		return fmt.Errorf("bad name of %s: %q", kind, name)
	case taken:
		return fmt.Errorf("%s %q is declared twice", kind, name)
	}
	return nil
}

func (c *Catalog) addType(t typeEntry) error {
	taken := slices.ContainsFunc(c.types, func(o ResourceType) bool { return o.Name == t.Name })
	if err := checkName("type", t.Name, taken); err != nil {
		return err
	}
	rt := ResourceType{Name: t.Name, Label: cmp.Or(t.Label, t.Name), Area: t.Area, SiteOnly: t.SiteOnly}
	for _, a := range t.Actions {
		i := slices.Index(c.Actions(), a.Name)
		if i < 0 {
			return fmt.Errorf("type %q has the unknown action %q", t.Name, a.Name)
		}
		pair := Permission{ResourceType: t.Name, Action: a.Name}
		if slices.Contains(c.pairs, pair) {
			return fmt.Errorf("%s is declared twice", pair)
		}
		c.pairs = append(c.pairs, pair)
		rt.Actions = append(rt.Actions, ActionInfo{a.Name, c.actions[i].Label, a.Description})
	}
	if len(rt.Actions) == 0 {
		return fmt.Errorf("type %q has no actions", t.Name)
	}
	c.types = append(c.types, rt)
	return nil
}

// groupAreas assigns the types to areas and drops empty areas.
func (c *Catalog) groupAreas(entries []areaEntry) {
	areas := make([]Area, 0, len(entries)+1)
	for _, e := range entries {
		areas = append(areas, Area{ID: e.ID, Label: cmp.Or(e.Label, e.ID)})
	}
	if !slices.ContainsFunc(entries, func(e areaEntry) bool { return e.ID == otherArea.ID }) {
		areas = append(areas, otherArea)
	}
	for _, a := range areas {
		for _, t := range c.types {
			if t.Area == a.ID {
				a.Types = append(a.Types, t)
			}
		}
		if len(a.Types) > 0 {
			c.areas = append(c.areas, a)
		}
	}
}

// numberPairs fills the maps for decisions and for compilation.
func (c *Catalog) numberPairs() {
	for i, p := range c.pairs {
		c.index[p.ResourceType] = append(c.index[p.ResourceType], numbered{p.Action, i})
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

func (c *Catalog) addRisks(entries []riskEntry) error {
	for _, e := range entries {
		p, err := c.permission(e.Permission)
		if err == nil && (p.Negate || e.Note == "") {
			err = errors.New("needs an allow and a note")
		}
		if err != nil {
			return fmt.Errorf("risk %q: %w", e.Permission, err)
		}
		c.risks = append(c.risks, risk{pattern: p, note: e.Note})
	}
	return nil
}

// permission parses a permission of the catalog.
func (c *Catalog) permission(text string) (p Permission, err error) {
	text, p.Negate = strings.CutPrefix(text, "!")
	p.ResourceType, p.Action, _ = strings.Cut(text, ":")
	if _, ok := c.covers[p.pair()]; !ok {
		return p, fmt.Errorf("no such permission: %q", text)
	}
	return p, nil
}

func (c *Catalog) permissions(texts []string) ([]Permission, error) {
	perms := make([]Permission, 0, len(texts))
	for _, text := range texts {
		p, err := c.permission(text)
		if err != nil {
			return nil, err
		}
		perms = append(perms, p)
	}
	return perms, nil
}

func (c *Catalog) parseRoles(data []byte) error {
	var f rolesFile
	if err := decode(data, &f); err != nil {
		return err
	}
	c.reserved = f.Reserved
	for _, e := range f.Roles {
		if err := c.addRole(e); err != nil {
			return fmt.Errorf("role %q: %w", e.Name, err)
		}
	}
	for _, e := range f.Roles {
		if err := c.checkAssigns(e); err != nil {
			return fmt.Errorf("role %q: %w", e.Name, err)
		}
	}
	return nil
}

func (c *Catalog) addRole(e roleEntry) error {
	if err := checkName("role", e.Name, c.builtIns[e.Name] != nil); err != nil {
		return err
	}
	if e.Scope != LevelSite.String() && e.Scope != LevelOrganization.String() {
		return fmt.Errorf("bad scope %q", e.Scope)
	}
	r := Role{Name: e.Name, DisplayName: e.DisplayName, BuiltIn: true, SiteScope: e.Scope == LevelSite.String()}
	var errs [levels]error
	r.Site, errs[LevelSite] = c.permissions(e.Site)
	r.Organization, errs[LevelOrganization] = c.permissions(e.Organization)
	r.User, errs[LevelUser] = c.permissions(e.User)
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	if r.SiteScope && len(r.Organization) > 0 {
		return errors.New("organization permissions in a site role would have no effect")
	}
	built := c.compile(r)
	c.builtIns[e.Name] = built
	c.assigns[e.Name] = e.Assigns
	c.reserved = append(c.reserved, e.Name)
	return c.place(built, e)
}

// place adds a role to the listed or the implied ones, as its entry says.
func (c *Catalog) place(r *Role, e roleEntry) error {
	listed, implied := &c.listedOrganization, &c.impliedOrganization
	if r.SiteScope {
		listed, implied = &c.listedSite, &c.impliedSite
	}
	if e.Listed {
		*listed = append(*listed, r)
	}
	if e.Implied {
		if *implied != nil {
			return fmt.Errorf("%q is implied at this scope already", (*implied).Name)
		}
		*implied = r
	}
	return nil
}

// checkAssigns runs once all roles are known, since a list may name a later role.
func (c *Catalog) checkAssigns(e roleEntry) error {
	for _, name := range e.Assigns {
		other, ok := c.builtIns[name]
		if !ok {
			return fmt.Errorf("assigns the unknown role %q", name)
		}
		if other.SiteScope && !c.builtIns[e.Name].SiteScope {
			return fmt.Errorf("assigns the site role %q from within an organization", name)
		}
	}
	return nil
}
