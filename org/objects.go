package org

import (
	"time"

	"github.com/google/uuid"

	"rolecall.example/rbac"
)

const Day = 24 * time.Hour

// Request is what the audit trail keeps of the request that an actor came with. A use case that needs no signed-in actor
// takes the Request in its place.
type Request struct {
	ID        string
	IP        string
	UserAgent string // valid UTF-8
	Form      *Form  // nil if it came with none
}

// The objects of docs/spec/authcheck.md.
func OrgObject(id uuid.UUID) rbac.Object { return rbac.Object{Type: "organization", Org: id} }

func MembersObject(org uuid.UUID) rbac.Object {
	return rbac.Object{Type: "organization_member", Org: org}
}

func OrgRolesObject(org uuid.UUID) rbac.Object { return rbac.Object{Type: "assign_org_role", Org: org} }

func UserObject(id uuid.UUID) rbac.Object { return rbac.Object{Type: "user", Owner: id} }

func KeyObject(owner uuid.UUID) rbac.Object { return rbac.Object{Type: "api_key", Owner: owner} }

func MemberObject(org, user uuid.UUID) rbac.Object {
	return rbac.Object{Type: "organization_member", Org: org, Owner: user}
}

var (
	SiteRolesObject = rbac.Object{Type: "assign_role"}
	UsersObject     = rbac.Object{Type: "user"}
)
