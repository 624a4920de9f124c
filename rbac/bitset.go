package rbac

import "math/bits"

// bitset is a set of the catalog's pairs, by number. A nil bitset is empty.
type bitset []uint64

func (b bitset) has(i int) bool {
	w := i >> 6
	return w < len(b) && b[w]>>(uint(i)&63)&1 != 0
}

func (b bitset) set(i int) { b[i>>6] |= 1 << (uint(i) & 63) }

func (b bitset) or(o bitset) {
	for i, w := range o {
		b[i] |= w
	}
}

func (b bitset) within(o bitset) bool {
	for i, w := range b {
		if w&^o[i] != 0 {
			return false
		}
	}
	return true
}

func (b bitset) len() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// rights is what one level allows and denies. A nil *rights says nothing.
type rights struct{ allow, deny bitset }

func (r *rights) add(o *rights) {
	r.allow.or(o.allow)
	r.deny.or(o.deny)
}

// addAllowed adds what o allows and does not deny, and none of its denies.
func (r *rights) addAllowed(o *rights) {
	for i := range o.allow {
		r.allow[i] |= o.allow[i] &^ o.deny[i]
	}
}

// vote is the vote of the level on a pair: -1 when anything denies it, else 1 when anything allows it, else 0.
func (r *rights) vote(pair int) int8 {
	switch {
	case r == nil:
		return 0
	case r.deny.has(pair):
		return -1
	case r.allow.has(pair):
		return 1
	}
	return 0
}

// Set is a set of pairs of resource type and action, all of them concrete. The zero Set is empty.
type Set struct {
	catalog *Catalog
	pairs   bitset
}

// Len is the number of pairs in the set.
func (s Set) Len() int { return s.pairs.len() }

// Contains reports whether the concrete pair is in the set. Wildcards never are.
func (s Set) Contains(resourceType, action string) bool {
	i, ok := s.catalog.number(resourceType, action)
	return ok && s.pairs.has(i)
}

// covers reports whether all that p covers, allow or deny alike, is in the set; false if the catalog does not
// know p.
func (s Set) covers(p Permission) bool {
	if s.catalog == nil {
		return false
	}
	covered, known := s.catalog.covers[p.pair()]
	return known && covered.within(s.pairs)
}

// Minus lists, sorted, the pairs of s that are not in o; nil when s lies within o. Both sets must come from the
// same catalog; a set of another one counts as empty.
func (s Set) Minus(o Set) []Permission {
	if o.catalog != s.catalog {
		o = Set{}
	}
	var rest []Permission
	for i := range s.catalog.Pairs() {
		if s.pairs.has(i) && !o.pairs.has(i) {
			rest = append(rest, s.catalog.pairs[i])
		}
	}
	SortPermissions(rest)
	return rest
}
