package webtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Document is openapi.json, read and validated once.
var Document = sync.OnceValues(func() (*openapi3.T, error) {
	openapi3.DefineStringFormatValidator("uuid", openapi3.NewCallbackValidator(uuid.Validate))
	_, here, _, _ := runtime.Caller(0)
	doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(filepath.Dir(here), "..", "openapi.json"))
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(context.Background(), openapi3.EnableExamplesValidation())
})

// CheckContract fails t unless res is an answer that the document has for req: a known status, the headers, the
// content type and the shape of the body. Every test that sends a request ends here.
func CheckContract(t testing.TB, req *http.Request, res *http.Response, body []byte) {
	t.Helper()
	if err := Contract(req, res, body); err != nil {
		t.Errorf("%s %s answered %d, against openapi.json: %v\n%.2000s", req.Method, req.URL, res.StatusCode, err, body)
	}
}

// Contract says what is wrong with res as an answer to req, and body as its body; nil if nothing is.
func Contract(req *http.Request, res *http.Response, body []byte) error {
	doc, err := Document()
	if err != nil {
		return err
	}
	route := Operation(doc, intendedMethod(req), req.URL.EscapedPath())
	if route == nil {
		route = unknownRoute(doc)
	}
	if req.Method == http.MethodHead || res.StatusCode == http.StatusNotModified {
		return nil // a whole answer without its body
	}
	documented := route.Operation.Responses.Status(res.StatusCode)
	if documented == nil {
		return errors.New("the document has no such status here")
	}
	// A fragment that only sends the browser elsewhere has no body and no type.
	redirected := len(body) == 0 && res.Header.Get("HX-Redirect") != ""
	err = headersConform(doc, documented.Value, res.Header)
	if err == nil && !redirected {
		err = bodyConforms(doc, documented.Value, res.Header.Get("Content-Type"), body)
	}
	return err
}

func headersConform(doc *openapi3.T, documented *openapi3.Response, have http.Header) error {
	for name, header := range documented.Headers {
		text := have.Get(name)
		if text == "" {
			if header.Value.Required {
				return fmt.Errorf("the header %s is missing", name)
			}
			continue
		}
		var value any = text
		if header.Value.Schema.Value.Type.Is(openapi3.TypeInteger) {
			value = json.Number(text)
		}
		if err := conforms(doc, header.Value.Schema, value); err != nil {
			return fmt.Errorf("the header %s is %q: %w", name, text, err)
		}
	}
	return nil
}

