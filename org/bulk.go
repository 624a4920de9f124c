package org

import "github.com/google/uuid"

// BulkAction is what a bulk action does to each member.
type BulkAction string

// The bulk actions.
const (
	BulkAddRole    BulkAction = "add-role"
	BulkRemoveRole BulkAction = "remove-role"
	BulkRemove     BulkAction = "remove"
)

// Bulk is one action on many members: those named, or all that match a filter but for some.
type Bulk struct {
	Action BulkAction
	Role   string        // of BulkAddRole and BulkRemoveRole
	Terms                // of BulkAddRole, for those who do not hold the role yet
	Users  []string      // as in a path
	Match  *MemberFilter // instead of Users
	Except []string      // of Match, as in a path: who is left alone
	Seen   []uuid.UUID   // the members that somebody has been asked about: Conflict if it would be others; nil: nobody has been asked
	Expect *int          // how many are meant, when somebody has been asked about that many: Conflict if it is not so any more
}

// Additions are accounts that shall become members, each by username, e-mail address or uuid, and on which terms.
type Additions struct {
	Users []string
	Terms
}

// BulkRefusal is somebody that a bulk action left out, and why.
type BulkRefusal struct {
	Who    string // as it was named
	Member *Member
	Reason string
}

// BulkResult is what a bulk action did.
type BulkResult struct {
	Organization Organization
	Done         []Member
	Unchanged    []Member // had what was to be given, or had not what was to be taken
	Refused      []BulkRefusal
	Entry        uuid.UUID // the last entry of the trail that tells of it; uuid.Nil: nothing changed
}
