package org_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

func unsupported(name string) string {
	return fmt.Sprintf("%q is not a supported role", name+":"+home.String())
}

func badRoles(details ...string) *org.Error {
	e := &org.Error{Kind: org.Invalid, Message: details[0]}
	for i, d := range details {
		if d != "" {
			e.Fields = append(e.Fields, org.Field{Field: fmt.Sprintf("roles[%d]", i), Detail: d})
		}
	}
	return e
}

func notAssignable(organization uuid.UUID, names ...string) *org.Error {
	e := &org.Error{Kind: org.Forbidden, Detail: "You can only assign or remove roles whose permissions you have, and built-in roles that your roles let you assign."}
	for _, n := range names {
		if organization != uuid.Nil {
			n += ":" + organization.String()
		}
		e.Fields = append(e.Fields, org.Field{Field: "roles", Detail: fmt.Sprintf("not authorized to assign role %q", n)})
	}
	e.Message = e.Fields[0].Detail
	return e
}

var ownRoles = &org.Error{Kind: org.Invalid, Message: "You cannot change your own organization roles.",
	Detail: "Another user with the appropriate permissions must change your roles."}

func TestSetMemberRoles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		by, user string
		roles    []string
		want     string
	}{
		{"o", "m", []string{"organization-admin"}, "organization-admin"},
		{"o", "m", []string{"viewer", "maker", "organization-auditor"}, "maker organization-auditor viewer"},
		{"o", "oua", nil, ""},
		{"o", "pm", nil, ""},
		{"oa", "viewer", []string{"curb", "viewer", "curb", "organization-workspace-creation-ban"}, "curb organization-workspace-creation-ban viewer"},
		{"oa", "M", []string{"organization-admin", "organization-auditor", "organization-user-admin", "organization-template-admin"},
			"organization-admin organization-auditor organization-template-admin organization-user-admin"},
		{"oa", "Sue", []string{"organization-member", "viewer"}, "viewer"},
		{"oa", "m", []string{"viewer:" + home.String(), "curb:" + strings.ToUpper(home.String())}, "curb viewer"},
		{"dealer", "m", []string{"viewer"}, "viewer"},
		{"dealer", "viewer", []string{}, ""},
		{"dealer", "viewer", []string{"viewer", "dealer"}, "dealer viewer"},
	} {
		t.Run(c.by+" gives "+c.user+" "+strings.Join(c.roles, " "), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			name := "default"
			if c.user == "pm" {
				s.give(t, beta, "pm", "beta-only")
				name = "beta"
			}
			before, err := s.Member(t.Context(), s.as(t, c.by), name, c.user)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = s.UserSubject(t.Context(), before.UserID) // is remembered from now on, unless it is suspended
			var m org.Member
			row := s.accepted(t, entry{Actor: c.by, Action: "write", Type: "organization_member", Target: before.Username, Organization: before.OrganizationID, Status: 200, Fields: []string{"assignments", "roles"}}, func() (err error) {
				m, err = s.SetMemberRoles(t.Context(), s.as(t, c.by), name, c.user, roles(c.roles...))
				return err
			})
			if got := s.memberRoles(t, before.OrganizationID, before.Username); got != c.want {
				t.Errorf("stored %q, want %q", got, c.want)
			}
			if got := strings.Join(refNames(m.Roles), " "); got != c.want {
				t.Errorf("answered %q, want %q", got, c.want)
			}
			if !m.UpdatedAt.After(before.UpdatedAt) || m.Version != before.Version+1 || !m.CreatedAt.Equal(before.CreatedAt) {
				t.Errorf("updated %v, version %d", m.UpdatedAt, m.Version)
			}
			if diff := cmp.Diff(toAny(refNames(before.Roles)), row.Changes["roles"].Old); diff != "" {
				t.Errorf("recorded before:\n%s", diff)
			}
			if diff := cmp.Diff(toAny(strings.Fields(c.want)), row.Changes["roles"].New); diff != "" {
				t.Errorf("recorded after:\n%s", diff)
			}
			// It counts from the next request on.
			now := s.state(t).accounts[id(before.Username)]
			subject, err := s.UserSubject(t.Context(), now.id)
			if (err != nil) != now.suspended() {
				t.Fatalf("%s signs in: %v", now.status, err)
			}
			for i, p := range pairs() {
				o := rbac.Object{Type: p.ResourceType, Org: before.OrganizationID}
				if want := now.in(before.OrganizationID)[nobodys].has(i); err == nil && subject.Can(p.Action, o) != want {
					t.Errorf("%v: decided %v, stored %v", p, !want, want)
				}
			}
		})
	}
}

