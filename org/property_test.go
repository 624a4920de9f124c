package org_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall/org"
	"rolecall/rbac"
)

var seed = flag.Uint64("seed", 0, "where the random walks start, 0 for anywhere")

// rights is what somebody may do to things that nobody owns: on the site, and in each organization.
type rights struct {
	name string
	in   map[uuid.UUID]rbac.Set // uuid.Nil is the site
}

// state is who may do what, worked out from the tables without the service: nothing that it remembers or forgets can
// make the two agree by mistake.
type state struct {
	people  map[uuid.UUID]rights
	working []string // owners that can sign in and administer the site
}

func (s *site) state(tb testing.TB) state {
	tb.Helper()
	catalog := rbac.Default()
	custom := map[string]*rbac.Role{} // by organization and name
	lists := map[string]*rbac.Role{}
	for _, row := range s.rows(tb, "SELECT id, coalesce(CAST(organization_id AS text), ''), name FROM roles", 3) {
		r := &rbac.Role{Name: row[2]}
		lists[row[0]], custom[row[1]+"/"+row[2]] = r, r
	}
	for _, row := range s.rows(tb, "SELECT role_id, level, resource_type, action, negate FROM role_permissions", 5) {
		negate, err := strconv.ParseBool(row[4])
		if err != nil {
			tb.Fatal(err)
		}
		r, p := lists[row[0]], rbac.Permission{ResourceType: row[2], Action: row[3], Negate: negate}
		switch row[1] {
		case "site":
			r.Site = append(r.Site, p)
		case "user":
			r.User = append(r.User, p)
		default:
			r.Organization = append(r.Organization, p)
		}
	}
	compiled := map[string]*rbac.Role{}
	for key, r := range custom {
		compiled[key] = catalog.Compile(*r)
	}
	orgs := map[uuid.UUID]bool{uuid.Nil: true}
	for _, row := range s.rows(tb, "SELECT id FROM organizations", 1) {
		orgs[uuid.MustParse(row[0])] = true
	}
	member, grants := map[string][]rbac.ID{}, map[string][]rbac.Grant{}
	for _, row := range s.rows(tb, "SELECT user_id, organization_id FROM organization_members", 2) {
		member[row[0]] = append(member[row[0]], uuid.MustParse(row[1]))
	}
	for _, row := range s.rows(tb, "SELECT user_id, CAST(organization_id AS text), role FROM member_roles UNION ALL SELECT user_id, '', role FROM user_roles", 3) {
		var in uuid.UUID
		if row[1] != "" {
			in = uuid.MustParse(row[1])
		}
		r, ok := catalog.BuiltIn(row[2])
		if !ok {
			r = compiled[row[1]+"/"+row[2]]
		}
		grants[row[0]] = append(grants[row[0]], rbac.Grant{Role: r, Org: in})
	}
	st := state{people: map[uuid.UUID]rights{}}
	for _, row := range s.rows(tb, "SELECT id, username, status, login_type FROM users ORDER BY username", 4) {
		userID := uuid.MustParse(row[0])
		subject := catalog.NewSubject(userID, member[row[0]], grants[row[0]])
		r := rights{name: row[1], in: map[uuid.UUID]rbac.Set{}}
		for o := range orgs {
			r.in[o] = subject.AllowedIn(o)
		}
		st.people[userID] = r
		if site := r.in[uuid.Nil]; row[2] == "active" && row[3] != "none" && subject.HasRole("owner", rbac.ID{}) &&
			site.Contains("assign_role", "assign") && site.Contains("assign_role", "unassign") && site.Contains("user", "update") {
			st.working = append(st.working, row[1])
		}
	}
	return st
}

// rows is a query of texts.
func (s *site) rows(tb testing.TB, query string, columns int) (list [][]string) {
	tb.Helper()
	rows, err := s.raw.QueryContext(tb.Context(), query)
	if err != nil {
		tb.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		row, into := make([]string, columns), make([]any, columns)
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			tb.Fatal(err)
		}
		list = append(list, row)
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return list
}

