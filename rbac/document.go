package rbac

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Format is the format of the catalogs that this package reads.
const Format = "rolecall/catalog/1"

// Document is a catalog as data: the resource types, actions and built-in roles of one product. Lists are in display
// order. [Document.Complete] fills in what a file may leave out, [Succeed] assigns numbers to the pairs, [New] makes a
// catalog for decisions. Once complete, a document must not be changed.
type Document struct {
	Format  string `json:"format"`
	Product string `json:"product"`
	Label   string `json:"label"`
	Version string `json:"version,omitempty"` // free text; whoever stores catalogs numbers the versions

	Areas   []DocumentArea   `json:"areas,omitempty"`
	Actions []DocumentAction `json:"actions"`
	Grid    Grid             `json:"grid"`
	Types   []DocumentType   `json:"types"`
	Roles   []DocumentRole   `json:"roles"`

	Reserved []string         `json:"reserved,omitempty"` // names that no custom role may have, in addition to those always reserved
	Samples  []DocumentSample `json:"samples,omitempty"`
	AuthZEN  *AuthZEN         `json:"authzen,omitempty"`

	// Numbers is how many numbers have been assigned to pairs, in this version and those before it; 0 means that no pair of
	// this document has one yet. A number below it that no pair has is retired.
	Numbers      int      `json:"numbers,omitempty"`
	RetiredRoles []string `json:"retired_roles,omitempty"` // removed built-in roles; their names stay taken

	sound bool // complete and checked: from here on only the numbers change
}

// DocumentArea is a group of types, for display.
type DocumentArea struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// DocumentAction is what types share about an action of that name.
type DocumentAction struct {
	Name        string   `json:"name"`
	Label       string   `json:"label"`
	Description string   `json:"description,omitempty"` // of the action on every type
	RenamedFrom []string `json:"renamed_from,omitempty"`
}

// DocumentType describes a resource type.
type DocumentType struct {
	Name        string               `json:"name"`
	Label       string               `json:"label"`
	Plural      string               `json:"plural"`
	Area        string               `json:"area"`
	Description string               `json:"description,omitempty"`
	Risk        string               `json:"risk,omitempty"` // of every action without one of its own
	Parent      string               `json:"parent"`         // "organization" or "site"
	Owned       bool                 `json:"owned"`          // things of this type may belong to one person
	Lookup      bool                 `json:"lookup"`         // a check may name a single thing of this type
	RenamedFrom []string             `json:"renamed_from,omitempty"`
	Actions     []DocumentTypeAction `json:"actions"`
}

// DocumentTypeAction is an action of a type.
type DocumentTypeAction struct {
	Name        string      `json:"name"`
	Number      int         `json:"number"` // of the pair; see Document.Numbers
	Description string      `json:"description,omitempty"`
	Phrase      string      `json:"phrase"` // after "can": "void invoices"
	Risk        string      `json:"risk,omitempty"`
	RenamedFrom []string    `json:"renamed_from,omitempty"`
	Deprecated  *Deprecated `json:"deprecated,omitempty"`
}

// Deprecated says what to use instead of an action, and why; both may be empty.
type Deprecated struct {
	Use  string `json:"use,omitempty"` // an action of the same type
	Note string `json:"note,omitempty"`
}

// DocumentRole is a built-in role. Permissions are in the form of [Permission.String]; until the document is complete, one
// entry may name several actions: "invoice:read,update".
type DocumentRole struct {
	Name         string   `json:"name"`
	Label        string   `json:"label"`
	Description  string   `json:"description,omitempty"`
	Scope        string   `json:"scope"` // "site" or "organization"
	Site         []string `json:"site,omitempty"`
	Organization []string `json:"organization,omitempty"`
	User         []string `json:"user,omitempty"`
	Assigns      []string `json:"assigns,omitempty"` // roles that holders may give and take; "*" means all of the same scope or below
}

// DocumentSample is an example of a custom role of an organization to start from.
type DocumentSample struct {
	Name         string   `json:"name"`
	Label        string   `json:"label"`
	Organization []string `json:"organization"`
}

// Grid says what the grid of permissions shows: the actions that have a column, and the settings for a whole row.
type Grid struct {
	Columns []string `json:"columns,omitempty"`
	Presets []Preset `json:"presets,omitempty"`
}

// Preset allows some actions of a type and no others.
type Preset struct {
	ID      string   `json:"id"`
	Label   string   `json:"label"`
	Actions []string `json:"actions"`
}

// AuthZEN says how questions of the AuthZEN API become questions of this catalog.
type AuthZEN struct {
	DefaultOrganization string                     `json:"default_organization,omitempty"`
	Rewrite             []AuthZENRewrite           `json:"rewrite,omitempty"`
	Instances           map[string][]AuthZENObject `json:"instances,omitempty"` // by type
}

// AuthZENRewrite replaces an action of a type if all conditions hold. Keys are "resource.NAME" and "action.NAME"; values
// are strings, float64 numbers or booleans.
type AuthZENRewrite struct {
	Type   string         `json:"type"`
	Action string         `json:"action"`
	When   map[string]any `json:"when,omitempty"`
	To     string         `json:"to"`
}

// AuthZENObject is a thing that the catalog itself lists.
type AuthZENObject struct {
	ID         string         `json:"id"`
	Properties map[string]any `json:"properties,omitempty"`
}

// Problem is something wrong in a document. Path is like "types.invoice.actions.void" or "roles.clerk.site[2]": member names
// and, in lists, the index of the entry. Line and Column are 0 unless the document came from a file.
type Problem struct {
	Path         string
	Line, Column int
	Text         string
}

// String returns the path and the text.
func (p Problem) String() string {
	if p.Path == "" {
		return p.Text
	}
	return p.Path + ": " + p.Text
}

// Bytes returns the canonical form, which is JSON. Complete documents are equal if their bytes are.
func (d *Document) Bytes() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(d); err != nil { // a value in AuthZEN that is not JSON: the file reader makes none
		panic(fmt.Sprintf("rbac: a document that is no data: %v", err))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Hash returns the SHA-256 of the canonical form, which identifies the catalog.
func (d *Document) Hash() [32]byte { return sha256.Sum256(d.Bytes()) }

// ParseDocument reads the canonical form. It refuses unknown fields and anything after the document; [New] checks the rest.
func ParseDocument(canonical []byte) (*Document, error) {
	dec := json.NewDecoder(bytes.NewReader(canonical))
	dec.DisallowUnknownFields()
	d := &Document{}
	if err := dec.Decode(d); err != nil {
		return nil, fmt.Errorf("rbac: catalog: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("rbac: catalog: something follows the document")
	}
	return d, nil
}
