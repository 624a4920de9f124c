package org

import (
	"cmp"
	"fmt"
	"strings"
)

// Check finds everything that is wrong with a new account.
func (u *NewUser) Check() error {
	u.Name = strings.TrimSpace(u.Name)
	u.LoginType = cmp.Or(u.LoginType, LoginPassword)
	var bad FieldErrors
	bad.Add("email", emailProblem(u.Email))
	bad.Add("username", AddressProblem(u.Username, ReservedUsernames))
	bad.Add("name", TextProblem(u.Name, 128))
	switch u.LoginType {
	case LoginPassword:
		if u.Invite && u.Password == "" {
			break
		}
		bad.Add("password", PasswordProblem(u.Password, u.Username, u.Email))
	case LoginNone:
		if u.Password != "" {
			bad.Add("password", "must be empty for a service account")
		}
	default:
		bad.Add("login_type", fmt.Sprintf("%q is not supported: use %q or %q", u.LoginType, LoginPassword, LoginNone))
	}
	switch u.Status {
	case "":
		u.Status = StatusDormant
		if u.LoginType == LoginNone { // nobody will ever sign in to wake it
			u.Status = StatusActive
		}
	case StatusActive, StatusDormant:
	default:
		bad.Add("user_status", fmt.Sprintf("%q is not one of %q, %q", u.Status, StatusActive, StatusDormant))
	}
	if len(bad) == 1 && bad[0].Field == "password" {
		return bad.Err("Password is invalid")
	}
	return bad.Err("Validation failed.")
}