func toAny(list []string) any {
	out := []any{}
	for _, s := range list {
		out = append(out, s)
	}
	return out
}

// What a change answers is what a reader finds afterwards, for an account that is found by its name and by its id.
func TestSetMemberRolesAnswersWhatIsStored(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ctx := t.Context()
	for _, user := range []string{"m", "M", id("m").String()} {
		for _, names := range [][]string{{"viewer", "organization-auditor"}, {"maker"}, {}} {
			got, err := s.SetMemberRoles(ctx, s.as(t, "o"), "default", user, roles(names...))
			if err != nil {
				t.Fatal(err)
			}
			want, err := s.Member(ctx, s.as(t, "o"), "default", "m")
			want.AccountVersion, want.Assignments = 0, nil // Member alone tells them
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s gets %q: %v, stored (-), answered (+):\n%s", user, names, err, diff)
			}
		}
	}
}

// An unchanged list writes nothing: no audit row, no new time, no new version, and the memory stays warm.
func TestSetMemberRolesUnchanged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	stale := "99-0123456789ab"
	for _, c := range []struct {
		by, user string
		body     org.Input[org.RolesInput]
	}{
		{"o", "viewer", roles("viewer")},
		{"oa", "viewer", roles("viewer", "viewer", "organization-member")},
		{"oa", "m", roles()},
		{"oa", "m", roles("organization-member")},
		{"ua", "m", roles()},
		{"oua", "oa", roles("organization-admin")},
		{"ua", "oa", roles("organization-admin:" + home.String())},
		{"dealer", "maker", roles("maker")},
		{"oa", "viewer", given(org.RolesInput{Roles: []string{"viewer"}, From: org.Versions{stale}})},
	} {
		s.unchanged(t, func() error { return drop(s.SetMemberRoles(t.Context(), s.as(t, c.by), "default", c.user, c.body)) })
	}
}

func TestSetMemberRolesRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	colon := func(name string) string {
		return fmt.Sprintf("attempt to assign a role %q, remove the ':<organization_id> suffix", name)
	}
	for _, c := range []struct {
		by, org, user string
		body          org.Input[org.RolesInput]
		want          *org.Error
		rows          int
	}{
		// 1, 2: the organization and the membership. Nothing of the body is read.
		{"x", "default", "m", unread[org.RolesInput](t), notFound, 0},
		{"pa", "default", "m", unread[org.RolesInput](t), notFound, 0},
		{"pm", "default", "pm", unread[org.RolesInput](t), notFound, 0},
		{"o", "default", "nobody", unread[org.RolesInput](t), badUser("nobody"), 0},
		{"ta", "default", "nobody", unread[org.RolesInput](t), badUser("nobody"), 0},
		{"m", "default", "nobody", unread[org.RolesInput](t), notFound, 0},
		{"ota", "default", "nobody", unread[org.RolesInput](t), notFound, 0},
		{"o", "default", "x", unread[org.RolesInput](t), notFound, 0},
		{"o", "beta", "m", unread[org.RolesInput](t), notFound, 0},
		{"m", "default", "viewer", unread[org.RolesInput](t), notFound, 0},
		{"ua", "default", "me", unread[org.RolesInput](t), notFound, 0},
		// 4: oneself.
		{"o", "default", "me", unread[org.RolesInput](t), ownRoles, 1},
		{"oa", "default", "OA", unread[org.RolesInput](t), ownRoles, 1},
		{"oua", "default", id("oua").String(), unread[org.RolesInput](t), ownRoles, 1},
		{"m", "default", "me", unread[org.RolesInput](t), ownRoles, 1},
		{"ota", "default", "ota", unread[org.RolesInput](t), ownRoles, 1},
		// neither assign nor unassign.
		{"ta", "default", "m", unread[org.RolesInput](t), forbid, 1},
		{"au", "default", "m", unread[org.RolesInput](t), forbid, 1},
		{"ota", "default", "m", unread[org.RolesInput](t), forbid, 1},
		{"oau", "default", "m", unread[org.RolesInput](t), forbid, 1},
		// 5: the body.
		{"oa", "default", "m", broken[org.RolesInput](), errBody, 1},
		{"oua", "default", "m", broken[org.RolesInput](), errBody, 1},
		// 6, 7: names, all that are wrong at once.
		{"oa", "default", "m", roles("nonsense"), badRoles(unsupported("nonsense")), 1},
		{"o", "default", "m", roles("owner", "member"), badRoles(unsupported("owner"), unsupported("member")), 1},
		{"oa", "default", "m", roles("beta-only"), badRoles(unsupported("beta-only")), 1},
		{"o", "default", "m", roles("site-reader"), badRoles(unsupported("site-reader")), 1},
		{"oa", "default", "m", roles("Viewer"), badRoles(unsupported("Viewer")), 1},
		{"oa", "default", "m", roles("Organization-Admin"), badRoles(unsupported("Organization-Admin")), 1},
		{"oa", "default", "m", roles(""), badRoles(unsupported("")), 1},
		{"oa", "default", "m", roles(" viewer"), badRoles(unsupported(" viewer")), 1},
		{"oa", "default", "m", roles("viewer:" + beta.String()), badRoles(colon("viewer:" + beta.String())), 1},
		{"oa", "default", "m", roles("beta-only:" + beta.String()), badRoles(colon("beta-only:" + beta.String())), 1},
		{"oa", "default", "m", roles("viewer:"), badRoles(colon("viewer:")), 1},
		{"oa", "default", "m", roles("a:b", "viewer", "x"), &org.Error{Kind: org.Invalid, Message: colon("a:b"), Fields: []org.Field{
			{Field: "roles[0]", Detail: colon("a:b")}, {Field: "roles[2]", Detail: unsupported("x")}}}, 1},
		{"oua", "default", "m", roles("nonsense"), badRoles(unsupported("nonsense")), 1}, // 400 comes before 403
		// 8-10: may not hand it out.
		{"oua", "default", "m", roles("viewer"), notAssignable(home, "viewer"), 1},
		{"oua", "default", "viewer", roles(), notAssignable(home, "viewer"), 1},
		{"ua", "default", "m", roles("organization-auditor", "organization-user-admin"), notAssignable(home, "organization-auditor", "organization-user-admin"), 1},
		{"ua", "default", "oau", roles(), notAssignable(home, "organization-auditor"), 1},
		{"dealer", "default", "m", roles("maker"), notAssignable(home, "maker"), 1},
		{"dealer", "default", "m", roles("curb"), notAssignable(home, "curb"), 1},
		{"dealer", "default", "curbed", roles(), notAssignable(home, "curb"), 1},
		{"dealer", "default", "m", roles("viewer", "organization-auditor"), notAssignable(home, "organization-auditor"), 1},
	} {
		t.Run(c.by+" on "+c.user, func(t *testing.T) {
			s.refused(t, c.want, c.rows, func() error { return drop(s.SetMemberRoles(t.Context(), s.as(t, c.by), c.org, c.user, c.body)) })
		})
	}
}

// Adding needs assign and removing needs unassign: having one of them is not having the other.
func TestAssignAndUnassignAreTwoRights(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lacks    string
		give     []string
		user     string
		accepted bool
	}{
		{"assign", []string{"viewer"}, "m", false},
		{"assign", nil, "viewer", true},
		{"assign", []string{"dealer"}, "viewer", false},
		{"unassign", []string{"viewer"}, "m", true},
		{"unassign", nil, "viewer", false},
		{"unassign", []string{"viewer", "both"}, "viewer", true},
	} {
		s := newSite(t)
		s.exec(t, "DELETE FROM role_permissions WHERE role_id = ? AND action = ?", id("role dealer").String(), c.lacks)
		s.exec(t, "INSERT INTO roles VALUES (?, ?, 'both', '', 1, ?, ?, '', 1, '')", uuid.NewString(), home.String(), start, start)
		set := func() error {
			return drop(s.SetMemberRoles(t.Context(), s.as(t, "dealer"), "default", c.user, roles(c.give...)))
		}
		if c.accepted {
			if err := set(); err != nil {
				t.Errorf("without %s: %v", c.lacks, err)
			}
			continue
		}
		s.refused(t, forbid, 1, set)
	}
}

