package org

import (
	"time"

	"github.com/google/uuid"
)

// ClaimState says what can be concluded from a claim.
type ClaimState string

// The states of a claim. Only the last two change what someone holds: a claim that is missing or cut off says nothing
// about the person.
const (
	ClaimAbsent    ClaimState = "absent"
	ClaimTruncated ClaimState = "truncated" // the provider left values out
	ClaimEmpty     ClaimState = "empty"
	ClaimValues    ClaimState = "values"
)

// Says reports whether the claim says what someone should hold.
func (s ClaimState) Says() bool { return s == ClaimEmpty || s == ClaimValues }

// SyncStep is what a sign-in does to one record.
type SyncStep string

// The changes.
const (
	SyncAdd  SyncStep = "add"
	SyncKept SyncStep = "keep"
	SyncEnd  SyncStep = "end"
)

// SyncHold says why a record stays although no rule gives it any more.
type SyncHold string

// The reasons.
const (
	HoldLastOwner SyncHold = "last-owner" // no one else could administer the site
	HoldLastAdmin SyncHold = "last-admin" // no one else could administer the organization
	HoldFuse      SyncHold = "held"       // too many people lost something from the source within an hour
)

// SyncTest asks what a sign-in would do: one with these claims, by someone with the last claims of an account, or by an account
// with these claims.
type SyncTest struct {
	Provider *Provider
	Claims   map[string]any // nil: the last ones of the account
	User     string         // as a path names it; "": someone who holds nothing yet
	Draft    []SyncRules    // in the place of the stored ones of the same kind and organization
	Impact   bool           // ask what the rules would do to everyone
}

// SyncForecast is what a sign-in would do.
type SyncForecast struct {
	States        map[string]ClaimState // by claim that a rule looks at
	Organizations []SyncLine            // memberships
	Roles         []SyncLine            // roles of organizations
	SiteRoles     []SyncLine
	Unmatched     []string // values that no rule knows
	Held          []SyncHeld
	Impact        *SyncImpact // nil: it was not asked for
}

// SyncLine is one membership or role that a provider gives, or gave until now.
type SyncLine struct {
	Organization     uuid.UUID // uuid.Nil: the site
	OrganizationName string    // for people
	Role             string
	Rule             string // what gives it: the kind of rule and the value of the claim
	Change           SyncStep
}

// SyncHeld is a record that would end, but stays.
type SyncHeld struct {
	SyncLine
	Why SyncHold
}

// SyncImpact is what rules would do to everyone who signs in with a provider, by their last claims.
type SyncImpact struct {
	People        int  // who would gain or lose something
	Complete      bool // everyone has been looked at
	Gains, Losses []SyncImpactLine
}

// SyncImpactLine is one membership or role that some people would gain or lose.
type SyncImpactLine struct {
	Organization     uuid.UUID
	OrganizationName string
	Role             string
	People           int
	Sample           []string // usernames of some, if the caller may read them
}

// SyncStatus is the status of syncing.
type SyncStatus struct {
	Held    []SyncSource // sources whose removals wait
	Gone    []SyncSource // sources with records whose provider has left the settings
	Notices []SyncNotice // what sign-ins have left as it was, the newest first
	Total   int64        // notices in all
}

// SyncSource is a source of records that someone must look at.
type SyncSource struct {
	Source  Source
	People  int64 // who hold anything from it
	Records int64
	HeldAt  time.Time // zero: it is not held
	Reason  string    // why it is
}

// SyncNotice is what the last sign-in of someone left as it was.
type SyncNotice struct {
	Source           Source
	Kind             string // HoldLastOwner, HoldLastAdmin, HoldFuse, or ClaimTruncated
	UserID           uuid.UUID
	Username         string
	Organization     uuid.UUID // of the last admin
	OrganizationName string
	Claim            string // that was truncated
	At               time.Time
}

// What to do with the records of a source that is no longer in the settings.
const (
	ReleaseKeep = "keep" // they become local ones
	ReleaseEnd  = "end"
)

// SyncReleased is what a release did.
type SyncReleased struct {
	Source Source
	Action string // "", ReleaseKeep or ReleaseEnd
	People int    // whose records became local ones, or ended
	Kept   int    // of them, last owners and admins, who keep by hand what they had
}
