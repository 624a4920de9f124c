package unit

import (
	"context"
	"reflect"
	"regexp"
	"runtime"
	"strings"
)

// Begin is told that a unit begins, of what kind it is (read, write or try), and which use case it runs. What it returns is
// the context of the unit, and what is to be called when the unit has ended, with its error.
type Begin func(ctx context.Context, kind, useCase string) (of context.Context, end func(error))

// told begins a unit that runs fn.
func (s *Units) told(ctx context.Context, kind string, fn any) (of context.Context, end func(error)) {
	if s.begin == nil {
		return ctx, func(error) {}
	}
	return s.begin(ctx, kind, nameOf(fn))
}

// inName is what the compiler adds to the name of a function: its receiver, where it is written in another one, that it is
// generic, or bound to a value.
var inName = regexp.MustCompile(`\(\*\w+\)\.|\[\.\.\.\]|-fm$|(\.(func|gowrap)?\d+)+$`)

// nameOf is a function as the code calls it, such as tenant.planMemberRoles; one without a name goes by that around it.
func nameOf(fn any) string {
	f := runtime.FuncForPC(reflect.ValueOf(fn).Pointer())
	if f == nil {
		return "?"
	}
	return inName.ReplaceAllString(f.Name()[strings.LastIndexByte(f.Name(), '/')+1:], "")
}
