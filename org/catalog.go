package org

import (
	"time"

	"rolecall.example/rbac"
)

// CatalogVersion is a catalog as it was stored: what can be allowed, from one moment until the next version.
type CatalogVersion struct {
	Number    int64
	SameAs    int64 // of a rollback: the version whose content it has; else 0
	Product   string
	Label     string
	Hash      [32]byte // of its canonical document
	Steps     rbac.Steps
	Note      string
	AppliedAt time.Time
	AppliedBy string // username, "" for the one that the program brought

	// Not in lists.
	Catalog *rbac.Catalog
	Source  string // as it was sent, comments and all
}

// CatalogChange asks for another catalog, or what would come of it.
type CatalogChange struct {
	Document *rbac.Document // complete, without the numbers of pairs
	Source   string         // the text that it was read from
	Retire   []string       // what may go although it is in use: "invoice:pay", "*:pay", "role:NAME"
	Replace  bool           // the catalog of another product may take the place of the stored one
	Note     string
	IfMatch  Versions // of the version in force, from which the change may begin; nil only in a dry run
	DryRun   bool
}

// CatalogRollback asks for the content of an earlier version.
type CatalogRollback struct {
	Version int64
	Retire  []string
	Note    string
	IfMatch Versions
	DryRun  bool
}

// CatalogOutcome is what came of a change of the catalog, or what would come of it.
type CatalogOutcome struct {
	Version   int64 // in force afterwards
	Unchanged bool  // the document is the stored one, and nothing was written
	Plan      CatalogPlan
}

// CatalogInUseError is a Conflict of a change with what is stored: without saying so, it would take away what is in use or
// install another product's catalog; or a custom role has the name of a new built-in one. It contains the plan.
type CatalogInUseError struct {
	Refusal *Error
	Plan    CatalogPlan
}

// Error returns the message of the refusal.
func (e *CatalogInUseError) Error() string { return e.Refusal.Error() }

// Unwrap returns the refusal.
func (e *CatalogInUseError) Unwrap() error { return e.Refusal }

// ErrCatalogMoved means that another catalog came into force between two reads outside a snapshot. The reader must start
// again: no answer may mix two versions.
var ErrCatalogMoved = &Error{Kind: Unavailable, Message: "The catalog was changed while this was read.", Detail: "Try again."}
