package org_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rolecall.example/db"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// changed is the default catalog with a change: a type "invoice" with three actions is there from the first version on.
func changed(tb testing.TB, change func(d *rbac.Document)) *rbac.Document {
	tb.Helper()
	d := rbac.Default().Document()
	next := *d
	next.Numbers, next.Types, next.Roles, next.Actions = 0, slices.Clone(d.Types), slices.Clone(d.Roles), slices.Clone(d.Actions)
	invoice := rbac.DocumentType{Name: "invoice", Label: "Invoice", Plural: "Invoices", Owned: true}
	for _, name := range []string{"read", "delete", "pay"} {
		invoice.Actions = append(invoice.Actions, rbac.DocumentTypeAction{Name: name})
	}
	next.Types = append(next.Types, invoice)
	for i := range next.Roles {
		if r := &next.Roles[i]; r.Name == org.RoleOwner {
			r.Site = append(slices.Clone(r.Site), "invoice:read", "invoice:delete", "invoice:pay")
		}
	}
	if change != nil {
		change(&next)
	}
	if problems := next.Complete(); len(problems) > 0 {
		tb.Fatal(problems)
	}
	return &next
}

// invoiceOf is the type of a changed catalog.
func invoiceOf(d *rbac.Document) *rbac.DocumentType { return &d.Types[len(d.Types)-1] }

// renamed is the catalog in which invoices are archived instead of deleted.
func renamed(d *rbac.Document) {
	invoiceOf(d).Actions[1] = rbac.DocumentTypeAction{Name: "archive", RenamedFrom: []string{"delete"}}
	owned(d, "invoice:delete", "invoice:archive")
}

// owned gives the owner another permission for one, or takes it.
func owned(d *rbac.Document, from string, to ...string) {
	for i := range d.Roles {
		if r := &d.Roles[i]; r.Name == org.RoleOwner {
			r.Site = append(slices.DeleteFunc(slices.Clone(r.Site), func(p string) bool { return p == from }), to...)
		}
	}
}

// unpaid is the catalog in which invoices cannot be paid any more.
func unpaid(d *rbac.Document) {
	t := invoiceOf(d)
	t.Actions = slices.DeleteFunc(slices.Clone(t.Actions), func(a rbac.DocumentTypeAction) bool { return a.Name == "pay" })
	owned(d, "invoice:pay")
}

// apply applies a catalog, which must work, and returns the version in force.
func (s *site) apply(tb testing.TB, change func(d *rbac.Document), retire ...string) int64 {
	tb.Helper()
	out, err := s.ApplyCatalog(tb.Context(), s.as(tb, "o"), org.CatalogChange{Document: changed(tb, change), Source: "x", Retire: retire})
	if err != nil {
		tb.Fatal(err)
	}
	return out.Version
}

