package web

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"rolecall.example/client"
	"rolecall.example/org"
	"rolecall.example/org/catalogfile"
)

const typeYAML = "application/yaml"

// showCatalog answers which permissions there are, and the built-in roles.
func (s *Server) showCatalog(c *call) (reply, error) {
	v, err := s.account.Catalog(c.ctx, c.actor)
	if err != nil {
		return reply{}, err
	}
	return c.catalogReply(&v, v.Number)
}

// showCatalogVersion does the same for any version. Versions never change.
func (s *Server) showCatalogVersion(c *call) (reply, error) {
	number, err := strconv.ParseInt(c.param("version"), 10, 64)
	if err != nil {
		return reply{}, org.ErrNotFound()
	}
	v, err := s.account.CatalogVersion(c.ctx, c.actor, number)
	if err != nil {
		return reply{}, err
	}
	c.header("Cache-Control", "private, max-age=31536000, immutable")
	return c.catalogReply(&v, c.actor.Catalog.Version())
}

// catalogReply returns a version of the catalog in all its forms. latest is the version in force.
func (c *call) catalogReply(v *org.CatalogVersion, latest int64) (reply, error) {
	tag := catalogTag(v.Number)
	file, yaml := c.wantsYAML()
	if (c.as == asJSON || yaml) && matches(c.request().Header.Get(headerNoneMatch), `"`+tag+`"`) {
		return reply{status: http.StatusNotModified, version: tag}, nil
	}
	if yaml {
		c.header("ETag", `"`+tag+`"`)
		return reply{stream: &stream{contentType: typeYAML, file: file, write: func(w *sink) error {
			_, err := w.WriteString(catalogSource(v))
			return err
		}}}, nil
	}
	wire, err := wireCatalog(v)
	return reply{json: wire, version: tag, html: func() (page, error) { return c.catalogPage(*v, latest) }}, err
}

// catalogTag names a version in ETag and If-Match.
func catalogTag(version int64) string { return strconv.FormatInt(version, 10) }

// catalogSource returns the file as it was sent. A file that was sent as JSON is written as YAML.
func catalogSource(v *org.CatalogVersion) string {
	if strings.HasPrefix(strings.TrimSpace(v.Source), "{") {
		return string(catalogfile.WriteYAML(v.Catalog.Document()))
	}
	return v.Source
}

// wantsYAML reports whether the client wants the file, and the name under which a browser saves it: if the query asks
// for it, a browser gets it too.
func (c *call) wantsYAML() (file string, yaml bool) {
	if c.values.Get("format") == "yaml" {
		return "catalog.yaml", true
	}
	accept := strings.Join(c.request().Header.Values("Accept"), ",")
	best := max(quality(accept, typeJSON), quality(accept, "text/html"))
	return "", strings.Contains(accept, "yaml") && max(quality(accept, typeYAML), quality(accept, "text/yaml")) > best
}

// listCatalogVersions lists every version, newest first.
func (s *Server) listCatalogVersions(c *call) (reply, error) {
	list, err := s.account.CatalogVersions(c.ctx, c.actor)
	return reply{json: each(list, wireCatalogVersion), html: func() (page, error) { return c.catalogHistoryPage(list, nil), nil }}, err
}

// compareCatalogs returns the differences between two versions.
func (s *Server) compareCatalogs(c *call) (reply, error) {
	q := c.query()
	from, to := q.count("from"), q.count("to")
	if err := q.problem(); err != nil {
		return reply{}, err
	}
	list, err := s.insight.CompareCatalogs(c.ctx, c.actor, int64(from), int64(to))
	return reply{
		json: client.CatalogComparison{From: int64(from), To: int64(to), Changes: each(list, wireCatalogDifference)},
		html: func() (page, error) { return s.catalogComparePage(c, int64(from), int64(to), list) },
	}, err
}

// showCatalogSchema returns the JSON Schema of a catalog file.
func (s *Server) showCatalogSchema(*call) (reply, error) {
	return reply{json: json.RawMessage(catalogfile.Schema)}, nil
}
