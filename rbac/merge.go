package rbac

// Conflict is a pair that two people changed in two ways: From and To are your change, Theirs is the other one.
type Conflict struct {
	Difference
	Theirs State
}

// Merged is your changes of a role laid over those that somebody else made meanwhile.
type Merged struct {
	Role      *Role        // theirs with Kept applied: the result if theirs win every conflict
	Kept      []Difference // your changes of what they left alone, and those that they made as well
	Conflicts []Conflict
}

// Merge compares the state that two edits of a role began from with what each of them made of it. Names are not merged:
// Role has those of theirs.
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
