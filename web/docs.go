package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"rolecall.example/views"
	"rolecall.example/web/openapi"
)

// showReference shows what the document of the API says as a page. It is rendered once per catalog: apart from that it
// depends only on the style of answers.
func (s *Server) showReference(c *call) (reply, error) {
	d, err := s.describe(c.ctx)
	if err != nil {
		return reply{}, err
	}
	html, err := d.reference()
	if err != nil {
		return reply{}, err
	}
	return reply{html: show(page{title: "API reference", body: rendered(html), bare: true})}, nil
}

// newReference renders the reference of the API.
func newReference(d *openapi.Document) ([]byte, error) {
	var html bytes.Buffer
	err := views.ReferencePage(referenceOf(d)).Render(context.Background(), &html) // not of any request: everyone gets this page
	return html.Bytes(), err
}

// reader turns the parts of a document into those of its reference.
type reader struct{ *openapi.Document }

func referenceOf(d *openapi.Document) views.Reference {
	r := reader{d}
	out := views.Reference{About: strings.Split(d.Info.Description, "\n\n"), Document: apiPrefix + "/openapi.json"}
	for _, tag := range d.Tags {
		g := views.ReferenceGroup{Name: tag.Name, About: tag.Description}
		for _, path := range d.Paths {
			for _, o := range path.Value.Operations() {
				if slices.Contains(o.Value.Tags, tag.Name) {
					g.Operations = append(g.Operations, r.operation(path.Name, path.Value, o.Name, o.Value))
				}
			}
		}
		if len(g.Operations) > 0 {
			out.Groups = append(out.Groups, g)
		}
	}
	for _, e := range d.Components.Responses {
		a := r.answer(r.statusOf(e.Name), e.Value)
		a.Name = e.Name
		out.Failures = append(out.Failures, a)
	}
	for _, e := range d.Components.Schemas {
		out.Schemas = append(out.Schemas, r.schema(e.Name, e.Value))
	}
	return out
}

func (r reader) operation(path string, item *openapi.PathItem, method string, o *openapi.Operation) views.ReferenceOperation {
	about, _, _ := strings.Cut(o.Description, openapi.WhoMayHeading)
	out := views.ReferenceOperation{
		ID: o.OperationID, Method: method, Path: apiPrefix + path, Summary: o.Summary, About: strings.TrimSpace(about), WhoMay: o.WhoMay,
	}
	for _, p := range slices.Concat(item.Parameters, o.Parameters) {
		out.Parameters = append(out.Parameters, r.parameter(r.Parameter(p)))
	}
	if o.RequestBody != nil {
		out.Body = r.body(o.RequestBody.Content)
	}
	for _, e := range o.Responses {
		if e.Value.Ref != "" {
			out.Failures = append(out.Failures, views.ReferenceLink{Text: e.Name, Anchor: views.FailureAnchor(openapi.RefName(e.Value.Ref))})
			continue
		}
		out.Answers = append(out.Answers, r.answer(e.Name, e.Value))
	}
	out.Curl = r.curl(path, item, method, o)
	return out
}

func (r reader) parameter(p *openapi.Parameter) views.ReferenceField {
	f := r.field(p.Name, p.Schema, p.Required)
	f.In = "in the " + p.In
	if p.Description != "" {
		f.About = p.Description
	}
	return f
}

func (r reader) answer(status string, a *openapi.Response) views.ReferenceAnswer {
	out := views.ReferenceAnswer{Status: status, About: a.Description, Body: r.body(a.Content)}
	for _, e := range a.Headers {
		if e.Name == "X-Request-Id" {
			continue // every answer has it
		}
		h := r.Header(e.Value)
		f := r.field(e.Name, h.Schema, false)
		f.About = h.Description
		out.Headers = append(out.Headers, f)
	}
	return out
}

// statusOf returns the status with which operations send a response of the components.
func (r reader) statusOf(response string) string {
	for _, path := range r.Paths {
		for _, o := range path.Value.Operations() {
			for _, e := range o.Value.Responses {
				if openapi.RefName(e.Value.Ref) == response {
					return e.Name
				}
			}
		}
	}
	return ""
}

func (r reader) body(content openapi.Map[*openapi.Media]) *views.ReferenceBody {
	if len(content) == 0 {
		return nil
	}
	m := content[0].Value
	var example bytes.Buffer
	if err := json.Indent(&example, m.Example, "", "  "); err != nil {
		example.Write(m.Example)
	}
	return &views.ReferenceBody{Type: r.typeOf(m.Schema), Example: example.String()}
}

// curl returns a command line for an operation, with the examples of its parameters and its body.
func (r reader) curl(path string, item *openapi.PathItem, method string, o *openapi.Operation) string {
	for _, p := range slices.Concat(item.Parameters, o.Parameters) {
		if p := r.Parameter(p); p.In == "path" {
			path = strings.ReplaceAll(path, "{"+p.Name+"}", strings.Trim(string(p.Example), `"`))
		}
	}
	line := fmt.Sprintf(`curl -X %s "$ROLECALL_URL%s%s"`, method, apiPrefix, path)
	if !o.Public() {
		line += " \\\n  " + `-H "Coder-Session-Token: $ROLECALL_TOKEN"`
	}
	if o.RequestBody != nil {
		body := strings.ReplaceAll(string(o.RequestBody.Content[0].Value.Example), "'", `'\''`)
		line += " \\\n  -H 'Content-Type: application/json' \\\n  -d '" + body + "'"
	}
	return line
}
