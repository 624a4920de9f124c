package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// keptCatalog is the answer with one version of the catalog.
type keptCatalog struct {
	hash [sha256.Size]byte // of its document
	body []byte
	tag  string
}

// showCatalog answers which permissions there are, and the built-in roles.
func (s *Server) showCatalog(c *call) (reply, error) {
	in, err := s.insight.CatalogInForce(c.ctx)
	if err != nil {
		return reply{}, err
	}
	k := s.catalog.Load()
	if k == nil || k.hash != in.Hash() {
		body, err := json.Marshal(wireCatalog(in))
		if err != nil {
			return reply{}, err
		}
		hash := sha256.Sum256(body)
		k = &keptCatalog{in.Hash(), body, base64.RawURLEncoding.EncodeToString(hash[:tagLength])}
		s.catalog.Store(k)
	}
	if c.as == asJSON && matches(c.request().Header.Get(headerNoneMatch), `"`+k.tag+`"`) {
		return reply{status: http.StatusNotModified, version: k.tag}, nil
	}
	return reply{
		json: json.RawMessage(k.body), version: k.tag,
		html: show(c.catalogPage(org.CatalogVersion{Catalog: in, Number: in.Version()}, in.Version())),
	}, nil
}

func wireCatalog(from *rbac.Catalog) client.Catalog {
	c := client.Catalog{Version: int(from.Version()), Types: []client.CatalogType{}, Areas: []client.CatalogArea{}, Reserved: from.ReservedNames()}
	for _, t := range from.Types() {
		wire := client.CatalogType{Name: t.Name, Label: t.Label, Area: t.Area, SiteOnly: t.SiteOnly, Actions: []client.CatalogAction{}}
		for _, a := range t.Actions {
			p := rbac.Permission{ResourceType: t.Name, Action: a.Name}
			wire.Actions = append(wire.Actions, client.CatalogAction{
				Name: a.Name, Label: a.Label, Description: a.Description, Phrase: from.Phrase(p), Risk: from.Risks(p),
			})
		}
		c.Types = append(c.Types, wire)
	}
	for _, a := range from.Areas() {
		c.Areas = append(c.Areas, client.CatalogArea{ID: a.ID, Label: a.Label})
	}
	for _, r := range from.BuiltIns() {
		scope := "organization"
		if r.SiteScope {
			scope = "site"
		}
		c.BuiltIns = append(c.BuiltIns, client.BuiltInRole{
			Name: r.Name, DisplayName: r.DisplayName, Scope: scope, Implied: r == from.ImpliedSite() || r == from.ImpliedOrganization(),
			Site: each(r.Site, wirePermission), Organization: each(r.Organization, wirePermission), User: each(r.User, wirePermission),
		})
	}
	return c
}
