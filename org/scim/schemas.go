package scim

import (
	_ "embed"
	"encoding/json"
	"strings"
	"sync"

	"rolecall.example/org"
)

// Names of schemas and messages.
const (
	SchemaUser  = "urn:ietf:params:scim:schemas:core:2.0:User"
	SchemaGroup = "urn:ietf:params:scim:schemas:core:2.0:Group"

	schemaEnterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	messageList      = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	messageSearch    = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
	messagePatch     = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	messageError     = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// Type is a kind of resource.
type Type uint8

// The kinds of resources.
const (
	Users Type = iota
	Groups
)

// String returns the name of the resource type.
func (t Type) String() string { return [...]string{"User", "Group"}[t] }

// Schema returns the schema of the resource type.
func (t Type) Schema() string { return [...]string{SchemaUser, SchemaGroup}[t] }

// Path returns where the resources are, below the address of the directory.
func (t Type) Path() string { return [...]string{"/Users", "/Groups"}[t] }

var (
	//go:embed schemas.json
	schemasJSON []byte
	//go:embed resourcetypes.json
	typesJSON []byte
	//go:embed config.json
	configJSON []byte
)

// attribute is what a schema says about an attribute, as far as the code uses it.
type attribute struct {
	Name  string      `json:"name"`
	Type  string      `json:"type"`
	Multi bool        `json:"multiValued"`
	Exact bool        `json:"caseExact"`
	Fixed string      `json:"mutability"`
	Subs  []attribute `json:"subAttributes"`
}

// common lists the attributes of every resource. The schemas leave them out, as those of the standard do (RFC 7643, 3.1).
// They are needed all the same: PATCH must know that an id cannot be changed, and filters that its case matters.
var common = []attribute{
	{Name: "schemas", Type: "reference", Multi: true, Exact: true},
	{Name: "id", Type: "string", Exact: true, Fixed: "readOnly"},
	{Name: "externalId", Type: "string", Exact: true},
	{Name: "meta", Type: "complex", Fixed: "readOnly", Subs: []attribute{
		{Name: "resourceType", Type: "string", Exact: true}, {Name: "created", Type: "dateTime"}, {Name: "lastModified", Type: "dateTime"},
		{Name: "location", Type: "reference", Exact: true}, {Name: "version", Type: "string", Exact: true},
	}},
}

// attributes returns those of the schemas, by the folded name of the schema.
var attributes = sync.OnceValue(func() map[string][]attribute {
	var all []struct {
		ID         string      `json:"id"`
		Attributes []attribute `json:"attributes"`
	}
	_ = json.Unmarshal(schemasJSON, &all) // a test reads it
	of := map[string][]attribute{}
	for _, s := range all {
		of[fold(s.ID)] = s.Attributes
	}
	return of
})

func named(list []attribute, name string) *attribute {
	for i := range list {
		if strings.EqualFold(list[i].Name, name) {
			return &list[i]
		}
	}
	return nil
}

// of returns what the schemas say about an attribute, nil if nothing.
func (p Path) of(t Type) (a, sub *attribute) {
	schema := p.Schema
	if schema == "" {
		schema = t.Schema()
	}
	a = named(attributes()[fold(schema)], p.Name)
	if a == nil && p.Schema == "" {
		a = named(common, p.Name)
	}
	if a != nil && p.Sub != "" {
		sub = named(a.Subs, p.Sub)
	}
	return a, sub
}

// Schemas returns the descriptions of the schemas, each with its address below that of the directory.
func Schemas(base string) []Document { return described(schemasJSON, base, "Schema", "/Schemas/") }

// ResourceTypes returns the descriptions of the resource types.
func ResourceTypes(base string) []Document {
	return described(typesJSON, base, "ResourceType", "/ResourceTypes/")
}

// Config describes which parts of SCIM the server supports.
func Config(base string) Document {
	d, _ := DocumentOf(string(configJSON)) // a test reads it
	d["meta"] = map[string]any{"resourceType": "ServiceProviderConfig", "location": base + "/ServiceProviderConfig"}
	return d
}

func described(text []byte, base, kind, path string) []Document {
	var all []Document
	_ = json.Unmarshal(text, &all) // a test reads it
	for _, d := range all {
		d["meta"] = map[string]any{"resourceType": kind, "location": base + path + d.Text("id")}
	}
	return all
}

// Describing returns the description with an id, or nil. The id is matched in any case: that of a schema is a URN, and
// directories vary its spelling.
func Describing(all []Document, id string) Document {
	for _, d := range all {
		if strings.EqualFold(d.Text("id"), id) {
			return d
		}
	}
	return nil
}

// fold returns the form in which texts without case are compared.
func fold(s string) string { return org.FoldCase(s) }
