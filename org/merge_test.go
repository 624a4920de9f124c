package org_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

func roleOf(display string, list ...string) org.Role {
	return org.Role{Name: "r", DisplayName: display, Organization: perms(list...)}
}

// TestMergeRoles: three states of a role; what is kept of yours, and what conflicts, written as pair=was/theirs/yours.
func TestMergeRoles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name               string
		was, theirs, yours org.Role
		kept, conflicts    []string
		display            string
		nameConflict       bool
		merged             []string
	}{
		{
			"nothing overlaps", roleOf("A", "user:read"), roleOf("A", "user:read", "file:read"), roleOf("B"),
			[]string{"user:read="}, nil, "B", false, []string{"file:read"},
		},
		{
			"both the same", roleOf("A"), roleOf("A", "!user:read"), roleOf("A", "!user:read"),
			[]string{"user:read=deny"}, nil, "A", false, []string{"!user:read"},
		},
		{
			"one conflict", roleOf("A", "user:read"), roleOf("A"), roleOf("A", "!user:read", "file:read"),
			[]string{"file:read=allow"}, []string{"user:read=allow//deny"}, "A", false, []string{"file:read"},
		},
		{
			"only theirs", roleOf("A"), roleOf("B", "user:read"), roleOf("A"), nil, nil, "B", false, []string{"user:read"},
		},
		{
			"names conflict", roleOf("A"), roleOf("B"), roleOf("C"), nil, nil, "B", true, nil,
		},
	}
	for _, tt := range tests {
		m := org.MergeRoles(tt.was, tt.theirs, tt.yours)
		var kept, conflicts, merged []string
		for _, c := range m.Kept {
			kept = append(kept, c.Pair().String()+"="+c.To.String())
		}
		for _, c := range m.Conflicts {
			conflicts = append(conflicts, c.Pair().String()+"="+c.From.String()+"/"+c.Theirs.String()+"/"+c.To.String())
		}
		for _, p := range m.Merged.Organization {
			merged = append(merged, p.String())
		}
		if !cmp.Equal(kept, tt.kept) || !cmp.Equal(conflicts, tt.conflicts) || !cmp.Equal(merged, tt.merged) {
			t.Errorf("%s: kept %v, conflicts %v, merged %v", tt.name, kept, conflicts, merged)
		}
		if m.DisplayName != tt.display || m.NameConflict != tt.nameConflict {
			t.Errorf("%s: named %q, conflict %v", tt.name, m.DisplayName, m.NameConflict)
		}
	}
}

// TestMergeLeavesItsInputs: a merge must not write into the roles that it is given.
func TestMergeLeavesItsInputs(t *testing.T) {
	t.Parallel()
	theirs := roleOf("A", "user:read", "file:read")
	org.MergeRoles(roleOf("A", "user:read", "file:read"), theirs, roleOf("A", "file:read"))
	if diff := cmp.Diff(perms("user:read", "file:read"), theirs.Organization); diff != "" {
		t.Error(diff)
	}
}

// TestEffects: the editor hatches what changes nothing in the role that it shows.
func TestEffects(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := s.as(t, "o")
	_, err := s.PutRole(t.Context(), owner, org.In("default"), roleBody(org.RoleInput{Name: "wide", Organization: perms("*:update", "!*:delete")}))
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Role(t.Context(), s.as(t, "o"), org.In("default"), "wide")
	if err != nil {
		t.Fatal(err)
	}
	for pair, want := range map[string]rbac.Effect{
		"*:read":                     rbac.TakesEffect,
		"deployment_config:read":     rbac.SiteOnlyType,
		"template:delete":            rbac.DeniedForAll,
		"template:update":            rbac.AllowedForAll,
		"assign_org_role:read":       rbac.EveryoneHas,
		"organization_member:read":   rbac.EveryoneHasOwn,
		"organization_member:create": rbac.TakesEffect,
	} {
		if got := v.CellEffect(rbac.LevelOrganization, perm(pair)); got != want {
			t.Errorf("%s: %d, want %d", pair, got, want)
		}
	}
}