// invoiceRole stores a custom role of "default" and returns how it reads now.
func (s *site) putRole(tb testing.TB, name string, perms ...string) org.Role {
	tb.Helper()
	in := org.RoleInput{Name: name, DisplayName: name}
	for _, p := range perms {
		bare, negate := strings.CutPrefix(p, "!")
		resource, action, _ := strings.Cut(bare, ":")
		in.Organization = append(in.Organization, rbac.Permission{ResourceType: resource, Action: action, Negate: negate})
	}
	r, err := s.PutRole(tb.Context(), s.as(tb, "o"), org.In("default"), org.Given(in))
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func (s *site) roleNow(tb testing.TB, name string) org.Role {
	tb.Helper()
	v, err := s.Role(tb.Context(), s.as(tb, "o"), org.In("default"), name)
	if err != nil {
		tb.Fatal(err)
	}
	return v.Role
}

// says is the permissions of a role in one line.
func says(r org.Role) string {
	var list []string
	for _, p := range r.Organization {
		list = append(list, p.String())
	}
	return strings.Join(list, " ")
}

// may says whether a member of "default" may do something to an invoice there.
func (s *site) may(tb testing.TB, user, action string) bool {
	tb.Helper()
	return s.as(tb, user).Can(action, rbac.Object{Type: "invoice", Org: home})
}

// A rename changes no decision, a role reads under the new names from the same moment on, and its next save stores them.
func TestCatalogRenames(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if v := s.apply(t, nil); v != 2 {
		t.Fatalf("version %d", v)
	}
	before := s.putRole(t, "clerk", "!invoice:delete", "*:read", "*:delete")
	s.give(t, home, "m", "clerk")
	if s.may(t, "m", "delete") || !s.may(t, "m", "read") {
		t.Fatal("before")
	}
	s.apply(t, renamed)
	now := s.roleNow(t, "clerk")
	if got, want := says(now), "*:delete *:read !invoice:archive"; got != want {
		t.Errorf("reads %q, want %q", got, want)
	}
	if s.may(t, "m", "archive") || !s.may(t, "m", "read") {
		t.Error("the deny was lost")
	}
	if now.Tag() == before.Tag() {
		t.Error("the tag is the same")
	}
	if got := s.text(t, "SELECT action FROM role_permissions WHERE resource_type = 'invoice'"); got != "delete" {
		t.Errorf("the row was touched: %s", got)
	}
	s.putRole(t, "clerk", "!invoice:archive", "*:read")
	if got := s.text(t, "SELECT action FROM role_permissions WHERE resource_type = 'invoice'"); got != "archive" {
		t.Errorf("stored %s", got)
	}
	versions, err := s.RoleVersions(t.Context(), s.as(t, "o"), org.In("default"), "clerk")
	if err != nil || len(versions) != 2 || says(versions[1].Role) != "*:delete *:read !invoice:archive" {
		t.Errorf("versions %+v, %v", versions, err)
	}
}

// What is in use goes only if that is said; then it stays stored and dead, also when its name comes back.
func TestCatalogRetires(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.apply(t, nil)
	s.putRole(t, "payer", "invoice:pay", "invoice:read")
	s.give(t, home, "m", "payer")
	_, err := s.ApplyCatalog(t.Context(), s.as(t, "o"), org.CatalogChange{Document: changed(t, unpaid), Source: "x"})
	var used *org.CatalogInUseError
	if !errors.As(err, &used) || len(used.Plan.InUse) != 1 || used.Plan.InUse[0].What != "invoice:pay" {
		t.Fatalf("%v", err)
	}
	if s.number(t, "SELECT count(*) FROM catalog_versions") != 2 {
		t.Error("something was stored")
	}
	s.apply(t, unpaid, "invoice:pay")
	if got := s.text(t, "SELECT role || ' ' || permission || ' ' || people FROM catalog_effects"); got != "payer invoice:pay 1" {
		t.Errorf("effects: %s", got)
	}
	role := s.roleNow(t, "payer")
	if says(role) != "invoice:pay invoice:read" || len(role.Dead) != 1 || role.Dead[0].Hidden {
		t.Errorf("reads %q, dead %v", says(role), role.Dead)
	}
	s.putRole(t, "payer", "invoice:pay", "invoice:read") // it may be sent back, and stays
	s.apply(t, nil)                                      // the name comes back, and means something else
	role = s.roleNow(t, "payer")
	if says(role) != "invoice:read" || s.may(t, "m", "pay") {
		t.Errorf("reads %q, may pay: %v", says(role), s.may(t, "m", "pay"))
	}
	versions, err := s.RoleVersions(t.Context(), s.as(t, "o"), org.In("default"), "payer")
	if err != nil || says(versions[len(versions)-1].Role) != "invoice:read" {
		t.Errorf("an old version came alive: %+v, %v", versions, err)
	}
}

// An auditor of an organization finds what a version took away there, and nothing of other organizations. The list of the
// site has the numbers.
func TestCatalogEffectsAreInTheTrail(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.apply(t, nil)
	s.putRole(t, "payer", "invoice:pay", "!invoice:delete")
	s.give(t, home, "m", "payer")
	gone := func(d *rbac.Document) {
		unpaid(d)
		invoiceOf(d).Actions = invoiceOf(d).Actions[:1]
		owned(d, "invoice:delete")
	}
	s.clock.advance(time.Hour)
	version := s.apply(t, gone, "invoice:pay", "invoice:delete")
	s.clock.advance(time.Hour)
	s.apply(t, func(d *rbac.Document) { gone(d); d.Label = "Later" }) // which takes nothing
	for _, tt := range []struct{ by, query, want string }{
		{"oa", "", "default payer !invoice:delete 1, default payer invoice:pay 1"},
		{"oau", "resource_type:catalog", "default payer !invoice:delete 1, default payer invoice:pay 1"},
		{"oau", "organization:default", "default payer !invoice:delete 1, default payer invoice:pay 1"},
		{"o", "organization:default", "default payer !invoice:delete 1, default payer invoice:pay 1"},
		{"pa", "", ""},
		{"o", "organization:beta", ""},
		{"o", "resource_type:catalog", "whole, whole, whole"},
	} {
		for _, f := range []org.AuditFilter{{Query: tt.query}, {Query: tt.query, SkipCount: true}} {
			list, err := s.Audit(t.Context(), s.as(t, tt.by), f)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range list.Entries {
				if e.ResourceType != "catalog" {
					continue
				}
				effects, part := e.Diff["effects"].New.([]org.CatalogEffect)
				if !part {
					got = append(got, "whole")
				} else if e.Diff["version"].New != float64(version) || e.Diff["roles"].New != nil || e.Description != "{user} updated catalog {target}" {
					t.Errorf("%s %q: %+v", tt.by, tt.query, e)
				}
				for _, f := range effects {
					got = append(got, fmt.Sprint(f.Organization, " ", f.Role, " ", f.Permission, " ", f.People))
				}
			}
			if strings.Join(got, ", ") != tt.want {
				t.Errorf("%s %q: %q, want %q", tt.by, tt.query, got, tt.want)
			}
		}
	}
}

// What a version leaves behind in roles and assignments is counted.
func TestCatalogCountsDead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	extra := func(d *rbac.Document) {
		d.Roles = append(d.Roles, rbac.DocumentRole{Name: "guard", Label: "Guard", Scope: "site", Site: []string{"invoice:read"}},
			rbac.DocumentRole{Name: "organization-guard", Label: "Guard", Scope: "organization", Organization: []string{"invoice:read"}})
	}
	dead := func(want org.DeadCount) {
		t.Helper()
		if got, err := s.CountDead(t.Context()); err != nil || got != want {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
	s.apply(t, extra)
	s.putRole(t, "payer", "invoice:pay", "invoice:read")
	s.putRole(t, "clerk", "!invoice:pay")
	s.give(t, home, "m", "payer", "organization-guard")
	s.give(t, home, "oa", "organization-guard")
	s.write(t, func(q *db.Queries) error {
		return q.InsertUserRole(t.Context(), db.InsertUserRoleParams{Source: "manual", UserID: id("m"), Role: "guard"})
	})
	dead(org.DeadCount{})
	s.apply(t, unpaid, "invoice:pay", "role:guard", "role:organization-guard")
	dead(org.DeadCount{Permissions: 2, Assignments: 3})
	s.putRole(t, "clerk", "invoice:read") // which drops what is dead
	dead(org.DeadCount{Permissions: 1, Assignments: 3})
}

// Nothing is left behind where there are no roles, and no rows of roles tell which version is in force.
func TestCatalogCountsDeadOfNobody(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	for range 2 { // before the first version is stored, and after
		if got, err := s.CountDead(t.Context()); err != nil || got != (org.DeadCount{}) {
			t.Errorf("%+v, %v, want nothing", got, err)
		}
		if _, err := s.CatalogInForce(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// A rollback makes a new version in which a role that was not saved reads as it did.
func TestCatalogRollsBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first := s.apply(t, nil)
	s.putRole(t, "payer", "invoice:pay", "!invoice:delete")
	s.give(t, home, "m", "payer")
	s.apply(t, unpaid, "invoice:pay")
	if s.may(t, "m", "pay") {
		t.Fatal("may still pay")
	}
	out, err := s.RollbackCatalog(t.Context(), s.as(t, "o"), org.CatalogRollback{Version: first})
	if err != nil || out.Version != first+2 {
		t.Fatalf("%+v, %v", out, err)
	}
	if got := says(s.roleNow(t, "payer")); got != "!invoice:delete invoice:pay" || !s.may(t, "m", "pay") {
		t.Errorf("reads %q, may pay: %v", got, s.may(t, "m", "pay"))
	}
	v, err := s.Catalog(t.Context(), s.as(t, "m"))
	if err != nil || v.Number != out.Version || v.SameAs != first {
		t.Errorf("%+v, %v", v, err)
	}
}

// Only owners change the catalog, each from the version in force; an equal one changes nothing.
func TestCatalogIsTheOwners(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.apply(t, nil)
	for _, name := range []string{"ua", "oa", "m"} {
		_, err := s.ApplyCatalog(t.Context(), s.as(t, name), org.CatalogChange{Document: changed(t, renamed)})
		if org.KindOf(err) != org.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := s.ApplyCatalog(t.Context(), s.as(t, "o"), org.CatalogChange{Document: changed(t, renamed), IfMatch: org.Versions{"1"}})
	if org.KindOf(err) != org.Conflict {
		t.Errorf("from an old version: %v", err)
	}
	entries := s.entries(t)
	out, err := s.ApplyCatalog(t.Context(), s.as(t, "o"), org.CatalogChange{Document: changed(t, nil), IfMatch: org.Versions{"2"}})
	if err != nil || !out.Unchanged || out.Version != 2 || s.entries(t) != entries {
		t.Errorf("the same again: %+v, %v, %d entries more", out, err, s.entries(t)-entries)
	}
	_, err = s.ApplyCatalog(t.Context(), s.as(t, "o"), org.CatalogChange{Document: changed(t, func(d *rbac.Document) { d.Product = "other" })})
	if org.KindOf(err) != org.Conflict || !strings.Contains(err.Error(), "replace=1") {
		t.Errorf("another product: %v", err)
	}
}
