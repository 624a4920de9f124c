package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"rolecall.example/org"
)

// decode reads the body of a request into a T. A use case gets its errors when it reads the input, after the refusals that
// come first.
func decode[T any](c *call, read func(object) T) org.Input[T] {
	o, err := c.object()
	if err != nil {
		var none T
		return org.NewInput(none, err)
	}
	v := read(o)
	return org.NewInput(v, o.problem())
}

// object is an object of the body, or a form. Its methods return the value of a field, or the zero value when the field
// is missing, null, or of another type; problem reports wrong types. It also refuses the fields that no method has
// read, since this server does not understand them.
type object struct {
	fields map[string]any
	form   bool
	path   string // the prefix of the names of fields in errors, "" or ending in a dot
	shape  *shape
	read   *outcome
	zone   *time.Location // the sender's time zone; nil: UTC
}

// outcome collects what is wrong with a body, at any depth.
type outcome struct {
	fieldErrors []org.Field // fields of the wrong type or value
	refusal     *org.Error  // of the request as a whole, for a problem that no single field has
}

func newObject(fields map[string]any, form bool) object {
	return object{fields: fields, form: form, shape: &shape{}, read: &outcome{}}
}

// sentBack are the fields of answers that a write ignores, so that a client may send back what it got. A field that can
// limit or extend what is written must never be listed here.
var sentBack = []string{
	"id", "created_at", "updated_at", "last_seen_at", "is_default", "organization_id", "organization_name", "organization_ids",
	"assignable", "built_in", "is_system", "status", "theme_preference", "has_ai_seat", "is_service_account",
}

// ignore marks fields as understood without reading them.
func (o object) ignore(names ...string) {
	for _, name := range names {
		o.shape.know(name)
	}
}

// addError notes that a field is wrong.
func (o object) addError(name, detail string) {
	o.read.fieldErrors = append(o.read.fieldErrors, org.Field{Field: o.path + name, Detail: detail})
}

// only refuses fields that do not apply to an action: they ask for something that would not happen. with names the actions that
// they apply to.
func (o object) only(with string, names ...string) {
	for _, name := range names {
		if o.ignore(name); !empty(o.fields[name]) {
			o.addError(name, "can only be given with "+with)
		}
	}
}

// refuse makes the request fail with e, unless something in the body is wrong anyway.
func (o object) refuse(e *org.Error) {
	if o.read.refusal == nil {
		o.read.refusal = e
	}
}

// problem returns the error about all fields of the body that are wrong or that no method has read. It is called when the
// whole body has been read.
func (o object) problem() error {
	problems, message := o.read.fieldErrors, badFields
	if len(problems) > 0 && !o.form {
		message = badBody
	}
	if !o.form {
		for _, field := range o.shape.unread(o.fields) {
			problems = append(problems, org.Field{Field: field, Detail: "is not supported by this server"})
		}
	}
	if len(problems) == 0 {
		if o.read.refusal != nil {
			return o.read.refusal
		}
		return nil
	}
	problems = problems[:min(len(problems), maxReported)]
	e := &org.Error{Kind: org.Invalid, Message: message, Fields: problems}
	if !o.form {
		e.Detail = problems[0].Field + " " + problems[0].Detail
	}
	return e
}

// has reports whether the field is present, even if null.
func (o object) has(name string) bool {
	_, ok := o.fields[name]
	return ok
}

func (o object) text(name string) string {
	v, _ := value[string](o, name, "must be a string")
	return v
}

// optional returns nil for a text that is missing or null, but not for an empty one.
func (o object) optional(name string) *string {
	if v, ok := value[string](o, name, "must be a string"); ok {
		return &v
	}
	return nil
}

// flag reads a truth value. In a form a box that is not ticked is missing, and a ticked one has any value.
func (o object) flag(name string) bool {
	if o.form {
		return o.text(name) != ""
	}
	v, _ := value[bool](o, name, "must be true or false")
	return v
}

// number reads a whole number; in a form, "" counts as missing.
func (o object) number(name string) (n int64, ok bool) {
	const must = "must be a whole number"
	var digits string
	if o.form {
		digits = o.text(name)
		ok = digits != ""
	} else {
		var v json.Number
		v, ok = value[json.Number](o, name, must)
		digits = v.String()
	}
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		o.addError(name, must)
		return 0, false
	}
	return n, true
}

