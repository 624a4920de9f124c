package org

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The bounds of dismissals.
const (
	DismissedFor  = 90 * Day // how long a finding stays dismissed
	MaxDismissed  = 1_000    // findings of one dismissal
	MostDismissed = 5_000    // findings of an organization that are dismissed at a time
)

// Dismissal is a decision to leave some findings as they are for a while.
type Dismissal struct {
	ID       uuid.UUID
	Place    uuid.UUID // the organization
	Reason   string
	By       string // username of whoever dismissed them; "" once the account is gone, and for the operator
	ByName   string // what that person is called, or was called then
	At       time.Time
	Until    time.Time // from then on the findings are open again
	Findings int       // how many it still covers
}

// Dismissing asks to dismiss findings.
type Dismissing struct {
	Findings []string // their ids
	Reason   string
	Found    []LintFinding       // those of them that there are
	Gives    map[string][]string // what each role that they are about gives, sorted
}

// Identify gives the finding an id that depends only on what it is about, so that it is recognized later. mark tells
// apart findings that are otherwise about the same thing.
func (f *LintFinding) Identify(mark string) {
	role := f.Role.Name
	if f.RoleID != uuid.Nil {
		role = f.RoleID.String()
	}
	hash := sha256.Sum256([]byte(strings.Join([]string{f.Rule, role, f.Other, f.UserID.String(), f.Permission.String(), mark}, "\x00")))
	f.ID = hex.EncodeToString(hash[:16])
}

// Subject names what the finding is about: the person, or else the role.
func (f *LintFinding) Subject() string {
	if f.Member != nil {
		return f.Member.Username
	}
	return f.Role.Name
}

// DismissalType is the resource type of a dismissal in the audit trail.
const DismissalType = "finding_dismissal"

// OfDismissal reports whether an entry is about dismissing findings.
func OfDismissal(resourceType, action string) bool {
	return resourceType == DismissalType && action == "create"
}
