package rbac

// Reason tells why a level has no say about an object.
type Reason uint8

const (
	Applies        Reason = iota // the level has a say
	NoOrganization               // the object belongs to no organization
	NotMember                    // the subject does not belong to the object's organization
	NoOwner                      // the object belongs to no user
	NotOwner                     // the object belongs to another user
	UnknownPair                  // the catalog has no such pair of type and action
)

// Match is a permission that speaks about the action and the object.
type Match struct {
	Role       *Role // the role that carries it
	Org        ID    // where the role is held; zero for site-wide
	Permission Permission
	Overruled  bool // it made no difference: a deny beats it, or a level above decided, or AnyOrg ignores it
}

// LevelTrace is what happened at one level.
type LevelTrace struct {
	Level   Level
	Vote    int8    // -1 deny, 1 allow, 0 none; also what a level that was not reached would have said
	Reason  Reason  // Applies, or why the level has no say; then it has neither vote nor matches
	Reached bool    // no level above it decided
	Decides bool    // its vote is the decision
	Matches []Match // in the order the roles are held
}

// Trace is a decision with everything that led to it.
type Trace struct {
	Allowed bool
	Known   bool // the pair is in the catalog; if not, nothing else is looked at
	Levels  [levels]LevelTrace
}

// Decided is the level whose vote is the decision; false when no level has one, which means no.
func (t *Trace) Decided() (Level, bool) {
	for _, l := range t.Levels {
		if l.Decides {
			return l.Level, true
		}
	}
	return 0, false
}

// Deciding lists the matches that made the decision; none if no level has a vote.
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

// Explain makes the same decision as [Subject.Authorize], by the same votes, and says how it came about.
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

// matches lists the permissions behind the vote of a level that applies to the object.
func (s *Subject) matches(lt LevelTrace, pair int, o Object) (found []Match) {
	asked := &s.catalog.pairs[pair]
	for _, g := range s.grants {
		elsewhere := lt.Level == LevelOrganization && g.Org != o.Org && !o.AnyOrg
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

// stands reports whether a grant's organization takes part in the vote of its level. That matters for AnyOrg
// alone, where the vote is that of some organization and another one may disagree.
func (s *Subject) stands(org ID, pair int, lt LevelTrace) bool {
	return lt.Level != LevelOrganization || s.orgs[org].vote(pair) == lt.Vote
}
