package org

import (
	"rolecall.example/rbac"
)

// Input is what a request asks a use case for. It is decoded before the use case begins, so that neither a slow client nor
// a long body holds up other writes: it holds a value, or the reason why there is none. A use case calls Read after its
// checks of rights, so that a caller who may not write learns nothing from how its body is received.
type Input[T any] struct {
	value T
	err   error
}

// NewInput makes the input of a use case from what decoding gave.
func NewInput[T any](value T, err error) Input[T] { return Input[T]{value, err} }

// Given returns the input of a use case from a value that needs no decoding.
func Given[T any](value T) Input[T] { return Input[T]{value: value} }

// Read returns the value, or why it could not be decoded.
func (in Input[T]) Read() (T, error) { return in.value, in.err }

// Over applies the cells of a partial input to the stored role, nil if there is none, and returns the input for the whole
// role. If the input is not partial, only a description that was not sent is taken from the stored role: clients that don't
// know descriptions must not delete them.
func (in RoleInput) Over(stored *Role) RoleInput {
	if in.Description == nil {
		var kept Role
		if stored != nil {
			kept = *stored
		}
		in.Description = &kept.Description
	}
	if !in.Partial {
		return in
	}
	var before rbac.Role
	if stored != nil {
		before = rbac.Role{Site: stored.Site, Organization: stored.Organization, User: stored.User}
		if in.KeepDisplayName {
			in.DisplayName = stored.DisplayName
		}
	}
	after := before.Apply(in.Cells)
	in.Partial, in.Cells, in.KeepDisplayName = false, nil, false
	in.Site, in.Organization, in.User = after.Site, after.Organization, after.User
	return in
}
