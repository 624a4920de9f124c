package org

import (
	"cmp"
	"maps"
	"slices"

	"rolecall.example/db"
	"rolecall.example/rbac"
)

// A role is not the way to demote a superior. Otherwise anyone who may write roles could add a deny or drop an allow, and
// so take rights from people who hold more than they do.

// mayRewrite refuses a write of an organization's role that takes something from people who hold more than the caller,
// or that leaves nobody who is able to manage the organization. after is nil when the role is deleted. Nothing is
// written yet.
func (c *change) mayRewrite(h home, name string, stored Role, after *Role) error {
	if h.site() || !takes(stored, cmp.Or(after, &Role{})) { // roles of the site are the owners' alone
		return nil
	}
	set, err := c.roles(c.ctx, h.org.ID)
	if err != nil {
		return err
	}
	was, err := c.newCrowd(c.ctx, h.org.ID)
	if err != nil {
		return err
	}
	is := was.under(c.rewritten(set, name, after))
	if err := c.spareSuperiors(h, set, name, was, is); err != nil {
		return err
	}
	return c.keepManagersOf(h.org, was, is)
}

// takes reports whether a write of a role can take anything from anybody: it drops an allow or adds a deny.
func takes(before Role, after *Role) bool {
	for level, was := range before.levels() {
		is := *after.at(level.String())
		if slices.ContainsFunc(was, func(p rbac.Permission) bool { return !p.Negate && !slices.Contains(is, p) }) ||
			slices.ContainsFunc(is, func(p rbac.Permission) bool { return p.Negate && !slices.Contains(was, p) }) {
			return true
		}
	}
	return false
}

// spareSuperiors refuses to change a role from was to is if some holder other than the caller loses something by it, and
// holds through roles of the organization what the caller does not hold there. Equal holdings are judged once.
func (c *change) spareSuperiors(h home, set *roleSet, role string, was, is *crowd) error {
	held := c.by.grants.AllowedIn(h.org.ID)
	if c.by.operator || len(c.catalog.Given(set.all()).Minus(held)) == 0 { // then nobody is a superior
		return nil
	}
	judged := map[holding]bool{}
	p := db.ListHoldersOfRoleParams{OrganizationID: h.org.ID, Role: role, MaxRows: chunk}
	for {
		rows, err := c.q.ListHoldersOfRole(c.ctx, p)
		if err != nil || len(rows) == 0 {
			return err
		}
		list := make([]holder, len(rows))
		for i, r := range rows {
			list[i], p.AfterKey = holderOf(r.UserID, r.Roles, r.SiteRoles), r.UsernameKey
		}
		if err := was.elsewhereOf(c.ctx, list); err != nil {
			return err
		}
		for _, held := range list {
			if held.id == c.by.ID() || judged[held.holding] {
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
func (c *change) spare(h home, set *roleSet, hold holding, was, is *crowd) error {
	beyond := c.beyondCaller(c.by, h.org.ID, set.held(set.refs(hold.roles)))
	if len(beyond) == 0 {
		return nil
	}
	before, err := was.subject(c.ctx, hold)
	if err != nil {
		return err
	}
	after, err := is.subject(c.ctx, hold)
	if err != nil {
		return err
	}
	for _, owner := range []rbac.ID{{}, anyone} {
		if len(c.surplus(before, after, rbac.Object{Org: h.org.ID, Owner: owner})) > 0 {
			return &Error{Kind: Forbidden, Message: "Forbidden.",
				Detail: "You don't have permission to take away what this role gives: some people who hold it have permissions that you don't have, " + some(beyond) + "."}
		}
	}
	return nil
}

// under is a crowd of the same people, decided about by another state of the organization's roles.
func (c *crowd) under(set *roleSet) *crowd {
	other := *c
	other.sets, other.known = maps.Clone(c.sets), map[holding]*rbac.Subject{}
	other.sets[c.org] = set
	return &other
}
