package org

import (
	"time"

	"github.com/google/uuid"

	"rolecall.example/rbac"
)

// Question asks whether a member may do something in an organization.
type Question struct {
	Action       string
	ResourceType string
	Own          bool // to a thing of the member's own, instead of anyone's
}

// Explanation is the answer to a Question with everything that led to it, and what would change it.
type Explanation struct {
	Organization Organization
	Member       Member
	Question     Question
	Trace        rbac.Trace // what the roles give
	Words        Wording
	Changes      []Suggestion // the smallest first

	Until time.Time              // the first end of a record after which the answer is another one; the zero time: none
	Ends  map[HeldRole]time.Time // of the roles that the trace names, as far as they end
}

// HeldRole is a role where it is held: in an organization, or on the site for uuid.Nil.
type HeldRole struct {
	Place uuid.UUID
	Role  string
}

// Allowed reports whether the member may do it: a suspended account may do nothing, whatever its roles give.
func (e *Explanation) Allowed() bool { return e.Trace.Allowed && e.Member.Status != StatusSuspended }

// SuggestionKind says what a Suggestion changes.
type SuggestionKind string

// The single changes that can turn a verdict.
const (
	GiveRole        SuggestionKind = "give-role"
	TakeRole        SuggestionKind = "take-role"
	AllowPermission SuggestionKind = "allow-permission" // in a role that the member holds
	DenyPermission  SuggestionKind = "deny-permission"
	ClearPermission SuggestionKind = "clear-permission"
)

// Suggestion is one change that would turn the verdict around.
type Suggestion struct {
	Kind       SuggestionKind
	Role       RoleRef
	Level      rbac.Level      // of the permission
	Permission rbac.Permission // that is allowed, denied or cleared, or its action on all types; zero for giving and taking a role
	Gained     int             // other permissions that the member would gain where the role holds, as a dry run tells it
	Lost       int             // and lose
	Members    int             // how many people it reaches; 0 if the caller may not know
	Refusal    string          // why the caller may not make it, "" if it may
}

// Key identifies the suggestion among those of one answer. Names of roles and levels have no colon.
func (s *Suggestion) Key() string {
	key := string(s.Kind) + ":" + s.Role.Name
	if s.OfSite() {
		key = "site:" + key
	}
	if s.Permission.Action != "" {
		key += ":" + s.Level.String() + ":" + s.Permission.ResourceType
	}
	return key
}

// FullControl reports whether it gives or takes the role that may do everything.
func (s *Suggestion) FullControl() bool { return s.Role.Name == RoleOwner && s.OfSite() }

// OfSite reports whether it changes something on the whole site, not just in the organization.
func (s *Suggestion) OfSite() bool { return s.Role.OrganizationID == uuid.Nil }

// Unknown is a number that the caller may not know.
const Unknown = -1

// EffectivePermissions is what a member may do in an organization, permission by permission.
type EffectivePermissions struct {
	Organization Organization
	Member       Member
	Lines        []EffectivePermission // by area and type, in the order of the catalog
}

// EffectivePermission is one pair of resource type and action, on things of anyone's and on the member's own.
type EffectivePermission struct {
	Type    rbac.ResourceType
	Action  rbac.ActionInfo
	Anyone  rbac.Trace
	Own     rbac.Trace
	Implied bool // allowed, and every role that allows it is one that everyone holds

	ManagedBy []ManagedBy // the providers and directories that give the roles that decide
}

// Decision returns the more informative of the two: about all objects if that is allowed, or else about the member's own.
func (l *EffectivePermission) Decision() *rbac.Trace {
	if l.Anyone.Allowed {
		return &l.Anyone
	}
	return &l.Own
}
