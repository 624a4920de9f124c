package web

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"net/http"
	"sync"

	"rolecall.example/rbac"
	"rolecall.example/web/openapi"
)

// document describes every route, including pages and probes, in both styles of answers.
//
//go:embed openapi.json
var document []byte

// showDocument sends the document of every route.
func (s *Server) showDocument(c *call) http.Handler {
	return http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		_ = c.send(http.StatusOK, typeJSONOut, document) // an error: the client is gone
	})
}

// showAPIDocument sends the API document, from which programs generate clients.
func (s *Server) showAPIDocument(c *call) (reply, error) {
	d, err := s.describe(c.ctx)
	if err != nil {
		return reply{}, err
	}
	text, err := d.document.JSON()
	return reply{json: json.RawMessage(text)}, err
}

// described is the API document for one catalog.
type described struct {
	hash      [sha256.Size]byte
	document  *openapi.Document
	reference func() ([]byte, error) // the page of it
}

// describe returns the API document for the catalog in force. It is made when it is first needed.
func (s *Server) describe(ctx context.Context) (*described, error) {
	catalog, err := s.account.CatalogInForce(ctx)
	if err != nil {
		return nil, err
	}
	if k := s.described.Load(); k != nil && k.hash == catalog.Hash() {
		return k, nil
	}
	d, err := newAPIDocument(catalog, s.Wire)
	if err != nil {
		return nil, err
	}
	k := &described{catalog.Hash(), d, sync.OnceValues(func() ([]byte, error) { return newReference(d) })} //nolint:contextcheck // everyone gets it: the end of one call must not stop it
	s.described.Store(k)
	return k, nil
}

// newAPIDocument derives the API document for a catalog and a style of answers.
func newAPIDocument(c *rbac.Catalog, style Wire) (*openapi.Document, error) {
	in := openapi.Options{Style: openapi.Documented, Actions: c.Actions()}
	if style == SDK {
		in.Style = openapi.SDK
	}
	for _, t := range c.Types() {
		in.Types = append(in.Types, t.Name)
	}
	in.Wildcard = rbac.Wildcard
	return openapi.API(document, in)
}
