package org

import (
	"fmt"
	"regexp"
	"time"

	"github.com/google/uuid"
)

// Limits of directories.
const (
	DirectoryTokenLifetime    = 365 * Day // unless another one is asked for
	MaxDirectoryTokenLifetime = 2 * 365 * Day
	MaxDirectoryTokens        = 2 // so that one can be replaced without a gap
	MaxDirectoryRules         = 500
	DirectoryRequestsKept     = 1000
	DirectoryRequestsKeptFor  = 7 * Day
	MaxDirectoryBody          = 8 << 10
	directorySilence          = 2 * Day
)

// The states of a directory.
const (
	DirectoryOff     = "off"     // nothing can send requests: it has no token
	DirectoryWaiting = "waiting" // no request has come yet
	DirectoryFine    = "fine"
	DirectoryFailing = "failing" // the last request was refused
	DirectoryHeld    = "held"    // too many people would have lost access
	DirectorySilent  = "silent"  // no request for two days
)

// What a rule looks at in a group.
const (
	RuleByDisplayName = "displayName"
	RuleByExternalID  = "externalId"
)

// Directory is where a company keeps its people, as an organization knows it: it sends SCIM requests.
type Directory struct {
	Organization Organization
	Made         bool   // it has been set up; else it is what it would be
	Slug         string // part of the source of its records: scim:SLUG
	Name         string // what people call it
	FusePeople   int64
	FusePercent  int64
	HeldAt       *time.Time
	State        string
	Users        int64 // that it has sent
	Active       int64 // of those, who have access
	Groups       int64
	Tokens       []DirectoryToken
	LastRequest  *time.Time
	Version      int64
	CanUpdate    bool // the caller may change it
	CanMint      bool // and make tokens
}

// Source returns the source of its records.
func (d *Directory) Source() Source { return Source("scim:" + d.Slug) }

// Tag identifies the version of its settings.
func (d *Directory) Tag() string { return Tag(d.Version, d.Organization.ID) }

// StateAt returns the state of a directory by its tokens and its last request, which was answered with status.
func (d *Directory) StateAt(now time.Time, status int) string {
	live := false
	for _, t := range d.Tokens {
		live = live || t.ExpiresAt.After(now)
	}
	switch {
	case d.HeldAt != nil:
		return DirectoryHeld
	case !live:
		return DirectoryOff
	case d.LastRequest == nil:
		return DirectoryWaiting
	case d.LastRequest.Before(now.Add(-directorySilence)):
		return DirectorySilent
	case status >= 400 && status != 404 && status != 409 && status != 412:
		return DirectoryFailing
	}
	return DirectoryFine
}

// DirectoryToken lets a directory send requests.
type DirectoryToken struct {
	ID        uuid.UUID
	Secret    string // the whole token; "" unless it has just been made
	MakerID   uuid.UUID
	Maker     string
	CreatedAt time.Time
	ExpiresAt time.Time
	LastUsed  *time.Time
}

// DirectorySettings asks to change a directory. What is nil stays as it is.
type DirectorySettings struct {
	Slug, Name              *string
	FusePeople, FusePercent *int64
	Held                    *bool // false releases it; it cannot be held by hand
	IfMatch                 Versions
}

var slugRule = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Check finds what is wrong with the request as such.
func (s *DirectorySettings) Check() error {
	var bad FieldErrors
	if s.Slug != nil && (len(*s.Slug) > 32 || !slugRule.MatchString(*s.Slug)) {
		bad.Add("slug", "must be 1 to 32 lower-case letters, digits and single hyphens")
	}
	if s.Name != nil {
		if *s.Name == "" {
			bad.Add("name", "must be >= 1 character")
		}
		bad.Add("name", TextProblem(*s.Name, 64))
	}
	if s.FusePeople != nil && (*s.FusePeople < 0 || *s.FusePeople > 1_000_000) {
		bad.Add("fuse_people", "must be from 0 to 1000000")
	}
	if s.FusePercent != nil && (*s.FusePercent < 0 || *s.FusePercent > 100) {
		bad.Add("fuse_percent", "must be from 0 to 100")
	}
	if s.Held != nil && *s.Held {
		bad.Add("held", "must be false: a directory is held by itself")
	}
	return bad.Err("Validation failed.")
}

// NewDirectoryToken asks for a token.
type NewDirectoryToken struct {
	Lifetime time.Duration // 0 is DirectoryTokenLifetime
}

// Check finds what is wrong with the request as such, and fills in defaults.
func (n *NewDirectoryToken) Check() error {
	if n.Lifetime == 0 {
		n.Lifetime = DirectoryTokenLifetime
	}
	var bad FieldErrors
	if n.Lifetime < time.Hour || n.Lifetime > MaxDirectoryTokenLifetime {
		bad.Add("expires_in", "must be a duration from 1h to 17520h, like 8760h")
	}
	return bad.Err("Validation failed.")
}

// DirectoryRule says that the people of a group hold a role.
type DirectoryRule struct {
	Match string // RuleByDisplayName, compared without case, or RuleByExternalID, compared exactly
	Value string
	Role  string
}

// DirectoryRules are the rules of a directory, with what they are about.
type DirectoryRules struct {
	Organization Organization
	Rules        []DirectoryRule
	Groups       []DirectoryGroup // at most as many as a page shows
	Roles        []Role           // that a rule may give; Refusal says why the caller may not add one
	CanUpdate    bool
	Version      int64
}

// Tag identifies the version of the rules.
func (r *DirectoryRules) Tag() string { return Tag(r.Version, r.Organization.ID) }

// DirectoryGroup is a group that a directory has sent.
type DirectoryGroup struct {
	ID                      uuid.UUID
	DisplayName, ExternalID string
	Members                 int64
}

// NewDirectoryRules asks to replace the rules of a directory.
type NewDirectoryRules struct {
	Rules   []DirectoryRule
	IfMatch Versions
}

// Check finds what is wrong with the request as such.
func (n *NewDirectoryRules) Check() error {
	var bad FieldErrors
	if len(n.Rules) > MaxDirectoryRules {
		bad.Add("rules", fmt.Sprintf("must have at most %d entries", MaxDirectoryRules))
		return bad.Err("Validation failed.")
	}
	for i, r := range n.Rules {
		if r.Match != RuleByDisplayName && r.Match != RuleByExternalID {
			bad.Add(fmt.Sprintf("rules[%d].match", i), "must be displayName or externalId")
		}
		if r.Value == "" || len(r.Value) > 255 {
			bad.Add(fmt.Sprintf("rules[%d].value", i), "must have 1 to 255 characters")
		}
	}
	return bad.Err("Validation failed.")
}

// DirectoryRequest is a request of a directory, as its log keeps it.
type DirectoryRequest struct {
	ID           string // of the request
	At           time.Time
	Took         time.Duration
	Method, Path string
	Status       int
	Body, Answer string
}

// Manager is the directory that an account is managed by.
type Manager struct {
	Organization uuid.UUID
	Name         string
}

// DirectoryPage is what the page of a directory shows.
type DirectoryPage struct {
	Directory Directory
	Rules     DirectoryRules
	Requests  []DirectoryRequest // the last ones
}
