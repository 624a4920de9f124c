package org_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rolecall.example/org/account"
	"rolecall.example/org/services"

	"github.com/google/uuid"

	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

var (
	walkSeed  = flag.Uint64("seed", 1, "where the random walks start, 0 for anywhere")
	walkCount = flag.Int("walks", 4, "how many random walks there are")
	walkSteps = flag.Int("steps", 0, "how long each random walk is; if 0, 250, or 5000 with ROLECALL_DEEP")
)

// However many writes by however many people along whichever path: nobody comes to hold, be or take away what rules
// forbid, somebody is left to run each place, and every answer is the one that the tables give. What is held to be true
// after each step is in walk_invariants_test.go and the files beside it.
func TestNobodyGrantsWhatTheyDoNotHold(t *testing.T) {
	t.Parallel()
	start, steps := *walkSeed, *walkSteps
	if start == 0 {
		start = uint64(time.Now().UnixNano())
	}
	if steps == 0 {
		steps = 250
		if deep {
			steps = 5000
		}
	}
	var all tally
	t.Run("walks", func(t *testing.T) {
		for i := range *walkCount {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				w := newWalk(t, rand.New(rand.NewPCG(start, uint64(i))))
				defer func() {
					all.add(w.accepted, w.tried)
					if t.Failed() {
						t.Logf("run again with -run %s -seed=%d -steps=%d", t.Name(), start, steps)
					}
				}()
				w.run(steps)
			})
		}
	})
	t.Logf("seed %d, %d walks of %d steps, accepted of tried: %s", start, *walkCount, steps, &all)
	if t.Failed() || *walkCount*steps < 20_000 {
		return
	}
	// The rarest steps are accepted some twenty times: a step that was hardly ever accepted says that the walk can't make it, and
	// not that the seed was a bad one.
	for name := range all.tried {
		if n := all.accepted[name]; n < 5 {
			t.Errorf("%s was accepted %d times in all walks, must be 5", name, n)
		}
	}
}

// tally counts the steps of all walks by their kind.
type tally struct {
	mu              sync.Mutex
	accepted, tried map[string]int
}

func (c *tally) add(accepted, tried map[string]int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.accepted == nil {
		c.accepted, c.tried = map[string]int{}, map[string]int{}
	}
	for name, n := range accepted {
		c.accepted[name] += n
	}
	for name, n := range tried {
		c.tried[name] += n
	}
}

func (c *tally) String() string {
	var parts []string
	accepted, tried := 0, 0
	for _, name := range slices.Sorted(maps.Keys(c.tried)) {
		parts = append(parts, fmt.Sprintf("%s %d/%d", name, c.accepted[name], c.tried[name]))
		if !strings.HasPrefix(name, "by-") { // these are counted by their own kind, too
			accepted, tried = accepted+c.accepted[name], tried+c.tried[name]
		}
	}
	return fmt.Sprintf("%d/%d\n%s", accepted, tried, strings.Join(parts, ", "))
}

// walk is a random walk over every write path.
type walk struct {
	*site
	t         *testing.T
	other     service // a second one over the same data
	store     *account.SessionStore
	reader    reader
	rng       *rand.Rand
	before    *state // the step that is being taken
	secrets   []*secret
	tokens    []*secret               // and sessions, everybody's, those of secrets too
	narrow    []*secret               // the tokens with limits
	passwords map[uuid.UUID]string    // the last one that each account was given
	typed     map[uuid.UUID]uuid.UUID // who typed it
	made      int                     // numbers what must have a name of its own

	trace           []string
	accepted, tried map[string]int
	changes         int // steps that were accepted
}

func newWalk(t *testing.T, rng *rand.Rand) *walk {
	s := newWalkSite(t)
	w := &walk{
		site: s, t: t, rng: rng, passwords: map[uuid.UUID]string{}, typed: map[uuid.UUID]uuid.UUID{}, accepted: map[string]int{}, tried: map[string]int{},
		other:  service{services.New(dbtest.Reopen(t, s.place), services.Options{Now: s.clock.now, HashCost: cheapHash})},
		store:  account.NewSessionStore(s.db, s.clock.now),
		reader: reader{site: s, roles: map[string]*rbac.Role{}},
	}
	w.before = w.reader.read(t)
	return w
}

// attempt is one step: who takes it, and what the invariants have to know of it.
type attempt struct {
	*walk
	ctx   context.Context
	kind  *stepKind
	svc   service
	by    *org.Actor
	actor *acct   // as it was before the step; nil is the operator, or whoever has a link
	via   *secret // the token or session that the actor came with, if it did

	what  string
	place uuid.UUID // the organization that it is about, zero is the site
	acted uuid.UUID // on whose account: the actor must hold all that it held
	ends  bool      // a membership ended, by the right to end it
	told  *foretold // what was told of the step before it was taken
	made  []*secret // what opens the account of somebody else from now on
}

func (a *attempt) say(format string, args ...any) { a.what = fmt.Sprintf(format, args...) }

// who names the actor.
func (a *attempt) who() string {
	switch {
	case a.actor == nil:
		return "operator"
	case a.via != nil && a.via.maker != a.actor.id:
		return fmt.Sprintf("%s (by the %s)", a.actor.name, a.via)
	}
	return a.actor.name
}