// Whoever holds more through organization roles than the caller does is out of its reach, whatever the change is.
func TestMemberWhoHoldsMore(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.insert(t, person{name: "both", home: []string{"viewer", "organization-template-admin"}}, person{name: "over", home: []string{"organization-auditor"}, site: []string{"owner"}})
	for _, user := range []string{"both", "maker", "oa", "oau"} {
		m, err := s.Member(t.Context(), s.as(t, "dealer"), "default", user)
		if err != nil || m.RolesRefusal == "" {
			t.Errorf("nothing is said of %s (%v)", user, err)
		}
		s.refused(t, &org.Error{Kind: org.Forbidden, Message: "Forbidden.",
			Detail: "You don't have permission to change the roles of this member: they have permissions that you don't have, " + strings.TrimPrefix(m.RolesRefusal, "Has permissions you don't have: ") + "."}, 1,
			func() error {
				held := refNames(m.Roles)
				if slices.Contains(held, "viewer") {
					return drop(s.SetMemberRoles(t.Context(), s.as(t, "dealer"), "default", user, roles(held[0])))
				}
				return drop(s.SetMemberRoles(t.Context(), s.as(t, "dealer"), "default", user, roles(append(held, "viewer")...)))
			})
	}
	// An owner's site role does not count: what it holds in the organization does.
	if _, err := s.SetMemberRoles(t.Context(), s.as(t, "oa"), "default", "over", roles("viewer")); err != nil {
		t.Error(err)
	}
	// Removing it stays possible for who may.
	if _, err := s.RemoveMember(t.Context(), s.as(t, "oua"), "default", "both", nil); err != nil {
		t.Error(err)
	}
}

func TestSetMemberRolesVersion(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	version := func(m org.Member, names ...string) org.Input[org.RolesInput] {
		return given(org.RolesInput{Roles: names, From: org.Versions{m.Tag()}})
	}
	first, err := s.Member(t.Context(), s.as(t, "oa"), "default", "m")
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.SetMemberRoles(t.Context(), s.as(t, "oa"), "default", "m", version(first, "viewer"))
	if err != nil || m.Version != 2 {
		t.Fatalf("version %d (%v)", m.Version, err)
	}
	before, entries := s.everything(t), s.entries(t)
	e := kind(t, drop(s.SetMemberRoles(t.Context(), s.as(t, "oa"), "default", "m", version(first, "curb"))), org.Conflict)
	if e.Message != "Someone else changed these roles." || e.Tag != m.Tag() || s.entries(t) != entries+1 || !cmp.Equal(before, s.everything(t)) {
		t.Errorf("%+v, %d audit rows", e, s.entries(t)-entries)
	}
	if _, err := s.SetMemberRoles(t.Context(), s.as(t, "oa"), "default", "m", version(m, "curb")); err != nil {
		t.Error(err)
	}
}

// A name that no role answers to any more gives nothing, and can be taken away by whoever may take any.
func TestStoredNameWithoutRole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.give(t, home, "m", "gone")
	s.refused(t, badRoles(unsupported("gone")), 1, func() error {
		return drop(s.SetMemberRoles(t.Context(), s.as(t, "oa"), "default", "m", roles("gone")))
	})
	if _, err := s.SetMemberRoles(t.Context(), s.as(t, "oua"), "default", "m", roles()); err != nil || s.memberRoles(t, home, "m") != "" {
		t.Errorf("%v, stored %q", err, s.memberRoles(t, home, "m"))
	}
}

// assignable says exactly what a write accepts from this caller, for every subject and every role; so does the
// assignment form, box by box.
func TestAssignableIsWhatIsAccepted(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"o", "ua", "ta", "au", "oa", "oua", "ota", "oau", "m", "dealer", "maker", "viewer", "curbed", "reader", "banned", "tied"} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.insert(t,
				person{name: "banned", home: []string{"organization-admin", "organization-workspace-creation-ban"}},
				person{name: "tied", home: []string{"organization-admin", "curb"}},
				person{name: "all", home: []string{"viewer", "curb", "organization-workspace-creation-ban"}},
			)
			list, err := s.Roles(t.Context(), s.as(t, by), org.In("default"))
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range list.Roles {
				if (r.Refusal == "") != r.Assignable {
					t.Errorf("%s: assignable %v, refusal %q", r.Name, r.Assignable, r.Refusal)
				}
				_, err := s.SetMemberRoles(t.Context(), dry(s.as(t, by)), "default", "bot", roles(r.Name))
				if (err == nil) != r.Assignable {
					t.Errorf("%s: assignable %v, but giving it says %v", r.Name, r.Assignable, err)
				}
			}
			for _, user := range []string{"bot", "viewer", "curbed", "oa", "oau", "all", by} {
				a, err := s.MemberRoles(t.Context(), s.as(t, by), "default", user)
				if err != nil {
					if org.KindOf(err) != org.NotFound {
						t.Error(err)
					}
					continue
				}
				held := refNames(a.Member.Roles)
				for _, c := range a.Choices {
					toggled := slices.DeleteFunc(slices.Clone(held), func(n string) bool { return n == c.Role.Name })
					if !c.Held {
						toggled = append(toggled, c.Role.Name)
					}
					_, err := s.SetMemberRoles(t.Context(), dry(s.as(t, by)), "default", user, roles(toggled...))
					if (err == nil) != (c.Refusal == "") {
						t.Errorf("%s of %s (held %v): told %q, but changing it says %v", c.Role.Name, user, c.Held, c.Refusal, err)
					}
				}
			}
		})
	}
}

