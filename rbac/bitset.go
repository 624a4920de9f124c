package rbac

import (
	"iter"
	"math/bits"
	"slices"
)

// bitset is a set of the numbers of pairs. A nil bitset is empty.
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

// and keeps what is in o, too.
func (b bitset) and(o bitset) {
	for i := range b {
		b[i] &= o[i]
	}
}

// all yields the members in ascending order.
func (b bitset) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, w := range b {
			for ; w != 0; w &= w - 1 {
				if !yield(i<<6 + bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}

func (b bitset) len() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// rights is what one level allows and denies. A nil *rights has no vote.
type rights struct{ allow, deny bitset }

func (r *rights) add(o *rights) {
	r.allow.or(o.allow)
	r.deny.or(o.deny)
}

// only removes all pairs that are not in o.
func (r *rights) only(o bitset) {
	r.allow.and(o)
	r.deny.and(o)
}

// addAllowed adds what o allows after its denies, but not its denies.
func (r *rights) addAllowed(o *rights) {
	for i := range o.allow {
		r.allow[i] |= o.allow[i] &^ o.deny[i]
	}
}

// vote returns -1 if anything denies the pair, otherwise 1 if anything allows it, otherwise 0.
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

// Set is a set of concrete pairs of resource type and action. The zero Set is empty.
type Set struct {
	catalog *Catalog
	pairs   bitset
}

// Len returns the number of pairs.
func (s Set) Len() int { return s.pairs.len() }

// Contains reports whether the pair is in the set. Wildcards never are.
func (s Set) Contains(resourceType, action string) bool {
	i, ok := s.catalog.number(resourceType, action)
	return ok && s.pairs.has(i)
}

// covers reports whether every pair that p covers at a level is in the set, whether p is an allow or a deny. It is false if p is
// not in the catalog.
func (s Set) covers(l Level, p Permission) bool {
	if s.catalog == nil {
		return false
	}
	covered, known := s.catalog.covers[p.pair()]
	if l == LevelUser && p.ResourceType == Wildcard { // at this level it means the types that someone may own
		covered = slices.Clone(covered)
		covered.and(s.catalog.owned)
	}
	return known && covered.within(s.pairs)
}

// Minus returns the pairs of s that are not in o, sorted; nil if there are none. It panics if the sets belong to two catalogs:
// use [Compare] for those.
func (s Set) Minus(o Set) []Permission {
	if s.catalog != nil && o.catalog != nil && !s.catalog.same(o.catalog) {
		panic("rbac: the sets belong to two catalogs")
	}
	var rest []Permission
	for i := range s.pairs.all() {
		if !o.pairs.has(i) {
			rest = append(rest, s.catalog.pairs[i])
		}
	}
	SortPermissions(rest)
	return rest
}
