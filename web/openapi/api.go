package openapi

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Names in openapi.json that the derivation depends on.
const (
	typeJSON         = "application/json"
	typeSnapshot     = "application/vnd.rolecall.snapshot"
	methodNotAllowed = "#/components/responses/MethodNotAllowed"
	schemaSentBack   = "#/components/schemas/SentBack" // a property that is ignored
	schemaEmpty      = "#/components/schemas/Empty"    // the values of a field that this server does not know
	schemaType       = "ResourceType"
	schemaGranted    = "GrantedType"
	schemaAction     = "Action"
)

// The styles of answers where documents and clients of the API disagree. A variant of a schema has one of them as its
// title, a response as its x-style.
const (
	Documented = "documented"
	SDK        = "sdk"
)

// WhoMayHeading precedes, in a description, the text about who may call the operation.
const WhoMayHeading = "\n\n**Who may:** "

// Options are what a document for programs depends on.
type Options struct {
	Style    string   // Documented or SDK: the one in force
	Types    []string // the resource types of the catalog in force
	Actions  []string // its actions
	Wildcard string   // what stands for all resource types in a role
}

// API derives the document for programs from the text of the whole one: only operations below /api/v2, only JSON, one
// style of answers, examples for every body, and OpenAPI 3.0.3, which all generators of clients read. It returns an
// error for a text that [Read] refuses, and for a body for which no example can be made.
func API(text []byte, o Options) (*Document, error) {
	d, err := Read(text)
	if err != nil {
		return nil, err
	}
	g := derivation{Document: d, Options: o}
	d.OpenAPI = "3.0.3"
	d.Info.Summary = ""
	d.Info.Description = aboutPrograms(d.Info.Description)
	d.Servers = d.Servers[:1]
	d.Security = withoutCookie(d.Security)
	g.setEnum(schemaType, o.Types...)
	g.setEnum(schemaGranted, append([]string{o.Wildcard}, o.Types...)...)
	g.setEnum(schemaAction, o.Actions...)
	d.Paths = slices.DeleteFunc(d.Paths, func(e Entry[*PathItem]) bool { return len(e.Value.Servers) > 0 })
	for _, path := range d.Paths {
		for _, operation := range path.Value.Operations() {
			g.operation(operation.Value)
		}
	}
	for _, r := range d.Components.Responses {
		g.response(r.Value)
	}
	d.eachSchema(g.schema)
	if err := d.dropUnused(); err != nil {
		return nil, err
	}
	return d, d.addExamples()
}

// aboutPrograms leaves out the paragraphs about pages, forms and the other style of answers.
func aboutPrograms(text string) string {
	var kept []string
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if !slices.ContainsFunc(onlyWhole, func(head string) bool { return strings.HasPrefix(paragraph, head) }) {
			kept = append(kept, paragraph)
		}
	}
	return strings.Join(kept, "\n\n")
}

var onlyWhole = []string{"**Addresses.**", "**Representations.**", "**Forms.**", "**Two response styles.**"}

// derivation is a document while it is being turned into the one for programs.
type derivation struct {
	*Document
	Options
}

// setEnum lists the values of a schema.
func (g *derivation) setEnum(schema string, values ...string) {
	if s, ok := g.Components.Schemas.Get(schema); ok {
		for _, v := range values {
			s.Enum = append(s.Enum, json.RawMessage(strconv.Quote(v)))
		}
	}
}

func (g *derivation) operation(o *Operation) {
	if o.Security != nil {
		*o.Security = withoutCookie(*o.Security)
	}
	if o.WhoMay != "" {
		o.Description = strings.TrimSpace(o.Description + WhoMayHeading + o.WhoMay)
	}
	// A format selects a representation other than JSON.
	o.Parameters = slices.DeleteFunc(o.Parameters, func(p *Parameter) bool { return g.Parameter(p).Name == "format" })
	if o.RequestBody != nil {
		o.RequestBody.Content = onlyJSON(o.RequestBody.Content)
	}
	o.Responses = slices.DeleteFunc(o.Responses, func(e Entry[*Response]) bool {
		r := g.Response(e.Value)
		otherStyle := r.Style != "" && r.Style != g.Style
		// A file in its own format remains as an answer without a described type.
		_, isFile := r.Content.Get(typeSnapshot)
		return otherStyle || strings.HasPrefix(e.Name, "3") || len(r.Content) > 0 && len(onlyJSON(r.Content)) == 0 && !isFile
	})
	for _, e := range o.Responses {
		g.response(e.Value)
	}
	o.Responses = append(o.Responses, Entry[*Response]{"405", &Response{Ref: methodNotAllowed}})
	slices.SortFunc(o.Responses, func(a, b Entry[*Response]) int { return strings.Compare(a.Name, b.Name) })
}

