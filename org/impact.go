package org

import (
	"strings"
	"time"

	"rolecall.example/rbac"
)

// Impact is how a change would affect what people may do, found by a dry run.
type Impact struct {
	Members          int          // whose roles, or roles' contents, the change touches
	Affected         int          // of them, those who may do more or less afterwards
	Who              ImpactSample // of those affected
	Gains            []ImpactLine // what they may do afterwards that they may not do now
	Losses           []ImpactLine // the other way round
	KeptByOtherRoles []ImpactLine // what a role no longer gives them, and another one does
	WithoutRoles     int          // left without any role in the organization
	Roleless         ImpactSample // of those
	Ends             []ImpactEnd  // what ends by itself of that which the change gives or changes, the first end first
	Warning          string       // what would be refused to anyone but a site owner, "" if nothing
	Asked            ImpactNames  // whose line names more people than others do
}

// ImpactEnd is a role, or the membership, that some people hold after the change, until a given time.
type ImpactEnd struct {
	Role    RoleRef // the membership is the role RoleOrganizationUser
	Until   time.Time
	Members int
}

// ImpactLine is one permission in an Impact.
type ImpactLine struct {
	Permission rbac.Permission
	OwnOnly    bool // on their own things only
	Members    int
	ImpactSample
}

// ImpactSample names some of the people that a number counts.
type ImpactSample struct {
	Sample []string // usernames, the first by name; none if the caller may not read who they are
	Before int      // how many come before these, where ImpactNames asked for later ones
}

// The lists of an Impact, as ImpactNames calls them.
const (
	ImpactAffected = "affected"
	ImpactRoleless = "roleless"
	ImpactGains    = "gains"
	ImpactLosses   = "losses"
	ImpactKeeps    = "keeps"
)

// ImpactNames asks for more of the people in one line of an impact than are named by default. The zero value asks for none.
type ImpactNames struct {
	List       string          // one of the lists; those of whoever is affected, or is left without roles, are one line each
	Permission rbac.Permission // of the line
	OwnOnly    bool
	After      string // the username that the sample begins after, "" for the first ones
}

// ImpactNamesForm says how the line of ImpactNames is written.
const ImpactNamesForm = "affected, roleless, or gains, losses or keeps with a permission as in losses:type:action, and :own if it is on own things only"

// ParseImpactNames reads a line as String writes it.
func ParseImpactNames(text string) (n ImpactNames, ok bool) {
	parts := strings.Split(text, ":")
	n.List = parts[0]
	if n.List == ImpactAffected || n.List == ImpactRoleless {
		return n, len(parts) == 1
	}
	if n.OwnOnly = len(parts) == 4 && parts[3] == "own"; n.OwnOnly {
		parts = parts[:3]
	}
	if len(parts) != 3 || parts[1] == "" || parts[2] == "" {
		return n, false
	}
	n.Permission = rbac.Permission{ResourceType: parts[1], Action: parts[2]}
	return n, n.List == ImpactGains || n.List == ImpactLosses || n.List == ImpactKeeps
}

// String is the line as text, without the name that the sample begins after.
func (n ImpactNames) String() string {
	if n.Permission.Action == "" {
		return n.List
	}
	text := n.List + ":" + n.Permission.String()
	if n.OwnOnly {
		text += ":own"
	}
	return text
}
