package org_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"rolecall.example/rbac"
)

// set is some pairs of the catalog, by their numbers in pairs.
type set [4]uint64

func (s set) has(i int) bool { return s[i>>6]>>(i&63)&1 != 0 }

func (s *set) put(i int) { s[i>>6] |= 1 << (i & 63) }

func (s set) or(o set) set {
	for i := range s {
		s[i] |= o[i]
	}
	return s
}

func (s set) and(o set) set {
	for i := range s {
		s[i] &= o[i]
	}
	return s
}

func (s set) minus(o set) set {
	for i := range s {
		s[i] &^= o[i]
	}
	return s
}

func (s set) String() string {
	var names []string
	for i, p := range pairs() {
		if s.has(i) {
			names = append(names, p.String())
		}
	}
	if len(names) > 3 {
		names = append(names[:3], fmt.Sprintf("and %d more", len(names)-3))
	}
	return strings.Join(names, " ")
}

// pairs is every pair of the catalog.
var pairs = sync.OnceValue(func() (list []rbac.Permission) {
	for _, t := range rbac.Default().Types() {
		for _, a := range t.Actions {
			list = append(list, rbac.Permission{ResourceType: t.Name, Action: a.Name})
		}
	}
	if len(list) > 64*len(set{}) {
		panic("a set is too small for the catalog")
	}
	return list
})

// rights is what somebody may do in a place, to things of nobody and to things of their own.
type rights [2]set

const (
	nobodys = iota
	own
)

var whose = [2]string{"nobody's", "own"}

// rightsOf asks the engine about every pair. The zero place is the site.
func rightsOf(s *rbac.Subject, id, place uuid.UUID) (r rights) {
	for i, p := range pairs() {
		o := rbac.Object{Type: p.ResourceType, Org: place}
		if s.Authorize(p.Action, o) {
			r[nobodys].put(i)
		}
		o.Owner = id
		if s.Authorize(p.Action, o) {
			r[own].put(i)
		}
	}
	return r
}

// bareMember is what a member of an organization without any role may do there, bareOutside what an account may do
// where it is no member, and bareSite what it may do on the site.
var bareMember, bareOutside, bareSite = func() (in, out, site rights) {
	nobody, place := uuid.UUID{1}, uuid.UUID{2}
	in = rightsOf(rbac.Default().NewSubject(nobody, []rbac.ID{place}, nil), nobody, place)
	outsider := rbac.Default().NewSubject(nobody, nil, nil)
	return in, rightsOf(outsider, nobody, place), rightsOf(outsider, nobody, uuid.Nil)
}()

// acct is somebody as the tables have it.
type acct struct {
	id                         uuid.UUID
	name, email, status, login string
	subject                    *rbac.Subject
	homes                      []uuid.UUID
	roles                      map[uuid.UUID][]*rbac.Role    // by where they are held; those of the site under the zero id
	rights                     map[uuid.UUID]rights          // worked out when asked for
	content                    string                        // all of the above that the tables have
	good                       map[uuid.UUID]map[string]bool // roles that are held for good, by place; the membership among them
	limits                     *tokenLimits                  // of the token that it came with; nil: none
}

func (a *acct) member(place uuid.UUID) bool { return slices.Contains(a.homes, place) }

func (a *acct) owner() bool { return a.limits == nil && a.subject.HasRole("owner", uuid.Nil) }

func (a *acct) suspended() bool { return a.status == "suspended" }

func (a *acct) signsIn() bool { return a.status == "active" && a.login == "password" }

func (a *acct) in(place uuid.UUID) rights {
	r, ok := a.rights[place]
	if !ok {
		if r = rightsOf(a.subject, a.id, place); a.limits != nil {
			r = a.limits.cut(r, place)
		}
		a.rights[place] = r
	}
	return r
}

// may asks about a single pair.
func (a *acct) may(p rbac.Permission, place uuid.UUID) bool {
	return a.subject.Authorize(p.Action, rbac.Object{Type: p.ResourceType, Org: place})
}

// held is what the roles that somebody holds in an organization give there by themselves.
func (a *acct) held(place uuid.UUID) (s set) {
	all := rbac.Default().OrganizationRights(place, a.roles[place])
	for i, p := range pairs() {
		if all.Contains(p.ResourceType, p.Action) {
			s.put(i)
		}
	}
	return s
}

// state is who may do what, worked out from the tables without the service: nothing that it remembers or forgets can
// make the two agree by mistake.
type state struct {
	accounts map[uuid.UUID]*acct
	list     []*acct // by name
	orgs     []uuid.UUID
	names    map[uuid.UUID]string // of organizations
	custom   map[uuid.UUID][]string
}

func (st *state) named(name string) *acct {
	for _, a := range st.list {
		if a.name == name {
			return a
		}
	}
	return nil
}

// working is the owners that can sign in and administer the site.
func (st *state) working() (list []*acct) {
	for _, a := range st.list {
		if a.signsIn() && a.owner() && a.may(perm("assign_role:assign"), uuid.Nil) && a.may(perm("assign_role:unassign"), uuid.Nil) && a.may(perm("user:update"), uuid.Nil) {
			list = append(list, a)
		}
	}
	return list
}

