package rbac

import (
	"fmt"
	"slices"
	"strings"
)

func (c *checker) roles() {
	seen := map[string]bool{}
	for i := range c.d.Roles {
		r := &c.d.Roles[i]
		path := "roles." + r.Name
		c.roleName(path, r.Name, labelAtMost)
		c.once(path, "", r.Name, seen)
		if slices.Contains(pathNames, r.Name) {
			c.add(path, "this name is kept for other uses")
		}
		c.text(path, ".label", r.Label, labelAtMost)
		if r.Label == "" && !implied(r.Name) {
			c.add(path+".label", "is missing")
		}
		c.text(path, ".description", r.Description, textAtMost)
		if r.Scope != LevelSite.String() && r.Scope != LevelOrganization.String() {
			c.add(path+".scope", "must be site or organization")
		}
		if r.Scope == LevelSite.String() && len(r.Organization) > 0 {
			c.add(path+".organization", "has no effect in a site role")
		}
		for l, list := range r.lists() {
			c.list(path+"."+Level(l).String(), Level(l), *list)
		}
		c.assigns(path+".assigns", r)
		c.fixed(path, r)
	}
	for _, f := range fixedRoles {
		if !seen[f.name] {
			c.add("roles."+f.name, "is missing: every catalog has it")
		}
	}
	c.atMost("roles", len(c.d.Roles), rolesAtMost, "roles")
}

// retired checks that no name of a removed role is used again.
func (c *checker) retired() {
	for _, r := range c.d.Roles {
		if slices.Contains(c.d.RetiredRoles, r.Name) {
			c.add("roles."+r.Name, "a role of this name is gone, and whoever held it would get this one: choose another name")
		}
	}
	for i, s := range c.d.Samples {
		if slices.Contains(c.d.RetiredRoles, s.Name) {
			c.add(fmt.Sprintf("samples[%d].name", i), "%q was a built-in role: choose another name", s.Name)
		}
	}
}

func (c *checker) roleName(path, name string, atMost int) {
	if name == "" || !only(name, "-") || strings.Contains("-"+name+"-", "--") {
		c.add(path, "use small letters and digits, with single - between them")
	}
	if len(name) > atMost {
		c.add(path, "at most %d characters", atMost)
	}
}

// list checks the permissions of one level of a built-in role.
func (c *checker) list(path string, l Level, list []string) {
	seen := map[Permission]bool{}
	for i, text := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		for _, p := range readPermission(text) {
			if c.permission(at, text, p) {
				c.said(at, p, seen)
			}
			if t := c.types[p.ResourceType]; l == LevelUser && t != nil && !t.Owned {
				c.add(at, "%q: nobody owns things of the type %q", text, p.ResourceType)
			}
		}
	}
}

// said checks that a list does not repeat or contradict itself. It compares entries, not what they cover: exceptions are made by
// a deny of one pair next to an allow of all.
func (c *checker) said(path string, p Permission, seen map[Permission]bool) {
	opposite := p
	opposite.Negate = !p.Negate
	switch {
	case seen[p]:
		c.add(path, "%q stands here twice", p)
	case seen[opposite]:
		c.add(path, "%q is allowed and denied here", p.pair())
	}
	seen[p] = true
}

// permission checks that the pair exists, with or without wildcards. The text is the entry that it comes from.
func (c *checker) permission(path, text string, p Permission) bool {
	t := c.types[p.ResourceType]
	allTypes, anyAction := p.ResourceType == Wildcard, p.Action == Wildcard
	switch {
	case strings.Count(text, ":") != 1:
		c.add(path, "no such permission: %q (write type:action)", text)
		return false
	case anyAction && !strings.HasSuffix(text, ":"+Wildcard):
		c.add(path, "no such permission: %q (%s stands alone)", text, Wildcard)
		return false
	case allTypes && (anyAction || c.actions[p.Action]), t != nil && (anyAction || t.action(p.Action) != nil):
		return true
	}
	c.add(path, "no such permission: %q%s", p.pair(), didYouMean(c.nearest(p)))
	return false
}

// nearest returns the pair that p may be a misspelling of, or "".
func (c *checker) nearest(p Permission) string {
	resourceType, actions := p.ResourceType, c.actionNames()
	if t := c.types[resourceType]; t != nil {
		actions = t.actionNames()
	} else if resourceType != Wildcard {
		names := make([]string, len(c.d.Types))
		for i, t := range c.d.Types {
			names[i] = t.Name
		}
		if resourceType = Nearest(resourceType, names); resourceType == "" {
			return ""
		}
		actions = c.types[resourceType].actionNames()
	}
	if p.Action != Wildcard && !slices.Contains(actions, p.Action) {
		if p.Action = Nearest(p.Action, actions); p.Action == "" {
			return ""
		}
	}
	return resourceType + ":" + p.Action
}

