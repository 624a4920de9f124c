package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"rolecall.example/static"
	"rolecall.example/views"
)

// Access says who may use a route at all. What somebody who may then gets to do is org's to decide.
type Access uint8

// The kinds of access.
const (
	SignedIn Access = iota // needs a token or a session
	Public                 // answers strangers
)

// Offer says where and as what a route answers, besides as JSON at its path.
type Offer uint16

// What a route can offer.
const (
	API         Offer = 1 << iota // answers below /api/v2 as well
	Page                          // has a page; without, everything is answered as JSON
	CSV                           // can be had as CSV
	Steady                        // as JSON it depends on nothing but what is stored and who asks, so that it may be kept
	DryRun                        // ?dry_run=1 tells what it would do
	Body                          // reads a body; elsewhere one that says something is refused
	IfMatch                       // compares that header; elsewhere a change that has it is refused
	IfNoneMatch                   // likewise, as *: creates and does not replace
	Quiet                         // leaves no line in the log while all is well: a probe, of which balancers send several a second
)

// Route is a row of the table of routes.
type Route struct {
	Method string // GET stands for HEAD too
	Path   string // as in the OpenAPI document, with {parameters}
	Access Access
	Offer  Offer
	About  string
	handle handler
}

// Offers says whether the route offers all of o.
func (r *Route) Offers(o Offer) bool { return r.Offer&o == o }

// handler answers a request: it decodes, makes one call of a use case and says what came of it.
type handler func(*Server, *call) (reply, error)

// apiPrefix is the second mount of the API.
const apiPrefix = "/api/v2"

// Paths that several routes share.
const (
	pathOrganization = "/organizations/{organization}"
	pathMembers      = pathOrganization + "/members"
	pathMember       = pathMembers + "/{user}"
	pathMemberRoles  = pathMember + "/roles"
	pathRoles        = pathMembers + "/roles"
	pathRole         = pathRoles + "/{roleName}"
	pathSiteRole     = "/users/roles/{roleName}"
	pathUser         = "/users/{user}"
	pathTokens       = pathUser + "/keys/tokens"
)

