package idpsync

import (
	"slices"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// A sign-in can tell nobody that it left something as it was: the person signing in could not change it, and those who could are
// not present. So it leaves notices, one for each matter and person, which the console shows until a later sign-in of the same
// person finds the matter settled. No decision depends on them, and losing them loses no right.

// notice is something that a sign-in leaves as it was.
type notice struct{ kind, target string }

// told reports whether the trail records a notice, in the chain of what it is about.
func (n notice) told() bool {
	return n.kind == string(org.HoldLastOwner) || n.kind == string(org.HoldLastAdmin)
}

// note records what this sign-in leaves as it was.
func (v *view) note() {
	add := func(kind, target string) {
		if n := (notice{kind, target}); !slices.Contains(v.has, n) {
			v.has = append(v.has, n)
		}
	}
	for _, claim := range sortedKeys(v.want.states) {
		if v.want.states[claim] == org.ClaimTruncated {
			add(string(org.ClaimTruncated), claim)
		}
	}
	for i := range v.parts {
		if p := &v.parts[i]; p.protected {
			if p.place == uuid.Nil {
				add(string(org.HoldLastOwner), "")
			} else {
				add(string(org.HoldLastAdmin), p.place.String())
			}
		}
	}
	if v.fused {
		add(string(org.HoldFuse), "")
	}
}
