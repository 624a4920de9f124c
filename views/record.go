package views

import (
	"cmp"
	"slices"

	"rolecall.example/org"
)

// RecordForm is the form that changes how long and why an account has a role, or ends it.
type RecordForm struct {
	Organization org.Organization // of the role; the zero value is the site
	Username     string
	Name         string // of the account, for people
	Role         org.RoleRef
	Records      []org.Assignment // of the role, from every source
	Names        SourceNames      // of what gives them
	Refusal      string           // why the caller may not change it, "" if they may
	Terms        TermsForm
	Sent         bool   // Terms are what was sent
	Version      string // as in AssignmentForm
	Back         string
	Err          *org.Error
}

// Title returns the heading of the page.
func (f RecordForm) Title() string {
	if f.membership() {
		return "Membership of " + f.Name
	}
	return f.Role.Label() + " of " + f.Name
}

func (f RecordForm) membership() bool { return isMembership(org.Assignment{Role: f.Role.Name}) }

// url returns where the form is sent, Home where it leads back to.
func (f RecordForm) url() string { return RecordURL(f.Organization.Name, f.Username, f.Role.Name) }

// Home returns the page of the person whom the record belongs to.
func (f RecordForm) Home() string {
	if f.Organization.Name == "" {
		return WithBack(UserURL(f.Username), f.Back)
	}
	return WithBack(MemberURL(f.Organization.Name, f.Username), f.Back)
}

// local returns the records that can be changed and ended here.
func (f RecordForm) local() []org.Assignment {
	return slices.DeleteFunc(slices.Clone(f.Records), func(r org.Assignment) bool { return r.Source.Synced() })
}

// open reports whether the form can be sent.
func (f RecordForm) open() bool { return f.Refusal == "" && len(f.local()) > 0 }

// ends reports whether the form can end the role. Ending a membership has its own question, which says what ends with
// it.
func (f RecordForm) ends() bool { return f.open() && !f.membership() }

func (f RecordForm) anchors() map[string]string { return f.Terms.anchors(nil) }

// terms returns the fields as they were sent, or otherwise as in the record that ends last.
func (f RecordForm) terms() TermsForm {
	t := f.Terms
	longest := slices.MaxFunc(f.local(), func(a, b org.Assignment) int {
		if a.Until == nil || b.Until == nil {
			return cmp.Compare(last(a.Until == nil), last(b.Until == nil))
		}
		return a.Until.Compare(*b.Until)
	})
	t.Label, t.Stored, t.Err = "Ends", endOf(longest), f.Err
	if !f.Sent {
		t.Reason = longest.Reason
		if longest.Until != nil {
			t.Until = storedEnd(*longest.Until)
		}
	}
	return t
}
