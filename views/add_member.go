package views

import "rolecall.example/org"

// AddMember is the page that looks for users who are not members yet.
type AddMember struct {
	Organization org.Organization
	Query        string
	Candidates   []org.User
	Names        string          // in the box for many at once
	Result       *org.BulkResult // what became of those that were in the box
	Err          *org.Error
}
