package org_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// disagreed asks both services about somebody: neither may remember anything else than what is stored.
func disagreed(a *attempt, after *state) (bad []string) {
	who := pick(a.rng, after.list)
	for _, svc := range []service{a.service, a.other} {
		subject, err := svc.UserSubject(a.ctx, who.id)
		if (err != nil) != who.suspended() {
			bad = append(bad, fmt.Sprintf("%s is %s, and signing in as it says %v", who.name, who.status, err))
		}
		if err != nil {
			continue
		}
		for _, place := range after.places() {
			for range 10 {
				i := a.rng.IntN(len(pairs()))
				o := rbac.Object{Type: pairs()[i].ResourceType, Org: place}
				if w := a.rng.IntN(2); w == own {
					o.Owner = who.id
				}
				want := who.in(place)[nobodys].has(i)
				if o.Owner != (rbac.ID{}) {
					want = who.in(place)[own].has(i)
				}
				if subject.Can(pairs()[i].Action, o) != want {
					bad = append(bad, fmt.Sprintf("%s, %v in %s: decided %v, stored %v", who.name, pairs()[i], after.label(place), !want, want))
				}
			}
		}
	}
	return bad
}

// askedIn is where a question about an organization is decided.
func askedIn(p rbac.Permission, place uuid.UUID) uuid.UUID {
	if rbac.Default().SiteOnly(p.ResourceType) {
		return uuid.Nil
	}
	return place
}

// asker is an owner who may read everything, nil if there is none just now.
func (a *attempt) asker(st *state) *org.Actor {
	for _, o := range st.working() {
		if o.may(perm("organization_member:read"), uuid.Nil) && o.may(perm("user:read"), uuid.Nil) && o.may(perm("organization:read"), uuid.Nil) {
			by, err := a.svc.UserSubject(a.ctx, o.id)
			if err != nil {
				a.t.Fatal(err)
			}
			return by
		}
	}
	return nil
}

// wrongWhoCan asks who on the site may do something in an organization, in every one, now and then.
func wrongWhoCan(a *attempt, after *state) (bad []string) {
	if a.changes%50 != 0 {
		return nil
	}
	by := a.asker(after)
	if by == nil {
		return nil
	}
	for _, place := range after.orgs {
		i, w := a.rng.IntN(len(pairs())), a.rng.IntN(2)
		p := pairs()[i]
		got, err := a.svc.WhoCan(a.ctx, by, place.String(), org.Question{Action: p.Action, ResourceType: p.ResourceType, Own: w == own}, org.WhoCanPage{})
		if err != nil {
			a.t.Fatal(err)
		}
		var want, names [2][]string // members, and those outside
		suspended, total := 0, 0
		for _, who := range after.list {
			able, outside := who.in(askedIn(p, place))[w].has(i), 1
			if who.member(place) {
				total++
				outside = 0
			}
			switch {
			case able && !who.suspended():
				want[outside] = append(want[outside], who.name)
			case able && outside == 0:
				suspended++
			}
		}
		for _, m := range got.Members {
			names[0] = append(names[0], m.Member.Username)
		}
		for _, u := range got.Outside.Users {
			names[1] = append(names[1], u.User.Username)
		}
		for _, list := range [][]string{want[0], want[1], names[0], names[1]} {
			slices.Sort(list)
		}
		if !slices.Equal(names[0], want[0]) || !slices.Equal(names[1], want[1]) || got.Suspended != suspended || got.Total != total {
			bad = append(bad, fmt.Sprintf("%v in %s, %s: %v of %d, %d suspended; want %v of %d, %d suspended",
				p, after.label(place), whose[w], names, got.Total, got.Suspended, want, total, suspended))
		}
	}
	return bad
}

// wrongDecisions asks about somebody through the checks, explained and not.
func wrongDecisions(a *attempt, after *state) (bad []string) {
	by := a.asker(after)
	if by == nil || a.changes%5 != 0 {
		return nil
	}
	place := pick(a.rng, after.orgs)
	var members []*acct
	for _, p := range after.list {
		if p.member(place) {
			members = append(members, p)
		}
	}
	if len(members) == 0 {
		return nil
	}
	who := pick(a.rng, members)
	checks, want := map[string]org.AuthCheck{}, map[string]bool{}
	for range 3 {
		i, w := a.rng.IntN(len(pairs())), a.rng.IntN(2)
		p := pairs()[i]
		c := org.AuthCheck{Action: p.Action, ResourceType: p.ResourceType, OrganizationID: place.String()}
		if w == own {
			c.OwnerID = "me"
		}
		key := strings.TrimSpace(p.String() + " " + c.OwnerID)
		checks[key] = c // what no organization has is asked of the site alone
		want[key] = who.in(place)[w].has(i) && !who.suspended() && !rbac.Default().SiteOnly(p.ResourceType)
	}
	asked := org.AuthChecks{User: who.name, Checks: checks}
	plain, err := a.svc.AuthCheck(a.ctx, by, asked)
	explained, err2 := a.svc.ExplainChecks(a.ctx, by, asked)
	if err := errors.Join(err, err2); err != nil {
		a.t.Fatal(err)
	}
	for _, key := range slices.Sorted(maps.Keys(checks)) {
		e := explained.Explanations[key]
		if plain.Allowed[key] != want[key] || e.Allowed() != want[key] {
			bad = append(bad, fmt.Sprintf("%s (%s), %s in %s: %v and explained %v, want %v",
				who.name, who.status, key, after.label(place), plain.Allowed[key], e.Allowed(), want[key]))
		}
	}
	return bad
}