func (c *checker) assigns(path string, r *DocumentRole) {
	names := []string{Wildcard}
	for _, o := range c.d.Roles {
		names = append(names, o.Name)
	}
	seen := map[string]bool{}
	for i, name := range r.Assigns {
		at := fmt.Sprintf("%s[%d]", path, i)
		c.exists(at, "", "built-in role", name, names)
		c.once(at, "", name, seen)
		if o := c.d.role(name); o != nil && o.Scope == LevelSite.String() && r.Scope == LevelOrganization.String() {
			c.add(at, "%q is a role of the site, which a role of an organization can not give", name)
		}
	}
}

// fixed checks the rules for the four fixed roles: nothing may take away what they always hold.
func (c *checker) fixed(path string, r *DocumentRole) {
	f := fixed(r.Name)
	if f == nil {
		return
	}
	if r.Scope != f.scope {
		c.add(path+".scope", "is always %s", f.scope)
	}
	for l, list := range r.lists() {
		for i, text := range *list {
			at := fmt.Sprintf("%s.%s[%d]", path, Level(l), i)
			for _, p := range readPermission(text) {
				if p.Negate {
					c.fixedDeny(at, f, Level(l), p)
				}
			}
		}
	}
	if r.Name == roleOwner {
		c.owner(path+".site", readPermissions(r.Site))
	}
}

// fixedDeny refuses denies that would undo what a fixed role, or an owner, always holds.
func (c *checker) fixedDeny(path string, f *fixedRole, l Level, deny Permission) {
	switch taken, ok := c.coreCovered(deny); {
	case f.name == roleOwner:
		c.add(path, "%q: owners are denied nothing", deny)
	case implied(f.name) && ok:
		c.add(path, "%q would take %q from everybody", deny, taken)
	case implied(f.name) && l == LevelSite:
		c.add(path, "%q: a deny for everybody would bind owners too", deny)
	default:
		for _, p := range readPermissions(f.floor[l]) {
			if deny.meets(p) {
				c.add(path, "%q: this role always holds %q", deny, p)
				return
			}
		}
	}
}

// meets reports whether two permissions have a pair in common.
func (p Permission) meets(o Permission) bool {
	same := func(a, b string) bool { return a == b || a == Wildcard || b == Wildcard }
	return same(p.ResourceType, o.ResourceType) && same(p.Action, o.Action)
}

// coreCovered returns a pair of a core type that p covers.
func (c *checker) coreCovered(p Permission) (Permission, bool) {
	for _, name := range coreTypes {
		t := c.types[name]
		if t == nil {
			continue
		}
		for _, a := range t.Actions {
			pair := Permission{ResourceType: name, Action: a.Name}
			if p.covers(&pair) {
				return pair, true
			}
		}
	}
	return Permission{}, false
}

// owner checks that a list of owners has something of every type, and everything of the core types: what no owner holds, no one
// may give.
func (c *checker) owner(path string, list []Permission) {
	for _, t := range c.d.Types {
		held := 0
		for _, a := range t.Actions {
			pair := Permission{ResourceType: t.Name, Action: a.Name}
			if slices.ContainsFunc(list, func(p Permission) bool { return !p.Negate && p.covers(&pair) }) {
				held++
			}
		}
		switch {
		case held == 0 && len(t.Actions) > 0:
			c.add(path, "owner holds nothing of %q", t.Name)
		case held < len(t.Actions) && isCore(t.Name):
			c.add(path, "owner does not hold all of %q", t.Name)
		}
	}
}

func (c *checker) samples() {
	seen := map[string]bool{}
	for i, s := range c.d.Samples {
		path := fmt.Sprintf("samples[%d]", i)
		c.roleName(path+".name", s.Name, 32)
		c.once(path, ".name", s.Name, seen)
		if c.d.taken(s.Name) {
			c.add(path+".name", "%q is no name for a custom role", s.Name)
		}
		c.label(path, ".label", s.Label)
		c.list(path+".organization", LevelOrganization, s.Organization)
		for j, text := range s.Organization {
			if strings.HasSuffix(text, ":"+Wildcard) {
				c.add(fmt.Sprintf("%s.organization[%d]", path, j), "%q: custom roles name their actions", text)
			}
		}
	}
	c.atMost("samples", len(c.d.Samples), samplesAtMost, "samples")
	for i, name := range c.d.Reserved {
		c.text(fmt.Sprintf("reserved[%d]", i), "", name, labelAtMost)
	}
}

// taken reports whether a custom role must not have the name.
func (d *Document) taken(name string) bool {
	same := func(n string) bool { return strings.EqualFold(n, name) }
	return d.role(name) != nil || slices.ContainsFunc(slices.Concat(pathNames, d.Reserved), same)
}
