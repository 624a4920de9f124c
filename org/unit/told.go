package unit

import (
	"context"
	"reflect"
	"regexp"
	"runtime"
	"strings"
)

// Begin is called when a unit begins, with its kind (read, write or try) and the use case that it runs. It returns the context
// of the unit, and a function to be called with the unit's error when it has ended.
type Begin func(ctx context.Context, kind, useCase string) (of context.Context, end func(error))

// told begins a unit that runs fn.
func (s *Units) told(ctx context.Context, kind string, fn any) (of context.Context, end func(error)) {
	if s.begin == nil {
		return ctx, func(error) {}
	}
	return s.begin(ctx, kind, nameOf(fn))
}

// inName matches what the compiler adds to the name of a function: its receiver, an enclosing function, and marks of generic
// functions and bound methods.
var inName = regexp.MustCompile(`\(\*\w+\)\.|\[\.\.\.\]|-fm$|(\.(func|gowrap)?\d+)+$`)

// nameOf returns the name of a function as the code writes it, such as tenant.planMemberRoles; a closure gets the name of the
// function around it.
func nameOf(fn any) string {
	f := runtime.FuncForPC(reflect.ValueOf(fn).Pointer())
	if f == nil {
		return "?"
	}
	return inName.ReplaceAllString(f.Name()[strings.LastIndexByte(f.Name(), '/')+1:], "")
}
