package org_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// world is a site with random custom roles, given out at random.
type world struct {
	*site
	rng   *rand.Rand
	roles []string // names of the custom roles of "default"
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{site: newSite(t), rng: rand.New(rand.NewPCG(seed, 1))}
	ctx := t.Context()
	if err := w.db.Write(ctx, func(q *db.Queries) error {
		for i := range 6 {
			w.roles = append(w.roles, fmt.Sprintf("random-%d", i))
			if err := w.insertRole(ctx, q, home, w.roles[i], rbac.LevelOrganization); err != nil {
				return err
			}
		}
		for i, level := range []rbac.Level{rbac.LevelSite, rbac.LevelUser} {
			if err := w.insertRole(ctx, q, uuid.Nil, fmt.Sprintf("random-site-%d", i), level); err != nil {
				return err
			}
		}
		return cmp.Or(w.giveAtRandom(ctx, q), q.BumpRevision(ctx, time.Now().UnixMicro()))
	}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) insertRole(ctx context.Context, q *db.Queries, o uuid.UUID, name string, level rbac.Level) error {
	roleID := uuid.New()
	if err := q.InsertRole(ctx, db.InsertRoleParams{CatalogVersion: 1,
		ID: roleID, OrganizationID: uuid.NullUUID{UUID: o, Valid: o != uuid.Nil}, Name: name, DisplayName: name, Now: start,
	}); err != nil {
		return err
	}
	for _, p := range w.randomPermissions() {
		if err := q.InsertPermission(ctx, db.InsertPermissionParams{
			RoleID: roleID, Level: level.String(), ResourceType: p.ResourceType, Action: p.Action, Negate: w.rng.IntN(3) == 0,
		}); err != nil {
			return err
		}
	}
	return nil
}

// randomPermissions is a few pairs, wildcard types among them.
func (w *world) randomPermissions() []rbac.Permission {
	var list []rbac.Permission
	for range 2 + w.rng.IntN(10) {
		t := rbac.Default().Types()[w.rng.IntN(len(rbac.Default().Types()))]
		p := rbac.Permission{ResourceType: t.Name, Action: t.Actions[w.rng.IntN(len(t.Actions))].Name}
		if w.rng.IntN(8) == 0 {
			p.ResourceType = rbac.Wildcard
		}
		if !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}

func (w *world) giveAtRandom(ctx context.Context, q *db.Queries) error {
	for _, name := range homeMembers {
		if w.rng.IntN(4) == 0 {
			role := []string{"organization-admin", "organization-user-admin", "organization-auditor"}[w.rng.IntN(3)]
			if err := errors.Join(q.Join(ctx, beta, id(name), start),
				q.InsertMemberRole(ctx, db.InsertMemberRoleParams{Source: "manual", OrganizationID: beta, UsernameKey: org.FoldCase(name), UserID: id(name), Role: role})); err != nil {
				return err
			}
		}
		for _, role := range append(slices.Clone(w.roles), "organization-auditor", "organization-workspace-creation-ban", "organization-user-admin") {
			if w.rng.IntN(5) > 0 {
				continue
			}
			err := q.DeleteMemberRole(ctx, db.DeleteMemberRoleParams{OrganizationID: home, UsernameKey: org.FoldCase(name), Role: role})
			if err = errors.Join(err, q.InsertMemberRole(ctx, db.InsertMemberRoleParams{Source: "manual", OrganizationID: home, UsernameKey: org.FoldCase(name), UserID: id(name), Role: role})); err != nil {
				return err
			}
		}
		for _, role := range []string{"random-site-0", "random-site-1", "auditor"} {
			if w.rng.IntN(8) > 0 {
				continue
			}
			err := q.DeleteUserRole(ctx, db.DeleteUserRoleParams{UserID: id(name), Role: role})
			if err = errors.Join(err, q.InsertUserRole(ctx, db.InsertUserRoleParams{Source: "manual", UserID: id(name), Role: role})); err != nil {
				return err
			}
		}
	}
	return nil
}

// rights is all that a member may do in "default": on anything, and on its own.
func (w *world) rights(t *testing.T, name string) map[string]bool {
	t.Helper()
	return w.rightsIn(t, home, name)
}

// rightsIn is all that somebody may do in an organization, or on the site for uuid.Nil.
func (w *world) rightsIn(t *testing.T, place uuid.UUID, name string) map[string]bool {
	t.Helper()
	subject, err := w.UserSubject(t.Context(), id(name))
	if org.KindOf(err) == org.Unauthenticated && err != nil { // suspended
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	can := map[string]bool{}
	for _, rt := range rbac.Default().Types() {
		for _, a := range rt.Actions {
			for _, own := range []bool{false, true} {
				o := rbac.Object{Type: rt.Name, Org: place}
				if rt.SiteOnly {
					o.Org = rbac.ID{}
				}
				if own {
					o.Owner = subject.ID()
				}
				if subject.Can(a.Name, o) {
					can[fmt.Sprintf("%s:%s own=%v", rt.Name, a.Name, own)] = true
				}
			}
		}
	}
	return can
}

// worlds is how many random worlds a property is looked at in: an eighth, unless deep.
func worlds(n uint64) uint64 {
	if deep {
		return n
	}
	return max(1, n/8)
}

// What is explained is what is decided, and every change that is suggested turns the verdict when it is made.
func TestExplanationIsTheDecision(t *testing.T) {
	t.Parallel()
	cases, turned, wild := 0, 0, 0
	for seed := range worlds(32) {
		w := newWorld(t, seed)
		owner := w.Operator() // whom no role of this world can deny anything
		for _, name := range homeMembers {
			can := w.rights(t, name)
			if can == nil {
				continue
			}
			e, err := w.Effective(t.Context(), owner, "default", name)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range e.Lines {
				for own, trace := range map[bool]rbac.Trace{false: l.Anyone, true: l.Own} {
					key := fmt.Sprintf("%s:%s own=%v", l.Type.Name, l.Action.Name, own)
					if trace.Allowed != can[key] {
						t.Errorf("seed %d: %s %s explained as %v, decided as %v", seed, name, key, trace.Allowed, can[key])
					}
					cases++
				}
			}
			if s, ok := w.trySuggestion(t, owner, name, e.Lines[w.rng.IntN(len(e.Lines))], w.rng.IntN(2) == 0); ok {
				turned++
				if s.Permission.ResourceType == rbac.Wildcard {
					wild++
				}
			}
		}
	}
	if deep && (cases < 100_000 || turned < 150 || wild < 10) {
		t.Errorf("only %d decisions and %d suggestions were looked at, %d of them for all types", cases, turned, wild)
	}
}

// trySuggestion makes one of the suggested changes past all rules, if there are any: one for all types where there is one.
func (w *world) trySuggestion(t *testing.T, owner *org.Actor, name string, l org.EffectivePermission, own bool) (change org.Suggestion, ok bool) {
	t.Helper()
	q := org.Question{ResourceType: l.Type.Name, Action: l.Action.Name, Own: own}
	e, err := w.Explain(t.Context(), owner, "default", name, q)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Changes) == 0 {
		return change, false
	}
	change = e.Changes[w.rng.IntN(len(e.Changes))]
	if i := slices.IndexFunc(e.Changes, func(s org.Suggestion) bool { return s.Permission.ResourceType == rbac.Wildcard }); i >= 0 {
		change = e.Changes[i]
	}
	w.apply(t, name, change)
	after, err := w.Explain(t.Context(), w.Operator(), "default", name, q)
	if err != nil {
		t.Fatal(err)
	}
	if after.Trace.Allowed == e.Trace.Allowed {
		t.Errorf("%s, %+v: %+v did not turn the verdict %v", name, q, change, e.Trace.Allowed)
	}
	return change, true
}

func (w *world) apply(t *testing.T, name string, s org.Suggestion) {
	t.Helper()
	user := id(name).String()
	site := s.Role.OrganizationID == uuid.Nil
	roleID := fmt.Sprintf("(SELECT id FROM roles WHERE name = '%s' AND organization_id = '%s')", s.Role.Name, home)
	if site {
		roleID = fmt.Sprintf("(SELECT id FROM roles WHERE name = '%s' AND organization_id IS NULL)", s.Role.Name)
	}
	cell := fmt.Sprintf("role_id = %s AND level = '%s' AND resource_type = '%s' AND action = '%s'", roleID, s.Level, s.Permission.ResourceType, s.Permission.Action)
	put := func(negate bool) string {
		return fmt.Sprintf("INSERT INTO role_permissions SELECT %s, '%s', '%s', '%s', %t", roleID, s.Level, s.Permission.ResourceType, s.Permission.Action, negate)
	}
	var statements []string
	switch {
	case s.Kind == org.GiveRole && site:
		statements = []string{fmt.Sprintf("INSERT INTO user_roles (user_id, role) VALUES ('%s', '%s')", user, s.Role.Name)}
	case s.Kind == org.GiveRole:
		statements = []string{fmt.Sprintf("INSERT INTO member_roles (organization_id, role, username_key, user_id) SELECT organization_id, '%s', username_key, user_id FROM organization_members WHERE organization_id = '%s' AND user_id = '%s'", s.Role.Name, home, user)}
	case s.Kind == org.TakeRole && site:
		statements = []string{fmt.Sprintf("DELETE FROM user_roles WHERE user_id = '%s' AND role = '%s'", user, s.Role.Name)}
	case s.Kind == org.TakeRole:
		statements = []string{fmt.Sprintf("DELETE FROM member_roles WHERE organization_id = '%s' AND user_id = '%s' AND role = '%s'", home, user, s.Role.Name)}
	case s.Kind == org.ClearPermission:
		statements = []string{"DELETE FROM role_permissions WHERE " + cell}
	case s.Kind == org.AllowPermission:
		statements = []string{"DELETE FROM role_permissions WHERE " + cell, put(false)}
	case s.Kind == org.DenyPermission:
		statements = []string{"DELETE FROM role_permissions WHERE " + cell, put(true)}
	}
	for _, q := range statements {
		w.exec(t, q)
	}
}

// A dry run tells the difference between before and after, and leaves nothing behind.
func TestImpactIsTheDifference(t *testing.T) {
	t.Parallel()
	runs := 0
	for seed := range worlds(15) {
		w := newWorld(t, 200+seed)
		for range 4 {
			runs += w.compareImpact(t, seed)
		}
	}
	if deep && runs < 40 {
		t.Errorf("only %d changes were foreseen", runs)
	}
}

func (w *world) compareImpact(t *testing.T, seed uint64) int {
	t.Helper()
	owner := w.Operator()
	what, place, change := w.randomChange()
	people := slices.DeleteFunc(slices.Clone(homeMembers), func(n string) bool { return n == "Sue" })
	before := map[string]map[string]bool{}
	for _, name := range people {
		before[name] = w.rightsIn(t, place, name)
	}
	stored, entries := w.everything(t), w.entries(t)
	asking, impact := dryRun(owner)
	dryErr := change(t.Context(), asking)
	if d := gocmp.Diff(stored, w.everything(t)); d != "" || w.entries(t) != entries {
		t.Fatalf("%s: the dry run left something behind:\n%s", what, d)
	}
	err := change(t.Context(), owner)
	if (err == nil) != (dryErr == nil) {
		t.Fatalf("%s: refused %v, foreseen %v", what, err, dryErr)
	}
	if err != nil {
		return 0
	}
	want := map[string]int{}
	for _, name := range people {
		after := w.rightsIn(t, place, name)
		for _, key := range slices.Concat(slices.Collect(maps.Keys(before[name])), slices.Collect(maps.Keys(after))) {
			pair, own, _ := strings.Cut(key, " own=")
			if before[name][key] == after[key] {
				continue
			}
			if own == "true" && before[name][pair+" own=false"] != after[pair+" own=false"] {
				continue // told of everybody's things
			}
			sign := "-"
			if after[key] {
				sign = "+"
			}
			want[sign+key]++
		}
	}
	got := map[string]int{}
	for sign, lines := range map[string][]org.ImpactLine{"+": impact.Gains, "-": impact.Losses} {
		order := func(l org.ImpactLine) string { return fmt.Sprint(l.Permission, l.OwnOnly) }
		if !slices.IsSortedFunc(lines, func(a, b org.ImpactLine) int { return strings.Compare(order(a), order(b)) }) {
			t.Fatalf("seed %d, %s: the lines stand in no order: %v", seed, what, lines)
		}
		for _, l := range lines {
			n := l.Members - count(l.Sample, "Sue")
			if n > 0 {
				got[fmt.Sprintf("%s%s own=%v", sign, l.Permission, l.OwnOnly)] = n
			}
		}
	}
	if d := gocmp.Diff(want, got); d != "" {
		t.Fatalf("seed %d, %s: foreseen (+) is not what happened (-):\n%s", seed, what, d)
	}
	return 1
}

func count(list []string, s string) (n int) {
	for _, x := range list {
		if x == s {
			n++
		}
	}
	return n
}

// randomChange is something that an owner does, and where: on the site for uuid.Nil.
func (w *world) randomChange() (what string, place uuid.UUID, change func(context.Context, *org.Actor) error) {
	role := w.roles[w.rng.IntN(len(w.roles))]
	who := homeMembers[w.rng.IntN(len(homeMembers))]
	switch w.rng.IntN(8) {
	case 0:
		var list []rbac.Permission
		for _, p := range w.randomPermissions() {
			p.Negate = w.rng.IntN(3) == 0
			list = append(list, p)
		}
		return "put " + role, home, func(ctx context.Context, o *org.Actor) error {
			return drop(w.PutRole(ctx, o, org.In("default"), roleBody(org.RoleInput{Name: role, Organization: list})))
		}
	case 1:
		return "delete " + role, home, func(ctx context.Context, o *org.Actor) error {
			return drop(w.DeleteRole(ctx, o, org.In("default"), role, nil))
		}
	case 2:
		return "remove " + who, home, func(ctx context.Context, o *org.Actor) error {
			return drop(w.RemoveMember(ctx, o, "default", who, nil))
		}
	case 3:
		return "bulk " + role, home, func(ctx context.Context, o *org.Actor) error {
			return drop(w.BulkMembers(ctx, o, "default", given(org.Bulk{Action: org.BulkAddRole, Role: role, Match: &org.MemberFilter{Statuses: []org.Status{"active"}}})))
		}
	case 4:
		list := slices.DeleteFunc(w.randomPermissions(), func(rbac.Permission) bool { return w.rng.IntN(3) == 0 })
		return "put a site role", uuid.Nil, func(ctx context.Context, o *org.Actor) error {
			return drop(w.PutRole(ctx, o, org.Site, roleBody(org.RoleInput{Name: "random-site-0", Site: list})))
		}
	case 5:
		return "delete a site role", uuid.Nil, func(ctx context.Context, o *org.Actor) error {
			return drop(w.DeleteRole(ctx, o, org.Site, "random-site-1", nil))
		}
	case 6:
		return "give site roles to " + who, uuid.Nil, func(ctx context.Context, o *org.Actor) error {
			return drop(w.SetUserRoles(ctx, o, who, roles("random-site-0", "auditor")))
		}
	}
	return "give " + who, home, func(ctx context.Context, o *org.Actor) error {
		return drop(w.SetMemberRoles(ctx, o, "default", who, roles(role, "organization-auditor")))
	}
}

// Undoing a change restores what was there; anything that happened in between refuses it.
func TestUndo(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := s.as(t, "o")
	memberships := func() string {
		return s.text(t, "SELECT group_concat(user_id || ' ' || coalesce((SELECT group_concat(role, ',') FROM (SELECT role FROM member_roles r WHERE r.organization_id = m.organization_id AND r.user_id = m.user_id AND role <> 'organization-member' ORDER BY role) r), ''), ',') FROM (SELECT * FROM organization_members ORDER BY organization_id, user_id) m")
	}
	last := func(user string) string {
		t.Helper()
		return s.lastEntry(t, "organization_member", user)
	}
	for _, row := range []struct {
		name, user string
		change     func() error
	}{
		{"assign", "viewer", func() error {
			return drop(s.SetMemberRoles(t.Context(), owner, "default", "viewer", roles("curb", "organization-auditor")))
		}},
		{"clear", "viewer", func() error { return drop(s.SetMemberRoles(t.Context(), owner, "default", "viewer", roles())) }},
		{"remove", "viewer", func() error { return drop(s.RemoveMember(t.Context(), owner, "default", "viewer", nil)) }},
		{"add", "x", func() error { return drop(s.AddMember(t.Context(), owner, "default", "x")) }},
	} {
		before := memberships()
		if err := row.change(); err != nil {
			t.Fatal(row.name, err)
		}
		entry := last(row.user)
		if _, err := s.Undo(t.Context(), owner, entry); err != nil {
			t.Fatal(row.name, err)
		}
		if got := memberships(); got != before {
			t.Errorf("%s: undone to\n%s, was\n%s", row.name, got, before)
		}
		if _, err := s.Undo(t.Context(), owner, entry); org.KindOf(err) != org.Conflict {
			t.Errorf("%s: undone twice: %v", row.name, err)
		}
	}
	if _, err := s.Undo(t.Context(), s.as(t, "m"), last("viewer")); org.KindOf(err) != org.NotFound {
		t.Errorf("somebody who may not read the membership gets %v", err)
	}
	if _, err := s.Undo(t.Context(), owner, uuid.NewString()); org.KindOf(err) != org.NotFound {
		t.Errorf("an unknown entry gives %v", err)
	}
}

// Site roles are given back and taken again like those of members, by whoever may give and take them.
func TestUndoSiteRoles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := s.as(t, "o")
	last := func(user string) string {
		t.Helper()
		return s.lastEntry(t, "user", user)
	}
	set := func(user string, list ...string) {
		t.Helper()
		if err := drop(s.SetUserRoles(t.Context(), owner, user, roles(list...))); err != nil {
			t.Fatal(err)
		}
	}
	undo := func(by, entry string) (org.RoleHolder, error) { return s.Undo(t.Context(), s.as(t, by), entry) }
	for _, row := range [][]string{{"owner", "template-admin"}, {}} {
		before := s.siteRoles(t, "au")
		set("au", row...)
		entry := last("au")
		h, err := undo("o", entry)
		if err != nil || h.User == nil || h.Member != nil || s.siteRoles(t, "au") != before {
			t.Errorf("%v: undone to %q, was %q: %v", row, s.siteRoles(t, "au"), before, err)
		}
		if _, err := undo("o", entry); org.KindOf(err) != org.Conflict {
			t.Errorf("%v: undone twice: %v", row, err)
		}
	}
	set("x", "owner")
	gave := last("x")
	for by, want := range map[string]org.Kind{"m": org.NotFound, "au": org.Forbidden, "ua": org.Forbidden, "x": org.Invalid} {
		if _, err := undo(by, gave); org.KindOf(err) != want {
			t.Errorf("by %s: %v", by, err)
		}
	}
	if err := drop(s.UpdateProfile(t.Context(), owner, "x", given(org.Profile{Username: "x", Name: "Other"}))); err != nil {
		t.Fatal(err)
	}
	if _, err := undo("o", last("x")); org.KindOf(err) != org.Invalid {
		t.Errorf("a profile is undone: %v", err)
	}
	if _, err := s.DeleteUser(t.Context(), owner, "x", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := undo("o", gave); org.KindOf(err) != org.Conflict {
		t.Errorf("of an account that is gone: %v", err)
	}
}

// The chain of the audit trail breaks where somebody edits, removes or cuts off a row.
func TestVerifyAudit(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]string{
		"":         "",
		"edited":   "UPDATE audit_logs SET actor = 'somebody else' WHERE seq = 2",
		"moved":    "UPDATE audit_logs SET time = '2020-01-01 00:00:00+00:00' WHERE seq = 2",
		"removed":  "DELETE FROM audit_logs WHERE seq = 2",
		"cut off":  "DELETE FROM audit_logs WHERE seq = (SELECT max(seq) FROM audit_logs)",
		"all gone": "DELETE FROM audit_logs",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			for _, roleNames := range [][]string{{"curb"}, {}, {"viewer"}, {"maker"}} {
				if _, err := s.SetMemberRoles(t.Context(), s.as(t, "o"), "default", "m", roles(roleNames...)); err != nil {
					t.Fatal(err)
				}
			}
			if harm != "" {
				dbtest.Unguard(t, s.place, "audit_logs")
				s.exec(t, harm)
			}
			v, err := s.VerifyAudit(t.Context(), org.VerifyFilter{})
			if err != nil || (v.Broken() == "") != (harm == "") || harm == "" && v.Entries != 4 {
				t.Errorf("%+v, error %v", v, err)
			}
		})
	}
}

