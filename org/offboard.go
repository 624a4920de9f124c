package org

// Offboarding says what to do with an account whose person leaves. Either all of it happens, or nothing.
type Offboarding struct {
	Suspend      bool // which ends the sessions too
	EndSessions  bool
	RevokeTokens bool
	Leave        bool              // every organization where the caller may remove members
	HandOver     map[string]string // who becomes organization admin, by the name of the organization
	Reason       string
	IfMatch      Versions // of the account
}

// Nothing reports whether nothing was chosen.
func (o *Offboarding) Nothing() bool {
	return !o.Suspend && !o.EndSessions && !o.RevokeTokens && !o.Leave
}

// Offboarded is what was done.
type Offboarded struct {
	User          User
	Organizations []Organization // that it does not belong to any more
	Kept          []Organization // that it still belongs to: the caller may not remove members there
	Undoable      bool           // something of it can be taken back; sessions and tokens can't
}

// OffboardView is what an offboarding would act on.
type OffboardView struct {
	User     User
	Self     bool
	Sessions int
	Agents   []string // the user agents of the sessions, the latest first
	Tokens   []string // by name
	Homes    []OffboardHome
	Hidden   int // organizations that the caller may not read

	Left     []LeftBehind // what stays of what the account made, as far as the caller may read it, by kind
	LeftMore bool         // there is more of it

	StatusRefusal string // why the caller may not suspend it or end its sessions, "" if they may
	TokensRefusal string // likewise for its tokens
}

// OffboardHome is an organization that the account belongs to.
type OffboardHome struct {
	Organization Organization
	Roles        []RoleRef
	Synced       []Assignment // that a provider or directory gives, and will give again
	LastAdmin    bool         // no one else is an active organization admin
	Refusal      string       // why the caller may not remove it, "" if they may
}

// Nothing reports whether nothing is left to do.
func (v *OffboardView) Nothing() bool {
	return v.User.Status == StatusSuspended && v.Sessions == 0 && len(v.Tokens) == 0 && len(v.Homes) == 0
}
