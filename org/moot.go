package org

import (
	"context"
	"slices"
	"strings"

	"rolecall/rbac"
)

// Reasons why an allow changes nothing. People who gave almost nothing and see that it is a lot, or who gave everything
// and see it fail, find the answer in them.
const (
	mootSiteOnly = "Has no effect here: nothing of this type belongs to an organization"
	mootDenied   = "Has no effect: this role denies it for every resource type"
	mootCovered  = "Changes nothing: this role allows it for every resource type"
	mootAnyway   = "Changes nothing: every member may do this anyway"
	mootOwn      = "Every member may do this anyway to what they own; the role widens it to everybody's"
)

// Moot says that allowing a permission in a role changes nothing, or less than it seems to. The zero value is for those
// that change what they say.
type Moot struct {
	Reason string
	Own    bool // only for what somebody owns; for everything else the permission counts
}

// moot tells which allows of a role change nothing for its holders, and why: the engine is asked what somebody without
// any role may do, so that the answer is never older than the rules.
func (s source) moot(h home, role Role) func(rbac.Level, rbac.Permission) Moot {
	if h.site() {
		return func(l rbac.Level, p rbac.Permission) Moot { return Moot{Reason: covered(role, l, p)} }
	}
	plain := s.catalog.NewSubject(anyone, []rbac.ID{h.org.ID}, nil)
	anywhere, own := plain.Allowed(rbac.Object{Org: h.org.ID}), plain.Allowed(rbac.Object{Org: h.org.ID, Owner: anyone})
	return func(l rbac.Level, p rbac.Permission) Moot {
		switch why := covered(role, l, p); {
		case p.ResourceType == rbac.Wildcard || l != rbac.LevelOrganization:
			return Moot{}
		case s.catalog.SiteOnly(p.ResourceType):
			return Moot{Reason: mootSiteOnly}
		case why != "":
			return Moot{Reason: why}
		case anywhere.Contains(p.ResourceType, p.Action):
			return Moot{Reason: mootAnyway}
		case own.Contains(p.ResourceType, p.Action):
			return Moot{Reason: mootOwn, Own: true}
		}
		return Moot{}
	}
}

// covered says whether the wildcard type of the same role has decided about a permission.
func covered(role Role, l rbac.Level, p rbac.Permission) string {
	if p.ResourceType == rbac.Wildcard {
		return ""
	}
	p.ResourceType, p.Negate = rbac.Wildcard, true
	list := *role.at(l.String())
	if slices.Contains(list, p) {
		return mootDenied
	}
	p.Negate = false
	if slices.Contains(list, p) {
		return mootCovered
	}
	return ""
}

// Grantors are the display names of roles that give all of these permissions, as type:action, in an organization, at
// most a few: whoever was refused for want of them can ask for one. It tells nothing to who may not read the roles.
func (s *Service) Grantors(ctx context.Context, subject *Subject, organization string, permissions []string) ([]string, error) {
	const few = 4
	src := s.snapshot(subject)
	h, err := src.roleHome(ctx, subject, organization)
	if err != nil {
		return nil, err
	}
	set, err := src.roles(ctx, h.org.ID)
	if err != nil {
		return nil, err
	}
	var names []string
	// Built-in roles come last in the list, and are what an administrator would think of first.
	for i := range set.list {
		r := &set.list[len(set.list)-1-i]
		rights := s.catalog.OrganizationRights(h.org.ID, []*rbac.Role{r.compiled})
		missing := slices.ContainsFunc(permissions, func(p string) bool {
			resourceType, action, _ := strings.Cut(p, ":")
			return !rights.Contains(resourceType, action)
		})
		if !missing && len(names) < few {
			names = append(names, r.DisplayName)
		}
	}
	return names, nil
}
