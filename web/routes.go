package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"rolecall.example/org"
	"rolecall.example/static"
	"rolecall.example/views"
	"rolecall.example/web/oidc"
)

// Access is the kind of caller that may use a route at all. org decides what a caller may do with it.
type Access uint8

// The kinds of access.
const (
	SignedIn  Access = iota // needs a token or a session
	Public                  // answers strangers
	Directory               // needs the token of a directory, see scim.go
)

// RouteFlags are what a route offers besides JSON at its path, and which parts of a request it reads.
type RouteFlags uint32

// The flags of routes.
const (
	API           RouteFlags = 1 << iota // answers below /api/v2 as well
	Page                                 // has a page; without one, everything is answered as JSON
	CSV                                  // offers CSV
	Cacheable                            // its JSON depends only on the stored data and the caller
	LastSeen                             // and shows when accounts were last seen, which may be up to an hour old
	DryRun                               // ?dry_run=1 answers with what it would do
	Body                                 // reads a body; other routes refuse one
	IfMatch                              // compares that header; other changes refuse it
	IfNoneMatch                          // likewise with *, which creates and does not replace
	Decides                              // counts against the limit of decisions, not of requests
	MayAsk                               // tokens that may only ask can use it
	Scoped                               // tokens with limits can use its JSON and CSV: it asks the engine about everything
	AuthZEN                              // has the form of the AuthZEN API: only tokens, and failures as one sentence
	Upload                               // its form may hold a file, as multipart/form-data
	Form                                 // its body is a form, though no browser sends it
	WithoutFactor                        // sessions that lack a required second factor can use it
	NoAccessLog                          // is not logged while all is well: load balancers send several probes a second
)

// Route is a row of the table of routes.
type Route struct {
	Method string // GET stands for HEAD too
	Path   string // as in the OpenAPI document, with {parameters}
	Access Access
	Flags  RouteFlags
	About  string
	handle handler // nil: see rawHandlers
}

// Offers reports whether the route has all of these flags.
func (r *Route) Offers(f RouteFlags) bool { return r.Flags&f == f }

// handler decodes a request, calls one use case and returns the result.
type handler func(*Server, *call) (reply, error)

// rawHandler returns the handler for what needs no use case: files, probes, fixed texts.
type rawHandler func(*Server, *call) http.Handler

// apiPrefix is the second mount of the API.
const apiPrefix = "/api/v2"

// Paths that several routes share.
const (
	pathAudit        = "/audit"
	pathCatalog      = "/catalog"
	pathChanges      = "/changes"
	pathOrganization = "/organizations/{organization}"
	pathMembers      = pathOrganization + "/members"
	pathMember       = pathMembers + "/{user}"
	pathMemberRoles  = pathMember + "/roles"
	pathRoles        = pathMembers + "/roles"
	pathRole         = pathRoles + "/{roleName}"
	pathSiteRole     = "/users/roles/{roleName}"
	pathUser         = "/users/{user}"
	pathKeys         = pathUser + "/keys"
	pathKey          = pathKeys + "/{id}"
	pathTokens       = pathKeys + "/tokens"
)

