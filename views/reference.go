package views

import (
	"strconv"
	"strings"
)

// ReferenceURL is the address of the reference of the API.
const ReferenceURL = "/docs/api"

// Reference is the model of the reference of the API: the content of its document, in reading order.
type Reference struct {
	About    []string // paragraphs
	Document string   // URL of the document that it is made of
	Groups   []ReferenceGroup
	Failures []ReferenceAnswer // answers that many operations share, each described once
	Schemas  []ReferenceSchema
}

// ReferenceGroup are the operations on one kind of thing.
type ReferenceGroup struct {
	Name, About string
	Operations  []ReferenceOperation
}

// ReferenceOperation is a method of a path.
type ReferenceOperation struct {
	ID, Method, Path, Summary, About, WhoMay string

	Parameters []ReferenceField
	Body       *ReferenceBody // nil: it reads none
	Answers    []ReferenceAnswer
	Failures   []ReferenceLink // to those of the reference
	Curl       string          // the same as a command line
}

// ReferenceField is a parameter, or a property of an object.
type ReferenceField struct {
	Name, In, About, Bounds string

	Required bool
	Type     []ReferenceLink
}

// aside returns what follows the type of a field.
func (f ReferenceField) aside() string {
	text := ""
	for _, s := range []string{f.In, f.Bounds} {
		if s != "" {
			text += ", " + s
		}
	}
	return text
}

// ReferenceLink is a word that may lead to another part of the reference.
type ReferenceLink struct {
	Text   string
	Anchor string // "" if it leads nowhere
}

// ReferenceBody is the body of a request or an answer.
type ReferenceBody struct {
	Type    []ReferenceLink
	Example string // indented JSON
}

// ReferenceAnswer is a status with its answer.
type ReferenceAnswer struct {
	Name, Status, About string // Name is of a failure

	Body    *ReferenceBody // nil: none
	Headers []ReferenceField
}

// ReferenceSchema is a named shape.
type ReferenceSchema struct {
	Name, About string

	Values []string         // its possible values; nil: no such list
	Type   []ReferenceLink  // what it is, if it is not an object
	Fields []ReferenceField // of an object
}

// The anchors of the reference. Those of operations are their ids.
func groupAnchor(name string) string { return "group-" + strings.ReplaceAll(name, " ", "-") }

// FailureAnchor returns the anchor of an answer that many operations share, by its name in the document.
func FailureAnchor(name string) string { return "answer-" + name }

// SchemaAnchor returns the anchor of a shape.
func SchemaAnchor(name string) string { return "schema-" + name }

// span is a part of a text that is shown in one style.
type span struct {
	text         string
	code, strong bool
}

// spans splits a text of the document: `code` and **strong** are the only Markdown in it.
func spans(text string) (all []span) {
	for i, piece := range strings.Split(text, "`") {
		if i%2 == 1 {
			all = append(all, span{text: piece, code: true})
			continue
		}
		for j, plain := range strings.Split(piece, "**") {
			if plain != "" {
				all = append(all, span{text: plain, strong: j%2 == 1})
			}
		}
	}
	return all
}

// failed reports whether a status means a failure.
func failed(status string) bool {
	n, err := strconv.Atoi(status)
	return err == nil && n >= 400
}
