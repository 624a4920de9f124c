package tenant

import (
	"slices"
	"strings"
	"time"

	"rolecall.example/org"
)

// Requests change local records: those made by people, invitations and the operator. Every request comes down to edits: all local
// records of a role go, and at most one takes their place. What a provider or directory gives is never edited.

// live returns the records of a role that count now, either local or synced ones.
func (a *assignment) live(role string, synced bool) (list []org.Assignment) {
	for _, r := range a.records {
		if r.Role == role && r.Source.Synced() == synced && r.Counts(a.Now) {
			list = append(list, r)
		}
	}
	return list
}

// edit replaces the local records of a role by one record, or by none. Records that have ended but are still stored are
// replaced too.
func (a *assignment) edit(role string, after *org.Assignment) {
	e := org.RecordEdit{Role: role, New: after}
	for _, r := range a.records {
		if r.Role == role && !r.Source.Synced() {
			e.Gone = append(e.Gone, r)
		}
	}
	switch before := a.live(role, false); {
	case after == nil:
		a.taken = append(a.taken, role)
	case len(before) > 0 && earlier(after.Until, lastEnd(before)):
		a.taken = append(a.taken, role)
	default: // a later end, none, or another reason
		a.given = append(a.given, role)
	}
	a.edits = append(a.edits, e)
}

// conclude works out which roles are held once the edits are made, and which ones the edits add and remove.
func (a *assignment) conclude(have []string) {
	a.wanted = slices.Clone(have)
	for _, e := range a.edits {
		then := a.live(e.Role, true)
		if e.New != nil {
			then = append(then, *e.New)
		}
		if len(then) > 0 && lastEnd(then) != nil {
			a.passing = append(a.passing, e.Role)
		}
		if e.Role == a.implied {
			continue
		}
		held, stays := slices.Contains(have, e.Role), len(then) > 0
		switch {
		case !held && stays:
			a.wanted, a.added = append(a.wanted, e.Role), append(a.added, e.Role)
		case held && !stays:
			a.wanted = slices.DeleteFunc(a.wanted, func(n string) bool { return n == e.Role })
			a.removed = append(a.removed, e.Role)
		}
	}
	slices.Sort(a.wanted)
}

// fresh returns a record of a role that the caller gives.
func (a *assignment) fresh(role string, t org.Terms) *org.Assignment {
	r := org.Assignment{
		Role: role, OrganizationID: a.set.Org, Source: org.SourceManual, Reason: t.Reason, Until: t.Until, GivenAt: a.Now,
		GivenByID: a.Actor.ID(), GivenByName: a.Actor.User.Username,
	}
	if a.Actor.Operator {
		r.Source, r.GivenByName = org.SourceOperator, ""
	}
	if known, ok := a.set.ByName[role]; ok {
		r.DisplayName = known.DisplayName
	}
	return &r
}

// reworded returns the record of a role as a request wants it, nil if it is like that already. Unless its end moves later, it
// keeps the name of the last giver.
func (a *assignment) reworded(role string, in org.RecordInput) *org.Assignment {
	before := a.live(role, false)
	terms := in.Terms
	if in.KeepUntil {
		terms.Until = lastEnd(before)
	}
	if last := lastOf(before); in.KeepReason && last != nil {
		terms.Reason = last.Reason
	}
	after := a.fresh(role, terms)
	if len(before) == 0 {
		return after
	}
	last := lastOf(before)
	if len(before) == 1 && sameEnd(last.Until, after.Until) && last.Reason == after.Reason {
		return nil
	}
	if earlier(after.Until, last.Until) || sameEnd(after.Until, last.Until) {
		after.GivenByID, after.GivenByName, after.GivenAt = last.GivenByID, last.GivenByName, last.GivenAt
	}
	return after
}

// lastOf returns the record that ends last, nil if there is none.
func lastOf(list []org.Assignment) (last *org.Assignment) {
	for i := range list {
		if last == nil || earlier(last.Until, list[i].Until) {
			last = &list[i]
		}
	}
	return last
}

// lastEnd returns when the last of the records ends; nil if one has no end, or there are none.
func lastEnd(list []org.Assignment) *time.Time {
	if last := lastOf(list); last != nil {
		return last.Until
	}
	return nil
}

// earlier reports whether one end comes before another. nil means no end.
func earlier(a, b *time.Time) bool { return a != nil && (b == nil || a.Before(*b)) }

func sameEnd(a, b *time.Time) bool { return !earlier(a, b) && !earlier(b, a) }

// loosens reports whether a role, or the membership that it depends on, is now held without an end and no longer would be.
func (a *assignment) loosens(role string) bool {
	for _, e := range a.edits {
		if e.Role != role && e.Role != org.RoleOrganizationUser {
			continue
		}
		now := append(a.live(e.Role, false), a.live(e.Role, true)...)
		then := a.live(e.Role, true)
		if e.New != nil {
			then = append(then, *e.New)
		}
		if len(now) > 0 && lastEnd(now) == nil && (len(then) == 0 || lastEnd(then) != nil) {
			return true
		}
	}
	return false
}

// sources names where records come from.
func sources(list []org.Assignment) string {
	names := make([]string, len(list))
	for i := range list {
		names[i] = string(list[i].Source)
	}
	return strings.Join(names, " and ")
}
