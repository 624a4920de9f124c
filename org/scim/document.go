package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Document is the JSON of a resource as it was sent. Names keep their spelling and are looked up in any case; values are those of
// encoding/json, with json.Number for numbers.
type Document map[string]any

// Limits of documents.
const (
	maxDepth    = 32
	MaxDocument = 32 << 10 // bytes kept of a resource
	MaxName     = 255      // characters of userName, externalId, displayName
)

// ParseDocument reads one JSON object. It refuses anything that two readers could understand differently.
func ParseDocument(data []byte) (Document, error) {
	if !utf8.Valid(data) {
		return nil, Refuse(InvalidSyntax, "The body is not UTF-8.")
	}
	d := decoder{jsontext.NewDecoder(bytes.NewReader(data), jsontext.AllowDuplicateNames(true))}
	v, err := d.value(0)
	if err == nil {
		if _, more := d.ReadToken(); !errors.Is(more, io.EOF) {
			err = errors.New("there is something after the object")
		}
	}
	o, ok := v.(map[string]any)
	switch {
	case err != nil:
		return nil, Refuse(InvalidSyntax, "The body is not valid JSON: "+strings.TrimPrefix(err.Error(), "jsontext: ")+".")
	case !ok:
		return nil, Refuse(InvalidSyntax, "The body must be a JSON object.")
	}
	return o, nil
}

type decoder struct{ *jsontext.Decoder }

func (d decoder) value(depth int) (any, error) {
	token, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, errors.New("it is nested too deep")
	}
	switch token.Kind() {
	case '{':
		return d.object(depth + 1)
	case '[':
		list := []any{}
		for d.PeekKind() != ']' {
			v, err := d.value(depth + 1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.ReadToken()
		return list, err
	case '"':
		return token.String(), nil
	case '0':
		return json.Number(token.String()), nil
	case 't', 'f':
		return token.Bool(), nil
	default: // null
		return nil, nil
	}
}

// object reads an object and refuses duplicate names: names in SCIM have no case, and nobody could tell which of two
// counts.
func (d decoder) object(depth int) (any, error) {
	fields, seen := map[string]any{}, map[string]bool{}
	for d.PeekKind() != '}' {
		token, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		name := token.String()
		if folded := fold(name); seen[folded] {
			return nil, errors.New("the name " + token.String() + " is there twice")
		}
		seen[fold(name)] = true
		if fields[name], err = d.value(depth); err != nil {
			return nil, err
		}
	}
	_, err := d.ReadToken()
	return fields, err
}

// DocumentOf reads JSON that this package wrote. It was checked when it came in, so ParseDocument's care is not needed.
func DocumentOf(text string) (Document, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var o Document
	err := d.Decode(&o)
	return o, err
}

// JSON returns the document as text, with names sorted.
func (d Document) JSON() string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(map[string]any(d)) // texts, numbers, lists and objects
	return strings.TrimSuffix(b.String(), "\n")
}

// Get returns an attribute by its name in any case.
func (d Document) Get(name string) (any, bool) {
	if v, ok := d[name]; ok {
		return v, true
	}
	if key, ok := d.key(name); ok {
		return d[key], true
	}
	return nil, false
}

// Text returns a text attribute, "" if it is not a text.
func (d Document) Text(name string) string {
	v, _ := d.Get(name)
	text, _ := v.(string)
	return text
}

// key returns the document's spelling of a name.
func (d Document) key(name string) (string, bool) {
	if _, ok := d[name]; ok {
		return name, true
	}
	for key := range d {
		if strings.EqualFold(key, name) {
			return key, true
		}
	}
	return "", false
}

// set sets an attribute under the spelling that the document uses.
func (d Document) set(name string, v any) {
	if key, ok := d.key(name); ok {
		name = key
	}
	d[name] = v
}

func (d Document) remove(name string) {
	if key, ok := d.key(name); ok {
		delete(d, key)
	}
}

// without returns a shallow copy that lacks some attributes.
func (d Document) without(names ...string) Document {
	c := maps.Clone(d)
	for _, name := range names {
		c.remove(name)
	}
	return c
}

// clone returns a deep copy.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := make(map[string]any, len(v))
		for name, e := range v {
			c[name] = clone(e)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, e := range v {
			c[i] = clone(e)
		}
		return c
	default:
		return v
	}
}

// list returns the values of an attribute that may have many: a single value counts as a list of one, a missing one as an empty
// list.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// names returns the sorted names of an object.
func names(o map[string]any) []string { return slices.Sorted(maps.Keys(o)) }

// boolean reads true or false, also as the texts that Entra sends.
func boolean(v any) (value, ok bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case string:
		switch {
		case strings.EqualFold(v, "true"):
			return true, true
		case strings.EqualFold(v, "false"):
			return false, true
		}
	}
	return false, false
}
