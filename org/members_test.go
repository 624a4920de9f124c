package org_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"rolecall.example/org"
)

// each collects what StreamMembers gives.
func (s *site) each(tb testing.TB, by *org.Actor, organization string, f org.MemberFilter) (count int, members []org.Member, err error) {
	tb.Helper()
	begun := 0
	err = s.StreamMembers(tb.Context(), by, organization, f,
		func(n int) error { begun++; count = n; return nil },
		func(m *org.Member) error {
			if begun != 1 {
				tb.Fatalf("begin was called %d times before the first member", begun)
			}
			members = append(members, *m)
			return nil
		})
	if err == nil && begun != 1 {
		tb.Errorf("begin was called %d times", begun)
	}
	return count, members, err
}

// both asks the two member lists, which must show the same rows.
func (s *site) both(tb testing.TB, by *org.Actor, organization string, f org.MemberFilter) org.MemberList {
	tb.Helper()
	list, err := s.Members(tb.Context(), by, organization, f)
	if err != nil {
		tb.Fatalf("%+v: %v", f, err)
	}
	count, members, err := s.each(tb, by, organization, f)
	if err != nil {
		tb.Fatal(err)
	}
	if diff := cmp.Diff(list.Members, members, cmpopts.IgnoreFields(org.Member{}, "RolesRefusal", "RemoveRefusal"), cmpopts.EquateEmpty()); diff != "" || count != list.Count {
		tb.Errorf("%+v: the two lists differ, counts %d and %d:\n%s", f, list.Count, count, diff)
	}
	return list
}

func TestWhoSeesWhichMembers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, by := range []string{"o", "ua", "ta", "au", "oa", "oua", "ota", "oau", "dealer"} {
		list := s.both(t, s.as(t, by), "default", org.MemberFilter{})
		if diff := cmp.Diff(homeMembers, usernames(list.Members)); diff != "" || list.Count != len(homeMembers) || list.OnlySelf {
			t.Errorf("%s sees %d members, only itself: %v\n%s", by, list.Count, list.OnlySelf, diff)
		}
	}
	for _, by := range []string{"m", "maker", "viewer", "reader", "Dora", "bot"} {
		list := s.both(t, s.as(t, by), "default", org.MemberFilter{})
		if got := usernames(list.Members); !slices.Equal(got, []string{by}) || list.Count != 1 || !list.OnlySelf || !list.Members[0].Self {
			t.Errorf("%s sees %v (count %d, only itself: %v), want only itself", by, got, list.Count, list.OnlySelf)
		}
	}
	for _, by := range []string{"x", "pa", "pm"} {
		_, err := s.Members(t.Context(), s.as(t, by), "default", org.MemberFilter{})
		same(t, err, notFound)
		_, _, err = s.each(t, s.as(t, by), "default", org.MemberFilter{})
		same(t, err, notFound)
	}
}

func TestWhoSeesWhichMembersUnderDenies(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.store(t, "curb", "organization", "!organization_member:read")
	if list := s.both(t, s.as(t, "curbed"), "default", org.MemberFilter{}); list.Count != 0 || len(list.Members) != 0 {
		t.Errorf("one whose own membership is denied to it sees %v", usernames(list.Members))
	}
	s.store(t, "curb", "organization", "!organization:read")
	_, err := s.Members(t.Context(), s.as(t, "curbed"), "default", org.MemberFilter{})
	same(t, err, notFound)
}

func TestMemberRow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.give(t, home, "reader", "organization-auditor", "gone")
	list := s.both(t, s.as(t, "o"), "default", org.MemberFilter{Query: "reader@"})
	want := []org.Member{{
		UserID: id("reader"), OrganizationID: home, CreatedAt: start, UpdatedAt: start, Version: 1,
		Username: "reader", Name: "Name of reader", Email: "reader@example.com", Status: org.StatusActive, LoginType: org.LoginPassword,
		Roles: []org.RoleRef{
			{Name: "gone", OrganizationID: home},
			{Name: "organization-auditor", DisplayName: "Organization Auditor", OrganizationID: home, BuiltIn: true},
		},
		SiteRoles:        []org.RoleRef{{Name: "site-reader", DisplayName: "SITE-READER"}},
		AccountCreatedAt: start, AccountUpdatedAt: start,
	}}
	if diff := cmp.Diff(want, list.Members); diff != "" {
		t.Error(diff)
	}
	one, err := s.Member(t.Context(), s.as(t, "o"), "default", "reader")
	want[0].AccountVersion, one.Assignments = 1, nil // a list does not tell them
	if diff := cmp.Diff(want[0], one); diff != "" || err != nil {
		t.Errorf("the same member alone: %v\n%s", err, diff)
	}
}

