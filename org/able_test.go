package org_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

func noManager(of string) *org.Error {
	return &org.Error{Kind: org.Invalid, Message: "Someone must still be able to manage this organization.",
		Detail: "After this change no active member of " + of + " could read it and manage its roles. Ask a site owner."}
}

// toManage is what managing an organization takes.
var toManage = []string{
	"organization:read", "organization_member:read", "assign_org_role:read", "assign_org_role:update", "assign_org_role:assign", "assign_org_role:unassign",
}

// stewardSite has an organization, "default", that one person alone can manage: "st", by the custom role "steward". There
// is no organization admin. The robot, a service account, may do everything there that people do in organizations, and
// desk everything to accounts; neither counts as a manager.
func stewardSite(t *testing.T, others ...person) *site {
	t.Helper()
	s := newSite(t)
	s.exec(t, "DELETE FROM member_roles WHERE role = 'organization-admin'")
	more := append(slices.Clone(toManage), "assign_org_role:create", "assign_org_role:delete", "organization_member:delete", "organization_member:create")
	for name, list := range map[string][]string{
		"steward": toManage, "robot": more, "lock": {"!organization:read"}, "half": toManage[:4], "rest": toManage[4:],
	} {
		s.exec(t, "INSERT INTO roles VALUES (?, ?, ?, '', 2, ?, ?, '', 1, '')", id("role "+name).String(), home.String(), name, start, start)
		for _, p := range list {
			s.store(t, name, "organization", p)
		}
	}
	s.exec(t, `INSERT INTO role_versions VALUES (?, 1, '', '{"organization":[]}', ?, '', 1, '', 0)`, id("role steward").String(), start)
	desk := slices.Concat(more, []string{"user:read", "user:read_personal", "user:update", "user:update_personal", "user:delete",
		"assign_role:assign", "assign_role:unassign", "organization_member:update"})
	for name, list := range map[string][]string{"desk": desk, "mute": {"!assign_org_role:unassign"}, "keeper": toManage} {
		s.exec(t, "INSERT INTO roles VALUES (?, NULL, ?, '', 1, ?, ?, '', 1, '')", id("role "+name).String(), name, start, start)
		for _, p := range list {
			s.store(t, name, "site", p)
		}
	}
	s.insert(t, append([]person{
		{name: "st", home: []string{"steward"}},
		{name: "robot", home: []string{"robot"}, login: "none"},
		{name: "desk", site: []string{"desk"}},
		{name: "eye", site: []string{"sight"}},
	}, others...)...)
	s.exec(t, "INSERT INTO roles VALUES (?, NULL, 'sight', '', 1, ?, ?, '', 1, '')", id("role sight").String(), start, start)
	for _, p := range []string{"user:read", "user:update"} {
		s.store(t, "sight", "site", p)
	}
	return s
}

// undoable is an undo that takes from st the role that it was given last.
func (s *site) undoable(t *testing.T) string {
	t.Helper()
	s.exec(t, "DELETE FROM member_roles WHERE user_id = ? AND role <> 'organization-member'", id("st").String())
	if _, err := s.SetMemberRoles(t.Context(), s.as(t, "o"), "default", "st", roles("steward")); err != nil {
		t.Fatal(err)
	}
	rows := s.audit(t, 0)
	return s.text(t, "SELECT id FROM audit_logs WHERE seq = (SELECT max(seq) FROM audit_logs WHERE resource_id = ?)", rows[len(rows)-1].ID)
}

// noDryRun are those of stewardWrites that nobody can ask the impact of.
var noDryRun = []string{"suspend", "delete", "undo"}

// stewardWrites are the writes that leave nobody who can manage the organization, by whoever has the rights to them.
func stewardWrites(t *testing.T, s *site, undo string) map[string]struct {
	by string
	do func(by *org.Actor) error
} {
	t.Helper()
	ctx := t.Context()
	type write = struct {
		by string
		do func(by *org.Actor) error
	}
	give := func(list ...string) func(by *org.Actor) error {
		return func(by *org.Actor) error { return drop(s.SetMemberRoles(ctx, by, "default", "st", roles(list...))) }
	}
	put := func(list ...string) func(by *org.Actor) error {
		return func(by *org.Actor) error {
			return drop(s.PutRole(ctx, by, org.In("default"), role("steward", list...)))
		}
	}
	writes := map[string]write{
		"member roles": {"robot", give()},
		"half of it":   {"robot", give("half")},
		"a deny":       {"robot", give("steward", "lock")},
		"removal":      {"robot", func(by *org.Actor) error { return drop(s.RemoveMember(ctx, by, "default", "st", nil)) }},
		"role delete":  {"robot", func(by *org.Actor) error { return drop(s.DeleteRole(ctx, by, org.In("default"), "steward", nil)) }},
		"role restore": {"robot", func(by *org.Actor) error {
			return drop(s.RestoreRole(ctx, by, org.In("default"), "steward", given(org.RestoreRole{Version: 1})))
		}},
		"suspend":    {"desk", func(by *org.Actor) error { return drop2(s.SetStatus(ctx, by, "st", org.StatusSuspended, nil)) }},
		"delete":     {"desk", func(by *org.Actor) error { return drop(s.DeleteUser(ctx, by, "st", nil)) }},
		"site roles": {"desk", func(by *org.Actor) error { return drop(s.SetUserRoles(ctx, by, "st", roles("mute"))) }},
		"undo":       {"robot", func(by *org.Actor) error { return drop(s.Undo(ctx, by, undo)) }},
	}
	for i, p := range toManage {
		left := slices.Delete(slices.Clone(toManage), i, i+1)
		if p == "organization:read" || p == "assign_org_role:read" { // members have these without a role
			continue
		}
		writes["without "+p] = write{"robot", put(left...)}
	}
	for _, p := range toManage {
		writes["deny "+p] = write{"robot", put(append(slices.DeleteFunc(slices.Clone(toManage), func(q string) bool { return p == q }), "!"+p)...)}
	}
	return writes
}

