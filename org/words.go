package org

import (
	"slices"
	"strings"

	"rolecall.example/rbac"
)

// Words is a decision in words. Every sentence is made from the engine's trace, so it can say nothing that was not
// decided.
type Words struct {
	Verdict string    // "No. Denied at the organization level."
	Because string    // by which roles, and what of the others did not count
	Levels  [3]string // by rbac.Level: what is to be said where no rule stands; "" where the rules say it all
}

// LevelLabel is what people call a level.
func LevelLabel(l rbac.Level) string {
	return [...]string{"Site", "Organization", "Own resources"}[l]
}

// within is a level inside a sentence.
func within(l rbac.Level) string {
	return [...]string{"on the whole site", "in the organization", "on one's own things"}[l]
}

// tell puts a trace into words.
func (s *Service) tell(t rbac.Trace, q Question, m Member) Words {
	w := Words{Verdict: verdict(&t), Because: s.because(&t, q, m.Label())}
	if m.Status == StatusSuspended {
		w.Verdict, w.Because = "No. The account is suspended.", "Without the suspension: "+w.Verdict+" "+w.Because
	}
	for i := range t.Levels {
		w.Levels[i] = levelNote(&t.Levels[i], q)
	}
	return w
}

func verdict(t *rbac.Trace) string {
	level, decided := t.Decided()
	at := " at the " + strings.ToLower(LevelLabel(level)) + " level."
	switch {
	case !t.Known:
		return "No. There is no such permission."
	case !decided:
		return "No. Nothing allows it."
	case t.Allowed:
		return "Yes. Allowed" + at
	}
	return "No. Denied" + at
}

func (s *Service) because(t *rbac.Trace, q Question, who string) string {
	permission := q.ResourceType + ":" + q.Action
	level, decided := t.Decided()
	if !t.Known {
		return "What the catalog does not have is refused to everybody, whatever a wildcard says."
	}
	if !decided {
		return "No role that " + who + " holds says anything about " + permission + " where it would count, and what nothing allows is refused."
	}
	all := t.Deciding()
	b := rolesDo(all, t.Allowed, permission+" "+within(level)) + "."
	if everybody := !slices.ContainsFunc(all, func(m rbac.Match) bool { return !s.implied(m.Role) }); everybody && t.Allowed {
		b += " Everybody here holds that role."
	}
	if beaten := matchesOf(t.Levels[level].Matches, false); len(beaten) > 0 && !t.Allowed {
		b += " At one level a deny beats an allow, so that of " + joined(labels(beaten)) + " does not count."
	}
	for _, l := range t.Levels[level+1:] {
		if other := matchesOf(l.Matches, t.Allowed); len(other) > 0 {
			b += " " + rolesDo(other, !t.Allowed, "it "+within(l.Level)) + ", but the " + strings.ToLower(LevelLabel(level)) + " level comes first."
		}
	}
	return b
}

// matchesOf is those of the matches that deny, or those that allow.
func matchesOf(list []rbac.Match, deny bool) []rbac.Match {
	return slices.DeleteFunc(slices.Clone(list), func(m rbac.Match) bool { return m.Permission.Negate != deny })
}

// rolesDo is "A and B allow what" or "A denies what".
func rolesDo(list []rbac.Match, allow bool, what string) string {
	names := labels(list)
	verb := map[bool][2]string{true: {"allows", "allow"}, false: {"denies", "deny"}}[allow]
	if len(names) == 1 {
		return names[0] + " " + verb[0] + " " + what
	}
	return joined(names) + " " + verb[1] + " " + what
}

// labels names the roles of matches, each once.
func labels(list []rbac.Match) []string {
	var names []string
	for _, m := range list {
		if name := RoleLabel(m.Role); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func joined(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// levelNote says why a level has no rules to show, or that it was not reached.
func levelNote(l *rbac.LevelTrace, q Question) string {
	switch l.Reason {
	case rbac.NoOrganization:
		return "Does not apply: nothing of this type belongs to an organization"
	case rbac.NotMember:
		return "Does not apply: not a member of this organization"
	case rbac.NoOwner:
		return "Does not apply: it counts for one's own things only"
	case rbac.NotOwner:
		return "Does not apply: the thing belongs to somebody else"
	case rbac.UnknownPair:
		return "There is no such permission"
	}
	switch {
	case len(l.Matches) == 0 && l.Reached:
		return "No rule for " + q.ResourceType + ":" + q.Action
	case !l.Reached:
		return "Not reached: a level above decides"
	}
	return ""
}

// Before and After are what is to be said around the name of the role that a suggestion changes.
func (s *Suggestion) Before() string {
	p := s.Permission.ResourceType + ":" + s.Permission.Action
	if s.Level == rbac.LevelUser {
		p += " on one's own things"
	}
	switch s.Kind {
	case GiveRole:
		if s.FullControl() {
			return "Assign"
		}
		return "Give"
	case TakeRole:
		return "Take away"
	case AllowPermission:
		return "Allow " + p + " in"
	case DenyPermission:
		return "Deny " + p + " in"
	}
	return "Remove the rule for " + p + " from"
}

// After is what is to be said behind the name.
func (s *Suggestion) After() string {
	if s.Kind == GiveRole && s.FullControl() {
		return "(full control of the site)"
	}
	return ""
}

// Text is the suggestion in one line.
func (s *Suggestion) Text() string {
	return strings.TrimSpace(s.Before() + " " + s.Role.Label() + " " + s.After())
}

// Blast says how far a suggestion reaches besides what was asked.
func (s *Suggestion) Blast() string {
	var parts []string
	if s.Kind != GiveRole && s.Kind != TakeRole {
		reach := "reaches everyone who holds it"
		if s.Members > 0 {
			reach = "reaches " + plural(int64(s.Members), "holder")
		}
		parts = append(parts, reach)
	}
	if s.Gained > 0 {
		parts = append(parts, "allows "+plural(int64(s.Gained), "other permission")+" too")
	}
	if s.Lost > 0 {
		parts = append(parts, "takes "+plural(int64(s.Lost), "other permission")+" away")
	}
	if len(parts) == 0 {
		return "changes nothing else"
	}
	return strings.Join(parts, ", ")
}
