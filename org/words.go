package org

import (
	"fmt"
	"strings"

	"rolecall.example/rbac"
)

// Wording is a decision in words. Every sentence is made from the engine's trace, so it can't say anything that was not
// decided.
//
// Verdict and Because are for programs: they name the permission, and never change. People read the Headline, and what comes
// Then; a program that writes for people has the Sentence.
type Wording struct {
	Verdict string    // "No. Denied at the organization level."
	Because string    // by which roles, and what of the others did not count
	Reason  string    // the same with "it" for the permission, for a sentence that has said what "it" is: who decides it
	More    string    // and what else there is to say, "" if nothing
	Levels  [3]string // by rbac.Level: what is to be said where no rule stands; "" where the rules say it all

	Headline string // the answer with its cause: "No. Budget freeze denies it."
	Then     string // what would hold otherwise, "" if nothing
}

// The verdicts that need no further explanation.
const (
	VerdictUnknown   = "No. There is no such permission."
	VerdictSuspended = "No. The account is suspended."
)

// Permission returns the pair that the question is about.
func (q *Question) Permission() rbac.Permission {
	return rbac.Permission{ResourceType: q.ResourceType, Action: q.Action}
}

// Doing returns what the question is about, in the words of the catalog: "change users of their own".
func (q *Question) Doing(c *rbac.Catalog) string {
	if q.Own {
		return c.Phrase(q.Permission()) + " of their own"
	}
	return c.Phrase(q.Permission())
}

// Sentence returns the decision in a sentence, perhaps with more after it: "Yes. Grace can delete users: Owner allows it on
// the whole site."
func (w *Wording) Sentence(who, doing string) string {
	switch reason, no := w.Reason, "No. "+who+" cannot "+doing+": "; {
	case w.Verdict == VerdictUnknown:
		return w.Verdict + " " + reason
	case w.Verdict == VerdictSuspended:
		return strings.TrimSpace(no + "the account is suspended. " + reason)
	case strings.HasPrefix(w.Verdict, "Yes."):
		return "Yes. " + who + " can " + doing + ": " + reason
	default:
		if rest, nothing := strings.CutPrefix(reason, "No role"); nothing {
			reason = "no role" + rest
		}
		return no + reason
	}
}

// LevelLabel returns what people call a level.
func LevelLabel(l rbac.Level) string {
	return [...]string{"Site", "Organization", "Own resources"}[l]
}

// LevelPhrase returns a level for use inside a sentence.
func LevelPhrase(l rbac.Level) string {
	return [...]string{"on the whole site", "in the organization", "on one's own things"}[l]
}

// Label returns the words before the name of the role that the suggestion changes, After those behind it.
func (s *Suggestion) Label() string {
	p := s.Permission.ResourceType + ":" + s.Permission.Action
	if s.Level == rbac.LevelUser {
		p += " on one's own things"
	}
	switch s.Kind {
	case GiveRole:
		return "Assign"
	case TakeRole:
		return "Remove"
	case AllowPermission:
		return "Allow " + p + " in"
	case DenyPermission:
		return "Deny " + p + " in"
	case ClearPermission:
		return "Remove the rule for " + p + " from"
	}
	return ""
}

// Title returns the heading of the suggestion on a page. first is the first name of the person, may whether they may do it now,
// and doing what the permission lets people do.
func (s *Suggestion) Title(first, doing string, may bool) string {
	if s.Level == rbac.LevelUser {
		doing += " of their own"
	}
	switch s.Kind {
	case GiveRole:
		return "Give " + first + " " + s.Role.Label()
	case TakeRole:
		return "Remove " + s.Role.Label() + " from " + first
	case AllowPermission:
		return "Let " + s.Role.Label() + " allow people to " + doing
	case DenyPermission:
		return "Let " + s.Role.Label() + " deny people to " + doing
	default:
		rule := "deny"
		if may {
			rule = "permission"
		}
		return "Remove the " + rule + " to " + doing + " from " + s.Role.Label()
	}
}

// State returns what the permission becomes in the role by the suggestion: "allow", "deny" or "".
func (s *Suggestion) State() string {
	switch s.Kind {
	case AllowPermission:
		return "allow"
	case DenyPermission:
		return "deny"
	default:
		return ""
	}
}

// Words returns Label and After for people, who read what the permission lets them do instead of its name.
func (s *Suggestion) Words(doing string) (before, after string) {
	if s.Level == rbac.LevelUser {
		doing += " of one's own"
	}
	switch s.Kind {
	case AllowPermission:
		return "Allow", "to " + doing
	case DenyPermission:
		return "Forbid", "to " + doing
	case ClearPermission:
		return "Remove from", "the rule to " + doing
	default:
		return s.Label(), s.After()
	}
}

// After returns the words after the name of the role.
func (s *Suggestion) After() string {
	if s.Kind == GiveRole && s.FullControl() {
		return "(full control of the site)"
	}
	return ""
}

// Text returns the suggestion in one line.
func (s *Suggestion) Text() string {
	return strings.TrimSpace(s.Label() + " " + s.Role.Label() + " " + s.After())
}

// SideEffects says what else a suggestion affects besides what was asked.
func (s *Suggestion) SideEffects() string {
	var parts []string
	if s.Kind != GiveRole && s.Kind != TakeRole {
		switch s.Members {
		case 0:
			parts = append(parts, "affects everyone with the role")
		case 1:
			parts = append(parts, "affects 1 person")
		default:
			parts = append(parts, fmt.Sprintf("affects %d people", s.Members))
		}
	}
	if s.Gained > 0 {
		parts = append(parts, "also allows "+Plural(int64(s.Gained), "other permission"))
	}
	if s.Lost > 0 {
		parts = append(parts, "also removes "+Plural(int64(s.Lost), "other permission"))
	}
	if len(parts) == 0 {
		return "no other effect"
	}
	return strings.Join(parts, " · ")
}