// plainRights is what every member of an organization may do there, and everybody everywhere.
var plainRights = perms("assign_org_role:read", "organization:read", "provisioner_daemon:read", "assign_role:read", "oauth2_app:read", "workspace_proxy:read")

// gained lists what anybody may do after a step that neither they could before it nor whoever took the step.
func gained(before, after state, actor rights) []string {
	var bad []string
	for userID, now := range after.people {
		was, known := before.people[userID]
		for o, set := range now.in {
			for _, p := range set.Minus(was.in[o]) {
				held := actor.in[o].Contains(p.ResourceType, p.Action)
				if !held && !slices.Contains(plainRights, p) {
					bad = append(bad, fmt.Sprintf("%s (new: %v) gained %v in %v", now.name, !known, p, o))
				}
			}
		}
	}
	slices.Sort(bad)
	return bad
}

// walk is a random walk over every write path.
type walk struct {
	*site
	other *site // a second service over the same file
	rng   *rand.Rand
	trace []string
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// few picks some of them, not all different.
func few[T any](r *rand.Rand, list []T, most int) []T {
	var out []T
	for range min(r.IntN(most+1), len(list)) {
		out = append(out, pick(r, list))
	}
	return out
}

var (
	walkPermissions = perms(
		"template:read", "template:update", "template:delete", "group:create", "group:read", "workspace:create", "workspace:ssh", "workspace:read",
		"organization_member:read", "organization_member:create", "organization_member:delete", "organization:read", "organization:update", "user:read", "user:update",
		"assign_org_role:read", "assign_org_role:create", "assign_org_role:update", "assign_org_role:delete", "assign_org_role:assign", "assign_org_role:unassign",
		"assign_role:assign", "assign_role:unassign", "audit_log:read", "*:view_insights", "*:read", "api_key:create", "user:delete", "user:update_personal",
	)
	walkOrgRoles = []string{
		"organization-admin", "organization-admin", "organization-auditor", "organization-user-admin", "organization-template-admin", "organization-workspace-creation-ban",
		"organization-member", "dealer", "maker", "viewer", "curb", "beta-only", "r0", "r1", "r2", "r3",
	}
	walkSiteRoles = []string{"owner", "user-admin", "template-admin", "auditor", "member", "site-reader", "s0", "s1", "s2"}
	walkNames     = []string{"o", "o2", "ua", "ta", "oa", "oa2", "oua", "m", "x", "pa", "dealer", "maker", "viewer", "curbed", "new0", "new1"}
)

func (w *walk) permissions() []rbac.Permission {
	list := few(w.rng, walkPermissions, 4)
	for i := range list {
		list[i].Negate = w.rng.IntN(3) == 0
	}
	return list
}

// body changes a few permissions of what is stored, or names all anew.
func (w *walk) body(name string, siteWide bool) org.RoleBody {
	return func(stored func(string) (*org.Role, error)) (org.RoleInput, error) {
		in := org.RoleInput{Name: name, Organization: w.permissions()}
		if r, err := stored(name); err == nil && r != nil && w.rng.IntN(2) == 0 {
			in.Organization = append(slices.Clone(slices.Concat(r.Organization, r.Site)), few(w.rng, in.Organization, 2)...)
			if len(in.Organization) > 0 && w.rng.IntN(2) == 0 {
				i := w.rng.IntN(len(in.Organization))
				in.Organization = slices.Delete(in.Organization, i, i+1)
			}
		}
		if siteWide {
			in.Site, in.Organization = in.Organization, nil
			if w.rng.IntN(4) == 0 {
				in.User = w.permissions()
			}
		}
		return in, nil
	}
}

// step takes one step as somebody, and says what it was.
func (w *walk) step(ctx context.Context, svc *org.Service, by *org.Subject) (string, error) {
	r := w.rng
	o, user := pick(r, []string{"default", "beta"}), pick(r, walkNames)
	list, siteList := few(r, walkOrgRoles, 3), few(r, walkSiteRoles, 2)
	name, siteName := pick(r, []string{"r0", "r1", "r2", "r3", "dealer", "maker", "viewer", "curb", "beta-only"}), pick(r, []string{"s0", "s1", "s2", "site-reader"})
	did := func(what string, args ...any) string { return fmt.Sprintf(what, args...) }
	switch r.IntN(24) {
	case 0, 1, 2, 3, 4:
		return did("gives %s in %s %v", user, o, list), drop(svc.SetMemberRoles(ctx, by, o, user, roles(list...)))
	case 5, 6, 7:
		return did("gives %s %v", user, siteList), drop(svc.SetUserRoles(ctx, by, user, roles(siteList...)))
	case 8, 9, 10:
		return did("puts %s in %s", name, o), drop(svc.PutOrganizationRole(ctx, by, o, w.body(name, false)))
	case 11:
		return did("creates %s in %s", name, o), drop(svc.CreateOrganizationRole(ctx, by, o, w.body(name, false)))
	case 12:
		return did("deletes %s in %s", name, o), drop(svc.DeleteOrganizationRole(ctx, by, o, name))
	case 13:
		return did("puts %s", siteName), drop(svc.PutSiteRole(ctx, by, w.body(siteName, true)))
	case 14:
		return did("deletes %s", siteName), drop(svc.DeleteSiteRole(ctx, by, siteName))
	case 15:
		return did("adds %s to %s", user, o), drop(svc.AddMember(ctx, by, o, user))
	case 16:
		return did("removes %s from %s", user, o), drop(svc.RemoveMember(ctx, by, o, user))
	case 17:
		status := pick(r, []org.Status{org.StatusSuspended, org.StatusActive, org.StatusActive, org.StatusActive})
		return did("makes %s %s", user, status), drop(svc.SetStatus(ctx, by, user, status))
	case 18:
		if r.IntN(3) > 0 {
			return did("renames nobody"), drop(svc.UpdateProfile(ctx, by, user, given(org.Profile{Name: fmt.Sprint("Name ", r.IntN(9))})))
		}
		return did("deletes %s", user), drop(svc.DeleteUser(ctx, by, user))
	case 19:
		in := org.NewUser{Username: user, Email: user + "@example.com", Invite: true, Status: org.StatusActive, OrganizationIDs: []uuid.UUID{pick(r, []uuid.UUID{home, beta})}}
		return did("creates %s", user), drop(svc.CreateUser(ctx, by, given(in)))
	case 20:
		in := org.Bulk{Action: pick(r, []org.BulkAction{org.BulkAddRole, org.BulkRemoveRole}), Role: pick(r, walkOrgRoles), Users: few(r, walkNames, 5)}
		if r.IntN(8) == 0 {
			in.Action = org.BulkRemove
		}
		return did("%+v in %s", in, o), drop(svc.BulkMembers(ctx, by, o, given(in)))
	case 21:
		return did("adds many to %s", o), drop(svc.AddMembers(ctx, by, o, given(few(r, walkNames, 3))))
	case 22:
		version := int64(1 + r.IntN(4))
		if r.IntN(3) == 0 {
			return did("restores %s to %d", siteName, version), drop(svc.RestoreSiteRole(ctx, by, siteName, given(org.Restore{Version: version})))
		}
		return did("restores %s in %s to %d", name, o, version), drop(svc.RestoreOrganizationRole(ctx, by, o, name, given(org.Restore{Version: version})))
	default:
		entries := w.rows(w.tb(ctx), "SELECT id FROM audit_logs WHERE resource_type = 'organization_member' AND status_code < 400 ORDER BY seq DESC LIMIT 20", 1)
		if len(entries) == 0 {
			return "undoes nothing", nil
		}
		entry := pick(r, entries)[0]
		return did("undoes %s", entry), drop(svc.Undo(ctx, by, entry))
	}
}

type tbKey struct{}

func (w *walk) tb(ctx context.Context) testing.TB { return ctx.Value(tbKey{}).(testing.TB) }

// However many writes by however many people through whichever path: nobody comes to hold what neither they held before
// nor whoever wrote held, and there is an owner who can work.
func TestNobodyGrantsWhatTheyDoNotHold(t *testing.T) {
	t.Parallel()
	start := *seed
	if start == 0 {
		start = uint64(time.Now().UnixNano())
	}
	walks, steps := 5, 1000
	if testing.Short() {
		steps = 200
	}
	for i := range walks {
		t.Run(fmt.Sprint("walk ", i), func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.insert(t, person{name: "o2", site: []string{"owner"}, home: none}, person{name: "oa2", home: []string{"organization-admin"}, beta: none})
			w := &walk{site: s, other: openSite(t, s.place), rng: rand.New(rand.NewPCG(start, uint64(i)))}
			w.run(t, steps)
			if t.Failed() {
				t.Logf("run again with -seed=%d", start)
			}
		})
	}
}

