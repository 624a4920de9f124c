package org

import (
	"time"

	"github.com/google/uuid"

	"rolecall.example/rbac"
)

// WhoCan is everyone on the site who may do something in an organization, one page of them. Suspended accounts may
// do nothing.
type WhoCan struct {
	Organization Organization
	Question     Question
	Members      []WhoCanMember
	Count        int            // of all members who may
	Suspended    int            // members who might but for their suspension
	Held         []WhoCanMember // some of these, if they are wanted
	Total        int            // members looked at
	Outside      *Outside       // nil: the caller may not read accounts
	Prevented    *Prevention    // why no one may, as far as the caller may know; nil if somebody may
}

// Prevention is the first reason why no one may do something.
type Prevention struct {
	Deny   *rbac.Match // of a role whose deny overrides what another role allows; nil: there is none
	People int         // for whom
	Unheld []RoleRef   // without Deny: the roles that would allow it, which no one has
}

// AbleTokens are the API tokens that may do something in an organization: a part of them, and how many there are.
type AbleTokens struct {
	Tokens []Token
	Count  int
	Looked int // not 0: there are more tokens than so many, which were looked at, so that Count is a minimum
}

// WhoCanMember is a member who may do what was asked, and by which permissions.
type WhoCanMember struct {
	Member Member
	Until  time.Time // when the right ends; the zero time: it does not by itself
	Answer
}

// Outside are the accounts that may do something in an organization without belonging to it.
type Outside struct {
	Users []WhoCanUser
	Count int // of all of them
}

// WhoCanUser is one of them.
type WhoCanUser struct {
	User  User
	Until time.Time // as in WhoCanMember
	Answer
}

// Answer is a decision and how it came about.
type Answer struct {
	Trace rbac.Trace
	Words Wording
}

// WhoCanPage is the part of the answer that is wanted: of the members, or of the accounts outside the organization. The first
// 100 of the latter come with the members, but no members come with them. Suspended members come only if they are wanted:
// the first few with the members, or a part of them alone.
type WhoCanPage struct {
	Limit, Offset int // Limit 0 is all
	Outside       bool
	Suspended     bool
	AndSuspended  int
}

// AblePerson is one of everyone who may do something in an organization.
type AblePerson struct {
	UserID                uuid.UUID
	Username, Name, Email string
	Status                Status
	Member                bool      // of the organization; else by roles of the site or of another organization
	Until                 time.Time // as in WhoCanMember
	Answer                *Answer   // one for all who may by the same

	Records  []Assignment // what gives the roles of the organization and the site, if Everybody.Whole says so
	Revision int64        // of the organization, likewise, for who may read its trail; else 0
}

// Everybody asks for everyone who may do something.
type Everybody struct {
	Question Question
	Whole    bool // with what gives the roles, and the revision
}

// Suspended reports whether only the suspension of the account keeps the person from doing it.
func (p *AblePerson) Suspended() bool { return p.Status == StatusSuspended }
