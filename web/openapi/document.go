// Package openapi reads the document of every route, openapi.json, and derives from it the document for programs: only
// the operations of the API, only JSON, and the style of answers that is in force. Everything is written once, in
// openapi.json; what generators of clients need in addition is filled in here.
//
// The types have the keywords that openapi.json uses. Any other keyword is an error, so that none gets lost.
package openapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// Document is an OpenAPI document.
type Document struct {
	OpenAPI    string                `json:"openapi"`
	Info       Info                  `json:"info"`
	Servers    []Server              `json:"servers"`
	Security   []map[string][]string `json:"security"`
	Tags       []Tag                 `json:"tags"`
	Paths      Map[*PathItem]        `json:"paths"`
	Components Components            `json:"components"`
}

// Info is the head of a document.
type Info struct {
	Title       string            `json:"title"`
	Summary     string            `json:"summary,omitempty"` // not before OpenAPI 3.1
	Version     string            `json:"version"`
	Description string            `json:"description"`
	Contact     map[string]string `json:"contact,omitempty"`
	License     map[string]string `json:"license"`
}

// Server is an address below which the paths are.
type Server struct {
	URL string `json:"url"`
}

// Tag is a group of operations.
type Tag struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// Components are the parts that other parts refer to.
type Components struct {
	Examples        Map[json.RawMessage] `json:"x-examples,omitempty"` // of properties and parameters by their names
	SecuritySchemes Map[*SecurityScheme] `json:"securitySchemes,omitempty"`
	Parameters      Map[*Parameter]      `json:"parameters,omitempty"`
	Headers         Map[*Header]         `json:"headers,omitempty"`
	Responses       Map[*Response]       `json:"responses,omitempty"`
	Schemas         Map[*Schema]         `json:"schemas,omitempty"`
}

// SecurityScheme is a way to authenticate.
type SecurityScheme struct {
	Type        string `json:"type"`
	In          string `json:"in,omitempty"`
	Name        string `json:"name,omitempty"`
	Scheme      string `json:"scheme,omitempty"`
	Description string `json:"description,omitempty"`
}

// PathItem is a path with an operation for each of its methods.
type PathItem struct {
	Servers    []Server     `json:"servers,omitempty"`
	Parameters []*Parameter `json:"parameters,omitempty"`
	Get        *Operation   `json:"get,omitempty"`
	Post       *Operation   `json:"post,omitempty"`
	Put        *Operation   `json:"put,omitempty"`
	Patch      *Operation   `json:"patch,omitempty"`
	Delete     *Operation   `json:"delete,omitempty"`
}

// Operations returns the operations by method, in the order of reading.
func (p *PathItem) Operations() Map[*Operation] {
	all := Map[*Operation]{
		{http.MethodGet, p.Get}, {http.MethodPost, p.Post}, {http.MethodPut, p.Put}, {http.MethodPatch, p.Patch}, {http.MethodDelete, p.Delete},
	}
	there := all[:0]
	for _, e := range all {
		if e.Value != nil {
			there = append(there, e)
		}
	}
	return there
}

// Operation is a method of a path.
type Operation struct {
	OperationID string                 `json:"operationId"`
	Tags        []string               `json:"tags"`
	Summary     string                 `json:"summary"`
	Description string                 `json:"description,omitempty"`
	WhoMay      string                 `json:"x-who-may,omitempty"` // which rights it needs
	Security    *[]map[string][]string `json:"security,omitempty"`  // not nil but empty: answers strangers
	Parameters  []*Parameter           `json:"parameters,omitempty"`
	RequestBody *Body                  `json:"requestBody,omitempty"`
	Responses   Map[*Response]         `json:"responses"`
}

// Public reports whether the operation answers callers that are not signed in.
func (o *Operation) Public() bool { return o.Security != nil && len(*o.Security) == 0 }

// Parameter is a part of a path or a query, or a header of a request.
type Parameter struct {
	Ref         string          `json:"$ref,omitempty"`
	Name        string          `json:"name,omitempty"`
	In          string          `json:"in,omitempty"`
	Required    bool            `json:"required,omitempty"`
	Deprecated  bool            `json:"deprecated,omitempty"`
	Description string          `json:"description,omitempty"`
	Style       string          `json:"style,omitempty"`
	Explode     *bool           `json:"explode,omitempty"`
	Schema      *Schema         `json:"schema,omitempty"`
	Example     json.RawMessage `json:"example,omitempty"`
}

// Body is the body of a request.
type Body struct {
	Description string      `json:"description,omitempty"`
	Required    bool        `json:"required,omitempty"`
	Content     Map[*Media] `json:"content"`
}

// Media is a body of one media type.
type Media struct {
	Schema  *Schema         `json:"schema,omitempty"`
	Example json.RawMessage `json:"example,omitempty"`
}

