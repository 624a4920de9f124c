package db

import "github.com/google/uuid"

// A Scope is what a write may change. Writes in two organizations are independent; one of the site excludes
// all others.
type Scope struct {
	kind         scopeKind
	organization uuid.UUID // for inOrganization
}

type scopeKind uint8

const (
	onSite scopeKind = iota
	inOrganization
	signingIn
)

// The scopes that are not organizations.
var (
	OnSite    = Scope{}                // accounts, site roles, organizations as such: what every organization's decisions depend on
	SigningIn = Scope{kind: signingIn} // sessions, logins, failed logins, times of use: no list and no decision depends on these
)

// InOrganization is the scope of the members and roles of one organization.
func InOrganization(id uuid.UUID) Scope { return Scope{inOrganization, id} }

// Organization returns the organization of the scope, uuid.Nil if it is not that of one.
func (s Scope) Organization() uuid.UUID { return s.organization }

// Nowhere reports whether it is the scope of a missing organization.
func (s Scope) Nowhere() bool { return s.kind == inOrganization && s.organization == uuid.Nil }

// unit returns which statements may run in it.
func (s Scope) unit() Unit {
	return [...]Unit{onSite: SiteUnit, inOrganization: OrganizationUnit, signingIn: SignInUnit}[s.kind]
}

// Everything reports whether it is the scope of the site, whose writes run alone.
func (s Scope) Everything() bool { return s.kind == onSite }
