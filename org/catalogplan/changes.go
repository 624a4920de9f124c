package catalogplan

import (
	"cmp"
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// Changes lists how two versions of a catalog differ: pairs first, then types and actions, then built-in roles, then the
// rules for AuthZEN. The list is empty, never nil, if they do not.
func Changes(before, after *rbac.Catalog) []org.CatalogDifference {
	d := &differ{was: before, is: after, list: []org.CatalogDifference{}}
	steps := rbac.StepsBetween(before.Document(), after.Document())
	for _, r := range steps.Renamed {
		d.add(org.CatalogDifference{Kind: org.CatalogRenamed, What: r[0], To: r[1]})
	}
	for _, what := range steps.Removed {
		d.add(org.CatalogDifference{Kind: org.CatalogRemoved, What: what})
	}
	for _, what := range steps.Added {
		d.add(org.CatalogDifference{Kind: org.CatalogAdded, What: what})
	}
	d.types()
	d.actions()
	d.roles()
	d.authZEN()
	return d.list
}

// differ collects differences.
type differ struct {
	was, is *rbac.Catalog
	list    []org.CatalogDifference
}

func (d *differ) add(c org.CatalogDifference) { d.list = append(d.list, c) }

// text adds a difference if a text has changed.
func (d *differ) text(kind, what, from, to string) {
	if from != to {
		d.add(org.CatalogDifference{Kind: kind, What: what, From: from, To: to})
	}
}

// types compares the types that both versions have. Types have no numbers of their own, so one that was renamed is
// recognized by the number of a pair that both versions have.
func (d *differ) types() {
	done := map[string]bool{}
	for _, t := range d.is.Types() {
		for _, a := range t.Actions {
			pair := rbac.Permission{ResourceType: t.Name, Action: a.Name}
			number, _ := d.is.Number(pair)
			old, ok := d.was.Numbered(number)
			if !ok {
				continue
			}
			d.deprecation(old, pair)
			if done[t.Name] {
				continue
			}
			done[t.Name] = true
			d.text(org.CatalogLabel, t.Name, d.was.TypeLabel(old.ResourceType), d.is.TypeLabel(t.Name))
			d.text(org.CatalogParent, t.Name, d.was.Parent(old.ResourceType), d.is.Parent(t.Name))
			d.text(org.CatalogOwned, t.Name, yesOrNo(d.was.Owned(old.ResourceType)), yesOrNo(d.is.Owned(t.Name)))
		}
	}
}

func yesOrNo(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// deprecation compares whether and how a pair is deprecated, under its names in the two versions.
func (d *differ) deprecation(old, pair rbac.Permission) {
	wasUse, wasNote, was := d.was.Deprecated(old)
	use, note, is := d.is.Deprecated(pair)
	switch {
	case is && (!was || use != wasUse || note != wasNote):
		d.add(org.CatalogDifference{Kind: org.CatalogDeprecated, What: pair.String(), Use: use})
	case was && !is:
		d.add(org.CatalogDifference{Kind: org.CatalogUndeprecated, What: pair.String()})
	}
}

// actions compares the labels of actions, which types share. Having no numbers, they are compared by name.
func (d *differ) actions() {
	old := d.was.Actions()
	for _, a := range d.is.Actions() {
		if slices.Contains(old, a) {
			d.text(org.CatalogLabel, a, d.was.ActionLabel(a), d.is.ActionLabel(a))
		}
	}
}

// roles compares the built-in roles, implied ones included.
func (d *differ) roles() {
	for _, r := range bothBuiltIns(d.was, d.is) {
		switch {
		case r.before == nil:
			d.add(org.CatalogDifference{Kind: org.CatalogRoleAdded, What: r.name})
		case r.after == nil:
			d.add(org.CatalogDifference{Kind: org.CatalogRoleRemoved, What: r.name})
		default:
			d.text(org.CatalogLabel, r.name, r.before.DisplayName, r.after.DisplayName)
			was, is := assignedBy(d.was, r.name), assignedBy(d.is, r.name)
			d.text(org.CatalogAssigns, r.name, was, is)
		}
		for _, c := range rbac.CompareRoles(r.before, r.after) {
			d.add(org.CatalogDifference{
				Kind: org.CatalogRoleChanged, What: r.name, Level: c.Level.String(),
				Gives: texts(c.Gives), Takes: texts(c.Takes), Denies: texts(c.Denies), Undenies: texts(c.Undenies),
			})
		}
	}
}

// assignedBy returns the built-in roles that one may hand out, as text. They are sorted, since a new order in the document is
// no change.
func assignedBy(c *rbac.Catalog, name string) string {
	for _, r := range c.Document().Roles {
		if r.Name == name {
			return strings.Join(slices.Sorted(slices.Values(r.Assigns)), " ")
		}
	}
	return ""
}

func texts(perms []rbac.Permission) []string {
	out := make([]string, len(perms))
	for i, p := range perms {
		out[i] = p.String()
	}
	return out
}

// bothBuiltIns returns the built-in roles of two versions, joined by name: built-in roles cannot be renamed, so another name is
// another role. Those of the site come first, and within a scope the order is that of the later catalog.
func bothBuiltIns(was, is *rbac.Catalog) []*role {
	var list []*role
	at := map[string]*role{}
	of := func(r *rbac.Role) *role {
		if at[r.Name] == nil {
			at[r.Name] = &role{name: r.Name}
			list = append(list, at[r.Name])
		}
		return at[r.Name]
	}
	for _, r := range is.BuiltIns() {
		of(r).after = r
	}
	for _, r := range was.BuiltIns() {
		of(r).before = r
	}
	slices.SortStableFunc(list, func(a, b *role) int { return cmp.Compare(scopeOf(b), scopeOf(a)) })
	return list
}

// scopeOf orders roles of the site before others.
func scopeOf(r *role) int {
	if r.either().SiteScope {
		return 1
	}
	return 0
}
