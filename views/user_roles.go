package views

import (
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// UserAssignmentForm is the form with the site roles of an account.
type UserAssignmentForm struct {
	org.UserRoleForm
	Checked map[string]bool // as in AssignmentForm
	Before  map[string]bool
	Back    string // as in UserRowView
	Terms   TermsForm
	Err     *org.Error
	Catalog *rbac.Catalog // for the counts
}

// assignment returns the form as that of a member: both have the same boxes.
func (f UserAssignmentForm) assignment() AssignmentForm {
	return AssignmentForm{
		RoleForm: org.RoleForm{
			Member: org.Member{
				UserID: f.User.ID, Username: f.User.Username, Name: f.User.Name, RolesRefusal: f.Refusal,
			},
			Choices: f.Choices,
		},
		Version: f.User.Tag(), Checked: f.Checked, Before: f.Before, Back: f.Back, Terms: f.Terms, Err: f.Err, Catalog: f.Catalog,
	}
}