// table has every route exactly once.
var table = slices.Concat(selectionRoutes, deletedRoleRoutes, accessRoutes, overviewRoutes, lintRoutes, tokenRoutes, invitationRoutes, mailRoutes, factorRoutes, offboardRoutes, passkeyRoutes, syncRuleRoutes, syncTestRoutes, syncPageRoutes, directoryRoutes, scimRoutes, []Route{
	{http.MethodGet, pathMembers, SignedIn, API | Page | CSV | Cacheable | LastSeen | Scoped, "list members", (*Server).listMembers},
	{http.MethodGet, pathOrganization + "/paginated-members", SignedIn, API | Page | CSV | Cacheable | LastSeen | Scoped, "list a page of members", (*Server).listMembersPaginated},
	{http.MethodPost, pathMembers, SignedIn, API | Page | DryRun | Body | Scoped, "add many members, or change many", (*Server).changeMembers},
	{http.MethodGet, pathMember, SignedIn, API | Page | Scoped, "show a member", (*Server).showMember},
	{http.MethodPost, pathMember, SignedIn, API | Page | Body | Scoped, "add a member", (*Server).addMember},
	{http.MethodDelete, pathMember, SignedIn, API | Page | DryRun | IfMatch | Scoped, "remove a member", (*Server).removeMember},
	{http.MethodGet, pathMember + "/permissions", SignedIn, API | Scoped, "list what a member may do", (*Server).showPermissions},
	{http.MethodGet, pathMember + "/rights", SignedIn, API | Decides | MayAsk | Scoped, "list what a member may do as a short text", (*Server).showRights},
	{http.MethodGet, pathMemberRoles, SignedIn, API | Page | Scoped, "show the roles of a member", (*Server).showMemberRoles},
	{http.MethodPut, pathMemberRoles, SignedIn, API | Page | DryRun | Body | IfMatch | Scoped, "set the roles of a member", (*Server).setMemberRoles},
	{http.MethodGet, pathMemberRoles + "/{roleName}/edit", SignedIn, Page, "ask until when and why a member has a role", (*Server).showMemberRole},
	{http.MethodPut, pathMemberRoles + "/{roleName}", SignedIn, API | Page | DryRun | Body | IfMatch | Scoped, "give a member a role, or change until when", (*Server).putMemberRole},
	{http.MethodDelete, pathMemberRoles + "/{roleName}", SignedIn, API | Page | DryRun | IfMatch | Scoped, "end what gives a member a role", (*Server).endMemberRole},
	{http.MethodGet, pathMembers + "/new", SignedIn, Page, "look for users to add", (*Server).newMember},

	{http.MethodGet, pathRoles, SignedIn, API | Page | CSV | Cacheable | Scoped, "list the roles of an organization", (*Server).listRoles},
	{http.MethodPost, pathRoles, SignedIn, API | Page | DryRun | Body | Scoped, "create a role", (*Server).createRole},
	{http.MethodPut, pathRoles, SignedIn, API | Page | DryRun | Body | IfMatch | IfNoneMatch | Scoped, "create or replace a role", (*Server).putRole},
	{http.MethodGet, pathRoles + "/new", SignedIn, Page, "start a role", (*Server).newRole},
	{http.MethodGet, pathRole, SignedIn, API | Page | Scoped, "show a role", (*Server).showRole},
	{http.MethodDelete, pathRole, SignedIn, API | Page | DryRun | IfMatch | Scoped, "delete a role", (*Server).deleteRole},
	{http.MethodGet, pathRole + "/history", SignedIn, API | Page | Scoped, "list the versions of a role", (*Server).listRoleVersions},
	{http.MethodGet, pathRole + "/compare", SignedIn, API | Page | Scoped, "compare roles, or versions of one", (*Server).compareRoles},
	{http.MethodPost, pathRole + "/restore", SignedIn, API | Page | DryRun | Body | IfMatch | Scoped, "store an earlier version of a role again", (*Server).restoreRole},
	{http.MethodGet, pathOrganization + "/who-can", SignedIn, API | Page | CSV | Decides | MayAsk | Scoped, "list who may do something", (*Server).whoCan},
	{http.MethodGet, pathRole + "/members", SignedIn, Page, "list the people with a role", (*Server).showRoleMembers},
	{http.MethodGet, "/users/roles", SignedIn, API | Page | CSV | Cacheable | Scoped, "list the site roles", (*Server).listRoles},
	{http.MethodPatch, "/users/roles", SignedIn, API | Page | DryRun | Body | IfMatch | IfNoneMatch, "create or replace a site role", (*Server).putRole},
	{http.MethodGet, pathSiteRole, SignedIn, API | Page | Scoped, "show a site role", (*Server).showRole},
	{http.MethodDelete, pathSiteRole, SignedIn, API | Page | DryRun | IfMatch, "delete a site role", (*Server).deleteRole},
	{http.MethodGet, pathSiteRole + "/history", SignedIn, API | Page | Scoped, "list the versions of a site role", (*Server).listRoleVersions},
	{http.MethodGet, pathSiteRole + "/compare", SignedIn, API | Page | Scoped, "compare site roles, or versions of one", (*Server).compareRoles},
	{http.MethodPost, pathSiteRole + "/restore", SignedIn, API | Page | DryRun | Body | IfMatch, "store an earlier version of a site role again", (*Server).restoreRole},

	{http.MethodGet, "/users", SignedIn, API | Page | CSV | Scoped, "list users", (*Server).listUsers},
	{http.MethodPost, "/users", SignedIn, API | Page | Body | Scoped, "create a user", (*Server).createUser},
	{http.MethodGet, pathUser, SignedIn, API | Page | Scoped, "show a user", (*Server).showUser},
	{http.MethodDelete, pathUser, SignedIn, API | Page | IfMatch | Scoped, "delete a user", (*Server).deleteUser},
	{http.MethodPut, pathUser + "/profile", SignedIn, API | Page | Body | IfMatch | Scoped, "change username, name, picture and e-mail address", (*Server).updateProfile},
	{http.MethodPut, pathUser + "/password", SignedIn, API | Page | Body | IfMatch, "set a password", (*Server).setPassword},
	{http.MethodPut, pathUser + "/status/suspend", SignedIn, API | Page | IfMatch | Scoped, "suspend a user", (*Server).suspendUser},
	{http.MethodPut, pathUser + "/status/activate", SignedIn, API | Page | IfMatch | Scoped, "activate a user", (*Server).activateUser},
	{http.MethodGet, pathUser + "/roles", SignedIn, API | Page | Scoped, "show the role names of a user", (*Server).showUserRoles},
	{http.MethodPut, pathUser + "/roles", SignedIn, API | Page | DryRun | Body | IfMatch | Scoped, "set the site roles of a user", (*Server).setUserRoles},
	{http.MethodGet, pathUser + "/roles/{roleName}/edit", SignedIn, Page, "ask until when and why a user has a site role", (*Server).showUserRole},
	{http.MethodPut, pathUser + "/roles/{roleName}", SignedIn, API | Page | DryRun | Body | IfMatch | Scoped, "give a user a site role, or change until when", (*Server).putUserRole},
	{http.MethodDelete, pathUser + "/roles/{roleName}", SignedIn, API | Page | DryRun | IfMatch | Scoped, "end what gives a user a site role", (*Server).endUserRole},
	{http.MethodGet, pathUser + "/organizations", SignedIn, API | Decides | MayAsk | Scoped, "list the organizations of a user", (*Server).listUserOrganizations},
	{http.MethodGet, pathUser + "/organizations/{organization}", SignedIn, API | Scoped, "show an organization of a user", (*Server).showUserOrganization},
	{http.MethodGet, pathUser + "/login-type", SignedIn, API | Scoped, "show how the caller signs in", (*Server).showLoginType},

	{http.MethodGet, views.NewUserURL, SignedIn, Page, "ask for a new user", (*Server).newUser},
	{http.MethodPost, pathUser + "/password-link", SignedIn, Page, "make a link that sets a password", (*Server).createPasswordLink},
	{http.MethodDelete, pathUser + "/password-link", SignedIn, Page, "revoke the link that sets a password", (*Server).deletePasswordLink},
	{http.MethodGet, views.CLIAuthURL, SignedIn, Page, "ask whether to give a command line a key", (*Server).askCLIAuth},
	{http.MethodPost, views.CLIAuthURL, SignedIn, Page, "make a key for a command line and show it", (*Server).giveCLIAuth},
	{http.MethodDelete, views.SessionsURL, SignedIn, Page, "sign out everywhere", (*Server).endSessions},
	{http.MethodDelete, views.SessionsURL + "/{id}", SignedIn, Page, "end a session", (*Server).endSession},
	{http.MethodGet, "/users/roles/new", SignedIn, Page, "start a site role", (*Server).newRole},

	{http.MethodGet, "/organizations", SignedIn, API | Page | Cacheable | Scoped, "list organizations", (*Server).listOrganizations},
	{http.MethodPost, "/organizations", SignedIn, API | Page | Body | Scoped, "create an organization", (*Server).createOrganization},
	{http.MethodGet, pathOrganization, SignedIn, API | Page | Scoped, "show an organization", (*Server).showOrganization},
	{http.MethodPatch, pathOrganization, SignedIn, API | Page | Body | IfMatch | Scoped, "change an organization", (*Server).updateOrganization},
	{http.MethodDelete, pathOrganization, SignedIn, API | Page | IfMatch | Scoped, "delete an organization", (*Server).deleteOrganization},
	{http.MethodGet, views.NewOrganizationURL, SignedIn, Page, "ask for a new organization", (*Server).newOrganization},
	{http.MethodGet, views.SearchPath, SignedIn, Page, "look for names", (*Server).search},
	{http.MethodPost, "/authcheck", SignedIn, API | Body | Decides | MayAsk | Scoped, "ask what the caller may do", (*Server).checkAuth},
	{http.MethodGet, "/snapshot", SignedIn, API | Decides | MayAsk | Scoped, "get the document of the site", (*Server).showSiteSnapshot},
	{http.MethodGet, pathOrganization + "/snapshot", SignedIn, API | Decides | MayAsk | Scoped, "get the document of an organization", (*Server).showSnapshot},
	{http.MethodPost, "/snapshots", SignedIn, API | Body | Decides | MayAsk | Scoped, "get the documents of many organizations", (*Server).sendSnapshots},
	{http.MethodGet, pathChanges, SignedIn, API | Decides | MayAsk | Scoped, "tell what changes, as it does", (*Server).changes},
	{http.MethodGet, pathAudit, SignedIn, API | Page | CSV | Scoped, "read the audit trail", (*Server).listAudit},
	{http.MethodPost, "/audit/{id}/undo", SignedIn, API | Page | DryRun | Scoped, "undo a change of a member, or the deletion of a role", (*Server).undoChange},

	{http.MethodGet, "/users/first", Public, API, "ask whether a user exists", (*Server).showFirstUser},
	{http.MethodPost, "/users/first", Public, API | Body, "create the first user", (*Server).createFirstUser},
	{http.MethodPost, "/users/login", Public, API | Body, "get a token for a password", (*Server).createLoginToken},
	{http.MethodPost, "/users/logout", SignedIn, API, "end the session or token", (*Server).deleteLoginToken},
	{http.MethodGet, views.LoginURL, Public, Page, "ask for a password", (*Server).newLogin},
	{http.MethodPost, views.LoginURL, Public, Page | Body, "sign in", (*Server).login},
	{http.MethodPost, views.LoginCodeURL, Public, Page | Body, "sign in with a code", (*Server).loginCode},
	{http.MethodPost, views.LogoutURL, SignedIn, Page | WithoutFactor, "sign out", (*Server).logout},
	{http.MethodGet, pathProvider, Public, Page, "go to a sign-in provider", (*Server).startSignIn},
	{http.MethodGet, pathProvider + "/callback", Public, Page, "come back from a sign-in provider", (*Server).finishSignIn},
	{http.MethodPost, pathProvider + "/logout", Public, Body | Form, "take the notice that a session at a provider ended", (*Server).endedThere},
	{http.MethodGet, oidc.CoderCallback, Public, Page, "come back from a sign-in provider, for clients of Coder's API", (*Server).coderSignIn},
	{http.MethodGet, views.SignedOutPath, Public, Page, "say that the session has ended", (*Server).showSignedOut},
	{http.MethodGet, views.IdentitiesURL, SignedIn, API | Page, "list the caller's sign-ins at providers", (*Server).listIdentities},
	{http.MethodPost, pathIdentity + "/link", SignedIn, Page | Body, "link a sign-in at a provider", (*Server).linkIdentity},
	{http.MethodDelete, pathIdentity, SignedIn, API | Page, "unlink a sign-in at a provider", (*Server).unlinkIdentity},
	{http.MethodGet, views.SetupURL, Public, Page, "ask for the first account", (*Server).newSetup},
	{http.MethodPost, views.SetupURL, Public, Page | Body, "create the first account", (*Server).setup},
	{http.MethodGet, views.HomeURL, SignedIn, Page, "go to the members", (*Server).home},
	{http.MethodGet, views.PreferencesURL, SignedIn, Page, "show what the browser remembers", (*Server).showPreferences},
	{http.MethodPost, views.PreferencesURL, SignedIn, Page | Body, "keep a zone, colours and keys in the browser", (*Server).setPreferences},
	{http.MethodGet, "/password/{secret}", Public, Page, "ask for a password by a link", (*Server).newPassword},
	{http.MethodPost, "/password/{secret}", Public, Page | Body, "set a password by a link", (*Server).usePasswordLink},
	{http.MethodPost, views.ThemeURL, Public, Page | Body, "choose light or dark", (*Server).setTheme},

	{http.MethodGet, apiPrefix, Public, 0, "greet", (*Server).greet},
	{http.MethodGet, "/buildinfo", Public, API | MayAsk, "show the version", (*Server).showBuild},
	{http.MethodGet, "/entitlements", Public, API, "list the features of Coder's API", (*Server).showEntitlements},
	{http.MethodGet, "/experiments", SignedIn, API, "list the experiments that are on", (*Server).listExperiments},
	{http.MethodGet, "/experiments/available", SignedIn, API, "list the experiments that there are", (*Server).listAvailableExperiments},
	{http.MethodGet, "/appearance", SignedIn, API, "show how the server presents itself", (*Server).showAppearance},
	{http.MethodGet, pathCatalog, SignedIn, API | Page | MayAsk, "list what can be permitted", (*Server).showCatalog},
	{http.MethodPut, pathCatalog, SignedIn, API | Page | CSV | DryRun | Body | IfMatch | Upload, "change what can be permitted", (*Server).putCatalog},
	{http.MethodGet, pathCatalog + "/versions", SignedIn, API | Page, "list the versions of the catalog", (*Server).listCatalogVersions},
	{http.MethodGet, pathCatalog + "/versions/{version}", SignedIn, API | Page, "show a version of the catalog", (*Server).showCatalogVersion},
	{http.MethodGet, pathCatalog + "/compare", SignedIn, API | Page, "compare versions of the catalog", (*Server).compareCatalogs},
	{http.MethodPost, pathCatalog + "/rollback", SignedIn, API | Page | CSV | DryRun | Body | IfMatch, "put an earlier version of the catalog in force again", (*Server).rollbackCatalog},
	{http.MethodGet, views.CatalogChangeURL, SignedIn, Page, "ask for another catalog", (*Server).newCatalog},
	{http.MethodGet, "/catalog.schema.json", Public, API, "show what a catalog may say", (*Server).showCatalogSchema},
	{http.MethodGet, "/auth/scopes", Public, API, "list the scopes that tokens may have", (*Server).listScopes},
	{http.MethodGet, "/users/authmethods", Public, API, "list the ways to sign in", (*Server).showAuthMethods},
	{http.MethodPost, "/users/validate-password", Public, API | Body, "ask whether a password would be taken", (*Server).validatePassword},
	{http.MethodGet, "/users/oidc-claims", SignedIn, API, "show what a provider says of the caller", (*Server).showClaims},
	{http.MethodGet, "/healthz", Public, NoAccessLog, "report that the process lives", nil},
	{http.MethodGet, "/readyz", Public, NoAccessLog, "report whether requests can be answered", nil},
	{http.MethodGet, "/.well-known/rolecall-keys", Public, 0, "show the keys that sign", (*Server).showKeys},
	{http.MethodGet, "/.well-known/security.txt", Public, 0, "show where to report a weakness", nil},
	{http.MethodGet, "/.well-known/security-policy.txt", Public, 0, "show what happens to a report", nil},
	{http.MethodGet, "/openapi.json", Public, 0, "describe every route", nil},
	{http.MethodGet, views.ReferenceURL, Public, Page, "show the reference of the API", (*Server).showReference},
	{http.MethodGet, apiPrefix + "/openapi.json", Public, 0, "describe the API", (*Server).showAPIDocument},
	{http.MethodGet, static.Prefix + "*", Public, 0, "serve files", nil},
})

