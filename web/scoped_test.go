package web_test

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rolecall.example/db/dbtest"
	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// scopedToken makes a token of an account with these limits and returns the header that sends it.
func scopedToken(t *testing.T, s *webtest.Site, user string, scopes []string, organizations ...string) http.Header {
	t.Helper()
	in := org.TokenInput{Scopes: scopes, Organizations: organizations}
	secret, _, err := s.Service.CreateToken(t.Context(), s.Service.Operator(), user, org.Given(in))
	if err != nil {
		t.Fatal(err)
	}
	return http.Header{"Coder-Session-Token": {secret}}
}

// scopedRoute is what a token needs for a route, asked in the default organization about the account admin by the owner.
type scopedRoute struct {
	needs  string // without any of these the answer is another one
	json   string // the body
	change bool   // it changes something, so it is sent to a site of its own
	query  string
	rest   bool // other rights are asked for as well, so that only all of them are enough
}

// What changes of roles must hold: the pair that the role has.
const (
	readOrg    = "organization:read "
	readMember = readOrg + "organization_member:read "
	readUser   = "user:read "
	pair       = "template:read"
)

// scopedRoutes are the routes that tokens with limits reach, by method and path.
var scopedRoutes = map[string]scopedRoute{
	"GET /organizations/{organization}/members":                            {needs: readMember},
	"GET /organizations/{organization}/paginated-members":                  {needs: readMember, query: "?limit=5"},
	"POST /organizations/{organization}/members":                           {needs: readMember + "organization_member:delete", json: `{"action":"remove","users":["MEMBER"]}`, change: true, rest: true},
	"GET /organizations/{organization}/members/{user}":                     {needs: readMember},
	"POST /organizations/{organization}/members/{user}":                    {needs: readOrg + readUser + "organization_member:create", change: true, rest: true},
	"DELETE /organizations/{organization}/members/{user}":                  {needs: readMember + "organization_member:delete", change: true, rest: true},
	"GET /organizations/{organization}/members/{user}/permissions":         {needs: readMember},
	"GET /organizations/{organization}/members/{user}/rights":              {needs: readOrg, rest: true},
	"GET /organizations/{organization}/members/{user}/roles":               {needs: readMember + "assign_org_role:read", rest: true},
	"PUT /organizations/{organization}/members/{user}/roles":               {needs: readMember + "assign_org_role:unassign " + pair, json: `{"roles":[]}`, change: true},
	"PUT /organizations/{organization}/members/{user}/roles/{roleName}":    {needs: readMember + "assign_org_role:unassign " + pair, json: `{"until":"TOMORROW"}`, change: true},
	"DELETE /organizations/{organization}/members/{user}/roles/{roleName}": {needs: readMember + "assign_org_role:unassign " + pair, change: true},
	"GET /organizations/{organization}/members/roles":                      {needs: readOrg + "assign_org_role:read", rest: true},
	"POST /organizations/{organization}/members/roles":                     {needs: readOrg + "assign_org_role:read assign_org_role:create template:update", json: roleBody("fresh"), change: true},
	"PUT /organizations/{organization}/members/roles":                      {needs: readOrg + "assign_org_role:read assign_org_role:update template:update " + pair, json: roleBody("custom"), change: true, rest: true},
	"GET /organizations/{organization}/members/roles/{roleName}":           {needs: readOrg + "assign_org_role:read", rest: true},
	"DELETE /organizations/{organization}/members/roles/{roleName}":        {needs: readOrg + "assign_org_role:read assign_org_role:delete", change: true, rest: true},
	"GET /organizations/{organization}/members/roles/{roleName}/history":   {needs: readOrg + "assign_org_role:read", rest: true},
	"GET /organizations/{organization}/members/roles/{roleName}/compare":   {needs: readOrg + "assign_org_role:read", query: "?to=organization-admin"},
	"POST /organizations/{organization}/members/roles/{roleName}/restore":  {needs: readOrg + "assign_org_role:read assign_org_role:update template:update", json: `{"restore":1}`, change: true, rest: true},
	"GET /organizations/{organization}/deleted-roles":                      {needs: readOrg + "assign_org_role:read", rest: true},
	"GET /organizations/{organization}/deleted-roles/{id}":                 {needs: readOrg + "assign_org_role:read", rest: true},
	"GET /deleted-roles":                             {needs: "assign_role:read", rest: true},
	"GET /deleted-roles/{id}":                        {needs: "assign_role:read", rest: true},
	"GET /organizations/{organization}/who-can":      {needs: readMember, query: "?action=read&resource_type=template", rest: true},
	"GET /organizations/{organization}/lint":         {needs: readOrg + "assign_org_role:read", rest: true},
	"GET /users/roles":                               {needs: "assign_role:read", rest: true},
	"GET /users/roles/{roleName}":                    {needs: "assign_role:read", rest: true},
	"GET /users/roles/{roleName}/history":            {needs: "assign_role:read", rest: true},
	"GET /users/roles/{roleName}/compare":            {needs: "assign_role:read", query: "?to=auditor"},
	"GET /users":                                     {needs: readUser},
	"POST /users":                                    {needs: "user:create organization:read organization_member:create", json: `{"username":"bot","service_account":true,"organization_ids":["DEFAULT"]}`, change: true, rest: true},
	"POST /users/selection":                          {needs: readUser + "user:update", json: `{"action":"suspend","users":["MEMBER"]}`, change: true, rest: true},
	"GET /users/{user}":                              {needs: readUser},
	"DELETE /users/{user}":                           {needs: "user:delete", change: true, rest: true},
	"PUT /users/{user}/profile":                      {needs: readUser + "user:update_personal", json: `{"username":"owner","name":"New"}`, change: true},
	"PUT /users/{user}/status/suspend":               {needs: "user:update", change: true, rest: true},
	"PUT /users/{user}/status/activate":              {needs: "user:update", change: true, rest: true},
	"GET /users/{user}/roles":                        {needs: readUser, rest: true},
	"PUT /users/{user}/roles":                        {needs: "assign_role:assign audit_log:read", json: `{"roles":["auditor"]}`, change: true, rest: true},
	"PUT /users/{user}/roles/{roleName}":             {needs: "assign_role:unassign " + pair, json: `{"until":"TOMORROW"}`, change: true, rest: true},
	"DELETE /users/{user}/roles/{roleName}":          {needs: "assign_role:unassign " + pair, change: true, rest: true},
	"DELETE /users/{user}/mfa":                       {needs: "user:update_personal", change: true, rest: true},
	"GET /users/{user}/organizations":                {needs: readUser + "organization:read"},
	"GET /users/{user}/organizations/{organization}": {needs: readUser + readMember},
	"GET /users/{user}/login-type":                   {needs: readUser},
	"GET /users/{user}/keys/tokens":                  {needs: readUser + "api_key:read", change: true},
	"POST /users/{user}/keys/tokens":                 {needs: readUser + "api_key:create", json: `{"scopes":["user:read"]}`, change: true},
	"GET /users/{user}/keys/tokens/tokenconfig":      {needs: readUser},
	"GET /users/{user}/keys/tokens/{name}":           {needs: readUser + "api_key:read"},
	"POST /users/{user}/keys":                        {needs: readUser + "api_key:create", change: true},
	"GET /users/{user}/keys/{id}":                    {needs: readUser + "api_key:read"},
	"DELETE /users/{user}/keys/{id}":                 {needs: readUser + "api_key:read api_key:delete", change: true},
	"PUT /users/{user}/keys/{id}/expire":             {needs: readUser + "api_key:read api_key:update", change: true},
	"GET /organizations":                             {needs: "organization:read"},
	"POST /organizations":                            {needs: "organization:create", json: `{"name":"third"}`, change: true},
	"GET /organizations/{organization}":              {needs: readOrg},
	"PATCH /organizations/{organization}":            {needs: readOrg + "organization:update", json: `{"display_name":"New"}`, change: true},
	"DELETE /organizations/{organization}":           {needs: readOrg + "organization:delete", change: true},
	"POST /authcheck":                                {needs: pair, json: `{"checks":{"k":{"action":"read","object":{"resource_type":"template","organization_id":"DEFAULT"}}}}`},
	"GET /snapshot":                                  {needs: readMember + "assign_org_role:read"},
	"GET /organizations/{organization}/snapshot":     {needs: readMember + "assign_org_role:read"},
	"POST /snapshots":                                {needs: readMember + "assign_org_role:read", json: `{"organizations":["DEFAULT"]}`},
	"GET /audit":                                     {needs: "audit_log:read", query: "?q=resource_type:organization_member", rest: true},
	"POST /audit/{id}/undo":                          {needs: readMember + "assign_org_role:unassign " + pair, change: true},
	"POST /audit/{id}/undo/batch":                    {needs: readMember + "assign_org_role:unassign " + pair, change: true},
}

