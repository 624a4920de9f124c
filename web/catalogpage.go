package web

import (
	"strconv"

	"rolecall.example/org"
	"rolecall.example/views"
)

// catalogItem is the navigation item of the catalog's pages.
const catalogItem = "catalog"

// catalogPage makes the page of a version of the catalog. latest is the version in force.
func (c *call) catalogPage(v org.CatalogVersion, latest int64) (page, error) {
	model := views.Catalog{Version: v, Latest: latest, CanChange: c.actor.Owner()}
	p := page{title: "Catalog", active: catalogItem}
	if v.Number != latest {
		p.title += ", version " + strconv.FormatInt(v.Number, 10)
		p.crumbs = catalogCrumbs(views.Crumb{Label: "History", URL: views.CatalogVersionsURL})
		p.body = views.CatalogPage(model)
		return p, nil
	}
	var err error
	if model.Uses, err = c.server.insight.CatalogUses(c.ctx, c.actor); err != nil {
		return p, err
	}
	model.Versions, err = c.server.account.CatalogVersions(c.ctx, c.actor)
	p.body = views.CatalogPage(model)
	return p, err
}

// catalogCrumbs lead from the catalog to a page of its own.
func catalogCrumbs(more ...views.Crumb) []views.Crumb {
	return append([]views.Crumb{{Label: "Catalog", URL: views.CatalogURL}}, more...)
}
