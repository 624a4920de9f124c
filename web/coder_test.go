package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rolecall.example/org"
	"rolecall.example/rbac"
	"rolecall.example/web"
	"rolecall.example/web/webtest"
)

// bothMounts runs a test in both styles of answers, below the API and without it.
func bothMounts(t *testing.T, test func(t *testing.T, s *webtest.Site, mount string)) {
	t.Helper()
	bothStyles(t, func(t *testing.T, style web.Wire) {
		s := webtest.New(t, webtest.Wire(style))
		for _, mount := range []string{"/api/v2", ""} {
			test(t, s, mount)
		}
	})
}

// TestConstants: what clients of Coder's API ask before they do anything, byte for byte.
func TestConstants(t *testing.T) {
	t.Parallel()
	bothMounts(t, func(t *testing.T, s *webtest.Site, mount string) {
		for _, tt := range []struct{ as, path, want string }{
			{"", "/users/authmethods", `{"password":{"enabled":true},"github":{"enabled":false,"default_provider_configured":false},"oidc":{"enabled":false,"signInText":"","iconUrl":""}}`},
			{"", "/users/first", `{"message":"The initial user has already been created!"}`},
			{webtest.Outsider, "/experiments", `[]`},
			{webtest.Outsider, "/experiments/available", `{"safe":[]}`},
			{webtest.Outsider, "/appearance", `{"application_name":"rolecall","logo_url":"","docs_url":"","service_banner":{"enabled":false},"announcement_banners":[],"support_links":[]}`},
			{webtest.Member, "/users/me/login-type", `{"login_type":"password"}`},
			{webtest.Member, "/users/me/keys/tokens/tokenconfig", `{"max_token_lifetime":31536000000000000}`},
			{webtest.Admin, "/users/member/keys/tokens/tokenconfig", `{"max_token_lifetime":31536000000000000}`},
		} {
			res := s.Get(t, tt.as, mount+tt.path)
			if got := strings.TrimSpace(res.Text()); res.StatusCode != 200 || got != tt.want {
				t.Errorf("%s: got %d %s, want %s", tt.path, res.StatusCode, got, tt.want)
			}
		}
		var scopes struct{ External []string }
		s.Get(t, "", mount+"/auth/scopes").Decode(&scopes)
		for _, name := range []string{"all", "coder:all", "application_connect", org.ScopeDecide, "template:read", "template:*"} {
			if !slices.Contains(scopes.External, name) {
				t.Errorf("the scopes lack %s", name)
			}
		}
		if !slices.IsSorted(scopes.External) || slices.Contains(scopes.External, "*:*") {
			t.Errorf("the scopes are %v", scopes.External)
		}
		for _, tt := range []struct {
			as, method, path string
			status           int
			message          string
		}{
			{webtest.Member, "GET", "/users/oidc-claims", 400, "User is not an OIDC user."},
			{webtest.Owner, "GET", "/users/member/login-type", 403, "You are not authorized to view this user's login type."},
			{webtest.Owner, "GET", "/users/nobody/login-type", 400, `"user" must be an existing uuid or username.`},
			{webtest.Owner, "PUT", "/appearance", 405, "Method not allowed."},
			{webtest.Owner, "PATCH", "/users/me/keys/tokens/x", 405, "Method not allowed."},
			{webtest.Outsider, "GET", "/users/member/keys/tokens/tokenconfig", 400, `"user" must be an existing uuid or username.`},
			{webtest.Owner, "DELETE", "/users/me", 403, "You cannot delete yourself!"},
			{webtest.Owner, "DELETE", "/users/OWNER", 403, "You cannot delete yourself!"},
			{webtest.Owner, "GET", "/groups", 404, "Route not found."},
			{webtest.Owner, "GET", "/users/me/gitsshkey", 404, "Route not found."},
			{webtest.Owner, "GET", "/deployment/config", 404, "Route not found."},
		} {
			res := s.Do(t, webtest.Request{Method: tt.method, Path: mount + tt.path, As: tt.as, Unchecked: tt.status == 404})
			if res.StatusCode != tt.status || res.Error().Message != tt.message {
				t.Errorf("%s %s as %q: got %d %s, want %d %q", tt.method, tt.path, tt.as, res.StatusCode, res.Body, tt.status, tt.message)
			}
		}
	})
}

