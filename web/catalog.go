package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"sync"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/rbac"
)

// catalogVersion numbers the catalog in force. The one that comes with the program is the first.
const catalogVersion = 1

// keptCatalog is the answer with the catalog, which does not change while the program runs.
type keptCatalog struct {
	once sync.Once
	body []byte
	tag  string
	err  error
}

// showCatalog answers which permissions there are, and the built-in roles.
func (s *Server) showCatalog(c *call) (reply, error) {
	k := &s.catalog
	k.once.Do(func() {
		k.body, k.err = json.Marshal(wireCatalog(s.Catalog))
		hash := sha256.Sum256(k.body)
		k.tag = base64.RawURLEncoding.EncodeToString(hash[:tagLength])
	})
	if c.as == asJSON && k.err == nil && matches(c.request().Header.Get(headerNoneMatch), `"`+k.tag+`"`) {
		return reply{status: http.StatusNotModified, version: k.tag}, nil
	}
	return reply{
		json: json.RawMessage(k.body), version: k.tag,
		html: show(c.catalogPage(org.CatalogVersion{Catalog: s.Catalog, Number: s.Catalog.Version()}, s.Catalog.Version())),
	}, k.err
}

func wireCatalog(from *rbac.Catalog) client.Catalog {
	c := client.Catalog{Version: catalogVersion, Types: []client.CatalogType{}, Areas: []client.CatalogArea{}, Reserved: from.ReservedNames()}
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