func roleBody(name string) string {
	return `{"name":"` + name + `","display_name":"Custom","organization_permissions":[{"resource_type":"template","action":"update"}]}`
}

// scopedSite is a site with a custom role, which admin holds, and its values for paths.
func scopedSite(t *testing.T) (*webtest.Site, map[string]string) {
	t.Helper()
	s := webtest.New(t)
	giveRole(t, s, "custom", []rbac.Permission{readTemplate, {ResourceType: "template", Action: "update"}})
	giveRole(t, s, "custom", []rbac.Permission{readTemplate})
	by, err := s.Service.UserSubject(t.Context(), uuid.MustParse(s.ID(webtest.Owner)))
	if err != nil {
		t.Fatal(err)
	}
	give := org.Given(org.RolesInput{Roles: []string{"custom"}})
	if _, _, err := s.Service.SetMemberRoles(t.Context(), by, webtest.Default, webtest.Member, give); err != nil {
		t.Fatal(err)
	}
	// What of the rest the routes need: a role of the site and who holds it, a second factor, a second version of a role, and
	// an organization without members.
	site := org.Given(org.RoleInput{Name: "site-custom", Site: []rbac.Permission{readTemplate}})
	if _, err := s.Service.PutRole(t.Context(), s.Service.Operator(), org.Site, site); err != nil {
		t.Fatal(err)
	}
	outsider := org.Given(org.RolesInput{Roles: []string{"site-custom"}})
	if _, _, err := s.Service.SetUserRoles(t.Context(), s.Service.Operator(), webtest.Outsider, outsider); err != nil {
		t.Fatal(err)
	}
	setUpApp(t, s, webtest.Outsider)
	if _, err := s.Service.CreateOrganization(t.Context(), by, org.Given(org.OrganizationInput{Name: "empty"})); err != nil {
		t.Fatal(err)
	}
	entry := s.Query(t, "SELECT id FROM audit_logs WHERE resource_type = 'organization_member' AND action = 'write' ORDER BY seq DESC LIMIT 1")[0][0]
	tokens, err := s.Service.Tokens(t.Context(), s.Service.Operator(), webtest.Owner, org.TokenFilter{})
	if err != nil || len(tokens) == 0 {
		t.Fatal(tokens, err)
	}
	v := values(webtest.Default, "me", "custom", fmt.Sprint(entry))
	v["key"], v["name"] = tokens[0].ID, tokens[0].Name
	for _, in := range []org.Scope{org.Site, org.In(webtest.Default)} {
		if _, err := s.Service.PutRole(t.Context(), s.Service.Operator(), in, org.Given(org.RoleInput{Name: "gone"})); err != nil {
			t.Fatal(err)
		}
		_, done, err := s.Service.DeleteRole(t.Context(), s.Service.Operator(), in, "gone", nil)
		if err != nil {
			t.Fatal(err)
		}
		v["deleted in "+in.Organization] = done.Entry.String()
	}
	return s, v
}

