package org

import "github.com/google/uuid"

// BulkAction is what a bulk action does to each member, or to each account.
type BulkAction string

// The bulk actions.
const (
	BulkAddRole    BulkAction = "add-role"
	BulkRemoveRole BulkAction = "remove-role"
	BulkRemove     BulkAction = "remove"

	BulkReplaceRole BulkAction = "replace-role" // one role instead of another, for those who have the other

	BulkSuspend  BulkAction = "suspend"
	BulkActivate BulkAction = "activate"
	BulkDelete   BulkAction = "delete"
)

// Bulk is one action on many members: those named, or all that match a filter except some.
type Bulk struct {
	Action BulkAction
	Role   string        // of BulkAddRole, BulkRemoveRole and BulkReplaceRole, which takes it away
	With   string        // of BulkReplaceRole: the role that is given instead
	Terms                // of a role that is given, for those who do not hold it yet
	Users  []string      // as in a path
	Match  *MemberFilter // instead of Users
	Except []string      // of Match, as in a path: who is left alone
	Seen   []uuid.UUID   // the members that someone has been asked about: Conflict if it would be others; nil: no one has been asked
	Expect *int          // how many are meant, when someone has been asked about that many: Conflict if it is not so any more
}

// Additions are accounts to make members, each by username, e-mail address or uuid, and the terms.
type Additions struct {
	Users []string
	Terms
}

// BulkRefusal is someone that a bulk action left out, and why.
type BulkRefusal struct {
	Who    string // as it was named
	Member *Member
	User   *User // of an action on accounts
	Reason string
}

// Label names the person who was left out, for people to read; if there is no such person, as the request named them.
func (r *BulkRefusal) Label() string {
	switch {
	case r.Member != nil:
		return r.Member.Label()
	case r.User != nil:
		return r.User.Label()
	}
	return r.Who
}

// ID returns the id of the account that was left out, uuid.Nil if there is no such account.
func (r *BulkRefusal) ID() uuid.UUID {
	switch {
	case r.Member != nil:
		return r.Member.UserID
	case r.User != nil:
		return r.User.ID
	}
	return uuid.Nil
}

// UserBulk is one action on many accounts: those named, or all that match a filter except some.
type UserBulk struct {
	Action BulkAction
	Users  []string    // as in a path
	Match  *UserFilter // instead of Users
	Except []string    // likewise as in a path
	Seen   []uuid.UUID // as of Bulk
	Expect *int        // as of Bulk
}

// UserBulkResult is what such an action did.
type UserBulkResult struct {
	Done      []User
	Unchanged []User // had the status already
	Refused   []BulkRefusal
	Entry     uuid.UUID // as of BulkResult
}

// BulkResult is what a bulk action did.
type BulkResult struct {
	Organization Organization
	Done         []Member
	Unchanged    []Member // had what was to be given, or had not what was to be taken
	Refused      []BulkRefusal
	Users        []User    // of an undo: accounts that have the status again that they had
	Entry        uuid.UUID // the last entry of the trail that tells of it; uuid.Nil: nothing changed
}
