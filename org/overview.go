package org

import (
	"time"

	"github.com/google/uuid"
)

// Overview is what is going on in an organization. What the caller may not read is nil.
type Overview struct {
	Organization Organization
	Checklist    *Checklist
	Power        *Power
	Health       *Health
	Ending       *Ending
	Invitations  *OpenInvitations
	Changes      *AuditList // the last of them
	CanInvite    bool       // or add people
}

// OverviewDays is how far ahead an overview looks for what ends.
const OverviewDays = 14

// Checklist is the first steps of an organization. Each step is a fact, not something that was ticked off.
type Checklist struct {
	People    bool // someone was invited, or has joined
	Role      bool // there is a custom role
	Secured   bool // the caller has a second factor
	OnlyOwner bool // the caller is the only owner of the site
}

// Steps is how many steps a checklist has: the first, the organization, is always done.
const Steps = 4

// Done returns how many of the steps are done.
func (c *Checklist) Done() int {
	n := 1
	for _, done := range []bool{c.People, c.Role, c.Secured} {
		if done {
			n++
		}
	}
	return n
}

// Power is who can change roles or people.
type Power struct {
	People    []Powerful // the first members
	More      bool       // there are other members
	Questions []PowerCount

	// How many of them, members or not, sign in with a password alone, as far as the caller may know; there may be more.
	Unsecured     int
	UnsecuredMore bool
}

// Powerful is a member who can change roles or people.
type Powerful struct {
	Member    Member
	Can       []Question // of those that are asked
	Roles     []RoleRef  // by which
	Unsecured bool       // signs in with a password and has no second factor, as far as the caller may know
}

// PowerCount is how many may do one thing: members, and, if the caller may read accounts, others by a role of the site.
type PowerCount struct {
	Question Question
	People   int
}

// Health is the findings about roles, by rule.
type Health struct {
	Count int
	Lines []HealthLine
}

// HealthLine is the findings of one rule.
type HealthLine struct {
	Rule  string
	Count int
	Roles []string // display names of those that it is about, each once
}

// Ending is access that ends soon.
type Ending struct {
	Groups []EndingGroup
	More   bool // there is more than was looked at
}

// EndingGroup is people who lose the same role at the same moment.
type EndingGroup struct {
	Role   RoleRef
	Until  time.Time
	People []EndingPerson
}

// EndingPerson is one of them.
type EndingPerson struct {
	ID             uuid.UUID
	Username, Name string
	Reason         string
}

// Label returns what the person is called.
func (p *EndingPerson) Label() string {
	if p.Name != "" {
		return p.Name
	}
	return p.Username
}

// OpenInvitations are the pending invitations, those that need attention first.
type OpenInvitations struct {
	Count int
	First []Invitation
}
