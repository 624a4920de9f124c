package org_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// foretold is what an explanation and a dry run told of a step.
type foretold struct {
	target     *acct
	pair, w    int
	place      uuid.UUID // of the question
	suggestion org.Suggestion
	impact     org.Impact
}

var suggestSteps = []stepKind{{name: "suggest", people: true, weight: 24, needs: perm("assign_org_role:assign"), take: func(a *attempt) error {
	told := &foretold{target: a.target(), pair: a.rng.IntN(len(pairs())), w: a.rng.IntN(2), place: a.place}
	p := pairs()[told.pair]
	e, err := a.svc.Explain(a.ctx, a.by, a.org(), told.target.name, org.Question{Action: p.Action, ResourceType: p.ResourceType, Own: told.w == own})
	if err != nil {
		return err
	}
	may := slices.DeleteFunc(e.Changes, func(s org.Suggestion) bool { return s.Refusal != "" })
	if len(may) == 0 {
		return nil
	}
	told.suggestion = pick(a.rng, may)
	asking, impact := dryRun(a.by)
	s := &told.suggestion
	a.place = s.Role.OrganizationID
	if s.Role.OrganizationID == uuid.Nil && (s.Kind == org.GiveRole || s.Kind == org.TakeRole) {
		a.acted = told.target.id
	}
	a.say("follows: %s %s, for %v of %s", s.Label(), s.Role.Name, p, told.target.name)
	attempted := *a
	attempted.by = asking
	dry, err := attempted.follow(told), a.follow(told)
	if (dry == nil) != (err == nil) {
		a.t.Errorf("%s %s: a dry run says %v, the real one %v", a.who(), a.what, dry, err)
	}
	if err == nil {
		told.impact, a.told = *impact, told
	}
	return err
}}}

// follow makes the change that was suggested.
func (a *attempt) follow(told *foretold) error {
	s, site := told.suggestion, told.suggestion.Role.OrganizationID == uuid.Nil
	if s.Kind == org.GiveRole || s.Kind == org.TakeRole {
		var held []string
		for _, r := range told.target.roles[s.Role.OrganizationID] {
			if r != nil && r.Name != s.Role.Name {
				held = append(held, r.Name)
			}
		}
		if s.Kind == org.GiveRole {
			held = append(held, s.Role.Name)
		}
		if site {
			return drop(a.svc.SetUserRoles(a.ctx, a.by, told.target.name, roles(held...)))
		}
		return drop(a.svc.SetMemberRoles(a.ctx, a.by, a.org(), told.target.name, roles(held...)))
	}
	cell := rbac.Difference{Level: s.Level, ResourceType: s.Permission.ResourceType, Action: s.Permission.Action}
	switch s.Kind {
	case org.AllowPermission:
		cell.To = rbac.Allowed
	case org.DenyPermission:
		cell.To = rbac.Denied
	}
	body := given(org.RoleInput{Name: s.Role.Name, KeepDisplayName: true, Partial: true, Cells: []rbac.Difference{cell}})
	if site {
		return drop(a.svc.PutRole(a.ctx, a.by, org.Site, body))
	}
	return drop(a.svc.PutRole(a.ctx, a.by, org.In(a.org()), body))
}

// line is a permission of an impact, and change who gains or loses it.
type line struct {
	permission string
	own        bool
}

// difference counts what people may do in a place after a change that they could not do before, as an impact does: what
// they may do to their own things only when they may not do it to things of nobody.
func difference(from, to *state, place uuid.UUID, whom func(*acct) bool) map[line]int {
	lines := map[line]int{}
	for _, a := range from.list {
		b := to.accounts[a.id]
		if b == nil || a == b || !whom(a) {
			continue
		}
		for i, p := range pairs() {
			at := askedIn(p, place)
			switch was, is := a.in(at), b.in(at); {
			case is[nobodys].has(i) && !was[nobodys].has(i):
				lines[line{p.String(), false}]++
			case is[own].has(i) && !was[own].has(i):
				lines[line{p.String(), true}]++
			}
		}
	}
	return lines
}

func linesOf(list []org.ImpactLine) map[line]int {
	lines := map[line]int{}
	for _, l := range list {
		lines[line{l.Permission.String(), l.OwnOnly}] += l.Members
	}
	return lines
}

// unforeseen compares what was told of a step with what it did.
func unforeseen(a *attempt, after *state) (bad []string) {
	told := a.told
	if told == nil {
		return nil
	}
	target, at := after.accounts[told.target.id], askedIn(pairs()[told.pair], told.place)
	if target.in(at)[told.w].has(told.pair) == told.target.in(at)[told.w].has(told.pair) {
		bad = append(bad, "the answer stays as it was")
	}
	everybody := func(*acct) bool { return true }
	for _, way := range []struct {
		name     string
		from, to *state
		told     []org.ImpactLine
		counted  int
	}{{"gained", a.before, after, told.impact.Gains, told.suggestion.Gained}, {"lost", after, a.before, told.impact.Losses, told.suggestion.Lost}} {
		if want := difference(way.from, way.to, a.place, everybody); !maps.Equal(linesOf(way.told), want) {
			bad = append(bad, fmt.Sprintf("%s: the dry run told %v, want %v", way.name, linesOf(way.told), want))
		}
		one := difference(way.from, way.to, a.place, func(p *acct) bool { return p.id == target.id })
		asked := pairs()[told.pair].String()
		maps.DeleteFunc(one, func(l line, _ int) bool { return l.permission == asked })
		if way.counted != len(one) {
			bad = append(bad, fmt.Sprintf("%s: the explanation told %d, want %d: %v", way.name, way.counted, len(one), one))
		}
	}
	return bad
}
