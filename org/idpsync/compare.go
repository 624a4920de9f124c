package idpsync

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/org"
)

// comparison compares what rules give with what an account has from their source.
type comparison struct {
	source   org.Source
	want     *wanted
	now      time.Time
	until    *time.Time      // the end of what is given; nil: none
	fused    bool            // nothing ends
	protects map[string]bool // roles that neither end nor get an end
}

// has reports whether the source has given some of these records.
func (c *comparison) has(records []org.Assignment) bool {
	return slices.ContainsFunc(records, func(r org.Assignment) bool { return r.Source == c.source })
}

// part is what a sign-in does in one place.
type part struct {
	place  uuid.UUID // uuid.Nil: the site
	made   []org.Assignment
	gone   []org.Assignment
	kept   []org.Assignment
	held   []org.Assignment // no rule gives them, and they stay
	before []org.Assignment // all that counts, of other sources too

	protected bool // what is held stays since nobody else could administer the place
}

func (p *part) changes() bool { return len(p.made)+len(p.gone) > 0 }

// edits are the changes as the unit stores them, each role once.
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
	// A record that takes the place of one of the same source is one edit: the role is held all the time.
	for i := range p.made {
		e := of(p.made[i].Role)
		e.New = &p.made[i]
		if old := p.own(e.Role, p.made[i].Source); old != nil {
			e.Gone = append(e.Gone, *old)
		}
	}
	return edits
}

// own is the record that a source has of a role, nil if it has none.
func (p *part) own(role string, source org.Source) *org.Assignment {
	i := slices.IndexFunc(p.before, func(r org.Assignment) bool { return r.Role == role && r.Source == source })
	if i < 0 {
		return nil
	}
	return &p.before[i]
}

// after is all that counts afterwards.
func (p *part) after() []org.Assignment {
	left := slices.DeleteFunc(slices.Clone(p.before), func(r org.Assignment) bool {
		same := func(o org.Assignment) bool { return o.Role == r.Role && o.Source == r.Source }
		return slices.ContainsFunc(p.gone, same) || slices.ContainsFunc(p.made, same)
	})
	return append(left, p.made...)
}

// heldBack is the part with all that there is, and nothing that changes.
func (p part) heldBack() part {
	for _, r := range p.made { // one that would have taken the place of another
		if old := p.own(r.Role, r.Source); old != nil {
			p.held = append(p.held, *old)
		}
	}
	p.held, p.made, p.gone, p.protected = append(p.held, p.gone...), nil, nil, true
	return p
}

// inSite compares roles of the site.
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
		c.leave(&p, stored) // the sign-in that made the account made it a member too, and no rule has a say
	default:
		c.end(&p, stored)
	}
	// By what it is afterwards: a membership that this sign-in gives has roles at once.
	member := slices.ContainsFunc(p.after(), func(r org.Assignment) bool { return r.Role == org.RoleOrganizationUser })
	c.roles(&p, c.want.roles[place], c.want.silent.roles[place], member, exists)
	return p
}

// roles compares roles of one place. Where somebody is no member, none is left.
func (c *comparison) roles(p *part, want map[string]string, silent, member bool, exists func(string) bool) {
	// What ends comes first, and then what is given: a record that another value gives now is made anew under its name.
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

// Each renewal is a write with an entry, and browsers like to come twice.
//
// sameEnd is how far the end of a record may be from the one that it should have: two sign-ins of one moment write once.
const sameEnd = time.Minute

// give keeps a record as it is if it says the same, and makes it or its successor otherwise.
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
