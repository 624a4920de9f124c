package org_test

import (
	"context"
	"slices"
	"testing"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// superior is the refusal to take something from people who hold, beyond the caller, what is listed.
func superior(beyond string) *org.Error {
	return &org.Error{Kind: org.Forbidden, Message: "Forbidden.",
		Detail: "You don't have permission to remove what this role gives: some people who have it have permissions that you don't have, " + beyond + "."}
}

// writerSite has a writer who may do everything to roles and holds all that is in the role "everyone", which started with
// less than it has now.
func writerSite(t *testing.T, holders ...person) *site {
	t.Helper()
	s := newSite(t)
	for name, list := range map[string][]string{
		"writer": {"assign_org_role:create", "assign_org_role:read", "assign_org_role:update", "assign_org_role:delete", "group:read", "file:read", "file:create"},
		"equal":  {"file:read"}, // the writer holds that, too
		"above":  {"template:create"},
		"also":   {"group:read"}, // what "everyone" gives
		"locked": {"template:create", "!group:read", "!organization:read"},
	} {
		s.exec(t, "INSERT INTO roles VALUES (?, ?, ?, '', 1, ?, ?, '', 1, '')", id("role "+name).String(), home.String(), name, start, start)
		for _, p := range list {
			s.store(t, name, "organization", p)
		}
	}
	for _, list := range [][]string{{"!file:create"}, {"group:read", "!file:create"}} {
		if _, err := s.PutRole(t.Context(), s.as(t, "o"), org.In("default"), role("everyone", list...)); err != nil {
			t.Fatal(err)
		}
	}
	s.insert(t, append(holders, person{name: "writer", home: []string{"writer"}})...)
	return s
}

// everyoneWrites are writes of the role "everyone", by whether they take anything from anybody.
func everyoneWrites(ctx context.Context, s *site, by *org.Actor) (taking, harmless map[string]func() error) {
	put := func(list ...string) func() error {
		return func() error { return drop(s.PutRole(ctx, by, org.In("default"), role("everyone", list...))) }
	}
	taking = map[string]func() error{
		"deny":   put("group:read", "!file:create", "!organization:read"),
		"drop":   put("!file:create"),
		"delete": func() error { return drop(s.DeleteRole(ctx, by, org.In("default"), "everyone", nil)) },
		"restore": func() error {
			return drop(s.RestoreRole(ctx, by, org.In("default"), "everyone", given(org.RestoreRole{Version: 1})))
		},
	}
	harmless = map[string]func() error{
		"allow added":  put("group:read", "!file:create", "file:read"),
		"deny dropped": put("group:read"),
		"renamed": func() error {
			return drop(s.PutRole(ctx, by, org.In("default"), roleBody(org.RoleInput{Name: "everyone", DisplayName: "All", Organization: perms("group:read", "!file:create")})))
		},
	}
	return taking, harmless
}

func TestRoleIsNoDemotion(t *testing.T) {
	t.Parallel()
	all, noneOf := []string{"deny", "drop", "delete", "restore"}, []string{}
	for name, c := range map[string]struct {
		holder  person
		refused []string
	}{
		"above":                  {person{home: []string{"above", "everyone"}}, all},
		"above, suspended":       {person{home: []string{"above", "everyone"}, status: "suspended"}, all},
		"above, service":         {person{home: []string{"above", "everyone"}, login: "none"}, all},
		"above, another gives":   {person{home: []string{"above", "also", "everyone"}}, []string{"deny"}},
		"above, site gives":      {person{home: []string{"above", "everyone"}, site: []string{"auditor"}}, noneOf}, // reads groups and organizations
		"above, owner":           {person{home: []string{"above", "everyone"}, site: []string{"owner"}}, noneOf},
		"above, has not":         {person{home: []string{"above"}}, noneOf},
		"above, elsewhere":       {person{home: []string{"everyone"}, beta: []string{"organization-admin"}}, noneOf},
		"above on the site":      {person{home: []string{"everyone"}, site: []string{"template-admin"}}, noneOf}, // not the measure
		"above, nothing to lose": {person{home: []string{"locked", "everyone"}}, noneOf},
		"equal":                  {person{home: []string{"equal", "everyone"}}, noneOf},
		"below":                  {person{home: []string{"everyone"}}, noneOf},
		"a stored name":          {person{home: []string{"gone", "everyone"}}, noneOf},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.holder.name = "h"
			s := writerSite(t, c.holder, person{name: "below", home: []string{"everyone"}})
			taking, harmless := everyoneWrites(t.Context(), s, dry(s.as(t, "writer")))
			for write, do := range taking {
				err := do()
				if !slices.Contains(c.refused, write) {
					if err != nil {
						t.Errorf("%s: %v", write, err)
					}
					continue
				}
				same(t, err, superior("template:create"))
			}
			for write, do := range harmless {
				if err := do(); err != nil {
					t.Errorf("%s: %v", write, err)
				}
			}
			for _, by := range []*org.Actor{s.as(t, "o"), s.as(t, "oa"), s.Operator()} { // they hold all that any role gives
				taking, _ := everyoneWrites(t.Context(), s, dry(by))
				for write, do := range taking {
					if err := do(); err != nil {
						t.Errorf("%s by %s: %v", write, by.User.Username, err)
					}
				}
			}
			// For good.
			taking, _ = everyoneWrites(t.Context(), s, s.as(t, "writer"))
			for _, write := range c.refused {
				s.refused(t, superior("template:create"), 1, taking[write])
			}
		})
	}
}