func (w *walk) run(t *testing.T, steps int) {
	ctx := context.WithValue(t.Context(), tbKey{}, testing.TB(t))
	before, accepted := w.state(t), map[string]int{}
	deadline := time.Now().Add(10 * time.Second) // the race detector makes it slow
	for step := range steps {
		if step >= 100 && time.Now().After(deadline) {
			steps = step
			break
		}
		svc := pick(w.rng, []*org.Service{w.Service, w.other.Service})
		by := w.actor(t, svc, before)
		if by == nil {
			continue
		}
		name := by.User.Username
		revision := w.revision(t)
		actor := before.people[by.ID()]
		what, err := w.step(ctx, svc, by)
		if err != nil && org.KindOf(err) == org.Internal {
			t.Fatalf("%s %s: %v", name, what, err)
		}
		if w.revision(t) == revision {
			continue
		}
		accepted[strings.Fields(what)[0]]++
		w.trace = append(w.trace, name+" "+what)
		after := w.state(t)
		if bad := gained(before, after, actor); len(bad) > 0 || len(after.working) == 0 {
			t.Fatalf("after the last of these steps the owners are %v, and\n%s\n%s", after.working,
				strings.Join(bad[:min(5, len(bad))], "\n"), strings.Join(w.trace[max(0, len(w.trace)-6):], "\n"))
		}
		w.agrees(t, after)
		before = after
	}
	if len(w.trace) < steps/10 {
		t.Errorf("only %d of %d steps were accepted: %v", len(w.trace), steps, accepted)
	}
}

