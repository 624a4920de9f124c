package db

import "github.com/google/uuid"

// A Scope is what a write may change. Writes of two organizations do not depend on each other; one of the site depends on
// all others.
type Scope struct {
	kind         scopeKind
	organization uuid.UUID // of inOrganization
}

type scopeKind uint8

const (
	onSite scopeKind = iota
	inOrganization
	signingIn
)

// The scopes that are not those of an organization.
var (
	OnSite    = Scope{}                // accounts, site roles, organizations as such: what every organization's decisions rest on
	SigningIn = Scope{kind: signingIn} // sessions, logins, failed logins, times of use: what no list and no decision rests on
)

// InOrganization is the scope of the members and roles of one organization.
func InOrganization(id uuid.UUID) Scope { return Scope{inOrganization, id} }

// Organization is the organization of the scope, uuid.Nil if it is not that of one.
func (s Scope) Organization() uuid.UUID { return s.organization }

// Nowhere reports whether it is the scope of an organization that is not there.
func (s Scope) Nowhere() bool { return s.kind == inOrganization && s.organization == uuid.Nil }

// unit is which statements may run in it.
func (s Scope) unit() Unit {
	return [...]Unit{onSite: SiteUnit, inOrganization: OrganizationUnit, signingIn: SignInUnit}[s.kind]
}

// Everything reports whether it is the scope of the site, whose writes run alone.
func (s Scope) Everything() bool { return s.kind == onSite }
