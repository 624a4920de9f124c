package org

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// SyncKind is what a rule set decides about. The source_ref of the records that a rule gives begins with it.
type SyncKind string

// The kinds of rule sets.
const (
	SyncOrganizations SyncKind = "organization" // memberships
	SyncRoles         SyncKind = "roles"        // of one organization
	SyncSiteRoles     SyncKind = "site-roles"
)

// SyncGlob begins a key of a mapping in which * stands for any characters.
const SyncGlob = "glob:"

// The limits of a rule set. A sign-in reads all sets of its provider, so none may grow without bounds.
const (
	MaxSyncPairs = 1000 // of a claim value and what it gives
	MaxSyncText  = 512  // bytes of a field or of a key
)

// SyncRules is a rule set: what the values of a claim give to those who sign in with a provider.
type SyncRules struct {
	ID            uuid.UUID // uuid.Nil: it has never been stored
	Provider      string
	Kind          SyncKind
	Organization  Organization        // of SyncRoles; zero otherwise
	Field         string              // the claim; "": the set gives nothing
	Mapping       map[string][]string // value of the claim, or a pattern, to organizations by id or to roles by name
	AssignDefault bool                // of SyncOrganizations, with a Field: everyone is a member of the default organization
	Version       int64
	UpdatedAt     time.Time
}

// Tag identifies the state of a rule set.
func (r *SyncRules) Tag() string { return Tag(r.Version, r.ID) }

// Pairs returns how many pairs of a value and what it gives there are.
func (r *SyncRules) Pairs() (n int) {
	for _, targets := range r.Mapping {
		n += len(targets)
	}
	return n
}

// SyncPlace names a rule set of a provider.
type SyncPlace struct {
	Kind         SyncKind
	Organization string // as a path names it, with SyncRoles
}

// SyncChange is one of three changes of a rule set.
type SyncChange struct {
	Settings *SyncSettings
	Config   *SyncConfig
	Mapping  *SyncMappingChange

	From Versions // that the change may have begun from; any if empty
}

// SyncSettings replaces all of a rule set.
type SyncSettings struct {
	Field         string
	Mapping       map[string][]string
	AssignDefault bool
}

// SyncConfig replaces all but the mapping.
type SyncConfig struct {
	Field         string
	AssignDefault bool
}

// SyncMappingChange adds pairs to a mapping and removes some. What is in both is removed.
type SyncMappingChange struct{ Add, Remove []SyncPair }

// SyncPair is a value of a claim and one thing that it gives.
type SyncPair struct{ Given, Gets string }

// SyncKeyMatches reports whether a key of a mapping matches a value of a claim. A sign-in tries many patterns, so they must be
// cheap, and * is the only wildcard.
func SyncKeyMatches(key, value string) bool {
	pattern, glob := strings.CutPrefix(key, SyncGlob)
	if !glob {
		return key == value
	}
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == value
	}
	first, last := parts[0], parts[len(parts)-1]
	if !strings.HasPrefix(value, first) || !strings.HasSuffix(value[len(first):], last) {
		return false
	}
	rest := value[len(first) : len(value)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return true
}

// SyncTarget returns the name of a target of a mapping for the errors of a request.
func SyncTarget(key string, i int) string { return fmt.Sprintf("mapping[%q][%d]", key, i) }

// SyncKey returns the name of a key of a mapping for the errors of a request.
func SyncKey(key string) string { return fmt.Sprintf("mapping[%q]", key) }

// The resource types of rule sets in the audit trail are those of Coder.
const (
	syncOrganizationType = "idp_sync_settings_organization"
	syncRoleType         = "idp_sync_settings_role"
)

// Resource returns what the audit trail calls a rule set of the kind.
func (k SyncKind) Resource() string {
	if k == SyncOrganizations {
		return syncOrganizationType
	}
	return syncRoleType
}
