package ui

import (
	"crypto/rand"
	"maps"
	"slices"
	"strings"

	"github.com/a-h/templ"
)

// OnceID returns a new id of a form (see Once).
func OnceID() string { return rand.Text() }

// FormError says why a form was refused. nil means that it was not.
type FormError struct {
	Message string
	Detail  string
	Fields  []FieldError
}

// FieldError says why one field was refused.
type FieldError struct{ Name, Detail string }

// Of returns the errors of one field.
func (e *FormError) Of(name string) []string {
	if e == nil {
		return nil
	}
	var out []string
	for _, f := range e.Fields {
		if f.Name == name {
			out = append(out, f.Detail)
		}
	}
	return out
}

// repeated reports whether the detail is also that of one of the fields, which the summary lists below.
func (e *FormError) repeated() bool {
	return slices.ContainsFunc(e.Fields, func(f FieldError) bool { return f.Detail == e.Detail })
}

// Input is a labelled text field with its hint and its error.
type Input struct {
	ID, Name, Label string
	Value           string
	Hint            string
	Mono            bool             // an identifier
	Err             *FormError       // of the form; the errors of this field are shown below it
	Attrs           templ.Attributes // type, autocomplete, required, …
}

// described lists the ids of what describes the field.
func (in Input) described() string {
	var ids []string
	if in.Hint != "" {
		ids = append(ids, in.ID+"-hint")
	}
	if len(in.Err.Of(in.Name)) > 0 {
		ids = append(ids, in.ID+"-error")
	}
	return strings.Join(ids, " ")
}

// Hidden is a hidden field of a form.
type Hidden struct{ Name, Value string }

// HiddenOf returns the hidden fields that a form needs so that its answer is the list at a URL; shown names the form's
// visible fields.
func HiddenOf(list string, shown ...string) []Hidden {
	_, q := SplitURL(list)
	var out []Hidden
	for _, name := range slices.Sorted(maps.Keys(q)) {
		for _, v := range q[name] {
			if !slices.Contains(shown, name) {
				out = append(out, Hidden{name, v})
			}
		}
	}
	return out
}

// Option is a choice of a select or of a filter.
type Option struct {
	Value, Label string
	On           bool
	Data         string // for script
}
