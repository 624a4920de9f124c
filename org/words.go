package org

import (
	"strings"

	"rolecall.example/rbac"
)

// Wording is a decision in words. Every sentence is made from the engine's trace, so it can say nothing that was not
// decided.
type Wording struct {
	Verdict string    // "No. Denied at the organization level."
	Because string    // by which roles, and what of the others did not count
	Levels  [3]string // by rbac.Level: what is to be said where no rule stands; "" where the rules say it all
}

// LevelLabel is what people call a level.
func LevelLabel(l rbac.Level) string {
	return [...]string{"Site", "Organization", "Own resources"}[l]
}

// LevelPhrase is a level inside a sentence.
func LevelPhrase(l rbac.Level) string {
	return [...]string{"on the whole site", "in the organization", "on one's own things"}[l]
}

// Label and After are what is to be said around the name of the role that a suggestion changes.
func (s *Suggestion) Label() string {
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
	case ClearPermission:
		return "Remove the rule for " + p + " from"
	}
	return ""
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
	return strings.TrimSpace(s.Label() + " " + s.Role.Label() + " " + s.After())
}

// SideEffects says how far a suggestion reaches besides what was asked.
func (s *Suggestion) SideEffects() string {
	var parts []string
	if s.Kind != GiveRole && s.Kind != TakeRole {
		reach := "reaches everyone who holds it"
		if s.Members > 0 {
			reach = "reaches " + Plural(int64(s.Members), "holder")
		}
		parts = append(parts, reach)
	}
	if s.Gained > 0 {
		parts = append(parts, "allows "+Plural(int64(s.Gained), "other permission")+" too")
	}
	if s.Lost > 0 {
		parts = append(parts, "takes "+Plural(int64(s.Lost), "other permission")+" away")
	}
	if len(parts) == 0 {
		return "changes nothing else"
	}
	return strings.Join(parts, ", ")
}
