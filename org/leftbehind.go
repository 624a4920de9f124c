package org

import (
	"time"

	"github.com/google/uuid"
)

// LeftKind is a kind of thing that stays when its maker leaves.
type LeftKind string

const (
	LeftRole           LeftKind = "role"
	LeftServiceAccount LeftKind = "service_account"
	LeftToken          LeftKind = "token" // of another account
	LeftDirectory      LeftKind = "directory"
	LeftDirectoryToken LeftKind = "directory_token"
	LeftSyncRules      LeftKind = "sync_rules"
	LeftInvitation     LeftKind = "invitation"
	LeftPasswordLink   LeftKind = "password_link"
	LeftPassword       LeftKind = "password" // of another account, which has not changed it since
)

// Stops reports whether such a thing has no effect while its maker is suspended: it depends on the rights of the maker.
func (k LeftKind) Stops() bool { return k == LeftInvitation || k == LeftPasswordLink }

// LeftBehind is something that an account made and that stays when the account goes.
type LeftBehind struct {
	Kind         LeftKind
	ID           string       // of the account, where it is a password of one
	Name         string       // of a role, a token, a directory; the provider of rules; the address that was invited
	DisplayName  string       // what people call a role or an account, "" if it has no other name
	User         string       // whose it is, by username
	Organization Organization // the zero one: it is of the site, or the account's
	Rules        SyncKind     // what rules decide about
	Ends         time.Time    // zero: never
}

// Label returns what people call it.
func (l *LeftBehind) Label() string { return labelOr(l.DisplayName, l.Name) }

// OfOrganization reports whether it belongs to an organization.
func (l *LeftBehind) OfOrganization() bool { return l.Organization.ID != uuid.Nil }
