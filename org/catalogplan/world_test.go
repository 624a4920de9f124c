package catalogplan_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/rbac"
)

// world is people with roles in a few organizations, and three versions of a catalog, the last of which is planned.
type world struct {
	rnd     *rand.Rand
	history []rbac.Version
	orgs    []uuid.UUID
	people  []person
	roles   []custom
}

type person struct {
	id     uuid.UUID
	name   string
	status string
	site   []string
	member map[int][]string // roles by organization

	ended map[int][]string // what has ended and is stored still, by organization, -1 for the site
}

// worldNow is when plans are made.
var worldNow = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// custom is a role as somebody stored it under some version.
type custom struct {
	name    string
	org     int // -1: of the site
	version int64
	role    rbac.Role
}

// draft is a catalog before it is made.
type draft struct {
	types []draftType
	roles []rbac.DocumentRole
}

type draftType struct {
	name, from string
	site       bool
	owned      bool
	actions    [][2]string // name, and what it was called in the version before
}

func newWorld(t *testing.T, seed uint64) *world {
	t.Helper()
	w := &world{rnd: rand.New(rand.NewPCG(seed, 3))}
	d := w.firstDraft()
	w.add(t, d)
	for range 2 {
		d = w.mutate(d)
		w.add(t, d)
	}
	for range 3 {
		w.orgs = append(w.orgs, uuid.New())
	}
	for i := range 6 {
		version := 1 + w.rnd.Int64N(2)
		c := custom{name: fmt.Sprint("custom", i), org: i%4 - 1, version: version}
		pairs := w.pairs(w.history[version-1].Catalog)
		c.role.Name = c.name
		if c.org < 0 {
			c.role.Site, c.role.User = w.list(pairs, true), w.list(pairs, true)
		} else {
			c.role.Organization = w.list(pairs, true)
		}
		w.roles = append(w.roles, c)
	}
	for i := range 9 {
		w.people = append(w.people, w.person(i))
	}
	return w
}

func (w *world) person(i int) person {
	p := person{id: uuid.New(), name: fmt.Sprintf("Person%d", i), status: "active", member: map[int][]string{}}
	if w.rnd.IntN(6) == 0 {
		p.status = "suspended"
	}
	for _, name := range []string{"desk", "gone-desk", "custom0", "custom4"} {
		if w.rnd.IntN(5) == 0 {
			p.site = append(p.site, name)
		}
	}
	for o := range w.orgs {
		if w.rnd.IntN(3) == 0 {
			continue
		}
		p.member[o] = []string{}
		for _, name := range []string{"clerk", "head", "gone", "organization-admin", fmt.Sprint("custom", o+1), fmt.Sprint("custom", o+5)} {
			if w.rnd.IntN(4) == 0 {
				p.member[o] = append(p.member[o], name)
			}
		}
	}
	if w.rnd.IntN(4) == 0 {
		p.ended = map[int][]string{-1: few(w.rnd, "desk", "gone-desk", "custom0", "custom4")}
		for o := range w.orgs {
			p.ended[o] = few(w.rnd, "clerk", "head", "gone", "organization-admin", fmt.Sprint("custom", o+1), fmt.Sprint("custom", o+5))
		}
	}
	return p
}

// few is some of the names.
func few(rnd *rand.Rand, names ...string) []string {
	return slices.DeleteFunc(names, func(string) bool { return rnd.IntN(3) > 0 })
}

// add makes the next version of a draft.
func (w *world) add(t *testing.T, d draft) {
	t.Helper()
	doc := d.document()
	if problems := doc.Complete(); len(problems) > 0 {
		t.Fatalf("a draft is wrong: %v", problems)
	}
	v := rbac.Version{Number: int64(len(w.history)) + 1}
	var prev *rbac.Document
	if len(w.history) > 0 {
		prev = w.history[len(w.history)-1].Catalog.Document()
	}
	numbered, steps, problems := rbac.Succeed(prev, doc)
	if len(problems) > 0 {
		t.Fatalf("a draft can not follow: %v", problems)
	}
	c, err := rbac.NewVersion(numbered, v.Number)
	if err != nil {
		t.Fatal(err)
	}
	v.Catalog, v.Steps = c, steps
	w.history = append(w.history, v)
}

func (d *draft) document() *rbac.Document {
	doc := &rbac.Document{Format: rbac.Format, Product: "world", Label: "World", Roles: slices.Clone(d.roles)}
	for _, dt := range d.types {
		t := rbac.DocumentType{Name: dt.name, Label: "A " + dt.name, Plural: "Many " + dt.name, Parent: "organization", Owned: dt.owned}
		if dt.site {
			t.Parent = "site"
		}
		if dt.from != "" {
			t.RenamedFrom = []string{dt.from}
		}
		for _, a := range dt.actions {
			action := rbac.DocumentTypeAction{Name: a[0]}
			if a[1] != "" {
				action.RenamedFrom = []string{a[1]}
			}
			t.Actions = append(t.Actions, action)
		}
		doc.Types = append(doc.Types, t)
	}
	return doc
}

