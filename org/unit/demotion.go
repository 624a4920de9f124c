package unit

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// No one may demote a superior through a role. Otherwise anyone who may write roles could add a deny or drop an allow, and
// so take rights from people who hold more than they do.

// MayRewrite refuses a write of an organization's role that takes something from people who hold more than the caller,
// or that leaves no one who is able to manage the organization. after is nil if the role is deleted. Nothing has been
// written yet.
func (a *Attempt) MayRewrite(ctx context.Context, h RoleScope, name string, stored org.Role, after *org.Role) error {
	if h.Site() || !takes(stored, cmp.Or(after, &org.Role{})) { // only owners write roles of the site
		return nil
	}
	set, err := a.Roles(ctx, h.Org.ID)
	if err != nil {
		return err
	}
	was, err := a.newCrowd(ctx, h.Org.ID)
	if err != nil {
		return err
	}
	is := was.under(a.rewritten(set, name, after))
	if err := a.spareSuperiors(ctx, h, set, name, was, is); err != nil {
		return err
	}
	return a.keepManagersOf(ctx, h.Org, was, is)
}

// takes reports whether a write of a role can take anything from anyone: it drops an allow or adds a deny.
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
func (a *Attempt) spareSuperiors(ctx context.Context, h RoleScope, set *RoleSet, role string, was, is *Crowd) error {
	held := a.Actor.Grants.AllowedIn(h.Org.ID)
	if a.Actor.Operator || len(a.Catalog().Given(set.all()).Minus(held)) == 0 { // then no one is a superior
		return nil
	}
	judged := map[Holding]bool{}
	p := db.ListHoldersOfRoleParams{OrganizationID: h.Org.ID, Role: role, MaxRows: ChunkSize}
	for {
		rows, err := a.Q.ListHoldersOfRole(ctx, p)
		if err != nil || len(rows) == 0 {
			return err
		}
		p.AfterKey = rows[len(rows)-1].UsernameKey
		list, err := a.holdersNow(ctx, h.Org.ID, role, rows)
		if err != nil {
			return err
		}
		if err := was.elsewhereOf(ctx, list); err != nil {
			return err
		}
		for _, held := range list {
			if held.id == a.Actor.ID() || judged[held.holding] {
				continue
			}
			judged[held.holding] = true
			if err := a.spare(ctx, h, set, held.holding, was, is); err != nil {
				return err
			}
		}
	}
}

// spare does what spareSuperiors does, for people with one holding.
func (a *Attempt) spare(ctx context.Context, h RoleScope, set *RoleSet, hold Holding, was, is *Crowd) error {
	beyond := a.BeyondCaller(a.Actor, h.Org.ID, set.Held(set.Refs(hold.Roles)))
	if len(beyond) == 0 {
		return nil
	}
	before, err := was.Subject(ctx, hold)
	if err != nil {
		return err
	}
	after, err := is.Subject(ctx, hold)
	if err != nil {
		return err
	}
	for _, owner := range []rbac.ID{{}, Anyone} {
		if len(a.Surplus(before, after, rbac.Object{Org: h.Org.ID, Owner: owner})) > 0 {
			return &org.Error{Kind: org.Forbidden, Message: "Forbidden.",
				Detail: "You don't have permission to remove what this role gives: some people who have it have permissions that you don't have, " + org.Summarize(beyond) + "."}
		}
	}
	return nil
}

// under returns a crowd of the same people under another role set of the organization or of the site.
func (c *Crowd) under(set *RoleSet) *Crowd {
	other := *c
	other.Sets, other.known = maps.Clone(c.Sets), map[Holding]*rbac.Subject{}
	other.Sets[set.Org] = set
	return &other
}
