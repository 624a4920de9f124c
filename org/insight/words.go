package insight

import (
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// tell puts a trace into words.
// Everything that explains uses it, so that all say the same.
func tell(c *rbac.Catalog, t rbac.Trace, q org.Question, m org.Member) org.Wording {
	permission := q.Permission()
	reason, more := because(c, &t, permission.String(), m.Label())
	w := org.Wording{Verdict: verdict(&t), Because: reason + more, More: strings.TrimSpace(more)}
	w.Reason, _ = because(c, &t, "it", m.Label())
	_, decided := t.Decided()
	switch {
	// The engine does not know about suspension, so its verdict is worded as what would hold without it.
	case m.Status == org.StatusSuspended:
		without := "Without the suspension: " + w.Verdict + " "
		w.More = strings.TrimSpace(without + w.Reason + more)
		w.Verdict, w.Because, w.Reason = org.VerdictSuspended, without+w.Because, ""
	case t.Known && !decided:
		w.Reason, w.More = "nothing allows it.", w.Reason
	}
	for i := range t.Levels {
		w.Levels[i] = levelNote(&t.Levels[i])
	}
	return w
}

// verdict returns the answer in a sentence. A pair that the catalog lacks is a no before any level votes
// (docs/spec/authcheck.md).
func verdict(t *rbac.Trace) string {
	level, decided := t.Decided()
	at := " at the " + strings.ToLower(org.LevelLabel(level)) + " level."
	switch {
	case !t.Known:
		return org.VerdictUnknown
	case !decided:
		return "No. No role allows this."
	case t.Allowed:
		return "Yes. Allowed" + at
	}
	return "No. Denied" + at
}

// because returns the reason, that is, which roles decide, and what else there is to say: what they override at their level, and
// who says otherwise below it. what is the name of the permission in these sentences.
func because(c *rbac.Catalog, t *rbac.Trace, what, who string) (reason, more string) {
	level, decided := t.Decided()
	if !t.Known {
		return "This permission does not exist, so no one has it.", ""
	}
	if !decided {
		return "None of the roles of " + who + " allows " + what + ".", ""
	}
	all := t.Deciding()
	reason = rolesDo(all, t.Allowed, what+" "+org.LevelPhrase(level)) + "."
	// Roles that everybody holds are in no list, so people would look for them in vain.
	if everybody := !slices.ContainsFunc(all, func(m rbac.Match) bool { return !implied(c, m.Role) }); everybody && t.Allowed {
		more += " Everyone here has that role."
	}
	if beaten := matchesOf(t.Levels[level].Matches, false); len(beaten) > 0 && !t.Allowed {
		more += " A deny overrides the allow of " + joined(labels(beaten)) + "."
	}
	// A lower level that says otherwise is what people wonder about.
	for _, l := range t.Levels[level+1:] {
		if other := matchesOf(l.Matches, t.Allowed); len(other) > 0 {
			more += " " + rolesDo(other, !t.Allowed, "it "+org.LevelPhrase(l.Level)) + ", but the " + strings.ToLower(org.LevelLabel(level)) + " level comes first."
		}
	}
	return reason, more
}

// matchesOf returns those matches that deny, or those that allow.
func matchesOf(list []rbac.Match, deny bool) []rbac.Match {
	return slices.DeleteFunc(slices.Clone(list), func(m rbac.Match) bool { return m.Permission.Negate != deny })
}

// rolesDo returns "A and B allow what" or "A denies what".
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
		if name := org.RoleLabel(m.Role); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// joined joins a list in English: A, B and C.
func joined(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// levelNote says why a level has no rules to show, or that it was not reached.
func levelNote(l *rbac.LevelTrace) string {
	switch l.Reason {
	case rbac.NoOrganization:
		return "Does not apply: this resource type does not belong to organizations"
	case rbac.NotMember:
		return "Does not apply: not a member of this organization"
	case rbac.NoOwner:
		return "Does not apply: only for resources the person owns"
	case rbac.NotOwner:
		return "Does not apply: someone else owns it"
	case rbac.UnownedType:
		return "Does not apply: no one owns resources of this type"
	case rbac.OutOfReach:
		return "Does not apply: the token does not reach it"
	case rbac.UnknownPair:
		return "This permission does not exist"
	case rbac.Applies:
	}
	switch {
	case len(l.Matches) == 0 && l.Reached:
		return "No role sets this"
	case !l.Reached:
		return "Not needed: already decided above"
	}
	return ""
}
