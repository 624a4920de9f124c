package org_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rolecall.example/org"
)

// verb is something that one account does to another.
type verb struct {
	name     string
	siteOnly bool // it takes power away, so what the target holds in organizations does not matter
	do       func(s *site, ctx context.Context, by *org.Actor, user string) error
}

// verbs is everything that one account can do to another. The target has a token and a link, and a change of its site
// roles can be undone: see readied.
func verbs(t *testing.T) []verb {
	status := func(status org.Status) func(*site, context.Context, *org.Actor, string) error {
		return func(s *site, ctx context.Context, by *org.Actor, user string) error {
			return drop2(s.SetStatus(ctx, by, user, status, nil))
		}
	}
	return []verb{
		{"password", false, func(s *site, ctx context.Context, by *org.Actor, user string) error {
			return s.SetPassword(ctx, by, user, given(org.PasswordInput{Password: "correct horse battery"}), nil)
		}},
		{"new link", false, func(s *site, ctx context.Context, by *org.Actor, user string) error {
			return drop(s.CreatePasswordLink(ctx, by, user))
		}},
		{"end link", true, func(s *site, ctx context.Context, by *org.Actor, user string) error {
			return s.DeletePasswordLink(ctx, by, user)
		}},
		{"profile", false, func(s *site, ctx context.Context, by *org.Actor, user string) error {
			return drop(s.UpdateProfile(ctx, by, user, given(org.Profile{Name: "Somebody else"})))
		}},
		{"suspend", true, status(org.StatusSuspended)},
		{"activate", false, status(org.StatusActive)},
		{"delete", false, func(s *site, ctx context.Context, by *org.Actor, user string) error {
			return drop(s.DeleteUser(ctx, by, user, nil))
		}},
		{"site roles", false, func(s *site, ctx context.Context, by *org.Actor, user string) error {
			u, err := s.User(ctx, by, user)
			if err != nil {
				return err
			}
			return drop(s.SetUserRoles(ctx, by, user, roles(append(refNames(u.Roles), "stats")...)))
		}},
		{"undo site roles", false, func(s *site, ctx context.Context, by *org.Actor, user string) error {
			return drop(s.Undo(ctx, by, s.text(t, "SELECT id FROM audit_logs WHERE resource_id = ? AND changes LIKE '%\"rbac_roles\"%'", id(user).String())))
		}},
		{"new token", false, func(s *site, ctx context.Context, by *org.Actor, user string) error {
			_, _, err := s.CreateToken(ctx, by, user, given(org.TokenInput{}))
			return err
		}},
		{"end token", true, func(s *site, ctx context.Context, by *org.Actor, user string) error {
			return s.DeleteToken(ctx, by, user, s.text(t, "SELECT id FROM api_keys WHERE user_id = ?", id(user).String()))
		}},
	}
}