// send sends the request of a route, as somebody or with a token.
func (r scopedRoute) send(t *testing.T, s *webtest.Site, v map[string]string, method, path, as string, token http.Header) string {
	t.Helper()
	v = maps.Clone(v)
	name := method + " " + path
	switch {
	case strings.HasPrefix(path, "/users/{user}") && r.change && r.rest:
		v["user"] = webtest.Outsider
	case name == "DELETE /organizations/{organization}":
		v["organization"] = "empty"
	case strings.HasPrefix(path, pathOf("organizations")) && method == http.MethodPost:
		v["user"] = webtest.Outsider
	case strings.HasPrefix(path, pathOf("organizations")):
		v["user"] = webtest.Member
	}
	if strings.Contains(path, "/keys/") {
		v["id"] = v["key"]
	}
	if strings.HasPrefix(path, "/users/roles") || strings.HasPrefix(path, "/users/{user}/roles/") {
		v["roleName"] = "site-custom"
	}
	if strings.HasSuffix(path, "/deleted-roles/{id}") {
		v["id"] = v["deleted in "]
		if strings.HasPrefix(path, pathOf("organizations")) {
			v["id"] = v["deleted in "+webtest.Default]
		}
	}
	filled, _ := pathWith(path, v)
	req := webtest.Request{Method: method, Path: filled + r.query, As: as, Header: token, Unchecked: true}
	if r.json != "" {
		req.JSON = strings.NewReplacer("TOMORROW", time.Now().Add(24*time.Hour).Format(time.RFC3339), "DEFAULT", s.Organizations[webtest.Default].ID.String(), "MEMBER", s.ID(webtest.Member)).Replace(r.json)
	}
	res := s.Do(t, req)
	body := ""
	if res.StatusCode < 300 && !strings.Contains(path, "snapshot") && (!r.change || strings.HasSuffix(path, "/members") || path == "/users/selection") {
		body = signed.ReplaceAllString(varies.ReplaceAllString(res.Text(), ""), "")
	}
	return fmt.Sprint(res.StatusCode, " ", body)
}

