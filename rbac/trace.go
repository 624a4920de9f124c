package rbac

// Reason is why a level does or does not apply to an object.
type Reason uint8

const (
	Applies        Reason = iota // the level applies
	NoOrganization               // the object belongs to no organization
	NotMember                    // the subject does not belong to the object's organization
	NoOwner                      // the object belongs to no user
	NotOwner                     // the object belongs to another user
	UnknownPair                  // the catalog has no such pair of type and action
	UnownedType                  // objects of this type belong to no user
	OutOfReach                   // the subject's limits leave out the pair, or the object: see [Subject.Limit]
)

// Match is a permission that applies to the action and the object.
type Match struct {
	Role       *Role // the role that has it
	Org        ID    // where the role is held; zero for site-wide
	Permission Permission
	Overruled  bool // a deny beats it, an earlier level decided, or AnyOrg ignores it
}

// LevelTrace is one level of a decision.
type LevelTrace struct {
	Level   Level
	Vote    int8    // -1 deny, 1 allow, 0 none; also of a level that was not reached
	Reason  Reason  // Applies, or why the level has neither a vote nor matches
	Reached bool    // no earlier level decided
	Decides bool    // its vote is the decision
	Matches []Match // in the order the roles are held
}

// Trace is a decision and how it was reached.
type Trace struct {
	Allowed bool
	Known   bool // the pair is in the catalog; otherwise nothing else was considered
	Levels  [levels]LevelTrace
}

// Decided returns the level whose vote is the decision, and false if no level has a vote, which means no.
func (t *Trace) Decided() (Level, bool) {
	for _, l := range t.Levels {
		if l.Decides {
			return l.Level, true
		}
	}
	return 0, false
}

// Deciding returns the matches that made the decision. There are none if no level has a vote.
func (t *Trace) Deciding() []Match {
	var found []Match
	for _, l := range t.Levels {
		for _, m := range l.Matches {
			if l.Decides && !m.Overruled {
				found = append(found, m)
			}
		}
	}
	return found
}

// Explain makes the same decision as [Subject.Authorize], from the same votes, and returns how it was reached.
func (s *Subject) Explain(action string, o Object) Trace {
	var t Trace
	var pair int
	if s != nil {
		pair, t.Known = s.catalog.number(o.Type, action)
	}
	if !t.Known {
		for l := range t.Levels {
			t.Levels[l] = LevelTrace{Level: Level(l), Reason: UnknownPair, Reached: true}
		}
		return t
	}
	var at reach
	at.find(s, &o)
	if !s.catalog.Owned(o.Type) {
		at.rights[LevelUser], at.why[LevelUser] = nil, UnownedType
	}
	if at.left != nil && !at.left.has(pair) {
		at.refuse()
	}
	decider, decision := at.decide(pair)
	t.Allowed = decision > 0
	for l := range Level(levels) {
		lt := LevelTrace{Level: l, Vote: at.rights[l].vote(pair), Reason: at.why[l]}
		lt.Reached = decision == 0 || l <= decider
		lt.Decides = decision != 0 && l == decider
		if lt.Reason == Applies {
			lt.Matches = s.matches(lt, pair, o)
		}
		t.Levels[l] = lt
	}
	return t
}

// matches returns the permissions behind the vote of a level that applies to the object.
func (s *Subject) matches(lt LevelTrace, pair int, o Object) (found []Match) {
	asked := &s.catalog.pairs[pair]
	for _, g := range s.grants {
		elsewhere := lt.Level == LevelOrganization && g.Org != o.Org && !o.AnyOrg
		if lt.Level == LevelOrganization && s.only != nil && !s.only[g.Org] {
			continue
		}
		if elsewhere || g.Role.compiled[lt.Level].vote(pair) == 0 {
			continue
		}
		list := g.Role.Permissions(lt.Level)
		for i := range list {
			if p := &list[i]; p.covers(asked) {
				counts := lt.Decides && p.vote() == lt.Vote && s.stands(g.Org, pair, lt)
				found = append(found, Match{Role: g.Role, Org: g.Org, Permission: *p, Overruled: !counts})
			}
		}
	}
	return found
}

// stands reports whether a grant's organization agrees with the vote of its level. It can disagree only with AnyOrg: one
// organization may allow what another denies.
func (s *Subject) stands(org ID, pair int, lt LevelTrace) bool {
	return lt.Level != LevelOrganization || s.orgs[org].vote(pair) == lt.Vote
}