// The caller's own loss is its own matter, as far as it can undo it.
func TestOwnRoleIsNoDemotion(t *testing.T) {
	t.Parallel()
	s := writerSite(t)
	s.give(t, home, "writer", "above", "everyone")
	taking, _ := everyoneWrites(t.Context(), s, dry(s.as(t, "writer")))
	if err := taking["drop"](); err != nil {
		t.Error(err)
	}
	// An owner under a deny is asked like anybody.
	s = writerSite(t, person{name: "h", home: []string{"above", "everyone"}}, person{name: "o2", site: []string{"owner", "hush"}})
	s.exec(t, "INSERT INTO roles VALUES (?, NULL, 'hush', '', 1, ?, ?, '', 1, '')", id("role hush").String(), start, start)
	s.store(t, "hush", "site", "!template:create")
	taking, _ = everyoneWrites(t.Context(), s, s.as(t, "o2"))
	s.refused(t, superior("template:create"), 1, taking["drop"])
}

// What somebody owns counts as well: a deny at the level of the organization outranks what members may do to their own.
func TestRoleTakesOwnThings(t *testing.T) {
	t.Parallel()
	s := writerSite(t, person{name: "h", home: []string{"above", "everyone"}})
	s.store(t, "writer", "organization", "template:update")
	h := s.as(t, "h")
	own := rbac.Object{Type: "template", Org: home, Owner: id("h")}
	if !h.Can("update", own) || h.Can("update", rbac.Object{Type: "template", Org: home}) {
		t.Fatal("h must be allowed this on its own things alone")
	}
	s.refused(t, superior("template:create"), 1, func() error {
		return drop(s.PutRole(t.Context(), s.as(t, "writer"), org.In("default"), role("everyone", "group:read", "!file:create", "!template:update")))
	})
}

// A dry run tells the refusal that the write would get, and records nothing.
func TestDemotionIsForeseen(t *testing.T) {
	t.Parallel()
	s := writerSite(t, person{name: "h", home: []string{"above", "everyone"}})
	s.refused(t, superior("template:create"), 0, func() error {
		return drop(s.DeleteRole(t.Context(), dry(s.as(t, "writer")), org.In("default"), "everyone", nil))
	})
}
