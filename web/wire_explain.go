package web

import (
	"cmp"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// voteName returns "allow", "deny" or "".
func voteName(v int8) string {
	return rbac.State(v).String()
}

// matchRole returns the role of a match. Implied roles have no display name.
func matchRole(m *rbac.Match) client.RoleRef {
	ref := client.RoleRef{Name: m.Role.Name, DisplayName: org.RoleLabel(m.Role)}
	if !org.Elsewhere(*m) {
		ref.OrganizationID = m.Org
	}
	return ref
}

func wireExplanation(e *org.Explanation) client.Explanation {
	out := client.Explanation{
		Allowed: e.Allowed(), Verdict: e.Words.Verdict, Because: e.Words.Because,
		Action: e.Question.Action, ResourceType: e.Question.ResourceType, Own: e.Question.Own,
		Changes: each(e.Changes, wireSuggestion), Until: optionalTime(e.Until),
	}
	for i := range e.Trace.Levels {
		l := &e.Trace.Levels[i]
		out.Levels = append(out.Levels, client.ExplainedLevel{
			Level: l.Level.String(), Vote: voteName(l.Vote), Applies: l.Reason == rbac.Applies, Reached: l.Reached, Decides: l.Decides,
			Note: e.Words.Levels[i],
			Matches: each(l.Matches, func(m *rbac.Match) client.Match {
				return client.Match{
					Role: matchRole(m), Permission: wirePermission(&m.Permission), Overruled: m.Overruled,
					Until: optionalTime(e.Ends[org.HeldRole{Place: m.Org, Role: m.Role.Name}]),
				}
			}),
		})
	}
	return out
}

// wireSuggestion returns a change that would turn the answer to a question.
func wireSuggestion(s *org.Suggestion) client.Suggestion {
	out := client.Suggestion{
		Kind: string(s.Kind), Text: s.Text(), Blast: s.SideEffects(), Scope: "organization", Role: wireRoleRef(&s.Role),
		Gained: s.Gained, Lost: s.Lost, Members: s.Members, Allowed: s.Refusal == "", Refusal: s.Refusal,
	}
	if s.OfSite() {
		out.Scope = "site"
	}
	if s.Permission.Action != "" {
		p := wirePermission(&s.Permission)
		out.Permission, out.Level = &p, s.Level.String()
	}
	return out
}

// wireEffective returns one permission of the catalog as the member has it, with the roles that decide it.
func wireEffective(l *org.EffectivePermission) client.EffectivePermission {
	decided := l.Decision()
	_, voted := decided.Decided()
	wire := client.EffectivePermission{
		Area: l.Type.Area, ResourceType: l.Type.Name, Action: l.Action.Name, Allowed: l.Anyone.Allowed, AllowedOwn: l.Own.Allowed,
		Denied: voted && !decided.Allowed, Implied: l.Implied, Roles: decidingRoles(decided),
	}
	if len(l.ManagedBy) > 0 {
		wire.ManagedBy = each(l.ManagedBy, wireManager)
	}
	return wire
}

// decidingRoles returns the roles behind a decision, each once.
func decidingRoles(t *rbac.Trace) []client.RoleRef {
	refs := []client.RoleRef{}
	seen := map[client.RoleRef]bool{}
	for _, m := range t.Deciding() {
		if r := matchRole(&m); !seen[r] {
			seen[r] = true
			refs = append(refs, r)
		}
	}
	return refs
}

func wireWhoCan(w *org.WhoCan) client.WhoCan {
	out := client.WhoCan{
		Action: w.Question.Action, ResourceType: w.Question.ResourceType, Own: w.Question.Own,
		Count: w.Count, Total: w.Total, Suspended: w.Suspended, Members: each(w.Members, wireAble),
	}
	if len(w.Held) > 0 {
		out.Held = each(w.Held, wireAble)
	}
	if w.Outside != nil {
		out.Outside = &client.Outside{Count: w.Outside.Count, Users: each(w.Outside.Users, wireAbleUser)}
	}
	return out
}

func wireAble(a *org.WhoCanMember) client.Able {
	return client.Able{MemberWithUser: wireMemberWithUser(&a.Member), Until: optionalTime(a.Until), Reason: wireAnswer(&a.Answer)}
}

func wireAbleUser(a *org.WhoCanUser) client.AbleUser {
	u := &a.User
	return client.AbleUser{
		ID: u.ID, Username: u.Username, Name: u.Name, AvatarURL: u.AvatarURL, Email: u.Email, Status: client.Status(u.Status),
		Until: optionalTime(a.Until), Reason: wireAnswer(&a.Answer),
	}
}

func wireAnswer(a *org.Answer) client.Reason {
	level, _ := a.Trace.Decided()
	return client.Reason{Level: level.String(), AllowedBy: decidingRoles(&a.Trace), Because: a.Words.Because}
}

// wireFinding returns a finding with url, the page to fix it on.
func wireFinding(url string, f *org.LintFinding) client.Finding {
	out := client.Finding{Rule: f.Rule, Message: f.Message, Fix: f.Fix, URL: url, ID: f.ID}
	if f.Dismissal != nil {
		d := wireDismissal(f.Dismissal)
		out.Dismissal = &d
	}
	if f.Role.Name != "" {
		role := wireRoleRef(&f.Role)
		out.Role = &role
	}
	if f.Member != nil {
		out.Username = f.Member.Username
	}
	if f.Permission.Action != "" {
		p := wirePermission(&f.Permission)
		out.Permission = &p
	}
	return out
}

func wireRoleVersion(v *org.RoleVersion) client.RoleVersion {
	return client.RoleVersion{Version: v.Version, CreatedAt: wireTime(v.CreatedAt), CreatedBy: v.CreatedBy, Role: wireRole(&v.Role), RestoredFrom: v.RestoredFrom}
}

func wireComparison(c *org.Comparison) client.Comparison {
	return client.Comparison{From: wireCompared(&c.From), To: wireCompared(&c.To), Same: c.Same, Differences: each(c.Lines, wireDifference)}
}

func wireCompared(r *org.Role) client.ComparedRole {
	return client.ComparedRole{Role: wireRole(r), Version: r.Version}
}

func wireDifference(d *rbac.Difference) client.PermissionDifference {
	return client.PermissionDifference{
		Level: d.Level.String(), ResourceType: d.ResourceType, Action: d.Action, From: stateName(d.From), To: stateName(d.To),
	}
}

// stateName names a state in a comparison, where no cell is empty.
func stateName(s rbac.State) string { return cmp.Or(s.String(), "not_set") }