// table has every route there is, once.
var table = []Route{
	{http.MethodGet, pathMembers, SignedIn, API | Page | CSV | Steady, "list members", (*Server).listMembers},
	{http.MethodGet, pathOrganization + "/paginated-members", SignedIn, API | Page | CSV | Steady, "list a page of members", (*Server).listMembersPaginated},
	{http.MethodPost, pathMembers, SignedIn, API | Page | DryRun | Body, "add many members, or change many", (*Server).changeMembers},
	{http.MethodGet, pathMember, SignedIn, API | Page, "show a member", (*Server).showMember},
	{http.MethodPost, pathMember, SignedIn, API | Page, "add a member", (*Server).addMember},
	{http.MethodDelete, pathMember, SignedIn, API | Page | DryRun | IfMatch, "remove a member", (*Server).removeMember},
	{http.MethodGet, pathMember + "/permissions", SignedIn, API, "list what a member may do", (*Server).showPermissions},
	{http.MethodGet, pathMemberRoles, SignedIn, API | Page, "show the roles of a member", (*Server).showMemberRoles},
	{http.MethodPut, pathMemberRoles, SignedIn, API | Page | DryRun | Body | IfMatch, "set the roles of a member", (*Server).setMemberRoles},
	{http.MethodGet, pathMembers + "/new", SignedIn, Page, "look for users to add", (*Server).newMember},

	{http.MethodGet, pathRoles, SignedIn, API | Page | Steady, "list the roles of an organization", (*Server).listRoles},
	{http.MethodPost, pathRoles, SignedIn, API | Page | DryRun | Body, "create a role", (*Server).createRole},
	{http.MethodPut, pathRoles, SignedIn, API | Page | DryRun | Body | IfMatch | IfNoneMatch, "create or replace a role", (*Server).putRole},
	{http.MethodGet, pathRoles + "/new", SignedIn, Page, "start a role", (*Server).newRole},
	{http.MethodGet, pathRole, SignedIn, API | Page, "show a role", (*Server).showRole},
	{http.MethodDelete, pathRole, SignedIn, API | Page | DryRun | IfMatch, "delete a role", (*Server).deleteRole},
	{http.MethodGet, pathRole + "/history", SignedIn, API | Page, "list the versions of a role", (*Server).listRoleVersions},
	{http.MethodGet, pathRole + "/compare", SignedIn, API | Page, "compare roles, or versions of one", (*Server).compareRoles},
	{http.MethodPost, pathRole + "/restore", SignedIn, API | Page | Body | IfMatch, "store an earlier version of a role again", (*Server).restoreRole},
	{http.MethodGet, pathOrganization + "/who-can", SignedIn, API | Page, "list who may do something", (*Server).whoCan},
	{http.MethodGet, pathOrganization + "/lint", SignedIn, API | Page, "look for what does nothing", (*Server).lint},
	{http.MethodGet, pathRole + "/members", SignedIn, Page, "list who holds a role", (*Server).showRoleMembers},
	{http.MethodGet, "/users/roles", SignedIn, API | Page | Steady, "list the site roles", (*Server).listRoles},
	{http.MethodPatch, "/users/roles", SignedIn, API | Page | DryRun | Body | IfMatch | IfNoneMatch, "create or replace a site role", (*Server).putRole},
	{http.MethodGet, pathSiteRole, SignedIn, API | Page, "show a site role", (*Server).showRole},
	{http.MethodDelete, pathSiteRole, SignedIn, API | Page | DryRun | IfMatch, "delete a site role", (*Server).deleteRole},
	{http.MethodGet, pathSiteRole + "/history", SignedIn, API | Page, "list the versions of a site role", (*Server).listRoleVersions},
	{http.MethodGet, pathSiteRole + "/compare", SignedIn, API | Page, "compare site roles, or versions of one", (*Server).compareRoles},
	{http.MethodPost, pathSiteRole + "/restore", SignedIn, API | Page | Body | IfMatch, "store an earlier version of a site role again", (*Server).restoreRole},

	{http.MethodGet, "/users", SignedIn, API | Page, "list users", (*Server).listUsers},
	{http.MethodPost, "/users", SignedIn, API | Page | Body, "create a user", (*Server).createUser},
	{http.MethodGet, pathUser, SignedIn, API | Page, "show a user", (*Server).showUser},
	{http.MethodDelete, pathUser, SignedIn, API | Page | IfMatch, "delete a user", (*Server).deleteUser},
	{http.MethodPut, pathUser + "/profile", SignedIn, API | Page | Body | IfMatch, "change username and name", (*Server).updateProfile},
	{http.MethodPut, pathUser + "/password", SignedIn, API | Page | Body | IfMatch, "set a password", (*Server).setPassword},
	{http.MethodPut, pathUser + "/status/suspend", SignedIn, API | Page | IfMatch, "suspend a user", (*Server).suspendUser},
	{http.MethodPut, pathUser + "/status/activate", SignedIn, API | Page | IfMatch, "activate a user", (*Server).activateUser},
	{http.MethodGet, pathUser + "/roles", SignedIn, API | Page, "show the role names of a user", (*Server).showUserRoles},
	{http.MethodPut, pathUser + "/roles", SignedIn, API | Page | Body | IfMatch, "set the site roles of a user", (*Server).setUserRoles},
	{http.MethodGet, pathUser + "/organizations", SignedIn, API, "list the organizations of a user", (*Server).listUserOrganizations},
	{http.MethodGet, pathTokens, SignedIn, API | Page, "list API tokens", (*Server).listTokens},
	{http.MethodPost, pathTokens, SignedIn, API | Page | Body, "create an API token", (*Server).createToken},
	{http.MethodDelete, pathUser + "/keys/{id}", SignedIn, API | Page, "delete an API token", (*Server).deleteToken},

	{http.MethodGet, views.NewUserURL, SignedIn, Page, "ask for a new user", (*Server).newUser},
	{http.MethodPost, pathUser + "/password-link", SignedIn, Page, "make a link that sets a password", (*Server).createPasswordLink},
	{http.MethodDelete, pathUser + "/password-link", SignedIn, Page, "revoke the link that sets a password", (*Server).deletePasswordLink},
	{http.MethodDelete, views.SessionsURL, SignedIn, Page, "sign out everywhere", (*Server).endSessions},
	{http.MethodDelete, views.SessionsURL + "/{id}", SignedIn, Page, "end a session", (*Server).endSession},
	{http.MethodGet, "/users/roles/new", SignedIn, Page, "start a site role", (*Server).newRole},

	{http.MethodGet, "/organizations", SignedIn, API | Page | Steady, "list organizations", (*Server).listOrganizations},
	{http.MethodPost, "/organizations", SignedIn, API | Page | Body, "create an organization", (*Server).createOrganization},
	{http.MethodGet, pathOrganization, SignedIn, API | Page, "show an organization", (*Server).showOrganization},
	{http.MethodPatch, pathOrganization, SignedIn, API | Page | Body | IfMatch, "change an organization", (*Server).updateOrganization},
	{http.MethodDelete, pathOrganization, SignedIn, API | Page | IfMatch, "delete an organization", (*Server).deleteOrganization},
	{http.MethodGet, views.NewOrganizationURL, SignedIn, Page, "ask for a new organization", (*Server).newOrganization},
	{http.MethodGet, views.SearchPath, SignedIn, Page, "look for names", (*Server).search},
	{http.MethodPost, "/authcheck", SignedIn, API | Body, "ask what the caller may do", (*Server).checkAuth},
	{http.MethodGet, "/audit", SignedIn, API | Page | CSV, "read the audit trail", (*Server).listAudit},
	{http.MethodPost, "/audit/{id}/undo", SignedIn, API | Page, "undo a change of a member", (*Server).undoChange},

	{http.MethodGet, "/users/first", Public, API, "ask whether a user exists", (*Server).showFirstUser},
	{http.MethodPost, "/users/first", Public, API | Body, "create the first user", (*Server).createFirstUser},
	{http.MethodPost, "/users/login", Public, API | Body, "get a token for a password", (*Server).createLoginToken},
	{http.MethodPost, "/users/logout", SignedIn, API, "end the session or token", (*Server).deleteLoginToken},
	{http.MethodGet, views.LoginURL, Public, Page, "ask for a password", (*Server).newLogin},
	{http.MethodPost, views.LoginURL, Public, Page | Body, "sign in", (*Server).login},
	{http.MethodPost, views.LogoutURL, SignedIn, Page, "sign out", (*Server).logout},
	{http.MethodGet, views.SetupURL, Public, Page, "ask for the first account", (*Server).newSetup},
	{http.MethodPost, views.SetupURL, Public, Page | Body, "create the first account", (*Server).setup},
	{http.MethodGet, views.HomeURL, SignedIn, Page, "go to the members", (*Server).home},
	{http.MethodPost, views.ShortcutsURL, SignedIn, Page | Body, "turn single-key shortcuts on or off", (*Server).setShortcuts},
	{http.MethodGet, "/password/{secret}", Public, Page, "ask for a password by a link", (*Server).newPassword},
	{http.MethodPost, "/password/{secret}", Public, Page | Body, "set a password by a link", (*Server).usePasswordLink},
	{http.MethodPost, views.ThemeURL, Public, Page | Body, "choose light or dark", (*Server).setTheme},

	{http.MethodGet, "/buildinfo", Public, API, "tell the version", (*Server).showBuild},
	{http.MethodGet, "/healthz", Public, Quiet, "tell that the process lives", (*Server).checkHealth},
	{http.MethodGet, "/readyz", Public, Quiet, "tell whether requests can be answered", (*Server).checkReady},
	{http.MethodGet, "/.well-known/security.txt", Public, 0, "tell where to report a weakness", (*Server).showSecurityContact},
	{http.MethodGet, "/.well-known/security-policy.txt", Public, 0, "tell what happens to a report", (*Server).showSecurityPolicy},
	{http.MethodGet, "/openapi.json", Public, 0, "describe the API", (*Server).showDocument},
	{http.MethodGet, static.Prefix + "*", Public, 0, "serve files", (*Server).serveStatic},
}

