package org_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

var (
	lastOwner = &org.Error{Kind: org.Invalid, Message: "At least one active owner must remain.",
		Detail: "After this change no active account with the owner role could manage site roles and users. Give another active account the owner role first."}
	lastAdmin = &org.Error{Kind: org.Invalid, Message: "At least one active organization admin must remain.",
		Detail: "Acme would be left without an active organization admin. Make another active member one first, or ask a site owner."}
	moreThanUserAdmin = &org.Error{Kind: org.Forbidden, Message: "Forbidden.",
		Detail: "You don't have permission to act on this account: it has permissions that you don't have, api_key:create, api_key:delete, api_key:read and 93 more in Acme."}
	ownUndo = &org.Error{Kind: org.Invalid, Message: "You could not undo this change.",
		Detail: "You have this role yourself and could not restore it. Ask another administrator to make this change."}
)

// ways are the verbs that take somebody's power as a person.
func (s *site) ways(t *testing.T) map[string]func(by *org.Actor, user string) error {
	ctx := t.Context()
	return map[string]func(by *org.Actor, user string) error{
		"demote": func(by *org.Actor, user string) error { return drop(s.SetUserRoles(ctx, by, user, roles("auditor"))) },
		"clear":  func(by *org.Actor, user string) error { return drop(s.SetUserRoles(ctx, by, user, roles())) },
		"suspend": func(by *org.Actor, user string) error {
			return drop2(s.SetStatus(ctx, by, user, org.StatusSuspended, nil))
		},
		"delete": func(by *org.Actor, user string) error { return drop(s.DeleteUser(ctx, by, user, nil)) },
	}
}

func TestLastOwner(t *testing.T) {
	t.Parallel()
	// Whoever else holds the role does not count unless a person can sign in with it now.
	for _, other := range []person{
		{name: "other", site: []string{"auditor"}},
		{name: "other", site: []string{"owner"}, status: "suspended"},
		{name: "other", site: []string{"owner"}, status: "dormant"},
		{name: "other", site: []string{"owner"}, login: "none"},
		{name: "other", site: []string{"owner", "lock"}},
	} {
		s := newSite(t)
		s.exec(t, "INSERT INTO roles VALUES (?, NULL, 'lock', '', 1, ?, ?, '', 1, '')", id("role lock").String(), start, start)
		s.store(t, "lock", "site", "!assign_role:unassign")
		s.insert(t, other)
		for way, do := range s.ways(t) {
			t.Run(fmt.Sprint(way, other), func(t *testing.T) {
				s.refused(t, lastOwner, 1, func() error { return do(s.Operator(), "o") })
			})
		}
		if other.login == "none" { // it can act, though it does not count
			for _, do := range s.ways(t) {
				s.refused(t, lastOwner, 1, func() error { return do(s.as(t, "other"), "o") })
			}
		}
	}
	for way := range newSite(t).ways(t) {
		s := newSite(t)
		s.insert(t, person{name: "o2", site: []string{"owner"}})
		if err := s.ways(t)[way](s.as(t, "o2"), "o"); err != nil {
			t.Errorf("%s one of two owners: %v", way, err)
		}
		if err := s.ways(t)[way](s.Operator(), "o2"); org.KindOf(err) != org.Invalid {
			t.Errorf("%s the other one, too: %v", way, err)
		}
	}
}

