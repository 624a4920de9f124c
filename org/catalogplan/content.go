package catalogplan

import (
	"encoding/binary"
	"slices"

	"rolecall.example/rbac"
)

// The sets below are of numbers of pairs, as [rbac.Role.Bits] has them: a pair has the same number in every version. The
// sets of different versions may differ in length.

// at returns a word of a set, 0 beyond its end.
func at(set []uint64, i int) uint64 {
	if i < len(set) {
		return set[i]
	}
	return 0
}

// or adds a set to another one.
func or(into, set []uint64) []uint64 {
	for len(into) < len(set) {
		into = append(into, 0)
	}
	for i, w := range set {
		into[i] |= w
	}
	return into
}

// meet reports whether two sets have a pair in common.
func meet(a, b []uint64) bool {
	for i := range a {
		if a[i]&at(b, i) != 0 {
			return true
		}
	}
	return false
}

// levels lists all levels of a role.
var levels = []rbac.Level{rbac.LevelSite, rbac.LevelOrganization, rbac.LevelUser}

// says returns what a role allows and denies at a level, word by word. A pair that it both allows and denies is denied, so that
// roles that differ only in what a deny hides count as equal.
func says(r *rbac.Role, l rbac.Level) func(i int) (allow, deny uint64) {
	if r == nil {
		return func(int) (uint64, uint64) { return 0, 0 }
	}
	allows, denies := r.Bits(l)
	return func(i int) (uint64, uint64) { return at(allows, i) &^ at(denies, i), at(denies, i) }
}

// width returns how many words the longer sets of two roles have. Those of one role are equally long at all levels.
func width(before, after *rbac.Role) int {
	n := 0
	for _, r := range []*rbac.Role{before, after} {
		if r != nil {
			allow, _ := r.Bits(rbac.LevelSite)
			n = max(n, len(allow))
		}
	}
	return n
}

// orDifference adds the pairs about which a role says something else under the two versions; nil stays nil without one.
func orDifference(into []uint64, before, after *rbac.Role) []uint64 {
	difference := make([]uint64, width(before, after))
	some := uint64(0)
	for _, l := range levels {
		was, is := says(before, l), says(after, l)
		for i := range difference {
			wasAllow, wasDeny := was(i)
			allow, deny := is(i)
			difference[i] |= (wasAllow ^ allow) | (wasDeny ^ deny)
			some |= difference[i]
		}
	}
	if some == 0 {
		return into
	}
	return or(into, difference)
}

// content numbers what a role says about the pairs of the mask under both versions, 0 if that is nothing: where it is held,
// or elsewhere, where its own organization's level does not count. Roles with the same content have the same effect,
// whatever they are called: thousands of organizations may have copies of one role, and those are decided about once.
func (s *survey) content(r *role, within bool) int {
	var key []byte
	some := uint64(0)
	// Every level of either version takes the same room in the key, even when it says nothing: otherwise two different roles
	// could end up with the same bytes.
	for _, version := range []*rbac.Role{r.before, r.after} {
		for _, l := range levels {
			if l == rbac.LevelOrganization && !within {
				key = append(key, make([]byte, 16*len(s.mask))...)
				continue
			}
			of := says(version, l)
			for i, m := range s.mask {
				allow, deny := of(i)
				key = binary.LittleEndian.AppendUint64(key, allow&m)
				key = binary.LittleEndian.AppendUint64(key, deny&m)
				some |= (allow | deny) & m
			}
		}
	}
	if some == 0 {
		return 0
	}
	id, ok := s.contents[string(key)]
	if !ok {
		id = len(s.contents) + 1
		s.contents[string(key)] = id
	}
	return id
}

// keyOf returns the key of a set of contents in a place. Order and repetition make no difference to the engine, so they make none
// to the key either. It sorts the slice that it is given.
func keyOf(place byte, contents []int) string {
	slices.Sort(contents)
	key := []byte{place}
	for _, id := range slices.Compact(contents) {
		key = binary.AppendUvarint(key, uint64(id))
	}
	return string(key)
}
