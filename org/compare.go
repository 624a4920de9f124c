package org

import (
	"cmp"
	"context"
	"slices"

	"rolecall/db"
	"rolecall/rbac"
)

// RoleAt names a role as it is, or as it was at a version.
type RoleAt struct {
	Name    string
	Version int64 // 0: as it is
}

// Comparison is two roles side by side, or one at two times.
type Comparison struct {
	Organization Organization // zero for the site
	From, To     Role
	Lines        []PermissionDiff // where they differ
	Same         int              // permissions that both have alike
}

// Rule is what a role says about one permission.
type Rule string

// The rules. A role that says nothing about a permission neither allows nor denies it.
const (
	NotSet Rule = ""
	Allow  Rule = "allow"
	Deny   Rule = "deny"
)

// PermissionDiff is a permission about which two roles say different things.
type PermissionDiff struct {
	Level      rbac.Level
	Permission rbac.Permission // without its sign
	From, To   Rule
}

// CompareRoles compares roles of an organization, or of the site for "", or versions of them.
// NotFound: no such role or version, or it may not be read. Forbidden: site roles may not be read.
func (s *Service) CompareRoles(ctx context.Context, subject *Subject, organization string, from, to RoleAt) (c Comparison, err error) {
	src, h := s.snapshot(subject), siteHome
	if organization != "" {
		if h, err = src.roleHome(ctx, subject, organization); err != nil {
			return c, err
		}
		c.Organization = organizationOf(h.org)
	} else if !subject.Can("read", siteRolesObject) {
		return c, errForbidden("assign_role:read")
	}
	if c.From, err = src.roleAt(ctx, h, from); err != nil {
		return c, err
	}
	if c.To, err = src.roleAt(ctx, h, to); err != nil {
		return c, err
	}
	c.Lines = DiffRoles(&c.From, &c.To)
	c.Same = len(rulesOf(&c.From)) - countSet(c.Lines)
	return c, nil
}

// countSet is how many of the differing permissions the left role says something about.
func countSet(lines []PermissionDiff) (n int) {
	for _, l := range lines {
		if l.From != NotSet {
			n++
		}
	}
	return n
}

func (s source) roleAt(ctx context.Context, h home, at RoleAt) (Role, error) {
	set, err := s.roles(ctx, h.org.ID)
	if err != nil {
		return Role{}, err
	}
	r, ok := set.byName[at.Name]
	if !ok || at.Version != 0 && r.BuiltIn {
		return Role{}, errNotFound()
	}
	if at.Version == 0 || at.Version == r.Version {
		return r.Role, nil
	}
	row, err := s.q.GetRoleVersion(ctx, db.GetRoleVersionParams{RoleID: r.ID, Version: at.Version})
	if db.IsNotFound(err) {
		return Role{}, errNotFound()
	}
	if err != nil {
		return Role{}, err
	}
	was, err := r.versionOf(row)
	return was.Role, err
}

// DiffRoles lists the permissions about which two roles say different things, by level, type and action.
func DiffRoles(from, to *Role) []PermissionDiff {
	old, now := rulesOf(from), rulesOf(to)
	var lines []PermissionDiff
	for key, rule := range old {
		if now[key] != rule {
			lines = append(lines, PermissionDiff{key.level, key.permission, rule, now[key]})
		}
	}
	for key, rule := range now {
		if _, known := old[key]; !known {
			lines = append(lines, PermissionDiff{key.level, key.permission, NotSet, rule})
		}
	}
	slices.SortFunc(lines, func(a, b PermissionDiff) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Permission.ResourceType, b.Permission.ResourceType),
			cmp.Compare(a.Permission.Action, b.Permission.Action))
	})
	return lines
}

type ruleKey struct {
	level      rbac.Level
	permission rbac.Permission
}

func rulesOf(r *Role) map[ruleKey]Rule {
	rules := map[ruleKey]Rule{}
	for level, list := range map[rbac.Level][]rbac.Permission{
		rbac.LevelSite: r.Site, rbac.LevelOrganization: r.Organization, rbac.LevelUser: r.User,
	} {
		for _, p := range list {
			rule := Allow
			if p.Negate {
				rule, p.Negate = Deny, false
			}
			if key := (ruleKey{level, p}); rules[key] != Deny { // stored together, a deny beats an allow
				rules[key] = rule
			}
		}
	}
	return rules
}
