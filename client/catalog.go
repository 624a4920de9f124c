package client

import (
	"context"
	"encoding/json"
	"time"
)

// Catalog is what can be permitted, and the built-in roles. Grid, Roles and the fields after them are as in the file.
type Catalog struct {
	Version   int64     `json:"version"`           // the server counts them
	SameAs    int64     `json:"same_as,omitempty"` // of a rollback: the version whose content it has
	Hash      string    `json:"hash"`              // SHA-256 of the canonical document, in hexadecimal
	AppliedAt time.Time `json:"applied_at"`
	AppliedBy string    `json:"applied_by"` // "" for the one that the program brought

	Format   string          `json:"format"`
	Product  string          `json:"product"`
	Label    string          `json:"label"`
	Edition  string          `json:"edition,omitempty"` // what the file calls its version
	Types    []CatalogType   `json:"types"`
	Areas    []CatalogArea   `json:"areas"`
	Actions  []SharedAction  `json:"actions"`
	Reserved []string        `json:"reserved"` // names that no custom role may have, in any case
	BuiltIns []BuiltInRole   `json:"built_in_roles"`
	Grid     json.RawMessage `json:"grid"`
	Roles    json.RawMessage `json:"roles"`
	Samples  json.RawMessage `json:"samples,omitempty"`
	AuthZEN  json.RawMessage `json:"authzen,omitempty"`
	Numbers  int             `json:"numbers"` // of pairs that were ever given
}

// SharedAction is what the actions of one name have in common in all types.
type SharedAction struct {
	Name        string   `json:"name"`
	Label       string   `json:"label"`
	Description string   `json:"description,omitempty"`
	RenamedFrom []string `json:"renamed_from,omitempty"`
}

// CatalogType is a type of object, with its actions.
type CatalogType struct {
	Name        string          `json:"name"`
	Label       string          `json:"label"`
	Plural      string          `json:"plural"`
	Area        string          `json:"area"`
	Description string          `json:"description,omitempty"`
	Risk        string          `json:"risk,omitempty"`
	Parent      string          `json:"parent"`    // "organization" or "site"
	SiteOnly    bool            `json:"site_only"` // no object of it belongs to an organization
	Owned       bool            `json:"owned"`     // objects of it may belong to one person
	Lookup      bool            `json:"lookup"`    // a check may name one by its id
	RenamedFrom []string        `json:"renamed_from,omitempty"`
	Actions     []CatalogAction `json:"actions"`
}

// CatalogAction is an action of a type.
type CatalogAction struct {
	Name        string `json:"name"`
	Label       string `json:"label"`
	Number      int    `json:"number"` // of the pair, which it keeps for life
	Description string `json:"description"`
	Phrase      string `json:"phrase"` // what it lets people do, for sentences: "change users"
	Risk        string `json:"risk"`   // a warning about who is allowed it, or ""

	RenamedFrom []string           `json:"renamed_from,omitempty"`
	Deprecated  *CatalogDeprecated `json:"deprecated,omitempty"`
}

// CatalogDeprecated says what to use instead of an action, and why.
type CatalogDeprecated struct {
	Use  string `json:"use,omitempty"`
	Note string `json:"note,omitempty"`
}

// CatalogArea is a group of types, for people.
type CatalogArea struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// BuiltInRole is a role that comes with the catalog.
type BuiltInRole struct {
	Name         string       `json:"name"`
	DisplayName  string       `json:"display_name"`
	Scope        string       `json:"scope"`   // "site" or "organization"
	Implied      bool         `json:"implied"` // everyone there holds it, and no one gives or takes it
	Site         []Permission `json:"site_permissions"`
	Organization []Permission `json:"organization_permissions"`
	User         []Permission `json:"user_permissions"`
}

// Catalog returns what can be permitted on the server.
func (c *Client) Catalog(ctx context.Context, opts ...Option) (Catalog, error) {
	return fetch[Catalog](ctx, c, get("catalog"), opts...)
}
