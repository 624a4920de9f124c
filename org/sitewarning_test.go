package org_test

import (
	"slices"
	"testing"

	"rolecall.example/org"
)

// A site owner is warned before a role of the site changes in a way that leaves an organization without anyone able to
// manage it, and only then.
func TestSiteRoleWarns(t *testing.T) {
	t.Parallel()
	type write = func(s *site, by *org.Actor) error
	put := func(name string, list ...string) write {
		return func(s *site, by *org.Actor) error {
			return drop(s.PutRole(t.Context(), by, org.Site, roleBody(org.RoleInput{Name: name, Site: perms(list...)})))
		}
	}
	remove := func(s *site, by *org.Actor) error {
		return drop(s.DeleteRole(t.Context(), by, org.Site, "keeper", nil))
	}
	less := put("keeper", slices.Delete(slices.Clone(toManage), 3, 4)...)
	kept := person{name: "kept", home: none, site: []string{"keeper"}}
	here := "No one in Acme will be able to manage it."
	for name, c := range map[string]struct {
		others []person
		alone  bool // no one manages it by a role of the organization
		do     write
		want   string
	}{
		"deletion":                 {[]person{kept}, true, remove, here},
		"less":                     {[]person{kept}, true, less, here},
		"a deny":                   {[]person{{name: "kept", home: none, site: []string{"keeper", "mute"}}}, true, put("mute", "!user:read", "!organization:read"), ""}, // could not before
		"a deny to all":            {[]person{{name: "kept", home: none, site: []string{"keeper", "sight"}}}, true, put("sight", "user:read", "!organization:read"), here},
		"a deny over home roles":   {[]person{{name: "local", home: []string{"steward"}, site: []string{"sight"}}}, true, put("sight", "user:read", "!assign_org_role:assign"), here},
		"more":                     {[]person{kept}, true, put("keeper", append(slices.Clone(toManage), "user:read")...), ""},
		"something else":           {[]person{kept}, true, put("sight", "user:read"), ""},
		"another by a home role":   {[]person{kept}, false, remove, ""},
		"another by a site role":   {[]person{kept, {name: "desk2", home: none, site: []string{"desk"}}}, true, remove, ""},
		"suspended":                {[]person{{name: "kept", home: none, site: []string{"keeper"}, status: "suspended"}}, true, remove, ""},
		"a service account":        {[]person{{name: "kept", home: none, site: []string{"keeper"}, login: "none"}}, true, remove, ""},
		"no member":                {[]person{{name: "kept", site: []string{"keeper"}}}, true, remove, ""},
		"an owner":                 {[]person{{name: "kept", home: none, site: []string{"keeper", "owner"}}}, true, remove, ""},
		"two organizations":        {[]person{{name: "kept", home: none, beta: none, site: []string{"keeper"}}}, true, remove, "No one in Acme and Beta Ltd will be able to manage them."},
		"one of two organizations": {[]person{{name: "kept", home: none, beta: none, site: []string{"keeper"}}}, false, remove, "No one in Beta Ltd will be able to manage it."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := stewardSite(t, c.others...)
			if c.alone {
				s.exec(t, "DELETE FROM member_roles WHERE user_id = ?", id("st").String())
			}
			for _, by := range []*org.Actor{s.as(t, "o"), s.Operator()} {
				by, impact := dryRun(by)
				if err := c.do(s, by); err != nil || impact.Warning != c.want {
					t.Errorf("%s is warned of %q (%v), want %q", by.User.Username, impact.Warning, err, c.want)
				}
			}
			able := len(s.able(t, home)) + len(s.able(t, beta))
			if err := c.do(s, s.as(t, "o")); err != nil {
				t.Fatal(err)
			}
			if lost := able > len(s.able(t, home))+len(s.able(t, beta)); c.want != "" && !lost {
				t.Error("no one lost anything")
			}
		})
	}
}