// No site role locks the owners out: neither given to them, nor changed while they hold it.
func TestOwnersCanNotBeLockedOut(t *testing.T) {
	t.Parallel()
	for _, deny := range []string{"!assign_role:assign", "!assign_role:unassign", "!user:update", "!*:assign", "!*:update"} {
		s := newSite(t)
		ctx := t.Context()
		s.insert(t, person{name: "o2", site: []string{"owner"}})
		put := func(by *org.Actor, list ...string) error {
			return drop(s.PutRole(ctx, by, org.Site, roleBody(org.RoleInput{Name: "lock", Site: perms(list...)})))
		}
		if err := put(s.as(t, "o"), deny); err != nil {
			if strings.Contains(deny, "*") { // an owner does not hold it everywhere
				continue
			}
			t.Fatal(err)
		}
		if err := drop(s.SetUserRoles(ctx, s.as(t, "o"), "o2", roles("owner", "lock"))); err != nil {
			t.Fatalf("%s for one of two owners: %v", deny, err)
		}
		s.refused(t, lastOwner, 1, func() error { return drop(s.SetUserRoles(ctx, s.Operator(), "o", roles("owner", "lock"))) })
		// The same by an edit of a role that both hold.
		s.exec(t, "DELETE FROM role_permissions WHERE role_id = (SELECT id FROM roles WHERE name = 'lock')")
		if err := drop(s.SetUserRoles(ctx, s.as(t, "o2"), "o", roles("owner", "lock"))); err != nil {
			t.Fatal(err)
		}
		s.refused(t, lastOwner, 1, func() error { return put(s.Operator(), deny) })
		s.refused(t, ownUndo, 1, func() error { return put(s.as(t, "o"), deny) })
		// And when the only other owner goes.
		s.exec(t, "DELETE FROM user_roles WHERE role = 'lock' AND user_id = ?", id("o2").String())
		if err := put(s.as(t, "o2"), deny); err != nil {
			t.Fatal(err)
		}
		for way, do := range s.ways(t) {
			t.Run(deny+" "+way, func(t *testing.T) {
				s.refused(t, lastOwner, 1, func() error { return do(s.Operator(), "o2") })
			})
		}
	}
}

// The ways in which an organization loses an admin.
func (s *site) adminWays(t *testing.T) map[string]func(by, user string) error {
	ctx := t.Context()
	return map[string]func(by, user string) error{
		"remove": func(by, user string) error { return drop(s.RemoveMember(ctx, s.as(t, by), "default", user, nil)) },
		"demote": func(by, user string) error {
			return drop(s.SetMemberRoles(ctx, s.as(t, by), "default", user, roles("viewer")))
		},
		"suspend": func(by, user string) error {
			return drop2(s.SetStatus(ctx, s.as(t, by), user, org.StatusSuspended, nil))
		},
		"delete": func(by, user string) error { return drop(s.DeleteUser(ctx, s.as(t, by), user, nil)) },
	}
}

func TestLastOrganizationAdmin(t *testing.T) {
	t.Parallel()
	admin := []string{"organization-admin"}
	for _, other := range []person{
		{name: "other", home: []string{"organization-user-admin"}},
		{name: "other", home: admin, status: "suspended"},
		{name: "other", home: admin, status: "dormant"},
		{name: "other", home: admin, login: "none"},
		{name: "other", beta: admin},
	} {
		s := newSite(t)
		s.insert(t, other)
		for _, c := range []struct{ way, by string }{{"remove", "ua"}, {"remove", "oua"}, {"suspend", "ua"}} {
			t.Run(fmt.Sprint(c, other), func(t *testing.T) {
				s.refused(t, lastAdmin, 1, func() error { return s.adminWays(t)[c.way](c.by, "oa") })
			})
		}
		s.refused(t, moreThanUserAdmin, 1, func() error { return s.adminWays(t)["delete"]("ua", "oa") })
		m, err := s.Member(t.Context(), s.as(t, "oua"), "default", "oa")
		if err != nil || !strings.Contains(m.RemoveRefusal, "last active organization admin") {
			t.Errorf("told %q (%v)", m.RemoveRefusal, err)
		}
		if other.login == "none" {
			for _, way := range []string{"remove", "demote"} {
				s.refused(t, lastAdmin, 1, func() error { return s.adminWays(t)[way]("other", "oa") })
			}
		}
	}
	for way := range newSite(t).adminWays(t) {
		s := newSite(t)
		if err := s.adminWays(t)[way]("o", "oa"); err != nil {
			t.Errorf("%s by a site owner: %v", way, err)
		}
		s = newSite(t)
		s.insert(t, person{name: "oa2", home: admin})
		if way == "delete" { // that takes all that an admin holds
			s.refused(t, moreThanUserAdmin, 1, func() error { return s.adminWays(t)[way]("ua", "oa2") })
			continue
		}
		by := "ua"
		if way == "demote" {
			by = "oa2"
		}
		if err := s.adminWays(t)[way](by, "oa"); err != nil {
			t.Errorf("%s one of two: %v", way, err)
		}
		if way != "demote" {
			s.refused(t, lastAdmin, 1, func() error { return s.adminWays(t)[way]("ua", "oa2") })
		}
	}
	// Who is not active is no active admin: the organization loses none.
	for _, status := range []string{"suspended", "dormant"} {
		s := newSite(t)
		s.exec(t, "UPDATE users SET status = ? WHERE id = ?", status, id("oa").String())
		if _, err := s.RemoveMember(t.Context(), s.as(t, "oua"), "default", "oa", nil); err != nil {
			t.Errorf("a %s admin: %v", status, err)
		}
	}
	// Other changes of the last admin are nobody's business.
	s := newSite(t)
	s.insert(t, person{name: "oa2", home: admin, login: "none"})
	if _, err := s.SetMemberRoles(t.Context(), s.as(t, "oa2"), "default", "oa", roles("organization-admin", "viewer")); err != nil {
		t.Error(err)
	}
}