func TestMemberFilters(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.insert(t,
		person{name: "twin1", home: []string{"viewer", "organization-auditor"}, site: []string{"auditor"}},
		person{name: "twin2", home: []string{"viewer"}, status: "suspended"},
	)
	all := s.both(t, s.as(t, "o"), "default", org.MemberFilter{}).Members
	for _, f := range []struct {
		filter org.MemberFilter
		want   string
	}{
		{org.MemberFilter{Query: "TWIN"}, "twin1 twin2"},
		{org.MemberFilter{Query: "name of o"}, "o oa oau ota oua"},
		{org.MemberFilter{Query: "dora@EXAMPLE.com"}, "Dora"},
		{org.MemberFilter{Query: "nobody"}, ""},
		{org.MemberFilter{Roles: []string{"viewer"}}, "twin1 twin2 viewer"},
		{org.MemberFilter{Roles: []string{"organization-admin", "organization-auditor"}}, "oa oau twin1"},
		{org.MemberFilter{Roles: []string{"view"}}, ""},
		{org.MemberFilter{Roles: []string{"Viewer"}}, ""},
		{org.MemberFilter{Roles: []string{"beta-only"}}, ""},
		{org.MemberFilter{Roles: []string{""}}, ""},
		{org.MemberFilter{Roles: []string{"viewer curb"}}, ""},
		{org.MemberFilter{SiteRoles: []string{"auditor"}}, "twin1"},
		{org.MemberFilter{SiteRoles: []string{"site-reader", "owner"}}, "o reader"},
		{org.MemberFilter{SiteRoles: []string{"organization-admin"}}, ""},
		{org.MemberFilter{Statuses: []org.Status{org.StatusSuspended}}, "Sue twin2"},
		{org.MemberFilter{Statuses: []org.Status{org.StatusSuspended, org.StatusDormant}}, "Dora Sue twin2"},
		{org.MemberFilter{Statuses: []org.Status{"gone"}}, ""},
		{org.MemberFilter{Roles: []string{"viewer"}, Statuses: []org.Status{org.StatusSuspended}}, "twin2"},
		{org.MemberFilter{Roles: []string{"viewer"}, SiteRoles: []string{"auditor"}}, "twin1"},
		{org.MemberFilter{Query: "1", Roles: []string{"viewer"}, SiteRoles: []string{"auditor"}, Statuses: []org.Status{org.StatusActive}}, "twin1"},
		{org.MemberFilter{Query: "2", Roles: []string{"viewer"}, SiteRoles: []string{"auditor"}, Statuses: []org.Status{org.StatusActive}}, ""},
	} {
		list := s.both(t, s.as(t, "o"), "default", f.filter)
		if got := strings.Join(usernames(list.Members), " "); got != f.want || list.Count != len(list.Members) {
			t.Errorf("%+v: %q (count %d), want %q", f.filter, got, list.Count, f.want)
		}
	}
	// Everybody holds the implied roles.
	for _, f := range []org.MemberFilter{
		{Roles: []string{"organization-member"}}, {SiteRoles: []string{"member"}}, {Roles: []string{"curb", "organization-member"}},
	} {
		if list := s.both(t, s.as(t, "o"), "default", f); list.Count != len(all) {
			t.Errorf("%+v leaves %d of %d", f, list.Count, len(all))
		}
	}
	// A filter shows a plain member no more than itself, and not even that when it does not match.
	if list := s.both(t, s.as(t, "m"), "default", org.MemberFilter{Query: "o"}); list.Count != 1 || list.Members[0].Username != "m" {
		t.Errorf("m finds %v", usernames(list.Members))
	}
	if list := s.both(t, s.as(t, "m"), "default", org.MemberFilter{Query: "twin"}); list.Count != 0 {
		t.Errorf("m finds %v", usernames(list.Members))
	}
}

