package views

import "rolecall.example/org"

// NewUser is the form for a new account, filled as it was sent.
type NewUser struct {
	Organizations         []org.Organization
	Chosen                []string // ids of the ticked ones
	Email, Username, Name string
	Access                string // AccessInvite, AccessPassword or AccessService
	Err                   *org.Error
}

// The ways into a new account.
const (
	AccessInvite   = "invite"
	AccessPassword = "password"
	AccessService  = "service"
)

// maxUnfiltered is how many choices are offered without a box to filter them.
const maxUnfiltered = 8

func (n NewUser) ticked(o org.Organization) bool {
	for _, id := range n.Chosen {
		if id == o.ID.String() {
			return true
		}
	}
	return len(n.Chosen) == 0 && n.Err == nil && len(n.Organizations) == 1
}
