package org_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/org/services"
	"rolecall.example/rbac"
)

// Two servers of one database, while catalogs are applied and rolled back: no call fails for that, and each answer is of one
// version. Which one a role was read under its own words tell.
func TestCatalogsChangeUnderReplicas(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first := s.apply(t, nil)
	s.putRole(t, "clerk", "!invoice:delete", "invoice:read")
	s.give(t, home, "m", "clerk")
	d := dbtest.Reopen(t, s.place)
	replicas := []service{s.service, {services.New(d, services.Options{Now: s.clock.now})}}

	changes := 8
	if deep {
		changes = 50
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var others sync.WaitGroup
	var reads, writes atomic.Int64
	for i, r := range replicas {
		others.Go(func() {
			for ctx.Err() == nil {
				err := readOnce(t.Context(), r, first)
				if errors.Is(err, org.ErrCatalogMoved) { // as the server does
					continue
				}
				if err != nil {
					t.Errorf("replica %d reads: %v", i, err)
					return
				}
				reads.Add(1)
			}
		})
		others.Go(func() {
			pace := time.NewTicker(50 * time.Millisecond)
			defer pace.Stop()
			for n := 0; ctx.Err() == nil; n++ {
				if err := writeOnce(t.Context(), r, i, n); err != nil {
					t.Errorf("replica %d writes: %v", i, err)
					return
				}
				writes.Add(1)
				<-pace.C
			}
		})
	}
	for n := range changes {
		r := replicas[n%2]
		by, err := r.UserSubject(t.Context(), id("o"))
		if err == nil && n%2 == 0 {
			_, err = r.ApplyCatalog(t.Context(), by, org.CatalogChange{Document: changed(t, renamed), Source: "x"})
		} else if err == nil {
			_, err = r.RollbackCatalog(t.Context(), by, org.CatalogRollback{Version: first})
		}
		if err != nil {
			t.Fatalf("change %d: %v", n, err)
		}
	}
	stop()
	others.Wait()
	if reads.Load() == 0 || writes.Load() == 0 {
		t.Errorf("%d reads, %d writes", reads.Load(), writes.Load())
	}
	if s.may(t, "m", "delete") || !s.may(t, "m", "read") {
		t.Error("decisions are not what they were")
	}
	if found, err := s.CheckIntegrity(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("%v, %v", found, err)
	}
}

// readOnce reads a role and who may what, each of which must be of one version.
func readOnce(ctx context.Context, r service, first int64) error {
	by, err := r.UserSubject(ctx, id("o"))
	if err != nil {
		return err
	}
	v, err := r.Role(ctx, by, org.In("default"), "clerk")
	if err != nil {
		return err
	}
	want := "!invoice:delete invoice:read"
	if (v.Role.Catalog-first)%2 == 1 {
		want = "!invoice:archive invoice:read"
	}
	if got := says(v.Role); got != want {
		return fmt.Errorf("in version %d the role says %q", v.Role.Catalog, got)
	}
	if by.Catalog.Version() != v.Role.Catalog {
		return fmt.Errorf("the caller is of version %d, the role of %d", by.Catalog.Version(), v.Role.Catalog)
	}
	e, err := r.Explain(ctx, by, "default", "m", org.Question{ResourceType: "invoice", Action: "read"})
	if err == nil && !e.Trace.Allowed {
		err = errors.New("m may not read invoices")
	}
	if err != nil {
		return err
	}
	_, _, err = r.Lint(ctx, by, "default")
	return err
}

// writeOnce gives or takes a role, or stores one of its own.
func writeOnce(ctx context.Context, r service, replica, n int) error {
	by, err := r.UserSubject(ctx, id("o"))
	if err != nil {
		return err
	}
	if n%2 == 0 {
		in := org.RoleInput{Name: fmt.Sprintf("own-%d", replica), DisplayName: fmt.Sprint(n), Organization: []rbac.Permission{{ResourceType: "invoice", Action: "read"}}}
		_, err = r.PutRole(ctx, by, org.In("default"), org.Given(in))
		return err
	}
	names := []string{"clerk"}
	if n%4 == 1 {
		names = append(names, fmt.Sprintf("own-%d", replica))
	}
	_, err = r.SetMemberRoles(ctx, by, "default", "m", org.Given(org.RolesInput{Roles: names}))
	return err
}

// A built-in role that is gone gives nothing and stands in no list; the next write of what somebody holds drops it, and the
// trail tells so. Its name stays taken.
func TestCatalogTakesBuiltInRoles(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	helper := func(d *rbac.Document) {
		d.Roles = append(d.Roles, rbac.DocumentRole{Name: "organization-helper", Label: "Helper", Scope: "organization", Organization: []string{"invoice:read"}})
	}
	s.apply(t, helper)
	give := func(roles ...string) error {
		_, err := s.SetMemberRoles(t.Context(), s.as(t, "o"), "default", "m", org.Given(org.RolesInput{Roles: roles}))
		return err
	}
	if err := give("organization-helper"); err != nil {
		t.Fatal(err)
	}
	_, err := s.ApplyCatalog(t.Context(), s.as(t, "o"), org.CatalogChange{Document: changed(t, nil)})
	var used *org.CatalogInUseError
	if !errors.As(err, &used) || used.Plan.InUse[0].What != "role:organization-helper" {
		t.Fatalf("%v", err)
	}
	s.apply(t, nil, "role:organization-helper")
	m, err := s.Member(t.Context(), s.as(t, "o"), "default", "m")
	if err != nil || len(m.Roles) != 0 || s.may(t, "m", "read") {
		t.Errorf("%+v, %v", m.Roles, err)
	}
	_, found, err := lint(t, s)
	if err != nil || !found["1 person has a role that is gone; it gives nothing."] {
		t.Errorf("lint: %v, %v", found, err)
	}
	if err := give("organization-helper"); org.KindOf(err) != org.Invalid {
		t.Errorf("given again: %v", err)
	}
	if _, err := s.PutRole(t.Context(), s.as(t, "o"), org.In("default"), org.Given(org.RoleInput{Name: "organization-helper"})); org.KindOf(err) != org.Invalid {
		t.Errorf("the name is free: %v", err)
	}
	if err := give("organization-auditor"); err != nil || s.memberRoles(t, home, "m") != "organization-auditor" {
		t.Errorf("%v, stored %q", err, s.memberRoles(t, home, "m"))
	}
	if found, err := s.CheckIntegrity(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("check: %v, %v", found, err)
	}
}

func lint(t *testing.T, s *site) (org.Organization, map[string]bool, error) {
	t.Helper()
	o, list, err := s.Lint(t.Context(), s.as(t, "o"), "default")
	says := map[string]bool{}
	for _, f := range list {
		says[f.Message] = true
	}
	return o, says, err
}

// A file fills an empty database alone: once somebody has an account it changes nothing.
func TestCatalogFills(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t)
	s := services.New(d, services.Options{})
	file := org.CatalogChange{Document: changed(t, func(d *rbac.Document) { d.Product = "invoices" }), Source: "x"}
	for _, want := range []bool{true, false} {
		if filled, differs, err := s.FillCatalog(t.Context(), file); err != nil || filled != want || differs != want {
			t.Errorf("filled %v, differs %v, %v; want %v", filled, differs, err, want)
		}
	}
	full := newSite(t)
	if filled, differs, err := full.FillCatalog(t.Context(), file); err != nil || filled || !differs {
		t.Errorf("filled %v, differs %v, %v", filled, differs, err)
	}
	if n := full.number(t, "SELECT max(catalog) FROM revisions"); n != 1 {
		t.Errorf("version %d is in force", n)
	}
}
