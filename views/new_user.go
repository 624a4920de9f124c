package views

import (
	"net/url"
	"strings"

	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// NewUser is the form for a new account, filled as it was sent.
type NewUser struct {
	Organizations         []org.Organization
	Roles                 map[uuid.UUID][]org.Role // that can be given there; missing if they were not read
	Given                 map[uuid.UUID][]string   // those that are ticked
	Chosen                []string                 // ids of the ticked organizations
	Current               string                   // name of the organization that is ticked initially
	Email, Username, Name string
	Access                string // AccessInvite, AccessPassword or AccessService
	Again                 bool   // the form was sent to load the roles of other organizations
	Err                   *org.Error
}

// The ways to get into a new account.
const (
	AccessInvite   = "invite"
	AccessPassword = "password"
	AccessService  = "service"
)

// maxUnfiltered is how many choices are offered without a box to filter them.
const maxUnfiltered = 8

// Ticked reports whether an organization is one of those that the account joins.
func (n NewUser) Ticked(o org.Organization) bool {
	for _, id := range n.Chosen {
		if id == o.ID.String() {
			return true
		}
	}
	return len(n.Chosen) == 0 && n.Err == nil && !n.Again && (len(n.Organizations) == 1 || strings.EqualFold(o.Name, n.Current))
}

// unread reports whether the roles of some organizations were left out because there are too many to read at once.
func (n NewUser) unread() bool { return len(n.Roles) < len(n.Organizations) }

// RolesIn is the prefix of the fields with the roles in an organization, which is given by its id.
const RolesIn = "roles."

// NewUserIn returns the form with an organization ticked and the search filled in.
func NewUserIn(organization, query string) string {
	q := url.Values{"organization": {organization}}
	if strings.Contains(query, "@") {
		q.Set("email", query)
	} else if query != "" {
		q.Set("name", query)
	}
	return ui.URL(NewUserURL, q)
}