// rawHandlers has the handlers of the routes without a use case, by path.
var rawHandlers = map[string]rawHandler{
	"/healthz":                         (*Server).checkHealth,
	"/readyz":                          (*Server).checkReady,
	"/.well-known/security.txt":        (*Server).showSecurityContact,
	"/.well-known/security-policy.txt": (*Server).showSecurityPolicy,
	"/openapi.json":                    (*Server).showDocument,
	static.Prefix + "*":                (*Server).serveStatic,
}

// Routes returns a copy of the table of routes.
func Routes() []Route { return slices.Clone(table) }

// router returns the handler of all requests: the outer chain, Echo's router, and the chain of a route. If caller is
// not nil, all requests are from that caller and need no token.
func (s *Server) router(caller *org.Actor) http.Handler {
	e := echo.New()
	e.HTTPErrorHandler = s.conclude
	e.IPExtractor = s.peer
	e.Pre(s.observe(caller), s.otherOrigins, plainPath, overrideMethod)
	for path, r := range s.resources() {
		// RouteNotFound is how Echo says: any method. With routes by method Echo would continue to the next matching path, and
		// take the "roles" of members/roles for a user; and Any leaves out the methods that Echo does not know.
		e.RouteNotFound(path, r.dispatch)
	}
	e.RouteNotFound("/*", func(echo.Context) error { return errRoute })
	return e
}

