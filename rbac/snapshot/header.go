package snapshot

import "time"

// The kinds of documents.
const (
	KindSite         = "site"
	KindOrganization = "organization"
)

// The names of the sections that there are.
const (
	SectionCatalog       = "catalog"
	SectionRoles         = "roles"
	SectionSets          = "sets"
	SectionMembers       = "members"
	SectionEnds          = "ends"
	SectionAliases       = "aliases"
	SectionOrganizations = "organizations"
)

// Header describes a document. The signature covers it, and with it the checksums of the sections.
type Header struct {
	Kind         string          `json:"kind"`
	Issuer       string          `json:"issuer"` // the access URL of the server
	Key          string          `json:"key"`    // the id of the key that signed it
	Organization string          `json:"organization,omitempty"`
	Revision     int64           `json:"revision"` // of the organization, or of the site in its document
	SiteRevision int64           `json:"site_revision"`
	Catalog      HeaderCatalog   `json:"catalog"`
	Position     int64           `json:"position"` // where in the feed to go on
	IssuedAt     time.Time       `json:"issued_at"`
	Counts       Counts          `json:"counts"`
	Sections     []HeaderSection `json:"sections"`
}

// HeaderCatalog names a catalog.
type HeaderCatalog struct {
	Version int64  `json:"version"`
	Hash    string `json:"hash"` // SHA-256 of its canonical form, in hex
}

// Counts says how many entries the sections have.
type Counts struct {
	Members       int `json:"members"`
	Roles         int `json:"roles"`
	Sets          int `json:"sets"`
	Aliases       int `json:"aliases,omitempty"`
	Organizations int `json:"organizations,omitempty"`
}

// HeaderSection describes a section.
type HeaderSection struct {
	Name     string `json:"name"`
	Length   int64  `json:"length"` // in bytes, without the padding
	SHA256   string `json:"sha256"` // in hex
	Critical bool   `json:"critical"`
}