// Every state of a role is kept, and storing an old one again goes through the checks of any change.
func TestRoleVersions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := s.as(t, "o")
	states := [][]string{{"template:read"}, {"template:read", "!workspace:ssh"}, {}}
	for _, list := range states {
		if _, err := s.PutRole(t.Context(), owner, org.In("default"), role("fresh", list...)); err != nil {
			t.Fatal(err)
		}
	}
	var now string
	for by, editor := range map[string]string{"oau": "o", "m": ""} { // who may not read members is not told who edits
		versions, err := s.RoleVersions(t.Context(), s.as(t, by), org.In("default"), "fresh")
		if err != nil || len(versions) != len(states) {
			t.Fatalf("%d versions, error %v", len(versions), err)
		}
		for i, v := range versions {
			want := states[len(states)-1-i]
			if v.Version != int64(len(states)-i) || v.CreatedBy != editor || v.Role.UpdatedBy != editor || !slices.Equal(v.Role.Organization, perms(want...)) {
				t.Errorf("%s: version %+v, want %v", by, v, want)
			}
		}
		now = versions[0].Role.Tag()
	}
	if _, err := s.RestoreRole(t.Context(), s.as(t, "oa"), org.In("default"), "fresh", given(org.RestoreRole{Version: 2, From: org.Versions{now}})); org.KindOf(err) != org.Invalid {
		t.Errorf("somebody who does not hold workspace:ssh denied it: %v", err)
	}
	restored, err := s.RestoreRole(t.Context(), owner, org.In("default"), "fresh", given(org.RestoreRole{Version: 2, From: org.Versions{now}}))
	if err != nil || restored.Version != 4 || !slices.Equal(restored.Organization, perms(states[1]...)) {
		t.Errorf("restored %+v, error %v", restored, err)
	}
	kind(t, drop(s.RestoreRole(t.Context(), owner, org.In("default"), "fresh", given(org.RestoreRole{Version: 1, From: org.Versions{now}}))), org.Conflict)
	kind(t, drop(s.RestoreRole(t.Context(), owner, org.In("default"), "fresh", given(org.RestoreRole{Version: 9}))), org.NotFound)
	kind(t, drop(s.RestoreRole(t.Context(), owner, org.In("default"), "nosuch", given(org.RestoreRole{Version: 1}))), org.NotFound)
}

