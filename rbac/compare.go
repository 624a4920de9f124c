package rbac

// RoleChange is what a level of a role allows or denies in one version of a catalog and not in the other. Pairs have the
// name of the later version, or of the earlier one if they were removed; denies are written without their "!".
type RoleChange struct {
	Level                          Level
	Gives, Takes, Denies, Undenies []Permission
}

// CompareRoles returns how a role differs between two versions of a catalog, comparing pairs by number: one entry
// for each level that differs, none if the role means the same in both. The roles must be compiled or built in; nil has nothing.
func CompareRoles(before, after *Role) (changes []RoleChange) {
	for l := range Level(levels) {
		wasAllowed, wasDenied := before.sets(l)
		allowed, denied := after.sets(l)
		c := RoleChange{Level: l}
		c.Gives, c.Takes = Compare(wasAllowed, allowed)
		c.Denies, c.Undenies = Compare(wasDenied, denied)
		if len(c.Gives)+len(c.Takes)+len(c.Denies)+len(c.Undenies) > 0 {
			changes = append(changes, c)
		}
	}
	return changes
}

// sets returns what a level of the role allows, whatever it denies, and what it denies.
func (r *Role) sets(l Level) (allowed, denied Set) {
	if r == nil {
		return Set{}, Set{}
	}
	return Set{r.catalog, r.compiled[l].allow}, Set{r.catalog, r.compiled[l].deny}
}

// Compare returns the pairs of after that are not in before, and those of before that are not in after, both sorted. The
// sets may belong to two versions of one catalog: a pair is the same in both if its number is. It has the name of after's
// catalog, or of before's if it was removed.
func Compare(before, after Set) (gained, lost []Permission) {
	for i := range after.pairs.all() {
		if !before.pairs.has(i) {
			gained = append(gained, after.catalog.pairs[i])
		}
	}
	for i := range before.pairs.all() {
		if !after.pairs.has(i) {
			lost = append(lost, nameIn(after.catalog, before.catalog, i))
		}
	}
	SortPermissions(gained)
	SortPermissions(lost)
	return gained, lost
}

// nameIn returns the name of a pair in a catalog, or in the other one if the first lacks it.
func nameIn(c, other *Catalog, number int) Permission {
	if p, ok := c.Numbered(number); ok {
		return p
	}
	return other.pairs[number]
}

// Number returns the number of a concrete pair, which never changes.
func (c *Catalog) Number(p Permission) (int, bool) { return c.number(p.ResourceType, p.Action) }

// Numbered returns the pair that has a number, and false if none has it in this version.
func (c *Catalog) Numbered(number int) (Permission, bool) {
	if c == nil || number < 0 || number >= len(c.pairs) || c.pairs[number] == (Permission{}) {
		return Permission{}, false
	}
	return c.pairs[number], true
}

// Bits returns what a level of the role allows and denies, as sets of numbers of pairs: number n is bit n%64 of word n/64.
// The role must be compiled or built in. The slices are shared and must not be changed.
func (r *Role) Bits(l Level) (allow, deny []uint64) { return r.compiled[l].allow, r.compiled[l].deny }