func TestSomebodyStaysAble(t *testing.T) {
	t.Parallel()
	// With these beside st it is still the only one.
	alone := []person{
		{name: "other", home: []string{"half"}},
		{name: "other", home: []string{"steward", "lock"}},
		{name: "other", home: []string{"robot"}, status: "suspended"},
		{name: "other", home: []string{"robot"}, status: "dormant"},
		{name: "other", home: []string{"robot"}, login: "none"},
		{name: "other", home: []string{"robot"}, site: []string{"owner"}},
		{name: "other", home: none, site: []string{"keeper", "mute"}},
		{name: "other", site: []string{"keeper"}},
		{name: "other", beta: []string{"organization-admin"}},
	}
	for _, other := range alone {
		t.Run(fmt.Sprint("alone ", other), func(t *testing.T) {
			t.Parallel()
			s := stewardSite(t, other)
			undo := s.undoable(t)
			for name, w := range stewardWrites(t, s, undo) {
				t.Run(name, func(t *testing.T) { s.refused(t, noManager("Acme"), 1, func() error { return w.do(s.as(t, w.by)) }) })
			}
		})
	}
	// With these there is another one.
	for _, other := range []person{
		{name: "other", home: []string{"robot"}},
		{name: "other", home: []string{"half", "rest"}},
		{name: "other", home: []string{"half"}, site: []string{"keeper"}},
		{name: "other", home: none, site: []string{"keeper"}},
		{name: "other", home: []string{"organization-admin"}},
	} {
		t.Run(fmt.Sprint("another ", other), func(t *testing.T) {
			t.Parallel()
			s := stewardSite(t, other)
			undo := s.undoable(t)
			for name, w := range stewardWrites(t, s, undo) {
				if err := w.do(dry(s.as(t, w.by))); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	s := stewardSite(t)
	undo := s.undoable(t)
	for name, w := range stewardWrites(t, s, undo) {
		t.Run(name, func(t *testing.T) { s.refused(t, noManager("Acme"), 1, func() error { return w.do(s.as(t, w.by)) }) })
	}
	// Whoever may not read the organization is not told its name.
	s.refused(t, noManager("an organization that you can't see"), 1, func() error {
		return drop2(s.SetStatus(t.Context(), s.as(t, "eye"), "st", org.StatusSuspended, nil))
	})
	// Somebody who can manage it by a role of the site.
	s = stewardSite(t, person{name: "kept", home: none, site: []string{"keeper"}})
	s.exec(t, "DELETE FROM member_roles WHERE role = 'steward'")
	s.refused(t, noManager("Acme"), 1, func() error { return drop(s.SetUserRoles(t.Context(), s.as(t, "desk"), "kept", roles())) })
	s.refused(t, noManager("Acme"), 1, func() error { return drop(s.RemoveMember(t.Context(), s.as(t, "robot"), "default", "kept", nil)) })
	// An organization that nobody could manage before is not held up.
	s = stewardSite(t)
	s.exec(t, "UPDATE users SET status = 'dormant' WHERE username = 'st'")
	undo = s.undoable(t)
	for name, w := range stewardWrites(t, s, undo) {
		if err := w.do(dry(s.as(t, w.by))); err != nil {
			t.Errorf("nobody before, %s: %v", name, err)
		}
	}
	// Site owners and the operator may, and are told.
	s = stewardSite(t)
	undo = s.undoable(t)
	for _, by := range []*org.Actor{s.as(t, "o"), s.Operator()} {
		by, impact := dryRun(by)
		for name, w := range stewardWrites(t, s, undo) {
			if slices.Contains(noDryRun, name) {
				continue
			}
			if err := w.do(by); err != nil {
				t.Errorf("%s by %s: %v", name, by.User.Username, err)
			}
			if want := "No one in Acme will be able to manage it."; impact.Warning != want {
				t.Errorf("%s by %s: warned of %q", name, by.User.Username, impact.Warning)
			}
		}
		if err := drop(s.SetMemberRoles(t.Context(), by, "default", "m", roles("viewer"))); err != nil || impact.Warning != "" {
			t.Errorf("of nothing it warns with %q (%v)", impact.Warning, err)
		}
	}
	if err := drop(s.RemoveMember(t.Context(), s.as(t, "o"), "default", "st", nil)); err != nil {
		t.Error(err)
	}
}

// Of many, those are left out without whom nobody could; views tell before anybody tries.
func TestBulkLeavesSomebodyAble(t *testing.T) {
	t.Parallel()
	for _, b := range []org.Bulk{{Action: org.BulkRemove}, {Action: org.BulkRemoveRole, Role: "steward"}, {Action: org.BulkAddRole, Role: "lock"}} {
		t.Run(string(b.Action), func(t *testing.T) {
			s := stewardSite(t, person{name: "a1", home: []string{"steward"}}, person{name: "z1", home: []string{"steward"}}, person{name: "z2", home: none})
			b.Users = []string{"a1", "st", "z1", "z2"}
			r, err := s.BulkMembers(t.Context(), s.as(t, "robot"), "default", given(b))
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Refused) != 1 || r.Refused[0].Who != "z1" || r.Refused[0].Reason != noManager("Acme").Detail {
				t.Errorf("left out %+v", r.Refused)
			}
			if able := s.able(t, home); len(able) != 1 || able[0] != "z1" {
				t.Errorf("able are %v", able)
			}
		})
	}
	s := stewardSite(t)
	for _, c := range []struct {
		by, user string
		want     bool
	}{{"robot", "st", true}, {"robot", "m", false}, {"o", "st", false}} {
		m, err := s.Member(t.Context(), s.as(t, c.by), "default", c.user)
		if err != nil || strings.Contains(m.RemoveRefusal, "The only one who can manage Acme") != c.want {
			t.Errorf("%s on the member %s: %q, %v", c.by, c.user, m.RemoveRefusal, err)
		}
	}
	v, err := s.UserView(t.Context(), s.as(t, "desk"), "st")
	for what, refusal := range map[string]string{"suspend": v.StatusRefusal, "delete": v.DeleteRefusal} {
		if !strings.Contains(refusal, "The only one who can manage Acme") {
			t.Errorf("%s: told %q (%v)", what, refusal, err)
		}
	}
}

// able is who can manage an organization, found out without the product's own search.
func (s *site) able(tb testing.TB, organization uuid.UUID) (names []string) {
	tb.Helper()
	for _, name := range s.dump(tb, "SELECT username FROM users WHERE status = 'active' AND login_type = 'password' ORDER BY username") {
		by := s.as(tb, strings.Trim(name, "[]"))
		ok := s.isMember(tb, organization, by.User.Username) && !slices.Contains(refNames(by.User.Roles), "owner")
		for _, p := range perms(toManage...) {
			ok = ok && by.Can(p.Action, rbac.Object{Type: p.ResourceType, Org: organization})
		}
		if ok {
			names = append(names, by.User.Username)
		}
	}
	return names
}

// Two writes at once, through two processes, each of which takes one of the two who can manage the organization.
func TestSomebodyStaysAbleRaces(t *testing.T) {
	t.Parallel()
	s := stewardSite(t, person{name: "st2", home: []string{"steward"}}, person{name: "robot2", home: []string{"robot"}, login: "none"})
	other := openSite(t, s.place)
	ctx := t.Context()
	ways := []func(*site, *org.Actor, string) error{
		func(s *site, by *org.Actor, user string) error {
			return drop(s.RemoveMember(ctx, by, "default", user, nil))
		},
		func(s *site, by *org.Actor, user string) error {
			return drop(s.SetMemberRoles(ctx, by, "default", user, roles()))
		},
		func(s *site, by *org.Actor, user string) error {
			return drop(s.SetMemberRoles(ctx, by, "default", user, roles("steward", "lock")))
		},
	}
	for round := range rounds(90) {
		s.exec(t, "DELETE FROM organization_members WHERE user_id IN (?, ?)", id("st").String(), id("st2").String())
		for _, name := range []string{"st", "st2"} {
			s.join(t, home, name)
			s.give(t, home, name, "steward")
		}
		a, b := s.as(t, "robot"), other.as(t, "robot2")
		won := race(
			func() error { return ways[round%3](s, a, "st") },
			func() error { return ways[round/3%3](other, b, "st2") },
		)
		if able := s.able(t, home); won != 1 || len(able) != 1 {
			t.Fatalf("round %d: %d succeeded, able are %v", round, won, able)
		}
	}
}