// TestGreeting: the root of the API greets; that of the console leads to the members.
func TestGreeting(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	for _, path := range []string{"/api/v2", "/api/v2/"} {
		if res := s.Get(t, "", path); res.StatusCode != 200 || strings.TrimSpace(res.Text()) != `{"message":"👋"}` {
			t.Errorf("%s: got %d %s", path, res.StatusCode, res.Body)
		}
	}
}

// TestEntitlements: a client finds every feature of Coder's API, and plans with none that is not there.
func TestEntitlements(t *testing.T) {
	t.Parallel()
	bothMounts(t, func(t *testing.T, s *webtest.Site, mount string) {
		has := map[string]bool{"audit_log": true, "custom_roles": true, "multiple_organizations": true, "user_role_management": true, "service_accounts": true}
		all := "access_control advanced_template_scheduling appearance audit_log browser_only connection_log control_shared_ports custom_roles " +
			"external_provisioner_daemons external_token_encryption high_availability managed_agent_limit multiple_external_auth multiple_organizations " +
			"scim service_accounts template_rbac user_limit user_role_management workspace_batch_actions workspace_external_agent workspace_prebuilds workspace_proxy"
		res := s.Get(t, "", mount+"/entitlements")
		got, ok := res.Value().(map[string]any)
		if !ok {
			t.Fatalf("got %d %s", res.StatusCode, res.Body)
		}
		features, at := map[string]any{}, got["refreshed_at"]
		for name := range strings.FieldsSeq(all) {
			entitlement := "not_entitled"
			if has[name] {
				entitlement = "entitled"
			}
			features[name] = map[string]any{"entitlement": entitlement, "enabled": has[name]}
		}
		want := map[string]any{
			"features": features, "warnings": []any{}, "errors": []any{}, "has_license": false, "trial": false, "require_telemetry": false, "refreshed_at": at,
		}
		if diff := cmp.Diff(want, got); diff != "" || at == nil {
			t.Errorf("(-want +got)\n%s", diff)
		}
		if again := s.Get(t, webtest.Member, mount+"/entitlements"); again.Text() != res.Text() {
			t.Errorf("another answer: %s", again.Body)
		}
	})
}

// TestBuildInfo: the version that clients compare with their own has the mark that ends the comparison.
func TestBuildInfo(t *testing.T) {
	t.Parallel()
	bothMounts(t, func(t *testing.T, s *webtest.Site, mount string) {
		res := s.Get(t, "", mount+"/buildinfo")
		home := s.Organizations[webtest.Default].ID
		want := map[string]any{
			"external_url": "", "version": "v0.0.0-rolecall.0.0.0-test", "dashboard_url": "http://rolecall.test", "telemetry": false, "workspace_proxy": false,
			"agent_api_version": "", "provisioner_api_version": "", "upgrade_message": "This server is rolecall 0.0.0-test.",
			"deployment_id": uuid.NewSHA1(home, []byte("rolecall")).String(), "rolecall_version": "v0.0.0-test",
		}
		if diff := cmp.Diff(want, res.Value()); diff != "" || res.Header.Get("X-Coder-Build-Version") != want["version"] || res.Header.Get("Rolecall-Version") != "v0.0.0-test" {
			t.Errorf("headers %v (-want +got)\n%s", res.Header, diff)
		}
	})
	s := webtest.NewEmpty(t)
	if got := s.Get(t, "", "/api/v2/buildinfo").Value().(map[string]any)["deployment_id"]; got != uuid.Nil.String() {
		t.Errorf("before setup the deployment is %v", got)
	}
}

