package web

import (
	"fmt"
	"slices"
	"strings"

	"rolecall.example/views"
	"rolecall.example/web/openapi"
)

// maxValues is how many values of an enumeration the line of a field lists.
const maxValues = 8

func (r reader) schema(name string, s *openapi.Schema) views.ReferenceSchema {
	out := views.ReferenceSchema{Name: name, About: s.Description, Fields: r.fields("", s)}
	if len(s.Enum) > 0 {
		out.Values = values(s)
	} else if len(out.Fields) == 0 {
		out.Type = r.typeOf(s)
	}
	return out
}

// fields lists the properties of an object. Those of unnamed objects inside it follow, each with its path.
func (r reader) fields(prefix string, s *openapi.Schema) (all []views.ReferenceField) {
	for _, p := range s.Properties {
		all = append(all, r.field(prefix+p.Name, p.Value, slices.Contains(s.Required, p.Name)))
		switch inner := p.Value; {
		case inner.Items != nil:
			all = append(all, r.fields(prefix+p.Name+"[].", inner.Items)...)
		case inner.Additional != nil && inner.Additional.Schema != nil:
			all = append(all, r.fields(prefix+p.Name+".*.", inner.Additional.Schema)...)
		default:
			all = append(all, r.fields(prefix+p.Name+".", inner)...)
		}
	}
	return all
}

func (r reader) field(name string, s *openapi.Schema, required bool) views.ReferenceField {
	return views.ReferenceField{Name: name, Required: required, Type: r.typeOf(s), About: s.Description, Bounds: bounds(s)}
}

// typeOf describes a value in words. Some of them link to a named shape.
func (r reader) typeOf(s *openapi.Schema) (words []views.ReferenceLink) {
	word := func(text string) []views.ReferenceLink { return []views.ReferenceLink{{Text: text}} }
	variants := slices.Concat(s.OneOf, s.AllOf)
	switch {
	case s.Ref != "":
		name := openapi.RefName(s.Ref)
		words = []views.ReferenceLink{{Text: name, Anchor: views.SchemaAnchor(name)}}
	case len(variants) > 0:
		for i, v := range variants {
			if i > 0 {
				words = append(words, word(" or ")...)
			}
			words = append(words, r.typeOf(v)...)
		}
	case len(s.Enum) > 0 && len(s.Enum) <= maxValues:
		words = word(strings.Join(values(s), ", "))
	case s.Items != nil:
		words = append(word("array of "), r.typeOf(s.Items)...)
	case s.Additional != nil && s.Additional.Schema != nil:
		words = append(word("object, each value a "), r.typeOf(s.Additional.Schema)...)
	case s.Format != "":
		words = word(s.Format)
	case len(s.Type) > 0:
		words = word(s.Type[0])
	default:
		words = word("anything")
	}
	if s.Nullable {
		words = append(words, word(" or null")...)
	}
	return words
}

func values(s *openapi.Schema) []string {
	list := make([]string, len(s.Enum))
	for i, v := range s.Enum {
		list[i] = strings.Trim(string(v), `"`)
		if list[i] == "" {
			list[i] = "(empty)"
		}
	}
	return list
}

// bounds describes the allowed length or size of a value.
func bounds(s *openapi.Schema) string {
	var all []string
	add := func(least, most *int, of string) {
		switch {
		case least != nil && most != nil:
			all = append(all, fmt.Sprintf("%d to %d %s", *least, *most, of))
		case most != nil:
			all = append(all, fmt.Sprintf("at most %d %s", *most, of))
		case least != nil && *least > 0:
			all = append(all, fmt.Sprintf("at least %d %s", *least, of))
		}
	}
	add(s.MinLength, s.MaxLength, "characters")
	add(s.MinItems, s.MaxItems, "entries")
	add(s.MinProperties, s.MaxProperties, "entries")
	if s.Minimum != nil {
		all = append(all, fmt.Sprintf("at least %d", *s.Minimum))
	}
	if s.Pattern != "" {
		all = append(all, "matches "+s.Pattern)
	}
	return strings.Join(all, ", ")
}
