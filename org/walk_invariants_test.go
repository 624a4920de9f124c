package org_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"rolecall.example/rbac"
)

var walkIgnore = flag.String("ignore", "", "invariants that the random walks leave out, by name, to look at the others")

// invariants is what must hold after every step that was accepted. Each tells what does not.
var invariants = []struct {
	name  string
	check func(a *attempt, after *state) []string
}{
	{"gain", gained}, {"become", became}, {"later", stillOpens("link", "token")}, {"typed", stillOpens("password", "login", "session")}, {"loss", lost}, {"able", leftAlone}, {"good", alone},
	{"agree", disagreed}, {"who-can", wrongWhoCan}, {"decide", wrongDecisions},
	{"foresee", unforeseen},
}

func (w *walk) check(a *attempt, after *state) (bad []string) {
	for _, i := range invariants {
		if slices.Contains(strings.Split(*walkIgnore, ","), i.name) {
			continue
		}
		for _, what := range i.check(a, after) {
			bad = append(bad, i.name+": "+what)
		}
	}
	return bad
}

// places is the site and all organizations.
func (st *state) places() []uuid.UUID { return append([]uuid.UUID{uuid.Nil}, st.orgs...) }

// reach is what somebody may give away in a place. Of a place that they are no member of, it is what they could do there
// as one.
func reach(a *acct, place uuid.UUID) rights {
	if a == nil {
		return rights{}
	}
	r := a.in(place)
	if place != uuid.Nil && !a.member(place) && a.limits == nil {
		r[nobodys] = r[nobodys].or(bareMember[nobodys])
		r[own] = r[own].or(bareMember[own])
	}
	r[own] = r[own].or(a.in(uuid.Nil)[own])
	return r
}

// gained tells what anybody may do after a step that neither they could before it nor whoever took the step. What every
// member of an organization may do there comes with joining it.
func gained(a *attempt, after *state) (bad []string) {
	if a.actor == nil {
		return nil // the operator
	}
	for _, now := range after.list {
		was := a.before.accounts[now.id]
		if was == now {
			continue
		}
		for _, place := range after.places() {
			had := bareOutside
			if place == uuid.Nil {
				had = bareSite
			}
			if was != nil {
				had = was.in(place)
			}
			if now.member(place) && (was == nil || !was.member(place)) {
				had[nobodys], had[own] = had[nobodys].or(bareMember[nobodys]), had[own].or(bareMember[own])
				if was != nil {
					had[own] = had[own].or(was.in(uuid.Nil)[own])
				}
			}
			given := reach(a.actor, place)
			for w, set := range now.in(place) {
				if more := set.minus(had[w]).minus(given[w]); more != (set0) {
					bad = append(bad, fmt.Sprintf("%s (new: %v) gained %v in %s, %s", now.name, was == nil, more, after.label(place), whose[w]))
				}
			}
		}
	}
	return bad
}

var set0 set

func (st *state) label(place uuid.UUID) string {
	if place == uuid.Nil {
		return "the site"
	}
	return st.names[place]
}

// beyond tells what somebody may do that the caller may not, where it matters: on the site, and in the organizations of
// that somebody.
func (st *state) beyond(target, caller *acct) string {
	for _, place := range append([]uuid.UUID{uuid.Nil}, target.homes...) {
		var mine rights
		if caller != nil {
			mine = caller.in(place)
		}
		if place != uuid.Nil && (caller == nil || !caller.member(place)) {
			mine[nobodys], mine[own] = mine[nobodys].or(bareMember[nobodys]), mine[own].or(bareMember[own])
		}
		for w, set := range target.in(place) {
			if more := set.minus(mine[w]); more != set0 {
				return fmt.Sprintf("%v in %s, %s", more, st.label(place), whose[w])
			}
		}
	}
	return ""
}

// became tells of somebody who acted on the account of another that may do more.
func became(a *attempt, _ *state) []string {
	target := a.before.accounts[a.acted]
	if target == nil || a.actor == nil || target.id == a.actor.id {
		return nil
	}
	if more := a.before.beyond(target, a.actor); more != "" {
		return []string{fmt.Sprintf("%s acted on %s, who may do %s", a.actor.name, target.name, more)}
	}
	return nil
}

// lost tells of people from whom something was taken by somebody who does not hold all that they hold.
func lost(a *attempt, after *state) (bad []string) {
	if a.actor == nil || a.actor.owner() || a.ends {
		return nil
	}
	for _, was := range a.before.list {
		now := after.accounts[was.id]
		if now == nil || now == was || was.id == a.actor.id || !loses(was, now, after) {
			continue
		}
		more := ""
		if a.place == uuid.Nil {
			more = a.before.beyond(was, a.actor)
		} else if set := was.held(a.place).minus(a.actor.in(a.place)[nobodys]); set != set0 {
			more = fmt.Sprint(set)
		}
		if more != "" {
			bad = append(bad, fmt.Sprintf("%s took something from %s, who holds %s", a.actor.name, was.name, more))
		}
	}
	return bad
}

// loses reports whether somebody may do less than before, on the things that there are: none of some types belongs to an
// organization.
func loses(was, now *acct, st *state) bool {
	return slices.ContainsFunc(st.places(), func(place uuid.UUID) bool {
		var nothing set
		if place != uuid.Nil {
			nothing = siteOnly()
		}
		before, after := was.in(place), now.in(place)
		return before[nobodys].minus(after[nobodys]).minus(nothing) != set0 || before[own].minus(after[own]).minus(nothing) != set0
	})
}

// siteOnly is the pairs of the types whose things belong to no organization.
var siteOnly = sync.OnceValue(func() (s set) {
	for i, p := range pairs() {
		if rbac.Default().SiteOnly(p.ResourceType) {
			s.put(i)
		}
	}
	return s
})

// leftAlone tells of places that nobody can run any more.
func leftAlone(a *attempt, after *state) (bad []string) {
	if len(after.working()) == 0 {
		bad = append(bad, "no owner can work")
	}
	if a.actor == nil || a.actor.owner() {
		return bad
	}
	for _, place := range after.orgs {
		if a.before.able(place) && !after.able(place) {
			bad = append(bad, "no one can run "+after.names[place])
		}
	}
	return bad
}
