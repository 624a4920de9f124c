package catalogfile

import (
	"fmt"
	"slices"
	"strings"

	"rolecall.example/rbac"
)

// Warnings returns what is not wrong in a complete document, but seldom meant. The problems have no lines: [Check] gives them
// those of a file.
func Warnings(d *rbac.Document) []rbac.Problem {
	c, err := rbac.New(d)
	if err != nil {
		return nil // the document is not complete, and has problems
	}
	w := warner{doc: d, catalog: c}
	w.ownersAlone()
	w.ownersLists()
	for i := range d.Roles {
		w.role(&d.Roles[i])
	}
	for i, s := range d.Samples {
		w.siteTypes(fmt.Sprintf("samples[%d]", i), s.Organization)
	}
	w.words()
	return w.found
}

// warner collects warnings. It asks the engine what roles give, so that it cannot see it otherwise than a server does.
type warner struct {
	doc     *rbac.Document
	catalog *rbac.Catalog
	found   []rbac.Problem
}

func (w *warner) add(path, format string, args ...any) {
	w.found = append(w.found, rbac.Problem{Path: path, Text: fmt.Sprintf(format, args...)})
}

// ownerRole is the role of those who run the server: what only they hold, no customer can do.
const ownerRole = "owner"

// The person and the organization of all questions here.
var someone, somewhere = rbac.ID{1}, rbac.ID{2}

// holder returns a subject who holds a built-in role in its scope, besides what everybody holds.
func (w *warner) holder(role string) *rbac.Subject {
	r, _ := w.catalog.BuiltIn(role)
	g := rbac.Grant{Role: r, Org: somewhere}
	if r.SiteScope {
		g.Org = rbac.ID{}
	}
	return w.catalog.NewSubject(someone, []rbac.ID{somewhere}, []rbac.Grant{g})
}

// object returns a thing of the type, which belongs to whom it may belong.
func (w *warner) object(resourceType string) rbac.Object {
	o := rbac.Object{Type: resourceType, Org: somewhere}
	if w.catalog.SiteOnly(resourceType) {
		o.Org = rbac.ID{}
	}
	if w.catalog.Owned(resourceType) {
		o.Owner = someone
	}
	return o
}

// ownersAlone finds pairs of the product that no role but the owners' allows.
func (w *warner) ownersAlone() {
	// One role at a time: what two together allow, nobody may ever hold.
	var holders []*rbac.Subject
	for _, r := range w.doc.Roles {
		if r.Name != ownerRole {
			holders = append(holders, w.holder(r.Name))
		}
	}
	for _, p := range pairs(w.doc) {
		if w.catalog.Core(p.ResourceType) {
			continue
		}
		if !slices.ContainsFunc(holders, func(s *rbac.Subject) bool { return s.Authorize(p.Action, w.object(p.ResourceType)) }) {
			w.add(actionPath(p), "only owners hold %s: no other built-in role allows it", p)
		}
	}
}

// actionPath returns the path of an action of a type.
func actionPath(p rbac.Permission) string { return "types." + p.ResourceType + ".actions." + p.Action }

// ownersLists finds pairs that owners do not hold because their role lists what it holds.
func (w *warner) ownersLists() {
	owner := w.holder(ownerRole)
	var missing []string
	for _, p := range pairs(w.doc) {
		if !owner.Authorize(p.Action, w.object(p.ResourceType)) {
			missing = append(missing, p.String())
		}
	}
	if missing != nil {
		w.add("roles."+ownerRole+".site", "owners do not hold %s: nobody can grant what they lack", strings.Join(missing, ", "))
	}
}

// role finds what a built-in role should not have, and what it can not do though it seems to.
func (w *warner) role(r *rbac.DocumentRole) {
	path := "roles." + r.Name
	ofOrganization := r.Scope == rbac.LevelOrganization.String()
	if ofOrganization && len(r.Site) > 0 {
		w.add(path+".site", "holders in one organization may do this everywhere: %s", strings.Join(r.Site, ", "))
	}
	w.siteTypes(path, r.Organization)
	holder := w.holder(r.Name)
	for _, name := range w.assigned(r) {
		// Besides the map, the engine asks whether the holder has all that the other role gives.
		other, ok := w.catalog.BuiltIn(name)
		if !ok {
			continue
		}
		in := somewhere
		if other.SiteScope {
			in = rbac.ID{}
		}
		if may, _ := holder.MayHandOut(other, in); !may {
			w.add(path+".assigns", "%s allows more than %s: giving it will be refused", name, r.Name)
		}
	}
}

// assigned returns the roles that holders of a role may give according to the map, except the role itself.
func (w *warner) assigned(r *rbac.DocumentRole) (names []string) {
	if !slices.Contains(r.Assigns, rbac.Wildcard) {
		return r.Assigns
	}
	for _, other := range w.doc.Roles {
		// Who holds a role in an organization cannot give one of the site.
		within := r.Scope == rbac.LevelSite.String() || other.Scope == r.Scope
		if within && !w.implied(other.Name) {
			names = append(names, other.Name)
		}
	}
	return names
}

// implied reports whether everybody holds the role, so that nobody gives it.
func (w *warner) implied(role string) bool {
	r, ok := w.catalog.BuiltIn(role)
	return ok && (r == w.catalog.ImpliedSite() || r == w.catalog.ImpliedOrganization())
}

// siteTypes finds permissions of an organization on types of which nothing belongs to one.
func (w *warner) siteTypes(path string, list []string) {
	for _, text := range list {
		resourceType, _, _ := strings.Cut(strings.TrimPrefix(text, "!"), ":")
		if w.catalog.SiteOnly(resourceType) {
			w.add(path+".organization", "%s has no effect here: no %s belongs to an organization", text, strings.ToLower(w.catalog.TypeLabel(resourceType)))
		}
	}
}

// words finds what people will miss in the editor. What a type or a role is, its label mostly says.
func (w *warner) words() {
	for _, t := range w.doc.Types {
		for _, a := range t.Actions {
			path := actionPath(rbac.Permission{ResourceType: t.Name, Action: a.Name})
			if a.Description == "" && !w.catalog.Core(t.Name) {
				w.add(path, "no description")
			}
			if a.Deprecated != nil && a.Deprecated.Use == "" && a.Deprecated.Note == "" {
				w.add(path+".deprecated", "neither use nor note says what to do instead")
			}
		}
	}
}
