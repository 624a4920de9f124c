package views

import "rolecall.example/org"

// AddMember is the page that looks for users who are not members yet.
type AddMember struct {
	Organization org.Organization
	Query        string
	Candidates   []org.User
	Names        string          // in the box for many at once
	Result       *org.BulkResult // the outcome for each name in the box
	CanInvite    bool            // the caller may invite people too
	Err          *org.Error
}
