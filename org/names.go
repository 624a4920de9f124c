package org

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Names of users, organizations and roles: letters, digits and single hyphens between them.
var nameRule = regexp.MustCompile(`^[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*$`)

// MaxName is the most characters that such a name may have.
const MaxName = 32

// MaxDisplayName is the most characters that the display name of a role may have.
const MaxDisplayName = 64

const maxAvatarURL = 2048

// ReservedUsernames are words that paths have where a username may be.
var ReservedUsernames = []string{
	"me", "new", "create", "roles", "first", "login", "logout",
	"authmethods", "validate-password", "oidc-claims", "oauth2", "oidc", "otp", "selection",
}

// ReservedTokenNames are words that paths have where the name of a token may be.
var ReservedTokenNames = []string{"tokenconfig"}

// NameProblem says what is wrong with a name, "" if nothing is.
func NameProblem(name string) string {
	switch {
	case name == "":
		return "must be >= 1 character"
	case len(name) > MaxName:
		return fmt.Sprintf("must be <= %d characters", MaxName)
	case name == "new" || name == "create":
		return fmt.Sprintf("cannot use %q as a name", name)
	case !nameRule.MatchString(name):
		return "must be alphanumeric with hyphens"
	}
	return ""
}

// AddressProblem is NameProblem for names that share a place in paths with uuids and fixed words.
func AddressProblem(name string, reserved []string) string {
	if p := NameProblem(name); p != "" {
		return p
	}
	if slices.Contains(reserved, FoldCase(name)) {
		return fmt.Sprintf("cannot use %q as a name", name)
	}
	if _, err := uuid.Parse(name); err == nil {
		return "must not look like a uuid"
	}
	return ""
}

// TextProblem checks a text that people read: at most limit characters, no space around it, no control characters.
func TextProblem(s string, limit int) string {
	switch {
	case utf8.RuneCountInString(s) > limit:
		return fmt.Sprintf("must be <= %d characters", limit)
	case strings.TrimSpace(s) != s:
		return "must not start or end with a space"
	case strings.ContainsFunc(s, unicode.IsControl):
		return "must not contain control characters"
	}
	return ""
}

// AvatarProblem checks the address of a picture, which this server stores and never fetches.
func AvatarProblem(s string) string {
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(s) > maxAvatarURL {
		return fmt.Sprintf("must be empty or an https URL of at most %d characters", maxAvatarURL)
	}
	return ""
}

// EmailProblem says what is wrong with an e-mail address, "" if nothing is.
func EmailProblem(s string) string {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 {
		return "must be a valid e-mail address"
	}
	return ""
}

// TaggedField returns a validation entry in the form that Coder's clients know.
func TaggedField(field, tag, value string) Field {
	return Field{Field: field, Detail: fmt.Sprintf("Validation failed for tag %q with value: %q", tag, value)}
}

// FieldErrors collects everything that is wrong with a request, for one answer.
type FieldErrors []Field

// Add adds a problem with a field, unless detail is empty.
func (p *FieldErrors) Add(field, detail string) {
	if detail != "" {
		*p = append(*p, Field{Field: field, Detail: detail})
	}
}

// Err returns the problems as one error, nil if there are none.
func (p FieldErrors) Err(message string) error {
	if len(p) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Message: message, Fields: p}
}

// FieldsOf returns the fields of err if it is Invalid, else nil.
func FieldsOf(err error) FieldErrors {
	if e, ok := errors.AsType[*Error](err); ok && e.Kind == Invalid {
		return e.Fields
	}
	return nil
}

// WithFields returns err with more problems, so that one answer has everything that is wrong with an input. It leaves out
// fields that err already names. If err is nil, it returns the problems alone.
func WithFields(err error, more FieldErrors) error {
	if err == nil {
		return more.Err("Validation failed.")
	}
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Kind != Invalid {
		return err
	}
	name := func(f Field) string {
		bare, _, _ := strings.Cut(f.Field, "[")
		return bare
	}
	with := *e
	with.Fields = slices.Clone(e.Fields)
	for _, f := range more {
		if !slices.ContainsFunc(e.Fields, func(told Field) bool { return name(told) == name(f) }) {
			with.Fields = append(with.Fields, f)
		}
	}
	return &with
}

// FoldCase returns the form in which names are compared and searched.
func FoldCase(s string) string { return strings.ToLower(s) }