// TestEffectsAreTrue: for everything that is said to change nothing, a role with just that gives a plain member nothing.
func TestEffectsAreTrue(t *testing.T) {
	t.Parallel()
	catalog := rbac.Default()
	s := newSite(t)
	v, err := s.NewRole(t.Context(), s.as(t, "o"), org.In("default"), "")
	if err != nil {
		t.Fatal(err)
	}
	member, someone := id("m"), id("somebody")
	plain := catalog.NewSubject(member, []rbac.ID{home}, nil)
	for _, typ := range catalog.Types() {
		for _, a := range typ.Actions {
			p := rbac.Permission{ResourceType: typ.Name, Action: a.Name}
			holder := catalog.NewSubject(member, []rbac.ID{home}, []rbac.Grant{{Org: home, Role: catalog.Compile(rbac.Role{Name: "x", Organization: []rbac.Permission{p}})}})
			gains := false
			objects := []rbac.Object{{Type: typ.Name, Org: home, Owner: someone}, {Type: typ.Name, Org: home}}
			if typ.SiteOnly {
				objects = []rbac.Object{{Type: typ.Name}, {Type: typ.Name, Owner: member}, {Type: typ.Name, Owner: someone}}
			}
			for _, o := range objects {
				gains = gains || holder.Authorize(a.Name, o) != plain.Authorize(a.Name, o)
			}
			e := v.CellEffect(rbac.LevelOrganization, p)
			if nothing := e != rbac.TakesEffect && e != rbac.EveryoneHasOwn; nothing == gains {
				t.Errorf("%s: said to change nothing: %v (%d), gains: %v", p, nothing, e, gains)
			}
		}
	}
}

// TestGrantors: the roles that give a permission, for those who may read them.
func TestGrantors(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got, err := s.Grantors(t.Context(), s.as(t, "m"), "default", []string{"assign_org_role:create"})
	if err != nil || !cmp.Equal(got, []string{"Organization Admin", "MAKER"}) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := s.Grantors(t.Context(), s.as(t, "x"), "default", []string{"assign_org_role:create"}); org.KindOf(err) != org.NotFound {
		t.Errorf("told to who may not read the roles: %v", err)
	}
}

// TestDeletionsFromAVersion: a deletion that began from another version is refused and says who was faster.
func TestDeletionsFromAVersion(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner := s.as(t, "o")
	fresh, err := s.Member(t.Context(), owner, "default", "m")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SetMemberRoles(t.Context(), s.as(t, "oa"), "default", "m", roles("viewer")); err != nil {
		t.Fatal(err)
	}
	m, err := s.Member(t.Context(), owner, "default", "m")
	if err != nil {
		t.Fatal(err)
	}
	remove := func(ifMatch org.Versions) error {
		return drop(s.RemoveMember(t.Context(), owner, "default", "m", ifMatch))
	}
	err = remove(org.Versions{fresh.Tag()})
	if e, ok := errors.AsType[*org.Error](err); !ok || e.Kind != org.Conflict || e.Tag != m.Tag() || !strings.HasPrefix(e.Detail, "oa saved it on ") {
		t.Errorf("%+v", err)
	}
	if err := remove(org.Versions{m.TagWithAccount()}); err != nil {
		t.Error(err)
	}
}

// TestBulkExpects: a change of all that match is refused when others match than somebody was asked about.
func TestBulkExpects(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	one := 1
	in := org.Bulk{Action: org.BulkAddRole, Role: "viewer", Match: &org.MemberFilter{Query: "dora"}, Expect: &one}
	if _, err := s.BulkMembers(t.Context(), s.as(t, "o"), "default", given(in)); err != nil {
		t.Error(err)
	}
	in.Match = &org.MemberFilter{}
	if r, err := s.BulkMembers(t.Context(), s.as(t, "o"), "default", given(in)); org.KindOf(err) != org.Conflict {
		t.Errorf("%d done, %v", len(r.Done), err)
	}
}