func TestOwnLastRightToUndo(t *testing.T) {
	t.Parallel()
	create, update, del, read := "assign_org_role:create", "assign_org_role:update", "assign_org_role:delete", "template:read"
	s := newSite(t)
	ctx := t.Context()
	put := func(by, name string, list ...string) func() error {
		return func() error {
			return drop(s.PutRole(ctx, s.as(t, by), org.In("default"), roleBody(org.RoleInput{Name: name, Organization: perms(list...)})))
		}
	}
	for _, left := range [][]string{{create, del, read}, {update, del, read}, {create, update, read}, {create, update, del}, {}} {
		s.refused(t, ownUndo, 1, put("maker", "maker", left...))
	}
	s.refused(t, ownUndo, 1, func() error { return drop(s.DeleteRole(ctx, s.as(t, "maker"), org.In("default"), "maker", nil)) })
	// What it holds by another role as well it can put back.
	s.give(t, home, "maker", "viewer")
	if err := put("maker", "maker", create, update, del)(); err != nil {
		t.Error(err)
	}
	s.refused(t, ownUndo, 1, put("maker", "viewer")) // and now it is the last
	// Others may change it as they like.
	if err := put("oa", "maker")(); err != nil {
		t.Error(err)
	}

	// A deny in a role that one holds, of what would be needed to take it out again.
	s = newSite(t)
	s.insert(t, person{name: "oa2", home: []string{"organization-admin"}})
	s.give(t, home, "oa", "viewer")
	s.give(t, home, "o", "viewer")
	for _, deny := range []string{"!template:delete", "!assign_org_role:update"} {
		s.refused(t, ownUndo, 1, put("oa", "viewer", read, deny))
	}
	if err := put("o", "viewer", read, "!template:delete")(); err != nil { // an owner's site rights outrank it
		t.Error(err)
	}
	s.refused(t, &org.Error{Kind: org.Forbidden, Message: "Forbidden.", Detail: "You don't have permission to delete this role: it denies what you do not hold, template:delete."}, 1,
		func() error { return drop(s.DeleteRole(ctx, s.as(t, "oa"), org.In("default"), "viewer", nil)) })

	// The right to change roles itself, held by a wildcard that as a whole could not be put back anyway.
	s = newSite(t)
	s.store(t, "viewer", "organization", "*:update")
	s.give(t, home, "viewer", "curb")
	s.refused(t, ownUndo, 1, put("viewer", "viewer", read))

	// The same on the site.
	s = newSite(t)
	s.insert(t, person{name: "o2", site: []string{"owner", "site-reader"}})
	site := func(by string, list ...string) func() error {
		return func() error {
			return drop(s.PutRole(ctx, s.as(t, by), org.Site, roleBody(org.RoleInput{Name: "site-reader", Site: perms(list...)})))
		}
	}
	s.refused(t, ownUndo, 1, site("o2", "!template:delete"))
	if err := site("o", "!template:delete")(); err != nil {
		t.Error(err)
	}
}

