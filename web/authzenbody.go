package web

import (
	"fmt"
	"mime"
	"strings"

	"rolecall.example/org"
)

// accessBody is the body of a request of the AuthZEN API. Unknown fields are ignored, since later versions of the
// standard add some. Known fields must have the right type.
type accessBody struct {
	fields map[string]any
	first  *org.Error // the first problem, nil as long as there is none
}

// maxEvaluations is how many evaluations a request may have.
const maxEvaluations = 1000

// accessBody reads the body. Everything that is wrong with it is a 400, except its size.
func (c *call) accessBody() (*accessBody, error) {
	r, b := c.request(), c.receive()
	types := r.Header.Values("Content-Type")
	var media string
	var params map[string]string
	if len(types) == 1 {
		media, params, _ = mime.ParseMediaType(types[0])
	}
	charset := params["charset"]
	switch {
	case media != typeJSON || charset != "" && !strings.EqualFold(charset, "utf-8") || r.Header.Get("Content-Encoding") != "":
		return nil, org.ErrInvalid("The header Content-Type must be application/json.", "")
	case b.tooLarge:
		return nil, &org.Error{Kind: org.TooLarge, Message: "The body is larger than 1 MiB."}
	case b.err != nil || len(b.data) == 0:
		return nil, org.ErrInvalid("The body is empty or was cut off.", "")
	}
	fields, err := parseJSONIn(b.data, true)
	if err != nil {
		return nil, org.ErrInvalid("The body is not a JSON object without repeated names.", "")
	}
	return &accessBody{fields: fields}, nil
}

// fail notes a problem. Only the first one counts.
func (b *accessBody) fail(format string, args ...any) {
	if b.first == nil {
		b.first = org.ErrInvalid(fmt.Sprintf(format, args...), "")
	}
}

// problem returns what is wrong with the part that was read so far.
func (b *accessBody) problem() error {
	if b.first == nil {
		return nil
	}
	return b.first
}

// object reads a field that must be an object if it is present. null counts as missing.
func (b *accessBody) object(fields map[string]any, path, name string) map[string]any {
	switch v := fields[name].(type) {
	case map[string]any:
		return v
	case nil:
	default:
		b.fail("%s%s must be an object.", path, name)
	}
	return nil
}

// text reads a field that must be a text.
func (b *accessBody) text(fields map[string]any, path, name string) string {
	switch v := fields[name].(type) {
	case string:
		return v
	case nil:
	default:
		b.fail("%s.%s must be a text.", path, name)
	}
	return ""
}

// The parts of a question. A search leaves out the part that it looks for.
const (
	askSubject = 1 << iota
	askAction
	askResource
	askSubjectType  // without an id
	askResourceType // likewise
)

// question reads a question. If fields lack a part, the part of the defaults is used as a whole. A part that lacks its
// type, or a resource that lacks its id, takes that from the defaults too.
func (b *accessBody) question(fields, defaults map[string]any, parts int) (q org.AccessQuestion) {
	if parts&(askSubject|askSubjectType) != 0 {
		q.Subject = b.entity(fields, defaults, "subject", parts&askSubject != 0)
	}
	if parts&(askResource|askResourceType) != 0 {
		q.Resource = b.entity(fields, defaults, "resource", parts&askResource != 0)
	}
	if parts&askAction != 0 {
		if action := b.part(fields, defaults, "action"); action != nil {
			q.Action.Name = b.text(action, "action", "name")
			q.Action.Properties = b.object(action, "action.", "properties")
			if q.Action.Name == "" {
				b.fail("action.name is missing.")
			}
		}
	}
	if q.Context = b.object(fields, "", "context"); fields["context"] == nil {
		q.Context = b.object(defaults, "", "context")
	}
	return q
}

// part reads a required part, from the defaults if the fields do not have it.
func (b *accessBody) part(fields, defaults map[string]any, name string) map[string]any {
	if fields[name] == nil {
		fields = defaults
	}
	o := b.object(fields, "", name)
	if o == nil {
		b.fail("%s is missing.", name)
	}
	return o
}

// entity reads a subject or a resource.
func (b *accessBody) entity(fields, defaults map[string]any, name string, withID bool) (e org.AccessEntity) {
	o := b.part(fields, defaults, name)
	if o == nil {
		return e
	}
	e.Properties = b.object(o, name+".", "properties")
	e.Type, e.ID = b.text(o, name, "type"), b.text(o, name, "id")
	usual, _ := defaults[name].(map[string]any)
	if o["type"] == nil {
		e.Type = b.text(usual, name, "type")
	}
	// For a subject this would decide about another person than the one that the client forgot to name.
	if o["id"] == nil && name == "resource" {
		e.ID = b.text(usual, name, "id")
	}
	switch {
	case e.Type == "":
		b.fail("%s.type is missing.", name)
	case e.ID == "" && withID:
		b.fail("%s.id is missing.", name)
	}
	return e
}

// items returns the evaluations of the body; many is false if it has none and asks one question at the top level.
func (b *accessBody) items() (list []any, many bool) {
	switch v := b.fields["evaluations"].(type) {
	case nil:
	case []any:
		list = v
	default:
		b.fail("evaluations must be a list.")
		return nil, true
	}
	if len(list) > maxEvaluations {
		b.fail("evaluations may have at most %d entries.", maxEvaluations)
	}
	return list, len(list) > 0
}

// checkDefaults notes problems of the defaults: they are no fault of a single evaluation.
func (b *accessBody) checkDefaults() {
	for _, name := range []string{"subject", "action", "resource", "context"} {
		o := b.object(b.fields, "", name)
		if name == "context" {
			continue
		}
		b.object(o, name+".", "properties")
		for _, key := range []string{"type", "id", "name"} {
			if key != "name" || name == "action" {
				b.text(o, name, key)
			}
		}
	}
}

// item reads one evaluation. Its problems concern only itself.
func (b *accessBody) item(v any) (org.AccessQuestion, *org.Error) {
	fields, ok := v.(map[string]any)
	if !ok {
		return org.AccessQuestion{}, org.ErrInvalid("An evaluation must be an object.", "")
	}
	of := accessBody{}
	q := of.question(fields, b.fields, askSubject|askAction|askResource)
	return q, of.first
}

// semantic reads which decision ends the list, nil if all are to be made.
func (b *accessBody) semantic() *bool {
	options := b.object(b.fields, "", "options")
	yes, no := true, false
	switch name := b.text(options, "options", "evaluations_semantic"); name {
	case "", "execute_all":
	case "deny_on_first_deny":
		return &no
	case "permit_on_first_permit":
		return &yes
	default:
		b.fail("options.evaluations_semantic must be execute_all, deny_on_first_deny or permit_on_first_permit.")
	}
	return nil
}

// explain reads whether the reasons are wanted.
func (b *accessBody) explain() bool {
	switch v := b.object(b.fields, "", "options")["explain"].(type) {
	case bool:
		return v
	case nil:
	default:
		b.fail("options.explain must be true or false.")
	}
	return false
}