// The same for site roles.
func TestSiteAssignableIsWhatIsAccepted(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"o", "ua", "ta", "au", "oa", "m", "x", "reader", "uar"} {
		s := newSite(t)
		s.insert(t, person{name: "uar", site: []string{"user-admin", "site-reader"}})
		list, err := s.Roles(t.Context(), s.as(t, by), org.Site)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list.Roles {
			_, err := s.SetUserRoles(t.Context(), dry(s.as(t, by)), "pm", roles(r.Name))
			if (err == nil) != r.Assignable {
				t.Errorf("%s, %s: assignable %v, but giving it says %v", by, r.Name, r.Assignable, err)
			}
		}
	}
}

func TestAssignableOfTheTables(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	assignable := func(list org.RoleList, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range list.Roles {
			if r.Assignable {
				names = append(names, r.Name)
			}
		}
		return strings.Join(names, " ")
	}
	everything := "curb dealer maker viewer organization-admin organization-auditor organization-template-admin organization-user-admin organization-workspace-creation-ban"
	for by, want := range map[string]string{
		"o": everything, "oa": everything, "ua": "", "oua": "", "ta": "", "au": "", "ota": "", "oau": "", "m": "", "maker": "", "dealer": "dealer viewer",
	} {
		list, err := s.Roles(t.Context(), s.as(t, by), org.In("default"))
		got := assignable(list, err)
		if fields := strings.Fields(got); !sameSet(fields, strings.Fields(want)) {
			t.Errorf("%s may hand out %q, want %q", by, got, want)
		}
	}
	for by, want := range map[string]string{"o": "site-reader owner auditor template-admin user-admin", "ua": "", "oa": "", "m": "", "x": "", "reader": ""} {
		if got := assignable(s.Roles(t.Context(), s.as(t, by), org.Site)); !sameSet(strings.Fields(got), strings.Fields(want)) {
			t.Errorf("%s may hand out the site roles %q, want %q", by, got, want)
		}
	}
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

func TestSetUserRoles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		by, user string
		roles    []string
		want     string
	}{
		{"o", "x", []string{"owner"}, "owner"},
		{"o", "ua", []string{"auditor", "site-reader", "auditor", "member"}, "auditor site-reader"},
		{"o", "Sue", []string{"template-admin"}, "template-admin"},
		{"o", "ta", nil, ""},
	} {
		s := newSite(t)
		before, err := s.User(t.Context(), s.as(t, c.by), c.user)
		if err != nil {
			t.Fatal(err)
		}
		var u org.User
		row := s.accepted(t, entry{Actor: c.by, Action: "write", Type: "user", Target: c.user, Organization: uuid.Nil, Status: 200, Fields: []string{"assignments", "rbac_roles"}}, func() (err error) {
			u, err = s.SetUserRoles(t.Context(), s.as(t, c.by), c.user, roles(c.roles...))
			return err
		})
		if got := s.siteRoles(t, c.user); got != c.want || strings.Join(refNames(u.Roles), " ") != c.want || !u.UpdatedAt.After(before.UpdatedAt) {
			t.Errorf("stored %q, answered %v, want %q", got, refNames(u.Roles), c.want)
		}
		if diff := cmp.Diff(toAny(refNames(before.Roles)), row.Changes["rbac_roles"].Old); diff != "" {
			t.Error(diff)
		}
	}
}

func TestSetUserRolesRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	self := &org.Error{Kind: org.Invalid, Message: "You cannot change your own roles."}
	bad := func(details ...string) *org.Error { return badRoles(details...) }
	for _, c := range []struct {
		by, user string
		body     org.Input[org.RolesInput]
		want     *org.Error
		rows     int
	}{
		{"o", "nobody", unread[org.RolesInput](t), badUser("nobody"), 0},
		{"m", "x", unread[org.RolesInput](t), badUser("x"), 0},
		{"m", "nobody", unread[org.RolesInput](t), badUser("nobody"), 0},
		{"o", "me", unread[org.RolesInput](t), self, 1},
		{"ua", "UA", unread[org.RolesInput](t), self, 1},
		{"m", "m", unread[org.RolesInput](t), self, 1},
		{"ta", "x", unread[org.RolesInput](t), forbid, 1},
		{"oa", "m", unread[org.RolesInput](t), forbid, 1},
		{"o", "x", broken[org.RolesInput](), errBody, 1},
		{"o", "x", roles("organization-admin", "auditor", "nonsense"), &org.Error{Kind: org.Invalid, Message: `"organization-admin" is not a supported role`, Fields: []org.Field{
			{Field: "roles[0]", Detail: `"organization-admin" is not a supported role`}, {Field: "roles[2]", Detail: `"nonsense" is not a supported role`}}}, 1},
		{"ua", "x", roles("Owner"), bad(`"Owner" is not a supported role`), 1},
		{"o", "x", roles("owner:" + home.String()), bad(fmt.Sprintf("attempt to assign a role %q, remove the ':<organization_id> suffix", "owner:"+home.String())), 1},
		{"o", "x", roles("viewer"), bad(`"viewer" is not a supported role`), 1},
		{"ua", "x", roles("auditor"), notAssignable(uuid.Nil, "auditor"), 1},
		{"ua", "x", roles("owner", "site-reader"), notAssignable(uuid.Nil, "owner", "site-reader"), 1},
		{"ua", "ta", roles(), notAssignable(uuid.Nil, "template-admin"), 1},
		{"ua", "o", roles(), notAssignable(uuid.Nil, "owner"), 1},
	} {
		t.Run(c.by+" on "+c.user, func(t *testing.T) {
			s.refused(t, c.want, c.rows, func() error { return drop(s.SetUserRoles(t.Context(), s.as(t, c.by), c.user, c.body)) })
		})
	}
	for _, list := range [][]string{{"auditor"}, {"auditor", "auditor", "member"}} {
		s.unchanged(t, func() error { return drop(s.SetUserRoles(t.Context(), s.as(t, "ua"), "au", roles(list...))) })
	}
}

// Whoever is under a deny does not shake it off by way of somebody else: a built-in role is handed out by those who hold
// all of it, as any other. (Without denies, whom the map lets hand out a role holds all of it.)
func TestRestrictedAdmin(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.insert(t,
		person{name: "tied", home: []string{"organization-admin", "curb"}},
		person{name: "banned", home: []string{"organization-admin", "organization-workspace-creation-ban"}},
		person{name: "banned2", home: []string{"organization-workspace-creation-ban"}},
		person{name: "o2", site: []string{"owner", "hush"}},
	)
	s.exec(t, "INSERT INTO roles VALUES (?, NULL, 'hush', '', 1, ?, ?, '', 1, '')", id("role hush").String(), start, start)
	s.store(t, "hush", "site", "!template:read")
	give := func(by string, names ...string) func() error {
		return func() error { return drop(s.SetMemberRoles(t.Context(), s.as(t, by), "default", "m", roles(names...))) }
	}
	s.refused(t, notAssignable(home, "organization-admin"), 1, give("tied", "organization-admin"))
	s.refused(t, notAssignable(home, "organization-template-admin"), 1, give("tied", "organization-template-admin"))
	s.refused(t, notAssignable(home, "organization-admin"), 1, give("banned", "organization-admin"))
	s.refused(t, notAssignable(home, "organization-workspace-creation-ban"), 1, give("banned", "organization-workspace-creation-ban"))
	s.refused(t, notAssignable(home, "organization-workspace-creation-ban"), 1, func() error {
		return drop(s.SetMemberRoles(t.Context(), s.as(t, "banned"), "default", "banned2", roles()))
	})
	s.refused(t, notAssignable(uuid.Nil, "template-admin"), 1, func() error {
		return drop(s.SetUserRoles(t.Context(), s.as(t, "o2"), "x", roles("template-admin")))
	})
	for by, list := range map[string][]string{"tied": {"organization-user-admin", "organization-auditor"}, "banned": {"organization-user-admin", "viewer"}, "oa": {"organization-workspace-creation-ban"}} {
		if err := give(by, list...)(); err != nil {
			t.Errorf("%s gives %v: %v", by, list, err)
		}
		if err := drop(s.SetMemberRoles(t.Context(), s.as(t, "o"), "default", "m", roles())); err != nil {
			t.Fatal(err)
		}
	}
}
