package views

import (
	"cmp"
	"slices"

	"rolecall.example/org"
)

// RecordForm is the form that changes until when and why an account has a role, or ends that.
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

// Title is the heading of the page.
func (f RecordForm) Title() string {
	if f.membership() {
		return "Membership of " + f.Name
	}
	return f.Role.Label() + " of " + f.Name
}

func (f RecordForm) membership() bool { return isMembership(org.Assignment{Role: f.Role.Name}) }

// url is where the form is sent, Home where it leads back to.
func (f RecordForm) url() string { return RecordURL(f.Organization.Name, f.Username, f.Role.Name) }

// Home is the page of the person that the record is of.
func (f RecordForm) Home() string {
	if f.Organization.Name == "" {
		return WithBack(UserURL(f.Username), f.Back)
	}
	return WithBack(MemberURL(f.Organization.Name, f.Username), f.Back)
}

// local are the records that can be changed and ended here.
func (f RecordForm) local() []org.Assignment {
	return slices.DeleteFunc(slices.Clone(f.Records), func(r org.Assignment) bool { return r.Source.Synced() })
}

// open reports whether the form can be sent.
func (f RecordForm) open() bool { return f.Refusal == "" && len(f.local()) > 0 }

// ends reports whether the form can end the role. A membership ends by the question that says what goes with it.
func (f RecordForm) ends() bool { return f.open() && !f.membership() }

func (f RecordForm) anchors() map[string]string { return f.Terms.anchors(nil) }

// terms are the fields: as they were sent, or else as the record that ends last has them.
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