func (w *walk) run(steps int) {
	w.t.Helper()
	for step := range steps {
		since := w.clock.still()
		w.clock.advance(time.Minute)
		if w.passed(since) {
			w.before = w.reader.read(w.t)
		}
		a := w.attempt()
		w.tried[a.kind.name]++
		if a.via != nil {
			w.tried["by-token"]++
			if a.via.limits != nil {
				w.tried["by-limited-token"]++
			}
		}
		if a.by == nil && !a.kind.anybody {
			continue // gone, or suspended
		}
		before := w.progress(w.t)
		err := a.kind.take(a)
		if err != nil && (org.KindOf(err) == org.Internal) {
			w.t.Fatalf("step %d: %s %s: %v", step, a.who(), a.what, err)
		}
		if moved := w.progress(w.t) != before; err != nil && !moved || !moved && !a.kind.quiet {
			continue
		}
		w.changes++
		w.accepted[a.kind.name]++
		if a.via != nil {
			w.accepted["by-token"]++
			if a.via.limits != nil {
				w.accepted["by-limited-token"]++
			}
		}
		w.trace = append(w.trace, fmt.Sprintf("%d: %s %s", step, a.who(), a.what))
		after := w.reader.read(w.t)
		w.secrets = append(w.secrets, a.made...)
		if bad := w.check(a, after); len(bad) > 0 {
			w.t.Fatalf("after step %d\n%s\nthe last steps\n%s", step,
				strings.Join(bad[:min(5, len(bad))], "\n"), strings.Join(w.trace[max(0, len(w.trace)-6):], "\n"))
		}
		w.before = after
	}
	if found, err := w.CheckIntegrity(w.t.Context()); err != nil || len(found) > 0 {
		w.t.Errorf("examined afterwards: %v\n%s", err, strings.Join(found, "\n"))
	}
	if w.changes < steps/10 {
		w.t.Errorf("only %d of %d steps were accepted: %v", w.changes, steps, w.accepted)
	}
}

// progress grows with every change: some move no revision, since no list and no decision depends on them.
func (w *walk) progress(t testing.TB) int64 {
	t.Helper()
	return w.revision(t) + w.site.number(t, "SELECT count(*) FROM audit_logs WHERE status_code < 400")
}

// attempt picks what to do, and who does it: often somebody who may.
func (w *walk) attempt() *attempt {
	a := &attempt{walk: w, ctx: w.t.Context(), svc: pick(w.rng, []service{w.service, w.other})}
	at := w.rng.IntN(totalWeight)
	for i := range stepKinds {
		if a.kind = &stepKinds[i]; at < a.kind.weight {
			break
		}
		at -= a.kind.weight
	}
	a.place = a.anyPlace()
	if a.kind.ofSite {
		a.place = uuid.Nil
	}
	if a.kind.anybody {
		return a
	}
	if w.rng.IntN(4) == 0 && len(w.narrow) > 0 && !a.kind.people && a.come(pick(w.rng, w.narrow[max(0, len(w.narrow)-10):])) {
		return a
	}
	if w.rng.IntN(8) == 0 && len(w.tokens) > 0 {
		with := pick(w.rng, w.tokens[max(0, len(w.tokens)-40):])
		for range 20 { // rather one that somebody else has
			if with.maker == with.target {
				with = pick(w.rng, w.tokens)
			}
		}
		if (with.limits == nil || !a.kind.people) && a.come(with) {
			return a
		}
	}
	who := pick(w.rng, w.before.list)
	switch w.rng.IntN(4) {
	case 0:
		who = pick(w.rng, w.before.working())
	case 1, 2:
		may := slices.DeleteFunc(slices.Clone(w.before.list), func(p *acct) bool { return !p.may(a.kind.needs, a.place) })
		if len(may) > 0 {
			who = pick(w.rng, may)
		}
	}
	a.arrive(a.svc.UserSubject(a.ctx, who.id))
	return a
}

// anyPlace picks an organization: seldom one that the walk made, so that some of these stay empty and can be deleted.
func (a *attempt) anyPlace() uuid.UUID {
	if a.rng.IntN(10) == 0 {
		return pick(a.rng, a.before.orgs)
	}
	return pick(a.rng, []uuid.UUID{home, home, beta, beta, small})
}

// come reports whether a token or a session lets somebody in, as the account that it belongs to.
func (a *attempt) come(with *secret) bool {
	if with.kind == "session" {
		if data, found, err := a.store.FindCtx(a.ctx, with.text); err != nil || !found || len(data) == 0 {
			return false
		}
		if !a.arrive(a.svc.SessionSubject(a.ctx, org.Request{}, with.target, with.text)) {
			return false
		}
	} else if !a.arrive(a.svc.TokenSubject(a.ctx, org.Request{}, with.text)) {
		return false
	}
	if a.via = with; with.limits != nil {
		a.actor = a.actor.limited(with.limits)
	}
	return true
}

// person is who sits behind the actor: whoever made what it came with.
func (a *attempt) person() uuid.UUID {
	if a.via != nil {
		return a.via.maker
	}
	return a.actor.id
}

// arrive reports whether the actor is let in.
func (a *attempt) arrive(by *org.Actor, err error) bool {
	if err != nil {
		return false
	}
	a.by, a.actor = by, a.before.accounts[by.ID()]
	return true
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// few picks some of them, not all different.
func few[T any](r *rand.Rand, list []T, most int) []T {
	var out []T
	for range min(r.IntN(most+1), len(list)) {
		out = append(out, pick(r, list))
	}
	return out
}