// Routes lists every route, for tests and for the curious.
func Routes() []Route { return slices.Clone(table) }

// mount gives the router every path with the methods it has. Echo only matches paths: asked for a method that a path
// does not have, it would go on to the next path that fits, and take the "roles" of members/roles for a user.
func (s *Server) mount() {
	s.echo.Pre(s.observe, s.protect, plainPath, overrideMethod)
	paths := map[string]map[string]*Route{}
	for i := range table {
		r := &table[i]
		mounts := []string{r.Path}
		if r.Offers(API) {
			mounts = append(mounts, apiPrefix+r.Path)
		}
		for _, path := range mounts {
			if paths[path] == nil {
				paths[path] = map[string]*Route{}
			}
			paths[path][r.Method] = r
		}
	}
	for path, methods := range paths {
		s.echo.RouteNotFound(echoPath(path), s.dispatch(methods)) // Echo's word for: whatever the method
	}
	s.echo.RouteNotFound("/*", func(echo.Context) error { return errRoute })
}

// echoPath writes {user} as :user.
func echoPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

// dispatch picks the route of a path by method.
func (s *Server) dispatch(methods map[string]*Route) echo.HandlerFunc {
	allow := []string{http.MethodOptions}
	for m := range methods {
		allow = append(allow, m)
		if m == http.MethodGet {
			allow = append(allow, http.MethodHead)
		}
	}
	slices.Sort(allow)
	wrongMethod := &methodError{allow: strings.Join(allow, ", ")}
	return func(ec echo.Context) error {
		c := callOf(ec)
		method := ec.Request().Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		if !c.wellFormed() {
			return errRoute
		}
		if method == http.MethodOptions {
			c.header("Allow", wrongMethod.allow)
			return c.send(http.StatusNoContent, "", nil)
		}
		route, ok := methods[method]
		if !ok {
			return wrongMethod
		}
		c.route = route
		r, err := s.serve(c)
		if err != nil {
			return err
		}
		return s.respond(c, r)
	}
}

// wellFormed says whether every parameter is one whole segment: Echo lets the last one of a path run over slashes.
func (c *call) wellFormed() bool {
	for _, name := range c.echo.ParamNames() {
		if v := c.echo.Param(name); name != "*" && (v == "" || strings.Contains(v, "/")) {
			return false
		}
	}
	return true
}

// serve runs the handler of a route, for whom it is meant.
func (s *Server) serve(c *call) (reply, error) {
	if !c.route.Offers(Page) {
		c.form = formJSON
	}
	c.csv = c.csv && c.route.Offers(CSV)
	if c.form != formJSON && c.safe() && c.route.Path != views.SetupURL {
		has, err := s.hasUsers(c.ctx)
		if err != nil {
			return reply{}, err
		}
		if !has {
			return reply{next: views.SetupURL}, nil
		}
	}
	var stranger error
	if c.route.Access == SignedIn {
		stranger = s.authenticate(c)
	}
	if err := cmp.Or(s.limit(c), stranger); err != nil {
		return reply{}, err
	}
	if r, ok := s.recall(c); ok {
		return r, nil
	}
	if r, ok, err := s.repeated(c); ok || err != nil {
		return r, err
	}
	return s.handle(c)
}
