package scim

import (
	"strings"
)

// Projection chooses the attributes of an answer.
type Projection struct {
	only    []Path
	without []Path
}

// maxNames is how many attributes a projection may name. Each is looked up in every resource of a list.
const maxNames = 200

// ParseProjection reads the lists of attributes and of excludedAttributes.
func ParseProjection(attributes, excluded []string) (p Projection, err error) {
	if p.only, err = parseNames(attributes); err != nil {
		return p, err
	}
	if p.without, err = parseNames(excluded); err != nil {
		return p, err
	}
	if len(p.only) > 0 && len(p.without) > 0 {
		return p, Refuse(InvalidSyntax, "Send attributes or excludedAttributes, not both.")
	}
	return p, nil
}

func parseNames(texts []string) (paths []Path, err error) {
	for _, text := range texts {
		for name := range strings.SplitSeq(text, ",") {
			name = strings.TrimSpace(name)
			if name == "" {
				continue
			}
			if isCore(name) { // the whole schema: no restriction
				paths = append(paths, Path{})
				continue
			}
			p, ok := parseName(name)
			if !ok {
				return nil, Refuse(InvalidValue, "\""+shorten(name)+"\" is no attribute.")
			}
			if paths = append(paths, p); len(paths) > maxNames {
				return nil, Refuse(InvalidValue, "These are too many attributes.")
			}
		}
	}
	return paths, nil
}

// Given reports whether the request asks for particular attributes.
func (p Projection) Given() bool { return len(p.only) > 0 }

// Wants reports whether an attribute of the resource itself, or a part of it, is in the answer.
func (p Projection) Wants(name string) bool {
	for _, w := range p.without {
		if w.is(name) && w.Sub == "" {
			return false
		}
	}
	if !p.Given() {
		return true
	}
	for _, o := range p.only {
		if o.is(name) || o.Name == "" {
			return true
		}
	}
	return false
}

// always lists the attributes that no projection leaves out.
var always = []string{"schemas", "id"}

// Of returns the part of a document that the projection selects.
func (p Projection) Of(d Document) Document {
	// The document itself is not changed: the result shares the parts that stay.
	if p.Given() {
		out := Document{}
		for _, name := range always {
			if v, ok := d.Get(name); ok {
				out[name] = v
			}
		}
		for _, path := range p.only {
			path.copyTo(out, d)
		}
		return out
	}
	for _, path := range p.without {
		d = path.cutFrom(d)
	}
	return d
}

// copyTo copies what the path names.
func (p Path) copyTo(out, d Document) {
	switch {
	case p.Name == "":
		for name, v := range d {
			if !strings.HasPrefix(fold(name), "urn:") {
				out[name] = v
			}
		}
		return
	case p.Schema != "":
		key, ok := d.key(p.Schema)
		if !ok {
			return
		}
		from, _ := d[key].(map[string]any)
		to, _ := out[key].(map[string]any)
		if to == nil {
			to = map[string]any{}
		}
		inner := p
		inner.Schema = ""
		if inner.copyTo(to, from); len(to) > 0 {
			out[key] = to
		}
		return
	}
	key, ok := d.key(p.Name)
	if !ok {
		return
	}
	if p.Sub == "" {
		out[key] = d[key]
		return
	}
	out[key] = partOf(d[key], out[key], p.Sub)
}

// partOf returns a value with one more part than have, which is nil or holds other parts of it.
func partOf(v, have any, sub string) any {
	switch v := v.(type) {
	case map[string]any:
		o := map[string]any{}
		if h, ok := have.(map[string]any); ok {
			o = h
		}
		if key, ok := Document(v).key(sub); ok {
			o[key] = v[key]
		}
		return o
	case []any:
		was, _ := have.([]any)
		all := make([]any, len(v))
		for i, e := range v {
			var h any
			if i < len(was) {
				h = was[i]
			}
			all[i] = partOf(e, h, sub)
		}
		return all
	default:
		return v
	}
}

// cutFrom returns the document without what the path names.
func (p Path) cutFrom(d Document) Document {
	for _, name := range always {
		if p.is(name) {
			return d
		}
	}
	if p.Schema != "" {
		key, ok := d.key(p.Schema)
		inner, isObject := d[key].(map[string]any)
		if !ok || !isObject {
			return d
		}
		rest := p
		rest.Schema = ""
		c := d.without()
		c[key] = map[string]any(rest.cutFrom(inner))
		return c
	}
	if p.Sub == "" {
		return d.without(p.Name)
	}
	key, ok := d.key(p.Name)
	if !ok {
		return d
	}
	c := d.without()
	c[key] = withoutPart(d[key], p.Sub)
	return c
}

func withoutPart(v any, sub string) any {
	switch v := v.(type) {
	case map[string]any:
		return map[string]any(Document(v).without(sub))
	case []any:
		all := make([]any, len(v))
		for i, e := range v {
			all[i] = withoutPart(e, sub)
		}
		return all
	default:
		return v
	}
}