func (g *derivation) response(r *Response) {
	r.Style = ""
	r.Content = onlyJSON(r.Content)
	r.Headers = slices.DeleteFunc(r.Headers, func(e Entry[*Header]) bool { return e.Name == "HX-Redirect" })
}

func withoutCookie(ways []map[string][]string) []map[string][]string {
	return slices.DeleteFunc(ways, func(way map[string][]string) bool { _, ok := way["cookie"]; return ok })
}

func onlyJSON(content Map[*Media]) Map[*Media] {
	return slices.DeleteFunc(slices.Clone(content), func(e Entry[*Media]) bool { return e.Name != typeJSON })
}

// schema rewrites a schema in the terms of OpenAPI 3.0, for the style in force.
func (g *derivation) schema(s *Schema) {
	if variants := slices.Concat(s.OneOf, s.AnyOf); len(variants) > 0 {
		kept := g.variants(variants)
		null := slices.IndexFunc(kept, func(v *Schema) bool { return slices.Equal(v.Type, Types{"null"}) })
		if null >= 0 {
			kept = slices.Delete(kept, null, null+1)
		}
		switch {
		case len(kept) > 1:
			s.OneOf, s.AnyOf = kept, nil
		case null >= 0:
			s.OneOf, s.AnyOf, s.AllOf, s.Nullable = nil, nil, kept, true
			s.Type = Types{"object"} // a nullable schema must name its type
		default:
			only := *kept[0]
			*s = only
			g.schema(s)
			return
		}
	}
	s.PropertyNames = nil
	if s.Const != nil {
		s.Enum, s.Const = []json.RawMessage{s.Const}, nil
	}
	if i := slices.Index(s.Type, "null"); i >= 0 {
		s.Type, s.Nullable = slices.Delete(s.Type, i, i+1), true
	}
	if len(s.Type) == 0 && len(s.Enum) > 0 {
		s.Type = typeOf(s.Enum[0])
	}
	if slices.Equal(s.Type, Types{"array"}) && s.Items == nil {
		s.Items = &Schema{} // OpenAPI 3.0 requires it, even if the list is always empty
	}
	s.Properties = slices.DeleteFunc(s.Properties, func(e Entry[*Schema]) bool { return e.Value.Ref == schemaSentBack })
	switch {
	case s.Additional == nil:
	case s.Additional.Schema == nil:
		// A newer server may add fields to an answer. Programs made from this document must not fail then.
		s.Additional = nil
	case s.Additional.Schema.Ref == schemaEmpty:
		s.Additional.Schema = nil
	}
}

// variants returns the variants for current programs: neither those of the other style nor those of old clients.
func (g *derivation) variants(list []*Schema) []*Schema {
	kept := slices.DeleteFunc(list, func(s *Schema) bool {
		return s.Deprecated || s.Title != g.Style && (s.Title == Documented || s.Title == SDK)
	})
	for _, s := range kept {
		s.Title = ""
	}
	return kept
}

// typeOf returns the type of a single value in a schema.
func typeOf(value json.RawMessage) Types {
	switch value[0] {
	case '"':
		return Types{"string"}
	case 't', 'f':
		return Types{"boolean"}
	case '{':
		return Types{"object"}
	case '[':
		return Types{"array"}
	}
	return Types{"integer"}
}

// dropUnused removes the components that nothing refers to any more.
func (d *Document) dropUnused() error {
	for used := map[string]bool{}; ; {
		text, err := d.JSON()
		if err != nil {
			return err
		}
		before := len(used)
		clear(used)
		for _, ref := range references.FindAllSubmatch(text, -1) {
			used[string(ref[1])] = true
		}
		c := &d.Components
		c.SecuritySchemes = slices.DeleteFunc(c.SecuritySchemes, func(e Entry[*SecurityScheme]) bool { return e.Name == "cookie" })
		c.Parameters = keep(c.Parameters, "parameters/", used)
		c.Headers = keep(c.Headers, "headers/", used)
		c.Responses = keep(c.Responses, "responses/", used)
		c.Schemas = keep(c.Schemas, "schemas/", used)
		if len(used) == before {
			return nil
		}
	}
}

var references = regexp.MustCompile(`"\$ref":"#/components/([^"]+)"`)

func keep[T any](m Map[T], kind string, used map[string]bool) Map[T] {
	return slices.DeleteFunc(m, func(e Entry[T]) bool { return !used[kind+e.Name] })
}
