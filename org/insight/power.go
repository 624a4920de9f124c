package insight

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/org/unit"
)

// powers are what makes an account powerful in an organization: changing roles or people, and so in the end what everybody
// may do. They are core permissions, which every catalog has.
var powers = []org.Question{
	{ResourceType: "assign_org_role", Action: "assign"},
	{ResourceType: "assign_org_role", Action: "update"},
	{ResourceType: "organization_member", Action: "delete"},
}

// powerfulShown is how many people an overview names. The counts link to the page of who can for the rest: a longer
// list would push everything else off the first screen.
const powerfulShown = 6

// powerfulLooked is for how many people an overview checks for a second factor: that many members, and as many others.
const powerfulLooked = 500

// power returns who can change roles or people, with the same answers as WhoCan. Like WhoCan it leaves out suspended accounts,
// which can do nothing.
func power(ctx context.Context, c *unit.Crowd, groups []unit.Group, by *org.Actor) (*org.Power, error) {
	p := org.Power{}
	finders := make([]finder, len(powers))
	for i, q := range powers {
		finders[i] = finder{Crowd: c, question: q, object: objectAsked(c.Catalog(), q, c.Org, unit.Anyone), known: map[unit.Holding]*ruling{}}
		p.Questions = append(p.Questions, org.PowerCount{Question: q})
	}
	var able []unit.Group
	for i := range groups {
		g := &groups[i]
		if g.Status == org.StatusSuspended {
			continue
		}
		may, err := count(ctx, finders, g.Holding, int(g.Members), &p)
		if err != nil {
			return nil, err
		}
		if may {
			able = append(able, *g)
		}
	}
	var outside []uuid.UUID
	if by.Can("read", org.UsersObject) {
		var err error
		if outside, err = powerOutside(ctx, c, finders, &p); err != nil {
			return nil, err
		}
	}
	return &p, namePowerful(ctx, finders, able, outside, by, &p)
}

// count adds people with one holding to the counts of what they may do, and reports whether they may do anything.
// It counts what WhoCan counts, so that the page behind a number has as many people.
func count(ctx context.Context, finders []finder, h unit.Holding, n int, p *org.Power) (bool, error) {
	may := false
	for i := range finders {
		d, err := finders[i].decide(ctx, h)
		if err != nil {
			return false, err
		}
		if d.able {
			may, p.Questions[i].People = true, p.Questions[i].People+n
		}
	}
	return may, nil
}

// powerOutside counts the accounts outside the organization, and returns the first that may do any of it.
func powerOutside(ctx context.Context, c *unit.Crowd, finders []finder, p *org.Power) (able []uuid.UUID, err error) {
	all := false // as in WhoCan
	for i := range finders {
		anybody, err := finders[i].decide(ctx, unit.Holding{Outside: true})
		if err != nil {
			return nil, err
		}
		all = all || anybody.able
	}
	err = outsiders(ctx, c, all, func(id uuid.UUID, h unit.Holding) error {
		may, err := count(ctx, finders, h, 1, p)
		if may && len(able) <= powerfulLooked {
			able = append(able, id)
		}
		return err
	})
	return able, err
}

// namePowerful names the first members of these groups, and finds out which of them and of those outside lack a second factor.
func namePowerful(ctx context.Context, finders []finder, able []unit.Group, outside []uuid.UUID, by *org.Actor, p *org.Power) error {
	c := finders[0].Crowd
	most := powerfulShown + 1
	tells := by.Can("update_personal", org.UsersObject) // only callers who could remove a second factor learn who has one
	if tells {
		most = powerfulLooked + 1
	}
	listed, err := c.ListGroups(ctx, able, most, 0)
	if err != nil {
		return err
	}
	ids := make([]uuid.UUID, len(listed))
	for i := range listed {
		ids[i] = listed[i].User
	}
	p.More = len(listed) > powerfulShown
	shown := ids[:min(len(ids), powerfulShown)]
	at := 0
	err = c.EachByID(ctx, by, c.Org, shown, func(m *org.Member) error { // in the order of the ids
		one := org.Powerful{Member: *m}
		for i := range finders {
			d, err := finders[i].decide(ctx, listed[at].Holding)
			if err != nil {
				return err
			}
			if d.able {
				one.Can = append(one.Can, finders[i].question)
				addRoles(&one, d, &finders[i])
			}
		}
		p.People = append(p.People, one)
		at++
		return nil
	})
	if err != nil || !tells {
		return err
	}
	p.UnsecuredMore = len(ids) > powerfulLooked || len(outside) > powerfulLooked
	return markUnsecured(ctx, c, append(ids, outside...), p)
}

// markUnsecured counts those who sign in with only a password, and marks those of them who are named.
func markUnsecured(ctx context.Context, c *unit.Crowd, ids []uuid.UUID, p *org.Power) error {
	unsecured := map[uuid.UUID]bool{}
	for piece := range slices.Chunk(ids, unit.ChunkSize) {
		list, err := c.Q.ListUnsecured(ctx, piece)
		if err != nil {
			return err
		}
		for _, id := range list {
			unsecured[id] = true
		}
	}
	p.Unsecured = len(unsecured)
	for i := range p.People {
		p.People[i].Unsecured = unsecured[p.People[i].Member.UserID]
	}
	return nil
}

// addRoles adds the roles by which an account may do what a finder asks.
// Roles of the site and of other organizations count as well, so there may be none from this one.
func addRoles(p *org.Powerful, d *ruling, f *finder) {
	t := d.by.Explain(f.question.Action, f.object)
	for _, m := range t.Deciding() {
		ref := org.RoleRef{Name: m.Role.Name, DisplayName: m.Role.DisplayName, OrganizationID: m.Org, BuiltIn: m.Role.BuiltIn}
		if m.Role.Name != "" && !slices.Contains(p.Roles, ref) {
			p.Roles = append(p.Roles, ref)
		}
	}
}