func TestMemberSearchTakesTextLiterally(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	names := map[string]string{
		"percent": "100% sure", "under": "snake_case", "quote": "O'Brien", "double": `the "best"`, "back": `C:\temp`,
		"rtl": "abc\u202edef\u200f", "cjk": "山田太郎", "umlaut": "ÄÖÜ straße", "star": "a*b?c[d]",
	}
	for name, display := range names {
		s.insert(t, person{name: name, home: none})
		s.call(t, name, display)
	}
	for query, want := range map[string]string{
		"%": "percent", "_c": "under", "'": "quote", `"`: "double", `\`: "back", "\u202e": "rtl", "\u200f": "rtl", "田太": "cjk",
		"äöü STRASSE": "umlaut", "äöü straße": "umlaut", "*": "star", "[d]": "star", "' OR 1=1 --": "", "%%": "", "a_b": "",
	} {
		list := s.both(t, s.as(t, "o"), "default", org.MemberFilter{Query: query})
		if got := strings.Join(usernames(list.Members), " "); got != want {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
	if list := s.both(t, s.as(t, "o"), "default", org.MemberFilter{Query: strings.Repeat("%_", 5000)}); list.Count != 0 {
		t.Errorf("a long pattern finds %d", list.Count)
	}
}

func TestMemberOrder(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	// Orders that all differ: names backwards, addresses by their last letter, times in the order of a hash.
	for i, m := range homeMembers {
		s.exec(t, "UPDATE users SET name_key = ?, email_key = ? WHERE id = ?", fmt.Sprintf("n%02d", (i*5)%14), fmt.Sprintf("e%02d", (i*3)%14), id(m).String())
		s.exec(t, "UPDATE organization_members SET created_at = ?, updated_at = ? WHERE user_id = ?",
			start.AddDate(0, 0, (i*9)%14).Format("2006-01-02 15:04:05-07:00"), start.AddDate(0, 0, (i*11)%14).Format("2006-01-02 15:04:05-07:00"), id(m).String())
	}
	by := func(step int) []string {
		order := make([]string, len(homeMembers))
		for i, m := range homeMembers {
			order[(i*step)%14] = m
		}
		return order
	}
	for key, want := range map[string][]string{
		"": homeMembers, "username": homeMembers, "name": by(5), "email": by(3), "created_at": by(9), "updated_at": by(11),
	} {
		got := usernames(s.both(t, s.as(t, "o"), "default", org.MemberFilter{Sort: key}).Members)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("sorted by %q:\n%s", key, diff)
		}
		if key == "" {
			continue
		}
		got = usernames(s.both(t, s.as(t, "o"), "default", org.MemberFilter{Sort: "-" + key}).Members)
		slices.Reverse(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("sorted by %q downwards:\n%s", key, diff)
		}
	}
	for _, key := range []string{"password_hash", "-", "--name", "name,email", "Name", "id; DROP TABLE users"} {
		_, err := s.Members(t.Context(), s.as(t, "o"), "default", org.MemberFilter{Sort: key})
		if e := kind(t, err, org.Invalid); len(e.Fields) != 1 || e.Fields[0].Field != "sort" || e.Message != "Query parameters have invalid values." {
			t.Errorf("sort %q: %v", key, e)
		}
	}
	_, err := s.Members(t.Context(), s.as(t, "x"), "default", org.MemberFilter{Sort: "nonsense"})
	same(t, err, notFound) // a stranger does not even learn that
}

// TestMemberOrderBreaksTiesByUsername: whichever way a list goes, descending is ascending from its end.
func TestMemberOrderBreaksTiesByUsername(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.exec(t, "UPDATE users SET name_key = 'same'")
	for _, f := range []org.MemberFilter{{}, {Statuses: []org.Status{org.StatusActive}}, {Query: "example"}} {
		f.Sort = "name"
		names := usernames(s.both(t, s.as(t, "o"), "default", f).Members)
		if len(names) < 3 || !slices.IsSortedFunc(names, func(a, b string) int { return strings.Compare(org.FoldCase(a), org.FoldCase(b)) }) {
			t.Errorf("%+v: members of one name stand as %v", f, names)
		}
		f.Sort = "-name"
		back := usernames(s.both(t, s.as(t, "o"), "default", f).Members)
		if slices.Reverse(back); !slices.Equal(names, back) {
			t.Errorf("%+v: from its end the list is %v, not %v", f, back, names)
		}
	}
}

func TestMemberPages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, f := range []org.MemberFilter{{}, {Sort: "-email"}, {Query: "example"}, {Statuses: []org.Status{"active"}, Sort: "created_at"}} {
		all := s.both(t, s.as(t, "o"), "default", f)
		for _, size := range []int{1, 3, 5, all.Count - 1, all.Count, all.Count + 1} {
			var joined []org.Member
			for offset := 0; offset < all.Count; offset += size {
				f.Limit, f.Offset = size, offset
				page := s.both(t, s.as(t, "o"), "default", f)
				if page.Count != all.Count || len(page.Members) != min(size, all.Count-offset) {
					t.Fatalf("%+v: %d rows, count %d", f, len(page.Members), page.Count)
				}
				joined = append(joined, page.Members...)
			}
			if diff := cmp.Diff(all.Members, joined); diff != "" {
				t.Fatalf("pages of %d do not make the list:\n%s", size, diff)
			}
		}
		for _, offset := range []int{all.Count, all.Count + 1, 2147483647} {
			for _, limit := range []int{0, 1, 2147483647} {
				f.Limit, f.Offset = limit, offset
				if page := s.both(t, s.as(t, "o"), "default", f); page.Count != all.Count || len(page.Members) != 0 {
					t.Errorf("%+v: %d rows, count %d, want none of %d", f, len(page.Members), page.Count, all.Count)
				}
			}
		}
	}
	if page := s.both(t, s.as(t, "m"), "default", org.MemberFilter{Offset: 5}); page.Count != 1 || len(page.Members) != 0 {
		t.Errorf("m past its own row: %d rows, count %d", len(page.Members), page.Count)
	}
}

func TestMemberCountMayStop(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, c := range []struct {
		filter org.MemberFilter
		count  int
		capped bool
	}{
		{org.MemberFilter{CountLimit: 5}, len(homeMembers), false}, // an unfiltered count costs nothing
		{org.MemberFilter{Query: "example", CountLimit: 5}, 5, true},
		{org.MemberFilter{Query: "example", CountLimit: 14}, 14, false},
		{org.MemberFilter{Query: "example"}, 14, false},
	} {
		list, err := s.Members(t.Context(), s.as(t, "o"), "default", c.filter)
		if err != nil || list.Count != c.count || list.CountIsMinimum != c.capped {
			t.Errorf("%+v: count %d, capped %v (%v)", c.filter, list.Count, list.CountIsMinimum, err)
		}
	}
}

// crowd adds n members, named so that their order is that of their numbers.
func (s *site) crowd(tb testing.TB, n int) []string {
	tb.Helper()
	var names []string
	var list []person
	for i := range n {
		names = append(names, fmt.Sprintf("z%05d", i))
		list = append(list, person{name: names[i], home: none})
	}
	s.insert(tb, list...)
	return names
}

func TestEachMemberOfMany(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	want := slices.Concat(homeMembers, s.crowd(t, 1250))
	slices.SortFunc(want, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	for _, f := range []org.MemberFilter{{}, {Sort: "email"}, {Query: "example"}} {
		count, members, err := s.each(t, s.as(t, "o"), "default", f)
		if err != nil || count != len(want) {
			t.Fatalf("%+v: count %d, want %d (%v)", f, count, len(want), err)
		}
		if diff := cmp.Diff(want, usernames(members)); diff != "" {
			t.Errorf("%+v:\n%s", f, diff)
		}
	}
	for _, f := range []org.MemberFilter{{Limit: 600, Offset: 3}, {Limit: 1000, Offset: 700}, {Offset: 499}, {Limit: 500, Offset: 500}} {
		end := len(want)
		if f.Limit > 0 {
			end = min(end, f.Offset+f.Limit)
		}
		if _, members, err := s.each(t, s.as(t, "o"), "default", f); err != nil || !slices.Equal(usernames(members), want[f.Offset:end]) {
			t.Errorf("%+v: %d members (%v), want those from %d to %d", f, len(members), err, f.Offset, end)
		}
	}
}

// What is listed is one moment: neither the count nor the rows show what is written while they are read.
func TestEachMemberIsOneMoment(t *testing.T) {
	t.Parallel()
	for _, f := range []org.MemberFilter{{}, {Limit: 100}, {Limit: 900}, {Sort: "name"}, {Query: "z0"}, {Query: "z0", Limit: 100}} {
		t.Run(fmt.Sprintf("%+v", f), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			crowd := s.crowd(t, 60)
			total, rows := 0, 0
			err := s.StreamMembers(t.Context(), s.as(t, "o"), "default", f,
				func(n int) error {
					total = n
					s.insert(t, person{name: "z0late", home: none})
					return drop(s.RemoveMember(t.Context(), s.as(t, "o"), "default", crowd[0], nil))
				},
				func(m *org.Member) error {
					if rows++; m.Username == "z0late" {
						t.Error("a member was listed that was added meanwhile")
					}
					return nil
				})
			if err != nil || rows != total {
				t.Errorf("count %d, but %d rows (%v)", total, rows, err)
			}
		})
	}
}

func TestEachMemberEndsWithAnError(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	stop := errors.New("enough")
	for _, f := range []org.MemberFilter{{}, {Query: "o"}} {
		err := s.StreamMembers(t.Context(), s.as(t, "o"), "default", f,
			func(int) error { return stop }, func(*org.Member) error { t.Error("listed after begin failed"); return nil })
		if !errors.Is(err, stop) {
			t.Errorf("begin failed and StreamMembers says %v", err)
		}
		rows := 0
		err = s.StreamMembers(t.Context(), s.as(t, "o"), "default", f,
			func(int) error { return nil }, func(*org.Member) error { rows++; return stop })
		if !errors.Is(err, stop) || rows != 1 {
			t.Errorf("each failed and StreamMembers says %v after %d rows", err, rows)
		}
	}
}

func TestAddMember(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"o", "ua", "oa", "oua"} {
		for _, who := range []struct{ ref, name string }{{"x", "x"}, {"X", "x"}, {id("pm").String(), "pm"}} {
			s := newSite(t)
			var m org.Member
			got := s.accepted(t, entry{Actor: by, Action: "create", Type: "organization_member", Target: who.name, Organization: home, Status: 200, Fields: []string{"assignments", "roles", "user_id", "username"}}, func() (err error) {
				m, err = s.AddMember(t.Context(), s.as(t, by), "DEFAULT", who.ref)
				return err
			})
			if m.Username != who.name || len(m.Roles) != 0 || m.OrganizationID != home || m.Version != 1 || !m.CreatedAt.Equal(m.UpdatedAt) || m.CreatedAt.Before(start.AddDate(0, 0, 1)) {
				t.Errorf("%s added %+v", by, m)
			}
			if got.ID != id(who.name).String() || !s.isMember(t, home, who.name) || s.memberRoles(t, home, who.name) != "" {
				t.Errorf("%s added %s: stored roles %q", by, who.name, s.memberRoles(t, home, who.name))
			}
		}
	}
}

// Whatever state an account is in, it can be a member.
func TestAddMemberInAnyState(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.insert(t, person{name: "out", status: "suspended"}, person{name: "sleepy", status: "dormant"}, person{name: "robot", login: "none"})
	for _, who := range []string{"out", "sleepy", "robot"} {
		if _, err := s.AddMember(t.Context(), s.as(t, "oa"), "default", who); err != nil {
			t.Errorf("%s: %v", who, err)
		}
	}
	// An owner may add itself.
	if _, err := s.AddMember(t.Context(), s.as(t, "o"), "beta", "me"); err != nil {
		t.Error(err)
	}
}

func TestAddMemberRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	already := func(name string) *org.Error {
		return &org.Error{Kind: org.Invalid, Message: "User is already an organization member", Detail: name + " is already a member of Acme"}
	}
	unknown := uuid.NewString()
	for _, c := range []struct {
		by, org, user string
		want          *org.Error
		rows          int
	}{
		{"x", "default", "pm", notFound, 0},
		{"pa", "default", "x", notFound, 0},
		{"o", "gamma", "x", notFound, 0},
		{"o", unknown, "x", notFound, 0},
		// Who may not read users learns nothing about them.
		{"m", "default", "x", notFound, 0},
		{"m", "default", "nobody", notFound, 0},
		{"m", "default", unknown, notFound, 0},
		{"ota", "default", "x", notFound, 0},
		{"oau", "default", "x", notFound, 0},
		{"dealer", "default", "x", notFound, 0},
		// Who may read them learns that there is none.
		{"o", "default", "nobody", badUser("nobody"), 0},
		{"oa", "default", unknown, badUser(unknown), 0},
		{"oua", "default", "x@example.com", badUser("x@example.com"), 0},
		{"ta", "default", "nobody", badUser("nobody"), 0},
		{"au", "default", "", badUser(""), 0},
		// What may be read but not done.
		{"ta", "default", "x", forbid, 1},
		{"au", "default", "x", forbid, 1},
		{"m", "default", "me", forbid, 1},
		{"m", "default", "m", forbid, 1},
		{"dealer", "default", "me", forbid, 1},
		{"oau", "default", "me", forbid, 1},
		// Not twice.
		{"o", "default", "m", already("m"), 1},
		{"oa", "default", "Sue", already("Sue"), 1},
		{"oua", "default", id("Sue").String(), already("Sue"), 1},
		{"oa", "default", "me", already("oa"), 1},
	} {
		t.Run(c.by+" adds "+c.user, func(t *testing.T) {
			s.refused(t, c.want, c.rows, func() error { return drop(s.AddMember(t.Context(), s.as(t, c.by), c.org, c.user)) })
		})
	}
	// Both rights are needed.
	for _, right := range []string{"organization_member:create", "assign_org_role:assign"} {
		s := newSite(t)
		s.exec(t, "DELETE FROM role_permissions WHERE role_id = ?", id("role viewer").String())
		s.store(t, "viewer", "organization", right)
		s.store(t, "site-reader", "site", "user:read")
		s.give(t, home, "reader", "viewer")
		s.refused(t, forbid, 1, func() error { return drop(s.AddMember(t.Context(), s.as(t, "reader"), "default", "x")) })
	}
}

// A custom role can add members: no map of names stands in its way.
func TestAddMemberWithCustomRole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.store(t, "dealer", "organization", "organization_member:create")
	s.exec(t, "INSERT INTO user_roles (user_id, role) VALUES (?, 'site-reader')", id("dealer").String())
	s.store(t, "site-reader", "site", "user:read")
	if _, err := s.AddMember(t.Context(), s.as(t, "dealer"), "default", "x"); err != nil {
		t.Error(err)
	}
}

func TestRemoveMember(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"o", "ua", "oa", "oua"} {
		for _, who := range []string{"m", "viewer", "Sue"} {
			s := newSite(t)
			s.exec(t, "INSERT INTO user_roles (user_id, role) VALUES (?, 'auditor')", id(who).String())
			s.join(t, beta, who)
			var m org.Member
			got := s.accepted(t, entry{Actor: by, Action: "delete", Type: "organization_member", Target: who, Organization: home, Status: 204, Fields: []string{"assignments", "roles", "user_id", "username"}}, func() (err error) {
				m, err = s.RemoveMember(t.Context(), s.as(t, by), "default", strings.ToUpper(who), nil)
				return err
			})
			if m.Username != who || got.Changes["username"].Old != who || got.Changes["username"].New != nil {
				t.Errorf("removed %+v, recorded %+v", m, got.Changes)
			}
			if s.isMember(t, home, who) || s.memberRoles(t, home, who) != "" || !s.isMember(t, beta, who) || s.siteRoles(t, who) != "auditor" {
				t.Errorf("%s: the wrong things are gone", who)
			}
			// A second time there is nothing to remove; added again it starts anew.
			s.refused(t, notFound, 0, func() error { return drop(s.RemoveMember(t.Context(), s.as(t, by), "default", who, nil)) })
			again, err := s.AddMember(t.Context(), s.as(t, by), "default", who)
			if err != nil || len(again.Roles) != 0 || s.memberRoles(t, home, who) != "" {
				t.Errorf("added again it has %v (%v)", again.Roles, err)
			}
		}
	}
}

func TestRemoveMemberRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	self := &org.Error{Kind: org.Invalid, Message: "cannot remove self from an organization"}
	unknown := uuid.NewString()
	for _, c := range []struct {
		by, org, user string
		want          *org.Error
		rows          int
	}{
		{"x", "default", "m", notFound, 0},
		{"pa", "default", "m", notFound, 0},
		{"pa", "beta", "m", notFound, 0},
		{"o", "default", "x", notFound, 0},
		{"o", "default", "nobody", badUser("nobody"), 0},
		{"oa", "default", unknown, badUser(unknown), 0},
		{"m", "default", "viewer", notFound, 0},
		{"m", "default", "nobody", notFound, 0},
		{"maker", "default", "m", notFound, 0},
		{"oau", "default", "nobody", notFound, 0},
		{"oau", "default", "x", notFound, 0},
		{"o", "default", "me", self, 1},
		{"o", "default", "O", self, 1},
		{"oa", "default", id("oa").String(), self, 1},
		{"m", "default", "me", self, 1},
		{"m", "default", "m", self, 1},
		{"ua", "default", "me", notFound, 0},
		{"ta", "default", "m", forbid, 1},
		{"au", "default", "m", forbid, 1},
		{"ota", "default", "m", forbid, 1},
		{"oau", "default", "m", forbid, 1},
		{"dealer", "default", "m", forbid, 1},
	} {
		t.Run(c.by+" removes "+c.user, func(t *testing.T) {
			s.refused(t, c.want, c.rows, func() error { return drop(s.RemoveMember(t.Context(), s.as(t, c.by), c.org, c.user, nil)) })
		})
	}
}

// The count that organizations keep follows every way in which memberships begin and end.
func TestMemberCountFollows(t *testing.T) {
	t.Parallel()
	s, ctx := newSite(t), t.Context()
	o := s.as(t, "o")
	count := func(want int) {
		t.Helper()
		got, err := s.Organization(ctx, o, "default")
		if err != nil || got.MemberCount != want {
			t.Errorf("count %d, want %d (%v)", got.MemberCount, want, err)
		}
	}
	n := len(homeMembers)
	count(n)
	_, err := s.AddMember(ctx, o, "default", "x")
	count(n + 1)
	err = errors.Join(err, drop(s.RemoveMember(ctx, o, "default", "x", nil)))
	count(n)
	err = errors.Join(err, drop(s.DeleteUser(ctx, o, "viewer", nil)))
	count(n - 1)
	err = errors.Join(err, drop(s.CreateUser(ctx, o, given(org.NewUser{
		Username: "robot", Email: "robot@example.com", LoginType: org.LoginNone, OrganizationIDs: []uuid.UUID{home, home},
	}))))
	count(n)
	if err != nil {
		t.Error(err)
	}
}

func TestCandidates(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	find := func(by, query string) (names []string, err error) {
		_, users, err := s.Candidates(t.Context(), s.as(t, by), "default", query)
		for _, u := range users {
			names = append(names, u.Username)
		}
		return names, err
	}
	for _, c := range []struct {
		by, query, want string
	}{
		{"o", "", "au pa pm ta ua x"}, {"oua", "P", "au pa pm ta ua x"}, {"oa", "pm@", "pm"}, {"oa", "viewer", ""}, {"ua", "%", ""},
	} {
		if got, err := find(c.by, c.query); err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s finds %v for %q (%v), want %q", c.by, got, c.query, err, c.want)
		}
	}
	for by, want := range map[string]*org.Error{"m": forbid, "ta": forbid, "dealer": forbid, "x": notFound, "pa": notFound} {
		_, err := find(by, "")
		same(t, err, want)
	}
	s.store(t, "dealer", "organization", "organization_member:create")
	if got, err := find("dealer", ""); err != nil || len(got) > 0 {
		t.Errorf("who may add but not read users finds %v (%v)", got, err)
	}
	for i := range 25 {
		s.insert(t, person{name: fmt.Sprintf("many%02d", i)}, person{name: fmt.Sprintf("away%02d", i), status: "suspended"})
	}
	// What few have is looked up, and what many have is found on the way along all.
	for query, want := range map[string]int{"many": 20, "many0": 10, "many07": 1, "away": 0, "away0": 0, "away07": 0, "y0": 10, "many97": 0} {
		got, err := find("oa", query)
		if err != nil || len(got) != want || !slices.IsSorted(got) {
			t.Errorf("%q: the candidates are %q (%v), want %d", query, got, err, want)
		}
	}
}

// What a list and a single member say of the caller's own rights is what the writes then do.
func TestMemberRefusalsComeTrue(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"o", "ua", "ta", "oa", "oua", "oau", "dealer", "m"} {
		s := newSite(t)
		for _, m := range s.both(t, s.as(t, by), "default", org.MemberFilter{}).Members {
			one, err := s.Member(t.Context(), s.as(t, by), "default", m.Username)
			if err != nil {
				t.Fatal(err)
			}
			list, err := s.Members(t.Context(), s.as(t, by), "default", org.MemberFilter{Query: m.Email})
			if err != nil || len(list.Members) == 0 {
				t.Fatal(err)
			}
			inList := list.Members[slices.IndexFunc(list.Members, func(l org.Member) bool { return l.UserID == m.UserID })]
			one.AccountVersion, one.Assignments = 0, nil // lists have no use for them
			if diff := cmp.Diff(one, inList); diff != "" {
				t.Errorf("%s sees two different %s:\n%s", by, m.Username, diff)
			}
			err = drop(s.RemoveMember(t.Context(), dry(s.as(t, by)), "default", m.Username, nil))
			if (err == nil) != (one.RemoveRefusal == "") {
				t.Errorf("%s on %s: told %q about removing, which gives %v", by, m.Username, one.RemoveRefusal, err)
			}
		}
	}
}

// A dry run answers what the real thing answers, and leaves no trace.
func TestDryRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		why string
		do  func(s *site, as func(*org.Actor) *org.Actor) error
	}{
		{"give", func(s *site, as func(*org.Actor) *org.Actor) error {
			return drop(s.SetMemberRoles(t.Context(), as(s.as(t, "oa")), "default", "m", roles("viewer")))
		}},
		{"may not give", func(s *site, as func(*org.Actor) *org.Actor) error {
			return drop(s.SetMemberRoles(t.Context(), as(s.as(t, "dealer")), "default", "m", roles("curb")))
		}},
		{"give site roles", func(s *site, as func(*org.Actor) *org.Actor) error {
			return drop(s.SetUserRoles(t.Context(), as(s.as(t, "o")), "m", roles("owner")))
		}},
		{"demote the last owner", func(s *site, as func(*org.Actor) *org.Actor) error {
			return drop(s.SetUserRoles(t.Context(), as(s.Operator()), "o", roles()))
		}},
		{"remove", func(s *site, as func(*org.Actor) *org.Actor) error {
			return drop(s.RemoveMember(t.Context(), as(s.as(t, "oa")), "default", "m", nil))
		}},
		{"create a role", func(s *site, as func(*org.Actor) *org.Actor) error {
			return drop(s.PutRole(t.Context(), as(s.as(t, "oa")), org.In("default"), mustBeNew(role("fresh", "template:read"))))
		}},
		{"may not create a role", func(s *site, as func(*org.Actor) *org.Actor) error {
			return drop(s.PutRole(t.Context(), as(s.as(t, "maker")), org.In("default"), mustBeNew(role("fresh", "template:delete"))))
		}},
		{"edit a role", func(s *site, as func(*org.Actor) *org.Actor) error {
			return drop(s.PutRole(t.Context(), as(s.as(t, "oa")), org.In("default"), role("viewer", "!template:read")))
		}},
		{"delete a role", func(s *site, as func(*org.Actor) *org.Actor) error {
			return drop(s.DeleteRole(t.Context(), as(s.as(t, "oa")), org.In("default"), "viewer", nil))
		}},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			before, entries := s.everything(t), s.entries(t)
			foreseen := c.do(s, dry)
			if diff := cmp.Diff(before, s.everything(t)); diff != "" || s.entries(t) != entries {
				t.Errorf("a dry run left %d audit rows and\n%s", s.entries(t)-entries, diff)
			}
			real := c.do(s, func(by *org.Actor) *org.Actor { return by })
			if fmt.Sprint(foreseen) != fmt.Sprint(real) {
				t.Errorf("foreseen %v, got %v", foreseen, real)
			}
			if real == nil && cmp.Equal(before, s.everything(t)) {
				t.Error("the real thing did nothing")
			}
		})
	}
}

// A page of members is of one moment: what is written while it is read shows in all of it or in nothing.
func TestMembersAreOneMoment(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	other, ctx := openSite(t, s.place), t.Context()
	page := func(ctx context.Context, by *org.Actor) string {
		list, err := s.Members(ctx, by, "default", org.MemberFilter{Limit: 3, Offset: 8, Query: "@"})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%+v", list)
	}
	for look, happened := 1, true; happened; look++ {
		by := s.as(t, "oa") // as it is throughout: what it may do is not what changes here
		before := page(ctx, by)
		m := &meddling{Context: ctx, left: look, do: func() {
			name := fmt.Sprint("Name ", look)
			if err := errors.Join(
				drop(other.UpdateOrganization(ctx, other.as(t, "o"), "default", given(org.OrganizationInput{Name: "default", DisplayName: name}), nil)),
				drop(other.PutRole(ctx, other.as(t, "o"), org.In("default"), roleBody(org.RoleInput{Name: "viewer", DisplayName: name, Organization: perms("template:read")}))),
				drop(other.SetMemberRoles(ctx, other.as(t, "o"), "default", "oau", roles(map[bool]string{true: "viewer", false: "maker"}[look%2 == 0]))),
			); err != nil {
				t.Error(err)
			}
		}}
		got := page(m, by)
		if happened = m.over(); got != before && got != page(ctx, by) {
			t.Errorf("written at look %d: the page is neither\n%s\nnor\n%s\nbut\n%s", look, before, page(ctx, by), got)
		}
	}
}