// signed matches what differs because it is signed, or was used just now.
var signed = regexp.MustCompile(`"(?:token|expires_at|last_used|last_seen_at|updated_at)":"[^"]*"|rolecall-snapshot.*`)

func pathOf(first string) string { return "/" + first + "/" }

// TestScopedRoutes: of every route, a token that leaves what the route asks the engine for is answered like one without
// limits; without any of that, with another pair or for another organization it is answered like an account that may not.
func TestScopedRoutes(t *testing.T) {
	t.Parallel()
	dbtest.FileOnly(t, "the engine decides what tokens reach, and each change here gets a database of its own")
	var all []string
	for _, typ := range rbac.Default().Types() {
		for _, a := range typ.Actions {
			all = append(all, typ.Name+":"+a.Name)
		}
	}
	shared, values := scopedSite(t)
	for _, route := range web.Routes() {
		name := route.Method + " " + route.Path
		if route.Access != web.SignedIn || route.Offers(web.AuthZEN) || strings.HasSuffix(route.Path, "/changes") {
			continue
		}
		t.Run(name, func(t *testing.T) { reachesWithLimits(t, route, all, shared, values) }) // one at a time: each has sites of its own
	}
}

// reachesWithLimits holds one route to its row of scopedRoutes. all are the pairs of the catalog.
func reachesWithLimits(t *testing.T, route web.Route, all []string, shared *webtest.Site, values map[string]string) {
	t.Helper()
	name := route.Method + " " + route.Path
	r, listed := scopedRoutes[name]
	if listed != route.Offers(web.Scoped) {
		t.Errorf("%s: that tokens with limits reach it is %v, and the test says %v", name, route.Offers(web.Scoped), listed)
	}
	s, v := shared, values
	changed := r.change
	answer := func(scopes []string, organizations ...string) string {
		if changed { // a site of its own for each change that is made
			s, v = scopedSite(t)
		}
		got := r.send(t, s, v, route.Method, route.Path, "", scopedToken(t, s, webtest.Owner, scopes, organizations...))
		changed = r.change && got[0] == '2'
		return got
	}
	other := answer([]string{"debug_info:read"})
	if !route.Offers(web.Scoped) {
		if !strings.HasPrefix(other, "403") {
			t.Errorf("%s: %s", name, other)
		}
		return
	}
	whole, needs := answer(nil), strings.Fields(r.needs)
	enough := needs
	if r.rest {
		enough = all
	}
	if got := answer(enough); got != whole || whole[0] != '2' {
		t.Errorf("%s: with all that it needs %s, without limits %s", name, got, whole)
	}
	for _, need := range needs {
		if got := answer(slices.DeleteFunc(slices.Clone(all), func(scope string) bool { return scope == need })); got == whole || got[0] == '5' {
			t.Errorf("%s: without %s it is %s", name, need, got)
		}
	}
	if other == whole || other[0] == '5' {
		t.Errorf("%s: with another pair it is %s", name, other)
	}
	own := route.Method == http.MethodGet && (route.Path == "/users/{user}" || route.Path == "/users" || strings.HasPrefix(route.Path, "/users/{user}/") && r.needs == readUser && !r.rest)
	if got := answer(nil, webtest.Other); (got == whole) != (own && route.Path != "/users" || route.Path == "/snapshot") || got[0] == '5' {
		t.Errorf("%s: for another organization it is %s, without limits %s", name, got, whole)
	}
}
