package rbac

// Conflict is a pair that two edits changed differently: From and To are your change, Theirs is the result of the other.
type Conflict struct {
	Difference
	Theirs State
}

// Merged is the result of applying your changes of a role to a version that was saved meanwhile.
type Merged struct {
	Role      *Role        // theirs with Kept applied; theirs wins every conflict
	Kept      []Difference // your changes of pairs that they left alone or changed in the same way
	Conflicts []Conflict
}

// Merge merges two edits of a role that began from the same base. Names are not merged: the result has those of theirs.
func Merge(base, theirs, yours *Role) Merged {
	var m Merged
	var stored [levels]map[Permission]State
	for l := range Level(levels) {
		stored[l] = theirs.states(l)
	}
	for _, d := range Diff(base, yours) {
		if now := stored[d.Level][d.Pair()]; now != d.From && now != d.To {
			m.Conflicts = append(m.Conflicts, Conflict{d, now})
		} else {
			m.Kept = append(m.Kept, d)
		}
	}
	m.Role = theirs.Apply(m.Kept)
	return m
}