// TestCatalogAnswer: what a client reads is the catalog of the engine.
func TestCatalogAnswer(t *testing.T) {
	t.Parallel()
	bothMounts(t, func(t *testing.T, s *webtest.Site, mount string) {
		res := s.Get(t, webtest.Outsider, mount+"/catalog")
		var got struct {
			Version int
			Types   []struct {
				Name, Label, Area string
				SiteOnly          bool `json:"site_only"`
				Actions           []struct{ Name, Label, Description, Risk string }
			}
			Areas    []struct{ ID, Label string }
			Reserved []string
			BuiltIn  []struct {
				Name         string
				Organization []permission `json:"organization_permissions"`
			} `json:"built_in_roles"`
		}
		res.Decode(&got)
		c := rbac.Default()
		pairs := 0
		for i, typ := range c.Types() {
			is := got.Types[i]
			if is.Name != typ.Name || is.Label != typ.Label || is.Area != typ.Area || is.SiteOnly != typ.SiteOnly || len(is.Actions) != len(typ.Actions) {
				t.Errorf("got %+v, want %+v", is, typ)
			}
			for _, a := range is.Actions {
				if !c.Valid(is.Name, a.Name) || a.Risk != c.Risks(rbac.Permission{ResourceType: is.Name, Action: a.Name}) || a.Label == "" || a.Description == "" {
					t.Errorf("%s: %+v", is.Name, a)
				}
				pairs++
			}
		}
		if len(got.Types) != len(c.Types()) || pairs != c.Pairs() || len(got.Areas) != len(c.Areas()) || got.Version != 1 {
			t.Errorf("%d types with %d pairs in %d areas, version %d", len(got.Types), pairs, len(got.Areas), got.Version)
		}
		for _, name := range got.Reserved {
			if !c.Reserved(name) {
				t.Errorf("%q is not reserved", name)
			}
		}
		for _, r := range got.BuiltIn {
			is, ok := c.BuiltIn(r.Name)
			if !ok || len(is.Organization) != len(r.Organization) {
				t.Errorf("%+v is not %+v", r, is)
			}
		}
		if len(got.BuiltIn) != len(c.BuiltIns()) || len(got.Reserved) == 0 {
			t.Errorf("%d built-in roles, %d reserved names", len(got.BuiltIn), len(got.Reserved))
		}
		tag := res.Header.Get("ETag")
		again := s.Do(t, webtest.Request{Path: mount + "/catalog", As: webtest.Owner, Header: http.Header{"If-None-Match": {tag}}})
		if again.StatusCode != http.StatusNotModified || again.Header.Get("ETag") != tag || len(again.Body) > 0 {
			t.Errorf("with %s: got %d, %s", tag, again.StatusCode, again.Body)
		}
	})
}

// TestValidatePassword: it answers what setting the password would, and counts like an attempt to sign in.
func TestValidatePassword(t *testing.T) {
	t.Parallel()
	bothMounts(t, func(t *testing.T, s *webtest.Site, mount string) {
		for password, want := range map[string]string{
			"password":              `{"valid":false,"details":"is among the commonest passwords: choose another"}`,
			"short":                 `{"valid":false,"details":"must be \u003e= 8 characters"}`,
			"correct horse battery": `{"valid":true,"details":""}`,
			"":                      `{"valid":false,"details":"must be \u003e= 8 characters"}`,
		} {
			res := s.Do(t, webtest.Request{Method: "POST", Path: mount + "/users/validate-password", JSON: map[string]string{"password": password}})
			if got := strings.TrimSpace(res.Text()); res.StatusCode != 200 || got != want {
				t.Errorf("%q: got %d %s, want %s", password, res.StatusCode, got, want)
			}
		}
		for _, body := range []string{`{}`, `{"password":null}`, `{"password":7}`} {
			res := s.Do(t, webtest.Request{Method: "POST", Path: mount + "/users/validate-password", JSON: body})
			if e := res.Error(); res.StatusCode != 400 || e.Validations[0].Field != "password" {
				t.Errorf("%s: got %d %s", body, res.StatusCode, res.Body)
			}
		}
	})
}

// TestUserOrganization: an organization that an account is no member of looks like one that does not exist.
func TestUserOrganization(t *testing.T) {
	t.Parallel()
	bothMounts(t, func(t *testing.T, s *webtest.Site, mount string) {
		home := s.Organizations[webtest.Default]
		for _, ref := range []string{"default", home.Name, home.ID.String()} {
			if res := s.Get(t, webtest.Member, mount+"/users/me/organizations/"+ref); res.StatusCode != 200 || !strings.Contains(res.Text(), home.ID.String()) {
				t.Errorf("%s: got %d %s", ref, res.StatusCode, res.Body)
			}
		}
		gone := s.Get(t, webtest.Owner, mount+"/users/member/organizations/gone")
		for _, tt := range []struct{ as, path string }{
			{webtest.Owner, "/users/outsider/organizations/default"}, {webtest.Outsider, "/users/me/organizations/default"}, {webtest.Member, "/users/me/organizations/" + uuid.NewString()},
		} {
			if res := s.Get(t, tt.as, mount+tt.path); res.StatusCode != 404 || res.Text() != gone.Text() {
				t.Errorf("%s as %s: got %d %s", tt.path, tt.as, res.StatusCode, res.Body)
			}
		}
		if res := s.Get(t, webtest.Owner, mount+"/users/nobody/organizations/default"); res.StatusCode != 400 {
			t.Errorf("nobody: got %d %s", res.StatusCode, res.Body)
		}
	})
}
