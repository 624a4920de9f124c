package web

import (
	"rolecall.example/client"
	"rolecall.example/org"
)

// A dry run does everything that the write would do, and keeps nothing of it: the checks, the guard rails and the
// refusals are those of the write, and where that would succeed the answer tells what it would do to people.

func wireImpactLine(l *org.ImpactLine) client.ImpactLine {
	return client.ImpactLine{
		ResourceType: l.Permission.ResourceType, Action: l.Permission.Action, Own: l.Own, Members: l.Members,
		Sample: append([]string{}, l.Sample...),
	}
}

func wireImpact(i *org.Impact) client.Impact {
	return client.Impact{
		DryRun: true, Members: i.Members, Affected: i.Affected, Roleless: i.Roleless, Warning: i.Warning,
		Gains: each(i.Gains, wireImpactLine), Losses: each(i.Losses, wireImpactLine), Keeps: each(i.Keeps, wireImpactLine),
	}
}

// wantsDryRun reads dry_run. What can't be understood, or can't be had here, is refused: a write that was meant as a
// question must not happen.
func (c *call) wantsDryRun() (bool, error) {
	q := c.query()
	if c.safe() || !q.values.Has("dry_run") {
		return false, nil
	}
	switch q.text("dry_run") {
	case "0", "false":
		return false, nil
	case "1", "true":
		if c.route.Offers(DryRun) {
			return true, nil
		}
		q.wrong("dry_run", "There is no dry run of this")
	default:
		q.wrong("dry_run", `Query param "dry_run" must be 1 or 0`)
	}
	return false, q.problem()
}

// handle gives a call to the handler of its route, in a dry run if that is asked for.
func (s *Server) handle(c *call) (reply, error) {
	dry, err := c.wantsDryRun()
	if err == nil && !c.safe() && !c.route.Offers(Body) {
		err = c.bodiless()
	}
	if err == nil {
		err = c.conditions()
	}
	if err != nil {
		return reply{}, err
	}
	if !dry {
		return c.route.handle(s, c)
	}
	var impact *org.Impact
	c.ctx, impact = org.WithDryRun(c.ctx)
	r, err := c.route.handle(s, c)
	if err != nil || r.refused != nil {
		return r, err
	}
	foreseen := wireImpact(impact)
	if bulk, ok := r.data.(client.BulkResult); ok {
		return reply{data: client.BulkImpact{Impact: foreseen, BulkResult: bulk}}, nil
	}
	return reply{data: foreseen}, nil
}

func wireBulk(r *org.BulkResult) client.BulkResult {
	return client.BulkResult{
		Done:      each(r.Done, wireMemberWithUser),
		Unchanged: each(r.Unchanged, wireMemberWithUser),
		Refused: each(r.Refused, func(r *org.BulkRefusal) client.BulkRefusal {
			refusal := client.BulkRefusal{User: r.Who, Reason: r.Reason}
			if r.Member != nil {
				refusal.UserID = &r.Member.UserID
			}
			return refusal
		}),
	}
}