// texts reads a list of strings, of which there may be at most limit.
func (o object) texts(name string, limit int) []string {
	if one, single := o.fields[name].(string); single && o.form {
		return []string{one}
	}
	list, ok := value[[]any](o, name, "must be a list of strings")
	if !ok {
		return nil
	}
	if len(list) > limit {
		o.addError(name, fmt.Sprintf("must have at most %d entries", limit))
		return nil
	}
	texts := make([]string, 0, len(list))
	for i, v := range list {
		s, ok := v.(string)
		if !ok {
			o.addError(fmt.Sprintf("%s[%d]", name, i), "must be a string")
		}
		texts = append(texts, s)
	}
	return texts
}

// object reads an object inside this one.
func (o object) object(name string) object {
	fields, _ := value[map[string]any](o, name, "must be an object")
	return o.inside(name, fields, o.shape.at(name))
}

// table reads an object whose keys are data instead of field names. All its values have the same shape.
func (o object) table(name string) object {
	fields, _ := value[map[string]any](o, name, "must be an object")
	return o.inside(name, fields, o.shape.at(name).table())
}

// objects reads a list of objects.
func (o object) objects(name string) []object {
	list, _ := value[[]any](o, name, "must be a list of objects")
	if len(list) > maxItems {
		o.addError(name, fmt.Sprintf("must have at most %d entries", maxItems))
		return nil
	}
	objects := make([]object, 0, len(list))
	for i, v := range list {
		at := fmt.Sprintf("%s[%d]", name, i)
		fields, ok := v.(map[string]any)
		if !ok {
			o.addError(at, "must be an object")
			continue
		}
		objects = append(objects, o.inside(at, fields, o.shape.at(name)))
	}
	return objects
}

// inside makes an object within this one. They share the errors, so that problem reports them all.
func (o object) inside(at string, fields map[string]any, s *shape) object {
	return object{fields: fields, path: o.path + at + ".", shape: s, read: o.read, zone: o.zone}
}

// value reads a field that must be a T.
func value[T any](o object, name, must string) (v T, ok bool) {
	o.shape.know(name)
	field := o.fields[name]
	if field == nil {
		return v, false
	}
	if v, ok = field.(T); !ok {
		if o.form {
			must = "was given more than once"
		}
		o.addError(name, must)
	}
	return v, ok
}

// shape holds the fields that a reader understands of the objects at one place of a body. The entries of a list share one.
type shape struct {
	names  []string
	inner  map[string]*shape // of the fields that hold objects
	values *shape            // of every value, under any key; nil where keys are names of fields
}

func (s *shape) know(name string) {
	if s.names == nil {
		s.names = make([]string, 0, 8) // more than most objects have
	}
	if s.values == nil && !slices.Contains(s.names, name) {
		s.names = append(s.names, name)
	}
}

// at returns the shape of the content of a field.
func (s *shape) at(name string) *shape {
	if s.values != nil {
		return s.values
	}
	if s.inner[name] == nil {
		if s.inner == nil {
			s.inner = map[string]*shape{}
		}
		s.inner[name] = &shape{}
	}
	return s.inner[name]
}

// table declares objects with arbitrary keys and returns their shape.
func (s *shape) table() *shape {
	if s.values == nil {
		s.values = &shape{}
	}
	return s
}

// unread lists the fields of an object that no method has read, by path and sorted. Empty ones are left out: clients send
// the fields of newer servers empty, which asks for nothing.
func (s *shape) unread(fields map[string]any) (paths []string) {
	for name, v := range fields {
		known, inner := s.values != nil || slices.Contains(s.names, name), s.values
		if inner == nil {
			inner = s.inner[name]
		}
		switch {
		case !known && !empty(v):
			paths = append(paths, name)
		case known && inner != nil:
			for _, below := range inner.unreadIn(v) {
				paths = append(paths, name+below)
			}
		}
		if len(paths) > maxReported { // the answer lists no more
			break
		}
	}
	slices.Sort(paths)
	return paths
}

// unreadIn does the same for v, which is an object or a list of objects.
func (s *shape) unreadIn(v any) (paths []string) {
	switch v := v.(type) {
	case map[string]any:
		for _, path := range s.unread(v) {
			paths = append(paths, "."+path)
		}
	case []any:
		for i := 0; i < len(v) && len(paths) <= maxReported; i++ {
			for _, path := range s.unreadIn(v[i]) {
				paths = append(paths, fmt.Sprintf("[%d]%s", i, path))
			}
		}
	}
	return paths
}

// empty reports whether a JSON value asks for nothing.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	case json.Number:
		digits, _, _ := strings.Cut(strings.ToLower(v.String()), "e")
		return !strings.ContainsAny(digits, "123456789")
	}
	return false
}