// actor is who takes the next step: often an owner, so that others are given something to go on with. It is nil when
// the one that was picked is gone or suspended.
func (w *walk) actor(t *testing.T, svc *org.Service, now state) *org.Subject {
	name := pick(w.rng, walkNames)
	if w.rng.IntN(3) == 0 {
		name = pick(w.rng, now.working)
	}
	for userID, r := range now.people {
		if r.name == name {
			by, err := svc.UserSubject(t.Context(), userID)
			if err == nil {
				return by
			}
		}
	}
	return nil
}

// agrees asks both services about somebody: neither may remember anything else than what is stored.
func (w *walk) agrees(t *testing.T, now state) {
	t.Helper()
	ids := slices.SortedFunc(maps.Keys(now.people), func(a, b uuid.UUID) int { return strings.Compare(now.people[a].name, now.people[b].name) })
	userID := pick(w.rng, ids)
	for _, svc := range []*org.Service{w.Service, w.other.Service} {
		subject, err := svc.UserSubject(t.Context(), userID)
		if err != nil { // suspended
			continue
		}
		for o, set := range now.people[userID].in {
			for range 10 {
				p := pick(w.rng, walkPermissions)
				if p.ResourceType != rbac.Wildcard && subject.Can(p.Action, rbac.Object{Type: p.ResourceType, Org: o}) != set.Contains(p.ResourceType, p.Action) {
					t.Fatalf("%s, %v in %v: decided %v, stored %v", now.people[userID].name, p, o, !set.Contains(p.ResourceType, p.Action), set.Contains(p.ResourceType, p.Action))
				}
			}
		}
	}
}