var runsOrganization = perms("organization:read", "organization_member:read", "assign_org_role:read", "assign_org_role:update", "assign_org_role:assign", "assign_org_role:unassign")

// able reports whether somebody can run an organization: an active member, no owner of the site, who can sign in.
func (st *state) able(place uuid.UUID) bool {
	return slices.ContainsFunc(st.list, func(a *acct) bool {
		if !a.signsIn() || a.owner() || !a.member(place) {
			return false
		}
		return !slices.ContainsFunc(runsOrganization, func(p rbac.Permission) bool { return !a.may(p, place) })
	})
}

func (a *acct) String() string { return a.name }

// state is that of a site just now.
func (s *site) state(tb testing.TB) *state {
	tb.Helper()
	return (&reader{site: s, roles: map[string]*rbac.Role{}}).read(tb)
}

// reader works states out. What was the same in the state before, is taken from it.
type reader struct {
	*site
	roles map[string]*rbac.Role // by name and permissions
	last  state
}

func (r *reader) read(tb testing.TB) *state {
	tb.Helper()
	custom := r.customRoles(tb)
	st := state{accounts: map[uuid.UUID]*acct{}, names: map[uuid.UUID]string{}, custom: map[uuid.UUID][]string{}}
	for _, row := range r.rows(tb, "SELECT id, name FROM organizations ORDER BY name_key", 2) {
		id := uuid.MustParse(row[0])
		st.orgs, st.names[id] = append(st.orgs, id), row[1]
	}
	for place, roles := range custom {
		for name := range roles {
			st.custom[place] = append(st.custom[place], name)
		}
		slices.Sort(st.custom[place])
	}
	for _, row := range r.rows(tb, "SELECT id, username, email, status, login_type FROM users ORDER BY username", 5) {
		a := &acct{
			id: uuid.MustParse(row[0]), name: row[1], email: row[2], status: row[3], login: row[4],
			roles: map[uuid.UUID][]*rbac.Role{}, good: map[uuid.UUID]map[string]bool{}, rights: map[uuid.UUID]rights{}, content: strings.Join(row, " "),
		}
		st.accounts[a.id], st.list = a, append(st.list, a)
	}
	r.readHeld(tb, &st, custom)
	for i, a := range st.list {
		if old := r.last.accounts[a.id]; old != nil && old.content == a.content {
			st.list[i], st.accounts[a.id] = old, old
			continue
		}
		a.subject = rbac.Default().NewSubject(a.id, ids(a.homes), a.grants())
	}
	r.last = st
	return &st
}

func ids(list []uuid.UUID) (ids []rbac.ID) {
	for _, id := range list {
		ids = append(ids, id)
	}
	return ids
}

func (a *acct) grants() (list []rbac.Grant) {
	for place, roles := range a.roles {
		for _, role := range roles {
			list = append(list, rbac.Grant{Role: role, Org: place})
		}
	}
	return list
}

// customRoles is the stored roles, by place and name. One that did not change is the one of the state before.
func (r *reader) customRoles(tb testing.TB) map[uuid.UUID]map[string]*rbac.Role {
	tb.Helper()
	lists, contents := map[string]*rbac.Role{}, map[string]string{}
	for _, row := range r.rows(tb, "SELECT role_id, level, resource_type, action, CAST(negate AS text) FROM role_permissions ORDER BY 1, 2, 3, 4", 5) {
		role, ok := lists[row[0]]
		if !ok {
			role = &rbac.Role{}
			lists[row[0]] = role
		}
		contents[row[0]] += fmt.Sprint(row[1:])
		p := rbac.Permission{ResourceType: row[2], Action: row[3], Negate: row[4] == "1" || row[4] == "true"}
		list := map[string]*[]rbac.Permission{"site": &role.Site, "organization": &role.Organization, "user": &role.User}[row[1]]
		*list = append(*list, p)
	}
	custom := map[uuid.UUID]map[string]*rbac.Role{}
	for _, row := range r.rows(tb, "SELECT id, coalesce(CAST(organization_id AS text), ''), name FROM roles", 3) {
		place := uuid.Nil
		if row[1] != "" {
			place = uuid.MustParse(row[1])
		}
		key := row[2] + contents[row[0]]
		role := r.roles[key]
		if role == nil {
			raw := lists[row[0]]
			if raw == nil {
				raw = &rbac.Role{}
			}
			raw.Name = row[2]
			role = rbac.Default().Compile(*raw)
			r.roles[key] = role
		}
		if custom[place] == nil {
			custom[place] = map[string]*rbac.Role{}
		}
		custom[place][row[2]] = role
	}
	return custom
}

// rows is a query of texts.
func (s *site) rows(tb testing.TB, query string, columns int, args ...any) (list [][]string) {
	tb.Helper()
	rows, err := s.raw.QueryContext(context.Background(), query, args...)
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
