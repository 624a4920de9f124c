package webtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/google/uuid"
)

// Document is openapi.json, read and validated once.
var Document = sync.OnceValues(func() (*openapi3.T, error) {
	openapi3.DefineStringFormatValidator("uuid", openapi3.NewCallbackValidator(uuid.Validate))
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder("application/jsonl", openapi3filter.PlainBodyDecoder)
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
	err = openapi3filter.ValidateResponse(req.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req, Route: route},
		Status:                 res.StatusCode,
		Header:                 res.Header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true, MultiError: true,
			// A fragment that only sends the browser elsewhere has no body and no type.
			ExcludeResponseBody: len(body) == 0 && res.Header.Get("HX-Redirect") != "",
		},
	})
	if err != nil {
		return err
	}
	response := route.Operation.Responses.Status(res.StatusCode)
	if len(body) > 0 && (response == nil || len(response.Value.Content) == 0) {
		return errors.New("a body where the document has none")
	}
	return nil
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
	if operation == nil {
		return nil
	}
	return &routers.Route{Spec: doc, Path: best, PathItem: item, Method: method, Operation: operation}
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
