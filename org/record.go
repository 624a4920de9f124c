package org

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Source is what gave a role, or a membership. Several may give one role to one account: each has its own record, and the
// role is held as long as one of them counts.
type Source string

// The local sources: people give, or made the rule that gives, and people take.
const (
	SourceManual   Source = "manual"   // someone, by a request
	SourceInvite   Source = "invite"   // an invitation that was accepted
	SourceDefault  Source = "default"  // what everyone gets who joins
	SourceOperator Source = "operator" // a command on the database
)

// Synced reports whether a sign-in provider (oidc:NAME) or a directory (scim:NAME) gave it. Only they take it away: what
// someone else takes would be back with the next sign-in.
func (s Source) Synced() bool {
	return strings.HasPrefix(string(s), "oidc:") || strings.HasPrefix(string(s), "scim:")
}

// Words returns where something comes from, in words: "by hand".
func (s Source) Words() string {
	switch s {
	case SourceManual:
		return "by hand"
	case SourceInvite:
		return "an invitation"
	case SourceDefault:
		return "joining"
	case SourceOperator:
		return "the command line"
	}
	if name, ok := strings.CutPrefix(string(s), "oidc:"); ok {
		return "the sign-in provider " + name
	}
	return "the directory " + strings.TrimPrefix(string(s), "scim:")
}

// Terms are the end and reason of what a request adds. They do not affect what is already held.
type Terms struct {
	Until  *time.Time // the first moment at which it does not count any more; nil: no end
	Reason string     // at most 500 characters
}

// Origin is where what a change adds comes from. The zero Origin is the caller: a person by hand, or an operator.
type Origin struct {
	Source Source // "": manual, or operator if an operator asks
	Ref    string // id of the rule, group or invitation that says so
	Giver  *Giver // who gives, where it is not the caller; nil: the caller
	Terms
}

// Giver is the account in whose name something is given. A zero ID means a machine or an operator.
type Giver struct {
	ID   uuid.UUID
	Name string
}

// Assignment is a record: one source gives one role. That of the role organization-member is the membership.
type Assignment struct {
	Role           string
	DisplayName    string
	OrganizationID uuid.UUID // uuid.Nil: a role of the site
	Source         Source
	SourceRef      string
	Rule           string // the value of the claim, or the name of the group, that gives it; filled where it is shown
	Reason         string
	Until          *time.Time // nil: no end
	GivenByID      uuid.UUID  // uuid.Nil: a machine or an operator, or it is older than records
	GivenByName    string
	GivenAt        time.Time
}

// AuditAssignment is a record as the audit trail keeps it.
type AuditAssignment struct {
	Role      string     `json:"role"`
	Source    Source     `json:"source"`
	SourceRef string     `json:"source_ref,omitempty"`
	Reason    string     `json:"reason,omitempty"`
	Until     *time.Time `json:"until"`
}

// Counts reports whether the record gives its role at a moment.
func (a *Assignment) Counts(now time.Time) bool { return a.Until == nil || a.Until.After(now) }

// EndsOf returns when each role of some records ends: when its last record does. A role with a record without an end is left out.
func EndsOf(records []Assignment) map[string]time.Time {
	ends := map[string]time.Time{}
	for _, a := range records {
		if last, known := ends[a.Role]; a.Until != nil && (!known || a.Until.After(last)) {
			ends[a.Role] = *a.Until
		}
	}
	for _, a := range records {
		if a.Until == nil {
			delete(ends, a.Role)
		}
	}
	return ends
}

// ManagedBy is a sign-in provider or a directory that decides what someone holds, or what an account is called. Such things
// are changed there.
type ManagedBy struct {
	Source       Source
	Name         string    // of a directory; that of a provider stands in the settings
	Organization uuid.UUID // whose directory it is; uuid.Nil: a provider
	Rules        []string  // of a member: see Assignment.Rule; sorted
}

// ManagersOf returns the providers and directories among the sources of records, by source, with the rules that they apply.
func ManagersOf(records []Assignment) (list []ManagedBy) {
	for _, a := range records {
		if a.Source.Synced() {
			list = WithManager(list, ManagedBy{Source: a.Source}, a.Rule)
		}
	}
	return list
}

// WithManager adds a rule of a manager to managers, sorted by source. Name and organization are those of the first of a source.
func WithManager(list []ManagedBy, m ManagedBy, rule string) []ManagedBy {
	at, there := slices.BinarySearchFunc(list, m.Source, func(m ManagedBy, s Source) int { return strings.Compare(string(m.Source), string(s)) })
	if !there {
		list = slices.Insert(list, at, m)
	}
	if i, there := slices.BinarySearch(list[at].Rules, rule); !there && rule != "" {
		list[at].Rules = slices.Insert(list[at].Rules, i, rule)
	}
	return list
}

// RuleOf returns the value of the claim for which a provider gave something, "" if its rules did not give it.
func RuleOf(s Source, ref string) string {
	_, value, ok := strings.Cut(ref, ":")
	if !ok || !strings.HasPrefix(string(s), "oidc:") {
		return ""
	}
	return value
}
