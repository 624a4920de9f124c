package views

import "rolecall.example/org"

// AddMember is the page that finds users who are not members yet.
type AddMember struct {
	Organization org.Organization
	Query        string
	Candidates   []org.User
	Total        int             // how many could be found, if there is no search; otherwise 0
	Names        string          // in the box for many at once
	Result       *org.BulkResult // the outcome for each name in the box
	CanInvite    bool            // the caller may invite people too
	MakesUsers   bool            // or make accounts
	Many         bool            // the form with that box was sent
	Terms        TermsForm       // of the form that was sent
	Err          *org.Error
}

// sent returns the prefix of the ids in the form that was sent.
func (a AddMember) sent() string {
	if a.Many {
		return "many-"
	}
	return "one-"
}

// terms returns the fields of one of the page's forms. The one that was sent keeps its input.
func (a AddMember) terms(id string) TermsForm {
	f := TermsForm{}
	if id == a.sent() {
		f, f.Err = a.Terms, a.Err
	}
	f.ID, f.Label = id, "Membership ends"
	return f
}
