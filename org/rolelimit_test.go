package org_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// fillRoles makes so many custom roles in an organization, or on the site, past all rules.
func (s *site) fillRoles(tb testing.TB, of uuid.UUID, n int) {
	tb.Helper()
	s.write(tb, func(q *db.Queries) (err error) {
		level := "organization"
		if of == uuid.Nil {
			level = "site"
		}
		for i := range n {
			name := fmt.Sprintf("filled-%d", i)
			roleID := id("role " + of.String() + name)
			err = errors.Join(err, q.InsertRole(tb.Context(), db.InsertRoleParams{CatalogVersion: 1,
				ID: roleID, OrganizationID: uuid.NullUUID{UUID: of, Valid: of != uuid.Nil}, Name: name, Now: start, UpdatedBy: "o",
			}))
			for _, p := range perms("template:read", "template:update", "group:read", "file:read") {
				err = errors.Join(err, q.InsertPermission(tb.Context(), db.InsertPermissionParams{RoleID: roleID, Level: level, ResourceType: p.ResourceType, Action: p.Action}))
			}
		}
		return err
	})
}

// TestRoleLimit: there are at most 1000 custom roles in an organization, and as many on the site.
func TestRoleLimit(t *testing.T) {
	t.Parallel()
	for of, where := range map[uuid.UUID]string{home: "an organization", uuid.Nil: "the site"} {
		s := newSite(t)
		put := func(name, display string) error {
			in := org.RoleInput{Name: name, DisplayName: display}
			if of == uuid.Nil {
				return drop(s.PutRole(t.Context(), s.as(t, "o"), org.Site, roleBody(in)))
			}
			return drop(s.PutRole(t.Context(), s.as(t, "o"), org.In("default"), roleBody(in)))
		}
		there := int(s.number(t, "SELECT count(*) FROM roles WHERE coalesce(CAST(organization_id AS text), '') = ?", map[bool]string{true: "", false: home.String()}[of == uuid.Nil]))
		s.fillRoles(t, of, 999-there)
		if err := put("thousandth", ""); err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		s.refused(t, &org.Error{Kind: org.Invalid, Message: "Too many roles.",
			Fields: []org.Field{{Field: "name", Detail: where + " can have at most 1000 custom roles"}}}, 0, func() error { return put("more", "") })
		if err := put("thousandth", "Changed"); err != nil {
			t.Errorf("%s: a change: %v", where, err)
		}
		if _, err := s.PutRole(t.Context(), s.as(t, "o"), org.In("beta"), role("other")); err != nil {
			t.Errorf("%s is full, and so is another: %v", where, err)
		}
		s.exec(t, "DELETE FROM roles WHERE name = 'thousandth'")
		if err := put("more", ""); err != nil {
			t.Errorf("%s: after a deletion: %v", where, err)
		}
	}
}

// BenchmarkRoleWrite is a write of one role beside others: it reads each of them and its permissions once.
func BenchmarkRoleWrite(b *testing.B) {
	for _, n := range []int{100, 300, 900} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := newSite(b)
			s.fillRoles(b, home, n)
			o := s.as(b, "o")
			for i := 0; b.Loop(); i++ {
				in := org.RoleInput{Name: "filled-0", DisplayName: fmt.Sprint(i), Organization: perms("template:read")}
				if _, err := s.PutRole(b.Context(), o, org.In("default"), roleBody(in)); err != nil {
					b.Fatal(err)
				}
				if _, err := s.Roles(b.Context(), s.as(b, "o"), org.In("default")); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