// readied lets the operator prepare accounts so that every verb has something to act on.
func (s *site) readied(t *testing.T, users ...string) {
	t.Helper()
	ctx := t.Context()
	for _, user := range users {
		u, err := s.User(ctx, s.Operator(), user)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.SetUserRoles(ctx, s.Operator(), user, roles(append(refNames(u.Roles), "gauge")...)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.CreateToken(ctx, s.Operator(), user, given(org.TokenInput{})); err != nil {
			t.Fatal(err)
		}
		if u.LoginType == org.LoginPassword {
			if _, err := s.CreatePasswordLink(ctx, s.Operator(), user); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// deskSite has a help desk: it may do everything to accounts, and nothing else.
func deskSite(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	for role, list := range map[string][]string{
		"desk": {
			"user:create", "user:read", "user:update", "user:delete", "user:read_personal", "user:update_personal",
			"api_key:create", "api_key:read", "api_key:delete", "assign_role:assign", "assign_role:unassign", "deployment_stats:read",
		},
		"hush":  {"!template:read"},
		"stats": {"deployment_stats:read"},
		"gauge": {"deployment_stats:read"},
	} {
		s.siteRole(t, role, "site", list...)
	}
	s.insert(t, person{name: "desk", site: []string{"desk"}}, person{name: "hushed", site: []string{"site-reader", "hush"}})
	return s
}

// siteRole makes a role of the site, past all rules.
func (s *site) siteRole(t *testing.T, name, level string, list ...string) {
	t.Helper()
	s.exec(t, "INSERT INTO roles (id, organization_id, name, display_name, version, created_at, updated_at, updated_by) VALUES (?, NULL, ?, '', 1, ?, ?, '')",
		id("role "+name).String(), name, start, start)
	for _, p := range list {
		s.store(t, name, level, p)
	}
}

// Nobody acts on an account that holds more, on the site or in any organization, whatever the verb.
func TestActingOnTheMorePowerful(t *testing.T) {
	t.Parallel()
	s := deskSite(t)
	s.siteRole(t, "landlord", "user", "organization_member:delete") // on what one owns
	s.insert(t, person{name: "landlord", site: []string{"landlord"}}, person{name: "bau", beta: []string{"organization-auditor"}},
		person{name: "oa2", home: []string{"organization-admin"}})
	onSite := []string{"o", "ta", "au", "reader", "ua", "landlord"}
	inOrganizations := []string{"oa", "bau", "viewer"} // admin, auditor of another organization, one permission that is foreign
	plain := []string{"m", "hushed", "x"}
	for _, list := range [][]string{onSite, inOrganizations, plain} {
		s.readied(t, list...)
	}
	for _, v := range verbs(t) {
		refused, accepted := slices.Concat(onSite, inOrganizations), plain
		if v.siteOnly {
			refused, accepted = onSite, slices.Concat(inOrganizations, plain)
		}
		t.Run(v.name, func(t *testing.T) {
			s.clock.advance(10 * time.Minute) // else the trail would not have every refusal
			for _, user := range refused {
				entries, before := s.entries(t), s.everything(t)
				e := kind(t, v.do(s, t.Context(), s.as(t, "desk"), user), org.Forbidden)
				if !strings.HasPrefix(e.Detail, "You don't have permission to act on this account: it has permissions that you don't have, ") {
					t.Errorf("%s: %v", user, e)
				}
				if fmt.Sprint(before) != fmt.Sprint(s.everything(t)) {
					t.Errorf("%s: something changed", user)
				}
				if rows := s.audit(t, entries); len(rows) != 1 || rows[0].Target != user || rows[0].Status != 403 || rows[0].ID != id(user).String() {
					t.Errorf("%s: recorded %+v", user, rows)
				}
			}
			for _, user := range accepted {
				if err := v.do(s, t.Context(), dry(s.as(t, "desk")), user); err != nil {
					t.Errorf("%s: %v", user, err)
				}
			}
			// An owner without denies may act on everybody else, and so may the operator.
			for _, user := range append(refused, accepted...) {
				if user != "o" {
					if err := v.do(s, t.Context(), dry(s.as(t, "o")), user); err != nil {
						t.Errorf("%s by an owner: %v", user, err)
					}
					if err := v.do(s, t.Context(), dry(s.Operator()), user); err != nil {
						t.Errorf("%s by the operator: %v", user, err)
					}
				}
			}
		})
	}
}

// What is told of an account that holds more, and what counts as more.
func TestHoldsMore(t *testing.T) {
	t.Parallel()
	s := deskSite(t)
	both := []string{"viewer"}
	s.insert(t,
		person{name: "twice", home: both, beta: []string{"beta-only"}},
		person{name: "curbed2", home: []string{"curb", "organization-template-admin"}, site: []string{"desk"}},
		person{name: "hushdesk", site: []string{"desk", "hushdaemon"}},
		person{name: "hushowner", site: []string{"owner", "hush"}},
		person{name: "sleeper", home: []string{"viewer"}, status: "dormant"},
		person{name: "outlaw", home: []string{"viewer"}, status: "suspended"},
	)
	s.siteRole(t, "hushdaemon", "site", "!provisioner_daemon:read")
	s.exec(t, "UPDATE organizations SET display_name = 'Acme' WHERE id = ?", home.String())
	hidden := "in an organization that you can't see"
	for _, c := range []struct{ why, by, target, want string }{
		{"a member without roles, to who is none", "desk", "m", ""},
		{"a permission in an organization that the caller may not read", "desk", "viewer", hidden},
		{"in two of them", "desk", "twice", hidden},
		{"in one that it may read", "ua", "viewer", "template:read in Acme"},
		{"the first that it may read", "ua", "twice", "template:read in " + s.text(t, "SELECT display_name FROM organizations ORDER BY id LIMIT 1")},
		{"on the site", "ua", "reader", "template:read"},
		{"a dormant account counts", "ua", "sleeper", "template:read in Acme"},
		{"a suspended one as well", "ua", "outlaw", "template:read in Acme"},
		{"a member's own deny counts", "curbed2", "ota", "template:update in Acme"},
		{"who is no member does not shake off a deny of the site", "hushdesk", "m", "provisioner_daemon:read"},
		{"nor does an owner", "hushowner", "reader", "template:read"},
		{"an owner without denies", "o", "oa", ""},
		{"the operator", "", "o", ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			by := s.Operator()
			if c.by != "" {
				by = s.as(t, c.by)
			}
			err := drop(s.UpdateProfile(t.Context(), dry(by), c.target, given(org.Profile{Name: "Another"})))
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			same(t, err, &org.Error{Kind: org.Forbidden, Message: "Forbidden.",
				Detail: "You don't have permission to act on this account: it has permissions that you don't have, " + c.want + "."})
			v, err := s.UserView(t.Context(), by, c.target)
			if want := "Has permissions you don't have, " + c.want; err != nil || v.ProfileRefusal != want {
				t.Errorf("the page says %q (%v), want %q", v.ProfileRefusal, err, want)
			}
		})
	}
}

// The measure is taken of the account as it stands in the transaction.
func TestHoldsMoreMeanwhile(t *testing.T) {
	t.Parallel()
	s := deskSite(t)
	desk := s.as(t, "desk")
	s.give(t, home, "m", "viewer")
	kind(t, drop(s.CreatePasswordLink(t.Context(), desk, "m")), org.Forbidden)
	if n := s.number(t, "SELECT count(*) FROM password_links"); n != 0 {
		t.Errorf("%d links", n)
	}
}
