package insight

import (
	"slices"
	"strings"

	"rolecall.example/org"
	"rolecall.example/rbac"
)

// headline puts a decision into words: yes or no with what decides it, and a second sentence with what would hold
// otherwise. It uses the trace alone, as Verdict and Because do, and names no permission: the question does.
func headline(c *rbac.Catalog, t *rbac.Trace, q org.Question, m org.Member, place string) (head, then string) {
	s := saying{c: c, t: t, place: place, own: "their own " + c.Things(q.ResourceType)}
	level, decided := t.Decided()
	switch {
	case !t.Known:
		return "No. This permission does not exist.", "No one has a permission that does not exist."
	case m.Status == org.StatusSuspended:
		// What the roles say still matters: reactivating the account brings it back.
		answer := "no. "
		if t.Allowed {
			answer = "yes, " + s.scope(level) + ". "
		}
		reason := "None of their roles allows this."
		if decided {
			reason = s.reason(level)
		}
		return "No: the account is suspended.", "If it were active: " + answer + reason
	case !decided:
		return "No. None of " + possessive(m.FirstName()) + " roles allows this.", ""
	case t.Allowed:
		return "Yes, " + s.scope(level) + ".", join(s.reason(level), s.below(level))
	}
	return "No. " + s.reason(level), join(s.beaten(level), s.below(level))
}

// saying holds what the sentences about one decision share.
type saying struct {
	c     *rbac.Catalog
	t     *rbac.Trace
	place string // the organization
	own   string // whose things, as "their own documents"
}

// scope says where a level counts; it follows "yes".
func (s *saying) scope(l rbac.Level) string {
	return [...]string{"everywhere on this site", "in " + s.place, "for " + s.own}[l]
}

// reason names the roles that decide.
func (s *saying) reason(l rbac.Level) string {
	// What everybody has is no reason to look at this person's roles: the sentence says so, or leaves it out next to a role that
	// the person was given.
	all := s.t.Deciding()
	if everybody := !slices.ContainsFunc(all, func(m rbac.Match) bool { return !implied(s.c, m.Role) }); everybody {
		return s.everybody(l, s.t.Allowed) + "."
	}
	all = slices.DeleteFunc(all, func(m rbac.Match) bool { return implied(s.c, m.Role) })
	return rolesDo(all, s.t.Allowed, "it") + "."
}

// everybody says that roles decide that everybody has. Nobody can lose those, so it names no role, and nothing that removing
// one would change.
func (s *saying) everybody(l rbac.Level, can bool) string {
	who, verb := [...]string{"Everyone on this site", "Every member", "Every member"}[l], " can do this"
	if !can {
		who, verb = "No one", " can do this"
	}
	if l == rbac.LevelUser {
		return who + verb + " with " + s.own
	}
	return who + verb
}

// beaten says whose allow a deny overrides, "" if there is none. Only the level that decides counts: below covers the
// levels under it.
func (s *saying) beaten(l rbac.Level) string {
	list := matchesOf(s.t.Levels[l].Matches, false)
	if len(list) == 0 || s.t.Allowed {
		return ""
	}
	where := [...]string{"on the whole site", "in the same organization", "for their own"}[l]
	return joined(labels(list)) + " would allow it, but a deny overrides an allow " + where + "."
}

// below says what a lower level says to the contrary, which is what people wonder about; "" if none does.
func (s *saying) below(level rbac.Level) string {
	for _, l := range s.t.Levels[level+1:] {
		other := matchesOf(l.Matches, s.t.Allowed)
		if len(other) == 0 {
			continue
		}
		by := [...]string{"a site role", "the organization"}[level]
		if everybody := !slices.ContainsFunc(other, func(m rbac.Match) bool { return !implied(s.c, m.Role) }); everybody {
			return s.everybody(l.Level, !s.t.Allowed) + ", but " + by + " decides first."
		}
		return rolesDo(other, !s.t.Allowed, "it "+s.scope(l.Level)) + ", but " + by + " decides first."
	}
	return ""
}

// join joins sentences.
func join(sentences ...string) string {
	return strings.Join(slices.DeleteFunc(sentences, func(s string) bool { return s == "" }), " ")
}

// possessive returns the possessive of a name. A name that ends in s gets another, as it is spoken.
func possessive(name string) string { return name + "’s" }