// chain returns the handler of a route: the steps that the route needs, followed by its own handler.
func (s *Server) chain(r *Route) echo.HandlerFunc {
	if h, ok := rawHandlers[r.Path]; ok {
		return func(ec echo.Context) error {
			c := callOf(ec)
			h(s, c).ServeHTTP(c.response(), c.request())
			return nil
		}
	}
	var steps []func(*call) (answered bool, err error)
	reads := r.Method == http.MethodGet
	if reads && r.Offers(Page) && r.Path != views.SetupURL {
		steps = append(steps, s.setUpFirst)
	}
	steps = append(steps, s.admit)
	if r.Offers(Cacheable) {
		steps = append(steps, s.recall)
	}
	if !reads {
		steps = append(steps, s.repeat, s.dryRun, s.refuseIgnored)
	}
	h := s.answer
	for _, check := range slices.Backward(steps) {
		h = step(check)(h)
	}
	return h
}

// resource is a path with its routes by method.
type resource struct {
	endpoints map[string]endpoint
	allow     string // as in the header Allow
	authZEN   bool   // see call
}

type endpoint struct {
	route *Route
	chain echo.HandlerFunc
}

// resources returns all paths as Echo writes them, those below apiPrefix among them.
func (s *Server) resources() map[string]*resource {
	paths := map[string]*resource{}
	for i := range table {
		r := &table[i]
		mounts := []string{r.Path}
		if r.Offers(API) {
			mounts = append(mounts, apiPrefix+r.Path)
		}
		for _, path := range mounts {
			path = echoPath.Replace(path)
			if paths[path] == nil {
				paths[path] = &resource{endpoints: map[string]endpoint{}}
			}
			paths[path].endpoints[r.Method] = endpoint{r, s.chain(r)}
			paths[path].authZEN = r.Offers(AuthZEN)
		}
	}
	for _, p := range shareOwnPaths(paths) {
		allow := []string{http.MethodOptions}
		for m := range p.endpoints {
			allow = append(allow, m)
			if m == http.MethodGet {
				allow = append(allow, http.MethodHead)
			}
		}
		slices.Sort(allow)
		p.allow = strings.Join(allow, ", ")
	}
	return paths
}

// dispatch picks the route of a path by method, and the representations that it has. It answers OPTIONS itself.
func (p *resource) dispatch(ec echo.Context) error {
	c := callOf(ec)
	if !c.wellFormed() {
		return errRoute
	}
	if c.authZEN = p.authZEN; c.authZEN {
		c.takeRequestID()
	}
	method := c.request().Method
	switch method {
	case http.MethodOptions:
		c.header("Allow", p.allow)
		return c.send(http.StatusNoContent, "", nil)
	case http.MethodHead:
		method = http.MethodGet
	}
	e, ok := p.endpoints[method]
	if !ok {
		return &methodError{allow: p.allow}
	}
	c.route = e.route
	if !c.route.Offers(Page) {
		c.as = asJSON
	}
	c.csv = c.csv && c.route.Offers(CSV)
	return e.chain(c.tell())
}
