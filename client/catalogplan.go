package client

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// CatalogVersion is a version of the catalog in a list, without its content.
type CatalogVersion struct {
	Version   int64     `json:"version"`
	SameAs    int64     `json:"same_as,omitempty"` // of a rollback: the version whose content it has
	Product   string    `json:"product"`
	Label     string    `json:"label"`
	Hash      string    `json:"hash"` // SHA-256 of its canonical document, in hexadecimal
	Note      string    `json:"note"`
	AppliedAt time.Time `json:"applied_at"`
	AppliedBy string    `json:"applied_by"` // "" for the one that the program brought
	Renamed   int       `json:"renamed"`    // pairs, against the version before
	Removed   int       `json:"removed"`
	Added     int       `json:"added"`
}

// CatalogPlan is what another version of the catalog would do: to the catalog, to what is stored, and to what people may do.
type CatalogPlan struct {
	From       int64               `json:"from"`
	To         int64               `json:"to"` // the number that the new version would get
	Warnings   []Validation        `json:"warnings"`
	Changes    []CatalogDifference `json:"changes"`
	InUse      []CatalogUse        `json:"in_use"`
	Roles      []CatalogRole       `json:"roles"` // the first 1,000
	RolesTotal int                 `json:"roles_total"`
	Taken      []string            `json:"taken"` // names of custom roles that new built-in ones would have, in words
	People     CatalogPeople       `json:"people"`
	Sets       int                 `json:"sets"` // of holdings that were decided about, each once
}

// CatalogComparison is what differs between two versions.
type CatalogComparison struct {
	From    int64               `json:"from"`
	To      int64               `json:"to"`
	Changes []CatalogDifference `json:"changes"`
}

// CatalogDifference is one thing in which two versions differ. Which fields it has follows from its kind.
type CatalogDifference struct {
	Kind  string `json:"kind"` // "renamed", "removed", "added", "deprecated", "label", "role_changed" …
	What  string `json:"what"` // a pair, a type, an action or a built-in role
	To    string `json:"to,omitempty"`
	From  string `json:"from,omitempty"`
	Use   string `json:"use,omitempty"`   // instead of what is deprecated
	Level string `json:"level,omitempty"` // of what a built-in role gives and takes

	Gives    []string `json:"gives,omitzero"`
	Takes    []string `json:"takes,omitzero"`
	Denies   []string `json:"denies,omitzero"`
	Undenies []string `json:"undenies,omitzero"`
}

// CatalogUse is something that a version removes although it is in use.
type CatalogUse struct {
	What    string       `json:"what"` // as CatalogFile.Retire wants it
	Allows  CatalogUsers `json:"allows"`
	Denies  CatalogUsers `json:"denies"`
	Holders int64        `json:"holders,omitempty"` // of a built-in role that goes

	Organizations int  `json:"organizations,omitempty"` // in which it is held
	Retire        bool `json:"retire"`                  // it was named
}

// CatalogUsers is how much uses something.
type CatalogUsers struct {
	Roles         int `json:"roles"`
	Organizations int `json:"organizations"`
}

// CatalogRole is what a version does to a custom role.
type CatalogRole struct {
	Organization string   `json:"organization"` // "" for a role of the site
	Name         string   `json:"name"`
	Holders      int64    `json:"holders"`
	Renamed      []string `json:"renamed"`
	WrittenOut   []string `json:"written_out"` // what stands beside an action of all types from then on
	Retired      []string `json:"retired"`     // each with its sign
	Revived      []string `json:"revived"`     // by a rollback
}

// CatalogPeople is whose decisions a version changes. Each person counts once for each organization.
type CatalogPeople struct {
	Members   int64         `json:"members"`
	Affected  int64         `json:"affected"`
	Gaining   int64         `json:"gaining"`
	Losing    int64         `json:"losing"`
	Suspended int64         `json:"suspended"` // would be affected, and can use nothing now
	Lines     []CatalogLine `json:"lines"`
}

// CatalogLine is a permission that people gain or lose.
type CatalogLine struct {
	Permission string   `json:"permission"`
	Phrase     string   `json:"phrase"`
	Level      string   `json:"level"`
	Own        bool     `json:"own"` // on their own objects only
	Gain       bool     `json:"gain"`
	People     int64    `json:"people"`
	Sample     []string `json:"sample"`
}

// CatalogPerson is one person's part of a plan in one organization, or on the site.
type CatalogPerson struct {
	Organization string   `json:"organization"` // "" on the site
	Username     string   `json:"username"`
	Name         string   `json:"name"`
	Gains        []string `json:"gains"`
	Losses       []string `json:"losses"`
}

// CatalogFile is a catalog in YAML or JSON, and how to apply it.
type CatalogFile struct {
	Data    []byte
	Retire  []string // what may go although it is in use: "invoice:pay", "*:pay", "role:NAME"
	Replace bool     // the catalog of another product may take the place of the stored one
	Note    string
}

// CatalogRollback asks for the content of an earlier version.
type CatalogRollback struct {
	Version int64
	Retire  []string
	Note    string
}

// CatalogApplied is the result of a change of the catalog.
type CatalogApplied struct {
	Version   int64 `json:"version"`             // in force now
	Unchanged bool  `json:"unchanged,omitempty"` // it was the stored one already, and nothing was written
}

// CatalogVersions lists the versions of the catalog, newest first.
func (c *Client) CatalogVersions(ctx context.Context, opts ...Option) ([]CatalogVersion, error) {
	return fetch[[]CatalogVersion](ctx, c, get("catalog", "versions"), opts...)
}

// CatalogAt returns a version of the catalog.
func (c *Client) CatalogAt(ctx context.Context, version int64, opts ...Option) (Catalog, error) {
	return fetch[Catalog](ctx, c, get("catalog", "versions", strconv.FormatInt(version, 10)), opts...)
}

// CompareCatalogs returns what differs between two versions.
func (c *Client) CompareCatalogs(ctx context.Context, from, to int64) (CatalogComparison, error) {
	q := url.Values{"from": {strconv.FormatInt(from, 10)}, "to": {strconv.FormatInt(to, 10)}}
	return fetch[CatalogComparison](ctx, c, get("catalog", "compare").with(q))
}

// PutCatalog applies a catalog. [IfMatch] with the version that it was planned from is needed.
func (c *Client) PutCatalog(ctx context.Context, f CatalogFile, opts ...Option) (CatalogApplied, error) {
	return fetch[CatalogApplied](ctx, c, f.call(), opts...)
}

// PreviewCatalog is the dry run of PutCatalog.
func (c *Client) PreviewCatalog(ctx context.Context, f CatalogFile, opts ...Option) (CatalogPlan, error) {
	return fetch[CatalogPlan](ctx, c, f.call().dryRun(), opts...)
}

// EachCatalogPerson yields everyone who would gain or lose something through PutCatalog, row by row.
func (c *Client) EachCatalogPerson(ctx context.Context, f CatalogFile) iter.Seq2[CatalogPerson, error] {
	return func(yield func(CatalogPerson, error) bool) {
		call := f.call().dryRun()
		call.set("Accept", typeNDJSON)
		res, err := c.open(ctx, call)
		if err != nil {
			yield(CatalogPerson{}, err)
			return
		}
		defer res.Body.Close()
		for d := decoder(res.Body); ; {
			var line struct {
				CatalogPerson
				Role     *CatalogRole `json:"role"`     // the first lines tell of custom roles
				Complete bool         `json:"complete"` // the last line, without which the list is cut off
			}
			if err := c.decode(d, &line); err != nil {
				yield(CatalogPerson{}, fmt.Errorf("the list is not whole: %w", err))
				return
			}
			if line.Complete || line.Role == nil && !yield(line.CatalogPerson, nil) {
				return
			}
		}
	}
}

// RollbackCatalog makes a new version with the content of an earlier one. [IfMatch] with the version in force is needed.
func (c *Client) RollbackCatalog(ctx context.Context, r CatalogRollback, opts ...Option) (CatalogApplied, error) {
	return fetch[CatalogApplied](ctx, c, r.call(), opts...)
}

// PreviewRollbackCatalog is the dry run of RollbackCatalog.
func (c *Client) PreviewRollbackCatalog(ctx context.Context, r CatalogRollback, opts ...Option) (CatalogPlan, error) {
	return fetch[CatalogPlan](ctx, c, r.call().dryRun(), opts...)
}

// CatalogSchema returns the JSON Schema of catalog files.
func (c *Client) CatalogSchema(ctx context.Context) (json.RawMessage, error) {
	return fetch[json.RawMessage](ctx, c, get("catalog.schema.json"))
}

const typeNDJSON = "application/x-ndjson"

func (f CatalogFile) call() call {
	q := url.Values{"retire": f.Retire}
	if f.Replace {
		q.Set("replace", "1")
	}
	if f.Note != "" {
		q.Set("note", f.Note)
	}
	r := call{method: http.MethodPut, path: []string{"catalog"}, raw: f.Data}
	r.set("Content-Type", "application/yaml") // JSON is YAML
	return r.with(q)
}

func (r CatalogRollback) call() call {
	body := map[string]any{"version": r.Version, "note": r.Note}
	return send(http.MethodPost, body, "catalog", "rollback").with(url.Values{"retire": r.Retire})
}