func bodyConforms(doc *openapi3.T, documented *openapi3.Response, contentType string, body []byte) error {
	if len(documented.Content) == 0 {
		if len(body) > 0 {
			return errors.New("a body where the document has none")
		}
		return nil
	}
	media := documented.Content.Get(contentType)
	switch kind, _, err := mime.ParseMediaType(contentType); {
	case err != nil || media == nil:
		return fmt.Errorf("the document has no body of the type %q here", contentType)
	case media.Schema == nil:
		return nil
	case kind != "application/json" && kind != "application/scim+json":
		return conforms(doc, media.Schema, string(body))
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return conforms(doc, media.Schema, value)
}

// compiled has the schemas that were asked for, each made once: to make one takes longer than all else in a request.
var compiled sync.Map // *openapi3.SchemaRef -> func() (*jsonschema.Schema, error)

// conforms says what is wrong with a value by a schema of the document.
func conforms(doc *openapi3.T, ref *openapi3.SchemaRef, value any) error {
	make, ok := compiled.Load(ref)
	if !ok {
		make, _ = compiled.LoadOrStore(ref, sync.OnceValues(func() (*jsonschema.Schema, error) { return compile(doc, ref) }))
	}
	schema, err := make.(func() (*jsonschema.Schema, error))()
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// compile makes a schema that stands beside all those that the document names, which it may refer to.
func compile(doc *openapi3.T, ref *openapi3.SchemaRef) (*jsonschema.Schema, error) {
	text, err := json.Marshal(map[string]any{
		"components": map[string]any{"schemas": doc.Components.Schemas}, "allOf": []any{ref},
	})
	if err != nil {
		return nil, err
	}
	resource, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	const address = "https://rolecall.invalid/answer.json"
	if err := c.AddResource(address, resource); err != nil {
		return nil, err
	}
	return c.Compile(address)
}

// intendedMethod is the method that a form means: browsers send PUT, PATCH and DELETE as a POST with a field _method.
func intendedMethod(req *http.Request) string {
	switch {
	case req.Method == http.MethodHead:
		return http.MethodGet
	case req.Method != http.MethodPost || req.GetBody == nil:
		return req.Method
	case !strings.HasPrefix(req.Header.Get("Content-Type"), "application/x-www-form-urlencoded"):
		return req.Method
	}
	r, err := req.GetBody()
	if err != nil {
		return req.Method
	}
	data, _ := io.ReadAll(r)
	if form, err := url.ParseQuery(string(data)); err == nil && form.Get("_method") != "" {
		return form.Get("_method")
	}
	return req.Method
}

// Operation gives the operation for a request, nil if the document has none. Literal segments win over parameters.
func Operation(doc *openapi3.T, method, path string) *routers.Route {
	bare, prefixed := strings.CutPrefix(path, "/api/v2/")
	prefixed = prefixed && doc.Paths.Value(path) == nil // what has no other address
	if prefixed {
		path = "/" + bare
	}
	if path != "/" {
		path = strings.TrimSuffix(path, "/")
	}
	var best string
	for template, item := range doc.Paths.Map() {
		if prefixed && len(item.Servers) > 0 {
			continue // a page: it has no address below /api/v2
		}
		if matches(template, path) && (best == "" || strings.Count(template, "{") < strings.Count(best, "{")) {
			best = template
		}
	}
	if best == "" {
		return nil
	}
	item := doc.Paths.Value(best)
	operation := item.GetOperation(method)
	if operation == nil { // what any account has at a path, "me" has there too
		if best, item = strings.Replace(best, "/users/me/", "/users/{user}/", 1), doc.Paths.Value(strings.Replace(best, "/users/me/", "/users/{user}/", 1)); item != nil {
			operation = item.GetOperation(method)
		}
	}
	if operation == nil {
		return nil
	}
	return &routers.Route{Spec: doc, Path: best, PathItem: item, Method: method, Operation: operation}
}

// Understood returns what the operation at a path understands of a body, nil if it reads none.
func Understood(t testing.TB, method, path string, body map[string]any) any {
	t.Helper()
	schema := BodySchema(t, method, path)
	if schema == nil {
		return nil
	}
	kept := map[string]any{}
	for name, v := range body {
		if schema.Properties[name] != nil {
			kept[name] = v
		}
	}
	return kept
}

// BodySchema returns the schema of the JSON that the operation at a path reads, nil if it reads none.
func BodySchema(t testing.TB, method, path string) *openapi3.Schema {
	t.Helper()
	doc, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	path, _, _ = strings.Cut(path, "?")
	route := Operation(doc, method, path)
	if route == nil || route.Operation.RequestBody == nil || route.Operation.RequestBody.Value.Content["application/json"] == nil {
		return nil
	}
	return route.Operation.RequestBody.Value.Content["application/json"].Schema.Value
}

func matches(template, path string) bool {
	want, have := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return false
	}
	for i := range want {
		if !strings.HasPrefix(want[i], "{") && want[i] != have[i] {
			return false
		}
	}
	return true
}

// unknownRoute has the answers to a request for which the document has no operation.
func unknownRoute(doc *openapi3.T) *routers.Route {
	answers := openapi3.NewResponses(
		openapi3.WithStatus(http.StatusNoContent, &openapi3.ResponseRef{Value: &openapi3.Response{}}), // OPTIONS
		openapi3.WithStatus(http.StatusNotFound, doc.Components.Responses["NotFound"]),
		openapi3.WithStatus(http.StatusMethodNotAllowed, doc.Components.Responses["MethodNotAllowed"]),
		openapi3.WithStatus(http.StatusForbidden, doc.Components.Responses["Forbidden"]),
		openapi3.WithStatus(http.StatusSeeOther, doc.Components.Responses["SeeOther"]),
	)
	return &routers.Route{Spec: doc, Operation: &openapi3.Operation{Responses: answers}}
}