func (w *world) firstDraft() draft {
	var d draft
	for i, name := range []string{"bill", "order", "report"} {
		t := draftType{name: name, owned: w.rnd.IntN(2) == 0, site: i == 2 && w.rnd.IntN(2) == 0}
		for _, a := range []string{"see", "pay", "drop"}[:1+w.rnd.IntN(3)] {
			t.actions = append(t.actions, [2]string{a})
		}
		d.types = append(d.types, t)
	}
	w.writeRoles(&d, true)
	return d
}

// writeRoles gives a draft its built-in roles; those of the version before may be gone.
func (w *world) writeRoles(d *draft, all bool) {
	texts := func(perms []rbac.Permission) (out []string) {
		for _, p := range perms {
			out = append(out, p.String())
		}
		return out
	}
	every, own := d.pairs(false), d.pairs(true)
	sometimes := func(perms []rbac.Permission) []string {
		if w.rnd.IntN(3) > 0 {
			return nil
		}
		return texts(perms)
	}
	d.roles = []rbac.DocumentRole{
		{Name: "desk", Label: "Desk", Scope: "site", Site: texts(w.list(every, true)), User: sometimes(w.list(own, true))},
		{Name: "clerk", Label: "Clerk", Scope: "organization", Organization: texts(w.list(every, true)), Site: sometimes(w.list(every, true)), User: sometimes(w.list(own, true))},
		{Name: "head", Label: "Head", Scope: "organization", Organization: texts(w.list(every, true))},
		{Name: "member", Label: "Member", Scope: "site", User: sometimes(w.list(own, false))},
		{Name: "organization-member", Label: "", Scope: "organization", Organization: sometimes(w.list(every, false)), User: sometimes(w.list(own, false))},
	}
	if all || w.rnd.IntN(3) == 0 {
		d.roles = append(d.roles, rbac.DocumentRole{Name: "gone", Label: "Gone", Scope: "organization", Organization: texts(w.list(every, true))},
			rbac.DocumentRole{Name: "gone-desk", Label: "Gone", Scope: "site", Site: texts(w.list(every, true))})
	}
}

// mutate makes the next draft: names change, pairs come and go, and so do roles.
func (w *world) mutate(d draft) draft {
	next := draft{roles: d.roles}
	for _, t := range d.types {
		t.from = ""
		t.actions = slices.Clone(t.actions)
		for i := range t.actions {
			t.actions[i][1] = ""
			if w.rnd.IntN(5) == 0 {
				t.actions[i] = [2]string{w.fresh(), t.actions[i][0]}
			}
		}
		if len(t.actions) > 1 && w.rnd.IntN(4) == 0 {
			t.actions = t.actions[1:]
		}
		if w.rnd.IntN(3) == 0 {
			t.actions = append(t.actions, [2]string{w.fresh()})
		}
		if w.rnd.IntN(6) == 0 {
			t.name, t.from = w.fresh(), t.name
		}
		if w.rnd.IntN(6) == 0 {
			t.owned = !t.owned
		}
		next.types = append(next.types, t)
	}
	hadGone := slices.ContainsFunc(d.roles, func(r rbac.DocumentRole) bool { return r.Name == "gone" })
	w.writeRoles(&next, false)
	if !hadGone { // a role that is gone never comes back
		next.roles = slices.DeleteFunc(next.roles, func(r rbac.DocumentRole) bool { return strings.HasPrefix(r.Name, "gone") })
	}
	if w.rnd.IntN(2) == 0 { // most roles stay as they are, as far as what they name is still there
		next.keep(d, w.rnd)
	}
	return next
}

// keep takes over the lists of the roles before, without what is no longer called so.
func (d *draft) keep(before draft, rnd *rand.Rand) {
	for i := range d.roles {
		for _, r := range before.roles {
			if r.Name != d.roles[i].Name || rnd.IntN(4) == 0 {
				continue
			}
			d.roles[i].Site, d.roles[i].Organization, d.roles[i].User = d.known(r.Site, false), d.known(r.Organization, false), d.known(r.User, true)
		}
	}
}

func (d *draft) known(list []string, own bool) []string {
	var texts []string
	for _, p := range d.pairs(own) {
		texts = append(texts, p.String(), "!"+p.String())
	}
	return slices.DeleteFunc(slices.Clone(list), func(p string) bool { return !slices.Contains(texts, p) })
}

var letters = "abcdefghij"

// fresh is a name that nothing ever had.
func (w *world) fresh() string {
	name := "n"
	for range 8 {
		name += string(letters[w.rnd.IntN(len(letters))])
	}
	return name
}

