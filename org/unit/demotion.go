package unit

import (
	"cmp"
	"maps"
	"slices"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// A role is not the way to demote a superior. Otherwise anyone who may write roles could add a deny or drop an allow, and
// so take rights from people who hold more than they do.

// MayRewrite refuses a write of an organization's role that takes something from people who hold more than the caller,
// or that leaves nobody who is able to manage the organization. after is nil when the role is deleted. Nothing is
// written yet.
func (c *Attempt) MayRewrite(h RoleScope, name string, stored org.Role, after *org.Role) error {
	if h.Site() || !takes(stored, cmp.Or(after, &org.Role{})) { // roles of the site are the owners' alone
		return nil
	}
	set, err := c.Roles(c.Ctx, h.Org.ID)
	if err != nil {
		return err
	}
	was, err := c.newCrowd(c.Ctx, h.Org.ID)
	if err != nil {
		return err
	}
	is := was.under(c.rewritten(set, name, after))
	if err := c.spareSuperiors(h, set, name, was, is); err != nil {
		return err
	}
	return c.keepManagersOf(h.Org, was, is)
}

// Rewrote notes how the roles of a set are after a write of one of them; after is nil when it was deleted. What comes then
// decides by that, and reads none of it again.
func (c *Attempt) Rewrote(set *RoleSet, name string, after *org.Role) {
	c.rewrites[set.Org] = c.rewritten(set, name, after)
}

// takes reports whether a write of a role can take anything from anybody: it drops an allow or adds a deny.
func takes(before org.Role, after *org.Role) bool {
	for level, was := range before.Levels() {
		is := *after.At(level.String())
		if slices.ContainsFunc(was, func(p rbac.Permission) bool { return !p.Negate && !slices.Contains(is, p) }) ||
			slices.ContainsFunc(is, func(p rbac.Permission) bool { return p.Negate && !slices.Contains(was, p) }) {
			return true
		}
	}
	return false
}

// spareSuperiors refuses to change a role from was to is if some holder other than the caller loses something by it, and
// holds through roles of the organization what the caller does not hold there. Equal holdings are judged once.
func (c *Attempt) spareSuperiors(h RoleScope, set *RoleSet, role string, was, is *Crowd) error {
	held := c.Actor.Grants.AllowedIn(h.Org.ID)
	if c.Actor.Operator || len(c.Catalog.Given(set.all()).Minus(held)) == 0 { // then nobody is a superior
		return nil
	}
	judged := map[Holding]bool{}
	p := db.ListHoldersOfRoleParams{OrganizationID: h.Org.ID, Role: role, MaxRows: ChunkSize}
	for {
		rows, err := c.Q.ListHoldersOfRole(c.Ctx, p)
		if err != nil || len(rows) == 0 {
			return err
		}
		list := make([]holder, len(rows))
		for i, r := range rows {
			list[i], p.AfterKey = holderOf(r.UserID, r.Roles, r.SiteRoles), r.UsernameKey
		}
		if err := was.elsewhereOf(c.Ctx, list); err != nil {
			return err
		}
		for _, held := range list {
			if held.id == c.Actor.ID() || judged[held.holding] {
				continue
			}
			judged[held.holding] = true
			if err := c.spare(h, set, held.holding, was, is); err != nil {
				return err
			}
		}
	}
}

// spare is spareSuperiors for people with one holding.
func (c *Attempt) spare(h RoleScope, set *RoleSet, hold Holding, was, is *Crowd) error {
	beyond := c.BeyondCaller(c.Actor, h.Org.ID, set.Held(set.Refs(hold.Roles)))
	if len(beyond) == 0 {
		return nil
	}
	before, err := was.Subject(c.Ctx, hold)
	if err != nil {
		return err
	}
	after, err := is.Subject(c.Ctx, hold)
	if err != nil {
		return err
	}
	for _, owner := range []rbac.ID{{}, Anyone} {
		if len(c.Surplus(before, after, rbac.Object{Org: h.Org.ID, Owner: owner})) > 0 {
			return &org.Error{Kind: org.Forbidden, Message: "Forbidden.",
				Detail: "You don't have permission to take away what this role gives: some people who hold it have permissions that you don't have, " + org.Summarize(beyond) + "."}
		}
	}
	return nil
}

// under is a crowd of the same people, decided about by another state of the roles of the organization or of the site.
func (c *Crowd) under(set *RoleSet) *Crowd {
	other := *c
	other.Sets, other.known = maps.Clone(c.Sets), map[Holding]*rbac.Subject{}
	other.Sets[set.Org] = set
	return &other
}
