package org

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"rolecall.example/rbac"
)

const Day = 24 * time.Hour

// Request is what the audit trail keeps of the request that a change came with.
type Request struct {
	ID        string
	IP        string
	UserAgent string
}

type requestKey struct{}

// WithRequest gives ctx the request that the use cases record.
func WithRequest(ctx context.Context, r Request) context.Context {
	r.UserAgent = strings.ToValidUTF8(r.UserAgent, "\uFFFD") // a header may hold anything, the trail holds text
	return context.WithValue(ctx, requestKey{}, r)
}

func RequestOf(ctx context.Context) Request {
	r, _ := ctx.Value(requestKey{}).(Request)
	return r
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