func TestOneselfIsSafe(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	s.insert(t, person{name: "o2", site: []string{"owner"}})
	for _, ref := range []string{"me", "o", "O", id("o").String()} {
		s.refused(t, &org.Error{Kind: org.Forbidden, Message: "You cannot delete yourself!"}, 1, func() error { return drop(s.DeleteUser(ctx, s.as(t, "o"), ref, nil)) })
		s.refused(t, &org.Error{Kind: org.Invalid, Message: "You cannot suspend yourself."}, 1, func() error {
			return drop2(s.SetStatus(ctx, s.as(t, "o"), ref, org.StatusSuspended, nil))
		})
	}
	// Whoever would not be allowed to is told the same.
	s.refused(t, &org.Error{Kind: org.Invalid, Message: "You cannot suspend yourself."}, 1, func() error {
		return drop2(s.SetStatus(ctx, s.as(t, "m"), "me", org.StatusSuspended, nil))
	})
	s.refused(t, &org.Error{Kind: org.Forbidden, Message: "You cannot delete yourself!"}, 1, func() error { return drop(s.DeleteUser(ctx, s.as(t, "m"), "me", nil)) })
	s.unchanged(t, func() error { return drop2(s.SetStatus(ctx, s.as(t, "o"), "me", org.StatusActive, nil)) })
}

// docs/spec/users.md, accounts: who may act on accounts at all.
func TestWhoActsOnAccounts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	for _, by := range []string{"ta", "au", "oa", "oua"} { // they read every account and change none
		for verb, do := range map[string]func() error{
			"suspend":  func() error { return drop2(s.SetStatus(ctx, s.as(t, by), "m", org.StatusSuspended, nil)) },
			"activate": func() error { return drop2(s.SetStatus(ctx, s.as(t, by), "Sue", org.StatusActive, nil)) },
			"delete":   func() error { return drop(s.DeleteUser(ctx, s.as(t, by), "m", nil)) },
			"password": func() error { return s.SetPassword(ctx, s.as(t, by), "m", unread[org.PasswordInput](t), nil) },
			"profile":  func() error { return drop(s.UpdateProfile(ctx, s.as(t, by), "m", unread[org.Profile](t))) },
			"roles":    func() error { return drop(s.SetUserRoles(ctx, s.as(t, by), "m", unread[org.RolesInput](t))) },
			"token": func() error {
				_, _, err := s.CreateToken(ctx, s.as(t, by), "m", unread[org.TokenInput](t))
				return err
			},
		} {
			t.Run(by+" "+verb, func(t *testing.T) { s.refused(t, forbid, 1, do) })
		}
	}
	ua := s.as(t, "ua")
	for _, c := range []struct {
		user string
		want org.Kind
	}{{"o", org.Forbidden}, {"ta", org.Forbidden}, {"au", org.Forbidden}} {
		entries := s.entries(t)
		if err := drop2(s.SetStatus(ctx, ua, c.user, org.StatusSuspended, nil)); org.KindOf(err) != c.want || s.entries(t) != entries+1 {
			t.Errorf("ua on %s: %v", c.user, err)
		}
	}
	s.accepted(t, entry{Actor: "ua", Action: "write", Type: "user", Target: "m", Organization: uuid.Nil, Status: 200, Fields: []string{"status"}}, func() error { return drop2(s.SetStatus(ctx, ua, "m", org.StatusSuspended, nil)) })
	s.unchanged(t, func() error { return drop2(s.SetStatus(ctx, ua, "m", org.StatusSuspended, nil)) })
	if !s.isMember(t, home, "m") {
		t.Error("a suspended user is no member any more")
	}
	s.accepted(t, entry{Actor: "ua", Action: "write", Type: "user", Target: "m", Organization: uuid.Nil, Status: 200, Fields: []string{"status"}}, func() error { return drop2(s.SetStatus(ctx, ua, "m", org.StatusActive, nil)) })
	// Everyone keeps its own profile.
	s.accepted(t, entry{Actor: "m", Action: "write", Type: "user", Target: "m", Organization: uuid.Nil, Status: 200, Fields: []string{"name"}}, func() error {
		return drop(s.UpdateProfile(ctx, s.as(t, "m"), "me", given(org.Profile{Name: "Em"})))
	})
	if s.as(t, "m").Can("update", rbac.Object{Type: "user", Owner: id("m")}) {
		t.Error("m may change its own status")
	}
}
