package scim

import (
	"strings"

	"rolecall.example/org"
)

// The codes of failures, as RFC 7644 lists them for scimType.
const (
	InvalidFilter = "invalidFilter"
	InvalidPath   = "invalidPath"
	InvalidSyntax = "invalidSyntax"
	InvalidValue  = "invalidValue"
	Mutability    = "mutability"
	NoTarget      = "noTarget"
	Uniqueness    = "uniqueness"
)

// Refuse returns the error for a request that is itself wrong.
func Refuse(code, message string) *org.Error {
	return &org.Error{Kind: org.Invalid, Code: code, Message: message}
}

// Taken returns the error for an attribute whose value another resource of the directory has.
func Taken(attribute string) *org.Error {
	return &org.Error{Kind: org.Conflict, Code: Uniqueness, Message: "Another resource has this " + attribute + "."}
}

// ErrNotFound returns the error for an id that the directory does not have. It does not tell an id of another directory from
// one that does not exist, which would tell one company about another.
func ErrNotFound(t Type, id string) *org.Error {
	return &org.Error{Kind: org.NotFound, Message: "There is no " + strings.ToLower(t.String()) + " \"" + id + "\" in this directory."}
}

// problems collects what is wrong with a document, so that one answer reports all of it. Those who set up a directory see only
// the first answer: the next request comes forty minutes later.
type problems []string

func (p *problems) add(text string) { *p = append(*p, text) }

func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return Refuse(InvalidValue, strings.Join(p, " "))
}
