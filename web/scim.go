package web

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"rolecall.example/org"
	"rolecall.example/org/directory"
	"rolecall.example/org/scim"
)

// SCIM 2.0, as specified in docs/spec/directories.md. Its requests, answers and failures have their own form, and its
// callers are directories: their tokens give access to nothing else, and nothing else gives access to it.

// pathSCIM is the path of the directory of the default organization and, below an organization, of that organization.
const pathSCIM = "/scim/v2"

// typeSCIM is the type of every answer.
const typeSCIM = "application/scim+json"

// directoryLimit is how many requests a directory token may send per minute.
const directoryLimit = 3000

// scimPath matches everything below a directory, whether a route exists or not.
var scimPath = regexp.MustCompile(`^(/organizations/[^/]*)?` + pathSCIM + `(/|$)`)

// scimRoutes are the routes of directories.
var scimRoutes = slices.Concat(scimRoutesBelow(pathSCIM), scimRoutesBelow(pathOrganization+pathSCIM))

func scimRoutesBelow(base string) []Route {
	routes := []Route{
		{http.MethodGet, base + "/ServiceProviderConfig", Directory, 0, "tell what of SCIM there is", (*Server).showSCIMConfig},
		{http.MethodGet, base + "/serviceConfiguration", Directory, 0, "tell what of SCIM there is, by its old name", (*Server).showSCIMConfig},
		{http.MethodGet, base + "/ResourceTypes", Directory, 0, "list the resource types of SCIM", (*Server).listSCIMTypes},
		{http.MethodGet, base + "/ResourceTypes/{id}", Directory, 0, "show a resource type of SCIM", (*Server).showSCIMType},
		{http.MethodGet, base + "/Schemas", Directory, 0, "list the schemas of SCIM", (*Server).listSCIMSchemas},
		{http.MethodGet, base + "/Schemas/{id}", Directory, 0, "show a schema of SCIM", (*Server).showSCIMSchema},
		{http.MethodPost, base + "/Bulk", Directory, Body, "refuse SCIM's Bulk", (*Server).refuseSCIM},
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		flags := Body
		if method == http.MethodGet || method == http.MethodDelete {
			flags = 0
		}
		routes = append(routes, Route{method, base + "/Me", Directory, flags, "refuse SCIM's Me", (*Server).refuseSCIM})
	}
	for t := range scimUses {
		k, path, name := &scimUses[t], base+scim.Type(t).Path(), strings.ToLower(scim.Type(t).String())
		routes = append(routes,
			Route{http.MethodGet, path, Directory, 0, "list the " + name + "s of a directory", k.list},
			Route{http.MethodPost, path, Directory, Body, "create a " + name + " of a directory", k.post},
			Route{http.MethodPost, path + "/.search", Directory, Body, "search the " + name + "s of a directory", k.search},
			Route{http.MethodGet, path + "/{id}", Directory, 0, "show a " + name + " of a directory", k.show},
			Route{http.MethodPut, path + "/{id}", Directory, Body | IfMatch, "replace a " + name + " of a directory", k.put},
			Route{http.MethodPatch, path + "/{id}", Directory, Body | IfMatch, "change a " + name + " of a directory", k.patch},
			Route{http.MethodDelete, path + "/{id}", Directory, IfMatch, "delete a " + name + " of a directory", k.remove},
		)
	}
	return routes
}

// authenticateDirectory identifies the directory by its token. Cookies and the tokens of accounts do not count here.
func (s *Server) authenticateDirectory(c *call) (err error) {
	tokens := tokensOf(c.request())
	switch {
	case len(tokens) > 1:
		return errTwoTokens
	case len(tokens) == 0 || c.inProcess != nil:
		return org.SignedOut()
	}
	organization := c.organization()
	if organization == "" {
		organization = "default"
	}
	c.directory, err = s.directories.Authenticate(c.ctx, organization, tokens[0], c.origin())
	return err
}

func directoryBucket(c *call) string { return "directory " + c.directory.TokenID.String() }

