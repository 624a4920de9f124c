package views

import (
	"strings"

	"rolecall.example/org"
)

// pageWords maps texts that clients of the API depend on to texts for people (docs/words.md).
var pageWords = map[string]string{
	"Route not found.":                           "This page does not exist.",
	"Query parameters have invalid values.":      "This link is not valid.",
	"Failed to create API key.":                  "The token was not created.",
	"Failed to validate create API key request.": "The token was not created. Check the fields below.",
	"Failed to update role permissions":          "The role was not saved. Check the permissions below.",
	"must be alphanumeric with hyphens":          "Use letters, digits and single hyphens.",
	"must be >= 1 character":                     "Enter a name.",
	"No organization specified to place the user as a member of. It is required to specify at least one organization id to place the user in.": "Choose at least one organization.",
}

// Plainly returns a failure in the words of pages. The failure itself is not changed: JSON has the words that clients
// know.
func Plainly(e *org.Error) *org.Error {
	with := *e
	if name, taken := takenRole(e); taken {
		with.Message, with.Detail = "A role named “"+name+"” already exists.", ""
	} else if plain := pageWords[e.Message]; plain != "" {
		with.Message = plain
	}
	with.Fields = make([]org.Field, len(e.Fields))
	for i, f := range e.Fields {
		if plain := pageWords[f.Detail]; plain != "" {
			f.Detail = plain
		}
		with.Fields[i] = f
	}
	return &with
}

// takenRole returns the name of the role that already exists, if that is what failed.
func takenRole(e *org.Error) (name string, taken bool) {
	name, taken = strings.CutPrefix(e.Detail, `a role with the name "`)
	if !taken {
		return "", false
	}
	return strings.CutSuffix(name, `" already exists`)
}
