package org

// Membership is an organization that an account belongs to, with the roles that it holds there.
type Membership struct {
	Organization Organization
	Roles        []RoleRef
}

// UserView is an account with what the caller may do to it. A refusal is a short sentence, "" where there is none.
type UserView struct {
	User        User
	Self        bool
	Memberships []Membership // those that the caller may read, by name, at most 100
	More        bool         // there are more memberships than listed
	Assignments []Assignment // what gives the roles of the site and of organizations, and the memberships
	Tokens      int          // 0 where the caller may not read them
	ReadTokens  bool
	Sessions    int           // Unknown where the caller may not read what is personal about it
	Records     []Assignment  // of the site roles
	SecondStep  bool          // its sign-ins ask for a code
	MustChange  bool          // it has to choose another password when it signs in next
	Link        *PasswordLink // the link that sets its password, without the secret; nil: none, or not for this caller

	ProfileRefusal  string
	EmailRefusal    string // for its e-mail address, where the rest of the profile may be changed
	PasswordRefusal string // for the password, and for making a link that sets it
	LinkRefusal     string // for revoking that link
	RolesRefusal    string // for its site roles
	StatusRefusal   string // for suspending it, or activating it when it is suspended
	DeleteRefusal   string
	TokensRefusal   string // for making tokens of it
	RevokeRefusal   string // for revoking its tokens
}

// UserRoleForm is what the form with the site roles of an account shows.
type UserRoleForm struct {
	User    User
	Refusal string       // why the caller may not change these roles at all, "" if it may
	Choices []RoleChoice // custom roles first, then built-in
	Records []Assignment
}

// OrganizationView is an organization with what the caller may do to it.
type OrganizationView struct {
	Organization  Organization
	CanUpdate     bool
	CanDelete     bool
	DeleteRefusal string // why it can't be deleted as it is now, "" if it can
	Roles         int    // custom ones
	Checklist     bool   // the list of first steps is not hidden
}
