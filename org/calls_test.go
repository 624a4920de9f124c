package org_test

import (
	"context"
	"sync"
	"testing"

	"rolecall.example/org"
	"rolecall.example/org/services"
)

// service is the use cases as tests call them: changes without their receipts, and those of a dry run by one of its actors.
type service struct{ *services.Service }

// dryRuns are the actors of dry runs, and the impacts that they are told.
var dryRuns sync.Map

// dryRun is an actor that only asks what would be, and the impact that it is told.
func dryRun(by *org.Actor) (*org.Actor, *org.Impact) {
	asking, impact := *by, &org.Impact{}
	asking.Asks = true
	dryRuns.Store(&asking, impact)
	return &asking, impact
}

// dry makes the use cases that by calls keep nothing of what they do.
func dry(by *org.Actor) *org.Actor {
	by, _ = dryRun(by)
	return by
}

// told keeps the impact of a dry run for its actor; ok is false if by is none.
func told(by *org.Actor, try func() (org.Impact, error)) (ok bool, err error) {
	impact, ok := dryRuns.Load(by)
	if !ok {
		return false, nil
	}
	found, err := try()
	*impact.(*org.Impact) = found
	return true, err
}

func (s service) SetMemberRoles(ctx context.Context, by *org.Actor, organization, user string, in org.Input[org.RolesInput]) (org.Member, error) {
	if ok, err := told(by, func() (org.Impact, error) { return s.PreviewMemberRoles(ctx, by, organization, user, in) }); ok {
		return org.Member{}, err
	}
	m, _, err := s.Service.SetMemberRoles(ctx, by, organization, user, in)
	return m, err
}

func (s service) SetUserRoles(ctx context.Context, by *org.Actor, user string, in org.Input[org.RolesInput]) (org.User, error) {
	if ok, err := told(by, func() (org.Impact, error) { return s.PreviewUserRoles(ctx, by, user, in) }); ok {
		return org.User{}, err
	}
	u, _, err := s.Service.SetUserRoles(ctx, by, user, in)
	return u, err
}

func (s service) AddMember(ctx context.Context, by *org.Actor, organization, user string) (org.Member, error) {
	m, _, err := s.Service.AddMember(ctx, by, organization, user, org.Given(org.Terms{}))
	return m, err
}

func (s service) RemoveMember(ctx context.Context, by *org.Actor, organization, user string, ifMatch org.Versions) (org.Member, error) {
	if ok, err := told(by, func() (org.Impact, error) { return s.PreviewRemoval(ctx, by, organization, user, ifMatch) }); ok {
		return org.Member{}, err
	}
	m, _, err := s.Service.RemoveMember(ctx, by, organization, user, ifMatch)
	return m, err
}

func (s service) Offboard(ctx context.Context, by *org.Actor, user string, in org.Input[org.Offboarding]) (org.Offboarded, error) {
	done, _, err := s.Service.Offboard(ctx, by, user, in)
	return done, err
}

func (s service) BulkMembers(ctx context.Context, by *org.Actor, organization string, in org.Input[org.Bulk]) (result org.BulkResult, err error) {
	ok, err := told(by, func() (impact org.Impact, err error) {
		result, impact, err = s.PreviewBulk(ctx, by, organization, in)
		return impact, err
	})
	if ok {
		return result, err
	}
	return s.Service.BulkMembers(ctx, by, organization, in)
}

func (s service) PutRole(ctx context.Context, by *org.Actor, scope org.Scope, in org.Input[org.RoleInput]) (org.Role, error) {
	if ok, err := told(by, func() (org.Impact, error) { return s.PreviewRole(ctx, by, scope, in) }); ok {
		return org.Role{}, err
	}
	return s.Service.PutRole(ctx, by, scope, in)
}

func (s service) DeleteRole(ctx context.Context, by *org.Actor, scope org.Scope, name string, ifMatch org.Versions) (org.Role, error) {
	if ok, err := told(by, func() (org.Impact, error) { return s.PreviewRoleDeletion(ctx, by, scope, name, ifMatch) }); ok {
		return org.Role{}, err
	}
	role, _, err := s.Service.DeleteRole(ctx, by, scope, name, ifMatch)
	return role, err
}

func (s service) RestoreRole(ctx context.Context, by *org.Actor, scope org.Scope, name string, in org.Input[org.RestoreRole]) (org.Role, error) {
	if ok, err := told(by, func() (org.Impact, error) { return s.PreviewRestore(ctx, by, scope, name, in) }); ok {
		return org.Role{}, err
	}
	return s.Service.RestoreRole(ctx, by, scope, name, in)
}

// mustBeNew is an input that replaces no role.
func mustBeNew(input org.Input[org.RoleInput]) org.Input[org.RoleInput] {
	in, err := input.Read()
	in.MustCreate = true
	return org.NewInput(in, err)
}

// lastEntry is the id of the newest entry about an account, or about its membership.
func (s *site) lastEntry(tb testing.TB, resourceType, user string) string {
	tb.Helper()
	return s.text(tb, "SELECT id FROM audit_logs WHERE resource_type = ? AND resource_id = ? ORDER BY seq DESC LIMIT 1", resourceType, id(user).String())
}
