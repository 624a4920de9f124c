package permtest

import (
	"fmt"
	"slices"
	"strings"

	"rolecall.example/rbac"
)

// World is what tests are tried on: a catalog, and the custom roles beside it.
type World struct {
	Catalog *rbac.Catalog
	Custom  []Held
}

// Held is a role, and whether it is held on the site or in an organization.
type Held struct {
	*rbac.Role
	OfSite bool
}

// shown returns the role as lists of roles have it.
func (h Held) shown() string {
	if h.OfSite {
		return sitePrefix + h.Name
	}
	return h.Name
}

// all returns the roles that can be held: built-in ones that not everybody holds, and custom ones.
func (w *World) all() (list []Held) {
	for _, r := range slices.Concat(w.Catalog.BuiltInOrganizationRoles(), w.Catalog.BuiltInSiteRoles()) {
		if !w.implied(r) {
			list = append(list, Held{r, r.SiteScope})
		}
	}
	return append(list, w.Custom...)
}

// implied reports whether everybody holds the role, so that naming it would say nothing.
func (w *World) implied(r *rbac.Role) bool {
	return r == w.Catalog.ImpliedSite() || r == w.Catalog.ImpliedOrganization()
}

// Offline returns the world of a file that names its catalog: the catalog, and the roles of the file. It adds what is wrong
// with them to the file's problems.
func (f *File) Offline(c *rbac.Catalog) *World {
	w := &World{Catalog: c}
	for _, r := range f.Roles {
		role, ofSite := rbac.Role{Name: r.Name}, len(r.Lists[rbac.LevelSite])+len(r.Lists[rbac.LevelUser]) > 0
		if _, ok := c.BuiltIn(r.Name); ok {
			f.fail(r.path, "%s is a built-in role of the catalog", r.Name)
			continue
		}
		if ofSite && len(r.Lists[rbac.LevelOrganization]) > 0 {
			f.fail(r.path, "a role has site and user permissions, or permissions of an organization, not both")
		}
		lists := [...]*[]rbac.Permission{rbac.LevelSite: &role.Site, rbac.LevelOrganization: &role.Organization, rbac.LevelUser: &role.User}
		for l, list := range lists {
			for i, text := range r.Lists[l] {
				*list = append(*list, f.permissions(c, f.entry(&r, rbac.Level(l), i), text, true)...)
			}
		}
		w.Custom = append(w.Custom, Held{c.Compile(role), ofSite})
	}
	return w
}

// entry returns the path of a permission of a role, which has its lists in one of two forms.
func (f *File) entry(r *Role, l rbac.Level, i int) string {
	path := fmt.Sprintf("%s.%s[%d]", r.path, l, i)
	if short := fmt.Sprintf("%s[%d]", r.path, i); f.Has(short) {
		return short
	}
	return path
}

// permissions reads "type:action,action". Old names become those of today, with a note. What there is no such pair of is a
// problem. In roles wildcards stay, and "!" denies; elsewhere a permission is one that somebody can have.
func (f *File) permissions(c *rbac.Catalog, path, text string, inRole bool) (list []rbac.Permission) {
	pair, negate := strings.CutPrefix(text, "!")
	if negate && !inRole {
		f.fail(path, `%q: here a permission has no "!": say cannot`, text)
		return nil
	}
	resourceType, actions, ok := strings.Cut(pair, ":")
	if !ok || resourceType == "" {
		f.fail(path, "%q is no permission like type:action", text)
		return nil
	}
	for action := range strings.SplitSeq(actions, ",") {
		p := rbac.Permission{ResourceType: resourceType, Action: strings.TrimSpace(action)}
		if now, old := c.Present(p); old {
			f.note(path, "%s is called %s now", p, now)
			p = now
		}
		// Nothing covered is an unknown name, of a wildcard too: no type has the action.
		covered := covered(c, p)
		if len(covered) == 0 {
			f.fail(path, "no such permission: %q%s", p.String(), like(c, p))
			continue
		}
		if use, note, ok := c.Deprecated(p); ok {
			f.note(path, "%s is deprecated%s", p, instead(use, note))
		}
		if p.Negate = negate; inRole {
			covered = c.WrittenOut([]rbac.Permission{p})
		}
		list = append(list, covered...)
	}
	return list
}

// instead returns what to use in place of what is deprecated, as far as the catalog says it.
func instead(use, note string) string {
	if use != "" {
		use = ": use " + use
	}
	if note != "" {
		note = " (" + note + ")"
	}
	return use + note
}

// covered returns the pairs that a permission with or without wildcards means.
func covered(c *rbac.Catalog, p rbac.Permission) (list []rbac.Permission) {
	for _, t := range c.Types() {
		if p.ResourceType != rbac.Wildcard && p.ResourceType != t.Name {
			continue
		}
		for _, a := range t.Actions {
			if p.Action == rbac.Wildcard || p.Action == a.Name {
				list = append(list, rbac.Permission{ResourceType: t.Name, Action: a.Name})
			}
		}
	}
	return list
}

// like suggests what may be meant by a permission that there is not.
func like(c *rbac.Catalog, p rbac.Permission) string {
	var known []string
	for _, one := range covered(c, rbac.Permission{ResourceType: rbac.Wildcard, Action: rbac.Wildcard}) {
		known = append(known, one.String())
	}
	if near := rbac.Nearest(p.String(), known); near != "" {
		return fmt.Sprintf(" (did you mean %s?)", near)
	}
	return ""
}

// holding finds the roles of a list.
func (f *File) holding(w *World, path string, names []string) (roles []Held) {
	all := w.all()
	var known []string
	for _, r := range all {
		known = append(known, r.shown())
	}
	for i, name := range names {
		if at := slices.Index(known, name); at >= 0 {
			roles = append(roles, all[at])
			continue
		}
		plain, ofSite := strings.CutPrefix(name, sitePrefix)
		hint := ""
		if r, ok := w.Catalog.BuiltIn(plain); ok && w.implied(r) {
			hint = ": everybody holds it, so leave it out"
		} else if !ofSite && slices.Contains(known, sitePrefix+name) {
			hint = fmt.Sprintf(" (did you mean %s?)", sitePrefix+name)
		} else if near := rbac.Nearest(name, known); near != "" {
			hint = fmt.Sprintf(" (did you mean %s?)", near)
		}
		f.fail(fmt.Sprintf("%s[%d]", path, i), "no such role: %q%s", name, hint)
	}
	return roles
}
