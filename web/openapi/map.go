package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Map is a JSON object whose names are data. It keeps their order, which is the order for readers.
type Map[T any] []Entry[T]

// Entry is a name of a [Map] with its value.
type Entry[T any] struct {
	Name  string
	Value T
}

// Get returns the value of a name, and whether there is one.
func (m Map[T]) Get(name string) (v T, ok bool) {
	for _, e := range m {
		if e.Name == name {
			return e.Value, true
		}
	}
	return v, false
}

// UnmarshalJSON reads an object. It refuses repeated names, and keywords that the types of this package do not have:
// they would be missing from what is derived.
func (m *Map[T]) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return fmt.Errorf("openapi: want an object, not %.40s", text)
	}
	*m = Map[T]{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		e := Entry[T]{Name: name.(string)}
		if _, twice := m.Get(e.Name); twice {
			return fmt.Errorf("openapi: %q is there twice", e.Name)
		}
		if err := d.Decode(&e.Value); err != nil {
			return fmt.Errorf("%s: %w", e.Name, err)
		}
		*m = append(*m, e)
	}
	_, err := d.Token()
	return err
}

// MarshalJSON writes the names in their order.
func (m Map[T]) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, e := range m {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := encode(e.Name)
		if err != nil {
			return nil, err
		}
		value, err := encode(e.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name, err)
		}
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}'), nil
}

// encode is like json.Marshal, but writes <, > and & literally: the document is never put into a page as it is.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), err
}
