package views

import (
	"strconv"
	"strings"
)

// ReferenceURL is where the reference of the API is.
const ReferenceURL = "/docs/api"

// Reference is the model of the reference of the API: what its document says, in the order of reading.
type Reference struct {
	About    []string // paragraphs
	Document string   // URL of the document that it is made of
	Groups   []ReferenceGroup
	Failures []ReferenceAnswer // what many operations answer, each described once
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

// aside is what stands after the type of a field.
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

// ReferenceAnswer is a status with what it comes with.
type ReferenceAnswer struct {
	Name, Status, About string // Name is of a failure

	Body    *ReferenceBody // nil: none
	Headers []ReferenceField
}

// ReferenceSchema is a shape that has a name.
type ReferenceSchema struct {
	Name, About string

	Values []string         // all that it may be; nil: no such list
	Type   []ReferenceLink  // what it is, if it is no object
	Fields []ReferenceField // of an object
}

// The anchors of the reference. Those of operations are their ids.
func groupAnchor(name string) string { return "group-" + strings.ReplaceAll(name, " ", "-") }

// FailureAnchor is the anchor of what many operations answer, by the name that the document has for it.
func FailureAnchor(name string) string { return "answer-" + name }

// SchemaAnchor is the anchor of a shape.
func SchemaAnchor(name string) string { return "schema-" + name }

// span is a piece of a text that is shown in one way.
type span struct {
	text         string
	code, strong bool
}

// spans takes a text of the document apart: `code` and **strong** are all the Markdown that it has.
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

// failed reports whether a status is one of a failure.
func failed(status string) bool {
	n, err := strconv.Atoi(status)
	return err == nil && n >= 400
}
