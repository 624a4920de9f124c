package web

import (
	"github.com/google/uuid"

	"rolecall.example/client"
	"rolecall.example/org"
)

// A dry run decides everything that the write would decide and stores nothing. Checks, guards and refusals are those of the
// write. Where the write would succeed, the answer is its impact: who would gain and lose which permissions.

func wireImpactLine(l *org.ImpactLine) client.ImpactLine {
	return client.ImpactLine{
		ResourceType: l.Permission.ResourceType, Action: l.Permission.Action, Own: l.OwnOnly, Members: l.Members,
		Sample: append([]string{}, l.Sample...),
	}
}

// namesAsked reads for which line of an impact more people are to be named than the first few.
func (c *call) namesAsked() error {
	if !c.values.Has("names_of") && !c.values.Has("names_after") {
		return nil
	}
	q := c.query()
	names, ok := org.ParseImpactNames(q.text("names_of"))
	if names.After = q.text("names_after"); !ok {
		q.addError("names_of", `Query param "names_of" must be `+org.ImpactNamesForm)
	}
	asking := *c.actor
	asking.Names = names
	c.actor = &asking
	return q.problem()
}

// wireImpact returns the impact of a change, from a dry run or from a review.
func wireImpact(i *org.Impact) client.Impact {
	return client.Impact{
		DryRun: true, Members: i.Members, Affected: i.Affected, AffectedSample: append([]string{}, i.Who.Sample...),
		Roleless: i.WithoutRoles, RolelessSample: append([]string{}, i.Roleless.Sample...), Warning: i.Warning,
		Gains: each(i.Gains, wireImpactLine), Losses: each(i.Losses, wireImpactLine), Keeps: each(i.KeptByOtherRoles, wireImpactLine),
		Ends: each(i.Ends, func(e *org.ImpactEnd) client.ImpactEnd {
			return client.ImpactEnd{Role: wireRoleRef(&e.Role), Until: wireTime(e.Until), Members: e.Members}
		}),
	}
}

// wantsDryRun reads dry_run. A value that is not understood is refused, and so is a dry run on a route that has none: a
// request that was meant as a question must not write.
func (c *call) wantsDryRun() (bool, error) {
	q := c.query()
	if !q.values.Has("dry_run") {
		return false, nil
	}
	switch q.text("dry_run") {
	case "0", "false":
		return false, nil
	case "1", "true":
		if c.route.Offers(DryRun) {
			return true, nil
		}
		q.addError("dry_run", "There is no dry run of this")
	default:
		q.addError("dry_run", `Query param "dry_run" must be 1 or 0`)
	}
	return false, q.problem()
}

// dryRun makes the rest of the request a dry run if the request asks for one.
func (s *Server) dryRun(c *call) (answered bool, err error) {
	if c.dry, err = c.wantsDryRun(); err != nil || !c.route.Offers(DryRun) {
		return false, err
	}
	if c.dry {
		asking := *c.actor
		asking.Asks = true // so that nothing is stored, whatever the handler calls
		c.actor = &asking
	}
	if c.dry || c.as != asJSON { // a page asks before the change
		return false, c.namesAsked()
	}
	if c.values.Has("names_of") {
		q := c.query()
		q.addError("names_of", "Only goes with dry_run")
		err = q.problem()
	}
	return false, err
}

// foreseen returns the answer to a dry run.
func (c *call) foreseen(impact org.Impact, err error) (reply, error) {
	return reply{json: wireImpact(&impact)}, c.precondition(err)
}

// foreseenBulk returns the answer to a dry run of a change of many members.
func (c *call) foreseenBulk(result org.BulkResult, impact org.Impact, err error) (reply, error) {
	return reply{json: client.BulkImpact{Impact: wireImpact(&impact), BulkResult: wireBulk(&result)}}, c.precondition(err)
}

func wireBulk(r *org.BulkResult) client.BulkResult {
	return client.BulkResult{
		Done:      each(r.Done, wireMemberWithUser),
		Unchanged: each(r.Unchanged, wireMemberWithUser),
		Refused:   each(r.Refused, wireRefusal),
		Users:     each(r.Users, wireUser),
	}
}

func wireRefusal(r *org.BulkRefusal) client.BulkRefusal {
	refusal := client.BulkRefusal{User: r.Who, Reason: r.Reason}
	if id := r.ID(); id != uuid.Nil {
		refusal.UserID = &id
	}
	return refusal
}
