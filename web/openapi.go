package web

import (
	_ "embed"
	"encoding/json"
	"net/http"

	"rolecall.example/rbac"
	"rolecall.example/web/openapi"
)

// document describes every route: pages and probes too, in both styles of answers.
//
//go:embed openapi.json
var document []byte

// showDocument sends the document of every route.
func (s *Server) showDocument(c *call) http.Handler {
	return http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		_ = c.send(http.StatusOK, typeJSONOut, document) //nolint:contextcheck // the call has its context; an error: the client is gone
	})
}

// showAPIDocument sends the document of the API, for programs that make clients of it.
func (s *Server) showAPIDocument(*call) (reply, error) {
	d, err := s.apiDocument()
	if err != nil {
		return reply{}, err
	}
	text, err := d.JSON()
	return reply{json: json.RawMessage(text)}, err
}

// newAPIDocument derives the document of the API for the catalog and the style of answers that are in force.
func newAPIDocument(o *Options) (*openapi.Document, error) {
	in := openapi.Options{Style: openapi.Documented, Actions: o.Catalog.Actions()}
	if o.Wire == SDK {
		in.Style = openapi.SDK
	}
	for _, t := range o.Catalog.Types() {
		in.Types = append(in.Types, t.Name)
	}
	in.Wildcard = rbac.Wildcard
	return openapi.API(document, in)
}
