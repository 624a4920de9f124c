package unit_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// founding is a use case that stores an organization, with the faults that it may have.
type founding struct {
	units  *unit.Units
	said   bool // what it is about
	nested bool // it calls another use case
}

func planFounding(ctx context.Context, a *unit.Attempt, f founding) (db.Organization, error) {
	o := db.Organization{ID: unit.NewID(), Name: "acme", NameKey: "acme"}
	if f.said {
		a.About("organization", o.ID, o.Name, uuid.Nil)
	}
	if f.nested {
		f.nested = false
		_, _, err := unit.Do(ctx, f.units, a.Actor, unit.OnSite, "write", f, planFounding, applyFounding)
		return o, err
	}
	return o, nil
}

func applyFounding(ctx context.Context, w *unit.Writer, o db.Organization) (db.Organization, error) {
	_ = w.InsertOrganization(ctx, o) // what the statement refuses is not stored, whoever drops the error
	return o, nil
}

// TestForgotten: a use case that forgets its audit entry, or writes what is not of its scope, stores nothing.
func TestForgotten(t *testing.T) {
	t.Parallel()
	d, ctx := dbtest.Open(t), t.Context()
	u := unit.New(d, unit.Options{})
	tests := []struct {
		name  string
		scope unit.Scope
		in    founding
		want  string
	}{
		{"no entry", unit.OnSite, founding{}, "unit: a use case wrote without saying what it is about"},
		{"another scope", unit.SigningIn, founding{said: true}, "unit: InsertOrganization in a sign-in's unit"},
		{"a write inside", unit.OnSite, founding{units: u, said: true, nested: true}, db.ErrNested.Error()},
	}
	for _, tt := range tests {
		_, done, err := unit.Do(ctx, u, u.Operator(), tt.scope, "create", tt.in, planFounding, applyFounding)
		if err == nil || !strings.Contains(err.Error(), tt.want) || done != (org.Receipt{}) {
			t.Errorf("%s: Do = %v, %v, want %q", tt.name, done, err, tt.want)
		}
		if _, err := d.GetOrganizationByName(ctx, "acme"); !db.IsNotFound(err) {
			t.Errorf("%s: the organization is stored (%v)", tt.name, err)
		}
	}
	if _, impact, err := unit.Try(ctx, u, u.Operator(), founding{said: true}, planFounding); err != nil || impact.Members != 0 {
		t.Errorf("Try = %+v, %v", impact, err)
	}
	if _, err := d.GetOrganizationByName(ctx, "acme"); !db.IsNotFound(err) {
		t.Errorf("what was tried is stored (%v)", err)
	}
	o, done, err := unit.Do(ctx, u, u.Operator(), unit.OnSite, "create", founding{said: true}, planFounding, applyFounding)
	if _, found := d.GetOrganizationByName(ctx, "acme"); errors.Join(err, found) != nil {
		t.Errorf("a use case that forgets nothing: %v, %v", err, found)
	}
	entry, err := d.GetAuditLog(ctx, done.Entry)
	site, noSite := d.GetRevision(ctx, uuid.Nil)
	if errors.Join(err, noSite) != nil || entry.ResourceID != o.ID.String() || done.Version != site.Value {
		t.Errorf("its receipt is %+v: %v, %v; the site is at %d", done, entry, err, site.Value)
	}
}
