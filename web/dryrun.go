package web

import (
	"github.com/google/uuid"

	"rolecall.example/org"
)

// A dry run does everything that the write would do, and keeps nothing of it: the checks, the guard rails and the
// refusals are those of the write, and where that would succeed the answer tells what it would do to people.

type impactJSON struct {
	DryRun   bool             `json:"dry_run"` // always true
	Members  int              `json:"members"`
	Affected int              `json:"affected"`
	Roleless int              `json:"roleless"`
	Warning  string           `json:"warning,omitempty"`
	Gains    []impactLineJSON `json:"gains"`
	Losses   []impactLineJSON `json:"losses"`
	Keeps    []impactLineJSON `json:"keeps"`
	*bulkJSON
}

type impactLineJSON struct {
	ResourceType string   `json:"resource_type"`
	Action       string   `json:"action"`
	Own          bool     `json:"own"`
	Members      int      `json:"members"`
	Sample       []string `json:"sample"`
}

func wireImpactLine(l *org.ImpactLine) impactLineJSON {
	return impactLineJSON{
		ResourceType: l.Permission.ResourceType, Action: l.Permission.Action, Own: l.Own, Members: l.Members,
		Sample: append([]string{}, l.Sample...),
	}
}

func wireImpact(i *org.Impact) impactJSON {
	return impactJSON{
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
	told := wireImpact(impact)
	if bulk, ok := r.data.(bulkJSON); ok {
		told.bulkJSON = &bulk
	}
	return reply{data: told}, nil
}

type bulkJSON struct {
	Done      []memberWithUserJSON `json:"done"`
	Unchanged []memberWithUserJSON `json:"unchanged"`
	Refused   []bulkRefusalJSON    `json:"refused"`
}

type bulkRefusalJSON struct {
	User   string     `json:"user"`
	UserID *uuid.UUID `json:"user_id,omitempty"`
	Reason string     `json:"reason"`
}

func wireBulk(r *org.BulkResult) bulkJSON {
	return bulkJSON{
		Done:      each(r.Done, wireMemberWithUser),
		Unchanged: each(r.Unchanged, wireMemberWithUser),
		Refused: each(r.Refused, func(r *org.BulkRefusal) bulkRefusalJSON {
			refusal := bulkRefusalJSON{User: r.Who, Reason: r.Reason}
			if r.Member != nil {
				refusal.UserID = &r.Member.UserID
			}
			return refusal
		}),
	}
}
