package org_test

import (
	"fmt"
	"testing"

	"rolecall.example/org"
)

// TestPruneRoleVersions: the newest versions of each role stay, and a role of the same kind keeps what it has.
func TestPruneRoleVersions(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner, home := s.as(t, "o"), org.In("default")
	count := func(role string) (versions []int64) {
		t.Helper()
		list, err := s.RoleVersions(t.Context(), owner, home, role)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range list {
			versions = append(versions, v.Version)
		}
		return versions
	}
	before := count("viewer")
	for i := range 4 {
		if err := drop(s.PutRole(t.Context(), owner, home, org.Given(org.RoleInput{Name: "often", DisplayName: fmt.Sprint("Often ", i)}))); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.PruneRoleVersions(t.Context(), 0); err != nil || n != 0 || len(count("often")) != 4 {
		t.Errorf("0 keeps all: %d, %v", n, err)
	}
	n, err := s.PruneRoleVersions(t.Context(), 2)
	if err != nil || n != 2 || fmt.Sprint(count("often")) != "[4 3]" || fmt.Sprint(count("viewer")) != fmt.Sprint(before) {
		t.Errorf("%d, %v: %v, %v", n, err, count("often"), count("viewer"))
	}
	restore := func(v int64) error {
		return drop(s.RestoreRole(t.Context(), owner, home, "often", org.Given(org.RestoreRole{Version: v})))
	}
	if err := restore(1); org.KindOf(err) != org.NotFound {
		t.Errorf("a version that is gone: %v", err)
	}
	if err := restore(3); err != nil {
		t.Error(err)
	}
}
