package scim

import (
	"regexp"
	"strings"
)

// Path names an attribute, a part of one, or some of its values: emails[type eq "work"].value.
type Path struct {
	Schema string // of an extension; "" for the attributes of the resource itself
	Name   string
	Sub    string
	only   *node // of the values, those that match
}

var (
	attributeName = regexp.MustCompile(`^[A-Za-z$][A-Za-z0-9_$-]*$`)
	// wholeExtension matches the name of an extension itself, which ends in a version and a resource type.
	wholeExtension = regexp.MustCompile(`(?i)^urn:.*:\d+(\.\d+)+:[a-z]+$`)
)

// parseName reads the name of an attribute, with an optional schema before it and an optional part after it.
func parseName(text string) (p Path, ok bool) {
	rest := text
	// Versions contain dots, so everything up to the last colon is skipped before a part is looked for.
	if len(text) >= 4 && strings.EqualFold(text[:4], "urn:") {
		if wholeExtension.MatchString(text) {
			return Path{Name: text}, !isCore(text)
		}
		i := strings.LastIndexByte(text, ':')
		p.Schema, rest = text[:i], text[i+1:]
		if isCore(p.Schema) {
			p.Schema = ""
		}
	}
	name, sub, hasSub := strings.Cut(rest, ".")
	p.Name, p.Sub = name, sub
	return p, attributeName.MatchString(name) && (!hasSub || attributeName.MatchString(sub))
}

func isCore(schema string) bool {
	return strings.EqualFold(schema, SchemaUser) || strings.EqualFold(schema, SchemaGroup)
}

// parsePath reads the path of an operation.
func parsePath(text string) (Path, error) {
	refused := Refuse(InvalidPath, "\""+shorten(text)+"\" is not a path.")
	if len(text) > maxFilter {
		return Path{}, Refuse(InvalidPath, "The path is too long.")
	}
	at := strings.IndexByte(text, '[')
	if at < 0 {
		p, ok := parseName(strings.TrimSpace(text))
		if !ok {
			return p, refused
		}
		return p, nil
	}
	p, ok := parseName(text[:at])
	end := strings.LastIndexByte(text, ']')
	if !ok || p.Sub != "" || end < at {
		return p, refused
	}
	inner, err := parseNode(text[at+1:end], p)
	if err != nil {
		return p, Refuse(InvalidPath, "In the path: "+err.Error())
	}
	p.only = inner
	if rest := strings.TrimSpace(text[end+1:]); rest != "" {
		sub, dotted := strings.CutPrefix(rest, ".")
		if !dotted || !attributeName.MatchString(sub) {
			return p, refused
		}
		p.Sub = sub
	}
	return p, nil
}

// shorten truncates a text for a message: what was sent may be long, and ends up in logs.
func shorten(text string) string {
	if r := []rune(text); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return text
}

// is reports whether the path is that attribute of the resource itself, all or some of its values.
func (p Path) is(name string) bool { return p.Schema == "" && strings.EqualFold(p.Name, name) }

// holder returns the object that has the attribute: the document, or the part of the extension; nil if it is missing.
func (p Path) holder(d Document) Document {
	if p.Schema == "" {
		return d
	}
	v, _ := d.Get(p.Schema)
	o, _ := v.(map[string]any)
	return o
}
