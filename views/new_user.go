package views

import (
	"net/url"
	"strings"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// NewUser is the form for a new account, filled as it was sent.
type NewUser struct {
	Organizations         []org.Organization
	Chosen                []string // ids of the ticked ones
	Current               string   // name of the organization that is ticked at first
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
	return len(n.Chosen) == 0 && n.Err == nil && (len(n.Organizations) == 1 || strings.EqualFold(o.Name, n.Current))
}

// NewUserIn is the form with an organization ticked, and with what was looked for filled in.
func NewUserIn(organization, query string) string {
	q := url.Values{"organization": {organization}}
	if strings.Contains(query, "@") {
		q.Set("email", query)
	} else if query != "" {
		q.Set("name", query)
	}
	return ui.URL(NewUserURL, q)
}