// Response is the answer with some status.
type Response struct {
	Ref         string       `json:"$ref,omitempty"`
	Style       string       `json:"x-style,omitempty"` // the one style of answers that has it
	Description string       `json:"description,omitempty"`
	Headers     Map[*Header] `json:"headers,omitempty"`
	Content     Map[*Media]  `json:"content,omitempty"`
}

// Header is a header of an answer.
type Header struct {
	Ref         string          `json:"$ref,omitempty"`
	Description string          `json:"description,omitempty"`
	Required    bool            `json:"required,omitempty"`
	Schema      *Schema         `json:"schema,omitempty"`
	Example     json.RawMessage `json:"example,omitempty"`
}

// Schema describes a value.
type Schema struct {
	Ref           string            `json:"$ref,omitempty"`
	Title         string            `json:"title,omitempty"`
	Type          Types             `json:"type,omitempty"`
	Nullable      bool              `json:"nullable,omitempty"` // not after OpenAPI 3.0
	Format        string            `json:"format,omitempty"`
	Description   string            `json:"description,omitempty"`
	Deprecated    bool              `json:"deprecated,omitempty"`
	Const         json.RawMessage   `json:"const,omitempty"` // not before OpenAPI 3.1
	Enum          []json.RawMessage `json:"enum,omitempty"`
	Default       json.RawMessage   `json:"default,omitempty"`
	Pattern       string            `json:"pattern,omitempty"`
	MinLength     *int              `json:"minLength,omitempty"`
	MaxLength     *int              `json:"maxLength,omitempty"`
	Minimum       *int64            `json:"minimum,omitempty"`
	Maximum       *int64            `json:"maximum,omitempty"`
	MinItems      *int              `json:"minItems,omitempty"`
	MaxItems      *int              `json:"maxItems,omitempty"`
	UniqueItems   bool              `json:"uniqueItems,omitempty"`
	MinProperties *int              `json:"minProperties,omitempty"`
	MaxProperties *int              `json:"maxProperties,omitempty"`
	Items         *Schema           `json:"items,omitempty"`
	Required      []string          `json:"required,omitempty"`
	Properties    Map[*Schema]      `json:"properties,omitempty"`
	PropertyNames *Schema           `json:"propertyNames,omitempty"` // not before OpenAPI 3.1
	Additional    *Additional       `json:"additionalProperties,omitempty"`
	OneOf         []*Schema         `json:"oneOf,omitempty"`
	AnyOf         []*Schema         `json:"anyOf,omitempty"`
	AllOf         []*Schema         `json:"allOf,omitempty"`
	Example       json.RawMessage   `json:"example,omitempty"`
}

// Types are the types that a value may have; a single one is written without a list.
type Types []string

// UnmarshalJSON reads a type or a list of types.
func (t *Types) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte{'['}) {
		return json.Unmarshal(text, (*[]string)(t))
	}
	*t = make(Types, 1)
	return json.Unmarshal(text, &(*t)[0])
}

// MarshalJSON writes what UnmarshalJSON reads.
func (t Types) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

// Additional says which other properties an object may have: none, or those that a schema describes.
type Additional struct{ Schema *Schema } // nil: nothing

// UnmarshalJSON reads false or a schema.
func (a *Additional) UnmarshalJSON(text []byte) error {
	if string(text) == "false" {
		return nil
	}
	return unmarshal(text, &a.Schema)
}

// MarshalJSON writes what UnmarshalJSON reads.
func (a Additional) MarshalJSON() ([]byte, error) {
	if a.Schema == nil {
		return []byte("false"), nil
	}
	return encode(a.Schema)
}

// Read reads a document. It returns an error if it has a keyword that this package does not know.
func Read(text []byte) (*Document, error) {
	var d Document
	return &d, unmarshal(text, &d)
}

// JSON returns the document as text.
func (d *Document) JSON() ([]byte, error) { return encode(d) }

func unmarshal(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// Parameter resolves a parameter that may be a reference.
func (d *Document) Parameter(p *Parameter) *Parameter {
	return follow(p, p.Ref, d.Components.Parameters)
}

// Header resolves a header that may be a reference.
func (d *Document) Header(h *Header) *Header { return follow(h, h.Ref, d.Components.Headers) }

// Response resolves a response that may be a reference.
func (d *Document) Response(r *Response) *Response { return follow(r, r.Ref, d.Components.Responses) }

// Schema resolves a schema that may be a reference.
func (d *Document) Schema(s *Schema) *Schema { return follow(s, s.Ref, d.Components.Schemas) }

// follow returns the component that ref names, or v itself if ref is empty.
func follow[T any](v *T, ref string, components Map[*T]) *T {
	if found, ok := components.Get(RefName(ref)); ok && ref != "" {
		return found
	}
	return v
}

// RefName returns the name of the component that a reference leads to.
func RefName(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }
