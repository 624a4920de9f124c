package org

import (
	"time"

	"github.com/google/uuid"

	"rolecall.example/rbac"
)

const Day = 24 * time.Hour

// Request is what the audit trail keeps of the request that an actor came with. A use case that needs no signed-in actor
// takes the Request instead.
type Request struct {
	ID        string
	IP        string
	UserAgent string // valid UTF-8
	Form      *Form  // nil if it came with none
	Done      *Done  // filled in by the change that the request makes; may be nil
}

// Done is the state that a change left, or found to be already as wanted.
type Done struct {
	Organization uuid.UUID // whose revision it is; uuid.Nil: that of the site
	Revision     int64     // 0: nothing was changed that has one
}

// OrgObject is an organization. This and the others are the objects of docs/spec/authcheck.md.
func OrgObject(id uuid.UUID) rbac.Object { return rbac.Object{Type: "organization", Org: id} }

// MembersObject is every member of an organization.
func MembersObject(org uuid.UUID) rbac.Object {
	return rbac.Object{Type: "organization_member", Org: org}
}

// OrgRolesObject is the roles of an organization.
func OrgRolesObject(org uuid.UUID) rbac.Object { return rbac.Object{Type: "assign_org_role", Org: org} }

// UserObject is an account.
func UserObject(id uuid.UUID) rbac.Object { return rbac.Object{Type: "user", Owner: id} }

// KeyObject is the API tokens of an account.
func KeyObject(owner uuid.UUID) rbac.Object { return rbac.Object{Type: "api_key", Owner: owner} }

// MemberObject is one membership.
func MemberObject(org, user uuid.UUID) rbac.Object {
	return rbac.Object{Type: "organization_member", Org: org, Owner: user}
}

// The objects that belong to no organization and to no one.
var (
	SiteRolesObject = rbac.Object{Type: "assign_role"}
	UsersObject     = rbac.Object{Type: "user"}
)

// MayFollow reports whether the caller may read the document of an organization and follow its changes: these say who
// belongs to it, and what its roles are.
func (s *Actor) MayFollow(id uuid.UUID) bool {
	return s.Can("read", OrgObject(id)) && s.Can("read", MembersObject(id)) && s.Can("read", OrgRolesObject(id))
}

// MayFollowAny reports MayFollow for any organization. For other callers there is nothing in the document of the site, and
// they should not learn how often something changes.
func (s *Actor) MayFollowAny() bool {
	for _, o := range []rbac.Object{OrgObject(uuid.Nil), MembersObject(uuid.Nil), OrgRolesObject(uuid.Nil)} {
		if o.AnyOrg = true; !s.Can("read", o) {
			return false
		}
	}
	return true
}
