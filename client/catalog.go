package client

import "context"

// Catalog is what can be permitted, and the built-in roles.
type Catalog struct {
	Version  int           `json:"version"`
	Types    []CatalogType `json:"types"`
	Areas    []CatalogArea `json:"areas"`
	Reserved []string      `json:"reserved"` // names that no custom role may have, in any case
	BuiltIns []BuiltInRole `json:"built_in_roles"`
}

// CatalogType is a type of object, with its actions.
type CatalogType struct {
	Name     string          `json:"name"`
	Label    string          `json:"label"`
	Area     string          `json:"area"`
	SiteOnly bool            `json:"site_only"` // no object of it belongs to an organization
	Actions  []CatalogAction `json:"actions"`
}

// CatalogAction is an action of a type.
type CatalogAction struct {
	Name        string `json:"name"`
	Label       string `json:"label"`
	Description string `json:"description"`
	Phrase      string `json:"phrase"` // what it lets people do, for sentences: "change users"
	Risk        string `json:"risk"`   // a warning about who is allowed it, or ""
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
