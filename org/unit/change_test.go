package unit_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
	"rolecall.example/org/unit"
)

// TestForgotten: a use case that forgets its audit entry, or writes what is not of its scope, stores nothing.
func TestForgotten(t *testing.T) {
	t.Parallel()
	d, ctx := dbtest.Open(t), t.Context()
	u := unit.New(d, unit.Options{})
	insert := func(c *unit.Attempt) error {
		return c.W.InsertOrganization(c.Ctx, db.InsertOrganizationParams{ID: unit.NewID(), Name: "acme", NameKey: "acme", Now: c.Now})
	}
	tests := []struct {
		name  string
		scope unit.Scope
		fn    func(c *unit.Attempt) error
		want  string
	}{
		{"no entry", unit.OnSite, insert, "unit: a use case wrote without saying what it is about"},
		{"another scope", unit.SigningIn, func(c *unit.Attempt) error {
			c.About("organization", uuid.New(), "acme", uuid.Nil)
			_ = insert(c)
			return nil
		}, "unit: InsertOrganization in a sign-in's unit"},
		{"a write inside", unit.OnSite, func(c *unit.Attempt) error {
			return u.Do(c.Ctx, u.Operator(), unit.OnSite, "write", insert)
		}, db.ErrNested.Error()},
	}
	for _, tt := range tests {
		if err := u.Do(ctx, u.Operator(), tt.scope, "create", tt.fn); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Do = %v, want %q", tt.name, err, tt.want)
		}
		if _, err := d.GetOrganizationByName(ctx, "acme"); !db.IsNotFound(err) {
			t.Errorf("%s: the organization is stored (%v)", tt.name, err)
		}
	}
	err := u.Do(ctx, u.Operator(), unit.OnSite, "create", func(c *unit.Attempt) error {
		c.About("organization", uuid.New(), "acme", uuid.Nil)
		return insert(c)
	})
	if _, found := d.GetOrganizationByName(ctx, "acme"); errors.Join(err, found) != nil {
		t.Errorf("a use case that forgets nothing: %v, %v", err, found)
	}
}
