package org

import (
	"testing"

	"github.com/google/uuid"
)

// TestRenewed: a basis takes newer revisions of the site and of one organization, and nothing that a decision there rests on.
func TestRenewed(t *testing.T) {
	t.Parallel()
	place, other := uuid.MustParse("11111111-0000-0000-0000-000000000000"), uuid.MustParse("22222222-0000-0000-0000-000000000000")
	site, here, elsewhere := Basis{{Roles: "member", Version: 3, Value: 1}}, Basis{{OrganizationID: place, Roles: "a", Version: 1, RoleState: 5, Value: 2}},
		Basis{{OrganizationID: other, Roles: "b", Version: 1, Value: 3}}
	join := func(parts ...Basis) (b Basis) {
		for _, p := range parts {
			b = append(b, p...)
		}
		return b
	}
	later := func(b Basis) Basis {
		b = join(b)
		b[0].Value += 10
		return b
	}
	changed := func(b Basis, change func(b Basis)) Basis {
		b = join(b)
		change(b)
		return b
	}
	for name, tt := range map[string]struct {
		rows Basis
		ok   bool
	}{
		"as it was":             {join(site, here), true},
		"other revisions":       {join(later(site), later(here)), true},
		"signed out":            {nil, false},
		"no member any more":    {site, false},
		"the site gone":         {here, false},
		"another role":          {join(site, changed(here, func(b Basis) { b[0].Roles = "c" })), false},
		"another version":       {join(site, changed(here, func(b Basis) { b[0].Version = 2 })), false},
		"roles that mean more":  {join(site, changed(here, func(b Basis) { b[0].RoleState = 6 })), false},
		"a role of the site":    {join(changed(site, func(b Basis) { b[0].Roles = "owner" }), here), false},
		"one organization more": {join(site, here, elsewhere), false},
		"another organization":  {join(site, elsewhere), false},
	} {
		was := join(site, here, elsewhere)
		got, ok := was.Renewed(tt.rows, place)
		if ok != tt.ok {
			t.Errorf("%s: renewed %v, want %v", name, ok, tt.ok)
		}
		if ok && (!got.Equal(was) || got[0] != tt.rows[0] || got[1] != tt.rows[1] || got[2] != elsewhere[0]) {
			t.Errorf("%s: got %v", name, got)
		}
		if was[0].Value != 1 {
			t.Errorf("%s: the old basis has changed", name)
		}
	}
	if _, ok := join(site, elsewhere).Renewed(join(site, here), place); ok {
		t.Error("a member that was none is renewed")
	}
	if got, ok := join(site, elsewhere).Renewed(later(site), place); !ok || got[0].Value != 11 {
		t.Errorf("no member, as before: got %v, %v", got, ok)
	}
}