// scimProblem returns the answer that reports a failure to a directory.
func scimProblem(c *call, status int, e *org.Error) reply {
	detail := strings.TrimSpace(e.Message + " " + e.Detail)
	if e.Kind == org.Unauthenticated {
		detail = "A valid token of this directory is needed in the header Authorization: Bearer."
	}
	for _, f := range e.Fields {
		detail += " " + f.Field + ": " + f.Detail + "."
	}
	code := e.Code
	if code == "" && e.Kind == org.Invalid {
		code = scim.InvalidValue
	}
	c.failure = detail
	return reply{status: status, json: scim.Problem(status, code, detail)}
}

// noteDirectory records a request of a directory where its administrators can see it.
func (s *Server) noteDirectory(c *call, took time.Duration) {
	r := directory.Request{
		Method: c.request().Method, Path: c.here(), Status: c.response().Status, Detail: c.failure, Took: took,
	}
	if c.body != nil {
		r.Body = c.body.data
	}
	s.directories.Note(c.ctx, c.directory, r)
}

// scimBase returns the address of the directory. If the address of the server is not known, it is a path.
func (c *call) scimBase() string {
	path := c.request().URL.EscapedPath()
	return c.absolute(path[:strings.Index(path, pathSCIM)+len(pathSCIM)])
}

// scimBody reads the body.
func (c *call) scimBody() (scim.Document, error) {
	media := mediaType(c.request().Header.Values("Content-Type"))
	b := c.receive()
	switch {
	case media != typeSCIM && media != typeJSON || c.request().Header.Get("Content-Encoding") != "":
		return nil, &org.Error{Kind: org.Unsupported, Message: "The header Content-Type must be " + typeSCIM + " or " + typeJSON + "."}
	case b.tooLarge:
		return nil, &org.Error{Kind: org.TooLarge, Message: "The body is larger than 1 MiB."}
	case b.err != nil || len(b.data) == 0:
		return nil, scim.Refuse(scim.InvalidSyntax, "The body is empty or was cut off.")
	}
	return scim.ParseDocument(b.data)
}

// scimVersions returns the versions in the header If-Match, nil if there is none. SCIM's tags are weak, and are
// compared as such.
func (c *call) scimVersions() org.Versions {
	if !c.has(headerMatch) {
		return nil
	}
	v := org.Versions{}
	for _, tag := range entityTag.FindAllString(strings.Join(c.request().Header.Values(headerMatch), ","), -1) {
		if text := strings.Trim(strings.TrimPrefix(tag, "W/"), `"`); text != org.NoVersion && (text != org.AnyVersion || tag == "*") {
			v = append(v, text)
		}
	}
	return v
}

// unchanged reports whether the client already has this version.
func (c *call) unchanged(tag string) bool {
	for _, have := range entityTag.FindAllString(strings.Join(c.request().Header.Values(headerNoneMatch), ","), -1) {
		if have == "*" || strings.TrimPrefix(have, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}

func (s *Server) showSCIMConfig(c *call) (reply, error) {
	return reply{json: scim.Config(c.scimBase())}, nil
}

func (s *Server) listSCIMTypes(c *call) (reply, error) {
	return describing(c, scim.ResourceTypes(c.scimBase()))
}

func (s *Server) showSCIMType(c *call) (reply, error) {
	return describingOne(c, scim.ResourceTypes(c.scimBase()))
}

func (s *Server) listSCIMSchemas(c *call) (reply, error) {
	return describing(c, scim.Schemas(c.scimBase()))
}

func (s *Server) showSCIMSchema(c *call) (reply, error) {
	return describingOne(c, scim.Schemas(c.scimBase()))
}

// describing answers with a list of descriptions. A filter is refused, as the standard requires, so that no client
// believes that it was applied.
func describing(c *call, all []scim.Document) (reply, error) {
	if c.values.Has("filter") {
		return reply{}, &org.Error{Kind: org.Forbidden, Message: "This list can't be filtered."}
	}
	return reply{json: scim.ListOf(each(all, func(d *scim.Document) any { return *d }), len(all), 1)}, nil
}

func describingOne(c *call, all []scim.Document) (reply, error) {
	d := scim.Describing(all, c.param("id"))
	if d == nil {
		return reply{}, errRoute
	}
	return reply{json: d}, nil
}

// refuseSCIM answers requests for parts of the standard that this server does not have.
func (s *Server) refuseSCIM(c *call) (reply, error) {
	return scimProblem(c, http.StatusNotImplemented, &org.Error{Message: "This server does not have this part of SCIM."}), nil
}