// pairs is what a list of a draft may name: its own pairs and wildcards; for lists of the user level, of owned types alone.
func (d *draft) pairs(own bool) (list []rbac.Permission) {
	list = append(list, rbac.Permission{ResourceType: "*", Action: "*"})
	for _, t := range d.types {
		if own && !t.owned {
			continue
		}
		list = append(list, rbac.Permission{ResourceType: t.name, Action: "*"})
		for _, a := range t.actions {
			list = append(list, rbac.Permission{ResourceType: t.name, Action: a[0]}, rbac.Permission{ResourceType: "*", Action: a[0]})
		}
	}
	slices.SortFunc(list, func(a, b rbac.Permission) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(list)
}

// pairs is what a custom role may name under a catalog.
func (w *world) pairs(c *rbac.Catalog) (list []rbac.Permission) {
	for _, t := range c.Types() {
		if c.Core(t.Name) {
			continue
		}
		for _, a := range t.Actions {
			list = append(list, rbac.Permission{ResourceType: t.Name, Action: a.Name}, rbac.Permission{ResourceType: "*", Action: a.Name})
		}
	}
	slices.SortFunc(list, func(a, b rbac.Permission) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(list)
}

// list is some of these permissions, each once.
func (w *world) list(from []rbac.Permission, denies bool) (out []rbac.Permission) {
	for _, p := range from {
		if p.ResourceType == "*" && p.Action == "*" && w.rnd.IntN(5) > 0 || w.rnd.IntN(5) > 0 {
			continue
		}
		p.Negate = denies && w.rnd.IntN(3) == 0
		out = append(out, p)
	}
	return out
}

// store writes the world into an empty database.
func (w *world) store(t *testing.T, q *db.Queries) (err error) {
	t.Helper()
	ctx, now := t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	add := func(e error) { err = errors.Join(err, e) }
	for i, id := range w.orgs {
		name := fmt.Sprint("org", i)
		add(q.InsertOrganization(ctx, db.InsertOrganizationParams{ID: id, Name: name, NameKey: name, DisplayName: name, Now: now}))
	}
	for _, c := range w.roles {
		id := uuid.New()
		in := uuid.NullUUID{}
		if c.org >= 0 {
			in = uuid.NullUUID{UUID: w.orgs[c.org], Valid: true}
		}
		add(q.InsertRole(ctx, db.InsertRoleParams{ID: id, OrganizationID: in, Name: c.name, Now: now, CatalogVersion: c.version}))
		for level, list := range map[string][]rbac.Permission{"site": c.role.Site, "organization": c.role.Organization, "user": c.role.User} {
			for _, p := range list {
				add(q.InsertPermission(ctx, db.InsertPermissionParams{RoleID: id, Level: level, ResourceType: p.ResourceType, Action: p.Action, Negate: p.Negate}))
			}
		}
	}
	for _, p := range w.people {
		key := strings.ToLower(p.name)
		add(q.InsertUser(ctx, db.InsertUserParams{
			ID: p.id, Username: p.name, UsernameKey: key, Email: key, EmailKey: key, Name: "Name of " + p.name,
			Status: p.status, LoginType: "password", Now: now,
		}))
		for _, name := range p.site {
			add(q.InsertUserRole(ctx, db.InsertUserRoleParams{Source: "manual", UserID: p.id, Role: name}))
		}
		for o, roles := range p.member {
			add(q.Join(ctx, w.orgs[o], p.id, now))
			for _, name := range roles {
				add(q.InsertMemberRole(ctx, db.InsertMemberRoleParams{Source: "manual", OrganizationID: w.orgs[o], UsernameKey: key, UserID: p.id, Role: name}))
			}
		}
		add(w.storeEnded(ctx, q, &p))
	}
	return err
}

// storeEnded stores what has ended: with a membership that counts, or with one that has ended too.
func (w *world) storeEnded(ctx context.Context, q *db.Queries, p *person) (err error) {
	key, end := strings.ToLower(p.name), sql.NullTime{Time: worldNow, Valid: true}
	add := func(e error) { err = errors.Join(err, e) }
	for o, names := range p.ended {
		if o < 0 {
			for _, name := range names {
				add(q.InsertUserRole(ctx, db.InsertUserRoleParams{Source: "invite", UserID: p.id, Role: name, EndsAt: end}))
			}
			continue
		}
		if _, belongs := p.member[o]; !belongs {
			add(q.InsertMember(ctx, db.InsertMemberParams{OrganizationID: w.orgs[o], UserID: p.id, Now: worldNow.AddDate(0, 0, -1)}))
			add(q.InsertMembership(ctx, db.InsertMembershipParams{OrganizationID: w.orgs[o], UserID: p.id, Source: "manual", Now: worldNow.AddDate(0, 0, -1), EndsAt: end}))
			if len(names) > 1 { // it is held without an end, and not without the membership
				add(q.InsertMemberRole(ctx, db.InsertMemberRoleParams{Source: "manual", OrganizationID: w.orgs[o], UsernameKey: key, UserID: p.id, Role: names[0]}))
			}
		}
		for _, name := range names {
			add(q.InsertMemberRole(ctx, db.InsertMemberRoleParams{Source: "invite", OrganizationID: w.orgs[o], UsernameKey: key, UserID: p.id, Role: name, EndsAt: end}))
		}
	}
	return err
}