func TestLint(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := s.as(t, "o")
	for name, list := range map[string][]string{
		"useless":   {"organization:read", "user:update"},
		"twice":     {"template:update"},
		"twin":      {"template:update"},
		"wild":      {"*:read", "template:read"},
		"undecided": {"*:update", "!template:update"},
	} {
		if _, err := s.PutRole(t.Context(), owner, org.In("default"), role(name, list...)); err != nil {
			t.Fatal(err)
		}
	}
	s.store(t, "viewer", "organization", "gone:read")
	for user, names := range map[string][]string{"Sue": {"twice"}, "m": {"twice", "twin"}} {
		if _, err := s.SetMemberRoles(t.Context(), owner, "default", user, roles(names...)); err != nil {
			t.Fatal(err)
		}
	}
	_, found, err := s.Lint(t.Context(), owner, "default")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		line := f.Rule + " " + f.Role.Name
		if f.Permission.Action != "" {
			line += " " + f.Permission.String()
		}
		if f.Member != nil {
			line += " " + f.Member.Username
		}
		if f.Message == "" || f.Fix == "" {
			t.Errorf("%s says nothing", line)
		}
		got = append(got, line)
	}
	for _, want := range []string{
		"implied useless organization:read", "no-effect useless user:update", "covered wild template:read", "unused wild",
		"duplicate twin", "unknown viewer gone:read", "redundant twice m", "redundant twin m", "suspended  Sue",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("not found: %q", want)
		}
	}
	if slices.Contains(got, "unused twice") || slices.Contains(got, "redundant maker maker") {
		t.Errorf("found too much: %q", got)
	}
	if _, _, err := s.Lint(t.Context(), s.as(t, "m"), "default"); org.KindOf(err) != org.NotFound {
		t.Errorf("a plain member gets %v", err)
	}
}
