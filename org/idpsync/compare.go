package idpsync

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// comparison compares what rules give with what an account has from that source.
type comparison struct {
	source   org.Source
	want     *wanted
	now      time.Time
	until    *time.Time      // the end of what is given; nil: none
	fused    bool            // nothing ends
	protects map[string]bool // roles that neither end nor get an end
}

// has reports whether some of these records are from the source.
func (c *comparison) has(records []org.Assignment) bool {
	return slices.ContainsFunc(records, func(r org.Assignment) bool { return r.Source == c.source })
}

// part is what a sign-in changes in one place.
type part struct {
	place  uuid.UUID // uuid.Nil: the site
	made   []org.Assignment
	gone   []org.Assignment
	kept   []org.Assignment
	held   []org.Assignment // no rule gives these, but they stay
	before []org.Assignment // all records that count, from other sources too

	protected bool // held stays because nobody else could administer the place
}

func (p *part) changes() bool { return len(p.made)+len(p.gone) > 0 }

// edits returns the changes as the unit stores them, each role once.
func (p *part) edits() (edits []org.RecordEdit) {
	of := func(role string) *org.RecordEdit {
		i := slices.IndexFunc(edits, func(e org.RecordEdit) bool { return e.Role == role })
		if i < 0 {
			edits = append(edits, org.RecordEdit{Role: role})
			i = len(edits) - 1
		}
		return &edits[i]
	}
	for _, r := range p.gone {
		e := of(r.Role)
		e.Gone = append(e.Gone, r)
	}
	// A record that replaces one of the same source is a single edit: the role is held without interruption.
	for i := range p.made {
		e := of(p.made[i].Role)
		e.New = &p.made[i]
		if old := p.own(e.Role, p.made[i].Source); old != nil {
			e.Gone = append(e.Gone, *old)
		}
	}
	return edits
}

// own returns the record that a source has of a role, nil if it has none.
func (p *part) own(role string, source org.Source) *org.Assignment {
	i := slices.IndexFunc(p.before, func(r org.Assignment) bool { return r.Role == role && r.Source == source })
	if i < 0 {
		return nil
	}
	return &p.before[i]
}

// after returns all records that count afterwards.
func (p *part) after() []org.Assignment {
	left := slices.DeleteFunc(slices.Clone(p.before), func(r org.Assignment) bool {
		same := func(o org.Assignment) bool { return o.Role == r.Role && o.Source == r.Source }
		return slices.ContainsFunc(p.gone, same) || slices.ContainsFunc(p.made, same)
	})
	return append(left, p.made...)
}

// heldBack returns the part with everything kept and nothing changed.
func (p part) heldBack() part {
	for _, r := range p.made { // those that would have replaced another
		if old := p.own(r.Role, r.Source); old != nil {
			p.held = append(p.held, *old)
		}
	}
	p.held, p.made, p.gone, p.protected = append(p.held, p.gone...), nil, nil, true
	return p
}

// inSite compares the site roles.
func (c *comparison) inSite(records []org.Assignment, exists func(role string) bool) part {
	p := part{before: records}
	c.roles(&p, c.want.site, c.want.silent.site, true, exists)
	return p
}

// in compares the membership and the roles of an organization. Roles are given only to members, by any source.
func (c *comparison) in(place uuid.UUID, records []org.Assignment, exists func(role string) bool) part {
	p := part{place: place, before: records}
	stored := p.own(org.RoleOrganizationUser, c.source)
	ref, wanted := c.want.places[place]
	switch {
	case c.want.silent.places:
		c.leave(&p, stored)
	case wanted:
		c.give(&p, org.RoleOrganizationUser, ref)
	case stored == nil:
	case !c.want.ruled && !strings.HasPrefix(stored.SourceRef, string(org.SyncOrganizations)+":"):
		c.leave(&p, stored) // the sign-in that created the account made it a member too, and no rule decides about that
	default:
		c.end(&p, stored)
	}
	// By the state afterwards: a membership that this sign-in gives has its roles at once.
	member := slices.ContainsFunc(p.after(), func(r org.Assignment) bool { return r.Role == org.RoleOrganizationUser })
	c.roles(&p, c.want.roles[place], c.want.silent.roles[place], member, exists)
	return p
}

// roles compares the roles in one place. Without a membership no role is kept.
func (c *comparison) roles(p *part, want map[string]string, silent, member bool, exists func(string) bool) {
	// First what ends, then what is given: a record that another value gives now is created again with that reference.
	for i := range p.before {
		r := &p.before[i]
		_, wanted := want[r.Role]
		switch {
		case r.Source != c.source || r.Role == org.RoleOrganizationUser && p.place != uuid.Nil:
		case !member:
			p.gone = append(p.gone, *r)
		case silent:
			c.leave(p, r)
		case !wanted || !exists(r.Role):
			c.end(p, r)
		}
	}
	if silent || !member {
		return
	}
	for _, role := range sortedKeys(want) {
		if exists(role) {
			c.give(p, role, want[role])
		}
	}
}

func (c *comparison) leave(p *part, r *org.Assignment) {
	if r != nil {
		p.kept = append(p.kept, *r)
	}
}

func (c *comparison) end(p *part, r *org.Assignment) {
	if c.fused || c.protects[r.Role] {
		p.held = append(p.held, *r)
		return
	}
	p.gone = append(p.gone, *r)
}

// sameEnd is how far the end of a record may be from the one that it should have, so that two sign-ins in quick succession write
// only once: each renewal is a write with an entry, and browsers often send a request twice.
const sameEnd = time.Minute

// give keeps a record that says the same, and otherwise creates it or replaces it.
func (c *comparison) give(p *part, role, ref string) {
	stored := p.own(role, c.source)
	if stored != nil && stored.SourceRef == ref && c.endsAlike(stored.Until) {
		p.kept = append(p.kept, *stored)
		return
	}
	r := org.Assignment{
		Role: role, OrganizationID: p.place, Source: c.source, SourceRef: ref, Until: c.until, GivenAt: c.now, GivenByName: string(c.source),
	}
	// One that must stay must not get an end either.
	if stored != nil && stored.Until == nil && r.Until != nil && c.protects[role] {
		p.held = append(p.held, *stored)
		return
	}
	p.made = append(p.made, r)
}

func (c *comparison) endsAlike(until *time.Time) bool {
	if until == nil || c.until == nil {
		return until == nil && c.until == nil
	}
	return c.until.Sub(*until).Abs() < sameEnd
}
