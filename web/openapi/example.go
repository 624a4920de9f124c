package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// addExamples gives an example to every body that has none, and to every parameter whose name has one.
func (d *Document) addExamples() error {
	var problems []error
	d.eachMedia(func(m *Media) {
		if m.Example == nil {
			var err error
			m.Example, err = d.example("", m.Schema)
			problems = append(problems, err)
		}
	})
	parameter := func(p *Parameter) {
		if p.Example == nil && p.Ref == "" {
			p.Example = d.named(p.Name, d.Schema(p.Schema))
		}
	}
	d.eachParameter(parameter)
	for _, e := range d.Components.Parameters {
		parameter(e.Value)
	}
	d.Components.Examples = nil
	return errors.Join(problems...)
}

// example makes a value of a schema: its own example, else the one for its name, else one that is put together. An
// error names the property for which there is none.
func (d *Document) example(name string, s *Schema) (json.RawMessage, error) {
	if s.Ref != "" {
		s = d.Schema(s)
	}
	if s.Example != nil {
		return s.Example, nil
	}
	if v := d.named(name, s); v != nil && s.Format != "uuid" && s.Format != "date-time" {
		return v, nil
	}
	switch {
	case len(s.Enum) > 0:
		return s.Enum[0], nil
	case len(s.OneOf) > 0:
		return d.example(name, s.OneOf[0])
	case len(s.AllOf) > 0:
		return d.example(name, s.AllOf[0])
	case slices.Equal(s.Type, Types{"array"}):
		return d.list(name, s)
	case slices.Equal(s.Type, Types{"object"}):
		return d.object(name, s)
	case slices.Equal(s.Type, Types{"boolean"}):
		return json.RawMessage("false"), nil
	case slices.Equal(s.Type, Types{"integer"}):
		return json.RawMessage("1"), nil
	case s.Format == "uuid":
		return json.RawMessage(`"7c60d51f-b44e-4682-87d6-449835ea4de6"`), nil
	case s.Format == "date-time":
		return json.RawMessage(`"2026-01-02T03:04:05.678901Z"`), nil
	}
	return nil, fmt.Errorf("openapi: %q has no example: write one beside it, or in x-examples for all of its name", name)
}

// named returns the example for a name, nil if there is none or if it does not have the type of s.
func (d *Document) named(name string, s *Schema) json.RawMessage {
	v, ok := d.Components.Examples.Get(name)
	types := slices.DeleteFunc(slices.Clone(s.Type), func(t string) bool { return t == "null" })
	if !ok || len(types) != 1 || !slices.Equal(typeOf(v), types) {
		return nil
	}
	if len(s.Enum) > 0 && !slices.ContainsFunc(s.Enum, func(e json.RawMessage) bool { return bytes.Equal(e, v) }) {
		return nil
	}
	return v
}

func (d *Document) list(name string, s *Schema) (json.RawMessage, error) {
	if s.MaxItems != nil && *s.MaxItems == 0 {
		return json.RawMessage("[]"), nil
	}
	v, err := d.example(name, s.Items)
	n := 1
	if s.MinItems != nil {
		n = max(1, *s.MinItems)
	}
	return slices.Concat(json.RawMessage("["), bytes.Join(slices.Repeat([][]byte{v}, n), []byte(",")), json.RawMessage("]")), err
}

func (d *Document) object(name string, s *Schema) (json.RawMessage, error) {
	fields := Map[json.RawMessage]{}
	for _, p := range s.Properties {
		if p.Value.Deprecated {
			continue
		}
		v, err := d.example(p.Name, p.Value)
		if err != nil {
			return nil, fmt.Errorf("%s.%w", name, err)
		}
		fields = append(fields, Entry[json.RawMessage]{p.Name, v})
	}
	return encode(fields)
}
